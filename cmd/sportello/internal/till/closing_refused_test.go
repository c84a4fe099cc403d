package till

import (
	"testing"
	"time"

	"sportello/driver"
	"sportello/protocol/local"
)

// TestClosingThatDidNotBegin: a closing that the terminal was never asked for is none, also for the next process: how
// the session was closed last stands as before.
func TestClosingThatDidNotBegin(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.receipts = true
		d := w.terminals[0]
		w.charged("r1", 1)
		was, err := w.closeSession()
		if err != nil || was.State != string(driver.ClosingDone) {
			t.Fatalf("%+v %v", was, err)
		}
		time.Sleep(time.Minute)
		d.script(func(d *terminal) { d.ops.unclosed = &driver.Refusal{Kind: driver.ErrUnreachable} })
		_, err = w.closeSession()
		wantCode(t, err, local.CodeTerminalUnreachable)
		for _, when := range []string{"before a start", "after a start"} {
			rep, err := w.act(clerk, "closing")
			if err != nil || rep.Closing == nil || rep.Closing.State != was.State || rep.Closing.LedgerCents != was.LedgerCents {
				t.Errorf("%s: %+v %v", when, rep.Closing, err)
			}
			w.restart()
		}
	})
}
