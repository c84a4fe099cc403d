package ecr17_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"sportello/driver"
	"sportello/driver/ecr17"
	"sportello/driver/simulator"
	protocol "sportello/protocol/ecr17"
)

// lifeCases are ECR17 7.8.
var lifeCases = slices.Concat(lifeKilled, lifeTerminal, lifeHostile)

// lifeKilled: the cash desk dies. The same rows with the real program, SIGKILL and its ledger are those of
// TestKillAtEveryStep in cmd/sportello, named in each.
var lifeKilled = []kase{
	{id: "Z01", real: true, play: func(s *stage) { // ledger.intend.before
		s.pay(900).is(driver.Charged)
		p := s.mortal()
		a, frames := s.next(1000), s.sim.Received('X')
		a.onSending = func() {
			if n := s.sim.Received('X'); n != frames {
				s.Errorf("%d commands before the intent was on disk", n-frames)
			}
			p.kill(a)
		}
		if s.payAs(a); !errors.Is(a.err, errKilled) || a.sent {
			s.Errorf("%v, sent %t", a.err, a.sent)
		}
		p.again()
		s.pay(1000).is(driver.Charged) // there is no attempt: nothing to ask after
		if n := s.sim.Received('X') - frames; n != 1 {
			s.Errorf("%d commands, want the new one's", n)
		}
	}},
	{id: "Z02", real: true, also: others, config: withoutData, play: func(s *stage) { // till.phase:1, till.phase:2
		s.pay(900).is(driver.Charged)
		s.commissioned()
		p := s.mortal()
		a := s.next(1000)
		a.onProgress = func(told driver.Progress) {
			if told.Text != "" { // the terminal is at work on it
				a.onProgress = nil
				p.kill(a)
			}
		}
		s.rules(simulator.Rule{Case: "Z02", DelayMS: s.span(5*time.Second, 50*time.Millisecond).Milliseconds()})
		s.payAs(a)
		if len(a.outcomes) != 0 || !a.killed {
			s.Fatalf("%+v, killed %t", a.outcomes, a.killed)
		}
		p.again()
		s.resolve(a.reborn(), false).is(driver.Charged) // row 7
	}},
	{id: "Z03", real: true, play: func(s *stage) { // ledger.conclude.before
		s.pay(900).is(driver.Charged)
		written := s.tap()
		p := s.mortal()
		for verdict, rule := range map[driver.Verdict]simulator.Rule{
			driver.Charged: {}, driver.NotCharged: {Fault: simulator.Decline, Code: "116"},
		} {
			if rule.Fault != "" {
				s.rules(rule)
			}
			a := s.next(1000)
			a.onOutcome = func() {
				if n := written.count(protocol.FrameACK, written.afterPayment()); n != 0 {
					s.Errorf("%d ACKs before the outcome was on disk", n)
				}
				p.kill(a)
			}
			if s.payAs(a); a.after.Acked || len(a.outcomes) != 0 {
				s.Fatalf("acknowledged %t with %d outcomes on disk", a.after.Acked, len(a.outcomes))
			}
			p.again()
			s.resolve(a.reborn(), false).is(verdict) // as the result that nobody has
		}
	}},
	{id: "Z04", real: true, options: confirmSoon, play: func(s *stage) { // ledger.conclude.after
		s.pay(900).is(driver.Charged)
		p := s.mortal()
		a, frames := s.next(1000), s.sim.Received('X')
		a.onWritten = func() { p.kill(a) }
		if s.payAs(a).is(driver.Charged); a.after.Acked {
			s.Error("acknowledged by a dead process")
		}
		asked := s.sim.Received('G')
		p.again() // the ledger has the verdict: nothing is asked again
		if n := s.sim.Received('G') - asked; n != 0 || s.sim.Received('X') != frames+1 {
			s.Errorf("%d G, %d commands", n, s.sim.Received('X')-frames)
		}
		s.ready()                           // a serial line is still there, and the terminal repeats on it what was not confirmed
		b := s.pay(1000).is(driver.Charged) // and not by the repeated result
		if b.outcome().Charge.STAN == a.outcome().Charge.STAN {
			s.Error("the earlier result once more")
		}
	}},
	{id: "Z05", real: true, options: confirmSoon, play: func(s *stage) { // ledger.aftermath.before
		s.pay(900).is(driver.Charged)
		s.commissioned()
		p := s.mortal()
		a := s.next(1000)
		a.onProgress = func(told driver.Progress) {
			if told.Phase == driver.PhaseReceipt && len(a.outcomes) == 1 {
				p.kill(a)
			}
		}
		s.rules(simulator.Rule{Fault: simulator.TicketParts, Times: 5})
		if s.payAs(a).is(driver.Charged); a.after.TicketComplete || !a.killed {
			s.Errorf("whole %t, killed %t", a.after.TicketComplete, a.killed)
		}
		p.again()
		s.ready()
		slip, err := s.drv.Reprint(context.Background()) // R
		if err != nil || !slip.Complete || !strings.Contains(slip.Text, a.Reference) {
			s.Errorf("%+v %v", slip, err)
		}
	}},
	{id: "Z06", real: true, play: func(s *stage) { // cmd/sportello: e2e_disk_test.go
		full := errors.New("no space left on device")
		a := s.next(1000)
		a.failSent = full
		if s.payAs(a); !errors.Is(a.err, full) || a.sent || s.sim.Received('X') != 0 {
			s.Errorf("%v, sent %t, %d commands", a.err, a.sent, s.sim.Received('X'))
		}
		s.pay(1000).is(driver.Charged)
	}},
	{id: "Z07", real: true, play: func(s *stage) {
		s.pay(900).is(driver.Charged)
		cut := simulator.Rule{Fault: simulator.CutAfterAuth}
		late := simulator.Rule{On: "G", Nth: 1, After: "X", Fault: simulator.HostTimeOff, DelayMS: (24 * time.Hour).Milliseconds()}
		s.sim.ShiftClock(24 * time.Hour) // ours lies a day back, and the pre-flight sees it
		s.rules(cut, late)
		s.recovered(1000).is(driver.Charged)
		s.sim.ShiftClock(0)
		a := s.next(1000)
		a.onSent = func() { s.sim.ShiftClock(24 * time.Hour) } // it goes back in the middle: a day is weak, and no more
		s.rules(cut, late)
		s.payAs(a)
		s.resolve(a, true).is(driver.Charged)
		s.sim.ShiftClock(0)
		b := s.next(1000)
		b.onSent = func() { s.sim.ShiftClock(12 * time.Hour) }
		late.DelayMS /= 2
		s.rules(cut, late)
		s.payAs(b)
		if s.resolve(b, true).people(""); !strings.Contains(b.outcome().Reason.Text, "ora") { // said, and not silent
			s.Errorf("%+v", b.outcome().Reason)
		}
	}},
}

// lifeTerminal: the terminal, its place and its neighbours.
var lifeTerminal = []kase{
	{id: "Z08", real: true, also: others, play: func(s *stage) {
		s.pay(900).is(driver.Charged)
		s.rules(simulator.Rule{Case: "Z08", DelayMS: s.span(10*time.Minute, 700*time.Millisecond).Milliseconds()})
		s.recovered(1000).people("") // row 23
		if !s.virtual() {
			return
		}
		s.rules(simulator.Rule{Case: "Z08", DelayMS: (20 * time.Minute).Milliseconds()})
		if a := s.recovered(1000).people(""); a.took < 14*time.Minute || a.took > 17*time.Minute { // row 4
			s.Errorf("to people after %v", a.took)
		}
	}},
	{id: "Z09", real: true, play: func(s *stage) {
		s.pay(900).is(driver.Charged)
		s.rules(simulator.Rule{Case: "Z09", DelayMS: s.span(5*time.Minute, 500*time.Millisecond).Milliseconds()})
		a := s.recovered(1000).is(driver.Charged)
		if s.virtual() && a.took < 4*time.Minute {
			s.Errorf("decided after %v", a.took)
		}
	}},
	{id: "Z10", real: true, also: others, play: func(s *stage) {
		s.pay(900).is(driver.Charged)
		s.commissioned()
		s.rules(simulator.Rule{Fault: simulator.CutAfterAuth})
		a := s.pay(1000).is(driver.Unknown)
		if err := s.sim.Replace("87654321"); err != nil {
			s.Fatal(err)
		}
		if s.resolve(a, true).people(""); s.virtual() && a.took > time.Minute { // row 3
			s.Errorf("to people after %v", a.took)
		}
		s.pay(1100).refused(driver.ErrPassport)
		s.cfg.TerminalID = "87654321"
		s.boot()
		s.pay(1100).refused(driver.ErrPassport) // the old one's passport is not the new one's
		if p := s.commission(); p.TerminalID != "87654321" || p.Prints == driver.AnswerYes {
			s.Errorf("%+v", p)
		}
		s.pay(1100).is(driver.Charged)
	}},
	{id: "Z11", real: true, noPTY: true, x: driver.Shared, play: func(s *stage) {
		// A serial port is opened once: the second program is told that it is in use (driver/line).
		s.pay(900).is(driver.Charged)
		open := ecr17.Open
		if !s.virtual() {
			open = ecr17.OpenScaled
		}
		other, err := open(s.cfg) // another desk's program
		if err != nil {
			s.Fatal(err)
		}
		defer other.Close()
		a, b := s.next(1000), s.next(2000)
		working := make(chan struct{})
		a.onSent = func() { close(working) }
		go s.payAs(a)
		<-working
		s.pay(3000).refused(driver.ErrBusy) // the same program: one at a time
		b.after, b.err = other.Pay(context.Background(), b.Payment, b)
		a.wait().is(driver.Charged)
		if b.err == nil { // it has waited
			b.is(driver.Charged)
		} else if b.sent {
			s.Errorf("%v, sent", b.err)
		}
		c := s.next(2000)
		if c.after, c.err = other.Pay(context.Background(), c.Payment, c); c.is(driver.Charged).outcome().Charge.AmountCents != 2000 {
			s.Errorf("%+v", c.outcome().Charge)
		}
	}},
	{id: "Z16", real: true, play: func(s *stage) {
		s.pay(900).is(driver.Charged)
		s.commissioned()
		money := s.sim.Received('X')
		s.cfg.LRC = protocol.PayloadEtx.String()
		s.boot()
		if a := s.pay(1000); a.sent || !errors.Is(a.err, driver.ErrWrongScope) {
			s.Errorf("%v, sent %t", a.err, a.sent)
		}
		if n := s.sim.Received('X'); n != money {
			s.Errorf("%d commands in an unproven scope", n-money)
		}
		s.cfg.LRC = protocol.StxPayloadEtx.String()
		s.boot()
		asked := s.sim.Received('s')
		a := s.next(1000)
		a.onSent = func() {
			if n := s.sim.Received('s') - asked; n < 2 {
				s.Errorf("money after %d status answers", n)
			}
		}
		s.payAs(a).is(driver.Charged)
	}},
}
