package ecr17_test

import (
	"testing"
	"testing/synctest"

	"sportello/driver"
	"sportello/driver/simulator"
)

// TestEarlierResultInOtherBytes: the memory tells the last sale with another time than its result had, and
// then the terminal repeats that result within the next sale (D11, G14). Its STAN is the last sale's: it is
// not the next one's outcome.
func TestEarlierResultInOtherBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		playCase(t, kase{id: "D11", play: func(s *stage) {
			s.pay(1200).is(driver.Charged)
			s.boot()
			s.rules(simulator.Rule{On: "G", Fault: simulator.HostTimeOff, DelayMS: 7_200_000}, simulator.Rule{Case: "D11"})
			a := s.pay(1300)
			if c := a.outcome().Charge; c != nil && c.AmountCents != 1300 {
				s.Errorf("the sale before is taken for this one: %+v", c)
			}
		}}, "memory", inMemory)
	})
}
