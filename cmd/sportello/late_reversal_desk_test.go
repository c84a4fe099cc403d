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

// TestLateWordOfTheReversal: the payment was given up, people said charged, its reversal was given up, too: the
// reversal's late word is the reversal's.
func TestLateWordOfTheReversal(t *testing.T) {
	stagedDesk(t, simulator.Options{Closing: simulator.CloseNever, Clients: 2}, driver.Shared, func(s *soak) {
		ctx := context.Background()
		if _, err := s.buy("r0", soakNotice(0, 1000)); err != nil {
			s.quit(err)
		}
		s.await()
		s.wait(5 * time.Minute)
		s.settle.Close()
		if err := s.sim.Script(simulator.Rule{Fault: simulator.NoResult, On: "X", Nth: 1}); err != nil {
			s.quit(err)
		}
		p, err := s.buy("r1", soakNotice(1, 1200))
		if err != nil {
			s.quit(err)
		}
		s.await()
		now, _ := s.ledger.Payment(p.ID)
		if _, err := s.till.Resolve(ctx, soakClerk, p.ID, local.ResolutionRequest{RequestID: "x", EvidenceSeq: now.EvidenceSeq, Answer: local.AnswerCharged, STAN: "000002", Note: "scontrino"}); err != nil {
			s.quit(err)
		}
		now, _ = s.ledger.Payment(p.ID)
		if now.Proposal != nil {
			if _, err := s.till.Countersign(ctx, soakOther, p.ID, local.CountersignRequest{RequestID: "x", EvidenceSeq: now.EvidenceSeq, Accept: true}); err != nil {
				s.quit(err)
			}
		}
		s.wait(time.Minute)
		if err := s.sim.Script(simulator.Rule{Fault: simulator.Slow, At: "result", DelayMS: 1_500_000, On: "S", Nth: 1}); err != nil {
			s.quit(err)
		}
		if _, err := s.till.Reverse(ctx, soakChief, p.ID, local.ActionRequest{RequestID: "undo"}); err != nil {
			s.quit(err)
		}
		for range 60 {
			s.wait(time.Minute)
			now, _ = s.ledger.Payment(p.ID)
			if _, err := s.till.Payment(ctx, p.ID); err != nil {
				t.Log(err)
			}
		}
		ts, _ := s.ledger.Terminal("cassa1")
		if now.State != ledger.Reversed || ts.Demoted {
			t.Errorf("the terminal has said that the money is given back, and the payment is %s; demoted %t", now.State, ts.Demoted)
		}
		if err := s.ask(soakChief, "detect", local.ActionRequest{}); err != nil {
			t.Errorf("detect: %v", err)
		}
	})
}
