package ecr17

import (
	"context"
	"testing"
	"time"

	"sportello/driver"
	"sportello/protocol/ecr17"
)

// plain is the answer to P: it tells no amount (ECR17 2.3).
func (p *peer) plain(code ecr17.ResultCode) []byte {
	p.stan++
	r := ecr17.Result{Class: ecr17.ClassPayment, TID: p.tid, Code: code, CardType: ecr17.CardCredit, STAN: stanOf(p.stan), OnlineID: "000780"}
	if code == ecr17.ResultOK {
		r.PAN, r.Entry, r.AuthCode, r.HostTime = ecr17.NewPAN("************1234"), ecr17.EntryContactlessChip, "A1B2C3", ecr17.HostTimeOf(time.Now())
	} else {
		r.Reason = "NEGATA"
	}
	return encode(r)
}

// A terminal that does not know X is paid on with P, by the installer's choice only; its answer tells no
// amount, and what it does tell is still the terminal's word (ECR17 R12).
func TestR12CommandP(t *testing.T) {
	for code, want := range map[ecr17.ResultCode]driver.Verdict{ecr17.ResultOK: driver.Charged, ecr17.ResultRefused: driver.NotCharged} {
		inBubble(t, func(t *testing.T, b *bench) {
			b.cfg.Command = "P"
			b.peer.save(b.peer.approved(500))
			b.peer.on['P'] = func(w *wire, _ []byte) {
				w.ack()
				r := w.p.plain(code)
				w.p.save(r)
				w.send(r)
			}
			if _, err := b.open().Pay(context.Background(), payment(), b.rec); err != nil {
				t.Fatal(err)
			}
			o := b.rec.only(t)
			if o.Verdict == driver.Unknown {
				o = b.resolve()
			}
			if o.Verdict != want || b.peer.received("P") != 1 || b.peer.received("X") != 0 {
				t.Fatalf("%s: %s, %+v; frames %v", code, o.Verdict, o.Reason, b.peer.log())
			}
		})
	}
	// Never by itself: X refused is an outcome, not a reason to try P.
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.on['X'] = func(w *wire, _ []byte) { w.nak() }
		o, _ := b.pay()
		b.want(o, driver.NotCharged, "nak")
		if b.peer.received("P") != 0 {
			t.Fatalf("frames %v", b.peer.log())
		}
	})
}
