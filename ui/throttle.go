package ui

import (
	"math"
	"strconv"
	"sync"
	"time"

	"sportello/protocol/local"
)

// The waits after failed sign-ins: the first few are free, then the wait doubles up to a longest one. Per
// operator it makes guessing a PIN hopeless; over all operators it stays short, so that a nuisance on a
// shared PC cannot keep everybody out.
const (
	operatorFree, operatorLongest = 3, 5 * time.Minute
	overallFree, overallLongest   = 10, 15 * time.Second
	forgetAfter                   = 30 * time.Minute // without a failure
	maxThrottled                  = 1000             // operator ids remembered; unknown ones count too
)

// throttle counts failed sign-ins. Safe for concurrent use.
type throttle struct {
	mu      sync.Mutex
	by      map[string]*failures
	overall failures
}

type failures struct {
	count int
	last  time.Time
	until time.Time
}

func newThrottle() *throttle { return &throttle{by: map[string]*failures{}} }

// check refuses while operator, or everybody, has to wait.
func (t *throttle) check(operator string) error {
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	wait := t.overall.until.Sub(now)
	if f := t.by[operator]; f != nil {
		wait = max(wait, f.until.Sub(now))
	}
	if wait <= 0 {
		return nil
	}
	return throttled(wait)
}

func throttled(wait time.Duration) error {
	seconds := strconv.Itoa(int(math.Ceil(wait.Seconds())))
	return &local.Error{Code: local.CodeThrottled, Args: map[string]string{local.ArgSeconds: seconds}}
}

// failed counts a wrong id or PIN.
func (t *throttle) failed(operator string) {
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.overall.add(now, overallFree, overallLongest)
	f := t.by[operator]
	if f == nil {
		if len(t.by) >= maxThrottled {
			t.forget(now)
		}
		f = &failures{}
		t.by[operator] = f
	}
	f.add(now, operatorFree, operatorLongest)
}

// forget drops what has been quiet long enough, and if that is nothing, the one that has been quiet longest.
// mu is held.
func (t *throttle) forget(now time.Time) {
	oldest := ""
	for id, f := range t.by {
		if now.Sub(f.last) > forgetAfter {
			delete(t.by, id)
		} else if oldest == "" || f.last.Before(t.by[oldest].last) {
			oldest = id
		}
	}
	if len(t.by) >= maxThrottled {
		delete(t.by, oldest)
	}
}

// succeeded forgets the operator's failures.
func (t *throttle) succeeded(operator string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.by, operator)
}

func (f *failures) add(now time.Time, free int, longest time.Duration) {
	if now.Sub(f.last) > forgetAfter {
		f.count = 0
	}
	f.count++
	f.last = now
	if over := f.count - free; over > 0 {
		f.until = now.Add(min(longest, time.Second<<min(over-1, 20)))
	}
}
