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
// Saturdays and Sundays do not count.
func watchEnd(t time.Time) time.Time { return workingDayEnd(t, 2) }

// workingDayEnd is the last second of the n-th working day after t.
func workingDayEnd(t time.Time, n int) time.Time {
	d := t.In(rome)
	for n > 0 {
		d = d.AddDate(0, 0, 1)
		if wd := d.Weekday(); wd != time.Saturday && wd != time.Sunday {
			n--
		}
	}
	return time.Date(d.Year(), d.Month(), d.Day(), 23, 59, 59, 0, rome).UTC()
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
