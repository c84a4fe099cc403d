package line

import (
	"sync"
	"time"
)

// deadline is a point in time that a waiting Read or Write honours, also when it is moved meanwhile.
type deadline struct {
	mu      sync.Mutex // guards both
	at      time.Time  // zero: none
	changed chan struct{}
}

func newDeadline() *deadline { return &deadline{changed: make(chan struct{})} }

func (d *deadline) set(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.at = t
	close(d.changed)
	d.changed = make(chan struct{})
}

func (d *deadline) expired() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return !d.at.IsZero() && !time.Now().Before(d.at)
}

// wait gives a channel that fires at the deadline, one that fires when it moves, and what frees the timer.
func (d *deadline) wait() (fires <-chan time.Time, moved <-chan struct{}, stop func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.at.IsZero() {
		return nil, d.changed, func() {}
	}
	t := time.NewTimer(time.Until(d.at))
	return t.C, d.changed, func() { t.Stop() }
}
