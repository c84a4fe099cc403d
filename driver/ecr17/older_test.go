package ecr17

import (
	"testing"

	"sportello/driver"
	"sportello/protocol/ecr17"
)

// TestOlderRefusal: the terminal approves, dies before it has saved that, and after its start tells an older refusal
// than before the payment, or the same one in other bytes (G12 of a refusal). It is another's answer, not ours.
func TestOlderRefusal(t *testing.T) {
	for name, c := range map[string]struct {
		before func(p *peer) // what was saved, the last one last
		now    func(p *peer, before []byte) []byte
	}{
		"of the payment before that": {
			func(p *peer) { p.save(p.approved(500)) },
			func(p *peer, _ []byte) []byte { p.stan -= 2; return p.declined("NEGATA", "116") },
		},
		"the same in other bytes": {
			func(p *peer) { p.save(p.declined("NEGATA", "116")) },
			func(_ *peer, before []byte) []byte { return put(before, 13, "OPERAZIONE NEGATA       ") },
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bench) {
				c.before(b.peer)
				before := b.peer.last()
				b.peer.pay = func(w *wire, _ ecr17.PaymentRequest) {
					w.ack()
					b.peer.save(c.now(b.peer, before))
					w.close()
				}
				o, _ := b.pay()
				b.want(o, driver.Unknown, "line_lost")
				toPeople(t, b, b.resolve())
			})
		})
	}
}
