package ecr17

import (
	"context"
	"strings"
	"testing"
	"time"

	"sportello/driver"
	"sportello/protocol/ecr17"
)

// unheeded are ways in which a terminal says "approved" on the payment's own line, none of which counts as its word.
var unheeded = map[string]func(w *wire, word []byte){
	"before an ACK that never comes": func(w *wire, word []byte) { w.send(word) },
	"before the ACK":                 func(w *wire, word []byte) { w.send(word); w.wait(time.Second); w.ack() },
	"damaged": func(w *wire, word []byte) {
		w.ack()
		for range 4 {
			w.damaged(word)
			w.wait(time.Second)
		}
	},
	"amount zero":           func(w *wire, word []byte) { w.ack(); w.send(put(word, 75, "00000000")) },
	"amount unreadable":     func(w *wire, word []byte) { w.ack(); w.send(put(word, 75, "0000AB34")) },
	"pending at the host":   func(w *wire, word []byte) { w.ack(); w.send(put(word, 72, "888")) },
	"another terminal's id": func(w *wire, word []byte) { w.ack(); w.send(put(word, 1, "87654321")) },
	"a byte too short":      func(w *wire, word []byte) { w.ack(); w.send(word[:91]) },
	"an earlier number":     func(w *wire, word []byte) { w.ack(); w.send(put(word, 60, "000101")) },
}

// TestUnheededApproval: the terminal saves a result only when it could tell it (ECR17 2.10 leaves that open), and prints
// only then: it shows the state from before. What it has said all the same bars "not charged" by evidence, also when the
// service was started again meanwhile.
func TestUnheededApproval(t *testing.T) {
	for how, say := range unheeded {
		for _, x := range exclusivities {
			for _, restarted := range []bool{false, true} {
				name := how + " " + string(x)
				if restarted {
					name += " restarted"
				}
				t.Run(name, func(t *testing.T) {
					inBubble(t, func(t *testing.T, b *bench) {
						b.cfg.Exclusivity = x
						b.peer.save(b.peer.approved(500))
						b.peer.shows(text("ACQUISTO}"+previousReference+"}\x1b"), totalOf(5000))
						commission(b)
						b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
							say(w, w.p.approved(x.AmountCents))
							w.close()
						}
						o, _ := b.pay()
						if o.Verdict != driver.Unknown {
							t.Fatalf("%s %+v", o.Verdict, o.Reason)
						}
						base := *b.rec.baseline
						base.Previous, base.Total = previousReference, &driver.Total{Cents: 5000, Measured: true}
						a := driver.Attempt{Payment: payment(), Baseline: base, SentAt: time.Now(), SameProcess: !restarted, Exclusivity: x,
							Knows: func(r string) bool { return strings.HasPrefix(r, "RIFA1") }}
						if restarted {
							for _, e := range o.Evidence {
								if e.Kind == driver.EvidenceResult {
									a.Said = append(a.Said, e.Raw)
								}
							}
							b.term.Close()
							b.term = nil
							commission(b)
						}
						b.rec.outcomes = nil
						if _, err := b.open().Resolve(context.Background(), a, b.rec); err != nil {
							t.Fatal(err)
						}
						if o := b.rec.outcomes[len(b.rec.outcomes)-1]; o.Verdict != driver.Unknown || !o.Final {
							t.Errorf("%s %+v", o.Verdict, o.Reason)
						}
					})
				})
			}
		}
	}
}

// TestOverheardIsRecorded: an approval that comes on the line of a look is acknowledged like everything there; it is
// recorded before the next look, not at the end of the gathering: the power may go in between.
func TestOverheardIsRecorded(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.save(b.peer.approved(500))
		b.peer.pay = lost(nothing)
		o, _ := b.pay()
		b.want(o, driver.Unknown, "line_lost")
		word, looks := b.peer.approved(ourCents), 0
		b.peer.on['s'] = func(w *wire, _ []byte) {
			if looks++; looks == 2 {
				w.send(word)
			}
			w.ack()
			w.status()
		}
		b.rec.outcomes = nil
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if _, err := b.open().Resolve(ctx, b.attempt(), b.rec); err == nil {
			t.Fatal("it came to an end")
		}
		o = b.rec.only(t)
		if said := o.Evidence[len(o.Evidence)-1]; o.Verdict != driver.Unknown || o.Final || said.Kind != driver.EvidenceResult || string(said.Raw) != string(readResult(word, ourTID, time.Now()).Raw) {
			t.Errorf("%+v", o)
		}
	})
}
