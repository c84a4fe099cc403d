package settle

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/protocol/govpay"
)

// TestPoison: what fails on our side three times in a row is told, put aside to one try an hour, and taken up
// again when it is well. The others do not notice.
func TestPoison(t *testing.T) {
	for name, fail := range map[string]func(iuv string) error{
		"malformed": func(string) error { return &govpay.Fault{Outcome: govpay.OutcomeMalformed} },
		"mismatch":  func(string) error { return &govpay.Fault{Outcome: govpay.OutcomeMismatch} },
		"too large": func(string) error { return &govpay.Fault{Outcome: govpay.OutcomeTooLarge} },
		"panic":     func(string) error { panic("index out of range") },
	} {
		t.Run(name, func(t *testing.T) {
			within(t, func(t *testing.T, w *world) {
				w.failWith(func(iuv string) error {
					if iuv == iuvA {
						return fail(iuv)
					}
					return nil
				})
				k := w.worker()
				defer k.Close()
				w.add("P1", noticeA, ledger.Charged)
				time.Sleep(22*time.Second + time.Millisecond)
				if got := k.Status(); got.Poisoned != 1 || got.Away || !slices.Equal(w.causes(), []string{"registration_poisoned"}) {
					t.Fatalf("%+v, cases %v", got, w.causes())
				}
				if all := k.Items(); len(all) != 1 {
					t.Errorf("%+v", all)
				} else if it := all[0]; it.Key != "P1/000" || !it.Poisoned || it.Tries != 3 || time.Until(it.NextTry) < 59*time.Minute {
					t.Errorf("%+v", it)
				}
				w.add("P2", notice(2), ledger.Charged)
				w.give(notice(2)[1:], rec("b"))
				w.times()
				time.Sleep(4 * time.Hour)
				if n := len(slices.DeleteFunc(w.times(), func(s float64) bool { return s < 60 })); n < 4 || n > 5 { // one is the second look at the other
					t.Errorf("%d looks in four hours", n)
				}
				if len(w.causes()) != 1 || w.registration("P2") != ledger.RegDone {
					t.Errorf("cases %v, the other %q", w.causes(), w.registration("P2"))
				}
				w.failWith(nil)
				w.give(iuvA, rec("a"))
				time.Sleep(61 * time.Minute)
				if w.registration("P1") != ledger.RegDone || k.Status().Poisoned != 0 {
					t.Errorf("%q, %+v", w.registration("P1"), k.Status())
				}
			})
		})
	}
}

// TestOneNoticeThePlatformCannotAnswer: a server error about one notice is not an outage. The others go on at
// their pace, whatever comes first.
func TestOneNoticeThePlatformCannotAnswer(t *testing.T) {
	within(t, func(t *testing.T, w *world) {
		w.failWith(func(iuv string) error {
			if iuv == iuvA {
				return &govpay.Fault{Outcome: govpay.OutcomeUnavailable, Status: 500}
			}
			return nil
		})
		k := w.worker()
		defer k.Close()
		w.add("P1", noticeA, ledger.Charged)
		for i := range 10 {
			w.add(fmt.Sprintf("P1%d", i), notice(i), ledger.Charged)
		}
		time.Sleep(10 * time.Minute)
		w.times()
		for i := range 10 {
			w.give(notice(i)[1:], rec(fmt.Sprint("r", i)))
		}
		away := 0
		for range 600 {
			time.Sleep(time.Second)
			if k.Status().Away {
				away++
			}
		}
		if away > 10 {
			t.Errorf("away for %d of 600 seconds", away)
		}
		for i := range 10 {
			if got := w.registration(fmt.Sprintf("P1%d", i)); got != ledger.RegDone {
				t.Errorf("payment %d: %q", i, got)
			}
		}
		if len(w.causes()) != 0 {
			t.Errorf("cases %v: the platform's trouble is no poison", w.causes())
		}
	})
}

// TestRed: past flow due a charge is a case, once, also when the platform is away, also after a restart; the
// receipt still registers it.
func TestRed(t *testing.T) {
	flow := func(o *Options) {
		o.FlowDue = func(p ledger.Payment) time.Time { return p.SentAt.Add(20 * time.Hour) }
	}
	for _, away := range []bool{false, true} {
		within(t, func(t *testing.T, w *world) {
			k := w.worker(flow)
			w.add("P1", noticeA, ledger.Charged)
			w.charge("P2", notice(2), notice(3))
			time.Sleep(time.Hour)
			if away {
				w.failWith(func(string) error { return &govpay.Fault{Outcome: govpay.OutcomeUnavailable} })
			}
			time.Sleep(19*time.Hour - time.Second)
			if got := w.causes(); len(got) != 0 || k.Status().Red != 0 {
				t.Fatalf("away %v: cases %v before the flow is due; %+v", away, got, k.Status())
			}
			time.Sleep(time.Minute)
			for range 2 { // and after a restart
				if got := w.causes(); len(got) != 3 || got[0] != "receipt_missing" || k.Status().Red != 3 {
					t.Errorf("away %v: cases %v, %+v", away, got, k.Status())
				}
				time.Sleep(24 * time.Hour)
				k.Close()
				k = w.worker(flow)
				time.Sleep(time.Hour)
			}
			defer k.Close()
			w.failWith(nil)
			w.give(iuvA, rec("a"))
			time.Sleep(time.Hour)
			if got := w.registration("P1"); got != ledger.RegDone || k.Status().Red != 2 {
				t.Errorf("away %v: %q, %+v", away, got, k.Status())
			}
		})
	}
}

// TestRedUnsubmitted: a charge that cannot be submitted is red, too.
func TestRedUnsubmitted(t *testing.T) {
	within(t, func(t *testing.T, w *world) {
		k := w.worker(func(o *Options) {
			o.FlowDue = func(p ledger.Payment) time.Time { return p.SentAt.Add(20 * time.Hour) }
		})
		defer k.Close()
		time.Sleep(time.Second)
		w.failWith(func(string) error { return &govpay.Fault{Outcome: govpay.OutcomeUnavailable} })
		w.charge("P1", notice(1), notice(2))
		time.Sleep(21 * time.Hour)
		if got := w.causes(); !slices.Equal(got, []string{"receipt_missing", "receipt_missing"}) {
			t.Errorf("cases %v", got)
		}
		w.failWith(nil)
		time.Sleep(2 * time.Minute)
		if w.registration("P1") != ledger.RegAwaiting {
			t.Errorf("%q", w.registration("P1"))
		}
	})
}

// TestRedWhateverStandsInTheWay: a refusal, a notice that only makes the platform fail, an answer that makes no
// sense, a set-up that is wrong: past flow due each is somebody's.
func TestRedWhateverStandsInTheWay(t *testing.T) {
	for name, fail := range map[string]error{
		"forbidden": &govpay.Fault{Outcome: govpay.OutcomeForbidden, Status: 403}, "malformed": &govpay.Fault{Outcome: govpay.OutcomeMalformed},
		"server error": &govpay.Fault{Outcome: govpay.OutcomeUnavailable, Status: 500}, "set-up": nil,
	} {
		t.Run(name, func(t *testing.T) {
			within(t, func(t *testing.T, w *world) {
				k := w.worker(func(o *Options) {
					o.FlowDue = func(p ledger.Payment) time.Time { return p.SentAt.Add(20 * time.Hour) }
				})
				defer k.Close()
				time.Sleep(time.Second)
				w.failWith(func(iuv string) error {
					if iuv == iuvA {
						return fail
					}
					return nil
				})
				if fail == nil {
					w.script(step{fault: fault(govpay.OutcomeWrongSetup, 302, "")})
					w.charge("P0", notice(0))
					synctest.Wait()
					w.charge("P1", noticeA)
				} else {
					w.add("P1", noticeA, ledger.Charged)
					w.add("P2", notice(2), ledger.Charged)
				}
				time.Sleep(22 * time.Hour)
				w.mu.Lock()
				defer w.mu.Unlock()
				n := 0
				for _, c := range w.cases {
					if c.PaymentID == "P1" && c.Cause.Code == "receipt_missing" {
						n++
					}
				}
				if n != 1 {
					t.Errorf("%d cases: %+v", n, w.cases)
				}
			})
		})
	}
}

// TestDrain: how far what has gathered is worked off.
func TestDrain(t *testing.T) {
	within(t, func(t *testing.T, w *world) {
		w.failWith(func(string) error { return &govpay.Fault{Outcome: govpay.OutcomeUnavailable} })
		k := w.worker()
		defer k.Close()
		for i := range 100 {
			w.add(fmt.Sprintf("P%03d", i), notice(i), ledger.Charged)
		}
		time.Sleep(time.Hour)
		if s := k.Status(); s.Draining || !s.Away || s.Waiting != 100 || s.NextTry.IsZero() || s.Oldest.IsZero() {
			t.Fatalf("%+v", s)
		}
		w.mu.Lock()
		w.fail, w.took = nil, time.Second
		w.mu.Unlock()
		for i := range 50 {
			w.give(notice(i)[1:], rec(fmt.Sprint("r", i)))
		}
		k.PlatformAnswered()
		last := -1
		for range 26 {
			time.Sleep(time.Second)
			synctest.Wait()
			s := k.Status()
			if s.Total != 100 || s.Done <= last || s.Done > 100 || s.Draining != (s.Done < 100) {
				t.Fatalf("%+v after %d", s, last)
			}
			if last = s.Done; last == 100 {
				break
			}
		}
		if last != 100 || k.Status().Waiting != 50 {
			t.Errorf("%+v", k.Status())
		}
	})
}

// TestStartGathers: what the service finds when it starts is a drain as well.
func TestStartGathers(t *testing.T) {
	within(t, func(t *testing.T, w *world) {
		w.took = time.Second
		for i := range 8 {
			w.add(fmt.Sprintf("P%03d", i), notice(i), ledger.Charged)
		}
		time.Sleep(time.Hour)
		k := w.worker()
		defer k.Close()
		synctest.Wait()
		if s := k.Status(); !s.Draining || s.Total != 8 || s.Done != 0 {
			t.Errorf("%+v", s)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if s := k.Status(); s.Draining || s.Done != 8 {
			t.Errorf("%+v", s)
		}
	})
}

// TestSlowCallsLeaveRoom: calls that take minutes do not keep receipts from being read, and none is lost in the lane.
func TestSlowCallsLeaveRoom(t *testing.T) {
	within(t, func(t *testing.T, w *world) {
		w.portal.took = 200 * time.Second
		k := w.worker()
		defer k.Close()
		time.Sleep(time.Second)
		for i := range 9 {
			w.charge(fmt.Sprintf("S%d", i), notice(i))
		}
		w.add("P1", noticeA, ledger.Charged)
		w.give(iuvA, rec("a"))
		time.Sleep(3 * time.Second)
		if got := w.registration("P1"); got != ledger.RegDone || len(w.called()) != 3 {
			t.Errorf("%q, %d calls", got, len(w.called()))
		}
		time.Sleep(10 * time.Minute)
		if got := w.called(); len(got) != 9 {
			t.Errorf("called at %v", got)
		}
	})
}

// TestOthersPaidAndOursComes: a notice that somebody else paid is registered when our own receipt comes, also
// after a restart; its case goes on. After a week it is not looked for any more.
func TestOthersPaidAndOursComes(t *testing.T) {
	for _, restart := range []bool{false, true} {
		within(t, func(t *testing.T, w *world) {
			k := w.worker()
			w.add("P1", noticeA, ledger.Charged)
			w.add("P2", notice(2), ledger.Charged)
			w.give(iuvA, rec("x", psp("ALTRO")))
			w.give(notice(2)[1:], rec("y", noProof)) // held: it does not name its provider
			time.Sleep(time.Hour)
			if w.registration("P1") != ledger.RegElse || w.registration("P2") != ledger.RegHeld || k.Status().Waiting != 0 {
				t.Fatalf("%q, %q", w.registration("P1"), w.registration("P2"))
			}
			if restart {
				k.Close()
				k = w.worker()
			}
			defer k.Close()
			w.give(iuvA, rec("a"))
			w.give(notice(2)[1:], rec("b"))
			time.Sleep(time.Hour)
			if w.registration("P1") != ledger.RegDone || w.registration("P2") != ledger.RegDone || len(w.causes()) != 2 {
				t.Errorf("restart %v: %q, %q, cases %v", restart, w.registration("P1"), w.registration("P2"), w.causes())
			}
		})
	}
	atWork(t, func(t *testing.T, w *world, _ *Worker) {
		w.add("P1", noticeA, ledger.Charged)
		w.give(iuvA, rec("x", psp("ALTRO")))
		time.Sleep(8 * 24 * time.Hour)
		w.times()
		time.Sleep(24 * time.Hour)
		if got := w.times(); len(got) != 0 {
			t.Errorf("asked at %v after a week", got)
		}
	})
}

// TestConfirmedChannel: what a supervisor confirmed counts like what is configured.
func TestConfirmedChannel(t *testing.T) {
	within(t, func(t *testing.T, w *world) {
		w.channels = []string{"13212880150_07"}
		k := w.worker()
		defer k.Close()
		w.add("P1", noticeA, ledger.Charged)
		w.give(iuvA, rec("a", channel("13212880150_07")))
		time.Sleep(time.Minute)
		if got := w.registration("P1"); got != ledger.RegDone || len(w.causes()) != 0 {
			t.Errorf("%q, cases %v", got, w.causes())
		}
	})
}

// TestLineIsAHeap: the order of turns, whatever is put, moved and dropped.
func TestLineIsAHeap(t *testing.T) {
	l := newLine(placeTurn, byTurn)
	var all []*item
	start := time.Now()
	for i := range 1000 {
		it := &item{key: fmt.Sprintf("%04d", i), due: start.Add(time.Duration(i*7919%1000) * time.Second), place: [places]int{-1, -1, -1}}
		all = append(all, it)
		l.put(it)
	}
	for i, it := range all {
		switch i % 3 {
		case 0:
			l.drop(it)
			l.drop(it)
		case 1:
			it.due = start.Add(time.Duration(i*104729%1000) * time.Second)
			l.put(it)
		}
	}
	n := 0
	for last := (*item)(nil); l.top() != nil; n++ {
		it := l.top()
		if last != nil && it.due.Before(last.due) {
			t.Fatalf("%v before %v", last.due, it.due)
		}
		last = it
		l.drop(it)
	}
	if n != 666 {
		t.Errorf("%d items left the line", n)
	}
}
