package ledger

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"

	"sportello/driver"
)

// record is a payment in the state bucket.
type record struct {
	Payment
	FirstSeq   uint64 `json:",omitzero"` // of its first entry
	LastSeq    uint64 `json:",omitzero"` // of its newest
	SentSeq    uint64 `json:",omitzero"` // of the intent, whose blob holds baseline and descriptions
	ChargedSeq uint64 `json:",omitzero"` // of the outcome that charged it
	UndoneSeq  uint64 `json:",omitzero"` // of the outcome that reversed it
	TicketSeq  uint64 `json:",omitzero"` // of the newest entry with a slip
	// FreeLocks were given back one by one: of documents whose notices are registered, of refunded notices.
	FreeLocks []string `json:",omitzero"`

	Evidence    []uint64      `json:",omitzero"` // every entry that is evidence, oldest first; see EvidenceSeq
	ReversalSeq uint64        `json:",omitzero"` // of the newest reversal's intent
	Submitted   bool          `json:",omitzero"` // a notice of it was submitted to the platform
	Session     int           `json:",omitzero"` // of the terminal, in which it was sent
	ReversedIn  int           `json:",omitzero"` // likewise its reversal
	Before      string        `json:",omitzero"` // the terminal's Previous until it was sent
	Unsent      bool          `json:",omitzero"` // the terminal took no notices: the provider does not know them
	Told        driver.Reason `json:",omitzero"` // why it is charged, while Reason says that it was not acknowledged
	Kept        []kept        `json:",omitzero"` // of each notice, where its receipt stands
	NoteSeq     uint64        `json:",omitzero"` // of the newest answer of people that decided or was parked: its blob holds what they typed
	ProposalSeq uint64        `json:",omitzero"` // likewise of the newest proposal
}

func (r *record) clone() *record {
	c := *r
	c.Notices = slices.Clone(r.Notices)
	c.ResolvedBy = slices.Clone(r.ResolvedBy)
	c.FreeLocks = slices.Clone(r.FreeLocks)
	c.Evidence = slices.Clone(r.Evidence)
	c.Transactions = slices.Clone(r.Transactions)
	c.Kept = slices.Clone(r.Kept)
	c.Submission = copied(r.Submission)
	c.Charge = copied(r.Charge)
	c.Proposal = copied(r.Proposal)
	if c.Reversal = copied(r.Reversal); c.Reversal != nil {
		c.Reversal.Charge = copied(r.Reversal.Charge)
	}
	return &c
}

// copied is another of the same; nil of nil.
func copied[T any](p *T) *T {
	if p == nil {
		return nil
	}
	c := *p
	return &c
}

// learned notes an entry as evidence. A proposal that waits did not know of it.
func (r *record) learned(e *entry) {
	r.EvidenceSeq, r.Proposal = e.Seq, nil
	r.Evidence = append(r.Evidence, e.Seq)
}

// outboxValue is an outbox item in the state bucket.
type outboxValue struct {
	Watch bool
	Since time.Time
	Until time.Time
}

func (o *outboxValue) clone() *outboxValue { c := *o; return &c }

// apply folds one entry into the state. It is the only code that changes the state: the writer, the
// start after a kill and Check all go through it. It decides nothing; what it does follows from the
// entry and the state before it. An error means that the journal contradicts itself.
func apply(v *view, e *entry) error {
	switch e.Kind {
	case KindRefused, KindSent:
		return applyAttempt(v, e)
	case KindOutcome:
		return applyOutcome(v, e)
	case KindAftermath:
		return applyAftermath(v, e)
	case KindRegistration:
		return applyRegistration(v, e)
	case KindReversalSent:
		return applyReversalSent(v, e)
	case KindResolutionProposed, KindResolutionDeclined, KindResolutionParked, KindContradicted, KindConfirmed:
		return applyDesk(v, e)
	case KindTerminalAdopted, KindTerminalFreed, KindTerminalDemoted, KindTerminalCommissioned, KindTerminalTotal, KindSessionClosed, KindChannelConfirmed:
		return applyTerminal(v, e)
	case KindCaseOpened, KindCaseEnded, KindEndingProposed, KindEndingDeclined:
		return applyCase(v, e)
	case KindSubmitting, KindSubmitted:
		return applySubmission(v, e)
	case KindOfflineOpened, KindOfflineClosed:
		return applyOffline(v, e)
	case KindBlobsErased:
		return nil
	}
	return fmt.Errorf("unknown kind %q", e.Kind)
}

func missing(e *entry, part string) error { return fmt.Errorf("%s entry without %q", e.Kind, part) }

func loadRecord(v *view, id string) (*record, error) {
	r, err := load[record](v, tablePayments+id)
	if err != nil {
		return nil, err
	}
	if r == nil {
		return nil, fmt.Errorf("%w: payment %q", ErrNotFound, id)
	}
	return r, nil
}

func storeRecord(v *view, r *record, e *entry) {
	r.LastSeq = e.Seq
	r.UpdatedAt = e.At
	if r.State.Finished() {
		if v.has(tableOpen + r.ID) {
			v.del(tableOpen + r.ID)
		}
	} else if !v.has(tableOpen + r.ID) {
		v.put(tableOpen+r.ID, nil)
	}
	v.store(tablePayments+r.ID, r)
}

func applyAttempt(v *view, e *entry) error {
	a := e.Attempt
	if a == nil {
		return missing(e, "attempt")
	}
	if v.has(tablePayments + e.Payment) {
		return fmt.Errorf("payment %q is there twice", e.Payment)
	}
	if v.has(tableRequests + a.RequestID) {
		return fmt.Errorf("request id %q is there twice", a.RequestID)
	}
	r := &record{FirstSeq: e.Seq, Payment: Payment{
		ID: e.Payment, RequestID: a.RequestID, RequestHash: a.RequestHash, RetryOf: a.RetryOf,
		Reference: a.Reference, Installation: e.Installation, State: NotCharged, Settlement: a.Settlement,
		AmountCents: a.AmountCents, Terminal: a.Terminal, Operator: e.Operator, CreatedAt: e.At,
		Offline: a.Offline, Transactions: a.Transactions,
	}}
	for _, n := range a.Notices {
		r.Notices = append(r.Notices, Notice{Creditor: n.Creditor, Number: n.Number, Position: n.Position,
			Document: n.Document, AmountCents: n.AmountCents, Registration: RegNone})
	}
	if a.Reason != nil {
		r.Reason = *a.Reason
	}
	v.put(tableRequests+a.RequestID, []byte(r.ID))
	v.put(tableDays+romeDay(e.At)+"/"+r.ID, nil)
	if e.Kind == KindSent {
		if a.Reference != "" {
			v.put(tableRefs+a.Reference, []byte(r.ID))
		}
		if err := applySent(v, e, r); err != nil {
			return err
		}
	}
	storeRecord(v, r, e)
	return nil
}

func applySent(v *view, e *entry, r *record) error {
	r.State, r.SentAt, r.SentSeq = Sent, e.At, e.Seq
	for _, n := range r.Notices {
		v.put(historyKey(n.Creditor, n.Number)+r.ID, []byte(r.Settlement))
	}
	for _, key := range lockKeys(r.Notices) {
		holders, err := takeLock(v, key, r, e.At)
		if err != nil {
			return err
		}
		if len(holders) > 0 {
			return fmt.Errorf("payment %q takes the lock %q held by %q", r.ID, key, holders)
		}
	}
	t, err := loadTerminal(v, r.Terminal)
	if err != nil {
		return err
	}
	if t.Lock != "" {
		return fmt.Errorf("payment %q takes terminal %q held by %q", r.ID, r.Terminal, t.Lock)
	}
	r.Session = t.Session
	t.take(r)
	t.meet(v, e.Terminal)
	learnResult(v, t, e.Terminal, !t.lags(v, e.Terminal))
	v.store(tableTerminals+t.Name, t)
	return applyOfflineCharge(v, e, r)
}

func applyOutcome(v *view, e *entry) error {
	o := e.Outcome
	if o == nil {
		return missing(e, "outcome")
	}
	r, err := loadRecord(v, e.Payment)
	if err != nil {
		return err
	}
	if r.State != o.From || !r.State.May(o.To) {
		return fmt.Errorf("payment %q goes from %q (entry: %q) to %q", r.ID, r.State, o.From, o.To)
	}
	if r.SentAt.IsZero() {
		return fmt.Errorf("payment %q has an outcome and was never sent", r.ID)
	}
	// An unknown found again after a start, with nothing new, is no evidence.
	news := !r.heard() || o.From != o.To || len(o.Evidence) > 0 || o.Charge != nil || e.Blob != nil || o.Preset != r.Preset || o.Final != r.NeedsPeople
	risk, cents := r.atRisk()
	r.Unsent = r.Unsent || o.unsent()
	r.State, r.Reason = o.To, o.Reason
	if len(o.ResolvedBy) > 0 {
		r.NoteSeq = e.Seq
	}
	r.Preset, r.NeedsPeople = o.Preset, o.Final
	if o.To.Finished() {
		r.Preset, r.NeedsPeople = "", false
	}
	switch {
	case o.Charge == nil:
	case o.From == Reversing:
		r.Reversal.Charge = o.Charge
	default:
		r.Charge = o.Charge
	}
	if len(o.ResolvedBy) > 0 {
		r.ResolvedBy = o.ResolvedBy
	}
	switch o.To {
	case Charged:
		err = applyCharged(v, e, r)
	case NotCharged:
		releaseLocks(v, r)
		err = applyWatch(v, e, r)
	case Reversed:
		applyReversed(e, r)
		err = applyWatch(v, e, r)
	case Unknown, Sent:
		err = applyWatch(v, e, r)
	case Reversing: // it goes on as it was
	}
	if err != nil {
		return err
	}
	if err := applyTerminalOutcome(v, e, r); err != nil {
		return err
	}
	if err := applyAtRisk(v, r, risk, cents); err != nil {
		return err
	}
	if news {
		r.learned(e)
	}
	storeRecord(v, r, e)
	return nil
}

func applyCharged(v *view, e *entry, r *record) error {
	if r.ReceiptNumber == "" { // back from reversing it has one
		if err := applyReceiptNumber(v, e); err != nil {
			return err
		}
		r.AccountingDay, r.ReceiptNumber, r.ChargedSeq = e.AccountingDay, e.ReceiptNumber, e.Seq
	}
	if e.Outcome.From == Reversing {
		r.Reversal.EndedAt = e.At
	}
	joinLocks(v, r)
	for i := range r.Notices {
		n := &r.Notices[i]
		if n.Registration != RegNone {
			continue
		}
		switch {
		case e.Outcome.Held != nil:
			n.Registration, n.Reason = RegHeld, *e.Outcome.Held
		case r.Settlement != SettlementPlatform:
			n.Registration = RegAwaiting
			if r.Unsent {
				n.Reason = driver.Reason{Code: reasonUnsent}
			}
		}
		if err := putOutbox(v, r, i, e.At, time.Time{}); err != nil {
			return err
		}
	}
	return nil
}

func applyReceiptNumber(v *view, e *entry) error {
	year, n, err := splitReceipt(e.ReceiptNumber)
	if err != nil {
		return err
	}
	if want := lastReceipt(v, year) + 1; n != want {
		return fmt.Errorf("receipt number %q where %d was due", e.ReceiptNumber, want)
	}
	if !strings.HasPrefix(e.AccountingDay, year+"-") {
		return fmt.Errorf("receipt number %q on accounting day %q", e.ReceiptNumber, e.AccountingDay)
	}
	v.put(tableReceipts+year, binary.BigEndian.AppendUint64(nil, n))
	return nil
}

// lastReceipt is the last number of a year that was given out, 0 for none.
func lastReceipt(v *view, year string) uint64 {
	if b := v.get(tableReceipts + year); len(b) == 8 {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

// applyWatch puts a payment that was not charged, or of which that is not known, on receipt watch.
func applyWatch(v *view, e *entry, r *record) error {
	for i := range r.Notices {
		if e.Outcome.WatchUntil.IsZero() {
			v.delOutbox(r.ID, i)
			continue
		}
		if err := putOutbox(v, r, i, e.At, e.Outcome.WatchUntil); err != nil {
			return err
		}
	}
	return nil
}

// putOutbox writes, or takes away, the outbox item of a notice as its registration asks. Since stays
// when the item was there for the same purpose.
func putOutbox(v *view, r *record, index int, since, until time.Time) error {
	watch := r.State != Charged && r.State != Reversing
	cancelled := r.State == Reversing && r.Settlement == SettlementPlatform // nothing is submitted meanwhile
	if !watch && (cancelled || !r.Notices[index].Registration.Awaited()) {
		v.delOutbox(r.ID, index)
		return nil
	}
	key := tableOutbox + outboxKey(r.ID, index)
	value := &outboxValue{Watch: watch, Since: since, Until: until}
	old, err := load[outboxValue](v, key)
	if err != nil {
		return err
	}
	if old != nil && old.Watch == watch {
		value.Since = old.Since
	}
	v.store(key, value)
	return nil
}

func (v *view) delOutbox(id string, index int) {
	if key := tableOutbox + outboxKey(id, index); v.has(key) {
		v.del(key)
	}
}

func applyTerminalOutcome(v *view, e *entry, r *record) error {
	t, err := loadTerminal(v, r.Terminal)
	if err != nil {
		return err
	}
	if t.Lock == r.ID && r.State.certain() {
		t.Lock = ""
	}
	learnResult(v, t, e.Terminal, t.LastPayment == r.ID)
	if e.Outcome.Verdict == driver.NotSent && t.LastPayment == r.ID {
		t.Previous = r.Before // nothing was printed either
	}
	countOutcome(v, t, e.Outcome, r)
	trackWaiting(v, t, r)
	v.store(tableTerminals+t.Name, t)
	return nil
}

func applyRegistration(v *view, e *entry) error {
	b := e.Registration
	if b == nil {
		return missing(e, "registration")
	}
	r, err := loadRecord(v, e.Payment)
	if err != nil {
		return err
	}
	if b.Index < 0 || b.Index >= len(r.Notices) {
		return fmt.Errorf("payment %q has no notice %d", r.ID, b.Index)
	}
	n := &r.Notices[b.Index]
	if n.Registration != b.From || !n.Registration.May(b.To) {
		return fmt.Errorf("notice %d of %q goes from %q (entry: %q) to %q", b.Index, r.ID, n.Registration, b.From, b.To)
	}
	n.Registration, n.Reason = b.To, b.Reason
	r.Submitted = r.Submitted || b.To == RegSubmit
	if b.AttemptCode != "" {
		n.AttemptCode = b.AttemptCode
	}
	r.keep(e, b.ReceiptID != "" && b.ReceiptID != n.ReceiptID)
	if b.ReceiptID != "" {
		if b.ReceiptID != n.ReceiptID {
			r.learned(e)
			if r.State != Charged {
				if err := v.loseTotal(r); err != nil {
					return err
				}
			}
		}
		n.ReceiptID, n.ReceiptAt = b.ReceiptID, b.ReceiptAt
		switch r.State {
		case Unknown:
			r.Preset = driver.Charged
		case Reversed:
			joinLocks(v, r)
		default: // the registration says it all
		}
	}
	switch {
	case r.State == Charged || r.State == Reversing:
		if b.To == RegDone {
			freeDocument(v, r, *n)
		}
		err = putOutbox(v, r, b.Index, e.At, time.Time{})
	case b.DropWatch:
		v.delOutbox(r.ID, b.Index)
	}
	if err != nil {
		return err
	}
	if err := applyReceipt(v, r, b); err != nil {
		return err
	}
	storeRecord(v, r, e)
	return nil
}
