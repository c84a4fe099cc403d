package till

import (
	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/local"
)

// paper is the terminal's word while the disk refuses it: whatever the screens show of the payment then
// says what to write on paper (design 3.3), on a page opened later, too.
type paper struct {
	charge *driver.Charge
	reason driver.Reason
}

// onPaper shows an outcome that could not be written because of err; p is the payment as of the last write.
func (t *Till) onPaper(p ledger.Payment, o driver.Outcome, err error) {
	w := paper{charge: o.Charge, reason: o.Reason}
	switch o.Verdict {
	case driver.Charged:
		w.reason = driver.Reason{Code: string(local.CodeLedgerNotWritten)}
	case driver.NotCharged, driver.NotSent, driver.Reversed, driver.NotReversed: // not to be promised before it is written
		w.reason = driver.Reason{Code: string(ledgerError(err).Code)}
	case driver.Unknown:
	}
	t.mu.Lock()
	t.paper[p.ID] = w
	t.mu.Unlock()
	t.showing.Lock()
	defer t.showing.Unlock()
	if now, err := t.o.Ledger.Payment(p.ID); err == nil { // a broken ledger cannot be read either
		p = now
	}
	v := t.view(p)
	t.o.Events.Publish(local.Event{Type: local.EventPayment, Payment: &v})
}

func (t *Till) forgetPaper(id string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.paper, id)
}

// overlay puts what is on paper over what the ledger holds.
func (t *Till) overlay(p *ledger.Payment) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if w, ok := t.paper[p.ID]; ok {
		p.Charge, p.Reason = w.charge, w.reason
	}
}
