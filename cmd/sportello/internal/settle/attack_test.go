package settle

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/govpay"
)

// change changes the platform's side of a world.
func (w *world) change(fn func(*portal)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	fn(&w.portal)
}

// TestAcceptedAndNowhereWritten: the disk is full when the platform accepts, and its list does not show the
// payment when the disk has room again. What we were told is written; nothing is called.
func TestAcceptedAndNowhereWritten(t *testing.T) {
	within(t, func(t *testing.T, w *world) {
		w.portal.took, w.portal.hidden = 10*time.Second, true
		k := w.worker()
		defer k.Close()
		time.Sleep(time.Second)
		w.charge("P1", noticeA)
		time.Sleep(5 * time.Second)
		w.fails(errors.New("disk is full"))
		time.Sleep(20 * time.Minute)
		w.fails(nil)
		time.Sleep(time.Hour)
		w.stands(t, "P1", ledger.RegAwaiting, 1)
	})
}

// TestOlderCopyAndAnotherClock: a copy that does not know of the call, on a PC whose clock is behind that of the charge.
func TestOlderCopyAndAnotherClock(t *testing.T) {
	within(t, func(t *testing.T, w *world) {
		w.charge("P1", noticeA)
		w.outbox[0].Since = time.Now().Add(24 * time.Hour)
		w.portal.records = []govpay.Payment{{ID: "p0", State: govpay.PaymentFailed, Session: "RIFP1", At: time.Now(),
			Attempts: []govpay.Attempt{{State: govpay.AttemptSendError, Creditor: comune, IUV: iuvA, Code: "ccp0", Submitted: true}}}}
		time.Sleep(time.Second)
		k := w.worker()
		defer k.Close()
		time.Sleep(29 * time.Minute)
		if got := w.called(); len(got) != 0 {
			t.Errorf("called at %v without a look", got)
		}
	})
}

// TestReceiptWhoseCodeIsNotSeen: the platform has accepted and does not show our record any more. A receipt
// that comes may be ours: it is held for people, and never somebody else's; with the record it is ours.
func TestReceiptWhoseCodeIsNotSeen(t *testing.T) {
	atWork(t, func(t *testing.T, w *world, _ *Worker) {
		time.Sleep(time.Second)
		w.charge("P1", noticeA)
		time.Sleep(time.Second)
		w.pays(1)
		records := w.portal.records
		w.change(func(p *portal) { p.records = nil })
		time.Sleep(time.Hour)
		if w.registration("P1") != ledger.RegHeld || !slices.Equal(w.causes(), []string{"channel_unproven"}) {
			t.Errorf("%q, cases %v", w.registration("P1"), w.causes())
		}
		w.change(func(p *portal) { p.records = records })
		time.Sleep(time.Hour)
		w.stands(t, "P1", ledger.RegDone, 1, "channel_unproven")
	})
}

// TestExpiredIsNotRefused: the receipt of an attempt that the platform has let expire may still come.
func TestExpiredIsNotRefused(t *testing.T) {
	atWork(t, func(t *testing.T, w *world, _ *Worker) {
		time.Sleep(time.Second)
		w.charge("P1", noticeA)
		time.Sleep(time.Minute)
		w.change(func(p *portal) { p.records[0].Attempts[0].State = govpay.AttemptExpired })
		time.Sleep(3 * time.Hour)
		w.pays(1)
		time.Sleep(10 * time.Minute)
		w.stands(t, "P1", ledger.RegDone, 1)
	})
}

// TestOlderRefusalSaysNothing: the record that was accepted is not shown, one before it was refused.
func TestOlderRefusalSaysNothing(t *testing.T) {
	atWork(t, func(t *testing.T, w *world, _ *Worker) {
		time.Sleep(time.Second)
		w.script(step{fault: fault(govpay.OutcomeUnavailable, 502, "PPT_CANALE_IRRAGGIUNGIBILE"), record: govpay.PaymentFailed, attempt: govpay.AttemptRefused})
		w.charge("P1", noticeA)
		time.Sleep(31 * time.Second)
		w.change(func(p *portal) { p.records = p.records[:1] })
		time.Sleep(time.Hour)
		w.stands(t, "P1", ledger.RegAwaiting, 2)
	})
}

// TestRefusedBeforeTheAnswerWasRead: the same fact as TestAcceptedAndRefusedByTheProvider, found by a look
// because the call was cut: it has the same end.
func TestRefusedBeforeTheAnswerWasRead(t *testing.T) {
	atWork(t, func(t *testing.T, w *world, _ *Worker) {
		time.Sleep(time.Second)
		w.script(step{fault: &govpay.Fault{Outcome: govpay.OutcomeUnavailable, Sent: true}, record: govpay.PaymentNotPaid, attempt: govpay.AttemptReceipt})
		w.charge("P1", noticeA)
		synctest.Wait()
		w.change(func(p *portal) {
			a := &p.records[0].Attempts[0]
			a.Proof = &govpay.Proof{Result: govpay.ResultNotPaid, ReceiptID: a.Code, Cents: 10000}
		})
		time.Sleep(24 * time.Hour)
		w.stands(t, "P1", ledger.RegRejected, 1, "submission_refused")
	})
}

// TestTerminalGone: what was submitted is registered by its code, whoever stands at the counter now; an attempt
// on watch is somebody's case, once.
func TestTerminalGone(t *testing.T) {
	within(t, func(t *testing.T, w *world) {
		k := w.worker()
		time.Sleep(time.Second)
		w.charge("P1", noticeA)
		time.Sleep(time.Second)
		k.Close()
		w.add("P2", notice(2), ledger.NotCharged)
		w.pays(1)
		for range 2 {
			k = w.worker(func(o *Options) { o.Providers = nil })
			time.Sleep(time.Hour)
			k.Close()
		}
		if w.registration("P1") != ledger.RegDone || !slices.Equal(w.causes(), []string{"psp_missing"}) {
			t.Errorf("%q, cases %v", w.registration("P1"), w.causes())
		}
	})
}

// TestWatchOutlivesAClock: the attempt was made under a clock that was years behind.
func TestWatchOutlivesAClock(t *testing.T) {
	atWork(t, func(t *testing.T, w *world, _ *Worker) {
		w.add("P1", noticeA, ledger.NotCharged)
		w.mu.Lock()
		w.outbox[0].Until = time.Now().Add(-5 * 365 * 24 * time.Hour)
		w.mu.Unlock()
		time.Sleep(20 * time.Minute)
		if len(w.wrote()) != 0 {
			t.Fatalf("the watch ended: %+v", w.wrote())
		}
		time.Sleep(time.Hour)
		if got := w.wrote(); len(got) != 1 || !got[0].DropWatch {
			t.Errorf("writes %+v", got)
		}
	})
}

// TestCodeIsOfItsNotice: a code may be a time of day, and somebody else's the same on another notice of the cart.
func TestCodeIsOfItsNotice(t *testing.T) {
	atWork(t, func(t *testing.T, w *world, _ *Worker) {
		time.Sleep(time.Second)
		w.script(step{fault: fault(govpay.OutcomeUnavailable, 502, "PPT_CANALE_IRRAGGIUNGIBILE"), record: govpay.PaymentFailed, attempt: govpay.AttemptRefused})
		w.charge("P1", notice(1), notice(2))
		synctest.Wait()
		var same string
		w.change(func(p *portal) { same = p.records[0].Attempts[0].Code })
		w.give(notice(2)[1:], rec(same))
		time.Sleep(20 * time.Minute)
		if n := w.notices("P1"); n[1].Registration != ledger.RegElse {
			t.Errorf("%+v", n)
		}
	})
}

// TestSetupIsOneCase: a start that meets the same wrong set-up opens no second one.
func TestSetupIsOneCase(t *testing.T) {
	within(t, func(t *testing.T, w *world) {
		wrong := step{fault: fault(govpay.OutcomeWrongSetup, 201, "")}
		w.script(wrong, wrong, wrong)
		w.charge("P1", noticeA)
		for range 3 {
			k := w.worker()
			time.Sleep(time.Hour)
			k.Close()
		}
		if got := w.causes(); !slices.Equal(got, []string{"submission_wrong_setup"}) || len(w.called()) != 3 {
			t.Fatalf("cases %v, called at %v", got, w.called())
		}
		k := w.worker()
		defer k.Close()
		time.Sleep(time.Hour)
		if w.registration("P1") != ledger.RegAwaiting {
			t.Errorf("%q", w.registration("P1"))
		}
	})
}

// TestRedIsOfEachNotice: the service was ended between the cases of two notices of one charge.
func TestRedIsOfEachNotice(t *testing.T) {
	within(t, func(t *testing.T, w *world) {
		w.chargeAs("P1", func(p *ledger.Payment) {
			p.Settlement = ledger.SettlementTerminal
			for i := range p.Notices {
				p.Notices[i].Registration = ledger.RegAwaiting
			}
		}, notice(1), notice(2))
		w.cases = []ledger.Case{{ID: "C1", PaymentID: "P1", Notices: []int{0}, Cause: driver.Reason{Code: "receipt_missing"}}}
		for range 2 {
			k := w.worker(func(o *Options) { o.FlowDue = func(p ledger.Payment) time.Time { return p.SentAt.Add(time.Hour) } })
			time.Sleep(2 * time.Hour)
			k.Close()
		}
		if got := w.causes(); len(got) != 2 || !slices.Equal(w.cases[1].Notices, []int{1}) {
			t.Errorf("cases %v: %+v", got, w.cases)
		}
	})
}

// TestWaitingIsWhatWaits: of a cart one notice was refused for ever.
func TestWaitingIsWhatWaits(t *testing.T) {
	atWork(t, func(t *testing.T, w *world, k *Worker) {
		time.Sleep(time.Second)
		w.script(step{fault: fault(govpay.OutcomePermanent, 422, "PAG_007"), record: govpay.PaymentFailed},
			step{fault: fault(govpay.OutcomeUnavailable, 502, "PPT_CANALE_IRRAGGIUNGIBILE")})
		w.change(func(p *portal) {
			p.positions = map[string]govpay.Position{notice(2): {State: govpay.StateExpired, Cents: 10000}}
		})
		w.charge("P1", notice(1), notice(2), notice(3))
		time.Sleep(10 * time.Second)
		var keys []string
		for _, it := range k.Items() {
			keys = append(keys, it.Key)
		}
		slices.Sort(keys)
		if s := k.Status(); s.Waiting != 2 || !slices.Equal(keys, []string{"P1/000", "P1/002"}) {
			t.Errorf("%+v, %v", s, keys)
		}
		time.Sleep(time.Hour)
		w.pays(2)
		time.Sleep(time.Hour)
		if s := k.Status(); s.Waiting != 0 || len(k.Items()) != 0 || !s.Oldest.IsZero() {
			t.Errorf("%+v, %+v", s, k.Items())
		}
	})
}

// TestReceiptAfterTheRefund: the office gave a charge back because no receipt came, and then one came. It is
// somebody's case, once, over a restart too; a charge made since has its own receipt.
func TestReceiptAfterTheRefund(t *testing.T) {
	for _, again := range []bool{false, true} {
		within(t, func(t *testing.T, w *world) {
			k := w.worker()
			w.add("P1", noticeA, ledger.Charged)
			time.Sleep(24 * time.Hour)
			w.mu.Lock()
			p := w.payments["P1"]
			p.Notices[0].Registration, p.Notices[0].Refunded, p.UpdatedAt = ledger.RegClosed, true, time.Now()
			w.outbox = nil
			w.cases = []ledger.Case{{ID: "C1", PaymentID: "P1", Notices: []int{0}, Cause: driver.Reason{Code: "receipt_missing"}, Ended: time.Now(), Ending: ledger.EndingRefunded}}
			w.signal()
			w.mu.Unlock()
			time.Sleep(time.Hour)
			k.Close()
			k = w.worker()
			time.Sleep(time.Hour)
			if again {
				w.add("P2", noticeA, ledger.Charged)
			}
			w.give(iuvA, rec("a", paidAt(time.Since(sentAt))))
			time.Sleep(time.Hour)
			k.Close()
			k = w.worker()
			time.Sleep(time.Hour)
			k.Close()
			got := w.causes()
			if again && (len(got) != 1 || w.registration("P2") != ledger.RegDone) || !again && !slices.Equal(got[1:], []string{"receipt_after_reversal"}) ||
				w.registration("P1") != ledger.RegClosed {
				t.Errorf("again %t: cases %v, P1 %q", again, got, w.registration("P1"))
			}
		})
	}
}
