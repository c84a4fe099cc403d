package settle

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/protocol/govpay"
)

// asker is the smallest question to the platform, and what it comes to.
type asker struct {
	mu    sync.Mutex
	start time.Time
	at    []float64
	err   error
	heard func(error) // as the service hears every call
}

func (a *asker) ask(context.Context) error {
	a.mu.Lock()
	a.at = append(a.at, time.Since(a.start).Seconds())
	err := a.err
	a.mu.Unlock()
	a.heard(err)
	return err
}

func (a *asker) becomes(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.err = err
}

// times are when it was put, since the start, and forgets them.
func (a *asker) times() []float64 {
	synctest.Wait()
	a.mu.Lock()
	defer a.mu.Unlock()
	defer func() { a.at = nil }()
	return slices.Clone(a.at)
}

func asking(w *world) (*asker, *Worker) {
	a := &asker{start: w.start}
	k := w.worker(func(o *Options) { o.Ask = a.ask })
	a.heard = func(err error) {
		if err == nil {
			k.PlatformAnswered()
		} else {
			k.PlatformFailed()
		}
	}
	return a, k
}

// TestAsksUntilItIsWell: nothing waits, and somebody else has found the platform away: it is asked by itself, more and
// more seldom, until it answers; and then not any more.
func TestAsksUntilItIsWell(t *testing.T) {
	within(t, func(t *testing.T, w *world) {
		a, k := asking(w)
		defer k.Close()
		time.Sleep(time.Hour)
		if got := a.times(); len(got) != 0 {
			t.Fatalf("nobody has said that anything is wrong: asked at %v", got)
		}
		a.start = time.Now()
		a.becomes(errors.New("away"))
		k.PlatformFailed()
		k.PlatformFailed()
		time.Sleep(20 * time.Minute)
		if got, want := a.times(), []float64{15, 45, 105, 225, 525, 825, 1125}; !slices.Equal(got, want) {
			t.Errorf("asked at %v, want %v", got, want)
		}
		a.becomes(nil)
		time.Sleep(time.Hour)
		if got := a.times(); !slices.Equal(got, []float64{1425}) {
			t.Errorf("asked at %v", got)
		}
		a.start = time.Now()
		k.PlatformFailed() // anew, from the beginning
		time.Sleep(10 * time.Second)
		k.PlatformAnswered() // somebody else
		time.Sleep(time.Hour)
		if got := a.times(); len(got) != 0 {
			t.Errorf("asked at %v", got)
		}
	})
}

// TestAsksNotBesideTheQueue: what waits asks by itself while the platform is away; and what was asked instead of it
// lets all of it go on.
func TestAsksNotBesideTheQueue(t *testing.T) {
	within(t, func(t *testing.T, w *world) {
		away := &govpay.Fault{Outcome: govpay.OutcomeUnavailable}
		w.failWith(func(string) error { return away })
		a, k := asking(w)
		defer k.Close()
		a.becomes(away)
		w.add("P1", noticeA, ledger.Charged)
		time.Sleep(10 * time.Second)
		k.PlatformFailed()
		time.Sleep(time.Hour)
		if got := a.times(); len(got) != 0 || !k.Status().Away {
			t.Errorf("asked at %v beside the queue: %+v", got, k.Status())
		}
	})
}

// TestAskEndsWithTheWorker: a question under way does not outlive it.
func TestAskEndsWithTheWorker(t *testing.T) {
	within(t, func(t *testing.T, w *world) {
		k := w.worker(func(o *Options) {
			o.Ask = func(ctx context.Context) error {
				<-ctx.Done()
				return ctx.Err()
			}
		})
		k.PlatformFailed()
		time.Sleep(time.Minute)
		k.Close()
	})
}
