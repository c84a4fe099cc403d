// Package pagopa knows the codes a citizen brings to the counter: notice numbers
// and IUVs, the tax codes of creditors and people, and the three symbols printed on
// a payment notice (QR, postal Data Matrix, GS1-128), also as a badly set up
// scanner types them.
//
// It is pure: no I/O, no clock, no dependency, nothing kept between calls; all of it
// is safe for concurrent use. It says what a code is, never whether a debt exists,
// is open, or how much is due: only the platform knows that.
//
// It must never put a debtor's name, tax code or reason for payment, nor a raw scan,
// into an error or a String method. What was read with the help of a repair is
// always flagged as repaired, and a repair that would have to guess is refused.
//
// Rules: SACI 1.3.1 and 3.x (notice numbers), the printed notice's specification 3.x
// (QR), the Ministry of Finance decree of 23 December 1976 (personal tax codes).
package pagopa

// MaxInput is the longest input in bytes that any parser of this package looks at.
// The longest legal code, the Data Matrix of the postal slip, has 256 characters.
const MaxInput = 1024
