package settle

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/govpay"
	"sportello/protocol/govpay/govpaytest"
)

// shelf is a ledger and a platform of plain data that answer at once: what remains is the worker.
type shelf struct {
	*world
	mu      sync.Mutex
	waits   map[string]int // index into all
	all     []ledger.OutboxItem
	notice  map[string]string
	left    int
	empty   chan struct{}
	changed chan struct{}
	reads   atomic.Int64
}

func newShelf(n int) *shelf {
	s := &shelf{waits: make(map[string]int, n), notice: make(map[string]string, n), left: n, empty: make(chan struct{}), changed: make(chan struct{}, 1)}
	for i := range n {
		id := fmt.Sprintf("P%06d", i)
		s.all = append(s.all, ledger.OutboxItem{Key: id + "/000", PaymentID: id, Since: time.Now().Add(-time.Hour)})
		s.waits[id], s.notice[id] = i, notice(i)
	}
	return s
}

func (s *shelf) Outbox() ([]ledger.OutboxItem, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads.Add(1)
	return slices.DeleteFunc(slices.Clone(s.all), func(o ledger.OutboxItem) bool { _, there := s.waits[o.PaymentID]; return !there }), nil
}

func (s *shelf) OutboxChanged() <-chan struct{} { return s.changed }

func (s *shelf) Payment(id string) (ledger.Payment, error) {
	return ledger.Payment{ID: id, State: ledger.Charged, Settlement: ledger.SettlementTerminal, Terminal: "cassa1", SentAt: sentAt,
		Notices: []ledger.Notice{{Creditor: comune, Number: s.notice[id], AmountCents: 10000, Registration: ledger.RegAwaiting}}}, nil
}

func (s *shelf) Payments(ledger.Query) ([]ledger.Payment, error) { return nil, nil }
func (s *shelf) Notice(_, _ string) (ledger.NoticeState, error)  { return ledger.NoticeState{}, nil }
func (s *shelf) Cases(bool) ([]ledger.Case, error)               { return nil, nil }
func (s *shelf) Submit(string) (ledger.Payment, error)           { return ledger.Payment{}, ledger.ErrStale }
func (s *shelf) KeepPDF(string, int, []byte) error               { return nil }
func (s *shelf) Changed(string)                                  {}
func (s *shelf) Register(c ledger.RegistrationChange) (ledger.Payment, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.waits, c.PaymentID)
	if s.left--; s.left == 0 {
		close(s.empty)
	}
	select {
	case s.changed <- struct{}{}:
	default:
	}
	return ledger.Payment{}, nil
}

// counterpart is the shelf's platform.
type counterpart struct{ plain }

func (counterpart) Receipts(_ context.Context, _, _ string) ([]govpay.ReceiptRef, error) {
	return []govpay.ReceiptRef{{ID: "a", Esito: govpay.OutcomePaid}}, nil
}
func (counterpart) Receipt(_ context.Context, _, _, _ string) (govpay.Receipt, error) {
	return rec("a"), nil
}
func (counterpart) ReceiptPDF(context.Context, string, string, string) ([]byte, error) {
	return nil, &govpay.Fault{Outcome: govpay.OutcomeNotFound}
}

// BenchmarkSchedule drains what answers at once: ns/item must hardly grow with the number of items.
func BenchmarkSchedule(b *testing.B) {
	for _, n := range []int{1000, 10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				s := newShelf(n)
				o := Options{Platform: counterpart{}, Ledger: s, Events: s, Providers: map[string]Provider{"cassa1": nexi},
					FlowDue: func(ledger.Payment) time.Time { return time.Now().Add(time.Hour) }}
				w, err := New(o)
				if err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
				w.Start()
				<-s.empty
				b.StopTimer()
				w.Close()
				b.ReportMetric(float64(s.reads.Load()), "outbox-reads")
				b.StartTimer()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/item")
		})
	}
}

// BenchmarkDrain drains charges over a real ledger and a real platform on HTTP, and reports how much longer it
// takes than the same calls and the same writes made bare by as many goroutines: ratio. grown is the heap in
// the middle of it against the heap before, in KiB.
func BenchmarkDrain(b *testing.B) {
	const n = 500
	for b.Loop() {
		b.StopTimer()
		took := map[bool]time.Duration{}
		var grown uint64
		for _, bare := range []bool{true, false} {
			l, p, ids := drainable(b, n)
			client, err := govpay.New(confOf(p.Addr(), writePassword(b)))
			if err != nil {
				b.Fatal(err)
			}
			before := heapNow()
			start := time.Now()
			if bare {
				drainBare(b, client, l, ids)
			} else {
				b.StartTimer()
				grown = drainWorker(b, client, l, n) - min(before, heapNow())
				b.StopTimer()
			}
			took[bare] = time.Since(start)
			client.Close()
			p.Close()
			if err := l.Close(); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(took[false])/float64(took[true]), "ratio")
		b.ReportMetric(n/took[false].Seconds(), "items/s")
		b.ReportMetric(float64(grown>>10), "grown-KiB")
		b.StartTimer()
	}
}

func heapNow() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// drainable is a ledger with charges that wait, and a platform that has their receipts.
func drainable(b *testing.B, n int) (*ledger.Ledger, *govpaytest.Server, []string) {
	b.Helper()
	l, err := ledger.Open(b.TempDir(), ledger.Options{Installation: "A1", BallastBytes: -1})
	if err != nil {
		b.Fatal(err)
	}
	seed := govpaytest.Seed{V: 1, Creditors: []govpaytest.Creditor{{TaxCode: comune, Name: "Comune di Esempio"}}}
	for i := range n {
		seed.Debts = append(seed.Debts, govpaytest.Debt{Creditor: comune, Notice: notice(i), Cents: 10000, Reason: "TARI"})
	}
	p, err := govpaytest.New(govpaytest.Options{Seed: seed})
	if err != nil {
		b.Fatal(err)
	}
	if err := p.Start("127.0.0.1:0"); err != nil {
		b.Fatal(err)
	}
	var ids []string
	for i := range n {
		stan := fmt.Sprintf("%06d", i)
		v, err := l.Intend(ledger.Intent{Payment: ledger.Payment{RequestID: "req" + stan, Reference: "RIFA1" + stan, Settlement: ledger.SettlementTerminal,
			Terminal: "cassa1", AmountCents: 10000, Operator: "op1",
			Notices: []ledger.Notice{{Creditor: comune, Number: notice(i), Position: "TRIBUTI/" + notice(i), AmountCents: 10000}}}, Descriptions: []string{"TARI"}})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := l.Conclude(v.ID, ledger.Conclusion{RawResult: []byte(stan), Outcome: driver.Outcome{Verdict: driver.Charged, Reason: driver.Reason{Code: "approved"},
			Charge: &driver.Charge{TerminalID: "12345678", STAN: stan, AuthCode: "A", AmountCents: 10000, HostTime: time.Now()}}}); err != nil {
			b.Fatal(err)
		}
		if err := p.Charge(comune, notice(i), 10000, time.Now()); err != nil {
			b.Fatal(err)
		}
		ids = append(ids, v.ID)
	}
	return l, p, ids
}

// drainWorker lets a worker do it, and returns the heap when half is done.
func drainWorker(b *testing.B, client *govpay.Client, l *ledger.Ledger, n int) (heap uint64) {
	told := make(chan string, 10*n)
	w, err := New(Options{Platform: noPapers{client}, Ledger: l, Events: sink(told), Providers: map[string]Provider{"cassa1": nexi},
		Plan: []time.Duration{time.Millisecond}})
	if err != nil {
		b.Fatal(err)
	}
	w.Start()
	defer w.Close()
	for i := range n {
		<-told
		if i == n/2 {
			heap = heapNow()
		}
	}
	return heap
}

type sink chan string

func (s sink) Changed(id string) { s <- id }

// noPapers is a platform without PDFs: they are fetched when the drain is over.
type noPapers struct{ *govpay.Client }

func (noPapers) ReceiptPDF(context.Context, string, string, string) ([]byte, error) {
	return nil, &govpay.Fault{Outcome: govpay.OutcomeNotFound}
}

// drainBare makes the same calls and writes.
func drainBare(b *testing.B, client *govpay.Client, l *ledger.Ledger, ids []string) {
	work := make(chan int, len(ids))
	for i := range ids {
		work <- i
	}
	close(work)
	var wg sync.WaitGroup
	for range defaultParallel {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range work {
				iuv := notice(i)[1:]
				refs, err := client.Receipts(b.Context(), comune, iuv)
				if err != nil || len(refs) != 1 {
					b.Errorf("%v, %v", refs, err)
					return
				}
				r, err := client.Receipt(b.Context(), comune, iuv, refs[0].ID)
				if err != nil {
					b.Error(err)
					return
				}
				c := ledger.RegistrationChange{PaymentID: ids[i], To: ledger.RegDone}
				identify(&c, &r)
				if _, err := l.Register(c); err != nil {
					b.Error(err)
					return
				}
			}
		}()
	}
	wg.Wait()
}
