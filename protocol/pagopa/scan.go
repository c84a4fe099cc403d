package pagopa

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// MaxAmountCents is the largest pagoPA amount (stAmount, 999999999.99 euro).
const MaxAmountCents = 99_999_999_999

// Kind is the sort of code that was read.
type Kind string

// The kinds of code.
const (
	KindQR         Kind = "qr"         // the notice's QR code
	KindDataMatrix Kind = "datamatrix" // the postal slip's Data Matrix
	KindGS1        Kind = "gs1_128"    // the linear code of old notices
	KindNotice     Kind = "notice"     // 18 digits, or NUMBER@TAXCODE, as a rule typed
)

// Warning is something that does not stop a scan but must be seen by a person.
type Warning string

// The warnings.
const (
	WarnNoticeCheck   Warning = "notice_check"   // scanned with wrong check digits: test number, or misprint
	WarnCreditorCheck Warning = "creditor_check" // the creditor's tax code has a wrong check digit
	WarnGLNCheck      Warning = "gln_check"      // the creditor's GLN has a wrong check digit
	WarnAmountLarge   Warning = "amount_large"   // eleven digits: legal, beyond what older readers take
)

// Repair is one kind of damage that was undone to read a code. Repairs of the
// keyboard kind mean that the scanner is set up wrongly.
type Repair string

// The repairs.
const (
	RepairWhitespace  Repair = "whitespace"   // blanks, tabs or line ends around or inside
	RepairAIM         Repair = "aim_prefix"   // a symbology prefix such as ]Q1, intact or damaged
	RepairUSOnItalian Repair = "us_on_it"     // scanner set to the US keyboard, PC Italian
	RepairItalianOnUS Repair = "it_on_us"     // scanner set to the Italian keyboard, PC US
	RepairCapsLock    Repair = "caps_lock"    // letters in the wrong case
	RepairSeparators  Repair = "separators"   // separators lost or replaced
	RepairEncoding    Repair = "encoding"     // not UTF-8, read as Latin-1
	RepairShortAmount Repair = "short_amount" // fewer amount digits than the layout prescribes
	RepairTail        Repair = "tail"         // optional fields at the end missing
	RepairLayout      Repair = "layout"       // a known deviation of somebody's generator
)

// Scan is what the clerk's field received, understood.
type Scan struct {
	Kind     Kind
	Notice   Notice
	Creditor Creditor // "" when the code does not say it (bare number, GS1-128)
	GLN      string   // the creditor's GLN, 13 digits, GS1-128 only
	// AmountCents is the amount when the notice was printed, 0 when it was not known
	// then. It is never the amount to charge: that is the platform's.
	AmountCents int64
	// Slip is what the Data Matrix says beyond that, nil for other kinds. Personal.
	Slip     *Slip
	Warnings []Warning // in order of discovery, nil when none
	Repairs  []Repair  // in order of discovery, nil when none
}

// Repaired tells whether the code had to be mended to be read.
func (s Scan) Repaired() bool { return len(s.Repairs) > 0 }

// Conformant tells whether the code was exactly what its specification prescribes:
// nothing mended and every check digit right.
func (s Scan) Conformant() bool {
	return !s.Repaired() && !slices.ContainsFunc(s.Warnings, func(w Warning) bool { return w != WarnAmountLarge })
}

// String tells what was read, without anything personal.
func (s Scan) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s notice %s", s.Kind, s.Notice.Grouped())
	if s.Creditor != "" {
		fmt.Fprintf(&b, " creditor %s", string(s.Creditor))
	}
	if s.GLN != "" {
		fmt.Fprintf(&b, " gln %s", s.GLN)
	}
	if s.AmountCents > 0 {
		fmt.Fprintf(&b, " cents %d", s.AmountCents)
	}
	for _, w := range s.Warnings {
		fmt.Fprintf(&b, " warning:%s", w)
	}
	for _, r := range s.Repairs {
		fmt.Fprintf(&b, " repaired:%s", r)
	}
	return b.String()
}

// GoString keeps %#v from walking into the slip.
func (s Scan) GoString() string { return "pagopa.Scan(" + s.String() + ")" }

// QR renders the notice as its canonical QR text, PAGOPA|002|notice|creditor|cents,
// with at least two digits of cents and 00 for an amount not known.
// ErrNoCreditor when the scan did not tell the creditor: set it first.
func (s Scan) QR() (string, error) {
	if s.Creditor == "" {
		return "", ErrNoCreditor
	}
	return fmt.Sprintf("PAGOPA|002|%s|%s|%02d", string(s.Notice), string(s.Creditor), s.AmountCents), nil
}

// Canonical renders the scan in the one form of its kind that ParseScan reads back
// to the same scan without any repair. For a Data Matrix that form contains the
// debtor's data: not for logs.
func (s Scan) Canonical() string {
	switch s.Kind {
	case KindQR:
		return fmt.Sprintf("PAGOPA|002|%s|%s|%02d", string(s.Notice), string(s.Creditor), s.AmountCents)
	case KindDataMatrix:
		return s.dataMatrix()
	case KindGS1:
		return fmt.Sprintf("(415)%s(8020)%s(3902)%02d", s.GLN, string(s.Notice), s.AmountCents)
	case KindNotice:
	}
	if s.Creditor != "" {
		return string(s.Notice) + "@" + string(s.Creditor)
	}
	return string(s.Notice)
}

func (s *Scan) warn(w Warning) { s.Warnings = append(s.Warnings, w) }

func (s *Scan) repaired(r Repair) {
	if !slices.Contains(s.Repairs, r) {
		s.Repairs = append(s.Repairs, r)
	}
}

// aimPrefix is a symbology identifier (]Q1, ]d1, ]C1 ...), its bracket possibly
// damaged by the keyboard map, or lost in front of the QR's own beginning.
// compiled makes a pattern when it is first needed: long counted ones cost milliseconds, and the service
// must listen before anybody scans.
func compiled(expr string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}

var aimPrefix = compiled(`^(?:[\]+][A-Za-z][0-9A-Za-z]|[Qq][0-9](?:[Pp][Aa][Gg]))`)

// ParseScan reads whatever the clerk's field gets: the text of a QR code, a postal
// Data Matrix or a GS1-128, 18 digits, or NUMBER@TAXCODE. Damage by scanners is
// mended by shape and flagged in Repairs.
//
// Wrong check digits in a printed code are a warning, in a typed number an error (a
// *CheckError); only with that error the Scan is filled all the same, so that the
// caller may offer to search anyway. The other errors are ErrEmpty, ErrTooLong,
// ErrNotNotice, ErrVersion, ErrLayout, ErrAmount, ErrDamaged, and those of
// ParseNotice and ParseCreditor. No error repeats the input beyond a notice number.
func ParseScan(raw string) (Scan, error) {
	if len(raw) > MaxInput {
		return Scan{}, fmt.Errorf("%w: %d bytes, at most %d", ErrTooLong, len(raw), MaxInput)
	}
	var s Scan
	text := raw
	if !utf8.ValidString(text) {
		text = fromLatin1(text)
		s.repaired(RepairEncoding)
	}
	if trimmed := strings.TrimFunc(text, isFiller); trimmed != text {
		text = trimmed
		s.repaired(RepairWhitespace)
	}
	if text == "" {
		return Scan{}, ErrEmpty
	}
	if aim := aimPrefix().FindString(text); aim != "" {
		if aim[0] == '+' {
			s.repaired(RepairUSOnItalian)
		}
		cut := 3
		if aim[0] == 'Q' || aim[0] == 'q' {
			cut = 2
		}
		text = strings.TrimLeftFunc(text[cut:], isFiller)
		s.repaired(RepairAIM)
	}

	var err error
	switch upper := upperASCII(text); {
	case strings.HasPrefix(upper, "PAGOPA"):
		err = s.parseQR(text)
	case strings.HasPrefix(upper, "CODFASE"):
		err = s.parseDataMatrix(text)
	case gs1Start().MatchString(text):
		err = s.parseGS1(text)
	default:
		err = s.parseTyped(text)
	}
	if _, anyway := SearchAnyway(err); err != nil && !anyway {
		return Scan{}, err
	}
	return s, err
}

// takeNotice and takeCreditor fill the fields from a printed code, where wrong check
// digits are a warning.
func (s *Scan) takeNotice(digits string) error {
	n, err := noticeShape(digits)
	if err != nil {
		return err
	}
	if s.Notice = n; !n.CheckOK() {
		s.warn(WarnNoticeCheck)
	}
	return nil
}

func (s *Scan) takeCreditor(digits string) error {
	c, err := ParseCreditor(digits)
	if err != nil {
		return err
	}
	if s.Creditor = c; !c.CheckOK() {
		s.warn(WarnCreditorCheck)
	}
	return nil
}

func (s *Scan) takeAmount(digits string) error {
	cents, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || cents > MaxAmountCents {
		return fmt.Errorf("%w: %d digits", ErrAmount, len(digits))
	}
	if s.AmountCents = cents; cents > 9_999_999_999 {
		s.warn(WarnAmountLarge)
	}
	return nil
}

var typedAt = compiled(`^(.*?)([@"])(.*)$`)

// parseTyped reads 18 digits or NUMBER@TAXCODE. The @ may have passed a US scanner
// on an Italian PC, where it is a double quote.
func (s *Scan) parseTyped(text string) error {
	number, creditor := text, ""
	m := typedAt().FindStringSubmatch(text)
	if m != nil {
		number, creditor = m[1], NormalizeNotice(m[3])
	}
	digits := NormalizeNotice(number)
	if !looksNumeric(digits) {
		return ErrNotNotice
	}
	s.Kind = KindNotice
	notice, err := ParseNotice(digits)
	if ce, anyway := SearchAnyway(err); anyway {
		notice = ce
	} else if err != nil {
		return err
	}
	s.Notice = notice
	if m != nil {
		if m[2] == `"` {
			s.repaired(RepairUSOnItalian)
		}
		if cerr := s.takeCreditor(creditor); cerr != nil {
			return cerr
		}
	}
	if len(digits) != len(number) || m != nil && len(creditor) != len(m[3]) {
		s.repaired(RepairWhitespace)
	}
	return err
}

// looksNumeric tells an attempt at a number, whose errors are worth explaining, from
// some other code.
func looksNumeric(s string) bool {
	all, digits := 0, 0
	for _, r := range s {
		if all++; r >= '0' && r <= '9' {
			digits++
		}
	}
	return all > 0 && all <= 40 && digits*2 > all
}

// isFiller is what scanners and people put around a code: blanks, line ends and the
// other control characters (STX, ETX, a leading FNC1 sent as GS).
func isFiller(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || r == '\u200b' || r == '\ufeff'
}

func fromLatin1(s string) string {
	runes := make([]rune, len(s))
	for i := range len(s) {
		runes[i] = rune(s[i])
	}
	return string(runes)
}
