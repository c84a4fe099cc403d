package pagopa

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Slip is what the postal slip's Data Matrix says beyond notice, creditor and
// amount. All of it but the account may be personal, so printing a Slip shows the
// account only.
type Slip struct {
	account               string
	debtor, name, causale string
}

// Account is the creditor's postal account, 12 digits.
func (p *Slip) Account() string { return p.account }

// DebtorCode is the debtor's tax code as printed, unchecked, "" when missing.
func (p *Slip) DebtorCode() string { return p.debtor }

// DebtorName is the debtor's name as printed, "" when missing.
func (p *Slip) DebtorName() string { return p.name }

// Reason is the reason for payment ("causale") as printed, "" when missing.
func (p *Slip) Reason() string { return p.causale }

// String shows the account only.
func (p *Slip) String() string { return "slip of account " + p.account }

// GoString keeps %#v from showing the debtor.
func (p *Slip) GoString() string { return "pagopa.Slip(" + p.String() + ")" }

// Widths of the Data Matrix's text fields, after the creditor's code.
const (
	slipDebtor, slipName, slipCausale = 16, 40, 110
	slipBlanks                        = 12
	slipMaxCents                      = 9_999_999_999 // ten digits
)

var (
	dmHeader = compiled(`^(?i:codfase)([^A-Za-z\p{N}]?)(?i:nbpa)([^A-Za-z\p{N}]?)18[0-9]`)
	dmOther  = compiled(`^(?i:codfase)[^A-Za-z\p{N}]?([A-Za-z]{4})[^A-Za-z]`)
	// dmShape begins after the header. The amount has 10 digits (some generators: 15),
	// and one generator leaves out the digit before P1.
	dmShape = compiled(`^18([0-9]{18})12([0-9]{12})(?:10([0-9]{10})|1[05]([0-9]{15}))3896(1?)[Pp]1([0-9]{11})`)
)

// parseDataMatrix reads the Data Matrix of the postal slip, as far as the creditor's
// code; what comes after is optional.
func (s *Scan) parseDataMatrix(text string) error {
	s.Kind = KindDataMatrix
	h := dmHeader().FindStringSubmatch(text)
	if h == nil {
		if o := dmOther().FindStringSubmatch(text); o != nil && !strings.EqualFold(o[1], "NBPA") {
			return fmt.Errorf("%w: a postal slip of another kind", ErrNotNotice)
		}
		return fmt.Errorf("%w: Data Matrix header", ErrLayout)
	}
	text = s.mendHeader(text, h[1], h[2])
	head, body := text[:len("codfase")], text[strings.Index(text, "18"):]
	if head != "codfase" || !strings.Contains(text[:len(text)-len(body)], "NBPA") {
		s.repaired(RepairCapsLock)
	}
	m := dmShape().FindStringSubmatch(body)
	if m == nil {
		return fmt.Errorf("%w: Data Matrix fields", ErrLayout)
	}
	if m[5] == "" || m[4] != "" {
		s.repaired(RepairLayout)
	}
	if err := s.takeNotice(m[1]); err != nil {
		return err
	}
	if err := s.takeCreditor(m[6]); err != nil {
		return err
	}
	if err := s.takeAmount(m[3] + m[4]); err != nil {
		return err
	}
	if s.AmountCents > slipMaxCents {
		return fmt.Errorf("%w: more than ten digits on a postal slip", ErrAmount)
	}
	s.Slip = &Slip{account: m[2]}
	s.readTail(body[len(m[0]):])
	return nil
}

// mendHeader tells from the two separators of the header what the keyboard did to
// the whole text, and undoes it.
func (s *Scan) mendHeader(text, eq, semi string) string {
	if strings.HasPrefix(text, "CODFASE") && text[len("CODFASE")+len(eq)] == 'n' {
		text = swapCase(text)
		eq, semi = swapCase(eq), swapCase(semi)
		s.repaired(RepairCapsLock)
	}
	switch {
	case eq == "=" && semi == ";":
	case eq == "ì" && semi == "ò":
		text = mapRunes(text, itToUS)
		s.repaired(RepairUSOnItalian)
	case eq == ")" && semi == "<":
		text = mapRunes(text, usToIT)
		s.repaired(RepairItalianOnUS)
	default:
		s.repaired(RepairSeparators)
	}
	return text
}

// readTail reads the debtor's fields, as many as are whole.
func (s *Scan) readTail(tail string) {
	tail = strings.Map(printable, tail)
	runes := []rune(tail)
	take := func(width int) string {
		n := min(width, len(runes))
		field := string(runes[:n])
		runes = runes[n:]
		return strings.TrimRight(field, " ")
	}
	// A scanner that trims blanks may leave a bare 11-digit code; any other rest
	// shorter than its field is cut, and no code of anybody.
	if len(runes) >= slipDebtor || len(tail) == creditorLen && firstNonDigit(tail) < 0 {
		s.Slip.debtor = take(slipDebtor)
		s.Slip.name = take(slipName)
		s.Slip.causale = take(slipCausale)
	}
	switch rest := string(runes); {
	case rest == strings.Repeat(" ", slipBlanks)+"A":
	case strings.TrimSpace(rest) == "A":
		s.repaired(RepairLayout)
	default:
		s.repaired(RepairTail)
	}
}

// dataMatrix renders the 256 characters.
func (s Scan) dataMatrix() string {
	p := s.Slip
	if p == nil {
		p = &Slip{account: strings.Repeat("0", 12)}
	}
	pad := func(field string, width int) string {
		return field + strings.Repeat(" ", max(0, width-utf8.RuneCountInString(field)))
	}
	return fmt.Sprintf("codfase=NBPA;18%s12%s10%010d38961P1%s%s%s%s%sA", string(s.Notice), p.account, s.AmountCents,
		string(s.Creditor), pad(p.debtor, slipDebtor), pad(p.name, slipName), pad(p.causale, slipCausale), pad("", slipBlanks))
}

// printable turns control characters into blanks.
func printable(r rune) rune {
	if isFiller(r) {
		return ' '
	}
	return r
}
