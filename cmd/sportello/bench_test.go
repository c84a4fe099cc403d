package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"sportello/cmd/sportello/internal/config"
	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/govpay/govpaytest"
	"sportello/protocol/local"
)

// bareLoops is how many exchanges make the floor.
const bareLoops = 30

// BenchmarkPayment is what the service adds to a payment: POST, the platform's word, the durable steps
// and the events, against the same exchange with the same terminal in a bare loop (the driver with a
// recorder that records nothing). Both on real lines, in turn, in the same run.
func BenchmarkPayment(b *testing.B) {
	c := newCounter(b, setup{})
	debts := debtsFor(b, c, b.N+1+bareLoops)
	cfg, err := config.Load(c.config)
	if err != nil {
		b.Fatal(err)
	}
	s, err := startService(cfg, serviceOptions{log: zerolog.Nop()})
	if err != nil {
		b.Fatal(err)
	}
	token, err := os.ReadFile(filepath.Join(cfg.DataDir, tokenName))
	if err != nil {
		b.Fatal(err)
	}
	pay := func(i int) {
		body, _ := json.Marshal(local.PaymentRequest{RequestID: fmt.Sprint("b", time.Now().UnixNano()), Terminal: "cassa1",
			Notices: []local.RequestNotice{{Creditor: debts[i].Creditor, Number: debts[i].Notice}}})
		var p local.Payment
		for tries := 0; ; tries++ { // busy while the slip of the last one is read
			code := call(b, c.listen, string(bytes.TrimSpace(token)), http.MethodPost, "/api/v1/payments", body, &p)
			if code < 300 {
				break
			}
			if tries > 10_000 {
				b.Fatalf("the payment is refused with %d: %s", code, lastRefusal)
			}
		}
		for p.State != local.StateCharged {
			call(b, c.listen, string(bytes.TrimSpace(token)), http.MethodGet, "/api/v1/payments/"+p.ID, nil, &p)
		}
	}
	pay(0)
	s.close()
	bare, err := drivers["nexi"](cfg.Terminals[0].Driver(), zerolog.Nop())
	if err != nil {
		b.Fatal(err)
	}
	loop := func(i int) {
		p := driver.Payment{Reference: fmt.Sprintf("RIFT1%08d", i), AmountCents: 100, Notices: []driver.Notice{{Creditor: debts[i].Creditor, Number: debts[i].Notice}}}
		var r nothing
		if _, err := bare.Pay(context.Background(), p, &r); err != nil || r.verdict != driver.Charged {
			b.Fatalf("bare payment: %v %v", err, r.verdict)
		}
	}
	var floor []time.Duration
	for i := range bareLoops {
		start := time.Now()
		loop(b.N + 1 + i)
		floor = append(floor, time.Since(start))
	}
	_ = bare.Close()
	if s, err = startService(cfg, serviceOptions{log: zerolog.Nop()}); err != nil {
		b.Fatal(err)
	}
	defer func() { s.close() }()
	if token, err = os.ReadFile(filepath.Join(cfg.DataDir, tokenName)); err != nil {
		b.Fatal(err)
	}
	adopt(b, c)
	var ours []time.Duration
	b.ResetTimer()
	for i := range b.N {
		start := time.Now()
		pay(i + 1)
		ours = append(ours, time.Since(start))
	}
	b.StopTimer()
	b.ReportMetric(float64(middle(ours).Microseconds()), "µs/payment")
	b.ReportMetric(float64(middle(floor).Microseconds()), "µs/bare")
	b.ReportMetric(float64(middle(ours))/float64(middle(floor)), "x-bare")
}

// adopt lets a supervisor accept what the bare loop left on the terminal.
func adopt(b *testing.B, c *counter) {
	cmd := exec.Command(c.bin, "terminal", "adopt", "cassa1", "--operator", "bianchi", "--config", c.config)
	cmd.Stdin = strings.NewReader("1234\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("adopting: %v\n%s", err, out)
	}
}

// nothing is a ledger that keeps nothing.
type nothing struct{ verdict driver.Verdict }

func (*nothing) Sent(driver.Baseline) error       { return nil }
func (n *nothing) Outcome(o driver.Outcome) error { n.verdict = o.Verdict; return nil }
func (*nothing) Progress(driver.Progress)         {}

func debtsFor(b *testing.B, c *counter, n int) []govpaytest.Debt {
	var out []govpaytest.Debt
	for i := range n {
		base := fmt.Sprintf("30200020%08d", i)
		var mod int
		for _, r := range base {
			mod = (mod*10 + int(r-'0')) % 93
		}
		d := govpaytest.Debt{Creditor: "01199250158", Notice: fmt.Sprintf("%s%02d", base, mod), Cents: 100, Reason: "Prova",
			Debtor: govpaytest.Debtor{TaxCode: "RSSMRA80A01F205X", Name: "Mario Rossi"}}
		if err := c.platform.AddDebt(d); err != nil {
			b.Fatal(err)
		}
		out = append(out, d)
	}
	return out
}

// lastRefusal is the body of the last answer that was none.
var lastRefusal []byte

func call(b *testing.B, listen, token, method, path string, body []byte, out any) int {
	req, err := http.NewRequest(method, "http://"+listen+path, bytes.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 {
		lastRefusal, _ = io.ReadAll(resp.Body)
	} else {
		if err := json.NewDecoder(resp.Body).Decode(out); err != nil {
			b.Fatal(err)
		}
	}
	return resp.StatusCode
}

func middle(d []time.Duration) time.Duration {
	d = slices.Clone(d)
	slices.Sort(d)
	return d[len(d)/2]
}

// BenchmarkStart is the time from starting the process until the page's port answers, with an empty
// ledger and with 100,000 payments after a clean stop, beside a process that only prints its version.
func BenchmarkStart(b *testing.B) {
	for _, size := range []int{0, 100_000} {
		b.Run(fmt.Sprintf("payments=%d", size), func(b *testing.B) {
			c := newCounter(b, setup{})
			fill(b, filepath.Join(c.dir, "data"), size)
			release := filepath.Join(c.dir, "sportello")
			if out, err := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", release, ".").CombinedOutput(); err != nil {
				b.Fatalf("%v\n%s", err, out)
			}
			c.bin = release
			var starts, floors []time.Duration
			for range max(b.N, 7) {
				begin := time.Now()
				if err := exec.Command(release, "version").Run(); err != nil {
					b.Fatal(err)
				}
				floors = append(floors, time.Since(begin))
				begin = time.Now()
				c.launch()
				for {
					conn, err := net.Dial("tcp", c.listen)
					if err == nil {
						_ = conn.Close()
						break
					}
				}
				starts = append(starts, time.Since(begin))
				_ = c.service.Process.Signal(os.Interrupt)
				<-c.exited
				c.service = nil
			}
			b.ReportMetric(float64(middle(starts).Microseconds())/1000, "ms/listening")
			b.ReportMetric(float64(middle(floors).Microseconds())/1000, "ms/version")
		})
	}
}

// fill makes a ledger with charged payments, through the ledger's own door.
func fill(b *testing.B, dir string, size int) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		b.Fatal(err)
	}
	l, err := ledger.Open(dir, ledger.Options{Installation: "T1", Log: zerolog.Nop()})
	if err != nil {
		b.Fatal(err)
	}
	const tills = 100
	var wg sync.WaitGroup
	for k := range tills {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range size / tills {
				number := fmt.Sprintf("3%017d", k*1_000_000+i)
				now := time.Now()
				p, err := l.Intend(ledger.Intent{Payment: ledger.Payment{
					RequestID: number, RequestHash: "h", Reference: fmt.Sprintf("RIFT1%08d", k*1_000_000+i), Installation: "T1",
					Settlement: "terminal", AmountCents: 100, Terminal: fmt.Sprint("cassa", k), Operator: "rossi", CreatedAt: now,
					Notices: []ledger.Notice{{Creditor: "01199250158", Number: number, AmountCents: 100, Registration: ledger.RegNone}},
				}, Descriptions: []string{"Prova"}})
				if err == nil {
					_, err = l.Conclude(p.ID, ledger.Conclusion{Outcome: driver.Outcome{Verdict: driver.Charged,
						Reason: driver.Reason{Code: "approved"}, Charge: &driver.Charge{TerminalID: "12345678", STAN: fmt.Sprintf("%06d", i), AmountCents: 100}}})
				}
				if err == nil {
					_, err = l.Register(ledger.RegistrationChange{PaymentID: p.ID, To: ledger.RegDone, ReceiptID: number, ReceiptAt: now})
				}
				if err != nil {
					b.Error(err)
					return
				}
			}
		}()
	}
	wg.Wait()
	if err := l.Close(); err != nil {
		b.Fatal(err)
	}
}
