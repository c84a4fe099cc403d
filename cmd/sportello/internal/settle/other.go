package settle

import (
	"maps"
	"slices"
	"strings"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/govpay"
	"sportello/protocol/local"
)

// A notice that somebody else has paid, or whose receipt does not name its provider, has left the outbox
// and is people's. Our own receipt may still come, though: then the notice is registered, and its case
// goes on, for it was paid twice. It is watched as an attempt is that ended not charged, for otherFor; a start
// takes it up again from the ledger. So is one that the office has given back because no
// receipt came: a lost one may come days later (govpay 2.11), and then the money is gone twice.

// otherFor is past the provider's flow of any week of holidays (D+2).
const otherFor = 7 * 24 * time.Hour

// othersPaid says that a notice is watched for our own receipt: one that was refused may be paid all the same (govpay 3.2).
func othersPaid(n ledger.Notice) bool {
	return n.Registration == ledger.RegElse || n.Refunded || n.Registration == ledger.RegRejected ||
		n.Registration == ledger.RegHeld && n.Reason.Code == string(local.CodeChannelUnproven)
}

// otherSince is from when on such a notice is watched.
func otherSince(p ledger.Payment, n ledger.Notice) time.Time {
	if n.Refunded {
		return p.UpdatedAt
	}
	return p.SentAt
}

// ownAtLast registers such a notice when a receipt of ours fits. Its case stays. What was given back stays
// given back, and is a case.
func (l *look) ownAtLast(p ledger.Payment, m matter, receipts []govpay.Receipt) result {
	over := result{done: time.Since(otherSince(p, m.notice)) > otherFor}
	if m.notice.Refunded {
		r := unexplained(m, receipts)
		if r == nil {
			return over
		}
		c := ledger.RegistrationChange{Reason: driver.Reason{Code: string(local.CodeReceiptAfterReversal)}}
		identify(&c, r)
		c.Case = newCase(l.PaymentID, c.Reason, r)
		_, err := l.register(c)
		return written(err)
	}
	f := decide(m, receipts)
	if f.to != ledger.RegDone {
		return over
	}
	c := ledger.RegistrationChange{To: ledger.RegDone, AttemptCode: m.code}
	identify(&c, f.receipt)
	if f.cause.Code != "" && m.notice.Registration != ledger.RegElse { // there people know that it was paid twice
		c.Case = newCase(l.PaymentID, f.cause, f.witness)
	}
	_, err := l.register(c)
	r := written(err)
	if r.done {
		r.second = f.cause.Code == "" && m.notice.Registration == ledger.RegRejected // of the others people have a case
		r.paperFor = &paper{payment: l.PaymentID, index: l.Index, creditor: m.notice.Creditor, iuv: m.iuv, receipt: f.receipt.ID}
	}
	return r
}

// watchOther takes a notice up that has just left the outbox.
func (s *schedule) watchOther(it *item, now time.Time) {
	p, err := s.w.o.Ledger.Payment(it.PaymentID)
	if err != nil {
		s.ledgerFailed(err, now)
		return
	}
	s.watchOthersOf(p, it.Since, now)
}

// watchOthers takes the notices of a payment up that are to be watched.
func (s *schedule) watchOthers(id string, now time.Time) {
	p, err := s.w.o.Ledger.Payment(id)
	if err != nil {
		s.ledgerFailed(err, now)
		return
	}
	if charged(p) {
		s.watchOthersOf(p, p.SentAt, now)
	}
}

func (s *schedule) watchOthersOf(p ledger.Payment, since, now time.Time) {
	for i, n := range p.Notices {
		if othersPaid(n) && now.Sub(otherSince(p, n)) < otherFor {
			s.addOther(p, i, since, now)
		}
	}
}

// Decided tells that people have ended a case of a payment, or turned down how it was to end: what waited for them
// goes on now, and what was given back is watched.
func (w *Worker) Decided(paymentID string) {
	w.mu.Lock()
	w.schedule.decided = append(w.schedule.decided, paymentID)
	w.mu.Unlock()
	select {
	case w.word <- struct{}{}:
	default:
	}
}

// retell reads which cases of a payment are open now: what people have ended may have to be told again.
func (s *schedule) retell(id string) {
	cases, err := s.w.o.Ledger.Cases(false)
	if err != nil {
		return
	}
	maps.DeleteFunc(s.opened, func(key string, _ causes) bool { return key == id || strings.HasPrefix(key, id+"/") })
	for _, c := range cases {
		if known := causeOf[c.Cause.Code]; c.PaymentID == id && known != 0 {
			for _, key := range s.keysOf(c) {
				s.opened[key] |= known
			}
		}
	}
}

// goOn follows what people have decided.
func (s *schedule) goOn(now time.Time) {
	for _, id := range s.decided {
		s.retell(id)
		if it := s.items[id]; it != nil {
			if it.urged = it.running; !it.running {
				it.told = s.told(id, it.open...)
			}
			s.hurry(it, now)
		}
		s.watchOthers(id, now)
	}
	s.decided = nil
}

func (s *schedule) addOther(p ledger.Payment, index int, since, now time.Time) {
	o := ledger.OutboxItem{Key: otherKey(p.ID, index), PaymentID: p.ID, Index: index, Since: since}
	if s.items[o.Key] != nil {
		return
	}
	it := s.fresh(o, o.Key, workOther, p)
	it.plan = s.w.o.WatchPlan
	it.due = now.Add(s.w.o.Jitter(it.plan[0]))
	s.add(it)
}

// recall reads at the start what is there, and what is not in the outbox and is looked at all the same.
func (s *schedule) recall() {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	now := time.Now()
	if outbox, err := s.w.o.Ledger.Outbox(); err != nil {
		s.ledgerFailed(err, now)
	} else {
		s.found = make(map[string]bool, len(outbox))
		for _, o := range outbox {
			s.found[o.PaymentID] = true
		}
	}
	cases, err := s.w.o.Ledger.Cases(true)
	if err != nil {
		s.ledgerFailed(err, now)
		return
	}
	told := make(map[string]bool) // notices of which people know that they may be paid twice
	for _, c := range cases {
		if c.PaymentID == "" {
			continue
		}
		known := causeOf[c.Cause.Code]
		if !c.Ended.IsZero() {
			known = 0
		}
		for _, key := range s.keysOf(c) {
			s.opened[key] |= known
			told[key] = told[key] || slices.Contains(twice, c.Cause.Code)
		}
		if c.Ending == ledger.EndingRefunded && now.Sub(c.Ended) < otherFor { // its payment may be of long ago
			s.watchOthers(c.PaymentID, now)
		}
	}
	due := now.Add(secondStart)
	for day := range recentDays {
		list, err := s.w.o.Ledger.Payments(ledger.Query{Day: ledger.Day(now.AddDate(0, 0, -day)), Limit: recentMost})
		if err != nil {
			s.ledgerFailed(err, now)
			return
		}
		for _, p := range list {
			if !charged(p) {
				continue
			}
			s.watchOthersOf(p, p.SentAt, now)
			for i := range p.Notices {
				if !told[p.ID] && !told[outboxKey(p.ID, i)] && s.lookAgain(p, i, due, now) {
					due = due.Add(secondEvery)
				}
			}
		}
	}
}

// keysOf are the notices that a case is about, or its payment.
func (s *schedule) keysOf(c ledger.Case) []string {
	if len(c.Notices) == 0 {
		return []string{c.PaymentID}
	}
	keys := make([]string, len(c.Notices))
	for k, i := range c.Notices {
		keys[k] = outboxKey(c.PaymentID, i)
	}
	return keys
}
