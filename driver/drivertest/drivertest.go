// Package drivertest is the one conformance suite that every driver passes. It holds the promises of
// package driver (design 3) against a simulated other end on any line: nothing financial before Sent, a
// financial command once, no acknowledgement before Outcome, unknown when the line is cut, and Close
// frees.
//
// It never looks at a protocol: the harness counts what the other end received and what its bank did.
package drivertest

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"sportello/driver"
)

// Scenario is what the other end does with a payment.
type Scenario string

const (
	Approve    Scenario = "approve"
	Decline    Scenario = "decline"
	Refuse     Scenario = "refuse"     // refuses the command itself, and does nothing
	Mute       Scenario = "mute"       // takes the command and never says a word
	CutBefore  Scenario = "cut before" // the line ends before the bank is asked
	CutAfter   Scenario = "cut after"  // the second payment: the line ends when the bank has charged
	Repeat     Scenario = "repeat"     // approves, and says so several times
	Unfinished Scenario = "unfinished" // the second payment: the bank has charged; half of the answer comes

	// The other operations; payments are approved.
	ReversalDeclined Scenario = "reversal declined"      // the first one, by the bank
	ReversalNAK      Scenario = "reversal command NAK"   // the command is refused, and nothing done
	ReversalLost     Scenario = "reversal cut after"     // the line ends when the bank has given back
	ReversalVoid     Scenario = "reversal cut before"    // the line ends before the bank is asked
	ClosingLost      Scenario = "half a closing answer"  // the session is closed; half of the answer comes
	ClosingMute      Scenario = "closing without answer" // the command is taken, and nothing done
	ClosingNAK       Scenario = "closing refused"        // the command is refused, and nothing done
	Bare             Scenario = "bare"                   // no reprint, no totals
)

// End is the simulated other end of one test.
type End struct {
	Config    driver.Config                  // as the driver is to be opened, with Dial or Address
	Financial func() int                     // financial commands received so far
	Charged   func(reference string) (n int) // how often the bank has charged this reference
	Reversed  func(reference string) (n int) // how often it has given it back
	Total     func() int64                   // what the terminal has taken since its last close, in cents
	Closings  func() int                     // commands to close the session received so far
	Serial    bool                           // the line cannot be opened twice
}

// Harness makes a driver meet a simulated other end.
type Harness struct {
	Open driver.Open
	// Start runs an other end for one test and stops it in t.Cleanup.
	Start func(t *testing.T, s Scenario) End
	// Virtual runs every test under testing/synctest; the line must then be in memory.
	Virtual bool
}

type conformance struct {
	name     string
	scenario Scenario
	test     func(t *testing.T, b *bench)
}

// Run runs the suite. With a real line its tests run side by side and take a few seconds.
func Run(t *testing.T, h Harness) {
	for _, c := range append([]conformance{
		{"approved", Approve, approved},
		{"declined", Decline, declined},
		{"not sent when the intent cannot be written", Approve, sentFails},
		{"not acknowledged when the outcome cannot be written", Approve, outcomeFails},
		{"refused command", Refuse, refusedCommand},
		{"no answer", Mute, unknownAndNotCharged},
		{"cut before the bank", CutBefore, unknownAndNotCharged},
		{"cut after the bank", CutAfter, unknownAndCharged},
		{"half an answer", Unfinished, unknownAndCharged},
		{"repeated answer", Repeat, approved},
		{"two payments", Approve, twoPayments},
		{"close frees a payment", Mute, closeFrees},
		{"close ends the terminal", Approve, closeEnds},
		{"questions", Approve, questions},
		{"unreachable", Approve, unreachable},
	}, operations...) {
		t.Run(c.name, func(t *testing.T) {
			if h.Virtual {
				synctest.Test(t, func(t *testing.T) { run(t, h, c.scenario, c.test) })
				return
			}
			t.Parallel()
			run(t, h, c.scenario, c.test)
		})
	}
}

func run(t *testing.T, h Harness, s Scenario, test func(*testing.T, *bench)) {
	end := h.Start(t, s)
	b := &bench{t: t, end: end, tap: &tap{}, ledger: &ledger{end: end, sent: make(chan struct{})}}
	cfg := end.Config
	cfg.Exclusivity = driver.Exclusive
	cfg.Dial = b.tap.dial(cfg)
	terminal, err := h.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	b.terminal = terminal
	defer terminal.Close()
	test(t, b)
	b.ledger.check(t)
	if n := end.Financial(); n > b.payments+b.reversals {
		t.Fatalf("%d financial commands for %d payments and %d reversals", n, b.payments, b.reversals)
	}
	if n := end.Closings(); n > b.closings {
		t.Fatalf("%d commands to close for %d closings", n, b.closings)
	}
}

// bench is one driver at one end.
type bench struct {
	t        *testing.T
	terminal driver.Terminal
	end      End
	tap      *tap
	ledger   *ledger

	payments, reversals, closings int // asked for
}

func (b *bench) payment() driver.Payment {
	b.payments++
	return driver.Payment{
		Reference: "RIFT1AAAAAAA" + string(rune('A'+b.payments)), AmountCents: 1000 + int64(b.payments),
		Notices: []driver.Notice{{Creditor: "01199250158", Number: "301000000000000123"}},
	}
}

// pay runs one payment to its outcome.
func (b *bench) pay() (driver.Payment, driver.Outcome, driver.Aftermath) {
	b.t.Helper()
	p := b.payment()
	a, err := b.terminal.Pay(context.Background(), p, b.ledger)
	if err != nil {
		b.t.Fatalf("pay: %v", err)
	}
	return p, b.ledger.last(b.t), a
}

func (b *bench) verdict(o driver.Outcome, want driver.Verdict) {
	b.t.Helper()
	if o.Verdict != want {
		b.t.Fatalf("%s %+v, want %s; evidence %+v", o.Verdict, o.Reason, want, o.Evidence)
	}
}

func approved(t *testing.T, b *bench) {
	p, o, a := b.pay()
	b.verdict(o, driver.Charged)
	if o.Charge == nil || o.Charge.AmountCents != p.AmountCents || o.Charge.STAN == "" || !a.Acked {
		t.Fatalf("%+v, %+v", o.Charge, a)
	}
	if n := b.end.Charged(p.Reference); n != 1 {
		t.Fatalf("the bank charged %d times", n)
	}
}

func declined(t *testing.T, b *bench) {
	p, o, _ := b.pay()
	b.verdict(o, driver.NotCharged)
	if n := b.end.Charged(p.Reference); n != 0 || o.Reason.Code == "" {
		t.Fatalf("the bank charged %d times; reason %+v", n, o.Reason)
	}
}

func refusedCommand(t *testing.T, b *bench) { declined(t, b) }

func sentFails(t *testing.T, b *bench) {
	b.ledger.sentErr = errors.New("disk full")
	p := b.payment()
	if _, err := b.terminal.Pay(context.Background(), p, b.ledger); !errors.Is(err, b.ledger.sentErr) {
		t.Fatalf("pay: %v", err)
	}
	if b.ledger.count() != 0 || b.end.Financial() != 0 || b.end.Charged(p.Reference) != 0 {
		t.Fatalf("%d outcomes, %d financial commands", b.ledger.count(), b.end.Financial())
	}
}

func outcomeFails(t *testing.T, b *bench) {
	written := 0
	b.ledger.outcomeErr = errors.New("disk full")
	b.ledger.onOutcome = func() { written = b.tap.count() }
	_, _, a := b.pay()
	if a.Acked || b.tap.count() != written {
		t.Fatalf("acknowledged: %t, %d bytes after the outcome could not be written", a.Acked, b.tap.count()-written)
	}
}

// unknownAndNotCharged: no machine may say "charged"; in a driver without more evidence people decide.
func unknownAndNotCharged(t *testing.T, b *bench) {
	p, o, _ := b.pay()
	b.verdict(o, driver.Unknown)
	if o = b.resolve(p); o.Verdict == driver.Charged || o.Verdict == driver.Unknown && !o.Final {
		t.Fatalf("%+v", o)
	}
	if n := b.end.Charged(p.Reference); n != 0 {
		t.Fatalf("the bank charged %d times", n)
	}
}

// unknownAndCharged: no machine may say "not charged".
func unknownAndCharged(t *testing.T, b *bench) {
	b.pay() // something to compare with
	p, o, _ := b.pay()
	b.verdict(o, driver.Unknown)
	o = b.resolve(p)
	if o.Verdict != driver.Charged && !(o.Verdict == driver.Unknown && o.Final) {
		t.Fatalf("%+v", o)
	}
	if n := b.end.Charged(p.Reference); n != 1 {
		t.Fatalf("the bank charged %d times", n)
	}
}

// resolve also holds that evidence moves no money.
func (b *bench) resolve(p driver.Payment) driver.Outcome {
	b.t.Helper()
	before, financial := b.ledger.count(), b.end.Financial()
	a := driver.Attempt{Payment: p, Baseline: b.ledger.baseline(), SentAt: time.Now(), SameProcess: true, Exclusivity: driver.Exclusive}
	if _, err := b.terminal.Resolve(context.Background(), a, b.ledger); err != nil {
		b.t.Fatalf("resolve: %v", err)
	}
	if n := b.ledger.count() - before; n != 1 {
		b.t.Fatalf("resolve recorded %d outcomes", n)
	}
	if b.end.Financial() != financial {
		b.t.Fatal("a financial command went out while evidence was gathered")
	}
	return b.ledger.last(b.t)
}

func twoPayments(t *testing.T, b *bench) {
	first, o, _ := b.pay()
	b.verdict(o, driver.Charged)
	second, p, _ := b.pay()
	b.verdict(p, driver.Charged)
	if b.end.Charged(first.Reference) != 1 || b.end.Charged(second.Reference) != 1 || o.Charge.STAN == p.Charge.STAN {
		t.Fatalf("%+v and %+v", o.Charge, p.Charge)
	}
	if base := b.ledger.baseline(); base.LastSTAN != o.Charge.STAN {
		t.Fatalf("the second baseline %q is not the first payment %q", base.LastSTAN, o.Charge.STAN)
	}
}

func closeFrees(t *testing.T, b *bench) {
	ended := make(chan error, 1)
	p := b.payment()
	go func() {
		_, err := b.terminal.Pay(context.Background(), p, b.ledger)
		ended <- err
	}()
	<-b.ledger.sent
	if err := b.terminal.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil && !errors.Is(err, driver.ErrInterrupted) {
		t.Fatalf("pay ended with %v", err)
	}
	if n := b.tap.openLines(); n != 0 {
		t.Fatalf("%d lines are still open", n)
	}
}

func closeEnds(t *testing.T, b *bench) {
	b.terminal.Close()
	ctx := context.Background()
	_, status := b.terminal.Status(ctx)
	_, pay := b.terminal.Pay(ctx, b.payment(), b.ledger)
	_, resolve := b.terminal.Resolve(ctx, driver.Attempt{}, b.ledger)
	_, reverse := b.terminal.Reverse(ctx, driver.Reversal{Reference: "RIFT1AAAAAAAZ", STAN: "000001", AmountCents: 1}, b.ledger)
	_, resolveReversal := b.terminal.ResolveReversal(ctx, driver.ReversalAttempt{}, b.ledger)
	_, detect := b.terminal.Detect(ctx, nil, false)
	_, closing := b.terminal.CloseSession(ctx)
	_, reprint := b.terminal.Reprint(ctx)
	for _, err := range []error{status, pay, resolve, reverse, resolveReversal, detect, closing, reprint} {
		if !errors.Is(err, driver.ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
	}
	if err := b.terminal.Close(); err != nil {
		t.Errorf("a second Close: %v", err)
	}
}

func questions(t *testing.T, b *bench) {
	ctx := context.Background()
	st, err := b.terminal.Status(ctx)
	if err != nil || !st.Ready || st.TerminalID != b.end.Config.TerminalID {
		t.Fatalf("status %+v, %v", st, err)
	}
	_, o, _ := b.pay()
	last, err := b.terminal.Last(ctx)
	if err != nil || !last.Present || !last.Approved || last.Charge.STAN != o.Charge.STAN || len(last.Raw) == 0 {
		t.Fatalf("last %+v, %v", last, err)
	}
	totals, err := b.terminal.Totals(ctx)
	if err != nil || !totals.Present || totals.Cents != o.Charge.AmountCents {
		t.Fatalf("totals %+v, %v", totals, err)
	}
}

func unreachable(t *testing.T, b *bench) {
	b.tap.refuse(errors.New("connection refused"))
	if _, err := b.terminal.Pay(context.Background(), b.payment(), b.ledger); !errors.Is(err, driver.ErrUnreachable) {
		t.Fatalf("pay: %v", err)
	}
	if b.ledger.count() != 0 || b.end.Financial() != 0 {
		t.Fatal("a refused payment left traces")
	}
}
