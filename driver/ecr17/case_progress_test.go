package ecr17_test

import (
	"strings"
	"time"

	"sportello/driver"
	"sportello/driver/simulator"
)

// progressCases are ECR17 7.3.
var progressCases = []kase{
	{id: "P01", real: true, play: func(s *stage) {
		s.rules(simulator.Rule{Case: "P01"})
		s.pay(1000).is(driver.Charged)
	}},
	{id: "P02", real: true, play: func(s *stage) {
		s.rules(simulator.Rule{Case: "P02"})
		a := s.pay(1000).is(driver.Charged)
		if !a.after.TicketComplete || !strings.Contains(a.after.Ticket, a.Reference) {
			s.Errorf("slip %q, whole %t", a.after.Ticket, a.after.TicketComplete)
		}
	}},
	{id: "P03", play: func(s *stage) {
		s.rules(simulator.Rule{Case: "P03"})
		if a := s.pay(1000).is(driver.Charged); a.took < 5*time.Minute || a.took > 6*time.Minute {
			s.Errorf("took %v", a.took)
		}
	}},
	{id: "P04", real: true, play: func(s *stage) {
		s.rules(simulator.Rule{Case: "P04"})
		s.pay(1000).is(driver.Charged)
	}},
	{id: "P05", real: true, play: func(s *stage) {
		s.rules(simulator.Rule{Case: "P05"})
		s.pay(1000).is(driver.Charged)
	}},
	{id: "P06", real: true, play: func(s *stage) {
		s.pay(900).is(driver.Charged)
		s.rules(simulator.Rule{Case: "P06"})
		a := s.pay(1000).is(driver.Unknown)
		s.resolve(a, true).people("") // row 23: it began, and has nothing newer; never charged by its words
	}},
	{id: "P07", real: true, play: func(s *stage) {
		s.rules(simulator.Rule{Case: "P07"})
		a := s.pay(1000).is(driver.Charged)
		for _, p := range a.progress {
			if strings.ContainsFunc(p.Text, func(r rune) bool { return r < ' ' || r > '~' && r < 0xA0 || r == 0xFFFD }) || len(p.Text) > 40 {
				s.Errorf("on the screen: %q", p.Text)
			}
		}
	}},
	{id: "P08", real: true, play: func(s *stage) {
		s.rules(simulator.Rule{Case: "P08"})
		s.pay(1000).is(driver.Charged)
		s.pay(1100).is(driver.Charged)
	}},
}
