package settle

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/govpay"
	"sportello/protocol/govpay/govpaytest"
)

// TestWithdrawnWhileCharged: that the creditor has withdrawn a notice that is charged is a case, once, and the receipt
// that comes all the same registers it. The debt is looked at when its receipt is late, and when it is missing, not more.
func TestWithdrawnWhileCharged(t *testing.T) {
	for name, early := range map[string]bool{"before it is late": true, "later": false} {
		t.Run(name, func(t *testing.T) {
			within(t, func(t *testing.T, w *world) {
				withdrawn := func(p *portal) {
					p.positions = map[string]govpay.Position{noticeA: {State: govpay.StateCancelled, Cents: 10000}}
				}
				if early {
					w.change(withdrawn)
				}
				day := func(o *Options) { o.FlowDue = func(p ledger.Payment) time.Time { return p.SentAt.Add(24 * time.Hour) } }
				k := w.worker(day)
				w.add("P1", noticeA, ledger.Charged)
				time.Sleep(29 * time.Minute)
				if got := w.causes(); len(got) != 0 {
					t.Fatalf("cases %v before it is late", got)
				}
				time.Sleep(10 * time.Hour)
				w.change(withdrawn)
				time.Sleep(72 * time.Hour)
				synctest.Wait()
				want := []string{"notice_withdrawn", "receipt_missing"}
				if got := w.causes(); !slices.Equal(got, want) || w.debts() != 2 {
					t.Fatalf("cases %v, want %v; the debt was looked at %d times", got, want, w.debts())
				}
				k.Close()
				k = w.worker(day) // a start tells nothing twice
				defer k.Close()
				time.Sleep(time.Hour)
				w.give(iuvA, rec("a"))
				time.Sleep(time.Hour)
				if got := w.causes(); !slices.Equal(got, want) || w.registration("P1") != ledger.RegDone {
					t.Errorf("cases %v, %q", got, w.registration("P1"))
				}
			})
		})
	}
}

// debts is how often a debt was looked at.
func (w *world) debts() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.portal.debts
}

// TestWithdrawnOnARealPlatform: over a real ledger and platform.
func TestWithdrawnOnARealPlatform(t *testing.T) {
	c := newCounter(t, func(o *Options) { o.ReceiptDue = 50 * time.Millisecond })
	if err := c.platform.AddDebt(govpaytest.Debt{Creditor: comune, Notice: notice(20), Cents: 10000, Reason: "TARI", State: govpaytest.StateCancelled}); err != nil {
		t.Fatal(err)
	}
	id := c.pay(20, driver.Charged, false)
	c.until(id, func(ledger.Notice) bool { return len(c.cases(id)) > 0 })
	c.wantCase(id, "notice_withdrawn")
	if err := c.platform.AddReceipt(comune, notice(20), govpaytest.Receipt{}); err != nil {
		t.Fatal(err)
	}
	c.until(id, is(ledger.RegDone))
	c.wantCase(id, "notice_withdrawn")
}
