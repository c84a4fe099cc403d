package ledger

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // Europe/Rome must be there on Windows too
)

// rome is where accounting days begin and end.
var rome = func() *time.Location {
	loc, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		panic(fmt.Sprintf("embedded time zones: %v", err))
	}
	return loc
}()

// Day is the calendar day of t in Europe/Rome, as Query.Day means it.
func Day(t time.Time) string { return romeDay(t) }

func romeDay(t time.Time) string { return t.In(rome).Format(time.DateOnly) }

// watchEnd is the end of D+2, counted in working days: when the provider's flow must have arrived.
func watchEnd(t time.Time) time.Time { return workingDayEnd(t, 2) }

// workingDayEnd is the last second of the n-th working day after t.
func workingDayEnd(t time.Time, n int) time.Time {
	d := t.In(rome)
	for n > 0 {
		d = d.AddDate(0, 0, 1)
		if working(d) {
			n--
		}
	}
	return time.Date(d.Year(), d.Month(), d.Day(), 23, 59, 59, 0, rome).UTC()
}

// working says that banks work on a day: no Saturday, no Sunday, no public holiday of all Italy.
func working(d time.Time) bool {
	wd := d.Weekday()
	return wd != time.Saturday && wd != time.Sunday && !holiday(d.Date())
}

// saintFrancis is the first year in which 4 October is a public holiday (law 151/2025).
const saintFrancis = 2026

// holiday says that a day is a public holiday in all of Italy (law 260/1949 and what has changed it since).
func holiday(year int, month time.Month, day int) bool {
	switch [2]int{int(month), day} {
	case [2]int{1, 1}, [2]int{1, 6}, [2]int{4, 25}, [2]int{5, 1}, [2]int{6, 2}, [2]int{8, 15},
		[2]int{11, 1}, [2]int{12, 8}, [2]int{12, 25}, [2]int{12, 26}:
		return true
	case [2]int{10, 4}:
		return year >= saintFrancis
	}
	sunday := easter(year)
	monday := sunday.AddDate(0, 0, 1)
	return month == sunday.Month() && day == sunday.Day() || month == monday.Month() && day == monday.Day()
}

// easter is Easter Sunday of a year of the Gregorian calendar, by the anonymous computus of 1876.
func easter(year int) time.Time {
	golden, century, rest := year%19, year/100, year%100
	epact := (19*golden + century - century/4 - (century-(century+8)/25+1)/3 + 15) % 30
	weekday := (32 + 2*(century%4) + 2*(rest/4) - epact - rest%4) % 7
	late := (golden + 11*epact + 22*weekday) / 451
	n := epact + weekday - 7*late + 114
	return time.Date(year, time.Month(n/31), n%31+1, 0, 0, 0, 0, time.UTC)
}

// chargeWindow is how long after its command a charge is made at most, as far as a terminal's clock is believed.
const chargeWindow = 15 * time.Minute

// chargeTime is when a payment was charged: by the terminal's host where that can be, else when it was sent.
func (p *Payment) chargeTime() time.Time {
	if p.Charge != nil {
		if late := p.Charge.HostTime.Sub(p.SentAt); late > 0 && late <= chargeWindow {
			return p.Charge.HostTime
		}
	}
	return p.SentAt
}

// Receipts are due after the token's life, or, of what we submit ourselves, sooner (design 10).
const submittedDue = 15 * time.Minute

// ReceiptDue is when the receipts of a charged payment are late (design 10): amber, and looked for. The zero time:
// it was never sent.
func ReceiptDue(p Payment) time.Time {
	if p.SentAt.IsZero() {
		return time.Time{}
	}
	if p.Settlement == SettlementPlatform {
		return p.chargeTime().Add(submittedDue)
	}
	return p.chargeTime().Add(tokenLife)
}

// FlowDue is when a receipt that is still missing is somebody's case (design 10): red from the end of the first
// working day after the charge, before the provider's flow. The zero time: it was never sent.
func FlowDue(p Payment) time.Time {
	if p.SentAt.IsZero() {
		return time.Time{}
	}
	return workingDayEnd(p.chargeTime(), 1)
}

// receiptNumber is YEAR/N.
func receiptNumber(year string, n uint64) string { return year + "/" + strconv.FormatUint(n, 10) }

// splitReceipt undoes receiptNumber.
func splitReceipt(s string) (year string, n uint64, err error) {
	year, digits, ok := strings.Cut(s, "/")
	if ok {
		n, err = strconv.ParseUint(digits, 10, 64)
	}
	if !ok || err != nil || n == 0 || len(year) != 4 {
		return "", 0, fmt.Errorf("receipt number %q", s)
	}
	return year, n, nil
}
