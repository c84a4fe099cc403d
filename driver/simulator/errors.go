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
	// ErrNoSale: nothing on the terminal can be reversed.
	ErrNoSale = errors.New("no sale to reverse")
	// ErrSwitchedOff: the terminal lost its power meanwhile.
	ErrSwitchedOff = errors.New("terminal switched off")
	// ErrSecondRegister: the second cash register got no result. The bank's file says
	// what became of its sale.
	ErrSecondRegister = errors.New("second cash register")
	// ErrNoPTY: pseudo terminals exist on Linux only.
	ErrNoPTY = errors.New("no pseudo terminals on this system: use tcp")
)
