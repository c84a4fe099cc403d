package ledger

import (
	"testing"
	"time"

	"sportello/driver"
)

// TestHolidays holds the calendar against a table that was written by hand.
func TestHolidays(t *testing.T) {
	easters := map[int]string{2024: "03-31", 2025: "04-20", 2026: "04-05", 2027: "03-28", 2028: "04-16", 2029: "04-01",
		2030: "04-21", 2031: "04-13", 2032: "03-28", 2033: "04-17", 2034: "04-09", 2035: "03-25"}
	mondays := map[int]string{2024: "04-01", 2025: "04-21", 2026: "04-06", 2027: "03-29", 2028: "04-17", 2029: "04-02",
		2030: "04-22", 2031: "04-14", 2032: "03-29", 2033: "04-18", 2034: "04-10", 2035: "03-26"}
	fixed := []string{"01-01", "01-06", "04-25", "05-01", "06-02", "08-15", "11-01", "12-08", "12-25", "12-26"}
	for year := 2024; year <= 2035; year++ {
		want := map[string]bool{easters[year]: true, mondays[year]: true, "10-04": year >= 2026}
		for _, day := range fixed {
			want[day] = true
		}
		for d := time.Date(year, 1, 1, 12, 0, 0, 0, rome); d.Year() == year; d = d.AddDate(0, 0, 1) {
			day := d.Format("01-02")
			weekend := d.Weekday() == time.Saturday || d.Weekday() == time.Sunday
			if holiday(d.Date()) != want[day] || working(d) != (!weekend && !want[day]) {
				t.Errorf("%d-%s: holiday %t, working %t", year, day, holiday(d.Date()), working(d))
			}
		}
	}
}

func TestClocks(t *testing.T) {
	at := func(s string) time.Time {
		when, err := time.ParseInLocation("2006-01-02 15:04:05", s, rome)
		if err != nil {
			t.Fatal(err)
		}
		return when
	}
	for _, c := range []struct{ sent, host, settlement, receipt, flow, watch string }{
		{"2026-03-10 09:00:00", "", SettlementTerminal, "2026-03-10 09:30:00", "2026-03-11 23:59:59", "2026-03-12 23:59:59"},
		{"2026-03-10 09:00:00", "", SettlementPlatform, "2026-03-10 09:15:00", "2026-03-11 23:59:59", "2026-03-12 23:59:59"},
		{"2026-03-10 09:00:00", "2026-03-10 09:02:10", SettlementPlatform, "2026-03-10 09:17:10", "2026-03-11 23:59:59", ""},
		{"2026-03-10 09:00:00", "2026-03-10 08:02:10", SettlementPlatform, "2026-03-10 09:15:00", "2026-03-11 23:59:59", ""}, // a clock that is wrong
		{"2026-03-10 09:00:00", "2026-03-10 10:02:10", SettlementPlatform, "2026-03-10 09:15:00", "2026-03-11 23:59:59", ""},
		{"2026-03-10 23:59:00", "2026-03-11 00:01:00", SettlementTerminal, "2026-03-11 00:31:00", "2026-03-12 23:59:59", ""},
		{"2026-04-03 10:00:00", "", SettlementTerminal, "2026-04-03 10:30:00", "2026-04-07 23:59:59", "2026-04-08 23:59:59"}, // Good Friday
		{"2026-10-02 10:00:00", "", SettlementTerminal, "2026-10-02 10:30:00", "2026-10-05 23:59:59", "2026-10-06 23:59:59"}, // 4 October is a Sunday
		{"2027-10-01 10:00:00", "", SettlementTerminal, "2027-10-01 10:30:00", "2027-10-05 23:59:59", "2027-10-06 23:59:59"}, // a Monday
		{"2024-10-03 10:00:00", "", SettlementTerminal, "2024-10-03 10:30:00", "2024-10-04 23:59:59", "2024-10-07 23:59:59"}, // not yet a holiday
		{"2026-12-24 17:00:00", "", SettlementTerminal, "2026-12-24 17:30:00", "2026-12-28 23:59:59", "2026-12-29 23:59:59"}, //
		{"2026-12-31 23:50:00", "", SettlementTerminal, "2027-01-01 00:20:00", "2027-01-04 23:59:59", "2027-01-05 23:59:59"}, //
		{"2026-10-24 10:00:00", "", SettlementTerminal, "2026-10-24 10:30:00", "2026-10-26 23:59:59", "2026-10-27 23:59:59"}, // to winter time
	} {
		p := Payment{SentAt: at(c.sent), Settlement: c.settlement}
		if c.host != "" {
			p.Charge = &driver.Charge{HostTime: at(c.host)}
		}
		if got := ReceiptDue(p); !got.Equal(at(c.receipt)) {
			t.Errorf("%+v: receipt due %v", c, got.In(rome))
		}
		if got := FlowDue(p); !got.Equal(at(c.flow)) {
			t.Errorf("%+v: flow due %v", c, got.In(rome))
		}
		if c.watch != "" && !watchEnd(p.SentAt).Equal(at(c.watch)) {
			t.Errorf("%+v: watched until %v", c, watchEnd(p.SentAt).In(rome))
		}
	}
	if !ReceiptDue(Payment{}).IsZero() || !FlowDue(Payment{}).IsZero() {
		t.Error("due, and never sent")
	}
}
