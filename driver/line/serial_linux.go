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

// tty is a serial line on Linux: the library sets the device up, and reads and writes wait in poll(2),
// each in its caller, for the device or for a word of ours (a moved deadline, Close). That costs one
// system call over a blocking read, and nothing outlives its caller.
type tty struct {
	name string
	fd   int

	read, write side

	mu      sync.Mutex // guards closing and what side says
	closing bool
}

// side is one direction of a tty.
type side struct {
	busy  sync.Mutex // one call at a time; Close takes it before the descriptor goes
	cut   bool       // guarded by busy; write: a frame left in part
	wake  int        // an eventfd
	by    time.Time  // guarded by mu; zero: no deadline
	waits bool       // guarded by mu: the caller is in poll(2), so wake must be written to reach it
}

var _ Line = (*tty)(nil)

// openDevice opens the device first and lets the library set it up beside it: what it sets stays as
// long as somebody has the device open, and the lines of the plug do not move in between.
func openDevice(name string, mode *serial.Mode) (Line, error) {
	fd, err := unix.Open(name, unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	t := &tty{name: name, fd: fd}
	t.read.wake, t.write.wake = -1, -1
	device, err := serial.Open(name, mode)
	if err == nil {
		err = device.Close()
	}
	for _, s := range []*side{&t.read, &t.write} {
		if err == nil {
			s.wake, err = unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
		}
	}
	if err == nil {
		err = unix.IoctlSetInt(fd, unix.TIOCEXCL, 0)
	}
	if err != nil {
		t.release()
		return nil, err
	}
	return t, nil
}

func (t *tty) Read(b []byte) (int, error) {
	t.read.busy.Lock()
	defer t.read.busy.Unlock()
	for {
		if err := t.wait(&t.read, unix.POLLIN); err != nil {
			return 0, t.fail("read", err)
		}
		n, err := unix.Read(t.fd, b)
		switch {
		case err == unix.EAGAIN || err == unix.EINTR:
		case err != nil:
			return 0, t.fail("read", err)
		case n == 0 && len(b) > 0:
			return 0, t.fail("read", io.EOF)
		default:
			return n, nil
		}
	}
}

// Write gives the certain count. After a frame that left in part the line is dead until it is opened
// again (ErrCut): the terminal would take what follows for the rest of it.
func (t *tty) Write(b []byte) (sent int, err error) {
	t.write.busy.Lock()
	defer t.write.busy.Unlock()
	if t.write.cut {
		return 0, t.fail("write", ErrCut)
	}
	_, _, err = t.state(&t.write)
	for err == nil && sent < len(b) {
		var n int
		n, err = unix.Write(t.fd, b[sent:])
		sent += max(n, 0)
		switch {
		case errors.Is(err, unix.EINTR):
			err = nil
		case errors.Is(err, unix.EAGAIN):
			err = t.wait(&t.write, unix.POLLOUT)
		}
	}
	if err != nil {
		t.write.cut = sent > 0
		return sent, t.fail("write", err)
	}
	return sent, nil
}

// state gives the deadline, or why no waiting is left.
func (t *tty) state(s *side) (by time.Time, left time.Duration, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closing {
		return s.by, 0, os.ErrClosed
	}
	if !s.by.IsZero() {
		if left = time.Until(s.by); left <= 0 {
			return s.by, 0, os.ErrDeadlineExceeded
		}
	}
	return s.by, left, nil
}

// wait returns nil when the device has something to say, be it that it went away.
func (t *tty) wait(s *side, event int16) error {
	for {
		timeout := -1
		by, left, err := t.state(s)
		switch {
		case err != nil:
			return err
		case !by.IsZero():
			timeout = int((min(left, time.Hour) + time.Millisecond - 1) / time.Millisecond)
		}
		if !t.begin(s, by) {
			continue // a word came between the two
		}
		ready := [...]unix.PollFd{{Fd: int32(t.fd), Events: event}, {Fd: int32(s.wake), Events: unix.POLLIN}}
		_, err = unix.Poll(ready[:], timeout)
		t.end(s, ready[1].Revents != 0)
		switch {
		case errors.Is(err, unix.EINTR) || ready[1].Revents != 0:
		case err != nil:
			return err
		case ready[0].Revents != 0:
			return nil
		}
	}
}

func (t *tty) begin(s *side, by time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	s.waits = !t.closing && s.by.Equal(by)
	return s.waits
}

func (t *tty) end(s *side, woken bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s.waits = false
	if woken {
		var count [8]byte
		_, _ = unix.Read(s.wake, count[:])
	}
}

// rouse is called with mu held.
func (s *side) rouse() {
	if s.waits {
		_, _ = unix.Write(s.wake, []byte{1, 0, 0, 0, 0, 0, 0, 0})
	}
}

// Close frees Read and Write at once. Of a frame that was cut the system forgets what the line has not
// taken, or closing would wait for it; what was written in full still leaves.
func (t *tty) Close() error {
	t.mu.Lock()
	again := t.closing
	t.closing = true
	t.read.rouse()
	t.write.rouse()
	t.mu.Unlock()
	if again {
		return nil
	}
	t.read.busy.Lock()
	defer t.read.busy.Unlock()
	t.write.busy.Lock()
	defer t.write.busy.Unlock()
	if t.write.cut {
		_ = unix.IoctlSetInt(t.fd, unix.TCFLSH, unix.TCOFLUSH) // a device that is gone has nothing to forget
	}
	if err := t.release(); err != nil {
		return t.fail("close", err)
	}
	return nil
}

func (t *tty) release() error {
	for _, s := range []*side{&t.read, &t.write} {
		if s.wake >= 0 {
			unix.Close(s.wake)
		}
	}
	return unix.Close(t.fd)
}

func (t *tty) SetReadDeadline(at time.Time) error { return t.setDeadline(&t.read, at) }

func (t *tty) SetWriteDeadline(at time.Time) error { return t.setDeadline(&t.write, at) }

func (t *tty) setDeadline(s *side, at time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closing {
		return t.fail("set a deadline on", os.ErrClosed)
	}
	s.by = at
	s.rouse()
	return nil
}

func (t *tty) fail(what string, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, unix.EIO) || errors.Is(err, unix.ENXIO) || errors.Is(err, unix.ENODEV) {
		err = fmt.Errorf("%w: %w", ErrGone, err)
	}
	return fmt.Errorf("%s serial port %q: %w", what, t.name, err)
}
