package ledger

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"sportello/protocol/pagopa"
)

// This file is what may be asked of the archive: ten years of payments.

// ArchiveQuery selects payments. What is empty does not matter; what is given must all be so.
type ArchiveQuery struct {
	From, To      string // creation days, both included, 2006-01-02 in Europe/Rome; one alone leaves the other end open
	Notice        string // digits: a notice number, or its first digits
	IUV           string // digits: an IUV, or its first digits
	STAN          string // of the charge or of the reversal, with or without leading zeros
	AmountCents   int64  // of the payment, of one of its notices, or what the terminal charged
	State         State
	Registration  Registration // of one of its notices
	Operator      string       // who asked for it
	Terminal      string
	Reference     string // under which it was sent
	ReceiptNumber string // YEAR/N
	// Debtor is the beginning of a tax code, or of words of a name, case and accents aside. Who owed is known of payments
	// since it is kept, and until retention erases it.
	Debtor string
	Limit  int    // of a page; 0: 50, at most 1000
	Cursor string // ArchivePage.Next of the page before; empty: the newest
}

// ArchivePage is one page of the archive, newest first, as the ledger stands now.
type ArchivePage struct {
	Payments []Payment
	Next     string // of the next page; empty: there is none. A page may have fewer than were asked for, and a next one.
	// Total is how many there are on all pages; nil: not known, because this is not the first page, or because
	// the index is being made.
	Total *int
	// Since is the day from which payments have their debtor, where one was asked for and nothing was found.
	Since string
}

const (
	defaultPage = 50
	maxPage     = 1000
)

// archiveSearch is a query made ready.
type archiveSearch struct {
	ArchiveQuery
	before uint64 // only payments whose first entry is older
	debtor *debtorSearch
}

func digits(s string) bool {
	return len(s) <= maxText && !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}

func (q ArchiveQuery) ready() (*archiveSearch, error) {
	debtor, err := debtorAsked(q.Debtor)
	if err != nil {
		return nil, err
	}
	s := &archiveSearch{ArchiveQuery: q, before: ^uint64(0), debtor: debtor}
	for _, day := range []string{q.From, q.To} {
		if _, err := time.Parse(time.DateOnly, day); day != "" && err != nil {
			return nil, fmt.Errorf("%w: day %q", ErrInvalid, day)
		}
	}
	if q.Limit < 0 || q.Limit > maxPage || q.AmountCents < 0 || !digits(q.Notice) || !digits(q.IUV) || !digits(q.STAN) ||
		!keyable(q.Operator, q.Terminal, q.Reference, q.ReceiptNumber, string(q.State), string(q.Registration)) {
		return nil, fmt.Errorf("%w: query of the archive", ErrInvalid)
	}
	if q.Limit == 0 {
		s.Limit = defaultPage
	}
	if q.STAN != "" {
		s.STAN = plainSTAN(q.STAN)
	}
	if q.Cursor == "" {
		return s, nil
	}
	before, err := strconv.ParseUint(q.Cursor, 10, 64)
	if err != nil || before == 0 {
		return nil, fmt.Errorf("%w: cursor %q", ErrInvalid, q.Cursor)
	}
	s.before = before
	return s, nil
}

// plainSTAN leaves leading zeros out.
func plainSTAN(stan string) string { return "0" + strings.TrimLeft(stan, "0") }

// stans are the numbers by which the host knows a payment.
func (p *Payment) stans() []string {
	var out []string
	if p.Charge != nil && p.Charge.STAN != "" {
		out = append(out, plainSTAN(p.Charge.STAN))
	}
	if p.Reversal != nil && p.Reversal.Charge != nil && p.Reversal.Charge.STAN != "" {
		out = append(out, plainSTAN(p.Reversal.Charge.STAN))
	}
	return out
}

// amounts are the sums under which people may look for a payment.
func (p *Payment) amounts() []int64 {
	out := []int64{p.AmountCents}
	for _, n := range p.Notices {
		out = append(out, n.AmountCents)
	}
	if p.Charge != nil {
		out = append(out, p.Charge.AmountCents)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// matches decides whether a payment is one that was asked for: the index only proposes.
func (f *finder) matches(r *record) bool {
	s := f.s
	if r.FirstSeq >= s.before {
		return false
	}
	day := romeDay(r.CreatedAt)
	notice := func(is func(Notice) bool) bool { return slices.ContainsFunc(r.Notices, is) }
	switch {
	case s.From != "" && day < s.From, s.To != "" && day > s.To,
		s.State != "" && r.State != s.State,
		s.Operator != "" && r.Operator != s.Operator,
		s.Terminal != "" && r.Terminal != s.Terminal,
		s.Reference != "" && (r.Reference != s.Reference || r.SentAt.IsZero()),
		s.ReceiptNumber != "" && r.ReceiptNumber != s.ReceiptNumber,
		s.STAN != "" && !slices.Contains(r.stans(), s.STAN),
		s.AmountCents != 0 && !slices.Contains(r.amounts(), s.AmountCents),
		s.Registration != "" && !notice(func(n Notice) bool { return n.Registration == s.Registration }),
		s.Notice != "" && !notice(func(n Notice) bool { return strings.HasPrefix(n.Number, s.Notice) }),
		s.IUV != "" && !notice(func(n Notice) bool { return strings.HasPrefix(pagopa.Notice(n.Number).IUV(), s.IUV) }),
		s.debtor != nil && !s.debtor.is(debtorsOf(f.tx, r)): // last: it reads a blob
		return false
	}
	return true
}

// Kinds of terms of the index: the first byte of each.
const (
	termDay          = 'd'
	termTerminal     = 't'
	termOperator     = 'o'
	termAmount       = 'a'
	termState        = 's'
	termRegistration = 'g'
	termSTAN         = 'z'
	termReceipt      = 'r'
)

// levels are the kinds of terms of a text that is looked for by its beginning, by how many of its first bytes they
// hold, the shortest first: a query looks at the next longer ones.
type levels []struct {
	kind byte
	most int
}

// of are the terms of a text.
func (l levels) of(text string) []string {
	out := make([]string, len(l))
	for i, t := range l {
		out[i] = string(t.kind) + text[:min(t.most, len(text))]
	}
	return out
}

// kind is that of the shortest terms that hold so many bytes.
func (l levels) kind(count int) string {
	for _, t := range l {
		if count <= t.most {
			return string(t.kind)
		}
	}
	return string(l[len(l)-1].kind)
}

// noticeTerms are those of a notice number: at most a hundred to a digit more.
var noticeTerms = levels{{'3', 3}, {'6', 6}, {'9', 9}, {'c', 12}, {'n', maxText}}

// fixedTerms never change.
func (p *Payment) fixedTerms() []string {
	out := []string{string(termDay) + romeDay(p.CreatedAt), string(termTerminal) + p.Terminal, string(termOperator) + p.Operator}
	for _, n := range p.Notices {
		out = append(out, noticeTerms.of(n.Number)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// changingTerms may be others after the payment's next entry.
func (p *Payment) changingTerms() []string {
	out := []string{string(termState) + string(p.State)}
	for _, n := range p.Notices {
		out = append(out, string(termRegistration)+string(n.Registration))
	}
	for _, a := range p.amounts() {
		out = append(out, string(termAmount)+strconv.FormatInt(a, 10))
	}
	for _, stan := range p.stans() {
		out = append(out, string(termSTAN)+stan)
	}
	if p.ReceiptNumber != "" {
		out = append(out, string(termReceipt)+p.ReceiptNumber)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// exactTerms are those that a payment must have.
func (s *archiveSearch) exactTerms() []string {
	var out []string
	for kind, value := range map[byte]string{termTerminal: s.Terminal, termOperator: s.Operator, termState: string(s.State),
		termRegistration: string(s.Registration), termSTAN: s.STAN, termReceipt: s.ReceiptNumber} {
		if value != "" {
			out = append(out, string(kind)+value)
		}
	}
	if s.AmountCents != 0 {
		out = append(out, string(termAmount)+strconv.FormatInt(s.AmountCents, 10))
	}
	return out
}
