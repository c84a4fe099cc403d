package settle

import (
	"slices"
	"strings"
	"testing"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/protocol/govpay"
)

// TestDoorOpens: credentials that the platform does not take, which it says with a fault of its own (govpay 2.1), turn
// every question away. One charge tells it, and all go out when they are mended.
func TestDoorOpens(t *testing.T) {
	atWork(t, func(t *testing.T, w *world, k *Worker) {
		time.Sleep(time.Second)
		w.start = time.Now()
		shut := &govpay.Fault{Outcome: govpay.OutcomeUnauthorized, Status: 401, Categoria: "AUTORIZZAZIONE", Codice: "401", Sent: true}
		w.failWith(func(string) error { return shut })
		w.charge("P1", noticeA)
		time.Sleep(time.Minute)
		w.charge("P2", notice(2))
		time.Sleep(9 * time.Minute)
		if got := w.called(); len(got) != 1 || strings.Join(w.causes(), " ") != "submission_refused" || !k.Status().Away {
			t.Fatalf("called at %v, cases %v, %+v", got, w.causes(), k.Status())
		}
		w.failWith(nil)
		time.Sleep(2 * time.Minute) // the next probe is due within one
		if got := w.called(); len(got) != 3 || !slices.Equal([]ledger.Registration{w.registration("P1"), w.registration("P2")}, []ledger.Registration{ledger.RegAwaiting, ledger.RegAwaiting}) {
			t.Errorf("called at %v, %q, %q", got, w.registration("P1"), w.registration("P2"))
		}
	})
}
