//go:build unix

package main

import (
	"testing"

	"sportello/protocol/local"
)

// TestKillAtEveryStep kills the real service with SIGKILL at each durable step of a payment, starts it
// again, and compares its verdict with what the bank decided: no step may lose or repeat a charge, and
// the clerk must be able to go on. The rows are those of the crash table in package till.
func TestKillAtEveryStep(t *testing.T) {
	for _, row := range []struct {
		failpoint string
		charged   bool // what the bank decides in this run
		verdict   []local.State
	}{
		{"till.preflight", false, nil},
		{"ledger.intend.before", false, nil},
		{"ledger.intend.after", false, []local.State{local.StateUnknown}},
		{"till.phase:1", false, []local.State{local.StateUnknown, local.StateCharged, local.StateNotCharged}},
		{"till.phase:2", true, []local.State{local.StateUnknown, local.StateCharged}},
		{"ledger.conclude.before", true, []local.State{local.StateCharged}},
		{"ledger.conclude.after", true, []local.State{local.StateCharged}},
		{"ledger.aftermath.before", true, []local.State{local.StateCharged}},
		{"ledger.aftermath.after", true, []local.State{local.StateCharged}},
		{"ledger.register.before", true, []local.State{local.StateCharged}},
		{"ledger.register.after", true, []local.State{local.StateCharged}},
	} {
		t.Run(row.failpoint, func(t *testing.T) {
			t.Parallel()
			c := newCounter(t, setup{})
			// A morning like any other: the terminal has a last result, and the ledger knows it.
			c.start()
			if code, _, errs := c.payWhenReady(debt(2), "r0"); code != 0 {
				t.Fatalf("the first payment ended with %d: %s", code, errs)
			}
			c.proven()
			c.kill()
			c.start("SPORTELLO_FAILPOINT=" + row.failpoint)
			abandon := c.payAndLeave(debt(0), "r1")
			c.until("the service to die at "+row.failpoint, c.dead)
			abandon()

			c.start()
			var p local.Payment
			c.until("the attempt to be decided", func() bool {
				list := c.payments() // the newest first; the last is the morning's
				if row.verdict == nil {
					return len(list) == 1
				}
				if len(list) != 2 {
					t.Fatalf("%d payments on record, want two", len(list))
				}
				p = list[0]
				return p.State != local.StateSent && (p.State != local.StateUnknown || p.NeedsPeople)
			})
			bank := c.charges()[onTheWire(debt(0))]
			if bank > 1 {
				t.Fatalf("the bank charged %d times", bank)
			}
			if row.charged && bank != 1 {
				t.Fatalf("the bank charged %d times, this row wants one", bank)
			}
			if p.State == local.StateCharged && bank != 1 {
				t.Error("the ledger says charged, the bank does not")
			}
			if (p.State == local.StateNotCharged || p.State == "") && bank != 0 {
				t.Error("the bank charged and the ledger does not know")
			}
			if row.verdict != nil {
				ok := false
				for _, v := range row.verdict {
					ok = ok || v == p.State
				}
				if !ok {
					t.Errorf("verdict %s (%v), want one of %v", p.State, p.Reason, row.verdict)
				}
			}

			// The clerk goes on: the same notice is refused while money may be in it, another is taken.
			again, second, errs := c.payWhenReady(debt(0), "r2")
			switch {
			case p.State == local.StateUnknown || p.State == local.StateCharged:
				if again != 3 {
					t.Errorf("the locked notice ended with %d: %s", again, errs)
				}
			case again != 0 || second.State != local.StateCharged:
				t.Errorf("the free notice ended with %d: %s", again, errs)
			}
			if code, _, errs := c.cli("ledger", "check"); code != 0 {
				t.Errorf("ledger check: %d %s", code, errs)
			}
			if p.State == local.StateUnknown {
				if code, _, errs := c.cli("terminal", "free", "cassa1"); code != 0 {
					t.Errorf("freeing the terminal: %d %s", code, errs)
				}
			}
			if code, other, errs := c.payWhenReady(debt(1), "r3"); code != 0 || other.State != local.StateCharged {
				t.Errorf("another notice ended with %d: %s", code, errs)
			}
			for notice, n := range c.charges() {
				if n > 1 {
					t.Errorf("%s was charged %d times", notice, n)
				}
			}
			c.until("every charge to be registered", func() bool {
				for _, p := range c.payments() {
					if p.State == local.StateCharged && p.Notices[0].Registration != local.RegistrationRegistered {
						return false
					}
				}
				return true
			})
		})
	}
}
