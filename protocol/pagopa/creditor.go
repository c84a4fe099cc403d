package pagopa

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// creditorLen is the number of digits of a creditor's tax code (stFiscalCodePA).
const creditorLen = 11

// Creditor is the tax code of a creditor institution ("codice fiscale ente"): 11
// digits.
type Creditor string

// ParseCreditor reads exactly 11 ASCII digits. A wrong check digit is no error (the
// test environments' 77777777777 has one): ask CheckOK and warn. The errors are
// ErrCreditorLength, ErrCreditorDigits and ErrCreditorPlaceholder.
func ParseCreditor(s string) (Creditor, error) {
	if len(s) > MaxInput {
		return "", fmt.Errorf("%w: more than %d bytes", ErrCreditorLength, MaxInput)
	}
	if length := utf8.RuneCountInString(s); length != creditorLen {
		if len(s) == creditorLen+2 && strings.EqualFold(s[:2], "IT") {
			return "", fmt.Errorf("%w: leave out the VAT prefix %q", ErrCreditorLength, s[:2])
		}
		return "", fmt.Errorf("%w: found %d characters", ErrCreditorLength, length)
	}
	if bad := firstNonDigit(s); bad >= 0 {
		r, _ := utf8.DecodeRuneInString(s[bad:])
		return "", fmt.Errorf("%w: character %d is %q", ErrCreditorDigits, utf8.RuneCountInString(s[:bad])+1, r)
	}
	if strings.Trim(s, "0") == "" {
		return "", fmt.Errorf("%w: %q", ErrCreditorPlaceholder, s)
	}
	return Creditor(s), nil
}

// CheckOK tells whether the last digit is the check digit of the ten before it (the
// rule of Italian VAT numbers).
func (c Creditor) CheckOK() bool {
	return len(c) == creditorLen && firstNonDigit(string(c)) < 0 && c[creditorLen-1] == elevenCheck(string(c))
}

// elevenCheck is the check digit of the first ten digits of s: even places doubled,
// minus 9 above 9, summed with the odd ones, complemented to ten.
func elevenCheck(s string) byte {
	sum := 0
	for i := range creditorLen - 1 {
		d := int(s[i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return '0' + byte((10-sum%10)%10)
}
