package settle

import (
	"fmt"
	"sync"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/local"
)

// setupPause is between looks at whether people have mended the set-up: one read of one case of the ledger.
const setupPause = 5 * time.Second

// setup is whether the platform can register what is submitted at all. Once it has taken a submission for
// a payment in a browser (id "0", a redirect), none is made any more: until the service is started again,
// or a supervisor has ended the case.
type setup struct {
	mu     sync.Mutex // guards all
	broken bool
	id     string // of the case; "": not known yet
}

func (s *setup) wrong() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.broken
}

// fail says that it is broken, and whether that is news: no case of an earlier start says so already.
func (s *setup) fail(l Ledger) bool {
	id, err := openSetup(l)
	s.mu.Lock()
	defer s.mu.Unlock()
	was := s.broken
	s.broken = true
	if err == nil && id != "" {
		s.id = id
	}
	return !was && s.id == ""
}

// openSetup is the open case about it; "": none.
func openSetup(l Ledger) (id string, err error) {
	all, err := l.Cases(false)
	for _, c := range all {
		if c.Cause.Code == string(local.CodeSubmissionWrongSetup) {
			id = c.ID
		}
	}
	return id, err
}

// mend asks the ledger whether the case was ended.
func (s *setup) mend(l Ledger) (bool, error) {
	s.mu.Lock()
	id := s.id
	s.mu.Unlock()
	if id == "" {
		var err error
		if id, err = openSetup(l); err != nil {
			return false, err
		}
	}
	ended := id == ""
	if !ended {
		c, err := l.Case(id)
		if err != nil {
			return false, err
		}
		ended = !c.Ended.IsZero()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.id = id; ended {
		s.broken, s.id = false, ""
	}
	return ended, nil
}

// wrongSetup stops all submissions, and opens the case of the first.
func (l *look) wrongSetup(e ledger.SubmissionEnd, r result) result {
	e.Reason = driver.Reason{Code: string(local.CodeSubmissionWrongSetup), Text: e.Fault}
	if l.w.setup.fail(l.w.o.Ledger) {
		e.Case = &ledger.Case{PaymentID: l.PaymentID, Cause: e.Reason,
			Evidence: fmt.Sprintf("La piattaforma ha risposto all'invio come a un pagamento nel browser (%s): così non registra niente. Non si invia più nulla finché un responsabile non chiude il caso, o il servizio non riparte.", e.Fault)}
	}
	w := l.ended(e)
	r.stale, r.barred = w.stale, true
	if w.err != nil {
		r.err = w.err
	}
	return r
}

// mended lets submissions go on when people have ended the case.
func (s *schedule) mended(now time.Time) {
	if s.setupAt.IsZero() || now.Before(s.setupAt) {
		return
	}
	s.setupAt = now.Add(setupPause)
	if s.w.setup.wrong() {
		ok, err := s.w.setup.mend(s.w.o.Ledger)
		if err != nil {
			s.w.o.Log.Error().Err(err).Msg("settle: reading whether the platform's set-up was mended")
		}
		if !ok {
			return
		}
	}
	s.setupAt = time.Time{}
	waiting := s.barred
	s.barred = nil
	for _, it := range waiting {
		if s.items[it.key] == it && it.barred && !it.running {
			it.barred, it.due = false, now
			s.queue(it)
		}
	}
}
