package govpay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// MaxNotices is how many notices one submission may hold.
const MaxNotices = 5

// Submission registers a charge that has been made: settlement "platform". The
// platform sends a request to pay over the provider's channel to pagoPA, without
// anybody else having to do something.
type Submission struct {
	// The provider behind the terminal: pagoPA's identifiers, 35 characters at most.
	PSP, Intermediary, Channel string
	PaymentType                string // tipoVersamento, such as CP for a card

	// Session is our own reference of the charge (idSessionePortale). The platform
	// stores it and finds by it, and does not refuse a second one.
	Session string

	Notices []NoticeRef // 1 to MaxNotices, all of one station
}

// NoticeRef names a notice.
type NoticeRef struct {
	Creditor, Notice string
}

// Submitted is what the platform made of a submission. It has been accepted, not
// paid: the receipt is still to come.
type Submitted struct {
	PaymentID     string // for [Client.Payment]
	TransactionID string
}

// paymentTypes are the values of tipoVersamento that the platform can read.
var paymentTypes = map[string]bool{"BBT": true, "BP": true, "AD": true, "CP": true, "OBEP": true, "PO": true, "OTH": true}

// Submit makes one call of POST /pagamenti, on a connection of its own, once.
//
// It is the one call here that must not be repeated blindly: each call is a new
// attempt to pay, the platform takes two alike for two, and after an error it may
// nevertheless have gone through. [NextOf] tells from the error how to go on;
// before any repeat, [Client.PaymentsBySession], the position and its receipts are
// looked at (design 3.8). A cancelled context does not take the call back.
//
// An answer that sends a browser somewhere (id "0", a redirect) is
// [ErrWrongSetup]: nothing has been registered, and will not be this way.
func (c *Client) Submit(ctx context.Context, s Submission) (Submitted, error) {
	const operation = "pagamenti"
	if err := s.check(); err != nil {
		return Submitted{}, fmt.Errorf("govpay %s: %w", operation, err)
	}
	var wire wireSubmitted
	r, err := c.exchange(ctx, call{
		operation: operation, api: Pagamento, method: http.MethodPost, path: "/pagamenti",
		query: url.Values{
			"identificativoPSP": {s.PSP}, "identificativoIntermediarioPSP": {s.Intermediary}, "identificativoCanale": {s.Channel},
			"tipoVersamento": {s.PaymentType}, "idSessionePortale": {s.Session},
		},
		body: s.body(), success: []int{http.StatusOK, http.StatusCreated}, timeout: c.conf.Timeouts.Submit, once: true,
	}, &wire)
	if err != nil {
		var f *Fault
		if errors.As(err, &f) && f.Status >= 300 && f.Status < 400 {
			f.Outcome = OutcomeWrongSetup
		}
		return Submitted{}, err
	}
	id := token(wire.ID, 70)
	f := &Fault{Operation: operation, API: Pagamento, Status: r.status, TransactionID: r.transaction, Sent: true}
	switch {
	case wire.ID == "0" || wire.Redirect != "":
		f.Outcome = OutcomeWrongSetup
		if wire.ID != "0" {
			f.PaymentID = id
		}
		return Submitted{}, f
	case id == "":
		f.Outcome, f.err = OutcomeMalformed, fmt.Errorf("%w: id of %d characters", ErrMalformed, len(wire.ID))
		return Submitted{}, f
	}
	return Submitted{PaymentID: id, TransactionID: r.transaction}, nil
}

type wireSubmitted struct {
	ID       string `json:"id"`
	Redirect string `json:"redirect"`
}

// body is the smallest one: whatever else stands beside a notice is refused.
func (s Submission) body() []byte {
	type ref struct {
		IDDominio    string `json:"idDominio"`
		NumeroAvviso string `json:"numeroAvviso"`
	}
	wire := struct {
		Pendenze               []ref  `json:"pendenze"`
		AutenticazioneSoggetto string `json:"autenticazioneSoggetto"`
	}{AutenticazioneSoggetto: "N/A"}
	for _, n := range s.Notices {
		wire.Pendenze = append(wire.Pendenze, ref{n.Creditor, n.Notice})
	}
	b, err := json.Marshal(wire)
	if err != nil {
		panic("govpay: strings do not marshal: " + err.Error()) // cannot happen
	}
	return b
}

func (s Submission) check() error {
	for _, id := range []struct{ what, value string }{{"provider", s.PSP}, {"intermediary", s.Intermediary}, {"channel", s.Channel}} {
		// All three or none, says the platform; without them it would open a payment in a browser.
		if token(id.value, 35) == "" {
			return fmt.Errorf("%w: %s %q must have 1 to 35 letters, digits, dots, dashes or underscores", ErrArgument, id.what, clip(id.value, 40))
		}
	}
	switch {
	case !paymentTypes[s.PaymentType]:
		return fmt.Errorf("%w: payment type %q", ErrArgument, clip(s.PaymentType, 10))
	case s.Session == "" || len(s.Session) > 255 || strings.Trim(s.Session, sessionAlphabet) != "":
		return fmt.Errorf("%w: session of %d characters", ErrArgument, len(s.Session))
	case len(s.Notices) < 1 || len(s.Notices) > MaxNotices:
		return fmt.Errorf("%w: %d notices, must be 1 to %d", ErrArgument, len(s.Notices), MaxNotices)
	}
	seen := make(map[NoticeRef]bool)
	for _, n := range s.Notices {
		if _, err := checkNotice(n.Creditor, n.Notice); err != nil {
			return err
		}
		if seen[n] {
			return fmt.Errorf("%w: a notice twice", ErrArgument)
		}
		seen[n] = true
	}
	return nil
}

const sessionAlphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:"
