package ecr17

import (
	"testing"
	"time"

	"sportello/driver"
	"sportello/protocol/ecr17"
)

// TestRefusalWhileItRuns: a terminal notes a transaction as failed when it begins, and corrects that when it ends. A
// refusal that is all the terminal shows while the sale may still be at work is no refusal yet, numbered or not.
func TestRefusalWhileItRuns(t *testing.T) {
	for name, begun := range map[string]func(p *peer) []byte{
		"without a number": func(p *peer) []byte { return p.cancelled() },
		"with its number":  func(p *peer) []byte { return p.declined("NON COMPLETATA", "") },
	} {
		for _, ends := range []bool{true, false} {
			t.Run(name, func(t *testing.T) {
				inBubble(t, func(t *testing.T, b *bench) {
					b.peer.save(b.peer.approved(500))
					b.peer.pay = lost(func(p *peer, x ecr17.PaymentRequest) {
						p.save(begun(p))
						if ends {
							p.work.Go(func() {
								time.Sleep(time.Minute)
								p.save(p.approved(x.AmountCents))
							})
						}
					})
					o, _ := b.pay()
					b.want(o, driver.Unknown, "line_lost")
					if o = b.resolve(); ends {
						b.want(o, driver.Charged, "by_evidence")
					} else {
						b.want(o, driver.NotCharged, "by_evidence")
					}
				})
			})
		}
	}
}

// TestReversalRefusalWhileItRuns is the same of a reversal, which would leave a charge standing that was given back.
func TestReversalRefusalWhileItRuns(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		v := toGiveBack(b, func(w *wire) {
			w.ack()
			w.p.save(unwilling(w.p))
			w.p.work.Go(func() {
				time.Sleep(time.Minute)
				w.p.save(undone(w.p))
			})
			w.close()
		})
		o, _ := b.reverse(v)
		b.want(o, driver.Unknown, "line_lost")
		b.want(b.resolveReversal(v, true), driver.Reversed, "by_evidence")
	})
}

// TestWordAfterRefusedIdle: the terminal refuses the command with a NAK, is found idle twice, and carries it out all
// the same (R06 without a sign). Its word is heard, and overturns the verdict.
func TestWordAfterRefusedIdle(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.save(b.peer.approved(500))
		b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
			w.nak()
			w.p.work.Go(func() {
				time.Sleep(20 * time.Second)
				w.progress("PRESENTARE CARTA")
				time.Sleep(20 * time.Second)
				w.send(w.p.approved(x.AmountCents))
			})
		}
		o, _ := b.pay()
		b.want(o, driver.NotCharged, "nak")
		b.overturned()
	})
}

// TestWordAfterTheSameRefusal: a refusal that equals an earlier one was taken for the outcome by the rule of again.go,
// on a terminal that leaves the line open; it goes on all the same, and its word is heard.
func TestWordAfterTheSameRefusal(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.save(b.peer.cancelled())
		b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
			w.ack()
			w.progress("PRESENTARE CARTA")
			w.wait(time.Second)
			w.tell(w.p.last())
			w.p.work.Go(func() {
				time.Sleep(time.Minute)
				w.send(w.p.approved(x.AmountCents))
			})
		}
		o, _ := b.pay()
		b.want(o, driver.NotCharged, "cancelled")
		b.overturned()
	})
}

// overturned waits until the payment's own word has come, and resolves it.
func (b *bench) overturned() {
	b.t.Helper()
	term := b.open().(interface{ Heard(string) bool })
	if term.Heard(payment().Reference) {
		b.t.Fatal("heard before it spoke")
	}
	time.Sleep(5 * time.Minute)
	if !term.Heard(payment().Reference) {
		b.t.Fatal("its word was not heard")
	}
	acks := b.peer.received("ACK")
	b.rec.onOutcome = func() {
		if b.peer.received("ACK") != acks {
			b.t.Error("acknowledged before it was recorded")
		}
	}
	b.want(b.resolve(), driver.Charged, "approved")
	if b.after == nil || !b.after.Acked || b.peer.received("X") != 1 {
		b.t.Errorf("%+v, %d frames", b.after, b.peer.received("X"))
	}
}
