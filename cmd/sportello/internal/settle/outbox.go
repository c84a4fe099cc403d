package settle

import (
	"errors"
	"slices"
	"time"

	"sportello/cmd/sportello/internal/ledger"
)

// read brings the items in line with the outbox.
func (s *schedule) read(now time.Time) {
	s.dirty = false
	outbox, err := s.w.o.Ledger.Outbox()
	if err != nil {
		s.ledgerFailed(err, now)
		return
	}
	present := make(map[string]bool, len(outbox))
	left := make(map[*item][]int)
	for _, o := range outbox {
		it := s.items[o.Key]
		if it == nil {
			it = s.items[o.PaymentID] // a submission stands for all notices of its payment
		}
		if it != nil {
			present[it.key] = true
			left[it] = append(left[it], o.Index)
			switch {
			case it.work == workSubmit, it.work == workAwait && !o.Watch, it.work == workWatch && o.Watch:
				it.Until, it.gone = o.Until, false
				continue
			case it.running:
				it.turned = true // from watched to charged during a look: after it
				continue
			}
			s.remove(it)
		}
		if it, err = s.newItem(o, now); err != nil {
			s.ledgerFailed(err, now)
			continue
		}
		if it != nil {
			s.add(it)
			present[it.key] = true
			left[it] = append(left[it], o.Index)
		}
	}
	for it, open := range left {
		if s.items[it.key] == it && !slices.Equal(it.open, open) { // of a cart one was refused alone
			s.counted(it, -1)
			it.open = open
			s.counted(it, 1)
		}
	}
	for key, it := range s.items {
		switch {
		case present[key], it.work == workOther:
		case it.running:
			it.gone = true
		default:
			s.remove(it)
			s.watchOther(it, now) // people may have given it back
		}
	}
	if !s.begun {
		s.begun = true
		s.gather(now) // what the service found when it started
	}
	if pause := now.Add(min(10*time.Since(now), readPause)); pause.After(s.notBefore) {
		s.notBefore = pause
	}
}

func (s *schedule) ledgerFailed(err error, now time.Time) {
	if !errors.Is(err, ledger.ErrClosed) {
		s.w.o.Log.Error().Err(err).Msg("settle: reading the outbox")
	}
	s.dirty, s.notBefore = true, now.Add(ledgerPause)
}

// newItem gives an item its first turn; nil when it is not ours to look after.
func (s *schedule) newItem(o ledger.OutboxItem, now time.Time) (*item, error) {
	p, err := s.w.o.Ledger.Payment(o.PaymentID)
	if err != nil {
		return nil, err
	}
	if o.Index < 0 || o.Index >= len(p.Notices) {
		return nil, nil
	}
	n := p.Notices[o.Index]
	it := s.fresh(o, o.Key, workAwait, p)
	switch {
	case o.Watch:
		it.work = workWatch
		if p.State == ledger.NotCharged {
			it.plan = s.w.o.WatchPlan
		}
	case p.Settlement == ledger.SettlementPlatform && (n.Registration == ledger.RegNone || n.Registration == ledger.RegSubmit):
		it.work, it.key, it.notices = workSubmit, p.ID, nil
		for _, n := range p.Notices {
			it.notices = append(it.notices, noticeKey{n.Creditor, n.Number})
		}
		it.open = toSubmit(p)
		it.told = s.told(p.ID, it.open...)
		if last := p.Submission; last != nil && (last.Answered.IsZero() || last.Unsure) {
			// Nobody knows when the call was: the wall clock may have been set since (design 3.10).
			it.memo.window = now.Add(s.w.o.SubmitWindow)
		}
	}
	// What has waited for long (a restart) has its turn now, and goes on where its
	// plan would be by now.
	age := max(now.Sub(o.Since), 0)
	for it.step < len(it.plan)-1 && age >= it.plan[it.step] {
		age -= it.plan[it.step]
		it.step++
	}
	it.due = now
	if it.step == 0 && it.work != workSubmit {
		it.due = now.Add(it.plan[0])
		it.step = min(1, len(it.plan)-1)
	}
	if it.charged() {
		it.late, it.lateAt = clock(now, s.w.receiptDue(p), p.SentAt)
		it.red, it.redAt = clock(now, s.w.o.FlowDue(p), p.SentAt)
	}
	return it, nil
}

// fresh is an item without its turn.
func (s *schedule) fresh(o ledger.OutboxItem, key string, what work, p ledger.Payment) *item {
	n := p.Notices[o.Index]
	return &item{
		OutboxItem: o, key: key, work: what, notices: []noticeKey{{n.Creditor, n.Number}}, since: o.Since, plan: s.w.o.Plan,
		open: []int{o.Index}, told: s.told(p.ID, o.Index) | causeOf[n.Reason.Code], found: s.found == nil || s.found[p.ID], seen: time.Now(), place: [places]int{-1, -1, -1},
	}
}

// told are the cases that the start has found about some notices of a payment: about all of them.
func (s *schedule) told(payment string, notices ...int) causes {
	var all causes
	for k, i := range notices {
		if of := s.opened[outboxKey(payment, i)]; k == 0 {
			all = of
		} else {
			all &= of
		}
	}
	return s.opened[payment] | all
}

// clock sets a clock: it has rung, or it rings at a time on the monotonic clock,
// and never later than it would for a charge made now.
func clock(now, due, charged time.Time) (rung bool, at time.Time) {
	left := min(due.Sub(now), due.Sub(charged))
	if left <= 0 {
		return true, time.Time{}
	}
	return false, now.Add(left)
}

// add takes an item in.
func (s *schedule) add(it *item) {
	s.items[it.key] = it
	s.counted(it, 1)
	if it.charged() {
		s.oldest.put(it)
	}
	if !it.alarm().IsZero() {
		s.clocks.put(it)
	}
	s.queue(it)
	if it.red && s.side(it).away {
		s.overdue = append(s.overdue, it)
	}
}

// remove lets an item go.
func (s *schedule) remove(it *item) {
	if s.items[it.key] != it {
		return
	}
	delete(s.items, it.key)
	s.counted(it, -1)
	s.drained(it)
	for _, l := range []*line{s.side(it).turns, s.clocks, s.oldest} {
		l.drop(it)
	}
}

// counted keeps the figures; a submission counts for each of its notices.
func (s *schedule) counted(it *item, n int) {
	if it.poisoned() {
		s.count.poisoned += n
	}
	switch {
	case it.charged():
		n *= len(it.open)
		s.count.waiting += n
		if it.late {
			s.count.late += n
		}
		if it.red {
			s.count.red += n
		}
	case it.work == workWatch:
		s.count.watched += n
	}
}
