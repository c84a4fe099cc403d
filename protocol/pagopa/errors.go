package pagopa

import (
	"errors"
	"fmt"
)

// Errors of notice numbers and IUVs.
var (
	// ErrNoticeLength: not 18 characters.
	ErrNoticeLength = errors.New("a notice number has 18 digits")
	// ErrIUVTyped: 17 digits, so very likely the IUV was typed for the notice
	// number; for aux digit 3 NoticeFromIUV gives the number.
	ErrIUVTyped = errors.New("17 digits are an IUV, the notice number has 18")
	// ErrNoticeDigits: something else than the ASCII digits 0 to 9.
	ErrNoticeDigits = errors.New("a notice number is made of digits only")
	// ErrNoticeAux: the first digit is 4 to 9, which are not defined.
	ErrNoticeAux = errors.New("undefined aux digit")
	// ErrNoticeCheck: the check digits are wrong. The only refusal after which
	// searching anyway may be offered (test environments use such numbers); the
	// error is then a *CheckError.
	ErrNoticeCheck = errors.New("wrong check digits")
	// ErrNoticePlaceholder: eighteen zeros, the filler of specimen notices.
	ErrNoticePlaceholder = errors.New("placeholder, not a notice number")
	// ErrIUVLength: not the 17 digits of an IUV under aux digit 3.
	ErrIUVLength = errors.New("an IUV of aux digit 3 has 17 digits")
)

// Errors of creditor tax codes.
var (
	// ErrCreditorLength: not 11 characters (often a VAT prefix "IT").
	ErrCreditorLength = errors.New("a creditor tax code has 11 digits")
	// ErrCreditorDigits: something else than the ASCII digits 0 to 9.
	ErrCreditorDigits = errors.New("a creditor tax code is made of digits only")
	// ErrCreditorPlaceholder: eleven zeros.
	ErrCreditorPlaceholder = errors.New("placeholder, not a creditor tax code")
)

// Errors of personal tax codes. None of them repeats the code.
var (
	// ErrTaxCodeLength: neither 16 nor 11 characters.
	ErrTaxCodeLength = errors.New("a tax code has 16 characters, or 11 digits")
	// ErrTaxCodeCharacter: a character that cannot stand at its place.
	ErrTaxCodeCharacter = errors.New("wrong character in tax code")
	// ErrTaxCodeDate: the date of birth in it does not exist.
	ErrTaxCodeDate = errors.New("impossible date of birth in tax code")
	// ErrTaxCodeCheck: the check letter (or digit) is wrong.
	ErrTaxCodeCheck = errors.New("wrong check character in tax code")
	// ErrTaxCodePlaceholder: eleven zeros.
	ErrTaxCodePlaceholder = errors.New("placeholder, not a tax code")
)

// Errors of scans. Those of the notice and the creditor inside it come on top.
var (
	// ErrEmpty: nothing but blanks.
	ErrEmpty = errors.New("empty")
	// ErrTooLong: more than MaxInput bytes; nothing of it was looked at.
	ErrTooLong = errors.New("too long for any code of a payment notice")
	// ErrNotNotice: some other code (a web address, a product, a postal slip that
	// is no pagoPA notice).
	ErrNotNotice = errors.New("not a code of a pagoPA payment notice")
	// ErrVersion: a pagoPA QR of a version other than 002.
	ErrVersion = errors.New("unknown version of the pagoPA QR code")
	// ErrLayout: it starts like a code of a notice but its fields do not fit, so it
	// was read only in part: scan again, or type the 18 digits.
	ErrLayout = errors.New("code of a payment notice read only in part")
	// ErrAmount: the amount is longer than any pagoPA amount.
	ErrAmount = errors.New("amount out of range")
	// ErrDamaged: the separators were lost and what stands between does not pass
	// its checks, so where a field ends would be a guess.
	ErrDamaged = errors.New("code damaged by the scanner")
	// ErrNoCreditor: a QR needs the creditor's tax code and this scan has none.
	ErrNoCreditor = errors.New("creditor not known")
)

// CheckError is a notice number that is right but for its check digits. It matches
// ErrNoticeCheck.
type CheckError struct {
	Notice Notice // what was given
	Want   string // the check digits that would fit the first 16 digits
}

func (e *CheckError) Error() string {
	return fmt.Sprintf("notice %q: wrong check digits %s, expected %s", string(e.Notice), e.Notice.Check(), e.Want)
}

// Is makes errors.Is(err, ErrNoticeCheck) true.
func (e *CheckError) Is(target error) bool { return target == ErrNoticeCheck }

// SearchAnyway returns the number as it was typed when nothing but its check digits
// is wrong, so that a caller may offer to look it up all the same.
func SearchAnyway(err error) (Notice, bool) {
	var ce *CheckError
	if errors.As(err, &ce) {
		return ce.Notice, true
	}
	return "", false
}
