package till

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"sportello/protocol/local"
)

// TestRestoreEndNeedsTwoAlsoLater: an ending that was proposed while the platform could not be read is not signed by who
// proposed it, nor by anybody when the process is new, or the platform has been read meanwhile.
func TestRestoreEndNeedsTwoAlsoLater(t *testing.T) {
	var l *listing
	bubble(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		w.charged("r1", 1)
		copy := w.copyNow()
		w.charged("r2", 2)
		stan := w.terminals[0].read().numbers
		l.away = true
		w.fallsBack(copy)
		restore := w.status().Case
		time.Sleep(gatePatience + gateEvery)
		if err := w.bring("cassa1", 2, stan); err != nil {
			t.Fatal(err)
		}
		if err := w.closeGap("cassa1"); err != nil {
			t.Fatal(err)
		}
		c, err := w.ledger.Case(restore)
		if err != nil {
			t.Fatal(err)
		}
		k, err := w.till.EndCase(ctx, chief, c.ID, local.EndingRequest{Seq: c.Seq, Ending: local.EndingClosed, Proof: "lista"})
		if err != nil || k.Ended != nil {
			t.Fatalf("%+v %v", k, err)
		}
		sign := func(op local.Operator) error {
			_, err := w.till.CountersignCase(ctx, op, k.ID, local.CountersignRequest{EvidenceSeq: k.Seq, Accept: true})
			return err
		}
		wantCode(t, sign(chief), local.CodeSamePerson)
		_, err = w.pay(request("r3", "cassa1", notice(3)))
		wantCode(t, err, local.CodeRestorePlatform)
		w.restart()
		synctest.Wait()
		err = sign(second)
		t.Logf("after a start: %v", err)
		if err == nil {
			t.Fatal("signed by a process that has not tried")
		}
		_, err = w.pay(request("r3", "cassa1", notice(3)))
		if err == nil {
			t.Fatal("open")
		}
		time.Sleep(gatePatience + gateEvery)
		if err := sign(second); err != nil {
			t.Fatal(err)
		}
		w.restart()
		synctest.Wait()
		if w.till.Restoring() {
			t.Error("closed again by a start")
		}
	}, withReceipts, func(w *world) { l = listed(w) })
}
