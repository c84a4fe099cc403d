package till

import (
	"errors"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/local"
)

// terminalCodes is what each refusal of a driver is called. All of them say something about the
// terminal itself, so its light follows them.
var terminalCodes = []struct {
	err  error
	code local.Code
}{
	{driver.ErrUnreachable, local.CodeTerminalUnreachable},
	{driver.ErrSilent, local.CodeTerminalSilent},
	{driver.ErrNotATerminal, local.CodeNotATerminal},
	{driver.ErrWrongTerminal, local.CodeWrongTerminal},
	{driver.ErrWrongScope, local.CodeWrongScope},
	{driver.ErrNotReady, local.CodeTerminalNotReady},
	{driver.ErrRefused, local.CodeTerminalRefused},
	{driver.ErrNoBaseline, local.CodeNoBaseline},
	{driver.ErrConfig, local.CodeTerminalConfig},
	{driver.ErrUnsupported, local.CodeTerminalUnsupported},
	{driver.ErrNotices, local.CodeTerminalConfig},
	{driver.ErrAmount, local.CodeAmountRange},
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
	switch {
	case errors.Is(err, driver.ErrBusy):
		return &local.Error{Code: local.CodeTerminalBusy, Args: args, Err: err}
	case errors.Is(err, driver.ErrClosed):
		return &local.Error{Code: local.CodeStopping, Err: err}
	}
	return ledgerError(err)
}

func isTerminalCode(code local.Code) bool {
	for _, c := range terminalCodes {
		if c.code == code {
			return true
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
