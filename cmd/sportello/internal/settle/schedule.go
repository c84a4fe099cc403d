package settle

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/protocol/govpay"
)

// schedule is the loop's own state: what waits, when its turn is, and whether
// the platform is there. Only the loop's goroutine touches it. Times are
// time.Now's and carry the monotonic clock; wall-clock times from the ledger
// are turned into them once, when an item is first seen.
type schedule struct {
	w       *Worker
	items   map[string]*item
	busy    map[noticeKey]bool // a look at this notice is under way: one at a time
	running int
	results chan result // as many as may run: a look never blocks on it

	readAgain time.Time // the ledger failed: read it then; zero: it did not
	dirty     bool      // the outbox must be read before anything else

	// since is from when on nothing is known to have kept receipts from being found: the start, or the
	// end of the last outage. Monotonic.
	since     time.Time
	away      bool // the platform does not answer
	reason    govpay.Outcome
	probing   bool
	probeStep int
	probeAt   time.Time
}

type noticeKey struct{ creditor, number string }

// item is an outbox item with its turn.
type item struct {
	ledger.OutboxItem
	notice  noticeKey
	plan    []time.Duration
	step    int       // into plan: the pause after the next look
	due     time.Time // its turn
	lateAt  time.Time // when it becomes late; zero: it is, or never will
	late    bool
	running bool
	gone    bool // left the outbox during its look
}

func newSchedule(w *Worker) *schedule {
	return &schedule{
		w: w, items: make(map[string]*item), busy: make(map[noticeKey]bool),
		results: make(chan result, w.o.Parallel), dirty: true, since: time.Now(),
	}
}

// run is the loop. It sleeps on its channels; the timer runs only while
// something has a turn to come.
func (s *schedule) run() {
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	defer timer.Stop()
	for {
		now := time.Now()
		if s.dirty || (!s.readAgain.IsZero() && !now.Before(s.readAgain)) {
			s.read(now)
		}
		s.markLate(now)
		s.start(now)
		s.w.publish(s.status())
		timer.Stop()
		if next := s.next(); !next.IsZero() {
			timer.Reset(time.Until(next))
		}
		select {
		case <-s.w.ctx.Done():
			return
		case <-s.w.o.Ledger.OutboxChanged():
			s.dirty = true
		case <-s.w.hello:
			s.answered(time.Now())
		case r := <-s.results:
			s.finish(r, time.Now())
		case <-timer.C:
		}
	}
}

// read brings the items in line with the outbox.
func (s *schedule) read(now time.Time) {
	s.dirty, s.readAgain = false, time.Time{}
	outbox, err := s.w.o.Ledger.Outbox()
	if err != nil {
		s.ledgerFailed(err, now)
		return
	}
	present := make(map[string]bool, len(outbox))
	for _, o := range outbox {
		present[o.Key] = true
		if it := s.items[o.Key]; it != nil && it.Watch == o.Watch {
			it.OutboxItem, it.gone = o, false
			continue
		} else if it != nil && it.running {
			s.dirty = true // turned from watched to charged during a look: after it
			continue
		}
		it, err := s.newItem(o, now)
		if err != nil {
			s.ledgerFailed(err, now)
			continue
		}
		if it != nil {
			s.items[o.Key] = it
		}
	}
	for key, it := range s.items {
		switch {
		case present[key]:
		case it.running:
			it.gone = true
		default:
			delete(s.items, key)
		}
	}
}

func (s *schedule) ledgerFailed(err error, now time.Time) {
	if !errors.Is(err, ledger.ErrClosed) {
		s.w.o.Log.Error().Err(err).Msg("settle: reading the outbox")
	}
	s.readAgain = now.Add(ledgerPause)
}

// newItem gives an item its first turn; nil when it is not ours to look after.
func (s *schedule) newItem(o ledger.OutboxItem, now time.Time) (*item, error) {
	p, err := s.w.o.Ledger.Payment(o.PaymentID)
	if err != nil {
		return nil, err
	}
	if p.Settlement != ledger.SettlementTerminal || o.Index < 0 || o.Index >= len(p.Notices) {
		return nil, nil
	}
	n := p.Notices[o.Index]
	it := &item{OutboxItem: o, notice: noticeKey{n.Creditor, n.Number}, plan: s.w.o.Plan}
	if o.Watch && p.State == ledger.NotCharged {
		it.plan = s.w.o.WatchPlan
	}
	// What has waited for long (a restart) has its turn now, and goes on where its
	// plan would be by now.
	age := max(now.Sub(o.Since), 0)
	for it.step < len(it.plan)-1 && age >= it.plan[it.step] {
		age -= it.plan[it.step]
		it.step++
	}
	it.due = now
	if it.step == 0 {
		it.due = now.Add(it.plan[0])
		it.step = min(1, len(it.plan)-1)
	}
	if !o.Watch {
		left := min(p.SentAt.Add(s.w.o.ReceiptDue).Sub(now), s.w.o.ReceiptDue)
		if left > 0 {
			it.lateAt = now.Add(left)
		} else {
			it.late = true
		}
	}
	return it, nil
}

// markLate turns items amber: the page is told once, and the receipt is looked
// for once more at that moment.
func (s *schedule) markLate(now time.Time) {
	for _, it := range s.items {
		if it.lateAt.IsZero() || now.Before(it.lateAt) {
			continue
		}
		it.lateAt, it.late = time.Time{}, true
		if it.due.After(now) {
			it.due = now
		}
		s.w.o.Events.Changed(it.PaymentID)
	}
}

// start begins looks for the items whose turn has come, the oldest turn first.
// While the platform is away one item at a time is the probe.
func (s *schedule) start(now time.Time) {
	if s.away && (s.probing || now.Before(s.probeAt)) {
		return
	}
	var ready []*item
	for _, it := range s.items {
		if !it.running && !s.busy[it.notice] && (s.away || !now.Before(it.due)) {
			ready = append(ready, it)
		}
	}
	slices.SortFunc(ready, func(a, b *item) int {
		return cmp.Or(a.due.Compare(b.due), a.Since.Compare(b.Since), cmp.Compare(a.Key, b.Key))
	})
	for _, it := range ready {
		if s.running == s.w.o.Parallel || (s.away && s.probing) {
			return
		}
		if s.busy[it.notice] {
			continue // the one before it is about the same notice
		}
		s.running++
		s.busy[it.notice], it.running = true, true
		s.probing = s.away
		s.w.look(it.OutboxItem, it.late, it.late && !s.away && now.Sub(s.since) >= s.w.o.ReceiptDue, s.results)
	}
}

// next is when the loop has something to do by itself; zero when only a channel
// can wake it.
func (s *schedule) next() time.Time {
	var next time.Time
	consider := func(t time.Time) {
		if !t.IsZero() && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	consider(s.readAgain)
	waiting := false
	for _, it := range s.items {
		consider(it.lateAt)
		if it.running || s.busy[it.notice] {
			continue // its end wakes the loop
		}
		waiting = true
		if !s.away && s.running < s.w.o.Parallel {
			consider(it.due)
		}
	}
	if s.away && !s.probing && waiting {
		consider(s.probeAt)
	}
	return next
}

// finish takes the end of a look.
func (s *schedule) finish(r result, now time.Time) {
	s.running--
	it := s.items[r.key]
	if it == nil {
		return
	}
	it.running = false
	delete(s.busy, it.notice)
	s.probing = false
	if it.gone || r.done {
		delete(s.items, r.key)
		s.dirty = true // it may have come back since
	}
	switch r.answer {
	case answerNone:
		s.platformFailed(r, now)
		return // its turn stays: it comes when the platform is back
	case answerGiven:
		s.answered(now)
	case answerUnasked:
		if s.away { // the probe told nothing
			s.probeAt = now.Add(s.w.o.Jitter(s.w.o.ProbePlan[s.probeStep]))
		}
	}
	it.due = now.Add(s.w.o.Jitter(it.plan[it.step]))
	it.step = min(it.step+1, len(it.plan)-1)
	if r.stale {
		s.dirty = true
	}
}

func (s *schedule) platformFailed(r result, now time.Time) {
	if !s.away {
		s.away, s.probeStep = true, 0
		s.w.o.Log.Warn().Err(r.err).Msg("settle: the platform does not answer")
	}
	s.reason = govpay.OutcomeOf(r.err)
	s.probeAt = now.Add(s.w.o.Jitter(s.w.o.ProbePlan[s.probeStep]))
	s.probeStep = min(s.probeStep+1, len(s.w.o.ProbePlan)-1)
}

// answered ends an outage: all that waits has its turn now.
func (s *schedule) answered(now time.Time) {
	if !s.away {
		return
	}
	s.away, s.reason, s.probeStep, s.since = false, govpay.OutcomeNone, 0, now
	s.w.o.Log.Info().Int("waiting", len(s.items)).Msg("settle: the platform answers again")
	for _, it := range s.items {
		if it.due.After(now) {
			it.due = now
		}
	}
}

func (s *schedule) status() Status {
	st := Status{Away: s.away, Reason: s.reason}
	for _, it := range s.items {
		switch {
		case it.Watch:
			st.Watched++
		default:
			st.Waiting++
			if it.late {
				st.Late++
			}
		}
	}
	return st
}
