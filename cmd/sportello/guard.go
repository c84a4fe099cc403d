package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/rs/zerolog"

	"sportello/cmd/sportello/internal/config"
)

// The guard's times. A page that does not answer for stallLimit leaves the stacks on the disk; the process
// goes on, because a busy PC comes back by itself and a payment in hand would become unknown. After
// deadLimit it ends, and the system's manager starts it again.
const (
	probeEvery = 5 * time.Second
	stallLimit = 20 * time.Second
	deadLimit  = 60 * time.Second
)

// guard watches one life of the service: start, run and stop each get stallLimit before the stacks of every
// goroutine are written beside the ledger, for support. It tells systemd how things are. It decides nothing
// about money.
//
// Time that passes while the PC sleeps does not count: it counts the probes that failed.
type guard struct {
	probe  func(context.Context) error // nil: something answered at the page's address
	tell   func(state string)          // to the system's manager, in the words of sd_notify(3)
	stacks func(phase string)
	die    func() // ends the process at once
	log    zerolog.Logger
	ready  chan struct{}
	life   context.Context    // of the service, stop included
	closed context.CancelFunc // the service has ended: ends life
	done   chan struct{}      // the guard has ended
}

// newGuard makes the guard of a service with this configuration; nothing runs yet.
func newGuard(cfg *config.Config, log zerolog.Logger) *guard {
	g := &guard{tell: notifyManager, log: log, ready: make(chan struct{}), done: make(chan struct{}), die: func() { os.Exit(exitFailed) }}
	g.life, g.closed = context.WithCancel(context.Background())
	g.probe = func(ctx context.Context) error { return askPage(ctx, cfg) }
	g.stacks = func(phase string) {
		path := filepath.Join(cfg.DataDir, "stacks-"+phase+".txt")
		if err := writeStacks(path); err != nil {
			log.Error().Err(err).Str("phase", phase).Msg("the stacks cannot be written")
			return
		}
		log.Error().Str("phase", phase).Str("file", path).Msg("no progress: stacks written")
	}
	return g
}

// watch runs until end is called. ctx ends when the service is told to stop.
func (g *guard) watch(ctx context.Context) {
	defer close(g.done)
	if !g.starts() {
		return
	}
	g.runs(ctx)
	g.tell("STOPPING=1")
	select {
	case <-g.life.Done():
	case <-time.After(closeLimit): // run ends the process at twice this
		g.stacks("stop")
		<-g.life.Done()
	}
}

// usable tells that the page answers.
func (g *guard) usable() { close(g.ready) }

// end ends the guard and waits for it. The service has ended.
func (g *guard) end() {
	g.closed()
	<-g.done
}

// starts waits until the page answers; false: the service has ended before. A start is never cut short: a
// large ledger on a slow disk takes its time, and starting it again would take as long.
func (g *guard) starts() bool {
	stall := time.NewTimer(stallLimit)
	defer stall.Stop()
	for {
		select {
		case <-g.ready:
			g.tell("READY=1\nSTATUS=in funzione")
			return true
		case <-g.life.Done():
			return false
		case <-stall.C:
			g.stacks("start")
		}
	}
}

// runs probes the page until the service is told to stop, or has ended.
func (g *guard) runs(ctx context.Context) {
	tick := time.NewTicker(probeEvery)
	defer tick.Stop()
	failed := 0
	for {
		select {
		case <-ctx.Done():
			return
		case <-g.life.Done():
			return
		case <-tick.C:
		}
		g.tell("WATCHDOG=1") // this process lives; whether it is of use follows
		probing, cancel := context.WithTimeout(g.life, probeEvery-time.Second)
		err := g.probe(probing)
		cancel()
		if err == nil {
			if failed >= int(stallLimit/probeEvery) {
				g.log.Warn().Int("probes", failed).Msg("the page answers again")
			}
			failed = 0
			continue
		}
		if ctx.Err() != nil {
			return // it was told to stop meanwhile
		}
		failed++
		switch time.Duration(failed) * probeEvery {
		case stallLimit:
			g.log.Error().Err(err).Msg("the page does not answer")
			g.stacks("run")
		case deadLimit:
			g.log.Error().Err(err).Msg("the page does not answer: ending, to be started again")
			g.die()
		}
	}
}

// askPage asks the till through the page, over loopback. Any answer is a sign of life, a refusal too: what
// the service cannot do, it says; starting it again would not mend that.
func askPage(ctx context.Context, cfg *config.Config) error {
	host, port, err := net.SplitHostPort(cfg.Listen)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	scheme := "http"
	if cfg.TLS != nil {
		scheme = "https"
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+"://"+net.JoinHostPort(host, port)+"/readyz", nil)
	if err != nil {
		return err
	}
	// Nothing secret goes out, so whose certificate answers does not matter.
	transport := &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	answer, err := transport.RoundTrip(r)
	if err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 1<<10))
	return answer.Body.Close()
}

// writeStacks writes where every goroutine stands. A later stall of the same phase takes the file's place,
// so that a bad day does not fill the disk.
func writeStacks(path string) error {
	b := make([]byte, 1<<20)
	for {
		n := runtime.Stack(b, true)
		if n < len(b) || len(b) >= 16<<20 {
			b = b[:n]
			break
		}
		b = make([]byte, 2*len(b))
	}
	head := fmt.Sprintf("%s, %s\n\n", versionLine(), time.Now().Format(time.RFC3339))
	return os.WriteFile(path, append([]byte(head), b...), 0o600)
}
