package ledger

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"sportello/driver"
	"sportello/protocol/local"
)

// Reason codes that the ledger itself gives.
const (
	reasonAckNotWritten = string(local.CodeAckNotWritten)
	reasonAmountDiffers = string(local.CodeAmountDiffers)
	reasonExclusivity   = string(local.CodeExclusivityLost)
	reasonPeople        = string(local.CodeAwaitingPeople)
	reasonByPeople      = string(local.CodeByPeople)
	reasonParked        = string(local.CodeResolutionParked)
	reasonReversed      = string(local.CodeReversed)
	reasonReversal      = string(local.CodeReversalUnknown)
	reasonAfterReversal = string(local.CodeReceiptAfterReversal)
	reasonContradicted  = string(local.CodeChargeContradicted)
	reasonUnsent        = string(local.CodeNoticesNotSent)
	reasonSuspected     = string(local.CodeChargeSuspected)
	reasonUndone        = string(local.CodeChargeUndone)
	reasonPassport      = string(local.CodePassportChanged)
	reasonNoReceipts    = string(local.CodeTerminalWithoutReceipts)
	reasonWrongSetup    = string(local.CodeSubmissionWrongSetup)
	reasonUncharged     = string(local.CodeReceiptUncharged)
	reasonTwice         = string(local.CodeReceiptTwice)
	reasonAnomalous     = string(local.CodeDebtAnomalous)
	reasonElsewhere     = string(local.CodePaidElsewhere)
	reasonChannel       = string(local.CodeChannelUnproven)
	// ReasonReceiptLate on a charged notice: the platform answered, and the receipt that was due was not there.
	ReasonReceiptLate = string(local.CodeReceiptLate)

	// ReasonLateCharge is the cause of a case: an attempt held for not charged was charged after all.
	ReasonLateCharge = "late_charge"
	// ReasonDoubleCharge is the cause of a case: so it was, and meanwhile another payment has taken
	// the same notice.
	ReasonDoubleCharge = "double_charge"
)

// supervisor owns the cases that the ledger opens by itself.
const supervisor = "supervisor"

const (
	maxText    = 256 // of every id and name that becomes a key
	maxNotices = 99
	maxNote    = 4096
)

// Refuse records an attempt refused before anything was sent: not_charged, no locks. The same request
// id and body returns the payment that is there.
func (l *Ledger) Refuse(p Payment, why driver.Reason) (Payment, error) {
	var out Payment
	err := l.submit(&op{do: func(b *batch) error {
		if r, err := b.known(p.RequestID, p.RequestHash); r != nil || err != nil {
			out = b.answer(r)
			return err
		}
		if err := b.checkAttempt(&p); err != nil {
			return err
		}
		p.Offline = ""
		e := attemptEntry(KindRefused, &p)
		e.Attempt.Reason = &why
		if err := b.append(e, nil); err != nil {
			return err
		}
		return b.reload(p.ID, &out)
	}})
	return out, err
}

// Intend makes a payment durable before its first financial byte (design 3.1): request id, notice
// locks, terminal lock and baseline in one commit. Errors: *LockedError, ErrRequestReused,
// ErrDiskFull, and of an offline charge *OfflineLimitError. The same request id and body returns the payment
// that is there, unchanged.
func (l *Ledger) Intend(in Intent) (Payment, error) {
	l.failpoint("intend.before")
	var out Payment
	err := l.submit(&op{money: true, do: func(b *batch) error {
		p := in.Payment
		r, err := b.known(p.RequestID, p.RequestHash)
		if r != nil || err != nil {
			out = b.answer(r)
			return err
		}
		if err := b.checkIntent(&p); err != nil {
			return err
		}
		if err := l.ballast.restore(); err != nil {
			return err
		}
		if p.Offline = ""; in.OfflineCharge {
			if p.Offline, err = b.offlineFor(&p); err != nil {
				return err
			}
		}
		if err := b.overtaken(p.Terminal); err != nil {
			return err
		}
		baseline := in.Baseline
		e := attemptEntry(KindSent, &p)
		e.Terminal = &terminalBody{Name: p.Terminal, TerminalID: baseline.TerminalID,
			Result: resultHash(baseline.Last), STAN: baseline.LastSTAN, Empty: baseline.Last == nil}
		if err := b.append(e, &blob{Kind: "intent", Baseline: &baseline, Descriptions: in.Descriptions, Debtors: debtorsBlob(in.Debtors)}); err != nil {
			return err
		}
		return b.reload(p.ID, &out)
	}})
	switch {
	case err == nil:
		l.failpoint("intend.after")
	case ranOut(err):
		err = errors.Join(err, l.endOffline())
	}
	return out, err
}

// known finds the payment of a request id.
func (b *batch) known(requestID, requestHash string) (*record, error) {
	id := b.get(tableRequests + requestID)
	if id == nil {
		return nil, nil
	}
	r, err := loadRecord(b.view, string(id))
	if err != nil {
		return nil, err
	}
	if r.RequestHash != requestHash {
		return nil, fmt.Errorf("%w: %q is payment %q", ErrRequestReused, requestID, r.ID)
	}
	return r, nil
}

// answer is a payment as others see it, with what the batch is about to write.
func (b *batch) answer(r *record) Payment {
	if r == nil {
		return Payment{}
	}
	p := r.Payment
	r.show(&p, b.holds)
	r.tell(&p, b.notes)
	return p
}

// reload reads a payment as the entries just appended have left it.
func (b *batch) reload(id string, into *Payment) error {
	r, err := loadRecord(b.view, id)
	if err == nil {
		*into = b.answer(r)
	}
	return err
}

// checkAttempt refuses what could not be read back, and gives the payment its id: the next one, which nobody has
// before it is written, so that the numbers have no holes.
func (b *batch) checkAttempt(p *Payment) error {
	if p.RequestID == "" || p.Terminal == "" || !keyable(p.RequestID, p.Terminal, p.Settlement) {
		return fmt.Errorf("%w: request id %q, terminal %q", ErrInvalid, p.RequestID, p.Terminal)
	}
	if len(p.Notices) > maxNotices {
		return fmt.Errorf("%w: %d notices", ErrInvalid, len(p.Notices))
	}
	for _, n := range p.Notices {
		if !keyable(n.Creditor, n.Number, n.Position, n.Document) || strings.Contains(n.Creditor+n.Number, "/") {
			return fmt.Errorf("%w: notice %q of %q", ErrInvalid, n.Number, n.Creditor)
		}
	}
	if p.ID == "" {
		b.lastID++
		p.ID = fmt.Sprintf("%s-%08d", b.l.opt.Installation, b.lastID)
	}
	if !strings.HasPrefix(p.ID, b.l.opt.Installation+"-") || b.has(tablePayments+p.ID) {
		return fmt.Errorf("%w: payment id %q is taken or not ours", ErrInvalid, p.ID)
	}
	if n, err := strconv.ParseUint(p.ID[len(b.l.opt.Installation)+1:], 10, 64); err == nil {
		b.lastID = max(b.lastID, n)
	}
	return nil
}

// keyable says that texts can stand in keys: short, and the same after they have been through JSON.
func keyable(texts ...string) bool {
	for _, s := range texts {
		if len(s) > maxText || !utf8.ValidString(s) {
			return false
		}
	}
	return true
}

// checkIntent refuses an intent that contradicts itself or what the ledger holds.
func (b *batch) checkIntent(p *Payment) error {
	sum := int64(0)
	for i, n := range p.Notices {
		if n.AmountCents <= 0 || n.Creditor == "" || n.Number == "" || slices.ContainsFunc(p.Notices[:i], func(o Notice) bool {
			return o.Creditor == n.Creditor && o.Number == n.Number
		}) {
			return fmt.Errorf("%w: notice %q of %q, %d cents", ErrInvalid, n.Number, n.Creditor, n.AmountCents)
		}
		sum += n.AmountCents
	}
	if sum == 0 || sum != p.AmountCents {
		return fmt.Errorf("%w: amount %d, notices %d", ErrInvalid, p.AmountCents, sum)
	}
	if err := b.checkAttempt(p); err != nil {
		return err
	}
	if !keyable(p.Reference) || b.has(tableRefs+p.Reference) {
		return fmt.Errorf("%w: reference %q is known", ErrInvalid, p.Reference)
	}
	for _, key := range lockKeys(p.Notices) {
		holders, _, err := b.l.holdersNow(b.view, key, b.now)
		if err != nil {
			return err
		}
		if len(holders) > 0 {
			return &LockedError{PaymentID: holders[0], Kind: ErrNoticeLocked}
		}
	}
	t, err := loadTerminal(b.view, p.Terminal)
	if err != nil {
		return err
	}
	if t.Lock != "" {
		return &LockedError{PaymentID: t.Lock, Kind: ErrTerminalLocked}
	}
	return nil
}

func attemptEntry(kind Kind, p *Payment) *entry {
	a := &attemptBody{RequestID: p.RequestID, RequestHash: p.RequestHash, RetryOf: p.RetryOf, Reference: p.Reference,
		Settlement: p.Settlement, AmountCents: p.AmountCents, Terminal: p.Terminal, Notices: []noticeBody{},
		Offline: p.Offline, Transactions: transactions(p.Transactions)}
	for _, n := range p.Notices {
		a.Notices = append(a.Notices, noticeBody{Creditor: n.Creditor, Number: n.Number, Position: n.Position,
			Document: n.Document, AmountCents: n.AmountCents})
	}
	return &entry{Kind: kind, Operator: p.Operator, Payment: p.ID, Attempt: a}
}

// Conclude writes a verdict in one commit: the entry and, when charged, accounting day and receipt
// number; locks, outbox and what the terminal's memory now holds follow from it. A charge after
// not_charged retakes the notice locks and opens a case. A step that the table of states does not
// allow is ErrStale. A charge of another amount than asked is held and opens a case. Not charged
// against a receipt of our provider is written as unknown, for people (design 5.2).
func (l *Ledger) Conclude(id string, c Conclusion) (Payment, error) {
	l.failpoint("conclude.before")
	var out Payment
	err := l.submit(&op{money: true, reserve: true, do: func(b *batch) error {
		r, err := loadRecord(b.view, id)
		if err != nil {
			return err
		}
		if err := b.conclude(r, c); err != nil {
			return err
		}
		return b.reload(id, &out)
	}})
	if err == nil {
		l.failpoint("conclude.after")
	}
	return out, err
}

// conclude writes a verdict on a payment, with the cases it opens.
func (b *batch) conclude(r *record, c Conclusion) error {
	to, err := stateOf(c.Outcome.Verdict, r.State)
	if err != nil {
		return err
	}
	if !r.State.May(to) || r.SentAt.IsZero() || c.Outcome.Verdict == driver.NotSent && r.heard() {
		return fmt.Errorf("%w: payment %q is %q and cannot become %q", ErrStale, r.ID, r.State, c.Outcome.Verdict)
	}
	to, heard := r.hear(to, c)
	e, cases, err := b.outcomeEntry(r, to, heard)
	if err != nil {
		return err
	}
	if err := b.append(e, outcomeBlob(heard)); err != nil {
		return err
	}
	if to == Reversed {
		b.l.undone.Store(r.ID, b.l.opt.Uptime())
	}
	for _, k := range cases {
		if _, err := b.openCase(k); err != nil {
			return err
		}
	}
	if r.State != Reversing {
		return nil
	}
	return b.mindReceipts(r.Terminal)
}

// heard says that something is known already of what was sent last.
func (r *record) heard() bool {
	return r.State != Sent && (r.State != Reversing || r.EvidenceSeq > r.ReversalSeq)
}

// stateOf is the state that a verdict leads to.
func stateOf(v driver.Verdict, from State) (State, error) {
	to := map[driver.Verdict]State{driver.Charged: Charged, driver.NotCharged: NotCharged, driver.NotSent: NotCharged, driver.Unknown: Unknown}
	reversal := map[driver.Verdict]State{driver.Reversed: Reversed, driver.NotReversed: Charged, driver.NotSent: Charged, driver.Unknown: Reversing}
	other := reversal
	if from == Reversing {
		to, other = reversal, to
	}
	if s, ok := to[v]; ok {
		return s, nil
	}
	if _, ok := other[v]; ok {
		return "", fmt.Errorf("%w: verdict %q on a payment that is %q", ErrStale, v, from)
	}
	return "", fmt.Errorf("%w: verdict %q", ErrInvalid, v)
}

// witness is a receipt of our provider that the watch has found for a payment of unknown outcome;
// empty: none.
func (r *record) witness() string {
	for _, n := range r.Notices {
		if n.ReceiptID != "" {
			return n.ReceiptID
		}
	}
	return ""
}

// hear weighs a conclusion against the witness: it bars not charged and presets charged.
func (r *record) hear(to State, c Conclusion) (State, Conclusion) {
	id := r.witness()
	if id == "" || r.State != Sent && r.State != Unknown || to == Charged {
		return to, c
	}
	o := &c.Outcome
	o.Preset = driver.Charged
	if to == NotCharged {
		o.Evidence = append(slices.Clone(o.Evidence), driver.Evidence{Kind: "receipt",
			Text: fmt.Sprintf("Giudicato «non addebitato» (%s) contro la ricevuta «%s» del nostro prestatore.", strings.Join(append([]string{o.Reason.Code}, c.ResolvedBy...), ", "), id)})
		c.ResolvedBy = nil // nothing is resolved
		o.Verdict, o.Final, o.Reason = driver.Unknown, true, driver.Reason{Code: reasonPeople}
	}
	return Unknown, c
}

// outcomeEntry makes the entry of a verdict and the cases it opens.
func (b *batch) outcomeEntry(r *record, to State, c Conclusion) (*entry, []Case, error) {
	o := c.Outcome
	body := &outcomeBody{From: r.State, To: to, Verdict: o.Verdict, Reason: o.Reason, Charge: o.Charge,
		Preset: o.Preset, Final: o.Final, ResolvedBy: c.ResolvedBy}
	for _, ev := range o.Evidence {
		body.Evidence = append(body.Evidence, evidenceBody{Kind: ev.Kind, At: ev.At, Text: ev.Text})
	}
	e := &entry{Kind: KindOutcome, Operator: strings.Join(c.ResolvedBy, " "), Payment: r.ID, Outcome: body,
		Terminal: &terminalBody{Name: r.Terminal}}
	if o.Charge != nil {
		e.Terminal.TerminalID = o.Charge.TerminalID
	}
	if to != Unknown && to != Reversing && c.RawResult != nil { // of an unknown it is evidence, and may be somebody else's
		e.Terminal.Result = resultHash(c.RawResult)
		if o.Charge != nil {
			e.Terminal.STAN = o.Charge.STAN
		}
	}
	if to != Charged && to != Reversing && o.Verdict != driver.NotSent {
		body.WatchUntil = watchEnd(b.now)
	}
	if r.State == Reversing {
		if to == Reversed {
			e.AccountingDay = accountingDay(o, b.now)
			body.Doubted = len(c.ResolvedBy) == 0
		}
		return e, r.reversalCases(to, o), nil
	}
	if to != Charged {
		return e, nil, nil
	}
	var cases []Case
	e.AccountingDay = accountingDay(o, b.now)
	year := e.AccountingDay[:4]
	e.ReceiptNumber = receiptNumber(year, lastReceipt(b.view, year)+1)
	if ch := o.Charge; ch != nil && ch.AmountCents != 0 && ch.AmountCents != r.AmountCents {
		body.Held = &driver.Reason{Code: reasonAmountDiffers}
		cases = append(cases, Case{PaymentID: r.ID, Cause: *body.Held,
			Evidence: fmt.Sprintf("Chiesti %s, il terminale ha addebitato %s.", local.Money(r.AmountCents, "it"), local.Money(ch.AmountCents, "it"))})
	}
	if r.Settlement != SettlementPlatform && (r.Unsent || body.unsent()) {
		cases = append(cases, Case{PaymentID: r.ID, Cause: driver.Reason{Code: reasonUnsent},
			Evidence: "Addebitato, e il terminale non ha detto al prestatore quali avvisi."})
	}
	if r.State != NotCharged {
		return e, cases, nil
	}
	cause := driver.Reason{Code: ReasonLateCharge}
	for _, key := range lockKeys(r.Notices) {
		holders, _, err := b.l.holdersNow(b.view, key, b.now)
		if err != nil {
			return nil, nil, err
		}
		for _, holder := range holders {
			body.Contested = append(body.Contested, contestedLock{Lock: strings.TrimPrefix(key, tableLocks), Payment: holder})
			cause.Code = ReasonDoubleCharge
		}
	}
	late := Case{PaymentID: r.ID, Cause: cause, Evidence: "Dato per non addebitato, poi risultato addebitato"}
	for _, held := range body.Contested {
		late.Evidence += fmt.Sprintf("; l'avviso %s è di %s", held.Lock, held.Payment)
	}
	return e, append(cases, late), nil
}

// accountingDay is the day of what the terminal said, by host time where it gave one.
func accountingDay(o driver.Outcome, now time.Time) string {
	if o.Charge != nil && !o.Charge.HostTime.IsZero() {
		return romeDay(o.Charge.HostTime)
	}
	return romeDay(now)
}

func outcomeBlob(c Conclusion) *blob {
	bl := &blob{Kind: "outcome", Result: c.RawResult, Note: c.note}
	raw := c.RawResult != nil || c.note != ""
	for _, ev := range c.Outcome.Evidence {
		bl.Evidence = append(bl.Evidence, ev.Raw)
		raw = raw || ev.Raw != nil
	}
	if !raw {
		return nil
	}
	return bl
}

// caseDue is when a case that the ledger opens by itself should be looked at.
func caseDue(now time.Time) time.Time { return workingDayEnd(now, 1) }
