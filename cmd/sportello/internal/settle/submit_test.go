package settle

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/protocol/govpay"
	"sportello/protocol/local"
)

func TestSubmits(t *testing.T) {
	atWork(t, func(t *testing.T, w *world, k *Worker) {
		time.Sleep(time.Hour)
		w.start = time.Now()
		w.charge("P1", notice(1), notice(2), notice(3))
		time.Sleep(time.Minute)
		if got := w.made(); len(got) != 1 || got[0].session != "RIFP1" || got[0].notices != 3 || got[0].at != 0 {
			t.Fatalf("calls %+v", got)
		}
		for i := range 3 {
			if n := w.notices("P1")[i]; n.Registration != ledger.RegAwaiting || n.AttemptCode == "" {
				t.Errorf("notice %d: %+v", i, n)
			}
		}
		if s := k.Status(); s.Waiting != 3 || s.Late != 0 {
			t.Errorf("status %+v", s)
		}
		time.Sleep(14*time.Minute + time.Second)
		if s := k.Status(); s.Late != 3 {
			t.Errorf("a quarter of an hour after the charge: %+v", s)
		}
		w.pays(1)
		time.Sleep(6 * time.Minute)
		synctest.Wait()
		for i := range 3 {
			if n := w.notices("P1")[i]; n.Registration != ledger.RegDone || n.ReceiptID != n.AttemptCode {
				t.Errorf("notice %d: %+v", i, n)
			}
		}
		if len(w.called()) != 1 || len(w.causes()) != 0 || len(w.kept()) != 3 || k.Status().Waiting != 0 {
			t.Errorf("called at %v, cases %v, PDFs %v, %+v", w.called(), w.causes(), w.kept(), k.Status())
		}
	})
}

// TestContinuations: what follows each end of a call, to the second: when it is called again within three
// hours, and what people are told. No row may submit what the platform has.
func TestContinuations(t *testing.T) {
	un := govpay.OutcomeUnavailable
	cut := &govpay.Fault{Outcome: un, Sent: true}
	for _, x := range []struct {
		name   string
		answer []step
		calls  []float64
		end    ledger.Registration
		reason string
		cases  []string
	}{
		{"taken", nil, []float64{0}, ledger.RegAwaiting, "", nil},
		{"cut, nothing came of it", []step{{fault: cut}}, []float64{0, 300}, ledger.RegAwaiting, "", nil},
		{"cut after the work", []step{{fault: cut, record: govpay.PaymentRunning, attempt: govpay.AttemptAccepted}}, []float64{0}, ledger.RegAwaiting, "", nil},
		{"cut, and the work is done late", []step{{fault: cut, record: govpay.PaymentRunning, attempt: govpay.AttemptAccepted, after: 290 * time.Second}},
			[]float64{0}, ledger.RegAwaiting, "", nil},
		{"cut, in the middle of the work", []step{{fault: cut, record: govpay.PaymentRunning, attempt: govpay.AttemptActivated}}, []float64{0}, ledger.RegAwaiting, "", nil},
		{"server error without a code", []step{{fault: fault(un, 500, "")}}, []float64{0, 300}, ledger.RegAwaiting, "", nil},
		{"INTERNAL", []step{{fault: fault(un, 500, "INTERNAL")}}, []float64{0, 300}, ledger.RegAwaiting, "", nil},
		{"its owner does not answer", []step{{fault: fault(un, 502, "502000")}, {fault: fault(un, 502, "502000")}}, []float64{0, 30, 150}, ledger.RegAwaiting, "", nil},
		{"no refresh", []step{{fault: fault(un, 422, "VER_014")}}, []float64{0, 30}, ledger.RegAwaiting, "", nil},
		{"channel away", []step{{fault: fault(un, 502, "PPT_CANALE_IRRAGGIUNGIBILE"), record: govpay.PaymentFailed, attempt: govpay.AttemptRefused}},
			[]float64{0, 30}, ledger.RegAwaiting, "", nil},
		{"channel too slow", []step{{fault: fault(un, 502, "PPT_CANALE_TIMEOUT"), record: govpay.PaymentFailed, attempt: govpay.AttemptRefused}},
			[]float64{0, 300}, ledger.RegAwaiting, "", nil},
		{"unknown provider", []step{{fault: fault(govpay.OutcomePermanent, 502, "PPT_PSP_SCONOSCIUTO"), record: govpay.PaymentFailed, attempt: govpay.AttemptRefused}},
			[]float64{0, 3600}, ledger.RegAwaiting, "", []string{"submission_refused"}},
		{"bad request", []step{{fault: fault(govpay.OutcomePermanent, 400, "SINTASSI")}}, []float64{0, 3600}, ledger.RegAwaiting, "", []string{"submission_refused"}},
		{"turned away at the door, once", []step{{fault: fault(govpay.OutcomeUnauthorized, 401, "401")}}, []float64{0, 30}, ledger.RegAwaiting, "", []string{"submission_refused"}},
		{"turned away before the door, once", []step{{fault: fault(govpay.OutcomeUnauthorized, 401, "")}}, []float64{0, 300}, ledger.RegAwaiting, "", []string{"submission_refused"}},
		{"forbidden", []step{{fault: fault(govpay.OutcomeForbidden, 403, "403000")}}, []float64{0, 3600}, ledger.RegAwaiting, "", []string{"submission_refused"}},
		{"expired", []step{{fault: fault(govpay.OutcomePermanent, 422, "PAG_007"), record: govpay.PaymentFailed}}, []float64{0}, ledger.RegRejected, "submission_refused", []string{"submission_refused"}},
		{"unknown notice", []step{{fault: fault(govpay.OutcomePermanent, 422, "VER_008")}}, []float64{0}, ledger.RegRejected, "submission_refused", []string{"submission_refused"}},
		{"shares", []step{{fault: fault(govpay.OutcomePermanent, 422, "VER_038"), record: govpay.PaymentFailed}}, []float64{0}, ledger.RegRejected, "submission_refused", []string{"submission_refused"}},
		{"pagoPA away, once", []step{{fault: fault(un, 502, "PAA_NODO_INDISPONIBILE"), record: govpay.PaymentFailed, attempt: govpay.AttemptSendError}},
			[]float64{0, 1802}, ledger.RegAwaiting, "", nil},
		{"pagoPA away, twice", []step{{fault: fault(un, 502, "PAA_NODO_INDISPONIBILE"), record: govpay.PaymentFailed, attempt: govpay.AttemptSendError},
			{fault: fault(un, 502, "PAA_NODO_INDISPONIBILE"), record: govpay.PaymentFailed, attempt: govpay.AttemptSendError}},
			[]float64{0, 1802}, ledger.RegSubmit, "submission_unsure", []string{"submission_unsure"}},
		{"a state that nobody knows", []step{{fault: cut, record: "IN_SOSPESO", attempt: govpay.AttemptAccepted}}, []float64{0}, ledger.RegSubmit, "submission_unsure", []string{"submission_unsure"}},
		{"refused by the provider", []step{{fault: cut, record: govpay.PaymentNotPaid, attempt: govpay.AttemptRefused}}, []float64{0, 3900}, ledger.RegAwaiting, "", []string{"submission_refused"}},
	} {
		t.Run(x.name, func(t *testing.T) {
			atWork(t, func(t *testing.T, w *world, _ *Worker) {
				time.Sleep(time.Second)
				w.start = time.Now()
				w.script(x.answer...)
				w.charge("P1", noticeA)
				time.Sleep(3 * time.Hour)
				got := w.called()
				ok := len(got) == len(x.calls)
				for i := range min(len(got), len(x.calls)) {
					ok = ok && got[i] >= x.calls[i] && got[i] <= x.calls[i]+1 // a fault is written, and looked at, in no time
				}
				n := w.notices("P1")[0]
				if !ok || n.Registration != x.end || n.Reason.Code != x.reason && x.end != ledger.RegAwaiting || !slices.Equal(w.causes(), append([]string{}, x.cases...)) {
					t.Errorf("called at %v, want %v; %+v; cases %v", got, x.calls, n, w.causes())
				}
			})
		})
	}
}

// TestNeverLeft: a submission that did not leave this PC is nobody's case and goes out when what kept it here is mended,
// after the pause of any other that may be repeated.
func TestNeverLeft(t *testing.T) {
	for name, x := range map[string]struct {
		outcome govpay.Outcome
		reason  local.Code
	}{
		"certificate": {govpay.OutcomeUntrusted, local.CodePlatformCertificate},
		"password":    {govpay.OutcomeUnauthorized, local.CodePlatformPassword},
		"address":     {govpay.OutcomeWrongBaseURL, local.CodePlatformAddress},
	} {
		t.Run(name, func(t *testing.T) {
			atWork(t, func(t *testing.T, w *world, k *Worker) {
				time.Sleep(time.Second)
				w.start = time.Now()
				w.failWith(func(string) error { return &govpay.Fault{Outcome: x.outcome} })
				w.charge("P1", noticeA)
				time.Sleep(10 * time.Minute)
				if got := w.called(); len(got) != 1 || len(w.causes()) != 0 || w.notices("P1")[0].Reason.Code != string(x.reason) || !k.Status().Away {
					t.Fatalf("called at %v, cases %v, %+v, %+v", got, w.causes(), w.notices("P1"), k.Status())
				}
				w.failWith(nil)
				time.Sleep(time.Minute) // the next probe is due within that
				if got := w.called(); len(got) != 2 || w.registration("P1") != ledger.RegAwaiting {
					t.Errorf("called at %v, %q", got, w.registration("P1"))
				}
			})
		})
	}
	atWork(t, func(t *testing.T, w *world, _ *Worker) { // mended at once: not before the pause
		time.Sleep(time.Second)
		w.start = time.Now()
		w.script(step{fault: &govpay.Fault{Outcome: govpay.OutcomeUntrusted}})
		w.charge("P1", noticeA)
		time.Sleep(time.Hour)
		if got := w.called(); !slices.Equal(got, []float64{0, 30}) {
			t.Errorf("called at %v", got)
		}
	})
}

// TestRestartWaitsTheWholeWindow: a call that was cut by the power is looked at, and not repeated before the
// window has passed from the start of the service, whatever the wall clock says.
func TestRestartWaitsTheWholeWindow(t *testing.T) {
	for _, x := range []struct {
		name     string
		answered bool // and unsure
	}{{"cut", false}, {"unsure", true}} {
		within(t, func(t *testing.T, w *world) {
			w.charge("P1", noticeA)
			p := w.payments["P1"] // nobody works on it yet
			p.Submission = &ledger.Submission{N: 1, At: time.Now().Add(-24 * time.Hour)}
			if x.answered {
				p.Submission.Answered, p.Submission.Unsure = time.Now().Add(-23*time.Hour), true
			}
			p.Notices[0].Registration = ledger.RegSubmit
			k := w.worker()
			defer k.Close()
			time.Sleep(299 * time.Second)
			if got := w.called(); len(got) != 0 {
				t.Fatalf("%s: called at %v", x.name, got)
			}
			time.Sleep(2 * time.Second)
			if got := w.called(); !slices.Equal(got, []float64{300}) {
				t.Errorf("%s: called at %v", x.name, got)
			}
		})
	}
}

// TestALookMustBeAnswered: while the platform is away nothing is repeated.
func TestALookMustBeAnswered(t *testing.T) {
	atWork(t, func(t *testing.T, w *world, _ *Worker) {
		time.Sleep(time.Second)
		w.script([]step{{fault: &govpay.Fault{Outcome: govpay.OutcomeUnavailable, Sent: true}}}...)
		w.charge("P1", noticeA)
		synctest.Wait()
		w.failWith(func(string) error { return &govpay.Fault{Outcome: govpay.OutcomeUnavailable} })
		time.Sleep(time.Hour)
		if got := w.called(); len(got) != 1 {
			t.Fatalf("called at %v", got)
		}
		w.failWith(nil)
		time.Sleep(2 * time.Minute)
		if got := w.called(); len(got) != 2 {
			t.Errorf("called at %v", got)
		}
	})
}

// TestOlderCopy: the ledger is a restored copy that does not know of the call: what is found at the start is looked at first.
func TestOlderCopy(t *testing.T) {
	within(t, func(t *testing.T, w *world) {
		w.charge("P1", noticeA)
		w.portal.records = []govpay.Payment{{ID: "p0", State: govpay.PaymentRunning, Session: "RIFP1", At: time.Now(),
			Attempts: []govpay.Attempt{{State: govpay.AttemptAccepted, Creditor: comune, IUV: iuvA, Code: "ccp0", Submitted: true}}}}
		time.Sleep(time.Second)
		k := w.worker()
		defer k.Close()
		time.Sleep(time.Hour)
		if got := w.called(); len(got) != 0 || w.registration("P1") != ledger.RegAwaiting || w.notices("P1")[0].AttemptCode != "ccp0" {
			t.Errorf("called at %v, %+v", got, w.notices("P1"))
		}
	})
}

// TestBlocked: somebody else's attempt. It is waited for, and a case when it outlives a token; then the way is free.
func TestBlocked(t *testing.T) {
	atWork(t, func(t *testing.T, w *world, _ *Worker) {
		time.Sleep(time.Second)
		w.start = time.Now()
		w.script([]step{{fault: fault(govpay.OutcomePermanent, 422, "PAG_014"), record: govpay.PaymentFailed}}...)
		w.mu.Lock()
		w.portal.positions = map[string]govpay.Position{noticeA: {State: govpay.StateOpen, Cents: 10000,
			Attempts: []govpay.Attempt{{State: govpay.AttemptAccepted, Submitted: true, Code: "theirs"}}}}
		w.mu.Unlock()
		w.charge("P1", noticeA)
		time.Sleep(29 * time.Minute)
		if got := w.called(); len(got) != 1 || len(w.causes()) != 0 || w.notices("P1")[0].Reason.Code != "submission_blocked" {
			t.Fatalf("called at %v, cases %v, %+v", got, w.causes(), w.notices("P1"))
		}
		time.Sleep(10 * time.Minute)
		if got := w.causes(); !slices.Equal(got, []string{"submission_blocked"}) {
			t.Errorf("cases %v", got)
		}
		w.change(func(p *portal) { p.positions = nil })
		time.Sleep(10 * time.Minute)
		w.stands(t, "P1", ledger.RegAwaiting, 2, "submission_blocked")
	})
}

// TestPaidElsewhereBeforeOurs: somebody paid between the card and the call: no second submission, and a case.
func TestPaidElsewhereBeforeOurs(t *testing.T) {
	atWork(t, func(t *testing.T, w *world, _ *Worker) {
		time.Sleep(time.Second)
		w.script([]step{{fault: fault(govpay.OutcomePermanent, 422, "PAG_006"), record: govpay.PaymentFailed}}...)
		w.give(iuvA, rec("theirs")) // even of our own provider: not by our code
		w.charge("P1", noticeA)
		time.Sleep(time.Hour)
		w.stands(t, "P1", ledger.RegElse, 1, "paid_elsewhere")
	})
}

// TestNobodyKnowsAndTheReceiptComes: of the call of which nobody knew whether pagoPA got it.
func TestNobodyKnowsAndTheReceiptComes(t *testing.T) {
	atWork(t, func(t *testing.T, w *world, _ *Worker) {
		time.Sleep(time.Second)
		w.script([]step{{fault: fault(govpay.OutcomeUnavailable, 502, "PAA_NODO_INDISPONIBILE"), record: govpay.PaymentFailed, attempt: govpay.AttemptSendError}}...)
		w.charge("P1", noticeA)
		time.Sleep(20 * time.Minute)
		w.pays(1)
		time.Sleep(time.Hour)
		w.stands(t, "P1", ledger.RegDone, 1)
	})
}

// TestTwoSubmissionsBothPaid: the one of which nobody knew, and its repeat: one is ours, the other is a case.
func TestTwoSubmissionsBothPaid(t *testing.T) {
	atWork(t, func(t *testing.T, w *world, _ *Worker) {
		time.Sleep(time.Second)
		w.script([]step{{fault: fault(govpay.OutcomeUnavailable, 502, "PAA_NODO_INDISPONIBILE"), record: govpay.PaymentFailed, attempt: govpay.AttemptSendError}}...)
		w.charge("P1", noticeA)
		time.Sleep(40 * time.Minute)
		if len(w.called()) != 2 {
			t.Fatalf("called at %v", w.called())
		}
		w.pays(1)
		w.pays(2)
		time.Sleep(time.Hour)
		if w.registration("P1") != ledger.RegDone || !slices.Equal(w.causes(), []string{"receipt_twice"}) {
			t.Errorf("%q, cases %v", w.registration("P1"), w.causes())
		}
	})
}

// TestAcceptedAndRefusedByTheProvider: the receipt says no. The money is here and not there.
func TestAcceptedAndRefusedByTheProvider(t *testing.T) {
	atWork(t, func(t *testing.T, w *world, _ *Worker) {
		time.Sleep(time.Second)
		w.charge("P1", noticeA)
		time.Sleep(time.Minute)
		w.mu.Lock()
		a := &w.portal.records[0].Attempts[0]
		a.State, a.Proof = govpay.AttemptReceipt, &govpay.Proof{Result: govpay.ResultNotPaid, ReceiptID: a.Code, Cents: 10000}
		w.portal.records[0].State = govpay.PaymentNotPaid
		w.receipts[iuvA] = []govpay.Receipt{{ReceiptRef: govpay.ReceiptRef{ID: a.Code, Esito: "NON_ESEGUITO"}, Cents: 10000, Proof: a.Proof}}
		w.mu.Unlock()
		time.Sleep(5 * time.Minute)
		w.stands(t, "P1", ledger.RegRejected, 1, "submission_refused")
	})
}

// TestUnconfirmed: what the terminal may undo is not submitted before its word, or people's.
func TestUnconfirmed(t *testing.T) {
	for _, how := range []string{"confirmed", "people", "evidence"} {
		atWork(t, func(t *testing.T, w *world, _ *Worker) {
			time.Sleep(time.Second)
			w.chargeAs("P1", func(p *ledger.Payment) { p.Acked = false }, noticeA)
			time.Sleep(14 * time.Minute)
			if len(w.called()) != 0 || len(w.causes()) != 0 {
				t.Fatalf("called at %v, cases %v", w.called(), w.causes())
			}
			time.Sleep(10 * time.Minute)
			if len(w.called()) != 0 || !slices.Equal(w.causes(), []string{"awaiting_confirmation"}) {
				t.Fatalf("called at %v, cases %v", w.called(), w.causes())
			}
			w.mu.Lock()
			switch p := w.payments["P1"]; how {
			case "confirmed":
				p.Confirmed = true
			case "people":
				p.ResolvedBy = []string{"anna", "bruno"}
			default:
				p.Reason.Code = "by_evidence"
			}
			w.mu.Unlock()
			time.Sleep(6 * time.Minute)
			if len(w.called()) != 1 || len(w.causes()) != 1 {
				t.Errorf("%s: called at %v, cases %v", how, w.called(), w.causes())
			}
		})
	}
}

// TestWrongSetup: one call says that the platform opens browsers; nothing more is submitted until the case is
// ended or the service starts again. What is submitted already goes on.
func TestWrongSetup(t *testing.T) {
	within(t, func(t *testing.T, w *world) {
		k := w.worker()
		time.Sleep(time.Second)
		w.charge("P0", notice(9))
		time.Sleep(time.Second)
		wrong := step{fault: fault(govpay.OutcomeWrongSetup, 201, "")}
		w.script([]step{wrong, wrong, wrong, wrong}...)
		for i := range 6 {
			w.charge("P"+string(rune('1'+i)), notice(i+1))
		}
		time.Sleep(24 * time.Hour)
		calls := len(w.called())
		if calls > 5 || !slices.Equal(w.causes(), []string{"submission_wrong_setup"}) || !k.Status().Stopped || k.Status().Waiting != 7 {
			t.Fatalf("%d calls, cases %v, %+v", calls, w.causes(), k.Status())
		}
		for _, it := range k.Items() {
			if suspended := it.PaymentID != "P0"; it.Barred != suspended || it.NextTry.IsZero() != suspended {
				t.Errorf("suspended: %+v", it)
			}
		}
		w.pays(1)
		time.Sleep(6 * time.Minute)
		if w.registration("P0") != ledger.RegDone {
			t.Errorf("what was submitted before: %q", w.registration("P0"))
		}
		w.mu.Lock()
		w.portal.answer = nil
		w.cases[0].Ended = time.Now()
		w.mu.Unlock()
		time.Sleep(2 * time.Minute)
		for i := range 6 {
			if got := w.registration("P" + string(rune('1'+i))); got != ledger.RegAwaiting {
				t.Errorf("payment %d after the case was ended: %q", i+1, got)
			}
		}
		if len(w.called()) != calls+6 || k.Status().Stopped {
			t.Errorf("%d calls, then %d; %+v", calls, len(w.called()), k.Status())
		}
		k.Close()
	})
}

// TestLedgerLosesTheEnd: the disk is full when the platform has accepted. Nothing is called again.
func TestLedgerLosesTheEnd(t *testing.T) {
	within(t, func(t *testing.T, w *world) {
		w.portal.took = 10 * time.Second
		k := w.worker()
		defer k.Close()
		time.Sleep(time.Second)
		w.charge("P1", noticeA)
		time.Sleep(5 * time.Second)
		w.fails(errors.New("disk is full"))
		time.Sleep(time.Hour)
		w.fails(nil)
		time.Sleep(time.Hour)
		w.stands(t, "P1", ledger.RegAwaiting, 1)
	})
}

// TestCartWithOneBadNotice: what will never be taken is rejected alone; the others are submitted without it.
func TestCartWithOneBadNotice(t *testing.T) {
	atWork(t, func(t *testing.T, w *world, _ *Worker) {
		time.Sleep(time.Second)
		w.script([]step{{fault: fault(govpay.OutcomePermanent, 422, "PAG_007"), record: govpay.PaymentFailed}}...)
		w.change(func(p *portal) {
			p.positions = map[string]govpay.Position{notice(2): {State: govpay.StateExpired, Cents: 10000}}
		})
		w.charge("P1", notice(1), notice(2), notice(3))
		time.Sleep(time.Hour)
		n := w.notices("P1")
		if n[0].Registration != ledger.RegAwaiting || n[1].Registration != ledger.RegRejected || n[2].Registration != ledger.RegAwaiting {
			t.Errorf("%+v", n)
		}
		if c := w.made(); len(c) != 2 || c[0].notices != 3 || c[1].notices != 2 || !slices.Equal(w.causes(), []string{"submission_refused"}) {
			t.Errorf("calls %+v, cases %v", c, w.causes())
		}
	})
}
