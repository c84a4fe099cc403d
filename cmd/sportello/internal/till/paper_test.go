package till

import (
	"context"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/local"
)

// failAfterIntent makes a world whose disk refuses everything from the frame on.
func failAfterIntent(w *world, o func(*terminal, driver.Payment) driver.Outcome) {
	w.terminals[0].script(func(d *terminal) {
		d.word = func(_ context.Context, p driver.Payment) driver.Outcome {
			w.disk.failWith(fmt.Errorf("write: %w", syscall.ENOSPC))
			return o(d, p)
		}
	})
}

// TestOutcomeNotWritten: while the disk refuses, the terminal gets no acknowledgement, every screen shows
// what to write on paper, and the writing is tried again until it succeeds.
func TestOutcomeNotWritten(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		failAfterIntent(w, (*terminal).approve)
		p, err := w.pay(request("r1", "cassa1", notice(1)))
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		w.wantState(p.ID, ledger.Sent)
		if w.steps.count("ack") != 0 {
			t.Error("acknowledged")
		}
		if tries := w.steps.count("conclude.before"); tries < 10 || tries > 30 {
			t.Errorf("%d tries in a minute", tries)
		}
		onPaper := func(from string, v local.Payment) {
			t.Helper()
			if v.State != local.StateSent || v.Charge == nil || v.Charge.STAN != "000001" || v.Charge.AuthCode != "A12345" ||
				v.Reason == nil || v.Reason.Code != string(local.CodeLedgerNotWritten) ||
				!strings.Contains(v.Reason.Hint, "000001") || !strings.Contains(v.Reason.Hint, "A12345") {
				t.Errorf("%s: %+v %+v %+v", from, v.State, v.Charge, v.Reason)
			}
		}
		events := w.hub.payments(p.ID)
		onPaper("event", events[len(events)-1])
		s, err := w.till.Snapshot(context.Background(), clerk)
		if err != nil {
			t.Fatal(err)
		}
		onPaper("a page opened later", s.Payments[0])
		v, err := w.till.Payment(context.Background(), p.ID)
		if err != nil {
			t.Fatal(err)
		}
		onPaper("the payment", v)
		w.till.Changed(p.ID)
		events = w.hub.payments(p.ID)
		onPaper("published by others", events[len(events)-1])

		w.disk.failWith(nil)
		time.Sleep(6 * time.Second)
		got := w.wantState(p.ID, ledger.Charged)
		if !got.Acked || w.steps.count("ack") != 1 || w.steps.count("frame") != 1 {
			t.Errorf("acked %t, %d frames", got.Acked, w.steps.count("frame"))
		}
		events = w.hub.payments(p.ID)
		if last := events[len(events)-1]; last.State != local.StateCharged {
			t.Errorf("at the end the screens show %+v", last)
		}
		for _, e := range events {
			if e.State == local.StateCharged && e.Reason.Code != string(local.CodeApproved) {
				t.Errorf("charged, and the screens show %+v", e.Reason)
			}
		}
		w.wantIdle()
	})
}

// TestOtherOutcomesNotWritten: a refusal or an unknown that cannot be written never reads as a success,
// and a refusal never as leave to pay again.
func TestOtherOutcomesNotWritten(t *testing.T) {
	rows := map[local.Code]func(*terminal, driver.Payment) driver.Outcome{
		local.CodeDiskFull: (*terminal).decline,
		local.CodeLineLost: func(*terminal, driver.Payment) driver.Outcome { return lost("") },
	}
	for code, o := range rows {
		t.Run(string(code), func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				failAfterIntent(w, o)
				w.terminals[0].script(func(d *terminal) { d.resolve = finds(people) })
				p, err := w.pay(request("r1", "cassa1", notice(1)))
				if err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Second)
				synctest.Wait()
				events := w.hub.payments(p.ID)
				if last := events[len(events)-1]; last.State != local.StateSent || last.Reason == nil || last.Reason.Code != string(code) {
					t.Errorf("the screens show %+v %+v", last, last.Reason)
				}
				w.disk.failWith(nil)
				time.Sleep(6 * time.Second)
				synctest.Wait()
				if p := w.payment(p.ID); p.State == ledger.Sent {
					t.Errorf("%s", p.State)
				}
				w.wantIdle()
			})
		})
	}
}

// TestCloseWhileTheDiskRefuses: the trying ends with the service, nothing is acknowledged, and the next
// start finds the money by the terminal's memory.
func TestCloseWhileTheDiskRefuses(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		d := w.terminals[0]
		failAfterIntent(w, (*terminal).approve)
		p, err := w.pay(request("r1", "cassa1", notice(1)))
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second)
		start := time.Now()
		w.stop()
		if took := time.Since(start); took > time.Second {
			t.Errorf("closing took %v", took)
		}
		if w.steps.count("ack") != 0 || w.steps.count("no ack") != 1 {
			t.Errorf("%q", w.steps.all())
		}
		w.wantIdle()
		w.disk.failWith(nil)
		d.script(func(d *terminal) {
			d.resolve = func(_ context.Context, a driver.Attempt, r driver.Recorder) error {
				o := d.approve(driver.Payment{AmountCents: a.AmountCents})
				o.Charge.STAN = "000001"
				return r.Outcome(o)
			}
		})
		w.start()
		w.wantState(p.ID, ledger.Charged)
	})
}

// TestEvidenceNotWritten: the same for what is found later, and a person who frees the terminal meanwhile
// is not overruled on screen.
func TestEvidenceNotWritten(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		d := w.terminals[0]
		found := make(chan driver.Outcome)
		d.script(func(d *terminal) {
			d.word = func(context.Context, driver.Payment) driver.Outcome { return lost("") }
			d.resolve = func(_ context.Context, _ driver.Attempt, r driver.Recorder) error { return r.Outcome(<-found) }
		})
		p, err := w.pay(request("r1", "cassa1", notice(1)))
		if err != nil {
			t.Fatal(err)
		}
		w.wantState(p.ID, ledger.Unknown)
		w.disk.failWith(errDisk)
		found <- d.approve(driver.Payment{AmountCents: price})
		synctest.Wait()
		if events := w.hub.payments(p.ID); events[len(events)-1].Reason.Code != string(local.CodeLedgerNotWritten) {
			t.Errorf("%+v", events[len(events)-1])
		}
		_, err = w.act(chief, "free")
		wantCode(t, err, local.CodeInternal)
		w.disk.failWith(nil)
		_, err = w.act(chief, "free") // it is quicker than the next try
		if err != nil {
			t.Fatal(err)
		}
		w.wantState(p.ID, ledger.Unknown)
		w.disk.failWith(nil)
		time.Sleep(6 * time.Second)
		w.wantState(p.ID, ledger.Charged)
		w.wantIdle()
	})
}

// TestPaperFromABrokenLedger: a ledger that cannot even be read any more still shows the word.
func TestPaperFromABrokenLedger(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		var p local.Payment
		p, err := w.pay(request("r1", "cassa1", notice(1)))
		if err != nil {
			t.Fatal(err)
		}
		got := w.wantState(p.ID, ledger.Charged)
		_ = w.ledger.Close()
		w.till.onPaper(got, w.terminals[0].approve(driver.Payment{AmountCents: price}), errDisk)
		events := w.hub.payments(p.ID)
		if last := events[len(events)-1]; last.Charge.STAN != "000002" || last.Reason.Code != string(local.CodeLedgerNotWritten) {
			t.Errorf("%+v", last)
		}
		w.till.forgetPaper(p.ID)
	})
}

// TestSlipNotWritten: a slip that cannot be kept costs the slip, not the charge.
func TestSlipNotWritten(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.receipts = true
		w.terminals[0].script(func(d *terminal) { d.after = func(error) { w.disk.failWith(errDisk) } })
		p, err := w.pay(request("r1", "cassa1", notice(1)))
		if err != nil {
			t.Fatal(err)
		}
		got := w.wantState(p.ID, ledger.Charged)
		if got.HasTicket {
			t.Error("the slip is there: the test shows nothing")
		}
		_, err = w.till.Receipt(context.Background(), p.ID)
		wantCode(t, err, local.CodeNotFound)
		w.wantIdle()
		w.disk.failWith(nil)
		w.terminals[0].script(func(d *terminal) { d.after = nil })
		if _, err = w.pay(request("r2", "cassa1", notice(2))); err != nil {
			t.Error(err)
		}
	})
}

// TestStartOnAFullDisk: what was sent cannot be called unknown, so the service says so and does not start.
func TestStartOnAFullDisk(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.terminals[0].script(func(d *terminal) {
			d.word = func(life context.Context, _ driver.Payment) driver.Outcome { <-life.Done(); return driver.Outcome{} }
		})
		p, err := w.pay(request("r1", "cassa1", notice(1)))
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		w.stop()
		w.disk.failWith(errDisk)
		w.open()
		if err := w.till.Start(); err == nil {
			t.Error("started")
		}
		w.disk.failWith(nil)
		w.restart()
		w.wantState(p.ID, ledger.Unknown)
	})
}
