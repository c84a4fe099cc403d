package main

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"testing"

	"sportello/driver/simulator"
	"sportello/protocol/ecr17"
	"sportello/protocol/local"
)

// stands puts a terminal of the counter's bank where the configuration looks for it, until gone is called.
func (c *counter) stands(o simulator.Options) (gone func()) {
	c.t.Helper()
	o.Bank = c.bank
	terminal, err := simulator.New(o)
	if err != nil {
		c.t.Fatal(err)
	}
	c.vacant(c.address())
	l, err := net.Listen("tcp", c.address())
	if err != nil {
		c.t.Fatal(err)
	}
	c.terminal = terminal
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- terminal.Serve(ctx, l) }()
	return func() {
		cancel()
		<-done
	}
}

// detects commissions the terminal and gives its passport.
func (c *counter) detects(more ...string) local.Passport {
	c.t.Helper()
	code, out, errs := c.cli(append([]string{"terminal", "detect", "cassa1", "--json"}, more...)...)
	var r local.TerminalReport
	if err := json.Unmarshal([]byte(out), &r); err != nil || code != exitDone || r.Passport == nil {
		c.t.Fatalf("detect ended with %d: %v\n%s%s", code, err, out, errs)
	}
	return *r.Passport
}

// TestCommission: detect stores a passport without moving money; it survives a restart. Other firmware is
// told before the next payment, in a case, and learned; another terminal, or another LRC scope, takes no
// payment until somebody has dealt with it.
func TestCommission(t *testing.T) {
	t.Parallel()
	c := newCounter(t, setup{address: "tcp://" + freeAddress(t)})
	gone := c.stands(simulator.Options{})
	c.start()
	if now := c.seen(); now.Passport != nil {
		t.Errorf("a passport before any: %+v", now.Passport)
	}
	c.takes(debt(0)) // a terminal that has sold nothing refuses to tell its last result
	c.registered()
	p := c.detects()
	if p.TerminalID != "12345678" || p.Software != "SIM17001" || p.Scope != "stx+payload+etx" || !strings.Contains(p.Supports, "s") ||
		!strings.Contains(p.Supports, "G") || !strings.Contains(p.Supports, "T") || p.TotalsBefore || len(p.Changed) != 0 {
		t.Errorf("passport: %+v", p)
	}
	if n := c.terminal.Received('X') + c.terminal.Received('P') + c.terminal.Received('S') + c.terminal.Received('C'); n != 1 {
		t.Errorf("%d requests for money or a close, want the payment's", n)
	}
	if code, _, errs := c.as("rossi", "terminal", "detect", "cassa1", "--quiet-totals"); code != exitFailed {
		t.Errorf("a clerk's --quiet-totals ended with %d: %s", code, errs)
	}
	code, out, errs := c.as("bianchi", "terminal", "detect", "cassa1", "--quiet-totals", "--json")
	if code != exitDone || !strings.Contains(out, `"totals_before": true`) {
		t.Errorf("a supervisor's --quiet-totals ended with %d\n%s%s", code, out, errs)
	}
	c.kill()
	c.start()
	if now := c.seen(); now.Passport == nil || now.Passport.Software != "SIM17001" || !now.Passport.TotalsBefore {
		t.Fatalf("after a restart: %+v", now.Passport)
	}

	// Other firmware: the next payment finds it, tells it, and learns the terminal again before it charges.
	gone()
	gone = c.stands(simulator.Options{Release: "SIM18002"})
	c.takes(debt(1))
	if now := c.seen(); now.Passport.Software != "SIM18002" || now.Passport.TotalsBefore {
		t.Errorf("after an update: %+v", now.Passport)
	}
	if open := c.cases(local.CodePassportChanged); len(open) == 0 || !strings.Contains(open[0].Evidence, "SIM18002") {
		t.Errorf("cases: %+v", open)
	}

	// Another LRC scope is no update.
	gone()
	gone = c.stands(simulator.Options{Release: "SIM18002", Scope: ecr17.Payload})
	c.notAsCommissioned()
	code, out, errs = c.cli("terminal", "detect", "cassa1")
	if code != exitFailed || !strings.Contains(out, " payload, provato") || !strings.Contains(errs, "responsabile") {
		t.Errorf("a clerk's detect ended with %d\n%s%s", code, out, errs)
	}
	c.notAsCommissioned() // nothing has changed
	// Another terminal.
	gone()
	gone = c.stands(simulator.Options{TerminalID: "87654321", Release: "SIM18002"})
	c.notAsCommissioned()
	gone()
	gone = c.stands(simulator.Options{Release: "SIM18002"})
	defer gone()
	c.detects()
	c.takes(debt(2))
	c.soundLedger()
}

// notAsCommissioned requires a refusal that says so, with something to do, before any money.
func (c *counter) notAsCommissioned() {
	c.t.Helper()
	code, out, errs := c.cli("pay", debt(2), "--terminal", "cassa1", "--json")
	var doc local.ErrorBody
	if err := json.Unmarshal([]byte(out), &doc); err != nil || code != exitNotCharged || doc.Error.Code != local.CodePassportChanged {
		c.t.Errorf("pay ended with %d %q: %v\n%s", code, doc.Error.Code, err, errs)
	}
	c.italian(errs, []string{"non è più come alla messa in servizio", "terminal detect"})
	c.refuses(http.MethodPost, "payments", requestFor(debt(2), 0), told{code: local.CodePassportChanged, status: 409})
	if n := c.terminal.Received('X'); n != 0 {
		c.t.Errorf("%d requests for money", n)
	}
}
