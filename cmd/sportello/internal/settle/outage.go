package settle

import (
	"time"

	"sportello/protocol/govpay"
)

// outage is the platform's absence. While it lasts one question at a time asks whether it is there.
type outage struct {
	away      bool // the platform does not answer
	reason    govpay.Outcome
	probing   bool
	probeStep int
	probeAt   time.Time
	answers   uint64 // the platform's answers to the worker
}

// start begins looks for the items whose turn has come, the oldest turn first.
// While the platform is away one item at a time is the probe.
func (s *schedule) start(now time.Time) {
	for len(s.overdue) > 0 && s.running < s.w.o.Parallel {
		it := s.overdue[0]
		s.overdue = s.overdue[1:]
		if s.items[it.key] == it && (s.away || it.barred) && !it.running && it.told&toldMissing == 0 && !s.taken(it) {
			s.turns.drop(it)
			s.launch(it, now, true)
		}
	}
	s.freeLane()
	for s.running < s.w.o.Parallel {
		it := s.turns.top()
		if it == nil || s.away && (s.probing || now.Before(s.probeAt)) || !s.away && now.Before(it.due) {
			break
		}
		s.turns.drop(it)
		if it.work == workSubmit && s.calling >= s.lanes() {
			s.lane = append(s.lane, it)
			continue
		}
		if n, taken := s.takenBy(it); taken {
			s.parked[n] = append(s.parked[n], it)
			continue
		}
		s.probing = s.away
		s.launch(it, now, false)
	}
	if next := s.turns.top(); !s.away && !s.printing && s.running < s.w.o.Parallel && (next == nil || now.Before(next.due)) {
		s.print(now)
	}
}

// lanes is how many looks at a time may be about submissions: a call may last for minutes, and receipts are
// to be read meanwhile.
func (s *schedule) lanes() int { return max(s.w.o.Parallel-1, 1) }

// freeLane gives submissions that stood back their turn again, as many as may be made.
func (s *schedule) freeLane() {
	for free := s.lanes() - s.calling; free > 0 && len(s.lane) > 0; free-- {
		it := s.lane[0]
		s.lane = s.lane[1:]
		if s.items[it.key] == it && !it.running {
			s.turns.put(it)
		}
	}
}

// takenBy is a notice of the item that another look has in hand.
func (s *schedule) takenBy(it *item) (noticeKey, bool) {
	for _, n := range it.notices {
		if s.busy[n] {
			return n, true
		}
	}
	return noticeKey{}, false
}

func (s *schedule) taken(it *item) bool {
	_, taken := s.takenBy(it)
	return taken
}

// launch begins a look. overdue: only to write what is to be written without asking.
func (s *schedule) launch(it *item, now time.Time, overdue bool) {
	s.running++
	it.running = true
	if it.work == workSubmit {
		s.calling++
	}
	for _, n := range it.notices {
		s.busy[n] = true
	}
	s.w.look(&look{
		w: s.w, item: it, OutboxItem: it.OutboxItem, work: it.work, memo: it.memo, told: it.told,
		late: it.late, red: it.red, found: it.found, seen: it.seen, away: s.away, overdue: overdue, probe: s.away && !overdue,
		missed: it.late && !s.away && now.Sub(s.since) >= s.w.patience(), struck: it.strikes,
	}, s.results)
}

// silent takes note that the platform did not answer, or somebody else did in its place. When others have
// been answered since it last failed this item, and it does again, the item is what fails.
func (s *schedule) silent(it *item, r result, now time.Time) {
	alone := it.fell != 0 && s.answers+1 > it.fell
	it.fell = s.answers + 1
	it.falls++
	if alone && !s.away {
		return
	}
	if !alone {
		it.falls = 1
	}
	s.reason = govpay.OutcomeOf(r.err)
	if s.away && !r.probe {
		return // it was asked before the platform was known to be away
	}
	if !s.away {
		s.away, s.probeStep = true, 0
		s.w.o.Log.Warn().Err(r.err).Msg("settle: the platform does not answer")
		for _, it := range s.items {
			if it.red && it.told&toldMissing == 0 {
				s.overdue = append(s.overdue, it)
			}
		}
	}
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
		if it.work != workOther {
			s.hurry(it, now)
		}
	}
	s.gather(now)
}

// gather begins a drain: of everything that waits and has its turn.
func (s *schedule) gather(now time.Time) {
	s.nextDrain++
	s.drain = drain{number: s.nextDrain}
	for _, it := range s.items {
		if it.work != workOther && !it.barred && !it.due.After(now) {
			it.drain = s.drain.number
			s.drain.left += len(it.notices)
		}
	}
	s.drain.total = s.drain.left
}

// drained says that an item of the drain has had its answer, or is gone.
func (s *schedule) drained(it *item) {
	if it.drain == s.drain.number && s.drain.left > 0 {
		s.drain.left -= len(it.notices)
	}
	it.drain = 0
}
