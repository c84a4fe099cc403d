package till

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/govpay"
	"sportello/protocol/local"
)

// TestNoticeLock: from sent on nobody else charges the same notice, on whatever terminal.
func TestNoticeLock(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		bank := make(chan driver.Outcome)
		one := w.terminals[0]
		one.script(func(d *terminal) { d.word = func(context.Context, driver.Payment) driver.Outcome { return <-bank } })
		p, err := w.pay(request("r1", "cassa1", notice(1)))
		if err != nil {
			t.Fatal(err)
		}
		n := 1
		locked := func(when string) {
			t.Helper()
			synctest.Wait()
			n++
			_, err := w.pay(request(fmt.Sprint("r", n), "cassa2", notice(1)))
			if e := refusal(t, err, local.CodeNoticeLocked); e.PaymentID != p.ID {
				t.Errorf("%s: %+v", when, e)
			}
			l, err := w.till.Lookup(context.Background(), local.LookupRequest{Code: notice(1)})
			if err != nil || l.Payable || l.PaymentID != p.ID || l.Reason == nil || l.Reason.Code != string(local.CodeNoticeLocked) {
				t.Errorf("%s: looked up %+v %v", when, l, err)
			}
		}
		locked("in flight")
		one.script(func(d *terminal) { d.resolve = finds(people) })
		bank <- lost("")
		locked("unknown")
		if _, err := w.act(clerk, "free"); err != nil {
			t.Fatal(err)
		}
		locked("unknown, terminal freed")
		w.restart()
		locked("unknown, after a start")
		if _, err := w.ledger.Conclude(p.ID, ledger.Conclusion{Outcome: one.approve(driver.Payment{AmountCents: price})}); err != nil {
			t.Fatal(err)
		}
		locked("charged")
		if got := w.terminals[1].bank(); len(got) != 0 {
			t.Errorf("charged on the second terminal: %v", got)
		}
		w.wantIdle()
	}, withTwo)
}

// TestNoticeFreeAgain: a proven refusal frees the notice, also for another terminal.
func TestNoticeFreeAgain(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.terminals[0].script(func(d *terminal) {
			d.word = func(_ context.Context, p driver.Payment) driver.Outcome { return d.decline(p) }
		})
		p, err := w.pay(request("r1", "cassa1", notice(1)))
		if err != nil {
			t.Fatal(err)
		}
		w.wantState(p.ID, ledger.NotCharged)
		retry := request("r2", "cassa2", notice(1))
		retry.RetryOf = p.ID
		q, err := w.pay(retry)
		if err != nil {
			t.Fatal(err)
		}
		if got := w.wantState(q.ID, ledger.Charged); got.RetryOf != p.ID {
			t.Errorf("retry of %q", got.RetryOf)
		}
	}, withTwo)
}

// TestSameNoticeInTwoPreflights: the ledger decides; the loser sends nothing, leaves no trace, and is told
// which payment stands in its way. So does a position or document shared by two numbers.
func TestSameNoticeInTwoPreflights(t *testing.T) {
	for name, numbers := range map[string][2]string{"number": {notice(1), notice(1)}, "position": {notice(1), notice(2)}} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				w.platform.answer(func(_ context.Context, creditor, number string) (govpay.Position, error) {
					p := debt(creditor, number)
					p.ID = "the same"
					return p, nil
				})
				slow := make(chan struct{})
				w.terminals[1].script(func(d *terminal) { d.before = func(context.Context) error { <-slow; return nil } })
				late := w.payAside(context.Background(), request("r2", "cassa2", numbers[1]))
				synctest.Wait()
				p, err := w.pay(request("r1", "cassa1", numbers[0]))
				if err != nil {
					t.Fatal(err)
				}
				w.wantState(p.ID, ledger.Charged)
				before := w.ledger.Stats().Entries
				close(slow)
				a := <-late
				if e := refusal(t, a.err, local.CodeNoticeLocked); e.PaymentID != p.ID {
					t.Errorf("%+v", e)
				}
				if w.steps.count("frame") != 1 || w.ledger.Stats().Entries != before {
					t.Errorf("%d frames, %d entries after %d", w.steps.count("frame"), w.ledger.Stats().Entries, before)
				}
				_, err = w.pay(request("r2", "cassa2", numbers[1]))
				if e := refusal(t, err, local.CodeNoticeLocked); e.PaymentID != p.ID {
					t.Errorf("again: %+v", e)
				}
				synctest.Wait()
				w.wantIdle()
				if l := w.terminal("cassa2").Light; l != local.LightReady {
					t.Errorf("the terminal is blamed: %s", l)
				}
			}, withTwo)
		})
	}
}

// TestTwoTerminals work side by side.
func TestTwoTerminals(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		bank := make(chan struct{})
		for _, d := range w.terminals {
			d.script(func(d *terminal) {
				d.word = func(_ context.Context, p driver.Payment) driver.Outcome { <-bank; return d.approve(p) }
			})
		}
		one, err := w.pay(request("r1", "cassa1", notice(1)))
		if err != nil {
			t.Fatal(err)
		}
		two, err := w.pay(request("r2", "cassa2", notice(2)))
		if err != nil {
			t.Fatal(err)
		}
		if v := w.terminal("cassa1"); v.Light != local.LightBusy || v.Reason != nil || v.Locked {
			t.Errorf("%+v", v)
		}
		_, err = w.pay(request("r3", "cassa1", notice(3)))
		wantCode(t, err, local.CodeTerminalBusy)
		for _, action := range []string{"status", "last", "totals", "free"} {
			_, err = w.act(chief, action)
			wantCode(t, err, local.CodeTerminalBusy)
		}
		close(bank)
		w.wantState(one.ID, ledger.Charged)
		w.wantState(two.ID, ledger.Charged)
		w.wantIdle()
	}, withTwo)
}

// TestLockedTerminal: while an unknown holds the terminal, another notice is refused on it, not kept
// waiting until the evidence is there and the citizen gone.
func TestLockedTerminal(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.receipts = true
		d := w.terminals[0]
		found := make(chan driver.Outcome)
		d.script(func(d *terminal) {
			d.word = func(context.Context, driver.Payment) driver.Outcome { return lost(driver.Charged) }
			d.resolve = func(ctx context.Context, _ driver.Attempt, r driver.Recorder) error {
				select {
				case o := <-found:
					return r.Outcome(o)
				case <-ctx.Done():
					return ctx.Err()
				}
			}
		})
		p, err := w.pay(request("r1", "cassa1", notice(1)))
		if err != nil {
			t.Fatal(err)
		}
		got := w.wantState(p.ID, ledger.Unknown)
		if got.NeedsPeople || got.Preset != driver.Charged {
			t.Errorf("%+v", got)
		}
		_, err = w.pay(request("r2", "cassa1", notice(2)))
		if e := refusal(t, err, local.CodeTerminalLocked); e.PaymentID != p.ID {
			t.Errorf("%+v", e)
		}
		for _, action := range []string{"status", "last", "totals"} {
			_, err = w.act(chief, action)
			wantCode(t, err, local.CodeTerminalBusy)
		}
		v := w.terminal("cassa1")
		if !v.Locked || v.PaymentID != p.ID || v.CanFree || v.Light != local.LightNotReady || v.Reason.Code != string(local.CodeTerminalLocked) {
			t.Errorf("%+v", v)
		}
		if s := w.hub.shown("cassa1"); !s.Locked {
			t.Errorf("the screens show %+v", s)
		}
		found <- d.approve(driver.Payment{AmountCents: price})
		w.wantState(p.ID, ledger.Charged)
		w.wantIdle()
		d.script(func(d *terminal) { d.word = nil })
		q, err := w.pay(request("r3", "cassa1", notice(2)))
		if err != nil {
			t.Fatal(err)
		}
		w.wantState(q.ID, ledger.Charged)
		if s := w.hub.shown("cassa1"); s.Locked || s.Light != local.LightReady {
			t.Errorf("the screens show %+v", s)
		}
	})
}

// TestTakeBetweenOutcomeAndEvidence stands exactly between the end of an unknown attempt and the start of
// its evidence: a payment that comes then is refused, and so is a question, which would wait for the evidence.
func TestTakeBetweenOutcomeAndEvidence(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		s := w.till.stations["cassa1"]
		var codes []local.Code
		w.terminals[0].script(func(d *terminal) {
			d.word = func(context.Context, driver.Payment) driver.Outcome { return lost("") }
		})
		n := 0
		w.hub.inside = func(e local.Event) {
			if e.Terminal != nil || e.Activity != nil || e.Payment != nil && e.Payment.State == local.StateUnknown {
				n++
				err := s.accept(&attempt{id: fmt.Sprint("other", n), begun: make(chan struct{})})
				codes = append(codes, codeOf(t, err))
				wantCode(t, s.queue(func(context.Context) {}), local.CodeTerminalBusy)
			}
		}
		p, err := w.pay(request("r1", "cassa1", notice(1)))
		if err != nil {
			t.Fatal(err)
		}
		w.wantState(p.ID, ledger.Unknown)
		if slices.Contains(codes, "") || !slices.Contains(codes, local.CodeTerminalLocked) {
			t.Errorf("%q", codes)
		}
		w.hub.inside = nil
	})
}

// TestQuestions: they never wait behind a payment, and a payment waits for those before it.
func TestQuestions(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		gate := make(chan struct{})
		w.terminals[0].script(func(d *terminal) {
			d.status = func(ctx context.Context) error {
				select {
				case <-gate:
					return nil
				case <-ctx.Done():
					return ctx.Err()
				}
			}
		})
		results := make(chan error, 32)
		ask := func(ctx context.Context) {
			_, err := w.till.TerminalAction(ctx, clerk, "cassa1", "status", local.ActionRequest{})
			results <- err
		}
		gone, leave := context.WithCancel(context.Background())
		go ask(gone)
		synctest.Wait()
		leave()
		synctest.Wait()
		if err := <-results; err == nil {
			t.Error("the caller left and got an answer")
		}
		for range questionsWaiting {
			go ask(context.Background())
		}
		synctest.Wait()
		if len(results) != 0 {
			t.Errorf("answered already: %v", <-results)
		}
		_, err := w.act(clerk, "last") // the queue is full
		wantCode(t, err, local.CodeTerminalBusy)
		paid := w.payAside(context.Background(), request("r1", "cassa1", notice(1)))
		synctest.Wait()
		_, err = w.act(clerk, "last")
		wantCode(t, err, local.CodeTerminalBusy)
		close(gate)
		if a := <-paid; a.err != nil {
			t.Error(a.err)
		}
		for range questionsWaiting {
			if err := <-results; err != nil {
				t.Error(err)
			}
		}
		synctest.Wait()
		w.wantIdle()
	})
}

// TestActions of the page on a terminal.
func TestActions(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		d := w.terminals[0]
		p, err := w.pay(request("r1", "cassa1", notice(1)))
		if err != nil {
			t.Fatal(err)
		}
		w.wantState(p.ID, ledger.Charged)
		rep, err := w.act(clerk, "last")
		if err != nil || rep.Last == nil || rep.Last.STAN != "000001" || rep.Terminal.Name != "cassa1" {
			t.Errorf("%+v %v", rep, err)
		}
		if rep, err = w.act(clerk, "totals"); err != nil || rep.TotalCents == nil || *rep.TotalCents != 4200 {
			t.Errorf("%+v %v", rep, err)
		}
		d.script(func(d *terminal) {
			d.status = func(context.Context) error { return &driver.Refusal{Kind: driver.ErrUnreachable, Detail: "refused"} }
		})
		if rep, err = w.act(clerk, "status"); err != nil || rep.Terminal.Light != local.LightNotReady || rep.Text == "" {
			t.Errorf("%+v %v", rep, err)
		}
		d.script(func(d *terminal) { d.status = nil })
		if rep, err = w.act(clerk, "status"); err != nil || rep.Terminal.Light != local.LightReady || rep.Text != "" {
			t.Errorf("%+v %v", rep, err)
		}
		_, err = w.act(clerk, "adopt")
		wantCode(t, err, local.CodeForbiddenRole)
		_, err = w.act(chief, "free")
		wantCode(t, err, local.CodeNothingToFree)
		_, err = w.act(chief, "erase")
		wantCode(t, err, local.CodeNotServed)
		_, err = w.till.TerminalAction(context.Background(), clerk, "cassa9", "status", local.ActionRequest{})
		wantCode(t, err, local.CodeTerminalUnknown)
		w.wantIdle()
	})
}

// TestSilentQuestion: a terminal that never answers does not hold the worker for ever.
func TestSilentQuestion(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.terminals[0].script(func(d *terminal) {
			d.status = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		})
		start := time.Now()
		if _, err := w.act(clerk, "status"); err != nil {
			t.Error(err)
		}
		if took := time.Since(start); took > 5*time.Minute {
			t.Errorf("after %v", took)
		}
		if s := w.hub.shown("cassa1"); s.Light != local.LightNotReady || s.Reason == nil || s.Reason.Code != string(local.CodeTerminalSilent) {
			t.Errorf("the screens show %+v", s)
		}
		if p, err := w.pay(request("r1", "cassa1", notice(1))); err != nil {
			t.Error(p, err)
		}
	})
}
