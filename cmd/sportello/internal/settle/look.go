package settle

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/govpay"
	"sportello/protocol/local"
	"sportello/protocol/pagopa"
)

const (
	maxDetails      = 20       // receipts of one notice that are read in full; honest ones have one or two
	maxRawReceipt   = 64 << 10 // bytes of a pagoPA receipt kept with the entry
	maxTransactions = 8        // the platform's numbers of calls kept with an entry: the newest
)

var (
	// errNoProvider: the payment's terminal is no longer configured.
	errNoProvider = errors.New("no provider is configured for the terminal")
	// errPanicked: what judges an answer did.
	errPanicked = errors.New("panic while judging an answer")
)

// answer is what a look says about the platform itself.
type answer uint8

const (
	answerUnasked answer = iota // the look ended before the platform was asked, or after, by us
	answerGiven                 // the platform answered, be it with a refusal
	answerNone                  // it did not, or somebody else did in its place
	answerOurs                  // it did, and we cannot make anything of it
)

// look is one question about one item: what the schedule knew when it began, and
// what the look learns. It runs in its own goroutine and has the item's notices
// to itself.
type look struct {
	w    *Worker
	item *item // whose end it is; only the schedule reads it
	ledger.OutboxItem
	work  work
	memo  memo
	told  causes
	late  bool // the receipt should have been there by now
	red   bool // it is missing
	found bool // the payment was there when the service started
	seen  time.Time
	away  bool // the platform was away when the look began: ask gently
	probe bool // it is the one that asks whether the platform is there
	// missed: nor is it the platform's fault that the receipt is not there, nor ours.
	missed  bool
	overdue bool // only write that it is missing, without asking
	struck  int  // failures on our side before

	ctx   context.Context
	trace govpay.Trace
}

// result is the end of a look.
type result struct {
	item    *item
	probe   bool
	overdue bool
	memo    memo
	told    causes
	answer  answer
	done    bool      // nothing more to look after
	other   bool      // but to be watched: our own receipt may still come
	second  bool      // but to be looked at again: it may be paid a second time
	stale   bool      // the ledger has moved on: read the outbox again
	barred  bool      // nothing may be submitted until people have mended the set-up
	restart bool      // begin the plan anew
	at      time.Time // when something becomes possible
	slow    bool      // and nothing before
	err     error

	paperFor *paper // a receipt whose PDF is to be fetched
	paper    *paper // the end of fetching one
	asked    bool   // the end of asking whether the platform is well
}

// look begins a look and sends its end to results, which has room.
func (w *Worker) look(l *look, results chan<- result) {
	w.wg.Add(1)
	go func() {
		defer w.wg.Done()
		r := l.safely()
		r.item, r.probe, r.overdue, r.memo, r.told = l.item, l.probe, l.overdue, l.memo, l.told
		if r.err != nil && w.ctx.Err() == nil && r.answer != answerNone {
			w.o.Log.Warn().Err(r.err).Str("payment", l.PaymentID).Msg("settle: look failed")
		}
		results <- r
	}()
}

// safely makes a panic over an answer the failure of one item. The third failure
// on our side in a row is told.
func (l *look) safely() (r result) {
	defer func() {
		if v := recover(); v != nil {
			r = result{answer: answerOurs, err: fmt.Errorf("%w: %v", errPanicked, v)}
		}
		if r.answer == answerOurs && l.struck+1 >= poison {
			l.poisoned(r.err)
		}
		if r.err != nil && l.red && !l.overdue && l.work != workWatch && l.work != workOther && l.work != workSecond && l.w.ctx.Err() == nil {
			l.missingAnyway(r.err)
		}
	}()
	l.ctx = govpay.WithTrace(l.w.ctx, &l.trace)
	return l.ask()
}

// ask is one look: read the ledger, ask the platform, judge, write.
func (l *look) ask() result {
	p, err := l.w.o.Ledger.Payment(l.PaymentID)
	if err != nil {
		return result{err: err}
	}
	if l.Index >= len(p.Notices) {
		return result{stale: true}
	}
	if l.overdue {
		return result{err: l.missing(p)}
	}
	if l.work == workSecond {
		return l.paidTwice(p)
	}
	if l.work == workSubmit {
		return l.submission(p)
	}
	n := p.Notices[l.Index]
	if l.work == workAwait && n.Registration == ledger.RegNone {
		if p, err = l.register(ledger.RegistrationChange{To: ledger.RegAwaiting}); err != nil {
			return written(err)
		}
		n = p.Notices[l.Index]
	}
	switch l.work {
	case workWatch:
		if charged(p) {
			return result{stale: true} // somebody else has dealt with it
		}
	case workAwait:
		if !charged(p) || n.Registration != ledger.RegAwaiting {
			return result{stale: true}
		}
	case workOther:
		if !charged(p) || !othersPaid(n) {
			return result{done: true, stale: true}
		}
	case workSubmit, workSecond:
	}
	m, err := l.w.matter(p, l.Index)
	switch {
	case errors.Is(err, errNoProvider) && (l.work == workAwait || l.work == workWatch && !open(p)):
		return l.orphaned(p)
	case err != nil:
		return result{err: err}
	}
	m.due = l.late
	asked := time.Now()
	receipts, err := l.receipts(p, &m)
	if err != nil {
		return result{answer: answerOf(err), err: err}
	}
	// An attempt may have been begun during the question: every receipt that is listed is of one that is written by now.
	since, err := l.w.matter(p, l.Index)
	if err != nil {
		return result{answer: answerGiven, err: err}
	}
	m.claimed, m.noted, m.awaiting, m.alone = since.claimed, since.noted, since.awaiting, since.alone
	var r result
	switch l.work {
	case workWatch:
		r = l.watched(p, m, receipts, asked)
	case workOther:
		r = l.ownAtLast(p, m, receipts)
	default:
		r = l.awaited(p, m, receipts)
	}
	if r.answer == answerUnasked {
		r.answer = answerGiven
	}
	return r
}

// orphaned opens a case, once, for a charge or a watch on a terminal that has no provider
// any more: no receipt can be told to be ours, and nothing can be submitted. The
// notice's reason says that it is open; it stays in the outbox in case the
// configuration is mended.
func (l *look) orphaned(p ledger.Payment) result {
	why := driver.Reason{Code: string(local.CodeProviderMissing), Text: p.Terminal}
	if p.Notices[l.Index].Reason == why || l.told&toldProvider != 0 {
		return result{}
	}
	k := l.opens(local.CodeProviderMissing, p.Terminal,
		fmt.Sprintf("Fatto sul terminale «%s», che nella configurazione non ha più un prestatore: la sua ricevuta non si cerca.", p.Terminal))
	_, err := l.register(ledger.RegistrationChange{Reason: why, Case: k})
	return result{err: err, stale: errors.Is(err, ledger.ErrStale)}
}

// awaited writes what the receipts say about a charged notice.
func (l *look) awaited(p ledger.Payment, m matter, receipts []govpay.Receipt) result {
	f := decide(m, receipts)
	if f.to == ledger.RegHeld && f.cause.Code == string(local.CodeChannelUnproven) && m.codes == nil {
		// Only now: what the ledger knows of a terminal is not cheap to read.
		t, err := l.w.o.Ledger.Terminal(p.Terminal)
		if err != nil {
			return result{err: err}
		}
		m.provider.Channels = slices.Concat(m.provider.Channels, t.Channels)
		f = decide(m, receipts)
	}
	if f.to == "" {
		return l.nothingYet(p, m)
	}
	c := ledger.RegistrationChange{To: f.to, Reason: f.reason, AttemptCode: m.code}
	identify(&c, f.receipt)
	if f.cause.Code != "" {
		c.Case = newCase(l.PaymentID, f.cause, f.witness)
	}
	_, err := l.register(c)
	r := written(err)
	r.other = r.done && othersPaid(ledger.Notice{Registration: f.to, Reason: f.reason})
	if r.done && f.to == ledger.RegDone {
		r.second = f.cause.Code == ""
		r.paperFor = &paper{payment: l.PaymentID, index: l.Index, creditor: m.notice.Creditor, iuv: m.iuv, receipt: f.receipt.ID}
	}
	return r
}

// nothingYet writes, each once: the code of our attempt, when it has been found;
// that the receipt is late, three of which stop their terminal (design 5.6); that
// it is missing, which is a case (design 10).
func (l *look) nothingYet(p ledger.Payment, m matter) result {
	if m.refused != "" {
		return l.refusedAfterAll(m)
	}
	if m.code != "" && m.code != m.notice.AttemptCode {
		if _, err := l.register(ledger.RegistrationChange{To: ledger.RegAwaiting, AttemptCode: m.code, Reason: m.notice.Reason}); err != nil {
			return result{err: err, stale: errors.Is(err, ledger.ErrStale)}
		}
	}
	if err := l.withdrawn(m); err != nil {
		return result{err: err, stale: errors.Is(err, ledger.ErrStale)}
	}
	if l.red {
		err := l.missing(p)
		return result{err: err, stale: errors.Is(err, ledger.ErrStale)}
	}
	quiet := m.notice.Reason.Code == ledger.ReasonReceiptLate || l.told&(toldMissing|toldLate) != 0
	if !l.missed || quiet || time.Since(p.SentAt) < l.w.patience() {
		return result{}
	}
	_, err := l.register(ledger.RegistrationChange{To: ledger.RegAwaiting, Reason: driver.Reason{Code: ledger.ReasonReceiptLate}})
	if err == nil {
		l.told |= toldLate
	}
	return result{err: err, stale: errors.Is(err, ledger.ErrStale)}
}

// missing makes what is past flow due somebody's case, once: for every notice that
// is still open of a submission, else for the one. The ledger ends it when the
// receipt comes.
func (l *look) missing(p ledger.Payment) error {
	if l.told&toldMissing != 0 {
		return nil
	}
	why := driver.Reason{Code: string(local.CodeReceiptMissing)}
	indices := []int{l.Index}
	if l.work == workSubmit {
		indices = toSubmit(p)
	}
	for _, i := range indices {
		n := p.Notices[i]
		if !charged(p) || n.Registration != ledger.RegNone && n.Registration != ledger.RegSubmit && n.Registration != ledger.RegAwaiting {
			continue
		}
		if n.Reason.Code == why.Code {
			continue
		}
		k := newCase(l.PaymentID, why, nil)
		k.Evidence = fmt.Sprintf("Addebitato il %s; il %s la ricevuta non c'è ancora", onDay(p.SentAt), onDay(time.Now()))
		if l.overdue {
			k.Evidence += ": la piattaforma non risponde"
		}
		if _, err := l.registerAt(i, ledger.RegistrationChange{Reason: why, Case: k}); err != nil {
			return err
		}
	}
	l.told |= toldMissing
	return nil
}

// missingAnyway is missing for what cannot be looked at: whoever is to blame, it is past flow due.
func (l *look) missingAnyway(why error) {
	p, err := l.w.o.Ledger.Payment(l.PaymentID)
	if err == nil {
		err = l.missing(p)
	}
	if err != nil {
		l.w.o.Log.Error().Err(err).AnErr("look", why).Str("payment", l.PaymentID).Msg("settle: writing down what is missing")
	}
}

// watched opens a case when a receipt of ours appears that no charge explains,
// and ends the watch at its time, unless the outcome is still unknown. Only an
// answer that was asked for after that time ends it, and after a token's life under our
// own eyes: that time is the wall clock's, which may just have been set.
func (l *look) watched(p ledger.Payment, m matter, receipts []govpay.Receipt, asked time.Time) result {
	c := ledger.RegistrationChange{To: m.notice.Registration, DropWatch: true}
	switch r := unexplained(m, receipts); {
	case r != nil:
		c.Reason = driver.Reason{Code: string(local.CodeReceiptUncharged)}
		if p.State == ledger.Reversed {
			c.Reason.Code = string(local.CodeReceiptAfterReversal)
		}
		identify(&c, r)
		c.Case = newCase(l.PaymentID, c.Reason, r)
	case !open(p) && !l.Until.IsZero() && asked.After(l.Until) && asked.Sub(l.seen) >= tokenLife:
	default:
		return result{}
	}
	_, err := l.register(c)
	return written(err)
}

// poisoned tells people, once, that an item fails on our side.
func (l *look) poisoned(why error) {
	k := l.opens(local.CodeRegistrationPoisoned, "", fmt.Sprintf("Guardato %d volte, e ogni volta il programma si è fermato su questo: %v", l.struck+1, why))
	if k == nil {
		return
	}
	if _, err := l.register(ledger.RegistrationChange{Reason: k.Cause, Case: k}); err != nil {
		l.told &^= toldPoison
		l.w.o.Log.Error().Err(err).Str("payment", l.PaymentID).Msg("settle: writing down what fails")
	}
}

func (l *look) register(c ledger.RegistrationChange) (ledger.Payment, error) {
	return l.registerAt(l.Index, c)
}

// registerAt writes a finding about one notice, with the numbers that the
// platform gave to the questions behind it. A case that could not be written is not told.
func (l *look) registerAt(index int, c ledger.RegistrationChange) (ledger.Payment, error) {
	c.PaymentID, c.Index, c.Transactions = l.PaymentID, index, l.transactions()
	p, err := l.w.o.Ledger.Register(c)
	if err != nil {
		if c.Case != nil {
			l.told &^= causeOf[c.Case.Cause.Code]
		}
		return p, fmt.Errorf("register %s: %w", c.To, err)
	}
	l.w.o.Log.Info().Str("payment", l.PaymentID).Int("notice", index).Str("registration", string(c.To)).
		Str("reason", c.Reason.Code).Bool("case", c.Case != nil).Msg("settle: written")
	l.w.o.Events.Changed(l.PaymentID)
	return p, nil
}

func (l *look) transactions() (ids []string) {
	for _, x := range l.trace.Exchanges() {
		if x.TransactionID != "" {
			ids = append(ids, x.TransactionID)
		}
	}
	return ids[max(len(ids)-maxTransactions, 0):]
}

// written is the end of a look that wrote, or tried to.
func written(err error) result {
	return result{done: err == nil, stale: errors.Is(err, ledger.ErrStale), err: err}
}

// receipts reads the positive receipts of a notice in full, newest first. The
// list knows no provider: only the detail does. With settlement "platform" it
// finds out by which code a receipt would be ours.
func (l *look) receipts(p ledger.Payment, m *matter) ([]govpay.Receipt, error) {
	iuv, err := iuvOf(m.notice.Number)
	if err != nil {
		return nil, err
	}
	m.iuv = iuv
	refs, err := l.w.o.Platform.Receipts(l.ctx, m.notice.Creditor, iuv)
	if err != nil {
		return nil, err
	}
	if p.Settlement == ledger.SettlementPlatform {
		if err := l.ownCodes(p, m, refs); err != nil {
			return nil, err
		}
	}
	var all []govpay.Receipt
	for _, ref := range refs {
		if ref.Esito != govpay.OutcomePaid || m.claimed[ref.ID] {
			continue
		}
		if len(all) == maxDetails {
			break
		}
		r, err := l.w.o.Platform.Receipt(l.ctx, m.notice.Creditor, iuv, ref.ID)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}

func iuvOf(notice string) (string, error) {
	number, err := pagopa.ParseNotice(notice)
	if anyway, ok := pagopa.SearchAnyway(err); ok {
		number, err = anyway, nil
	}
	if err != nil {
		return "", fmt.Errorf("%w: %w", govpay.ErrArgument, err)
	}
	return number.IUV(), nil
}

// identify puts a receipt's identity, time and text on a change.
func identify(c *ledger.RegistrationChange, r *govpay.Receipt) {
	c.ReceiptID = r.ID
	if r.Proof != nil {
		c.ReceiptAt = r.Proof.PaidAt
	}
	if len(r.RT) <= maxRawReceipt {
		c.RawReceipt = r.RT
	}
}

// newCase leaves its owner and its due time to the ledger.
func newCase(payment string, cause driver.Reason, r *govpay.Receipt) *ledger.Case {
	k := &ledger.Case{PaymentID: payment, Cause: cause}
	if r != nil {
		k.Evidence = describe(r)
	}
	return k
}
