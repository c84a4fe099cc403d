package till

import (
	"context"
	"errors"
	"testing"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/local"
)

// TestTooEarly: people are asked within seconds, while the card may be in the terminal still. That nothing
// happened they can say only when the quiet time has passed since the attempt's last sign, and from a start of
// the process anew; that it happened, or that nobody knows, at once.
func TestTooEarly(t *testing.T) {
	quietly := func(w *world) { w.quiet = 5 * time.Minute }
	tooEarly := func(t *testing.T, err error, seconds string) {
		t.Helper()
		wantCode(t, err, local.CodeResolutionTooEarly)
		var e *local.Error
		if !errors.As(err, &e) || e.Args[local.ArgSeconds] != seconds {
			t.Fatalf("%v; want %s seconds", err, seconds)
		}
	}
	bubble(t, func(t *testing.T, w *world) {
		p := w.unknown("r1", 1, "")
		_, err := w.resolve(clerk, p, local.AnswerNotCharged)
		tooEarly(t, err, "300")
		if again := w.shown(p.ID); again.Proposal != nil || again.EvidenceSeq != p.EvidenceSeq {
			t.Fatalf("%+v", again)
		}
		wantCode(t, w.till.early(ledger.Payment{ID: p.ID, Terminal: "cassa1"}, driver.NotReversed), local.CodeResolutionTooEarly)
		time.Sleep(4 * time.Minute)
		_, err = w.resolve(chief, p, local.AnswerNotCharged)
		tooEarly(t, err, "60")

		w.restart() // how long it was off nobody knows
		time.Sleep(time.Minute)
		_, err = w.resolve(clerk, w.shown(p.ID), local.AnswerNotCharged)
		tooEarly(t, err, "240")
		time.Sleep(4 * time.Minute)
		v, err := w.resolve(clerk, w.shown(p.ID), local.AnswerNotCharged)
		if err != nil || v.Proposal == nil {
			t.Fatalf("%+v %v", v, err)
		}

		w.restart()
		_, err = w.countersign(chief, w.shown(p.ID), true)
		tooEarly(t, err, "300")
		time.Sleep(5 * time.Minute)
		if _, err = w.countersign(chief, w.shown(p.ID), true); err != nil {
			t.Fatal(err)
		}
		w.wantState(p.ID, ledger.NotCharged)
		w.wantIdle()
	}, quietly)
	bubble(t, func(t *testing.T, w *world) {
		p := w.unknown("r1", 1, driver.Charged)
		if _, err := w.resolve(clerk, p, local.AnswerUnknown); err != nil {
			t.Fatal(err)
		}
		if _, err := w.resolve(clerk, w.shown(p.ID), local.AnswerCharged); err != nil {
			t.Fatal(err)
		}
		w.wantState(p.ID, ledger.Charged)
	}, quietly)
}

// TestTooEarlyShownAgain: what the terminal still shows while evidence is gathered is a sign, too.
func TestTooEarlyShownAgain(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		d := w.terminals[0]
		d.script(func(d *terminal) {
			d.word = func(context.Context, driver.Payment) driver.Outcome { return lost("") }
			d.resolve = func(_ context.Context, _ driver.Attempt, r driver.Recorder) error {
				time.Sleep(2 * time.Minute)
				r.Progress(driver.Progress{Phase: driver.PhaseCard})
				time.Sleep(time.Minute)
				r.Progress(driver.Progress{Phase: driver.PhaseVerifying})
				return r.Outcome(people)
			}
		})
		p, err := w.pay(request("r1", "cassa1", notice(1)))
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Minute)
		w.wantState(p.ID, ledger.Unknown)
		_, err = w.resolve(clerk, w.shown(p.ID), local.AnswerNotCharged)
		var e *local.Error
		if !errors.As(err, &e) || e.Code != local.CodeResolutionTooEarly || e.Args[local.ArgSeconds] != "240" {
			t.Fatalf("%+v", err)
		}
	}, func(w *world) { w.quiet = 5 * time.Minute })
}
