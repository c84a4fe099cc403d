package ledger

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"sportello/driver"
)

// EndingResubmit ends a case of rejected notices: they are submitted to the platform again (settlement platform).
const EndingResubmit = "resubmit"

// Resubmit ends a case by having its rejected notices submitted again, with what was mended in p.Note. One supervisor
// suffices (the caller has checked the role): nothing is given up by it, the charge goes back among those that are
// looked after, and every call is preceded by a look (design 3.8). seq is Case.Seq as that person saw it. ErrStale: it
// has moved on, somebody has proposed how it ends, or a refund of the payment is proposed; ErrNotRejected: no notice of
// the case is rejected, or the payment is not charged by settlement platform.
func (l *Ledger) Resubmit(id string, seq uint64, p Proposal) (Case, error) {
	return l.onCase(id, seq, func(b *batch, c *Case) error {
		if strings.TrimSpace(p.Note) == "" || len(p.Note) > maxNote || p.By == "" || !keyable(p.By) {
			return fmt.Errorf("%w: ending %q of case %q by %q", ErrInvalid, EndingResubmit, id, p.By)
		}
		again, err := b.rejected(c)
		switch {
		case err != nil:
			return err
		case c.Proposal != nil:
			return fmt.Errorf("%w: %q proposes how case %q ends", ErrStale, c.Proposal.By, id)
		case len(again) == 0:
			return fmt.Errorf("%w: case %q", ErrNotRejected, id)
		}
		open, err := b.openCases(c.PaymentID)
		if err != nil {
			return err
		}
		for _, other := range open {
			if other.Proposal != nil && other.Proposal.Ending == EndingRefunded {
				return fmt.Errorf("%w: %q proposes a refund in case %q", ErrStale, other.Proposal.By, other.ID)
			}
		}
		return b.append(&entry{Kind: KindCaseEnded, Operator: p.By, Payment: c.PaymentID,
			Case: &caseBody{ID: id, Ending: EndingResubmit, EndedBy: []string{p.By}, Again: again}}, noteBlob(p.Note))
	})
}

// rejected are the notices of a case that may be submitted again: none of one behind which money may be owed, which
// ends by two people.
func (v *view) rejected(c *Case) ([]int, error) {
	if c.PaymentID == "" || !c.Ended.IsZero() || slices.Contains(owed, c.Cause.Code) {
		return nil, nil
	}
	r, err := loadRecord(v, c.PaymentID)
	if err != nil || r.State != Charged || r.Settlement != SettlementPlatform {
		return nil, err
	}
	var out []int
	for i, n := range r.Notices {
		if n.Registration == RegRejected && c.about(i) {
			out = append(out, i)
		}
	}
	return out, nil
}

// applyAgain puts the notices of a case back among those to be submitted.
func applyAgain(v *view, e *entry, c *caseRecord) error {
	r, err := loadRecord(v, c.PaymentID)
	if err != nil {
		return err
	}
	for _, i := range e.Case.Again {
		if i < 0 || i >= len(r.Notices) || r.Notices[i].Registration != RegRejected || r.State != Charged || r.Settlement != SettlementPlatform {
			return fmt.Errorf("case %q submits notice %d of %q again", c.ID, i, r.ID)
		}
		n := &r.Notices[i]
		n.Registration, n.Reason, n.Again = RegSubmit, driver.Reason{}, e.At
		if err := putOutbox(v, r, i, e.At, time.Time{}); err != nil {
			return err
		}
	}
	return storeWaiting(v, r, e)
}
