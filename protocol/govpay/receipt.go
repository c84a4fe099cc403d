package govpay

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"

	"sportello/protocol/pagopa"
)

// OutcomePaid is the one esito that means paid in full. Negative receipts are
// listed among the others: never take "there is a receipt" for "paid".
const OutcomePaid = "ESEGUITO"

// ReceiptRef is a line of the list of receipts.
type ReceiptRef struct {
	Creditor string
	IUV      string
	ID       string // idRicevuta: receiptId of the pagoPA receipt
	Esito    string // see OutcomePaid
	At       time.Time
}

// Receipt is one receipt in full.
type Receipt struct {
	ReceiptRef
	Cents int64 // as the platform booked it

	// Attestor is who signed the receipt; its ID is a tax code, not pagoPA's
	// identifier of the provider, which is Proof.PSP.
	Attestor struct{ ID, Name, Channel string }

	Kind          string // "ctReceipt", or "ctRicevutaTelematica" for what the platform submitted
	Proof         *Proof // nil when the platform holds none
	RT            []byte // the pagoPA receipt behind Proof as JSON, whole; personal data
	TransactionID string
}

// Positive reports whether the receipt proves that the debt was paid in full:
// the platform says so and the pagoPA receipt, where present, says the same.
func (r Receipt) Positive() bool {
	return r.Esito == OutcomePaid && (r.Proof == nil || r.Proof.Result == ResultPaid)
}

// Paging of the list: a notice has one receipt, two when something went wrong.
const (
	receiptPage     = 25
	maxReceiptPages = 8
)

// Receipts lists the receipts of one IUV, positive and negative, newest first;
// none is not an error.
func (c *Client) Receipts(ctx context.Context, creditor, iuv string) ([]ReceiptRef, error) {
	if err := checkIUV(creditor, iuv); err != nil {
		return nil, fmt.Errorf("govpay ricevute: %w", err)
	}
	return c.listReceipts(ctx, creditor, url.Values{"iuv": {iuv}}, receiptPage, maxReceiptPages)
}

// wireListRow is what list and detail of a receipt share.
type wireListRow struct {
	Dominio    wireCreditor `json:"dominio"`
	IUV        string       `json:"iuv"`
	IDRicevuta string       `json:"idRicevuta"`
	Data       string       `json:"data"`
	Esito      string       `json:"esito"`
}

func (w wireListRow) ref() (ReceiptRef, error) {
	at, err := parseTime(w.Data)
	if err != nil {
		return ReceiptRef{}, err
	}
	if w.IDRicevuta == "" || len(w.IDRicevuta) > 70 {
		return ReceiptRef{}, fmt.Errorf("%w: idRicevuta of %d characters", ErrMalformed, len(w.IDRicevuta))
	}
	return ReceiptRef{
		Creditor: token(w.Dominio.IDDominio, 35), IUV: token(w.IUV, 35), ID: w.IDRicevuta,
		Esito: token(w.Esito, 40), At: at,
	}, nil
}

// Receipt reads one receipt in full.
func (c *Client) Receipt(ctx context.Context, creditor, iuv, id string) (Receipt, error) {
	const operation = "ricevuta"
	path, err := receiptPath(creditor, iuv, id)
	if err != nil {
		return Receipt{}, fmt.Errorf("govpay %s: %w", operation, err)
	}
	var wire wireDetail
	transaction, err := c.getJSON(ctx, call{operation: operation, api: Ragioneria, path: path, timeout: c.conf.Timeouts.Read}, &wire)
	if err != nil {
		return Receipt{}, err
	}
	r, err := wire.receipt()
	if err != nil {
		return Receipt{}, malformed(operation, transaction, err)
	}
	if r.Creditor != creditor || r.IUV != iuv || r.ID != id {
		return Receipt{}, mismatch(operation, transaction, "receipt")
	}
	r.TransactionID = transaction
	return r, nil
}

type wireDetail struct {
	wireListRow
	Importo            euro `json:"importo"`
	IstitutoAttestante struct {
		IDPSP         string `json:"idPSP"`
		Denominazione string `json:"denominazione"`
		IDCanale      string `json:"idCanale"`
	} `json:"istitutoAttestante"`
	RT *struct {
		Tipo string          `json:"tipo"`
		JSON json.RawMessage `json:"json"`
	} `json:"rt"`
}

func (w *wireDetail) receipt() (Receipt, error) {
	ref, err := w.ref()
	if err != nil {
		return Receipt{}, err
	}
	if !w.Importo.given {
		return Receipt{}, fmt.Errorf("%w: no importo", ErrMalformed)
	}
	r := Receipt{ReceiptRef: ref, Cents: w.Importo.cents}
	r.Attestor.ID = clip(w.IstitutoAttestante.IDPSP, 35)
	r.Attestor.Name = clip(w.IstitutoAttestante.Denominazione, 70)
	r.Attestor.Channel = clip(w.IstitutoAttestante.IDCanale, 35)
	if w.RT != nil {
		r.Kind, r.RT = token(w.RT.Tipo, 40), w.RT.JSON
		if r.Proof, err = decodeProof(w.RT.JSON); err != nil {
			return Receipt{}, err
		}
	}
	if p := r.Proof; p != nil && (p.Creditor != r.Creditor || p.IUV != r.IUV || p.ReceiptID != r.ID) {
		return Receipt{}, fmt.Errorf("%w: rt is about another payment", ErrMalformed)
	}
	return r, nil
}

// ReceiptPDF reads the receipt as the platform prints it for the citizen.
func (c *Client) ReceiptPDF(ctx context.Context, creditor, iuv, id string) ([]byte, error) {
	const operation = "ricevuta pdf"
	path, err := receiptPath(creditor, iuv, id)
	if err != nil {
		return nil, fmt.Errorf("govpay %s: %w", operation, err)
	}
	r, err := c.getPDF(ctx, call{operation: operation, api: Ragioneria, path: path})
	if err != nil {
		return nil, err
	}
	return r.body, nil
}

func receiptPath(creditor, iuv, id string) (string, error) {
	if err := checkIUV(creditor, iuv); err != nil {
		return "", err
	}
	if id == "" || len(id) > 70 || strings.Trim(id, ".") == "" {
		return "", fmt.Errorf("%w: receipt %q", ErrArgument, clip(id, 70))
	}
	return "/ricevute/" + creditor + "/" + iuv + "/" + url.PathEscape(id), nil
}

// checkIUV looks at the form only: 15 or 17 digits, or the 25 characters of
// codes older than notices.
func checkIUV(creditor, iuv string) error {
	if !allDigits(creditor, 11) {
		return fmt.Errorf("%w: creditor %q is not 11 digits", ErrArgument, clip(creditor, 35))
	}
	if token(iuv, 35) == "" || strings.Trim(iuv, ".") == "" {
		return fmt.Errorf("%w: IUV %q", ErrArgument, clip(iuv, 35))
	}
	return nil
}

// checkNotice looks at creditor and notice and returns the notice's IUV. Wrong
// check digits pass: whether to look such a number up is the caller's decision,
// and the platform itself only logs them.
func checkNotice(creditor, notice string) (iuv string, err error) {
	if !allDigits(creditor, 11) {
		return "", fmt.Errorf("%w: creditor %q is not 11 digits", ErrArgument, clip(creditor, 35))
	}
	n, err := pagopa.ParseNotice(notice)
	if anyway, ok := pagopa.SearchAnyway(err); ok {
		n, err = anyway, nil
	}
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrArgument, err)
	}
	return n.IUV(), nil
}
