package till

import (
	"context"
	"slices"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/local"
)

// What a terminal tells after people have been handed an unknown outcome is evidence as good as what it told before:
// the driver judges again with it (design 3.5), and until that payment is decided nobody waves it through as somebody
// else's.

// judgeLimit is how long a terminal that has just answered may take for being judged again.
const judgeLimit = 20 * time.Second

// awaited is the payment of unknown outcome, of its charge or of its reversal, that a stranger in the terminal's memory
// may be; empty: none.
func (s *station) awaited(last driver.Last) (ledger.Payment, error) {
	owing, err := s.owesAnswer()
	if err != nil {
		return ledger.Payment{}, err
	}
	for _, p := range slices.Backward(owing) {
		of := s.saleOf
		if p.State == ledger.Reversing {
			of = s.reversalOf
		} else if p.State != ledger.Unknown {
			continue
		}
		if fits, err := of(p, last); err != nil || fits {
			return p, err
		}
	}
	return ledger.Payment{}, nil
}

// saleOf: an approved sale of this amount at the time of an attempt, or of no time, and not what was there before it.
func (s *station) saleOf(p ledger.Payment, last driver.Last) (bool, error) {
	sale := last.Kind == "" || last.Kind == "payment" && last.Approved // empty: only its number is known
	if c := last.Charge; !last.Present || !sale || c.AmountCents != 0 && c.AmountCents != p.AmountCents {
		return false, nil
	}
	baseline, err := s.till.o.Ledger.Baseline(p.ID)
	if err != nil || len(last.Raw) > 0 && string(last.Raw) == string(baseline.Last) {
		return false, err
	}
	return last.Charge.HostTime.IsZero() || during(p, baseline, last.Charge.HostTime), nil
}

// reversalOf: an approved reversal at the time of one of ours, or of no time, and not what was there before it.
func (s *station) reversalOf(p ledger.Payment, last driver.Last) (bool, error) {
	if undone := last.Kind == "" || last.Kind == "reversal" && last.Approved; !last.Present || !undone || p.Reversal == nil {
		return false, nil
	}
	baseline, err := s.till.o.Ledger.ReversalBaseline(p.ID)
	if err != nil || len(last.Raw) > 0 && string(last.Raw) == string(baseline.Last) {
		return false, err
	}
	p.SentAt = p.Reversal.SentAt
	return last.Charge.HostTime.IsZero() || during(p, baseline, last.Charge.HostTime), nil
}

// during: a host time that an attempt may have, by either clock.
func during(p ledger.Payment, b driver.Baseline, host time.Time) bool {
	in := func(at time.Time) bool {
		return !at.Before(p.SentAt.Add(-saleBefore)) && !at.After(p.SentAt.Add(saleAfter))
	}
	return in(host) || in(host.Add(-b.ClockOffset))
}

// reconsider lets the driver judge an attempt that waits for people again, when the terminal remembers something that
// may be it. It runs on the worker. Where another attempt was sent since, the memory proves nothing: people see it.
func (s *station) reconsider(ctx context.Context, last driver.Last) error {
	t := s.till
	if t.gate.restoring() { // what it remembers may be of an attempt that this copy does not know
		return nil
	}
	if known, err := t.o.Ledger.KnowsResult(s.term.Name, last.Raw, last.Charge.STAN); err != nil || known {
		return err
	}
	p, err := s.awaited(last)
	if err != nil || p.ID == "" || !p.NeedsPeople {
		return err
	}
	ts, err := t.o.Ledger.Terminal(s.term.Name)
	if err != nil {
		return err
	}
	if ts.Newest == p.ID {
		s.judgeAgain(ctx, p)
	}
	if p, err = t.o.Ledger.Payment(p.ID); err == nil && open(p) {
		t.witness(p, last)
	}
	return err
}

// judgeAgain asks the driver once more, for a short while. What it cannot decide in that stays with people.
func (s *station) judgeAgain(ctx context.Context, p ledger.Payment) {
	t := s.till
	gather, err := s.gatherer(p, p.State == ledger.Reversing, s.leftWith(p.ID))
	if err != nil {
		t.o.Log.Error().Err(err).Str("payment", p.ID).Msg("judging an unknown outcome again")
		return
	}
	ctx, cancel := context.WithTimeout(ctx, judgeLimit)
	defer cancel()
	r := &secondThought{recorder: &recorder{s: s, id: p.ID, request: p.RequestID, last: p}}
	after, err := gather(ctx, r)
	r.over.Store(true)
	s.concluded(r.recorder, after)
	if err != nil && ctx.Err() == nil {
		t.o.Log.Warn().Err(err).Str("payment", p.ID).Msg("an unknown outcome could not be judged again")
	}
	s.mu.Lock()
	act := s.activity
	s.activity = nil
	s.mu.Unlock()
	s.quiet(act)
}

// secondThought records what is judged while people look into a payment. A charge, or its reversal, is concluded. "Not
// charged" and "not reversed" only preset their answer: since they have had the terminal in hand a refusal in its memory
// may be theirs.
type secondThought struct{ *recorder }

func (r *secondThought) Outcome(o driver.Outcome) error {
	p := r.last
	switch o.Verdict {
	case driver.Charged, driver.Reversed:
		return r.recorder.Outcome(o)
	case driver.NotCharged, driver.NotReversed:
		o.Preset = o.Verdict
	default: // Unknown, perhaps with a preset of its own
	}
	o.Verdict, o.Final, o.Reason, o.Charge = driver.Unknown, true, p.Reason, chargeAsked(p)
	if o.Preset == "" || p.Preset == driver.Charged { // the safer of the two
		o.Preset = p.Preset
	}
	news := o.Preset != p.Preset
	for _, ev := range o.Evidence {
		if len(ev.Raw) == 0 {
			continue
		}
		seen, err := r.s.till.hasEvidence(p.ID, ev.Raw)
		if err != nil {
			return err
		}
		news = news || !seen
	}
	if !news { // an answer in somebody's hand stays good
		return nil
	}
	return r.recorder.Outcome(o)
}

// strangerError asks for a supervisor, with what the terminal remembers; or for the outcome of the payment that it
// may be.
func (s *station) strangerError() *local.Error {
	args := s.args()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stranger != "" {
		args[local.ArgFound] = s.stranger
	}
	if s.awaits == "" {
		return &local.Error{Code: local.CodeNeedsAdopt, Args: args}
	}
	args[local.ArgPayment] = s.awaits
	return &local.Error{Code: local.CodeTerminalAwaited, Args: args}
}
