package settle

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/protocol/govpay"
)

// becomes changes the platform's i-th record (from 1).
func (w *world) becomes(i int, state govpay.PaymentState, change func(k int, a *govpay.Attempt)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := &w.portal.records[i-1]
	r.State = state
	for k := range r.Attempts {
		change(k, &r.Attempts[k])
	}
}

// paidPart is a cart of which the platform says that only some notices are paid.
func (w *world) paidPart(paid ...int) {
	w.pays(1)
	w.becomes(1, govpay.PaymentPartial, func(k int, a *govpay.Attempt) {
		if slices.Contains(paid, k) {
			return
		}
		w.receipts[a.IUV] = nil
		switch a.Proof = nil; k {
		case 1: // a negative receipt
			a.Proof = &govpay.Proof{Result: govpay.ResultNotPaid, ReceiptID: a.Code, Cents: 10000}
		case 2:
			a.State = govpay.AttemptExpired
		case 3:
			a.State = govpay.AttemptSendError
		}
	})
}

// TestPaidInPart: of a cart that the platform calls paid in part each notice is judged: the paid ones are registered by
// their receipts, the others are people's, each with its case. None is submitted again by itself.
func TestPaidInPart(t *testing.T) {
	for _, early := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			k := w.worker()
			defer k.Close()
			w.charge("P1", notice(1), notice(2), notice(3), notice(4))
			if !early {
				time.Sleep(3 * time.Minute) // the attempts' codes are known
			}
			synctest.Wait()
			w.paidPart(0)
			time.Sleep(9 * time.Minute) // before any receipt is late
			ns := w.notices("P1")
			for i, want := range []ledger.Registration{ledger.RegDone, ledger.RegRejected, ledger.RegRejected, ledger.RegRejected} {
				if ns[i].Registration != want {
					t.Errorf("early %t, notice %d: %q, want %q", early, i, ns[i].Registration, want)
				}
			}
			if got := w.causes(); !slices.Equal(got, []string{"submission_refused", "submission_refused", "submission_refused"}) {
				t.Errorf("cases %v", got)
			}
			time.Sleep(48 * time.Hour)
			if got := w.called(); len(got) != 1 {
				t.Errorf("called at %v", got)
			}
			// Money that moved late: the receipt of one of the others comes after all, by our code.
			w.becomes(1, govpay.PaymentPartial, func(k int, a *govpay.Attempt) {
				if k == 2 {
					a.State = govpay.AttemptReceipt
					w.receipts[a.IUV] = []govpay.Receipt{rec(a.Code)}
				}
			})
			time.Sleep(time.Hour)
			if n := w.notices("P1")[2]; n.Registration != ledger.RegDone {
				t.Errorf("%+v", n)
			}
		})
	}
}

// resubmits is what the ledger does when people have a rejected notice submitted again.
func (w *world) resubmits(k *Worker, id string, index int) {
	w.mu.Lock()
	n := &w.payments[id].Notices[index]
	n.Registration, n.Again = ledger.RegSubmit, time.Now()
	n.Reason.Code = ""
	w.outbox = append(w.outbox, ledger.OutboxItem{Key: outboxKey(id, index), PaymentID: id, Index: index, Since: time.Now()})
	for i := range w.cases {
		if slices.Equal(w.cases[i].Notices, []int{index}) {
			w.cases[i].Ended = time.Now()
		}
	}
	w.mu.Unlock()
	w.signal()
	k.Decided(id)
}

// TestResubmitted: what people have submitted again is looked for first, goes out alone and once, and waits for its
// receipt as the first time; refused again it is people's again.
func TestResubmitted(t *testing.T) {
	for name, row := range map[string]struct {
		step  []step
		calls int
		end   ledger.Registration
		cases int
	}{
		"taken":         {nil, 2, ledger.RegDone, 1},
		"refused again": {[]step{{fault: fault(govpay.OutcomePermanent, 422, "PAG_007"), record: govpay.PaymentFailed}}, 2, ledger.RegRejected, 2},
		"lost, and taken": {[]step{{fault: &govpay.Fault{Outcome: govpay.OutcomeUnavailable, Sent: true}, record: govpay.PaymentRunning, attempt: govpay.AttemptAccepted}},
			2, ledger.RegDone, 1},
		// The look after the window sees the old refusal alone: people are told, and it is repeated an hour later.
		"lost, and not taken": {[]step{{fault: &govpay.Fault{Outcome: govpay.OutcomeUnavailable, Sent: true}}}, 3, ledger.RegDone, 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				k := w.worker()
				defer k.Close()
				w.charge("P1", notice(1), notice(2))
				synctest.Wait()
				w.paidPart(0)
				time.Sleep(20 * time.Minute)
				if n := w.notices("P1")[1]; n.Registration != ledger.RegRejected {
					t.Fatalf("%+v", n)
				}
				w.script(row.step...)
				asked := len(w.times())
				w.resubmits(k, "P1", 1)
				time.Sleep(time.Minute)
				if asked == 0 || len(w.times()) == 0 {
					t.Error("nobody looked before")
				}
				time.Sleep(2 * time.Hour)
				synctest.Wait()
				if calls := w.made(); len(calls) != row.calls || calls[len(calls)-1].notices != 1 || calls[len(calls)-1].session != "RIFP1" {
					t.Fatalf("calls %+v", calls)
				}
				if n := len(w.portal.records); row.end == ledger.RegDone {
					w.pays(n)
				}
				time.Sleep(time.Hour)
				if n := w.notices("P1")[1]; n.Registration != row.end {
					t.Errorf("%+v", n)
				}
				if got := w.causes(); len(got) != row.cases {
					t.Errorf("cases %v", got)
				}
				if n := w.notices("P1")[0]; n.Registration != ledger.RegDone || n.ReceiptID == "" {
					t.Errorf("the other: %+v", n)
				}
			})
		})
	}
}

// TestResubmittedAndPaid: what was paid meanwhile, by our own attempt, is not submitted again.
func TestResubmittedAndPaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		k := w.worker()
		defer k.Close()
		w.charge("P1", notice(1), notice(2))
		synctest.Wait()
		w.paidPart(0)
		time.Sleep(20 * time.Minute)
		w.failWith(func(string) error { return &govpay.Fault{Outcome: govpay.OutcomeUnavailable} })
		time.Sleep(time.Hour)
		w.resubmits(k, "P1", 1)
		time.Sleep(time.Hour)
		w.becomes(1, govpay.PaymentPaid, func(i int, a *govpay.Attempt) {
			if i == 1 {
				a.State, a.Proof = govpay.AttemptReceipt, &govpay.Proof{Result: govpay.ResultPaid, ReceiptID: a.Code, Cents: 10000}
				w.receipts[a.IUV] = []govpay.Receipt{rec(a.Code)}
			}
		})
		w.failWith(nil)
		time.Sleep(10 * time.Minute)
		if n := w.notices("P1")[1]; n.Registration != ledger.RegDone || len(w.called()) != 1 {
			t.Errorf("%+v, called at %v", n, w.called())
		}
	})
}
