package ecr17

import (
	"slices"
	"testing"

	"sportello/driver"
	"sportello/protocol/ecr17"
)

// U04, U06: additional data of the host, before the result or after it, is acknowledged and is no outcome.
// It is kept, with its card numbers masked.
func TestU04U06DataOfTheHost(t *testing.T) {
	data := encode(ecr17.AdditionalDataAnswer{TID: ourTID, Data: "DF8D01 4000001234567899"})
	for _, before := range []bool{true, false} {
		inBubble(t, func(t *testing.T, b *bench) {
			acks := 0
			b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
				acks = w.p.received("ACK")
				w.ack()
				if before {
					w.send(data)
				}
				w.send(w.p.approved(x.AmountCents))
				if !before {
					w.send(data)
				}
			}
			o, a := b.pay()
			b.want(o, driver.Charged, "approved")
			b.open().Close()
			if n := b.peer.received("ACK") - acks; !a.Acked || n != 2 {
				t.Errorf("%d ACKs for the result and the data", n)
			}
			i := slices.Index(kinds17(o), "data")
			if (i >= 0) != before {
				t.Fatalf("evidence %+v", o.Evidence)
			}
			kept := a.Data
			if before {
				kept = o.Evidence[i].Raw
			}
			if len(kept) != len(data) || string(kept) == string(data) {
				t.Errorf("kept: %q; not at all, or a card number in clear", kept)
			}
		})
	}
}

// The answer to P is 71 bytes and tells no amount (D24): on whatever terminal it counts when the terminal has
// saved the same, or the total grew by our amount; a total that grew by something else is for people.
func TestPaymentWithoutAmount(t *testing.T) {
	for _, x := range exclusivities {
		for _, c := range []struct {
			name  string
			saved bool
			now   int64 // total afterwards, 5000 before; 0: not known
			want  result
		}{
			{"saved", true, 0, charged},
			{"saved, T1", true, 5000 + ourCents, charged},
			{"T1", false, 5000 + ourCents, charged},
			{"partial by T", true, 5000 + 999, clerkYes},
			{"cancelled by T", true, 5000, clerkYes},
			{"nothing", false, 0, clerkYes},
		} {
			t.Run(string(x)+" "+c.name, func(t *testing.T) {
				inBubble(t, func(t *testing.T, b *bench) {
					b.cfg.Exclusivity, b.cfg.Command = x, "P"
					b.peer.save(b.peer.approved(500))
					b.peer.on['P'] = func(w *wire, _ []byte) {
						word := w.p.approved(ourCents)[:71]
						if w.ack(); c.saved {
							w.p.save(word)
						}
						w.send(word)
					}
					b.peer.shows(nil, totalOf(c.now))
					o, _ := b.pay()
					b.want(o, driver.Unknown, "odd_answer")
					commission(b)
					if c.now != 0 {
						b.rec.baseline.Total = &driver.Total{Cents: 5000, Measured: true}
					}
					o = b.resolve()
					if got := (result{o.Verdict, o.Preset, o.Verdict == driver.Unknown && !o.Final}); got != c.want {
						t.Errorf("%+v (%s); want %+v", got, o.Reason.Text, c.want)
					}
					if b.peer.received("P") != 1 {
						t.Error("the financial frame went out again")
					}
				})
			})
		}
	}
}
