package ledger

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"sportello/driver"
)

// childEnv names what a child process of this test binary should do; see child_test.go.
const childEnv = "LEDGER_TEST_CHILD"

func TestMain(m *testing.M) {
	if what := os.Getenv(childEnv); what != "" {
		os.Exit(child(what))
	}
	goleak.VerifyTestMain(m)
}

// clock is a test's time. It moves a second at every look.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock {
	return &clock{t: time.Date(2026, time.March, 10, 9, 0, 0, 0, time.UTC)} // a Tuesday
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(time.Second)
	return c.t
}

func (c *clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = t
}

const testBallast = 64 << 10

// open opens a ledger the way every test must: when the test ends the ledger is closed and checked,
// and the file of a failed test is kept.
func open(t testing.TB, dir string, change ...func(*Options)) *Ledger {
	t.Helper()
	looks := new(atomic.Int64) // so that only the wall clock of a test counts
	o := Options{Installation: "A1", Now: newClock().now, BallastBytes: testBallast,
		Uptime: func() time.Duration { return time.Duration(looks.Add(1)) * time.Hour }}
	for _, f := range change {
		f(&o)
	}
	l, err := Open(dir, o)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		wantSound(t, filepath.Join(dir, FileName))
	})
	return l
}

// reopen closes and opens a ledger.
func reopen(t testing.TB, l *Ledger) *Ledger {
	t.Helper()
	if err := l.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
	n, err := Open(filepath.Dir(l.path), l.opt)
	if err != nil {
		t.Fatalf("reopen: %v", err)
	}
	t.Cleanup(func() { _ = n.Close() })
	return n
}

// wantSound fails the test, and keeps the file, when CheckFile finds anything.
func wantSound(t testing.TB, path string) Report {
	t.Helper()
	r, err := CheckFile(path)
	if err != nil {
		t.Errorf("check %s: %v", path, err)
	}
	for _, p := range r.Problems {
		t.Errorf("check: %s", p)
	}
	if t.Failed() {
		keep(t, path)
	}
	return r
}

func keep(t testing.TB, path string) {
	from, err := os.Open(path)
	if err != nil {
		return
	}
	defer from.Close()
	to, err := os.CreateTemp("", "ledger-*.db")
	if err != nil {
		return
	}
	defer to.Close()
	if _, err := io.Copy(to, from); err == nil {
		t.Logf("the ledger is kept in %s", to.Name())
	}
}

const (
	creditor = "01199250158"
	other    = "00133880252"
)

func number(n int) string { return fmt.Sprintf("3020000000000%05d", n) }

// references counts, so that every intent of the tests has a reference of its own.
var references atomic.Uint64

// intent is a payment of one notice on terminal cassa1.
func intent(n int) Intent {
	return Intent{
		Payment: Payment{
			RequestID: fmt.Sprintf("request-%d", n), RequestHash: "h", Reference: fmt.Sprintf("RIFA1%d-%d", os.Getpid(), references.Add(1)),
			Settlement: SettlementTerminal, AmountCents: 1250, Terminal: "cassa1", Operator: "anna",
			Notices: []Notice{{Creditor: creditor, Number: number(n), AmountCents: 1250}},
		},
		Baseline:     driver.Baseline{TerminalID: "12345678", Last: fmt.Appendf(nil, "baseline %d", n), LastSTAN: "000041"},
		Descriptions: []string{"TARI di Maria Verdi"},
	}
}

func charged(stan string) Conclusion {
	return Conclusion{
		Outcome: driver.Outcome{Verdict: driver.Charged, Reason: driver.Reason{Code: "approved"}, Charge: &driver.Charge{
			TerminalID: "12345678", STAN: stan, AuthCode: "A12345", PAN: "************1234", AmountCents: 1250,
			HostTime: time.Date(2026, time.March, 10, 10, 0, 0, 0, time.UTC)}},
		RawResult: []byte("result " + stan),
	}
}

func verdict(v driver.Verdict, code string) Conclusion {
	return Conclusion{Outcome: driver.Outcome{Verdict: v, Reason: driver.Reason{Code: code}}}
}

// endCase ends a case with as many people as it needs.
func endCase(t testing.TB, l *Ledger, id, ending, proof string) Case {
	t.Helper()
	c := must(l.Case(id))(t)
	two := c.NeedsTwo
	c = must(l.ProposeEnding(id, c.Seq, Proposal{Ending: ending, Note: proof, By: "anna"}))(t)
	if two {
		c = must(l.CountersignEnding(id, c.Seq, "capo", true))(t)
	}
	if c.Ended.IsZero() {
		t.Fatalf("not ended: %+v", c)
	}
	return c
}

// must is for calls that a test takes for granted.
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
