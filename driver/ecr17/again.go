package ecr17

import (
	"errors"
	"io"
	"slices"
	"time"

	"sportello/driver"
)

// A citizen who cancels, tries again and cancels again makes the terminal send the same bytes twice: a
// refusal that never reached the host carries no number and no time. Nothing in the second one tells it
// from the first one repeated while the new sale runs (ECR17 1.6, D11), and to take a repeat for the
// outcome would invite a second charge. What tells them apart is what the terminal itself shows, before
// and after. An earlier refusal that comes again after the ACK of the request is this payment's outcome
// when all of this holds; otherwise it stays what it was, a result that cannot count, and evidence
// decides.
//
//  1. Nothing old was left unsaid (exchange.settled). What is repeated is what was not confirmed, and an
//     ACK names no message: a sender with two unconfirmed messages could not know which one an ACK means.
//     So it sends the next only when the one before is confirmed or given up, and an answer that comes
//     whole proves that nothing older is pending. The answer to G in the pre-flight covers what came
//     before it, but is itself a copy of the saved refusal, and its own confirmation may be lost. Hence
//     one more s, only when the saved result is such a refusal, on the connection of the payment: asked
//     once, acknowledged, then answered, and no result that nobody asked for since the pre-flight began.
//     This needs no memory and holds for the first payment of a process too. A bare ACK (as that of E)
//     would not do: some terminals acknowledge on the line before the application has read the frame.
//  2. In this exchange no result came before the ACK, and this one came once: the terminal is not repeating.
//  3. The terminal has ended the procedure: after our ACK it sent a whole slip, or hung up in order; or,
//     where the line stays open (serial), it had shown work on this payment before, and then was silent
//     for longer than it repeats a result (afterOdd). Any ACK or NAK or another message after the refusal
//     means that the sale goes on; so does a progress text, unless it speaks of printing or a slip follows.
//  4. It is idle: it answers s, and G has nothing newer (the check of design 3.2). Most terminals carry
//     out one procedure at a time and answer nothing while they sell.
//
// The same rule is for every such refusal where the terminal did not tell its last result before the payment
// (blanks, or no G at all): nothing says then that it is new. It may be what G tells now. And where the pre-flight did
// not go smoothly either, a refusal with a number of the host may be as old as one without.
//
// An approval equal to an earlier one never counts: it carries a number.
//
// The refusal is acknowledged before the outcome is recorded, which no other result is. Nothing can be
// lost by it: the same bytes are in the ledger, as the baseline of this attempt or as the outcome of the
// one before, and a power cut here leaves "sent", which is unknown.
//
// Residual risk: a terminal that against its own protocol keeps an unconfirmed message aside, answers
// another question meanwhile, repeats the message within the next sale, and then, with that sale still
// running, hangs up or is silent without a text and answers s and G from a second thread. Once that sale is
// saved, the next payment's baseline is an approval that the ledger does not know, and the till refuses to
// charge (design 5.7).

// again is a refusal that may be an earlier one, after the ACK of the request.
type again struct {
	reading Reading
	acked   bool // our ACK was written
	parts   int  // pieces of a slip that were here before it
	atWork  bool // a progress text came after it, and not of printing
}

// progress notes that the terminal showed a text after the refusal; a is nil when there was none.
func (a *again) progress(text string) {
	if a != nil && progressOf(text, driver.PhaseCard).Phase != driver.PhaseReceipt {
		a.atWork = true
	}
}

// slip reports a whole slip after the refusal.
func (a *again) slip(t *ticket) bool { return len(t.parts) > a.parts && t.complete() }

// mayRecur: another refusal may be equal to this one to the byte.
func (r Reading) mayRecur() bool {
	return r.Sense == SenseRefused && noNumber(r.Charge.STAN) && noNumber(r.Charge.OnlineID) && r.Charge.HostTime.IsZero()
}

// taken: a result has the number of an earlier transaction, of the baseline's or of one that the ledger has.
// It is that one's, told in other bytes (D11, G14), or ours on a terminal that begins its numbers anew. Such a
// refusal is let go like one that is equal to the byte: what it may have been evidence shows. Such an approval
// is never let go: it is no verdict, recorded before it is acknowledged, and evidence or people decide.
func (e *exchange) taken(r Reading) bool {
	stan := r.Charge.STAN
	if e.reversal || noNumber(stan) { // its answer may well name the charge
		return false
	}
	return stan == e.baseline.LastSTAN || e.payment.KnownResult != nil && e.payment.KnownResult(r.Raw, stan)
}

// onEarlier takes a result that was there before: in the baseline, in the exchange before, or in this one
// before its time.
func (e *exchange) onEarlier(r Reading) {
	acked := e.conn.ack() == nil
	repeated := slices.ContainsFunc(e.past, func(raw []byte) bool { return string(raw) == string(r.Raw) })
	if repeated || !e.acked {
		e.settled = false
	}
	if !repeated {
		e.discard("di nuovo un risultato precedente", r.Raw)
	}
	e.again = nil
	if e.acked && e.direct == nil && r.Sense == SenseRefused {
		e.again = &again{reading: r, acked: acked, parts: len(e.ticket.parts)}
	}
}

// ended says whether the terminal has shown that the procedure is over (3 above); the exchange has been
// read to its silence or its end.
func (e *exchange) ended() bool {
	switch {
	case !e.again.acked:
		return false
	case e.conn.ended != nil && !errors.Is(e.conn.ended, io.EOF): // cut or reset
		return false
	}
	silent := e.worked && !time.Now().Before(e.conn.lastByte.Add(e.t.profile.afterOdd))
	return e.again.slip(&e.ticket) || !e.again.atWork && (e.conn.ended != nil || silent)
}

// sameAgain decides whether the refusal that equals an earlier one is the outcome, by the rule above. Only
// errClosing is an error.
func (t *terminal) sameAgain(e *exchange) error {
	a, parts, working := e.again, len(e.ticket.parts), e.again.atWork
	if !e.settled || !a.reading.mayRecur() || !e.ended() {
		return nil
	}
	seen := t.look(t.life, e)
	_, begun := e.takeReady() // what came meanwhile
	switch {
	case t.life.Err() != nil:
		return errClosing
	case begun || !seen.unchanged() && !(e.untold && seen.holds(a.reading)) || e.again != a || a.atWork != working || len(e.ticket.parts) != parts:
		return nil
	}
	e.direct, e.told, e.lineEnd, e.again = &a.reading, true, "", nil
	t.remember(a.reading.Raw, false)
	e.note(driver.EvidenceResult, "il terminale ha finito ed è fermo: questo rifiuto è di questo pagamento", a.reading.Raw)
	return nil
}
