package ecr17

import (
	"testing"

	"sportello/driver"
	"sportello/protocol/ecr17"
)

// Z13, Z14: a line that never comes to an end leaves no heap behind, in memory or in the ledger. The result
// is heard through it.
func TestFloodOfMessages(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
			w.ack()
			for range 1000 {
				w.confirmed(encode(ecr17.TotalsAnswer{TID: ourTID, Code: ecr17.ResultOK, TotalCents: 1, HasTotal: true}))
			}
			w.send(w.p.approved(x.AmountCents))
		}
		o, _ := b.pay()
		b.want(o, driver.Charged, "approved")
		if n := len(o.Evidence); n > mostRemarks+1 {
			t.Errorf("%d pieces of evidence", n)
		}
	})
}

// A line that brings one result after the other before the command is acknowledged is no terminal's: not
// even its right answer counts.
func TestFloodOfResults(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
			for i := range int64(mostPast + 10) {
				w.confirmed(w.p.approved(1000 + i))
			}
			w.ack()
			w.send(w.p.approved(x.AmountCents))
		}
		o, _ := b.pay()
		b.want(o, driver.Unknown, "line_lost")
		if n := len(o.Evidence); n > mostPast+2 {
			t.Errorf("%d pieces of evidence", n)
		}
	})
}

// confirmed sends a message and waits for what answers it, or the end of the line.
func (w *wire) confirmed(payload []byte) {
	w.send(payload)
	select {
	case <-w.controls:
	case <-w.gone:
	}
}
