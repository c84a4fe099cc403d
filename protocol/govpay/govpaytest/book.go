package govpaytest

import (
	"fmt"
	"slices"
	"time"
)

// bankLine books a decision of the bank. The caller holds the server's lock.
func (s *Server) bankLine(l BankLine) {
	if !l.Approved || len(l.Data) == 0 {
		return
	}
	l.Data = oneEach(l.Data)
	switch l.Kind {
	case "payment":
		s.bankPayment(l)
	case "reversal":
		s.bankReversal(l)
	}
}

// oneEach cuts what a tag carries into its notices: a cart travels as several of them in a row.
func oneEach(data []string) []string {
	const width = 18 + 11
	var out []string
	for _, d := range data {
		for len(d) > width && len(d)%width == 0 {
			out, d = append(out, d[:width]), d[width:]
		}
		out = append(out, d)
	}
	return out
}

// bankPayment books one charge for one notice or a cart. Each notice of a cart
// gets what it owes, the last one whatever is left. A creditor whose charges
// the platform settles gets nothing here: only POST /pagamenti pays its debts.
func (s *Server) bankPayment(l BankLine) {
	left := l.AmountCents
	for i, data := range l.Data {
		p := s.byData(data)
		if p == nil {
			s.report(fmt.Errorf("bank file: line %d pays for a notice that is not in the seed", l.Seq))
			continue
		}
		cents := p.Cents
		if i == len(l.Data)-1 || cents > left {
			cents = left
		}
		left -= cents
		if cents <= 0 {
			s.report(fmt.Errorf("bank file: line %d leaves nothing for its notice %d", l.Seq, i+1))
			continue
		}
		if s.creditor(p.Creditor).Settlement == SettlementPlatform {
			continue
		}
		s.book(p, payment{
			Receipt: Receipt{Cents: cents, At: l.At, Delay: s.opts.ReceiptDelay},
			stan:    l.STAN, term: l.Terminal,
		})
	}
}

// book adds an attempt with the receipt that the fault script leaves of it.
// The caller holds the server's lock.
func (s *Server) book(p *position, y payment) {
	rule, spoil := s.script.next(opBooking, "", p.Notice)
	if !spoil {
		p.add(y, s.opts.Provider, s.opts.Now())
		return
	}
	switch rule.Do {
	case "late":
		y.Delay += rule.delay()
	case "never":
		y.Never = true
	case "other_provider":
		y.Provider = OtherProvider
	case "other_channel":
		y.Provider = s.opts.Provider
		y.Provider.Channel = y.Provider.TaxCode + "_99"
	case "amount":
		y.Cents = rule.Cents
	case "refused":
		y.Outcome = OutcomeNotPaid
	case "twice":
		p.add(y, s.opts.Provider, s.opts.Now())
		y.At = y.At.Add(time.Millisecond) // another attempt, another receipt
		y.ccp = ""
	}
	p.add(y, s.opts.Provider, s.opts.Now())
}

// bankReversal takes back charges whose receipt has not gone out yet; after
// that only a refund helps, and the position stays paid.
func (s *Server) bankReversal(l BankLine) {
	for _, data := range l.Data {
		p := s.byData(data)
		if p == nil {
			continue
		}
		for i := range slices.Backward(p.payments) {
			y := &p.payments[i]
			if y.term == l.Terminal && !y.undone && l.At.Before(y.At.Add(y.Delay)) {
				y.undone = true
				break
			}
		}
	}
}

// byData finds the position of an additional-data text: 18 digits of notice and
// 11 of creditor.
func (s *Server) byData(data string) *position {
	if len(data) != 18+11 {
		return nil
	}
	return s.positions[key{data[18:], data[:18]}]
}
