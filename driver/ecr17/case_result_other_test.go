package ecr17_test

import (
	"context"

	"sportello/driver"
	"sportello/driver/simulator"
	"sportello/protocol/ecr17"
	"sportello/protocol/local"
)

// unmoved asserts that the saved result and the total are those of the one sale of the case: what was asked
// moved no money, and nobody takes it for a sale.
func (s *stage) unmoved(a *attempt) {
	s.Helper()
	if l := s.last(); l.Kind != "payment" || l.Charge.STAN != a.outcome().Charge.STAN {
		s.Errorf("last %+v", l)
	}
	s.noSale(a.AmountCents)
}

// noSale asserts the total, the terminal's and the bank's.
func (s *stage) noSale(cents int64) {
	s.Helper()
	if total := s.total(); total.Cents != cents || s.sim.Bank().HostTotal("12345678") != cents {
		s.Errorf("total %+v, the bank has %d cents; want %d", total, s.sim.Bank().HostTotal("12345678"), cents)
	}
}

// resultOther: results that are of no payment. H, i and p the driver never asks (ECR17 6.6): another register
// does, and the driver is then asked what it makes of it.
var resultOther = []kase{
	{id: "D29", real: true, play: func(s *stage) {
		a := s.pay(900).is(driver.Charged)
		s.rules(simulator.Rule{Case: "D29"})
		r := s.register()
		said := r.result(ecr17.VerifyRequest{TID: "12345678", CashRegister: "2"})
		r.close()
		if said.Code != ecr17.ResultOK || said.Class != ecr17.ClassPayment || said.HasAmount {
			s.Errorf("%+v", said)
		}
		s.unmoved(a)
		s.pay(1000).is(driver.Charged)
	}},
	{id: "D30", real: true, play: func(s *stage) {
		s.pay(900).is(driver.Charged)
		s.rules(simulator.Rule{Case: "D30"})
		r := s.register()
		held := r.result(ecr17.PaymentRequest{Code: 'p', TID: "12345678", CashRegister: "2", AmountCents: 2000, Text: "RIFT2CASE0001"})
		r.close()
		r = s.register()
		more := r.result(ecr17.IncrementRequest{Code: 'i', TID: "12345678", CashRegister: "2", AmountCents: 500, Text: "RIFT2CASE0002", PreauthCode: held.PreauthCode})
		r.close()
		all := s.sim.Bank().Decisions()
		if d := all[len(all)-1]; d.Kind != simulator.KindIncrement || more.Class != ecr17.ClassIncrement ||
			more.STAN != d.STAN || more.AuthCode != d.Auth || more.OnlineID != d.Online || string(more.ActionCode) != d.Action {
			s.Errorf("%+v, the bank has %+v", more, d)
		}
		if l := s.last(); l.Kind != "preauth" || l.Charge.STAN != more.STAN || l.Charge.AuthCode != more.AuthCode {
			s.Errorf("last %+v", l)
		}
		s.noSale(900)
	}},
	{id: "D31", real: true, play: func(s *stage) {
		s.pay(900).is(driver.Charged)
		for _, cents := range []int64{2001, 2002, 2003} { // its last digit stands at 48, where the page has the card type
			s.rules(simulator.Rule{Case: "D31"})
			r := s.register()
			payload := r.ask(ecr17.PaymentRequest{Code: 'p', TID: "12345678", CashRegister: "2", AmountCents: cents, Text: "RIFT2CASE0001"})
			r.close()
			said, err := ecr17.DecodeResult(payload, ecr17.Strict)
			if err != nil {
				s.Fatal(err)
			}
			all := s.sim.Bank().Decisions()
			if d := all[len(all)-1]; d.Kind != simulator.KindPreauth || string(said.CardType) != d.Card || payload[70] != d.Card[0] ||
				payload[47] != byte('0'+cents%10) || said.AmountCents != cents {
				s.Errorf("%+v of %q, the bank has %+v", said, payload, d)
			}
			if l := s.last(); l.Kind != "preauth" || l.Charge.Card != string(said.CardType) {
				s.Errorf("last %+v", l)
			}
		}
		s.noSale(900)
	}},
	{id: "D34", real: true, play: func(s *stage) {
		s.pay(900).is(driver.Charged)
		a := s.pay(1000).is(driver.Charged)
		s.rules(simulator.Rule{Case: "D34"})
		r := s.reverse(a, a.outcome().Charge.STAN).is(driver.Reversed).reason(local.CodeApproved)
		if !r.after.Acked || s.charges(a.Reference) != 0 {
			s.Errorf("acknowledged %t, %d charges", r.after.Acked, s.charges(a.Reference))
		}
		if l := s.last(); l.Kind != "reversal" || l.Charge.STAN != r.outcome().Charge.STAN {
			s.Errorf("last %+v", l)
		}
		s.noSale(900)
		s.rules(simulator.Rule{Fault: simulator.NoResult}) // and the reversal before is not this payment's outcome
		s.recovered(1000).is(driver.Charged).reason(local.CodeByEvidence)
	}},
	{id: "D35", real: true, play: func(s *stage) {
		a := s.pay(1000).is(driver.Charged)
		s.reverse(a, "000777").refused(driver.ErrNotLast) // a STAN that is not the last one's is not even sent
		s.reverse(a, "000000").refused(driver.ErrNotLast)
		if _, err := s.sim.ManualSale(500); err != nil { // the terminal's last sale is another one, and G does not show it
			s.Fatal(err)
		}
		s.rules(simulator.Rule{Case: "D35"})
		r := s.reverse(a, a.outcome().Charge.STAN).is(driver.NotReversed).reason(local.CodeReversalRefused)
		if r.outcome().Reason.Text == "" || s.sim.Received('S') != 1 || s.charges(a.Reference) != 1 {
			s.Errorf("%+v, %d reversals sent, %d charges", r.outcome().Reason, s.sim.Received('S'), s.charges(a.Reference))
		}
		s.noSale(1500)
	}},
	{id: "D36", real: true, play: func(s *stage) {
		s.pay(1000).is(driver.Charged)
		s.rules(simulator.Rule{Case: "D36"})
		c, err := s.drv.CloseSession(context.Background())
		if err != nil || c.State != driver.ClosingDone || c.Proven ||
			c.Terminal != (driver.Totals{Present: true, Cents: 1000}) || c.Host != (driver.Totals{Present: true, Cents: 1001}) {
			s.Errorf("%+v, %v", c, err)
		}
		s.noSale(0)
	}},
	{id: "D37", real: true, play: func(s *stage) {
		s.pay(1000).is(driver.Charged)
		s.rules(simulator.Rule{Case: "D37"})
		c, err := s.drv.CloseSession(context.Background())
		if err != nil || c.State != driver.ClosingDone || !c.Proven || c.Terminal.Cents != 1000 || c.Host.Present {
			s.Errorf("%+v, %v", c, err)
		}
		closes := 0
		for _, d := range s.sim.Bank().Decisions() {
			if d.Kind == simulator.KindClose {
				closes++
			}
		}
		if closes != 1 || s.sim.Received('C') != 1 {
			s.Errorf("%d closes, %d asked", closes, s.sim.Received('C'))
		}
		// Zero tells nothing where nothing was sold: then it is not known.
		s.rules(simulator.Rule{Case: "D37"})
		if c, err = s.drv.CloseSession(context.Background()); err != nil || c.State != driver.ClosingUnknown {
			s.Errorf("of an empty session: %+v, %v", c, err)
		}
	}},
	{id: "D38", real: true, play: func(s *stage) {
		s.pay(1000).is(driver.Charged)
		s.rules(simulator.Rule{Case: "D38"})
		if total := s.total(); total != (driver.Totals{}) {
			s.Errorf("%+v", total)
		}
		// Nor is it a total that went down, or did not grow, when a payment is unknown.
		s.rules(simulator.Rule{Fault: simulator.ResultCode, Code: "09"}, simulator.Rule{On: "T", Fault: simulator.BlankTotal})
		s.resolve(s.payAs(s.expecting(1000, 1000)).odd(), true).people("")
	}},
}
