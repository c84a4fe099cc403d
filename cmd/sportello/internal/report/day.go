package report

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/protocol/local"
)

// Source is the ledger, as far as a report reads it.
type Source interface {
	DayBook(day string) (ledger.DayBook, error)
}

var _ Source = (*ledger.Ledger)(nil)

// Names are what people call things by; what has none goes by its key.
type Names struct {
	Installation string
	Language     string            // it, en, de
	Creditors    map[string]string // tax code -> name
	Terminals    map[string]string // name -> label
	Operators    map[string]string // id -> name; may be nil
}

// Day makes the report of an accounting day, 2006-01-02. now is when: it is written on it.
func Day(s Source, day string, n Names, now time.Time) (local.DayReport, error) {
	book, err := s.DayBook(day)
	if err != nil {
		return local.DayReport{}, err
	}
	r := local.DayReport{Day: day, Installation: n.Installation, MadeAt: now, LedgerHead: book.Head, Entries: book.Entries,
		CasesOpen: []local.DayCase{}, Lines: []local.DayLine{}}
	t := newTally(n)
	var first, last ledger.Payment
	for _, p := range book.Payments {
		t.add(p)
		r.Lines = append(r.Lines, Lines(n, p.Payment)...)
		if !p.ChargedThen {
			continue
		}
		if first.ID == "" || earlier(p.Payment, first) {
			first = p.Payment
		}
		if last.ID == "" || earlier(last, p.Payment) {
			last = p.Payment
		}
	}
	r.FirstReceipt, r.LastReceipt = first.ReceiptNumber, last.ReceiptNumber
	r.Totals, r.DifferenceCents = t.totals.done(), t.difference
	r.Operators, r.Terminals, r.Creditors = rows(t.operators), rows(t.terminals), rows(t.creditors)
	for _, c := range book.Cases {
		if ledger.Day(c.Opened) == day {
			r.CasesOpened++
		}
		if !c.Ended.IsZero() {
			if ledger.Day(c.Ended) == day {
				r.CasesEnded++
			}
			continue
		}
		cause := local.Explain(local.Code(c.Cause.Code), local.Language(n.Language), map[string]string{
			local.ArgReason: c.Cause.Text, local.ArgFound: c.Cause.Text, local.ArgPayment: c.PaymentID,
			local.ArgTerminal: orElse(n.Terminals[c.Terminal], c.Terminal)})
		r.CasesOpen = append(r.CasesOpen, local.DayCase{ID: c.ID, PaymentID: c.PaymentID, Cause: cause, Opened: c.Opened})
	}
	return r, nil
}

// earlier is by receipt number: YEAR/N, N without leading zeros.
func earlier(a, b ledger.Payment) bool {
	return cmp.Or(cmp.Compare(len(a.ReceiptNumber), len(b.ReceiptNumber)), cmp.Compare(a.ReceiptNumber, b.ReceiptNumber)) < 0
}

// Cents is what the card was charged: by the terminal's word or, where people have said so, what was asked.
func Cents(p ledger.Payment) int64 {
	if p.Charge != nil && p.Charge.AmountCents > 0 {
		return p.Charge.AmountCents
	}
	return p.AmountCents
}

// row adds up one key.
type row struct {
	label string
	local.Figures
}

func (r *row) done() local.Figures {
	r.NetCents = r.Charged.Cents - r.Reversed.Cents
	return r.Figures
}

// tally adds up payments.
type tally struct {
	names                           Names
	totals                          row
	operators, terminals, creditors map[string]*row
	difference                      int64
}

func newTally(n Names) *tally {
	return &tally{names: n, operators: map[string]*row{}, terminals: map[string]*row{}, creditors: map[string]*row{}}
}

func of(rows map[string]*row, key, label string) *row {
	if rows[key] == nil {
		rows[key] = &row{label: orElse(label, key)}
	}
	return rows[key]
}

func count(s *local.Sum, cents int64) {
	s.Count++
	s.Cents += cents
}

// add counts a payment wherever it belongs: in the totals, with its clerk and terminal, and by its notices.
func (t *tally) add(p ledger.DayPayment) {
	clerk := of(t.operators, p.Operator, t.names.Operators[p.Operator])
	terminal := of(t.terminals, p.Terminal, t.names.Terminals[p.Terminal])
	each := []*row{&t.totals, clerk, terminal}
	cents := Cents(p.Payment)
	if p.ChargedThen {
		for _, r := range each {
			count(&r.Charged, cents)
		}
		t.difference += cents
	}
	if p.ReversedThen {
		back := clerk
		if who := p.Reversal.Operator; who != "" && who != p.Operator { // whoever gave it back
			back = of(t.operators, who, t.names.Operators[who])
		}
		for _, r := range []*row{&t.totals, back, terminal} {
			count(&r.Reversed, cents)
		}
		t.difference -= cents
	}
	if sum := undecided(p); sum != nil {
		for _, r := range each {
			count(sum(&r.Figures), p.AmountCents)
		}
	}
	for _, n := range p.Notices {
		t.notice(p, n, each)
	}
}

// undecided is where a payment counts that was begun on the day and took no money, as far as is known.
func undecided(p ledger.DayPayment) func(*local.Figures) *local.Sum {
	switch {
	case !p.BegunThen:
		return nil
	case p.State == ledger.NotCharged:
		return func(f *local.Figures) *local.Sum { return &f.NotCharged }
	case p.State == ledger.Sent || p.State == ledger.Unknown:
		return func(f *local.Figures) *local.Sum { return &f.Unknown }
	}
	return nil
}

// notice counts one notice of p: for its creditor in everything, and for everybody in what the platform knows.
func (t *tally) notice(p ledger.DayPayment, n ledger.Notice, each []*row) {
	creditor := of(t.creditors, n.Creditor, t.names.Creditors[n.Creditor])
	if p.ReversedThen {
		count(&creditor.Reversed, n.AmountCents)
		t.difference += n.AmountCents
	}
	if sum := undecided(p); sum != nil {
		count(sum(&creditor.Figures), n.AmountCents)
	}
	if !p.ChargedThen {
		return
	}
	count(&creditor.Charged, n.AmountCents)
	t.difference -= n.AmountCents
	for _, r := range append(each, creditor) {
		count(registration(&r.Figures, n.Registration), n.AmountCents)
	}
}

func registration(f *local.Figures, r ledger.Registration) *local.Sum {
	switch r {
	case ledger.RegDone:
		return &f.Registered
	case ledger.RegNone, ledger.RegSubmit, ledger.RegAwaiting:
		return &f.Awaiting
	case ledger.RegClosed:
		return &f.Closed
	default:
		return &f.Held
	}
}

func rows(all map[string]*row) []local.Figure {
	out := []local.Figure{}
	for _, key := range slices.Sorted(maps.Keys(all)) {
		out = append(out, local.Figure{Key: key, Label: all[key].label, Figures: all[key].done()})
	}
	return out
}

// Lines are the lines of a payment, one a notice.
func Lines(n Names, p ledger.Payment) []local.DayLine {
	var out []local.DayLine
	for _, one := range p.Notices {
		l := local.DayLine{
			PaymentID: p.ID, ReceiptNumber: p.ReceiptNumber, AccountingDay: p.AccountingDay, At: p.CreatedAt, Reference: p.Reference,
			State: local.State(p.State), Creditor: one.Creditor, CreditorName: orElse(n.Creditors[one.Creditor], one.Creditor),
			Number: one.Number, AmountCents: one.AmountCents, Registration: local.Registration(one.Registration), ReceiptID: one.ReceiptID,
			Terminal: p.Terminal, Operator: p.Operator, Settlement: local.Settlement(p.Settlement), Offline: p.Offline != "",
		}
		if p.ReceiptNumber != "" {
			l.ChargedCents = Cents(p)
		}
		if c := p.Charge; c != nil {
			l.STAN, l.AuthCode, l.PAN = c.STAN, c.AuthCode, c.PAN
			if !c.HostTime.IsZero() {
				l.At = c.HostTime
			}
		}
		if p.State == ledger.Reversed && p.Reversal != nil {
			at := p.Reversal.EndedAt
			l.ReversedAt = &at
		}
		out = append(out, l)
	}
	return out
}

func orElse(s, other string) string {
	if s != "" {
		return s
	}
	return other
}
