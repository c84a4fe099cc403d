package settle

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/protocol/govpay"
)

// world is a platform and a ledger of plain data, for virtual time.
type world struct {
	t     *testing.T
	start time.Time

	mu       sync.Mutex
	payments map[string]*ledger.Payment
	outbox   []ledger.OutboxItem
	changed  chan struct{}
	writes   []ledger.RegistrationChange
	events   []string
	asked    []ask
	active   map[string]int // looks under way by IUV
	peak     int            // most looks under way at once
	receipts map[string][]govpay.Receipt
	fail     func(iuv string) error // nil: the platform answers
	took     time.Duration          // how long an answer takes
	reads    int                    // of payments
	reading  time.Duration          // how long reading the outbox takes
	broken   error                  // the ledger refuses to write
	cases    []ledger.Case
	channels []string // confirmed
	pdfs     []string // payments whose PDF is kept
	portal   portal
}

type ask struct {
	at  time.Duration // since the start
	iuv string
}

const (
	comune  = "01199250158"
	noticeA = "301470000012839157"
	iuvA    = "01470000012839157"
)

func newWorld(t *testing.T) *world {
	return &world{t: t, start: time.Now(), payments: map[string]*ledger.Payment{}, changed: make(chan struct{}, 1),
		active: map[string]int{}, receipts: map[string][]govpay.Receipt{}}
}

// within runs a test in a world of its own, under its own clock.
func within(t *testing.T, fn func(*testing.T, *world)) {
	synctest.Test(t, func(t *testing.T) { fn(t, newWorld(t)) })
}

// atWork is within a world that has a worker.
func atWork(t *testing.T, fn func(*testing.T, *world, *Worker)) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		k := w.worker()
		defer k.Close()
		fn(t, w, k)
	})
}

// stands requires where a payment's first notice stands, how often the platform was called for all of them, and
// the causes of all cases.
func (w *world) stands(t *testing.T, id string, want ledger.Registration, calls int, causes ...string) {
	t.Helper()
	if got := w.registration(id); got != want || len(w.called()) != calls || !slices.Equal(w.causes(), causes) {
		t.Errorf("%s is %q, want %q; called at %v, want %d calls; cases %v, want %v", id, got, want, w.called(), calls, w.causes(), causes)
	}
}

// fails makes every write of the ledger end with err; nil: it writes again.
func (w *world) fails(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.broken = err
}

func (w *world) Outbox() ([]ledger.OutboxItem, error) {
	w.mu.Lock()
	took := w.reading
	w.mu.Unlock()
	time.Sleep(took)
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.outbox), nil
}

func (w *world) OutboxChanged() <-chan struct{} { return w.changed }

func (w *world) Payment(id string) (ledger.Payment, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reads++
	p, ok := w.payments[id]
	if !ok {
		return ledger.Payment{}, ledger.ErrNotFound
	}
	c := *p
	c.Notices = slices.Clone(p.Notices)
	return c, nil
}

func (w *world) Payments(q ledger.Query) ([]ledger.Payment, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []ledger.Payment
	for _, p := range w.payments {
		if ledger.Day(p.SentAt) == q.Day {
			c := *p
			c.Notices = slices.Clone(p.Notices)
			all = append(all, c)
		}
	}
	return all, nil
}

func (w *world) Notice(creditor, number string) (ledger.NoticeState, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var s ledger.NoticeState
	for id, p := range w.payments {
		for _, n := range p.Notices {
			if n.Creditor == creditor && n.Number == number {
				s.Payments = append(s.Payments, id)
			}
		}
	}
	slices.Sort(s.Payments)
	return s, nil
}

func (w *world) Register(c ledger.RegistrationChange) (ledger.Payment, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.broken != nil {
		return ledger.Payment{}, w.broken
	}
	p := w.payments[c.PaymentID]
	n := &p.Notices[c.Index]
	if c.To == "" {
		c.To = n.Registration
	}
	if !n.Registration.May(c.To) {
		return ledger.Payment{}, ledger.ErrStale
	}
	n.Registration, n.Reason = c.To, c.Reason
	if c.AttemptCode != "" {
		n.AttemptCode = c.AttemptCode
	}
	if c.Case != nil {
		c.Case.Notices = []int{c.Index}
	}
	w.openCase(c.Case)
	if c.ReceiptID != "" {
		n.ReceiptID = c.ReceiptID
	}
	if c.DropWatch || (c.To != ledger.RegNone && c.To != ledger.RegAwaiting && c.To != ledger.RegSubmit) {
		w.outbox = slices.DeleteFunc(w.outbox, func(o ledger.OutboxItem) bool { return o.PaymentID == c.PaymentID && o.Index == c.Index })
	}
	w.writes = append(w.writes, c)
	w.signal()
	return *p, nil
}

func (w *world) openCase(k *ledger.Case) {
	if k == nil {
		return
	}
	c := *k
	c.ID = fmt.Sprintf("C%d", len(w.cases)+1)
	w.cases = append(w.cases, c)
}

func (w *world) Cases(all bool) ([]ledger.Case, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(w.cases), func(c ledger.Case) bool { return !all && !c.Ended.IsZero() }), nil
}

func (w *world) Case(id string) (ledger.Case, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.cases {
		if c.ID == id {
			return c, nil
		}
	}
	return ledger.Case{}, ledger.ErrNotFound
}

// causes are the cases so far, by their causes.
func (w *world) causes() []string {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	out := []string{}
	for _, c := range w.cases {
		out = append(out, c.Cause.Code)
	}
	return out
}

func (w *world) Terminal(string) (ledger.TerminalState, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return ledger.TerminalState{Channels: w.channels}, nil
}

func (w *world) KeepPDF(id string, _ int, pdf []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pdfs = append(w.pdfs, id)
	return nil
}

func (w *world) ReceiptPDF(context.Context, string, string, string) ([]byte, error) {
	return []byte("%PDF"), nil
}

func (w *world) signal() {
	select {
	case w.changed <- struct{}{}:
	default:
	}
}

func (w *world) Changed(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, id)
}

func (w *world) Receipts(ctx context.Context, creditor, iuv string) ([]govpay.ReceiptRef, error) {
	w.mu.Lock()
	w.asked = append(w.asked, ask{time.Since(w.start), iuv})
	w.active[iuv]++
	if w.active[iuv] > 1 {
		w.t.Errorf("two looks at %s at the same time", iuv)
	}
	total := 0
	for _, n := range w.active {
		total += n
	}
	w.peak = max(w.peak, total)
	fail, took := w.fail, w.took
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.active[iuv]--
	}()
	if took > 0 {
		select {
		case <-time.After(took):
		case <-ctx.Done():
			return nil, &govpay.Fault{Outcome: govpay.OutcomeCanceled}
		}
	}
	if fail != nil {
		if err := fail(iuv); err != nil {
			return nil, err
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	var refs []govpay.ReceiptRef
	for _, r := range w.receipts[iuv] {
		refs = append(refs, r.ReceiptRef)
	}
	return refs, nil
}

func (w *world) Receipt(_ context.Context, _, iuv, id string) (govpay.Receipt, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range w.receipts[iuv] {
		if r.ID == id {
			return r, nil
		}
	}
	return govpay.Receipt{}, &govpay.Fault{Outcome: govpay.OutcomeNotFound}
}

// add puts a payment of one notice over 100.00 euro into ledger and outbox.
func (w *world) add(id, notice string, state ledger.State) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := ledger.Notice{Creditor: comune, Number: notice, AmountCents: 10000, Registration: ledger.RegNone}
	o := ledger.OutboxItem{Key: id + "/000", PaymentID: id, Since: time.Now()}
	if state == ledger.Charged {
		n.Registration = ledger.RegAwaiting
	} else {
		o.Watch, o.Until = true, time.Now().Add(48*time.Hour)
	}
	w.payments[id] = &ledger.Payment{ID: id, State: state, Settlement: "terminal", Terminal: "cassa1", SentAt: time.Now(), Notices: []ledger.Notice{n}}
	w.outbox = append(w.outbox, o)
	w.signal()
}

// concluded gives a payment a later verdict, and its outbox item what follows from it.
func (w *world) concluded(id string, state ledger.State) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.payments[id]
	p.State = state
	o := ledger.OutboxItem{Key: id + "/000", PaymentID: id, Since: time.Now()}
	if state == ledger.Charged {
		p.Notices[0].Registration = ledger.RegAwaiting
	} else {
		o.Watch, o.Until = true, time.Now().Add(48*time.Hour)
	}
	w.outbox = slices.DeleteFunc(w.outbox, func(x ledger.OutboxItem) bool { return x.Key == o.Key })
	w.outbox = append(w.outbox, o)
	w.signal()
}

func (w *world) give(iuv string, r govpay.Receipt) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.receipts[iuv] = append(w.receipts[iuv], r)
}

func (w *world) failWith(fail func(string) error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fail = fail
}

// times are when the platform was asked, in seconds since the start, and forgets them.
func (w *world) times() []float64 {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	ts := []float64{}
	for _, a := range w.asked {
		ts = append(ts, a.at.Seconds())
	}
	w.asked = nil
	return ts
}

// wrote are the changes written so far.
func (w *world) wrote() []ledger.RegistrationChange {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.writes)
}

// told are the events so far.
func (w *world) told() []string {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.events)
}

func (w *world) registration(id string) ledger.Registration {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.payments[id].Notices[0].Registration
}

func (w *world) options() Options {
	return Options{Platform: plain{w}, Ledger: books{w}, Events: w, Providers: map[string]Provider{"cassa1": nexi},
		Jitter:  func(d time.Duration) time.Duration { return d },
		FlowDue: func(p ledger.Payment) time.Time { return p.SentAt.Add(10_000 * time.Hour) }}
}

func (w *world) worker(change ...func(*Options)) *Worker {
	w.t.Helper()
	o := w.options()
	for _, c := range change {
		c(&o)
	}
	k, err := New(o)
	if err != nil {
		w.t.Fatal(err)
	}
	k.Start()
	w.t.Cleanup(k.Close)
	return k
}

// notice makes the i-th notice number with right check digits.
func notice(i int) string {
	base := fmt.Sprintf("30100000%08d", i)
	mod := 0
	for _, r := range base {
		mod = (mod*10 + int(r-'0')) % 93
	}
	return fmt.Sprintf("%s%02d", base, mod)
}
