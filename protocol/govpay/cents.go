package govpay

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// MaxCents is the platform's largest amount, 999999999.99 euro.
const MaxCents = 99_999_999_999

// ParseCents turns a decimal amount in euro, as the platform writes it, into
// integer cents: exactly, or not at all. It takes what a JSON number may be,
// exponents included ("45.01", "100", "100.0", "1E+2"), because that is what
// Java's decimals look like, and refuses a sign, a third decimal other than
// zero, and anything over [MaxCents].
func ParseCents(s string) (int64, error) {
	digits, exp, ok := splitDecimal(s)
	if !ok {
		return 0, fmt.Errorf("%w: %q", ErrAmount, quotable(s, "0123456789.eE+-"))
	}
	exp += 2 // euro to cents
	for exp < 0 {
		// What is cut off must be zero: nothing is rounded.
		if n := len(digits); n > 0 {
			if digits[n-1] != '0' {
				return 0, fmt.Errorf("%w: more than two decimals in %q", ErrAmount, quotable(s, "0123456789.eE+-"))
			}
			digits = digits[:n-1]
		} else {
			exp = 0
			break
		}
		exp++
	}
	var cents int64
	for _, d := range digits {
		cents = cents*10 + int64(d-'0')
		if cents > MaxCents {
			return 0, fmt.Errorf("%w: %q is over the platform's limit", ErrAmount, quotable(s, "0123456789.eE+-"))
		}
	}
	for ; exp > 0 && cents != 0; exp-- {
		cents *= 10
		if cents > MaxCents {
			return 0, fmt.Errorf("%w: %q is over the platform's limit", ErrAmount, quotable(s, "0123456789.eE+-"))
		}
	}
	return cents, nil
}

// splitDecimal cuts a JSON number without sign into its digits and the power of
// ten they stand for. Numbers longer than any amount are refused.
func splitDecimal(s string) (digits []byte, exp int, ok bool) {
	const maxLen, maxExp = 40, 40
	if s == "" || len(s) > maxLen {
		return nil, 0, false
	}
	i, start := 0, 0
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	if i == 0 || (i > 1 && s[0] == '0') { // JSON knows no leading zero
		return nil, 0, false
	}
	digits = append(digits, s[start:i]...)
	if i < len(s) && s[i] == '.' {
		i++
		start = i
		for i < len(s) && isDigit(s[i]) {
			i++
		}
		if i == start {
			return nil, 0, false
		}
		digits = append(digits, s[start:i]...)
		exp = -(i - start)
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		e, err := strconv.Atoi(s[i+1:])
		if err != nil || e > maxExp || e < -maxExp {
			return nil, 0, false
		}
		exp += e
		i = len(s)
	}
	return digits, exp, i == len(s)
}

// quotable is s if it is short and made of the given characters: what else stands
// where an amount or a time should be may be anything, and stays out of errors.
func quotable(s, alphabet string) string {
	if len(s) > 40 || strings.Trim(s, alphabet) != "" {
		return "(something else)"
	}
	return s
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// allDigits reports whether s is exactly n digits.
func allDigits(s string, n int) bool {
	if len(s) != n {
		return false
	}
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return true
}

// euro is an amount on the wire: a JSON number, or the same in quotes as inside
// rpt and rt. Absent and null are "not given", which is not zero.
type euro struct {
	cents int64
	given bool
}

// UnmarshalJSON reads the amount exactly.
func (e *euro) UnmarshalJSON(b []byte) error {
	s := string(b)
	if s == "null" {
		return nil
	}
	if len(b) > 0 && b[0] == '"' {
		if err := json.Unmarshal(b, &s); err != nil {
			return fmt.Errorf("%w: %w", ErrAmount, err)
		}
	}
	cents, err := ParseCents(s)
	if err != nil {
		return err
	}
	e.cents, e.given = cents, true
	return nil
}

var _ json.Unmarshaler = (*euro)(nil)
