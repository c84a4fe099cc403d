package ledger

import (
	"fmt"

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
// that becomes held, paid_elsewhere or rejected without a case gets one: it is somebody's to mend.
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
		if !from.May(to) || to != from && !charged {
			return fmt.Errorf("%w: notice %d of payment %q (%s) is %q and cannot become %q", ErrStale, c.Index, r.ID, r.State, from, to)
		}
		k := c.Case
		if k == nil && to != from && to.needsPeople() && !b.hasOpenCase(r.ID) {
			k = &Case{Cause: c.Reason}
		}
		e := &entry{Kind: KindRegistration, Payment: r.ID, Registration: &registrationBody{Index: c.Index, From: from, To: to,
			ReceiptID: c.ReceiptID, ReceiptAt: c.ReceiptAt, Reason: c.Reason, DropWatch: c.DropWatch}}
		var bl *blob
		if c.RawReceipt != nil {
			bl = &blob{Kind: "receipt", Receipt: c.RawReceipt}
		}
		if err := b.append(e, bl); err != nil {
			return err
		}
		if k != nil {
			of := *k
			of.PaymentID = r.ID
			if _, err := b.openCase(of); err != nil {
				return err
			}
		}
		return b.reload(r.ID, &out)
	}})
	if err == nil {
		l.failpoint("register.after")
	}
	return out, err
}

// OpenCase opens a case. Id and time are the ledger's; Owner and Due have defaults.
func (l *Ledger) OpenCase(c Case) (Case, error) {
	var out Case
	err := l.submit(&op{reserve: true, do: func(b *batch) (err error) {
		if c.PaymentID != "" && !b.has(tablePayments+c.PaymentID) {
			return fmt.Errorf("%w: payment %q", ErrNotFound, c.PaymentID)
		}
		out, err = b.openCase(c)
		return err
	}})
	return out, err
}

func (b *batch) openCase(c Case) (Case, error) {
	c.ID = fmt.Sprintf("%s-C%08d", b.l.opt.Installation, b.head.seq+1)
	c.Opened = b.now
	if c.Owner == "" {
		c.Owner = supervisor
	}
	if c.Due.IsZero() {
		c.Due = caseDue(b.now)
	}
	return c, b.append(&entry{Kind: KindCaseOpened, Payment: c.PaymentID, Case: &caseBody{ID: c.ID, Cause: c.Cause,
		Owner: c.Owner, Due: c.Due, Evidence: c.Evidence}}, nil)
}

// EndCase ends a case with its proof and who signs it.
func (l *Ledger) EndCase(id, ending string, by []string) (Case, error) {
	var out Case
	err := l.submit(&op{reserve: true, do: func(b *batch) error {
		k, err := load[caseRecord](b.view, tableCases+id)
		switch {
		case err != nil:
			return err
		case k == nil:
			return fmt.Errorf("%w: case %q", ErrNotFound, id)
		case !k.Ended.IsZero():
			return fmt.Errorf("%w: case %q has ended", ErrStale, id)
		}
		if err := b.append(&entry{Kind: KindCaseEnded, Payment: k.PaymentID,
			Case: &caseBody{ID: id, Ending: ending, EndedBy: by}}, nil); err != nil {
			return err
		}
		if k, err = load[caseRecord](b.view, tableCases+id); err == nil {
			out = k.Case
		}
		return err
	}})
	return out, err
}

// Cases returns the open cases, or all, oldest first.
func (l *Ledger) Cases(all bool) ([]Case, error) {
	var out []Case
	err := l.read(func(_ *bolt.Tx, v *view) error {
		return v.eachCase(func(c Case) {
			if all || c.Ended.IsZero() {
				out = append(out, c)
			}
		})
	})
	return out, err
}

func (v *view) eachCase(fn func(Case)) (err error) {
	v.scan(tableCases, false, func(key string, c cell) bool {
		var k *caseRecord
		if k, err = decode[caseRecord](key, c); err != nil {
			return false
		}
		fn(k.Case)
		return true
	})
	return err
}

func (v *view) hasOpenCase(paymentID string) bool {
	found := false
	_ = v.eachCase(func(c Case) { found = found || c.PaymentID == paymentID && c.Ended.IsZero() })
	return found
}
