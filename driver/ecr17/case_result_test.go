package ecr17_test

import (
	"slices"
	"strings"
	"testing/synctest"
	"time"

	"sportello/driver"
	"sportello/driver/simulator"
	"sportello/protocol/ecr17"
	"sportello/protocol/local"
)

// resultCases are ECR17 7.4.
var resultCases = slices.Concat(resultPlain, resultOdd, resultOther)

// resultPlain: what the terminal says, heard well or badly.
var resultPlain = []kase{
	{id: "D01", real: true, play: func(s *stage) {
		s.rules(simulator.Rule{Case: "D01"})
		a := s.pay(1000).is(driver.Charged).reason(local.CodeApproved)
		d, c := s.decided(a.Reference), a.outcome().Charge
		if c.AmountCents != 1000 || c.STAN != d.STAN || c.OnlineID != d.Online || c.AuthCode != d.Auth || c.Card != d.Card || c.Entry != d.Entry || c.HostTime.IsZero() || c.DCC != (driver.DCC{}) {
			s.Errorf("%+v, the bank has %+v", c, d)
		}
		if !a.after.Acked {
			s.Error("not acknowledged")
		}
	}},
	{id: "D02", real: true, play: func(s *stage) {
		s.rules(simulator.Rule{Case: "D02"})
		a := s.pay(1000).is(driver.NotCharged).reason(local.CodeDeclined)
		if o := a.outcome(); o.Reason.Text == "" || o.Charge.ActionCode != "116" {
			s.Errorf("%+v, %+v", o.Reason, o.Charge)
		}
	}},
	{id: "D03", real: true, play: func(s *stage) {
		for range 2 { // and again: the same bytes, and still this payment's
			s.rules(simulator.Rule{Case: "D03"})
			a := s.pay(1000).is(driver.NotCharged).reason(local.CodeCancelled)
			if c := a.outcome().Charge; strings.Trim(c.STAN, "0") != "" {
				s.Errorf("%+v", c)
			}
		}
	}},
	{id: "D04", real: true, play: func(s *stage) {
		s.pay(900).is(driver.Charged)
		s.commission()
		s.rules(simulator.Rule{Case: "D04"})
		s.resolve(s.payAs(s.expecting(1000, 900)).odd(), true).is(driver.Charged) // T1
		s.rules(simulator.Rule{Fault: simulator.LocalRefusal, Code: "09", Text: "TAG SCONOSCIUTO"})
		s.resolve(s.payAs(s.expecting(1100, 1900)).odd(), true).is(driver.NotCharged) // T0
		s.drv.Commission(driver.Passport{})
		s.rules(simulator.Rule{Fault: simulator.LocalRefusal, Code: "09", Text: "TAG NON NOTO"})
		s.resolve(s.payAs(s.expecting(1100, 1900)).odd(), true).people(driver.NotCharged) // computed, it does not decide alone
		s.rules(simulator.Rule{Case: "D04"})
		s.recovered(1200).people("") // no total: nobody takes the code for a refusal
	}},
	{id: "D05", real: true, play: func(s *stage) { // 22=0
		s.pay(900).is(driver.Charged)
		s.rules(simulator.Rule{Case: "D05"})
		s.resolve(s.pay(1000).odd(), true).people("")
		s.pay(1100).is(driver.Charged)
		s.commission()
		s.rules(simulator.Rule{Case: "D05"})
		s.resolve(s.payAs(s.expecting(1200, 2000)).odd(), true).is(driver.NotCharged) // T0
	}},
	// The driver never asks with the card already in, so "05" never is its refusal (design 5.3). That it would be
	// one shows a register that does ask so.
	{id: "D06", real: true, play: func(s *stage) {
		t := s.tap()
		s.pay(900).is(driver.Charged)
		for _, x := range t.requests() {
			if x.CardPresent {
				s.Errorf("asked with the card already in: %+v", x)
			}
		}
		s.rules(simulator.Rule{Case: "D06"})
		r := s.register()
		defer r.close()
		said := r.result(ecr17.PaymentRequest{Code: 'X', TID: "12345678", CashRegister: "2", CardPresent: true, AmountCents: 1000, Text: "RIFT2CASE0001"})
		if said.Code != ecr17.ResultNoCard || s.sim.Bank().Total("12345678") != 900 {
			s.Errorf("%q, and the bank has %d cents", said.Code, s.sim.Bank().Total("12345678"))
		}
	}},
	{id: "D07", real: true, play: func(s *stage) {
		s.pay(900).is(driver.Charged)
		s.commission()
		s.rules(simulator.Rule{Case: "D07"})
		s.resolve(s.payAs(s.expecting(1000, 900)).odd(), true).is(driver.Charged)
		s.drv.Commission(driver.Passport{})
		s.rules(simulator.Rule{Case: "D07"})
		s.recovered(1100).people("")
	}},
	{id: "D08", real: true, play: func(s *stage) {
		t := s.tap()
		s.rules(simulator.Rule{Case: "D08"})
		s.pay(1000).is(driver.Charged)
		if n := t.count(ecr17.FrameNAK, 0); n != 2 {
			s.Errorf("%d NAKs", n)
		}
	}},
	{id: "D09", real: true, play: func(s *stage) {
		t := s.tap()
		s.pay(900).is(driver.Charged)
		s.rules(simulator.Rule{Case: "D09"})
		a := s.pay(1000).is(driver.Unknown).reason(local.CodeDamagedAnswer)
		if n := t.count(ecr17.FrameNAK, 0); n != 3 {
			s.Errorf("%d NAKs", n)
		}
		s.resolve(a, true).is(driver.Charged)
	}},
	{id: "D10", real: true, config: withoutTickets, play: func(s *stage) {
		t := s.tap()
		s.rules(simulator.Rule{Case: "D10"})
		s.pay(1000).is(driver.Charged)
		if n := t.count(ecr17.FrameACK, t.afterPayment()); n != 4 {
			s.Errorf("%d acknowledgements of a result and its three copies", n)
		}
		if total := s.total(); total.Cents != 1000 {
			s.Errorf("total %+v", total)
		}
	}},
	{id: "D11", real: true, play: func(s *stage) {
		s.pay(900).is(driver.Charged)
		s.rules(simulator.Rule{Case: "D11"}, simulator.Rule{Fault: simulator.Decline, Code: "116"})
		s.pay(900).is(driver.NotCharged)
		s.rules(simulator.Rule{Fault: simulator.Decline, Code: "116"})
		s.pay(1000).is(driver.NotCharged)
		s.rules(simulator.Rule{Case: "D11"}) // the refusal again, and then the approval
		s.pay(1000).is(driver.Charged)
		for _, on := range []string{"s", "G", "E"} { // in the questions before it
			s.rules(simulator.Rule{Case: "D11", On: on}, simulator.Rule{Fault: simulator.Decline, Code: "116"})
			s.pay(1000).is(driver.NotCharged)
		}
	}},
	{id: "D12", real: true, play: func(s *stage) {
		s.heedless()
		s.rules(simulator.Rule{Case: "D12"})
		a := s.next(1000)
		if s.virtual() {
			a.onOutcome = synctest.Wait // a disk takes its time: the end of the line is here before our ACK
		}
		s.payAs(a).is(driver.Charged).reason(local.CodeApproved)
		s.unheard(a)
		if l := s.last(); l.Kind != "payment" || !l.Approved || l.Charge.STAN != a.outcome().Charge.STAN { // L10
			s.Errorf("%+v", l)
		}
		if total := s.total(); total.Cents != 1000 {
			s.Errorf("total %+v", total)
		}
	}},
	{id: "D13", real: true, play: func(s *stage) {
		s.pay(900).is(driver.Charged)
		s.commission()
		s.rules(simulator.Rule{Case: "D13"})
		a := s.pay(1000).is(driver.Charged)
		a.cancelled = true
		s.unheard(a) // by which the till asks after it at the next idle moment (L10)
		// What it has saved still says approved: the total tells, which the ledger holds against its own, at the next
		// payment where it is measured and at the close everywhere.
		if l := s.last(); !l.Approved || l.Charge.STAN != a.outcome().Charge.STAN {
			s.Errorf("%+v", l)
		}
		if n := s.charges(a.Reference); n != 0 { // it answers again: it has given up waiting for our ACK
			s.Errorf("%d charges: the terminal has not taken it back", n)
		}
		if total := s.total(); !total.Present || total.Cents != 900 {
			s.Errorf("total %+v", total)
		}
		next := s.payAs(s.expecting(1100, 1900)).is(driver.Charged)
		if b := next.baseline.Total; b == nil || !b.Measured || b.Cents != 900 || !b.Partial {
			s.Errorf("%+v before the next payment", b)
		}
	}},
	// Design 3.4: charged, with the amount that the terminal says; its registration is held.
	{id: "D14", real: true, play: func(s *stage) {
		s.rules(simulator.Rule{Case: "D14"})
		a := s.pay(1000).is(driver.Charged).reason(local.CodeAmountDiffers)
		if c := a.outcome().Charge; c.AmountCents != 500 || s.decided(a.Reference).AmountCents != 500 {
			s.Errorf("%+v", c)
		}
	}},
	{id: "D15", real: true, play: func(s *stage) {
		s.pay(900).is(driver.Charged)
		s.commission()
		s.rules(simulator.Rule{Case: "D15"})
		s.resolve(s.payAs(s.expecting(1000, 900)).odd(), true).is(driver.Charged)
		s.drv.Commission(driver.Passport{})
		s.rules(simulator.Rule{Case: "D15"})
		s.resolve(s.payAs(s.expecting(1000, 1900)).odd(), true).people(driver.Charged) // computed, it does not decide alone
		s.rules(simulator.Rule{Case: "D15"})
		s.recovered(1100).people("")
	}},
}

// withoutTickets: nothing is acknowledged after a payment but its result.
func withoutTickets(c *driver.Config) { c.Receipts, c.NoticeData = "terminal", nil }

// unheard: the terminal closed before our ACK, and that is known. Over a real line the end may still be on its
// way when the ACK is written.
func (s *stage) unheard(a *attempt) {
	s.Helper()
	if s.virtual() && a.after.Acked {
		s.Error("acknowledged behind the end of the line")
	}
}

// until sleeps to a time of the virtual clock.
func (s *stage) until(at time.Time) { time.Sleep(time.Until(at)) }
