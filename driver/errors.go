package driver

import (
	"errors"
	"fmt"
)

// Before the first financial byte: the payment is refused, nothing is owed to anybody.
var (
	ErrUnreachable   = errors.New("terminal does not answer the call")            // connect refused or timed out
	ErrSilent        = errors.New("terminal is connected but silent")             // e.g. ECR parameters missing (ECR17 R13)
	ErrNotATerminal  = errors.New("something that is not a terminal answered")    // e.g. HTTP on that port (C15)
	ErrWrongTerminal = errors.New("another terminal answered")                    // terminal id differs (R15, Z10)
	ErrWrongScope    = errors.New("the configured LRC scope does not fit")        // R14
	ErrNotReady      = errors.New("terminal is not ready for payments")           // status 0, 1, 3, 4 (R16)
	ErrBusy          = errors.New("terminal is busy")                             // C06, or our own lease
	ErrRefused       = errors.New("terminal refused a preliminary command")       // NAK before anything financial
	ErrAmount        = errors.New("amount outside 1 to 99999999 cents")           //
	ErrNotices       = errors.New("notices do not fit the terminal's message")    // ECR17 2.13
	ErrUnsupported   = errors.New("this terminal does not support the operation") //
	ErrClosed        = errors.New("terminal is closed")                           //
	ErrNoBaseline    = errors.New("the terminal's last result could not be read") // ECR17 6.1
	ErrConfig        = errors.New("terminal configuration is wrong")              //
	ErrPassport      = errors.New("terminal is not as it was commissioned")       // id, software or scope (Z10, Z16)
	ErrNotLast       = errors.New("the charge is not the terminal's last one")    // a reversal of it would be refused (ECR17 2.5)
)

// ErrInterrupted ends a Pay that Close has cut off after Recorder.Sent: what became of it is unknown.
var ErrInterrupted = errors.New("closed in the middle of a payment")

// Refusal is an error before anything financial was sent: one of the sentinels above and what exactly was seen.
type Refusal struct {
	Kind   error  // a sentinel of this package
	Detail string // technical, for the log and for IT; free of card numbers
	Err    error  // cause, may be nil
}

func (r *Refusal) Error() string {
	s := r.Kind.Error()
	if r.Detail != "" {
		s += ": " + r.Detail
	}
	if r.Err != nil {
		s = fmt.Sprintf("%s: %v", s, r.Err)
	}
	return s
}

// Unwrap lets errors.Is find both the sentinel and the cause.
func (r *Refusal) Unwrap() []error { return []error{r.Kind, r.Err} }
