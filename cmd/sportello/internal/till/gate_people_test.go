package till

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/govpay"
	"sportello/protocol/local"
)

// failing is a platform that lists a receipt and answers with an error of its own whenever it is asked for it.
type failing struct{ *listing }

func (failing) Receipt(context.Context, string, string, string) (govpay.Receipt, error) {
	return govpay.Receipt{}, &govpay.Fault{Operation: "ricevuta", Outcome: govpay.OutcomeUnavailable, Status: 500}
}

// TestRestoredBesideAFailingReceipt: one receipt that the platform never gives is asked for again and again, and then
// shown as it is listed: nobody has to wave anything through.
func TestRestoredBesideAFailingReceipt(t *testing.T) {
	var l *listing
	bubble(t, func(t *testing.T, w *world) {
		w.charged("r1", 1)
		copy := w.copyNow()
		l.has[notice(9)] = time.Now().Add(time.Minute)
		w.fallsBack(copy)
		time.Sleep(gateEvery * (detailReadings - 3))
		_, err := w.pay(request("r2", "cassa1", notice(2)))
		wantCode(t, err, local.CodeRestorePlatform)
		time.Sleep(gateEvery * 5)
		w.charged("r2", 2)
		all, err := w.till.Cases(context.Background(), true)
		if err != nil || len(all) != 1 || !strings.Contains(all[0].Proof, "non nel registro: 1.") {
			t.Errorf("%+v %v", all, err)
		}
	}, withReceipts, func(w *world) { l = listed(w); w.regional = failing{l} })
}

// TestRestoredWithoutThePlatform: where the platform cannot be read for half an hour two people end first the gap, then
// the restore, with their proof; nobody does before, nor one alone.
func TestRestoredWithoutThePlatform(t *testing.T) {
	var l *listing
	bubble(t, func(t *testing.T, w *world) {
		w.charged("r1", 1)
		copy := w.copyNow()
		w.charged("r2", 2)
		stan := w.terminals[0].read().numbers
		l.away = true
		w.fallsBack(copy)
		ends := func(id string) error {
			t.Helper()
			c, err := w.ledger.Case(id)
			if err != nil {
				t.Fatal(err)
			}
			k, err := w.till.EndCase(context.Background(), chief, c.ID, local.EndingRequest{Seq: c.Seq, Ending: local.EndingClosed, Proof: "lista dei movimenti"})
			if err == nil && k.Ended != nil {
				t.Error("one person has ended it")
			}
			if err == nil {
				_, err = w.till.CountersignCase(context.Background(), second, k.ID, local.CountersignRequest{EvidenceSeq: k.Seq, Accept: true})
			}
			return err
		}
		restore := w.status().Case
		wantCode(t, w.closeGap("cassa1"), local.CodeRestorePlatform)
		wantCode(t, ends(restore), local.CodeRestorePlatform)
		time.Sleep(gatePatience + gateEvery)
		wantCode(t, ends(restore), local.CodeRestoreGap) // first what was charged
		if err := w.bring("cassa1", 2, stan); err != nil {
			t.Fatal(err)
		}
		if err := w.closeGap("cassa1"); err != nil {
			t.Fatal(err)
		}
		_, err := w.pay(request("r3", "cassa1", notice(3)))
		wantCode(t, err, local.CodeRestorePlatform)
		if err := ends(restore); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		c, err := w.ledger.Case(restore)
		if err != nil || c.Ended.IsZero() || c.Proof != "lista dei movimenti" || !slices.Equal(c.EndedBy, []string{"capo", second.ID}) {
			t.Errorf("%+v %v", c, err)
		}
		if w.till.Restoring() {
			t.Error("it is still a copy")
		}
		l.set(func(l *listing) { l.away = false })
		w.restart()
		synctest.Wait()
		if _, err := w.act(chief, "adopt"); err != nil {
			t.Fatal(err)
		}
		_, err = w.pay(request("again", "cassa1", notice(2)))
		wantCode(t, err, local.CodeNoticeLocked)
		list, err := w.ledger.Payments(ledger.Query{})
		if err != nil || len(list) == 0 {
			t.Fatalf("%+v %v", list, err)
		}
		w.receipt(w.shown(list[0].ID))
		w.charged("r3", 3)
	}, withReceipts, func(w *world) { l = listed(w) })
}

// TestGapIsKnownAgain: what people have ended is not opened again by a start that tells it in other words.
func TestGapIsKnownAgain(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.charged("r1", 1)
		copy := w.copyNow()
		w.charged("r2", 2)
		stan := w.terminals[0].read().numbers
		w.terminals[1].script(func(d *terminal) { // keeps the gate closed
			d.status = func(context.Context) error { return &driver.Refusal{Kind: driver.ErrUnreachable} }
		})
		w.fallsBack(copy)
		if err := w.bring("cassa1", 2, stan); err != nil {
			t.Fatal(err)
		}
		if err := w.closeGap("cassa1"); err != nil {
			t.Fatal(err)
		}
		w.stop()
		w.open()
		w.till.o.Language = "en"
		if err := w.till.Start(); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if s := w.status(); s.Open || !s.Terminals[0].Read || s.Terminals[0].Case != "" {
			t.Errorf("%+v", s)
		}
	}, withTwo, withReceipts, func(w *world) { listed(w) })
}
