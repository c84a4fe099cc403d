package settle

import (
	"context"
	"time"
)

// While the service's last word about the platform is bad and nothing waits that would ask it, nobody would find out
// that it was mended: not the page, not the IT officer who has just mended it. So the worker asks by itself, the
// smallest question and more and more seldom, until anybody has had an answer.

// DefaultAskPlan are the pauses before each such question; the last one repeats.
var DefaultAskPlan = []time.Duration{15 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute}

// doubt is the asking; the zero value: there is no reason to.
type doubt struct {
	at    time.Time // of the next question; zero: none
	step  int
	under bool // one is under way
}

// PlatformFailed tells that somebody else has found the platform away, or not as it should be.
func (w *Worker) PlatformFailed() {
	select {
	case w.trouble <- struct{}{}:
	default:
	}
}

// doubted begins to ask, unless that has begun.
func (s *schedule) doubted(now time.Time) {
	if s.w.o.Ask == nil || !s.doubt.at.IsZero() {
		return
	}
	s.doubt.step = 0
	s.askAfter(now)
}

// reassured ends it: the platform has answered, whoever asked.
func (s *schedule) reassured() { s.doubt.at, s.doubt.step = time.Time{}, 0 }

func (s *schedule) askAfter(now time.Time) {
	s.doubt.at = now.Add(s.w.o.Jitter(s.w.o.AskPlan[s.doubt.step]))
}

// asks puts the question when its time has come. What waits for the platform asks in its place.
func (s *schedule) asks(now time.Time) {
	if s.doubt.under || s.doubt.at.IsZero() || now.Before(s.doubt.at) {
		return
	}
	for _, d := range s.sides {
		if d.away && (d.running > 0 || d.turns.top() != nil) {
			s.askAfter(now)
			return
		}
	}
	s.doubt.under = true
	s.w.wg.Go(func() {
		ctx, cancel := context.WithTimeout(s.w.ctx, askLimit)
		defer cancel()
		s.results <- result{asked: true, err: s.w.o.Ask(ctx)}
	})
}

// askLimit bounds one such question: a few calls that answer at once.
const askLimit = time.Minute

// hasAsked takes the answer. That the platform is well again PlatformAnswered says, too.
func (s *schedule) hasAsked(err error, now time.Time) {
	s.doubt.under = false
	if err == nil {
		s.reassured()
		return
	}
	if !s.doubt.at.IsZero() {
		s.doubt.step = min(s.doubt.step+1, len(s.w.o.AskPlan)-1)
	}
	s.askAfter(now)
}
