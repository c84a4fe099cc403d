package ledger

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"sportello/driver"
)

// This file is the submission of a payment to the platform (settlement platform, design 3.8): one call covers
// all its notices, and is durable before it begins. From then on the payment cannot be reversed; and one that
// is being reversed cannot be submitted (design 4).

// Submit makes a submission durable before the platform is called: in one commit every notice that is none or
// submitting becomes submitting, and Submission says which call it is; what has gone another way (rejected, paid
// elsewhere, held) stays where it is. The caller has looked, and knows that no earlier call can still be under
// way. ErrStale: the payment is not charged, or not by settlement platform; no notice of it is to be submitted;
// or a person has proposed that one of them be given back, and the money may be on its way.
func (l *Ledger) Submit(id string) (Payment, error) {
	l.failpoint("submit.before")
	var out Payment
	err := l.submit(&op{reserve: true, do: func(b *batch) error {
		r, err := loadRecord(b.view, id)
		if err != nil {
			return err
		}
		if why := r.notSubmittable(); why != "" {
			return fmt.Errorf("%w: payment %q %s and cannot be submitted", ErrStale, id, why)
		}
		if err := b.refunding(r); err != nil {
			return err
		}
		n := 1
		if r.Submission != nil {
			n = r.Submission.N + 1
		}
		if err := b.append(&entry{Kind: KindSubmitting, Payment: id, Submission: &submissionBody{N: n}}, nil); err != nil {
			return err
		}
		return b.reload(id, &out)
	}})
	if err == nil {
		l.failpoint("submit.after")
	}
	return out, err
}

// notSubmittable says why a payment cannot be submitted; empty: it can.
func (r *record) notSubmittable() string {
	if r.State != Charged || r.Settlement != SettlementPlatform || len(r.Notices) == 0 {
		return fmt.Sprintf("is %q by settlement %q", r.State, r.Settlement)
	}
	if !slices.ContainsFunc(r.Notices, Notice.submittable) {
		return "has no notice that is to be submitted"
	}
	return ""
}

// submittable says that a notice is still to be submitted, or again.
func (n Notice) submittable() bool { return n.Registration == RegNone || n.Registration == RegSubmit }

// refunding is ErrStale while a person proposes to give back what would be submitted.
func (b *batch) refunding(r *record) error {
	open, err := b.openCases(r.ID)
	if err != nil {
		return err
	}
	for _, c := range open {
		if c.Proposal == nil || c.Proposal.Ending != EndingRefunded {
			continue
		}
		for i, n := range r.Notices {
			if n.submittable() && c.mends(i) {
				return fmt.Errorf("%w: payment %q is not submitted while case %q waits for a signature", ErrStale, r.ID, c.ID)
			}
		}
	}
	return nil
}

// Submitted writes what became of the newest submission, in one commit for all the notices that it left
// submitting: those that a look has moved meanwhile stay where they are. A later finding about the same call
// is written likewise. Held, paid elsewhere or rejected without a case gets one; a case whose cause is that of
// an open one of the payment is not opened again. ErrStale: another submission has been begun, or none ever.
func (l *Ledger) Submitted(id string, e SubmissionEnd) (Payment, error) {
	l.failpoint("submitted.before")
	var out Payment
	err := l.submit(&op{reserve: true, do: func(b *batch) error {
		r, err := loadRecord(b.view, id)
		if err != nil {
			return err
		}
		to := e.To
		if e.Accepted {
			to = RegAwaiting
		}
		if to == "" {
			to = RegSubmit
		}
		switch {
		case r.Submission == nil || r.Submission.N != e.N || r.State != Charged:
			return fmt.Errorf("%w: payment %q (%s) is not at its submission %d", ErrStale, id, r.State, e.N)
		case !RegSubmit.May(to):
			return fmt.Errorf("%w: submission %d of payment %q ends in %q", ErrInvalid, e.N, id, to)
		}
		k, err := b.caseOfSubmission(r, to, e)
		if err != nil {
			return err
		}
		reason := e.Reason
		if err := b.append(&entry{Kind: KindSubmitted, Payment: id, Submission: &submissionBody{N: e.N, PlatformID: shortened(e.PlatformID),
			Fault: shortened(e.Fault), Transaction: shortened(e.Transaction), Unsure: e.Unsure, To: to, Reason: &reason}}, nil); err != nil {
			return err
		}
		if to == RegAwaiting || to == RegDone {
			if err := b.endBySetup(r.Submission.At); err != nil {
				return err
			}
		}
		if k != nil {
			if _, err := b.openCase(*k); err != nil {
				return err
			}
		}
		if err := b.mindReceipts(r.Terminal); err != nil {
			return err
		}
		return b.reload(id, &out)
	}})
	if err == nil {
		l.failpoint("submitted.after")
	}
	return out, err
}

// caseOfSubmission is the case that the end of a submission opens; nil: none, or it is there already.
func (b *batch) caseOfSubmission(r *record, to Registration, e SubmissionEnd) (*Case, error) {
	open, err := b.openCases(r.ID)
	if err != nil {
		return nil, err
	}
	k := e.Case
	if k == nil {
		cared := func(i int) bool {
			return slices.ContainsFunc(open, func(c *caseRecord) bool { return c.mends(i) })
		}
		for i, n := range r.Notices {
			if to.needsPeople() && n.Registration == RegSubmit && !cared(i) {
				k = &Case{Cause: e.Reason}
			}
		}
	}
	if k == nil || slices.ContainsFunc(open, func(c *caseRecord) bool { return k.same(&c.Case, len(r.Notices)) }) {
		return nil, nil
	}
	of := *k
	of.PaymentID = r.ID
	return &of, nil
}

// same says that an open case is about all that another of its cause is to be about; count are the payment's notices.
func (c *Case) same(open *Case, count int) bool {
	return c.Cause.Code == open.Cause.Code && (len(open.Notices) == 0 || within(c.Notices, open.Notices, count))
}

func applySubmission(v *view, e *entry) error {
	b := e.Submission
	if b == nil {
		return missing(e, "submission")
	}
	r, err := loadRecord(v, e.Payment)
	if err != nil {
		return err
	}
	if e.Kind == KindSubmitting {
		err = applySubmitting(r, e)
	} else {
		err = applySubmitted(v, r, e)
	}
	if err != nil {
		return err
	}
	for i := range r.Notices {
		if err := putOutbox(v, r, i, e.At, time.Time{}); err != nil {
			return err
		}
	}
	return storeWaiting(v, r, e)
}

func applySubmitting(r *record, e *entry) error {
	last := 0
	if r.Submission != nil {
		last = r.Submission.N
	}
	if why := r.notSubmittable(); why != "" || e.Submission.N != last+1 {
		return fmt.Errorf("submission %d of payment %q, which %s, after submission %d", e.Submission.N, r.ID, why, last)
	}
	r.Submitted, r.Submission = true, &Submission{N: e.Submission.N, At: e.At}
	for i := range r.Notices {
		if n := &r.Notices[i]; n.submittable() {
			n.Registration = RegSubmit
		}
	}
	return nil
}

func applySubmitted(v *view, r *record, e *entry) error {
	b := e.Submission
	if r.Submission == nil || r.Submission.N != b.N || r.State != Charged || !RegSubmit.May(b.To) {
		return fmt.Errorf("submission %d of payment %q, which is %q, ends in %q", b.N, r.ID, r.State, b.To)
	}
	s := r.Submission
	s.Answered, s.Unsure = e.At, b.Unsure
	for _, told := range []struct{ now, new *string }{{&s.PlatformID, &b.PlatformID}, {&s.Fault, &b.Fault}, {&s.Transaction, &b.Transaction}} {
		if *told.new != "" {
			*told.now = *told.new
		}
	}
	for i := range r.Notices {
		n := &r.Notices[i]
		if n.Registration != RegSubmit {
			continue
		}
		n.Registration, n.Reason = b.To, driver.Reason{}
		if b.Reason != nil {
			n.Reason = *b.Reason
		}
		if b.To == RegDone {
			freeDocument(v, r, *n)
		}
	}
	return nil
}

// transactions are the platform's numbers of calls, without those that are too long and at most the newest 32.
func transactions(all []string) []string {
	all = slices.DeleteFunc(slices.Clone(all), func(s string) bool { return s == "" || !keyable(s) })
	return all[max(0, len(all)-32):]
}

// shortened is a text of the platform that can stand in an entry.
func shortened(s string) string {
	if len(s) > maxText {
		s = s[:maxText]
	}
	return strings.ToValidUTF8(s, "")
}
