package ecr17

import (
	"context"
	"testing"
	"time"

	"sportello/driver"
)

// TestStrayIsTheLatestResult: the approval of a payment that was given up comes when something else is asked of the
// terminal, which acknowledges it. Where the terminal does not tell its last result that is all there ever is of it: it is
// what the next payment's baseline holds, and the ledger finds that it does not know it (design 5.7).
func TestStrayIsTheLatestResult(t *testing.T) {
	for _, address := range []string{"tcp://192.0.2.1:10000", "serial:///dev/ttyUSB0"} {
		for _, asked := range []string{"status", "payment"} {
			t.Run(address[:3]+" "+asked, func(t *testing.T) {
				inBubble(t, func(t *testing.T, b *bench) {
					b.cfg.Address = address
					b.peer.pay = lost(nothing)
					o, _ := b.pay()
					b.want(o, driver.Unknown, "line_lost")
					toPeople(t, b, b.resolve())
					word := b.peer.approved(ourCents)
					b.peer.on['s'] = func(w *wire, _ []byte) {
						if word != nil {
							w.send(word)
							word = nil
						}
						w.ack()
						w.status()
					}
					said := readResult(word, ourTID, time.Now())
					if asked == "status" {
						if _, err := b.open().Status(context.Background()); err != nil {
							t.Fatal(err)
						}
					}
					b.next()
					b.peer.pay = approve
					next := payment()
					next.Reference = "RIFA1JJJJJJJJ"
					if _, err := b.open().Pay(context.Background(), next, b.rec); err != nil {
						t.Fatal(err)
					}
					if base := b.rec.baseline; string(base.Last) != string(said.Raw) || !base.Untold || base.LastSTAN != said.Charge.STAN {
						t.Errorf("%+v", base)
					}
				})
			})
		}
	}
}
