package ledger

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"sportello/driver"
	"sportello/protocol/local"
)

// platformCart is a charge of some notices by settlement platform.
func platformCart(t testing.TB, l *Ledger, notices ...int) Payment {
	t.Helper()
	in := intent(notices[0])
	in.Settlement, in.Notices, in.AmountCents = SettlementPlatform, nil, 0
	for _, n := range notices {
		in.Notices = append(in.Notices, Notice{Creditor: creditor, Number: number(n), AmountCents: 1250, Position: fmt.Sprint("A2A/", n)})
		in.AmountCents += 1250
	}
	p := must(l.Intend(in))(t)
	c := charged("000042")
	c.Outcome.Charge.AmountCents = in.AmountCents
	must(l.Conclude(p.ID, c))(t)
	return must(l.Aftermath(p.ID, driver.Aftermath{Acked: true}))(t)
}

// regs are the registrations of a payment.
func regs(p Payment) string {
	var out []string
	for _, n := range p.Notices {
		out = append(out, string(n.Registration))
	}
	return strings.Join(out, " ")
}

// TestSubmission: one commit before the call, one after it, whatever the number of notices; the number of the
// call is durable, and an answer to another call is not believed.
func TestSubmission(t *testing.T) {
	l := open(t, t.TempDir())
	p := platformCart(t, l, 1, 2, 3)
	if p.Submission != nil || regs(p) != "none none none" {
		t.Fatalf("%+v", p)
	}
	if _, err := l.Submitted(p.ID, SubmissionEnd{N: 1, Accepted: true}); !errors.Is(err, ErrStale) {
		t.Errorf("the end of what never began: %v", err)
	}
	before := l.Stats()
	p = must(l.Submit(p.ID))(t)
	if s := l.Stats(); s.Commits != before.Commits+1 || s.Entries != before.Entries+1 {
		t.Errorf("%+v after %+v", s, before)
	}
	l = reopen(t, l) // killed in the call: whoever goes on knows that one was begun, and which
	p = must(l.Payment(p.ID))(t)
	if s := p.Submission; regs(p) != "submitting submitting submitting" || s == nil || s.N != 1 || s.At.IsZero() || !s.Answered.IsZero() {
		t.Fatalf("%+v %+v", p, s)
	}
	var not *NotReversibleError
	if _, err := l.Reverse(p.ID, "capo", "rev", reversalBaseline); !errors.As(err, &not) || not.Why != local.WhySubmitted {
		t.Errorf("reversed while the platform may be at it: %v", err)
	}
	p = must(l.Submit(p.ID))(t)
	if p.Submission.N != 2 || len(must(l.Outbox())(t)) != 3 {
		t.Fatalf("%+v", p.Submission)
	}
	if _, err := l.Submitted(p.ID, SubmissionEnd{N: 1, Accepted: true}); !errors.Is(err, ErrStale) {
		t.Errorf("the answer to another call: %v", err)
	}
	p = must(l.Submitted(p.ID, SubmissionEnd{N: 2, Unsure: true, Reason: driver.Reason{Code: "submission_unsure"}, Transaction: "T1"}))(t)
	if s := p.Submission; !s.Unsure || s.Answered.IsZero() || s.Transaction != "T1" || regs(p) != "submitting submitting submitting" || p.Notices[2].Reason.Code != "submission_unsure" {
		t.Fatalf("%+v %+v", p, s)
	}
	// A look finds a receipt of one of them before the answer of the others is written.
	must(l.Register(RegistrationChange{PaymentID: p.ID, Index: 1, To: RegDone, ReceiptID: "R2", AttemptCode: "CCP-2", Transactions: []string{"T2"}}))(t)
	p = must(l.Submitted(p.ID, SubmissionEnd{N: 2, Accepted: true, PlatformID: "77"}))(t)
	if s := p.Submission; s.PlatformID != "77" || s.Transaction != "T1" || s.Unsure || regs(p) != "awaiting_receipt registered awaiting_receipt" || p.Notices[1].AttemptCode != "CCP-2" || p.Notices[0].Reason.Code != "" {
		t.Fatalf("%+v %+v", p, s)
	}
	if _, err := l.Submit(p.ID); !errors.Is(err, ErrStale) {
		t.Errorf("submitted what is accepted: %v", err)
	}
	l = reopen(t, l)
	if again := must(l.Payment(p.ID))(t); again.Submission.PlatformID != "77" || *again.Submission != *p.Submission {
		t.Errorf("%+v", again.Submission)
	}
	if s := must(l.Terminal("cassa1"))(t); !slices.Equal(s.Waiting, []string{p.ID}) {
		t.Errorf("%+v", s)
	}
}

// TestSubmissionRefused: a refusal for good is somebody's case, once; what people shall mend stays open.
func TestSubmissionRefused(t *testing.T) {
	l := open(t, t.TempDir())
	refused := driver.Reason{Code: "submission_refused", Text: "x"}
	p := platformCart(t, l, 1, 2)
	must(l.Submit(p.ID))(t)
	p = must(l.Submitted(p.ID, SubmissionEnd{N: 1, To: RegRejected, Fault: "PAA_PAGAMENTO_DUPLICATO" + strings.Repeat("x", 400), Reason: refused}))(t)
	cases := must(l.Cases(false))(t)
	if regs(p) != "rejected rejected" || p.Notices[0].Reason != refused || len(cases) != 1 || cases[0].Cause != refused || len(p.Submission.Fault) != maxText {
		t.Fatalf("%+v %+v", p, cases)
	}
	if items := must(l.Outbox())(t); len(items) != 0 {
		t.Errorf("%+v", items)
	}
	q := platformCart(t, l, 3)
	for n := 1; n <= 2; n++ {
		must(l.Submit(q.ID))(t)
		q = must(l.Submitted(q.ID, SubmissionEnd{N: n, Reason: refused, Case: &Case{Cause: refused}}))(t)
	}
	cases = must(l.Cases(false))(t)
	if regs(q) != "submitting" || len(cases) != 2 || cases[1].PaymentID != q.ID || !cases[1].NeedsTwo {
		t.Fatalf("%+v %+v", q, cases)
	}
	// The receipt came all the same: nobody need sign that.
	must(l.Register(RegistrationChange{PaymentID: q.ID, To: RegDone, ReceiptID: "R3"}))(t)
	if k := must(l.Case(cases[1].ID))(t); k.Ending != EndingReceipt || k.EndedBy != nil {
		t.Errorf("%+v", k)
	}
	for _, to := range []Registration{RegNone, "nonsense"} {
		r := platformCart(t, l, 10+len(to))
		must(l.Submit(r.ID))(t)
		if _, err := l.Submitted(r.ID, SubmissionEnd{N: 1, To: to}); !errors.Is(err, ErrInvalid) {
			t.Errorf("%q: %v", to, err)
		}
	}
}

// TestNotSubmittable: money that is on its way back, or is not there, is never submitted.
func TestNotSubmittable(t *testing.T) {
	l := open(t, t.TempDir())
	stale := func(id, why string) {
		t.Helper()
		before := l.Stats().Entries
		if p, err := l.Submit(id); !errors.Is(err, ErrStale) || l.Stats().Entries != before {
			t.Errorf("%s: %v %+v", why, err, p)
		}
	}
	stale(paid(t, l, 1).ID, "settlement terminal")
	p := platformCart(t, l, 2)
	must(l.Reverse(p.ID, "capo", "rev", reversalBaseline))(t)
	stale(p.ID, "reversing")
	must(l.Conclude(p.ID, verdict(driver.NotReversed, "reversal_refused")))(t)
	if p = must(l.Submit(p.ID))(t); regs(p) != "submitting" {
		t.Errorf("the charge stands: %+v", p)
	}
	p = platformCart(t, l, 3)
	must(l.Reverse(p.ID, "capo", "rev-3", reversalBaseline))(t)
	must(l.Conclude(p.ID, verdict(driver.Reversed, "reversed")))(t)
	stale(p.ID, "reversed")
	p = platformCart(t, l, 4, 5)
	for i := range 2 {
		must(l.Register(RegistrationChange{PaymentID: p.ID, Index: i, To: RegHeld, Reason: driver.Reason{Code: "amount_differs"}}))(t)
	}
	stale(p.ID, "all are held")
	in := intent(6)
	in.Settlement = SettlementPlatform
	p = must(l.Intend(in))(t)
	stale(p.ID, "sent")
	must(l.Conclude(p.ID, verdict(driver.Unknown, "no_answer")))(t)
	stale(p.ID, "unknown")
	must(l.Conclude(p.ID, verdict(driver.NotCharged, "declined")))(t)
	stale(p.ID, "not charged")
	if _, err := l.Submit("A1-99999999"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
}

// TestSubmitsWhatIsLeft: of a cart those notices are submitted that are to be; what has gone another way stays where
// it is, over a restart and for the auditor too.
func TestSubmitsWhatIsLeft(t *testing.T) {
	for number, x := range []struct {
		name  string
		to    Registration
		steps []Registration
	}{
		{"held", RegHeld, nil}, {"paid elsewhere", RegElse, nil}, {"rejected", RegRejected, nil}, {"closed", RegClosed, nil},
		{"registered", RegDone, []Registration{RegElse}}, {"called before", RegSubmit, []Registration{RegSubmit}},
	} {
		t.Run(x.name, func(t *testing.T) {
			l := open(t, t.TempDir())
			p := platformCart(t, l, number*3, number*3+1, number*3+2)
			for _, to := range append(x.steps, x.to) {
				must(l.Register(RegistrationChange{PaymentID: p.ID, Index: 1, To: to, Reason: driver.Reason{Code: "x"}}))(t)
			}
			p = must(l.Submit(p.ID))(t)
			want := fmt.Sprintf("submitting %s submitting", x.to)
			if regs(p) != want || p.Submission.N != 1 {
				t.Fatalf("%q %+v, want %q", regs(p), p.Submission, want)
			}
			l = reopen(t, l)
			p = must(l.Submitted(p.ID, SubmissionEnd{N: 1, Accepted: true}))(t)
			want = fmt.Sprintf("awaiting_receipt %s awaiting_receipt", x.to)
			if x.to == RegSubmit {
				want = "awaiting_receipt awaiting_receipt awaiting_receipt"
			}
			if regs(p) != want {
				t.Errorf("%q, want %q", regs(p), want)
			}
			must(l.Check())(t)
		})
	}
}

// TestNotSubmittedWhileRefunded: between a person's word that the money goes back, and another's, it may be on its way.
func TestNotSubmittedWhileRefunded(t *testing.T) {
	l := open(t, t.TempDir())
	p := must(l.Submit(platformCart(t, l, 1, 2).ID))(t)
	must(l.Submitted(p.ID, SubmissionEnd{N: 1, Fault: "PPT", Case: &Case{Cause: driver.Reason{Code: string(local.CodeSubmissionRefused)}}}))(t)
	k := must(l.Cases(false))(t)[0]
	k = must(l.ProposeEnding(k.ID, k.Seq, Proposal{Ending: EndingRefunded, Note: "bonifico", By: "anna"}))(t)
	if _, err := l.Submit(p.ID); !errors.Is(err, ErrStale) {
		t.Fatalf("submitted while it is given back: %v", err)
	}
	k = must(l.CountersignEnding(k.ID, k.Seq, "capo", false))(t)
	if p = must(l.Submit(p.ID))(t); p.Submission.N != 2 {
		t.Errorf("the refund was declined: %+v", p.Submission)
	}
	k = must(l.ProposeEnding(k.ID, k.Seq, Proposal{Ending: EndingRefunded, Note: "bonifico", By: "anna"}))(t)
	must(l.CountersignEnding(k.ID, k.Seq, "capo", true))(t)
	if _, err := l.Submit(p.ID); !errors.Is(err, ErrStale) {
		t.Errorf("submitted after it was given back: %v", err)
	}
}

// TestReceiptMissing: the case is opened once for a notice, and ends when its receipt has come; not where a person
// has proposed another ending.
func TestReceiptMissing(t *testing.T) {
	l := open(t, t.TempDir())
	p := platformCart(t, l, 1, 2)
	must(l.Submit(p.ID))(t)
	must(l.Submitted(p.ID, SubmissionEnd{N: 1, Accepted: true}))(t)
	missing := func(i int) {
		must(l.Register(RegistrationChange{PaymentID: p.ID, Index: i, Reason: driver.Reason{Code: "receipt_missing"},
			Case: &Case{Cause: driver.Reason{Code: "receipt_missing"}, Evidence: "x"}}))(t)
	}
	for range 3 {
		missing(0)
		missing(1)
		l = reopen(t, l)
	}
	cases := must(l.Cases(false))(t)
	if len(cases) != 2 {
		t.Fatalf("%+v", cases)
	}
	for i := range 2 {
		before := l.Stats().Commits
		must(l.Register(RegistrationChange{PaymentID: p.ID, Index: i, To: RegDone, ReceiptID: fmt.Sprint("R", i)}))(t)
		k := must(l.Case(cases[i].ID))(t)
		if k.Ended.IsZero() || k.Ending != "receipt" || l.Stats().Commits != before+1 || len(must(l.Cases(false))(t)) != 1-i {
			t.Errorf("%d: %+v", i, k)
		}
	}
	q := paid(t, l, 5)
	must(l.Register(RegistrationChange{PaymentID: q.ID, Case: &Case{Cause: driver.Reason{Code: "receipt_missing"}}}))(t)
	k := must(l.Cases(false))(t)[0]
	k = must(l.ProposeEnding(k.ID, k.Seq, Proposal{Ending: EndingRefunded, Note: "bonifico", By: "anna"}))(t)
	must(l.Register(RegistrationChange{PaymentID: q.ID, To: RegDone, ReceiptID: "RQ"}))(t)
	if k = must(l.Case(k.ID))(t); !k.Ended.IsZero() || k.Proposal == nil {
		t.Errorf("%+v", k)
	}
}

// TestWrongSetupEnds: the case says something about the platform, not about its charge. One supervisor ends it and
// the charge stays to be submitted; a submission that is accepted ends all that are open.
func TestWrongSetupEnds(t *testing.T) {
	l := open(t, t.TempDir())
	wrong := func(p Payment) Case {
		p = must(l.Submit(p.ID))(t)
		must(l.Submitted(p.ID, SubmissionEnd{N: p.Submission.N, Fault: "id 0", Case: &Case{Cause: driver.Reason{Code: reasonWrongSetup}}}))(t)
		list := must(l.Cases(false))(t)
		return list[len(list)-1]
	}
	first, second, third := platformCart(t, l, 1), platformCart(t, l, 2), platformCart(t, l, 3)
	k := wrong(first)
	if k.NeedsTwo {
		t.Fatalf("%+v", k)
	}
	endCase(t, l, k.ID, EndingClosed, "psp corretto")
	if p := must(l.Payment(first.ID))(t); regs(p) != "submitting" || len(must(l.Outbox())(t)) != 3 {
		t.Fatalf("the charge was given up: %+v", p)
	}
	wrong(first)
	wrong(second)
	l = reopen(t, l)
	p := must(l.Submit(third.ID))(t)
	must(l.Submitted(third.ID, SubmissionEnd{N: p.Submission.N, Accepted: true}))(t)
	if list := must(l.Cases(false))(t); len(list) != 0 {
		t.Errorf("%+v", list)
	}
	if list := must(l.Cases(true))(t); len(list) != 3 || list[1].Ending != EndingAccepted || list[2].Ending != EndingAccepted {
		t.Errorf("%+v", list)
	}
	for _, p := range []Payment{first, second} {
		if p = must(l.Payment(p.ID))(t); regs(p) != "submitting" {
			t.Errorf("%+v", p)
		}
	}
	// What was begun before it went wrong, and is found accepted afterwards, does not speak of the set-up.
	early := platformCart(t, l, 4)
	begun := must(l.Submit(early.ID))(t)
	wrong(second)
	must(l.Submitted(early.ID, SubmissionEnd{N: begun.Submission.N, Accepted: true}))(t)
	if list := must(l.Cases(false))(t); len(list) != 1 || list[0].Cause.Code != reasonWrongSetup {
		t.Errorf("ended by an earlier submission: %+v", list)
	}
}

// TestProviderIsBack: a receipt that could not be looked for has come: its case says nothing any more.
func TestProviderIsBack(t *testing.T) {
	l := open(t, t.TempDir())
	p := paid(t, l, 1)
	why := driver.Reason{Code: string(local.CodeProviderMissing), Text: "cassa1"}
	must(l.Register(RegistrationChange{PaymentID: p.ID, To: RegAwaiting, Reason: why, Case: &Case{Cause: why}}))(t)
	must(l.Register(RegistrationChange{PaymentID: p.ID, To: RegDone, ReceiptID: "r1"}))(t)
	if list := must(l.Cases(false))(t); len(list) != 0 {
		t.Errorf("%+v", list)
	}
}
