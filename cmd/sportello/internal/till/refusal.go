package till

import (
	"context"
	"errors"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/local"
)

// terminalCodes is what each refusal of a driver is called. Those that say something about the terminal
// itself change its light; the others are about one payment or question, or pass by themselves.
var terminalCodes = []struct {
	err   error
	code  local.Code
	light bool
}{
	{driver.ErrUnreachable, local.CodeTerminalUnreachable, true},
	{driver.ErrSilent, local.CodeTerminalSilent, true},
	{driver.ErrNotATerminal, local.CodeNotATerminal, true},
	{driver.ErrPassport, local.CodePassportChanged, true}, // before what it wraps
	{driver.ErrWrongTerminal, local.CodeWrongTerminal, true},
	{driver.ErrWrongScope, local.CodeWrongScope, true},
	{driver.ErrNotReady, local.CodeTerminalNotReady, true},
	{driver.ErrRefused, local.CodeTerminalRefused, true},
	{driver.ErrNoBaseline, local.CodeNoBaseline, true},
	{driver.ErrConfig, local.CodeTerminalConfig, true},
	{driver.ErrNotices, local.CodeTerminalConfig, true},
	{driver.ErrNotLast, local.CodeNotReversible, false},
	{driver.ErrUnsupported, local.CodeTerminalUnsupported, false},
	{driver.ErrAmount, local.CodeAmountRange, false},
	{driver.ErrBusy, local.CodeTerminalBusy, false},
	{driver.ErrClosed, local.CodeStopping, false},
	{context.DeadlineExceeded, local.CodeTerminalSilent, true}, // of a question; our limit, not the driver's
}

// terminalError names what went wrong with a terminal before anything financial was sent.
func terminalError(label string, err error) *local.Error {
	var known *local.Error
	if errors.As(err, &known) {
		return known
	}
	args := map[string]string{local.ArgTerminal: label}
	for _, c := range terminalCodes {
		if errors.Is(err, c.err) {
			return &local.Error{Code: c.code, Args: args, Detail: err.Error(), Err: err}
		}
	}
	return ledgerError(err)
}

// aboutTerminal says that a refusal changes the terminal's light.
func aboutTerminal(code local.Code) bool {
	if code == local.CodeNeedsAdopt || code == local.CodeTerminalAwaited {
		return true
	}
	for _, c := range terminalCodes {
		if c.code == code {
			return c.light
		}
	}
	return false
}

// ledgerCodes is what each refusal of the ledger is called.
var ledgerCodes = []struct {
	err  error
	code local.Code
}{
	{ledger.ErrNoticeLocked, local.CodeNoticeLocked},
	{ledger.ErrTerminalLocked, local.CodeTerminalLocked},
	{ledger.ErrRequestReused, local.CodeRequestIDReused},
	{ledger.ErrDiskFull, local.CodeDiskFull},
	{ledger.ErrDamaged, local.CodeLedgerDamaged},
	{ledger.ErrInUse, local.CodeLedgerInUse},
	{ledger.ErrClosed, local.CodeStopping},
	{ledger.ErrNotFound, local.CodeNotFound},
	{ledger.ErrStale, local.CodeStateChanged},
	{ledger.ErrSamePerson, local.CodeSamePerson},
	{ledger.ErrWitness, local.CodeReceiptWitness},
	{ledger.ErrNotRejected, local.CodeNotRejected},
	{ledger.ErrNotReversible, local.CodeNotReversible},
}

func ledgerError(err error) *local.Error {
	e := &local.Error{Code: local.CodeInternal, Err: err}
	for _, c := range ledgerCodes {
		if errors.Is(err, c.err) {
			e.Code = c.code
			break
		}
	}
	var locked *ledger.LockedError
	if errors.As(err, &locked) {
		e.PaymentID = locked.PaymentID
	}
	return e
}
