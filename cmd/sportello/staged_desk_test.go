package main

import (
	"context"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"sportello/cmd/sportello/internal/till"
	"sportello/driver"
	"sportello/driver/simulator"
	"sportello/protocol/local"
)

// stagedDesk is the counter of the randomised run (soak_test.go) with one terminal and no chance: f stages it.
func stagedDesk(t *testing.T, o simulator.Options, x driver.Exclusivity, f func(s *soak)) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := &soak{T: t, tally: tally{}, seed: 1, rng: rand.New(rand.NewPCG(1, 17)), dir: dir, exclusive: x, reversal: till.ReversalProvider}
		o.Timing = simulator.Human
		var err error
		if s.sim, err = simulator.New(o); err != nil {
			s.quit(err)
		}
		s.agency = &agency{seed: 1, bank: s.sim.Bank()}
		s.serving, s.stopSim = context.WithCancel(context.Background())
		s.begin()
		f(s)
		s.end()
		s.stopSim()
		s.served.Wait()
	})
}

// wait lets time pass: the bubble's, which is virtual.
func (s *soak) wait(d time.Duration) { time.Sleep(d) }

// buy pays one notice.
func (s *soak) buy(id, notice string) (local.Payment, error) {
	return s.till.Pay(context.Background(), soakClerk, local.PaymentRequest{RequestID: id, Terminal: "cassa1",
		Notices: []local.RequestNotice{{Creditor: soakCreditor, Number: notice}}})
}

// charges are the approvals of the bank, of one reference or of all.
func (s *soak) charges(reference string) (n int) {
	for _, d := range s.sim.Bank().Decisions() {
		if d.Kind == simulator.KindPayment && d.Approved && (reference == "" || reference == d.Reference) {
			n++
		}
	}
	return n
}

// quit ends the bubble in order.
func (s *soak) quit(args ...any) {
	s.Helper()
	s.Error(args...)
	s.till.Close()
	_ = s.ledger.Close()
	s.settle.Close()
	s.stopSim()
	s.served.Wait()
	s.FailNow()
}
