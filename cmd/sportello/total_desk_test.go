package main

import (
	"testing"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/driver/simulator"
	"sportello/protocol/local"
)

// TestComputedTotalHidesNoCharge: our ACK is lost and the terminal undoes that sale by itself (D13). The next
// sale of the same amount, cut off after its approval, leaves the sum that the ledger would have computed: it
// must not look as if nothing had been charged (ECR17 6.5 row 24). Where the ACK came through, the sum counts.
func TestComputedTotalHidesNoCharge(t *testing.T) {
	for _, lost := range []bool{true, false} {
		stagedDesk(t, simulator.Options{Unsupported: "G", NoReferenceInCopy: true}, driver.Exclusive, func(s *soak) {
			pay := s.cutDesk
			pay("r0", 0)
			for _, action := range []string{"detect", "totals"} {
				if err := s.ask(soakChief, action, local.ActionRequest{}); err != nil {
					s.quit(err)
				}
			}
			var undo []simulator.Rule
			if lost {
				undo = []simulator.Rule{{Fault: simulator.CloseBeforeACK, On: "X", Nth: 1}, {Fault: simulator.AutoCancel, On: "X", Nth: 1}}
			}
			first := pay("r1", 1, undo...)
			ts, _ := s.ledger.Terminal("cassa1")
			if first.State != ledger.Charged || first.Acked == lost || (ts.Total == nil) != lost {
				t.Errorf("lost %t: %s, acked %t, total %v", lost, first.State, first.Acked, ts.Total)
			}
			s.settle.Close() // the platform is away: no receipt stands in the way
			now := pay("r2", 2, simulator.Rule{Fault: simulator.CutAfterAuth, On: "X", Nth: 1})
			if s.charges(now.Reference) != 1 || now.State == ledger.NotCharged || lost && !now.NeedsPeople {
				t.Errorf("lost %t: the bank has charged it, and it is %s %+v", lost, now.State, now.Reason)
			}
			if _, err := s.buy("r3", soakNotice(2, 1200)); err == nil {
				t.Errorf("lost %t: the notice is charged again, %d approvals", lost, s.charges(""))
				s.await()
			}
		})
	}
}

// cutDesk pays with faults and waits for what comes of it.
func (s *soak) cutDesk(id string, n int64, faults ...simulator.Rule) ledger.Payment {
	if err := s.sim.Script(faults...); err != nil {
		s.quit(err)
	}
	p, err := s.buy(id, soakNotice(int(n), 1200))
	if err != nil {
		s.quit(err)
	}
	s.await()
	s.wait(5 * time.Minute)
	now, _ := s.ledger.Payment(p.ID)
	return now
}

// TestUnnoticedCloseHidesNoCharge: the terminal closes its session by itself, one sale follows, and then one of the
// same amount whose result is lost: the terminal's total is again what the ledger has computed without it. Where G does
// not tell, no computed total decides (ECR17 6.5 row 24). Where it tells that nothing is newer one does (row 19): the
// terminal lost its power between adding up and saving, and only the till's care for such sums (expected) is left.
func TestUnnoticedCloseHidesNoCharge(t *testing.T) {
	for name, o := range map[string]simulator.Options{
		"without G": {Unsupported: "G", NoReferenceInCopy: true},
		"unsaved":   {CountsFirst: true, NoUndo: true, NoReferenceInCopy: true},
	} {
		t.Run(name, func(t *testing.T) {
			stagedDesk(t, o, driver.Exclusive, func(s *soak) {
				s.cutDesk("r0", 0)
				for _, action := range []string{"detect", "totals"} {
					if err := s.ask(soakChief, action, local.ActionRequest{}); err != nil {
						s.quit(err)
					}
				}
				if _, err := s.sim.ManualClose(); err != nil {
					s.quit(err)
				}
				s.cutDesk("r1", 1)
				s.settle.Close() // the platform is away: no receipt stands in the way
				faults := []simulator.Rule{{Fault: simulator.CutAfterAuth, On: "X", Nth: 1}}
				if o.NoUndo {
					faults = nil
					if err := s.sim.RebootAt(simulator.RebootBeforeSave); err != nil {
						s.quit(err)
					}
				}
				now := s.cutDesk("r2", 2, faults...)
				if s.charges(now.Reference) != 1 || s.sim.Bank().Total(s.sim.TerminalID()) != 2400 {
					t.Errorf("%d charges, total %d", s.charges(now.Reference), s.sim.Bank().Total(s.sim.TerminalID()))
				}
				if now.State == ledger.NotCharged || !now.NeedsPeople {
					t.Errorf("the bank has charged it, and it is %s %+v", now.State, now.Reason)
				}
			})
		})
	}
}
