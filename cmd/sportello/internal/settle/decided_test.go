package settle

import (
	"testing"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/govpay/govpaytest"
)

// refund proposes on a payment's only case that it be given back.
func (c *counter) refund(id string) ledger.Case {
	c.t.Helper()
	all, err := c.ledger.Cases(false)
	if err != nil || len(all) != 1 || all[0].PaymentID != id {
		c.t.Fatalf("%+v %v", all, err)
	}
	k, err := c.ledger.ProposeEnding(all[0].ID, all[0].Seq, ledger.Proposal{Ending: ledger.EndingRefunded, Note: "bonifico", By: "anna"})
	if err != nil {
		c.t.Fatal(err)
	}
	return k
}

func (c *counter) sign(k ledger.Case, accept bool) {
	c.t.Helper()
	if _, err := c.ledger.CountersignEnding(k.ID, k.Seq, "capo", accept); err != nil {
		c.t.Fatal(err)
	}
}

// TestDeclinedRefundGoesOn: while one person proposes to give a charge back nothing is submitted; when the other turns
// that down it is, at once.
func TestDeclinedRefundGoesOn(t *testing.T) {
	c := &counter{t: t, told: make(chan string, 1000)}
	c.open()
	l, err := ledger.Open(t.TempDir(), ledger.Options{Installation: "A1", BallastBytes: -1})
	if err != nil {
		t.Fatal(err)
	}
	id := chargeAt(t, l, 1, true, 0)
	if _, err := l.OpenCase(ledger.Case{PaymentID: id, Cause: driver.Reason{Code: "awaiting_confirmation"}}); err != nil {
		t.Fatal(err)
	}
	c.ledger = l
	k := c.refund(id)
	c.take(l, func(o *Options) { o.SlowPause = time.Hour })
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	waits := func() bool {
		all := c.worker.Items()
		return len(all) == 1 && all[0].Tries > 0 && !all[0].Running && time.Until(all[0].NextTry) > 50*time.Minute
	}
	for deadline := time.Now().Add(30 * time.Second); !waits(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("%+v", c.worker.Items())
		}
	}
	if n := posts(c.platform); n != 0 {
		t.Fatalf("%d calls while a refund is proposed", n)
	}
	c.sign(k, false)
	c.worker.Decided(id)
	c.until(id, is(ledger.RegDone))
}

// TestRefundOfWhatWaitedForPeople: a notice that had left the outbox is given back; the receipt that comes afterwards is
// a case, in the same process and after a start.
func TestRefundOfWhatWaitedForPeople(t *testing.T) {
	for _, restart := range []bool{false, true} {
		c := newCounter(t, func(o *Options) { o.ReceiptDue = time.Millisecond })
		id := c.pay(0, driver.Charged, false)
		if err := c.platform.AddReceipt(comune, notice(0), govpaytest.Receipt{Cents: 9999}); err != nil {
			t.Fatal(err)
		}
		c.until(id, is(ledger.RegHeld))
		k := c.refund(id)
		if restart {
			c.worker.Close()
		}
		c.sign(k, true)
		if restart {
			o := c.worker.o
			w, err := New(o)
			if err != nil {
				t.Fatal(err)
			}
			c.worker = w
			w.Start()
			t.Cleanup(w.Close)
		} else {
			c.worker.Decided(id)
		}
		if err := c.platform.AddReceipt(comune, notice(0), govpaytest.Receipt{Provider: govpaytest.DefaultProvider}); err != nil {
			t.Fatal(err)
		}
		c.until(id, func(ledger.Notice) bool { return len(c.cases(id)) > 0 })
		c.wantCase(id, "receipt_after_reversal")
	}
}
