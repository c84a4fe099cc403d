//go:build unix

package main

import (
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sportello/driver/simulator"
	"sportello/protocol/local"
)

// TestKillAtTheDesk kills the real service with SIGKILL at each durable step of what people decide, of a
// reversal and of a close (the second crash table of package till), starts it again and holds what it says
// against the bank. Nothing may be undone, given back twice, or left on nobody's list.
func TestKillAtTheDesk(t *testing.T) {
	unknown := func(c *counter) string { return c.undecided(debt(0), simulator.CutBeforeAuth).ID }
	charged := func(c *counter) string { return c.takes(debt(0)).ID }
	proposed := func(c *counter) string {
		id := unknown(c)
		c.decides("rossi", "resolve", id, "--not-charged")
		return id
	}
	refundCase := func(c *counter) string {
		c.configured("    reversal: provider\n", "")
		c.kill()
		c.start()
		code, _, errs := c.as("bianchi", "reverse", c.takes(debt(0)).ID)
		cases := c.cases(local.CodeNotReversible)
		if code != exitNotCharged || len(cases) != 1 {
			c.t.Fatalf("reverse ended with %d, %d cases: %s", code, len(cases), errs)
		}
		return cases[0].ID
	}
	states := func(want ...local.State) func(*counter, string) {
		return func(c *counter, id string) { c.standsAt(id, want...) }
	}
	none := func(*counter) string { return "cassa1" }
	for _, row := range []struct {
		failpoint string
		before    func(*counter) string // gives what the step is about
		step      []string              // ID stands for it
		after     func(*counter, string)
	}{
		{"ledger.propose.before", unknown, []string{"resolve", "ID", "--not-charged"}, func(c *counter, id string) {
			if p := c.payment(id); p.State != local.StateUnknown || p.Proposal != nil {
				c.t.Errorf("%+v", p)
			}
			c.decides("rossi", "resolve", id, "--not-charged")
			c.signs(id)
		}},
		{"ledger.propose.after", unknown, []string{"resolve", "ID", "--not-charged"}, func(c *counter, id string) {
			if p := c.payment(id); p.State != local.StateUnknown || p.Proposal == nil || p.Proposal.By != "bianchi" {
				c.t.Errorf("%+v", p)
			}
			c.decides("bianchi", "resolve", id, "--turn-down")
			c.decides("rossi", "resolve", id, "--not-charged")
			c.signs(id)
		}},
		{"ledger.countersign.before", proposed, []string{"resolve", "ID", "--sign"}, func(c *counter, id string) { c.signs(id) }},
		{"ledger.countersign.after", proposed, []string{"resolve", "ID", "--sign"}, func(c *counter, id string) {
			if p := c.payment(id); p.State != local.StateNotCharged || len(p.ResolvedBy) != 2 {
				c.t.Errorf("%+v", p)
			}
		}},
		{"ledger.reverse.before", charged, []string{"reverse", "ID"}, states(local.StateCharged)},
		{"ledger.reverse.after", charged, []string{"reverse", "ID"}, states(local.StateCharged, local.StateReversing)},
		{"ledger.conclude.before", charged, []string{"reverse", "ID"}, states(local.StateReversed, local.StateReversing)},
		{"ledger.conclude.after", charged, []string{"reverse", "ID"}, states(local.StateReversed)},
		{"ledger.ending.before", refundCase, []string{"cases", "end", "ID", "--refunded", "--proof", "mandato 12/2026"}, func(c *counter, id string) {
			if k := c.cases(local.CodeNotReversible); len(k) != 1 || k[0].Proposal != nil {
				c.t.Errorf("%+v", k)
			}
		}},
		{"ledger.ending.after", refundCase, []string{"cases", "end", "ID", "--refunded", "--proof", "mandato 12/2026"}, func(c *counter, id string) {
			for _, k := range c.cases(local.CodeNotReversible) { // it waits for its second person
				if k.Proposal == nil || k.Proposal.By != "bianchi" || k.Proposal.Ending != local.EndingRefunded {
					c.t.Errorf("%+v", k)
				}
			}
		}},
		{"ledger.close.before", none, []string{"terminal", "close", "ID"}, func(c *counter, _ string) { c.closesAfter(0) }},
		{"ledger.close.after", none, []string{"terminal", "close", "ID"}, func(c *counter, _ string) { c.closesAfter(0) }},
		{"ledger.close.before:2", none, []string{"terminal", "close", "ID"}, func(c *counter, _ string) { c.closesAfter(1) }},
		{"ledger.close.after:2", none, []string{"terminal", "close", "ID"}, func(c *counter, _ string) { c.closesAfter(1) }},
	} {
		t.Run(row.failpoint, func(t *testing.T) {
			t.Parallel()
			exclusivity := "exclusive"
			if strings.HasPrefix(row.failpoint, "ledger.propose") || strings.HasPrefix(row.failpoint, "ledger.countersign") {
				exclusivity = "shared"
			}
			c := newCounter(t, setup{exclusivity: exclusivity})
			c.configured("    exclusivity: "+exclusivity+"\n", "    exclusivity: "+exclusivity+"\n    reversal: provider\n")
			c.start()
			c.takes(debt(2))
			c.registered()
			id := row.before(c)
			c.kill()
			c.start("SPORTELLO_FAILPOINT=" + row.failpoint)
			c.until("the terminal's first look", func() bool { return !c.asking() })
			args := append([]string{}, row.step...)
			for i := range args {
				args[i] = strings.ReplaceAll(args[i], "ID", id)
			}
			c.diesAt(row.failpoint, c.rested(args))

			c.start()
			c.until("the terminal's first look", func() bool { return !c.asking() })
			row.after(c, id)
			// The clerk goes on with another notice, and nothing was charged or given back twice.
			if code, p, errs := c.payAdopting(debt(1)); code != exitDone || p.State != local.StateCharged {
				if c.held() {
					if code, _, errs := c.as("bianchi", "terminal", "free", "cassa1"); code != exitDone {
						t.Errorf("freeing the terminal: %d %s", code, errs)
					}
					code, p, errs = c.payAdopting(debt(1))
				}
				if code != exitDone || p.State != local.StateCharged {
					t.Errorf("another notice ended with %d: %s", code, errs)
				}
			}
			back := map[string]int{}
			for _, d := range c.bank.Decisions() {
				if d.Kind == simulator.KindReversal && d.Approved {
					back[d.Reverses]++
				}
			}
			for stan, n := range back {
				if n > 1 {
					t.Errorf("%s was given back %d times", stan, n)
				}
			}
			for notice, n := range c.charges() {
				if n > 1 {
					t.Errorf("%s was charged %d times", notice, n)
				}
			}
			c.soundLedger()
		})
	}
}

// diesAt runs a supervisor's command until the service dies over it. The terminal's quiet time, which a start begins
// anew, may have to pass before the command is let through.
func (c *counter) diesAt(failpoint string, args []string) {
	c.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			cmd := exec.CommandContext(ctx, c.bin, append(args, "--operator", "bianchi", "--config", c.config)...)
			cmd.Stdin = strings.NewReader("1234\n")
			if out, _ := cmd.CombinedOutput(); !strings.Contains(string(out), string(local.CodeResolutionTooEarly)) {
				return
			}
		}
	}()
	c.until("the service to die at "+failpoint, c.dead)
	cancel()
	<-ended
}

// standsAt waits until a payment's reversal is decided, or people are asked, and holds it against the bank.
func (c *counter) standsAt(id string, want ...local.State) {
	c.t.Helper()
	var p local.Payment
	c.until("the reversal to be decided", func() bool {
		p = c.payment(id)
		return p.State != local.StateReversing || p.NeedsPeople
	})
	given := 0
	for _, d := range c.bank.Decisions() {
		if d.Kind == simulator.KindReversal && d.Approved {
			given++
		}
	}
	ok := false
	for _, state := range want {
		ok = ok || p.State == state
	}
	if !ok || p.State == local.StateReversed && given != 1 || p.State == local.StateCharged && given != 0 || given > 1 {
		c.t.Errorf("%s (%+v), given back %d times at the bank; want one of %v", p.State, p.Reason, given, want)
	}
	if p.State != local.StateCharged { // given back, or nobody knows: locked all the same
		c.locked(debt(0), told{exit: exitNotCharged, code: local.CodeNoticeLocked})
	}
}

// signs is the supervisor's signature under the clerk's answer, and the notice is free again.
func (c *counter) signs(id string) {
	c.t.Helper()
	p := c.payment(id)
	if p.State != local.StateUnknown || p.Proposal == nil || p.Proposal.By != "rossi" {
		c.t.Fatalf("to be signed: %+v", p)
	}
	if p = c.decides("bianchi", "resolve", id, "--sign", "--seq", seq(p)); p.State != local.StateNotCharged || len(p.ResolvedBy) != 2 {
		c.t.Errorf("signed: %+v", p)
	}
}

// closesAfter closes the session once more; the bank has closed it so often before.
func (c *counter) closesAfter(closes int) {
	c.t.Helper()
	count := func() (n int) {
		for _, d := range c.bank.Decisions() {
			if d.Kind == simulator.KindClose {
				n++
			}
		}
		return n
	}
	if n := count(); n != closes {
		c.t.Errorf("the bank closed %d times, want %d", n, closes)
	}
	if code, out, errs := c.as("bianchi", "terminal", "close", "cassa1"); code != exitDone || count() != closes+1 {
		c.t.Errorf("closing again: %d\n%s%s", code, out, errs)
	}
}

// lights is the terminals as the service shows them, without asking one; "" when it does not answer.
func (c *counter) lights() string {
	c.t.Helper()
	token, err := os.ReadFile(filepath.Join(c.dir, "data", tokenName))
	if err != nil {
		c.t.Fatal(err)
	}
	r, err := http.NewRequest(http.MethodGet, "http://"+c.listen+api+"terminals", nil)
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return ""
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		return ""
	}
	return string(body)
}

// asking: somebody has the terminal, or nobody has looked at it yet.
func (c *counter) asking() bool {
	now := c.lights()
	return now == "" || strings.Contains(now, `"lease"`) || strings.Contains(now, `"light":"unknown"`) || strings.Contains(now, `"light":"busy"`)
}

// held: an outcome that nobody knows has the terminal.
func (c *counter) held() bool { return strings.Contains(c.lights(), `"locked":true`) }
