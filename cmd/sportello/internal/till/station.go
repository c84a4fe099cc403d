package till

import (
	"context"
	"sync"
	"time"

	"sportello/driver"
	"sportello/protocol/local"
)

// station is one terminal and its worker: the only goroutine that talks to it about money. One job at
// a time; an attempt owns the station from take to release.
type station struct {
	till *Till
	term Terminal
	jobs chan func(context.Context) // ended by the till's context

	mu         sync.Mutex         // guards what follows
	held       *attempt           // in hand
	resolving  string             // payment whose evidence is being gathered
	halt       context.CancelFunc // ends the gathering; nil when none is under way
	freeing    bool               // a person is giving the terminal back: no attempt may come in between
	ended      bool               // the worker takes no more jobs
	light      local.Light
	reason     *local.Reason
	known      bool // what it remembered when last looked at in this process need not be adopted (design 5.7)
	needsAdopt bool
	stranger   string // what it remembered when last looked at, for people
	activity   *local.Activity
}

// questionsWaiting bounds the questions from the page in the queue. One place more is the attempt's, so
// that handing it over never waits.
const questionsWaiting = 8

func newStation(t *Till, term Terminal) *station {
	if term.MaxNotices < 1 {
		term.MaxNotices = 1
	}
	if term.Label == "" {
		term.Label = term.Name
	}
	return &station{till: t, term: term, jobs: make(chan func(context.Context), questionsWaiting+1), light: local.LightUnknown}
}

// run is the worker. First what a restart left, then a look at the terminal, then jobs as they come;
// between jobs nothing is polled.
func (s *station) run(ctx context.Context) {
	s.mu.Lock()
	left := s.resolving
	s.mu.Unlock()
	if left != "" {
		s.resolve(ctx, left, false)
	}
	s.greet(ctx)
	for {
		select {
		case job := <-s.jobs:
			job(ctx)
		case <-ctx.Done():
			return
		}
	}
}

// drain answers those whose job will not run any more; the worker has ended.
func (s *station) drain() {
	s.mu.Lock()
	s.ended = true
	a := s.held
	s.mu.Unlock()
	if a != nil {
		s.turnAway(a, &local.Error{Code: local.CodeStopping})
	}
	for {
		select {
		case job := <-s.jobs:
			gone, cancel := context.WithCancel(context.Background())
			cancel()
			job(gone)
		default:
			return
		}
	}
}

// take gives the station to an attempt and queues its charge. The ledger is asked who holds the terminal
// while the station is taken already: so an attempt that has just ended unknown is always seen, and no
// later payment waits behind its evidence.
func (s *station) take(a *attempt) error {
	s.mu.Lock()
	busy, adopt, ended := s.held != nil || s.freeing, s.needsAdopt, s.ended
	if !busy && !ended {
		s.held = a
	}
	s.mu.Unlock()
	switch {
	case ended:
		return &local.Error{Code: local.CodeStopping}
	case busy:
		return &local.Error{Code: local.CodeTerminalBusy, Args: s.args()}
	}
	err := s.mayCharge(adopt)
	if err != nil {
		s.mu.Lock()
		if s.held == a {
			s.held = nil
		}
		s.mu.Unlock()
		return err
	}
	s.jobs <- func(ctx context.Context) { s.charge(ctx, a) }
	return nil
}

// mayCharge refuses what the terminal's past forbids.
func (s *station) mayCharge(needsAdopt bool) error {
	lock, err := s.lockedBy()
	switch {
	case err != nil:
		return internal(err)
	case lock != "":
		return &local.Error{Code: local.CodeTerminalLocked, PaymentID: lock, Args: s.args()}
	case needsAdopt:
		return s.strangerError()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.resolving != "" { // freed, and the driver has not let go yet
		return &local.Error{Code: local.CodeTerminalBusy, Args: s.args()}
	}
	return nil
}

// release takes it back; doing it twice is harmless.
func (s *station) release(a *attempt) {
	s.mu.Lock()
	if s.held != a {
		s.mu.Unlock()
		return
	}
	s.held = nil
	act := s.activity
	s.activity = nil
	s.mu.Unlock()
	s.quiet(act)
}

// handOver takes the station back from an attempt that was sent; its outcome is still to be looked at, so
// no question comes in between. resolve lets go.
func (s *station) handOver(a *attempt) {
	s.mu.Lock()
	if s.held == a {
		s.resolving = a.id
	}
	s.mu.Unlock()
	s.release(a)
}

// quiet tells the screens that nobody's turn it is any more.
func (s *station) quiet(act *local.Activity) {
	if act != nil {
		done := *act
		done.Phase, done.Text = "", ""
		s.till.o.Events.Publish(local.Event{Type: local.EventActivity, Activity: &done})
	}
	s.publish()
}

// show tells the screens whose turn it is.
func (s *station) show(act local.Activity) {
	s.mu.Lock()
	first := s.activity == nil
	s.activity = &act
	s.mu.Unlock()
	s.till.o.Events.Publish(local.Event{Type: local.EventActivity, Activity: &act})
	if first {
		s.publish()
	}
}

// lockedBy is the payment whose unknown outcome holds the terminal; not the one in hand.
func (s *station) lockedBy() (string, error) {
	ts, err := s.till.o.Ledger.Terminal(s.term.Name)
	if err != nil || ts.Lock == "" {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held != nil && s.held.id == ts.Lock {
		return "", nil
	}
	return ts.Lock, nil
}

// exclusivity in force: what was configured, unless the facts have contradicted it (design 5.4).
func (s *station) exclusivity() driver.Exclusivity {
	ts, err := s.till.o.Ledger.Terminal(s.term.Name)
	if err != nil || ts.Demoted {
		return driver.Shared
	}
	return s.term.Exclusivity
}

// greet looks at the terminal once, so that the page can say whether it is ready.
func (s *station) greet(ctx context.Context) {
	st, err := s.term.Driver.Status(ctx)
	if err == nil && !st.Ready {
		err = &driver.Refusal{Kind: driver.ErrNotReady, Detail: st.Text}
	}
	if err == nil {
		var last driver.Last
		if last, err = s.term.Driver.Last(ctx); err == nil {
			err = s.recognise(last, nil)
		}
	}
	s.note(err)
}

// note keeps what was seen of the terminal and shows it.
func (s *station) note(err error) {
	if s.till.ctx.Err() != nil {
		return
	}
	var reason *local.Reason
	light := local.LightReady
	if err != nil {
		e := terminalError(s.term.Label, err)
		r := s.till.reason(e.Code, e.Args)
		light, reason = local.LightNotReady, &r
	}
	s.mu.Lock()
	s.light, s.reason = light, reason
	s.mu.Unlock()
	s.publish()
}

// answered notes that the terminal has passed a pre-flight.
func (s *station) answered() {
	s.mu.Lock()
	changed := s.light != local.LightReady
	s.light, s.reason = local.LightReady, nil
	s.mu.Unlock()
	if changed {
		s.publish()
	}
}

// view is the terminal as the page shows it.
func (s *station) view() local.Terminal {
	lock, err := s.lockedBy()
	if err != nil {
		s.till.o.Log.Error().Err(err).Str("terminal", s.term.Name).Msg("reading the terminal's lock")
	}
	s.mu.Lock()
	v := local.Terminal{Name: s.term.Name, Label: s.term.Label, Light: s.light, Reason: s.reason, NeedsAdopt: s.needsAdopt}
	if s.held != nil {
		v.Light, v.Reason = local.LightBusy, nil
	}
	s.mu.Unlock()
	if v.NeedsAdopt && v.Light != local.LightBusy {
		v.Light = local.LightNotReady
	}
	if lock != "" {
		v.PaymentID, v.Locked, v.Light = lock, true, local.LightNotReady
		r := s.till.reason(local.CodeTerminalLocked, map[string]string{local.ArgTerminal: s.term.Label, local.ArgPayment: lock})
		v.Reason = &r
		if p, err := s.till.o.Ledger.Payment(lock); err == nil {
			v.CanFree = p.NeedsPeople
		}
	}
	return v
}

func (s *station) publish() {
	s.till.showing.Lock()
	defer s.till.showing.Unlock()
	v := s.view()
	s.till.o.Events.Publish(local.Event{Type: local.EventTerminal, Terminal: &v})
}

func (s *station) args() map[string]string { return map[string]string{local.ArgTerminal: s.term.Label} }

// ask runs a question on the worker and waits for it. It refuses while money is in hand.
func (s *station) ask(ctx context.Context, question func(context.Context) error) error {
	done := make(chan error, 1)
	job := func(wctx context.Context) {
		if wctx.Err() != nil {
			done <- &local.Error{Code: local.CodeStopping}
			return
		}
		qctx, cancel := context.WithTimeout(wctx, 2*time.Minute)
		defer cancel()
		done <- question(qctx)
	}
	if err := s.queue(job); err != nil {
		return err
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// queue puts a question in front of whatever attempt comes next, never behind one.
func (s *station) queue(question func(context.Context)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.ended:
		return &local.Error{Code: local.CodeStopping}
	case s.held != nil, s.resolving != "", len(s.jobs) >= questionsWaiting:
		return &local.Error{Code: local.CodeTerminalBusy, Args: s.args()}
	}
	s.jobs <- question
	return nil
}
