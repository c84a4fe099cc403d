package main

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sportello/driver/simulator"
	"sportello/protocol/govpay/govpaytest"
	"sportello/protocol/local"
)

// as runs a client command with a named operator, patiently.
func (c *counter) as(operator string, args ...string) (code int, stdout, stderr string) {
	c.t.Helper()
	return c.patiently(func() (int, string, string) {
		return c.program("1234\n", append(args, "--operator", operator, "--config", c.config)...)
	})
}

// decides is a decision that is accepted: its one JSON document is the payment afterwards.
func (c *counter) decides(operator string, args ...string) (p local.Payment) {
	c.t.Helper()
	var code int
	var out, errs string
	args = c.rested(args)
	c.until("the terminal's quiet time", func() bool { // a start begins it anew
		code, out, errs = c.as(operator, append(args, "--json")...)
		return !strings.Contains(errs, string(local.CodeResolutionTooEarly))
	})
	if err := json.Unmarshal([]byte(out), &p); err != nil || code != exitDone {
		c.t.Fatalf("%v ended with %d: %v\n%s%s", args, code, err, out, errs)
	}
	return p
}

// rested adds to a decision the number of the evidence that stands now, where it names none.
func (c *counter) rested(args []string) []string {
	if args[0] == "cases" {
		one, _ := c.theCase(args[2])
		return append(slices.Clone(args), "--seq", strconv.FormatUint(one.Seq, 10))
	}
	if args[0] != "resolve" || slices.Contains(args, "--seq") {
		return args
	}
	return append(slices.Clone(args), "--seq", seq(c.payment(args[1])))
}

// theCase is an open case.
func (c *counter) theCase(id string) (local.Case, bool) {
	code, out, _ := c.cli("cases", "--json")
	var open []local.Case
	if code != exitDone || json.Unmarshal([]byte(out), &open) != nil {
		return local.Case{}, false
	}
	for _, one := range open {
		if one.ID == id {
			return one, true
		}
	}
	return local.Case{}, false
}

// refusesDecision is one that must not be accepted; nothing changes by it.
func (c *counter) refusesDecision(operator string, says string, args ...string) {
	c.t.Helper()
	before := c.payment(args[1])
	code, _, errs := c.as(operator, c.rested(args)...)
	if code != exitFailed {
		c.t.Errorf("%v ended with %d, want %d", args, code, exitFailed)
	}
	c.italian(errs, []string{says})
	after := c.payment(args[1])
	if after.State != before.State || after.EvidenceSeq != before.EvidenceSeq {
		c.t.Errorf("%v: %+v, before %+v", args, after, before)
	}
}

func (c *counter) payment(id string) (p local.Payment) {
	c.t.Helper()
	code, out, errs := c.cli("payment", id, "--json")
	if err := json.Unmarshal([]byte(out), &p); err != nil || code != exitDone {
		c.t.Fatalf("payment %s: %d %v %s", id, code, err, errs)
	}
	return p
}

// cases are the open ones with a cause.
func (c *counter) cases(cause local.Code) (found []local.Case) {
	c.t.Helper()
	code, out, errs := c.cli("cases", "--json")
	var all []local.Case
	if err := json.Unmarshal([]byte(out), &all); err != nil || code != exitDone {
		c.t.Fatalf("cases: %d %v %s", code, err, errs)
	}
	for _, one := range all {
		if one.Cause.Code == string(cause) {
			found = append(found, one)
		}
	}
	return found
}

// undecided pays a notice so that evidence does not tell what became of it: others use the terminal, too.
func (c *counter) undecided(notice string, fault simulator.Fault) local.Payment {
	c.t.Helper()
	c.proven()
	if err := c.terminal.Script(simulator.Rule{On: "X", Nth: 1, Fault: fault}); err != nil {
		c.t.Fatal(err)
	}
	code, p, errs := c.pay(notice)
	if code != exitUnknown {
		c.t.Fatalf("pay ended with %d: %s", code, errs)
	}
	c.until("the evidence to be gathered", func() bool {
		p = c.payment(p.ID)
		return p.NeedsPeople
	})
	if p.State != local.StateUnknown || len(p.Evidence) == 0 || p.EvidenceSeq == 0 {
		c.t.Fatalf("undecided: %+v", p)
	}
	return p
}

// newDesk is a counter on whose terminal others sell, too; its first charge is registered.
func newDesk(t *testing.T, o govpaytest.Options) *counter {
	t.Helper()
	c := newCounter(t, setup{exclusivity: "shared", platform: o})
	c.start()
	c.takes(debt(2))
	c.registered()
	return c
}

func seq(p local.Payment) string { return strconv.FormatUint(p.EvidenceSeq, 10) }

// TestDeskCharged: people find that the card was charged. The terminal is freed before, the notice is not,
// and from the decision on the charge goes its way to the receipt.
func TestDeskCharged(t *testing.T) {
	t.Parallel()
	var late lateReceipt
	c := newDesk(t, late.of(debt(0)))
	p := c.undecided(debt(0), simulator.CutAfterAuth)

	// Looking shows the evidence and the one question, in words and as one document.
	code, out, errs := c.cli("resolve", p.ID)
	if code != exitDone || !strings.Contains(out, "Che cosa si sa (prove n. "+seq(p)+")") || !strings.Contains(out, "Domanda: ") {
		t.Errorf("resolve: %d\n%s%s", code, out, errs)
	}
	if code, _, errs = c.cli("resolve", p.ID, "--charged"); code != exitUsage {
		t.Errorf("a nameless answer ended with %d: %s", code, errs)
	}
	c.locked(debt(1), told{exit: exitNotCharged, code: local.CodeTerminalLocked, status: 409})
	c.refusesDecision("rossi", "situazione è cambiata", "resolve", p.ID, "--charged", "--seq", strconv.FormatUint(p.EvidenceSeq-1, 10))
	proposed := c.decides("rossi", "resolve", p.ID, "--charged", "--seq", seq(p), "--stan", "000002")
	if proposed.State != local.StateUnknown || proposed.Proposal == nil || proposed.Proposal.By != "rossi" {
		t.Fatalf("proposed: %+v", proposed)
	}
	c.refusesDecision("rossi", "responsabile", "resolve", p.ID, "--sign", "--seq", seq(proposed))

	// The terminal is given back while the notice stays locked; both survive a kill.
	if code, _, errs = c.as("rossi", "terminal", "free", "cassa1"); code != exitDone {
		t.Fatalf("freeing the terminal: %d %s", code, errs)
	}
	c.kill()
	c.start()
	if code, other, errs := c.payAdopting(debt(1)); code != exitDone || other.State != local.StateCharged {
		t.Fatalf("another notice on the freed terminal: %d %s", code, errs)
	}
	c.locked(debt(0), told{exit: exitNotCharged, code: local.CodeNoticeLocked, status: 409})
	if p = c.payment(p.ID); p.State != local.StateUnknown || !p.NeedsPeople {
		t.Fatalf("after a kill: %+v", p)
	}

	// What was answered waits for a signature; then the provider's receipt comes: what was about to be signed
	// is not what is known now, and for what the receipt says one person suffices.
	late.comes()
	c.until("the receipt to be found", func() bool { return c.payment(p.ID).Preset == local.StateCharged })
	c.refusesDecision("bianchi", "situazione è cambiata", "resolve", p.ID, "--sign", "--seq", seq(proposed))
	c.refusesDecision("rossi", "ricevuta", "resolve", p.ID, "--not-charged")
	c.refusesDecision("rossi", "non corrisponde", "resolve", p.ID, "--charged", "--stan", "000002", "--auth", "A1B2C3")
	now := c.decides("rossi", "resolve", p.ID, "--charged", "--stan", "000002")
	if now.State != local.StateCharged || now.ReceiptNumber == "" || len(now.ResolvedBy) == 0 || now.ResolvedBy[0] != "rossi" {
		t.Fatalf("decided: %+v", now)
	}
	c.registered()
	if n := c.charges()[onTheWire(debt(0))]; n != 1 {
		t.Errorf("the bank charged %d times", n)
	}
	c.soundLedger()
}

// TestDeskNotCharged: two people find that the card was not charged: nobody alone, and nobody by evidence
// that has changed since. The notice is free again.
func TestDeskNotCharged(t *testing.T) {
	t.Parallel()
	c := newDesk(t, govpaytest.Options{})
	p := c.undecided(debt(0), simulator.CutBeforeAuth)

	parked := c.decides("rossi", "resolve", p.ID, "--parked", "--note", "il terminale non mostra nulla")
	if parked.State != local.StateUnknown || !parked.NeedsPeople || parked.Proposal != nil || parked.Reason.Code != string(local.CodeResolutionParked) {
		t.Errorf("parked: %+v", parked)
	}
	c.refusesDecision("rossi", "situazione è cambiata", "resolve", p.ID, "--not-charged", "--seq", seq(p)) // more is known: somebody has parked it

	proposed := c.decides("bianchi", "resolve", p.ID, "--not-charged", "--seq", seq(parked), "--note", "negata sul terminale")
	if proposed.State != local.StateUnknown || proposed.Proposal == nil || proposed.Proposal.Answer != local.AnswerNotCharged {
		t.Fatalf("proposed: %+v", proposed)
	}
	c.refusesDecision("bianchi", "non può anche confermarla", "resolve", p.ID, "--sign", "--seq", seq(proposed))
	c.locked(debt(0), told{exit: exitNotCharged, code: local.CodeNoticeLocked, status: 409})
	declined := c.decides("bianchi", "resolve", p.ID, "--turn-down", "--seq", seq(proposed))
	if declined.Proposal != nil || declined.State != local.StateUnknown || declined.EvidenceSeq == proposed.EvidenceSeq {
		t.Fatalf("turned down: %+v", declined)
	}

	proposed = c.decides("rossi", "resolve", p.ID, "--not-charged", "--seq", seq(declined))
	c.kill() // what was proposed waits for the signature
	c.start()
	if again := c.payment(p.ID); again.Proposal == nil || again.Proposal.By != "rossi" || again.EvidenceSeq != proposed.EvidenceSeq {
		t.Fatalf("after a kill: %+v", again)
	}
	signed := c.decides("bianchi", "resolve", p.ID, "--sign", "--seq", seq(proposed))
	if signed.State != local.StateNotCharged || len(signed.ResolvedBy) != 2 || signed.Reason.Code != string(local.CodeByPeople) {
		t.Fatalf("signed: %+v", signed)
	}
	c.refusesDecision("bianchi", "situazione è cambiata", "resolve", p.ID, "--sign", "--seq", seq(signed))

	code, retry, errs := c.payAdopting(debt(0))
	if code != exitDone || retry.State != local.StateCharged || c.charges()[onTheWire(debt(0))] != 1 {
		t.Errorf("the free notice ended with %d: %s", code, errs)
	}
	c.registered()
	c.soundLedger()
}

// locked requires that a notice cannot be charged now.
func (c *counter) locked(notice string, want told) {
	c.t.Helper()
	code, out, errs := c.cli("pay", notice, "--terminal", "cassa1", "--json")
	var doc local.ErrorBody
	if err := json.Unmarshal([]byte(out), &doc); err != nil || code != want.exit || doc.Error.Code != want.code {
		c.t.Errorf("pay ended with %d %q, want %d %q\n%s", code, doc.Error.Code, want.exit, want.code, errs)
	}
}

// payAdopting pays, and has a supervisor adopt what the terminal remembers where that is asked for.
func (c *counter) payAdopting(notice string) (int, local.Payment, string) {
	c.t.Helper()
	code, p, errs := c.payWhenReady(notice, newRequestID())
	if code == exitNotCharged {
		if code, _, said := c.as("bianchi", "terminal", "adopt", "cassa1"); code != exitDone {
			c.t.Fatalf("adopting: %d %s", code, said)
		}
		code, p, errs = c.payWhenReady(notice, newRequestID())
	}
	return code, p, errs
}
