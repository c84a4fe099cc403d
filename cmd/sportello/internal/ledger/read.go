package ledger

import (
	"fmt"
	"strings"

	bolt "go.etcd.io/bbolt"
	"sportello/driver"
)

// Payment returns one payment.
func (l *Ledger) Payment(id string) (Payment, error) {
	var p Payment
	err := l.read(func(tx *bolt.Tx, v *view) error {
		r, err := loadRecord(v, id)
		if err == nil {
			p = r.outside(tx)
		}
		return err
	})
	return p, err
}

// outside is the payment as others see it.
func (r *record) outside(tx *bolt.Tx) Payment {
	p := r.Payment
	r.show(&p, func(seq uint64) bool { return tx.Bucket(bucketBlobs).Get(seqKey(seq)) != nil })
	r.tell(&p, notesOf(tx))
	return p
}

// ByRequest finds the payment of a request id, refused ones too.
func (l *Ledger) ByRequest(requestID string) (Payment, bool, error) {
	var p Payment
	found := false
	err := l.read(func(tx *bolt.Tx, v *view) error {
		id := v.get(tableRequests + requestID)
		if id == nil {
			return nil
		}
		r, err := loadRecord(v, string(id))
		if err == nil {
			p, found = r.outside(tx), true
		}
		return err
	})
	return p, found, err
}

// KnowsReference says that a payment went out under this reference.
func (l *Ledger) KnowsReference(reference string) (bool, error) {
	known := false
	err := l.read(func(_ *bolt.Tx, v *view) error {
		known = v.has(tableRefs + reference)
		return nil
	})
	return known, err
}

const defaultLimit = 1000

// Payments returns the payments that q selects, newest first.
func (l *Ledger) Payments(q Query) ([]Payment, error) {
	if q.Limit <= 0 {
		q.Limit = defaultLimit
	}
	prefix := tablePayments
	switch {
	case q.Day != "":
		prefix = tableDays + q.Day + "/"
	case q.State != "" && !q.State.Finished():
		prefix = tableOpen
	}
	return l.payments(prefix, func(p *Payment) bool { return q.State == "" || p.State == q.State }, q.Limit, true)
}

// Unfinished returns every payment that has to be taken up again after a start, oldest first.
func (l *Ledger) Unfinished() ([]Payment, error) {
	return l.payments(tableOpen, func(*Payment) bool { return true }, 0, false)
}

// payments follows the keys under prefix, which end with a payment's id. limit 0: all.
func (l *Ledger) payments(prefix string, want func(*Payment) bool, limit int, backwards bool) ([]Payment, error) {
	var out []Payment
	err := l.read(func(tx *bolt.Tx, v *view) (err error) {
		v.scan(prefix, backwards, func(key string, c cell) bool {
			var r *record
			if prefix == tablePayments {
				r, err = decode[record](key, c)
			} else {
				r, err = loadRecord(v, key[len(prefix):])
			}
			if err != nil {
				return false
			}
			if want(&r.Payment) {
				out = append(out, r.outside(tx))
			}
			return limit == 0 || len(out) < limit
		})
		return err
	})
	return out, err
}

// Baseline returns the terminal's state before the payment, as stored with the intent.
func (l *Ledger) Baseline(id string) (driver.Baseline, error) {
	b, err := l.blob(id, func(r *record) uint64 { return r.SentSeq })
	if err != nil {
		return driver.Baseline{}, err
	}
	if b == nil || b.Baseline == nil {
		return driver.Baseline{}, fmt.Errorf("%w: baseline of payment %q", ErrNotFound, id)
	}
	return *b.Baseline, nil
}

// Descriptions returns the debts' reasons, one a notice; nil when erased or never given.
func (l *Ledger) Descriptions(id string) ([]string, error) {
	b, err := l.blob(id, func(r *record) uint64 { return r.SentSeq })
	if err != nil || b == nil {
		return nil, err
	}
	return b.Descriptions, nil
}

// Ticket returns the terminal's slip. ErrNotFound: none is kept.
func (l *Ledger) Ticket(id string) (string, error) {
	b, err := l.blob(id, func(r *record) uint64 { return r.TicketSeq })
	if err != nil {
		return "", err
	}
	if b == nil {
		return "", fmt.Errorf("%w: slip of payment %q", ErrNotFound, id)
	}
	return b.Ticket, nil
}

// ChargeResult returns the terminal's message by which a payment was charged; nil: people decided, or it was erased.
func (l *Ledger) ChargeResult(id string) ([]byte, error) {
	b, err := l.blob(id, func(r *record) uint64 { return r.ChargedSeq })
	if b == nil {
		return nil, err
	}
	return b.Result, err
}

// ReversalResult is ChargeResult of the message by which a payment was reversed.
func (l *Ledger) ReversalResult(id string) ([]byte, error) {
	b, err := l.blob(id, func(r *record) uint64 { return r.UndoneSeq })
	if b == nil {
		return nil, err
	}
	return b.Result, err
}

// blob reads the blob of one of a payment's entries; nil when there is none, or none any more.
func (l *Ledger) blob(id string, which func(*record) uint64) (*blob, error) {
	var b *blob
	err := l.read(func(tx *bolt.Tx, v *view) error {
		r, err := loadRecord(v, id)
		if err != nil || which(r) == 0 {
			return err
		}
		stored := tx.Bucket(bucketBlobs).Get(seqKey(which(r)))
		if stored == nil {
			return nil
		}
		if b, err = openBlob(stored); err != nil {
			return &DamagedError{Path: l.path, What: fmt.Sprintf("entry %d of payment %q: %v", which(r), id, err)}
		}
		return nil
	})
	return b, err
}

// Notice says who holds a notice and which payments were ever sent for it.
func (l *Ledger) Notice(creditor, number string) (NoticeState, error) {
	var s NoticeState
	err := l.read(func(_ *bolt.Tx, v *view) error {
		holders, freeAt, err := l.holdersNow(v, tableLocks+"n/"+creditor+"/"+number, l.opt.Now())
		if err != nil {
			return err
		}
		if len(holders) > 0 {
			s.Holder, s.FreeAt = holders[0], freeAt
		}
		prefix := historyKey(creditor, number)
		v.scan(prefix, false, func(key string, c cell) bool {
			if len(s.Payments) == 0 {
				s.Settlement = string(c.raw)
			}
			s.Payments = append(s.Payments, strings.TrimPrefix(key, prefix))
			return true
		})
		return nil
	})
	return s, err
}
