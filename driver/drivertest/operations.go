package drivertest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"sportello/driver"
)

// operations are the tests of everything but payments.
var operations = []conformance{
	{"reversed", Approve, reversed},
	{"reversal declined", ReversalDeclined, reversalDeclined},
	{"reversal refused as a command", ReversalNAK, reversalNAK},
	{"reversal cut after the bank", ReversalLost, reversalLost},
	{"reversal cut before the bank", ReversalVoid, reversalVoid},
	{"reversal of another charge", Approve, notTheLast},
	{"reversal not sent when the intent cannot be written", Approve, reversalSentFails},
	{"reversal not acknowledged when the outcome cannot be written", Approve, reversalOutcomeFails},
	{"session closed", Approve, sessionClosed},
	{"half a closing answer", ClosingLost, closingLost},
	{"closing without answer", ClosingMute, closingMute},
	{"closing refused", ClosingNAK, closingNAK},
	{"reprint", Approve, reprint},
	{"detect", Approve, detect},
	{"detect a bare terminal", Bare, detectBare},
	{"passport", Approve, passport},
	{"lease", Mute, lease},
}

// reverse asks the last charge back, and gives the outcome.
func (b *bench) reverse(p driver.Payment, stan string) (driver.Outcome, driver.Aftermath) {
	b.t.Helper()
	b.reversals++
	before := b.ledger.count()
	a, err := b.terminal.Reverse(context.Background(), driver.Reversal{Reference: p.Reference, STAN: stan, AmountCents: p.AmountCents}, b.ledger)
	if err != nil {
		b.t.Fatalf("reverse: %v", err)
	}
	if n := b.ledger.count() - before; n != 1 {
		b.t.Fatalf("reverse recorded %d outcomes", n)
	}
	return b.ledger.last(b.t), a
}

func (b *bench) resolveReversal(p driver.Payment, stan string) driver.Outcome {
	b.t.Helper()
	before, financial := b.ledger.count(), b.end.Financial()
	_, err := b.terminal.ResolveReversal(context.Background(), driver.ReversalAttempt{
		Reversal: driver.Reversal{Reference: p.Reference, STAN: stan, AmountCents: p.AmountCents},
		Baseline: b.ledger.baseline(), SentAt: time.Now(), SameProcess: true, Exclusivity: driver.Exclusive,
	}, b.ledger)
	if err != nil {
		b.t.Fatalf("resolve reversal: %v", err)
	}
	if n := b.ledger.count() - before; n != 1 {
		b.t.Fatalf("resolve recorded %d outcomes", n)
	}
	if b.end.Financial() != financial {
		b.t.Fatal("a financial command went out while evidence was gathered")
	}
	return b.ledger.last(b.t)
}

func (b *bench) bankReversed(p driver.Payment, want int) {
	b.t.Helper()
	if n := b.end.Reversed(p.Reference); n != want {
		b.t.Fatalf("the bank gave back %d times, want %d", n, want)
	}
}

func reversed(t *testing.T, b *bench) {
	p, o, _ := b.pay()
	v, a := b.reverse(p, o.Charge.STAN)
	b.verdict(v, driver.Reversed)
	b.bankReversed(p, 1)
	if !a.Acked || a.Ticket == "" || b.end.Total() != 0 {
		t.Fatalf("%+v, total %d", a, b.end.Total())
	}
	if base := b.ledger.baseline(); base.LastSTAN != o.Charge.STAN {
		t.Fatalf("the baseline %q is not the charge %q", base.LastSTAN, o.Charge.STAN)
	}
	_, err := b.terminal.Reverse(context.Background(), driver.Reversal{Reference: p.Reference, STAN: o.Charge.STAN, AmountCents: p.AmountCents}, b.ledger)
	if !errors.Is(err, driver.ErrNotLast) {
		t.Fatalf("a second reversal: %v", err)
	}
}

// reversalDeclined: the charge stands, and may be asked back again.
func reversalDeclined(t *testing.T, b *bench) {
	p, o, _ := b.pay()
	v, _ := b.reverse(p, o.Charge.STAN)
	b.verdict(v, driver.NotReversed)
	b.bankReversed(p, 0)
	v, _ = b.reverse(p, o.Charge.STAN)
	b.verdict(v, driver.Reversed)
	b.bankReversed(p, 1)
}

func reversalNAK(t *testing.T, b *bench) {
	p, o, _ := b.pay()
	v, _ := b.reverse(p, o.Charge.STAN)
	b.verdict(v, driver.NotReversed)
	b.bankReversed(p, 0)
}

func reversalLost(t *testing.T, b *bench) {
	p, o, _ := b.pay()
	v, _ := b.reverse(p, o.Charge.STAN)
	b.verdict(v, driver.Unknown)
	b.verdict(b.resolveReversal(p, o.Charge.STAN), driver.Reversed)
	b.bankReversed(p, 1)
}

func reversalVoid(t *testing.T, b *bench) {
	p, o, _ := b.pay()
	v, _ := b.reverse(p, o.Charge.STAN)
	b.verdict(v, driver.Unknown)
	v = b.resolveReversal(p, o.Charge.STAN)
	if v.Verdict != driver.Unknown || !v.Final || v.Preset != driver.NotReversed {
		t.Fatalf("%+v", v)
	}
	b.bankReversed(p, 0)
}

// notTheLast: whatever is not the terminal's last charge is refused before anything is sent.
func notTheLast(t *testing.T, b *bench) {
	ctx := context.Background()
	if _, err := b.terminal.Reverse(ctx, driver.Reversal{Reference: "RIFT1AAAAAAAZ", STAN: "000001", AmountCents: 100}, b.ledger); !errors.Is(err, driver.ErrNotLast) {
		t.Errorf("on a terminal without a last result: %v", err)
	}
	first, o, _ := b.pay()
	_, _, _ = b.pay()
	for _, v := range []driver.Reversal{
		{Reference: first.Reference, STAN: o.Charge.STAN, AmountCents: first.AmountCents},     // not the last
		{Reference: first.Reference, STAN: "000000", AmountCents: first.AmountCents},          // whatever is the last
		{Reference: first.Reference, STAN: b.lastSTAN(), AmountCents: first.AmountCents + 77}, // another amount
	} {
		if _, err := b.terminal.Reverse(ctx, v, b.ledger); !errors.Is(err, driver.ErrNotLast) {
			t.Errorf("%+v: %v", v, err)
		}
	}
	if b.end.Financial() != 2 {
		t.Fatalf("%d financial commands for two payments", b.end.Financial())
	}
}

func (b *bench) lastSTAN() string { return b.ledger.last(b.t).Charge.STAN }

func reversalSentFails(t *testing.T, b *bench) {
	p, o, _ := b.pay()
	b.ledger.sentErr = errors.New("disk full")
	_, err := b.terminal.Reverse(context.Background(), driver.Reversal{Reference: p.Reference, STAN: o.Charge.STAN, AmountCents: p.AmountCents}, b.ledger)
	if !errors.Is(err, b.ledger.sentErr) || b.end.Financial() != 1 {
		t.Fatalf("%v, %d financial commands", err, b.end.Financial())
	}
}

func reversalOutcomeFails(t *testing.T, b *bench) {
	p, o, _ := b.pay()
	written := 0
	b.ledger.outcomeErr = errors.New("disk full")
	b.ledger.onOutcome = func() { written = b.tap.count() }
	if _, a := b.reverse(p, o.Charge.STAN); a.Acked || b.tap.count() != written {
		t.Fatalf("acknowledged: %t, %d bytes after the outcome could not be written", a.Acked, b.tap.count()-written)
	}
}

func (b *bench) closeSession() driver.Closing {
	b.t.Helper()
	b.closings++
	c, err := b.terminal.CloseSession(context.Background())
	if err != nil {
		b.t.Fatalf("close session: %v", err)
	}
	return c
}

func sessionClosed(t *testing.T, b *bench) {
	p, _, _ := b.pay()
	c := b.closeSession()
	want := driver.Totals{Present: true, Cents: p.AmountCents}
	if c.State != driver.ClosingDone || c.Proven || c.Terminal != want || c.Host != want || c.Ticket == "" {
		t.Fatalf("%+v", c)
	}
	if totals, err := b.terminal.Totals(context.Background()); err != nil || !totals.Present || totals.Cents != 0 {
		t.Fatalf("totals after the close: %+v, %v", totals, err)
	}
}

func closingLost(t *testing.T, b *bench) {
	p, _, _ := b.pay()
	c := b.closeSession()
	if c.State != driver.ClosingDone || !c.Proven || c.Terminal.Cents != p.AmountCents || c.Host.Present || b.end.Total() != 0 {
		t.Fatalf("%+v", c)
	}
}

// closingMute: nothing proves that it is closed, and it is not.
func closingMute(t *testing.T, b *bench) {
	b.pay()
	if c := b.closeSession(); c.State != driver.ClosingUnknown || c.Reason.Code == "" || b.end.Total() == 0 {
		t.Fatalf("%+v", c)
	}
}

func closingNAK(t *testing.T, b *bench) {
	b.pay()
	if c := b.closeSession(); c.State != driver.ClosingRefused || c.Reason.Code == "" || b.end.Total() == 0 {
		t.Fatalf("%+v", c)
	}
}

func reprint(t *testing.T, b *bench) {
	ctx := context.Background()
	if slip, err := b.terminal.Reprint(ctx); err != nil || slip.Present {
		t.Fatalf("before the first receipt: %+v, %v", slip, err)
	}
	p, _, _ := b.pay()
	slip, err := b.terminal.Reprint(ctx)
	if err != nil || !slip.Present || !slip.Complete || len(slip.References) != 1 || slip.References[0] != p.Reference || slip.Text == "" {
		t.Fatalf("%+v, %v", slip, err)
	}
}

func detect(t *testing.T, b *bench) {
	ctx := context.Background()
	knows := func(reference string) bool { return b.end.Charged(reference) > 0 }
	p, err := b.terminal.Detect(ctx, knows, true)
	if err != nil {
		t.Fatalf("detect: %v", err)
	}
	if p.Prints != driver.AnswerUnknown || p.Reprints != driver.AnswerUnknown || b.end.Financial() != 0 || b.end.Closings() != 0 {
		t.Fatalf("a terminal that has sold nothing: %+v, %d financial commands", p, b.end.Financial())
	}
	sold, _, _ := b.pay()
	one := driver.AnswerYes
	if b.end.Serial {
		one = driver.AnswerUnknown
	}
	for _, quiet := range []bool{false, true} {
		p, err = b.terminal.Detect(ctx, knows, quiet)
		if err != nil {
			t.Fatalf("detect: %v", err)
		}
		if p.TerminalID != b.end.Config.TerminalID || p.Software == "" || p.Scope == "" || p.AckForm == "" || p.At.IsZero() ||
			len(p.Supports) != 5 || strings.Trim(p.Supports, "sGTRE") != "" || p.Refuses != "" ||
			p.Prints != driver.AnswerYes || p.Reprints != driver.AnswerYes || p.OneClient != one ||
			p.TotalCents == nil || *p.TotalCents != sold.AmountCents || p.TotalsBefore != quiet {
			t.Fatalf("quiet %t: %+v", quiet, p)
		}
	}
	if p, err = b.terminal.Detect(ctx, func(string) bool { return false }, true); err != nil || p.Prints != driver.AnswerUnknown {
		t.Fatalf("a reference that nobody knows: %+v, %v", p, err)
	}
	if b.end.Financial() != 1 || b.end.Closings() != 0 {
		t.Fatal("detection sent a financial command")
	}
}

// detectBare: what is refused is found out, and is no error.
func detectBare(t *testing.T, b *bench) {
	b.pay()
	p, err := b.terminal.Detect(context.Background(), b.ledgerKnows, true)
	if err != nil || p.Supports != "sGE" || len(p.Refuses) != 2 || p.TotalsBefore || p.TotalCents != nil ||
		p.Prints != driver.AnswerUnknown || p.Reprints != driver.AnswerNo {
		t.Fatalf("%+v, %v", p, err)
	}
	if _, err := b.terminal.Reprint(context.Background()); !errors.Is(err, driver.ErrUnsupported) {
		t.Fatalf("reprint: %v", err)
	}
	b.terminal.Commission(p)
	_, o, _ := b.pay()
	b.verdict(o, driver.Charged)
}

func (b *bench) ledgerKnows(reference string) bool { return b.end.Charged(reference) > 0 }

// passport: what it allows is used, and a terminal that differs from it takes no money and is not closed.
func passport(t *testing.T, b *bench) {
	ctx := context.Background()
	first, o, _ := b.pay()
	p, err := b.terminal.Detect(ctx, b.ledgerKnows, true)
	if err != nil {
		t.Fatalf("detect: %v", err)
	}
	b.terminal.Commission(p)
	second := b.payment()
	second.Previous = first.Reference
	if _, err := b.terminal.Pay(ctx, second, b.ledger); err != nil {
		t.Fatalf("pay: %v", err)
	}
	base := b.ledger.baseline()
	if base.Total == nil || !base.Total.Measured || base.Total.Cents != first.AmountCents || base.Previous != first.Reference {
		t.Fatalf("baseline %+v, total %+v", base, base.Total)
	}
	b.terminal.Commission(driver.Passport{})
	third, expected := b.payment(), first.AmountCents+second.AmountCents
	third.Expected = &expected
	if _, err := b.terminal.Pay(ctx, third, b.ledger); err != nil {
		t.Fatalf("pay: %v", err)
	}
	if total := b.ledger.baseline().Total; total == nil || total.Measured || total.Cents != expected {
		t.Fatalf("total %+v", total)
	}
	financial, sent := b.end.Financial(), b.ledger.intents()
	id, software, scope := p, p, p
	id.TerminalID, software.Software, scope.Scope = "87654321", "OLD", "stx+payload"
	for name, changed := range map[string]driver.Passport{"id": id, "software": software, "scope": scope} {
		b.terminal.Commission(changed)
		_, pay := b.terminal.Pay(ctx, third, b.ledger)
		_, reverse := b.terminal.Reverse(ctx, driver.Reversal{Reference: third.Reference, STAN: o.Charge.STAN, AmountCents: third.AmountCents}, b.ledger)
		_, closing := b.terminal.CloseSession(ctx)
		for _, err := range []error{pay, reverse, closing} {
			if !errors.Is(err, driver.ErrPassport) {
				t.Errorf("another %s: %v", name, err)
			}
		}
	}
	if b.end.Financial() != financial || b.ledger.intents() != sent || b.end.Closings() != 0 {
		t.Fatal("a terminal that is not as it was commissioned got a command")
	}
	b.terminal.Commission(p)
	_, again, _ := b.pay()
	b.verdict(again, driver.Charged)
}

// lease: who holds the terminal is told to who asks and to who is refused.
func lease(t *testing.T, b *bench) {
	ctx, cancel := context.WithCancel(context.Background())
	if l := b.terminal.Lease(); l != (driver.Lease{}) {
		t.Fatalf("nobody holds it: %+v", l)
	}
	p, ended := b.payment(), make(chan error, 1)
	go func() {
		_, err := b.terminal.Pay(context.Background(), p, b.ledger)
		ended <- err
	}()
	<-b.ledger.sent
	if l := b.terminal.Lease(); l.Holder != "pay" || l.What != p.Reference || l.Since.IsZero() || time.Since(l.Since) > time.Minute {
		t.Fatalf("%+v", l)
	}
	cancel()
	_, pay := b.terminal.Pay(context.Background(), b.payment(), b.ledger)
	_, reverse := b.terminal.Reverse(context.Background(), driver.Reversal{Reference: p.Reference, STAN: "000001", AmountCents: 1}, b.ledger)
	_, detect := b.terminal.Detect(context.Background(), nil, false)
	_, closing := b.terminal.CloseSession(context.Background())
	_, status := b.terminal.Status(ctx)
	_, reprint := b.terminal.Reprint(ctx)
	for name, err := range map[string]error{"pay": pay, "reverse": reverse, "detect": detect, "close": closing, "status": status, "reprint": reprint} {
		if !errors.Is(err, driver.ErrBusy) || !strings.Contains(err.Error(), "pay of "+p.Reference) {
			t.Errorf("%s: %v", name, err)
		}
	}
	b.terminal.Close()
	<-ended
	if l := b.terminal.Lease(); l != (driver.Lease{}) {
		t.Fatalf("nobody holds it any more: %+v", l)
	}
}
