package till

import (
	"context"
	"errors"
	"strings"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/local"
)

// takeUp turns what a restart left as sent into unknown (design 3.1): from the ledger alone nobody can
// tell whether the frame left. It runs before the worker does.
func (s *station) takeUp(payments []ledger.Payment) error {
	for _, p := range payments {
		if p.State != ledger.Sent {
			continue
		}
		if _, err := s.till.interrupted(p, false); err != nil {
			return err
		}
	}
	return nil
}

// orphan leaves an attempt whose terminal is no longer configured to people.
func (t *Till) orphan(p ledger.Payment) error {
	t.o.Log.Warn().Str("payment", p.ID).Str("terminal", p.Terminal).Msg("unfinished payment of a terminal that is not configured")
	if p.State == ledger.Sent || p.State == ledger.Unknown && !p.NeedsPeople {
		_, err := t.interrupted(p, true)
		return err
	}
	return nil
}

// interrupted writes that nobody knows. With final the gathering of evidence is over, too.
func (t *Till) interrupted(p ledger.Payment, final bool) (ledger.Payment, error) {
	code := local.CodeRestarted
	if p.State == ledger.Unknown {
		code = local.CodeAwaitingPeople
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
	p, err := t.o.Ledger.Payment(id)
	if err != nil || p.State != ledger.Unknown || p.NeedsPeople {
		return
	}
	baseline, err := t.o.Ledger.Baseline(id)
	if err != nil {
		t.o.Log.Error().Err(err).Str("payment", id).Msg("reading the baseline")
		return
	}
	ctx, halt := context.WithCancel(ctx)
	defer halt()
	s.mu.Lock()
	s.resolving, s.halt = id, halt
	s.mu.Unlock()
	s.publish()
	r := &recorder{s: s, id: id, last: p}
	r.Progress(driver.Progress{Phase: driver.PhaseVerifying})
	a := driver.Attempt{
		Payment:     driver.Payment{Reference: p.Reference, AmountCents: p.AmountCents},
		Baseline:    baseline,
		SentAt:      p.SentAt,
		SameProcess: same,
		Exclusivity: s.exclusivity(),
	}
	for _, n := range p.Notices {
		a.Notices = append(a.Notices, driver.Notice{Creditor: n.Creditor, Number: n.Number})
	}
	if err := s.term.Driver.Resolve(ctx, a, r); err != nil && !errors.Is(err, context.Canceled) {
		t.o.Log.Error().Err(err).Str("payment", id).Msg("gathering evidence")
	}
	s.mu.Lock()
	s.resolving, s.halt = "", nil
	act := s.activity
	s.activity = nil
	s.mu.Unlock()
	s.quiet(act)
}

// compareIDs orders payment ids of one installation by their number.
func compareIDs(a, b string) int { return strings.Compare(a, b) }
