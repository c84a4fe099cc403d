//go:build failpoint && unix

package main

import (
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"sportello/cmd/sportello/internal/settle"
)

// submitWindow shortens, to SPORTELLO_SUBMIT_WINDOW, how long the platform may be at work on a submission, and how
// long a receipt may come of one that pagoPA may never have got (settle.Options.SubmitWindow, SendErrorWait), so
// that a test with a simulated platform need not wait for minutes. Zero: settle's own. A release cannot be told
// otherwise.
var submitWindow = func() time.Duration {
	d, err := time.ParseDuration(os.Getenv("SPORTELLO_SUBMIT_WINDOW"))
	if err != nil {
		return 0
	}
	return d
}()

// submitRepeats are the pauses between submissions in such a test; nil: settle's own.
var submitRepeats = func() []time.Duration {
	if submitWindow == 0 {
		return nil
	}
	return []time.Duration{submitWindow / 3}
}()

// init shortens the pauses between looks for a receipt, and between questions to a platform that is away, to those of
// SPORTELLO_LOOKS ("200ms 1s"), for tests that would wait for them.
func init() {
	var plan []time.Duration
	for _, word := range strings.Fields(os.Getenv("SPORTELLO_LOOKS")) {
		if d, err := time.ParseDuration(word); err == nil && d > 0 {
			plan = append(plan, d)
		}
	}
	if len(plan) > 0 {
		settle.DefaultPlan, settle.DefaultProbePlan = plan, plan
	}
}

// failpoint kills this process, as a power cut would, the n-th time it passes the point named in
// SPORTELLO_FAILPOINT ("name" or "name:n"). Only binaries built for the kill test have it; a release
// is built without the tag.
var failpoint = func() func(string) {
	name, count, _ := strings.Cut(os.Getenv("SPORTELLO_FAILPOINT"), ":")
	if name == "" {
		return nil
	}
	left, err := strconv.Atoi(count)
	if err != nil {
		left = 1
	}
	var mu sync.Mutex // guards left
	return func(point string) {
		if point != name {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		if left--; left == 0 {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {} // the signal is on its way: nothing may happen after it
		}
	}
}()
