package till

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/local"
)

func reversible(w *world) { w.reversal = ReversalProvider }

// charged pays a notice and waits until it is charged.
func (w *world) charged(id string, n int) local.Payment {
	w.t.Helper()
	p, err := w.pay(request(id, "cassa1", notice(n)))
	if err != nil {
		w.t.Fatal(err)
	}
	w.wantState(p.ID, ledger.Charged)
	return p
}

func (w *world) reverse(op local.Operator, id string) (local.Payment, error) {
	return w.till.Reverse(context.Background(), op, id, local.ActionRequest{RequestID: "storno-" + id})
}

// shown is GET payments/{id}.
func (w *world) shown(id string) local.Payment {
	w.t.Helper()
	p, err := w.till.Payment(context.Background(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

func TestReverse(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		d := w.terminals[0]
		p := w.charged("r1", 1)
		if !w.shown(p.ID).CanReverse {
			t.Error("it cannot be reversed")
		}
		_, err := w.reverse(clerk, p.ID)
		wantCode(t, err, local.CodeForbiddenRole)
		var asked driver.Reversal
		d.script(func(d *terminal) {
			d.ops.reverse = func(_ context.Context, v driver.Reversal) error { asked = v; return nil }
		})
		v, err := w.reverse(chief, p.ID)
		if err != nil || v.State != local.StateReversing || v.CanReverse {
			t.Fatalf("%+v %v", v, err)
		}
		got := w.wantState(p.ID, ledger.Reversed)
		if asked != (driver.Reversal{Reference: p.Reference, STAN: "000001", AmountCents: price}) {
			t.Errorf("%+v", asked)
		}
		if got.Charge.STAN != "000001" || got.Reversal.Charge.STAN != "000002" || got.Reversal.Operator != chief.ID {
			t.Errorf("%+v %+v", got.Charge, got.Reversal)
		}
		if slip, err := w.ledger.Ticket(p.ID); err != nil || slip != "STORNO" {
			t.Errorf("%q %v", slip, err)
		}
		// The same request is the same reversal; another finds nothing to reverse.
		if again, err := w.reverse(chief, p.ID); err != nil || again.State != local.StateReversed || again.Reversal.STAN != "000002" {
			t.Errorf("%+v %v", again, err)
		}
		_, err = w.till.Reverse(context.Background(), chief, p.ID, local.ActionRequest{RequestID: "other"})
		wantCode(t, err, local.CodeNotReversible)
		if n := w.steps.count("reversal frame"); n != 1 {
			t.Errorf("%d reversal frames", n)
		}
		if v := w.terminal("cassa1"); v.Locked || v.NeedsAdopt || v.Light != local.LightReady {
			t.Errorf("%+v", v)
		}
		w.wantIdle()
	}, reversible)
}

// TestNotReversible: what the terminal cannot give back is refused with the reason, and the office has one
// case to refund it by.
func TestNotReversible(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) { // reversal: none
		p := w.charged("r1", 1)
		if w.shown(p.ID).CanReverse {
			t.Error("it is offered")
		}
		for range 2 {
			_, err := w.reverse(chief, p.ID)
			if e := refusal(t, err, local.CodeNotReversible); e.Args[local.ArgReason] != local.NotReversibleText(local.WhyProfile, local.Italian) {
				t.Errorf("%+v", e)
			}
		}
		if c, err := w.till.Cases(context.Background(), false); err != nil || len(c) != 1 || c[0].PaymentID != p.ID || !c[0].NeedsTwo {
			t.Errorf("%+v %v", c, err)
		}
		if w.steps.count("reverse") != 0 {
			t.Error("the terminal was asked")
		}
	})
	bubble(t, func(t *testing.T, w *world) { // not the last charge any more
		w.receipts = true
		p := w.charged("r1", 1)
		w.charged("r2", 2)
		_, err := w.reverse(chief, p.ID)
		if e := refusal(t, err, local.CodeNotReversible); e.Args[local.ArgReason] != local.NotReversibleText(local.WhyNotLast, local.Italian) {
			t.Errorf("%+v", e)
		}
	}, reversible)
	bubble(t, func(t *testing.T, w *world) { // somebody else's came since: only the terminal knows
		p := w.charged("r1", 1)
		w.terminals[0].sold()
		_, err := w.reverse(chief, p.ID)
		if e := refusal(t, err, local.CodeNotReversible); e.Args[local.ArgReason] != local.NotReversibleText(local.WhyNotLast, local.Italian) {
			t.Errorf("%+v", e)
		}
		w.wantState(p.ID, ledger.Charged)
		w.wantIdle()
	}, reversible)
	bubble(t, func(t *testing.T, w *world) { // a refusal leaves no case
		w.terminals[0].script(func(d *terminal) {
			d.word = func(_ context.Context, p driver.Payment) driver.Outcome { return d.decline(p) }
		})
		p, err := w.pay(request("r1", "cassa1", notice(1)))
		if err != nil {
			t.Fatal(err)
		}
		w.wantState(p.ID, ledger.NotCharged)
		_, err = w.reverse(chief, p.ID)
		wantCode(t, err, local.CodeNotReversible)
		if c, _ := w.till.Cases(context.Background(), false); len(c) != 0 {
			t.Errorf("%+v", c)
		}
	}, reversible)
}

// TestReverseRefused before anything was sent: the charge stands, and the same may be asked again.
func TestReverseRefused(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		d := w.terminals[0]
		p := w.charged("r1", 1)
		d.script(func(d *terminal) {
			d.ops.reverse = func(context.Context, driver.Reversal) error {
				return &driver.Refusal{Kind: driver.ErrUnreachable, Detail: "off"}
			}
		})
		_, err := w.reverse(chief, p.ID)
		wantCode(t, err, local.CodeTerminalUnreachable)
		w.wantState(p.ID, ledger.Charged)
		if v := w.terminal("cassa1"); v.Light != local.LightNotReady {
			t.Errorf("%+v", v)
		}
		w.wantIdle()
		d.script(func(d *terminal) { d.ops.reverse = nil })
		if _, err := w.reverse(chief, p.ID); err != nil {
			t.Fatal(err)
		}
		w.wantState(p.ID, ledger.Reversed)
	}, reversible)
}

// TestReversalHoldsTheTerminal like a payment does: nothing else is asked of it, and it waits for nothing.
func TestReversalHoldsTheTerminal(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		d := w.terminals[0]
		p := w.charged("r1", 1)
		answered := make(chan struct{})
		d.script(func(d *terminal) {
			d.ops.undo = func(context.Context) driver.Outcome { <-answered; return d.reversed() }
		})
		if _, err := w.reverse(chief, p.ID); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		_, err := w.pay(request("r2", "cassa1", notice(2)))
		wantCode(t, err, local.CodeTerminalBusy)
		_, err = w.act(clerk, "status")
		wantCode(t, err, local.CodeTerminalBusy)
		_, err = w.till.Reverse(context.Background(), chief, p.ID, local.ActionRequest{RequestID: "other"})
		wantCode(t, err, local.CodeNotReversible)
		if v := w.terminal("cassa1"); v.Light != local.LightBusy || v.Lease == nil || v.Lease.Holder != "reverse" || v.Lease.Operator != chief.ID {
			t.Errorf("%+v %+v", v, v.Lease)
		}
		close(answered)
		w.wantState(p.ID, ledger.Reversed)
		w.wantIdle()
	}, reversible)
}

// TestReversalUnknown: it stays reversing until evidence or people say what became of it, and is never
// "not charged".
func TestReversalUnknown(t *testing.T) {
	stands := driver.Outcome{Verdict: driver.NotReversed, Reason: driver.Reason{Code: string(local.CodeReversalRefused)}}
	rows := map[ledger.State]func(*terminal) driver.Outcome{
		ledger.Reversed: func(d *terminal) driver.Outcome { return d.reversed() },
		ledger.Charged:  func(*terminal) driver.Outcome { return stands },
		ledger.Reversing: func(*terminal) driver.Outcome {
			return driver.Outcome{Verdict: driver.Unknown, Final: true, Reason: driver.Reason{Code: string(local.CodeReversalUnknown)}}
		},
	}
	for want, found := range rows {
		for _, restart := range []bool{false, true} {
			bubble(t, func(t *testing.T, w *world) {
				d := w.terminals[0]
				p := w.charged("r1", 1)
				d.script(func(d *terminal) {
					d.ops.undo = func(life context.Context) driver.Outcome {
						if restart {
							<-life.Done()
						}
						return lost("")
					}
					d.ops.resolveReversal = func(_ context.Context, r driver.Recorder) error { return r.Outcome(found(d)) }
				})
				base := d.baseline()
				if _, err := w.reverse(chief, p.ID); err != nil {
					t.Fatal(err)
				}
				if synctest.Wait(); restart {
					if got := w.payment(p.ID); got.State != ledger.Reversing {
						t.Fatalf("%s", got.State)
					}
					w.restart()
				}
				got := w.wantState(p.ID, want)
				as := d.read().ops.reversals
				if len(as) != 1 || as[0].SameProcess == restart || as[0].STAN != "000001" || as[0].Reference != p.Reference || as[0].SentAt.IsZero() ||
					string(as[0].Baseline.Last) != string(base.Last) {
					t.Errorf("restart %t: %+v", restart, as)
				}
				if w.steps.count("reversal frame") != 1 {
					t.Error("it was sent again")
				}
				if v := w.terminal("cassa1"); v.Locked != (want == ledger.Reversing) || got.NeedsPeople != v.Locked || v.NeedsAdopt {
					t.Errorf("%+v", v)
				}
				if slices.Contains(w.steps.all(), "resolve") {
					t.Error("the charge was looked into, not the reversal")
				}
				w.wantIdle()
			}, reversible)
		}
	}
}

// TestReverseAnotherAmount: what is given back is what was really charged, not what was asked for.
func TestReverseAnotherAmount(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		d := w.terminals[0]
		d.script(func(d *terminal) {
			d.word = func(_ context.Context, p driver.Payment) driver.Outcome {
				return d.approve(driver.Payment{AmountCents: p.AmountCents + 200})
			}
		})
		p := w.charged("r1", 1)
		if n := w.payment(p.ID).Notices[0]; n.Registration != ledger.RegHeld || !w.shown(p.ID).CanReverse {
			t.Fatalf("%+v", n)
		}
		var asked driver.Reversal
		d.script(func(d *terminal) {
			d.ops.reverse = func(_ context.Context, v driver.Reversal) error { asked = v; return nil }
		})
		if _, err := w.reverse(chief, p.ID); err != nil {
			t.Fatal(err)
		}
		w.wantState(p.ID, ledger.Reversed)
		if asked.AmountCents != price+200 {
			t.Errorf("%+v", asked)
		}
		if takings, err := w.ledger.Takings("cassa1"); err != nil || takings.Cents != 0 {
			t.Errorf("%+v %v", takings, err)
		}
	}, reversible)
}

// TestOldReversalRequestAgain: the request of an older reversal that was refused, repeated, answers with the
// payment; nothing is sent, for nothing would be on disk.
func TestOldReversalRequestAgain(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.charged("r1", 1)
		w.terminals[0].script(func(d *terminal) {
			d.ops.undo = func(context.Context) driver.Outcome {
				return driver.Outcome{Verdict: driver.NotReversed, Reason: driver.Reason{Code: string(local.CodeReversalRefused)}}
			}
		})
		for _, id := range []string{"one", "two", "one"} {
			if got, err := w.till.Reverse(context.Background(), chief, p.ID, local.ActionRequest{RequestID: id}); err != nil || got.ID != p.ID {
				t.Fatal(got, err)
			}
			w.wantState(p.ID, ledger.Charged)
		}
		if n := w.steps.count("reversal frame"); n != 2 {
			t.Errorf("%d reversal frames for two requests", n)
		}
		w.wantIdle()
	}, reversible)
}

// TestReversalWrittenMeanwhile: the ledger knows the request when the intent is to be written, because another way
// has brought it: whoever did not write it sends nothing.
func TestReversalWrittenMeanwhile(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		d := w.terminals[0]
		p := w.charged("r1", 1)
		d.script(func(d *terminal) {
			d.ops.reverse = func(context.Context, driver.Reversal) error {
				if _, err := w.ledger.Reverse(p.ID, chief.ID, "one", d.baseline()); err != nil {
					return err
				}
				_, err := w.ledger.Conclude(p.ID, ledger.Conclusion{Outcome: driver.Outcome{Verdict: driver.NotSent}})
				return err
			}
		})
		if got, err := w.till.Reverse(context.Background(), chief, p.ID, local.ActionRequest{RequestID: "one"}); err != nil || got.ID != p.ID {
			t.Error(got, err)
		}
		if n := w.steps.count("reversal frame"); n != 0 {
			t.Errorf("%d frames without an intent", n)
		}
		w.wantState(p.ID, ledger.Charged)
		w.wantIdle()
	}, reversible)
}

// TestReversalOfARefund: what the office refunds is not given back by the terminal, too.
func TestReversalOfARefund(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.charged("r1", 1)
		c, err := w.ledger.OpenCase(ledger.Case{PaymentID: p.ID, Cause: driver.Reason{Code: string(local.CodeDoubleCharge)}})
		if err == nil {
			_, err = w.ledger.ProposeEnding(c.ID, c.Seq, ledger.Proposal{Ending: ledger.EndingRefunded, Note: "bonifico", By: clerk.ID})
		}
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.reverse(chief, p.ID)
		if e := refusal(t, err, local.CodeNotReversible); e.Args[local.ArgReason] != local.NotReversibleText(local.WhyRefunded, local.Italian) {
			t.Errorf("%+v", e)
		}
		if w.steps.count("reversal frame") != 0 {
			t.Error("given back twice")
		}
		w.wantIdle()
	}, reversible)
}

// TestReversalWithoutAck: the terminal does not know that we have its reversal, and may have undone it: it is asked,
// at once or after a start, and where the charge stands the notice stays locked, with a case.
func TestReversalWithoutAck(t *testing.T) {
	for _, undone := range []bool{false, true} {
		for _, restart := range []bool{false, true} {
			bubble(t, func(t *testing.T, w *world) {
				d := w.terminals[0]
				p := w.charged("r1", 1)
				before := d.read()
				d.script(func(d *terminal) {
					d.ops.unacked, d.mute = true, restart
					d.ops.undo = func(context.Context) driver.Outcome {
						o := d.reversed()
						if undone {
							d.script(func(d *terminal) { d.memory, d.numbers = before.memory, before.numbers })
						}
						return o
					}
				})
				if _, err := w.reverse(chief, p.ID); err != nil {
					t.Fatal(err)
				}
				w.wantState(p.ID, ledger.Reversed)
				if restart {
					w.restart()
					d.script(func(d *terminal) { d.mute = false })
					w.restart()
				}
				w.wantIdle()
				now := w.wantState(p.ID, ledger.Reversed)
				cases, err := w.till.Cases(context.Background(), false)
				if err != nil || now.Reversal.Confirmed == undone || now.Reversal.Doubted != undone || (len(cases) == 1) != undone {
					t.Errorf("undone %t, restart %t: %+v, %+v %v", undone, restart, now.Reversal, cases, err)
				}
				w.restart()
				if again, _ := w.till.Cases(context.Background(), false); len(again) != len(cases) {
					t.Errorf("told again: %+v", again)
				}
				time.Sleep(time.Hour)
				if n, err := w.ledger.Notice(now.Notices[0].Creditor, now.Notices[0].Number); err != nil || (n.Holder != "") != undone {
					t.Errorf("undone %t, restart %t: an hour later %+v %v", undone, restart, n, err)
				}
			}, reversible)
		}
	}
}

// TestReversalOvertaken: the terminal could not be asked, and the next payment takes the reversal's place.
func TestReversalOvertaken(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		d := w.terminals[0]
		p := w.charged("r1", 1)
		d.script(func(d *terminal) { d.ops.unacked, d.mute = true, true })
		if _, err := w.reverse(chief, p.ID); err != nil {
			t.Fatal(err)
		}
		w.wantState(p.ID, ledger.Reversed)
		w.wantIdle()
		d.script(func(d *terminal) { d.ops.unacked = false })
		w.charged("r2", 2)
		cases, err := w.till.Cases(context.Background(), false)
		if now := w.wantState(p.ID, ledger.Reversed); err != nil || len(cases) != 1 || cases[0].PaymentID != p.ID || !now.Reversal.Doubted {
			t.Errorf("%+v %v %+v", cases, err, now.Reversal)
		}
		w.wantIdle()
	}, reversible)
}
