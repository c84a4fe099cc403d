package ledger

import (
	"fmt"
	"strings"

	"sportello/driver"
)

// Aftermath records what followed an outcome: whether the terminal has our acknowledgement, and its
// slip and the host's additional data, where they came. A charge whose acknowledgement could not be written keeps its registration; its reason says so.
func (l *Ledger) Aftermath(id string, a driver.Aftermath) (Payment, error) {
	l.failpoint("aftermath.before")
	var out Payment
	err := l.submit(&op{reserve: true, do: func(b *batch) error {
		r, err := loadRecord(b.view, id)
		if err != nil {
			return err
		}
		if r.SentAt.IsZero() || !r.heard() {
			return fmt.Errorf("%w: payment %q is %q and has no outcome", ErrStale, id, r.State)
		}
		e := &entry{Kind: KindAftermath, Payment: id, Aftermath: &aftermathBody{Acked: a.Acked,
			Data: a.Data != nil, Ticket: a.Ticket != "", TicketComplete: a.TicketComplete, ShowsReference: shows(a.Ticket, r.Reference)}}
		var bl *blob
		if a.Ticket != "" || a.RawTicket != nil || a.Data != nil {
			bl = &blob{Kind: "ticket", Ticket: a.Ticket, RawTicket: a.RawTicket, Data: a.Data}
		}
		if err := b.append(e, bl); err != nil {
			return err
		}
		return b.reload(id, &out)
	}})
	if err == nil {
		l.failpoint("aftermath.after")
	}
	return out, err
}

// shows says that a reference stands on a slip, be it broken by the end of a line.
func shows(slip, reference string) bool {
	return reference != "" && strings.Contains(strings.Join(strings.Fields(slip), ""), reference)
}

func applyAftermath(v *view, e *entry) error {
	a := e.Aftermath
	if a == nil {
		return missing(e, "aftermath")
	}
	r, err := loadRecord(v, e.Payment)
	if err != nil {
		return err
	}
	if r.Reversal != nil { // it follows the reversal, not the charge
		r.Reversal.Acked = r.Reversal.Acked || a.Acked
		r.Reversal.Doubted = r.State == Reversed && !r.Reversal.Acked && !r.Reversal.Confirmed
	} else {
		r.Acked = r.Acked || a.Acked
	}
	if !r.Acked && !r.Confirmed && r.State == Charged {
		if r.Reason.Code != reasonAckNotWritten {
			r.Told = r.Reason
		}
		r.Reason = driver.Reason{Code: reasonAckNotWritten, Text: r.Reason.Text}
	}
	if a.Ticket || a.Data {
		r.learned(e)
	}
	if a.Ticket {
		if r.State != Charged || r.Reversal == nil || r.TicketSeq == 0 { // the slip of a refused reversal takes no receipt's place
			r.TicketSeq, r.TicketWhole = e.Seq, a.TicketComplete
		}
	}
	if a.ShowsReference {
		t, err := loadTerminal(v, r.Terminal)
		if err != nil {
			return err
		}
		if t.LastPayment == r.ID {
			t.Previous = r.Reference
			v.store(tableTerminals+t.Name, t)
		}
	}
	if a.Acked && a.Ticket { // it writes the slip when it has our acknowledgement
		t, err := loadTerminal(v, r.Terminal)
		if err != nil {
			return err
		}
		if t.keeps(r.ID) {
			v.store(tableTerminals+t.Name, t)
		}
	}
	storeRecord(v, r, e)
	return nil
}
