package till

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/local"
)

// charges makes a payment that ends charged.
// ends makes a payment that ends as told.
func (w *world) ends(id string, n int, o driver.Outcome, want ledger.State) local.Payment {
	w.t.Helper()
	d := w.terminals[0]
	d.script(func(d *terminal) {
		d.word = func(context.Context, driver.Payment) driver.Outcome { return o }
		d.resolve = finds(people)
	})
	defer d.script(func(d *terminal) { d.word, d.resolve = nil, nil })
	p, err := w.pay(request(id, "cassa1", notice(n)))
	if err != nil {
		w.t.Fatal(err)
	}
	w.wantState(p.ID, want)
	return p
}

// wantSupervisor: nothing is charged for a notice until a supervisor has seen what the terminal remembers.
func (w *world) wantSupervisor(id string, n int) {
	w.t.Helper()
	before := w.steps.count("frame")
	_, err := w.pay(request(id, "cassa1", notice(n)))
	wantCode(w.t, err, local.CodeNeedsAdopt)
	if w.steps.count("frame") != before {
		w.t.Error("a frame was sent")
	}
	if v := w.hub.shown("cassa1"); !v.NeedsAdopt || v.Light != local.LightNotReady {
		w.t.Errorf("the screens show %+v", v)
	}
	_, err = w.pay(request(id+" again", "cassa1", notice(n)))
	wantCode(w.t, err, local.CodeNeedsAdopt)
	if _, err := w.act(chief, "adopt"); err != nil {
		w.t.Fatal(err)
	}
	w.charged(id+" adopted", n)
}

var refusedByLine = driver.Outcome{Verdict: driver.NotCharged, Reason: driver.Reason{Code: string(local.CodeNAK)}}

// TestStrangerAfterNotCharged: a sale that appears after an attempt of ours was held for not charged may be
// that attempt. No other card is charged before a supervisor has seen it.
func TestStrangerAfterNotCharged(t *testing.T) {
	for name, change := range map[string]func(*world){"shared": func(*world) {}, "exclusive": exclusively} {
		for _, next := range []string{"the same notice", "another notice", "when looked at"} {
			t.Run(name+", "+next, func(t *testing.T) {
				bubble(t, func(t *testing.T, w *world) {
					w.receipts = true
					w.charged("r0", 9)
					w.ends("r1", 1, refusedByLine, ledger.NotCharged)
					w.terminals[0].sold() // it had been at work
					switch next {
					case "the same notice":
						w.wantSupervisor("r2", 1)
					case "another notice":
						w.wantSupervisor("r2", 2)
					default:
						if _, err := w.act(clerk, "status"); err != nil || !w.terminal("cassa1").NeedsAdopt {
							t.Errorf("%+v %v", w.terminal("cassa1"), err)
						}
						w.wantSupervisor("r2", 1)
					}
					if ts, _ := w.ledger.Terminal("cassa1"); ts.Demoted != (name == "exclusive") {
						t.Errorf("demoted %t", ts.Demoted)
					}
				}, change)
			})
		}
	}
}

// TestStrangerAfterADecline: a decline with its own number has ended; on a shared terminal somebody else's
// sale after it is nothing new, and the second card need not wait for a supervisor.
func TestStrangerAfterADecline(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.receipts = true
		w.charged("r0", 9)
		declined := refusedByLine
		declined.Charge = &driver.Charge{TerminalID: "12345678", STAN: "000777", ActionCode: "116"}
		w.ends("r1", 1, declined, ledger.NotCharged)
		w.terminals[0].sold()
		w.charged("r2", 1)
	})
}

// TestStrangerBeforeARetry: other payments came in between; the retry of the notice that was held for not charged
// still waits for a supervisor, and only it.
func TestStrangerBeforeARetry(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.receipts = true
		w.charged("r0", 9)
		w.ends("r1", 1, refusedByLine, ledger.NotCharged)
		w.charged("r2", 2)
		w.terminals[0].script(func(d *terminal) { d.before = off })
		_, err := w.pay(request("off", "cassa1", notice(4)))
		wantCode(t, err, local.CodeTerminalUnreachable) // and nothing was sent
		w.terminals[0].script(func(d *terminal) { d.before = nil })
		w.terminals[0].sold()
		w.charged("r3", 3) // the last one of ours was charged: on a shared terminal this is nothing new
		w.terminals[0].sold()
		w.wantSupervisor("r4", 1)
	})
}

// TestStrangerWhileOneIsOpen: what the terminal remembers may be the payment that people look into. They get to
// see it, and nothing is charged until they have decided.
func TestStrangerWhileOneIsOpen(t *testing.T) {
	for _, when := range []string{"before a payment", "when looked at"} {
		t.Run(when, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				w.receipts = true
				d := w.terminals[0]
				w.charged("r0", 9)
				p := w.ends("r1", 1, lost(driver.Charged), ledger.Unknown)
				if _, err := w.act(clerk, "free"); err != nil {
					t.Fatal(err)
				}
				before := w.payment(p.ID)
				d.sold()
				if when == "when looked at" {
					for range 2 { // looking again does not make it known
						if _, err := w.act(clerk, "status"); err != nil || !w.terminal("cassa1").NeedsAdopt {
							t.Errorf("%+v %v", w.terminal("cassa1"), err)
						}
					}
				}
				w.wantAwaited("r2", 2, p.ID)
				got := w.wantState(p.ID, ledger.Unknown)
				if !got.NeedsPeople || got.Preset != before.Preset || got.Reason != before.Reason {
					t.Errorf("%+v, before %+v", got, before)
				}
				var dump strings.Builder
				if err := w.ledger.Dump(&dump); err != nil {
					t.Fatal(err)
				}
				if n := strings.Count(dump.String(), "last_result"); n != 1 {
					t.Errorf("%d times in the ledger as evidence, want once", n)
				}
				if ts, _ := w.ledger.Terminal("cassa1"); ts.Demoted {
					t.Errorf("demoted: %s", ts.DemotedWhy)
				}
				w.decideCharged(p.ID)
				w.restart()
				synctest.Wait()
				if v := w.terminal("cassa1"); v.NeedsAdopt {
					t.Errorf("%+v", v)
				}
			}, exclusively)
		})
	}
}
