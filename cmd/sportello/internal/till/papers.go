package till

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/protocol/govpay"
	"sportello/protocol/local"
	"sportello/protocol/pagopa"
)

// RegistrationReceipt gives the pagoPA receipt of a payment's notice. With pdf its paper is wanted, too: the
// one that is kept, or the platform's, which is kept from then on.
func (t *Till) RegistrationReceipt(ctx context.Context, paymentID string, notice int, pdf bool) (local.RegistrationReceipt, error) {
	p, err := t.o.Ledger.Payment(paymentID)
	if err != nil {
		return local.RegistrationReceipt{}, about(paymentID, err)
	}
	if notice < 0 || notice >= len(p.Notices) {
		return local.RegistrationReceipt{}, &local.Error{Code: local.CodeNoSuchNotice, PaymentID: p.ID, Args: map[string]string{local.ArgLimit: strconv.Itoa(len(p.Notices))}}
	}
	n := p.Notices[notice]
	kept, err := t.o.Ledger.RegistrationReceipt(p.ID, notice)
	if err != nil {
		return local.RegistrationReceipt{}, receiptError(p, err)
	}
	v := local.RegistrationReceipt{PaymentID: p.ID, Creditor: n.Creditor, Number: n.Number, ReceiptID: kept.ID,
		At: moment(kept.At), HasPDF: len(kept.PDF) > 0, PDF: kept.PDF}
	if json.Valid(kept.Raw) {
		v.RT = kept.Raw
	}
	if !pdf || v.HasPDF {
		return v, nil
	}
	if v.PDF, err = t.fetchPDF(ctx, n, kept.ID); err != nil {
		return local.RegistrationReceipt{}, err
	}
	if err := t.o.Ledger.KeepPDF(p.ID, notice, v.PDF); err != nil { // it is in the clerk's hands all the same
		t.o.Log.Warn().Err(err).Str("payment", p.ID).Msg("keeping the receipt's paper")
	} else {
		v.HasPDF = true
		t.publishPayment(p.ID)
	}
	return v, nil
}

// receiptError: no receipt yet, none ever, or none any more.
func receiptError(p ledger.Payment, err error) error {
	e := about(p.ID, err)
	var known *local.Error
	if !errors.As(e, &known) {
		return e
	}
	switch {
	case errors.Is(err, ledger.ErrErased):
		known.Code, known.Detail = local.CodeNotFound, "erased by retention"
	case errors.Is(err, ledger.ErrNotFound) && p.State == ledger.Charged:
		known.Code = local.CodeReceiptAwaited
	}
	return e
}

// fetchPDF asks the platform for the paper of a receipt.
func (t *Till) fetchPDF(ctx context.Context, n ledger.Notice, receipt string) ([]byte, error) {
	iuv, err := iuvOf(n.Number)
	if err != nil {
		return nil, internal(err)
	}
	pdf, err := t.o.Platform.ReceiptPDF(ctx, n.Creditor, iuv, receipt)
	if err != nil {
		e := platformError(err)
		if answered(err) || errors.Is(err, govpay.ErrNotConfigured) {
			e.Code = local.CodeReceiptPDFMissing
		}
		return nil, e
	}
	return pdf, nil
}

// iuvOf is the IUV in a notice number.
func iuvOf(number string) (string, error) {
	n, err := pagopa.ParseNotice(number)
	if anyway, ok := pagopa.SearchAnyway(err); ok {
		n, err = anyway, nil
	}
	return n.IUV(), err
}

// NoticePDF gives the paper of a notice, as the platform prints it.
func (t *Till) NoticePDF(ctx context.Context, req local.NoticeRef) ([]byte, error) {
	creditor := t.o.Creditors[0]
	if req.Creditor != "" {
		var ok bool
		if creditor, ok = t.creditor(req.Creditor); !ok {
			return nil, &local.Error{Code: local.CodeOtherCreditor, Args: map[string]string{local.ArgCreditor: req.Creditor}}
		}
	}
	if _, err := iuvOf(req.Number); err != nil {
		return nil, scanError(err)
	}
	pdf, err := t.o.Platform.NoticePDF(ctx, govpay.Pagamento, creditor.TaxCode, req.Number)
	if err != nil {
		return nil, platformError(err)
	}
	return pdf, nil
}

// slipWidth is what a terminal prints in a line (ECR17 3.7).
const slipWidth = 24

// onSlip is what a slip says beside the terminal's own words: a debt that was charged without the platform's
// word, and is not registered yet.
func (t *Till) onSlip(p ledger.Payment) string {
	if !pendingOffline(p) {
		return ""
	}
	var b strings.Builder
	line := 0
	for _, word := range strings.Fields(t.reason(local.CodeOfflineCharged, nil).Text) {
		if n := len([]rune(word)); line > 0 && line+1+n > slipWidth {
			b.WriteByte('\n')
			line = 0
		} else if line > 0 {
			b.WriteByte(' ')
			line++
		}
		b.WriteString(word)
		line += len([]rune(word))
	}
	return b.String()
}

// pendingOffline: charged while the platform was away, and a notice of it is not registered.
func pendingOffline(p ledger.Payment) bool {
	if p.Offline == "" || p.State != ledger.Charged {
		return false
	}
	for _, n := range p.Notices {
		if clocksOf(p, n).running {
			return true
		}
	}
	return false
}
