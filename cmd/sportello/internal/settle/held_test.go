package settle

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sportello/cmd/sportello/internal/ledger"
)

// TestHeld: while the gap of a restored ledger is open nothing is submitted: what it calls charged may have been
// submitted, or given back, since the copy. Afterwards a look comes first.
func TestHeld(t *testing.T) {
	within(t, func(t *testing.T, w *world) {
		w.charge("P1", notice(1))
		var held atomic.Bool
		held.Store(true)
		k := w.worker(func(o *Options) { o.Held = held.Load })
		defer k.Close()
		time.Sleep(3 * time.Hour)
		if got := w.made(); len(got) != 0 {
			t.Fatalf("submitted while the gap is open: %+v", got)
		}
		held.Store(false)
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if got := w.made(); len(got) != 1 || w.notices("P1")[0].Registration != ledger.RegAwaiting {
			t.Errorf("calls %+v, %+v", got, w.notices("P1"))
		}
	})
}
