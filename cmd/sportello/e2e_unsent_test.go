package main

import (
	"strings"
	"testing"

	"sportello/driver/simulator"
	"sportello/protocol/local"
)

// TestNoticesNotSent (U02): the terminal refuses the additional data and charges all the same. The provider does
// not know what was paid, so no receipt can come: people are told at once, and the clerk, too.
func TestNoticesNotSent(t *testing.T) {
	t.Parallel()
	rules, err := simulator.ReadFaults(strings.NewReader(`{"on":"U","nth":1,"times":3,"fault":"nak"}
{"on":"X","nth":1,"fault":"data_optional"}`))
	if err != nil {
		t.Fatal(err)
	}
	c := newCounter(t, setup{terminal: simulator.Options{Faults: rules}})
	c.start()
	code, p, errs := c.pay(debt(0))
	if code != exitDone || p.State != local.StateCharged {
		t.Fatalf("%d %+v %s", code, p, errs)
	}
	open := c.cases(local.CodeNoticesNotSent)
	if len(open) != 1 || open[0].PaymentID != p.ID || !open[0].NeedsTwo {
		t.Fatalf("cases: %+v", open)
	}
	if n := p.Notices[0]; n.Registration != local.RegistrationAwaitingReceipt || n.Reason == nil || n.Reason.Code != string(local.CodeNoticesNotSent) || n.Reason.Hint == "" {
		t.Errorf("notice: %+v", n)
	}
	code, out, errs := c.cli("cases", "show", open[0].ID)
	if code != exitDone || !strings.Contains(out, "non ha trasmesso il numero dell'avviso") || !strings.Contains(out, "Non far ripagare") {
		t.Errorf("%d %s%s", code, out, errs)
	}
	c.soundLedger()
}
