package local

import "fmt"

// Code is a stable name of an error or a reason. People script against it: codes are added, never renamed.
type Code string

// Error is a refusal with what to do about it. Message and Hint are in the operator's language; they
// come from the catalogue (catalogue.go), so an Error made in the till carries only Code, Args and Detail.
type Error struct {
	Code    Code   `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
	// Payment is the one that stands in the way, where there is one (e.g. notice_locked).
	PaymentID string `json:"payment_id,omitempty"`
	// AmountCents is the platform's amount now (amount_changed).
	AmountCents int64 `json:"amount_cents,omitempty"`
	// RetryAfter is in how many seconds the same may be asked again (resolution_too_early, throttled).
	RetryAfter int `json:"retry_after_s,omitempty"`
	// Detail is technical, shown small and logged; free of personal data and card numbers.
	Detail string `json:"detail,omitempty"`
	// Args fill the {name} places of the catalogue's text.
	Args map[string]string `json:"-"`
	// Err is the cause, for errors.Is and the log; never sent.
	Err error `json:"-"`
}

func (e *Error) Error() string {
	s := string(e.Code)
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	if e.Err != nil {
		s = fmt.Sprintf("%s: %v", s, e.Err)
	}
	return s
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }
