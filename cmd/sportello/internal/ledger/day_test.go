package ledger

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"sportello/driver"
)

// TestDayBook: a payment stands in the book of the day that its terminal says, of the one on which it was begun
// and of the one on which it was given back, however late the ledger heard of it.
func TestDayBook(t *testing.T) {
	c := newClock()
	l := open(t, t.TempDir(), func(o *Options) { o.Now = c.now })
	at := func(day, hour int) time.Time { return time.Date(2026, time.March, day, hour, 0, 0, 0, time.UTC) }
	pay := func(n int, v driver.Verdict, host time.Time) Payment {
		t.Helper()
		p := must(l.Intend(intent(n)))(t)
		out := verdict(v, "x")
		if v == driver.Charged {
			out = charged(fmt.Sprintf("%06d", 100+n))
			out.Outcome.Charge.HostTime = host
		}
		if v == driver.Unknown {
			out.Outcome.Final = true
		}
		p = must(l.Conclude(p.ID, out))(t)
		if v == driver.Unknown {
			if err := l.Free("cassa1", "anna"); err != nil {
				t.Fatal(err)
			}
		}
		return p
	}
	c.set(at(10, 9))
	first := pay(1, driver.Charged, at(10, 9))
	unknown := pay(2, driver.Unknown, time.Time{})
	refused := pay(3, driver.NotCharged, time.Time{})
	ahead := pay(4, driver.Charged, at(10, 23)) // 00:00 of the 11th in Rome
	c.set(at(11, 9))
	must(l.Reverse(first.ID, "capo", "rev", reversalBaseline))(t)
	must(l.Conclude(first.ID, verdict(driver.Reversed, "reversed")))(t)
	late := pay(5, driver.Unknown, time.Time{})
	c.set(at(20, 9))
	word := charged("000777")
	word.Outcome.Charge.HostTime = at(11, 12)
	must(l.Conclude(late.ID, word))(t)
	word.Outcome.Charge.HostTime = time.Time{} // people say so, and nobody knows when
	word.Outcome.Charge.STAN, word.ResolvedBy = "000778", []string{"anna", "capo"}
	must(l.Conclude(unknown.ID, word))(t)

	for day, want := range map[string]string{
		"2026-03-09": "",
		"2026-03-10": first.ID + " charged begun, " + unknown.ID + " begun, " + refused.ID + " begun, " + ahead.ID + " begun",
		"2026-03-11": first.ID + " reversed, " + ahead.ID + " charged, " + late.ID + " charged begun",
		"2026-03-20": unknown.ID + " charged",
		"2026-03-21": "",
	} {
		b := must(l.DayBook(day))(t)
		var got []string
		for _, p := range b.Payments {
			one := p.ID
			if p.ChargedThen {
				one += " charged"
			}
			if p.ReversedThen {
				one += " reversed"
			}
			if p.BegunThen {
				one += " begun"
			}
			got = append(got, one)
		}
		if s := strings.Join(got, ", "); s != want {
			t.Errorf("%s holds %s, want %s", day, s, want)
		}
		if report := must(l.Check())(t); b.Head != report.Head || b.Entries != report.Entries || b.Day != day {
			t.Errorf("%s: head %s of %d entries, the check says %s of %d", day, b.Head, b.Entries, report.Head, report.Entries)
		}
	}
	if b, err := l.DayBook("10/03/2026"); !errors.Is(err, ErrInvalid) {
		t.Errorf("no day gives %+v, %v", b, err)
	}
}

// TestDayBookFindsByTheMark: what spares decoding must stand in the entry as it is written.
func TestDayBookFindsByTheMark(t *testing.T) {
	b, err := json.Marshal(entry{AccountingDay: "2026-03-10"})
	if err != nil || !strings.Contains(string(b), `"accounting_day":"2026-03-10"`) {
		t.Errorf("an entry is written %s, %v", b, err)
	}
}
