//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/protocol/govpay"
	"sportello/protocol/govpay/govpaytest"
	"sportello/protocol/local"
)

// outageParallel is how many questions the bare client has under way: as many as the service (settle).
const outageParallel = 4

// The service's heap in the middle and at the end of a drain, against its heap while everything waits: so many
// times as much, and what a Go program takes in any case.
const (
	heapFactor = 1.5
	heapFloor  = 8 << 20
)

// clerkLooks is how often the clerk of the test does something.
const clerkLooks = time.Second

// TestOutage: the platform is away while a counter charges (design 8, 10). When it is there again everything is
// registered, once, at a rate worth the name, with a flat heap, and the clerk works on meanwhile.
// OUTAGE_PAYMENTS says how many payments (make soak: ten thousand); without it fewer, to end within seconds: with
// settlement platform each takes seven calls.
func TestOutage(t *testing.T) {
	for _, row := range []struct {
		way      string
		payments int
	}{
		{ledger.SettlementTerminal, setting(t, "OUTAGE_PAYMENTS", 1_000)},
		{ledger.SettlementPlatform, setting(t, "OUTAGE_PAYMENTS", 300)},
	} {
		t.Run(row.way, func(t *testing.T) {
			o := newOutage(t, row.way, row.payments)
			o.chargeAll()
			o.drains()
		})
	}
}

// drains starts the service, brings the platform back and holds what happens against the platform's log.
func (o *outage) drains() {
	t := o.t
	t.Helper()
	s, err := startService(o.cfg, serviceOptions{log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	o.when("the outbox to be read", func() bool { return s.settle.Status().Waiting == len(o.debts) })
	clerk := o.atThePage()
	o.when("the clerk to have been at it", func() bool { return clerk.done() >= 4 })
	start := heap()
	o.back()
	if o.way == ledger.SettlementTerminal { // it keeps nothing of its own: receipts come from the bank
		o.when("some of it", func() bool { return s.settle.Status().Waiting <= len(o.debts)*9/10 })
		o.away()
		o.when("the second outage to be seen", func() bool { return s.settle.Status().Away })
		o.back()
	}
	begun, left := time.Now(), s.settle.Status().Waiting
	o.when("half of it", func() bool { return s.settle.Status().Waiting <= len(o.debts)/2 })
	middle := heap()
	o.when("all of it", func() bool { return s.settle.Status().Waiting == 0 })
	took := time.Since(begun)
	end := heap()
	clerk.leave()

	calls := o.asked(begun)
	for _, h := range []uint64{middle, end} {
		if float64(h) > heapFactor*float64(start)+heapFloor {
			t.Errorf("the heap was %d KiB at the start, %d in the middle, %d at the end", start>>10, middle>>10, end>>10)
		}
	}
	rate := float64(calls.total()) / calls.last.Sub(calls.first).Seconds()
	o.settledOnce(s.ledger)
	s.close() // it would go on to fetch PDFs
	floor := o.bare(calls, left)
	t.Logf("settlement %s: of %d payments the last %d in %v, %d calls (%v), %.0f a second; a bare client %.0f a second: ratio %.2f",
		o.way, len(o.debts), left, took.Round(time.Millisecond), calls.total(), calls.by, rate, floor, rate/floor)
	t.Logf("heap in use: %d KiB while all waited, %d in the middle, %d at the end; the page answered %d times, slowest: state %v, lookup %v",
		start>>10, middle>>10, end>>10, clerk.done(), clerk.slowest["state"].Round(time.Millisecond), clerk.slowest["notices/lookup"].Round(time.Millisecond))
}

// when waits for something within this process.
func (o *outage) when(what string, cond func() bool) {
	o.t.Helper()
	tick, limit := time.NewTicker(20*time.Millisecond), time.After(time.Minute+time.Duration(len(o.debts))*100*time.Millisecond)
	defer tick.Stop()
	for !cond() {
		select {
		case <-tick.C:
		case <-limit:
			o.t.Fatalf("waited in vain for %s", what)
		}
	}
}

// settledOnce: every payment is registered in the ledger, the ledger is sound, and nobody has anything left to do.
func (o *outage) settledOnce(l *ledger.Ledger) {
	o.t.Helper()
	list, err := l.Payments(ledger.Query{Limit: 2 * len(o.debts)})
	if err != nil {
		o.t.Fatal(err)
	}
	receipts := map[string]bool{}
	for _, p := range list {
		n := p.Notices[0]
		if p.State != ledger.Charged || n.Registration != ledger.RegDone || n.ReceiptID == "" || receipts[n.Creditor+n.Number+n.ReceiptID] {
			o.t.Errorf("%s is %s, %s, receipt %q", p.ID, p.State, n.Registration, n.ReceiptID)
		}
		receipts[n.Creditor+n.Number+n.ReceiptID] = true
	}
	if len(list) != len(o.debts) {
		o.t.Errorf("%d payments on record, want %d", len(list), len(o.debts))
	}
	if cases, err := l.Cases(true); err != nil || len(cases) > 0 {
		o.t.Errorf("cases: %v %+v", err, cases)
	}
	if r, err := l.Check(); err != nil || len(r.Problems) > 0 {
		o.t.Errorf("the ledger: %v %v", err, r.Problems)
	}
	if o.way == ledger.SettlementTerminal {
		return
	}
	carts := o.asked(time.Time{}).carts
	for _, d := range o.debts {
		if carts[d.Notice] != 1 {
			o.t.Errorf("%s was submitted %d times", d.Notice, carts[d.Notice])
		}
	}
}

// heap is what this process holds in use after a collection.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse
}

// asked is the platform's own log.
type asked struct {
	by          map[string]int // calls by operation
	carts       map[string]int // POST /pagamenti that pagoPA took, by notice
	first, last time.Time
}

// total is the service's calls: the clerk's questions are not the outbox's.
func (a asked) total() (n int) {
	for op, k := range a.by {
		if op != "byAvviso" {
			n += k
		}
	}
	return n
}

// asked is what the platform was asked from a moment on.
func (o *outage) asked(since time.Time) asked {
	o.t.Helper()
	a := asked{by: map[string]int{}, carts: map[string]int{}}
	f, err := os.Open(o.file("platform.jsonl"))
	if errors.Is(err, fs.ErrNotExist) {
		return a
	}
	if err != nil {
		o.t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var e govpaytest.Entry
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			o.t.Fatal(err)
		}
		if e.At.Before(since) {
			continue
		}
		if a.first.IsZero() {
			a.first = e.At
		}
		a.last = e.At
		a.by[e.Operation]++
		if notices, ok := strings.CutPrefix(e.Effect, "cart "); ok {
			for _, n := range strings.Fields(notices)[2:] {
				a.carts[n]++
			}
		}
	}
	return a
}

// bare makes the calls that so many payments took, as often for each of its own, as fast as the client can, and gives
// their rate.
func (o *outage) bare(calls asked, payments int) float64 {
	o.t.Helper()
	o.decided(o.more)
	client, err := govpay.New(o.cfg.Platform.GovPay())
	if err != nil {
		o.t.Fatal(err)
	}
	defer client.Close()
	ctx := context.Background()
	type done struct {
		payment string
		receipt govpay.ReceiptRef
	}
	do := map[string]func(*done, govpaytest.Debt) error{
		"byAvviso": func(_ *done, d govpaytest.Debt) error {
			_, err := client.Position(ctx, d.Creditor, d.Notice)
			return err
		},
		"pagamenti": func(x *done, d govpaytest.Debt) error {
			s, err := client.Submit(ctx, govpay.Submission{PSP: soakProvider, Intermediary: "13212880150", Channel: soakChannel, PaymentType: "CP",
				Session: "bare-" + d.Notice, Notices: []govpay.NoticeRef{{Creditor: d.Creditor, Notice: d.Notice}}})
			x.payment = s.PaymentID
			return err
		},
		"elenco": func(_ *done, d govpaytest.Debt) error {
			_, err := client.PaymentsBySession(ctx, "bare-"+d.Notice)
			return err
		},
		"pagamento": func(x *done, _ govpaytest.Debt) error {
			_, err := client.Payment(ctx, x.payment)
			return err
		},
		"ricevute": func(x *done, d govpaytest.Debt) error {
			list, err := client.Receipts(ctx, d.Creditor, d.Notice[1:])
			if err == nil && len(list) != 1 {
				err = fmt.Errorf("%d receipts", len(list))
			}
			if err == nil {
				x.receipt = list[0]
			}
			return err
		},
		"ricevuta": func(x *done, d govpaytest.Debt) error {
			_, err := client.Receipt(ctx, d.Creditor, d.Notice[1:], x.receipt.ID)
			return err
		},
		"pdf": func(x *done, d govpaytest.Debt) error {
			_, err := client.ReceiptPDF(ctx, d.Creditor, d.Notice[1:], x.receipt.ID)
			return err
		},
	}
	order := []string{"pagamenti", "elenco", "pagamento", "ricevute", "ricevuta", "pdf"}
	for op := range calls.by {
		if do[op] == nil {
			o.t.Fatalf("the bare client does not know %q of %v", op, slices.Sorted(maps.Keys(calls.by)))
		}
	}
	var made int
	var mu sync.Mutex // guards made
	var hands sync.WaitGroup
	begun := time.Now()
	for k := range outageParallel {
		hands.Go(func() {
			n := 0
			for i := k; i < len(o.more); i += outageParallel {
				var x done
				for _, op := range order { // as often as the service did on the average
					for range calls.by[op]*(i+1)/payments - calls.by[op]*i/payments {
						if err := do[op](&x, o.more[i]); err != nil {
							o.t.Errorf("bare %s: %v", op, err)
							return
						}
						n++
					}
				}
			}
			mu.Lock()
			defer mu.Unlock()
			made += n
		})
	}
	hands.Wait()
	return float64(made) / time.Since(begun).Seconds()
}

// clerk is somebody at the page.
type clerk struct {
	stop    chan struct{}
	ended   chan struct{}
	mu      sync.Mutex // guards what follows
	answers int
	slowest map[string]time.Duration
}

// atThePage looks at the state and looks a notice up, again and again, until it leaves. Every question must be
// answered, be it that the platform is away.
func (o *outage) atThePage() *clerk {
	o.t.Helper()
	token, err := os.ReadFile(filepath.Join(o.cfg.DataDir, tokenName))
	if err != nil {
		o.t.Fatal(err)
	}
	look, err := json.Marshal(local.LookupRequest{Code: o.spare.QR()})
	if err != nil {
		o.t.Fatal(err)
	}
	c := &clerk{stop: make(chan struct{}), ended: make(chan struct{}), slowest: map[string]time.Duration{}}
	ask := func(method, path string, body []byte) {
		begun := time.Now()
		r, err := http.NewRequest(method, "http://"+o.listen+api+path, bytes.NewReader(body))
		if err != nil {
			o.t.Error(err)
			return
		}
		r.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
		r.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			o.t.Errorf("the page: %v", err)
			return
		}
		defer resp.Body.Close()
		n, err := bytes.NewBuffer(nil).ReadFrom(resp.Body)
		if err != nil || n == 0 || resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusBadGateway {
			o.t.Errorf("%s answered %d, %d bytes: %v", path, resp.StatusCode, n, err)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.answers++
		c.slowest[path] = max(c.slowest[path], time.Since(begun))
	}
	go func() {
		defer close(c.ended)
		tick := time.NewTicker(clerkLooks)
		defer tick.Stop()
		for {
			ask(http.MethodGet, "state", nil)
			ask(http.MethodPost, "notices/lookup", look)
			select {
			case <-tick.C:
			case <-c.stop:
				return
			}
		}
	}()
	o.t.Cleanup(func() { c.leave() })
	return c
}

func (c *clerk) done() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.answers
}

func (c *clerk) leave() {
	c.mu.Lock()
	select {
	case <-c.stop:
	default:
		close(c.stop)
	}
	c.mu.Unlock()
	<-c.ended
}
