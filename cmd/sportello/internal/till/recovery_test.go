package till

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/local"
)

// TestEveryStateIsTakenUp: each state of the ledger that is not finished names a recovery, and it is one
// that Start really runs (TestSentIsTakenUp, TestResolvingStopsAtClose). Reversing is not reachable in
// this version: nothing of this package concludes it.
func TestEveryStateIsTakenUp(t *testing.T) {
	want := map[ledger.State]string{
		ledger.Sent: "resolve", ledger.Unknown: "resolve", ledger.Reversing: "reverse",
		ledger.Charged: "", ledger.NotCharged: "", ledger.Reversed: "",
	}
	for s, recovery := range want {
		if s.Recovery() != recovery || s.Finished() != (recovery == "") {
			t.Errorf("%s: finished %t, recovery %q, want %q", s, s.Finished(), s.Recovery(), recovery)
		}
	}
}

// TestResolve in the same process: the driver gets the whole attempt, and its verdict ends it.
func TestResolve(t *testing.T) {
	rows := map[ledger.State]func(*terminal) driver.Outcome{
		ledger.Charged:    func(d *terminal) driver.Outcome { return d.approve(driver.Payment{AmountCents: price}) },
		ledger.NotCharged: func(d *terminal) driver.Outcome { return d.decline(driver.Payment{}) },
		ledger.Unknown:    func(*terminal) driver.Outcome { return people },
	}
	for want, o := range rows {
		t.Run(string(want), func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				d := w.terminals[0]
				d.sold() // before us: the baseline
				if _, err := w.act(chief, "adopt"); err != nil {
					t.Fatal(err)
				}
				d.script(func(d *terminal) {
					d.word = func(context.Context, driver.Payment) driver.Outcome { return lost("") }
					d.resolve = func(_ context.Context, _ driver.Attempt, r driver.Recorder) error { return r.Outcome(o(d)) }
					d.late = &driver.Aftermath{Acked: true, Ticket: "scontrino tardivo", TicketComplete: true}
				})
				base := d.baseline()
				p, err := w.pay(request("r1", "cassa1", notice(1), notice(2)))
				if err != nil {
					t.Fatal(err)
				}
				got := w.wantState(p.ID, want)
				if slip, err := w.ledger.Ticket(p.ID); err != nil || slip != "scontrino tardivo" || !got.Acked {
					t.Errorf("the slip of the late word: %q, %v; acked %t", slip, err, got.Acked)
				}
				if got.NeedsPeople != (want == ledger.Unknown) {
					t.Errorf("needs people: %t", got.NeedsPeople)
				}
				as := d.read().attempts
				if len(as) != 1 {
					t.Fatalf("%d times resolved", len(as))
				}
				a := as[0]
				if !a.SameProcess || a.Reference != p.Reference || a.AmountCents != 2*price || a.Exclusivity != driver.Exclusive ||
					len(a.Notices) != 2 || a.Notices[1] != (driver.Notice{Creditor: comune, Number: notice(2)}) ||
					!a.SentAt.Equal(got.SentAt) || a.SentAt.IsZero() ||
					string(a.Baseline.Last) != string(base.Last) || a.Baseline.LastSTAN != base.LastSTAN {
					t.Errorf("%+v", a)
				}
				v := w.terminal("cassa1")
				if v.Locked != (want == ledger.Unknown) || v.CanFree != v.Locked {
					t.Errorf("%+v", v)
				}
				// What the evidence was read from is known: nobody has to adopt it.
				if want != ledger.Unknown {
					if _, err := w.act(clerk, "status"); err != nil || w.terminal("cassa1").NeedsAdopt {
						t.Errorf("%+v %v", w.terminal("cassa1"), err)
					}
					if ts, _ := w.ledger.Terminal("cassa1"); ts.Demoted {
						t.Errorf("demoted: %s", ts.DemotedWhy)
					}
				}
				w.wantIdle()
			}, exclusively)
		})
	}
}

// TestSentIsTakenUp: after a start, sent is unknown, and evidence is gathered before anything else is asked of the
// terminal.
func TestSentIsTakenUp(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		d := w.terminals[0]
		d.script(func(d *terminal) {
			d.word = func(life context.Context, _ driver.Payment) driver.Outcome { <-life.Done(); return driver.Outcome{} }
		})
		p, err := w.pay(request("r1", "cassa1", notice(1)))
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		w.stop()
		w.steps.forget()
		found := make(chan struct{})
		d.script(func(d *terminal) {
			d.resolve = func(_ context.Context, a driver.Attempt, r driver.Recorder) error {
				<-found
				return r.Outcome(d.approve(driver.Payment{AmountCents: a.AmountCents}))
			}
		})
		w.start()
		got := w.wantState(p.ID, ledger.Unknown)
		if got.Reason.Code != string(local.CodeRestarted) || got.NeedsPeople {
			t.Errorf("%+v", got)
		}
		a := d.read().attempts
		if len(a) != 1 || a[0].SameProcess || !a[0].SentAt.Equal(got.SentAt) || a[0].SentAt.IsZero() {
			t.Errorf("%+v", a)
		}
		_, err = w.pay(request("r2", "cassa1", notice(2)))
		wantCode(t, err, local.CodeTerminalLocked)
		s, err := w.till.Snapshot(context.Background(), clerk)
		if err != nil || len(s.Activities) != 1 || s.Activities[0].Phase != "verifying" || s.Activities[0].PaymentID != p.ID {
			t.Errorf("%+v %v", s.Activities, err)
		}
		if slices.Contains(w.steps.all(), "status") {
			t.Error("the terminal was greeted before its evidence was read")
		}
		close(found)
		w.wantState(p.ID, ledger.Charged)
		if v := w.terminal("cassa1"); v.NeedsAdopt || v.Light != local.LightReady {
			t.Errorf("after the recovery: %+v", v)
		}
		if w.steps.count("pay") != 0 {
			t.Error("it was sent again")
		}
		w.wantIdle()
	})
}

// TestSeveralUnfinished: each terminal takes up its own; what is with people is left with people.
func TestSeveralUnfinished(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		one, two := w.terminals[0], w.terminals[1]
		unknown := func(d *terminal) {
			d.word = func(context.Context, driver.Payment) driver.Outcome { return lost("") }
			d.resolve = finds(people)
		}
		one.script(unknown)
		two.script(unknown)
		freed, err := w.pay(request("r1", "cassa1", notice(1)))
		if err != nil {
			t.Fatal(err)
		}
		w.wantState(freed.ID, ledger.Unknown)
		if _, err := w.act(clerk, "free"); err != nil {
			t.Fatal(err)
		}
		desk, err := w.pay(request("r2", "cassa2", notice(2)))
		if err != nil {
			t.Fatal(err)
		}
		w.wantState(desk.ID, ledger.Unknown)
		one.script(func(d *terminal) {
			d.word = func(life context.Context, _ driver.Payment) driver.Outcome { <-life.Done(); return driver.Outcome{} }
		})
		sent, err := w.pay(request("r3", "cassa1", notice(3)))
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		w.stop()
		for _, d := range w.terminals {
			d.script(func(d *terminal) { d.attempts, d.resolve = nil, nil })
		}
		w.start()
		w.wantState(freed.ID, ledger.Unknown)
		w.wantState(desk.ID, ledger.Unknown)
		w.wantState(sent.ID, ledger.Unknown)
		if as := one.read().attempts; len(as) != 1 || as[0].Reference != sent.Reference {
			t.Errorf("cassa1 resolves %+v", as)
		}
		if as := two.read().attempts; len(as) != 0 {
			t.Errorf("cassa2 resolves %+v", as)
		}
		if v := w.terminal("cassa2"); !v.Locked || !v.CanFree || v.PaymentID != desk.ID {
			t.Errorf("%+v", v)
		}
		list, err := w.till.Payments(context.Background(), local.PaymentQuery{State: local.StateUnknown})
		if err != nil || len(list.Payments) != 3 {
			t.Errorf("%+v %v", list, err)
		}
	}, withTwo)
}

// TestOrphan: a terminal that left the configuration leaves its unknowns to people.
func TestOrphan(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		two := w.terminals[1]
		two.script(func(d *terminal) {
			d.word = func(life context.Context, _ driver.Payment) driver.Outcome { <-life.Done(); return driver.Outcome{} }
		})
		p, err := w.pay(request("r1", "cassa2", notice(1)))
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		w.stop()
		w.terminals = w.terminals[:1]
		for range 2 {
			w.start()
			got := w.wantState(p.ID, ledger.Unknown)
			if !got.NeedsPeople {
				t.Errorf("%+v", got)
			}
			_, err = w.pay(request("r2", "cassa1", notice(1)))
			wantCode(t, err, local.CodeNoticeLocked)
			before := w.ledger.Stats().Entries
			w.stop()
			if n := w.ledger.Stats().Entries; n != before {
				t.Errorf("%d entries, then %d", before, n)
			}
		}
		w.terminals = append(w.terminals, two)
		two.script(func(d *terminal) { d.attempts = nil })
		w.start()
		synctest.Wait()
		if as := two.read().attempts; len(as) != 0 {
			t.Errorf("people have it, and yet it is resolved: %+v", as)
		}
		if _, err := w.till.TerminalAction(context.Background(), clerk, "cassa2", "free", local.ActionRequest{}); err != nil {
			t.Error(err)
		}
	}, withTwo)
}

// TestFree: a clerk when the driver has nothing more to ask, a supervisor at any time; the notice stays
// locked and the terminal works on.
func TestFree(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.receipts = true
		d := w.terminals[0]
		d.script(func(d *terminal) {
			d.word = func(context.Context, driver.Payment) driver.Outcome { return lost(driver.Charged) }
		})
		p, err := w.pay(request("r1", "cassa1", notice(1)))
		if err != nil {
			t.Fatal(err)
		}
		w.wantState(p.ID, ledger.Unknown)
		_, err = w.act(clerk, "free")
		if e := refusal(t, err, local.CodeForbiddenRole); e.PaymentID != p.ID {
			t.Errorf("%+v", e)
		}
		w.wantState(p.ID, ledger.Unknown)
		rep, err := w.act(chief, "free")
		if err != nil || rep.Terminal.Locked {
			t.Fatalf("%+v %v", rep, err)
		}
		got := w.wantState(p.ID, ledger.Unknown)
		if !got.NeedsPeople || got.Preset != driver.Charged || got.Reason.Code != string(local.CodeAwaitingPeople) {
			t.Errorf("%+v", got)
		}
		w.wantIdle()
		_, err = w.pay(request("r2", "cassa1", notice(1)))
		wantCode(t, err, local.CodeNoticeLocked)
		d.script(func(d *terminal) { d.word = nil })
		q, err := w.pay(request("r3", "cassa1", notice(2)))
		if err != nil {
			t.Fatal(err)
		}
		w.wantState(q.ID, ledger.Charged)
		if v := w.hub.shown("cassa1"); v.Locked || v.Light != local.LightReady {
			t.Errorf("the screens show %+v", v)
		}

		d.script(func(d *terminal) {
			d.word = func(context.Context, driver.Payment) driver.Outcome { return lost("") }
			d.resolve = finds(people)
		})
		r, err := w.pay(request("r4", "cassa1", notice(3)))
		if err != nil {
			t.Fatal(err)
		}
		w.wantState(r.ID, ledger.Unknown)
		if _, err := w.act(clerk, "free"); err != nil {
			t.Error(err)
		}
		w.restart()
		synctest.Wait()
		if v := w.terminal("cassa1"); v.Locked {
			t.Errorf("%+v", v)
		}
		_, err = w.pay(request("r5", "cassa1", notice(3)))
		wantCode(t, err, local.CodeNoticeLocked)
	})
}

// TestJudgedBesideAnother: what the terminal shows may be another undecided payment of ours, so nothing on it is
// judged as if it could only be the one that is being resolved.
func TestJudgedBesideAnother(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		d := w.terminals[0]
		first := w.ends("r1", 1, lost(""), ledger.Unknown)
		if _, err := w.act(clerk, "free"); err != nil {
			t.Fatal(err)
		}
		second := w.ends("r2", 2, lost(""), ledger.Unknown)
		for _, p := range []local.Payment{first, second} {
			if _, err := w.ledger.Conclude(p.ID, ledger.Conclusion{Outcome: refusedByLine, ResolvedBy: []string{"anna", "capo"}}); err != nil {
				t.Fatal(err)
			}
		}
		w.ends("r3", 3, lost(""), ledger.Unknown)
		as := d.read().attempts
		var got []driver.Exclusivity
		for _, a := range as {
			got = append(got, a.Exclusivity)
		}
		if want := []driver.Exclusivity{driver.Exclusive, driver.Shared, driver.Exclusive}; !slices.Equal(got, want) {
			t.Errorf("judged as %q, want %q", got, want)
		}
		if ts, _ := w.ledger.Terminal("cassa1"); ts.Demoted {
			t.Errorf("demoted: %s", ts.DemotedWhy)
		}
	}, exclusively)
}

// TestFreedAndNotLetGo: a driver that takes its time to leave the evidence keeps the next payment out, not waiting.
func TestFreedAndNotLetGo(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		d := w.terminals[0]
		leave := make(chan struct{})
		d.script(func(d *terminal) {
			d.word = func(context.Context, driver.Payment) driver.Outcome { return lost("") }
			d.resolve = func(ctx context.Context, _ driver.Attempt, _ driver.Recorder) error { <-leave; return ctx.Err() }
		})
		if _, err := w.pay(request("r1", "cassa1", notice(1))); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if _, err := w.act(chief, "free"); err != nil {
			t.Fatal(err)
		}
		_, err := w.pay(request("r2", "cassa1", notice(2)))
		wantCode(t, err, local.CodeTerminalBusy)
		close(leave)
		synctest.Wait()
		d.script(func(d *terminal) { d.word = nil })
		if _, err := w.pay(request("r2", "cassa1", notice(2))); err != nil {
			t.Error(err)
		}
	})
}

// TestLateResultAfterFree: the terminal's word comes after all, while another payment has the terminal. It is
// written, and the other payment keeps the terminal.
func TestLateResultAfterFree(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		d := w.terminals[0]
		late := make(chan driver.Recorder, 1)
		d.script(func(d *terminal) {
			d.word = func(context.Context, driver.Payment) driver.Outcome { return lost("") }
			d.resolve = func(ctx context.Context, _ driver.Attempt, r driver.Recorder) error {
				late <- r
				<-ctx.Done()
				return ctx.Err()
			}
		})
		p, err := w.pay(request("r1", "cassa1", notice(1)))
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if _, err := w.act(chief, "free"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		bank := make(chan driver.Outcome)
		d.script(func(d *terminal) { d.word = func(context.Context, driver.Payment) driver.Outcome { return <-bank } })
		q, err := w.pay(request("r2", "cassa1", notice(2)))
		if err != nil {
			t.Fatal(err)
		}
		if err := (<-late).Outcome(d.approve(driver.Payment{AmountCents: price})); err != nil {
			t.Error(err)
		}
		w.wantState(p.ID, ledger.Charged)
		w.wantState(q.ID, ledger.Sent)
		if ts, _ := w.ledger.Terminal("cassa1"); ts.Lock != q.ID {
			t.Errorf("the terminal is held by %q", ts.Lock)
		}
		_, err = w.pay(request("r3", "cassa1", notice(3)))
		wantCode(t, err, local.CodeTerminalBusy)
		bank <- d.approve(driver.Payment{AmountCents: price})
		w.wantState(q.ID, ledger.Charged)
		w.wantIdle()
	})
}

// TestFreeAgainstTheVerdict: the supervisor frees at the very moment the evidence decides. Whoever is
// first counts; nothing is taken back.
func TestFreeAgainstTheVerdict(t *testing.T) {
	for i := range 8 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			w := newWorld(t)
			d := w.terminals[0]
			found := make(chan struct{})
			d.script(func(d *terminal) {
				d.word = func(context.Context, driver.Payment) driver.Outcome { return lost("") }
				d.resolve = func(ctx context.Context, a driver.Attempt, r driver.Recorder) error {
					<-found
					return r.Outcome(d.approve(driver.Payment{AmountCents: a.AmountCents}))
				}
			})
			p, err := w.pay(request("r1", "cassa1", notice(1)))
			if err != nil {
				t.Fatal(err)
			}
			for w.steps.count("resolve") == 0 { // freed before it is asked, the terminal is not asked at all
			}
			freed := make(chan error)
			go func() {
				_, err := w.act(chief, "free")
				freed <- err
			}()
			close(found)
			switch code := codeOf(t, <-freed); code {
			case "", local.CodeStateChanged, local.CodeNothingToFree, local.CodeTerminalBusy:
			default:
				t.Errorf("%q", code)
			}
			for w.payment(p.ID).State != ledger.Charged {
			}
			for w.terminal("cassa1").Locked {
			}
		})
	}
}

// TestEvidenceBreaksOff: a driver that stops asking without a word leaves the attempt to people, not to
// nobody.
func TestEvidenceBreaksOff(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.terminals[0].script(func(d *terminal) {
			d.word = func(context.Context, driver.Payment) driver.Outcome { return lost(driver.NotCharged) }
			d.resolve = func(context.Context, driver.Attempt, driver.Recorder) error { return errors.New("out of ideas") }
		})
		p, err := w.pay(request("r1", "cassa1", notice(1)))
		if err != nil {
			t.Fatal(err)
		}
		got := w.wantState(p.ID, ledger.Unknown)
		if !got.NeedsPeople || got.Preset != driver.NotCharged {
			t.Errorf("%+v", got)
		}
		if v := w.hub.shown("cassa1"); !v.CanFree {
			t.Errorf("the screens show %+v", v)
		}
		w.wantIdle()
	})
}

// TestReference is readable, of one installation, and never the same.
func TestReference(t *testing.T) {
	seen := map[string]bool{}
	for range 2000 {
		r, err := newReference("A1")
		if err != nil || len(r) != 13 || !strings.HasPrefix(r, "RIFA1") || strings.Trim(r[5:], referenceAlphabet) != "" || seen[r] {
			t.Fatalf("%q %v", r, err)
		}
		seen[r] = true
	}
	if strings.ContainsAny(referenceAlphabet, "IO01") || len(referenceAlphabet) != 32 {
		t.Error(referenceAlphabet)
	}
}

// TestResolvingStopsAtClose and goes on at the next start, from the ledger alone.
func TestResolvingStopsAtClose(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		d := w.terminals[0]
		d.script(func(d *terminal) { d.word = func(context.Context, driver.Payment) driver.Outcome { return lost("") } })
		p, err := w.pay(request("r1", "cassa1", notice(1)))
		if err != nil {
			t.Fatal(err)
		}
		got := w.wantState(p.ID, ledger.Unknown)
		time.Sleep(time.Minute)
		w.restart()
		again := w.wantState(p.ID, ledger.Unknown)
		if again.NeedsPeople || !again.UpdatedAt.Equal(got.UpdatedAt) && again.Reason.Code != got.Reason.Code {
			t.Errorf("%+v", again)
		}
		as := d.read().attempts
		if len(as) != 2 || !as[0].SameProcess || as[1].SameProcess || !as[1].SentAt.Equal(got.SentAt) {
			t.Errorf("%+v", as)
		}
	})
}
