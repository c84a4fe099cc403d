package main

import (
	"strings"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/driver/simulator"
	"sportello/protocol/local"
)

var verdictOf = map[local.Answer]driver.Verdict{
	local.AnswerCharged: driver.Charged, local.AnswerNotCharged: driver.NotCharged, local.AnswerUnknown: driver.Unknown,
	local.AnswerReversed: driver.Reversed, local.AnswerNotReversed: driver.NotReversed,
}

// books are the bank's: what the host did is the truth (design 5.8).
type books struct {
	charged map[string]int   // payments charged, by reference
	net     map[string]int   // charged minus given back, by reference
	amount  map[string]int64 // charged, by reference
	itself  map[string]bool  // given back by the terminal, unasked (ECR17 D13)
	cents   int64            // ours since the last close that the ledger knows
	total   int              // payments of ours that were charged
	twice   string           // data of a notice that was charged while an earlier charge stood
}

func (s *soak) bank() books {
	b := books{charged: map[string]int{}, net: map[string]int{}, amount: map[string]int64{}, itself: map[string]bool{}}
	of := map[string]simulator.Decision{} // by STAN
	standing := map[string]int{}          // by notice
	for i, d := range s.sim.Bank().Decisions() {
		sign, sale := 1, d
		switch {
		case !d.Approved:
			continue
		case d.Kind == simulator.KindPayment:
			of[d.STAN] = d
		case d.Kind == simulator.KindReversal:
			sign, sale = -1, of[d.Reverses]
		default:
			continue
		}
		reference := strings.TrimSpace(sale.Reference)
		if !strings.HasPrefix(reference, "RIFT1") {
			continue
		}
		if sign > 0 {
			b.charged[reference]++
			b.amount[reference] = d.AmountCents
			b.total++
		}
		b.net[reference] += sign
		b.itself[reference] = b.itself[reference] || d.Kind == simulator.KindReversal && d.Reason != ""
		if i >= s.session {
			b.cents += int64(sign) * d.AmountCents
		}
		if notice := strings.Join(sale.Data, ""); notice != "" {
			if standing[notice] += sign; standing[notice] > 1 {
				b.twice = notice
			}
		}
	}
	return b
}

// compare holds the ledger against the bank.
func (s *soak) compare() {
	s.newSession()
	b := s.bank()
	if b.twice != "" {
		s.Errorf("notice %s was charged twice", b.twice)
	}
	list, err := s.ledger.Payments(ledger.Query{Limit: 100_000})
	if err != nil {
		s.Fatal(err)
	}
	cases, err := s.ledger.Cases(true)
	if err != nil {
		s.Fatal(err)
	}
	contradicted := map[string]bool{}
	for _, c := range cases {
		if c.Cause.Code == string(local.CodeChargeContradicted) {
			contradicted[c.PaymentID] = true
		}
	}
	for _, state := range []string{"charged", "not charged", "reversed", "unknown", "undone"} {
		s.tally[state] = 0
	}
	seen, told := 0, true
	stands := map[string]int{} // charges of a notice that stand, whatever the provider was told of it
	for _, p := range list {
		n, net := 0, 0
		if p.Reference != "" {
			n, net = b.charged[p.Reference], b.net[p.Reference]
			seen += n
		}
		for _, notice := range p.Notices {
			if notice.Refunded { // given back by another way than the card
				continue
			}
			if stands[notice.Number] += net; stands[notice.Number] > 1 {
				s.Errorf("notice %s was charged twice, the second time by %s", notice.Number, p.ID)
			}
		}
		wrong := false
		switch p.State {
		case ledger.Charged:
			s.tally["charged"]++
			wrong = n != 1 || net != 1
			// Where others work on the terminal, somebody else may have given it back, unasked: its reversal names our
			// STAN to the bank alone, and what they do next takes its place in the terminal's memory. The close then shows
			// it, as a difference. A charge that we were asked to give back is never excused.
			others := s.exclusive != driver.Exclusive && p.Reversal == nil
			if n == 1 && net == 0 && (contradicted[p.ID] || b.itself[p.Reference] || others) {
				// Undone on the terminal: a case, or a difference of the totals at the next close.
				wrong, told = false, false
				s.tally["undone"]++
			}
			if (p.Charge == nil || p.Charge.AmountCents == 0) && p.AmountCents != b.amount[p.Reference] {
				told = false // neither people nor a short result say an amount: the close does
			}
		case ledger.NotCharged:
			s.tally["not charged"]++
			wrong = net != 0
		case ledger.Reversed:
			s.tally["reversed"]++
			wrong = n != 1 || net != 0
		default:
			s.tally["unknown"]++
			if !p.NeedsPeople {
				s.Errorf("%s is %s and on nobody's list", p.ID, p.State)
			}
		}
		if wrong {
			s.Errorf("%s (%s, %s) is held for %s, the bank charged it %d times and it stands %d times", p.ID, p.Reference, p.Reason.Code, p.State, n, net)
		}
	}
	if seen != b.total {
		s.Errorf("the bank charged %d payments, the ledger knows %d of them", b.total, seen)
	}
	takings, err := s.ledger.Takings("cassa1")
	if err != nil {
		s.Fatal(err)
	}
	if len(takings.Unknown) == 0 && told && takings.Cents != b.cents {
		s.Errorf("the ledger's takings are %d, the bank's for the same payments %d", takings.Cents, b.cents)
	}
}

// newSession notes where a session begins that the ledger knows to be a new one.
func (s *soak) newSession() {
	ts, err := s.ledger.Terminal("cassa1")
	if err != nil {
		s.Fatal(err)
	}
	if ts.Closed.Equal(s.closed) {
		return
	}
	s.closed = ts.Closed
	for i, d := range s.sim.Bank().Decisions() {
		if d.Kind == simulator.KindClose {
			s.session = i + 1
		}
	}
}
