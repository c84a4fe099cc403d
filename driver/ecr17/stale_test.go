package ecr17

import (
	"testing"
	"time"

	"sportello/driver"
	"sportello/protocol/ecr17"
)

// An approval that equals the one before is stale, whatever follows.
func TestStaleApprovalIsNotOurs(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.save(b.peer.approved(ourCents))
		b.peer.pay = func(w *wire, _ ecr17.PaymentRequest) {
			w.ack()
			w.progress("PRESENTARE CARTA")
			w.tell(w.p.last())
			w.close()
		}
		o, _ := b.pay()
		b.want(o, driver.Unknown, "line_lost")
		if n := b.peer.received("s"); n != 3 {
			t.Fatalf("%d status requests: the saved result cannot come twice", n)
		}
	})
}

// A refusal with a number of the host is another's when it comes again.
func TestStaleDeclineIsNotOurs(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.save(b.peer.declined("NEGATA", "100"))
		b.peer.pay = func(w *wire, _ ecr17.PaymentRequest) {
			w.ack()
			w.progress("PRESENTARE CARTA")
			w.tell(w.p.last())
			w.close()
		}
		o, _ := b.pay()
		b.want(o, driver.Unknown, "line_lost")
	})
}

// A stray result of the pre-flight is not the outcome when it comes again after the ACK.
func TestStrayOfPreflightAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		stray := b.peer.approved(ourCents)
		b.peer.save(b.peer.approved(500))
		b.peer.on['G'] = func(w *wire, _ []byte) {
			w.send(stray)
			w.ack()
			w.send(w.p.last())
		}
		b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
			w.ack()
			w.send(stray)
			w.wait(5 * time.Second)
			w.send(w.p.declined("NEGATA", "100"))
		}
		o, _ := b.pay()
		b.want(o, driver.NotCharged, "declined")
	})
}

// Refusals of payments before the last one: the saved one carries a number, or is repeated before the ACK.
func TestStaleAmongSeveral(t *testing.T) {
	for _, c := range []struct {
		name  string
		saved func(p *peer) []byte
		pay   func(w *wire, said []byte)
	}{
		{"a decline again", func(p *peer) []byte { return p.declined("NEGATA", "100") }, func(w *wire, _ []byte) {
			w.ack()
			w.progress("PRESENTARE CARTA")
			w.tell(w.p.last())
			w.close()
		}},
		{"another one before the acknowledgement", func(p *peer) []byte { return p.approved(500) }, func(w *wire, said []byte) {
			w.send(w.p.last())
			w.ack()
			w.progress("PRESENTARE CARTA")
			w.tell(said)
			w.close()
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bench) {
				said := b.peer.cancelled()
				b.peer.save(c.saved(b.peer))
				b.peer.pay = func(w *wire, _ ecr17.PaymentRequest) {
					w.ack()
					w.tell(said)
					w.close()
				}
				o, _ := b.pay()
				b.want(o, driver.NotCharged, "cancelled")
				b.next()
				b.peer.pay = func(w *wire, _ ecr17.PaymentRequest) { c.pay(w, said) }
				o, _ = b.pay()
				b.want(o, driver.Unknown, "line_lost")
			})
		})
	}
}
