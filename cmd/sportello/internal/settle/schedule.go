package settle

import (
	"time"

	"sportello/protocol/govpay"
)

// schedule is what waits, when its turn is, and whether the platform is there. The loop holds the
// worker's lock while it is awake. Times are time.Now's and carry the monotonic clock; wall-clock times
// from the ledger are turned into them once, when an item is first seen.
//
// Ten thousand items cost what they are: an item here, a place in three heaps. Nothing is searched when
// a look ends, and the outbox is not read again before ten times the time has passed that reading it took, or readPause.
type schedule struct {
	w       *Worker
	items   map[string]*item // by outbox key, submissions by payment
	sides   [sides]*side     // those that wait for their turn, by what they ask
	clocks  *line            // those whose clocks have not rung
	oldest  *line            // those that are charged
	busy    map[noticeKey]bool
	parked  map[noticeKey][]*item // whose turn came while another had the notice
	barred  []*item               // submissions that wait for the set-up to be mended
	overdue []*item               // red, and to be made a case without asking a platform that is away
	opened  map[string]causes     // open cases by payment, or by notice (outboxKey), read at the start
	found   map[string]bool       // payments in the outbox at the start; nil: not known, and any may have been
	running int
	results chan result // as many as may run: a look never blocks on it
	count   struct{ waiting, late, red, watched, poisoned int }

	second    *line // registered notices that are looked at again; in no other line
	seconding bool  // one is

	doubt doubt // while the last word about the platform is bad

	papers   []paper // PDFs to be fetched when nothing else is due
	printing bool

	dirty     bool      // the outbox must be read
	notBefore time.Time // it is not read before
	begun     bool      // it has been read once
	setupAt   time.Time // when to see whether the set-up was mended
	decided   []string  // payments of which people have ended a case, or turned its end down
	nextDrain int
	drain     drain
}

// drain is how far what had gathered has been worked off.
type drain struct{ number, total, left int }

func newSchedule(w *Worker) *schedule {
	s := &schedule{
		w: w, items: make(map[string]*item), busy: make(map[noticeKey]bool), parked: make(map[noticeKey][]*item),
		clocks: newLine(placeClock, byClock), oldest: newLine(placeAge, byAge), second: newLine(placeTurn, byTurn),
		opened: make(map[string]causes), results: make(chan result, w.o.Parallel+2), dirty: true,
	}
	for i := range s.sides {
		s.sides[i] = &side{turns: newLine(placeTurn, byTurn), most: w.o.Parallel, since: time.Now()}
	}
	// A call may last for minutes, and receipts are to be read meanwhile.
	s.sides[sideSubmissions].most = max(w.o.Parallel-1, 1)
	return s
}

// run is the loop. It sleeps on its channels; the timer runs only while
// something has a turn to come.
func (s *schedule) run() {
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	defer timer.Stop()
	for {
		timer.Stop()
		next, changed := s.step(time.Now())
		for _, id := range changed { // who hears it may ask for the status: without the lock
			s.w.o.Events.Changed(id)
		}
		if !next.IsZero() {
			timer.Reset(time.Until(next))
		}
		select {
		case <-s.w.ctx.Done():
			return
		case <-s.w.o.Ledger.OutboxChanged():
			s.with(func() { s.dirty = true })
		case <-s.w.hello:
			s.with(func() {
				s.reassured()
				s.answered(time.Now(), s.sides[:]...)
			})
		case <-s.w.word:
			s.with(func() { s.goOn(time.Now()) })
		case <-s.w.trouble:
			s.with(func() { s.doubted(time.Now()) })
		case r := <-s.results:
			s.with(func() { s.finish(r, time.Now()) })
		case <-timer.C:
		}
	}
}

func (s *schedule) with(fn func()) {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	fn()
}

// step does what is due, and says when the next thing is and which payments look
// different by the time alone.
func (s *schedule) step(now time.Time) (next time.Time, changed []string) {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	if s.dirty && !now.Before(s.notBefore) {
		s.read(now)
	}
	s.mended(now)
	changed = s.ring(now)
	s.start(now)
	s.asks(now)
	s.looksAgain(now)
	return s.next(), changed
}

// ring turns items amber, and red: the page is told, and the receipt is looked for once more at that moment.
func (s *schedule) ring(now time.Time) (changed []string) {
	for it := s.clocks.top(); it != nil && !now.Before(it.alarm()); it = s.clocks.top() {
		s.counted(it, -1)
		if it.lateAt.IsZero() {
			it.red, it.redAt = true, time.Time{}
			if s.side(it).away || it.barred {
				s.overdue = append(s.overdue, it)
			}
		} else {
			it.late, it.lateAt = true, time.Time{}
		}
		s.counted(it, 1)
		if it.alarm().IsZero() {
			s.clocks.drop(it)
		} else {
			s.clocks.put(it)
		}
		s.hurry(it, now)
		changed = append(changed, it.PaymentID)
	}
	return changed
}

// hurry gives an item its turn now, unless it has none: it is looked at, or waits for people.
func (s *schedule) hurry(it *item, now time.Time) {
	if it.due.After(now) && !it.poisoned() {
		it.due = now
		if it.place[placeTurn] >= 0 {
			s.queue(it)
		}
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
	if s.dirty {
		consider(s.notBefore)
	}
	consider(s.setupAt)
	if !s.doubt.under {
		consider(s.doubt.at)
	}
	if it := s.clocks.top(); it != nil {
		consider(it.alarm())
	}
	consider(s.nextSecond())
	for _, d := range s.sides {
		if s.running < s.w.o.Parallel {
			consider(d.nextTurn())
		}
	}
	return next
}

// finish takes the end of a look.
func (s *schedule) finish(r result, now time.Time) {
	if r.asked {
		s.hasAsked(r.err, now)
		return
	}
	if r.paper != nil {
		s.printing = false
		s.printed(r, now)
		return
	}
	s.running--
	it := r.item
	it.running = false
	s.side(it).running--
	for _, n := range it.notices {
		delete(s.busy, n)
	}
	for _, n := range it.notices {
		waiting := s.parked[n]
		delete(s.parked, n)
		for _, other := range waiting {
			if s.items[other.key] == other && !other.running {
				s.queue(other)
			}
		}
	}
	if r.probe {
		s.side(it).probing = false
	}
	it.memo, it.told = r.memo, r.told
	if r.overdue {
		if !it.gone && !it.barred && s.items[it.key] == it && it.place[placeTurn] < 0 {
			s.queue(it) // its turn is as it was
		}
		return
	}
	it.tries++
	s.heard(it, r, now)
	if it.work == workSecond {
		s.lookedAgain(it, r, now)
		return
	}
	if r.second {
		s.registered(it.PaymentID, it.Index, now)
	}
	if r.paperFor != nil {
		s.queuePaper(*r.paperFor)
	}
	if r.other {
		s.watchOther(it, now)
	}
	switch {
	case s.items[it.key] != it:
	case it.gone || r.done:
		s.remove(it)
		if it.gone {
			s.watchOther(it, now) // people may have given it back
		}
		s.dirty = true // it may have come back since
	default:
		s.again(it, r, now)
	}
	if r.stale || it.turned {
		s.dirty, it.turned = true, false
	}
}

// again gives an item its next turn.
func (s *schedule) again(it *item, r result, now time.Time) {
	s.strike(it, r)
	switch {
	case r.barred:
		it.barred = true
		s.barred = append(s.barred, it)
		if s.setupAt.IsZero() {
			s.setupAt = now.Add(setupPause)
		}
		return
	case r.answer == answerNone && it.falls <= 1:
		it.due = now // when the platform is back, behind those that have not been asked about
	case r.answer == answerNone:
		// Others are answered, this one is not: it does not hold them up, and they do not ask in its place.
		pause := s.w.o.Plan[len(s.w.o.Plan)-1]
		if i := it.falls - 2; i < len(s.w.o.ProbePlan) {
			pause = s.w.o.ProbePlan[i]
		}
		it.due = now.Add(s.w.o.Jitter(pause))
	case it.poisoned():
		it.due = now.Add(s.w.o.Jitter(s.w.o.SlowPause))
	default:
		if r.restart {
			it.step = 0
		}
		pause := it.plan[it.step]
		it.step = min(it.step+1, len(it.plan)-1)
		it.due = now.Add(s.w.o.Jitter(pause))
		if !r.at.IsZero() && r.at.After(now) && (r.at.Before(it.due) || r.slow) {
			it.due = r.at // something is known to be possible then, and nothing before
		}
		if it.urged {
			it.due = now
		}
	}
	it.urged = false
	s.queue(it)
}

// strike counts failures on our side; the third puts the item aside.
func (s *schedule) strike(it *item, r result) {
	s.counted(it, -1)
	switch r.answer {
	case answerOurs:
		it.strikes++
	case answerGiven:
		it.strikes = 0
	case answerNone, answerUnasked:
	}
	s.counted(it, 1)
}

// heard is what the end of a look says about the platform.
func (s *schedule) heard(it *item, r result, now time.Time) {
	it.failure = govpay.OutcomeOf(r.err)
	switch r.answer {
	case answerNone:
		s.silent(it, r, now)
	case answerGiven, answerOurs:
		it.fell, it.falls = 0, 0
		s.side(it).answers++
		s.answered(now, s.side(it))
		s.drained(it)
	case answerUnasked:
		if d := s.side(it); d.away && r.probe { // it told nothing
			d.probeAt = now.Add(s.w.o.Jitter(s.w.o.ProbePlan[d.probeStep]))
		}
	}
}
