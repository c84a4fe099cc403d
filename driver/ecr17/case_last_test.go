package ecr17_test

import (
	"slices"
	"time"

	"sportello/driver"
	"sportello/driver/simulator"
)

// lastCases are ECR17 7.7.
var lastCases = slices.Concat(lastSaved, lastOthers, lastRecovery)

// others are the terminals on which somebody else may sell.
var others = []driver.Exclusivity{driver.Manual, driver.Shared}

// silentReference: nothing printed shows whose sale it was.
func silentReference(o *simulator.Options) { o.NoReference = true }

// givenUpSoon: on a real line nothing is learned by asking longer.
func givenUpSoon(c *driver.Config) {
	if c.Timing.GiveUp != 0 {
		c.Timing.GiveUp = 1500 * time.Millisecond
	}
}

// lastSaved: what the saved result says.
var lastSaved = []kase{
	{id: "G01", real: true, also: others, play: func(s *stage) {
		s.pay(1000).is(driver.Charged)
		s.commissioned()
		s.rules(simulator.Rule{Case: "G01"})
		a := s.recovered(1000).measured().is(driver.NotCharged) // R0: row 17
		if a.took < s.cfg.Timing.Quiet && s.virtual() {
			s.Errorf("decided after %v", a.took)
		}
		if !a.evidence("ticket", "il pagamento precedente") {
			s.Errorf("evidence %v", texts(a.allEvidence()))
		}
		s.boot()
		s.drv.Commission(driver.Passport{}) // of a terminal that nobody has commissioned the same proves nothing
		s.rules(simulator.Rule{Case: "G01"})
		s.recovered(1000).people("") // row 23
	}},
	{id: "G02", real: true, also: others, options: silentReference, play: func(s *stage) {
		s.pay(900).is(driver.Charged)
		s.rules(simulator.Rule{Fault: simulator.Decline, Code: "116"})
		s.pay(1000).is(driver.NotCharged)
		s.commission()
		s.rules(simulator.Rule{Case: "G02"})
		a := s.pay(1000).measured().is(driver.Unknown) // the refusal in G is the earlier one's
		if s.resolve(a, true).is(driver.NotCharged); s.virtual() && a.took < 4*time.Minute {
			s.Errorf("a retry was allowed after %v", a.took)
		}
		if !a.evidence("totals", "ora 9,00") { // T0: row 18
			s.Errorf("evidence %v", texts(a.allEvidence()))
		}
	}},
	{id: "G03", real: true, also: others, options: silentReference, play: func(s *stage) {
		s.pay(900).is(driver.Charged)
		s.commission()
		s.rules(simulator.Rule{Case: "G03"})
		if a := s.recovered(1000).measured(); s.x == driver.Exclusive {
			a.is(driver.Charged)
		} else {
			a.people(driver.Charged) // row 10: a stranger's sale of the same amount would look the same
		}
	}},
	{id: "G05", real: true, noPTY: true, also: others, play: func(s *stage) { // a serial line is not cut
		s.pay(900).is(driver.Charged)
		s.commissioned()
		s.rules(simulator.Rule{Case: "G05", DelayMS: s.span(time.Minute, 150*time.Millisecond).Milliseconds()})
		a := s.recovered(900).measured().is(driver.Charged) // row 7, and not "unchanged" at the first look
		if s.virtual() && a.took < 50*time.Second {
			s.Errorf("decided after %v, while the sale was running", a.took)
		}
	}},
	{id: "G06", real: true, config: givenUpSoon, play: func(s *stage) {
		s.pay(900).is(driver.Charged)
		s.commissioned()
		s.rules(simulator.Rule{Case: "G06"})
		a := s.recovered(1000).people("") // it told its last result before: that it tells none now is no evidence
		if s.virtual() && a.took < 14*time.Minute {
			s.Errorf("to people after %v", a.took)
		}
	}},
	{id: "G07", real: true, config: givenUpSoon, also: others, play: func(s *stage) {
		s.pay(900).is(driver.Charged)
		s.commissioned()
		s.rules(simulator.Rule{Case: "G07"})
		asked := s.sim.Received('G')
		a := s.recovered(1000).people("")
		if s.virtual() && (a.took < 14*time.Minute || a.took > 17*time.Minute) {
			s.Errorf("to people after %v", a.took)
		}
		if n := s.sim.Received('G') - asked; n < 4 {
			s.Errorf("asked %d times", n)
		}
	}},
	{id: "G08", real: true, also: others, play: func(s *stage) {
		s.pay(900).is(driver.Charged)
		s.rules(simulator.Rule{Case: "G08"})
		s.recovered(1000).people("") // a memory that was cleared; its 01 refuses nothing
	}},
	{id: "G09", real: true, config: func(c *driver.Config) { c.Command = "P" }, options: silentReference, play: func(s *stage) {
		s.pay(900)
		s.resolve(s.attempts[0], true).is(driver.Charged)
		s.rules(simulator.Rule{Case: "G09"})
		s.recovered(1000).is(driver.Charged) // row 11: the baseline is this attempt's own
		s.commission()
		s.rules(simulator.Rule{Case: "G09"})
		s.recovered(1000).measured().is(driver.Charged)
		if !s.attempts[2].evidence("totals", "prima 19,00") {
			s.Errorf("evidence %v", texts(s.attempts[2].allEvidence()))
		}
		s.pass = nil
		s.boot() // a process whose terminal refuses G before a sale has only its own memory for a baseline
		s.rules(simulator.Rule{On: "G", Fault: simulator.Nak, Times: 6}, simulator.Rule{On: "P", Fault: simulator.Decline, Code: "116"})
		s.pay(700).is(driver.NotCharged)
		s.rules(simulator.Rule{Case: "G09"})
		if a := s.recovered(1000).people(driver.Charged); !a.baseline.Untold {
			s.Error("the baseline was told")
		}
	}},
}
