package till

import (
	"reflect"
	"testing"
	"time"

	"sportello/driver"
	"sportello/protocol/local"
)

// TestClosingSurvivesARestart: the next process shows how the session was closed last, with the figures of then; of
// what came after nothing explains a difference.
func TestClosingSurvivesARestart(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.receipts = true
		d := w.terminals[0]
		again := func() local.Closing {
			t.Helper()
			rep, err := w.act(clerk, "closing")
			if err != nil || rep.Closing == nil {
				t.Fatalf("%+v %v", rep.Closing, err)
			}
			return *rep.Closing
		}
		w.charged("r1", 1)
		d.script(func(d *terminal) {
			d.ops.closing = &driver.Closing{State: driver.ClosingDone, Terminal: cents(3 * price), Host: cents(price), Ticket: "CHIUSURA"}
		})
		was, err := w.closeSession()
		if err != nil || len(was.Differences) != 2 {
			t.Fatalf("%+v %v", was, err)
		}
		time.Sleep(time.Minute)
		w.unknown("r2", 2, "") // in doubt, and of the next session
		w.restart()
		now := again()
		if d := now.At.Sub(was.At); d < -time.Second || d > time.Second {
			t.Errorf("closed at %v, was %v", now.At, was.At)
		}
		if now.At = was.At; !reflect.DeepEqual(now, was) {
			t.Errorf("after a start\n%+v, was\n%+v", now, was)
		}
		if next := again(); next.LedgerCents != price || next.Receipt != "CHIUSURA" {
			t.Errorf("the second time %+v", next)
		}
	})
}
