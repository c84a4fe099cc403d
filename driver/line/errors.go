package line

import "errors"

var (
	// ErrAddress: the text does not name a line; the message says what is wrong and shows a right one.
	ErrAddress = errors.New("address of the terminal is wrong")
	// ErrStuck: the operating system did not end a write. The line is dead; the port stays unusable
	// until the write ends (usually when the adapter is pulled out).
	ErrStuck = errors.New("serial port does not take the bytes")
	// ErrCut: a frame left in part before; what is written now would be taken for the rest of it. Close
	// the line and open it again.
	ErrCut = errors.New("serial port is in the middle of a frame")
	// ErrNoDevice: no such USB adapter is plugged in, or more than one fits.
	ErrNoDevice = errors.New("USB serial adapter not found")
	// ErrGone: the serial device went away while it was open.
	ErrGone = errors.New("serial port went away")
)
