package ecr17_test

import (
	"time"

	"sportello/driver"
	"sportello/driver/simulator"
	"sportello/protocol/ecr17"
)

// foreignReference has the form of ours, and this ledger has never written it.
const foreignReference = "RIFZ9FRSTDESK"

// lastOthers: somebody else was there.
var lastOthers = []kase{
	{id: "G04", real: true, noPTY: true, x: driver.Shared, also: []driver.Exclusivity{driver.Exclusive}, play: func(s *stage) {
		// A serial line has no place for a second cash register.
		s.pay(900).is(driver.Charged)
		s.rules(simulator.Rule{Case: "G04"})
		s.recovered(1000).people("") // row 13, without R and T
		s.alarmed(s.x == driver.Exclusive)
		s.pay(700).is(driver.Charged)
		s.commissioned()
		s.rules(simulator.Rule{Case: "G04"})
		s.recovered(1000).measured().people("") // T fits, but no reference says whose the sale was (design 5.3)
		s.pay(800).is(driver.Charged)
		s.rules(simulator.Rule{Fault: simulator.CutBeforeAuth})
		a := s.pay(1000).measured().is(driver.Unknown)
		other := s.register()
		other.result(ecr17.PaymentRequest{Code: 'X', TID: "12345678", CashRegister: "2", AmountCents: 1234, Text: foreignReference})
		other.close()
		if s.resolve(a, true); s.x == driver.Exclusive {
			a.people("") // not exclusive after all: nothing is concluded from what should not be
		} else {
			a.is(driver.NotCharged) // a proven foreign reference, and a total that grew by just that sale
		}
	}},
	{id: "G10", real: true, also: others, play: func(s *stage) {
		s.pay(900).is(driver.Charged)
		s.rules(simulator.Rule{Case: "G10"})
		s.recovered(1000).people("")
		s.alarmed(s.x == driver.Exclusive)
		s.commissioned()
		s.rules(simulator.Rule{Case: "G10"})
		s.recovered(1100).measured().people("") // approved and given back: T0, and still nothing for a machine
	}},
	{id: "G11", real: true, noPTY: true, also: others, play: func(s *stage) { // a serial line has no second cash register
		s.pay(900).is(driver.Charged)
		s.rules(simulator.Rule{Case: "G11"})
		s.recovered(1000).people("") // e
		s.alarmed(s.x == driver.Exclusive)
		s.rules(simulator.Rule{Fault: simulator.CutAfterAuth})
		a := s.pay(1000).is(driver.Unknown)
		other := s.register()
		p := other.result(ecr17.PaymentRequest{Code: 'p', TID: "12345678", CashRegister: "2", AmountCents: 1000})
		other.close()
		other = s.register()
		other.ask(ecr17.IncrementRequest{Code: 'c', TID: "12345678", CashRegister: "2", AmountCents: 1000, PreauthCode: p.PreauthCode})
		other.close()
		s.resolve(a, true).people("") // c
	}},
	{id: "G12", real: true, also: others, play: func(s *stage) {
		s.pay(900).is(driver.Charged)
		s.pay(900).is(driver.Charged)
		s.rules(simulator.Rule{Case: "G12"})
		s.recovered(1000).people("")
		s.alarmed(s.x == driver.Exclusive)
	}},
	{id: "G13", real: true, also: others, play: func(s *stage) {
		s.pay(900).is(driver.Charged)
		s.commissioned()
		s.rules(simulator.Rule{Case: "G13"})
		s.recovered(1000).people("")
	}},
	{id: "G15", real: true, x: driver.Manual, also: []driver.Exclusivity{driver.Exclusive, driver.Shared}, play: func(s *stage) {
		s.pay(900).is(driver.Charged)
		s.commissioned()
		s.rules(simulator.Rule{Case: "G15"})
		s.recovered(1000).measured().people("") // row 9: the last receipt is not ours
		if s.x == driver.Exclusive {
			return // without R a sale by hand cannot be told from ours: that it is ours alone is the installer's word (row 20)
		}
		s.rules(simulator.Rule{On: "R", Fault: simulator.Nak, Times: -1}, simulator.Rule{Case: "G15"})
		s.recovered(1100).measured().people(driver.Charged) // row 20
	}},
	{id: "G16", real: true, x: driver.Manual, also: []driver.Exclusivity{driver.Exclusive, driver.Shared}, play: func(s *stage) {
		s.pay(900).is(driver.Charged)
		s.commissioned()
		s.rules(simulator.Rule{Case: "G16"})
		a := s.recovered(1000).measured().people("") // row 5: not one charge, but two
		if a.outcome().Reason.Text != "allarme: i totali mostrano due addebiti di questo importo" {
			s.Errorf("%+v", a.outcome().Reason)
		}
		s.alarmed(s.x == driver.Exclusive)
	}},
	{id: "G17", real: true, also: others, play: func(s *stage) {
		s.pay(900).is(driver.Charged)
		s.commissioned()
		s.rules(simulator.Rule{Case: "G17"})
		s.recovered(1000).measured().is(driver.Charged) // row 7: the total is void, R and G decide
		s.alarmed(false)
		s.pay(1100).is(driver.Charged)
		s.rules(simulator.Rule{Fault: simulator.CutBeforeAuth}, simulator.Rule{Fault: simulator.ForeignClose})
		s.recovered(1000).measured().is(driver.NotCharged) // row 17
	}},
}

// lastRecovery: the asking itself, and what goes on meanwhile.
var lastRecovery = []kase{
	{id: "G14", real: true, options: func(o *simulator.Options) { o.ClockShift = 2 * time.Hour }, play: func(s *stage) {
		s.pay(900).is(driver.Charged)
		s.rules(simulator.Rule{Case: "G14"})
		a := s.recovered(1000).is(driver.Charged) // row 10, in a window that the known offset has moved
		if d := a.baseline.ClockOffset; d < 119*time.Minute || d > 121*time.Minute {
			s.Errorf("offset %v", d)
		}
		if a.outcome().Charge.HostTime.IsZero() {
			s.Error("the terminal's time was not taken for one")
		}
	}},
	{id: "G18", real: true, play: func(s *stage) {
		s.pay(900).is(driver.Charged)
		s.rules(simulator.Rule{Case: "G18"})
		s.recovered(1000).is(driver.Charged)
	}},
	{id: "G19", real: true, play: func(s *stage) {
		// That the ledger's open attempt comes before any sale is the till's: TestSentIsTakenUp, TestLockedTerminal.
		s.pay(900).is(driver.Charged)
		p := s.mortal()
		a := s.next(1000)
		a.onOutcome = func() { p.kill(a) } // whatever it was
		s.rules(simulator.Rule{Case: "G19"})
		s.payAs(a)
		p.again()
		s.resolve(a.reborn(), false).is(driver.Charged)
		s.pay(1100).is(driver.Charged)
	}},
	{id: "G20", real: true, config: givenUpSoon, play: func(s *stage) {
		// The notice and the terminal stay locked afterwards, too: till's TestNoticeLock and TestLockedTerminal.
		s.pay(900).is(driver.Charged)
		s.rules(simulator.Rule{Case: "G20"})
		a := s.pay(1000).is(driver.Unknown)
		asking, done := make(chan struct{}), make(chan struct{})
		a.onProgress = func(driver.Progress) { a.onProgress = nil; close(asking) }
		go func() { defer close(done); s.resolve(a, true) }()
		<-asking
		s.pay(1000).refused(driver.ErrBusy)
		if l := s.drv.Lease(); l.Holder != "resolve" || l.What != a.Reference {
			s.Errorf("%+v", l)
		}
		<-done
		a.people("")
		s.sim.Reboot()
	}},
	{id: "G21", play: func(s *stage) { // its times are those of the hard stop and of giving up: on the virtual clock only
		// The alarm, and both verdicts on record, are the till's: TestLateWord.
		s.pay(900).is(driver.Charged)
		for _, between := range []func(){
			func() {},
			func() { _, _ = s.drv.Status(s.Context()) }, // another procedure opens a line of its own: the word is kept
		} {
			s.rules(simulator.Rule{Case: "G21"})
			a := s.recovered(1000).people("") // and they say no
			time.Sleep(10 * time.Minute)      // until the result comes
			between()
			before := len(a.outcomes)
			s.resolve(a, true).is(driver.Charged)
			if len(a.outcomes) != before+1 || !a.evidence("result", "approvato") {
				s.Errorf("%d outcomes more, evidence %v", len(a.outcomes)-before, texts(a.allEvidence()))
			}
			s.pay(1100).is(driver.Charged) // and the late word is not its outcome
		}
	}},
}
