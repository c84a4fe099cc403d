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

// undecidedReversal is a reversal that people have been handed, of which the terminal has saved something since.
func (w *world) undecidedReversal() local.Payment {
	w.t.Helper()
	d := w.terminals[0]
	w.receipts = true
	w.charged("r0", 9) // the terminal is proven
	synctest.Wait()
	w.receipts = false
	p := w.charged("r1", 1)
	d.script(func(d *terminal) {
		d.ops.unacked = true
		d.ops.undo = func(context.Context) driver.Outcome { return lost("") }
		d.ops.resolveReversal = func(_ context.Context, r driver.Recorder) error {
			return r.Outcome(driver.Outcome{Verdict: driver.Unknown, Final: true, Reason: driver.Reason{Code: string(local.CodeReversalUnknown)}})
		}
	})
	if _, err := w.reverse(chief, p.ID); err != nil {
		w.t.Fatal(err)
	}
	w.wantState(p.ID, ledger.Reversing)
	if _, err := w.act(clerk, "free"); err != nil {
		w.t.Fatal(err)
	}
	d.script(func(d *terminal) { d.kind = "reversal" })
	d.sold()
	return p
}

// undoes makes the driver judge a reversal by what the terminal remembers.
func (d *terminal) undoes(verdict, preset driver.Verdict) {
	d.script(func(d *terminal) {
		d.ops.resolveReversal = func(_ context.Context, r driver.Recorder) error {
			raw := d.read().memory
			o := driver.Outcome{Verdict: verdict, Preset: preset, Final: verdict == driver.Unknown, Reason: driver.Reason{Code: string(local.CodeByEvidence)},
				Evidence: []driver.Evidence{{Kind: "last_result", At: time.Now(), Text: "saved result", Raw: raw}}}
			if verdict != driver.Unknown {
				o.Charge = &driver.Charge{STAN: d.read().numbers}
			}
			return r.Outcome(o)
		}
	})
}

// TestReversalJudgedAgain: what the terminal tells of a reversal after people were handed it is judged, wherever it is
// seen. Once it is known that the terminal holds it, the notice is free when the token's life is over.
func TestReversalJudgedAgain(t *testing.T) {
	for _, look := range []string{"status", "payment", "start"} {
		t.Run(look, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				p := w.undecidedReversal()
				w.terminals[0].undoes(driver.Reversed, "")
				switch look {
				case "payment":
					_, err := w.pay(request("r2", "cassa1", notice(2)))
					if e := refusal(t, err, local.CodeTerminalAwaited); e.Args[local.ArgPayment] != p.ID {
						t.Errorf("%+v", e)
					}
				case "start":
					w.restart()
				default:
					if _, err := w.act(clerk, look); err != nil {
						t.Error(err)
					}
				}
				got := w.wantState(p.ID, ledger.Reversed)
				if got.Reversal.Charge == nil || got.Reversal.Charge.STAN != "000003" || len(got.ResolvedBy) != 0 {
					t.Errorf("%+v by %q", got.Reversal.Charge, got.ResolvedBy)
				}
				if v := w.terminal("cassa1"); v.NeedsAdopt || v.Light != local.LightReady {
					t.Errorf("%+v", v)
				}
				w.charged("r3", 3) // before it the terminal is asked whether it holds the reversal
				if got = w.payment(p.ID); got.Reversal.Doubted || !got.Reversal.Confirmed {
					t.Errorf("%+v", got.Reversal)
				}
				time.Sleep(31 * time.Minute)
				if held, err := w.ledger.Notice(comune, notice(1)); err != nil || held.Holder != "" {
					t.Errorf("%+v %v", held, err)
				}
				for _, c := range w.cases(p.ID) {
					if c.Cause.Code != string(local.CodeReversalUnknown) {
						t.Errorf("%+v", c)
					}
				}
			}, reversible, exclusively)
		})
	}
}

// TestReversalJudgedAgainUndecided: what does not decide stands before the people, and nothing of the charge is taken
// for something of the reversal.
func TestReversalJudgedAgainUndecided(t *testing.T) {
	for name, row := range map[string]struct{ verdict, preset, want driver.Verdict }{
		"most likely":   {driver.Unknown, driver.Reversed, driver.Reversed},
		"no idea":       {driver.Unknown, "", ""},
		"it was denied": {driver.NotReversed, "", driver.NotReversed}, // people have had the terminal since
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				p := w.undecidedReversal()
				w.terminals[0].undoes(row.verdict, row.preset)
				for range 2 {
					if _, err := w.act(clerk, "status"); err != nil {
						t.Fatal(err)
					}
				}
				got := w.wantState(p.ID, ledger.Reversing)
				if got.Preset != row.want || !got.NeedsPeople || got.Reversal.Charge != nil {
					t.Errorf("preset %q, want %q: %+v %+v", got.Preset, row.want, got, got.Reversal)
				}
				v := w.hub.shown("cassa1")
				if v.Reason == nil || v.Reason.Code != string(local.CodeTerminalAwaited) {
					t.Errorf("the screens show %+v", v.Reason)
				}
				q, err := w.till.Resolve(context.Background(), clerk, p.ID, local.ResolutionRequest{RequestID: "x", EvidenceSeq: got.EvidenceSeq, Answer: local.AnswerReversed})
				if err == nil {
					_, err = w.countersign(chief, q, true)
				}
				if err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				w.wantState(p.ID, ledger.Reversed)
			}, reversible, exclusively)
		})
	}
}

// cases are those about a payment, ended or not.
func (w *world) cases(id string) (list []ledger.Case) {
	w.t.Helper()
	all, err := w.ledger.Cases(true)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, c := range all {
		if c.PaymentID == id {
			list = append(list, c)
		}
	}
	return list
}
