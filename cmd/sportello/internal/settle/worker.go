package settle

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/protocol/govpay"
)

// Platform is what is asked of the regional platform.
type Platform interface {
	Receipts(ctx context.Context, creditor, iuv string) ([]govpay.ReceiptRef, error)
	Receipt(ctx context.Context, creditor, iuv, id string) (govpay.Receipt, error)
}

var _ Platform = (*govpay.Client)(nil)

// Ledger is what is read from and written to the ledger.
type Ledger interface {
	Outbox() ([]ledger.OutboxItem, error)
	OutboxChanged() <-chan struct{}
	Payment(id string) (ledger.Payment, error)
	Notice(creditor, number string) (ledger.NoticeState, error)
	Register(ledger.RegistrationChange) (ledger.Payment, error)
}

// Events hears that a payment looks different now: its registration changed, or
// it became late. It must not block.
type Events interface {
	Changed(paymentID string)
}

// Options of a worker. Platform, Ledger, Events and Providers are required.
type Options struct {
	Platform  Platform
	Ledger    Ledger
	Events    Events
	Providers map[string]Provider // by terminal name
	Log       zerolog.Logger

	// When to look for the receipt of a charged notice, counted from the look
	// before; the last one repeats. Empty: DefaultPlan.
	Plan []time.Duration
	// The same for attempts that ended not charged. Empty: DefaultWatchPlan.
	WatchPlan []time.Duration
	// The same for asking a platform that does not answer, with one question at a
	// time. Empty: DefaultProbePlan.
	ProbePlan  []time.Duration
	ReceiptDue time.Duration                     // 0: 30 minutes, the life of a payment token (design 10)
	Parallel   int                               // looks at the same time; 0: 4
	Jitter     func(time.Duration) time.Duration // nil: a tenth, either way
}

// The plans. Receipts come within seconds as a rule; a lost one comes with the
// platform's own recovery, a day later (govpay 2.11).
var (
	DefaultPlan      = []time.Duration{2 * time.Second, 5 * time.Second, 15 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute}
	DefaultWatchPlan = []time.Duration{15 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute}
	DefaultProbePlan = []time.Duration{2 * time.Second, 5 * time.Second, 15 * time.Second, 30 * time.Second, time.Minute}
)

const (
	defaultReceiptDue = 30 * time.Minute
	defaultParallel   = 4
	ledgerPause       = 5 * time.Second // before reading the ledger again after it failed
)

// Worker is the outbox worker. Start it once; Close ends it and waits.
type Worker struct {
	o      Options
	ctx    context.Context // ends with Close
	stop   context.CancelFunc
	wg     sync.WaitGroup // the loop and its looks
	hello  chan struct{}  // capacity 1: somebody had an answer from the platform
	closed sync.Once

	mu     sync.Mutex // guards status
	status Status
}

// New makes a worker. Nothing runs before Start.
func New(o Options) (*Worker, error) {
	if o.Platform == nil || o.Ledger == nil || o.Events == nil {
		return nil, errors.New("settle: platform, ledger and events are required")
	}
	for name, p := range o.Providers {
		if p.ID == "" {
			return nil, fmt.Errorf("settle: terminal %q has no provider: nothing could be told to be ours", name)
		}
	}
	if len(o.Plan) == 0 {
		o.Plan = DefaultPlan
	}
	if len(o.WatchPlan) == 0 {
		o.WatchPlan = DefaultWatchPlan
	}
	if len(o.ProbePlan) == 0 {
		o.ProbePlan = DefaultProbePlan
	}
	if o.ReceiptDue <= 0 {
		o.ReceiptDue = defaultReceiptDue
	}
	if o.Parallel <= 0 {
		o.Parallel = defaultParallel
	}
	if o.Jitter == nil {
		o.Jitter = tenth
	}
	w := &Worker{o: o, hello: make(chan struct{}, 1)}
	w.ctx, w.stop = context.WithCancel(context.Background())
	return w, nil
}

// tenth spreads repeated questions, so that counters do not ask in step.
func tenth(d time.Duration) time.Duration {
	return d + time.Duration((rand.Float64()-0.5)*0.2*float64(d))
}

// Start begins with what the outbox holds.
func (w *Worker) Start() {
	w.wg.Add(1)
	go func() {
		defer w.wg.Done()
		newSchedule(w).run()
	}()
}

// Close ends the looks under way and waits for them. What they were about is
// still in the outbox.
func (w *Worker) Close() {
	w.closed.Do(w.stop)
	w.wg.Wait()
}

// PlatformAnswered tells that somebody else had an answer from the platform: if
// it was thought to be away, everything that waits is looked at now.
func (w *Worker) PlatformAnswered() {
	select {
	case w.hello <- struct{}{}:
	default:
	}
}

// Status is the worker in figures, for the page's light and the metrics.
type Status struct {
	Waiting int // charged notices without their receipt
	Late    int // of these, past receipt due
	Watched int // attempts on receipt watch
	// Away: the platform did not answer the last question, for this reason.
	Away   bool
	Reason govpay.Outcome
}

// Status returns the latest figures.
func (w *Worker) Status() Status {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.status
}

func (w *Worker) publish(s Status) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.status = s
}
