package till

import (
	"context"
	"errors"
	"time"

	"sportello/protocol/govpay"
	"sportello/protocol/local"
	"sportello/protocol/pagopa"
)

// Lookup reads what the clerk scanned or typed and shows the debt as the platform has it now. An
// error means that there is nothing to show; a debt that may not be charged is shown with its reason.
func (t *Till) Lookup(ctx context.Context, req local.LookupRequest) (local.Notice, error) {
	scan, creditor, err := t.read(req.Code, req.Anyway)
	if err != nil {
		return local.Notice{}, err
	}
	return t.look(ctx, local.Notice{Creditor: creditor.TaxCode, CreditorName: creditor.Name, Number: string(scan.Notice),
		PrintedCents: scan.AmountCents, Warnings: t.scanWarnings(scan)})
}

// look completes a notice with what the platform says of it now.
func (t *Till) look(ctx context.Context, n local.Notice) (local.Notice, error) {
	pos, err := t.verify(ctx, n.Creditor, n.Number)
	held, herr := t.o.Ledger.Notice(n.Creditor, n.Number)
	if herr != nil {
		return local.Notice{}, internal(herr)
	}
	if held.Holder != "" {
		n.PaymentID = held.Holder
		r := t.reason(local.CodeNoticeLocked, map[string]string{local.ArgPayment: held.Holder})
		n.Reason = &r
	}
	switch {
	case err != nil && held.Holder != "":
		n.AmountCents = t.askedFor(held.Holder, n)
		return n, nil // what we charged ourselves is shown even while the platform is away
	case away(err):
		return t.lookupOffline(n, err)
	case err != nil:
		return local.Notice{}, err
	}
	now := time.Now()
	n.Description, n.Debtor, n.AmountCents = pos.Reason, pos.Debtor.Name, pos.Cents
	n.Verified, n.VerifiedAt, n.Source = true, &now, string(pos.Source)
	if pos.CreditorName != "" {
		n.CreditorName = pos.CreditorName
	}
	if !pos.DueBy.IsZero() {
		n.DueDate = pos.DueBy.Format(time.DateOnly)
	}
	n.Warnings = append(t.printed(n), t.doubts(pos, now)...)
	if t.offlineNow() != nil { // left open, the next short outage is charged through without anybody's decision
		n.Warnings = append(n.Warnings, t.reason(local.CodeOfflinePlatformAnswers, nil))
	}
	if n.Reason != nil {
		return n, nil
	}
	if err := checkCart(t.way(), []govpay.Position{pos}, now); err != nil {
		r := t.reasonOf(err)
		n.Reason = &r
		return n, nil
	}
	n.Payable = true
	return n, nil
}

// askedFor is what a payment of ours was to charge for a notice.
func (t *Till) askedFor(id string, n local.Notice) int64 {
	p, err := t.o.Ledger.Payment(id)
	if err != nil {
		return 0
	}
	for _, of := range p.Notices {
		if of.Creditor == n.Creditor && of.Number == n.Number {
			return of.AmountCents
		}
	}
	return 0
}

// printed are a notice's warnings, with the one that its print shows another amount.
func (t *Till) printed(n local.Notice) []local.Reason {
	if n.PrintedCents == 0 || n.PrintedCents == n.AmountCents {
		return n.Warnings
	}
	return append(n.Warnings, t.reason(local.CodeAmountPrintDiffers, map[string]string{
		local.ArgAmount: local.Money(n.AmountCents, t.lang()), local.ArgPrinted: local.Money(n.PrintedCents, t.lang())}))
}

// read makes sense of the code alone: no call to anybody.
func (t *Till) read(code string, anyway bool) (pagopa.Scan, Creditor, error) {
	scan, err := pagopa.ParseScan(code)
	if number, ok := pagopa.SearchAnyway(err); ok && anyway {
		scan, err = pagopa.Scan{Kind: pagopa.KindNotice, Notice: number}, nil
	}
	if err != nil {
		return scan, Creditor{}, scanError(err)
	}
	creditor, ok := t.o.Creditors[0], true
	switch {
	case scan.Creditor != "":
		creditor, ok = t.creditor(string(scan.Creditor))
	case scan.GLN != "":
		ok = false
		for _, c := range t.o.Creditors {
			if c.GLN == scan.GLN {
				creditor, ok = c, true
			}
		}
	}
	if !ok {
		return scan, Creditor{}, &local.Error{Code: local.CodeOtherCreditor, Args: map[string]string{local.ArgCreditor: string(scan.Creditor) + scan.GLN}}
	}
	return scan, creditor, nil
}

// scanErrors is what each way of not reading a code is called.
var scanErrors = []struct {
	err  error
	code local.Code
}{
	{pagopa.ErrNoticeCheck, local.CodeNoticeCheckDigits},
	{pagopa.ErrIUVTyped, local.CodeIUVTyped},
	{pagopa.ErrNoticeLength, local.CodeNoticeLength},
	{pagopa.ErrNoticePlaceholder, local.CodeNoticePlaceholder},
}

func scanError(err error) error {
	for _, s := range scanErrors {
		if errors.Is(err, s.err) {
			return &local.Error{Code: s.code, Err: err}
		}
	}
	return &local.Error{Code: local.CodeCodeUnreadable, Err: err}
}

func (t *Till) scanWarnings(scan pagopa.Scan) []local.Reason {
	var out []local.Reason
	for _, w := range scan.Warnings {
		if w == pagopa.WarnNoticeCheck || w == pagopa.WarnCreditorCheck {
			out = append(out, t.reason(local.CodeCheckDigitsWarning, nil))
			break
		}
	}
	for _, r := range scan.Repairs {
		if r == pagopa.RepairUSOnItalian || r == pagopa.RepairItalianOnUS || r == pagopa.RepairSeparators {
			out = append(out, t.reason(local.CodeScanRepaired, nil))
			break
		}
	}
	return out
}
