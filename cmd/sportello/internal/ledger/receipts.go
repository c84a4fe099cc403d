package ledger

import (
	"fmt"
	"strings"

	"sportello/driver"
)

// This file is the unproven terminal and its breaker (design 5.6). The index tableWaiting holds the
// charges of a terminal that are without their receipt; the terminal's record counts those that are
// late, so that nothing is searched on the money path.

// stopAt is how many charges without a receipt, while the platform answers, stop a terminal.
const stopAt = 3

// Values of tableWaiting.
const (
	waits       = "waits"
	waitsLate   = "late"
	waitsPardon = "pardoned" // late, and people have ended the case that it was counted in
)

func waitingKey(terminal, id string) string { return tableWaiting + terminal + "/" + id }

// storeWaiting stores a payment whose registrations have changed, with what its terminal waits for.
func storeWaiting(v *view, r *record, e *entry) error {
	t, err := loadTerminal(v, r.Terminal)
	if err != nil {
		return err
	}
	trackWaiting(v, t, r)
	v.store(tableTerminals+t.Name, t)
	storeRecord(v, r, e)
	return nil
}

// trackWaiting brings the index in line with a payment. The caller stores t.
func trackWaiting(v *view, t *terminalRecord, r *record) {
	waiting, late := false, false
	if r.State == Charged || r.State == Reversing {
		for _, n := range r.Notices {
			if n.Registration.Awaited() {
				waiting = true
				late = late || n.Reason.Code == ReasonReceiptLate
			}
		}
	}
	key := waitingKey(t.Name, r.ID)
	was := string(v.get(key))
	switch {
	case !waiting && was == waitsLate:
		t.LateCount--
		fallthrough
	case !waiting && was != "":
		v.del(key)
	case waiting && late && (was == "" || was == waits):
		v.put(key, []byte(waitsLate))
		t.LateCount++
	case waiting && was == "":
		v.put(key, []byte(waits))
	}
}

// applyReceipt follows what a registration says about the terminal that charged.
func applyReceipt(v *view, r *record, b *registrationBody) error {
	if r.State != Charged && r.State != Reversing {
		return nil
	}
	t, err := loadTerminal(v, r.Terminal)
	if err != nil {
		return err
	}
	if b.To == RegDone && b.ReceiptID != "" && t.same(r.Charge) {
		t.Proven = true
	}
	trackWaiting(v, t, r)
	v.store(tableTerminals+t.Name, t)
	return nil
}

// same says that a charge was made on the terminal that bears the name now, not on one before it.
func (t *terminalRecord) same(c *driver.Charge) bool {
	return c == nil || c.TerminalID == "" || t.TerminalID == "" || c.TerminalID == t.TerminalID
}

// mindReceipts stops a terminal when too many receipts are late, and lets it go on when they have come.
func (b *batch) mindReceipts(name string) error {
	t, err := loadTerminal(b.view, name)
	if err != nil {
		return err
	}
	switch {
	case t.Stopped == "" && t.LateCount >= stopAt:
		_, late := b.waiting(name)
		_, err = b.openCase(Case{Terminal: name, Cause: driver.Reason{Code: reasonNoReceipts},
			Evidence: fmt.Sprintf("terminale %s: nessuna ricevuta di %s", name, strings.Join(late, ", "))})
	case t.Stopped != "" && t.LateCount < stopAt:
		err = b.append(&entry{Kind: KindCaseEnded, Case: &caseBody{ID: t.Stopped, Ending: endingReceipts}}, nil)
	}
	return err
}

// endingReceipts is how the ledger itself ends the case of a terminal: receipts have come, or charges were undone.
const endingReceipts = "receipts"

// waiting are the charges of a terminal without their receipt, and those of them that are late.
func (v *view) waiting(name string) (all, late []string) {
	prefix := waitingKey(name, "")
	v.scan(prefix, false, func(key string, c cell) bool {
		id := key[len(prefix):]
		if strings.Contains(id, "/") {
			return true // of a terminal whose name goes on
		}
		all = append(all, id)
		if string(c.raw) == waitsLate {
			late = append(late, id)
		}
		return true
	})
	return all, late
}

// applyStop stops the terminal of a case.
func applyStop(v *view, c *Case) error {
	t, err := loadTerminal(v, c.Terminal)
	if err != nil {
		return err
	}
	if t.Stopped != "" {
		return fmt.Errorf("terminal %q is stopped twice", t.Name)
	}
	t.Stopped = c.ID
	v.store(tableTerminals+t.Name, t)
	return nil
}

// applyResume lets the terminal of a case go on. When people ended the case, what is late does not count
// again.
func applyResume(v *view, c *Case) error {
	t, err := loadTerminal(v, c.Terminal)
	if err != nil {
		return err
	}
	if t.Stopped != c.ID {
		return fmt.Errorf("terminal %q is stopped by case %q and resumed by %q", t.Name, t.Stopped, c.ID)
	}
	t.Stopped = ""
	if c.Ending != endingReceipts {
		_, late := v.waiting(t.Name)
		for _, id := range late {
			v.put(waitingKey(t.Name, id), []byte(waitsPardon))
		}
		t.LateCount = 0
	}
	v.store(tableTerminals+t.Name, t)
	return nil
}
