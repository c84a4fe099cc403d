package ecr17_test

import (
	"time"

	"sportello/driver"
	"sportello/driver/simulator"
	"sportello/protocol/ecr17"
)

// requestCases are ECR17 7.2.
var requestCases = []kase{
	{id: "R01", real: true, play: func(s *stage) {
		s.rules(simulator.Rule{Case: "R01", DelayMS: s.span(8*time.Second, 600*time.Millisecond).Milliseconds()})
		s.pay(1000).is(driver.Charged)
	}},
	{id: "R02", real: true, config: withoutData, play: func(s *stage) {
		s.pay(900).is(driver.Charged)
		s.rules(simulator.Rule{Case: "R02"})
		s.pay(1000).is(driver.Unknown) // the result came before any ACK: a candidate only
		s.resolve(s.attempts[1], true).is(driver.Charged)
	}},
	{id: "R03", real: true, play: func(s *stage) {
		s.pay(900).is(driver.Charged)
		s.rules(simulator.Rule{Case: "R03"})
		s.recovered(1000).people(driver.NotCharged) // row 22
	}},
	{id: "R04", real: true, play: func(s *stage) { // design 3.2: not again after a NAK; another try is another attempt
		s.pay(900).is(driver.Charged)
		s.rules(simulator.Rule{Case: "R04"})
		s.pay(1000).is(driver.NotCharged)
		s.pay(1000).is(driver.Charged)
	}},
	{id: "R05", real: true, play: func(s *stage) {
		s.pay(900).is(driver.Charged)
		s.rules(simulator.Rule{Case: "R05"})
		for range 3 {
			s.pay(1000).is(driver.NotCharged)
		}
		s.pay(1000).is(driver.Charged)
	}},
	{id: "R06", real: true, config: withoutData, play: func(s *stage) {
		s.pay(900).is(driver.Charged)
		s.rules(simulator.Rule{Case: "R06"})
		s.recovered(1000).is(driver.Charged)
	}},
	{id: "R07", real: true, play: func(s *stage) {
		s.rules(simulator.Rule{Case: "R07"})
		s.pay(1000).is(driver.Charged)
	}},
	{id: "R08", real: true, play: func(s *stage) {
		s.rules(simulator.Rule{Case: "R08"})
		s.pay(1000).is(driver.Charged)
	}},
	{id: "R09", real: true, play: func(s *stage) {
		s.rules(simulator.Rule{Case: "R09"})
		s.pay(1000).is(driver.Charged)
	}},
	{id: "R10", real: true, play: func(s *stage) {
		s.rules(simulator.Rule{Case: "R10"})
		s.pay(1000).is(driver.Charged)
		s.pay(1100).is(driver.Charged)
	}},
	{id: "R11", config: withoutData, play: func(s *stage) { // it would execute every copy: the stage counts frames and charges
		s.pay(900).is(driver.Charged)
		s.rules(simulator.Rule{Case: "R11"})
		s.recovered(1000).is(driver.Charged)
	}},
	{id: "R12", real: true, play: func(s *stage) {
		s.pay(900).is(driver.Charged)
		s.rules(simulator.Rule{Case: "R12"})
		s.pay(1000).is(driver.NotCharged)
		if n := s.sim.Received('P'); n != 0 {
			s.Errorf("%d P in place of X, by nobody's choice", n)
		}
		s.cfg.Command = "P" // the installer's
		s.boot()
		s.recovered(1100).is(driver.Charged)
		if n := s.sim.Received('P'); n != 1 {
			s.Errorf("%d P", n)
		}
	}},
	{id: "R13", real: true, play: func(s *stage) {
		s.rules(simulator.Rule{Case: "R13"})
		s.pay(1000).refused(driver.ErrSilent)
	}},
	{id: "R14", real: true, options: func(o *simulator.Options) { o.Scope = ecr17.PayloadEtx }, play: func(s *stage) {
		s.pay(1000).is(driver.Charged) // found with s alone: the stage counts P and X
		s.cfg.LRC = ecr17.Payload.String()
		s.boot()
		s.pay(1000).refused(driver.ErrWrongScope)
	}},
	{id: "R15", real: true, config: func(c *driver.Config) { c.TerminalID = "87654321" }, play: func(s *stage) {
		s.pay(1000).refused(driver.ErrWrongTerminal)
	}},
	{id: "R16", real: true, play: func(s *stage) {
		s.rules(simulator.Rule{Case: "R16"})
		a := s.pay(1000).is(driver.NotCharged)
		if a.outcome().Reason.Text == "" {
			s.Error("no reason to show")
		}
	}},
	{id: "R17", real: true, play: func(s *stage) {
		s.pay(900).is(driver.Charged)
		s.rules(simulator.Rule{Case: "R17"}, simulator.Rule{Fault: simulator.Decline, Code: "116"})
		s.pay(900).is(driver.NotCharged) // and not the approval that came again
	}},
	{id: "R18", real: true, play: func(s *stage) {
		s.rules(simulator.Rule{Case: "R18"}, simulator.Rule{Fault: simulator.Decline, Code: "116"})
		s.pay(1000).is(driver.NotCharged)
	}},
	{id: "R19", real: true, play: func(s *stage) {
		s.pay(900).is(driver.Charged)
		s.rules(simulator.Rule{Case: "R19"})
		a := s.pay(1000).is(driver.Unknown)
		if s.resolve(a, true).outcome().Verdict == driver.Charged {
			s.Error("charged by an older sale's result")
		}
	}},
}
