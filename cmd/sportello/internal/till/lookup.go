package till

import (
	"context"
	"errors"
	"strings"
	"time"

	"sportello/cmd/sportello/internal/ledger"
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
	number := string(scan.Notice)
	n := local.Notice{Creditor: creditor.TaxCode, CreditorName: creditor.Name, Number: number, PrintedCents: scan.AmountCents}
	n.Warnings = t.scanWarnings(scan)

	pos, reason, err := t.verify(ctx, creditor.TaxCode, number)
	held, herr := t.o.Ledger.Notice(creditor.TaxCode, number)
	if herr != nil {
		return local.Notice{}, internal(herr)
	}
	if err != nil {
		// What we charged ourselves is shown even while the platform is away.
		if held.Holder != "" {
			n.PaymentID = held.Holder
			r := t.reason(local.CodeNoticeLocked, map[string]string{local.ArgPayment: held.Holder})
			n.Reason = &r
			return n, nil
		}
		return local.Notice{}, err
	}
	n.Description = pos.Reason
	n.Debtor = pos.Debtor.Name
	n.AmountCents = pos.Cents
	if pos.CreditorName != "" {
		n.CreditorName = pos.CreditorName
	}
	if !pos.DueBy.IsZero() {
		n.DueDate = pos.DueBy.Format(time.DateOnly)
	}
	if n.PrintedCents != 0 && n.PrintedCents != n.AmountCents {
		n.Warnings = append(n.Warnings, t.reason(local.CodeAmountPrintDiffers, map[string]string{
			local.ArgAmount: local.Money(n.AmountCents, t.lang()), local.ArgPrinted: local.Money(n.PrintedCents, t.lang())}))
	}
	switch {
	case held.Holder != "":
		n.PaymentID = held.Holder
		r := t.reason(local.CodeNoticeLocked, map[string]string{local.ArgPayment: held.Holder})
		n.Reason = &r
	case reason != "":
		r := t.reason(reason, nil)
		n.Reason = &r
	default:
		n.Payable = true
	}
	return n, nil
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

// payability is what each of the platform's answers is called; an answer that is not here is refused.
var payability = map[govpay.ReasonCode]local.Code{
	govpay.ReasonNone:            "",
	govpay.ReasonAmountMayChange: "", // the amount is the platform's, read as late as possible
	govpay.ReasonPaid:            local.CodeNoticePaid,
	govpay.ReasonReceiptPresent:  local.CodeNoticePaid,
	govpay.ReasonExpired:         local.CodeNoticeExpired,
	govpay.ReasonCancelled:       local.CodeNoticeCancelled,
	govpay.ReasonAnomalous:       local.CodeNoticeAnomalous,
	govpay.ReasonUnknownState:    local.CodeNoticeStateUnknown,
	govpay.ReasonAttemptPending:  local.CodeNoticeInProgress,
	govpay.ReasonAttemptStuck:    local.CodeNoticeInProgress,
	govpay.ReasonStampDuty:       local.CodeNoticeStampDuty,
	govpay.ReasonNothingToPay:    local.CodeNoticeAmountZero,
}

// verify asks the platform. The code is empty when the debt may be charged.
func (t *Till) verify(ctx context.Context, creditor, number string) (govpay.Position, local.Code, error) {
	pos, err := t.o.Platform.Position(ctx, creditor, number)
	if err != nil {
		return pos, "", platformError(err)
	}
	now := time.Now()
	verdict, why := govpay.Payability(pos, now)
	code, known := payability[why]
	if !known || (verdict != govpay.Payable && code == "") {
		code = local.CodeNoticeStateUnknown
	}
	if why == govpay.ReasonAttemptPending && t.ownRefusalExplains(pos, creditor, number, now) {
		code = ""
	}
	return pos, code, nil
}

// nearOurs is how far the platform's time of an attempt may lie from the time our frame was sent.
const nearOurs = 3 * time.Minute

// ownRefusalExplains reports whether the attempt that the platform still shows as open is ours: this
// counter's last one for the notice, sent within the token's life, certainly not charged, and with a STAN,
// so it reached the provider that opens attempts. Then a second card need not wait. One that was
// opened at another time, or stands beside a second, is somebody else's.
func (t *Till) ownRefusalExplains(pos govpay.Position, creditor, number string, now time.Time) bool {
	state, err := t.o.Ledger.Notice(creditor, number)
	if err != nil || state.Holder != "" || len(state.Payments) == 0 {
		return false
	}
	last, err := t.o.Ledger.Payment(state.Payments[len(state.Payments)-1])
	if err != nil || last.State != ledger.NotCharged || last.SentAt.IsZero() || now.Sub(last.SentAt) >= govpay.AttemptLife ||
		last.Charge == nil || strings.Trim(last.Charge.STAN, "0") == "" {
		return false
	}
	open := pending(pos, now)
	return len(open) == 1 && (open[0].Started.IsZero() || open[0].Started.Sub(last.SentAt).Abs() <= nearOurs)
}

// pending are the attempts for whose sake alone the platform's debt would have to wait.
func pending(pos govpay.Position, now time.Time) []govpay.Attempt {
	var open []govpay.Attempt
	for i, a := range pos.Attempts {
		if i > 0 && a.State == govpay.AttemptSuperseded {
			continue // the newer one speaks for both
		}
		alone := pos
		alone.Attempts = pos.Attempts[i : i+1]
		if _, why := govpay.Payability(alone, now); why == govpay.ReasonAttemptPending {
			open = append(open, a)
		}
	}
	return open
}

// platformErrors is what each failed call is called.
var platformErrors = map[govpay.Outcome]local.Code{
	govpay.OutcomeNotFound:     local.CodeNoticeUnknown,
	govpay.OutcomeUnauthorized: local.CodePlatformPassword,
	govpay.OutcomeForbidden:    local.CodePlatformForbidden,
	govpay.OutcomeWrongBaseURL: local.CodePlatformAddress,
	govpay.OutcomeUntrusted:    local.CodePlatformCertificate,
	govpay.OutcomeNotJSON:      local.CodePlatformNotJSON,
	govpay.OutcomeMalformed:    local.CodePlatformNotJSON,
	govpay.OutcomeMismatch:     local.CodePlatformNotJSON,
	govpay.OutcomeTooLarge:     local.CodePlatformNotJSON,
}

// platformError names a failed call for people; nil stays nil.
func platformError(err error) *local.Error {
	if err == nil {
		return nil
	}
	code, ok := platformErrors[govpay.OutcomeOf(err)]
	if !ok {
		code = local.CodePlatformUnavailable
	}
	e := &local.Error{Code: code, Err: err}
	var f *govpay.Fault
	if errors.As(err, &f) {
		e.Detail = f.Error()
	}
	return e
}

// spokeAboutNotice: the platform is well, it only does not know this notice.
func spokeAboutNotice(c local.Code) bool { return c == local.CodeNoticeUnknown }
