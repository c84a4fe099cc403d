package ecr17

import (
	"context"
	"testing"
	"time"

	"sportello/driver"
	"sportello/protocol/ecr17"
)

func (b *bench) attempt() driver.Attempt {
	return driver.Attempt{Payment: payment(), Baseline: *b.rec.baseline, SentAt: time.Now(), SameProcess: true, Exclusivity: b.cfg.Exclusivity}
}

// TestHaltedGathering: people decided, or freed the terminal, while evidence was gathered: the session can be
// closed and the terminal commissioned, and the attempt's word is still heard.
func TestHaltedGathering(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.save(b.peer.approved(500))
		b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
			w.ack()
			late := w.p.approved(x.AmountCents)
			w.p.work.Go(func() { time.Sleep(10 * time.Minute); w.send(late) })
		}
		o, _ := b.pay()
		b.want(o, driver.Unknown, "no_answer")
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if _, err := b.open().Resolve(ctx, b.attempt(), b.rec); err == nil {
			t.Fatal("it was not halted")
		}
		time.Sleep(24 * time.Hour)
		if _, err := b.open().Detect(context.Background(), nil, false); err != nil {
			t.Errorf("detect: %v", err)
		}
		b.peer.on['C'] = func(w *wire, _ []byte) { w.nak() }
		if _, err := b.open().CloseSession(context.Background()); err != nil {
			t.Errorf("close: %v", err)
		}
		if !b.open().(interface{ Heard(string) bool }).Heard(payment().Reference) {
			t.Error("its word was not heard")
		}
		b.want(b.resolve(), driver.Charged, "approved")
	})
}

// TestLateWordThatIsNoVerdict: it is recorded before it is acknowledged, with its bytes, also when everybody had
// given up; then nothing is asked, nobody is kept waiting, and another word is still heard.
func TestLateWordThatIsNoVerdict(t *testing.T) {
	for name, c := range map[string]struct {
		word   func(p *peer) []byte
		preset driver.Verdict
	}{
		"71 bytes": {func(p *peer) []byte { return p.approved(ourCents)[:71] }, driver.Charged},
		"code 09":  {func(p *peer) []byte { return put(p.approved(ourCents), 11, "09") }, ""},
	} {
		for _, late := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				inBubble(t, func(t *testing.T, b *bench) {
					wait := 200 * time.Second
					if late {
						wait = time.Hour
					}
					b.peer.save(b.peer.approved(500))
					b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
						w.ack()
						word := c.word(w.p)
						w.p.work.Go(func() {
							time.Sleep(wait)
							w.send(word)
							time.Sleep(time.Minute)
							w.send(w.p.approved(x.AmountCents))
						})
					}
					o, _ := b.pay()
					b.want(o, driver.Unknown, "no_answer")
					if b.rec.outcomes = nil; late {
						toPeople(t, b, b.resolve())
						time.Sleep(wait - 20*time.Minute)
						b.rec.outcomes = nil
					}
					first, acks, total := driver.Outcome{}, 0, b.peer.received("ACK")
					b.rec.onOutcome = func() {
						if first.Verdict == "" {
							first, acks = b.rec.outcomes[0], b.peer.received("ACK")
						}
					}
					for late && !b.open().(interface{ Heard(string) bool }).Heard(payment().Reference) {
						time.Sleep(time.Second)
					}
					if _, err := b.open().Resolve(context.Background(), b.attempt(), b.rec); err != nil {
						t.Fatal(err)
					}
					e := first.Evidence[max(len(first.Evidence)-1, 0)]
					if first.Verdict != driver.Unknown || first.Final != late || late && first.Preset != c.preset || e.Kind != "result" || len(e.Raw) < 60 {
						t.Fatalf("%+v", first)
					}
					if late && acks != total {
						t.Error("acknowledged before it was recorded")
					}
					if !late { // the second word, within the same gathering
						if n := len(b.rec.outcomes); n != 2 || b.rec.outcomes[1].Verdict != driver.Charged {
							t.Fatalf("%+v", b.rec.outcomes)
						}
						return
					}
					if n := len(b.rec.outcomes); n != 1 || b.peer.received("ACK") != acks+1 {
						t.Fatalf("%d outcomes, %d ACKs", n, b.peer.received("ACK")-acks)
					}
					time.Sleep(5 * time.Minute)
					if _, err := b.open().Detect(context.Background(), nil, false); err != nil {
						t.Errorf("detect: %v", err)
					}
					b.want(b.resolve(), driver.Charged, "approved")
				})
			})
		}
	}
}

// TestWordAfterNotCharged: what evidence judged not charged is carried out after all: the terminal's word is heard,
// and overturns the verdict.
func TestWordAfterNotCharged(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		total := int64(5000)
		b.peer.save(b.peer.approved(500))
		b.peer.on['T'] = func(w *wire, _ []byte) {
			w.ack()
			w.send(encode(ecr17.TotalsAnswer{TID: w.p.tid, Code: ecr17.ResultOK, TotalCents: total, HasTotal: true}))
		}
		b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
			w.ack()
			word := w.p.approved(x.AmountCents)
			w.p.work.Go(func() { time.Sleep(time.Hour); w.send(word) })
		}
		p := payment()
		p.Expected = &total
		if _, err := b.open().Pay(context.Background(), p, b.rec); err != nil {
			t.Fatal(err)
		}
		b.want(b.rec.only(t), driver.Unknown, "no_answer")
		b.want(b.resolve(), driver.NotCharged, "by_evidence")
		term := b.open().(interface{ Heard(string) bool })
		if term.Heard(p.Reference) {
			t.Fatal("heard before it spoke")
		}
		time.Sleep(2 * time.Hour)
		if !term.Heard(p.Reference) {
			t.Fatal("its word was not heard")
		}
		b.want(b.resolve(), driver.Charged, "approved")
		if n := b.peer.received("X"); n != 1 {
			t.Errorf("the financial frame went out %d times", n)
		}
	})
}
