package line

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"go.bug.st/serial"
	"golang.org/x/sys/unix"
)

// tty is a serial line on Linux: the library sets the device up, and reads and writes go through Go's
// own poller, which knows deadlines and Close in any state. Nothing outlives its caller here.
type tty struct {
	file *os.File
	name string

	writing sync.Mutex // one Write at a time; guards cut
	cut     bool       // a frame left in part: no more of them on this line

	mu      sync.Mutex // guards closing, and that no write deadline is set after it
	closing bool
}

var _ Line = (*tty)(nil)

// openDevice opens the device first and lets the library set it up beside it: what it sets stays as
// long as somebody has the device open, and so does nothing on the line change in between.
func openDevice(name string, mode *serial.Mode) (Line, error) {
	f, err := os.OpenFile(name, os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	device, err := serial.Open(name, mode)
	if err != nil {
		f.Close()
		return nil, err
	}
	if err := f.SetReadDeadline(time.Time{}); err != nil { // a device that the poller does not take
		f.Close()
		return newPort(name, device), nil
	}
	t := &tty{file: f, name: name}
	if err := errors.Join(device.Close(), t.ioctl(unix.TIOCEXCL, 0)); err != nil {
		f.Close()
		return nil, err
	}
	return t, nil
}

func (t *tty) Read(b []byte) (int, error) {
	n, err := t.file.Read(b)
	if err == nil {
		return n, nil
	}
	if t.isClosing() {
		err = os.ErrClosed
	}
	return n, t.fail("read", err)
}

// Write gives the certain count. After a frame that left in part the line is dead until it is opened
// again (ErrCut): the terminal would take what follows for the rest of it.
func (t *tty) Write(b []byte) (int, error) {
	t.writing.Lock()
	defer t.writing.Unlock()
	if t.cut {
		return 0, t.fail("write", ErrCut)
	}
	n, err := t.file.Write(b)
	if err == nil {
		return n, nil
	}
	t.cut = n > 0
	if t.isClosing() {
		err = os.ErrClosed
	}
	return n, t.fail("write", err)
}

// Close frees Read and Write at once. Of a frame that was cut the system forgets what the line has not
// taken, or closing would wait for it; what was written in full still leaves.
func (t *tty) Close() error {
	t.mu.Lock()
	if t.closing {
		t.mu.Unlock()
		return nil
	}
	t.closing = true
	_ = t.file.SetDeadline(time.Unix(1, 0))
	t.mu.Unlock()
	t.writing.Lock()
	defer t.writing.Unlock()
	if t.cut {
		_ = t.ioctl(unix.TCFLSH, unix.TCOFLUSH) // a device that is gone has nothing to forget
	}
	if err := t.file.Close(); err != nil {
		return t.fail("close", err)
	}
	return nil
}

func (t *tty) isClosing() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.closing
}

func (t *tty) SetReadDeadline(at time.Time) error { return t.setDeadline(t.file.SetReadDeadline, at) }

func (t *tty) SetWriteDeadline(at time.Time) error { return t.setDeadline(t.file.SetWriteDeadline, at) }

func (t *tty) setDeadline(set func(time.Time) error, at time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closing {
		return t.fail("set a deadline on", os.ErrClosed)
	}
	return set(at)
}

func (t *tty) ioctl(request uint, value int) error {
	raw, err := t.file.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Control(func(fd uintptr) { failed = unix.IoctlSetInt(int(fd), request, value) })
	return errors.Join(err, failed)
}

func (t *tty) fail(what string, err error) error {
	if err == io.EOF || errors.Is(err, unix.EIO) || errors.Is(err, unix.ENXIO) || errors.Is(err, unix.ENODEV) {
		err = fmt.Errorf("%w: %w", ErrGone, err)
	}
	return fmt.Errorf("%s serial port %q: %w", what, t.name, err)
}
