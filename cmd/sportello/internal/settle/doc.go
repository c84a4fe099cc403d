// Package settle makes sure that the platform knows what was charged. For every
// charged notice that waits for its pagoPA receipt it asks the platform, again
// and again, and writes into the ledger what it finds; for attempts that ended
// not charged, or unknown, it watches that no receipt of ours appears after all
// (design 4, 5.2, 10). It serves settlement "terminal", where the provider behind
// the terminal reports the payment and we only read.
//
// It must never call a notice registered on anything but a positive receipt of
// the terminal's own provider, on its channel, over the charged amount; never
// change the outcome of a charge; and never ask the platform anything while
// nothing is waiting.
package settle
