package till

import (
	"context"
	"strings"
	"testing"
	"time"

	"sportello/protocol/govpay"
)

// unreadable is a platform that lists a receipt and never gives it.
type unreadable struct{ *listing }

func (unreadable) Receipt(context.Context, string, string, string) (govpay.Receipt, error) {
	return govpay.Receipt{}, &govpay.Fault{Operation: "ricevuta", Outcome: govpay.OutcomePermanent, Status: 422}
}

// TestRestoredBesideAnUnreadableReceipt: one receipt that the platform lists and cannot give does not keep the counter
// closed for ever: it is shown as one that the ledger does not know.
func TestRestoredBesideAnUnreadableReceipt(t *testing.T) {
	var l *listing
	bubble(t, func(t *testing.T, w *world) {
		w.charged("r1", 1)
		copy := w.copyNow()
		l.has[notice(9)] = time.Now().Add(time.Minute)
		w.fallsBack(copy)
		time.Sleep(2 * gateEvery)
		if s := w.status(); !s.Open {
			t.Fatalf("%+v %+v", s, s.Reason)
		}
		all, err := w.till.Cases(context.Background(), true)
		if err != nil || len(all) != 1 || !strings.Contains(all[0].Proof, "non nel registro: 1.") {
			t.Errorf("%+v %v", all, err)
		}
		w.charged("r2", 2)
	}, withReceipts, func(w *world) { l = listed(w); w.regional = unreadable{l} })
}
