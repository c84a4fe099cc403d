package ecr17

import (
	"testing"
	"time"

	"sportello/driver"
	"sportello/protocol/ecr17"
)

// TestReversalAnsweredWithTheChargesNumber: some terminals answer a reversal with the STAN of the charge. It is
// the answer, and not the charge's result again.
func TestReversalAnsweredWithTheChargesNumber(t *testing.T) {
	for code, want := range map[ecr17.ResultCode]driver.Verdict{ecr17.ResultOK: driver.Reversed, ecr17.ResultRefused: driver.NotReversed} {
		inBubble(t, func(t *testing.T, b *bench) {
			v := driver.Reversal{}
			v = toGiveBack(b, func(w *wire) {
				w.ack()
				answer := w.p.undo(code, func(r *ecr17.Result) { r.STAN = v.STAN })
				w.p.save(answer)
				w.send(answer)
			})
			if o, a := b.reverse(v); o.Verdict != want || !a.Acked {
				t.Errorf("%s %+v, acknowledged %t", o.Verdict, o.Reason, a.Acked)
			}
		})
	}
}

// TestReversalRefusedTheSameAgain: a refusal that never reached the host is the same to the byte each time. The
// rule is that of payments (again.go): it counts when the terminal has ended the procedure and is idle, and a
// mere repeat of the earlier one within the next reversal does not.
func TestReversalRefusedTheSameAgain(t *testing.T) {
	refusal := func(p *peer) []byte {
		return p.undo(ecr17.ResultRefused, func(r *ecr17.Result) {
			r.STAN, r.OnlineID, r.Reason, r.ActionCode = "000000", "000000", "OPERAZIONE ANNULLATA", ""
		})
	}
	for name, c := range map[string]struct {
		second func(w *wire)
		want   driver.Verdict
	}{
		"refused again": {func(w *wire) {
			w.ack()
			w.progress("PRESENTARE CARTA")
			w.tell(w.p.last())
			w.close()
		}, driver.NotReversed},
		"repeated, then done": {func(w *wire) {
			w.ack()
			w.send(w.p.last())
			w.wait(5 * time.Second)
			w.p.save(undone(w.p))
			w.send(w.p.last())
		}, driver.Reversed},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bench) {
				v := toGiveBack(b, func(w *wire) {
					w.ack()
					w.p.save(refusal(w.p))
					w.send(w.p.last())
				})
				o, _ := b.reverse(v)
				b.want(o, driver.NotReversed, "reversal_refused")
				b.next()
				b.peer.on['S'] = func(w *wire, _ []byte) { c.second(w) }
				begun := time.Now()
				if o, _ = b.reverse(v); o.Verdict != c.want || time.Since(begun) > 30*time.Second {
					t.Fatalf("after %v: %s %+v", time.Since(begun), o.Verdict, o.Reason)
				}
			})
		})
	}
}
