// Package paper makes what leaves the counter on paper: the attestation of a payment as A4 PDF (pagopa.md 4.2),
// the same and the terminal's slip for an 80 mm ESC/POS printer, and the printer itself, which works from a
// queue of its own.
//
// A paper says what the ledger proves and no more: what is charged and not registered is never given out as
// registered. A printer that fails is a light and a reason; it never holds, delays or changes a payment.
// Nothing personal is logged.
package paper
