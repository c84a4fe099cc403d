// Package govpay is the client of GovPay's REST API, as far as a payment
// counter needs it: verify a notice (API Pagamento v2, byAvviso), look for the
// pagoPA receipt of a notice (API Ragioneria v3, ricevute) and ask who the
// platform takes us for (profilo).
//
// It only reads: nothing here changes a debt, so every call may be repeated.
// It must never turn an amount into a floating point number, follow a redirect,
// retry by itself (net/http asks once more where a kept connection turns out to
// be dead, no more), or put a password, a debtor's name or the platform's free
// text into an error message. Whether and when to ask again is the caller's
// business: every failure is a [*Fault] whose [Outcome] says what to do.
//
// Amounts are integer euro cents. Times are in Europe/Rome, which is what the
// platform means when it writes no offset; the program that uses this package
// embeds or installs the time zone database.
package govpay
