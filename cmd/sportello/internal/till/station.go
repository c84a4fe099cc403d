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
	held       job                // in hand
	moving     bool               // what is in hand may move money: nobody else holds the terminal, and a lock is its own
	resolving  string             // payment whose evidence is being gathered
	halt       context.CancelFunc // ends the gathering; nil when none is under way
	freeing    bool               // a person is giving the terminal back: no attempt may come in between
	ended      bool               // the worker takes no more jobs
	light      local.Light
	reason     *local.Reason
	known      bool // what it remembered when last looked at in this process need not be adopted (design 5.7)
	needsAdopt bool
	stranger   string // what it remembered when last looked at, for people
	awaits     string // payment of unknown outcome that this may be; empty: none
	activity   *local.Activity
	since      time.Time            // held or resolving
	asking     local.Lease          // the question that the worker is at; Holder empty: none
	changed    []string             // what the newest passport has changed, since this process began
	listened   time.Time            // when somebody who looked at a payment made the worker listen
	left       []abandoned          // attempts whose late word may still come (overhear)
	relearned  string               // software that was learned again by itself, until a person commissions the terminal
	signs      map[string]time.Time // last sign of each attempt of this process, by payment; none older than Quiet
	closed     *local.Closing       // the last one, as it was judged; never changed. nil: none, or not read yet
	unasked    string               // charged payment of which the terminal may not know that we have its word (confirm)
}

// job is what holds a station: a payment or a reversal.
type job interface {
	paymentID() string
	kind() string            // what its lease is called
	by() string              // operator
	refused(*station, error) // it ends before anything was sent
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
	return &station{till: t, term: term, jobs: make(chan func(context.Context), questionsWaiting+1), light: local.LightUnknown, signs: make(map[string]time.Time)}
}

// run is the worker. First what a restart left, then a look at the terminal, then jobs as they come; between
// jobs nothing is polled, unless a charge cannot be registered before the terminal has been asked after it.
func (s *station) run(ctx context.Context) {
	s.mu.Lock()
	left := s.resolving
	s.mu.Unlock()
	if left != "" {
		s.resolve(ctx, left, false)
	}
	s.confirm(ctx)
	s.greet(ctx)
	again := time.NewTimer(confirmEvery)
	defer again.Stop()
	for {
		if again.Stop(); s.holdsSubmission() || s.till.gate.wants(s.term.Name) {
			again.Reset(confirmEvery)
		}
		select {
		case job := <-s.jobs:
			s.overhear(ctx)
			job(ctx)
			s.overhear(ctx)
		case <-again.C:
			s.confirm(ctx)
			if s.till.gate.wants(s.term.Name) {
				s.greet(ctx)
			}
		case <-ctx.Done():
			return
		}
	}
}

// drain answers those whose job will not run any more; the worker has ended.
func (s *station) drain() {
	s.mu.Lock()
	s.ended = true
	held := s.held
	s.mu.Unlock()
	if held != nil {
		held.refused(s, &local.Error{Code: local.CodeStopping})
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

// take gives the station to a job and queues it. may is asked while the station is taken already: so an
// attempt that has just ended unknown is always seen, and no later payment waits behind its evidence.
func (s *station) take(j job, may func() error, run func(context.Context)) error {
	s.mu.Lock()
	busy, ended := s.held != nil || s.freeing, s.ended
	if !busy && !ended {
		s.held, s.since = j, time.Now()
	}
	s.mu.Unlock()
	switch {
	case ended:
		return &local.Error{Code: local.CodeStopping}
	case busy:
		return &local.Error{Code: local.CodeTerminalBusy, Args: s.args()}
	}
	if err := may(); err != nil {
		s.mu.Lock()
		if s.held == j {
			s.held = nil
		}
		s.mu.Unlock()
		return err
	}
	s.mu.Lock()
	s.moving = s.held == j
	s.mu.Unlock()
	s.jobs <- run
	return nil
}

// mayMove refuses what the terminal's past forbids to any job that moves money.
func (s *station) mayMove() error {
	if refusal := s.till.gateRefusal(); refusal != nil {
		return refusal
	}
	lock, err := s.lockedBy()
	s.mu.Lock()
	adopt, resolving := s.needsAdopt, s.resolving != ""
	s.mu.Unlock()
	switch {
	case err != nil:
		return internal(err)
	case lock != "":
		return &local.Error{Code: local.CodeTerminalLocked, PaymentID: lock, Args: s.args()}
	case adopt:
		return s.strangerError()
	case resolving: // freed, and the driver has not let go yet
		return &local.Error{Code: local.CodeTerminalBusy, Args: s.args()}
	}
	return nil
}

// mayCharge refuses what the terminal's past forbids to a payment. A terminal of which no receipt has come
// yet has one charge outstanding at a time; one that was stopped for charges without receipts has none
// (design 5.6).
func (s *station) mayCharge() error {
	if err := s.mayMove(); err != nil {
		return err
	}
	ts, err := s.till.o.Ledger.Terminal(s.term.Name)
	switch {
	case err != nil:
		return internal(err)
	case ts.Stopped != "":
		return &local.Error{Code: local.CodeTerminalWithoutReceipts, PaymentID: first(ts.Late), Args: s.args(), Detail: "case " + ts.Stopped}
	case !ts.Proven && len(ts.Waiting) > 0:
		return &local.Error{Code: local.CodeTerminalUnproven, PaymentID: ts.Waiting[0], Args: s.args()}
	}
	return nil
}

func first(ids []string) string {
	if len(ids) == 0 {
		return ""
	}
	return ids[0]
}

// release takes it back; doing it twice is harmless.
func (s *station) release(j job) {
	s.mu.Lock()
	if s.held != j {
		s.mu.Unlock()
		return
	}
	s.held, s.moving = nil, false
	act := s.activity
	s.activity = nil
	s.mu.Unlock()
	s.quiet(act)
}

// handOver takes the station back from a job that was sent; its outcome is still to be looked at, so no
// question comes in between. resolve lets go.
func (s *station) handOver(j job) {
	s.mu.Lock()
	if s.held == j {
		s.resolving = j.paymentID()
	}
	s.mu.Unlock()
	s.release(j)
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
	if s.moving {
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
			err = s.lookBack(ctx, last)
		}
		if err == nil {
			err = s.reconsider(ctx, last)
		}
		if err == nil {
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

// ask runs a question on the worker and waits for it. It refuses while money is in hand.
func (s *station) ask(ctx context.Context, lease local.Lease, limit time.Duration, question func(context.Context) error) error {
	done := make(chan error, 1)
	job := func(wctx context.Context) {
		if wctx.Err() != nil {
			done <- &local.Error{Code: local.CodeStopping}
			return
		}
		qctx, cancel := context.WithTimeout(wctx, limit)
		defer cancel()
		lease.Since = time.Now()
		s.lend(lease)
		err := question(qctx)
		s.lend(local.Lease{})
		done <- err
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

// lend tells the screens who has the terminal for a question.
func (s *station) lend(lease local.Lease) {
	s.mu.Lock()
	s.asking = lease
	s.mu.Unlock()
	s.publish()
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
