package paper

import (
	"errors"
	"fmt"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/protocol/govpay"
	"sportello/protocol/local"
	"sportello/protocol/pagopa"
)

// ErrNothingToAttest: the payment is not charged, or it is not known whether it is, or still is.
var ErrNothingToAttest = errors.New("nothing to attest")

// Standing is what is proven of a debt.
type Standing string

const (
	Registered Standing = "registered" // the pagoPA receipt of our provider is there
	Pending    Standing = "pending"    // charged; the receipt is awaited
	Open       Standing = "open"       // charged; people look after the registration
	Returned   Standing = "returned"   // the money went back to the card
)

// Attestation is what a paper for the citizen says of one payment (pagopa.md 4.2).
type Attestation struct {
	Language     string
	Installation string
	PaymentID    string
	Reference    string
	Number       string // our receipt number
	Terminal     string
	Operator     string
	At           time.Time // by the terminal's host, or when it was sent
	ReturnedAt   time.Time
	Cents        int64 // charged
	STAN         string
	AuthCode     string
	PAN          string // masked
	Debts        []Debt
}

// Debt is one notice on it.
type Debt struct {
	Creditor, CreditorName string
	Number, IUV            string
	Description            string
	Cents                  int64
	Standing               Standing
	ReceiptID              string
	Receipt                *govpay.Particulars // with Registered; nil: its data are not kept, or are not about this debt
}

// Ledger is what an attestation is made from.
type Ledger interface {
	Payment(id string) (ledger.Payment, error)
	Descriptions(id string) ([]string, error)
	RegistrationReceipt(id string, index int) (ledger.RegistrationReceipt, error)
	Ticket(id string) (string, error)
}

var _ Ledger = (*ledger.Ledger)(nil)

// Office is who gives papers out.
type Office struct {
	Language  string
	Creditors map[string]string // tax code -> name
	Terminals map[string]string // name -> label
}

// Attest gathers what the ledger proves of a payment. ErrNothingToAttest: it proves no charge.
func Attest(l Ledger, id string, o Office) (Attestation, error) {
	p, err := l.Payment(id)
	if err != nil {
		return Attestation{}, err
	}
	if p.State != ledger.Charged && p.State != ledger.Reversed {
		return Attestation{}, fmt.Errorf("%w: payment %q is %s", ErrNothingToAttest, id, p.State)
	}
	if p.State == ledger.Reversed && p.Reversal != nil && p.Reversal.Doubted {
		return Attestation{}, fmt.Errorf("%w: the reversal of %q is in doubt", ErrNothingToAttest, id)
	}
	descriptions, err := l.Descriptions(id)
	if err != nil {
		return Attestation{}, err
	}
	a := Attestation{Language: o.Language, Installation: p.Installation, PaymentID: p.ID, Reference: p.Reference,
		Number: p.ReceiptNumber, Terminal: orElse(o.Terminals[p.Terminal], p.Terminal), Operator: p.Operator,
		At: p.SentAt, Cents: p.AmountCents}
	if c := p.Charge; c != nil {
		a.STAN, a.AuthCode, a.PAN = c.STAN, c.AuthCode, c.PAN
		if !c.HostTime.IsZero() {
			a.At = c.HostTime
		}
		if c.AmountCents > 0 {
			a.Cents = c.AmountCents
		}
	}
	if p.State == ledger.Reversed && p.Reversal != nil {
		a.ReturnedAt = p.Reversal.EndedAt
	}
	for i, n := range p.Notices {
		d := Debt{Creditor: n.Creditor, CreditorName: o.Creditors[n.Creditor], Number: n.Number, IUV: iuv(n.Number),
			Cents: n.AmountCents, Standing: standing(p, n), ReceiptID: n.ReceiptID}
		if i < len(descriptions) {
			d.Description = descriptions[i]
		}
		if d.Standing == Registered && n.HasReceipt {
			if d.Receipt, err = receiptOf(l, p.ID, i, d); err != nil {
				return Attestation{}, err
			}
		}
		a.Debts = append(a.Debts, d)
	}
	return a, nil
}

func standing(p ledger.Payment, n ledger.Notice) Standing {
	switch {
	case p.State == ledger.Reversed:
		return Returned
	case n.Registration == ledger.RegDone:
		return Registered
	case n.Registration == ledger.RegNone, n.Registration == ledger.RegSubmit, n.Registration == ledger.RegAwaiting:
		return Pending
	}
	return Open
}

// receiptOf is the receipt that is kept of a debt; nil when its data are gone, or speak of something else: then
// nothing is quoted from them.
func receiptOf(l Ledger, id string, index int, d Debt) (*govpay.Particulars, error) {
	kept, err := l.RegistrationReceipt(id, index)
	if errors.Is(err, ledger.ErrErased) || errors.Is(err, ledger.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if len(kept.Raw) == 0 {
		return nil, nil
	}
	r, err := govpay.ReadReceipt(kept.Raw)
	if err != nil || r.Result != govpay.ResultPaid || r.Creditor != d.Creditor || r.IUV != d.IUV || r.Cents != d.Cents {
		return nil, nil
	}
	return &r, nil
}

func iuv(number string) string {
	n, err := pagopa.ParseNotice(number)
	if anyway, ok := pagopa.SearchAnyway(err); ok {
		n, err = anyway, nil
	}
	if err != nil {
		return ""
	}
	return n.IUV()
}

// Kind is what the paper is, as far as all its debts prove it: the least of their standings.
func (a Attestation) Kind() Standing {
	kind := Registered
	for _, d := range a.Debts {
		switch d.Standing {
		case Returned, Open:
			return d.Standing
		case Pending:
			kind = Pending
		case Registered:
		}
	}
	return kind
}

// text is a paper in words: the PDF and the strip show the same.
type text struct {
	title, subtitle, mark, author string
	note                          string
	parts                         []part
}

type part struct {
	heading string
	notes   []string
	facts   []Fact
}

// words writes the paper.
func (a Attestation) words() text {
	lang := a.lang()
	t := text{author: a.author(), mark: "pagoPA"}
	switch a.Kind() {
	case Registered:
		t.title, t.subtitle = texts.registered.In(lang), texts.registeredSub.In(lang)
	case Pending:
		t.title, t.subtitle, t.note, t.mark = texts.pending.In(lang), texts.pendingSub.In(lang), texts.pendingNote.In(lang), ""
	case Open:
		t.title, t.subtitle, t.note, t.mark = texts.pending.In(lang), texts.standings[Open].In(lang), texts.openNote.In(lang), ""
	case Returned:
		t.title, t.subtitle, t.mark = texts.returned.In(lang), texts.returnedSub.In(lang), ""
	}
	for i, d := range a.Debts {
		p := a.debt(d)
		p.heading = texts.notice.In(lang) + " " + d.Number
		if len(a.Debts) > 1 {
			p.heading = fmt.Sprintf(texts.debt.In(lang), i+1, len(a.Debts))
		}
		t.parts = append(t.parts, p)
	}
	t.parts = append(t.parts, a.operation())
	return t
}

func (a Attestation) author() string {
	name := a.Debts[0].creditorName()
	for _, d := range a.Debts {
		if d.creditorName() != name {
			return ""
		}
	}
	return name
}

func (d Debt) creditorName() string {
	if d.Receipt != nil && d.Receipt.CreditorName != "" {
		return d.Receipt.CreditorName
	}
	return orElse(d.CreditorName, d.Creditor)
}

// debt is the list of pagopa.md 4.2, from the receipt alone where there is one.
func (a Attestation) debt(d Debt) part {
	lang, fact := a.lang(), a.fact
	facts := []Fact{fact(texts.state, texts.standings[d.Standing].In(lang))}
	r := d.Receipt
	if r == nil {
		p := part{facts: append(facts, fact(texts.creditor, d.creditorName()), fact(texts.creditorCode, d.Creditor), fact(texts.notice, d.Number),
			fact(texts.iuv, d.IUV), fact(texts.reason, d.Description), fact(texts.amount, local.Money(d.Cents, lang)))}
		if d.Standing == Registered {
			p.facts = append(p.facts, fact(texts.receipt, d.ReceiptID))
			p.notes = []string{texts.erasedNote.In(lang)}
		}
		return p
	}
	facts = append(facts, fact(texts.paidAt, moment(r.PaidAt, lang)), fact(texts.applied, dayText(r.AppliedOn, lang)),
		fact(texts.creditor, d.creditorName()), fact(texts.creditorCode, r.Creditor), fact(texts.office, r.Office), fact(texts.notice, d.Number),
		fact(texts.iuv, r.IUV), fact(texts.provider, orElse(r.PSPName, r.PSP)), fact(texts.providerCode, r.PSPTaxCode),
		fact(texts.receipt, r.ReceiptID), fact(texts.amount, local.Money(r.Cents, lang)))
	if r.FeeCents > 0 {
		facts = append(facts, fact(texts.fee, local.Money(r.FeeCents, lang)))
	}
	p := part{facts: append(facts, fact(texts.reason, orElse(r.Description, d.Description)))}
	if r.StandIn {
		p.notes = []string{texts.standIn.In(lang)}
	}
	return p
}

// operation is the card's side. Card and authorisation code stand there while they are the only proof.
func (a Attestation) operation() part {
	lang, fact := a.lang(), a.fact
	facts := []Fact{fact(texts.number, a.Number), fact(texts.reference, a.Reference), fact(texts.id, a.PaymentID), fact(texts.terminalTime, moment(a.At, lang)),
		fact(texts.terminal, a.Terminal), fact(texts.stan, a.STAN)}
	if a.Kind() != Registered {
		facts = append(facts, fact(texts.auth, a.AuthCode), fact(texts.card, a.PAN))
	}
	facts = append(facts, fact(texts.operator, a.Operator), fact(texts.total, local.Money(a.Cents, lang)),
		fact(texts.returnedAt, moment(a.ReturnedAt, lang)))
	return part{heading: texts.payment.In(lang), facts: facts}
}

// PDF is the paper on A4.
func (a Attestation) PDF() ([]byte, error) {
	if len(a.Debts) == 0 {
		return nil, fmt.Errorf("%w: payment %q has no notice", ErrNothingToAttest, a.PaymentID)
	}
	t := a.words()
	s := NewSheet(Head{Title: t.title, Subtitle: t.subtitle, Language: a.Language, Author: t.author, At: a.At, Mark: t.mark,
		Footer: a.foot()})
	if t.note != "" {
		s.Notice(t.note)
	}
	for _, p := range t.parts {
		s.Heading(p.heading)
		s.Facts(p.facts...)
		for _, note := range p.notes {
			s.Text(note)
		}
	}
	return s.PDF()
}

func orElse(s, other string) string {
	if s != "" {
		return s
	}
	return other
}
