package settle

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	_ "time/tzdata"

	"go.uber.org/goleak"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/protocol/govpay"
)

func TestMain(m *testing.M) {
	if where := os.Getenv(victimEnv); where != "" {
		victim(where)
	}
	// The tests over HTTP wait for windows and plans: as many as these may do so at once.
	flag.Parse()
	if flag.Lookup("test.parallel").Value.String() == strconv.Itoa(runtime.GOMAXPROCS(0)) {
		if err := flag.Set("test.parallel", "12"); err != nil {
			panic(err)
		}
	}
	goleak.VerifyTestMain(m)
}

func TestPlan(t *testing.T) {
	atWork(t, func(t *testing.T, w *world, k *Worker) {
		time.Sleep(24 * time.Hour)
		if got := w.times(); len(got) != 0 {
			t.Fatalf("asked %v with nothing waiting", got)
		}
		w.start = time.Now()
		w.add("P1", noticeA, ledger.Charged)
		time.Sleep(20 * time.Minute)
		want := []float64{2, 7, 22, 52, 112, 232, 532, 832, 1132}
		if got := w.times(); !slices.Equal(got, want) {
			t.Errorf("asked at %v, want %v", got, want)
		}
		if s := k.Status(); s.Waiting != 1 || s.Late != 0 || s.Away {
			t.Errorf("status %+v", s)
		}
		w.give(iuvA, rec("a"))
		time.Sleep(5 * time.Minute)
		if got := w.registration("P1"); got != ledger.RegDone {
			t.Fatalf("registration %q", got)
		}
		c := w.wrote()[0]
		if c.ReceiptID != "a" || !c.ReceiptAt.Equal(sentAt.Add(20*time.Second)) || string(c.RawReceipt) != `{"receiptId":"a"}` || c.Case != nil {
			t.Errorf("written %+v", c)
		}
		if !slices.Equal(w.told(), []string{"P1", "P1"}) || !slices.Equal(w.kept(), []string{"P1"}) { // registered; the PDF is there
			t.Errorf("events %v, PDFs %v", w.told(), w.kept())
		}
		w.times()
		time.Sleep(24 * time.Hour)
		if got := w.times(); !slices.Equal(got, []float64{1432 + secondAfter.Seconds()}) { // whether it was paid a second time
			t.Errorf("asked %v after the end", got)
		}
	})
}

// TestLate: at charge + 30 minutes the page is told and the platform asked once more; that it has no
// receipt is written, once.
func TestLate(t *testing.T) {
	atWork(t, func(t *testing.T, w *world, k *Worker) {
		w.add("P1", noticeA, ledger.Charged)
		time.Sleep(30*time.Minute - time.Second)
		w.times()
		if len(w.told()) != 0 {
			t.Errorf("events %v before the receipt was due", w.told())
		}
		time.Sleep(time.Second)
		if got := w.times(); !slices.Equal(got, []float64{1800}) {
			t.Errorf("asked at %v", got)
		}
		if s := k.Status(); s.Late != 1 {
			t.Errorf("status %+v", s)
		}
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		got := w.wrote()
		if len(got) != 1 || got[0].To != ledger.RegAwaiting || got[0].Reason.Code != "receipt_late" || got[0].Case != nil || got[0].ReceiptID != "" {
			t.Errorf("writes %+v", got)
		}
		if !slices.Equal(w.told(), []string{"P1", "P1"}) {
			t.Errorf("events %v", w.told())
		}
		w.give(iuvA, rec("a"))
		time.Sleep(time.Hour)
		if r := w.registration("P1"); r != ledger.RegDone {
			t.Errorf("when it comes at last: %q", r)
		}
	})
}

// TestLateIsWrittenOnce: also over a restart.
func TestLateIsWrittenOnce(t *testing.T) {
	within(t, func(t *testing.T, w *world) {
		w.add("P1", noticeA, ledger.Charged)
		for range 3 {
			k := w.worker()
			time.Sleep(2 * time.Hour)
			k.Close()
		}
		if got := w.wrote(); len(got) != 1 || got[0].Reason.Code != "receipt_late" {
			t.Errorf("writes %+v", got)
		}
	})
}

// TestLateIsNobodysFaultButTheTerminals: an outage, and the time in which the service was off, do not
// count (design 5.6): the platform must have been there for as long as a receipt may take.
func TestLateIsNobodysFaultButTheTerminals(t *testing.T) {
	away := func(string) error { return &govpay.Fault{Outcome: govpay.OutcomeUnavailable} }
	refuses := func(string) error { return &govpay.Fault{Outcome: govpay.OutcomeForbidden} }
	late := func(w *world) int { return len(w.wrote()) }
	for name, fail := range map[string]func(string) error{"away": away, "refuses": refuses} {
		t.Run(name, func(t *testing.T) {
			atWork(t, func(t *testing.T, w *world, _ *Worker) {
				w.failWith(fail)
				w.add("P1", noticeA, ledger.Charged)
				time.Sleep(24 * time.Hour)
				if late(w) != 0 {
					t.Fatalf("late by a platform that does not tell: %+v", w.wrote())
				}
				w.failWith(nil)
				if name == "refuses" { // it was there
					return
				}
				time.Sleep(29 * time.Minute)
				if late(w) != 0 {
					t.Errorf("late as soon as it is back: %+v", w.wrote())
				}
				time.Sleep(8 * time.Minute)
				if late(w) != 1 {
					t.Errorf("not late half an hour after it came back: %+v", w.wrote())
				}
			})
		})
	}
	t.Run("off", func(t *testing.T) {
		within(t, func(t *testing.T, w *world) {
			w.add("P1", noticeA, ledger.Charged)
			time.Sleep(24 * time.Hour)
			k := w.worker()
			defer k.Close()
			time.Sleep(29 * time.Minute)
			if late(w) != 0 {
				t.Errorf("late at the start: %+v", w.wrote())
			}
			time.Sleep(7 * time.Minute)
			if late(w) != 1 {
				t.Errorf("not late: %+v", w.wrote())
			}
		})
	})
}

// TestReceiptOfAReversal: what was given back is watched, and a receipt of ours is a case of its own.
func TestReceiptOfAReversal(t *testing.T) {
	atWork(t, func(t *testing.T, w *world, _ *Worker) {
		w.add("P1", noticeA, ledger.Reversed)
		time.Sleep(time.Hour)
		if len(w.times()) < 5 || len(w.wrote()) != 0 {
			t.Fatalf("writes %+v", w.wrote())
		}
		w.give(iuvA, rec("a"))
		time.Sleep(time.Hour)
		got := w.wrote()
		if len(got) != 1 || got[0].ReceiptID != "a" || got[0].Case == nil || got[0].Case.Cause.Code != "receipt_after_reversal" {
			t.Errorf("writes %+v", got)
		}
	})
}

// TestRestart: what has waited is asked for at once, and goes on at its old pace.
func TestRestart(t *testing.T) {
	within(t, func(t *testing.T, w *world) {
		w.add("P1", noticeA, ledger.Charged)
		time.Sleep(time.Hour)
		w.start = time.Now()
		k := w.worker()
		defer k.Close()
		time.Sleep(11 * time.Minute)
		if got, want := w.times(), []float64{0, 300, 600}; !slices.Equal(got, want) {
			t.Errorf("asked at %v, want %v", got, want)
		}
		if s := k.Status(); s.Late != 1 || len(w.told()) != 0 {
			t.Errorf("status %+v, events %v", s, w.told())
		}
	})
}

// TestSlowReading: that one reading of the outbox took long, because the PC was busy or asleep, does not keep the worker
// from what comes after it.
func TestSlowReading(t *testing.T) {
	within(t, func(t *testing.T, w *world) {
		k := w.worker()
		defer k.Close()
		synctest.Wait()
		w.change(func(*portal) { w.reading = time.Minute })
		w.add("P1", noticeA, ledger.Charged)
		time.Sleep(time.Second)
		w.change(func(*portal) { w.reading = 0 })
		time.Sleep(time.Minute)
		w.give(notice(2)[1:], rec("b"))
		w.add("P2", notice(2), ledger.Charged)
		time.Sleep(10 * time.Second)
		if got := w.registration("P2"); got != ledger.RegDone {
			t.Errorf("%q, ten seconds after the charge", got)
		}
	})
}

// TestOutage: one probe at a time while the platform is away; all at once when it is back.
func TestOutage(t *testing.T) {
	for name, err := range map[string]error{
		"down": &govpay.Fault{Outcome: govpay.OutcomeUnavailable}, "html": &govpay.Fault{Outcome: govpay.OutcomeNotJSON},
		"password": &govpay.Fault{Outcome: govpay.OutcomeUnauthorized}, "certificate": &govpay.Fault{Outcome: govpay.OutcomeUntrusted},
	} {
		t.Run(name, func(t *testing.T) {
			within(t, func(t *testing.T, w *world) {
				w.failWith(func(string) error { return err })
				k := w.worker()
				defer k.Close()
				for i := range 20 {
					w.add(fmt.Sprintf("P%02d", i), notice(i), ledger.Charged)
				}
				time.Sleep(10 * time.Minute)
				got := w.times()
				if len(got) < 4 || len(got) > 4+14 {
					t.Errorf("%d questions to a dead platform: %v", len(got), got)
				}
				if s := k.Status(); !s.Away || s.Waiting != 20 || s.Reason != govpay.OutcomeOf(err) {
					t.Errorf("status %+v", s)
				}
				for i := range 20 {
					w.give(notice(i)[1:], rec(fmt.Sprint("r", i)))
				}
				w.failWith(nil)
				time.Sleep(time.Minute) // the next probe is due within that
				for i := range 20 {
					if got := w.registration(fmt.Sprintf("P%02d", i)); got != ledger.RegDone {
						t.Errorf("payment %d: %q", i, got)
					}
				}
				if s := k.Status(); s.Away || s.Waiting != 0 {
					t.Errorf("status %+v", s)
				}
			})
		})
	}
}

// TestAnsweredElsewhere: when the till had an answer, nobody waits for the next probe.
func TestAnsweredElsewhere(t *testing.T) {
	within(t, func(t *testing.T, w *world) {
		w.failWith(func(string) error { return &govpay.Fault{Outcome: govpay.OutcomeUnavailable} })
		k := w.worker()
		defer k.Close()
		w.add("P1", noticeA, ledger.Charged)
		time.Sleep(10 * time.Minute)
		w.give(iuvA, rec("a"))
		w.failWith(nil)
		synctest.Wait()
		k.PlatformAnswered()
		if got := w.registration("P1"); got != ledger.RegDone {
			t.Errorf("%q", got)
		}
	})
}

// TestBackForEverybody: who was in the middle of a long pause has its turn too.
func TestBackForEverybody(t *testing.T) {
	atWork(t, func(t *testing.T, w *world, k *Worker) {
		w.add("P1", noticeA, ledger.Charged)
		time.Sleep(540 * time.Second) // its next turn is at 832
		w.failWith(func(string) error { return &govpay.Fault{Outcome: govpay.OutcomeUnavailable} })
		w.add("P2", notice(2), ledger.Charged)
		time.Sleep(4 * time.Second)
		w.give(iuvA, rec("a"))
		w.failWith(nil)
		k.PlatformAnswered()
		if got := w.registration("P1"); got != ledger.RegDone {
			t.Errorf("%q", got)
		}
	})
}

// TestProbeThatTellsNothing: an item that never reaches the platform, alone
// during an outage, does not make the loop spin.
func TestProbeThatTellsNothing(t *testing.T) {
	within(t, func(t *testing.T, w *world) {
		w.failWith(func(string) error { return &govpay.Fault{Outcome: govpay.OutcomeUnavailable} })
		w.add("P1", noticeA, ledger.Charged)
		k := w.worker()
		defer k.Close()
		time.Sleep(3 * time.Second)
		if !k.Status().Away {
			t.Fatal("the platform is not away")
		}
		w.mu.Lock()
		w.payments["P1"].Terminal = "cassa9"
		before := w.reads
		w.mu.Unlock()
		time.Sleep(time.Hour)
		synctest.Wait()
		w.mu.Lock()
		defer w.mu.Unlock()
		if n := w.reads - before; n > 4000 {
			t.Errorf("%d looks in an hour", n)
		}
	})
}

// TestChargedAfterAll: what was watched and is charged by a later fact gets the
// pace and the treatment of a charged notice.
func TestChargedAfterAll(t *testing.T) {
	atWork(t, func(t *testing.T, w *world, _ *Worker) {
		w.add("P1", noticeA, ledger.NotCharged)
		time.Sleep(time.Hour)
		w.times()
		w.mu.Lock()
		w.payments["P1"].State = ledger.Charged
		w.payments["P1"].Notices[0].Registration = ledger.RegAwaiting
		w.outbox[0].Watch, w.outbox[0].Since = false, time.Now()
		w.start = time.Now()
		w.signal()
		w.mu.Unlock()
		time.Sleep(10 * time.Second)
		if got := w.times(); !slices.Equal(got, []float64{2, 7}) {
			t.Errorf("asked at %v", got)
		}
		w.give(iuvA, rec("a"))
		time.Sleep(time.Minute)
		if got := w.registration("P1"); got != ledger.RegDone {
			t.Errorf("%q", got)
		}
	})
}

// TestOneBadItem: a refusal about one notice does not hold up the others.
func TestOneBadItem(t *testing.T) {
	within(t, func(t *testing.T, w *world) {
		w.failWith(func(iuv string) error {
			if iuv == iuvA {
				return &govpay.Fault{Outcome: govpay.OutcomeMalformed}
			}
			return nil
		})
		k := w.worker()
		defer k.Close()
		w.add("P1", noticeA, ledger.Charged)
		w.add("P2", notice(2), ledger.Charged)
		w.give(notice(2)[1:], rec("b"))
		time.Sleep(2 * time.Second)
		if got := w.registration("P2"); got != ledger.RegDone {
			t.Errorf("the other notice: %q", got)
		}
		if s := k.Status(); s.Away || s.Waiting != 1 {
			t.Errorf("status %+v", s)
		}
	})
}

// TestSlow: bounded, one look at a notice at a time, and Close does not wait for answers.
func TestSlow(t *testing.T) {
	within(t, func(t *testing.T, w *world) {
		w.took = 10 * time.Second
		k := w.worker()
		for i := range 20 {
			w.add(fmt.Sprintf("P%02d", i), notice(i/2), ledger.Charged) // two payments a notice
		}
		time.Sleep(5 * time.Minute)
		w.times()
		if w.peak != 4 {
			t.Errorf("%d looks at once, want 4", w.peak)
		}
		time.Sleep(time.Second)
		before := time.Now()
		k.Close()
		if d := time.Since(before); d != 0 {
			t.Errorf("Close took %v", d)
		}
	})
}

// TestWatch: an attempt held not charged, and a receipt of ours all the same.
func TestWatch(t *testing.T) {
	for _, state := range []ledger.State{ledger.NotCharged, ledger.Unknown} {
		t.Run(string(state), func(t *testing.T) {
			atWork(t, func(t *testing.T, w *world, _ *Worker) {
				w.add("P1", noticeA, state)
				w.give(iuvA, rec("x", psp("ALTRO")))
				time.Sleep(time.Hour)
				if n := len(w.times()); n < 5 || n > 20 || len(w.wrote()) != 0 {
					t.Fatalf("%d looks, writes %+v", n, w.wrote())
				}
				w.give(iuvA, rec("a"))
				time.Sleep(time.Hour)
				synctest.Wait()
				if len(w.wrote()) != 1 {
					t.Fatalf("writes %+v", w.wrote())
				}
				c := w.wrote()[0]
				if c.To != ledger.RegNone || !c.DropWatch || c.Case == nil || c.Case.Cause.Code != "receipt_uncharged" || c.ReceiptID != "a" {
					t.Errorf("written %+v", c)
				}
				if p, _ := w.Payment("P1"); p.State != state {
					t.Errorf("state %q: nobody asked for that", p.State)
				}
				w.times()
				time.Sleep(72 * time.Hour)
				if got := w.times(); len(got) != 0 {
					t.Errorf("asked at %v after the case was opened", got)
				}
			})
		})
	}
}

// TestWatchEnds at its time, but only by an answer asked for after it.
func TestWatchEnds(t *testing.T) {
	atWork(t, func(t *testing.T, w *world, k *Worker) {
		w.add("P1", noticeA, ledger.NotCharged)
		time.Sleep(47 * time.Hour)
		w.failWith(func(string) error { return &govpay.Fault{Outcome: govpay.OutcomeUnavailable} })
		time.Sleep(24 * time.Hour)
		w.times()
		if len(w.wrote()) != 0 || k.Status().Watched != 1 {
			t.Fatalf("the watch ended during an outage: %+v", w.wrote())
		}
		w.failWith(nil)
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if len(w.wrote()) != 1 || !w.wrote()[0].DropWatch || w.wrote()[0].Case != nil || k.Status().Watched != 0 {
			t.Errorf("writes %+v", w.wrote())
		}
	})
}

// TestChargeExplains: one receipt, a charged payment and an earlier one held not charged.
func TestChargeExplains(t *testing.T) {
	atWork(t, func(t *testing.T, w *world, _ *Worker) {
		w.add("P1", noticeA, ledger.NotCharged)
		w.add("P2", noticeA, ledger.Charged)
		w.give(iuvA, rec("a"))
		time.Sleep(10 * time.Minute)
		if got := w.registration("P2"); got != ledger.RegDone || len(w.wrote()) != 1 {
			t.Fatalf("%q, writes %+v", got, w.wrote())
		}
		w.give(iuvA, rec("b")) // and a second one: the first attempt was charged too
		time.Sleep(time.Hour)
		synctest.Wait()
		if len(w.wrote()) != 2 || w.wrote()[1].PaymentID != "P1" || w.wrote()[1].Case == nil || w.wrote()[1].ReceiptID != "b" {
			t.Errorf("writes %+v", w.wrote())
		}
	})
}

// TestChargeExplainsBeforeItsTurn: the watch sees the receipt first.
func TestChargeExplainsBeforeItsTurn(t *testing.T) {
	atWork(t, func(t *testing.T, w *world, _ *Worker) {
		w.add("P1", noticeA, ledger.NotCharged) // looks at 15, 75, 375, 1275
		w.add("P2", noticeA, ledger.Charged)    // … 1132, 1432
		time.Sleep(1200 * time.Second)
		w.give(iuvA, rec("a"))
		time.Sleep(200 * time.Second)
		if got := w.times(); got[len(got)-1] != 1275 || len(w.wrote()) != 0 {
			t.Fatalf("asked at %v, writes %+v", got, w.wrote())
		}
		time.Sleep(time.Minute)
		if got := w.registration("P2"); got != ledger.RegDone {
			t.Errorf("%q", got)
		}
	})
}

// TestUnknownKeepsItsReceipt: the watch of an earlier attempt that was declined
// does not take the receipt of one whose outcome is unknown.
func TestUnknownKeepsItsReceipt(t *testing.T) {
	within(t, func(t *testing.T, w *world) {
		w.add("P1", noticeA, ledger.NotCharged)
		time.Sleep(2 * time.Minute)
		w.add("P2", noticeA, ledger.Unknown)
		time.Sleep(time.Minute)
		w.give(iuvA, rec("r2"))
		k := w.worker() // the receipt came while the service was down
		defer k.Close()
		time.Sleep(10 * time.Minute)
		if got := w.wrote(); len(got) != 1 || got[0].PaymentID != "P2" || got[0].ReceiptID != "r2" || got[0].Case == nil {
			t.Fatalf("writes %+v", got)
		}
		w.concluded("P2", ledger.Charged)
		time.Sleep(10 * time.Minute)
		if got := w.registration("P2"); got != ledger.RegDone {
			t.Errorf("the unknown proven charged: %q", got)
		}
		time.Sleep(time.Hour)
		if got := w.wrote(); len(got) != 2 || got[1].Case != nil {
			t.Errorf("writes %+v", got)
		}
	})
}

// TestOthersReceiptWaitsForOurs: another provider's receipt decides nothing before
// our own is due.
func TestOthersReceiptWaitsForOurs(t *testing.T) {
	for _, ours := range []bool{true, false} {
		atWork(t, func(t *testing.T, w *world, _ *Worker) {
			w.add("P1", noticeA, ledger.Charged)
			w.give(iuvA, rec("x", psp("ALTRO")))
			time.Sleep(30*time.Minute - time.Second)
			if len(w.wrote()) != 0 {
				t.Fatalf("writes %+v", w.wrote())
			}
			want := ledger.RegElse
			if ours {
				w.give(iuvA, rec("a"))
				want = ledger.RegDone
			}
			time.Sleep(time.Second)
			if got := w.registration("P1"); got != want {
				t.Errorf("when ours is due: %q, want %q", got, want)
			}
			if got := w.wrote(); len(got) != 1 || got[0].Case == nil || got[0].Case.Cause.Code != "paid_elsewhere" {
				t.Errorf("writes %+v", got)
			}
		})
	}
}

// TestUnknownIsWatchedUntilItIsDecided: the watch of an attempt that may have been
// charged does not end at its time; that of one held not charged does.
func TestUnknownIsWatchedUntilItIsDecided(t *testing.T) {
	atWork(t, func(t *testing.T, w *world, k *Worker) {
		w.add("P1", noticeA, ledger.Unknown)
		w.add("P2", notice(2), ledger.Unknown)
		time.Sleep(50 * time.Hour)
		if s := k.Status(); s.Watched != 2 || len(w.wrote()) != 0 {
			t.Fatalf("status %+v, writes %+v", s, w.wrote())
		}
		w.concluded("P2", ledger.NotCharged)
		w.give(iuvA, rec("a"))
		time.Sleep(50 * time.Hour)
		got := w.wrote()
		if len(got) != 2 || got[0].PaymentID != "P1" || got[0].ReceiptID != "a" || got[0].Case == nil ||
			got[1].PaymentID != "P2" || got[1].Case != nil || !got[1].DropWatch {
			t.Errorf("writes %+v", got)
		}
	})
}

// TestBackDuringALook: an item that leaves the outbox and returns to it while it is
// looked at is still looked after.
func TestBackDuringALook(t *testing.T) {
	within(t, func(t *testing.T, w *world) {
		w.took = 10 * time.Second
		k := w.worker()
		defer k.Close()
		w.add("P1", noticeA, ledger.Unknown)
		time.Sleep(5 * time.Second) // the look began at 2
		w.mu.Lock()
		away := w.outbox
		w.outbox = nil
		w.signal()
		w.mu.Unlock()
		synctest.Wait()
		w.mu.Lock()
		w.outbox = away
		w.signal()
		w.mu.Unlock()
		time.Sleep(time.Hour)
		synctest.Wait()
		if s := k.Status(); s.Watched != 1 || len(w.times()) < 5 {
			t.Errorf("status %+v: it fell out", s)
		}
	})
}

// TestTerminalWithoutProvider: a charge on a terminal that is no longer configured is
// one case, also after a restart; when the provider is back it gets its receipt.
func TestTerminalWithoutProvider(t *testing.T) {
	within(t, func(t *testing.T, w *world) {
		w.add("P1", noticeA, ledger.Charged)
		w.add("P2", notice(2), ledger.Unknown)
		nobody := func(o *Options) { o.Providers = nil }
		for range 2 {
			k := w.worker(nobody)
			time.Sleep(time.Hour)
			k.Close()
			got := w.wrote()
			if len(got) != 1 || got[0].PaymentID != "P1" || got[0].To != ledger.RegAwaiting || got[0].Case == nil ||
				got[0].Case.Cause.Code != "psp_missing" || got[0].ReceiptID != "" {
				t.Fatalf("writes %+v", got)
			}
		}
		w.give(iuvA, rec("a"))
		k := w.worker()
		defer k.Close()
		time.Sleep(10 * time.Minute)
		if got := w.registration("P1"); got != ledger.RegDone {
			t.Errorf("when the provider is back: %q", got)
		}
	})
}

// TestLedgerRefuses: a disk that is full does not lose the finding.
func TestLedgerRefuses(t *testing.T) {
	within(t, func(t *testing.T, w *world) {
		w.broken = errors.New("disk is full")
		k := w.worker()
		defer k.Close()
		w.add("P1", noticeA, ledger.Charged)
		w.give(iuvA, rec("a"))
		time.Sleep(10 * time.Minute)
		w.times()
		w.fails(nil)
		time.Sleep(5 * time.Minute)
		if got := w.registration("P1"); got != ledger.RegDone {
			t.Errorf("%q", got)
		}
	})
}

// TestNotOurs: a terminal without a provider proves nothing.
func TestNotOurs(t *testing.T) {
	within(t, func(t *testing.T, w *world) {
		w.add("P2", notice(2), ledger.Charged)
		w.payments["P2"].Terminal = "cassa9"
		w.give(notice(2)[1:], rec("b"))
		k := w.worker()
		defer k.Close()
		time.Sleep(time.Hour)
		if got := w.times(); len(got) != 0 || w.registration("P2") != ledger.RegAwaiting {
			t.Errorf("asked at %v, writes %+v", got, w.wrote())
		}
	})
	if _, err := New(Options{}); err == nil {
		t.Error("a worker of nothing")
	}
	w := newWorld(t)
	o := w.options()
	o.Providers = map[string]Provider{"cassa1": {}}
	if _, err := New(o); err == nil {
		t.Error("a provider without its id")
	}
}
