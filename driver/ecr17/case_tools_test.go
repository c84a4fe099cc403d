package ecr17_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"slices"
	"sync"
	"time"

	"sportello/driver"
	"sportello/driver/line"
	"sportello/driver/simulator"
	"sportello/protocol/ecr17"
	"sportello/protocol/local"
)

// tap sees every frame that the driver writes.
type tap struct {
	mu     sync.Mutex // guards frames
	frames []ecr17.Frame
}

// tap puts one on the lines of a new process.
func (s *stage) tap() *tap {
	s.Helper()
	t := &tap{}
	s.dial(s.wrapped(func(l line.Line) line.Line { return &tapped{Line: l, to: t} }))
	return t
}

// wrapped opens lines as before, each inside another.
func (s *stage) wrapped(in func(line.Line) line.Line) func(context.Context) (line.Line, error) {
	open := s.cfg.Dial
	if open == nil {
		open = func(ctx context.Context) (line.Line, error) { return line.Dial(ctx, s.cfg.Address) }
	}
	return func(ctx context.Context) (line.Line, error) {
		l, err := open(ctx)
		if err != nil {
			return nil, err
		}
		return in(l), nil
	}
}

// count is how many frames of a kind went out since mark.
func (t *tap) count(kind ecr17.FrameKind, mark int) (n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, f := range t.frames[mark:] {
		if f.Kind == kind {
			n++
		}
	}
	return n
}

// requests are the payment commands that went out.
func (t *tap) requests() (out []ecr17.PaymentRequest) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, f := range t.frames {
		if m, err := ecr17.DecodeAs[ecr17.PaymentRequest](ecr17.ToTerminal, f.Payload, ecr17.Strict); f.Kind == ecr17.FrameApplication && err == nil {
			out = append(out, m)
		}
	}
	return out
}

// afterPayment is the mark right behind the last payment command.
func (t *tap) afterPayment() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, f := range slices.Backward(t.frames) {
		if f.Kind == ecr17.FrameApplication && (f.Payload[9] == 'X' || f.Payload[9] == 'P') {
			return i + 1
		}
	}
	return len(t.frames)
}

type tapped struct {
	line.Line
	to  *tap
	cut ecr17.Deframer // by the one goroutine that writes
}

func (l *tapped) Write(p []byte) (int, error) {
	n, err := l.Line.Write(p)
	l.cut.Feed(p[:n])
	for f, ok := l.cut.Next(); ok; f, ok = l.cut.Next() {
		f.Payload = bytes.Clone(f.Payload)
		l.to.mu.Lock()
		l.to.frames = append(l.to.frames, f)
		l.to.mu.Unlock()
	}
	return n, err
}

// heedless puts lines in place that take what nobody reads any more, as the system does on TCP.
func (s *stage) heedless() {
	s.Helper()
	s.dial(s.wrapped(func(l line.Line) line.Line { return taking{l} }))
}

type taking struct{ line.Line }

func (l taking) SetWriteDeadline(t time.Time) error {
	_ = l.Line.SetWriteDeadline(t) // a pipe whose far end is closed refuses even that
	return nil
}

func (l taking) Write(p []byte) (int, error) {
	n, err := l.Line.Write(p)
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		return len(p), nil
	}
	return n, err
}

// register is another cash register on the terminal's line: it sends what the driver never does.
type register struct {
	s      *stage
	line   line.Line
	frames ecr17.Deframer
}

// register opens a line of its own; the driver must be idle.
func (s *stage) register() *register {
	s.Helper()
	l, err := s.open()
	if err != nil {
		s.Fatal(err)
	}
	return &register{s: s, line: l}
}

// ask sends one command, acknowledges the first message that answers it, and gives that message.
func (r *register) ask(m ecr17.Message) []byte {
	r.s.Helper()
	out, err := ecr17.AppendMessage(nil, m, ecr17.StxPayloadEtx)
	if err != nil {
		r.s.Fatal(err)
	}
	if p, ok := m.(ecr17.PaymentRequest); ok && p.Code != 'p' {
		r.s.byHand++
	}
	if _, err := r.line.Write(out); err != nil {
		r.s.Fatal(err)
	}
	_ = r.line.SetReadDeadline(time.Now().Add(30 * time.Second))
	acked, buf := false, make([]byte, 512)
	for {
		f, ok := r.frames.Next()
		switch {
		case !ok:
			n, err := r.line.Read(buf)
			if err != nil {
				r.s.Fatalf("no answer (acknowledged %t): %v", acked, err)
			}
			r.frames.Feed(buf[:n])
		case f.Kind == ecr17.FrameACK:
			acked = true
		case f.Kind == ecr17.FrameNAK:
			r.s.Fatalf("%T refused", m)
		case f.Kind == ecr17.FrameApplication:
			if !acked || !f.Valid(ecr17.StxPayloadEtx) {
				r.s.Fatalf("%v, acknowledged %t", f, acked)
			}
			payload := bytes.Clone(f.Payload)
			if _, err := r.line.Write(ecr17.AppendACK(nil, ecr17.DefaultForm(ecr17.StxPayloadEtx))); err != nil {
				r.s.Fatal(err)
			}
			return payload
		}
	}
}

// result is ask, with the answer read as a result.
func (r *register) result(m ecr17.Message) ecr17.Result {
	r.s.Helper()
	answer, err := ecr17.DecodeResult(r.ask(m), ecr17.Strict)
	if err != nil {
		r.s.Fatal(err)
	}
	return answer
}

func (r *register) close() { r.line.Close() }

// reverse gives a charge back by its STAN, to the outcome and, when that is unknown, to the end of what
// evidence can say.
func (s *stage) reverse(a *attempt, stan string) *attempt {
	s.Helper()
	v := driver.Reversal{Reference: a.Reference, STAN: stan, AmountCents: a.AmountCents}
	r := &attempt{s: s, Payment: driver.Payment{Reference: a.Reference, AmountCents: a.AmountCents}}
	r.after, r.err = s.drv.Reverse(context.Background(), v, r)
	if r.sent {
		s.reverses++
		a.reversal = r
	}
	if r.err != nil || r.outcome().Verdict != driver.Unknown {
		return r
	}
	if _, err := s.drv.ResolveReversal(context.Background(), driver.ReversalAttempt{
		Reversal: v, Baseline: r.baseline, SentAt: r.sentAt, SameProcess: true, Exclusivity: s.x,
	}, r); err != nil {
		s.Fatalf("resolve the reversal: %v", err)
	}
	return r
}

// total is the terminal's own total.
func (s *stage) total() driver.Totals {
	s.Helper()
	t, err := s.drv.Totals(context.Background())
	if err != nil {
		s.Fatal(err)
	}
	return t
}

// last is the saved result.
func (s *stage) last() driver.Last {
	s.Helper()
	l, err := s.drv.Last(context.Background())
	if err != nil {
		s.Fatal(err)
	}
	return l
}

// decided is the newest thing the bank decided about a reference.
func (s *stage) decided(reference string) simulator.Decision {
	s.Helper()
	for _, d := range slices.Backward(s.sim.Bank().Decisions()) {
		if d.Reference == reference && d.Kind == simulator.KindPayment {
			return d
		}
	}
	s.Fatalf("the bank has never heard of %s", reference)
	return simulator.Decision{}
}

// reason asserts the code of the reason.
func (a *attempt) reason(code local.Code) *attempt {
	a.s.Helper()
	if o := a.outcome(); o.Reason.Code != string(code) {
		a.s.Fatalf("%s: reason %+v, want %q; evidence %v", a.Reference, o.Reason, code, texts(o.Evidence))
	}
	return a
}

// odd asserts a result that came and cannot count: unknown, acknowledged, and more to ask.
func (a *attempt) odd() *attempt {
	a.s.Helper()
	a.is(driver.Unknown).reason(local.CodeOddAnswer)
	if o := a.outcome(); o.Final || !a.after.Acked {
		a.s.Errorf("final %t, acknowledged %t", o.Final, a.after.Acked)
	}
	return a
}

// expecting is a payment before which the ledger expects that total.
func (s *stage) expecting(cents, total int64) *attempt {
	a := s.next(cents)
	a.Expected = &total
	return a
}
