package govpay

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// PaymentState is the platform's state of a submission.
type PaymentState string

// The states. PaymentFailed may still become paid when a receipt arrives after an
// error on the way to pagoPA.
const (
	PaymentRunning   PaymentState = "IN_CORSO"
	PaymentPaid      PaymentState = "ESEGUITO"
	PaymentNotPaid   PaymentState = "NON_ESEGUITO"
	PaymentPartial   PaymentState = "ESEGUITO_PARZIALE"
	PaymentCancelled PaymentState = "ANNULLATO"
	PaymentFailed    PaymentState = "FALLITO"
)

// Payment is the platform's record of one submission ("pagamento").
type Payment struct {
	ID      string
	State   PaymentState
	Session string // ours: see [Submission.Session]
	Cents   int64
	At      time.Time // when the platform got it

	// Attempts, one for each notice, with the attempt code by which a receipt is
	// recognised as ours (design 5.2). A list does not show them: Listed.
	Attempts []Attempt
	Notices  []NoticeRef
	Listed   bool // from a list: without attempts and notices

	TransactionID string
}

type wirePayment struct {
	ID                     string       `json:"id"`
	Stato                  string       `json:"stato"`
	Importo                euro         `json:"importo"`
	IDSessionePortale      string       `json:"idSessionePortale"`
	DataRichiestaPagamento string       `json:"dataRichiestaPagamento"`
	RPP                    wireAttempts `json:"rpp"`
	Pendenze               wireRefs     `json:"pendenze"`
}

// Payment reads the record of one submission of ours.
func (c *Client) Payment(ctx context.Context, id string) (Payment, error) {
	const operation = "pagamento"
	if token(id, 70) == "" || strings.Trim(id, ".") == "" || id == "0" {
		return Payment{}, fmt.Errorf("govpay %s: %w: payment %q", operation, ErrArgument, clip(id, 70))
	}
	var wire wirePayment
	transaction, err := c.getJSON(ctx, call{operation: operation, api: Pagamento, path: "/pagamenti/" + id, timeout: c.conf.Timeouts.Read}, &wire)
	if err != nil {
		return Payment{}, err
	}
	p, err := wire.payment()
	if err != nil {
		return Payment{}, malformed(operation, transaction, err)
	}
	if p.ID != id {
		return Payment{}, mismatch(operation, transaction, "payment")
	}
	p.TransactionID = transaction
	return p, nil
}

const (
	paymentPage     = 25
	maxPaymentPages = 4
)

// PaymentsBySession finds what became of the submissions of one charge, newest
// first: after a call without an answer, the only way. The records come from a
// list; read each with [Client.Payment]. None means that the platform has kept
// none so far, not that it is not still at work (see [SubmitWindow]).
func (c *Client) PaymentsBySession(ctx context.Context, session string) ([]Payment, error) {
	const operation = "pagamenti per sessione"
	if session == "" || len(session) > 255 || strings.Trim(session, sessionAlphabet) != "" {
		return nil, fmt.Errorf("govpay %s: %w: session of %d characters", operation, ErrArgument, len(session))
	}
	all := []Payment{}
	seen := make(map[string]bool)
	for page := 1; page <= maxPaymentPages; page++ {
		rows, full, err := listPage[wirePayment](c, ctx, call{
			operation: operation, api: Pagamento, path: "/pagamenti", timeout: c.conf.Timeouts.Read,
			query: url.Values{"idSessionePortale": {session}},
		}, page, paymentPage)
		if err != nil {
			return nil, err
		}
		for _, w := range rows.list {
			p, err := w.payment()
			if err != nil {
				return nil, malformed(operation, rows.transaction, err)
			}
			if p.Session != session {
				return nil, mismatch(operation, rows.transaction, "session")
			}
			if !seen[p.ID] {
				seen[p.ID], p.TransactionID = true, rows.transaction
				all = append(all, p)
			}
		}
		if !full {
			return all, nil
		}
	}
	return nil, &Fault{Operation: operation, API: Pagamento, Outcome: OutcomeTooLarge, Status: 200, Sent: true,
		err: fmt.Errorf("over %d payments of one charge", paymentPage*maxPaymentPages)}
}

func (w *wirePayment) payment() (Payment, error) {
	id := token(w.ID, 70)
	switch {
	case id == "":
		return Payment{}, fmt.Errorf("%w: id of %d characters", ErrMalformed, len(w.ID))
	case len(w.RPP.list) > maxAttempts || len(w.Pendenze.list) > maxAttempts:
		return Payment{}, fmt.Errorf("%w: %d rpp and %d pendenze are too many", ErrMalformed, len(w.RPP.list), len(w.Pendenze.list))
	}
	at, err := parseTime(w.DataRichiestaPagamento)
	if err != nil {
		return Payment{}, err
	}
	p := Payment{
		ID: id, State: PaymentState(clip(w.Stato, 40)), Session: clip(w.IDSessionePortale, 255), Cents: w.Importo.cents, At: at,
		Listed: w.RPP.link,
	}
	for _, r := range w.RPP.list {
		p.Attempts = append(p.Attempts, r.attempt())
	}
	for _, n := range w.Pendenze.list {
		p.Notices = append(p.Notices, NoticeRef{token(n.Dominio.IDDominio, 35), token(n.NumeroAvviso, 35)})
	}
	return p, nil
}

// Notice returns what the platform did with one notice of the submission.
func (p Payment) Notice(creditor, iuv string) (Attempt, bool) {
	for _, a := range p.Attempts {
		if a.Creditor == creditor && a.IUV == iuv {
			return a, true
		}
	}
	return Attempt{}, false
}
