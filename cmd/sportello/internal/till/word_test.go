package till

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/local"
)

// TestWordAfterEvidence: what evidence judged not charged, or not reversed, is listened to still, and the terminal's
// own word overturns it (design 3.9). What the terminal has said itself is not waited for again.
func TestWordAfterEvidence(t *testing.T) {
	byEvidence := driver.Outcome{Verdict: driver.NotCharged, Reason: driver.Reason{Code: string(local.CodeByEvidence)}}
	bubble(t, func(t *testing.T, w *world) {
		d := w.terminals[0]
		d.script(func(d *terminal) {
			d.word = func(context.Context, driver.Payment) driver.Outcome { return lost("") }
			d.resolve = finds(byEvidence)
		})
		p, err := w.pay(request("r1", "cassa1", notice(1)))
		if err != nil {
			t.Fatal(err)
		}
		w.wantState(p.ID, ledger.NotCharged)
		time.Sleep(time.Hour)
		d.speaks(d.approve(driver.Payment{AmountCents: price}))
		if _, err := w.act(clerk, "status"); err != nil {
			t.Fatal(err)
		}
		w.wantState(p.ID, ledger.Charged)
		if state, err := w.ledger.Notice(comune, notice(1)); err != nil || state.Holder != p.ID {
			t.Errorf("%+v %v", state, err)
		}
		cases, err := w.till.Cases(context.Background(), false)
		if err != nil || len(cases) != 1 || cases[0].Cause.Code != string(local.CodeLateCharge) {
			t.Errorf("%+v %v", cases, err)
		}
		w.steps.forget()
		if _, err := w.act(clerk, "status"); err != nil || w.steps.count("heard?") != 0 {
			t.Errorf("listened to again: %v %q", err, w.steps.all())
		}
	})
	bubble(t, func(t *testing.T, w *world) {
		d := w.terminals[0]
		refusal := d.decline(driver.Payment{})
		d.script(func(d *terminal) {
			d.word = func(context.Context, driver.Payment) driver.Outcome { return lost("") }
			d.late = &driver.Aftermath{Acked: true} // its own word
			d.resolve = finds(refusal)
		})
		p, err := w.pay(request("r1", "cassa1", notice(1)))
		if err != nil {
			t.Fatal(err)
		}
		w.wantState(p.ID, ledger.NotCharged)
		w.steps.forget()
		if _, err := w.act(clerk, "status"); err != nil || w.steps.count("heard?") != 0 {
			t.Errorf("listened to although it has spoken: %v %q", err, w.steps.all())
		}
	})
	bubble(t, func(t *testing.T, w *world) {
		d := w.terminals[0]
		p := w.charged("r1", 1)
		d.script(func(d *terminal) {
			d.ops.undo = func(context.Context) driver.Outcome { return lost("") }
			d.ops.resolveReversal = func(_ context.Context, r driver.Recorder) error {
				return r.Outcome(driver.Outcome{Verdict: driver.NotReversed, Reason: driver.Reason{Code: string(local.CodeByEvidence)}})
			}
		})
		if _, err := w.reverse(chief, p.ID); err != nil {
			t.Fatal(err)
		}
		w.wantState(p.ID, ledger.Charged)
		if !w.till.stations["cassa1"].leftWith(p.ID) {
			t.Error("the reversal's word is not listened to")
		}
	}, reversible)
}

// TestWordBehindARefusal: an approval that comes right behind the terminal's refusal overturns it, and only the newest
// refusal is listened to.
func TestWordBehindARefusal(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		d := w.terminals[0]
		d.script(func(d *terminal) {
			d.word = func(_ context.Context, p driver.Payment) driver.Outcome { return d.decline(p) }
		})
		first, err := w.pay(request("r1", "cassa1", notice(1)))
		if err != nil {
			t.Fatal(err)
		}
		w.wantState(first.ID, ledger.NotCharged)
		second, err := w.pay(request("r2", "cassa1", notice(2)))
		if err != nil {
			t.Fatal(err)
		}
		w.wantState(second.ID, ledger.NotCharged)
		station := w.till.stations["cassa1"]
		if station.leftWith(first.ID) || !station.leftWith(second.ID) {
			t.Errorf("listened to: %+v", station.left)
		}
		d.speaks(d.approve(driver.Payment{AmountCents: price}))
		if _, err := w.act(clerk, "status"); err != nil {
			t.Fatal(err)
		}
		w.wantState(second.ID, ledger.Charged)
		w.wantState(first.ID, ledger.NotCharged)
	})
}

// TestKnownResultsAfterAStart: what the ledger has had of the terminal is no news to the driver, which has
// forgotten it (driver.Payment.KnownResult).
func TestKnownResultsAfterAStart(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.receipts = true
		d := w.terminals[0]
		w.charged("r1", 1)
		old := d.read().memory
		d.script(func(d *terminal) {
			d.word = func(ctx context.Context, _ driver.Payment) driver.Outcome { <-ctx.Done(); return driver.Outcome{} }
		})
		done := w.payAside(context.Background(), request("r2", "cassa1", notice(2)))
		if a := <-done; a.err != nil {
			t.Fatal(a.err)
		}
		w.restart()
		synctest.Wait()
		a := d.read().attempts
		if len(a) != 1 || a[0].SameProcess || a[0].KnownResult == nil || !a[0].KnownResult(old, "000001") || a[0].KnownResult([]byte("new"), "000077") {
			t.Errorf("%+v", a)
		}
	})
}

// TestReversalOfADecidedCharge: people have decided the charge, not its reversal: of that the terminal is asked as of
// any other, now and after a start.
func TestReversalOfADecidedCharge(t *testing.T) {
	for _, off := range []bool{false, true} { // cannot be asked at once
		bubble(t, func(t *testing.T, w *world) {
			d := w.terminals[0]
			p := w.unknown("r1", 1, "")
			if _, err := w.till.Resolve(context.Background(), clerk, p.ID, local.ResolutionRequest{RequestID: "x",
				EvidenceSeq: p.EvidenceSeq, Answer: local.AnswerCharged, STAN: d.read().numbers}); err != nil {
				t.Fatal(err)
			}
			if _, err := w.countersign(chief, w.shown(p.ID), true); err != nil {
				t.Fatal(err)
			}
			w.wantState(p.ID, ledger.Charged)
			before := d.read().memory
			d.script(func(d *terminal) {
				d.ops.unacked = true
				d.ops.undo = func(context.Context) driver.Outcome {
					o := d.reversed()
					d.script(func(d *terminal) { d.memory, d.numbers, d.mute = before, "000001", off }) // it undoes it by itself
					return o
				}
			})
			if _, err := w.reverse(chief, p.ID); err != nil {
				t.Fatal(err)
			}
			w.wantState(p.ID, ledger.Reversed)
			if off {
				w.restart()
				synctest.Wait()
				d.script(func(d *terminal) { d.mute = false })
				_, _ = w.pay(request("r2", "cassa1", notice(2)))
			}
			cases, err := w.till.Cases(context.Background(), false)
			if err != nil || len(cases) != 1 || cases[0].PaymentID != p.ID || cases[0].Cause.Code != string(local.CodeChargeContradicted) {
				t.Errorf("off %t: %+v %v", off, cases, err)
			}
		}, reversible)
	}
}
