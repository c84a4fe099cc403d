package main

import (
	"encoding/json"
	"testing"

	"sportello/driver/simulator"
	"sportello/protocol/local"
)

// closes closes the terminal's session as a supervisor and gives what was found.
func (c *counter) closes(exit int) local.Closing {
	c.t.Helper()
	code, out, errs := c.as("bianchi", "terminal", "close", "cassa1", "--json")
	var r local.TerminalReport
	if err := json.Unmarshal([]byte(out), &r); err != nil || code != exit || r.Closing == nil {
		c.t.Fatalf("close ended with %d, want %d: %v\n%s%s", code, exit, err, out, errs)
	}
	return *r.Closing
}

// TestCloseNamesTheDifference: the totals of terminal and host against the ledger's, with a sale typed on the
// terminal in between.
func TestCloseNamesTheDifference(t *testing.T) {
	t.Parallel()
	c := newCounter(t, setup{exclusivity: "manual"})
	c.start()
	first := c.takes(debt(0))
	if code, _, errs := c.as("rossi", "terminal", "close", "cassa1"); code != exitFailed {
		t.Errorf("a clerk's close ended with %d: %s", code, errs)
	}
	if v := c.closes(exitDone); v.State != "closed" || v.LedgerCents != first.AmountCents || v.TerminalCents == nil ||
		*v.TerminalCents != first.AmountCents || len(v.Differences) != 0 || v.Payments != 1 {
		t.Errorf("a close that adds up: %+v", v)
	}
	second := c.takes(debt(1))
	if _, err := c.terminal.ManualSale(777); err != nil {
		t.Fatal(err)
	}
	v := c.closes(exitDone)
	found := map[string]int64{}
	for _, d := range v.Differences {
		found[d.Between] = d.Cents
		if len(d.Payments) != 0 || d.Text == "" {
			t.Errorf("a sale of somebody else's is put to %v: %q", d.Payments, d.Text)
		}
	}
	if v.State != "closed" || v.LedgerCents != second.AmountCents || found[local.TerminalLedger] != 777 || found[local.HostLedger] != 777 {
		t.Errorf("a close with a manual sale: %+v", v)
	}
	if len(c.cases(local.CodeClosingDiffers)) != 1 {
		t.Error("no case for the difference")
	}
	if v := c.closes(exitDone); v.LedgerCents != 0 || v.Payments != 0 || len(v.Differences) != 0 {
		t.Errorf("a close of nothing: %+v", v)
	}
	c.soundLedger()
}

// TestCloseLost: the answer to the close is lost. A total of zero proves it; a total that is still there
// proves nothing, and is said so.
func TestCloseLost(t *testing.T) {
	t.Parallel()
	for fault, row := range map[simulator.Fault]struct {
		exit   int
		state  string
		proven bool
	}{
		simulator.CutAfterAuth: {exitDone, "closed", true},
		simulator.ResetUnread:  {exitUnknown, "unknown", false},
	} {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			c := newCounter(t, setup{timing: "{result: 10s, hard_stop: 10s, quiet: 1s}"}) // a close is asked for that long
			c.start()
			p := c.takes(debt(0))
			if err := c.terminal.Script(simulator.Rule{On: "C", Nth: 1, Fault: fault}); err != nil {
				t.Fatal(err)
			}
			v := c.closes(row.exit)
			if v.State != row.state || v.Proven != row.proven || v.LedgerCents != p.AmountCents || c.terminal.Received('C') > 1 {
				t.Errorf("%+v, %d requests to close", v, c.terminal.Received('C'))
			}
			if open := c.cases(local.CodeClosingUnknown); row.proven != (len(open) == 0) {
				t.Errorf("cases: %+v", open)
			}
			c.registered()
			c.takes(debt(1))
			c.soundLedger()
		})
	}
}
