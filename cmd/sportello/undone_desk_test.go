package main

import (
	"testing"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/driver/simulator"
	"sportello/protocol/local"
)

// TestUndoneByItself: our ACK is lost, and the terminal undoes the sale by itself (D13). It remembers the approval
// still; its total tells, where it is read before each sale.
func TestUndoneByItself(t *testing.T) {
	for _, undoes := range []bool{true, false} {
		stagedDesk(t, simulator.Options{}, driver.Exclusive, func(s *soak) {
			pay := func(id string, n int, faults ...simulator.Rule) ledger.Payment {
				if err := s.sim.Script(faults...); err != nil {
					s.quit(err)
				}
				p, err := s.buy(id, soakNotice(n, 1200))
				if err != nil {
					s.quit(err)
				}
				s.await()
				time.Sleep(5 * time.Minute)
				now, err := s.ledger.Payment(p.ID)
				if err != nil {
					s.quit(err)
				}
				return now
			}
			pay("r0", 0)
			s.commission()
			if ts, err := s.ledger.Terminal("cassa1"); err != nil || !ts.Passport.TotalsBefore {
				t.Fatalf("%+v %v", ts.Passport, err)
			}
			faults := []simulator.Rule{{Fault: simulator.CloseBeforeACK, On: "X", Nth: 1}}
			if undoes {
				faults = append(faults, simulator.Rule{Fault: simulator.AutoCancel, On: "X", Nth: 1})
			}
			p := pay("r1", 1, faults...)
			if p.State != ledger.Charged || p.Acked {
				t.Fatalf("%s, acknowledged %t", p.State, p.Acked)
			}
			_ = s.ask(soakChief, "status", local.ActionRequest{})
			s.await()
			cases, err := s.ledger.Cases(false)
			if err != nil {
				t.Fatal(err)
			}
			told := false
			for _, c := range cases {
				told = told || c.PaymentID == p.ID && c.Cause.Code == string(local.CodeChargeUndone)
			}
			if told != undoes {
				t.Errorf("undone %t: %+v", undoes, cases)
			}
			if p, err = s.ledger.Payment(p.ID); err != nil || p.Confirmed == undoes {
				t.Errorf("undone %t: confirmed %t, %v", undoes, p.Confirmed, err)
			}
		})
	}
}
