package till

import (
	"context"
	"testing"
	"testing/synctest"

	"sportello/cmd/sportello/internal/ledger"
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
