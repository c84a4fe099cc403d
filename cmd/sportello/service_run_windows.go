package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/svc"
	"golang.org/x/sys/windows/svc/eventlog"

	"sportello/cmd/sportello/internal/config"
)

// runUnderManager is what the manager of Windows starts. It calls svc.Run by itself: kardianos/service asks
// first whether this is session 0, which is no sure sign (golang/go#56335), and reports "running" before
// the page answers.
func runUnderManager(configPath string) int {
	s := &managedService{config: configPath}
	err := svc.Run(serviceName, s)
	switch {
	case errors.Is(err, windows.ERROR_FAILED_SERVICE_CONTROLLER_CONNECT):
		return usageError("service run: lo avvia il gestore dei servizi di Windows", "sportello service start, oppure in primo piano: sportello run --config FILE")
	case err != nil:
		return fail(err)
	}
	return s.code
}

// managedService answers the manager during one life of the service.
type managedService struct {
	config string
	code   int
}

const accepted = svc.AcceptStop | svc.AcceptShutdown | svc.AcceptPreShutdown

// pending is how often a slow start or stop shows that it goes on, and how long the manager may wait for
// the next sign.
const (
	pending     = 2 * time.Second
	pendingHint = uint32(3 * pending / time.Millisecond)
)

// Execute is one life: the status is "running" from the moment the page answers. The end's code is the
// step at which it failed, and the event log says it in words.
func (m *managedService) Execute(_ []string, requests <-chan svc.ChangeRequest, status chan<- svc.Status) (bool, uint32) {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	ready, ended := make(chan struct{}), make(chan startStep, 1)
	said := capture()
	go func() { ended <- m.serve(ctx, func() { close(ready) }) }()

	now := svc.Status{State: svc.StartPending, WaitHint: pendingHint}
	status <- now
	tick := time.NewTicker(pending)
	defer tick.Stop()
	for {
		select {
		case <-ready:
			ready = nil
			now = svc.Status{State: svc.Running, Accepts: accepted}
			status <- now
		case <-tick.C:
			if now.State != svc.Running {
				now.CheckPoint++
				status <- now
			}
		case r := <-requests:
			switch r.Cmd {
			case svc.Interrogate:
				status <- now
			case svc.Stop, svc.Shutdown, svc.PreShutdown:
				stop()
				now = svc.Status{State: svc.StopPending, WaitHint: pendingHint}
				status <- now
			}
		case step := <-ended:
			tellEventLog(step, said())
			return step != stepDone, uint32(step)
		}
	}
}

// serve is the service as `sportello run` has it.
func (m *managedService) serve(ctx context.Context, ready func()) startStep {
	cfg, err := config.Load(m.config)
	if err != nil {
		m.code = failConfig(err)
		return stepConfiguration
	}
	if cfg.Log.File == "" { // there is nobody at standard error
		if err := os.MkdirAll(cfg.DataDir, 0o750); err != nil {
			m.code = fail(fmt.Errorf("%w: %w", errData, err))
			return stepData
		}
		cfg.Log.File = filepath.Join(cfg.DataDir, "sportello.log")
	}
	var failed error
	began := false
	m.code = serve(ctx, cfg, serviceOptions{failed: func(err error) { failed = err }}, func() { began = true; ready() })
	switch {
	case m.code == exitDone:
		return stepDone
	case began:
		return stepRun
	case failed == nil:
		return stepLog
	}
	return stepOf(failed)
}

// capture takes what is written for people to standard error, which a service has not; the function that it
// returns gives it back.
func capture() func() string {
	r, w, err := os.Pipe()
	if err != nil {
		return func() string { return "" }
	}
	before := os.Stderr
	os.Stderr = w
	const most = 16 << 10 // an event holds 31,839 characters
	var b bytes.Buffer
	done := make(chan struct{})
	go func() {
		defer close(done)
		part := make([]byte, 1<<10)
		for {
			n, err := r.Read(part)
			b.Write(part[:min(n, most-b.Len())])
			if err != nil {
				return
			}
		}
	}()
	return func() string {
		os.Stderr = before
		_ = w.Close()
		<-done
		_ = r.Close()
		return b.String()
	}
}

// tellEventLog writes how the life ended to the event log. What cannot be written there is in the log file.
func tellEventLog(step startStep, said string) {
	log, err := eventlog.Open(serviceName)
	if err != nil {
		return
	}
	defer log.Close()
	if step == stepDone {
		_ = log.Info(1, "Sportello POS si è fermato in ordine.")
		return
	}
	_ = log.Error(uint32(step), fmt.Sprintf("Sportello POS non è in funzione: %s (passo %d).\r\n%s", step, uint32(step), said))
}

// tellRefused writes to the event log why the installer was refused: of what a program says the installer of
// Windows keeps its exit code only.
func tellRefused(why string) {
	log, err := eventlog.Open(serviceName)
	if err != nil {
		return
	}
	defer log.Close()
	_ = log.Warning(eventRefused, "Installazione di Sportello POS rifiutata: "+why)
}

// eventRefused is the number of that event; those of startStep are the others.
const eventRefused = 30
