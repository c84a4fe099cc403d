package ledger

import (
	"testing"
	"testing/synctest"
	"time"

	"sportello/driver"
)

// TestClockJumpAfterAReversal: a wall clock that is set forward does not free a notice before the token's life
// has passed; neither does a restart, but for a reversal that is more than a day old.
func TestClockJumpAfterAReversal(t *testing.T) {
	for _, restart := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			var jump time.Duration
			real := func(o *Options) {
				o.Now, o.Uptime = func() time.Time { return time.Now().Add(jump) }, nil
			}
			dir := t.TempDir()
			l := open(t, dir, real)
			p := paid(t, l, 1)
			must(l.Reverse(p.ID, "capo", "rev", reversalBaseline))(t)
			must(l.Conclude(p.ID, verdict(driver.Reversed, "reversed")))(t)
			must(l.Aftermath(p.ID, driver.Aftermath{Acked: true}))(t)
			retry := intent(1)
			retry.RequestID, retry.Reference = "retry", "RIFA1RETRY"
			if restart {
				time.Sleep(20 * time.Minute)
				if err := l.Close(); err != nil {
					t.Fatal(err)
				}
				l = open(t, dir, real)
			}
			jump = 3 * time.Hour
			for _, wait := range []time.Duration{0, 29 * time.Minute} {
				time.Sleep(wait)
				if n := must(l.Notice(creditor, number(1)))(t); n.Holder != p.ID || n.FreeAt.IsZero() {
					t.Errorf("restart %t, after %v: free: %+v", restart, wait, n)
				}
				if _, err := l.Intend(retry); err == nil {
					t.Fatalf("restart %t, after %v: charged again", restart, wait)
				}
			}
			time.Sleep(2 * time.Minute)
			if n := must(l.Notice(creditor, number(1)))(t); n.Holder != "" {
				t.Errorf("restart %t: %+v", restart, n)
			}
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			jump = 25 * time.Hour
			l = open(t, dir, real)
			must(l.Intend(retry))(t)
		})
	}
}
