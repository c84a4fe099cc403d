// Package govpay is the client of GovPay's REST API, as far as a payment
// counter needs it: verify a notice (byAvviso of API Pagamento v2, Backoffice v1,
// Pendenze v2 or Ragioneria v3), find a debtor's positions, create one, register
// a charge (POST /pagamenti), look for the pagoPA receipt of a notice (Ragioneria
// v3, ricevute) and prove that the platform is there and ours (probes).
//
// All calls but [Client.Submit] may be repeated; that one leaves once, on a
// connection of its own, and [NextOf] says how to go on. The package must never
// turn an amount into a floating point number, follow a redirect, retry by itself
// (net/http asks once more where a kept connection turns out to be dead, never for
// Submit), or put a password, a debtor's name or the platform's free text into an
// error message. Whether and when to ask again is the caller's business: every
// failure is a [*Fault] whose [Outcome] says what to do, and whose [Trouble] says
// what it means for the notice.
//
// Amounts are integer euro cents. Times are in Europe/Rome, which is what the
// platform means when it writes no offset; the program that uses this package
// embeds or installs the time zone database.
package govpay
