package ecr17

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sportello/driver"
	"sportello/protocol/ecr17"
)

// next makes room for another payment of the same process.
func (b *bench) next() {
	b.rec = &recorder{peer: b.peer}
	b.peer.mu.Lock()
	b.peer.got = nil
	b.peer.mu.Unlock()
}

// tell sends a result after a second, and waits until it is confirmed.
func (w *wire) tell(payload []byte) {
	w.wait(time.Second) // what was confirmed before has arrived
	for len(w.controls) > 0 {
		<-w.controls
	}
	w.send(payload)
	<-w.controls
}

// cancels scripts a cancel on a terminal that then hangs up.
func cancels(w *wire, _ ecr17.PaymentRequest) {
	w.ack()
	w.progress("PRESENTARE CARTA")
	w.wait(time.Second)
	w.p.save(w.p.cancelled())
	w.tell(w.p.last())
	w.close()
}

// approvesLater is the rest of a sale inside which a stale refusal came.
func approvesLater(w *wire, x ecr17.PaymentRequest) {
	w.wait(20 * time.Second)
	w.p.save(w.p.approved(x.AmountCents))
	w.send(w.p.last())
}

// approvesElsewhere hangs up, and the sale goes on behind it.
func approvesElsewhere(w *wire, x ecr17.PaymentRequest) {
	w.close()
	w.wait(time.Minute)
	w.p.save(w.p.approved(x.AmountCents))
}

// The rule's ordinary case, the first payment of the process.
func TestSameRefusalAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.save(b.peer.cancelled())
		b.peer.pay = cancels
		begun := time.Now()
		o, a := b.pay()
		b.want(o, driver.NotCharged, "cancelled")
		if d := time.Since(begun); d > 3*time.Second || !a.Acked || o.Charge == nil {
			t.Fatalf("after %v: %+v, %+v", d, a, o)
		}
		if got := strings.Join(b.peer.log(), ""); strings.Count(got, "X") != 1 || b.peer.received("s") != 5 || b.peer.received("G") != 2 {
			t.Fatalf("asked %s", got) // s: two for the scope, the check, one more, after the end
		}
		b.next()
		b.peer.pay = approve
		o, _ = b.pay()
		b.want(o, driver.Charged, "approved")
	})
}

// What forbids to take the refusal for ours: each is a sale that is approved in the end, and must never
// be called not charged on the way.
func TestStaleRefusalIsNotOurs(t *testing.T) {
	for _, c := range []struct {
		name  string
		setUp func(p *peer)
		pay   func(w *wire, x ecr17.PaymentRequest)
		want  driver.Verdict // of Pay
	}{
		{"a progress text follows", nil, func(w *wire, x ecr17.PaymentRequest) {
			w.ack()
			w.send(w.p.last())
			w.wait(time.Second)
			w.progress("PRESENTARE CARTA")
			approvesLater(w, x)
		}, driver.Charged},
		{"progress before and after", nil, func(w *wire, x ecr17.PaymentRequest) {
			w.ack()
			w.progress("PRESENTARE CARTA")
			w.send(w.p.last())
			w.wait(time.Second)
			w.progress("LETTURA CARTA")
			approvesLater(w, x)
		}, driver.Charged},
		{"silence, and no sign of work before", nil, func(w *wire, x ecr17.PaymentRequest) {
			w.ack()
			w.send(w.p.last())
			approvesLater(w, x)
		}, driver.Unknown},
		{"a second acknowledgement follows", nil, func(w *wire, x ecr17.PaymentRequest) {
			w.ack()
			w.progress("ATTENDERE PREGO")
			w.send(w.p.last())
			w.wait(time.Second)
			w.ack()
			approvesLater(w, x)
		}, driver.Charged},
		{"silence, and the terminal is busy", nil, func(w *wire, x ecr17.PaymentRequest) {
			w.p.busy.Store(true)
			w.ack()
			w.progress("PRESENTARE CARTA")
			w.send(w.p.last())
			w.wait(90 * time.Second)
			w.p.save(w.p.approved(x.AmountCents))
			w.p.busy.Store(false)
			w.send(w.p.last())
		}, driver.Unknown},
		{"cut, and the terminal is busy", nil, func(w *wire, x ecr17.PaymentRequest) {
			w.p.busy.Store(true)
			w.ack()
			w.progress("PRESENTARE CARTA")
			w.tell(w.p.last())
			w.close()
			w.wait(60 * time.Second)
			w.p.save(w.p.approved(x.AmountCents))
			w.p.busy.Store(false)
		}, driver.Unknown},
		{"cut, and something newer is saved", nil, func(w *wire, x ecr17.PaymentRequest) {
			w.ack()
			stale := w.p.last()
			w.p.save(w.p.approved(x.AmountCents))
			w.tell(stale)
			w.close()
		}, driver.Unknown},
		{"it came before the acknowledgement too", nil, func(w *wire, x ecr17.PaymentRequest) {
			w.send(w.p.last())
			w.ack()
			w.progress("PRESENTARE CARTA")
			w.send(w.p.last())
			approvesLater(w, x)
		}, driver.Unknown},
		{"it comes several times", nil, func(w *wire, x ecr17.PaymentRequest) {
			w.ack()
			w.progress("PRESENTARE CARTA")
			for range 3 {
				w.send(w.p.last())
				w.wait(3 * time.Second)
			}
			approvesLater(w, x)
		}, driver.Unknown},
		{"an unseen result came before the acknowledgement", nil, func(w *wire, x ecr17.PaymentRequest) {
			w.send(w.p.approved(77))
			w.ack()
			w.progress("PRESENTARE CARTA")
			w.tell(w.p.last())
			approvesElsewhere(w, x)
		}, driver.Unknown},
		{"the command was refused before", nil, func(w *wire, x ecr17.PaymentRequest) {
			w.nak()
			w.wait(time.Second)
			w.ack()
			w.progress("PRESENTARE CARTA")
			w.tell(w.p.last())
			approvesElsewhere(w, x)
		}, driver.Unknown},
		{"progress came before the acknowledgement only", nil, func(w *wire, x ecr17.PaymentRequest) {
			w.progress("ATTENDERE PREGO")
			w.ack()
			w.send(w.p.last())
			approvesLater(w, x)
		}, driver.Unknown},
		{"a slip came before it", nil, func(w *wire, x ecr17.PaymentRequest) {
			w.ack()
			w.send(w.p.ticket("RIGA}}}}}}\x1b"))
			w.send(w.p.last())
			approvesLater(w, x)
		}, driver.Unknown},
		{"a damaged message follows", nil, func(w *wire, x ecr17.PaymentRequest) {
			w.ack()
			w.tell(w.p.last())
			w.damaged(w.p.last())
			approvesElsewhere(w, x)
		}, driver.Unknown},
		{"it shows work while it is asked whether it is idle", func(p *peer) {
			n := 0
			p.on['s'] = func(w *wire, _ []byte) {
				if n++; n == 5 {
					p.wires[1].progress("LETTURA CARTA")
				}
				w.ack()
				w.status()
			}
		}, func(w *wire, x ecr17.PaymentRequest) {
			w.ack()
			w.progress("PRESENTARE CARTA")
			w.send(w.p.last())
			approvesLater(w, x)
		}, driver.Unknown},
		{"another result came in the pre-flight", func(p *peer) {
			other := p.approved(77)
			p.on['G'] = func(w *wire, _ []byte) {
				w.send(other)
				w.ack()
				w.send(w.p.last())
			}
		}, func(w *wire, x ecr17.PaymentRequest) {
			w.ack()
			w.progress("PRESENTARE CARTA")
			w.tell(w.p.last())
			approvesElsewhere(w, x)
		}, driver.Unknown},
		{"the answer to G was repeated in the pre-flight", func(p *peer) {
			p.on['s'] = strayBefore('s', 4) // two to find the scope, one to check, one more
		}, func(w *wire, x ecr17.PaymentRequest) {
			w.ack()
			w.progress("PRESENTARE CARTA")
			w.send(w.p.last())
			approvesLater(w, x)
		}, driver.Unknown},
		{"the second status had to be asked again", func(p *peer) {
			n := 0
			p.on['s'] = func(w *wire, _ []byte) {
				if n++; n == 4 {
					w.nak()
					return
				}
				w.ack()
				w.status()
			}
		}, func(w *wire, x ecr17.PaymentRequest) {
			w.ack()
			w.progress("PRESENTARE CARTA")
			w.send(w.p.last())
			approvesLater(w, x)
		}, driver.Unknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bench) {
				b.peer.save(b.peer.cancelled())
				if c.setUp != nil {
					c.setUp(b.peer)
				}
				b.peer.pay = c.pay
				o, _ := b.pay()
				if o.Verdict != c.want {
					t.Fatalf("%s %+v; want %s; evidence %+v", o.Verdict, o.Reason, c.want, o.Evidence)
				}
				if o.Verdict == driver.Unknown {
					if o = b.resolve(); o.Verdict != driver.Charged {
						t.Fatalf("resolved: %s %+v", o.Verdict, o.Reason)
					}
				}
			})
		})
	}
}

// strayBefore answers the n-th s after the saved result has come once more.
func strayBefore(code byte, n int) func(*wire, []byte) {
	asked := 0
	return func(w *wire, _ []byte) {
		if asked++; asked == n {
			w.send(w.p.last())
		}
		w.ack()
		w.status()
	}
}

// A terminal that does not save refusals, or gives no last result at all: the refusal of the payment
// before is known from that payment.
func TestSameRefusalNotSaved(t *testing.T) {
	for _, saved := range []bool{true, false} {
		inBubble(t, func(t *testing.T, b *bench) {
			if saved {
				b.peer.save(b.peer.approved(500))
			}
			said := b.peer.cancelled()
			unsaved := func(w *wire, x ecr17.PaymentRequest) {
				w.ack()
				w.progress("PRESENTARE CARTA")
				w.wait(2 * time.Second)
				w.tell(said)
				w.close()
			}
			for range 3 {
				b.peer.pay = unsaved
				o, _ := b.pay()
				b.want(o, driver.NotCharged, "cancelled")
				b.next()
			}
			b.peer.pay = func(w *wire, x ecr17.PaymentRequest) { // and stale inside the next sale
				w.ack()
				w.send(said)
				w.wait(time.Second)
				w.progress("PRESENTARE CARTA")
				w.wait(5 * time.Second)
				w.send(w.p.approved(x.AmountCents))
			}
			o, _ := b.pay()
			b.want(o, driver.Charged, "approved")
		})
	}
}

// Our ACK could not be written: the terminal has not gone on after it.
func TestSameRefusalNotConfirmed(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.save(b.peer.cancelled())
		var cut atomic.Bool
		b.cfg.Dial = oneWay(b.peer, &cut)
		b.peer.pay = func(w *wire, _ ecr17.PaymentRequest) {
			w.ack()
			w.progress("PRESENTARE CARTA")
			cut.Store(true)
			w.send(w.p.last())
			w.wait(time.Second)
			cut.Store(false)
			w.close()
		}
		o, _ := b.pay()
		b.want(o, driver.Unknown, "line_lost")
	})
}

// A terminal that prints by itself says so after the refusal: that is no work on the sale.
func TestSameRefusalThenPrinting(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.save(b.peer.cancelled())
		b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
			w.ack()
			w.wait(2 * time.Second)
			w.tell(w.p.cancelled())
			w.progress("STAMPA IN CORSO")
			w.wait(3 * time.Second)
			w.close()
		}
		o, _ := b.pay()
		b.want(o, driver.NotCharged, "cancelled")
	})
}

// The line ends as when a cable is pulled out: that ends nothing on the terminal.
func TestSameRefusalThenReset(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.save(b.peer.cancelled())
		b.cfg.Dial = resetting(b.peer)
		b.peer.pay = cancels
		o, _ := b.pay()
		b.want(o, driver.Unknown, "line_lost")
	})
}

// Close while the terminal is asked whether it is idle.
func TestSameRefusalAndClose(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.save(b.peer.cancelled())
		b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
			w.p.busy.Store(true)
			cancels(w, x)
		}
		term := b.open()
		ended := make(chan error, 1)
		go func() {
			_, err := term.Pay(context.Background(), payment(), b.rec)
			ended <- err
		}()
		time.Sleep(4 * time.Second)
		synctest.Wait()
		term.Close()
		if err := <-ended; err == nil || len(b.rec.outcomes) > 0 {
			t.Fatalf("%v, %+v", err, b.rec.outcomes)
		}
	})
}
