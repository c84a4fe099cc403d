package till

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/local"
)

// totals asks the terminal for its total and sets the ledger's beside it.
func (s *station) totals(ctx context.Context, rep *local.TerminalReport) error {
	t := s.till
	tot, err := s.term.Driver.Totals(ctx)
	if err != nil {
		return err
	}
	if tot.Present {
		rep.TotalCents = &tot.Cents
		if err := t.o.Ledger.RecordTotal(s.term.Name, tot.Cents); err != nil {
			return err
		}
	}
	takings, err := t.o.Ledger.Takings(s.term.Name)
	if err != nil {
		return err
	}
	rep.LedgerCents = &takings.Cents
	return nil
}

// close closes the terminal's accounting session and judges its total and the host's against the ledger's.
// While anything is undecided on the terminal it is not closed: its total is evidence (ECR17 6.2 L16).
func (s *station) close(ctx context.Context, op local.Operator, rep *local.TerminalReport) error {
	t := s.till
	owing, err := s.owesAnswer()
	if err != nil {
		return err
	}
	if len(owing) > 0 {
		return &local.Error{Code: local.CodeTerminalLocked, PaymentID: owing[0].ID, Args: s.args()}
	}
	takings, err := t.o.Ledger.Takings(s.term.Name)
	if err != nil {
		return err
	}
	// From here on nobody knows the terminal's total until an answer is on disk: one computed across a close
	// that was forgotten could hide a sale (ECR17 6.2 L16).
	if err := t.o.Ledger.RecordClosing(s.term.Name, op.ID, driver.Closing{State: driver.ClosingUnknown, Reason: driver.Reason{Code: string(local.CodeClosingUnknown)}}); err != nil {
		return err
	}
	c, err := s.term.Driver.CloseSession(ctx)
	if refused := new(driver.Refusal); errors.As(err, &refused) { // it was not asked
		why := driver.Reason{Code: ledger.ReasonNotBegun, Text: refused.Kind.Error()}
		if err := t.o.Ledger.RecordClosing(s.term.Name, op.ID, driver.Closing{State: driver.ClosingRefused, Reason: why}); err != nil {
			t.o.Log.Error().Err(err).Str("terminal", s.term.Name).Msg("a closing that did not begin could not be written")
		}
	}
	if err != nil {
		return err
	}
	if err := t.o.Ledger.RecordClosing(s.term.Name, op.ID, c); err != nil {
		t.o.Log.Error().Err(err).Str("terminal", s.term.Name).Str("state", string(c.State)).Int64("cents", c.Terminal.Cents).Msg("a closing could not be written")
		return err
	}
	v, err := s.judge(c, takings, time.Now())
	if err != nil {
		return err
	}
	rep.Closing = v
	s.mu.Lock()
	s.closed = v
	s.mu.Unlock()
	return s.closingCase(c, v)
}

// lastClosing is how the terminal's session was closed last: by this process, or as the ledger has it. The payments that
// may explain a difference are then those in doubt now.
func (s *station) lastClosing() (*local.Closing, error) {
	s.mu.Lock()
	v := s.closed
	s.mu.Unlock()
	if v != nil {
		return v, nil
	}
	c, found, err := s.till.o.Ledger.LastClosing(s.term.Name)
	if err != nil || !found {
		return nil, err
	}
	v, err = s.judge(c.Closing, ledger.Takings{Since: c.Since, Cents: c.Cents}, c.At)
	if err != nil {
		return nil, err
	}
	v.Payments = c.Payments
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed == nil { // else it was closed again meanwhile
		s.closed = v
	}
	return s.closed, nil
}

// expected is the computed total as far as it may speak about a charge of an amount; nil: not at all. A terminal may
// close its session by itself, at any moment since its total was measured, and we do not see it. Then its total is
// the sum of the newest takings, from the close on; and where that with our charge is just the total that we have
// computed without it, a charge that was made looks like none (ECR17 6.5 rows 15, 19 and 24). So no sum of newest
// takings may be what is missing from the amount to the total; it is never more than the total.
func (s *station) expected(total *int64, amount int64) (*int64, error) {
	if total == nil {
		return nil, nil
	}
	takings, err := s.till.o.Ledger.Takings(s.term.Name)
	if err != nil {
		return nil, err
	}
	since := int64(0) // the close
	for _, id := range slices.Backward(takings.Payments) {
		if since+amount == *total || since > *total {
			break
		}
		p, err := s.till.o.Ledger.Payment(id)
		if err != nil {
			return nil, err
		}
		cents := p.AmountCents
		if p.Charge != nil {
			cents = cmp.Or(p.Charge.AmountCents, cents)
		}
		if p.State == ledger.Reversed { // between the two: the close, then only the reversal
			if since-cents+amount == *total {
				return nil, nil
			}
			continue
		}
		since += cents
	}
	if since+amount == *total {
		return nil, nil
	}
	return total, nil
}

// judge sets the three totals of a closing beside one another. A total that is absent is not zero (ECR17 D38).
func (s *station) judge(c driver.Closing, takings ledger.Takings, at time.Time) (*local.Closing, error) {
	v := &local.Closing{At: at, State: string(c.State), Proven: c.Proven, LedgerCents: takings.Cents, Since: moment(takings.Since),
		Payments: len(takings.Payments), Differences: []local.ClosingDiff{}, Receipt: c.Ticket}
	if c.Reason.Code != "" {
		r := s.till.reason(local.Code(c.Reason.Code), map[string]string{local.ArgTerminal: s.term.Label, local.ArgReason: c.Reason.Text})
		v.Reason = &r
	}
	if c.Terminal.Present {
		v.TerminalCents = &c.Terminal.Cents
	}
	if c.Host.Present {
		v.HostCents = &c.Host.Cents
	}
	if c.State != driver.ClosingDone {
		return v, nil
	}
	doubts, err := s.doubts(takings)
	if err != nil {
		return nil, err
	}
	doubts = slices.DeleteFunc(doubts, func(p ledger.Payment) bool { return p.CreatedAt.After(at) })
	compare := func(between string, a, b *int64) {
		if a != nil && b != nil && *a != *b {
			v.Differences = append(v.Differences, s.difference(between, *a-*b, doubts))
		}
	}
	compare(local.TerminalLedger, v.TerminalCents, &v.LedgerCents)
	compare(local.HostLedger, v.HostCents, &v.LedgerCents)
	compare(local.TerminalHost, v.TerminalCents, v.HostCents)
	return v, nil
}

// doubts are the payments on the terminal since its last close of which the terminal may have another
// opinion: those not decided, those that evidence or people decided, those of another amount, those that
// it may not know to be ours, and those given back.
func (s *station) doubts(takings ledger.Takings) ([]ledger.Payment, error) {
	list, err := s.sentSince(takings.Since)
	return slices.DeleteFunc(list, func(p ledger.Payment) bool {
		switch p.State {
		case ledger.NotCharged:
			return !doubtful(p) || p.SentAt.IsZero()
		case ledger.Charged:
			return p.Acked && len(p.ResolvedBy) == 0 && p.Reversal == nil && p.Charge != nil && p.Charge.AmountCents == p.AmountCents
		default:
			return false
		}
	}), err
}

// sentSince are the payments of the terminal that were sent and have changed since a time, oldest first; zero: all.
func (s *station) sentSince(from time.Time) ([]ledger.Payment, error) {
	for limit := 1000; ; limit *= 10 {
		list, err := s.till.o.Ledger.Payments(ledger.Query{Limit: limit})
		if err != nil {
			return nil, err
		}
		if len(list) == limit && !list[len(list)-1].CreatedAt.Before(from) {
			continue
		}
		list = slices.DeleteFunc(list, func(p ledger.Payment) bool {
			return p.Terminal != s.term.Name || p.SentAt.IsZero() || !p.UpdatedAt.After(from)
		})
		slices.Reverse(list)
		return list, nil
	}
}

// difference names the payments that may explain it: those whose amount is the difference, or else all that
// are in doubt. Where there is none it is not ours: a sale typed on the terminal, or another cash register's.
func (s *station) difference(between string, cents int64, doubts []ledger.Payment) local.ClosingDiff {
	d := local.ClosingDiff{Between: between, Cents: cents, Payments: []string{}, Text: local.ClosingDiffText(between, cents, s.till.lang())}
	exact := slices.ContainsFunc(doubts, func(p ledger.Payment) bool { return p.AmountCents == max(cents, -cents) })
	for _, p := range doubts {
		if !exact || p.AmountCents == max(cents, -cents) {
			d.Payments = append(d.Payments, p.ID)
		}
	}
	return d
}

// closingCase puts what does not add up, and a closing of which nobody knows whether it was made, on
// people's list.
func (s *station) closingCase(c driver.Closing, v *local.Closing) error {
	k := ledger.Case{Terminal: s.term.Name, Cause: driver.Reason{Code: string(local.CodeClosingDiffers)}, Evidence: "terminale " + s.term.Name}
	switch {
	case c.State == driver.ClosingUnknown:
		k.Cause = driver.Reason{Code: string(local.CodeClosingUnknown), Text: s.term.Label}
		k.Evidence += ": non si sa se la sessione è stata chiusa"
	case len(v.Differences) == 0:
		return nil
	default:
		k.Cause.Text = v.Differences[0].Text
		for _, d := range v.Differences {
			k.Evidence += "; " + strings.TrimSuffix(d.Text, ".")
			for _, id := range d.Payments {
				k.Evidence += " " + id
			}
		}
	}
	_, err := s.till.o.Ledger.OpenCase(k)
	return err
}
