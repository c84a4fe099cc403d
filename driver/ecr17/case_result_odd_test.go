package ecr17_test

import (
	"strings"
	"time"

	"sportello/driver"
	"sportello/driver/simulator"
	"sportello/protocol/ecr17"
	"sportello/protocol/local"
)

// withP: the installer has chosen P for this terminal.
func withP(c *driver.Config) { c.Command = "P" }

// shortStop: over a real line, a hard stop that a test can wait for.
func shortStop(c *driver.Config) {
	if c.Timing.HardStop != 0 {
		c.Timing.Result, c.Timing.HardStop = 900*time.Millisecond, 3*time.Second
	}
}

// resultOdd: results of another form, late, or missing.
var resultOdd = []kase{
	{id: "D16", real: true, play: func(s *stage) {
		s.pay(900).is(driver.Charged)
		s.rules(simulator.Rule{Case: "D16"})
		a := s.pay(1000).odd()
		if o := a.outcome(); !strings.Contains(o.Reason.Text, "12345679") || o.Charge != nil {
			s.Errorf("%+v, %+v", o.Reason, o.Charge)
		}
		s.resolve(a, true).is(driver.Charged).reason(local.CodeByEvidence)
	}},
	{id: "D17", real: true, play: func(s *stage) {
		s.pay(900).is(driver.Charged)
		s.rules(simulator.Rule{Case: "D17"})
		s.resolve(s.pay(1000).odd(), true).is(driver.Charged).reason(local.CodeByEvidence)
		withP(&s.cfg)
		s.boot()
		s.rules(simulator.Rule{Case: "D17", On: "P"}) // 70 bytes
		s.resolve(s.pay(1100).odd(), true).is(driver.Charged).reason(local.CodeByEvidence)
	}},
	{id: "D18", real: true, play: func(s *stage) {
		s.pay(900).is(driver.Charged)
		s.rules(simulator.Rule{Case: "D18"})
		s.resolve(s.pay(1000).odd(), true).is(driver.Charged).reason(local.CodeByEvidence)
	}},
	{id: "D19", real: true, play: func(s *stage) {
		s.pay(900).is(driver.Charged)
		s.rules(simulator.Rule{Case: "D19"})
		s.resolve(s.pay(1000).odd(), true).is(driver.Charged).reason(local.CodeByEvidence)
	}},
	{id: "D20", real: true, options: func(o *simulator.Options) { o.Closing = simulator.CloseNever }, play: func(s *stage) {
		s.pay(900).is(driver.Charged)
		s.rules(simulator.Rule{Case: "D20"})
		a := s.pay(1000).is(driver.Unknown).reason(local.CodeNoAnswer)
		if s.virtual() && a.took < 3*time.Minute {
			s.Errorf("given up after %v", a.took)
		}
		s.resolve(a, true).is(driver.Charged).reason(local.CodeByEvidence)
	}},
	{id: "D21", real: true, play: func(s *stage) {
		s.rules(simulator.Rule{Case: "D21"})
		a := s.pay(1000).is(driver.Charged).reason(local.CodeApproved)
		d, c := s.decided(a.Reference), a.outcome().Charge
		if c.AmountCents != 1000 || s.total().Cents != 1000 {
			s.Errorf("%d cents booked, total %+v", c.AmountCents, s.total())
		}
		if c.DCC != (driver.DCC{Currency: "USD", Amount: d.DCC.Amount, Decimals: "2", Rate: d.DCC.Rate}) || c.DCC.Amount == "000000001000" {
			s.Errorf("%+v, the bank has %+v", c.DCC, d.DCC)
		}
	}},
	{id: "D22", real: true, config: withP, play: func(s *stage) {
		s.rules(simulator.Rule{Case: "D22"})
		a := s.pay(1000).is(driver.Charged).reason(local.CodeApproved)
		if d := s.decided(a.Reference); d.DCC == nil || d.DCC.Rate == "" {
			s.Errorf("there was no rate to be shown: %+v", d)
		}
		if c := a.outcome().Charge; c.DCC != (driver.DCC{}) || c.AmountCents != 1000 {
			s.Errorf("%+v", c)
		}
	}},
	{id: "D23", real: true, config: withP, play: func(s *stage) {
		s.rules(simulator.Rule{Case: "D23"})
		a := s.pay(1000).is(driver.Charged).reason(local.CodeApproved) // by its word: the amount is there
		if c := a.outcome().Charge; c.AmountCents != 1000 || c.ActionCode != "000" {
			s.Errorf("%+v", c)
		}
	}},
	{id: "D24", real: true, play: func(s *stage) {
		s.pay(900).is(driver.Charged)
		s.rules(simulator.Rule{Case: "D24"})
		s.resolve(s.pay(1000).odd(), true).is(driver.Charged).reason(local.CodeByEvidence)
		s.rules(simulator.Rule{Case: "D24"}, simulator.Rule{Fault: simulator.Partial, AmountCents: 400})
		s.resolve(s.payAs(s.expecting(1100, 1900)).odd(), true).people(driver.Charged) // not in full
	}},
	{id: "D25", real: true, play: func(s *stage) {
		wait := s.span(170*time.Second, 800*time.Millisecond)
		s.rules(simulator.Rule{Case: "D25", DelayMS: wait.Milliseconds()})
		if a := s.pay(1000).is(driver.Charged).reason(local.CodeApproved); a.took < wait {
			s.Errorf("took %v", a.took)
		}
	}},
	{id: "D26", real: true, config: shortStop, play: func(s *stage) {
		s.pay(900).is(driver.Charged)
		s.rules(simulator.Rule{Case: "D26", DelayMS: s.span(620*time.Second, 3500*time.Millisecond).Milliseconds()})
		a := s.pay(1000).is(driver.Unknown).reason(local.CodeNoAnswer)
		if stop := s.span(600*time.Second, 3*time.Second); a.took < stop || a.took > stop+15*time.Second {
			s.Errorf("stopped after %v", a.took)
		}
		s.resolve(a, true).is(driver.Charged).reason(local.CodeApproved) // its own late word
		if !a.after.Acked {
			s.Error("the late word was not acknowledged")
		}
	}},
	{id: "D27", real: true, play: func(s *stage) {
		s.pay(900).is(driver.Charged)
		s.rules(simulator.Rule{Case: "D27"})
		a := s.pay(1000).is(driver.Unknown).reason(local.CodeNoAnswer)
		s.resolve(a, true).is(driver.Charged).reason(local.CodeByEvidence)
	}},
	{id: "D28", play: func(s *stage) {
		quiet := s.span(5*time.Minute, 500*time.Millisecond)
		reboot := func(a *attempt) *attempt {
			s.rules(simulator.Rule{Case: "D28"})
			s.resolve(s.payAs(a).is(driver.Unknown), true)
			if a.took < quiet {
				s.Errorf("decided after %v", a.took)
			}
			return a
		}
		s.pay(900).is(driver.Charged)
		reboot(s.next(1000)).people("")                      // neither R0 nor T0
		reboot(s.expecting(1000, 900)).is(driver.NotCharged) // T0, as the ledger computes it
		s.pay(1100).is(driver.Charged)                       // its slip is the newest
		s.commission()
		a := s.next(1000)
		if a.Previous == "" {
			s.Fatal("no slip of the payment before")
		}
		reboot(a).is(driver.NotCharged) // R0 and T0 measured
	}},
	{id: "D32", play: func(s *stage) {
		s.until(time.Date(2002, time.July, 29, 10, 0, 0, 0, ecr17.Rome()))
		s.pay(900).is(driver.Charged)
		s.rules(simulator.Rule{Case: "D32"})
		s.untimed(s.pay(1000).is(driver.Charged))
		s.rules(simulator.Rule{Case: "D32", Code: "211"}) // 29 July, counted as in a leap year: not that of the year before
		s.untimed(s.pay(1100).is(driver.Charged))
		dated := func(day string) {
			s.rules(simulator.Rule{Fault: simulator.NoResult}, simulator.Rule{On: "G", After: "X", Times: -1, Fault: simulator.HostDay, Code: day})
		}
		for i, day := range []string{"210", "211", "209"} { // a day off is in the window still
			dated(day)
			s.recovered(1200 + int64(i)).is(driver.Charged).reason(local.CodeByEvidence)
		}
		dated("366") // no day of this year: nothing speaks against it, people decide
		s.recovered(1300).people(driver.Charged)
		for _, day := range []string{"213", "207"} { // weak: people decide, and nothing is refused for it
			dated(day)
			s.recovered(1300).people("")
		}
	}},
	{id: "D33", play: func(s *stage) {
		eve := time.Date(2002, time.December, 31, 23, 59, 58, 0, ecr17.Rome())
		s.until(eve.Add(-time.Hour))
		s.pay(900).is(driver.Charged)
		s.until(eve)
		s.rules(simulator.Rule{Case: "D33"})
		a := s.pay(1000).is(driver.Charged)
		if at := a.outcome().Charge.HostTime; !at.Equal(eve.Add(2*time.Second)) || a.sentAt.In(ecr17.Rome()).Year() != 2002 {
			s.Errorf("sent %v, host time %v", a.sentAt, at)
		}
		eve = eve.AddDate(1, 0, 0)
		s.until(eve)
		s.rules(simulator.Rule{Fault: simulator.NoResult})
		a = s.recovered(1100).is(driver.Charged).reason(local.CodeByEvidence) // the window crosses the year
		if at := a.outcome().Charge.HostTime; !at.Equal(eve.Add(2 * time.Second)) {
			s.Errorf("host time %v", at)
		}
	}},
}

// untimed asserts a charge without a time, for there was none to be trusted.
func (s *stage) untimed(a *attempt) {
	s.Helper()
	if c := a.outcome().Charge; !c.HostTime.IsZero() {
		s.Errorf("%s: host time %v", a.Reference, c.HostTime)
	}
}
