package paper

import "errors"

// What keeps a paper from being printed. None of them is ever a payment's matter.
var (
	// ErrPrinterName: the name is of no printer that this system can reach.
	ErrPrinterName = errors.New("not the name of a printer")
	// ErrUnreachable: nothing answers there; not a byte was sent.
	ErrUnreachable = errors.New("printer cannot be reached")
	// ErrForbidden: the system does not let the service use it.
	ErrForbidden = errors.New("printer may not be used by the service")
	// ErrPaper: out of paper.
	ErrPaper = errors.New("printer has no paper")
	// ErrCover: its cover is open.
	ErrCover = errors.New("printer's cover is open")
	// ErrFault: it says that it is out of order.
	ErrFault = errors.New("printer reports a fault")
	// ErrSlow: it stopped taking data; part of the paper may have been printed.
	ErrSlow = errors.New("printer does not take its data")
	// ErrCut: the connection broke in the middle; part of the paper may have been printed.
	ErrCut = errors.New("connection with the printer broke")
	// ErrQueueFull: too many papers wait for it already.
	ErrQueueFull = errors.New("too many papers wait for the printer")
	// ErrClosed: the service stops.
	ErrClosed = errors.New("printer is closed")
)

// begun reports whether part of the paper may be on the table.
func begun(err error) bool { return errors.Is(err, ErrSlow) || errors.Is(err, ErrCut) }
