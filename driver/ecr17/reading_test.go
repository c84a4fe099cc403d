package ecr17

import (
	"encoding/hex"
	"testing"
	"time"

	"sportello/driver"
	"sportello/protocol/ecr17"
)

func TestStanFollows(t *testing.T) {
	for _, c := range []struct {
		before, after string
		want          bool
	}{
		{"000100", "000101", true}, {"000100", "005100", true}, {"000100", "005101", false}, {"000100", "000100", false},
		{"000100", "000099", false}, {"999999", "000001", true}, {"", "000007", true}, {"000000", "000007", true},
		{"000100", "000000", false}, {"000100", "", false},
	} {
		if got := stanFollows(c.before, c.after); got != c.want {
			t.Errorf("%q then %q: %t", c.before, c.after, got)
		}
	}
}

func TestMatches(t *testing.T) {
	sent := time.Date(2026, 6, 1, 10, 0, 30, 0, ecr17.Rome())
	last := sent.Add(time.Minute)
	reading := func(at time.Time) Reading {
		return Reading{Class: ClassPayment, HasAmount: true, Amount: 100, Charge: driver.Charge{STAN: "000002", HostTime: at.Truncate(time.Minute)}}
	}
	base := driver.Baseline{LastSTAN: "000001"}
	for _, c := range []struct {
		name string
		at   time.Time
		off  time.Duration
		want bool
	}{
		{"same minute", sent, 0, true},
		{"two minutes early", sent.Add(-2 * time.Minute), 0, false}, // the minute's beginning lies before
		{"one minute early", sent.Add(-time.Minute), 0, true},
		{"at the end", last.Add(3 * time.Minute), 0, true},
		{"after the end", last.Add(5 * time.Minute), 0, false},
		{"a day off", sent.AddDate(0, 0, -1), 0, true},
		{"clock ahead", sent.Add(2 * time.Hour), 2 * time.Hour, true},
		{"clock ahead, not known", sent.Add(2 * time.Hour), 0, false},
	} {
		base.ClockOffset = c.off
		if got := reading(c.at).matches(base, 100, sent, last); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
	if reading(sent).matches(driver.Baseline{}, 101, sent, last) {
		t.Error("another amount matches")
	}
	if reading(sent).matches(driver.Baseline{}, 100, time.Time{}, last) {
		t.Error("without the time of sending a time matches")
	}
	if reading(time.Time{}).matches(driver.Baseline{}, 100, sent, last) {
		t.Error("a result without a time matches")
	}
}

// What comes from the line never panics, never shows a card number, and is an approval or a refusal only
// with its code, of our terminal, and a payment.
func FuzzReadResult(f *testing.F) {
	p := newPeer(nil)
	seeds := [][]byte{p.approved(100), p.declined("NEGATA", "116"), p.cancelled(), p.approved(100)[:71], put(p.approved(100), 75, "00000000"), []byte("1234567800E00")}
	if len(seeds) == 0 {
		f.Fatal("no seeds")
	}
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		r := readResult(payload, ourTID, time.Now())
		if ecr17.MaskText(r.Text) != r.Text {
			t.Fatalf("a card number in %q", r.Text)
		}
		switch {
		case r.Sense == SenseOdd:
			return
		case r.Charge.TerminalID != ourTID, r.Class == ClassForeign,
			r.Sense == SenseApproved && r.Code != "00", r.Sense == SenseRefused && r.Code != "01",
			r.Sense == SenseApproved && r.Class == ClassPayment && r.Amount == 0:
			t.Fatalf("%s: %+v", hex.EncodeToString(payload), r)
		}
	})
}
