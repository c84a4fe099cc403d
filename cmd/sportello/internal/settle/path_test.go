package settle

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/protocol/govpay"
)

// TestOnePathIsBroken: a page of HTML stands where submissions go, and receipts are answered as ever. What waits
// for its receipt is not held up, however much waits to be submitted.
func TestOnePathIsBroken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const each = 500
		w := newWorld(t)
		w.failWith(func(iuv string) error {
			if iuv == "" {
				return &govpay.Fault{Outcome: govpay.OutcomeNotJSON, Status: 502}
			}
			return nil
		})
		for i := range each {
			w.charge(fmt.Sprintf("S%03d", i), notice(i))
		}
		for i := range each {
			n := notice(each + i)
			w.add(fmt.Sprintf("T%03d", i), n, ledger.Charged)
			w.give(n[1:], rec(n, paidAt(time.Since(sentAt))))
		}
		k := w.worker()
		defer k.Close()
		registered := func() (n int) {
			for i := range each {
				if w.registration(fmt.Sprintf("T%03d", i)) == ledger.RegDone {
					n++
				}
			}
			return n
		}
		time.Sleep(5 * time.Minute)
		if n := registered(); n != each {
			t.Errorf("%d of %d registered after five minutes, %d questions; %+v", n, each, len(w.times()), k.Status())
		}
	})
}

// TestReceiptsAreBroken: the other way round, a charge is submitted while no receipt can be read.
func TestReceiptsAreBroken(t *testing.T) {
	within(t, func(t *testing.T, w *world) {
		w.failWith(func(iuv string) error {
			if iuv != "" {
				return &govpay.Fault{Outcome: govpay.OutcomeNotJSON, Status: 502}
			}
			return nil
		})
		for i := range 50 {
			w.add(fmt.Sprintf("T%03d", i), notice(i), ledger.Charged)
		}
		k := w.worker()
		defer k.Close()
		time.Sleep(time.Hour)
		w.charge("S", notice(50))
		time.Sleep(time.Second)
		if len(w.called()) != 1 || !k.Status().Away {
			t.Errorf("called at %v, %+v", w.called(), k.Status())
		}
		w.failWith(nil)
		time.Sleep(2 * time.Minute)
		if s := k.Status(); s.Away {
			t.Errorf("%+v", s)
		}
	})
}
