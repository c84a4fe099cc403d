package ecr17

import (
	"testing"
	"time"

	"sportello/driver"
)

func TestLongBefore(t *testing.T) {
	sent := time.Now()
	for name, row := range map[string]struct {
		host   time.Duration // from the sending
		offset time.Duration
		want   bool
	}{
		"now":                           {0, 0, false},
		"minutes are cut":               {-time.Minute, 0, false},
		"the sale before":               {-10 * time.Minute, 0, true},
		"PC ten minutes ahead":          {-10 * time.Minute, -10 * time.Minute, false},
		"PC ten minutes slow":           {10 * time.Minute, 10 * time.Minute, false},
		"PC slow, the sale before":      {-20 * time.Minute, 10 * time.Minute, true},
		"days counted from 0":           {-24 * time.Hour, 0, false},
		"yesterday, at another time":    {-25 * time.Hour, 0, true},
		"a clock that is ahead, untold": {3 * time.Hour, 0, false},
	} {
		r := Reading{Charge: driver.Charge{HostTime: sent.Add(row.host)}}
		if got := r.longBefore(sent, row.offset); got != row.want {
			t.Errorf("%s: %t", name, got)
		}
	}
	if (Reading{}).longBefore(sent, 0) {
		t.Error("without a time")
	}
}
