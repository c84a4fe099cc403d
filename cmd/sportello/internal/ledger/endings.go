package ledger

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"sportello/protocol/local"
)

// This file is the cases that end by themselves, because what they say is no longer so.

// endedByReceipt are the causes that say only that a registration is wanting: the receipt answers them. Each is
// open once for a notice.
var endedByReceipt = []string{string(local.CodeReceiptMissing), string(local.CodeSubmissionRefused), string(local.CodeSubmissionBlocked),
	string(local.CodeSubmissionUnsure), string(local.CodeRegistrationPoisoned), string(local.CodeAwaitingConfirmation), string(local.CodeProviderMissing)}

// endByReceipt ends such cases of a payment when all their notices are registered, or closed. Where a person
// has proposed an ending people go on: money may be on its way back.
func (b *batch) endByReceipt(paymentID string) error {
	open, err := b.openCases(paymentID)
	if err != nil || len(open) == 0 {
		return err
	}
	r, err := loadRecord(b.view, paymentID)
	if err != nil {
		return err
	}
	for _, c := range open {
		wanting := func(i int) bool {
			reg := r.Notices[i].Registration
			return c.about(i) && reg != RegDone && reg != RegClosed
		}
		// A receipt that nothing explained is explained when its payment turns out to be charged.
		explained := c.Cause.Code == reasonUncharged && r.State == Charged
		if !explained && !slices.Contains(endedByReceipt, c.Cause.Code) || c.Proposal != nil {
			continue
		}
		done := true
		for i := range r.Notices {
			done = done && !wanting(i)
		}
		if !done {
			continue
		}
		if err := b.append(&entry{Kind: KindCaseEnded, Payment: paymentID, Case: &caseBody{ID: c.ID, Ending: EndingReceipt}}, nil); err != nil {
			return err
		}
	}
	return nil
}

// endBySetup ends the cases that say that the platform cannot register anything: it has accepted a submission that
// was begun after they were opened. An earlier one says nothing about the set-up that was found wrong since.
func (b *batch) endBySetup(begun time.Time) error {
	for _, id := range strings.Fields(string(b.get(keySetup))) {
		k, err := load[caseRecord](b.view, tableCases+id)
		if err == nil && k == nil {
			err = fmt.Errorf("%w: case %q is missing", ErrDamaged, id)
		}
		if err != nil {
			return err
		}
		if !begun.After(k.Opened) {
			continue
		}
		if err := b.append(&entry{Kind: KindCaseEnded, Payment: k.PaymentID, Case: &caseBody{ID: id, Ending: EndingAccepted}}, nil); err != nil {
			return err
		}
	}
	return nil
}
