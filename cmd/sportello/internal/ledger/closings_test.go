package ledger

import (
	"testing"

	"sportello/driver"
)

// TestLastClosing: the newest request to close is found again by the next process, as it was said then.
func TestLastClosing(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	last := func(name string) (ClosedSession, bool) {
		t.Helper()
		c, found, err := l.LastClosing(name)
		if err != nil {
			t.Fatal(err)
		}
		return c, found
	}
	if c, found := last("cassa1"); found {
		t.Errorf("before any: %+v", c)
	}
	pay := func(n int, stan string) {
		t.Helper()
		must(l.Conclude(must(l.Intend(intent(n)))(t).ID, charged(stan)))(t)
	}
	closes := func(state driver.ClosingState) {
		t.Helper()
		if err := l.RecordClosing("cassa1", "capo", closing(state)); err != nil {
			t.Fatal(err)
		}
	}
	pay(1, "000001")
	closes(driver.ClosingDone)
	first, found := last("cassa1")
	if !found || first.State != driver.ClosingDone || first.Cents != 1250 || first.Payments != 1 || !first.Since.IsZero() || first.Ticket != "CHIUSURA" ||
		first.Terminal != (driver.Totals{Present: true, Cents: 2500}) || first.Host != first.Terminal || first.Reason.Code != "declined" || first.At.IsZero() {
		t.Errorf("%+v %v", first, found)
	}
	pay(2, "000002")
	pay(3, "000003")
	closes(driver.ClosingRefused)
	pay(4, "000004") // after it: not in its figures
	l.Close()
	l = open(t, dir)
	if c, found := last("cassa1"); !found || c.State != driver.ClosingRefused || c.Cents != 2500 || c.Payments != 2 || !c.Since.Equal(first.At) {
		t.Errorf("%+v %v", c, found)
	}
	if c, found := last("cassa2"); found {
		t.Errorf("another terminal's: %+v", c)
	}
}
