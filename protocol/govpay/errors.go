package govpay

import "errors"

// Sentinels, one per [Outcome] that a caller tells apart; a [*Fault] matches
// them through errors.Is.
var (
	// ErrNotFound: the platform answered and does not have the resource
	// (codice 404000). For byAvviso this may be transient: the platform says the
	// same when the application that owns the debt does not answer in time.
	ErrNotFound = errors.New("not found on the platform")
	// ErrUnauthorized: user, password, key or certificate are not accepted (401),
	// or our own credential file cannot be read.
	ErrUnauthorized = errors.New("credentials not accepted by the platform")
	// ErrForbidden: the API flag, the creditor or the authentication segment is
	// not enabled for us (403).
	ErrForbidden = errors.New("not allowed by the platform")
	// ErrWrongBaseURL: something answers there, but not this API: a 404 without
	// the platform's fault body, or a redirect.
	ErrWrongBaseURL = errors.New("the base address is not that of this API")
	// ErrUnavailable: no connection, no answer in time, a broken answer or a
	// server error. Asking again later may help.
	ErrUnavailable = errors.New("platform not available")
	// ErrUntrusted: the server's certificate is not signed by a known authority,
	// is out of date or names another host.
	ErrUntrusted = errors.New("server certificate not trusted")
	// ErrNotJSON: a success status with something else than JSON (or PDF), such
	// as the page of a proxy or of a login.
	ErrNotJSON = errors.New("answer in an unexpected format")
	// ErrMalformed: JSON that lacks what it must have, or has it in a wrong form.
	ErrMalformed = errors.New("answer not understood")
	// ErrMismatch: an answer about something else than what was asked.
	ErrMismatch = errors.New("answer about another resource")
	// ErrTooLarge: the answer is longer than the cap of its kind.
	ErrTooLarge = errors.New("answer too large")
	// ErrWrongSetup: the platform took POST /pagamenti for a payment through a
	// browser (Checkout) and registered nothing: settling that way is not available.
	ErrWrongSetup = errors.New("the platform is not set up to register payments")
	// ErrPermanent: refused in a way that repeating does not change.
	ErrPermanent = errors.New("refused by the platform")
)

// Errors before a request is made.
var (
	// ErrArgument: a creditor, notice, IUV or receipt identifier with a wrong form.
	ErrArgument = errors.New("wrong argument")
	// ErrNotConfigured: this API has no base address in the configuration.
	ErrNotConfigured = errors.New("no base address configured for this API")
)

// Errors of amounts; see [ParseCents].
var (
	// ErrAmount: not a decimal amount in euro that fits the platform's limits.
	ErrAmount = errors.New("wrong amount")
)

// Outcome says what a caller can do about a failed call.
type Outcome uint8

// The outcomes of a call that failed. The zero value is not a failure.
const (
	OutcomeNone         Outcome = iota // no failure, or one that is not the platform's
	OutcomeNotFound                    // the platform does not know it (byAvviso: ask once or twice more)
	OutcomeUnauthorized                // mend user, password or certificate
	OutcomeForbidden                   // ask the platform for the API flag or the creditor
	OutcomeWrongBaseURL                // mend the address in the configuration
	OutcomeUnavailable                 // ask again later
	OutcomeUntrusted                   // mend ca_file, or the server's certificate
	OutcomeNotJSON                     // a proxy or a login page answers: later, or mend the address
	OutcomeMalformed                   // the platform speaks another dialect: people
	OutcomeMismatch                    // an answer about something else: people
	OutcomeTooLarge                    // people
	OutcomePermanent                   // do not repeat
	OutcomeCanceled                    // our own caller gave up
	OutcomeWrongSetup                  // POST /pagamenti only: stop using settlement "platform", people
)

// outcomes names each outcome (stable, for logs and events) and its sentinel.
var outcomes = [...]struct {
	name string
	err  error
}{
	OutcomeNone:         {"none", nil},
	OutcomeNotFound:     {"not_found", ErrNotFound},
	OutcomeUnauthorized: {"unauthorized", ErrUnauthorized},
	OutcomeForbidden:    {"forbidden", ErrForbidden},
	OutcomeWrongBaseURL: {"wrong_base_url", ErrWrongBaseURL},
	OutcomeUnavailable:  {"unavailable", ErrUnavailable},
	OutcomeUntrusted:    {"untrusted", ErrUntrusted},
	OutcomeNotJSON:      {"not_json", ErrNotJSON},
	OutcomeMalformed:    {"malformed", ErrMalformed},
	OutcomeMismatch:     {"mismatch", ErrMismatch},
	OutcomeTooLarge:     {"too_large", ErrTooLarge},
	OutcomePermanent:    {"permanent", ErrPermanent},
	OutcomeCanceled:     {"canceled", nil},
	OutcomeWrongSetup:   {"wrong_setup", ErrWrongSetup},
}

// String returns the outcome's stable name.
func (o Outcome) String() string {
	if int(o) < len(outcomes) {
		return outcomes[o].name
	}
	return "unknown"
}

// OutcomeOf finds the outcome in an error's chain; OutcomeNone when there is no
// [*Fault] in it.
func OutcomeOf(err error) Outcome {
	var f *Fault
	if errors.As(err, &f) {
		return f.Outcome
	}
	return OutcomeNone
}
