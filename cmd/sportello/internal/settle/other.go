package settle

import (
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/govpay"
	"sportello/protocol/local"
)

// A notice that somebody else has paid, or whose receipt does not name its provider, has left the outbox
// and is people's. Our own receipt may still come, though: then the notice is registered, and its case
// goes on, for it was paid twice. It is watched as an attempt is that ended not charged, for otherFor, in
// memory; a start takes it up again from the cases. So is one that the office has given back because no
// receipt came: a lost one may come days later (govpay 2.11), and then the money is gone twice.

// otherFor is past the provider's flow of any week of holidays (D+2).
const otherFor = 7 * 24 * time.Hour

// othersPaid says that a notice is watched for our own receipt.
func othersPaid(n ledger.Notice) bool {
	return n.Registration == ledger.RegElse || n.Refunded ||
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
	_, err := l.register(c)
	r := written(err)
	if r.done {
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
	for i, n := range p.Notices {
		if othersPaid(n) && now.Sub(otherSince(p, n)) < otherFor {
			s.addOther(p, i, it.Since, now)
		}
	}
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

// recall reads at the start what is there, and what people have in hand.
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
	for _, c := range cases {
		refunded := c.Ending == ledger.EndingRefunded && now.Sub(c.Ended) < otherFor
		if c.PaymentID == "" || !c.Ended.IsZero() && !refunded {
			continue
		}
		if told := causeOf[c.Cause.Code]; told != 0 && !refunded {
			for _, i := range c.Notices {
				s.opened[outboxKey(c.PaymentID, i)] |= told
			}
			if len(c.Notices) == 0 {
				s.opened[c.PaymentID] |= told
			}
		}
		if code := local.Code(c.Cause.Code); code != local.CodePaidElsewhere && code != local.CodeChannelUnproven && !refunded {
			continue
		}
		p, err := s.w.o.Ledger.Payment(c.PaymentID)
		if err != nil {
			s.ledgerFailed(err, now)
			continue
		}
		for i, n := range p.Notices {
			if othersPaid(n) && charged(p) && now.Sub(otherSince(p, n)) < otherFor {
				s.addOther(p, i, p.SentAt, now)
			}
		}
	}
}
