package ecr17

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sportello/driver"
	"sportello/driver/line"
	"sportello/protocol/ecr17"
)

const ourTID = "12345678"

// peer is a terminal that does exactly what a test scripts, to the byte. It answers s, G and E as a
// healthy one; the payment is the test's. It counts the financial frames it received, over all
// connections.
type peer struct {
	t     *testing.T
	tid   string // as it names itself
	scope ecr17.Scope
	lax   bool // takes any LRC
	state ecr17.TerminalState
	stan  int
	on    map[byte]func(w *wire, payload []byte) // instead of the healthy answer
	pay   func(w *wire, x ecr17.PaymentRequest)  // what follows X; nil: nothing at all
	call  func(n int, w *wire) bool              // sees a new connection first; false: deaf from then on
	dial  func(n int) error
	busy  atomic.Bool // s is not answered

	mu        sync.Mutex
	calls     int
	financial int
	saved     []byte   // answer to G; nil: NAK
	got       []string // every frame received: codes, ACK, NAK
	wires     []*wire
	work      sync.WaitGroup
}

func newPeer(t *testing.T) *peer {
	return &peer{t: t, tid: ourTID, state: ecr17.StateOperative, stan: 100, on: map[byte]func(*wire, []byte){}}
}

// connect is driver.Config.Dial.
func (p *peer) connect(context.Context) (line.Line, error) {
	p.mu.Lock()
	p.calls++
	n := p.calls
	p.mu.Unlock()
	if p.dial != nil {
		if err := p.dial(n); err != nil {
			return nil, err
		}
	}
	ours, theirs := line.Pipe()
	w := &wire{p: p, line: theirs, apps: make(chan []byte, 64), controls: make(chan ecr17.FrameKind, 64), gone: make(chan struct{})}
	p.mu.Lock()
	p.wires = append(p.wires, w)
	p.mu.Unlock()
	p.work.Go(func() {
		if p.call != nil && !p.call(n, w) {
			io.Copy(io.Discard, theirs)
			return
		}
		p.work.Go(w.read)
		w.serve()
	})
	return ours, nil
}

func (p *peer) hangUp() {
	p.mu.Lock()
	for _, w := range p.wires {
		w.line.Close()
	}
	p.mu.Unlock()
	p.work.Wait()
}

func (p *peer) save(result []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.saved = result
}

func (p *peer) last() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.saved
}

func (p *peer) note(what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.got = append(p.got, what)
	if what == "X" {
		p.financial++
	}
}

// received counts the frames of one kind, over all connections.
func (p *peer) received(what string) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, g := range p.got {
		if g == what {
			n++
		}
	}
	return n
}

func (p *peer) log() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.got)
}

// wire is one connection, seen from the terminal.
type wire struct {
	p        *peer
	line     line.Line
	apps     chan []byte
	controls chan ecr17.FrameKind
	gone     chan struct{}
}

func (w *wire) read() {
	defer close(w.gone)
	defer close(w.apps)
	var d ecr17.Deframer
	buf := make([]byte, 512)
	for {
		n, err := w.line.Read(buf)
		d.Feed(buf[:n])
		for f, ok := d.Next(); ok; f, ok = d.Next() {
			switch f.Kind {
			case ecr17.FrameApplication:
				w.p.note(string(rune(f.Payload[9])))
				if !f.Valid(w.p.scope) && !w.p.lax {
					go w.nak()
					continue
				}
				w.apps <- bytes.Clone(f.Payload)
			default:
				w.p.note(f.Kind.String())
				w.controls <- f.Kind
			}
		}
		if err != nil {
			return
		}
	}
}

func (w *wire) serve() {
	for payload := range w.apps {
		code := payload[9]
		switch handler := w.p.on[code]; {
		case handler != nil:
			handler(w, payload)
		case code == 's' && w.p.busy.Load():
		case code == 's':
			w.ack()
			w.status()
		case code == 'G':
			if w.p.last() == nil {
				w.nak()
			} else {
				w.ack()
				w.send(w.p.last())
			}
		case code == 'E':
			w.ack()
		case code == 'X' && w.p.pay != nil:
			x, err := ecr17.DecodeAs[ecr17.PaymentRequest](ecr17.ToTerminal, payload, ecr17.Strict)
			if err != nil {
				w.p.t.Errorf("payment request: %v", err)
			}
			w.p.pay(w, x)
		}
	}
}

func (w *wire) raw(b ...byte)         { w.line.Write(b) }
func (w *wire) ack()                  { w.raw(ecr17.AppendACK(nil, ecr17.FormCtrlEtx)...) }
func (w *wire) nak()                  { w.raw(ecr17.AppendNAK(nil, ecr17.FormCtrlEtx)...) }
func (w *wire) send(payload []byte)   { w.raw(w.frame(payload)...) }
func (w *wire) frame(p []byte) []byte { return ecr17.AppendFrame(nil, p, w.p.scope) }
func (w *wire) progress(text string)  { w.raw(progressFrame(text)...) }
func (w *wire) close()                { w.line.Close() }
func (w *wire) wait(d time.Duration)  { time.Sleep(d) } // virtual
func (w *wire) status() {
	w.send(encode(ecr17.StatusAnswer{TID: w.p.tid, Clock: ecr17.ClockOf(time.Now()), State: w.p.state, Releases: "REL00001"}))
}

// damaged sends a payload with a wrong LRC.
func (w *wire) damaged(payload []byte) {
	b := w.frame(payload)
	b[len(b)-1] ^= 0x40
	w.raw(b...)
}

func progressFrame(text string) []byte {
	return append(append([]byte{ecr17.SOH}, fmt.Sprintf("%-20s", text)...), ecr17.EOT)
}

func encode(m ecr17.Message) []byte {
	b, err := m.AppendPayload(nil)
	if err != nil {
		panic(fmt.Sprintf("encode %T: %v", m, err))
	}
	return b
}

// approved is an approval of the next STAN, now.
func (p *peer) approved(cents int64) []byte {
	p.stan++
	return encode(ecr17.Result{
		Class: ecr17.ClassExtended, TID: p.tid, Code: ecr17.ResultOK, PAN: ecr17.NewPAN("************1234"),
		Entry: ecr17.EntryContactlessChip, AuthCode: "A1B2C3", HostTime: ecr17.HostTimeOf(time.Now()), CardType: ecr17.CardCredit,
		Acquirer: "00000000001", STAN: fmt.Sprintf("%06d", p.stan), OnlineID: "000777", ActionCode: "000",
		AmountCents: cents, HasAmount: true,
	})
}

// declined is a refusal by the host.
func (p *peer) declined(reason string, action ecr17.ActionCode) []byte {
	p.stan++
	return encode(ecr17.Result{
		Class: ecr17.ClassExtended, TID: p.tid, Code: ecr17.ResultRefused, Reason: reason, CardType: ecr17.CardCredit,
		Acquirer: "00000000001", STAN: fmt.Sprintf("%06d", p.stan), OnlineID: "000778", ActionCode: action, HasAmount: true,
	})
}

// cancelled is the citizen's cancel: the host was never reached.
func (p *peer) cancelled() []byte {
	return encode(ecr17.Result{
		Class: ecr17.ClassExtended, TID: p.tid, Code: ecr17.ResultRefused, Reason: "OPERAZIONE ANNULLATA", CardType: "0",
		STAN: "000000", OnlineID: "000000", HasAmount: true,
	})
}

func (p *peer) ticket(text string) []byte {
	return encode(ecr17.TicketPart{TID: p.tid, Text: text})
}

// recorder is a ledger that remembers the order of things.
type recorder struct {
	mu         sync.Mutex
	peer       *peer
	sentErr    error
	outcomeErr error
	baseline   *driver.Baseline
	outcomes   []driver.Outcome
	progress   []driver.Progress
	fault      string // the first broken promise
	onSent     func()
	onOutcome  func()
}

func (r *recorder) Sent(b driver.Baseline) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.baseline != nil {
		r.fault = "Sent twice"
	}
	if r.peer.received("X") > 0 {
		r.fault = "a financial byte before Sent"
	}
	r.baseline = &b
	if r.onSent != nil {
		r.onSent()
	}
	return r.sentErr
}

func (r *recorder) Outcome(o driver.Outcome) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.outcomes = append(r.outcomes, o)
	if r.onOutcome != nil {
		r.onOutcome()
	}
	return r.outcomeErr
}

func (r *recorder) Progress(p driver.Progress) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.progress = append(r.progress, p)
}

// only gives the one outcome recorded.
func (r *recorder) only(t *testing.T) driver.Outcome {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fault != "" {
		t.Fatal(r.fault)
	}
	if len(r.outcomes) != 1 {
		t.Fatalf("%d outcomes recorded: %+v", len(r.outcomes), r.outcomes)
	}
	return r.outcomes[0]
}

// bench is a driver and its scripted terminal in a bubble of virtual time.
type bench struct {
	t    *testing.T
	peer *peer
	cfg  driver.Config
	term driver.Terminal
	rec  *recorder

	after *driver.Aftermath // of the last resolve
}

// inBubble runs f with a fresh bench under virtual time.
func inBubble(t *testing.T, f func(t *testing.T, b *bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := newPeer(t)
		b := &bench{t: t, peer: p, rec: &recorder{peer: p}, cfg: driver.Config{
			Name: "cassa1", Driver: "nexi", Address: "tcp://192.0.2.1:10000", TerminalID: ourTID, CashRegisterID: "00000001",
			LRC: "auto", Exclusivity: driver.Exclusive, Receipts: "terminal", Dial: p.connect,
		}}
		defer p.hangUp()
		defer func() {
			if b.term != nil {
				b.term.Close()
			}
		}()
		f(t, b)
	})
}

func (b *bench) open() driver.Terminal {
	b.t.Helper()
	if b.term == nil {
		term, err := Open(b.cfg)
		if err != nil {
			b.t.Fatal(err)
		}
		b.term = term
	}
	return b.term
}

const ourCents = 1234

func payment() driver.Payment {
	return driver.Payment{Reference: "RIFA1ABCDEFGH", AmountCents: ourCents, Notices: []driver.Notice{
		{Creditor: "01199250158", Number: "301000000000000123"},
	}}
}

// pay runs a payment that must get past its pre-flight.
func (b *bench) pay() (driver.Outcome, driver.Aftermath) {
	b.t.Helper()
	a, err := b.open().Pay(context.Background(), payment(), b.rec)
	if err != nil {
		b.t.Fatalf("pay: %v", err)
	}
	o := b.rec.only(b.t)
	if n := b.peer.received("X"); n > 1 {
		b.t.Fatalf("the financial frame went out %d times", n)
	}
	return o, a
}

// refused runs a payment that must not get to the money.
func (b *bench) refused(kind error) error {
	b.t.Helper()
	_, err := b.open().Pay(context.Background(), payment(), b.rec)
	if !errors.Is(err, kind) {
		b.t.Fatalf("pay: %v; want %v", err, kind)
	}
	if b.rec.baseline != nil || len(b.rec.outcomes) > 0 || b.peer.received("X") > 0 {
		b.t.Fatalf("a refused payment left traces: %+v, frames %v", b.rec, b.peer.log())
	}
	return err
}

// resolve gathers evidence after an unknown of the same process.
func (b *bench) resolve() driver.Outcome {
	b.t.Helper()
	return b.resolveAs(driver.Attempt{
		Payment: payment(), Baseline: *b.rec.baseline, SentAt: time.Now(), SameProcess: true, Exclusivity: b.cfg.Exclusivity,
	})
}

func (b *bench) resolveAs(a driver.Attempt) driver.Outcome {
	b.t.Helper()
	b.rec.mu.Lock()
	b.rec.outcomes = nil
	b.rec.mu.Unlock()
	after, err := b.open().Resolve(context.Background(), a, b.rec)
	if err != nil {
		b.t.Fatalf("resolve: %v", err)
	}
	b.after = after
	b.rec.mu.Lock()
	for len(b.rec.outcomes) > 1 && b.rec.outcomes[0].Verdict == driver.Unknown && !b.rec.outcomes[0].Final && len(b.rec.outcomes[0].Evidence) > 0 {
		b.rec.outcomes = b.rec.outcomes[1:] // a word on the way that is no verdict
	}
	b.rec.mu.Unlock()
	return b.rec.only(b.t)
}

func (b *bench) want(o driver.Outcome, v driver.Verdict, code string) {
	b.t.Helper()
	if o.Verdict != v || o.Reason.Code != code {
		b.t.Fatalf("outcome %s, %+v (preset %q, final %t); want %s, %s\nevidence: %+v", o.Verdict, o.Reason, o.Preset, o.Final, v, code, o.Evidence)
	}
}
