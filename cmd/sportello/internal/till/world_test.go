package till

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/govpay"
	"sportello/protocol/local"
)

const (
	comune = "01199250158"
	other  = "00133880252"
	price  = 1250
)

var (
	clerk = local.Operator{ID: "anna", Name: "Anna", Role: local.RoleClerk}
	chief = local.Operator{ID: "capo", Name: "Capo", Role: local.RoleSupervisor}
)

// steps is what happened, in order, whoever did it.
type steps struct {
	mu   sync.Mutex
	list []string
}

func (s *steps) add(step string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, step)
}

// all gives the steps so far.
func (s *steps) all() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.list)
}

func (s *steps) count(step string) int {
	n := 0
	for _, l := range s.all() {
		if l == step {
			n++
		}
	}
	return n
}

func (s *steps) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = nil
}

// world is a counter: a real ledger, scripted terminals and platform, a hub that remembers.
type world struct {
	t         *testing.T
	dir       string
	steps     *steps
	disk      *disk
	platform  *platform
	hub       *hub
	terminals []*terminal
	exclusive driver.Exclusivity // of every terminal
	quiet     time.Duration      // likewise
	max       int
	reversal  string
	settled   string // settlement of every terminal
	offline   Offline
	queue     Queue
	regional  Platform // instead of platform
	services  []Service
	code      string // of the installation; empty: A1
	receipts  bool   // every charge has its receipt at once, so that the terminals are proven (design 5.6)

	ledger *ledger.Ledger
	till   *Till
}

// newWorld opens a ledger and a till with the named terminals (cassa1 when none are) and starts it.
func newWorld(t *testing.T, change ...func(*world)) *world {
	w := &world{t: t, dir: t.TempDir(), steps: &steps{}, disk: &disk{}, exclusive: driver.Shared, max: 3, settled: ledger.SettlementTerminal}
	w.platform = &platform{w: w}
	w.add("cassa1")
	for _, f := range change {
		f(w)
	}
	w.start()
	t.Cleanup(func() {
		w.stop()
		if r, err := ledger.CheckFile(filepath.Join(w.dir, ledger.FileName)); err != nil || len(r.Problems) > 0 {
			t.Errorf("the ledger at the end: %v %v", r.Problems, err)
		}
		for _, d := range w.terminals {
			for notices, n := range d.bank() {
				if n > 1 {
					t.Errorf("%s was charged %d times on %s", notices, n, d.name)
				}
			}
		}
	})
	return w
}

// bubble runs a test in virtual time.
func bubble(t *testing.T, test func(t *testing.T, w *world), change ...func(*world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, change...)
		synctest.Wait() // the terminals have been greeted
		test(t, w)
	})
}

func (w *world) add(name string) *terminal {
	d := &terminal{w: w, name: name, charged: map[string]int{}}
	w.terminals = append(w.terminals, d)
	return d
}

func withTwo(w *world) { w.add("cassa2") }

func withReceipts(w *world) { w.receipts = true }

func exclusively(w *world) { w.exclusive = driver.Exclusive }

// start opens what stop has closed, as a new process would: same ledger, same terminals.
func (w *world) start() {
	w.t.Helper()
	w.open()
	if err := w.till.Start(); err != nil {
		w.t.Fatal(err)
	}
}

// open makes ledger and till and starts nothing.
func (w *world) open() {
	w.t.Helper()
	var err error
	w.ledger, err = ledger.Open(w.dir, ledger.Options{Installation: cmp.Or(w.code, "A1"), BallastBytes: 4096,
		Failpoint: w.steps.add, FailCommit: w.disk.commit})
	if err != nil {
		w.t.Fatal(err)
	}
	w.hub = &hub{w: w, newest: map[string]local.Payment{}}
	o := Options{
		Installation: cmp.Or(w.code, "A1"), Version: "test", Language: "it",
		Creditors: []Creditor{{TaxCode: comune, Name: "Comune di Esempio", GLN: "8012345678901"}, {TaxCode: other, Name: "Unione"}},
		Ledger:    w.ledger, Platform: w.platform, Events: w.hub, Log: zerolog.Nop(),
		Offline: w.offline, Queue: w.queue, Application: "A2A-SPORTELLO", Services: w.services,
	}
	if w.regional != nil {
		o.Platform = w.regional
	}
	for _, d := range w.terminals {
		d.plugIn()
		o.Terminals = append(o.Terminals, Terminal{Name: d.name, Label: "Cassa " + d.name[5:], Driver: d,
			Exclusivity: w.exclusive, Settlement: w.settled, Provider: "CIPBITMM", MaxNotices: w.max, Reversal: w.reversal, Quiet: w.quiet})
	}
	if w.till, err = New(o); err != nil {
		w.t.Fatal(err)
	}
}

// stop closes till and ledger, as the service does. Twice is harmless.
func (w *world) stop() {
	w.t.Helper()
	w.till.Close()
	if err := w.ledger.Close(); err != nil {
		w.t.Errorf("closing the ledger: %v", err)
	}
}

func (w *world) restart() {
	w.t.Helper()
	w.stop()
	w.start()
}

// request asks for notices on a terminal, at the usual price.
func request(id, terminal string, numbers ...string) local.PaymentRequest {
	r := local.PaymentRequest{RequestID: id, Terminal: terminal}
	for _, n := range numbers {
		r.Notices = append(r.Notices, local.RequestNotice{Creditor: comune, Number: n, ExpectedCents: price})
	}
	return r
}

func (w *world) pay(req local.PaymentRequest) (local.Payment, error) {
	return w.till.Pay(context.Background(), clerk, req)
}

// answer is what a Pay in the background came to.
type answer struct {
	p   local.Payment
	err error
}

// receipt is what settle does when the provider's receipt of a charge is there.
func (w *world) receipt(p local.Payment) {
	for i, n := range p.Notices {
		if n.Registration != local.RegistrationAwaitingReceipt {
			continue
		}
		if _, err := w.ledger.Register(ledger.RegistrationChange{PaymentID: p.ID, Index: i, To: ledger.RegDone,
			ReceiptID: "RICEVUTA-" + n.Number, ReceiptAt: time.Now()}); err != nil && !errors.Is(err, errDisk) && !errors.Is(err, ledger.ErrClosed) {
			w.t.Errorf("receipt of %s: %v", p.ID, err)
		}
	}
}

// payAside pays in the background.
func (w *world) payAside(ctx context.Context, req local.PaymentRequest) <-chan answer {
	done := make(chan answer, 1)
	go func() {
		p, err := w.till.Pay(ctx, clerk, req)
		done <- answer{p, err}
	}()
	return done
}

// payment is what the ledger holds.
func (w *world) payment(id string) ledger.Payment {
	w.t.Helper()
	p, err := w.ledger.Payment(id)
	if err != nil {
		w.t.Fatalf("payment %q: %v", id, err)
	}
	return p
}

// wantState waits until everybody rests and compares.
func (w *world) wantState(id string, want ledger.State) ledger.Payment {
	w.t.Helper()
	synctest.Wait()
	p := w.payment(id)
	if p.State != want {
		w.t.Errorf("%s is %s (%s), want %s", id, p.State, p.Reason.Code, want)
	}
	return p
}

// wantNoTrace: nothing was written and nothing is held.
func (w *world) wantNoTrace(numbers ...string) {
	w.t.Helper()
	if s := w.ledger.Stats(); s.Entries != 0 {
		w.t.Errorf("%d entries in the ledger, want none", s.Entries)
	}
	for _, n := range numbers {
		if s, err := w.ledger.Notice(comune, n); err != nil || s.Holder != "" {
			w.t.Errorf("notice %s is held by %q (%v)", n, s.Holder, err)
		}
	}
	w.wantIdle()
}

// wantIdle: no attempt is in hand or forgotten, and no screen says that anything goes on.
func (w *world) wantIdle() {
	w.t.Helper()
	w.till.mu.Lock()
	if n := len(w.till.open); n != 0 {
		w.t.Errorf("%d attempts are still open", n)
	}
	if n := len(w.till.paper); n != 0 {
		w.t.Errorf("%d outcomes are still on paper", n)
	}
	w.till.mu.Unlock()
	for name, s := range w.till.stations {
		s.mu.Lock()
		if s.held != nil || s.resolving != "" || s.activity != nil || s.freeing || len(s.jobs) != 0 {
			w.t.Errorf("%s: held %v, resolving %q, activity %v, freeing %t, %d jobs", name, s.held, s.resolving, s.activity, s.freeing, len(s.jobs))
		}
		s.mu.Unlock()
	}
	w.hub.wantNoActivity()
}

func (w *world) terminal(name string) local.Terminal {
	w.t.Helper()
	list, err := w.till.Terminals(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, v := range list {
		if v.Name == name {
			return v
		}
	}
	w.t.Fatalf("no terminal %q", name)
	return local.Terminal{}
}

func (w *world) act(op local.Operator, action string) (local.TerminalReport, error) {
	return w.till.TerminalAction(context.Background(), op, "cassa1", action, local.ActionRequest{})
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

// disk fails the ledger's commits.
type disk struct {
	mu   sync.Mutex
	fail error
	stop func(n int) error // instead of fail, by the number of the commit
	n    int
}

func (d *disk) commit() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.n++
	if d.stop != nil {
		return d.stop(d.n)
	}
	return d.fail
}

func (d *disk) failWith(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fail = err
}

// platform is the regional platform: every notice is open at the usual price unless said otherwise.
type platform struct {
	unasked
	w        *world
	mu       sync.Mutex
	position func(ctx context.Context, creditor, number string) (govpay.Position, error)
	asked    int
}

var _ Platform = (*platform)(nil)

func (p *platform) Position(ctx context.Context, creditor, number string) (govpay.Position, error) {
	p.mu.Lock()
	f := p.position
	p.asked++
	p.mu.Unlock()
	if f != nil {
		return f(ctx, creditor, number)
	}
	return debt(creditor, number), nil
}

func (p *platform) answer(f func(ctx context.Context, creditor, number string) (govpay.Position, error)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.position = f
}

func debt(creditor, number string) govpay.Position {
	return govpay.Position{Application: "A2A-TEST", ID: "P-" + number, Creditor: creditor, CreditorName: "Comune di Esempio",
		Notice: number, State: govpay.StateOpen, Cents: price, Reason: "TARI 2026", Debtor: govpay.Debtor{Name: "Maria Verdi", TaxCode: "VRDMRA85T50H501L"}}
}

// hub remembers events, and fails the test when an older state of a payment follows a newer one.
type hub struct {
	w      *world
	inside func(local.Event) // called in Publish

	mu     sync.Mutex
	events []local.Event
	newest map[string]local.Payment
}

var rank = map[local.State]int{local.StateSent: 1, local.StateUnknown: 2, local.StateNotCharged: 3, local.StateCharged: 4,
	local.StateReversing: 4, local.StateReversed: 5} // a charge may stand after all

func (h *hub) Publish(e local.Event) {
	h.mu.Lock()
	h.events = append(h.events, e)
	if p := e.Payment; p != nil {
		last, seen := h.newest[p.ID]
		switch {
		case seen && (p.UpdatedAt.Before(last.UpdatedAt) || rank[p.State] < rank[last.State]):
			h.w.t.Errorf("%s: %s of %v is shown after %s of %v", p.ID, p.State, p.UpdatedAt, last.State, last.UpdatedAt)
		case seen && last.NeedsPeople && p.State == local.StateUnknown && !p.NeedsPeople:
			h.w.t.Errorf("%s is taken back from people", p.ID)
		}
		h.newest[p.ID] = *p
	}
	f := h.inside
	h.mu.Unlock()
	if p := e.Payment; p != nil && h.w.receipts && p.State == local.StateCharged {
		h.w.receipt(*p)
	}
	if f != nil {
		f(e)
	}
}

func (h *hub) all() []local.Event {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.events)
}

// payments are the published states of a payment, in order.
func (h *hub) payments(id string) []local.Payment {
	var out []local.Payment
	for _, e := range h.all() {
		if e.Payment != nil && e.Payment.ID == id {
			out = append(out, *e.Payment)
		}
	}
	return out
}

// shown is the terminal as the screens have it.
func (h *hub) shown(name string) local.Terminal {
	var v local.Terminal
	for _, e := range h.all() {
		if e.Terminal != nil && e.Terminal.Name == name {
			v = *e.Terminal
		}
	}
	return v
}

// wantNoActivity: the last word about every terminal is that nothing goes on.
func (h *hub) wantNoActivity() {
	h.w.t.Helper()
	open := map[string]local.Activity{}
	for _, e := range h.all() {
		if e.Activity != nil {
			open[e.Activity.Terminal] = *e.Activity
		}
	}
	for name, a := range open {
		if a.Phase != "" {
			h.w.t.Errorf("the screens still show %q on %s", a.Phase, name)
		}
	}
}

var errDisk = errors.New("the disk says no")
