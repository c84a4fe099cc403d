package pagopa

import (
	"fmt"
	"strings"
)

// sep is what may stand where a separator was: one character that is neither letter
// nor digit, or nothing.
const sep = `([^\p{L}\p{N}]?)`

// qrShape follows the fixed widths of the QR text, which carry it even without
// separators; the amount, last, may have 1 to 11 digits (2 to 11 are legal, one is
// seen in print).
var (
	qrShape   = compiled(`^PAGOPA` + sep + `002` + sep + `([0-9]{18})` + sep + `([0-9]{11})` + sep + `([0-9]{1,11})$`)
	qrVersion = compiled(`^PAGOPA` + sep + `([0-9]{3})` + sep + `[0-9]{18}`)
	qrLong    = compiled(`^PAGOPA` + sep + `002` + sep + `[0-9]{18}` + sep + `[0-9]{11}` + sep + `[0-9]{12,}$`)
)

// parseQR reads the text of the notice's QR code (printed notice specification 3.x).
func (s *Scan) parseQR(text string) error {
	s.Kind = KindQR
	upper := upperASCII(text)
	m := qrShape().FindStringSubmatch(upper)
	if m == nil {
		if v := qrVersion().FindStringSubmatch(upper); v != nil && v[2] != "002" {
			return fmt.Errorf("%w: %q", ErrVersion, v[2])
		}
		if qrLong().MatchString(upper) {
			return fmt.Errorf("%w: more than 11 digits", ErrAmount)
		}
		return fmt.Errorf("%w: a QR has five fields, the last one the amount", ErrLayout)
	}
	if !strings.HasPrefix(text, "PAGOPA") {
		s.repaired(RepairCapsLock)
	}
	guessed := s.judgeSeparators(m[1], m[2], m[4], m[6])
	if err := s.takeNotice(m[3]); err != nil {
		return err
	}
	if err := s.takeCreditor(m[5]); err != nil {
		return err
	}
	// Without separators a digit lost anywhere moves all fields after it; only the
	// check digits tell.
	if guessed && len(s.Warnings) > 0 {
		return fmt.Errorf("%w: separators lost and check digits wrong", ErrDamaged)
	}
	if len(m[7]) == 1 {
		s.repaired(RepairShortAmount)
	}
	return s.takeAmount(m[7])
}

// judgeSeparators names the damage that the QR's separators show, and tells whether
// one of them is missing altogether.
func (s *Scan) judgeSeparators(seps ...string) (lost bool) {
	for _, have := range seps {
		switch have {
		case "|":
		case "§":
			s.repaired(RepairUSOnItalian)
		case "~":
			s.repaired(RepairItalianOnUS)
		default:
			s.repaired(RepairSeparators)
			lost = lost || have == ""
		}
	}
	return lost
}

// gs1Mark is what may surround an application identifier: brackets as printed, GS,
// their damaged forms, or nothing.
const gs1Mark = `([^\p{L}\p{N}]{0,3})`

var (
	gs1Start = compiled(`^[^\p{L}\p{N}]{0,3}415[^\p{L}\p{N}]{0,3}[0-9]{13}[^\p{L}\p{N}]{0,3}8020`)
	gs1Shape = compiled(`^` + gs1Mark + `415` + gs1Mark + `([0-9]{13})` + gs1Mark + `8020` + gs1Mark +
		`([0-9]{18})(?:` + gs1Mark + `3902` + gs1Mark + `([0-9]{1,15}))?$`)
)

// parseGS1 reads the GS1-128 of old notices: (415) the creditor's GLN, (8020) the
// notice number, (3902) the amount in cents (SANP 2018 7.4.4).
func (s *Scan) parseGS1(text string) error {
	s.Kind = KindGS1
	m := gs1Shape().FindStringSubmatch(text)
	if m == nil {
		return fmt.Errorf("%w: GS1-128 (8020) with the 18 digits of the notice, (3902) with the amount", ErrLayout)
	}
	s.judgeBrackets(m[1], m[2], m[4], m[5], m[7], m[8])
	if s.GLN = m[3]; !glnCheckOK(s.GLN) {
		s.warn(WarnGLNCheck)
	}
	if err := s.takeNotice(m[6]); err != nil {
		return err
	}
	switch m[9] {
	case "":
		s.repaired(RepairTail)
		return nil
	default:
		if len(m[9]) == 1 {
			s.repaired(RepairShortAmount)
		}
		return s.takeAmount(m[9])
	}
}

// judgeBrackets names the damage around the application identifiers. Raw (nothing,
// or GS before the last identifier) and printed with brackets are both right.
func (s *Scan) judgeBrackets(marks ...string) {
	const gs = "\x1d"
	for i, have := range marks {
		opening := i%2 == 0
		switch {
		case have == "", opening && (have == "(" || have == gs), !opening && have == ")":
		case opening && have == ")", !opening && have == "=":
			s.repaired(RepairUSOnItalian)
		case opening && have == "*", !opening && have == "(":
			s.repaired(RepairItalianOnUS)
		default:
			s.repaired(RepairSeparators)
		}
	}
}

// glnCheckOK is the GS1 check digit: weights 1 and 3 from the left over 12 digits.
func glnCheckOK(gln string) bool {
	sum := 0
	for i := range len(gln) - 1 {
		d := int(gln[i] - '0')
		if i%2 == 1 {
			d *= 3
		}
		sum += d
	}
	return int(gln[len(gln)-1]-'0') == (10-sum%10)%10
}
