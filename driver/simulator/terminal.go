package simulator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"sportello/protocol/ecr17"
)

// Terminal is one card terminal. It may be served on several lines, one after
// another or (Options.Clients) together; its memory outlives them. Safe for
// concurrent use.
type Terminal struct {
	opt  Options // TerminalID changes in a restart only, under mu
	bank *Bank

	clients   chan struct{} // a slot for each client served at a time
	procedure chan struct{} // held while a request is carried out
	red       chan struct{} // the red key, pressed and not yet noticed
	card      chan struct{} // likewise the card, under Options.ManualKeys
	pin       chan struct{}

	mu        sync.Mutex // guards all below
	script    script
	toECR     bool         // receipts go to the ECR, until the next procedure ends
	seen      map[byte]int // well-formed requests by letter
	boot      context.Context
	reboot    context.CancelFunc
	changing  chan struct{}  // closed when a restart is over, nil when none is under way
	lines     sync.WaitGroup // sessions; grows only under mu and while changing is nil
	connected int            // sessions now
	address   net.Addr       // of the last listener served, nil when none
	digit     ecr17.TerminalState
	ahead     time.Duration // terminal's clock minus ours
	deafUntil time.Time
	offUntil  time.Time
	dieAt     RebootPoint
	screen    string // last progress of the procedure under way
	waits     string // for the card, the PIN or nothing
}

// New makes a terminal. Errors are ErrOptions and ErrFaults.
func New(o Options) (*Terminal, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	t := &Terminal{
		opt: o, bank: o.Bank,
		clients:   make(chan struct{}, o.Clients),
		procedure: make(chan struct{}, 1),
		red:       make(chan struct{}, 1),
		card:      make(chan struct{}, 1),
		pin:       make(chan struct{}, 1),
		seen:      map[byte]int{},
		digit:     ecr17.TerminalState(o.State[0] - '0'),
		ahead:     o.ClockShift,
	}
	t.boot, t.reboot = context.WithCancel(context.Background())
	t.script.add(o.Faults)
	t.undo() // of the process before
	return t, nil
}

// Bank is the bank behind the terminal.
func (t *Terminal) Bank() *Bank { return t.bank }

// TerminalID is the terminal's own.
func (t *Terminal) TerminalID() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.opt.TerminalID
}

// Script adds rules to the fault script; they count from now. Errors are ErrFaults.
func (t *Terminal) Script(rules ...Rule) error {
	for _, r := range rules {
		if err := r.check(); err != nil {
			return err
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.script.add(rules)
	return nil
}

// Unscript drops every rule of the fault script, also those of Options.Faults; what has begun goes on.
func (t *Terminal) Unscript() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.script.rules = nil
}

// Received counts the well-formed requests of a letter, refused ones included: a
// financial frame must have come once.
func (t *Terminal) Received(letter byte) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.seen[letter]
}

// Conn is a line to the ECR: a net.Conn, a line of driver/line, or a pseudo terminal.
type Conn interface {
	io.ReadWriteCloser
	SetWriteDeadline(time.Time) error
}

// Serve takes connections from ln until ctx ends, then closes it and what is open,
// and waits. A client beyond Options.Clients is connected but gets no answer until
// one has left (ECR17 5.3). It returns nil when ctx ended.
func (t *Terminal) Serve(ctx context.Context, ln net.Listener) error {
	stop := context.AfterFunc(ctx, func() { _ = ln.Close() })
	defer stop()
	t.mu.Lock()
	t.address = ln.Addr()
	t.mu.Unlock()
	var sessions sync.WaitGroup
	defer sessions.Wait()
	defer ln.Close() //nolint:errcheck // closed already when ctx has ended
	for {
		if err := t.enter(ctx); err != nil {
			return nil
		}
		conn, err := ln.Accept()
		if err != nil {
			t.leave()
			if ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
				return nil
			}
			return fmt.Errorf("simulator: accept: %w", err)
		}
		sessions.Go(func() {
			leave := sync.OnceFunc(t.leave)
			defer leave()
			t.session(ctx, conn, leave)
		})
	}
}

// ServeConn serves one connection until it or ctx ends, and closes it.
func (t *Terminal) ServeConn(ctx context.Context, conn Conn) error {
	if err := t.enter(ctx); err != nil {
		return errors.Join(err, conn.Close())
	}
	leave := sync.OnceFunc(t.leave)
	defer leave()
	t.session(ctx, conn, leave)
	return nil
}

func (t *Terminal) enter(ctx context.Context) error {
	select {
	case t.clients <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (t *Terminal) leave() { <-t.clients }

// session serves one line. It may leave its place to another client before it ends;
// nil for a line that cannot be closed (a pseudo terminal).
func (t *Terminal) session(ctx context.Context, conn Conn, leave func()) {
	boot, ok := t.on(ctx)
	if !ok {
		_ = conn.Close() // nobody has used it
		return
	}
	defer t.off()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(boot, cancel)()
	newSession(t, conn, leave).serve(ctx)
}

// on counts a session in, when the terminal has its power; off counts it out.
func (t *Terminal) on(ctx context.Context) (boot context.Context, ok bool) {
	t.mu.Lock()
	for t.changing != nil {
		over := t.changing
		t.mu.Unlock()
		select {
		case <-over:
		case <-ctx.Done():
			return nil, false
		}
		t.mu.Lock()
	}
	defer t.mu.Unlock()
	t.lines.Add(1)
	t.connected++
	return t.boot, true
}

func (t *Terminal) off() {
	t.mu.Lock()
	t.connected--
	if t.opt.ForgetSwitch {
		t.toECR = false
	}
	t.mu.Unlock()
	t.lines.Done()
}

// restart ends every line, waits for them, lets change (which may be nil) do its work
// while none is there, and begins again.
func (t *Terminal) restart(change func()) {
	t.mu.Lock()
	for t.changing != nil {
		over := t.changing
		t.mu.Unlock()
		<-over
		t.mu.Lock()
	}
	over := make(chan struct{})
	t.changing = over
	t.powerLost()
	t.mu.Unlock()
	t.lines.Wait()
	if change == nil {
		t.undo()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if change != nil {
		change()
	}
	t.changing = nil
	close(over)
}

// state is the digit that the terminal reports.
func (t *Terminal) state() ecr17.TerminalState {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.digit
}

// shift is the terminal's clock minus ours.
func (t *Terminal) shift() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.ahead
}
