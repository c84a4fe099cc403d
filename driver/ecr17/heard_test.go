package ecr17

import (
	"context"
	"testing"
	"time"

	"sportello/driver"
	"sportello/protocol/ecr17"
)

// TestHeard: a word that comes after Resolve has given up is noticed without a question to the terminal, also
// when another procedure has closed the line since; and only the attempt's own.
func TestHeard(t *testing.T) {
	for _, between := range []bool{false, true} {
		inBubble(t, func(t *testing.T, b *bench) {
			b.peer.save(b.peer.approved(500))
			say := make(chan bool)
			b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
				w.ack()
				late := b.peer.approved(x.AmountCents)
				b.peer.work.Go(func() {
					<-say
					w.send(late)
				})
			}
			o, _ := b.pay()
			b.want(o, driver.Unknown, "no_answer")
			toPeople(t, b, b.resolve())
			term, mine := b.open().(interface{ Heard(string) bool }), payment().Reference
			asked, acks := b.peer.received("s"), b.peer.received("ACK")
			if term.Heard(mine) {
				t.Fatal("heard before it spoke")
			}
			say <- true
			time.Sleep(time.Second)
			if between {
				if _, err := b.open().Status(context.Background()); err != nil {
					t.Fatal(err)
				}
				asked, acks = b.peer.received("s"), b.peer.received("ACK")
			}
			for range 2 {
				if !term.Heard(mine) || term.Heard("RIFA1JJJJJJJJ") {
					t.Fatal("its word was not heard, or another's was")
				}
			}
			if b.peer.received("s") != asked || b.peer.received("ACK") != acks {
				t.Error("something was sent")
			}
			a := driver.Attempt{Payment: payment(), Baseline: *b.rec.baseline, SentAt: time.Now(), SameProcess: true, Exclusivity: driver.Exclusive}
			b.want(b.resolveAs(a), driver.Charged, "approved")
			if term.Heard(mine) {
				t.Error("heard again after it was taken")
			}
		})
	}
}
