package till

import (
	"context"
	"fmt"
	"testing"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/local"
)

// The last flush of a commit can fail when everything is written already, and then the file cannot be opened
// again at once. The tests here write behind the till's back what it is told was not written.

// TestIntentWrittenAfterAll: the intent is in the ledger, the till was told that it is not, and nothing was sent.
// Neither the terminal nor the notice waits for a payment that nobody has in hand.
func TestIntentWrittenAfterAll(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		d := w.terminals[0]
		d.script(func(d *terminal) {
			d.pay = func(context.Context, driver.Payment, driver.Recorder) (driver.Aftermath, error) {
				s := w.till.stations["cassa1"]
				s.mu.Lock()
				in := s.held.(*attempt).intent
				s.mu.Unlock()
				in.Baseline = driver.Baseline{TerminalID: "12345678"}
				if p, err := w.ledger.Intend(in); err != nil || p.State != ledger.Sent {
					t.Errorf("%+v %v", p, err)
				}
				return driver.Aftermath{}, fmt.Errorf("terminal: %w", errDisk) // as Sent said
			}
		})
		_, err := w.pay(request("r1", "cassa1", notice(1)))
		e := refusal(t, err, local.CodeInternal)
		p := w.wantState(e.PaymentID, ledger.NotCharged)
		if p.SentAt.IsZero() || p.Reason.Code != string(local.CodeInternal) {
			t.Errorf("%+v", p)
		}
		if held, err := w.ledger.Notice(comune, notice(1)); err != nil || held.Holder != "" {
			t.Errorf("the notice is held by %q (%v)", held.Holder, err)
		}
		if v := w.terminal("cassa1"); v.Locked {
			t.Errorf("%+v", v)
		}
		if shown := w.hub.payments(p.ID); len(shown) == 0 || shown[len(shown)-1].State != local.StateNotCharged {
			t.Errorf("the screens show %+v", shown)
		}
		w.wantIdle()
		d.script(func(d *terminal) { d.pay = nil })
		w.charged("r2", 1)
	})
}

// TestOutcomeWrittenAfterAll: the outcome is in the ledger and the till, told otherwise, writes it again. The same
// word is taken as written and acknowledged; another one is not.
func TestOutcomeWrittenAfterAll(t *testing.T) {
	for name, written := range map[string]string{"the same": "", "another": "999999"} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				d := w.terminals[0]
				d.script(func(d *terminal) {
					d.word = func(_ context.Context, p driver.Payment) driver.Outcome {
						o := d.approve(p)
						first, charge := o, *o.Charge
						if first.Charge = &charge; written != "" {
							charge.STAN = written
						}
						s := w.till.stations["cassa1"]
						s.mu.Lock()
						id := s.held.paymentID()
						s.mu.Unlock()
						if _, err := w.ledger.Conclude(id, ledger.Conclusion{Outcome: first, RawResult: resultOf(first)}); err != nil {
							t.Error(err)
						}
						return o
					}
				})
				p, err := w.pay(request("r1", "cassa1", notice(1)))
				if err != nil {
					t.Fatal(err)
				}
				got := w.wantState(p.ID, ledger.Charged)
				same := written == ""
				if got.Acked != same || w.steps.count("ack") == 1 != same {
					t.Errorf("acknowledged %t, steps %q", got.Acked, w.steps.all())
				}
				if got.NeedsPeople {
					t.Errorf("%+v", got)
				}
				time.Sleep(time.Minute)
				w.wantIdle()
			})
		})
	}
}
