package settle

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/protocol/govpay"
)

// TestWithdrawnIsToldAgain: a finding that the ledger could not take is told by the next look.
func TestWithdrawnIsToldAgain(t *testing.T) {
	within(t, func(t *testing.T, w *world) {
		w.change(func(p *portal) {
			p.positions = map[string]govpay.Position{noticeA: {State: govpay.StateCancelled, Cents: 10000}}
		})
		k := w.worker(func(o *Options) { o.FlowDue = func(p ledger.Payment) time.Time { return p.SentAt.Add(24 * time.Hour) } })
		defer k.Close()
		w.add("P1", noticeA, ledger.Charged)
		time.Sleep(20 * time.Minute)
		full := func(err error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.broken = err
		}
		full(errors.New("disk is full"))
		time.Sleep(20 * time.Minute)
		full(nil)
		time.Sleep(time.Hour)
		synctest.Wait()
		if got := w.causes(); !slices.Equal(got, []string{"notice_withdrawn"}) {
			t.Errorf("cases %v, debts %d", got, w.debts())
		}
	})
}
