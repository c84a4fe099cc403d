package simulator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// Terminal is one card terminal. It may be served on several lines, one after
// another or (Options.Clients) together; its memory outlives them. Safe for
// concurrent use.
type Terminal struct {
	opt  Options
	bank *Bank

	clients   chan struct{} // a slot for each client served at a time
	procedure chan struct{} // held while a request is carried out
	red       chan struct{} // the red key, pressed and not yet noticed

	mu      sync.Mutex // guards all below
	script  script
	toECR   bool           // receipts go to the ECR, until the next procedure ends
	service *serviceTicket // last service ticket, nil when none
	stored  string         // saved answer U, "" when none
	seen    map[byte]int   // well-formed requests by letter
	boot    context.Context
	reboot  context.CancelFunc
	lines   *sync.WaitGroup // sessions of this boot
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
		seen:      map[byte]int{},
		lines:     &sync.WaitGroup{},
	}
	t.boot, t.reboot = context.WithCancel(context.Background())
	t.script.add(o.Faults)
	return t, nil
}

// Bank is the bank behind the terminal.
func (t *Terminal) Bank() *Bank { return t.bank }

// TerminalID is the terminal's own.
func (t *Terminal) TerminalID() string { return t.opt.TerminalID }

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
			defer t.leave()
			t.session(ctx, conn, false)
		})
	}
}

// ServeConn serves one connection until it or ctx ends, and closes it.
func (t *Terminal) ServeConn(ctx context.Context, conn Conn) error {
	if err := t.enter(ctx); err != nil {
		return errors.Join(err, conn.Close())
	}
	defer t.leave()
	t.session(ctx, conn, false)
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

// session serves one line. permanent: the line cannot be closed (a pseudo terminal).
func (t *Terminal) session(ctx context.Context, conn Conn, permanent bool) {
	t.mu.Lock()
	boot, lines := t.boot, t.lines
	lines.Add(1)
	t.mu.Unlock()
	defer lines.Done()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(boot, cancel)()
	newSession(t, conn, permanent).serve(ctx)
}

// ManualSale is a sale typed on the terminal while nobody looked (ECR17 G15). The
// bank approves it; the result saved for G stays, unless Options.ManualSaved.
func (t *Terminal) ManualSale(cents int64) (Decision, error) {
	if cents < 1 || cents > maxCents {
		return Decision{}, fmt.Errorf("%w: manual sale of %d cents", ErrOptions, cents)
	}
	o := order{kind: KindManual, terminal: t.opt.TerminalID, cents: cents, action: actionApproved, card: cardFor(0, cents)}
	if !t.opt.ManualSaved {
		return t.bank.decide(o, nil)
	}
	return t.bank.decide(o, t.render(transaction{letter: 'P'}))
}

// PressRed is the customer pressing the red key. It counts when the terminal waits
// for the card or the PIN; before that it is forgotten.
func (t *Terminal) PressRed() {
	select {
	case t.red <- struct{}{}:
	default:
	}
}

// Reboot drops the lines and whatever was under way, unless the bank had decided.
// What the terminal saved stays; the print switch is forgotten.
func (t *Terminal) Reboot() {
	t.mu.Lock()
	lines := t.lines
	t.reboot()
	t.boot, t.reboot = context.WithCancel(context.Background())
	t.lines = &sync.WaitGroup{}
	t.toECR = false
	t.mu.Unlock()
	lines.Wait()
}
