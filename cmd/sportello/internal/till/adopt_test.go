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

// sold leaves a transaction of somebody else's on every terminal before the till starts.
func sold(w *world) {
	for _, d := range w.terminals {
		d.sold()
	}
}

// off is a terminal that is switched off.
func off(context.Context) error { return &driver.Refusal{Kind: driver.ErrUnreachable} }

// TestAdopt (design 5.7): a terminal whose last transaction the ledger does not know charges nothing until
// a supervisor has seen it.
func TestAdopt(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		v := w.hub.shown("cassa1")
		if !v.NeedsAdopt || v.Light != local.LightNotReady || v.Reason == nil || v.Reason.Code != string(local.CodeNeedsAdopt) {
			t.Errorf("the screens show %+v %+v", v, v.Reason)
		}
		_, err := w.pay(request("r1", "cassa1", notice(1)))
		wantCode(t, err, local.CodeNeedsAdopt)
		w.wantNoTrace(notice(1))
		_, err = w.act(clerk, "adopt")
		wantCode(t, err, local.CodeForbiddenRole)
		_, err = w.pay(request("r1", "cassa1", notice(1)))
		wantCode(t, err, local.CodeNeedsAdopt)
		rep, err := w.act(chief, "adopt")
		if err != nil || rep.Terminal.NeedsAdopt || rep.Terminal.Light != local.LightReady || rep.Last == nil || rep.Last.STAN != "000001" {
			t.Errorf("%+v %v", rep, err)
		}
		p, err := w.pay(request("r1", "cassa1", notice(1)))
		if err != nil {
			t.Fatal(err)
		}
		w.wantState(p.ID, ledger.Charged)
		w.restart()
		synctest.Wait()
		if v := w.terminal("cassa1"); v.NeedsAdopt || v.Light != local.LightReady {
			t.Errorf("after a start: %+v", v)
		}
		if cases, _ := w.till.Cases(context.Background(), false); len(cases) != 0 {
			t.Errorf("%+v", cases)
		}
	}, sold, exclusively)
}

// TestStrangerInWords: whoever is asked to adopt reads what the terminal remembers (design 5.7), wherever it was found.
func TestStrangerInWords(t *testing.T) {
	const words = "non è nel registro di questo sportello: STAN 000001, 12,50 €, 14/03/2026 09:26."
	dated := func(w *world) {
		w.terminals[0].when = time.Date(2026, 3, 14, 9, 26, 0, 0, time.UTC)
		w.terminals[0].sold()
	}
	for name, status := range map[string]func(context.Context) error{"at the first look": nil, "before a payment": off} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				w.terminals[0].script(func(d *terminal) { d.status = nil })
				_, err := w.pay(request("r1", "cassa1", notice(1)))
				wantCode(t, err, local.CodeNeedsAdopt)
				synctest.Wait()
				if v := w.hub.shown("cassa1"); v.Reason == nil || !strings.HasSuffix(v.Reason.Text, words) {
					t.Errorf("the screens show %+v", v.Reason)
				}
				_, err = w.pay(request("r2", "cassa1", notice(1)))
				if text := local.Render(refusal(t, err, local.CodeNeedsAdopt), local.Italian).Message; !strings.HasSuffix(text, words) {
					t.Errorf("refused with %q", text)
				}
				if _, err := w.act(chief, "adopt"); err != nil {
					t.Fatal(err)
				}
				w.charged("r3", 1)
			}, dated, func(w *world) { w.terminals[0].status = status })
		})
	}
}

// TestAdoptWhenTheTerminalGoesOff right after it was asked: what the supervisor has seen counts.
func TestAdoptWhenTheTerminalGoesOff(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.terminals[0].script(func(d *terminal) { d.status = off })
		if _, err := w.act(chief, "adopt"); err != nil {
			t.Fatal(err)
		}
		if v := w.terminal("cassa1"); v.NeedsAdopt {
			t.Errorf("%+v", v)
		}
		p, err := w.pay(request("r1", "cassa1", notice(1)))
		if err != nil {
			t.Fatal(err)
		}
		w.wantState(p.ID, ledger.Charged)
	}, sold)
}

// TestAdoptBeforeTheFirstPayment: the terminal was off at the start, so the check is made with the baseline.
func TestAdoptBeforeTheFirstPayment(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		if v := w.terminal("cassa1"); v.NeedsAdopt || v.Light != local.LightNotReady || v.Reason.Code != string(local.CodeTerminalUnreachable) {
			t.Errorf("%+v", v)
		}
		w.terminals[0].script(func(d *terminal) { d.status = nil })
		_, err := w.pay(request("r1", "cassa1", notice(1)))
		e := refusal(t, err, local.CodeNeedsAdopt)
		if p := w.payment(e.PaymentID); p.State != ledger.NotCharged || !p.SentAt.IsZero() {
			t.Errorf("%+v", p)
		}
		if w.steps.count("frame") != 0 {
			t.Error("a frame was sent")
		}
		v := w.hub.shown("cassa1")
		if !v.NeedsAdopt || v.Reason == nil || v.Reason.Code != string(local.CodeNeedsAdopt) {
			t.Errorf("the screens show %+v %+v", v, v.Reason)
		}
		if _, err := w.act(chief, "adopt"); err != nil {
			t.Fatal(err)
		}
		p, err := w.pay(request("r2", "cassa1", notice(1)))
		if err != nil {
			t.Fatal(err)
		}
		w.wantState(p.ID, ledger.Charged)
	}, sold, func(w *world) { w.terminals[0].status = off })
}

// TestEmptyTerminal: a terminal without a last result has nothing to adopt; neither has one that does not
// know the question.
func TestEmptyTerminal(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		if v := w.terminal("cassa1"); v.NeedsAdopt || v.Light != local.LightReady {
			t.Errorf("%+v", v)
		}
		if rep, err := w.act(chief, "adopt"); err != nil || rep.Last != nil {
			t.Errorf("%+v %v", rep, err)
		}
	})
}

// TestStrangerLater: somebody uses a terminal that is ours alone. A supervisor has to see it, and from then on
// the terminal is judged as shared, for good.
func TestStrangerLater(t *testing.T) {
	for _, when := range []string{"before a payment", "when looked at", "while the service was off"} {
		t.Run(when, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				w.receipts = true
				d := w.terminals[0]
				p, err := w.pay(request("r1", "cassa1", notice(1)))
				if err != nil {
					t.Fatal(err)
				}
				w.wantState(p.ID, ledger.Charged)
				if when == "while the service was off" {
					w.stop()
				}
				d.sold()
				if when == "while the service was off" {
					w.start()
					synctest.Wait()
				}
				if when == "when looked at" {
					if _, err := w.act(clerk, "status"); err != nil {
						t.Error(err)
					}
				}
				w.wantSupervisor("r2", 2)
				d.sold() // on a shared terminal this is nothing new
				d.script(func(d *terminal) { d.word = func(context.Context, driver.Payment) driver.Outcome { return lost("") } })
				q, err := w.pay(request("r3", "cassa1", notice(3)))
				if err != nil {
					t.Fatal(err)
				}
				w.wantState(q.ID, ledger.Unknown)
				ts, err := w.ledger.Terminal("cassa1")
				if err != nil || !ts.Demoted {
					t.Errorf("%+v %v", ts, err)
				}
				cases, err := w.till.Cases(context.Background(), false)
				if err != nil || len(cases) != 1 || cases[0].Cause.Code != string(local.CodeExclusivityLost) {
					t.Errorf("%+v %v", cases, err)
				}
				if as := d.read().attempts; len(as) != 1 || as[0].Exclusivity != driver.Shared {
					t.Errorf("judged as %+v", as)
				}
				w.restart()
				synctest.Wait()
				if as := d.read().attempts; len(as) != 2 || as[1].Exclusivity != driver.Shared {
					t.Errorf("after a start, judged as %+v", as)
				}
			}, exclusively)
		})
	}
}

// TestStrangerOnASharedTerminal is nothing new.
func TestStrangerOnASharedTerminal(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.receipts = true
		for i := range 3 {
			p, err := w.pay(request(notice(i), "cassa1", notice(i)))
			if err != nil {
				t.Fatal(err)
			}
			w.wantState(p.ID, ledger.Charged)
			w.terminals[0].sold()
		}
		if ts, _ := w.ledger.Terminal("cassa1"); ts.Demoted {
			t.Error("demoted")
		}
		if cases, _ := w.till.Cases(context.Background(), false); len(cases) != 0 {
			t.Errorf("%+v", cases)
		}
	})
}

// TestOwnUnknownIsNoStranger: what the terminal remembers may be the very attempt that people look into. It does not
// make the terminal somebody else's; nothing is charged until that payment is decided.
func TestOwnUnknownIsNoStranger(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		d := w.terminals[0]
		d.script(func(d *terminal) {
			d.word = func(_ context.Context, p driver.Payment) driver.Outcome {
				d.approve(p) // and the line broke
				return lost(driver.Charged)
			}
			d.resolve = finds(people) // the terminal was off all the time
		})
		p, err := w.pay(request("r1", "cassa1", notice(1)))
		if err != nil {
			t.Fatal(err)
		}
		w.wantState(p.ID, ledger.Unknown)
		if _, err := w.act(clerk, "status"); err != nil {
			t.Error(err)
		}
		if _, err := w.act(clerk, "free"); err != nil {
			t.Fatal(err)
		}
		d.script(func(d *terminal) { d.word = nil })
		w.wantAwaited("r2", 2, p.ID)
		if ts, _ := w.ledger.Terminal("cassa1"); ts.Demoted {
			t.Errorf("demoted: %s", ts.DemotedWhy)
		}
		w.decideCharged(p.ID)
		w.charged("r3", 3)
	}, exclusively, withReceipts)
}

// TestZeroNumberProvesNothing: results of refusals carry no number, ours like a stranger's.
func TestZeroNumberProvesNothing(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		d := w.terminals[0]
		d.script(func(d *terminal) {
			d.word = func(_ context.Context, p driver.Payment) driver.Outcome { return d.decline(p) }
		})
		p, err := w.pay(request("r1", "cassa1", notice(1)))
		if err != nil {
			t.Fatal(err)
		}
		w.wantState(p.ID, ledger.NotCharged)
		w.stop()
		d.saves("-") // a stranger's refusal
		w.start()
		synctest.Wait()
		if v := w.terminal("cassa1"); !v.NeedsAdopt {
			t.Errorf("%+v", v)
		}
	})
}

// TestUnreadableDoesNotPass: when the ledger cannot say whether the result is known, nothing is charged.
func TestUnreadableDoesNotPass(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.terminals[0].script(func(d *terminal) {
			d.before = func(context.Context) error { return w.ledger.Close() }
		})
		_, err := w.pay(request("r1", "cassa1", notice(1)))
		wantCode(t, err, local.CodeStopping)
		if w.steps.count("frame") != 0 {
			t.Error("a frame was sent")
		}
		_, err = w.pay(request("r2", "cassa1", notice(1)))
		wantCode(t, err, local.CodeStopping)
		if _, err := w.till.Snapshot(context.Background(), clerk); err == nil {
			t.Error("a snapshot of a closed ledger")
		}
	})
}
