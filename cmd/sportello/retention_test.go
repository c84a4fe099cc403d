package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"sportello/cmd/sportello/internal/ledger"
)

// forgetful says what was asked of it, in days before and hours after the start.
type forgetful struct {
	start time.Time

	mu    sync.Mutex
	due   bool
	hangs bool
	errs  []error // of Erase, in turn
	calls []string
}

// now sets what it answers, and takes what it was asked.
func (f *forgetful) now(due, hangs bool, errs ...error) (calls []string) {
	synctest.Wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	calls = f.calls
	f.due, f.hangs, f.errs, f.calls = due, hangs, errs, nil
	return calls
}

func (f *forgetful) said(what string, before time.Time) {
	f.calls = append(f.calls, fmt.Sprintf("%s %d days, after %s", what, int(time.Since(before).Hours()/24), time.Since(f.start)))
}

func (f *forgetful) Erasable(before time.Time) (bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.said("erasable", before)
	return f.due, nil
}

func (f *forgetful) Erase(ctx context.Context, before time.Time) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.said("erase", before)
	switch {
	case f.hangs:
		f.mu.Unlock()
		<-ctx.Done()
		f.mu.Lock()
		return 0, ctx.Err()
	case len(f.errs) > 0:
		err := f.errs[0]
		f.errs = f.errs[1:]
		return 0, err
	}
	f.due = false
	return 7, nil
}

// TestRetention: what is a week over its time goes, with all that is due; a payment that changes meanwhile has it
// tried again, another failure waits for the next day, and the end of the service ends it.
func TestRetention(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &forgetful{start: time.Now()}
		asked := func(calls []string, want ...string) {
			t.Helper()
			if !slices.Equal(calls, want) {
				t.Errorf("%q, want %q", calls, want)
			}
		}
		stop := keepRetention(f, 90*24*time.Hour, zerolog.Nop())
		time.Sleep(time.Hour)
		asked(f.now(true, false, fmt.Errorf("erase: %w", ledger.ErrInterrupted), errors.New("disk")), "erasable 97 days, after 10m0s")
		time.Sleep(48 * time.Hour)
		asked(f.now(true, false, slices.Repeat([]error{ledger.ErrStale}, 100)...),
			"erasable 97 days, after 24h10m0s", "erase 90 days, after 24h10m0s", "erasable 97 days, after 24h11m0s", "erase 90 days, after 24h11m0s",
			"erasable 97 days, after 48h11m0s", "erase 90 days, after 48h11m0s")
		time.Sleep(24 * time.Hour)
		if calls := f.now(true, true); len(calls) != 2*retentionTries {
			t.Errorf("%q", calls)
		}
		time.Sleep(24 * time.Hour)
		if calls := f.now(true, true); len(calls) != 2 {
			t.Errorf("%q", calls)
		}
		stop() // it is at work
		time.Sleep(72 * time.Hour)
		keepRetention(f, 0, zerolog.Nop())()
		time.Sleep(72 * time.Hour)
		asked(f.now(false, false))
	})
}
