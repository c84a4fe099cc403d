package till

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/local"
)

// ReversalProvider is the only value of terminals[].reversal that lets a terminal with settlement
// "terminal" reverse: its provider undoes the pagoPA leg, too (design 4).
const ReversalProvider = "provider"

// reversal is a charge being given back, between the request and its durable beginning.
type reversal struct {
	id, request, operator string
	order                 driver.Reversal

	once    sync.Once
	begun   chan struct{} // closed when `reversing` is durable, or the reversal ended before
	payment ledger.Payment
	err     error
}

var _ job = (*reversal)(nil)

func (v *reversal) paymentID() string { return v.id }
func (v *reversal) kind() string      { return "reverse" }
func (v *reversal) by() string        { return v.operator }

func (v *reversal) refused(s *station, err error) {
	s.release(v)
	v.settle(ledger.Payment{}, err)
}

// settle answers whoever waits for the beginning, once.
func (v *reversal) settle(p ledger.Payment, err error) {
	v.once.Do(func() {
		v.payment, v.err = p, err
		close(v.begun)
	})
}

// Reverse gives a charge back (design 4): a supervisor's, by its STAN, on the terminal whose last charge it
// is. It returns when `reversing` is durable, or with the refusal; the charge then stands. What the
// terminal cannot give back becomes a refund case. The same request id again gives the payment as it is.
func (t *Till) Reverse(ctx context.Context, op local.Operator, paymentID string, req local.ActionRequest) (local.Payment, error) {
	if op.Role != local.RoleSupervisor {
		return local.Payment{}, &local.Error{Code: local.CodeForbiddenRole, PaymentID: paymentID}
	}
	if req.RequestID == "" || len(req.RequestID) > maxRequestID {
		return local.Payment{}, &local.Error{Code: local.CodeRequestIDMissing}
	}
	p, err := t.o.Ledger.Payment(paymentID)
	if err != nil {
		return local.Payment{}, internal(err)
	}
	if again, known, err := t.o.Ledger.ByRequest(req.RequestID); err != nil {
		return local.Payment{}, internal(err)
	} else if known && again.ID == p.ID && p.RequestID != req.RequestID { // this one, or one before
		return t.view(p), nil
	}
	s, err := t.station(p.Terminal)
	if err != nil {
		return local.Payment{}, err
	}
	if why := s.notReversible(p); why != "" {
		return local.Payment{}, t.refundInstead(p, why)
	}
	v := &reversal{id: p.ID, request: req.RequestID, operator: op.ID, begun: make(chan struct{}),
		order: orderOf(p)}
	if err := s.take(v, s.mayMove, func(ctx context.Context) { s.reverse(ctx, v) }); err != nil {
		return local.Payment{}, err
	}
	select {
	case <-v.begun:
	case <-ctx.Done():
		return local.Payment{}, fmt.Errorf("the caller left, the reversal goes on: %w", ctx.Err())
	}
	if v.err != nil {
		return local.Payment{}, v.err
	}
	return t.view(v.payment), nil
}

// orderOf is the reversal of a charge: of what the terminal has really charged, where it said how much.
func orderOf(p ledger.Payment) driver.Reversal {
	return driver.Reversal{Reference: p.Reference, STAN: p.Charge.STAN, AmountCents: cmp.Or(p.Charge.AmountCents, p.AmountCents)}
}

// notReversible says why a payment cannot be reversed, as far as the ledger knows; empty: it can.
func (s *station) notReversible(p ledger.Payment) (why string) {
	switch {
	case p.State != ledger.Charged:
		return local.WhyState
	case p.Settlement == ledger.SettlementTerminal && s.term.Reversal != ReversalProvider:
		return local.WhyProfile
	case p.Settlement != ledger.SettlementTerminal && submitted(p):
		return local.WhySubmitted
	case p.Charge == nil || strings.Trim(p.Charge.STAN, "0") == "":
		return local.WhyNoSTAN
	}
	last, err := s.till.o.Ledger.LastSTAN(s.term.Name)
	if err != nil || last != p.Charge.STAN {
		return local.WhyNotLast
	}
	return ""
}

// submitted: the platform has been told of a charge, or may have been; or its registration has an ending.
func submitted(p ledger.Payment) bool {
	return p.Submission != nil || slices.ContainsFunc(p.Notices, func(n ledger.Notice) bool {
		return n.Registration != ledger.RegNone && n.Registration != ledger.RegHeld
	})
}

// refundInstead is the refusal of a reversal that this terminal can never make. Where a charge stands, the
// office has to refund it: that is a case, one a payment (design 4).
func (t *Till) refundInstead(p ledger.Payment, why string) error {
	refusal := &local.Error{Code: local.CodeNotReversible, PaymentID: p.ID,
		Args: map[string]string{local.ArgReason: local.NotReversibleText(why, t.lang())}}
	if p.State != ledger.Charged {
		return refusal
	}
	open, err := t.o.Ledger.Cases(false)
	if err != nil {
		return internal(err)
	}
	i := slices.IndexFunc(open, func(c ledger.Case) bool {
		return c.PaymentID == p.ID && c.Cause.Code == string(local.CodeNotReversible)
	})
	if i >= 0 {
		refusal.Detail = "case " + open[i].ID
		return refusal
	}
	c, err := t.o.Ledger.OpenCase(ledger.Case{PaymentID: p.ID, Terminal: p.Terminal,
		Cause:    driver.Reason{Code: string(local.CodeNotReversible), Text: local.NotReversibleText(why, t.lang())},
		Evidence: "Un responsabile ha chiesto lo storno, e il terminale non può: " + local.NotReversibleText(why, local.Italian)})
	if err != nil {
		return internal(err)
	}
	refusal.Detail = "case " + c.ID
	return refusal
}

// reverse runs the reversal on its terminal. It is the worker's job and nobody's request ends it.
func (s *station) reverse(ctx context.Context, v *reversal) {
	t := s.till
	if ctx.Err() != nil {
		v.refused(s, &local.Error{Code: local.CodeStopping})
		return
	}
	s.confirm(ctx)
	r := &recorder{s: s, id: v.id, request: v.request, begin: func(b driver.Baseline) (ledger.Payment, error) {
		p, err := t.o.Ledger.Reverse(v.id, v.operator, v.request, b)
		if err == nil {
			s.forget(v.id)
		}
		if err == nil || errors.Is(err, ledger.ErrRepeated) {
			v.settle(p, nil)
		}
		return p, err // nothing is sent but by who has written the intent
	}}
	after, err := s.term.Driver.Reverse(ctx, v.order, r)
	if errors.Is(err, driver.ErrPassport) && !r.sent && s.recommission(ctx) {
		after, err = s.term.Driver.Reverse(ctx, v.order, r)
	}
	r.over.Store(true)
	if !r.sent {
		s.notReversed(v, err)
		return
	}
	s.finish(ctx, v, r, after, err)
}

// notReversed ends a reversal of which nothing was sent: the charge stands.
func (s *station) notReversed(v *reversal, err error) {
	t := s.till
	var forbidden *ledger.NotReversibleError
	switch {
	case errors.Is(err, ledger.ErrRepeated): // answered
		s.release(v)
		return
	case t.ctx.Err() != nil:
		err = &local.Error{Code: local.CodeStopping}
	case err == nil:
		err = errors.New("the driver ended a reversal before it began")
	case errors.As(err, &forbidden):
		err = &local.Error{Code: local.CodeNotReversible, PaymentID: v.id,
			Args: map[string]string{local.ArgReason: local.NotReversibleText(forbidden.Why, t.lang())}}
	case errors.Is(err, driver.ErrNotLast):
		if p, lerr := t.o.Ledger.Payment(v.id); lerr == nil {
			err = t.refundInstead(p, local.WhyNotLast)
		}
	}
	refusal := terminalError(s.term.Label, err)
	if aboutTerminal(refusal.Code) {
		s.note(refusal)
	}
	v.refused(s, refusal)
}
