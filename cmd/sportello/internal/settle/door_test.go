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

// TestTurnedAwayByAnother: an answer that is not in the platform's words may be that of whoever stands before it, and the
// platform at work on the call all the same: a look counts only after its time (design 3.8). So with TLS that was ended
// over a certificate when a connection was there.
func TestTurnedAwayByAnother(t *testing.T) {
	for name, f := range map[string]*govpay.Fault{
		"401": {Outcome: govpay.OutcomeUnauthorized, Status: 401, Sent: true},
		"404": {Outcome: govpay.OutcomeWrongBaseURL, Status: 404, Sent: true},
		"407": {Outcome: govpay.OutcomeUnavailable, Status: 407, Sent: true},
		"tls": {Outcome: govpay.OutcomeUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			atWork(t, func(t *testing.T, w *world, _ *Worker) {
				w.script(step{fault: f, record: govpay.PaymentRunning, attempt: govpay.AttemptAccepted, after: 290 * time.Second})
				w.charge("P1", noticeA)
				time.Sleep(3 * time.Hour)
				if got := w.called(); len(got) != 1 || w.registration("P1") != ledger.RegAwaiting {
					t.Errorf("called at %v, %q", got, w.registration("P1"))
				}
			})
		})
	}
}
