package settle

import (
	"errors"
	"time"

	"sportello/protocol/govpay"
)

// A look asks one of two sides of the platform: receipts are one of its APIs, payments another, and each may be
// away while the other answers. While a side is away one question at a time asks whether it is there.
const (
	sideReceipts = iota
	sideSubmissions
	sides
)

// side is what asks one side of the platform, in the order of its turns, and whether it answers.
type side struct {
	turns     *line
	most      int // looks at a time
	running   int
	away      bool // it does not answer
	reason    govpay.Outcome
	probing   bool
	probeStep int
	probeAt   time.Time
	answers   uint64    // to the worker
	since     time.Time // from when on it is not known to have been away: the start, or the end of its last outage
}

// answerOf tells a platform that is away from one that answers with a refusal,
// and both from what we cannot make anything of.
func answerOf(err error) answer {
	switch govpay.OutcomeOf(err) {
	case govpay.OutcomeUnavailable, govpay.OutcomeUnauthorized, govpay.OutcomeUntrusted,
		govpay.OutcomeWrongBaseURL, govpay.OutcomeNotJSON:
		return answerNone
	case govpay.OutcomeNotFound, govpay.OutcomeForbidden, govpay.OutcomePermanent, govpay.OutcomeWrongSetup:
		return answerGiven
	case govpay.OutcomeMalformed, govpay.OutcomeMismatch, govpay.OutcomeTooLarge:
		return answerOurs
	case govpay.OutcomeNone:
		if errors.Is(err, govpay.ErrArgument) {
			return answerOurs
		}
	case govpay.OutcomeCanceled:
	}
	return answerUnasked
}

// side is the one that an item asks.
func (s *schedule) side(it *item) *side {
	if it.work == workSubmit {
		return s.sides[sideSubmissions]
	}
	return s.sides[sideReceipts]
}

// queue gives an item its place among the turns.
func (s *schedule) queue(it *item) { s.side(it).turns.put(it) }

// nextTurn is when the side has something to ask; zero: nothing, or not before what is under way has ended.
func (d *side) nextTurn() time.Time {
	switch it := d.turns.top(); {
	case it == nil, d.running >= d.most, d.away && d.probing:
		return time.Time{}
	case d.away:
		return d.probeAt
	default:
		return it.due
	}
}

// turn is the item whose turn is now; nil: none.
func (s *schedule) turn(now time.Time) (next *item) {
	for _, d := range s.sides {
		if at := d.nextTurn(); at.IsZero() || now.Before(at) {
			continue
		}
		if it := d.turns.top(); next == nil || byTurn(it, next) {
			next = it
		}
	}
	return next
}

// start begins looks for the items whose turn has come, the oldest turn first.
func (s *schedule) start(now time.Time) {
	for len(s.overdue) > 0 && s.running < s.w.o.Parallel {
		it := s.overdue[0]
		s.overdue = s.overdue[1:]
		if d := s.side(it); s.items[it.key] == it && (d.away || it.barred) && !it.running && it.told&toldMissing == 0 && !s.taken(it) {
			d.turns.drop(it)
			s.launch(it, now, true)
		}
	}
	for s.running < s.w.o.Parallel {
		it := s.turn(now)
		if it == nil {
			break
		}
		d := s.side(it)
		d.turns.drop(it)
		if n, taken := s.takenBy(it); taken {
			s.parked[n] = append(s.parked[n], it)
			continue
		}
		d.probing = d.away
		s.launch(it, now, false)
	}
	if !s.sides[sideReceipts].away && !s.printing && s.running < s.w.o.Parallel {
		s.print(now)
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
	d := s.side(it)
	s.running++
	d.running++
	it.running = true
	for _, n := range it.notices {
		s.busy[n] = true
	}
	s.w.look(&look{
		w: s.w, item: it, OutboxItem: it.OutboxItem, work: it.work, memo: it.memo, told: it.told,
		late: it.late, red: it.red, found: it.found, seen: it.seen, away: d.away, overdue: overdue, probe: d.away && !overdue,
		missed: it.late && !d.away && now.Sub(d.since) >= s.w.patience(), struck: it.strikes,
	}, s.results)
}

// silent takes note that the platform did not answer, or somebody else did in its place. When others have
// been answered since it last failed this item, and it does again, the item is what fails.
func (s *schedule) silent(it *item, r result, now time.Time) {
	d := s.side(it)
	alone := it.fell != 0 && d.answers+1 > it.fell
	it.fell = d.answers + 1
	it.falls++
	if alone && !d.away {
		return
	}
	if !alone {
		it.falls = 1
	}
	d.reason = govpay.OutcomeOf(r.err)
	if d.away && !r.probe {
		return // it was asked before the platform was known to be away
	}
	if !d.away {
		d.away, d.probeStep = true, 0
		s.w.o.Log.Warn().Err(r.err).Bool("submissions", it.work == workSubmit).Msg("settle: the platform does not answer")
		for _, it := range s.items {
			if it.red && it.told&toldMissing == 0 && s.side(it) == d {
				s.overdue = append(s.overdue, it)
			}
		}
	}
	d.probeAt = now.Add(s.w.o.Jitter(s.w.o.ProbePlan[d.probeStep]))
	d.probeStep = min(d.probeStep+1, len(s.w.o.ProbePlan)-1)
}

// answered ends the outage of sides of the platform: all that waits for them has its turn now. One that
// answers again is a reason to ask another.
func (s *schedule) answered(now time.Time, answer ...*side) {
	back := false
	for _, d := range answer {
		if !d.away {
			continue
		}
		back = true
		d.away, d.reason, d.probeStep, d.since = false, govpay.OutcomeNone, 0, now
		for _, it := range s.items {
			if it.work != workOther && s.side(it) == d {
				s.hurry(it, now)
			}
		}
	}
	if !back {
		return
	}
	s.w.o.Log.Info().Int("waiting", len(s.items)).Msg("settle: the platform answers again")
	for _, d := range s.sides {
		if d.away && d.probeAt.After(now) {
			d.probeAt = now
		}
	}
	s.gather(now)
}

// gather begins a drain: of everything that waits and has its turn.
func (s *schedule) gather(now time.Time) {
	s.nextDrain++
	s.drain = drain{number: s.nextDrain}
	for _, it := range s.items {
		if it.work != workOther && !it.barred && !it.due.After(now) && !s.side(it).away {
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
