package ecr17

import (
	"context"
	"testing"
	"time"

	"sportello/driver"
	"sportello/protocol/ecr17"
)

// endless acknowledges a question, and then shows that it is at work, and nothing else.
func endless(sign func(w *wire)) func(w *wire, _ []byte) {
	return func(w *wire, _ []byte) {
		for w.ack(); ; sign(w) {
			select {
			case <-w.gone:
				return
			case <-time.After(10 * time.Second):
			}
		}
	}
}

var signs = map[string]func(w *wire){
	"progress": func(w *wire) { w.progress("ATTENDERE") },
	"acks":     func(w *wire) { w.ack() },
}

// within runs f, which must end in time.
func within(t *testing.T, b *bench, limit time.Duration, f func() error) error {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- f() }()
	select {
	case err := <-done:
		return err
	case <-time.After(limit):
		b.term.Close()
		<-done
		t.Fatalf("no end after %v", limit)
		return nil
	}
}

// TestQuestionsEnd: a terminal that is at work on a question for ever is left: a payment, a close and the
// gathering of evidence come to their end.
func TestQuestionsEnd(t *testing.T) {
	for name, sign := range signs {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bench) {
				b.peer.on['G'] = endless(sign)
				b.open()
				err := within(t, b, 3*time.Minute, func() error {
					_, err := b.term.Pay(context.Background(), payment(), b.rec)
					return err
				})
				if err == nil || b.rec.baseline != nil {
					t.Errorf("paid without a baseline: %v", err)
				}
				b.peer.on['C'] = endless(sign)
				b.peer.on['T'] = endless(sign)
				err = within(t, b, time.Hour, func() error {
					c, err := b.term.CloseSession(context.Background())
					if c.State != driver.ClosingUnknown {
						t.Errorf("%+v", c)
					}
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
			inBubble(t, func(t *testing.T, b *bench) {
				b.peer.save(b.peer.approved(500))
				b.peer.pay = func(w *wire, x ecr17.PaymentRequest) { w.ack(); w.close() }
				o, _ := b.pay()
				b.want(o, driver.Unknown, "line_lost")
				b.peer.on['G'] = endless(sign)
				b.rec.outcomes = nil
				err := within(t, b, 20*time.Minute, func() error {
					_, err := b.open().Resolve(context.Background(), b.attempt(), b.rec)
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
				toPeople(t, b, b.rec.only(t))
			})
		})
	}
}
