package ledger

import (
	"fmt"
	"strconv"
	"strings"

	bolt "go.etcd.io/bbolt"

	"sportello/driver"
)

// takingsKey is where the cents of a payment stand that it brought in a terminal's session.
func takingsKey(terminal string, session int, id string) string {
	return fmt.Sprintf("%s%s/%08d/%s", tableTakings, terminal, session, id)
}

// cents are what the card was charged with.
func (r *record) cents() int64 {
	if r.Charge != nil && r.Charge.AmountCents != 0 {
		return r.Charge.AmountCents
	}
	return r.AmountCents
}

// countOutcome follows an outcome in the terminal's computed total and takings. The total is known only across
// what the terminal said at once and keeps: not from an unknown on, whatever is found out later, and not after
// an approval of which it may not have our acknowledgement, because it may undo that by itself (ECR17 D13).
func countOutcome(v *view, t *terminalRecord, o *outcomeBody, r *record) {
	switch {
	case o.To == Charged && o.From != Reversing:
		v.put(takingsKey(t.Name, r.Session, r.ID), strconv.AppendInt(nil, r.cents(), 10))
	case o.To == Reversed:
		v.put(takingsKey(t.Name, r.ReversedIn, r.ID)+"/r", strconv.AppendInt(nil, -r.cents(), 10))
	}
	first := o.From == Sent || o.From == Reversing && r.EvidenceSeq <= r.ReversalSeq
	switch {
	case !first, o.To == Unknown, o.To == Reversing, len(o.ResolvedBy) > 0:
		t.loseTotal()
	case o.From == Sent && o.To == Charged && (r.Charge == nil || r.Charge.AmountCents == 0):
		t.loseTotal() // how much was approved is not told
	case o.From == Sent && o.To == Charged:
		t.count(r.cents())
	case o.To == Reversed:
		t.count(-r.cents())
	}
}

// count moves the computed total, where it is known; it is known again when the terminal keeps what it has done.
func (t *terminalRecord) count(cents int64) {
	if t.Total != nil {
		due := *t.Total + cents
		t.Total, t.Due = nil, &due
	}
}

// keeps notes that the terminal has done with what it did for a payment, and will not undo it.
func (t *terminalRecord) keeps(id string) bool {
	if t.LastPayment != id || t.Due == nil {
		return false
	}
	t.Total, t.Due = t.Due, nil
	return true
}

// loseTotal: nobody can compute any more what the terminal's total is.
func (t *terminalRecord) loseTotal() { t.Total, t.Due = nil, nil }

// loseTotal of the terminal of a payment, because something has come to light that it may have counted.
func (v *view) loseTotal(r *record) error {
	t, err := loadTerminal(v, r.Terminal)
	if err == nil && (t.Total != nil || t.Due != nil) {
		t.loseTotal()
		v.store(tableTerminals+t.Name, t)
	}
	return err
}

// applyTotal takes a total that the terminal has told. While anything is undecided on it, a later sale or
// refund may still be that; and it may yet undo the last one of which it was not told that we have its word.
func (t *terminalRecord) applyTotal(v *view, e *entry) error {
	t.loseTotal()
	var err error
	open := false
	v.scan(tableOpen, false, func(key string, _ cell) bool {
		var r *record
		if r, err = loadRecord(v, key[len(tableOpen):]); err == nil {
			open = r.Terminal == t.Name
		}
		return err == nil && !open
	})
	if err != nil || open {
		return err
	}
	if t.LastPayment != "" {
		r, err := loadRecord(v, t.LastPayment)
		if err != nil {
			return err
		}
		if r.unheard() {
			t.Due = e.TotalCents
			return nil
		}
	}
	t.Total = e.TotalCents
	return nil
}

// unheard says that the terminal may not know that we have its approval, and so may undo it by itself.
func (r *record) unheard() bool {
	return r.State == Charged && !r.Acked && !r.Confirmed && len(r.ResolvedBy) == 0 || r.State == Reversed && r.Reversal.Doubted
}

// RecordTotal records the total that a terminal has told. ErrStale: a payment is in hand, and nobody can
// say whether it is in the total.
func (l *Ledger) RecordTotal(name string, cents int64) error {
	return l.submit(&op{reserve: true, do: func(b *batch) error {
		t, err := b.knownTerminal(name)
		if err != nil {
			return err
		}
		if t.Lock != "" {
			r, err := loadRecord(b.view, t.Lock)
			if err != nil {
				return err
			}
			if !r.heard() {
				return fmt.Errorf("%w: payment %q is in hand on terminal %q", ErrStale, r.ID, name)
			}
		}
		return b.append(&entry{Kind: KindTerminalTotal, Terminal: &terminalBody{Name: name}, TotalCents: &cents}, nil)
	}})
}

// RecordClosing records what became of a request to close a terminal's session, with its slip.
func (l *Ledger) RecordClosing(name, operator string, c driver.Closing) error {
	l.failpoint("close.before")
	err := l.submit(&op{reserve: true, do: func(b *batch) error {
		if _, err := b.knownTerminal(name); err != nil {
			return err
		}
		taken, err := takingsOf(b.view, name)
		if err != nil {
			return err
		}
		switch c.State {
		case driver.ClosingDone, driver.ClosingRefused, driver.ClosingUnknown:
		default:
			return fmt.Errorf("%w: closing %q of terminal %q", ErrInvalid, c.State, name)
		}
		body := &closingBody{State: c.State, TerminalCents: known(c.Terminal), HostCents: known(c.Host), Proven: c.Proven, Reason: c.Reason,
			LedgerCents: &taken.Cents, Since: taken.Since, Payments: len(taken.Payments)}
		var bl *blob
		if c.Ticket != "" || c.RawTicket != nil {
			bl = &blob{Kind: "closing", Ticket: c.Ticket, RawTicket: c.RawTicket}
		}
		return b.append(&entry{Kind: KindSessionClosed, Operator: operator, Terminal: &terminalBody{Name: name}, Closing: body}, bl)
	}})
	if err == nil {
		l.failpoint("close.after")
	}
	return err
}

// known is a total as a pointer; nil: none.
func known(t driver.Totals) *int64 {
	if !t.Present {
		return nil
	}
	return &t.Cents
}

func (t *terminalRecord) applyClosing(e *entry) error {
	if e.Closing == nil {
		return missing(e, "closing")
	}
	switch e.Closing.State {
	case driver.ClosingDone:
		t.Session, t.Closed, t.Total, t.Due = t.Session+1, e.At, new(int64), nil
	case driver.ClosingUnknown:
		t.loseTotal()
	case driver.ClosingRefused:
	}
	return nil
}

// Takings returns what a terminal has taken since its last close. A charge belongs to the session in
// which it was sent, a reversal likewise.
func (l *Ledger) Takings(name string) (Takings, error) {
	var out Takings
	err := l.read(func(_ *bolt.Tx, v *view) (err error) {
		out, err = takingsOf(v, name)
		return err
	})
	return out, err
}

func takingsOf(v *view, name string) (out Takings, err error) {
	t, err := loadTerminal(v, name)
	if err != nil {
		return out, err
	}
	out.Since = t.Closed
	prefix := takingsKey(name, t.Session, "")
	v.scan(prefix, false, func(key string, c cell) bool {
		var cents int64
		if cents, err = strconv.ParseInt(string(c.raw), 10, 64); err != nil {
			err = fmt.Errorf("%w: state %q: %w", ErrDamaged, key, err)
			return false
		}
		out.Cents += cents
		id := strings.TrimSuffix(key[len(prefix):], "/r")
		if n := len(out.Payments); n == 0 || out.Payments[n-1] != id {
			out.Payments = append(out.Payments, id)
		}
		return true
	})
	if err != nil {
		return out, err
	}
	v.scan(tableOpen, false, func(key string, _ cell) bool {
		var r *record
		if r, err = loadRecord(v, key[len(tableOpen):]); err != nil {
			return false
		}
		if r.Terminal == name {
			out.Unknown = append(out.Unknown, r.ID)
		}
		return true
	})
	return out, err
}
