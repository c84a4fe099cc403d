package pagopa

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// noticeLen is the number of digits of a notice number (SACI 1.3.1 table 2).
const noticeLen = 18

// Notice is a notice number ("numero avviso"): 18 digits, aux digit 0 to 3. Values
// come from ParseNotice, NoticeFromIUV, SearchAnyway or a Scan; on a string that was
// merely converted the methods return zero values instead of panicking.
type Notice string

// ParseNotice reads exactly 18 ASCII digits with right check digits. It drops
// nothing: see NormalizeNotice. The errors are ErrNoticeLength, ErrIUVTyped,
// ErrNoticeDigits, ErrNoticePlaceholder, ErrNoticeAux and a *CheckError.
func ParseNotice(s string) (Notice, error) {
	n, err := noticeShape(s)
	if err != nil {
		return "", err
	}
	if !n.CheckOK() {
		return "", &CheckError{Notice: n, Want: n.wantCheck()}
	}
	return n, nil
}

// noticeShape is ParseNotice without the check digits, for what a scanner read.
func noticeShape(s string) (Notice, error) {
	if len(s) > MaxInput {
		return "", fmt.Errorf("%w: more than %d bytes", ErrNoticeLength, MaxInput)
	}
	bad := firstNonDigit(s)
	switch length := utf8.RuneCountInString(s); {
	case length == noticeLen-1 && bad < 0:
		return "", fmt.Errorf("%w: %q", ErrIUVTyped, s)
	case length != noticeLen:
		return "", fmt.Errorf("%w: found %d characters", ErrNoticeLength, length)
	case bad >= 0:
		r, _ := utf8.DecodeRuneInString(s[bad:])
		return "", fmt.Errorf("%w: character %d is %q", ErrNoticeDigits, utf8.RuneCountInString(s[:bad])+1, r)
	case strings.Trim(s, "0") == "":
		return "", fmt.Errorf("%w: %q", ErrNoticePlaceholder, s)
	case s[0] > '3':
		return "", fmt.Errorf("%w: %q starts with %c", ErrNoticeAux, s, s[0])
	}
	return Notice(s), nil
}

// NormalizeNotice drops what people and scanners add around and between the digits:
// blanks of every kind, no-break and zero-width spaces, tabs, line ends. It does not
// touch hyphens, which may be a sign of another kind of number. Input longer than
// MaxInput is returned as it is; ParseNotice refuses it.
func NormalizeNotice(s string) string {
	if len(s) > MaxInput {
		return s
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '\u200b' || r == '\ufeff' {
			return -1
		}
		return r
	}, s)
}

// NoticeFromIUV gives the notice number of a 17-digit IUV under aux digit 3, the
// only one for new notices. (The 15-digit IUVs of aux digit 0 need an application
// code that the IUV does not contain.)
func NoticeFromIUV(iuv string) (Notice, error) {
	if len(iuv) != noticeLen-1 || firstNonDigit(iuv) >= 0 {
		return "", ErrIUVLength
	}
	return ParseNotice("3" + iuv)
}

// wellFormed guards the accessors against a converted string.
func (n Notice) wellFormed() bool {
	return len(n) == noticeLen && firstNonDigit(string(n)) < 0
}

// Aux is the aux digit: 3 for today's notices, 0 to 2 for older ones, -1 for a value
// that is no notice number.
func (n Notice) Aux() int {
	if !n.wellFormed() {
		return -1
	}
	return int(n[0] - '0')
}

// Segregation is the segregation code of aux digit 3, otherwise "". The list of
// codes grows: never refuse one.
func (n Notice) Segregation() string {
	if n.Aux() != 3 {
		return ""
	}
	return string(n[1:3])
}

// Application is the application code of aux digit 0, otherwise "".
func (n Notice) Application() string {
	if n.Aux() != 0 {
		return ""
	}
	return string(n[1:3])
}

// IUV is the payment's identifier inside pagoPA messages: the last 15 digits for aux
// digit 0, else the last 17 (SACI 1.3.1 table 2).
func (n Notice) IUV() string {
	switch aux := n.Aux(); {
	case aux < 0:
		return ""
	case aux == 0:
		return string(n[3:])
	default:
		return string(n[1:])
	}
}

// Check is the two check digits, "" for aux digit 1, which has none.
func (n Notice) Check() string {
	if aux := n.Aux(); aux < 0 || aux == 1 {
		return ""
	}
	return string(n[noticeLen-2:])
}

// CheckOK tells whether the check digits are those of the 16 digits before them,
// modulo 93 (SACI 1.3.1). True for aux digit 1, which has none.
func (n Notice) CheckOK() bool {
	switch n.Aux() {
	case 0, 2, 3:
		return n.Check() == n.wantCheck()
	case 1:
		return true
	default:
		return false
	}
}

func (n Notice) wantCheck() string {
	base, err := strconv.ParseUint(string(n[:noticeLen-2]), 10, 64)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%02d", base%93)
}

// Grouped is the number as it is printed on the notice: 4-4-4-4-2.
func (n Notice) Grouped() string {
	if !n.wellFormed() {
		return string(n)
	}
	return string(n[:4] + " " + n[4:8] + " " + n[8:12] + " " + n[12:16] + " " + n[16:])
}

// firstNonDigit is the index of the first byte that is not an ASCII digit, or -1.
// (unicode.IsDigit would let the digits of other scripts through.)
func firstNonDigit(s string) int {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return i
		}
	}
	return -1
}
