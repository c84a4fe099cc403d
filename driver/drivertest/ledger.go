package drivertest

import (
	"context"
	"sync"
	"testing"

	"sportello/driver"
	"sportello/driver/line"
)

// ledger is a Recorder that watches the driver's promises.
type ledger struct {
	end  End
	sent chan struct{} // closed by the first Sent

	sentErr    error
	outcomeErr error
	onOutcome  func() // called as Outcome begins

	mu        sync.Mutex // guards what follows
	baselines []driver.Baseline
	outcomes  []driver.Outcome
	before    int // financial commands when the last Sent was called
	busy      bool
	fault     string
}

var _ driver.Recorder = (*ledger)(nil)

func (l *ledger) Sent(b driver.Baseline) error {
	defer l.enter("Sent")()
	if n := l.end.Financial(); n != l.before {
		l.blame("a financial command went out before Sent")
	}
	l.baselines = append(l.baselines, b)
	if len(l.baselines) == 1 {
		defer close(l.sent)
	}
	if l.sentErr == nil {
		l.before++
	}
	return l.sentErr
}

func (l *ledger) Outcome(o driver.Outcome) error {
	defer l.enter("Outcome")()
	if len(l.baselines) == 0 {
		l.blame("Outcome without Sent")
	}
	if o.Reason.Code == "" {
		l.blame("an outcome without a reason code")
	}
	l.outcomes = append(l.outcomes, o)
	if l.onOutcome != nil {
		l.onOutcome()
	}
	return l.outcomeErr
}

func (l *ledger) Progress(p driver.Progress) {
	defer l.enter("Progress")()
	if p.Phase == "" || len(p.Text) > 40 {
		l.blame("a progress without a phase, or too long")
	}
}

// enter holds the promise that the driver calls from one goroutine at a time.
func (l *ledger) enter(name string) (leave func()) {
	l.mu.Lock()
	if l.busy {
		l.blame(name + " while another call runs")
	}
	l.busy = true
	return func() {
		l.busy = false
		l.mu.Unlock()
	}
}

// blame keeps the first broken promise; mu is held.
func (l *ledger) blame(what string) {
	if l.fault == "" {
		l.fault = what
	}
}

func (l *ledger) check(t *testing.T) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fault != "" {
		t.Fatal(l.fault)
	}
}

func (l *ledger) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.outcomes)
}

// intents counts the calls of Sent.
func (l *ledger) intents() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.baselines)
}

func (l *ledger) last(t *testing.T) driver.Outcome {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.outcomes) == 0 {
		t.Fatal("no outcome was recorded")
	}
	return l.outcomes[len(l.outcomes)-1]
}

func (l *ledger) baseline() driver.Baseline {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.baselines[len(l.baselines)-1]
}

// tap stands between the driver and its lines and counts.
type tap struct {
	mu      sync.Mutex // guards what follows
	written int
	open    int
	err     error // of every dial from now on
}

func (t *tap) dial(cfg driver.Config) func(context.Context) (line.Line, error) {
	dial := cfg.Dial
	if dial == nil {
		dial = func(ctx context.Context) (line.Line, error) { return line.Dial(ctx, cfg.Address) }
	}
	return func(ctx context.Context) (line.Line, error) {
		t.mu.Lock()
		err := t.err
		t.mu.Unlock()
		if err != nil {
			return nil, err
		}
		l, err := dial(ctx)
		if err != nil {
			return nil, err
		}
		t.mu.Lock()
		t.open++
		t.mu.Unlock()
		return &tapped{Line: l, tap: t}, nil
	}
}

func (t *tap) refuse(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.err = err
}

func (t *tap) count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.written
}

func (t *tap) openLines() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.open
}

type tapped struct {
	line.Line
	tap  *tap
	once sync.Once
}

func (l *tapped) Write(b []byte) (int, error) {
	n, err := l.Line.Write(b)
	l.tap.mu.Lock()
	l.tap.written += n
	l.tap.mu.Unlock()
	return n, err
}

func (l *tapped) Close() error {
	err := l.Line.Close()
	l.once.Do(func() {
		l.tap.mu.Lock()
		l.tap.open--
		l.tap.mu.Unlock()
	})
	return err
}
