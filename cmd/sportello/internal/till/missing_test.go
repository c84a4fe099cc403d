package till

import (
	"context"
	"testing"
	"testing/synctest"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/local"
)

// TestNotInTheTotal: a charge that the terminal was not told we have is its last result still, and its total is
// that of before: it has undone the sale (D13), and people hear of it. A total that grew, that was not measured
// before, or that nobody proved harmless to ask says nothing.
func TestNotInTheTotal(t *testing.T) {
	const now = 4200 // what the scripted terminal tells
	for name, c := range map[string]struct {
		before driver.Total
		proven bool
		undone bool
	}{
		"as before":                       {driver.Total{Cents: now, Measured: true}, true, true},
		"it grew":                         {driver.Total{Cents: now - price, Measured: true}, true, false},
		"as the ledger computed":          {driver.Total{Cents: now}, true, false},
		"as before, asked without a word": {driver.Total{Cents: now, Measured: true}, false, false},
	} {
		bubble(t, func(t *testing.T, w *world) {
			w.receipts = true
			if c.proven {
				w.commission()
			}
			w.terminals[0].script(func(d *terminal) { d.ops.unacked, d.ops.before = true, &c.before })
			p := w.charged("r1", 1)
			_, _ = w.act(clerk, "status")
			synctest.Wait()
			cases, err := w.till.Cases(context.Background(), false)
			if err != nil || (len(cases) == 1) != c.undone || c.undone && (cases[0].PaymentID != p.ID || cases[0].Cause.Code != string(local.CodeChargeUndone)) {
				t.Errorf("%s: %+v %v", name, cases, err)
			}
			if got := w.wantState(p.ID, ledger.Charged); got.Confirmed == c.undone {
				t.Errorf("%s: confirmed %t", name, got.Confirmed)
			}
		})
	}
}
