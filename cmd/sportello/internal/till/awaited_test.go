package till

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/local"
)

// heldOver is a payment that people have been handed, of which the terminal has saved a sale since.
func (w *world) heldOver(n int) local.Payment {
	w.t.Helper()
	p := w.ends("r1", n, lost(""), ledger.Unknown)
	if rep, err := w.act(clerk, "free"); err != nil || !strings.Contains(rep.Text, "liberato") || !strings.Contains(rep.Text, p.ID) {
		w.t.Fatalf("%q %v", rep.Text, err)
	}
	w.terminals[0].sold()
	return p
}

// wantAwaited: nothing is charged before a payment is decided, or a supervisor has seen what the terminal remembers.
func (w *world) wantAwaited(id string, n int, payment string) {
	w.t.Helper()
	before := w.steps.count("frame")
	for _, again := range []string{"", " again"} {
		_, err := w.pay(request(id+again, "cassa1", notice(n)))
		if e := refusal(w.t, err, local.CodeTerminalAwaited); e.Args[local.ArgPayment] != payment {
			w.t.Errorf("%+v", e)
		}
	}
	if w.steps.count("frame") != before {
		w.t.Error("a frame was sent")
	}
	if v := w.hub.shown("cassa1"); !v.NeedsAdopt || v.Light != local.LightNotReady {
		w.t.Errorf("the screens show %+v", v)
	}
}

// decideCharged is two people's answer, or one's where the evidence says so.
func (w *world) decideCharged(id string) {
	w.t.Helper()
	v, err := w.resolve(clerk, w.shown(id), local.AnswerCharged)
	if err == nil && v.State == local.StateUnknown {
		_, err = w.countersign(chief, v, true)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	w.wantState(id, ledger.Charged)
}

// judged makes the driver judge an attempt by what the terminal remembers.
func (d *terminal) judged(verdict, preset driver.Verdict) {
	d.script(func(d *terminal) {
		d.resolve = func(_ context.Context, _ driver.Attempt, r driver.Recorder) error {
			last, _ := d.Decode(d.read().memory)
			o := people
			o.Evidence = []driver.Evidence{{Kind: "last_result", At: time.Now(), Text: "saved result", Raw: last.Raw}}
			o.Preset = preset
			if verdict != driver.Unknown {
				o.Verdict, o.Final, o.Charge, o.Reason = verdict, false, &last.Charge, driver.Reason{Code: string(local.CodeByEvidence)}
			}
			return r.Outcome(o)
		}
	})
}

// TestJudgedAgain: what the terminal tells after people were handed an unknown outcome is judged, wherever it is seen.
func TestJudgedAgain(t *testing.T) {
	for _, look := range []string{"status", "payment", "adopt", "start"} {
		t.Run(look, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				w.receipts = true
				p := w.heldOver(1)
				w.terminals[0].judged(driver.Charged, "")
				switch look {
				case "payment":
					_, err := w.pay(request("r2", "cassa1", notice(2)))
					wantCode(t, err, local.CodeTerminalAwaited)
				case "start":
					w.restart()
				default:
					if _, err := w.act(chief, look); err != nil {
						t.Error(err)
					}
				}
				got := w.wantState(p.ID, ledger.Charged)
				if got.Charge == nil || got.Charge.STAN != "000001" || got.Charge.AuthCode != "A12345" || len(got.ResolvedBy) != 0 {
					t.Errorf("%+v by %q", got.Charge, got.ResolvedBy)
				}
				if v := w.terminal("cassa1"); v.NeedsAdopt || v.Light != local.LightReady {
					t.Errorf("%+v", v)
				}
				w.terminals[0].script(func(d *terminal) { d.resolve = nil })
				w.charged("r3", 3)
			}, exclusively)
		})
	}
}

// TestJudgedAgainUndecided: what the driver does not decide presets the answer of one person, or of two; the terminal
// names the payment, and nobody waves its transaction through before.
func TestJudgedAgainUndecided(t *testing.T) {
	for name, row := range map[string]struct {
		verdict, preset, want driver.Verdict
	}{
		"charged, most likely": {driver.Unknown, driver.Charged, driver.Charged},
		"no idea":              {driver.Unknown, "", ""},
		"a refusal":            {driver.NotCharged, "", driver.NotCharged}, // people have had the terminal since
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				p := w.heldOver(1)
				w.terminals[0].judged(row.verdict, row.preset)
				if _, err := w.act(clerk, "status"); err != nil {
					t.Fatal(err)
				}
				got := w.wantState(p.ID, ledger.Unknown)
				if got.Preset != row.want || !got.NeedsPeople {
					t.Errorf("preset %q, want %q: %+v", got.Preset, row.want, got)
				}
				if _, err := w.act(clerk, "status"); err != nil { // again tells nothing new
					t.Fatal(err)
				}
				if again := w.payment(p.ID); again.EvidenceSeq != got.EvidenceSeq {
					t.Errorf("evidence %d, then %d", got.EvidenceSeq, again.EvidenceSeq)
				}
				v := w.hub.shown("cassa1")
				if v.Reason == nil || v.Reason.Code != string(local.CodeTerminalAwaited) || !strings.Contains(v.Reason.Text, p.ID) || !strings.Contains(v.Reason.Text, "STAN 000001") {
					t.Errorf("the screens show %+v", v.Reason)
				}
				w.restart() // nor is it forgotten
				synctest.Wait()
				if _, err := w.act(chief, "adopt"); err != nil { // the terminal was freed: it may go on
					t.Fatal(err)
				}
				if held, err := w.ledger.Notice(comune, notice(1)); err != nil || held.Holder != p.ID {
					t.Errorf("adopting gave the notice back: %+v %v", held, err)
				}
				q, err := w.till.Resolve(context.Background(), clerk, p.ID, local.ResolutionRequest{RequestID: "x", EvidenceSeq: w.payment(p.ID).EvidenceSeq,
					Answer: local.AnswerCharged, STAN: "000001", AuthCode: "a12345"})
				if err != nil {
					t.Fatal(err)
				}
				if row.want != driver.Charged {
					if _, err = w.countersign(chief, q, true); err != nil {
						t.Fatal(err)
					}
				}
				w.wantState(p.ID, ledger.Charged)
				if v := w.terminal("cassa1"); v.NeedsAdopt {
					t.Errorf("%+v", v)
				}
			}, exclusively)
		})
	}
}

// TestOtherSaleWhileOneIsOpen: a sale of another time is somebody's else's: a supervisor accepts it.
func TestOtherSaleWhileOneIsOpen(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.terminals[0].script(func(d *terminal) { d.when = time.Now().Add(-time.Hour) })
		p := w.heldOver(1)
		_, err := w.pay(request("r2", "cassa1", notice(2)))
		wantCode(t, err, local.CodeNeedsAdopt)
		if _, err := w.act(chief, "adopt"); err != nil {
			t.Fatal(err)
		}
		w.wantState(p.ID, ledger.Unknown)
		w.charged("r3", 3)
	}, exclusively)
}
