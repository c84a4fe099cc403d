package till

import (
	"context"
	"fmt"
	"sync"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/local"
)

// station is one terminal and its worker: the only goroutine that talks to it about money. One job at
// a time; an attempt owns the station from take to release.
type station struct {
	till *Till
	term Terminal
	jobs chan func(context.Context) // ended by the till's context

	mu         sync.Mutex // guards what follows
	held       *attempt   // in hand
	resolving  string     // payment whose evidence is being gathered
	halt       context.CancelFunc
	light      local.Light
	reason     *local.Reason
	known      bool // in this process its last transaction was one of the ledger's (design 5.7)
	needsAdopt bool
	activity   *local.Activity
}

// jobsWaiting bounds the queue: an attempt, or a few questions from the page.
const jobsWaiting = 8

func newStation(t *Till, term Terminal) *station {
	if term.MaxNotices < 1 {
		term.MaxNotices = 1
	}
	if term.Label == "" {
		term.Label = term.Name
	}
	return &station{till: t, term: term, jobs: make(chan func(context.Context), jobsWaiting), light: local.LightUnknown}
}

// run is the worker. First what a restart left, then a look at the terminal, then jobs as they come;
// between jobs nothing is polled.
func (s *station) run(ctx context.Context) {
	if id := s.lockedBy(); id != "" {
		s.resolve(ctx, id, false)
	}
	s.greet(ctx)
	for {
		select {
		case job := <-s.jobs:
			job(ctx)
		case <-ctx.Done():
			s.drain()
			return
		}
	}
}

// drain answers those whose job will not run any more.
func (s *station) drain() {
	s.mu.Lock()
	a := s.held
	s.mu.Unlock()
	if a != nil {
		s.till.settleBegun(a, ledger.Payment{}, &local.Error{Code: local.CodeStopping})
		s.release(a)
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

// take gives the station to an attempt.
func (s *station) take(a *attempt) error {
	if id := s.lockedBy(); id != "" {
		return &local.Error{Code: local.CodeTerminalLocked, PaymentID: id, Args: s.args()}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.held != nil || s.resolving != "":
		return &local.Error{Code: local.CodeTerminalBusy, Args: s.args()}
	case s.needsAdopt:
		return &local.Error{Code: local.CodeNeedsAdopt, Args: s.args()}
	}
	s.held = a
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

// lockedBy is the payment whose unknown outcome holds the terminal.
func (s *station) lockedBy() string {
	ts, err := s.till.o.Ledger.Terminal(s.term.Name)
	if err != nil {
		s.till.o.Log.Error().Err(err).Str("terminal", s.term.Name).Msg("reading the terminal's lock")
		return ""
	}
	if ts.Lock == "" {
		return ""
	}
	s.mu.Lock()
	own := s.held != nil && s.held.id == ts.Lock
	s.mu.Unlock()
	if own {
		return ""
	}
	return ts.Lock
}

// exclusivity in force: what was configured, unless the facts have contradicted it (design 5.4).
func (s *station) exclusivity() driver.Exclusivity {
	ts, err := s.till.o.Ledger.Terminal(s.term.Name)
	if err != nil || ts.Demoted {
		return driver.Shared
	}
	return s.term.Exclusivity
}

// recognise compares what the terminal remembers as its last result with the ledger (design 5.7).
// The first time in this process a stranger means that nothing is charged until a supervisor has seen
// it; later it means that somebody else uses the terminal (design 5.4).
func (s *station) recognise(raw []byte, stan string) error {
	t := s.till
	known, err := t.o.Ledger.KnowsResult(s.term.Name, raw, stan)
	if err != nil {
		return err
	}
	s.mu.Lock()
	before := s.known
	s.known = s.known || known
	s.needsAdopt = !s.known
	s.mu.Unlock()
	switch {
	case known:
		return nil
	case !before:
		return &local.Error{Code: local.CodeNeedsAdopt, Args: s.args()}
	case s.exclusivity() == driver.Exclusive:
		why := fmt.Sprintf("a transaction that is not ours was found on the terminal, STAN %q", stan)
		if err := t.o.Ledger.Demote(s.term.Name, why); err != nil {
			return err
		}
		t.o.Log.Warn().Str("terminal", s.term.Name).Str("stan", stan).Msg("the terminal is not exclusive after all")
	}
	return nil
}

// greet looks at the terminal once, so that the page can say whether it is ready.
func (s *station) greet(ctx context.Context) {
	st, err := s.term.Driver.Status(ctx)
	if ctx.Err() != nil {
		return
	}
	if err == nil && !st.Ready {
		err = &driver.Refusal{Kind: driver.ErrNotReady, Detail: st.Text}
	}
	if err == nil {
		var last driver.Last
		if last, err = s.term.Driver.Last(ctx); err == nil {
			err = s.recognise(last.Raw, last.Charge.STAN)
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

// noteRefusal keeps a refusal that tells something about the terminal itself.
func (s *station) noteRefusal(e *local.Error) {
	if isTerminalCode(e.Code) {
		s.note(e)
	}
}

// view is the terminal as the page shows it.
func (s *station) view() local.Terminal {
	lock := s.lockedBy()
	s.mu.Lock()
	v := local.Terminal{Name: s.term.Name, Label: s.term.Label, Light: s.light, Reason: s.reason, NeedsAdopt: s.needsAdopt}
	if s.held != nil {
		v.Light = local.LightBusy
	}
	s.mu.Unlock()
	if v.NeedsAdopt && v.Light != local.LightBusy {
		v.Light = local.LightNotReady
	}
	if lock != "" {
		v.PaymentID, v.Locked, v.Light = lock, true, local.LightNotReady
		r := s.till.reason(local.CodeTerminalLocked, s.args())
		v.Reason = &r
		if p, err := s.till.o.Ledger.Payment(lock); err == nil {
			v.CanFree = p.NeedsPeople
		}
	}
	return v
}

func (s *station) publish() {
	v := s.view()
	s.till.o.Events.Publish(local.Event{Type: local.EventTerminal, Terminal: &v})
}

func (s *station) args() map[string]string { return map[string]string{local.ArgTerminal: s.term.Label} }

// ask runs a question on the worker and waits for it. It refuses while money is in hand.
func (s *station) ask(ctx context.Context, question func(context.Context) error) error {
	s.mu.Lock()
	busy := s.held != nil || s.resolving != ""
	s.mu.Unlock()
	if busy {
		return &local.Error{Code: local.CodeTerminalBusy, Args: s.args()}
	}
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
	select {
	case s.jobs <- job:
	default:
		return &local.Error{Code: local.CodeTerminalBusy, Args: s.args()}
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
