package paper

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// The spooler's calls (winspool.drv): a document of kind RAW goes to the printer as it is.
var (
	winspool         = windows.NewLazySystemDLL("winspool.drv")
	openPrinter      = winspool.NewProc("OpenPrinterW")
	startDocPrinter  = winspool.NewProc("StartDocPrinterW")
	startPagePrinter = winspool.NewProc("StartPagePrinter")
	writePrinter     = winspool.NewProc("WritePrinter")
	endPagePrinter   = winspool.NewProc("EndPagePrinter")
	endDocPrinter    = winspool.NewProc("EndDocPrinter")
	abortPrinter     = winspool.NewProc("AbortPrinter")
	closePrinter     = winspool.NewProc("ClosePrinter")
)

// systemTarget is a printer of the spooler, by its name or by \\SERVER\SHARE.
func systemTarget(name string) (target, error) {
	if name == "" || len(name) > 220 || strings.ContainsAny(name, "\x00,!/") {
		return nil, fmt.Errorf("%w: %q is neither tcp://HOST:PORT nor the name of a Windows printer", ErrPrinterName, name)
	}
	return &spooled{name: name}, nil
}

// spooled is a printer of the spooler. A call into the spooler cannot be interrupted: one that does not return
// keeps its goroutine, and no other is begun before it has returned.
type spooled struct {
	name  string
	stuck atomic.Bool
}

func (s *spooled) open(context.Context, Timing) (device, error) { return &spool{target: s}, nil }

// spool is one document.
type spool struct{ target *spooled }

// check opens the printer and closes it again.
func (s *spool) check(ctx context.Context) error {
	return s.patiently(ctx, func() error {
		h, err := s.target.handle()
		if err != nil {
			return err
		}
		_, _, _ = closePrinter.Call(h)
		return nil
	})
}

func (s *spool) write(ctx context.Context, data []byte) error {
	data = append([]byte(nil), data...) // the call may outlive this one
	return s.patiently(ctx, func() error { return s.target.document(data) })
}

func (s *spool) close() error { return nil }

func (s *spool) patiently(ctx context.Context, work func() error) error {
	if !s.target.stuck.CompareAndSwap(false, true) {
		return fmt.Errorf("%w: the spooler has not answered yet", ErrUnreachable)
	}
	done := make(chan error, 1)
	go func() {
		err := work()
		s.target.stuck.Store(false)
		done <- err
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", ErrSlow, ctx.Err())
	}
}

func (s *spooled) handle() (uintptr, error) {
	name, err := windows.UTF16PtrFromString(s.name)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrPrinterName, err)
	}
	var h uintptr
	if ok, _, err := openPrinter.Call(uintptr(unsafe.Pointer(name)), uintptr(unsafe.Pointer(&h)), 0); ok == 0 {
		if errors.Is(err, windows.ERROR_ACCESS_DENIED) {
			return 0, fmt.Errorf("%w: %w", ErrForbidden, err)
		}
		return 0, unreachable(err)
	}
	return h, nil
}

// docInfo is DOC_INFO_1.
type docInfo struct{ name, output, kind *uint16 }

// document spools data as one document. The spooler prints nothing before the document is ended.
func (s *spooled) document(data []byte) error {
	h, err := s.handle()
	if err != nil {
		return err
	}
	defer func() { _, _, _ = closePrinter.Call(h) }()
	name, err := windows.UTF16PtrFromString("Sportello POS")
	if err != nil {
		return err
	}
	kind, err := windows.UTF16PtrFromString("RAW")
	if err != nil {
		return err
	}
	info := docInfo{name: name, kind: kind}
	if job, _, err := startDocPrinter.Call(h, 1, uintptr(unsafe.Pointer(&info))); job == 0 {
		return unreachable(err)
	}
	if ok, _, err := startPagePrinter.Call(h); ok == 0 {
		_, _, _ = abortPrinter.Call(h)
		return unreachable(err)
	}
	for len(data) > 0 {
		var wrote uint32
		ok, _, err := writePrinter.Call(h, uintptr(unsafe.Pointer(&data[0])), uintptr(len(data)), uintptr(unsafe.Pointer(&wrote)))
		if ok == 0 || wrote == 0 {
			_, _, _ = abortPrinter.Call(h)
			return unreachable(err) // nothing of an aborted document is printed
		}
		data = data[min(int(wrote), len(data)):]
	}
	_, _, _ = endPagePrinter.Call(h)
	if ok, _, err := endDocPrinter.Call(h); ok == 0 {
		return fmt.Errorf("%w: %w", ErrCut, err)
	}
	return nil
}

func isReset(err error) bool {
	var no syscall.Errno
	return errors.As(err, &no) && no == windows.WSAECONNRESET
}
