// Package settle makes sure that the platform knows what was charged. It works
// the outbox off: with settlement "terminal", where the provider behind the
// terminal reports the payment, it waits for the pagoPA receipt; with "platform"
// it submits the charge itself, and then waits. For attempts that ended not
// charged, or unknown, and for charges that were given back for want of a receipt, it
// watches that no receipt of ours appears after all; where somebody else has paid, that
// our own may (design 4, 5.2, 10).
//
// It must never call a notice registered on anything but a positive receipt of
// ours over the charged amount: by provider and channel, or by the attempt code
// of our own submission. It must never submit a charge again before the platform
// has answered a look that began when it could no longer be at work on the last
// call, nor while that look shows anything of ours, or of others. It must never
// change the outcome of a charge, never ask the platform anything while nothing
// is waiting and its last word was good, and never let one notice hold up another.
package settle
