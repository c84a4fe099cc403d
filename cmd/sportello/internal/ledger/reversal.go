package ledger

import (
	"fmt"
	"time"

	"sportello/driver"
	"sportello/protocol/local"
)

// tokenLife is the life of a payment token: within it a receipt may still come of a charge that was given
// back (design 4).
const tokenLife = 30 * time.Minute

// Reverse makes a reversal durable before its frame: charged becomes reversing, and the payment takes the
// terminal, in one commit. With settlement platform it is possible until the platform was called, and from
// then on nothing is submitted; with settlement terminal the caller has checked that the provider undoes
// the pagoPA leg (reversal: provider). A cart is reversed whole. Only the call that returns no error has written
// the intent: the same request id again returns the payment as it is with ErrRepeated. Errors: *NotReversibleError, *LockedError (the terminal), ErrRequestReused, ErrDiskFull.
func (l *Ledger) Reverse(id, operator, requestID string, baseline driver.Baseline) (Payment, error) {
	l.failpoint("reverse.before")
	var out Payment
	err := l.submit(&op{money: true, do: func(b *batch) error {
		r, err := loadRecord(b.view, id)
		if err != nil {
			return err
		}
		if requestID == "" || !keyable(requestID) {
			return fmt.Errorf("%w: request id %q", ErrInvalid, requestID)
		}
		switch known := string(b.get(tableRequests + requestID)); {
		case known == id && requestID != r.RequestID:
			out = b.answer(r)
			return fmt.Errorf("%w: %q, payment %q is %q", ErrRepeated, requestID, id, r.State)
		case known != "":
			return fmt.Errorf("%w: %q is payment %q", ErrRequestReused, requestID, known)
		}
		if why := r.notReversible(); why != "" {
			return &NotReversibleError{PaymentID: id, Why: why}
		}
		switch refunded, err := b.refunded(id); {
		case err != nil:
			return err
		case refunded:
			return &NotReversibleError{PaymentID: id, Why: local.WhyRefunded}
		}
		t, err := loadTerminal(b.view, r.Terminal)
		if err != nil {
			return err
		}
		if t.Lock != "" {
			return &LockedError{PaymentID: t.Lock, Kind: ErrTerminalLocked}
		}
		if err := l.ballast.restore(); err != nil {
			return err
		}
		if err := b.overtaken(r.Terminal); err != nil {
			return err
		}
		e := &entry{Kind: KindReversalSent, Operator: operator, Payment: id, Reversal: &reversalBody{RequestID: requestID},
			Terminal: &terminalBody{Name: r.Terminal, TerminalID: baseline.TerminalID,
				Result: resultHash(baseline.Last), STAN: baseline.LastSTAN, Empty: baseline.Last == nil}}
		if err := b.append(e, &blob{Kind: "reversal", Baseline: &baseline}); err != nil {
			return err
		}
		return b.reload(id, &out)
	}})
	if err == nil {
		l.failpoint("reverse.after")
	}
	return out, err
}

// notReversible says why the ledger lets a payment not be reversed; empty: it does.
func (r *record) notReversible() string {
	if r.State != Charged {
		return local.WhyState
	}
	for _, n := range r.Notices {
		switch {
		case n.Registration == RegClosed: // it has its ending
			return local.WhyState
		case r.Settlement == SettlementPlatform && (r.Submitted || n.Registration != RegNone && n.Registration != RegHeld):
			return local.WhySubmitted
		}
	}
	if r.Charge == nil || !numbered(r.Charge.STAN) {
		return local.WhyNoSTAN
	}
	return ""
}

// refunded says that the office has given the money of a payment back, or that one person says so and another
// has not signed yet.
func (v *view) refunded(id string) (found bool, err error) {
	err = v.eachCase(func(c *caseRecord) {
		found = found || c.PaymentID == id && (c.Ending == EndingRefunded || c.Proposal != nil && c.Proposal.Ending == EndingRefunded)
	})
	return found, err
}

// ReversalBaseline returns the terminal's state before the newest reversal of a payment.
func (l *Ledger) ReversalBaseline(id string) (driver.Baseline, error) {
	b, err := l.blob(id, func(r *record) uint64 { return r.ReversalSeq })
	if err != nil {
		return driver.Baseline{}, err
	}
	if b == nil || b.Baseline == nil {
		return driver.Baseline{}, fmt.Errorf("%w: baseline of the reversal of payment %q", ErrNotFound, id)
	}
	return *b.Baseline, nil
}

func applyReversalSent(v *view, e *entry) error {
	if e.Reversal == nil {
		return missing(e, "reversal")
	}
	r, err := loadRecord(v, e.Payment)
	if err != nil {
		return err
	}
	if !r.State.May(Reversing) {
		return fmt.Errorf("payment %q goes from %q to %q", r.ID, r.State, Reversing)
	}
	t, err := loadTerminal(v, r.Terminal)
	if err != nil {
		return err
	}
	if t.Lock != "" {
		return fmt.Errorf("the reversal of %q takes terminal %q held by %q", r.ID, t.Name, t.Lock)
	}
	r.State, r.Reason, r.ReversalSeq, r.ReversedIn = Reversing, driver.Reason{}, e.Seq, t.Session
	r.Reversal = &Reversal{RequestID: e.Reversal.RequestID, Operator: e.Operator, SentAt: e.At}
	v.put(tableRequests+e.Reversal.RequestID, []byte(r.ID))
	t.take(r)
	t.meet(v, e.Terminal)
	learnResult(v, t, e.Terminal, true)
	for i := range r.Notices { // with settlement platform nobody submits them any more
		if err := putOutbox(v, r, i, e.At, time.Time{}); err != nil {
			return err
		}
	}
	v.store(tableTerminals+t.Name, t)
	storeRecord(v, r, e)
	return nil
}

// applyReversed ends a reversal that is proven. The notices stay locked for the token's life; what was
// awaited is closed and only watched for.
func applyReversed(e *entry, r *record) {
	r.Reversal.EndedAt, r.Reversal.FreeAt, r.UndoneSeq = e.At, e.At.Add(tokenLife), e.Seq
	r.Reversal.Doubted = e.Outcome.Doubted && !r.Reversal.Acked && !r.Reversal.Confirmed
	for i := range r.Notices {
		if n := &r.Notices[i]; n.Registration.Awaited() {
			n.Registration, n.Reason = RegClosed, driver.Reason{Code: reasonReversed}
		}
	}
}

// overtaken leaves a reversal to people of which the terminal is not known to have been told: what is about to be
// sent on it takes the reversal's place in its memory, and nobody can ask after it any more. A caller that has
// opened its case already has done so.
func (b *batch) overtaken(terminal string) error {
	t, err := loadTerminal(b.view, terminal)
	if err != nil || t.LastPayment == "" {
		return err
	}
	r, err := loadRecord(b.view, t.LastPayment)
	if err != nil || r.State != Reversed || !r.Reversal.Doubted {
		return err
	}
	found := false
	if err := b.eachCase(func(c *caseRecord) {
		found = found || c.PaymentID == r.ID && !c.Opened.Before(r.Reversal.EndedAt)
	}); err != nil || found {
		return err
	}
	_, err = b.openCase(Case{PaymentID: r.ID, Cause: driver.Reason{Code: reasonContradicted},
		Evidence: "Stornato; ma il terminale forse non sa che abbiamo avuto la sua risposta, e non gli si è chiesto se ha annullato lo storno: l'addebito può valere."})
	return err
}

// reversalCases are the cases that a verdict on a reversal opens.
func (r *record) reversalCases(to State, o driver.Outcome) []Case {
	switch {
	case to == Reversing && o.Final && !r.NeedsPeople:
		return []Case{{PaymentID: r.ID, Cause: driver.Reason{Code: reasonReversal, Text: o.Reason.Text},
			Evidence: "Uno storno è stato inviato, e non si sa se il denaro è stato restituito."}}
	case to == Reversed && r.witness() != "":
		return []Case{{PaymentID: r.ID, Cause: driver.Reason{Code: reasonAfterReversal},
			Evidence: fmt.Sprintf("Stornato, e la piattaforma ha la ricevuta «%s» del nostro prestatore.", r.witness())}}
	}
	return nil
}

// afterReversal is the case of a receipt that came although the charge was given back.
func (r *record) afterReversal(c RegistrationChange) *Case {
	k := &Case{Cause: driver.Reason{Code: reasonAfterReversal}}
	if c.Case != nil {
		k.Evidence = c.Case.Evidence
	}
	if k.Evidence == "" {
		k.Evidence = fmt.Sprintf("Stornato, e poi è arrivata la ricevuta «%s» del nostro prestatore.", c.ReceiptID)
	}
	return k
}
