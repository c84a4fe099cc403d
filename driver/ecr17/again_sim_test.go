package ecr17_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"sportello/driver"
	"sportello/driver/ecr17"
	"sportello/driver/simulator"
)

// journal keeps what the driver told the ledger.
type journal struct {
	baseline driver.Baseline
	outcome  driver.Outcome
	outcomes int
}

func (j *journal) Sent(b driver.Baseline) error   { j.baseline = b; return nil }
func (j *journal) Outcome(o driver.Outcome) error { j.outcome = o; j.outcomes++; return nil }
func (j *journal) Progress(_ driver.Progress)     {}

// desk is a cash desk in front of a simulated terminal, in virtual time.
type desk struct {
	t    *testing.T
	term *simulator.Terminal
	cfg  driver.Config
	d    driver.Terminal
	n    int

	closing simulator.Closing
	clients int
}

// atDesk runs f for a terminal of every way of closing lines, of printing, and of serving clients.
func atDesk(t *testing.T, f func(t *testing.T, b *desk)) {
	for _, closing := range []simulator.Closing{simulator.CloseAfterTransaction, simulator.CloseAfterEach, simulator.CloseNever} {
		for _, receipts := range []string{"ecr", "terminal"} {
			for _, clients := range []int{1, 2} {
				t.Run(fmt.Sprintf("%s %s %d", closing, receipts, clients), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						term, err := simulator.New(simulator.Options{Closing: closing, Clients: clients, Timing: simulator.Human})
						if err != nil {
							t.Fatal(err)
						}
						b := &desk{t: t, term: term, closing: closing, clients: clients, cfg: driver.Config{
							Name: "cassa1", Driver: "nexi", TerminalID: "12345678", CashRegisterID: "1", LRC: "auto",
							Exclusivity: driver.Exclusive, Receipts: receipts,
							NoticeData: &driver.NoticeData{Tag: 5, Template: "{notice}{creditor}", IndexMap: "5000"},
						}}
						inMemory(t, term, &b.cfg)
						b.start()
						defer func() { b.d.Close() }()
						f(t, b)
						if got := term.Received('X'); got != b.n {
							t.Errorf("%d financial frames for %d payments", got, b.n)
						}
					})
				})
			}
		}
	}
}

// start is a new process.
func (b *desk) start() {
	b.t.Helper()
	if b.d != nil {
		b.d.Close()
	}
	d, err := ecr17.Open(b.cfg)
	if err != nil {
		b.t.Fatal(err)
	}
	b.d = d
}

func (b *desk) with(rules ...simulator.Rule) {
	b.t.Helper()
	for i := range rules {
		rules[i].On, rules[i].Nth = "X", 1
	}
	if err := b.term.Script(rules...); err != nil {
		b.t.Fatal(err)
	}
}

// pay runs one payment and tells how long the outcome took.
func (b *desk) pay(rules ...simulator.Rule) (driver.Outcome, time.Duration) {
	b.t.Helper()
	b.with(rules...)
	b.n++
	j, begun := &journal{}, time.Now()
	p := driver.Payment{Reference: fmt.Sprintf("RIFT1AAAA%d", b.n), AmountCents: 1000, Notices: []driver.Notice{
		{Creditor: "01199250158", Number: "301000000000000123"},
	}}
	if _, err := b.d.Pay(context.Background(), p, j); err != nil {
		b.t.Fatalf("payment %d: %v", b.n, err)
	}
	took := time.Since(begun)
	if j.outcomes != 1 {
		b.t.Fatalf("%d outcomes", j.outcomes)
	}
	if j.outcome.Verdict == driver.Unknown {
		a := driver.Attempt{Payment: p, Baseline: j.baseline, SentAt: begun, SameProcess: true, Exclusivity: driver.Exclusive}
		if _, err := b.d.Resolve(context.Background(), a, j); err != nil {
			b.t.Fatalf("resolve: %v", err)
		}
	}
	return j.outcome, took
}

func (b *desk) want(v driver.Verdict, code string, rules ...simulator.Rule) time.Duration {
	b.t.Helper()
	o, took := b.pay(rules...)
	if o.Verdict != v || o.Reason.Code != code {
		b.t.Fatalf("payment %d: %s %+v, want %s %s; evidence %+v", b.n, o.Verdict, o.Reason, v, code, o.Evidence)
	}
	return took
}

var (
	cancel = simulator.Rule{Fault: simulator.Cancel}
	stale  = simulator.Rule{Fault: simulator.StaleInside}
)

// D03 twice, as every day at a counter: both are not charged, at once; then the citizen pays.
func TestCancelTwice(t *testing.T) {
	atDesk(t, func(t *testing.T, b *desk) {
		limit := 4 * time.Second
		if b.closing == simulator.CloseNever {
			if limit = 8 * time.Second; b.cfg.Receipts == "terminal" { // no slip comes
				limit = 20 * time.Second
			}
			if b.clients == 1 { // found out once: in memory, three writes that nobody reads
				limit += 16 * time.Second
			}
		}
		for range 3 {
			if took := b.want(driver.NotCharged, "cancelled", cancel); took > limit {
				t.Fatalf("payment %d took %v", b.n, took)
			}
		}
		b.start()
		b.want(driver.NotCharged, "cancelled", cancel)
		b.want(driver.Charged, "approved")
		b.want(driver.NotCharged, "cancelled", cancel)
		b.want(driver.NotCharged, "cancelled", cancel)
	})
}

// The times of the commonest terminal: it hangs up after each transaction.
func TestCancelTwiceAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		term, err := simulator.New(simulator.Options{Timing: simulator.Human})
		if err != nil {
			t.Fatal(err)
		}
		b := &desk{t: t, term: term, cfg: driver.Config{
			Name: "cassa1", Driver: "nexi", TerminalID: "12345678", CashRegisterID: "1", LRC: "auto",
			Exclusivity: driver.Exclusive, Receipts: "ecr",
		}}
		inMemory(t, term, &b.cfg)
		b.start()
		defer func() { b.d.Close() }()
		for range 2 {
			if took := b.want(driver.NotCharged, "cancelled", cancel); took > 3*time.Second {
				t.Fatalf("payment %d took %v", b.n, took)
			}
		}
	})
}

// On real lines, with scaled waits: the pseudo terminal never hangs up.
func TestCancelTwiceOnRealLines(t *testing.T) {
	for name, serve := range map[string]func(*testing.T, *simulator.Terminal, *driver.Config){"tcp": overTCP, "pty": overPTY} {
		for _, receipts := range []string{"ecr", "terminal"} {
			t.Run(name+" "+receipts, func(t *testing.T) {
				t.Parallel()
				term, err := simulator.New(simulator.Options{})
				if err != nil {
					t.Fatal(err)
				}
				b := &desk{t: t, term: term, cfg: driver.Config{
					Name: "cassa1", Driver: "nexi", TerminalID: "12345678", CashRegisterID: "1", LRC: "auto",
					Exclusivity: driver.Exclusive, Receipts: receipts,
					// What ends only where something fails is long, for a busy machine; what every payment waits is short.
					Timing: driver.Timing{Result: 10 * time.Second, HardStop: 20 * time.Second, Quiet: 400 * time.Millisecond, GiveUp: 10 * time.Second,
						Recheck: 200 * time.Millisecond, Odd: time.Second, Slip: time.Second, Linger: 20 * time.Millisecond},
				}}
				serve(t, term, &b.cfg)
				b.start()
				defer b.d.Close()
				b.want(driver.NotCharged, "cancelled", cancel)
				b.want(driver.NotCharged, "cancelled", cancel)
				b.want(driver.Charged, "approved")
				b.want(driver.NotCharged, "cancelled", cancel)
				b.want(driver.Charged, "approved", stale)
			})
		}
	}
}

func TestDeclineTwice(t *testing.T) {
	atDesk(t, func(t *testing.T, b *desk) {
		decline := simulator.Rule{Fault: simulator.Decline, Code: "116"}
		b.want(driver.NotCharged, "declined", decline)
		b.want(driver.NotCharged, "declined", decline)
		b.want(driver.Charged, "approved")
	})
}

// D11: the refusal of the payment before comes again inside the next one, which is then approved.
func TestD11StaleRefusalAfterACK(t *testing.T) {
	atDesk(t, func(t *testing.T, b *desk) {
		b.want(driver.NotCharged, "cancelled", cancel)
		b.want(driver.Charged, "approved", stale)
		b.want(driver.NotCharged, "cancelled", cancel)
		b.start()
		b.want(driver.Charged, "approved", stale)
	})
}

// What the terminal has saved is not told: blanks (G08), or NAK. A refusal from before the start of this process
// is then unknown to it, and is not the outcome when it comes again; one of this payment is.
func TestD11StaleRefusalUntold(t *testing.T) {
	for _, fault := range []simulator.Fault{simulator.EmptyMemory, simulator.Nak} {
		for _, x := range []driver.Exclusivity{driver.Exclusive, driver.Shared} {
			atDesk(t, func(t *testing.T, b *desk) {
				b.cfg.Exclusivity = x
				b.start()
				b.want(driver.NotCharged, "cancelled", cancel)
				if err := b.term.Script(simulator.Rule{On: "G", Nth: 1, Times: -1, Fault: fault}); err != nil {
					t.Fatal(err)
				}
				b.start()
				b.want(driver.Charged, "approved", stale)
				b.start()
				b.want(driver.NotCharged, "cancelled", cancel)
				b.want(driver.NotCharged, "cancelled", cancel)
			})
		}
	}
}

// The same with a line that is cut: nobody says "not charged" of a payment that the bank has approved.
func TestD11StaleRefusalThenCut(t *testing.T) {
	for _, cut := range []simulator.Fault{simulator.CutAfterAuth, simulator.HalfResult} {
		atDesk(t, func(t *testing.T, b *desk) {
			b.want(driver.NotCharged, "cancelled", cancel)
			b.want(driver.Charged, "by_evidence", stale, simulator.Rule{Fault: cut})
		})
	}
	atDesk(t, func(t *testing.T, b *desk) {
		b.want(driver.NotCharged, "cancelled", cancel)
		if o, _ := b.pay(stale, simulator.Rule{Fault: simulator.CutBeforeAuth}); o.Verdict == driver.Charged {
			t.Fatalf("%+v", o)
		}
	})
}

// A stale refusal, and then the real one, equal to it: the machine cannot tell, and says so.
func TestD11StaleRefusalThenTheSame(t *testing.T) {
	atDesk(t, func(t *testing.T, b *desk) {
		b.want(driver.NotCharged, "cancelled", cancel)
		if o, _ := b.pay(stale, cancel); o.Verdict != driver.Unknown || !o.Final {
			t.Fatalf("%+v", o)
		}
	})
}

// R17 with a refusal: it came before the ACK.
func TestR17StaleRefusalBeforeACK(t *testing.T) {
	atDesk(t, func(t *testing.T, b *desk) {
		before := simulator.Rule{Fault: simulator.StaleResult}
		b.want(driver.NotCharged, "cancelled", cancel)
		b.want(driver.Charged, "approved", before)
		b.want(driver.NotCharged, "cancelled", cancel)
		if o, _ := b.pay(before, cancel); o.Verdict != driver.Unknown || !o.Final {
			t.Fatalf("%+v", o)
		}
	})
}
