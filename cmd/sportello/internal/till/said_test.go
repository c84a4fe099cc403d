package till

import (
	"context"
	"testing"
	"testing/synctest"

	"sportello/driver"
)

// TestSaidIsRecalled: what the terminal said of an attempt, and could not count, is told to the driver that takes it up
// after a start; what it told of its memory is not.
func TestSaidIsRecalled(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		d := w.terminals[0]
		d.script(func(d *terminal) {
			d.word = func(context.Context, driver.Payment) driver.Outcome {
				o := lost("")
				o.Evidence = []driver.Evidence{
					{Kind: driver.EvidenceResult, Text: "damaged: approved", Raw: []byte("word")},
					{Kind: driver.EvidenceLast, Text: "new saved result", Raw: []byte("memory")},
				}
				return o
			}
		})
		if _, err := w.pay(request("r1", "cassa1", notice(1))); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		w.stop()
		w.start()
		synctest.Wait()
		as := d.read().attempts
		if len(as) != 2 || as[1].SameProcess || len(as[1].Said) != 1 || string(as[1].Said[0]) != "word" {
			t.Errorf("%+v", as)
		}
	})
}
