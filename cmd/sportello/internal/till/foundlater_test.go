package till

import (
	"context"
	"testing"
	"testing/synctest"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/local"
)

// TestFoundAfterPeople: what is found after people have decided is not what they decided with. A sale that contradicts
// them waits for a supervisor, however often the terminal is looked at.
func TestFoundAfterPeople(t *testing.T) {
	for _, again := range []string{"status", "start"} {
		t.Run(again, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				w.charged("r0", 9)
				p := w.notChargedByPeople("r1", 1)
				w.terminals[0].sold()
				if _, err := w.act(clerk, "status"); err != nil { // files it with a case
					t.Fatal(err)
				}
				if again == "start" {
					w.restart()
					synctest.Wait()
				}
				for range 2 {
					if _, err := w.act(clerk, "status"); err != nil {
						t.Fatal(err)
					}
					if v := w.terminal("cassa1"); !v.NeedsAdopt {
						t.Fatalf("adopted by nobody: %+v", v)
					}
				}
				_, err := w.pay(request("r2", "cassa1", notice(2)))
				wantCode(t, err, local.CodeNeedsAdopt)
				w.wantState(p.ID, ledger.NotCharged)
				if cases, err := w.till.Cases(context.Background(), false); err != nil || len(cases) != 1 || cases[0].Cause.Code != string(local.CodeChargeSuspected) {
					t.Errorf("%+v %v", cases, err)
				}
				if _, err := w.act(chief, "adopt"); err != nil {
					t.Fatal(err)
				}
				w.charged("r3", 3)
			}, withReceipts)
		})
	}
}

// TestJudgedBesideALaterPayment: once another payment was sent on the terminal, what its memory says may be that one's,
// exclusive or not. A person who has the slip of the first is not told that the terminal says otherwise.
func TestJudgedBesideALaterPayment(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		d := w.terminals[0]
		p := w.ends("r1", 1, lost(""), ledger.Unknown)
		if _, err := w.act(clerk, "free"); err != nil {
			t.Fatal(err)
		}
		d.script(func(d *terminal) {
			d.word = func(_ context.Context, p driver.Payment) driver.Outcome {
				d.approve(p)
				return lost("")
			}
			d.resolve = finds(people)
		})
		q, err := w.pay(request("r2", "cassa1", notice(2)))
		if err != nil {
			t.Fatal(err)
		}
		w.wantState(q.ID, ledger.Unknown)
		if _, err := w.act(clerk, "status"); err != nil { // it stands beside both now
			t.Fatal(err)
		}
		if len(w.shown(p.ID).Evidence) == 0 {
			t.Fatal("nothing was put beside the first")
		}
		w.decideCharged(q.ID)
		v, err := w.till.Resolve(context.Background(), clerk, p.ID, local.ResolutionRequest{RequestID: "x", EvidenceSeq: w.payment(p.ID).EvidenceSeq,
			Answer: local.AnswerCharged, STAN: "000777", AuthCode: "B1"})
		if err == nil {
			_, err = w.countersign(chief, v, true)
		}
		if err != nil {
			t.Fatal(err)
		}
		if c := w.wantState(p.ID, ledger.Charged).Charge; c == nil || c.STAN != "000777" {
			t.Errorf("%+v", c)
		}
	}, exclusively, withReceipts)
}

// TestUnsentInItalian: the fixed words of the driver are no words for people.
func TestUnsentInItalian(t *testing.T) {
	ev := driver.Evidence{Kind: driver.EvidenceData, Text: driver.NoticesNotSent + ": il terminale ha rifiutato i dati aggiuntivi"}
	if got := inItalian(ev); got != "avvisi non inviati al terminale: il terminale ha rifiutato i dati aggiuntivi" {
		t.Error(got)
	}
	if ev.Kind = driver.EvidenceResult; inItalian(ev) != ev.Text {
		t.Error("of another kind")
	}
}
