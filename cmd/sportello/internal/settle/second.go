package settle

import (
	"fmt"
	"slices"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/govpay"
	"sportello/protocol/local"
)

// A registered notice has left the outbox, and may still be paid a second time: by a receipt that was lost and comes
// with the platform's own recovery (govpay 2.11), or because somebody else had begun to pay. The platform then calls
// the debt irregular (ANOMALA, govpay 3.1). So it is looked at a few times more until D+2: when the token's life is
// over, and on the day of the provider's flow. Each look is two calls, one at a time, and only when nothing else is due.
// A start looks once more at those of the days that count: nobody knows what it has missed.

const (
	secondAfter = tokenLife + 5*time.Minute // the registration; Options.SecondLook
	secondStart = 10 * time.Minute          // the start, of what was registered before
	secondEvery = time.Second               // between those
	secondRetry = 5 * time.Minute
	secondGrace = 24 * time.Hour // after the last look: no retry of one that failed
	recentDays  = 8              // calendar days of charges that the start reads: D+2 over any week of holidays, and otherFor
	recentMost  = 10_000
)

// secondDays are the looks of the day of the provider's flow, from flow due on.
var secondDays = []time.Duration{10 * time.Hour, 18 * time.Hour}

// told of a registered notice, once: these cases say that it may be paid twice.
var twice = []string{string(local.CodeReceiptTwice), string(local.CodePaidElsewhere), string(local.CodeDebtAnomalous), string(local.CodeReceiptAfterReversal)}

// lookAgain takes a registered notice up, for its first look at a time; false: there is nothing to look for.
func (s *schedule) lookAgain(p ledger.Payment, index int, due, now time.Time) bool {
	n := p.Notices[index]
	if n.Registration != ledger.RegDone || slices.Contains(twice, n.Reason.Code) || !now.Before(s.lastLook(p)) {
		return false
	}
	it := s.fresh(ledger.OutboxItem{Key: otherKey(p.ID, index), PaymentID: p.ID, Index: index, Since: p.SentAt}, "", workSecond, p)
	it.due = due
	s.second.put(it)
	return true
}

// lastLook is when a registered notice is looked at for the last time.
func (s *schedule) lastLook(p ledger.Payment) time.Time {
	return s.w.o.FlowDue(p).Add(secondDays[len(secondDays)-1])
}

// registered takes up what a look has just registered.
func (s *schedule) registered(id string, index int, now time.Time) {
	if p, err := s.w.o.Ledger.Payment(id); err == nil {
		s.lookAgain(p, index, now.Add(s.w.o.Jitter(s.w.o.SecondLook)), now)
	}
}

// looksAgain begins such a look when its turn has come and nothing else is due.
func (s *schedule) looksAgain(now time.Time) {
	it := s.second.top()
	if it == nil || now.Before(it.due) || s.sides[sideReceipts].away || s.seconding || s.running >= s.w.o.Parallel {
		return
	}
	s.second.drop(it)
	if s.taken(it) {
		it.due = now.Add(secondRetry)
		s.second.put(it)
		return
	}
	s.seconding = true
	s.launch(it, now, false)
}

// nextSecond is when the next such look is due; zero: none, or not before what is under way has ended.
func (s *schedule) nextSecond() time.Time {
	it := s.second.top()
	if it == nil || s.sides[sideReceipts].away || s.seconding || s.running >= s.w.o.Parallel {
		return time.Time{}
	}
	return it.due
}

// lookedAgain takes the end of one.
func (s *schedule) lookedAgain(it *item, r result, now time.Time) {
	s.seconding = false
	if r.done {
		return
	}
	p, err := s.w.o.Ledger.Payment(it.PaymentID)
	switch {
	case err != nil, r.err != nil && now.Before(s.lastLook(p).Add(secondGrace)):
		it.due = now.Add(s.w.o.Jitter(secondRetry))
	case r.err != nil: // what the platform never lets us see is not asked for ever
		s.w.o.Log.Error().Err(r.err).Str("payment", it.PaymentID).Msg("settle: whether it was paid a second time was not seen")
		return
	default:
		flow, left := s.w.o.FlowDue(p), false
		for _, d := range secondDays {
			if at := flow.Add(d); at.After(now) {
				it.due, left = now.Add(at.Sub(now)), true
				break
			}
		}
		if !left {
			return
		}
	}
	s.second.put(it)
}

// paidTwice is one look at a registered notice: whether anything says that the debt was paid a second time.
func (l *look) paidTwice(p ledger.Payment) result {
	n := p.Notices[l.Index]
	if !charged(p) || n.Registration != ledger.RegDone || slices.Contains(twice, n.Reason.Code) {
		return result{done: true}
	}
	m, err := l.w.matter(p, l.Index)
	if err != nil {
		return result{err: err, done: true}
	}
	if m.iuv, err = iuvOf(n.Number); err != nil {
		return result{err: err, done: true}
	}
	refs, err := l.w.o.Platform.Receipts(l.ctx, n.Creditor, m.iuv)
	if err != nil {
		return result{answer: answerOf(err), err: err}
	}
	refs = slices.DeleteFunc(refs, func(r govpay.ReceiptRef) bool {
		return r.Esito != govpay.OutcomePaid || r.ID == n.ReceiptID || m.claimed[r.ID] || m.noted[r.ID]
	})
	if p.Settlement == ledger.SettlementPlatform && len(refs) > 0 {
		if err := l.ownCodes(p, &m, refs); err != nil {
			return result{answer: answerOf(err), err: err}
		}
	}
	for _, ref := range refs[:min(len(refs), maxDetails)] {
		rc, err := l.w.o.Platform.Receipt(l.ctx, n.Creditor, m.iuv, ref.ID)
		if err != nil {
			return result{answer: answerOf(err), err: err}
		}
		if why, found := m.second(rc); found {
			return l.toldTwice(n, why, describe(&rc))
		}
	}
	v, err := l.w.o.Platform.Position(l.ctx, n.Creditor, n.Number)
	switch {
	case govpay.OutcomeOf(err) == govpay.OutcomeNotFound:
	case err != nil:
		return result{answer: answerOf(err), err: err}
	case v.State == govpay.StateAnomalous:
		return l.toldTwice(n, driver.Reason{Code: string(local.CodeDebtAnomalous)},
			fmt.Sprintf("Registrato con la ricevuta «%s»; poi la piattaforma segna l'avviso %s come ANOMALO.", n.ReceiptID, n.Number))
	}
	return result{answer: answerGiven}
}

// second says what another positive receipt of a registered notice is: ours once more, or somebody else's. Where there
// were other attempts of ours their own watch looks into it.
func (m matter) second(r govpay.Receipt) (driver.Reason, bool) {
	switch m.owner(r) {
	case ours:
		return driver.Reason{Code: string(local.CodeReceiptTwice)}, m.alone
	case foreign:
		return driver.Reason{Code: string(local.CodePaidElsewhere), Text: payee(&r)}, true
	default:
		return driver.Reason{Code: string(local.CodeDebtAnomalous)}, true
	}
}

// toldTwice makes it people's; the notice stays registered.
func (l *look) toldTwice(n ledger.Notice, why driver.Reason, evidence string) result {
	k := newCase(l.PaymentID, why, nil)
	k.Evidence = evidence
	_, err := l.register(ledger.RegistrationChange{To: n.Registration, Reason: why, Case: k})
	r := written(err)
	r.answer = answerGiven
	return r
}
