package till

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/govpay"
	"sportello/protocol/local"
)

// TestRepeat: the same request is the same payment, whenever it comes again.
func TestRepeat(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		preflight, bank := make(chan struct{}), make(chan struct{})
		w.terminals[0].script(func(d *terminal) {
			d.before = func(context.Context) error { <-preflight; return nil }
			d.word = func(_ context.Context, p driver.Payment) driver.Outcome { <-bank; return d.approve(p) }
		})
		r := request("r1", "cassa1", notice(1))
		reused := request("r1", "cassa1", notice(2))
		first := w.payAside(context.Background(), r)
		synctest.Wait()
		// During the pre-flight.
		second := w.payAside(context.Background(), r)
		synctest.Wait()
		_, err := w.pay(reused)
		wantCode(t, err, local.CodeRequestIDReused)
		close(preflight)
		a, b := <-first, <-second
		if a.err != nil || b.err != nil || a.p.ID != b.p.ID {
			t.Fatalf("%+v %+v", a, b)
		}
		same := func(when string, want local.State) {
			t.Helper()
			synctest.Wait()
			p, err := w.pay(r)
			if err != nil || p.ID != a.p.ID || p.State != want {
				t.Errorf("%s: %s %s %v, want %s %s", when, p.ID, p.State, err, a.p.ID, want)
			}
			e := refusal(t, func() error { _, err := w.pay(reused); return err }(), local.CodeRequestIDReused)
			if e.PaymentID != a.p.ID {
				t.Errorf("%s: reused without the payment: %+v", when, e)
			}
		}
		same("after sent", local.StateSent)
		close(bank)
		same("after charged", local.StateCharged)
		w.restart()
		same("after a start", local.StateCharged)
		if n := w.steps.count("pay"); n != 1 {
			t.Errorf("%d driver calls", n)
		}
		if n := w.steps.count("frame"); n != 1 {
			t.Errorf("%d frames", n)
		}
		// The same id with the same body is the same thing, whoever asks (design 7).
		if p, err := w.till.Pay(context.Background(), chief, r); err != nil || p.Operator != clerk.ID {
			t.Errorf("asked by another operator: %+v, %v", p, err)
		}
		w.wantIdle()
	})
}

// TestRepeatAfterAnotherConfiguration: the same request is the same payment also when its terminal has left the
// configuration, or takes fewer notices now. A new request is refused.
func TestRepeatAfterAnotherConfiguration(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.receipts = true
		charged, refused := request("r1", "cassa2", notice(1), notice(2)), request("r2", "cassa2", notice(3))
		p, err := w.pay(charged)
		if err != nil {
			t.Fatal(err)
		}
		w.wantState(p.ID, ledger.Charged)
		w.terminals[1].script(func(d *terminal) { d.before = off })
		_, err = w.pay(refused)
		first := refusal(t, err, local.CodeTerminalUnreachable)
		for when, change := range map[string]struct {
			do   func()
			code local.Code
		}{
			"fewer notices": {func() { w.max = 1 }, local.CodeTooManyNotices},
			"no terminal":   {func() { w.max, w.terminals = 3, w.terminals[:1] }, local.CodeTerminalUnknown},
		} {
			terminals, limit := w.terminals, w.max
			w.stop()
			change.do()
			w.start()
			synctest.Wait()
			again, err := w.pay(charged)
			if err != nil || again.ID != p.ID || again.State != local.StateCharged {
				t.Errorf("%s: %s %s %v", when, again.ID, again.State, err)
			}
			_, err = w.pay(refused)
			if e := refusal(t, err, local.CodeTerminalUnreachable); e.PaymentID != first.PaymentID {
				t.Errorf("%s: %+v", when, e)
			}
			_, err = w.pay(request("r1", "cassa2", notice(4), notice(5)))
			wantCode(t, err, local.CodeRequestIDReused)
			_, err = w.pay(request("r3", "cassa2", notice(4), notice(5)))
			wantCode(t, err, change.code)
			w.stop()
			w.terminals, w.max = terminals, limit
			w.start()
		}
	}, withTwo)
}

// TestRepeatedRefusal: a refusal on record is given again, with its payment, also by a new process.
func TestRepeatedRefusal(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		d := w.terminals[0]
		d.script(func(d *terminal) {
			d.before = func(context.Context) error {
				return &driver.Refusal{Kind: driver.ErrNotReady, Detail: "status 3"}
			}
		})
		r := request("r1", "cassa1", notice(1))
		_, err := w.pay(r)
		first := refusal(t, err, local.CodeTerminalNotReady)
		d.script(func(d *terminal) { d.before = nil })
		for _, again := range []string{"in this process", "after a start"} {
			_, err := w.pay(r)
			e := refusal(t, err, local.CodeTerminalNotReady)
			if e.PaymentID != first.PaymentID || e.PaymentID == "" || e.Detail != first.Detail {
				t.Errorf("%s: %+v, want %+v", again, e, first)
			}
			if local.Render(e, local.Italian).Message != local.Render(first, local.Italian).Message {
				t.Errorf("%s: %q", again, local.Render(e, local.Italian).Message)
			}
			_, err = w.pay(request("r1", "cassa1", notice(2)))
			wantCode(t, err, local.CodeRequestIDReused)
			w.restart()
			synctest.Wait()
		}
		if n := w.steps.count("pay"); n != 1 {
			t.Errorf("%d driver calls", n)
		}
		if p, err := w.pay(request("r2", "cassa1", notice(1))); err != nil || p.ID == first.PaymentID {
			t.Errorf("a new request: %v", err)
		}
	})
}

// TestAtOnce: many with the same id at the same moment are one payment. Real time, so that they race.
func TestAtOnce(t *testing.T) {
	w := newWorld(t)
	const many = 12
	var all sync.WaitGroup
	answers := make([]answer, many)
	start := make(chan struct{})
	for i := range many {
		all.Go(func() {
			<-start
			for {
				p, err := w.pay(request("r1", "cassa1", notice(1)))
				answers[i] = answer{p, err}
				if err == nil || codeOf(t, err) != local.CodeTerminalBusy {
					return
				}
			}
		})
	}
	close(start)
	all.Wait()
	for _, a := range answers {
		if a.err != nil || a.p.ID != answers[0].p.ID {
			t.Errorf("%s %v, want %s", a.p.ID, a.err, answers[0].p.ID)
		}
	}
	if n := w.steps.count("pay"); n != 1 {
		t.Errorf("%d driver calls", n)
	}
}

// TestRepeatBehindItsOwnEnd is a repeat that arrives while the first attempt is there, and is looked at
// when that has come and gone, declined: the notice is free, and the money must not be asked for again.
func TestRepeatBehindItsOwnEnd(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.terminals[0].script(func(d *terminal) {
			d.word = func(_ context.Context, p driver.Payment) driver.Outcome { return d.decline(p) }
		})
		r := request("r1", "cassa1", notice(1))
		p, err := w.pay(r)
		if err != nil {
			t.Fatal(err)
		}
		w.wantState(p.ID, ledger.NotCharged)
		s := w.till.stations["cassa1"]
		hash, err := fingerprint(r)
		if err != nil {
			t.Fatal(err)
		}
		// Past the look at the ledger, as a repeat would be that was slow.
		a, fresh, err := w.till.begin(clerk, r, hash, s)
		if err != nil || !fresh {
			t.Fatal(fresh, err)
		}
		if err := s.accept(a); err != nil {
			t.Fatal(err)
		}
		<-a.begun
		if e := refusal(t, a.err, local.CodeStateChanged); e.PaymentID != p.ID {
			t.Errorf("%+v", e)
		}
		if n := w.steps.count("frame"); n != 1 {
			t.Errorf("%d frames", n)
		}
		w.wantState(p.ID, ledger.NotCharged)
		w.wantIdle()
	})
}

// TestPlatformAsked: the platform is asked once an attempt, with no lock of ours held.
func TestPlatformAsked(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		gate := make(chan struct{})
		w.platform.answer(func(_ context.Context, creditor, number string) (govpay.Position, error) {
			<-gate
			return debt(creditor, number), nil
		})
		one := w.payAside(context.Background(), request("r1", "cassa1", notice(1)))
		two := w.payAside(context.Background(), request("r2", "cassa2", notice(2)))
		synctest.Wait()
		if w.platform.asked != 2 {
			t.Errorf("%d questions under way, want one for each terminal", w.platform.asked)
		}
		if _, err := w.till.Snapshot(context.Background(), clerk); err != nil {
			t.Error(err)
		}
		_, err := w.pay(request("r3", "cassa1", notice(3)))
		wantCode(t, err, local.CodeTerminalBusy)
		_, err = w.act(clerk, "totals")
		wantCode(t, err, local.CodeTerminalBusy)
		close(gate)
		if a, b := <-one, <-two; a.err != nil || b.err != nil {
			t.Error(a.err, b.err)
		}
		synctest.Wait()
		w.wantIdle()
	}, withTwo)
}
