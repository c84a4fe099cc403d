package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"sportello/cmd/sportello/internal/ledger"
)

// forgetful says what was asked of it, in days before and hours after the start.
type forgetful struct {
	start time.Time
	due   bool
	hangs bool
	errs  []error // of Erase, in turn
	calls []string
}

func (f *forgetful) said(what string, before time.Time) {
	since := time.Since(f.start)
	f.calls = append(f.calls, fmt.Sprintf("%s %d days, after %s", what, int(time.Since(before).Hours()/24), since))
}

func (f *forgetful) Erasable(before time.Time) (bool, error) {
	f.said("erasable", before)
	return f.due, nil
}

func (f *forgetful) Erase(ctx context.Context, before time.Time) (int, error) {
	f.said("erase", before)
	if f.hangs {
		<-ctx.Done()
		return 0, ctx.Err()
	}
	if len(f.errs) > 0 {
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
		stop := keepRetention(f, 90*24*time.Hour, zerolog.Nop())
		time.Sleep(time.Hour)
		synctest.Wait()
		if want := []string{"erasable 97 days, after 10m0s"}; !slices.Equal(f.calls, want) {
			t.Errorf("%q", f.calls)
		}
		f.calls, f.due, f.errs = nil, true, []error{fmt.Errorf("erase: %w", ledger.ErrStale), errors.New("disk")}
		time.Sleep(48 * time.Hour)
		synctest.Wait()
		if want := []string{"erasable 97 days, after 24h10m0s", "erase 90 days, after 24h10m0s", "erasable 97 days, after 24h11m0s", "erase 90 days, after 24h11m0s",
			"erasable 97 days, after 48h11m0s", "erase 90 days, after 48h11m0s"}; !slices.Equal(f.calls, want) {
			t.Errorf("%q", f.calls)
		}
		f.calls, f.due = nil, true
		f.errs = slices.Repeat([]error{ledger.ErrStale}, 100)
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		if len(f.calls) != 2*retentionTries {
			t.Errorf("%q", f.calls)
		}
		f.hangs, f.calls = true, nil
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		if len(f.calls) != 2 {
			t.Errorf("%q", f.calls)
		}
		stop() // it is at work
		f.calls = nil
		time.Sleep(72 * time.Hour)
		keepRetention(f, 0, zerolog.Nop())()
		time.Sleep(72 * time.Hour)
		if len(f.calls) != 0 {
			t.Errorf("%q", f.calls)
		}
	})
}
