package govpay

import (
	"errors"
	"net/http"
	"time"
)

// SubmitWindow is how long, from the start of a call of POST /pagamenti, the
// platform may still be at work on it: up to seven seconds for each of five
// debts' owners, twice, then 10 s to reach pagoPA and 180 s for its answer. After
// a call whose end is not known, a look counts only when this time has passed.
const SubmitWindow = 300 * time.Second

// Next is how to go on after a call of POST /pagamenti.
type Next struct {
	Do Continuation
	// Unsure: the platform or pagoPA may have got the call, or still be at work on
	// it. A look before [SubmitWindow] has passed proves nothing.
	Unsure bool
	// PaymentID is the platform's record of the call, "" when it kept none or did
	// not say: then look by session.
	PaymentID string
}

// NextOf tells how to go on after [Client.Submit]. A nil error is Done.
func NextOf(err error) Next {
	if err == nil {
		return Next{Do: Done}
	}
	var f *Fault
	if !errors.As(err, &f) {
		return Next{Do: People} // a wrong argument or no address: nothing went out
	}
	n := Next{Do: LookThenRepeat, PaymentID: f.PaymentID}
	if f.Outcome == OutcomeWrongSetup {
		n.Do = People
		return n
	}
	if row, ok := faultCode(f.Codice); ok && f.Status >= 400 {
		n.Do, n.Unsure = row.next, row.unsure
		return n
	}
	switch {
	case !f.Sent:
		// Nothing left this machine: no connection, no certificate, no secret.
		if f.Outcome == OutcomeUnauthorized || f.Outcome == OutcomeUntrusted || f.Outcome == OutcomeWrongBaseURL {
			n.Do = People
		}
	case f.Status >= 300 && f.Status < 500 && f.Status != http.StatusRequestTimeout:
		// A proxy, the container or the door of the platform: nothing came through.
		if f.Status != http.StatusTooManyRequests && f.Status != http.StatusTooEarly {
			n.Do = People
		}
	default:
		// Cut, too slow, a server error without a code, a success that cannot be
		// read: nobody knows.
		n.Unsure = true
	}
	return n
}
