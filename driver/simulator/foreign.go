package simulator

import "sportello/protocol/ecr17"

// otherDesk is the reference that another cash register prints.
const otherDesk = "ALTRACASSA"

// foreign is what others do on the terminal when a request is done with: another cash
// register, or somebody at the keys. The bank knows it all.
func (s *session) foreign() {
	id, memory := s.t.opt.TerminalID, s.t.bank.memory(s.t.opt.TerminalID)
	var err error
	if r, ok := s.faults[ForeignSale]; ok {
		o := order{kind: KindManual, terminal: id, cents: s.centsAsked(r.AmountCents), action: actionApproved, manual: true}
		o.card = cardFor(1, o.cents)
		render := s.t.render(transaction{order: o, letter: 'X'})
		if r.At == "saved" {
			o.kind, o.reference, o.manual = KindPayment, otherDesk, false
		} else if !s.t.opt.ManualSaved {
			render = nil
		}
		_, err = s.t.bank.decide(o, render)
	}
	if s.faults.has(ForeignReversal) && memory.sale != nil {
		o := reversalOf(*memory.sale)
		_, err = s.t.bank.decide(o, s.t.render(transaction{order: o, letter: 'S'}))
	}
	if s.faults.has(ForeignPreauth) {
		o := s.t.asked(KindPreauth, s.centsAsked(0), otherDesk)
		o.card = cardFor(1, o.cents)
		_, err = s.t.bank.decide(o, s.t.render(transaction{order: o, letter: 'p'}))
	}
	if s.faults.has(ForeignClose) {
		_, _, err = s.t.closes(id, true)
	}
	if err != nil {
		s.trace("! ", "nothing happened elsewhere")
	}
}

// centsAsked is cents, or the amount of the request where that is nothing.
func (s *session) centsAsked(cents int64) int64 {
	if cents > 0 {
		return cents
	}
	m, err := ecr17.DecodeAs[ecr17.PaymentRequest](ecr17.ToTerminal, s.current, ecr17.Strict)
	if err != nil {
		return 1
	}
	return max(m.AmountCents, 1)
}
