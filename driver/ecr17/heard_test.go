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

// TestHeardReversal: a payment and its reversal have one reference, and both were given up. Each late word is its
// own attempt's only.
func TestHeardReversal(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		word := make(chan []byte, 2) // of the payment, then of the reversal
		later := func(w *wire) {
			w.ack()
			b.peer.work.Go(func() { w.send(<-word) })
		}
		b.peer.pay = func(w *wire, _ ecr17.PaymentRequest) { later(w) }
		charge := b.peer.approved(ourCents)
		o, _ := b.pay()
		b.want(o, driver.Unknown, "no_answer")
		toPeople(t, b, b.resolve())
		a := b.attempt()

		b.peer.save(charge) // people have found it
		b.peer.on['S'] = func(w *wire, _ []byte) { later(w) }
		word <- charge
		time.Sleep(time.Minute)
		v := driver.Reversal{Reference: payment().Reference, STAN: "000101", AmountCents: ourCents}
		b.rec = &recorder{peer: b.peer, onSent: func() { b.rec.fault = "" }}
		o, _ = b.reverse(v)
		b.want(o, driver.Unknown, "no_answer")
		if o := b.resolveReversal(v, true); o.Verdict != driver.Unknown || !o.Final {
			t.Fatalf("%+v", o)
		}
		term := b.open().(interface {
			Heard(string) bool
			HeardReversal(string) bool
		})
		if !term.Heard(v.Reference) || term.HeardReversal(v.Reference) {
			t.Fatal("the payment's word is not heard, or the reversal's before it came")
		}
		word <- undone(b.peer)
		time.Sleep(time.Minute)
		if !term.Heard(v.Reference) || !term.HeardReversal(v.Reference) {
			t.Fatal("a word was not heard")
		}
		b.want(b.resolveReversal(v, true), driver.Reversed, "approved")
		if !term.Heard(v.Reference) || term.HeardReversal(v.Reference) {
			t.Fatal("the reversal's word was not taken, or the payment's was")
		}
		b.want(b.resolveAs(a), driver.Charged, "approved")
		if term.Heard(v.Reference) {
			t.Fatal("heard again after it was taken")
		}
	})
}
