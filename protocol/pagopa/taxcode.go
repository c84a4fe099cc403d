package pagopa

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// TaxCode is the tax code ("codice fiscale") of a debtor: 16 characters of a person,
// or 11 digits of a company or of a person with a provisional code. It is personal
// data: printing a TaxCode shows a mask, only Code gives it away. Values are
// comparable.
type TaxCode struct {
	code string
}

// Birth is what a personal tax code says of its holder. The century is not in it.
type Birth struct {
	Day, Month int
	YearOf100  int // 0 to 99
	Female     bool
}

const (
	taxCodeLen = 16
	// taxCodeShape: L a letter, D a digit (or its omocodia letter), M a month, C the
	// check letter.
	taxCodeShape = "LLLLLLDDMDDLDDDC"
	// months: the letter at index i is month i+1.
	months = "ABCDEHLMPRST"
	// omocodia: the letter at index i stands for digit i when two people would
	// otherwise share one code. Any subset of the seven digits may be replaced.
	omocodia = "LMNPQRSTUV"
)

// oddValues are the values of 0-9 and A-Z at the odd places (1st, 3rd, ...) of the
// check letter's sum; at even places a digit or letter counts as itself, A=0.
var oddValues = [26]int{1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23}

var daysInMonth = [12]int{31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

// ParseTaxCode reads a tax code in either case, blanks around it ignored. Omocodia
// is accepted in any subset of positions. The place code is not looked up. The
// errors, which never contain the code, are ErrTaxCodeLength, ErrTaxCodeCharacter,
// ErrTaxCodeDate, ErrTaxCodeCheck and ErrTaxCodePlaceholder.
func ParseTaxCode(s string) (TaxCode, error) {
	if len(s) > MaxInput {
		return TaxCode{}, fmt.Errorf("%w: more than %d bytes", ErrTaxCodeLength, MaxInput)
	}
	s = upperASCII(strings.TrimSpace(s))
	switch length := utf8.RuneCountInString(s); length {
	case creditorLen:
		return parseNumericTaxCode(s)
	case taxCodeLen:
		return parsePersonalTaxCode(s)
	default:
		return TaxCode{}, fmt.Errorf("%w: found %d characters", ErrTaxCodeLength, length)
	}
}

func parseNumericTaxCode(s string) (TaxCode, error) {
	if bad := firstNonDigit(s); bad >= 0 {
		return TaxCode{}, fmt.Errorf("%w: position %d must be a digit", ErrTaxCodeCharacter, utf8.RuneCountInString(s[:bad])+1)
	}
	if strings.Trim(s, "0") == "" {
		return TaxCode{}, ErrTaxCodePlaceholder
	}
	if want := elevenCheck(s); s[creditorLen-1] != want {
		return TaxCode{}, fmt.Errorf("%w: check digit %c, expected %c", ErrTaxCodeCheck, s[creditorLen-1], want)
	}
	return TaxCode{s}, nil
}

func parsePersonalTaxCode(s string) (TaxCode, error) {
	pos := 0
	for _, r := range s {
		letter := r >= 'A' && r <= 'Z'
		switch taxCodeShape[pos] {
		case 'D':
			if (r < '0' || r > '9') && !strings.ContainsRune(omocodia, r) {
				return TaxCode{}, fmt.Errorf("%w: position %d must be a digit or one of %s", ErrTaxCodeCharacter, pos+1, omocodia)
			}
		case 'M':
			if !letter || !strings.ContainsRune(months, r) {
				return TaxCode{}, fmt.Errorf("%w: position %d must be a month letter, one of %s", ErrTaxCodeDate, pos+1, months)
			}
		default:
			if !letter {
				return TaxCode{}, fmt.Errorf("%w: position %d must be a letter", ErrTaxCodeCharacter, pos+1)
			}
		}
		pos++
	}
	t := TaxCode{s}
	// A two-digit leap year is one in 19yy or in 20yy; that is every multiple of
	// four, because 2000 was one.
	b, _ := t.Birth()
	if b.Day < 1 || b.Day > daysInMonth[b.Month-1] || b.Month == 2 && b.Day == 29 && b.YearOf100%4 != 0 {
		return TaxCode{}, fmt.Errorf("%w: no day %02d in month %02d of that year", ErrTaxCodeDate, b.Day, b.Month)
	}
	if want := taxCodeCheck(s); s[taxCodeLen-1] != want {
		return TaxCode{}, fmt.Errorf("%w: check letter %c, expected %c", ErrTaxCodeCheck, s[taxCodeLen-1], want)
	}
	return t, nil
}

// taxCodeCheck is the check letter of the first 15 characters, omocodia left in.
func taxCodeCheck(s string) byte {
	sum := 0
	for i := range taxCodeLen - 1 {
		v := int(s[i]) - 'A'
		if s[i] <= '9' {
			v = int(s[i]) - '0'
		}
		if i%2 == 0 {
			v = oddValues[v]
		}
		sum += v
	}
	return 'A' + byte(sum%26)
}

// Code is the tax code itself, upper case. For the screen and the platform; not for
// logs.
func (t TaxCode) Code() string { return t.code }

// String is a mask: the length and nothing of the holder.
func (t TaxCode) String() string { return strings.Repeat("*", len(t.code)) }

// GoString keeps %#v from showing the code.
func (t TaxCode) GoString() string { return "pagopa.TaxCode(" + t.String() + ")" }

// Numeric tells whether this is an 11-digit code: a company's, or the provisional
// one of a person.
func (t TaxCode) Numeric() bool { return len(t.code) == creditorLen }

// Omocodia tells whether letters stand for digits in it.
func (t TaxCode) Omocodia() bool { return t.code != t.plain() }

// Birth decodes date and sex, after undoing omocodia. False for an 11-digit code.
func (t TaxCode) Birth() (Birth, bool) {
	s := t.plain()
	if len(s) != taxCodeLen {
		return Birth{}, false
	}
	two := func(i int) int { return int(s[i]-'0')*10 + int(s[i+1]-'0') }
	b := Birth{Day: two(9), Month: strings.IndexByte(months, s[8]) + 1, YearOf100: two(6)}
	if b.Day > 40 {
		b.Day, b.Female = b.Day-40, true
	}
	return b, true
}

// plain is the code with the omocodia letters back to digits. Its check letter is
// still that of the code as issued.
func (t TaxCode) plain() string {
	if len(t.code) != taxCodeLen {
		return t.code
	}
	b := []byte(t.code)
	for i := range b {
		if d := strings.IndexByte(omocodia, b[i]); taxCodeShape[i] == 'D' && d >= 0 {
			b[i] = '0' + byte(d)
		}
	}
	return string(b)
}

// upperASCII upper-cases a-z and nothing else: the Unicode rules would turn a
// dotless i or a long s into a letter that was never there.
func upperASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r - 'a' + 'A'
		}
		return r
	}, s)
}
