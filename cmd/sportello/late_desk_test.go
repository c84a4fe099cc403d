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

// slowWord stages a payment whose word, 00, comes when nobody expects it any more, 200 s after its beginning; the
// platform is away from then on.
func (s *soak) slowWord() local.Payment {
	s.Helper()
	if _, err := s.buy("r0", soakNotice(0, 1000)); err != nil {
		s.quit(err)
	}
	s.await()
	s.wait(5 * time.Minute)
	s.settle.Close()
	if err := s.sim.Script(simulator.Rule{Fault: simulator.Slow, At: "result", DelayMS: 400_000, On: "X", Nth: 1}); err != nil {
		s.quit(err)
	}
	p, err := s.buy("r1", soakNotice(1, 1200))
	if err != nil {
		s.quit(err)
	}
	s.wait(200 * time.Second)
	now, err := s.till.Payment(context.Background(), p.ID)
	if err != nil || now.State != local.StateUnknown || now.NeedsPeople {
		s.quit("evidence is not being gathered", now.State, err)
	}
	return now
}

// TestWordAfterPeopleCutTheGatheringShort: two people say "not charged" while evidence is still being gathered; the
// word that the terminal sends on the attempt's own line afterwards is read all the same (G21).
func TestWordAfterPeopleCutTheGatheringShort(t *testing.T) {
	for _, unsupported := range []string{"", "G"} {
		for _, next := range []string{"close", "payment"} {
			stagedDesk(t, simulator.Options{Unsupported: unsupported}, driver.Exclusive, func(s *soak) {
				ctx := context.Background()
				p := s.slowWord()
				v, err := s.till.Resolve(ctx, soakChief, p.ID, local.ResolutionRequest{RequestID: "x", EvidenceSeq: p.EvidenceSeq, Answer: local.AnswerNotCharged, Note: "negata"})
				if err != nil {
					s.quit(err)
				}
				if _, err := s.till.Countersign(ctx, soakOther, p.ID, local.CountersignRequest{RequestID: "x", EvidenceSeq: v.EvidenceSeq, Accept: true}); err != nil {
					s.quit(err)
				}
				s.wait(600 * time.Second)
				if next == "close" {
					if err := s.ask(soakChief, "close", local.ActionRequest{}); err != nil {
						t.Errorf("close: %v", err)
					}
				} else if _, err := s.buy("r2", soakNotice(1, 1200)); err == nil {
					t.Errorf("G refused %q: the notice was charged again: %d approvals", unsupported, s.charges(""))
					s.await()
				}
				s.wait(time.Minute)
				now, _ := s.ledger.Payment(p.ID)
				cases, _ := s.ledger.Cases(true)
				if now.State != ledger.Charged || len(cases) == 0 || s.charges("") != 2 {
					t.Errorf("G refused %q: the terminal has said 00, and it is %s, %d cases, %d approvals", unsupported, now.State, len(cases), s.charges(""))
				}
			})
		}
	}
}

// TestWordAfterFree: likewise when a supervisor frees the terminal meanwhile, and another payment follows.
func TestWordAfterFree(t *testing.T) {
	for _, unsupported := range []string{"", "G"} {
		stagedDesk(t, simulator.Options{Unsupported: unsupported}, driver.Exclusive, func(s *soak) {
			p := s.slowWord()
			if err := s.ask(soakChief, "free", local.ActionRequest{}); err != nil {
				s.quit(err)
			}
			s.wait(600 * time.Second)
			_, _ = s.buy("r2", soakNotice(2, 1300))
			s.await()
			s.wait(time.Minute)
			if now, _ := s.ledger.Payment(p.ID); now.State != ledger.Charged {
				t.Errorf("G refused %q: the terminal has said 00, and it is %s", unsupported, now.State)
			}
		})
	}
}
