package ledger

import (
	"errors"
	"fmt"
)

// Opening the ledger.
var (
	// ErrInUse: another process holds this ledger.
	ErrInUse = errors.New("ledger is in use by another process")
	// ErrDamaged: the file cannot be trusted. The error that wraps it says what to do.
	ErrDamaged = errors.New("ledger is damaged")
	// ErrInterrupted: a copy was given up, because a payment waited for it. It may be begun again.
	ErrInterrupted = errors.New("the copy was given up for a payment")
	// ErrExists: a ledger is there already.
	ErrExists = errors.New("a ledger is there already")
	// ErrRetired: the installation's code is not a new one, or does not come after the old ones.
	ErrRetired = errors.New("the installation's code was used before")
	// ErrClosed: Close was called.
	ErrClosed = errors.New("ledger is closed")
)

// Writing. After each of them nothing of the call is in the ledger.
var (
	// ErrNoticeLocked: a payment of ours holds a notice, its position or its instalment document.
	ErrNoticeLocked = errors.New("notice is locked by another payment")
	// ErrTerminalLocked: a payment whose outcome is not certain holds the terminal.
	ErrTerminalLocked = errors.New("terminal is locked by another payment")
	// ErrRequestReused: the request id is known with another body.
	ErrRequestReused = errors.New("request id was used for another request")
	// ErrStale: the state is not what the caller thought, and the table does not allow the step.
	ErrStale = errors.New("ledger state has changed")
	// ErrDiskFull: there is no space for the entry, or none in reserve for the outcome of a payment.
	ErrDiskFull = errors.New("disk is full")
	// ErrSamePerson: the second signature is that of the person who proposed.
	ErrSamePerson = errors.New("a second person must sign")
	// ErrWitness: a receipt of our provider bars the answer "not charged" (design 5.2).
	ErrWitness = errors.New("a receipt of our provider says that it was charged")
	// ErrNotRejected: there is nothing that could be submitted to the platform again.
	ErrNotRejected = errors.New("no notice of it was rejected")
	// ErrRepeated: the reversal was asked under this request id before, and is not begun again; whatever came of it.
	ErrRepeated = errors.New("this reversal was asked before")
	// ErrNotReversible: the charge cannot be given back by the terminal; the error that wraps it says why.
	ErrNotReversible = errors.New("payment cannot be reversed")
	// ErrOfflineOpen: an offline period is open.
	ErrOfflineOpen = errors.New("an offline period is open")
	// ErrOfflineClosed: none is.
	ErrOfflineClosed = errors.New("no offline period is open")
	// ErrOfflineLimit: the offline period does not allow the charge; the error that wraps it says why.
	ErrOfflineLimit = errors.New("the offline period does not allow this charge")
	// ErrInvalid: the caller's data contradict themselves; a mistake in the program.
	ErrInvalid = errors.New("invalid ledger entry")
)

// Reading.
var (
	// ErrNotFound: no such payment, case, slip or terminal lock.
	ErrNotFound = errors.New("not found in the ledger")
	// ErrErased: it was there, and retention has taken it.
	ErrErased = errors.New("erased from the ledger")
)

// LockedError says which payment stands in the way. It wraps ErrNoticeLocked or ErrTerminalLocked.
type LockedError struct {
	PaymentID string
	Kind      error
}

func (e *LockedError) Error() string { return fmt.Sprintf("%v: %q", e.Kind, e.PaymentID) }

// Unwrap gives the kind.
func (e *LockedError) Unwrap() error { return e.Kind }

// NotReversibleError says why; it wraps ErrNotReversible.
type NotReversibleError struct {
	PaymentID string
	Why       string // local.WhyState, local.WhyNoSTAN, local.WhySubmitted, local.WhyRefunded
}

func (e *NotReversibleError) Error() string {
	return fmt.Sprintf("%v: %q: %s", ErrNotReversible, e.PaymentID, e.Why)
}

// Unwrap gives ErrNotReversible.
func (e *NotReversibleError) Unwrap() error { return ErrNotReversible }

// What an offline period may refuse.
const (
	LimitAmount   = "amount"   // of one payment
	LimitTotal    = "total"    // of all in the period
	LimitPayments = "payments" // their number
	LimitHours    = "hours"    // the period has run out
	LimitClosed   = "closed"   // no period is open
	LimitVerified = "verified" // a notice was not verified here recently enough, or is not one that may be charged so
)

// OfflineLimitError says which limit stands in the way. It wraps ErrOfflineLimit.
type OfflineLimitError struct {
	Limit string // LimitAmount and so on
	Of    int64  // cents, payments or hours that the period allows; of LimitVerified minutes; of LimitClosed 0
}

func (e *OfflineLimitError) Error() string {
	return fmt.Sprintf("%v: %s %d", ErrOfflineLimit, e.Limit, e.Of)
}

// Unwrap gives ErrOfflineLimit.
func (e *OfflineLimitError) Unwrap() error { return ErrOfflineLimit }

// DamagedError wraps ErrDamaged: where, what, and what people should do.
type DamagedError struct {
	Path string
	What string
}

func (e *DamagedError) Error() string {
	return fmt.Sprintf("ledger %q is damaged: %s. Do not delete it: keep a copy, see what is wrong with "+
		"`sportello ledger check`, and bring back the last backup with `sportello ledger restore`", e.Path, e.What)
}

// Unwrap gives ErrDamaged.
func (e *DamagedError) Unwrap() error { return ErrDamaged }
