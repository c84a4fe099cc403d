package ecr17

import (
	"context"
	"testing"
	"time"

	"sportello/driver"
	"sportello/protocol/ecr17"
)

// answersToG are ways in which a terminal answers the question for its last result on the attempt's own line.
var answersToG = map[string]func(w *wire, said []byte){
	"repeated": func(w *wire, said []byte) {
		w.ack()
		w.send(said)
		w.p.work.Go(func() { time.Sleep(3 * time.Second); w.send(said) })
	},
	"before its ACK": func(w *wire, said []byte) {
		w.send(said)
		w.ack()
	},
	"without an ACK": func(w *wire, said []byte) { w.send(said) },
	"too late": func(w *wire, said []byte) {
		w.ack()
		w.p.work.Go(func() { time.Sleep(32 * time.Second); w.send(said) })
	},
}

// onOneLine is a terminal that serves one client: after the pre-flight's line and the payment's it takes no call.
// When the money is asked for it acknowledges and is silent, and what others do then fills its memory.
func onOneLine(b *bench, theirs func(p *peer) []byte, answer func(w *wire, said []byte)) {
	b.cfg.Exclusivity = driver.Shared
	b.peer.call = func(n int, _ *wire) bool { return n <= 2 }
	silent := func(w *wire) {
		w.ack()
		said := theirs(w.p)
		w.p.on['G'] = func(w *wire, _ []byte) {
			for len(w.controls) > 0 { // they are of no interest here, and must not fill up
				<-w.controls
			}
			answer(w, said)
		}
	}
	b.peer.pay = func(w *wire, _ ecr17.PaymentRequest) { silent(w) }
	b.peer.on['S'] = func(w *wire, _ []byte) { silent(w) }
}

// noVerdict runs a Resolve that ends with people, and complains of a verdict on the way.
func (b *bench) noVerdict(resolve func() error) {
	b.t.Helper()
	b.rec.outcomes = nil
	if err := resolve(); err != nil {
		b.t.Fatal(err)
	}
	for _, o := range b.rec.outcomes {
		if o.Verdict != driver.Unknown {
			b.t.Fatalf("%s, %+v", o.Verdict, o.Reason)
		}
	}
	toPeople(b.t, b, b.rec.outcomes[len(b.rec.outcomes)-1])
}

// TestAnswerToGIsNoWordOfTheLine: a terminal with one line tells its last result on the line of the attempt. What
// it tells there, repeats there or tells there too late is its memory, which others fill, too: it is judged as
// that, and never as this payment's own word.
func TestAnswerToGIsNoWordOfTheLine(t *testing.T) {
	for how, answer := range answersToG {
		for what, theirs := range map[string]func(p *peer) []byte{
			"a refusal":              func(p *peer) []byte { return p.declined("NEGATA", "116") },
			"an approval of so much": func(p *peer) []byte { return p.approved(ourCents) },
		} {
			t.Run(what+", "+how, func(t *testing.T) {
				inBubble(t, func(t *testing.T, b *bench) {
					b.peer.save(b.peer.approved(500))
					onOneLine(b, theirs, answer)
					o, _ := b.pay()
					b.want(o, driver.Unknown, "no_answer")
					b.noVerdict(func() error {
						_, err := b.open().Resolve(context.Background(), b.attempt(), b.rec)
						return err
					})
				})
			})
		}
	}
}

// TestAnswerToGIsNoWordOfAReversal is the same of a reversal: another's reversal does not give our charge back.
func TestAnswerToGIsNoWordOfAReversal(t *testing.T) {
	for how, answer := range answersToG {
		for what, theirs := range map[string]func(p *peer) []byte{"another's": undone, "another's refused": unwilling} {
			t.Run(what+", "+how, func(t *testing.T) {
				inBubble(t, func(t *testing.T, b *bench) {
					onOneLine(b, theirs, answer)
					b.peer.save(b.peer.approved(ourCents))
					v := driver.Reversal{Reference: payment().Reference, STAN: "000101", AmountCents: ourCents}
					o, _ := b.reverse(v)
					b.want(o, driver.Unknown, "no_answer")
					b.noVerdict(func() error {
						_, err := b.open().ResolveReversal(context.Background(), driver.ReversalAttempt{
							Reversal: v, Baseline: *b.rec.baseline, SentAt: time.Now(), SameProcess: true, Exclusivity: driver.Shared,
						}, b.rec)
						return err
					})
				})
			})
		}
	}
}

// TestWordBesideG: on such a line the payment's own word still counts when it is not what the memory told, and
// nothing is owed.
func TestWordBesideG(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.save(b.peer.approved(500))
		onOneLine(b, func(p *peer) []byte { return p.last() }, answersToG["repeated"])
		silent := b.peer.pay
		b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
			silent(w, x)
			w.p.work.Go(func() { time.Sleep(4 * time.Minute); w.send(w.p.approved(x.AmountCents)) })
		}
		o, _ := b.pay()
		b.want(o, driver.Unknown, "no_answer")
		b.want(b.resolve(), driver.Charged, "approved")
	})
}
