package ledger

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	bolt "go.etcd.io/bbolt"
)

// Outbox returns every notice that somebody has to look after, oldest payment first.
func (l *Ledger) Outbox() ([]OutboxItem, error) {
	var items []OutboxItem
	err := l.read(func(_ *bolt.Tx, v *view) (err error) {
		v.scan(tableOutbox, false, func(key string, c cell) bool {
			var o *outboxValue
			if o, err = decode[outboxValue](key, c); err != nil {
				return false
			}
			key = key[len(tableOutbox):]
			id, index := splitOutboxKey(key)
			items = append(items, OutboxItem{Key: key, PaymentID: id, Index: index, Watch: o.Watch, Since: o.Since, Until: o.Until})
			return true
		})
		return err
	})
	return items, err
}

// Register writes what the platform said of one notice. A step that the table of registrations does
// not allow is ErrStale; so is every step but the same value again for a payment that is not charged.
// To may be empty or the same: then reason, receipt, case and DropWatch alone are recorded. A notice
// that becomes held, paid_elsewhere or rejected without a case gets one: it is somebody's to mend. So
// does a receipt of ours on a payment that was reversed. The third receipt that is late on a terminal
// stops it, in the same commit (receipts.go).
func (l *Ledger) Register(c RegistrationChange) (Payment, error) {
	l.failpoint("register.before")
	var out Payment
	err := l.submit(&op{reserve: true, do: func(b *batch) error {
		r, err := loadRecord(b.view, c.PaymentID)
		if err != nil {
			return err
		}
		if c.Index < 0 || c.Index >= len(r.Notices) {
			return fmt.Errorf("%w: notice %d of payment %q", ErrNotFound, c.Index, c.PaymentID)
		}
		from := r.Notices[c.Index].Registration
		to := c.To
		if to == "" {
			to = from
		}
		charged := r.State == Charged || r.State == Reversing
		undoing := r.State == Reversing && to == RegSubmit // cancelled durably: it may be given back (design 4)
		if !from.May(to) || undoing || to != from && !charged {
			return fmt.Errorf("%w: notice %d of payment %q (%s) is %q and cannot become %q", ErrStale, c.Index, r.ID, r.State, from, to)
		}
		k := c.Case
		switch {
		case r.State == Reversed && c.ReceiptID != "" && c.ReceiptID != r.Notices[c.Index].ReceiptID:
			k = r.afterReversal(c)
		case k == nil && to != from && to.needsPeople():
			covered, err := b.inCase(r.ID, c.Index)
			if err != nil {
				return err
			}
			if !covered {
				k = &Case{Cause: c.Reason}
			}
		case k != nil && slices.Contains(endedByReceipt, k.Cause.Code):
			// It says no more than the one that is open.
			open, err := b.openCases(r.ID)
			if err != nil {
				return err
			}
			if slices.ContainsFunc(open, func(o *caseRecord) bool { return o.Cause.Code == k.Cause.Code && o.about(c.Index) }) {
				k = nil
			}
		}
		e := &entry{Kind: KindRegistration, Payment: r.ID, Registration: &registrationBody{Index: c.Index, From: from, To: to,
			ReceiptID: c.ReceiptID, ReceiptAt: c.ReceiptAt, Reason: c.Reason, DropWatch: c.DropWatch,
			AttemptCode: shortened(c.AttemptCode), Transactions: transactions(c.Transactions)}}
		bl, pdf := receiptBlob(c.RawReceipt, c.ReceiptPDF)
		e.Registration.PDF = pdf
		if err := b.append(e, bl); err != nil {
			return err
		}
		if to == RegDone {
			if err := b.endByReceipt(r.ID); err != nil {
				return err
			}
		}
		if k != nil {
			of := *k
			of.PaymentID, of.Notices = r.ID, []int{c.Index}
			if _, err := b.openCase(of); err != nil {
				return err
			}
		}
		if err := b.mindReceipts(r.Terminal); err != nil {
			return err
		}
		return b.reload(r.ID, &out)
	}})
	if err == nil {
		l.failpoint("register.after")
	}
	return out, err
}

func outboxKey(id string, index int) string { return fmt.Sprintf("%s/%03d", id, index) }

// splitOutboxKey undoes outboxKey.
func splitOutboxKey(key string) (id string, index int) {
	i := strings.LastIndexByte(key, '/')
	index, _ = strconv.Atoi(key[i+1:])
	return key[:i], index
}
