package settle

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/govpay/govpaytest"
)

// chargeAt writes a charge of settlement "platform" over debts into a ledger.
func chargeAt(t testing.TB, l *ledger.Ledger, number int, acked bool, debts ...int) string {
	t.Helper()
	stan := fmt.Sprintf("%06d", number)
	in := ledger.Intent{Payment: ledger.Payment{RequestID: "req" + stan, Reference: "RIFA1" + stan, Settlement: ledger.SettlementPlatform,
		Terminal: "cassa1", AmountCents: 10000 * int64(len(debts)), Operator: "op1"}}
	for _, i := range debts {
		in.Notices = append(in.Notices, ledger.Notice{Creditor: comune, Number: notice(i), Position: "TRIBUTI/" + notice(i), AmountCents: 10000})
		in.Descriptions = append(in.Descriptions, "TARI")
	}
	p, err := l.Intend(in)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Conclude(p.ID, ledger.Conclusion{RawResult: []byte("result " + stan), Outcome: driver.Outcome{Verdict: driver.Charged,
		Reason: driver.Reason{Code: "approved"}, Charge: &driver.Charge{TerminalID: "12345678", STAN: stan, AuthCode: "ABC123", AmountCents: in.AmountCents, HostTime: time.Now()}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Aftermath(p.ID, driver.Aftermath{Acked: acked}); err != nil {
		t.Fatal(err)
	}
	return p.ID
}

func (c *counter) charge(debts ...int) string {
	c.number++
	return chargeAt(c.t, c.ledger, c.number, true, debts...)
}

// posts counts the calls of POST /pagamenti that reached the platform.
func posts(p *govpaytest.Server) (n int) {
	for _, r := range p.Requests() {
		if r.Method == "POST" && strings.Contains(r.Path, "/pagamenti") {
			n++
		}
	}
	return n
}

// paid counts how often a debt was paid, by the platform's own book.
func paid(p *govpaytest.Server, debt int) (n int) {
	for _, a := range p.Attempts(comune, notice(debt)) {
		if a.Outcome == govpaytest.OutcomePaid {
			n++
		}
	}
	return n
}

// settles waits until a charge is left alone, or has been looked at so often that another call would have been made.
func (c *counter) settles() {
	c.t.Helper()
	looks := func() (n int) {
		for _, r := range c.platform.Requests() {
			if strings.Contains(r.Path, "idSessionePortale") && r.Method == "GET" {
				n++
			}
		}
		return n
	}
	first := looks()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(longest); time.Now().Before(deadline); <-tick.C {
		if s := c.worker.Status(); s.Waiting == 0 || s.Stopped && s.NextTry.IsZero() || looks() > first+20 {
			return
		}
	}
	c.t.Fatalf("%+v, %d looks", c.worker.Status(), looks()-first)
}

// TestSubmissionFaults: every fault of a submission over real HTTP. The platform's own book says how often
// each debt was settled: never twice, and never lost: registered, or a case.
func TestSubmissionFaults(t *testing.T) {
	rule := func(do string, change ...func(*govpaytest.Rule)) []govpaytest.Rule {
		r := govpaytest.Rule{On: "pagamenti", Do: do, Times: 1}
		for _, f := range change {
			f(&r)
		}
		return []govpaytest.Rule{r}
	}
	nodo := func(code string, arrived bool) []govpaytest.Rule {
		return rule("nodo", func(r *govpaytest.Rule) { r.Code, r.Arrived = code, arrived })
	}
	status := func(n int, code string) []govpaytest.Rule {
		return rule("status", func(r *govpaytest.Rule) { r.Status, r.Code = n, code })
	}
	times := func(rs []govpaytest.Rule, n int) []govpaytest.Rule { rs[0].Times = n; return rs }
	type row struct {
		name   string
		rules  []govpaytest.Rule
		debt   func(*govpaytest.Debt)
		before func(*counter)
		posts  int // exactly
		end    ledger.Registration
		paid   int
		cause  string // of an open case; "": none is open
	}
	registered := func(name string, rules []govpaytest.Rule, posts int) row {
		return row{name: name, rules: rules, posts: posts, end: ledger.RegDone, paid: 1}
	}
	for _, x := range []row{
		registered("taken", nil, 1),
		registered("down before the work", rule("down"), 2),
		registered("lost after the work", rule("lost"), 1),
		registered("cut after the work", rule("cut"), 1),
		registered("a proxy in front", rule("slow", func(r *govpaytest.Rule) { r.DelayMS = int(longest.Milliseconds()) }), 2),
		registered("slow inside: the work is done after we gave up", rule("late", func(r *govpaytest.Rule) { r.DelayMS = int(beyond.Milliseconds()) }), 1),
		registered("a page for a success", rule("html"), 2),
		registered("a page for an error", rule("html", func(r *govpaytest.Rule) { r.Status = 502 }), 2),
		registered("an answer without its id", rule("wrong_json"), 2),
		registered("500 without a code", status(500, ""), 2),
		registered("500 INTERNAL", status(500, "INTERNAL"), 2),
		registered("503", status(503, ""), 2),
		registered("401 in the middle", status(401, ""), 2),
		registered("owner down", rule("owner_down"), 2),
		registered("PPT_CANALE_IRRAGGIUNGIBILE", nodo("PPT_CANALE_IRRAGGIUNGIBILE", false), 2),
		registered("PPT_CANALE_TIMEOUT", nodo("PPT_CANALE_TIMEOUT", false), 2),
		registered("PPT_SYSTEM_ERROR four times", times(nodo("PPT_SYSTEM_ERROR", false), 4), 5),
		registered("PPT_PSP_SCONOSCIUTO, mended", nodo("PPT_PSP_SCONOSCIUTO", false), 2),
		registered("403, mended", status(403, "403000"), 2),
		registered("PAA_NODO_INDISPONIBILE and pagoPA has it", nodo("PAA_NODO_INDISPONIBILE", true), 1),
		registered("PAA_NODO_INDISPONIBILE and it has not", nodo("PAA_NODO_INDISPONIBILE", false), 2),
		{name: "PAA_NODO_INDISPONIBILE twice", rules: times(nodo("PAA_NODO_INDISPONIBILE", false), 2), posts: 2, end: ledger.RegSubmit, cause: "submission_unsure"},
		{name: "id 0", rules: rule("id_zero"), posts: 1, end: ledger.RegSubmit, cause: "submission_wrong_setup"},
		{name: "redirect to Checkout", rules: rule("checkout_redirect"), posts: 1, end: ledger.RegSubmit, cause: "submission_wrong_setup"},
		{name: "redirect to a login", rules: rule("redirect"), posts: 1, end: ledger.RegSubmit, cause: "submission_wrong_setup"},
		{name: "expired meanwhile", debt: func(d *govpaytest.Debt) { d.Due = "2020-01-01" }, posts: 1, end: ledger.RegRejected, cause: "submission_refused"},
		{name: "withdrawn by its owner", debt: func(d *govpaytest.Debt) { d.Owner = govpaytest.OwnerCancelled }, posts: 1, end: ledger.RegRejected, cause: "submission_refused"},
		{name: "a share for another body", debt: func(d *govpaytest.Debt) { d.OtherCreditor = "80000000001" }, posts: 1, end: ledger.RegRejected, cause: "submission_refused"},
		{name: "somebody's cart in the way", debt: func(d *govpaytest.Debt) { d.Pending = govpaytest.VersionCart }, posts: 1, end: ledger.RegSubmit},
		{name: "paid by others before", before: func(c *counter) {
			if err := c.platform.AddReceipt(comune, notice(0), govpaytest.Receipt{Provider: govpaytest.OtherProvider}); err != nil {
				c.t.Fatal(err)
			}
		}, posts: 1, end: ledger.RegElse, paid: 1, cause: "paid_elsewhere"},
		{name: "refused by the provider", rules: []govpaytest.Rule{{On: "booking", Do: "refused", Times: 1}}, posts: 1, end: ledger.RegRejected, cause: "submission_refused"},
	} {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			wait := time.Duration(0)
			if len(x.rules) > 0 && x.rules[0].DelayMS > 0 {
				wait = hasty
			}
			c := newCounterWaiting(t, wait, func(o *Options) {
				if wait > 0 { // beyond, and as much more as a busy machine may need
					o.SubmitWindow, o.SendErrorWait = 5*time.Second, 5500*time.Millisecond
				}
			})
			if x.debt != nil {
				d := govpaytest.Debt{Creditor: comune, Notice: notice(0), Cents: 10000, Reason: "TARI"}
				x.debt(&d)
				if err := c.platform.AddDebt(d); err != nil {
					t.Fatal(err)
				}
			}
			if x.before != nil {
				x.before(c)
			}
			if err := c.platform.SetRules(x.rules...); err != nil {
				t.Fatal(err)
			}
			id := c.charge(0)
			n := c.until(id, func(n ledger.Notice) bool {
				return n.Registration == x.end && (x.cause == "" || len(c.cases(id)) > 0)
			})
			if x.end != ledger.RegDone {
				c.settles() // it must not be submitted again, nor go anywhere else
				n = c.until(id, is(x.end))
			}
			if got := posts(c.platform); got != x.posts {
				t.Errorf("%d calls of POST /pagamenti, want %d", got, x.posts)
			}
			if got := paid(c.platform, 0); got != x.paid {
				t.Errorf("paid %d times, want %d", got, x.paid)
			}
			if causes := c.cases(id); x.cause == "" && len(causes) > 0 || x.cause != "" && !slices.Equal(causes, []string{x.cause}) {
				t.Errorf("cases %q, want %q", causes, x.cause)
			}
			if x.end == ledger.RegDone && (n.ReceiptID == "" || n.ReceiptID != n.AttemptCode) {
				t.Errorf("%+v", n)
			}
		})
	}
}

// TestCartOverHTTP: five notices are one submission and five receipts; the PDF of each is kept.
func TestCartOverHTTP(t *testing.T) {
	c := newCounter(t)
	id := c.charge(0, 1, 2, 3, 4)
	deadline := time.Now().Add(longest)
	for {
		p, err := c.ledger.Payment(id)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(p.Notices, func(n ledger.Notice) bool { return n.Registration != ledger.RegDone || !n.HasPDF || !n.HasReceipt }) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%+v", p.Notices)
		}
		<-c.told
	}
	for i := range 5 {
		if got := paid(c.platform, i); got != 1 {
			t.Errorf("debt %d: paid %d times", i, got)
		}
	}
	if got := posts(c.platform); got != 1 {
		t.Errorf("%d calls", got)
	}
}

// TestCartWithABadNoticeOverHTTP: the one that the platform will never take is somebody's; the others are
// submitted without it, and registered, each once.
func TestCartWithABadNoticeOverHTTP(t *testing.T) {
	c := newCounter(t)
	if err := c.platform.AddDebt(govpaytest.Debt{Creditor: comune, Notice: notice(1), Cents: 10000, Reason: "TARI", Due: "2020-01-01"}); err != nil {
		t.Fatal(err)
	}
	id := c.charge(0, 1, 2)
	c.untilNotice(id, 1, is(ledger.RegRejected))
	for _, i := range []int{0, 2} {
		c.untilNotice(id, i, is(ledger.RegDone))
		if n := paid(c.platform, i); n != 1 {
			t.Errorf("notice %d was paid %d times", i, n)
		}
	}
	if n := posts(c.platform); n != 2 || paid(c.platform, 1) != 0 {
		t.Errorf("%d calls, the bad notice paid %d times", n, paid(c.platform, 1))
	}
	c.wantCase(id, "submission_refused")
	if k, err := c.ledger.Cases(false); err != nil || len(k) != 1 || !slices.Equal(k[0].Notices, []int{1}) {
		t.Errorf("%v %+v", err, k)
	}
}

// TestChannelConfirmed: what is held for its channel is registered when a supervisor confirms it, and the
// case ends by itself.
func TestChannelConfirmed(t *testing.T) {
	c := newCounter(t)
	id := c.pay(0, driver.Charged, false)
	other := govpaytest.DefaultProvider
	other.Channel = "13212880150_07"
	if err := c.platform.AddReceipt(comune, notice(0), govpaytest.Receipt{Provider: other}); err != nil {
		t.Fatal(err)
	}
	c.until(id, is(ledger.RegHeld))
	c.wantCase(id, "channel_unproven")
	if _, err := c.ledger.ConfirmChannel("cassa1", other.Channel, "capo"); err != nil {
		t.Fatal(err)
	}
	c.until(id, is(ledger.RegDone))
	if causes := c.cases(id); len(causes) > 0 {
		t.Errorf("cases %q", causes)
	}
}

// TestRefundedAndThenTheReceipt: two people give back what has no receipt; the one that comes afterwards is a case.
func TestRefundedAndThenTheReceipt(t *testing.T) {
	c := newCounter(t, func(o *Options) {
		o.ReceiptDue = time.Millisecond
		o.FlowDue = func(p ledger.Payment) time.Time { return p.SentAt.Add(10 * time.Millisecond) }
	})
	id := c.pay(0, driver.Charged, false)
	c.until(id, func(ledger.Notice) bool { return len(c.cases(id)) > 0 })
	c.wantCase(id, "receipt_missing")
	cases, err := c.ledger.Cases(false)
	if err != nil {
		t.Fatal(err)
	}
	k, err := c.ledger.ProposeEnding(cases[0].ID, cases[0].Seq, ledger.Proposal{Ending: ledger.EndingRefunded, Note: "bonifico", By: "anna"})
	if err == nil {
		_, err = c.ledger.CountersignEnding(k.ID, k.Seq, "capo", true)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := c.platform.AddReceipt(comune, notice(0), govpaytest.Receipt{Provider: govpaytest.DefaultProvider}); err != nil {
		t.Fatal(err)
	}
	n := c.until(id, func(ledger.Notice) bool { return len(c.cases(id)) > 0 })
	c.wantCase(id, "receipt_after_reversal")
	if n.Registration != ledger.RegClosed || !n.Refunded || n.ReceiptID == "" {
		t.Errorf("%+v", n)
	}
}
