package settle

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/protocol/govpay"
)

// unhurried is a ledger that is read after each look only, as one is whose reading takes long.
type unhurried struct{ books }

func (unhurried) OutboxChanged() <-chan struct{} { return nil }

// TestRejectedIsWatched: a notice that was refused is watched for our own receipt at once, not by the luck of who is
// heard first. Where somebody else's receipt has come beside it the citizen has paid twice: that is a case of its own,
// for the refusal's ends with our receipt.
func TestRejectedIsWatched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.charge("P1", notice(1), notice(2))
		k := w.worker(func(o *Options) { o.Ledger = unhurried{books{w}} })
		defer k.Close()
		time.Sleep(time.Hour)
		w.paidPart(0)
		time.Sleep(time.Hour)
		if n := w.notices("P1"); n[0].Registration != ledger.RegDone || n[1].Registration != ledger.RegRejected {
			t.Fatalf("%+v", n)
		}
		w.becomes(1, govpay.PaymentPartial, func(k int, a *govpay.Attempt) {
			if k == 1 {
				a.State, a.Proof = govpay.AttemptReceipt, &govpay.Proof{Result: govpay.ResultPaid, ReceiptID: a.Code, Cents: 10000}
				w.receipts[a.IUV] = []govpay.Receipt{rec(a.Code), rec("altra", psp("ALTRO"))}
			}
		})
		time.Sleep(2 * time.Hour)
		if n := w.notices("P1")[1]; n.Registration != ledger.RegDone {
			t.Errorf("not watched: %+v", n)
		}
		if got := w.causes(); !slices.Contains(got, "paid_elsewhere") {
			t.Errorf("paid twice, and nobody's: cases %v", got)
		}
	})
}

// TestResubmittedIsNoLicence: what nobody may repeat by himself is not repeated because people had something submitted
// again: an attempt in a state that we do not know, of a record that is under way, or itself in such a state.
func TestResubmittedIsNoLicence(t *testing.T) {
	odd := []govpay.Attempt{{State: "IN_LAVORAZIONE", Code: "c"}}
	for state, want := range map[govpay.PaymentState]fate{
		govpay.PaymentRunning: fateAccepted, govpay.PaymentPaid: fateAccepted, govpay.PaymentPartial: fateAccepted, "SOSPESO": fateWorking,
		govpay.PaymentFailed: fateNobody, govpay.PaymentNotPaid: fateNobody, govpay.PaymentCancelled: fateNobody,
	} {
		if got := fateOf(govpay.Payment{State: state, Attempts: odd}, true, true); got != want {
			t.Errorf("%s: %d, want %d", state, got, want)
		}
	}
}
