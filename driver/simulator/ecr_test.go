package simulator

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sportello/driver/line"
	"sportello/protocol/ecr17"
)

// ecr is a cash desk that speaks raw frames.
type ecr struct {
	t      testing.TB
	c      line.Line
	tid    string
	scope  ecr17.Scope
	frames ecr17.Deframer
	closed bool // the terminal has closed the line
}

const tid = "12345678"

// bench runs a terminal and gives lines to it.
type bench struct {
	t    testing.TB
	term *Terminal
	dial func() *ecr
	// device is the path of the pseudo terminal, "" on other lines.
	device string
}

// inMemory runs f in virtual time.
func inMemory(t *testing.T, o Options, f func(t *testing.T, b bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		term, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		defer wg.Wait()
		defer cancel()
		f(t, bench{t, term, func() *ecr {
			ours, theirs := net.Pipe()
			wg.Go(func() { _ = term.ServeConn(ctx, theirs) })
			t.Cleanup(func() { _ = ours.Close() })
			return &ecr{t: t, c: ours, tid: term.TerminalID(), scope: o.Scope}
		}, ""})
	})
}

// overTCP and overPTY run f in real time.
func overTCP(t *testing.T, o Options, f func(t *testing.T, b bench)) {
	t.Helper()
	term, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "tcp://" + ln.Addr().String()
	running(t, func(ctx context.Context) error { return term.Serve(ctx, ln) }, func() {
		f(t, bench{t, term, func() *ecr { return dialed(t, address, o.Scope) }, ""})
	})
}

func overPTY(t *testing.T, o Options, f func(t *testing.T, b bench)) {
	t.Helper()
	term, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "path")
	failed := make(chan error, 1)
	running(t, func(ctx context.Context) error {
		err := term.ServePTY(ctx, file)
		if errors.Is(err, ErrNoPTY) {
			failed <- err
			return nil
		}
		return err
	}, func() {
		device := ""
		for device == "" {
			select {
			case err := <-failed:
				t.Skip(err)
			case <-time.After(time.Millisecond): // the file appears when the device is ready
			}
			b, _ := os.ReadFile(file)
			device = strings.TrimSpace(string(b))
		}
		f(t, bench{t, term, func() *ecr { return dialed(t, "serial://"+device, o.Scope) }, device})
	})
	if _, err := os.Stat(file); err == nil {
		t.Error("the file with the device's path was left behind")
	}
}

func dialed(t testing.TB, address string, scope ecr17.Scope) *ecr {
	t.Helper()
	c, err := line.Dial(context.Background(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return &ecr{t: t, c: c, tid: tid, scope: scope}
}

// running runs serve beside f and waits for its end.
func running(t testing.TB, serve func(context.Context) error, f func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- serve(ctx) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()
	f()
}

func (e *ecr) raw(b []byte) {
	e.t.Helper()
	_ = e.c.SetWriteDeadline(time.Now().Add(time.Minute))
	if _, err := e.c.Write(b); err != nil {
		e.t.Fatalf("write: %v", err)
	}
}

func (e *ecr) send(m ecr17.Message) {
	e.t.Helper()
	b, err := ecr17.AppendMessage(nil, m, e.scope)
	if err != nil {
		e.t.Fatal(err)
	}
	e.raw(b)
}

func (e *ecr) ack() { e.t.Helper(); e.raw(ecr17.AppendACK(nil, ecr17.DefaultForm(e.scope))) }
func (e *ecr) nak() { e.t.Helper(); e.raw(ecr17.AppendNAK(nil, ecr17.DefaultForm(e.scope))) }

// next gives the next frame within d; false when none came or the line was closed.
func (e *ecr) next(d time.Duration) (ecr17.Frame, bool) {
	e.t.Helper()
	_ = e.c.SetReadDeadline(time.Now().Add(d))
	buf := make([]byte, 4096)
	for {
		if f, ok := e.frames.Next(); ok {
			f.Payload = bytes.Clone(f.Payload)
			return f, true
		}
		if e.closed {
			return ecr17.Frame{}, false
		}
		n, err := e.c.Read(buf)
		e.frames.Feed(buf[:n])
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded), n == 0 && err == nil: // a serial line's way
			if f, ok := e.frames.Next(); ok {
				return f, true
			}
			return ecr17.Frame{}, false
		case errors.Is(err, io.EOF):
			e.closed = true
		case err != nil:
			e.t.Logf("read: %v", err)
			e.closed = true
		}
	}
}

// want gives the next frame that is not progress, which must be of that kind.
func (e *ecr) want(kind ecr17.FrameKind, d time.Duration) ecr17.Frame {
	e.t.Helper()
	for {
		f, ok := e.next(d)
		switch {
		case !ok:
			e.t.Fatalf("no %v came (line closed: %t)", kind, e.closed)
		case f.Kind == ecr17.FrameProgress && kind != ecr17.FrameProgress:
		case f.Kind != kind:
			e.t.Fatalf("%v came, not %v", f, kind)
		default:
			return f
		}
	}
}

// watch reads progress for d. A line in memory has no buffer: whoever does not read
// holds the terminal up.
func (e *ecr) watch(d time.Duration) {
	e.t.Helper()
	for end := time.Now().Add(d); ; {
		f, ok := e.next(time.Until(end))
		if !ok {
			return
		}
		if f.Kind != ecr17.FrameProgress {
			e.t.Fatalf("%v came, and only progress should", f)
		}
	}
}

// nothing: not one frame within d.
func (e *ecr) nothing(d time.Duration) {
	e.t.Helper()
	if f, ok := e.next(d); ok {
		e.t.Fatalf("%v came, and nothing should", f)
	}
}

// result waits for a result, checks its LRC and acknowledges it.
func (e *ecr) result() ecr17.Result {
	e.t.Helper()
	f := e.want(ecr17.FrameApplication, time.Minute)
	if !f.Valid(e.scope) {
		e.t.Fatal("result with a wrong LRC")
	}
	r, err := ecr17.DecodeResult(f.Payload, ecr17.Strict)
	if err != nil {
		e.t.Fatal(err)
	}
	e.ack()
	return r
}

// ticket reads the parts of a ticket to its end mark.
func (e *ecr) ticket() string {
	e.t.Helper()
	text := ""
	for !strings.HasSuffix(text, "\x1b") {
		f := e.want(ecr17.FrameApplication, time.Minute)
		part, err := ecr17.DecodeAs[ecr17.TicketPart](ecr17.FromTerminal, f.Payload, ecr17.Strict)
		if err != nil || !f.Valid(e.scope) {
			e.t.Fatalf("%v: %v", f, err)
		}
		text += part.Text
		e.ack()
	}
	return text
}

// ask sends a request that is acknowledged and answered by one message.
func ask[T ecr17.Message](e *ecr, m ecr17.Message) T {
	e.t.Helper()
	e.send(m)
	e.want(ecr17.FrameACK, time.Minute)
	f := e.want(ecr17.FrameApplication, time.Minute)
	a, err := ecr17.DecodeAs[T](ecr17.FromTerminal, f.Payload, ecr17.Strict)
	if err != nil || !f.Valid(e.scope) {
		e.t.Fatalf("%v: %v", f, err)
	}
	e.ack()
	return a
}

const reference = "RIFA1ABCDEFGH"

func (e *ecr) extended(cents int64) ecr17.PaymentRequest {
	return ecr17.PaymentRequest{Code: 'X', TID: e.tid, CashRegister: "1", AmountCents: cents, Text: reference}
}

func (e *ecr) last() ecr17.LastResultRequest { return ecr17.LastResultRequest{TID: e.tid} }

// pay runs one payment to its result.
func (e *ecr) pay(cents int64) ecr17.Result {
	e.t.Helper()
	e.send(e.extended(cents))
	e.want(ecr17.FrameACK, time.Minute)
	return e.result()
}

// savedBytes is the answer to G as it came.
func (e *ecr) savedBytes() []byte {
	e.t.Helper()
	e.send(e.last())
	e.want(ecr17.FrameACK, time.Minute)
	f := e.want(ecr17.FrameApplication, time.Minute)
	if !f.Valid(e.scope) {
		e.t.Fatal("saved result with a wrong LRC")
	}
	e.ack()
	return f.Payload
}

// hungUp: the terminal closes the line, and nothing comes before.
func (e *ecr) hungUp() {
	e.t.Helper()
	if f, ok := e.next(time.Minute); ok || !e.closed {
		e.t.Fatalf("the line is not closed (%v)", f)
	}
}
