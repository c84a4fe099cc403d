// Package till takes payments: it turns a clerk's request into one card charge on one terminal,
// writes every step to the ledger before it matters, and after a restart takes up again whatever was
// left unfinished. It never sends anything financial itself (the driver does, once), never infers
// "charged" or "not charged" (the driver judges evidence), and never forgets an attempt that was sent.
//
// # The path of a payment
//
// Pay checks the request and hands an attempt to the worker of its terminal (station.go). The worker asks
// the platform about each notice and runs the driver's pre-flight; the driver calls back (recorder.go)
// right before the first financial byte, when the intent becomes durable, and with the outcome, which
// becomes durable before the terminal is told that we have it.
//
// # Where the power can go (design 4)
//
// The failpoint of each row kills the process in TestKillAtEveryStep of cmd/sportello.
//
//	step                           on disk            start-up does                        failpoint
//	request accepted, pre-flight   nothing            nothing: nothing had left            till.preflight
//	before the intent is written   nothing            nothing                              ledger.intend.before
//	intent written, not yet sent   sent + baseline    unknown, gather evidence             ledger.intend.after
//	frame sent, no result yet      sent + baseline    unknown, gather evidence             till.phase
//	result here, not yet written   sent + baseline    unknown, the terminal's last result  ledger.conclude.before
//	result written, no ACK yet     charged + outbox   nothing for the terminal; settle     ledger.conclude.after
//	ACK sent, slip not yet kept    charged + outbox   settle; the slip can be reprinted    ledger.aftermath.after
//	receipt seen, not yet written  charged + outbox   settle looks again                   ledger.register.before
//	registered                     registered         nothing                              ledger.register.after
//
// A reversal, and what people decide (design 5.5). One entry each: before it nothing has changed.
//
//	step                           on disk               start-up does                        failpoint
//	reversal asked, pre-flight     charged               nothing: nothing had left            ledger.reverse.before
//	reversal written, not sent     reversing + baseline  the driver's ResolveReversal         ledger.reverse.after
//	frame sent, no result yet      reversing + baseline  likewise; never sent again           till.phase
//	result here, not yet written   reversing + baseline  likewise                             ledger.conclude.before
//	result written, no ACK yet     reversed, or charged  nothing for the terminal; settle     ledger.conclude.after
//	answer not yet proposed        unknown               nothing: people are asked            ledger.propose.before
//	answer proposed                unknown + proposal    nothing: it waits for the second     ledger.propose.after
//	second signature not written   unknown + proposal    likewise                             ledger.countersign.before
//	second signature written       charged, not charged  nothing for the terminal; settle     ledger.countersign.after
//	session about to be closed     closing unknown       nothing: the total is not known      ledger.close.after
//	session closed, not written    closing unknown       likewise, until it is asked          ledger.close.before
//	closing written                closing               nothing                              ledger.close.after
//
// A charge that the platform has to be told of (settlement platform; TestKillWhileRegistering). The till's part
// ends with the word of the terminal; the rest is settle's.
//
//	step                           on disk               start-up does                        failpoint
//	result written, no ACK yet     charged               asks the terminal, then settle       ledger.conclude.after
//	ACK sent, not written so       charged               likewise                             ledger.aftermath.before
//	ACK written                    charged, acked        settle submits                       ledger.aftermath.after
//
// An offline period and a confirmed channel are one entry each: before it nothing has changed. What is found or
// created on the platform leaves nothing here at all; a creation whose answer is lost is found there by the
// same request.
//
// # Who failed
//
// Three things can be away, and each is told by its own words: the terminal from us (refusal.go), the bank from
// the terminal (its action code, in paymentReason), the platform from us (platform.go). What the platform itself
// has asked in vain, a debt's owner or pagoPA, is a trouble of the notice, and the platform is there.
package till
