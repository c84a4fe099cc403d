package main

import (
	"encoding/json"
	"testing"
	"time"

	"sportello/driver/simulator"
	"sportello/protocol/govpay/govpaytest"
	"sportello/protocol/local"
)

// newGiving is a counter whose provider undoes the pagoPA leg (reversal: provider), with one charge.
func newGiving(t *testing.T) (*counter, local.Payment) {
	t.Helper()
	c := newCounter(t, setup{})
	c.configured("    exclusivity: exclusive\n", "    exclusivity: exclusive\n    reversal: provider\n")
	c.start()
	p := c.takes(debt(0))
	c.registered()
	return c, p
}

// gives runs the command reverse and decodes its one document.
func (c *counter) gives(id string, exit int, more ...string) (p local.Payment) {
	c.t.Helper()
	code, out, errs := c.as("bianchi", append([]string{"reverse", id, "--json"}, more...)...)
	if err := json.Unmarshal([]byte(out), &p); err != nil || code != exit {
		c.t.Fatalf("reverse ended with %d, want %d: %v\n%s%s", code, exit, err, out, errs)
	}
	return p
}

// cannotGive is a reversal that is refused before anything was sent.
func (c *counter) cannotGive(operator, id string, exit int, want local.Code) {
	c.t.Helper()
	code, out, errs := c.as(operator, "reverse", id, "--json")
	var doc local.ErrorBody
	if err := json.Unmarshal([]byte(out), &doc); err != nil || code != exit || doc.Error.Code != want {
		c.t.Errorf("reverse ended with %d %q, want %d %q: %v\n%s", code, doc.Error.Code, exit, want, err, errs)
	}
}

// back counts the bank's reversals.
func (c *counter) back() (n int) {
	for _, d := range c.bank.Decisions() {
		if d.Kind == simulator.KindReversal && d.Approved {
			n++
		}
	}
	return n
}

// TestReversed: a supervisor gives the last charge back, once; the notice stays locked for the token's life.
func TestReversed(t *testing.T) {
	t.Parallel()
	c, p := newGiving(t)
	c.cannotGive("rossi", p.ID, exitFailed, local.CodeForbiddenRole)
	if code, _, errs := c.cli("reverse", p.ID); code != exitUsage {
		t.Errorf("a nameless reversal ended with %d: %s", code, errs)
	}
	now := c.gives(p.ID, exitDone, "--request-id", "v1")
	c.until("the terminal to be told", func() bool { // before that nobody can say when the notice is free
		now = c.payment(p.ID)
		return now.Reversal != nil && now.Reversal.FreeAt != nil
	})
	if now.State != local.StateReversed || now.Reversal == nil || now.Reversal.Operator != "bianchi" || now.Reversal.EndedAt == nil ||
		now.Reversal.FreeAt == nil || now.Reversal.FreeAt.Sub(*now.Reversal.EndedAt) != 30*time.Minute {
		t.Fatalf("reversed: %+v", now)
	}
	c.gives(p.ID, exitDone, "--request-id", "v1") // the same request is the same reversal
	c.cannotGive("bianchi", p.ID, exitNotCharged, local.CodeNotReversible)
	if n := c.back(); n != 1 || c.terminal.Received('S') != 1 {
		t.Errorf("given back %d times, asked %d times", n, c.terminal.Received('S'))
	}
	locked := told{exit: exitNotCharged, code: local.CodeNoticeLocked}
	c.locked(debt(0), locked)
	c.kill()
	c.start()
	c.locked(debt(0), locked)
	if after := c.payment(p.ID); after.State != local.StateReversed {
		t.Errorf("after a kill: %+v", after)
	}
	c.takes(debt(1))
	c.soundLedger()
}

// TestReversalRefused: the bank says no; the charge stands.
func TestReversalRefused(t *testing.T) {
	t.Parallel()
	c, p := newGiving(t)
	if err := c.terminal.Script(simulator.Rule{On: "S", Nth: 1, Fault: simulator.Decline, Code: "116"}); err != nil {
		t.Fatal(err)
	}
	now := c.gives(p.ID, exitNotCharged)
	if now.State != local.StateCharged || now.Reason == nil || now.Reason.Code != string(local.CodeReversalRefused) || c.back() != 0 {
		t.Errorf("refused: %+v %+v", now, now.Reason)
	}
	c.takes(debt(1))
	c.cannotGive("bianchi", p.ID, exitNotCharged, local.CodeNotReversible) // it is not the last one any more
	if len(c.cases(local.CodeNotReversible)) != 1 {
		t.Error("no case for what the office has to refund")
	}
	c.soundLedger()
}

// TestReversalLost: the answer is lost; evidence or two people find that the money went back, once.
func TestReversalLost(t *testing.T) {
	t.Parallel()
	for fault, want := range map[simulator.Fault]local.State{simulator.CutAfterAuth: local.StateReversed, simulator.CutBeforeAuth: local.StateCharged} {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			c, p := newGiving(t)
			if err := c.terminal.Script(simulator.Rule{On: "S", Nth: 1, Fault: fault}); err != nil {
				t.Fatal(err)
			}
			code, _, errs := c.as("bianchi", "reverse", p.ID)
			now := c.payment(p.ID)
			if now.State == local.StateReversing {
				if code != exitUnknown || !now.NeedsPeople {
					t.Fatalf("reverse ended with %d: %s\n%+v", code, errs, now)
				}
				c.locked(debt(0), told{exit: exitNotCharged, code: local.CodeNoticeLocked})
				answer := map[local.State]string{local.StateReversed: "--reversed", local.StateCharged: "--not-reversed"}[want]
				proposed := c.decides("rossi", "resolve", p.ID, answer)
				now = c.decides("bianchi", "resolve", p.ID, "--sign", "--seq", seq(proposed))
			}
			given := map[local.State]int{local.StateReversed: 1}[want]
			if now.State != want || c.back() != given || c.terminal.Received('S') != 1 {
				t.Errorf("%+v, given back %d times, asked %d times", now, c.back(), c.terminal.Received('S'))
			}
			c.soundLedger()
		})
	}
}

// TestReversalNotOffered: without the provider's word a charge is not given back on the terminal: it becomes
// a refund case, which two people end with a proof.
func TestReversalNotOffered(t *testing.T) {
	t.Parallel()
	c := newCounter(t, setup{platform: govpaytest.Options{ReceiptDelay: time.Hour}})
	c.start()
	p := c.takes(debt(0))
	for range 2 { // one case, however often it is asked
		c.cannotGive("bianchi", p.ID, exitNotCharged, local.CodeNotReversible)
	}
	open := c.cases(local.CodeNotReversible)
	if len(open) != 1 || open[0].PaymentID != p.ID || !open[0].NeedsTwo || c.terminal.Received('S') != 0 {
		t.Fatalf("cases: %+v", open)
	}
	id := open[0].ID
	if code, _, errs := c.as("rossi", "cases", "end", id, "--refunded"); code != exitUsage {
		t.Errorf("an ending without proof: %d %s", code, errs)
	}
	if code, _, errs := c.as("bianchi", c.rested([]string{"cases", "end", id, "--refunded", "--proof", "mandato 12/2026", "--json"})...); code != exitDone {
		t.Fatalf("ending the case: %d %s", code, errs)
	}
	if code, _, errs := c.as("bianchi", c.rested([]string{"cases", "sign", id})...); code != exitFailed {
		t.Errorf("the same person's signature ended with %d: %s", code, errs)
	}
	if code, _, errs := c.as("bianchi", c.rested([]string{"cases", "sign", id, "--turn-down"})...); code != exitDone {
		t.Errorf("taking it back: %d %s", code, errs)
	}
	if code, _, errs := c.as("rossi", c.rested([]string{"cases", "end", id, "--refunded", "--proof", "mandato 12/2026"})...); code != exitDone {
		t.Fatalf("a clerk's ending: %d %s", code, errs)
	}
	code, out, errs := c.as("bianchi", c.rested([]string{"cases", "sign", id, "--json"})...)
	var k local.Case
	if err := json.Unmarshal([]byte(out), &k); err != nil || code != exitDone || k.Ended == nil || k.Ending != local.EndingRefunded || len(k.EndedBy) != 2 {
		t.Errorf("the signature: %d %v %+v %s", code, err, k, errs)
	}
	if now := c.payment(p.ID); now.State != local.StateCharged || now.Notices[0].Registration != local.RegistrationClosed {
		t.Errorf("after the refund: %+v", now)
	}
	c.soundLedger()
}

// TestUnproven: until the first receipt a terminal has one charge outstanding (design 5.6).
func TestUnproven(t *testing.T) {
	t.Parallel()
	var late lateReceipt
	c := newCounter(t, setup{platform: late.of(debt(0))})
	c.start()
	first := c.takes(debt(0))
	c.locked(debt(1), told{exit: exitNotCharged, code: local.CodeTerminalUnproven})
	if n := c.terminal.Received('X'); n != 1 {
		t.Errorf("%d requests for money", n)
	}
	late.comes()
	c.registered()
	if now := c.payment(first.ID); now.Notices[0].Registration != local.RegistrationRegistered {
		t.Errorf("%+v", now)
	}
	c.takes(debt(1))
}
