package till

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/local"
)

// TestRestoredProperty: whatever was charged before and after the copy, on which terminal, whether the platform has heard of
// it, and in which order the people do their part: no notice is charged twice, and in the end the counter works.
func TestRestoredProperty(t *testing.T) {
	for seed := range uint64(30) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			var l *listing
			bubble(t, func(t *testing.T, w *world) { restoredRun(t, w, l, rand.New(rand.NewPCG(seed, 7))) },
				withTwo, withReceipts, func(w *world) { l = listed(w) })
		})
	}
}

func restoredRun(t *testing.T, w *world, l *listing, r *rand.Rand) {
	type charge struct {
		terminal string
		n        int
		stan     string
	}
	var after []charge
	n := 0
	some := func(most int, known func() bool) (made []charge) {
		for range r.IntN(most + 1) {
			n++
			d := w.terminals[r.IntN(2)]
			d.script(func(d *terminal) {
				d.word = nil
				if r.IntN(4) == 0 {
					d.word = func(context.Context, driver.Payment) driver.Outcome { return d.decline(driver.Payment{}) }
				}
			})
			p, err := w.pay(request(fmt.Sprint("r", n), d.name, notice(n)))
			if err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if w.payment(p.ID).State == ledger.Charged {
				made = append(made, charge{d.name, n, d.read().numbers})
				if known() {
					l.set(func(l *listing) { l.has[notice(n)] = time.Now() })
				}
			}
			time.Sleep(time.Minute)
		}
		return made
	}
	some(4, func() bool { return true })
	copy := w.copyNow()
	after = some(4, func() bool { return r.IntN(2) == 0 })
	for _, d := range w.terminals {
		d.script(func(d *terminal) { d.word = nil })
	}
	l.set(func(l *listing) { l.away = r.IntN(3) == 0 })
	w.fallsBack(copy)
	try := func() {
		for i := 1; i <= n+1; i++ {
			p, err := w.pay(request(fmt.Sprintf("t%d-%d-%d", i, r.Uint32(), n), w.terminals[r.IntN(2)].name, notice(i)))
			if err != nil {
				codeOf(t, err)
				continue
			}
			synctest.Wait()
			if slices.ContainsFunc(after, func(c charge) bool { return c.n == i }) {
				t.Errorf("notice %d was charged after the copy, and again as %s", i, p.ID)
			}
		}
	}
	for round := 0; !w.status().Open; round++ {
		if round > 40 {
			t.Fatalf("the counter never works again: %+v", w.status())
		}
		try()
		switch r.IntN(5) {
		case 0:
			l.set(func(l *listing) { l.away = false })
		case 1:
			w.restart()
		case 2:
			d := w.terminals[r.IntN(2)]
			if _, err := w.till.TerminalAction(context.Background(), chief, d.name, "adopt", local.ActionRequest{}); err != nil {
				codeOf(t, err)
			}
		case 3: // people bring in all that was charged on a terminal, and end its gap
			d := w.terminals[r.IntN(2)]
			complete := true
			for _, c := range after {
				if c.terminal != d.name {
					continue
				}
				if err := w.bring(c.terminal, c.n, c.stan); err != nil && codeOf(t, err) != local.CodeNoticeLocked {
					complete = false
				}
			}
			if complete {
				if err := w.closeGap(d.name); err != nil {
					codeOf(t, err)
				}
			}
		case 4:
			time.Sleep(2 * confirmEvery)
		}
		synctest.Wait()
	}
	for _, d := range w.terminals { // what it remembers is a supervisor's to have seen, as ever
		if _, err := w.till.TerminalAction(context.Background(), chief, d.name, "adopt", local.ActionRequest{}); err != nil {
			t.Fatal(err)
		}
	}
	try()
	for _, c := range after {
		state, err := w.ledger.Notice(comune, notice(c.n))
		if err != nil {
			t.Fatal(err)
		}
		if _, known := l.has[notice(c.n)]; state.Holder == "" && !known {
			t.Errorf("notice %d was charged after the copy, and nobody holds it", c.n)
		}
	}
	var gone *local.Error
	if _, err := w.pay(request("last", "cassa1", notice(n+2))); errors.As(err, &gone) && gone.Code != local.CodeTerminalUnproven {
		t.Errorf("the counter does not work in the end: %v", err)
	}
}
