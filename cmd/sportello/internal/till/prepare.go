package till

import (
	"context"
	"errors"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/protocol/govpay"
	"sportello/protocol/local"
)

// prepare asks the platform about each notice, as late as possible before the charge, sees that the cart can
// be registered in the terminal's way, and completes the intent. Nothing of a request refused here is kept.
func (t *Till) prepare(ctx context.Context, s *station, a *attempt) error {
	p := &a.intent.Payment
	var err error
	if p.Reference, err = t.freshReference(); err != nil {
		return internal(err)
	}
	for _, rn := range a.request.Notices {
		held, err := t.o.Ledger.Notice(rn.Creditor, rn.Number)
		if err != nil {
			return internal(err)
		}
		if held.Holder != "" {
			return &local.Error{Code: local.CodeNoticeLocked, PaymentID: held.Holder}
		}
	}
	trace := &govpay.Trace{}
	cart, err := t.cart(govpay.WithTrace(ctx, trace), s, a)
	if err != nil {
		return err
	}
	if err := checkCart(s.term.way(), cart, time.Now()); err != nil {
		return err
	}
	for i, rn := range a.request.Notices {
		pos := cart[i]
		if rn.ExpectedCents != 0 && rn.ExpectedCents != pos.Cents {
			return &local.Error{Code: local.CodeAmountChanged, AmountCents: pos.Cents,
				Args: map[string]string{local.ArgExpected: local.Money(rn.ExpectedCents, t.lang())}}
		}
		n := ledger.Notice{Creditor: rn.Creditor, Number: rn.Number, AmountCents: pos.Cents, Registration: ledger.RegNone, Position: positionKey(pos)}
		if pos.Document != nil {
			n.Document = pos.Document.ID
		}
		p.Notices = append(p.Notices, n)
		p.AmountCents += pos.Cents
		a.intent.Descriptions = append(a.intent.Descriptions, pos.Reason)
		a.intent.Debtors = append(a.intent.Debtors, ledger.Debtor{Name: pos.Debtor.Name, TaxCode: pos.Debtor.TaxCode})
	}
	p.Transactions = transactions(trace)
	return nil
}

// cart is what the request's notices are now, by the platform's word; where nobody answers for it and the body
// has chosen so, by what is known here (design 8). Once it is found away the others are not waited for.
func (t *Till) cart(ctx context.Context, s *station, a *attempt) ([]govpay.Position, error) {
	var cart []govpay.Position
	var gone error
	for _, rn := range a.request.Notices {
		if gone == nil {
			pos, err := t.verify(ctx, rn.Creditor, rn.Number)
			if err == nil {
				cart = append(cart, pos)
				continue
			}
			if !away(err) {
				return nil, err
			}
			gone = err
		}
		pos, _, err := t.offlineDebt(s.term.way(), rn.Creditor, rn.Number, rn.ExpectedCents, gone)
		if err != nil {
			return nil, err
		}
		a.intent.OfflineCharge = true
		cart = append(cart, pos)
	}
	return cart, nil
}

// positionKey is the platform's own key of a position; empty where it gives none.
func positionKey(pos govpay.Position) string {
	if pos.Application == "" || pos.ID == "" {
		return ""
	}
	return pos.Application + "/" + pos.ID
}

// limitCodes is what each limit of an offline period is called.
var limitCodes = map[string]local.Code{
	ledger.LimitAmount:   local.CodeOfflineLimitAmount,
	ledger.LimitTotal:    local.CodeOfflineLimitTotal,
	ledger.LimitPayments: local.CodeOfflineLimitPayments,
	ledger.LimitHours:    local.CodeOfflineLimitHours,
	ledger.LimitClosed:   local.CodeOfflineNotOpen,
	ledger.LimitVerified: local.CodeOfflineNeedsVerified,
}

// offlineRefused names what an offline period does not allow; nil: the error is about something else.
func (t *Till) offlineRefused(err error) *local.Error {
	var limit *ledger.OfflineLimitError
	if !errors.As(err, &limit) {
		return nil
	}
	code, ok := limitCodes[limit.Limit]
	if !ok {
		code = local.CodeOfflineNotAllowed
	}
	return &local.Error{Code: code, Err: err, Args: t.limitArgs(limit)}
}
