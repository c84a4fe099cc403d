package simulator

import (
	"context"
	"fmt"
	"strings"

	"sportello/protocol/ecr17"
)

// Currency is what the card holder of another currency chose to pay (DCC). The
// merchant's amount stays the euro amount.
type Currency struct {
	Applied  bool   `json:"applied"`  // false: offered, and the customer kept the euro
	Code     string `json:"code"`     // USD
	Rate     string `json:"rate"`     // 8 digits, 4 of them decimals
	Amount   string `json:"amount"`   // 12 digits in the smallest unit
	Decimals string `json:"decimals"` // 1 digit
}

// Amounts that end in 92nn belong to a card of another currency; with 9200 its holder
// keeps the euro.
const (
	currencyAmounts = 92
	dollarRate      = 10842 // dollars for a euro, 4 decimals
)

// currency lets the customer choose the currency, where the card has another. False
// when the customer left or the power went.
func (s *session) currency(ctx context.Context, tx *transaction) bool {
	tail := tx.cents % 10_000
	if s.t.opt.NoAmountDeclines || tail/100 != currencyAmounts || tx.letter != 'X' && tx.letter != 'P' && tx.letter != 'c' {
		return true
	}
	if tx.letter != 'c' { // the closure collects in what was chosen before
		s.progress("SCELTA VALUTA")
		if !s.pause(ctx, s.t.opt.Timing.Currency, true) {
			if ctx.Err() == nil {
				tx.card = noCard
				s.refuse(ctx, *tx, "OPERAZIONE ANNULLATA")
			}
			return false
		}
	}
	tx.dcc = dollars(tx.cents, tail%100 != 0)
	return true
}

// dollars is the choice of a customer with an American card.
func dollars(cents int64, applied bool) *Currency {
	c := &Currency{Code: "USD", Rate: fmt.Sprintf("%08d", dollarRate), Decimals: "2", Amount: strings.Repeat("0", 12)}
	if applied {
		c.Applied = true
		c.Amount = fmt.Sprintf("%012d", (cents*dollarRate+5_000)/10_000)
	}
	return c
}

// onWire is the block of the messages V and v.
func (c Currency) onWire() ecr17.DCC {
	return ecr17.DCC{Applied: c.Applied, Rate: c.Rate, Currency: c.Code, Amount: c.Amount, Decimals: c.Decimals}
}

// dress gives a result the class of its operation, where that is neither P, nor X, nor
// S. It reports whether it did.
func (t *Terminal) dress(r *ecr17.Result, tx transaction, d Decision) bool {
	action, foreign := ecr17.ActionCode(d.Action), d.DCC != nil && d.Kind != KindLocal
	switch tx.letter {
	case 'P', 'X':
		if !foreign || tx.letter == 'X' && t.opt.ExtendedUnderDCC {
			return false
		}
		r.Class, r.ActionCode, r.DCC = ecr17.ClassPaymentDCC, action, d.DCC.onWire()
		r.AmountCents, r.HasAmount = d.AmountCents, true
		if tx.zero {
			r.AmountCents = 0
		}
	case 'p':
		r.Class, r.ActionCode, r.PreauthCode = ecr17.ClassPreauth, action, d.Preauth
		r.AmountCents, r.HasAmount = d.AmountCents, true
	case 'i':
		r.Class, r.ActionCode = ecr17.ClassIncrement, action
	case 'c':
		r.Class, r.ActionCode = ecr17.ClassClosure, action
		if foreign {
			r.Class, r.DCC = ecr17.ClassClosureDCC, d.DCC.onWire()
		}
	case 'H':
		r.Class, r.VerifyActionCode = ecr17.ClassPayment, action
	default:
		return false
	}
	return true
}
