package ecr17_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"sportello/driver"
	"sportello/driver/line"
	"sportello/driver/simulator"
)

// commission is the installer's walk: what the terminal can do is found out and put in force, and from then
// on the copy of its last receipt and a total measured before are evidence. It is called after a payment:
// before, there is nothing to learn from.
func (s *stage) commission() driver.Passport {
	s.Helper()
	p, err := s.drv.Detect(context.Background(), s.knows, true)
	if err != nil {
		s.Fatalf("detect: %v", err)
	}
	s.drv.Commission(p)
	s.pass = &p
	return p
}

// commissioned is commission, of a terminal that can do everything.
func (s *stage) commissioned() {
	s.Helper()
	if p := s.commission(); p.Reprints != driver.AnswerYes || p.Prints != driver.AnswerYes || !p.TotalsBefore {
		s.Fatalf("%+v", p)
	}
}

// is asserts the verdict so far.
func (a *attempt) is(v driver.Verdict) *attempt {
	a.s.Helper()
	if o := a.outcome(); a.err != nil || o.Verdict != v {
		a.s.Fatalf("%s: %q %+v (err %v), want %q; evidence %v", a.Reference, o.Verdict, o.Reason, a.err, v, texts(o.Evidence))
	}
	return a
}

// people asserts that the machine has nothing more to ask, and what it presets.
func (a *attempt) people(preset driver.Verdict) *attempt {
	a.s.Helper()
	a.is(driver.Unknown)
	if o := a.outcome(); !o.Final || o.Preset != preset {
		a.s.Fatalf("%s: final %t preset %q (%+v), want final and %q", a.Reference, o.Final, o.Preset, o.Reason, preset)
	}
	return a
}

// refused asserts a refusal before anything financial.
func (a *attempt) refused(kind error) *attempt {
	a.s.Helper()
	if a.err == nil || !errors.Is(a.err, kind) || a.sent {
		a.s.Fatalf("%s: err %v, sent %t; want %v before anything was sent", a.Reference, a.err, a.sent, kind)
	}
	return a
}

func texts(evidence []driver.Evidence) (out []string) {
	for _, e := range evidence {
		out = append(out, e.Kind+": "+e.Text)
	}
	return out
}

// measured asserts that the total before the payment was read from the terminal.
func (a *attempt) measured() *attempt {
	a.s.Helper()
	if t := a.baseline.Total; t == nil || !t.Measured {
		a.s.Fatalf("total before %+v", t)
	}
	return a
}

// evidence reports whether the outcome holds evidence of a kind with this text.
func (a *attempt) evidence(kind, text string) bool {
	return slices.ContainsFunc(a.allEvidence(), func(e driver.Evidence) bool {
		return (kind == "" || e.Kind == kind) && strings.Contains(e.Text, text)
	})
}

// allEvidence is that of every outcome, as the ledger keeps it.
func (a *attempt) allEvidence() (all []driver.Evidence) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	for _, o := range a.outcomes {
		all = append(all, o.Evidence...)
	}
	return all
}

// alarmed asserts the alarm, or that there is none.
func (s *stage) alarmed(want bool) {
	s.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if (len(s.alarms) > 0) != want {
		s.Errorf("alarms %q, want one: %t", s.alarms, want)
	}
}

// errKilled is what a dead process's disk says.
var errKilled = errors.New("the process is dead")

// process is the cash desk's process on the lines it has opened: when it dies, the system closes them.
type process struct {
	s *stage

	mu    sync.Mutex // guards what follows
	dead  bool
	lines []line.Line
}

// mortal starts a process that can be killed.
func (s *stage) mortal() *process {
	s.Helper()
	p, under := &process{s: s}, s.cfg.Dial
	s.dial(func(ctx context.Context) (line.Line, error) {
		open := under
		if open == nil {
			open = func(ctx context.Context) (line.Line, error) { return line.Dial(ctx, s.cfg.Address) }
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.dead {
			return nil, errKilled
		}
		l, err := open(ctx)
		if err == nil {
			p.lines = append(p.lines, l)
		}
		return l, err
	})
	return p
}

// kill ends the process in the middle of an attempt: nothing more is written, to disk or line.
func (p *process) kill(a *attempt) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dead, a.killed = true, true
	for _, l := range p.lines {
		l.Close()
	}
	p.lines = nil
}

// again starts the program again once the dead one is gone.
func (p *process) again() {
	p.s.Helper()
	p.s.drv.Close()
	p.mu.Lock()
	p.dead = false
	p.mu.Unlock()
	p.s.boot()
}

// reborn is the attempt as the ledger gives it to the process after the dead one.
func (a *attempt) reborn() *attempt {
	a.killed, a.onSending, a.onSent, a.onOutcome, a.onWritten, a.onProgress = false, nil, nil, nil, nil, nil
	return a
}

// confirmSoon: on a real line the terminal does not wait three seconds for a confirmation either.
func confirmSoon(o *simulator.Options) {
	if o.Timing != simulator.Human {
		o.Timing.Confirm = 500 * time.Millisecond
	}
}

// ready asks the terminal until it answers.
func (s *stage) ready() {
	s.Helper()
	for stop := time.Now().Add(time.Minute); ; {
		_, err := s.drv.Status(s.Context())
		if err == nil {
			return
		}
		if time.Now().After(stop) {
			s.Fatal(err)
		}
	}
}
