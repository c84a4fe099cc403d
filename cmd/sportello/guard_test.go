package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
)

// guarded is a guard whose page answers, or not, as the test wants.
type guarded struct {
	*guard
	stuck atomic.Bool
	stop  context.CancelFunc

	mu   sync.Mutex // guards seen
	seen deeds
}

// deeds is what a guard has done.
type deeds struct {
	told, stacks []string
	died         int
}

// at is what it has done so far.
func (g *guarded) at() deeds {
	g.mu.Lock()
	defer g.mu.Unlock()
	return deeds{slices.Clone(g.seen.told), slices.Clone(g.seen.stacks), g.seen.died}
}

// does notes a deed.
func (g *guarded) does(deed func(*deeds)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	deed(&g.seen)
}

func newGuarded(t *testing.T) *guarded {
	ctx, stop := context.WithCancel(t.Context())
	g := &guarded{stop: stop}
	life, closed := context.WithCancel(context.Background())
	g.guard = &guard{
		probe: func(ctx context.Context) error {
			if !g.stuck.Load() {
				return nil
			}
			<-ctx.Done()
			return ctx.Err()
		},
		tell:   func(s string) { g.does(func(d *deeds) { d.told = append(d.told, s) }) },
		stacks: func(phase string) { g.does(func(d *deeds) { d.stacks = append(d.stacks, phase) }) },
		die:    func() { g.does(func(d *deeds) { d.died++ }) },
		log:    zerolog.Nop(), ready: make(chan struct{}), life: life, closed: closed, done: make(chan struct{}),
	}
	go g.watch(ctx)
	return g
}

// pass lets time go by, and the guard do what it does then.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestGuardOfAGoodLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGuarded(t)
		pass(3 * time.Second)
		if len(g.at().told) > 0 {
			t.Errorf("told %q before the page answers", g.at().told)
		}
		g.usable()
		pass(10*time.Minute + time.Second)
		if g.at().told[0] != "READY=1\nSTATUS=in funzione" || len(g.at().told) != 121 || slices.Contains(g.at().told[1:120], g.at().told[0]) {
			t.Errorf("told %d times: %q", len(g.at().told), g.at().told[:2])
		}
		g.stop()
		synctest.Wait()
		if last := g.at().told[len(g.at().told)-1]; last != "STOPPING=1" {
			t.Errorf("told %q at the stop", last)
		}
		g.end()
		if len(g.at().stacks) > 0 || g.at().died > 0 {
			t.Errorf("stacks %q, died %d in a life without trouble", g.at().stacks, g.at().died)
		}
	})
}

// TestGuardOfAPageThatHangs: stacks after 20 s, the end after a minute, and neither before.
func TestGuardOfAPageThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGuarded(t)
		g.usable()
		pass(time.Second)
		g.stuck.Store(true)
		pass(19 * time.Second)
		if len(g.at().stacks) > 0 {
			t.Errorf("stacks %q too early", g.at().stacks)
		}
		pass(10 * time.Second)
		if !slices.Equal(g.at().stacks, []string{"run"}) || g.at().died > 0 {
			t.Errorf("after half a minute: stacks %q, died %d", g.at().stacks, g.at().died)
		}
		pass(40 * time.Second)
		if g.at().died != 1 || len(g.at().stacks) != 1 {
			t.Errorf("after more than a minute: stacks %q, died %d", g.at().stacks, g.at().died)
		}
		g.end()
	})
}

// TestGuardForgivesABusyMinute: answers in between make the count begin again.
func TestGuardForgivesABusyMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGuarded(t)
		g.usable()
		for range 5 {
			g.stuck.Store(true)
			pass(30 * time.Second)
			g.stuck.Store(false)
			pass(10 * time.Second)
		}
		if g.at().died > 0 || len(g.at().stacks) != 5 {
			t.Errorf("stacks %q, died %d", g.at().stacks, g.at().died)
		}
		g.end()
	})
}

// TestGuardOfASlowStartAndStop: both leave their stacks, and neither is cut short here.
func TestGuardOfASlowStartAndStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGuarded(t)
		pass(3 * time.Minute)
		g.usable()
		synctest.Wait()
		g.stop()
		pass(closeLimit + time.Second)
		if !slices.Equal(g.at().stacks, []string{"start", "stop"}) || g.at().died > 0 || g.at().told[0] != "READY=1\nSTATUS=in funzione" {
			t.Errorf("stacks %q, died %d, told %q", g.at().stacks, g.at().died, g.at().told)
		}
		g.end()
		failed := newGuarded(t) // a start that ends with an error
		failed.end()
		if len(failed.at().told)+len(failed.at().stacks) > 0 {
			t.Errorf("told %q, stacks %q of a start that failed", failed.at().told, failed.at().stacks)
		}
	})
}

func TestStacksNameEveryGoroutine(t *testing.T) {
	wait := make(chan struct{})
	go stuckOnPurpose(wait)
	defer close(wait)
	path := filepath.Join(t.TempDir(), "stacks.txt")
	for {
		if err := writeStacks(path); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(b), "sportello ") {
			t.Fatalf("no version at the head: %.80q", b)
		}
		if strings.Contains(string(b), "stuckOnPurpose") {
			return // the goroutine may begin a moment later
		}
	}
}

func stuckOnPurpose(c chan struct{}) { <-c }

func TestStepsOfAStart(t *testing.T) {
	for err, want := range map[error]startStep{
		nil: stepDone, errListen: stepListen, errData: stepData, errors.New("x"): stepOther,
	} {
		if got := stepOf(err); got != want || stepWords[got] == "" {
			t.Errorf("%v: step %d, want %d", err, got, want)
		}
	}
}

// TestServiceSID: the identity of TrustedInstaller stands in Microsoft's documents and is on every Windows.
func TestServiceSID(t *testing.T) {
	const want = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
	if got := serviceSID("TrustedInstaller"); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
