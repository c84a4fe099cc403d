package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"sportello/cmd/sportello/internal/ledger"
)

// Retention takes personal data out of the ledger when its time has come, not at once: the file is written anew for
// it, so a week's are taken together. A counter is switched off at night, hence soon after a start.
const (
	retentionAfter = 10 * time.Minute // of the start, which has other things to do
	retentionEvery = 24 * time.Hour
	retentionSlack = 7 * 24 * time.Hour
	retentionAgain = time.Minute // a payment was changed while it was at work, or waited for it
	retentionTries = 5
)

// eraser is the ledger, as far as retention needs it.
type eraser interface {
	Erasable(before time.Time) (bool, error)
	Erase(ctx context.Context, before time.Time) (int, error)
}

var _ eraser = (*ledger.Ledger)(nil)

// keepRetention follows `retention.personal_days` until the function that it returns is called; 0: it does nothing.
func keepRetention(of eraser, keep time.Duration, log zerolog.Logger) func() {
	if keep <= 0 {
		return func() {}
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		for wait := retentionAfter; sleep(ctx, wait); wait = retentionEvery {
			for try := 1; retain(ctx, of, keep, log) && try < retentionTries && sleep(ctx, retentionAgain); try++ {
			}
		}
	})
	return func() {
		cancel()
		running.Wait()
	}
}

// sleep waits, and says whether it was left to.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// retain erases what is due, if something is a week over it, and says whether it should be tried again.
func retain(ctx context.Context, of eraser, keep time.Duration, log zerolog.Logger) (again bool) {
	now := time.Now()
	due, err := of.Erasable(now.Add(-keep - retentionSlack))
	if err == nil && !due {
		return false
	}
	n := 0
	if err == nil {
		n, err = of.Erase(ctx, now.Add(-keep))
	}
	switch {
	case err == nil:
		log.Info().Int("blobs", n).Msg("retention has erased personal data")
	case errors.Is(err, ledger.ErrStale), errors.Is(err, ledger.ErrInterrupted):
		return true
	case errors.Is(err, ledger.ErrClosed), errors.Is(err, context.Canceled): // the service ends, or a payment came first
	default:
		log.Warn().Err(err).Msg("retention could not erase personal data; it tries again tomorrow")
	}
	return false
}
