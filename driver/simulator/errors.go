package simulator

import "errors"

var (
	// ErrOptions: an option outside its range.
	ErrOptions = errors.New("simulator option")
	// ErrFaults: a line of the fault script that is no rule.
	ErrFaults = errors.New("fault script")
	// ErrBankFile: a line of the bank file that is no decision, or the file refuses
	// to be written. A bank that cannot record approves nothing.
	ErrBankFile = errors.New("bank file")
	// ErrNoPTY: pseudo terminals exist on Linux only.
	ErrNoPTY = errors.New("no pseudo terminals on this system: use tcp")
)
