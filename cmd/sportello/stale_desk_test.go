package main

import (
	"context"
	"testing"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/driver/simulator"
	"sportello/protocol/local"
)

// TestStaleRefusalAfterRestartWithoutG: the service was started again, and the terminal tells no last result; the
// refusal of the payment before, repeated behind the ACK of the next one, is not the next one's outcome.
func TestStaleRefusalAfterRestartWithoutG(t *testing.T) {
	stagedDesk(t, simulator.Options{Unsupported: "G"}, driver.Exclusive, func(s *soak) {
		pay := func(id string, n int, fault ...simulator.Rule) ledger.Payment {
			if err := s.sim.Script(fault...); err != nil {
				s.quit(err)
			}
			p, err := s.buy(id, soakNotice(n, 1200))
			if err != nil {
				s.quit(err)
			}
			s.await()
			s.wait(5 * time.Minute)
			now, _ := s.ledger.Payment(p.ID)
			return now
		}
		pay("r0", 0)
		if first := pay("r1", 1, simulator.Rule{Fault: simulator.Decline, Code: "116", On: "X", Nth: 1}); first.State != ledger.NotCharged {
			s.quit(first.State)
		}
		s.bury()
		second := pay("r2", 1, simulator.Rule{Fault: simulator.StaleInside, On: "X", Nth: 1})
		if second.State == ledger.NotCharged || s.charges(second.Reference) != 1 {
			t.Errorf("the bank has approved it, and it is %s by STAN %q", second.State, second.Charge.STAN)
		}
		if _, err := s.buy("r3", soakNotice(1, 1200)); err == nil {
			t.Errorf("the notice is charged again: %d approvals", s.charges(""))
			s.await()
		}
	})
}

// TestLateWordThatIsOdd: a late word that decides nothing by itself (71 bytes) is among the evidence, and keeps neither
// commissioning nor a close waiting.
func TestLateWordThatIsOdd(t *testing.T) {
	stagedDesk(t, simulator.Options{Closing: simulator.CloseNever}, driver.Shared, func(s *soak) {
		if _, err := s.buy("r0", soakNotice(0, 1000)); err != nil {
			s.quit(err)
		}
		s.await()
		s.wait(5 * time.Minute)
		s.settle.Close()
		if err := s.sim.Script(simulator.Rule{Fault: simulator.Slow, At: "result", DelayMS: 1_500_000, On: "X", Nth: 1}, simulator.Rule{Fault: simulator.PlainResult, On: "X", Nth: 1}); err != nil {
			s.quit(err)
		}
		p, err := s.buy("r1", soakNotice(1, 1200))
		if err != nil {
			s.quit(err)
		}
		for range 40 {
			s.wait(time.Minute)
			if _, err := s.till.Payment(context.Background(), p.ID); err != nil {
				t.Error(err)
			}
		}
		evidence, _ := s.ledger.Evidence(p.ID)
		found := false
		for _, e := range evidence {
			found = found || e.Kind == "result" && len(e.Raw) > 60
		}
		if now, _ := s.ledger.Payment(p.ID); !found || now.State == ledger.NotCharged || now.Preset == driver.NotCharged {
			t.Errorf("%s, preset %q: %+v", now.State, now.Preset, evidence)
		}
		if err := s.ask(soakChief, "detect", local.ActionRequest{}); err != nil {
			t.Errorf("detect: %v", err)
		}
	})
}
