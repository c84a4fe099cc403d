package settle

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/govpay"
	"sportello/protocol/govpay/govpaytest"
)

// counter is a real ledger on disk, a real platform behind HTTP, and a worker
// between them with short pauses.
type counter struct {
	t        *testing.T
	ledger   *ledger.Ledger
	platform *govpaytest.Server
	worker   *Worker
	bank     string
	password string // its file
	told     chan string
	number   int
	submit   time.Duration // that a submission is waited for; 0: as long as anything may take
}

// longest is how long anything may take that ends by itself; hasty is a worker's patience where the platform is too slow
// on purpose, and beyond is what that platform takes.
const (
	longest = 3 * time.Minute
	hasty   = time.Second
	beyond  = 1200 * time.Millisecond
)

func (c *counter) Changed(id string) { c.told <- id }

func newCounter(t *testing.T, change ...func(*Options)) *counter {
	t.Helper()
	return newCounterWaiting(t, 0, change...)
}

// newCounterWaiting is one whose worker waits so long for a submission.
func newCounterWaiting(t *testing.T, submit time.Duration, change ...func(*Options)) *counter {
	t.Helper()
	c := &counter{t: t, told: make(chan string, 1000), bank: filepath.Join(t.TempDir(), "bank.jsonl"), submit: submit}
	c.open()
	l, err := ledger.Open(t.TempDir(), ledger.Options{Installation: "A1", BallastBytes: -1})
	if err != nil {
		t.Fatal(err)
	}
	c.take(l, change...)
	return c
}

// open starts the platform.
func (c *counter) open() {
	t := c.t
	t.Helper()
	seed := govpaytest.Seed{V: 1, Creditors: []govpaytest.Creditor{{TaxCode: comune, Name: "Comune di Esempio"}}}
	for i := range 10 {
		seed.Debts = append(seed.Debts, govpaytest.Debt{Creditor: comune, Notice: notice(i), Cents: 10000, Reason: "TARI"})
	}
	var err error
	c.platform, err = govpaytest.New(govpaytest.Options{Seed: seed, BankFile: c.bank, Report: func(err error) { t.Errorf("platform: %v", err) }})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.platform.Start("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.platform.Close)
	c.password = writePassword(t)
}

func writePassword(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(path, []byte("sportello\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// take starts a worker on a ledger.
func (c *counter) take(l *ledger.Ledger, change ...func(*Options)) {
	t := c.t
	t.Helper()
	c.ledger = l
	conf := confOf(c.platform.Addr(), c.password)
	if c.submit > 0 {
		conf.Timeouts.Submit = c.submit
	}
	client, err := govpay.New(conf)
	if err != nil {
		t.Fatal(err)
	}
	o := quick(client, l, c)
	for _, f := range change {
		f(&o)
	}
	if c.worker, err = New(o); err != nil {
		t.Fatal(err)
	}
	c.worker.Start()
	t.Cleanup(func() {
		c.worker.Close()
		client.Close()
		if report, err := l.Check(); err != nil {
			t.Errorf("ledger: %v, %+v", err, report)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
}

// confOf is a client with little patience, three seconds, and much for submissions: what a platform has said of one
// must be heard on a busy machine, too.
func confOf(addr, password string) govpay.Config {
	conf := govpay.Config{Auth: govpay.Auth{User: "sportello", PasswordFile: password},
		Timeouts: govpay.Timeouts{Read: 3 * time.Second, Verify: 3 * time.Second, Submit: longest}}
	conf.Pagamento, conf.Pendenze, conf.Ragioneria = govpaytest.Base("http://" + addr)
	return conf
}

// quick are options with short pauses; the window is longer than a submission may take.
func quick(p Platform, l Ledger, e Events) Options {
	short := []time.Duration{time.Millisecond, 5 * time.Millisecond, 10 * time.Millisecond}
	return Options{Platform: p, Ledger: l, Events: e, Providers: map[string]Provider{"cassa1": nexi},
		Plan: short, WatchPlan: short, ProbePlan: short, RepeatPlan: short,
		SubmitWindow: 2 * time.Second, SendErrorWait: 2500 * time.Millisecond, SlowPause: 50 * time.Millisecond}
}

// pay writes one attempt for debt i and its outcome, and lets the bank know.
func (c *counter) pay(i int, verdict driver.Verdict, banked bool) string {
	c.t.Helper()
	c.number++
	stan := fmt.Sprintf("%06d", c.number)
	p, err := c.ledger.Intend(ledger.Intent{
		Payment: ledger.Payment{RequestID: "req" + stan, Reference: "RIFA1" + stan, Settlement: ledger.SettlementTerminal,
			Terminal: "cassa1", AmountCents: 10000, Operator: "op1",
			Notices: []ledger.Notice{{Creditor: comune, Number: notice(i), Position: "TRIBUTI/" + notice(i), AmountCents: 10000}}},
		Descriptions: []string{"TARI"},
	})
	if err != nil {
		c.t.Fatal(err)
	}
	if banked {
		line, err := json.Marshal(govpaytest.BankLine{V: 1, Seq: int64(c.number), At: time.Now(), Terminal: "12345678", Kind: "payment",
			Approved: true, AmountCents: 10000, STAN: stan, Data: []string{notice(i) + comune}})
		if err != nil {
			c.t.Fatal(err)
		}
		f, err := os.OpenFile(c.bank, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			c.t.Fatal(err)
		}
		if _, err := f.Write(append(line, '\n')); err != nil {
			c.t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			c.t.Fatal(err)
		}
	}
	outcome := driver.Outcome{Verdict: verdict, Reason: driver.Reason{Code: "approved"}}
	if verdict == driver.Charged {
		outcome.Charge = &driver.Charge{TerminalID: "12345678", STAN: stan, AuthCode: "ABC123", AmountCents: 10000, HostTime: time.Now()}
	}
	if _, err := c.ledger.Conclude(p.ID, ledger.Conclusion{Outcome: outcome, RawResult: []byte("result " + stan)}); err != nil {
		c.t.Fatal(err)
	}
	if _, err := c.ledger.Aftermath(p.ID, driver.Aftermath{Acked: true}); err != nil {
		c.t.Fatal(err)
	}
	return p.ID
}

// until waits for events about a payment until its notice fits.
func (c *counter) until(id string, fits func(ledger.Notice) bool) ledger.Notice {
	c.t.Helper()
	return c.untilNotice(id, 0, fits)
}

func (c *counter) untilNotice(id string, index int, fits func(ledger.Notice) bool) ledger.Notice {
	c.t.Helper()
	deadline := time.NewTimer(longest)
	defer deadline.Stop()
	for {
		p, err := c.ledger.Payment(id)
		if err != nil {
			c.t.Fatal(err)
		}
		if fits(p.Notices[index]) {
			return p.Notices[index]
		}
		select {
		case <-c.told:
		case <-deadline.C:
			c.t.Fatalf("payment %s stays %+v; worker %+v; %d requests", id, p.Notices[index], c.worker.Status(), len(c.platform.Requests()))
		}
	}
}

// rests waits until the worker has nothing to do: the last end may still be on its way to its loop.
func (c *counter) rests() {
	c.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(longest); c.worker.Status().Waiting > 0; <-tick.C {
		if time.Now().After(deadline) {
			c.t.Fatalf("status %+v", c.worker.Status())
		}
	}
}

func is(r ledger.Registration) func(ledger.Notice) bool {
	return func(n ledger.Notice) bool { return n.Registration == r }
}

// cases returns the causes of a payment's open cases.
func (c *counter) cases(id string) (causes []string) {
	c.t.Helper()
	all, err := c.ledger.Cases(false)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, k := range all {
		if k.PaymentID == id {
			causes = append(causes, k.Cause.Code)
		}
	}
	return causes
}

func (c *counter) wantCase(id, cause string) {
	c.t.Helper()
	if got := c.cases(id); len(got) != 1 || got[0] != cause {
		c.t.Errorf("payment %s: cases %q, want %q", id, got, cause)
	}
}

func TestRegistersWhatTheBankCharged(t *testing.T) {
	c := newCounter(t)
	id := c.pay(0, driver.Charged, true)
	n := c.until(id, is(ledger.RegDone))
	if n.ReceiptID == "" || n.ReceiptAt.IsZero() || len(c.cases(id)) != 0 {
		t.Errorf("%+v, cases %q", n, c.cases(id))
	}
	if items, err := c.ledger.Outbox(); err != nil || len(items) != 0 {
		t.Errorf("outbox %+v, %v", items, err)
	}
}

func TestPlatformAwayAndBack(t *testing.T) {
	c := newCounter(t)
	addr := c.platform.Addr()
	c.platform.Stop()
	ids := []string{c.pay(0, driver.Charged, true), c.pay(1, driver.Charged, true), c.pay(2, driver.Charged, true)}
	for i, id := range ids {
		if p, err := c.ledger.Payment(id); err != nil || p.Notices[0].Registration != ledger.RegAwaiting {
			t.Errorf("payment %d: %+v, %v", i, p.Notices, err)
		}
	}
	if err := c.platform.SetRules(
		govpaytest.Rule{On: "ricevute", Do: "html", Times: 2}, govpaytest.Rule{On: "ricevute", Do: "html", Status: 502, Times: 2},
		govpaytest.Rule{On: "ricevute", Do: "cut", Times: 1}, govpaytest.Rule{On: "ricevute", Do: "wrong_json", Times: 1},
		govpaytest.Rule{On: "ricevuta", Do: "down", Times: 2}, govpaytest.Rule{On: "ricevute", Do: "slow", DelayMS: 60_000, Times: 1},
		govpaytest.Rule{On: "ricevute", Do: "redirect", Times: 1}, govpaytest.Rule{On: "ricevuta", Do: "status", Status: 503, Times: 2},
	); err != nil {
		t.Fatal(err)
	}
	if err := c.platform.Start(addr); err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		c.until(id, is(ledger.RegDone))
	}
	c.rests()
}

func TestReceiptsThatAreNotOurs(t *testing.T) {
	for name, x := range map[string]struct {
		receipt govpaytest.Receipt
		to      ledger.Registration
		cause   string
	}{
		"another provider": {govpaytest.Receipt{Provider: govpaytest.OtherProvider}, ledger.RegElse, "paid_elsewhere"},
		"another channel": {govpaytest.Receipt{Provider: govpaytest.Provider{ID: "CIPBITMM", TaxCode: "13212880150", Name: "Nexi", Channel: "13212880150_07"}},
			ledger.RegHeld, "channel_unproven"},
		"another amount": {govpaytest.Receipt{Cents: 9999}, ledger.RegHeld, "receipt_amount"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCounter(t, func(o *Options) { o.ReceiptDue = time.Millisecond })
			id := c.pay(0, driver.Charged, false)
			if err := c.platform.AddReceipt(comune, notice(0), govpaytest.Receipt{Outcome: govpaytest.OutcomeNotPaid}); err != nil {
				t.Fatal(err)
			}
			if err := c.platform.AddReceipt(comune, notice(0), x.receipt); err != nil {
				t.Fatal(err)
			}
			if n := c.until(id, is(x.to)); n.Reason.Code != x.cause || n.ReceiptID == "" {
				t.Errorf("%+v", n)
			}
			c.wantCase(id, x.cause)
		})
	}
}

// TestNotChargedButReceipt: the watch opens a case and flips nothing.
func TestNotChargedButReceipt(t *testing.T) {
	c := newCounter(t)
	id := c.pay(0, driver.NotCharged, false)
	if err := c.platform.Charge(comune, notice(0), 10000, time.Now()); err != nil {
		t.Fatal(err)
	}
	c.until(id, func(n ledger.Notice) bool { return n.ReceiptID != "" })
	c.wantCase(id, "receipt_uncharged")
	p, err := c.ledger.Payment(id)
	if err != nil || p.State != ledger.NotCharged || p.Notices[0].Registration != ledger.RegNone {
		t.Errorf("%+v, %v", p, err)
	}
	if items, err := c.ledger.Outbox(); err != nil || len(items) != 0 {
		t.Errorf("outbox %+v, %v", items, err)
	}
}

// TestUnknownAndItsReceipt: the receipt presets charged and bars not charged; proven charged, the payment
// is registered by that receipt.
func TestUnknownAndItsReceipt(t *testing.T) {
	c := newCounter(t)
	earlier := c.pay(0, driver.NotCharged, false)
	id := c.pay(0, driver.Unknown, false)
	if err := c.platform.Charge(comune, notice(0), 10000, time.Now()); err != nil {
		t.Fatal(err)
	}
	receipt := c.until(id, func(n ledger.Notice) bool { return n.ReceiptID != "" }).ReceiptID
	c.wantCase(id, "receipt_uncharged")
	conclude := func(v driver.Verdict) ledger.Payment {
		t.Helper()
		p, err := c.ledger.Conclude(id, ledger.Conclusion{Outcome: driver.Outcome{Verdict: v, Reason: driver.Reason{Code: "by_evidence"}}})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	if p := conclude(driver.NotCharged); p.State != ledger.Unknown || p.Preset != driver.Charged || !p.NeedsPeople {
		t.Fatalf("%+v", p)
	}
	if s, err := c.ledger.Notice(comune, notice(0)); err != nil || s.Holder != id {
		t.Errorf("%+v, %v", s, err)
	}
	conclude(driver.Charged)
	if n := c.until(id, is(ledger.RegDone)); n.ReceiptID != receipt {
		t.Errorf("%+v", n)
	}
	for whose, p := range map[string]string{"the earlier attempt": earlier, "what the receipt belongs to": id} {
		if got := c.cases(p); len(got) != 0 {
			t.Errorf("%s has cases %q", whose, got)
		}
	}
}

// TestThreeWithoutReceipt: over a real ledger and platform three charges that the provider does not
// report stop the terminal; the receipts let it go on.
func TestThreeWithoutReceipt(t *testing.T) {
	c := newCounter(t, func(o *Options) { o.ReceiptDue = 50 * time.Millisecond })
	state := func() ledger.TerminalState {
		t.Helper()
		s, err := c.ledger.Terminal("cassa1")
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	var ids []string
	for i := range 3 {
		if s := state(); s.Stopped != "" {
			t.Fatalf("stopped by %d: %+v", i, s)
		}
		id := c.pay(i, driver.Charged, false)
		c.until(id, func(n ledger.Notice) bool { return n.Reason.Code == ledger.ReasonReceiptLate })
		ids = append(ids, id)
	}
	if s := state(); s.Stopped == "" || len(s.Late) != 3 || s.Proven {
		t.Fatalf("%+v", s)
	}
	for i, id := range ids {
		if err := c.platform.Charge(comune, notice(i), 10000, time.Now()); err != nil {
			t.Fatal(err)
		}
		c.until(id, is(ledger.RegDone))
		if s := state(); s.Stopped != "" || !s.Proven || len(s.Late) != 2-i {
			t.Errorf("after receipt %d: %+v", i, s)
		}
	}
	if cases, err := c.ledger.Cases(false); err != nil || len(cases) != 0 {
		t.Errorf("%+v, %v", cases, err)
	}
}

// TestPaidTwiceOnARealPlatform: what comes after the registration is a case of two people, and the notice stays
// registered.
func TestPaidTwiceOnARealPlatform(t *testing.T) {
	for name, x := range map[string]struct {
		receipt govpaytest.Receipt
		cause   string
	}{
		"ours once more":   {govpaytest.Receipt{}, "receipt_twice"},
		"another provider": {govpaytest.Receipt{Provider: govpaytest.OtherProvider}, "paid_elsewhere"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCounter(t, func(o *Options) { o.SecondLook = 300 * time.Millisecond })
			id := c.pay(0, driver.Charged, true)
			first := c.until(id, is(ledger.RegDone))
			if err := c.platform.AddReceipt(comune, notice(0), x.receipt); err != nil {
				t.Fatal(err)
			}
			n := c.until(id, func(n ledger.Notice) bool { return n.Reason.Code != "" })
			if n.Registration != ledger.RegDone || n.ReceiptID != first.ReceiptID || n.Reason.Code != x.cause {
				t.Errorf("%+v", n)
			}
			c.wantCase(id, x.cause)
			if all, err := c.ledger.Cases(false); err != nil || len(all) != 1 || !all[0].NeedsTwo || all[0].Evidence == "" {
				t.Errorf("%+v %v", all, err)
			}
		})
	}
}
