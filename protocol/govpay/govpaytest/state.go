package govpaytest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"sportello/protocol/pagopa"
)

// States of a position that a seed may ask for.
const (
	StatePaid      = "ESEGUITA"
	StateCancelled = "ANNULLATA"
)

// Outcomes of a receipt.
const (
	OutcomePaid    = "ESEGUITO"
	OutcomeNotPaid = "NON_ESEGUITO"
)

// Provider is a payment service provider as receipts name it.
type Provider struct {
	ID      string // pagoPA's identifier, idPSP
	TaxCode string // also the intermediary's
	Name    string
	Channel string
}

// DefaultProvider is the one behind the terminal of the sample configuration.
var DefaultProvider = Provider{ID: "CIPBITMM", TaxCode: "13212880150", Name: "Nexi Payments S.p.A.", Channel: "13212880150_90"}

// OtherProvider is somebody else's app.
var OtherProvider = Provider{ID: "PSPFINTO", TaxCode: "99999111117", Name: "Istituto di Pagamento Finto S.p.A.", Channel: "99999111117_07"}

// Receipt is a receipt to add by hand.
type Receipt struct {
	Provider Provider      // zero: the terminal's
	Cents    int64         // 0: what is owed
	Outcome  string        // "": OutcomePaid
	At       time.Time     // zero: now
	Delay    time.Duration // from At until the platform has it
	ID       string        // "": made up
}

type key struct{ creditor, notice string }

// payment is one attempt with the receipt that it has or will have.
type payment struct {
	Receipt
	undone bool // reversed before the receipt: there will be none
	stan   string
	term   string
}

func (p payment) visible(now time.Time) bool {
	return !p.undone && !now.Before(p.At.Add(p.Delay))
}

// position is a debt and what became of it.
type position struct {
	Debt
	creditorName string
	iuv          string
	payments     []payment // in the order in which they came
}

// state is computed at each look, as of now.
func (p *position) state(now time.Time, loc *time.Location) string {
	positive, odd := 0, false
	for _, y := range p.payments {
		if y.visible(now) && y.Outcome == OutcomePaid {
			positive++
			odd = odd || y.Cents != p.Cents
		}
	}
	switch {
	case positive > 1, positive == 1 && odd:
		return "ANOMALA"
	case positive == 1:
		return StatePaid
	case p.State != "":
		return p.State
	case p.Due != "" && now.In(loc).Format(time.DateOnly) > p.Due:
		return "SCADUTA"
	default:
		return "NON_ESEGUITA"
	}
}

// newest returns the payments that have begun, newest first.
func (p *position) newest(now time.Time) []payment {
	var begun []payment
	for _, y := range p.payments {
		if !y.At.After(now) {
			begun = append(begun, y)
		}
	}
	slices.SortStableFunc(begun, func(a, b payment) int { return b.At.Compare(a.At) })
	return begun
}

func newPosition(d Debt, creditorName string) (*position, error) {
	n, err := pagopa.ParseNotice(d.Notice)
	if err != nil {
		return nil, fmt.Errorf("govpaytest: %w", err)
	}
	if d.ID == "" {
		d.ID = d.Notice
	}
	if d.Application == "" {
		d.Application = "TRIBUTI"
	}
	if d.Type == "" {
		d.Type = "LIBERO"
	}
	return &position{Debt: d, creditorName: creditorName, iuv: n.IUV()}, nil
}

// add completes a payment's defaults and appends it.
func (p *position) add(y payment, provider Provider, now time.Time) {
	if y.Provider == (Provider{}) {
		y.Provider = provider
	}
	if y.Cents == 0 {
		y.Cents = p.Cents
	}
	if y.Outcome == "" {
		y.Outcome = OutcomePaid
	}
	if y.At.IsZero() {
		y.At = now
	}
	if y.ID == "" {
		sum := sha256.Sum256(fmt.Appendf(nil, "%s %s %d %d", p.Creditor, p.Notice, len(p.payments), y.At.UnixNano()))
		y.ID = hex.EncodeToString(sum[:16])
	}
	p.payments = append(p.payments, y)
}

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
// gets what it owes, the last one whatever is left.
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
		p.add(payment{
			Receipt: Receipt{Cents: cents, At: l.At, Delay: s.opts.ReceiptDelay},
			stan:    l.STAN, term: l.Terminal,
		}, s.opts.Provider, s.opts.Now())
	}
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
