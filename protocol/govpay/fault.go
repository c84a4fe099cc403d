package govpay

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"strings"
)

// Fault is a call that failed, whoever is to blame: the platform's own fault
// body, a proxy in between, the network, or an answer that makes no sense.
//
// Descrizione and Dettaglio are the platform's free text: they may hold
// personal data, are for a supervisor's eyes, and are never part of Error.
type Fault struct {
	Operation     string  // what was asked: "byAvviso", "ricevute" …
	Outcome       Outcome // what to do about it
	Status        int     // HTTP status; 0 when no answer came
	Categoria     string  // the platform's fault category, "" without a fault body
	Codice        string  // the platform's fault code: the only field to branch on
	Descrizione   string  // free text
	Dettaglio     string  // free text
	TransactionID string  // X-Govpay-IdTransazione: the key into the platform's own log
	API           API     // which interface was asked
	PaymentID     string  // POST /pagamenti: the platform keeps a record of the refused call
	Sent          bool    // a connection was there: the request may have arrived

	location string // host that a redirect leads to
	err      error  // cause: network, TLS, decoding; nil when the status says it all
}

// Error describes the failure without the platform's free text.
func (f *Fault) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "govpay %s: %s", f.Operation, f.Outcome)
	if f.Status != 0 {
		fmt.Fprintf(&b, ", http status %d", f.Status)
	}
	if f.Codice != "" {
		fmt.Fprintf(&b, ", codice %q", f.Codice)
	}
	if f.TransactionID != "" {
		fmt.Fprintf(&b, ", transaction %s", f.TransactionID)
	}
	if f.err != nil {
		fmt.Fprintf(&b, ": %v", f.err)
	}
	return b.String()
}

// Unwrap returns the cause, so that context.Canceled and the like are found.
func (f *Fault) Unwrap() error { return f.err }

// Is matches the sentinel of the fault's outcome.
func (f *Fault) Is(target error) bool {
	return int(f.Outcome) < len(outcomes) && outcomes[f.Outcome].err == target && target != nil
}

// faultBody is the platform's FaultBean.
type faultBody struct {
	Categoria   string `json:"categoria"`
	Codice      string `json:"codice"`
	Descrizione string `json:"descrizione"`
	Dettaglio   string `json:"dettaglio"`
	ID          string `json:"id"` // POST /pagamenti only
}

// readFault fills a fault from an answer that is not a success. A body that is
// not the platform's is left alone: then only the status counts.
func (f *Fault) readFault(contentType string, body []byte) {
	if isJSON(contentType) {
		var b faultBody
		if json.Unmarshal(body, &b) == nil {
			f.Categoria = token(b.Categoria, 20)
			f.Codice = token(b.Codice, 40)
			f.Descrizione = clip(b.Descrizione, 300)
			f.Dettaglio = clip(b.Dettaglio, 1000)
			f.PaymentID = token(b.ID, 70)
		}
	}
	f.Outcome = classify(f.Status, f.Codice)
}

// Ambiguous reports whether "not found" may mean something else: byAvviso says
// the same of an unknown notice, an unknown creditor, a debt that its owner
// calls paid, expired or withdrawn, and an owner that did not answer in time.
// Only its free text tells them apart.
func (f *Fault) Ambiguous() bool { return f.Outcome == OutcomeNotFound && f.Operation == opVerify }

// classify is the table of what an HTTP status and a fault code mean for a call
// that may be repeated; for POST /pagamenti see [NextOf].
func classify(status int, codice string) Outcome {
	row, known := faultCode(codice)
	switch {
	case status == http.StatusUnauthorized:
		return OutcomeUnauthorized
	case status == http.StatusForbidden:
		return OutcomeForbidden
	case status == http.StatusNotFound && codice == "":
		return OutcomeWrongBaseURL
	case status == http.StatusNotFound:
		return OutcomeNotFound
	case status >= 300 && status < 400:
		return OutcomeWrongBaseURL
	case status == http.StatusProxyAuthRequired:
		return OutcomeUnavailable
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly, status == http.StatusTooManyRequests:
		return OutcomeUnavailable
	case known && row.next == LookThenRepeat && (status >= 500 || !row.unsure): // VER_014 is a 422
		return OutcomeUnavailable
	case known: // 500 and 502 among them: broken templates, unknown providers
		return OutcomePermanent
	case status >= 500:
		return OutcomeUnavailable
	default:
		return OutcomePermanent
	}
}

// isJSON accepts application/json and the problem+json that the platform's
// specification announces.
func isJSON(contentType string) bool {
	t, _, err := mime.ParseMediaType(contentType)
	return err == nil && (t == "application/json" || t == "application/problem+json")
}

// token keeps a wire code only if it looks like one; free text becomes "".
func token(s string, max int) string {
	if len(s) > max {
		return ""
	}
	for _, r := range s {
		switch {
		case r >= 'A' && r <= 'Z', r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '_', r == '-', r == '.':
		default:
			return ""
		}
	}
	return s
}

// clip drops control characters and cuts to max characters.
func clip(s string, max int) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n == max {
			break
		}
		if r < ' ' || r == 0x7f || (r >= 0x80 && r < 0xa0) {
			r = ' '
		}
		b.WriteRune(r)
		n++
	}
	return strings.TrimSpace(b.String())
}
