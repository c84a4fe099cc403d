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

// Platform is what is asked of the regional platform. Each method is the client's of the same name.
type Platform interface {
	Receipts(ctx context.Context, creditor, iuv string) ([]govpay.ReceiptRef, error)
	Receipt(ctx context.Context, creditor, iuv, id string) (govpay.Receipt, error)
	ReceiptPDF(ctx context.Context, creditor, iuv, id string) ([]byte, error)
	Position(ctx context.Context, creditor, notice string) (govpay.Position, error)
	// Submit is the one call that must not be made twice for one charge without a look between.
	Submit(ctx context.Context, s govpay.Submission) (govpay.Submitted, error)
	Payment(ctx context.Context, id string) (govpay.Payment, error)
	PaymentsBySession(ctx context.Context, session string) ([]govpay.Payment, error)
}

var _ Platform = (*govpay.Client)(nil)

// Ledger is what is read from and written to the ledger.
type Ledger interface {
	Outbox() ([]ledger.OutboxItem, error)
	OutboxChanged() <-chan struct{}
	Payment(id string) (ledger.Payment, error)
	Payments(q ledger.Query) ([]ledger.Payment, error)
	Notice(creditor, number string) (ledger.NoticeState, error)
	Terminal(name string) (ledger.TerminalState, error)
	Cases(all bool) ([]ledger.Case, error)
	Case(id string) (ledger.Case, error)
	Register(ledger.RegistrationChange) (ledger.Payment, error)
	Submit(id string) (ledger.Payment, error)
	Submitted(id string, e ledger.SubmissionEnd) (ledger.Payment, error)
	KeepPDF(id string, index int, pdf []byte) error
}

var _ Ledger = (*ledger.Ledger)(nil)

// Events hears that a payment looks different now: its registration changed, or
// it became late. It must not block.
type Events interface {
	Changed(paymentID string)
}

// Provider is the payment service provider behind a terminal, as pagoPA's
// receipts name it (terminals[].psp).
type Provider struct {
	ID string // idPSP
	// Channels on which its receipts for this terminal may come: the configured
	// ones. Those that a supervisor has confirmed are in the ledger.
	Channels []string
	// Settlement "platform" only: with ID what POST /pagamenti wants to be told.
	// PaymentType is tipoVersamento, such as CP for a card.
	Intermediary, Channel, PaymentType string
}

// Options of a worker. Platform, Ledger, Events and Providers are required.
type Options struct {
	Platform  Platform
	Ledger    Ledger
	Events    Events
	Providers map[string]Provider // by terminal name
	Log       zerolog.Logger

	// When to look for the receipt of a charged notice, or for what became of a
	// submission, counted from the look before; the last one repeats. Empty: DefaultPlan.
	Plan []time.Duration
	// The same for attempts that ended not charged. Empty: DefaultWatchPlan.
	WatchPlan []time.Duration
	// The same for asking a platform that does not answer, with one question at a
	// time. Empty: DefaultProbePlan.
	ProbePlan []time.Duration
	// Ask is the smallest question to the platform: it is put by the AskPlan while the last word about it is bad
	// (PlatformFailed) and nothing that waits asks it; nil: never. Whoever hears of every call hears of this one.
	Ask     func(ctx context.Context) error
	AskPlan []time.Duration // Empty: DefaultAskPlan.
	// How long after one submission that was refused, and may be repeated, the next
	// may follow. Empty: DefaultRepeatPlan.
	RepeatPlan []time.Duration

	// ReceiptDue is when a receipt is late, from the charge; 0: as the ledger says
	// (design 10: 30 minutes with settlement terminal, 15 with platform).
	ReceiptDue time.Duration
	// FlowDue is when it is missing: red, and a case; nil: ledger.FlowDue.
	FlowDue func(ledger.Payment) time.Time
	// SubmitWindow is how long the platform may still be at work on a submission
	// whose end is not known; 0: govpay.SubmitWindow.
	SubmitWindow time.Duration
	// SendErrorWait is how long a receipt may still come of a submission of which the
	// platform does not know whether pagoPA got it (RPT_ERRORE_INVIO_A_NODO); 0: 30 minutes.
	SendErrorWait time.Duration
	// SlowPause is between tries of what people, or a new configuration, must mend,
	// and of what fails on our side again and again; 0: an hour.
	SlowPause time.Duration

	// Held says that nothing may be submitted now, though receipts are looked for: the ledger is a copy whose gap is not
	// closed (design 5.7). nil: never.
	Held func() bool

	// SecondLook is how long after its registration a notice is looked at again, in case it is paid a second time; 0: when
	// a token's life is over.
	SecondLook time.Duration

	Parallel int                               // looks at the same time; 0: 4
	Jitter   func(time.Duration) time.Duration // nil: a tenth, either way
}

// The plans. Receipts come within seconds as a rule; a lost one comes with the
// platform's own recovery, a day later (govpay 2.11).
var (
	DefaultPlan       = []time.Duration{2 * time.Second, 5 * time.Second, 15 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute}
	DefaultWatchPlan  = []time.Duration{15 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute}
	DefaultProbePlan  = []time.Duration{2 * time.Second, 5 * time.Second, 15 * time.Second, 30 * time.Second, time.Minute}
	DefaultRepeatPlan = []time.Duration{30 * time.Second, 2 * time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour}
)

const (
	tokenLife       = 30 * time.Minute // of a pagoPA payment token (design 5.6, 10)
	confirmDue      = 15 * time.Minute // a charge that the terminal has not confirmed by then is a case
	defaultParallel = 4
	ledgerPause     = 5 * time.Second // before reading the ledger again after it failed
	readPause       = 5 * time.Second // at most between readings of the outbox: a long one may have been the PC's own sleep
)

// Worker is the outbox worker. Start it once; Close ends it and waits.
type Worker struct {
	o      Options
	ctx    context.Context // ends with Close
	stop   context.CancelFunc
	wg     sync.WaitGroup // the loop and its looks
	hello  chan struct{}  // capacity 1: somebody had an answer from the platform
	closed sync.Once
	setup  setup

	trouble chan struct{} // capacity 1: somebody had none, or a bad one
	word    chan struct{} // capacity 1: people have decided something

	mu       sync.Mutex // guards schedule: its loop holds it while it is awake
	schedule *schedule
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
	for _, d := range []struct {
		plan    *[]time.Duration
		without []time.Duration
	}{{&o.Plan, DefaultPlan}, {&o.WatchPlan, DefaultWatchPlan}, {&o.ProbePlan, DefaultProbePlan}, {&o.RepeatPlan, DefaultRepeatPlan}, {&o.AskPlan, DefaultAskPlan}} {
		if len(*d.plan) == 0 {
			*d.plan = d.without
		}
	}
	for _, d := range []struct {
		value   *time.Duration
		without time.Duration
	}{{&o.SubmitWindow, govpay.SubmitWindow}, {&o.SendErrorWait, tokenLife}, {&o.SlowPause, time.Hour}, {&o.SecondLook, secondAfter}} {
		if *d.value <= 0 {
			*d.value = d.without
		}
	}
	if o.FlowDue == nil {
		o.FlowDue = ledger.FlowDue
	}
	if o.Parallel <= 0 {
		o.Parallel = defaultParallel
	}
	if o.Jitter == nil {
		o.Jitter = tenth
	}
	w := &Worker{o: o, hello: make(chan struct{}, 1), trouble: make(chan struct{}, 1), word: make(chan struct{}, 1)}
	w.ctx, w.stop = context.WithCancel(context.Background())
	w.schedule = newSchedule(w)
	return w, nil
}

// receiptDue is when the receipt of a charge is late.
func (w *Worker) receiptDue(p ledger.Payment) time.Time {
	if w.o.ReceiptDue > 0 {
		return p.SentAt.Add(w.o.ReceiptDue)
	}
	return ledger.ReceiptDue(p)
}

// patience is how long the platform must have been there, and the charge have been
// made, before a receipt that is not there speaks against the terminal (design 5.6).
func (w *Worker) patience() time.Duration {
	if w.o.ReceiptDue > 0 {
		return w.o.ReceiptDue
	}
	return tokenLife
}

// tenth spreads repeated questions, so that counters do not ask in step.
func tenth(d time.Duration) time.Duration {
	return d + time.Duration((rand.Float64()-0.5)*0.2*float64(d))
}

// Start begins with what the outbox holds.
func (w *Worker) Start() {
	w.schedule.recall()
	w.wg.Add(1)
	go func() {
		defer w.wg.Done()
		w.schedule.run()
	}()
}

// Close ends the looks under way and waits for them. What they were about is
// still in the outbox; a submission that is cut is one whose end is not known.
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
