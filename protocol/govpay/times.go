package govpay

import (
	"fmt"
	"sync"
	"time"
)

// rome is the zone in which the platform writes times without an offset.
var rome = sync.OnceValues(func() (*time.Location, error) {
	loc, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		return nil, fmt.Errorf("govpay: time zone Europe/Rome is missing, embed time/tzdata: %w", err)
	}
	return loc, nil
})

// layouts are the platform's ways of writing a moment; Go reads a fraction of
// seconds after any of them.
var layouts = [...]string{
	"2006-01-02T15:04:05",
	"2006-01-02T15:04:05Z0700",
	"2006-01-02T15:04:05Z07:00",
	"2006-01-02",
}

// parseTime reads a date or a moment; "" is the zero time. A date is midnight
// in Europe/Rome.
func parseTime(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	loc, err := rome()
	if err != nil {
		return time.Time{}, err
	}
	if len(s) <= 40 {
		for _, layout := range layouts {
			if t, err := time.ParseInLocation(layout, s, loc); err == nil {
				return t.In(loc), nil
			}
		}
	}
	return time.Time{}, fmt.Errorf("%w: time %q", ErrMalformed, quotable(s, "0123456789-:.+TZ"))
}

// dayOver reports whether the whole of day has gone by: the day itself still
// counts, in its own time zone. A zero day never ends.
func dayOver(day, now time.Time) bool {
	if day.IsZero() {
		return false
	}
	y, m, d := day.Date()
	return !now.Before(time.Date(y, m, d+1, 0, 0, 0, 0, day.Location()))
}
