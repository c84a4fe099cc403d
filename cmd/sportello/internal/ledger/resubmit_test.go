package ledger

import (
	"errors"
	"slices"
	"testing"

	"sportello/driver"
)

// refusedCart is a cart of which the provider has refused some notices after all, and the case of the first of them.
func refusedCart(t *testing.T, l *Ledger, count int, refused ...int) (Payment, Case) {
	t.Helper()
	all := make([]int, count)
	for i := range all {
		all[i] = i + 1
	}
	p := platformCart(t, l, all...)
	must(l.Submit(p.ID))(t)
	p = must(l.Submitted(p.ID, SubmissionEnd{N: 1, Accepted: true, PlatformID: "77"}))(t)
	why := driver.Reason{Code: "submission_refused"}
	for i := range count {
		c := RegistrationChange{PaymentID: p.ID, Index: i, To: RegDone, ReceiptID: "R" + number(i+1)}
		if slices.Contains(refused, i) {
			c = RegistrationChange{PaymentID: p.ID, Index: i, To: RegRejected, Reason: why, Case: &Case{Cause: why, Evidence: "rifiutato"}}
		}
		p = must(l.Register(c))(t)
	}
	open := must(l.Cases(false))(t)
	if len(open) != len(refused) {
		t.Fatalf("%+v", open)
	}
	return p, open[0]
}

// TestResubmit: one person has the rejected notice of a case submitted again. It is in the outbox again, alone, and
// nothing else of the payment moves; a start, and Check, find it so.
func TestResubmit(t *testing.T) {
	l := open(t, t.TempDir())
	p, k := refusedCart(t, l, 3, 1, 2)
	if regs(p) != "registered rejected rejected" || !slices.Equal(k.Rejected, []int{1}) || !k.NeedsTwo {
		t.Fatalf("%s %+v", regs(p), k)
	}
	if _, err := l.Submit(p.ID); !errors.Is(err, ErrStale) {
		t.Errorf("submitted what people have: %v", err)
	}
	if _, err := l.Resubmit(k.ID, k.Seq-1, Proposal{By: "capo", Note: "iban corretto"}); !errors.Is(err, ErrStale) {
		t.Errorf("by what was seen before: %v", err)
	}
	if _, err := l.Resubmit(k.ID, k.Seq, Proposal{By: "capo"}); !errors.Is(err, ErrInvalid) {
		t.Errorf("without a word: %v", err)
	}
	ended := must(l.Resubmit(k.ID, k.Seq, Proposal{By: "capo", Note: "iban corretto"}))(t)
	if ended.Ended.IsZero() || ended.Ending != EndingResubmit || ended.Proof != "iban corretto" || !slices.Equal(ended.EndedBy, []string{"capo"}) || len(ended.Rejected) != 0 {
		t.Errorf("%+v", ended)
	}
	if _, err := l.Resubmit(k.ID, ended.Seq, Proposal{By: "capo", Note: "ancora"}); !errors.Is(err, ErrStale) {
		t.Errorf("twice: %v", err)
	}
	l = reopen(t, l)
	p = must(l.Payment(p.ID))(t)
	if regs(p) != "registered submitting rejected" || p.Notices[1].Again.IsZero() || p.Notices[1].Reason.Code != "" || !p.Notices[2].Again.IsZero() || p.Submission.N != 1 {
		t.Fatalf("%s %+v", regs(p), p.Notices)
	}
	if box := must(l.Outbox())(t); len(box) != 1 || box[0].Index != 1 || box[0].Watch {
		t.Errorf("%+v", box)
	}
	p = must(l.Submit(p.ID))(t)
	if regs(p) != "registered submitting rejected" || p.Submission.N != 2 || !p.Submission.At.After(p.Notices[1].Again) && !p.Submission.At.Equal(p.Notices[1].Again) {
		t.Fatalf("%s %+v", regs(p), p.Submission)
	}
	p = must(l.Submitted(p.ID, SubmissionEnd{N: 2, Accepted: true, PlatformID: "78"}))(t)
	p = must(l.Register(RegistrationChange{PaymentID: p.ID, Index: 1, To: RegDone, ReceiptID: "R2"}))(t)
	if regs(p) != "registered registered rejected" {
		t.Errorf("%s", regs(p))
	}
	if open := must(l.Cases(false))(t); len(open) != 1 || !slices.Equal(open[0].Notices, []int{2}) {
		t.Errorf("%+v", open)
	}
	if rep := must(l.Check())(t); len(rep.Problems) != 0 {
		t.Errorf("%+v", rep.Problems)
	}
}

// TestResubmitOnlyWhatWasRejected: nothing is submitted again while anybody says that it is to be given back, nor what
// is another's business.
func TestResubmitOnlyWhatWasRejected(t *testing.T) {
	l := open(t, t.TempDir())
	_, k := refusedCart(t, l, 2, 0)
	word := Proposal{By: "capo", Note: "iban corretto"}
	k = must(l.ProposeEnding(k.ID, k.Seq, Proposal{Ending: EndingRefunded, Note: "bonifico", By: "anna"}))(t)
	if _, err := l.Resubmit(k.ID, k.Seq, word); !errors.Is(err, ErrStale) {
		t.Errorf("beside a proposal: %v", err)
	}
	k = must(l.CountersignEnding(k.ID, k.Seq, "dora", true))(t)
	if _, err := l.Resubmit(k.ID, k.Seq, word); !errors.Is(err, ErrStale) {
		t.Errorf("after the refund: %v", err)
	}
	q := must(l.Intend(intent(9)))(t)
	must(l.Conclude(q.ID, charged("000043")))(t)
	other := must(l.OpenCase(Case{PaymentID: q.ID, Cause: driver.Reason{Code: "receipt_missing"}}))(t)
	if _, err := l.Resubmit(other.ID, other.Seq, word); !errors.Is(err, ErrNotRejected) {
		t.Errorf("of a notice that waits: %v", err)
	}
	none := must(l.OpenCase(Case{Cause: driver.Reason{Code: "exclusivity_lost"}}))(t)
	if _, err := l.Resubmit(none.ID, none.Seq, word); !errors.Is(err, ErrNotRejected) {
		t.Errorf("of no payment: %v", err)
	}
}

// TestResubmitEndsNoDebt: who has a notice submitted again ends no case behind which money may be owed: two people do.
func TestResubmitEndsNoDebt(t *testing.T) {
	l := open(t, t.TempDir())
	p, k := refusedCart(t, l, 2, 0)
	doubt := must(l.Contradict(p.ID, reasonUndone, driver.Evidence{Kind: "last_result", Text: "Il terminale ricorda uno storno"}))(t)
	if !doubt.NeedsTwo || len(doubt.Rejected) != 0 {
		t.Errorf("%+v", doubt)
	}
	if _, err := l.Resubmit(doubt.ID, doubt.Seq, Proposal{By: "capo", Note: "iban corretto"}); !errors.Is(err, ErrNotRejected) {
		t.Errorf("one person has ended it: %v", err)
	}
	must(l.Resubmit(k.ID, k.Seq, Proposal{By: "capo", Note: "iban corretto"}))(t)
	if open := must(l.Cases(false))(t); len(open) != 1 || open[0].ID != doubt.ID {
		t.Errorf("%+v", open)
	}
}
