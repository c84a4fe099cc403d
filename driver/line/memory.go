package line

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
)

// Pipe returns the two ends of a line in memory: ours, and the far end, which can fail as terminals
// and networks do. It has no buffer: a write lasts until the other end has read it, so the count of a
// write that was cut short is exact. A far end that reads nothing leaves a writer waiting until its
// deadline or Close. It works in testing/synctest.
func Pipe() (Line, *Far) {
	ours, theirs := net.Pipe()
	far := &Far{Conn: theirs}
	return &near{Conn: ours, far: far}, far
}

// Far is the far end of a Pipe.
type Far struct {
	net.Conn
	reset    atomic.Bool
	draining sync.WaitGroup
}

var (
	_ Line = (*near)(nil)
	_ Line = (*Far)(nil)
)

// Reset ends the line as an RST does: what waits on our side, and all that follows, fails with
// syscall.ECONNRESET. Close, in contrast, is an orderly end (io.EOF for a reader).
func (f *Far) Reset() error {
	f.reset.Store(true)
	return f.Close()
}

// ResetAfter takes exactly n bytes, gives them, and resets (ECR17 C07): the count of our write that
// was cut is n less what its predecessors sent. When our side ends before, the error says so.
func (f *Far) ResetAfter(n int) ([]byte, error) {
	got := make([]byte, n)
	m, err := io.ReadFull(f.Conn, got)
	return got[:m], errors.Join(err, f.Reset())
}

// Vanish leaves the line half open (ECR17 C05): what our side writes is taken and lost, nothing comes
// back and no end is signalled. It lasts until either end is closed.
func (f *Far) Vanish() {
	f.draining.Go(func() { _, _ = io.Copy(io.Discard, f.Conn) })
}

// Close ends the line in order and waits for what Vanish began.
func (f *Far) Close() error {
	err := f.Conn.Close()
	f.draining.Wait()
	return err
}

// Reset ends a connection abruptly: TCP with an RST, a Far as Far.Reset does, any other by Close.
func Reset(c io.Closer) error {
	switch c := c.(type) {
	case *Far:
		return c.Reset()
	case *net.TCPConn:
		return errors.Join(c.SetLinger(0), c.Close())
	}
	return c.Close()
}

// near is our end: it sees a reset of the far end for what it is.
type near struct {
	net.Conn
	far *Far
}

func (n *near) Read(b []byte) (int, error) {
	got, err := n.Conn.Read(b)
	return got, n.seen("read", err)
}

func (n *near) Write(b []byte) (int, error) {
	sent, err := n.Conn.Write(b)
	return sent, n.seen("write", err)
}

func (n *near) seen(op string, err error) error {
	if err == nil || !n.far.reset.Load() || errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	return &net.OpError{Op: op, Net: "pipe", Err: os.NewSyscallError(op, syscall.ECONNRESET)}
}
