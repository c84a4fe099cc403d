package till

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/local"
)

// takeUp turns what a restart left as sent into unknown (design 3.1): from the ledger alone nobody can
// tell whether the frame left. It runs before the worker does, which begins with the one that holds the
// terminal.
func (s *station) takeUp(payments []ledger.Payment) error {
	// What a terminal remembers after a restore may be of an attempt that the copy does not know: people decide.
	restoring := s.till.gate.restoring()
	for _, p := range payments {
		if p.State != ledger.Sent && (!restoring || p.NeedsPeople) {
			continue
		}
		if _, err := s.till.interrupted(p, local.CodeRestarted, restoring); err != nil {
			return err
		}
	}
	lock, err := s.lockedBy()
	if err != nil {
		return fmt.Errorf("terminal %q: %w", s.term.Name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.resolving = lock
	return nil
}

// orphan leaves an attempt whose terminal is no longer configured to people.
func (t *Till) orphan(p ledger.Payment) error {
	t.o.Log.Warn().Str("payment", p.ID).Str("terminal", p.Terminal).Msg("unfinished payment of a terminal that is not configured")
	if p.State == ledger.Sent || !p.NeedsPeople {
		_, err := t.interrupted(p, local.CodeRestarted, true)
		return err
	}
	return nil
}

// finish ends a job whose frame has left: its word is durable, or the next start takes it up, or nobody has it
// and its evidence is gathered now.
func (s *station) finish(ctx context.Context, j job, r *recorder, after driver.Aftermath, err error) {
	t, last, id := s.till, r.last, j.paymentID()
	switch {
	case r.concluded:
		t.follow(id, after)
		s.heard(last, after.Acked)
	case ctx.Err() != nil:
		t.o.Log.Warn().Err(err).Str("payment", id).Str("job", j.kind()).Msg("left as sent: the next start takes it up")
	default: // against the driver's promise, or the ledger would not have its word
		t.o.Log.Error().Err(err).Str("payment", id).Str("job", j.kind()).Msg("the driver ended without an outcome")
		last = t.giveUp(last, local.CodeOddAnswer, false)
	}
	if !open(last) {
		if _, undoing := j.(*reversal); r.concluded && (last.State == ledger.NotCharged || undoing && last.State == ledger.Charged) {
			s.refusedNow(last, undoing)
		}
		s.release(j)
		s.confirm(ctx)
		return
	}
	s.handOver(j)
	s.resolve(ctx, id, true)
}

// giveUp writes that nobody knows where no driver says it, and tells the screens.
func (t *Till) giveUp(p ledger.Payment, code local.Code, final bool) ledger.Payment {
	now, err := t.interrupted(p, code, final)
	if err != nil {
		t.o.Log.Error().Err(err).Str("payment", p.ID).Msg("writing that the outcome is unknown")
	}
	t.publishPayment(p.ID)
	return now
}

// interrupted writes that nobody knows. With final the gathering of evidence is over, too: people decide.
func (t *Till) interrupted(p ledger.Payment, code local.Code, final bool) (ledger.Payment, error) {
	switch p.State {
	case ledger.Unknown:
		code = local.CodeAwaitingPeople
	case ledger.Reversing:
		code = local.CodeReversalUnknown
	default: // why is the caller's to say
	}
	return t.o.Ledger.Conclude(p.ID, ledger.Conclusion{Outcome: driver.Outcome{
		Verdict: driver.Unknown, Final: final, Preset: p.Preset,
		Reason: driver.Reason{Code: string(code)},
	}})
}

// resolve gathers evidence about an unknown outcome until the driver's judgement or people end it.
// same is true while the process that sent the attempt still lives.
func (s *station) resolve(ctx context.Context, id string, same bool) {
	t := s.till
	ctx, halt := context.WithCancel(ctx)
	defer halt()
	s.mu.Lock()
	s.resolving, s.halt, s.since = id, halt, time.Now()
	s.mu.Unlock()
	defer s.letGo()
	// Read after halt is there: whoever frees the terminal writes first and halts then.
	p, err := t.o.Ledger.Payment(id)
	over := !open(p) || p.NeedsPeople
	if err != nil || over && !same || ctx.Err() != nil {
		return
	}
	if over { // before it began: the driver only keeps the line, on which the word may still come
		halt()
	}
	undoing := p.Reversal != nil
	gather, err := s.gatherer(p, undoing, same)
	if err != nil {
		t.o.Log.Error().Err(err).Str("payment", id).Msg("reading the baseline")
		t.giveUp(p, local.CodeAwaitingPeople, true)
		return
	}
	s.publish()
	r := &recorder{s: s, id: id, request: p.RequestID, last: p}
	r.Progress(driver.Progress{Phase: driver.PhaseVerifying})
	after, err := gather(ctx, r)
	r.over.Store(true)
	s.concluded(r, after)
	// Neither people's halt nor a verdict by evidence is the terminal's word, which may still come: the driver keeps
	// the line of what it judged not charged, too.
	if same && t.ctx.Err() == nil && (!r.concluded || open(r.last) || after == nil) {
		s.abandon(p, undoing)
	}
	if !r.concluded && ctx.Err() == nil {
		// Nobody would ask again before the next start, and the terminal would wait: people decide.
		t.o.Log.Error().Err(err).Str("payment", id).Msg("the gathering of evidence broke off")
		t.giveUp(p, local.CodeAwaitingPeople, true)
	}
}

// concluded follows what evidence has decided: the slip, and whether the terminal has to be asked once more. A reversal
// of which nobody told it that we know keeps its notices until then.
func (s *station) concluded(r *recorder, after *driver.Aftermath) {
	switch {
	case !r.concluded:
	case after != nil:
		s.till.follow(r.id, *after)
		s.heard(r.last, after.Acked)
	case r.last.State == ledger.Reversed:
		s.heard(r.last, false)
	}
}

// chargeAsked is what is known of the charge that an unknown outcome is about; of a reversal nothing is.
func chargeAsked(p ledger.Payment) *driver.Charge {
	if p.State == ledger.Reversing {
		return nil
	}
	return p.Charge
}

// open says that what became of a payment, or of its reversal, is not known.
func open(p ledger.Payment) bool { return p.State == ledger.Unknown || p.State == ledger.Reversing }

// gatherer is the driver's question about an unfinished payment: what became of the charge, or of its reversal.
func (s *station) gatherer(p ledger.Payment, undoing, same bool) (func(context.Context, driver.Recorder) (*driver.Aftermath, error), error) {
	if undoing {
		baseline, err := s.till.o.Ledger.ReversalBaseline(p.ID)
		if err != nil || p.Charge == nil || p.Reversal == nil {
			return nil, errors.Join(err, fmt.Errorf("reversal of payment %q: no charge or no beginning", p.ID))
		}
		a := driver.ReversalAttempt{
			Reversal: orderOf(p), Baseline: baseline, SentAt: p.Reversal.SentAt,
			SameProcess: same, Exclusivity: s.judgedAs(p.ID),
		}
		return func(ctx context.Context, r driver.Recorder) (*driver.Aftermath, error) {
			return s.term.Driver.ResolveReversal(ctx, a, r)
		}, nil
	}
	baseline, err := s.till.o.Ledger.Baseline(p.ID)
	if err != nil {
		return nil, err
	}
	said, err := s.till.said(p)
	if err != nil {
		return nil, err
	}
	a := driver.Attempt{
		Payment:  driver.Payment{Reference: p.Reference, AmountCents: p.AmountCents, Previous: baseline.Previous, KnownResult: s.recorded},
		Baseline: baseline, SentAt: p.SentAt, Said: said,
		SameProcess: same, Exclusivity: s.judgedAs(p.ID), Knows: s.knows,
	}
	for _, n := range p.Notices {
		a.Notices = append(a.Notices, driver.Notice{Creditor: n.Creditor, Number: n.Number})
	}
	return func(ctx context.Context, r driver.Recorder) (*driver.Aftermath, error) {
		return s.term.Driver.Resolve(ctx, a, r)
	}, nil
}

// judgedAs is the exclusivity for the judgement of a payment: while another of ours is undecided on the
// terminal, or once another was sent on it since, what is found there may be that one's (design 5.4).
func (s *station) judgedAs(id string) driver.Exclusivity {
	owing, err := s.owesAnswer()
	if err != nil || slices.ContainsFunc(owing, func(p ledger.Payment) bool { return p.ID != id }) {
		return driver.Shared
	}
	ts, err := s.till.o.Ledger.Terminal(s.term.Name)
	if err != nil || ts.Demoted || ts.Newest != id {
		return driver.Shared
	}
	return s.term.Exclusivity
}

// letGo ends the gathering of evidence.
func (s *station) letGo() {
	s.mu.Lock()
	s.resolving, s.halt = "", nil
	act := s.activity
	s.activity = nil
	s.mu.Unlock()
	s.quiet(act)
}

// compareIDs orders payment ids of one installation by their number.
func compareIDs(a, b string) int { return strings.Compare(a, b) }
