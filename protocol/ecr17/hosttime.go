package ecr17

import (
	"sync"
	"time"
	_ "time/tzdata" // counter PCs with Windows have no zone files
)

// Rome is the zone of every time on the wire.
var Rome = sync.OnceValue(func() *time.Location {
	loc, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		return time.FixedZone("CET", 3600) // cannot happen with the embedded zones
	}
	return loc
})

// HostTime is the acquirer's time of a result, DDDHHMM: day of the year from
// 1, hour, minute, Italian time, no year (2.3). Empty when absent.
type HostTime string

// Time adds the year that puts the time nearest to now and not more than one
// hour ahead of it. No time (false) when absent or out of range, and for day
// 366 without a leap year at hand: the outcome stands all the same, only the
// time is no evidence. Terminals may be a day off; matching tolerates it.
func (h HostTime) Time(now time.Time) (time.Time, bool) {
	if len(h) != 7 || !allDigits(string(h)) {
		return time.Time{}, false
	}
	day, hour, minute := atoi(string(h[:3])), atoi(string(h[3:5])), atoi(string(h[5:]))
	if day < 1 || day > 366 || hour > 23 || minute > 59 {
		return time.Time{}, false
	}
	now = now.In(Rome())
	for year := now.Year() + 1; year >= now.Year()-1; year-- {
		t := time.Date(year, time.January, day, hour, minute, 0, 0, Rome())
		if t.Year() == year && !t.After(now.Add(time.Hour)) {
			return t, true
		}
	}
	return time.Time{}, false
}

// HostTimeOf writes t as a terminal would.
func HostTimeOf(t time.Time) HostTime {
	t = t.In(Rome())
	b := make([]byte, 0, 7)
	b = appendNumber(b, int64(t.YearDay()), 3)
	b = appendNumber(b, int64(t.Hour()), 2)
	return HostTime(appendNumber(b, int64(t.Minute()), 2))
}

// Clock is the terminal's own time in a status answer, DDMMYYhhmm (2.1).
type Clock string

// Time reads the clock; false when it is not a time.
func (c Clock) Time() (time.Time, bool) {
	t, err := time.ParseInLocation("0201061504", string(c), Rome())
	if err != nil || !allDigits(string(c)) {
		return time.Time{}, false
	}
	// Two digits of a year mean 20YY here, whatever the library guesses.
	if t.Year() < 2000 {
		t = t.AddDate(100, 0, 0)
	}
	return t, true
}

// ClockOf writes t as a terminal would.
func ClockOf(t time.Time) Clock { return Clock(t.In(Rome()).Format("0201061504")) }

// atoi reads a short run of digits.
func atoi(s string) int {
	n := 0
	for i := range len(s) {
		n = n*10 + int(s[i]-'0')
	}
	return n
}

// appendNumber writes n right aligned with zeros. n must fit.
func appendNumber(dst []byte, n int64, width int) []byte {
	start := len(dst)
	for range width {
		dst = append(dst, '0')
	}
	for i := len(dst) - 1; i >= start && n > 0; i-- {
		dst[i] = byte('0' + n%10)
		n /= 10
	}
	return dst
}
