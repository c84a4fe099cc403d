package settle

import (
	"slices"
	"sync"
	"testing"
	"time"

	"sportello/cmd/sportello/internal/ledger"
)

// TestBegunDuringTheQuestion: while the platform is slow over the watch of an attempt that was declined, the citizen pays
// with another card, and the answer has that charge's receipt already. It is the second attempt's, not a case of the first.
func TestBegunDuringTheQuestion(t *testing.T) {
	for _, state := range []ledger.State{ledger.Charged, ledger.Unknown} {
		t.Run(string(state), func(t *testing.T) {
			atWork(t, func(t *testing.T, w *world, _ *Worker) {
				w.add("P1", noticeA, ledger.NotCharged)
				var once sync.Once
				w.failWith(func(string) error {
					once.Do(func() {
						w.add("P2", noticeA, state)
						w.give(iuvA, rec("a"))
					})
					return nil
				})
				time.Sleep(20 * time.Second) // the first look is at 15
				if state == ledger.Unknown {
					w.concluded("P2", ledger.Charged)
				}
				time.Sleep(20 * time.Minute)
				ofFirst := slices.ContainsFunc(w.wrote(), func(c ledger.RegistrationChange) bool { return c.PaymentID == "P1" })
				if got := w.registration("P2"); got != ledger.RegDone || ofFirst {
					t.Errorf("%q, writes %+v", got, w.wrote())
				}
			})
		})
	}
}
