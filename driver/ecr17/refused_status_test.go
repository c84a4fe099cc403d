package ecr17

import (
	"testing"
	"time"

	"sportello/driver"
	"sportello/protocol/ecr17"
)

// TestBusyTerminalRefusesStatus: a terminal with one line refuses every question while it sells (ECR17 A, busy
// policy). What fits instead is looked for in vain, and must not be looked for with the ears of the attempt: its
// word comes in the scope it always had.
func TestBusyTerminalRefusesStatus(t *testing.T) {
	for _, scope := range ecr17.Scopes {
		t.Run(scope.String(), func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bench) {
				b.cfg.Exclusivity = driver.Shared
				b.peer.scope = scope
				b.peer.save(b.peer.approved(500))
				b.peer.call = func(n int, w *wire) bool { return n <= 9 && b.peer.received("X") == 0 }
				b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
					w.ack()
					w.p.on['s'] = func(w *wire, _ []byte) {
						for len(w.controls) > 0 {
							<-w.controls
						}
						w.nak()
					}
					w.p.work.Go(func() { time.Sleep(4 * time.Minute); w.send(w.p.approved(x.AmountCents)) })
				}
				o, _ := b.pay()
				b.want(o, driver.Unknown, "no_answer")
				naks := b.peer.received("NAK")
				b.want(b.resolve(), driver.Charged, "approved")
				if b.peer.received("NAK") != naks {
					t.Error("the word was refused")
				}
			})
		})
	}
}
