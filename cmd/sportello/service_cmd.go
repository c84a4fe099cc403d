package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"sportello/cmd/sportello/internal/config"
)

// serviceName is the service's name for the system's manager: systemd's unit, the key of Windows.
const serviceName = "sportello"

// startLimit and stopLimit bound what the service's commands wait for. A start reads the whole ledger.
const (
	startLimit = 5 * time.Minute
	stopLimit  = 30 * time.Second
)

// serviceState is what the system's manager says of the service.
type serviceState string

const (
	serviceMissing  serviceState = "not_installed"
	serviceStopped  serviceState = "stopped"
	serviceStarting serviceState = "starting"
	serviceRunning  serviceState = "running"
	serviceStopping serviceState = "stopping"
	serviceFailed   serviceState = "failed" // it ended by itself, and the manager gave up or waits
)

// systemManager is the part of systemd and of the Windows service manager that the commands need. Start
// and Stop return when the service is usable, respectively gone, or when ctx ends.
type systemManager interface {
	Install(configPath string) error
	Uninstall(ctx context.Context) error
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
	State() (serviceState, error)
}

// What the system's manager can refuse.
var (
	errNoManager    = errors.New("su questo sistema il servizio non si può comandare")
	errNotInstalled = errors.New("il servizio non è installato")
	errInstalled    = errors.New("il servizio è già installato")
	errNoRights     = errors.New("questo utente non può comandare il servizio")
	errNotUsable    = errors.New("il servizio non è partito")
	errStillThere   = errors.New("il servizio non si è fermato")
)

// runServiceControl is `sportello service …`.
func runServiceControl(args []string) int {
	fs := flag.NewFlagSet("service", flag.ContinueOnError)
	path := configFlag(fs)
	asJSON := fs.Bool("json", false, "con status: un solo documento JSON su standard output")
	wait := fs.Duration("wait", readyWait, "con upgrade-ready: quanto attendere ciò che è in corso")
	lenient := fs.Bool("lenient", false, "con upgrade-ready: chi non può chiedere non impedisce niente")
	take := fs.String("take", "", "per l'installatore di Windows: configurazione da copiare al suo posto, se non ce n'è una")
	purge := fs.Bool("purge", false, "per l'installatore di Windows: cancella configurazione e registro")
	if !parse(fs, args) {
		return exitUsage
	}
	const verbs = "sportello service install|uninstall|start|stop|status|upgrade-ready"
	if fs.NArg() != 1 {
		return usageError("service: serve un'azione", verbs)
	}
	verb := fs.Arg(0)
	if *asJSON && verb != "status" {
		return usageError("service: --json va con status", "sportello service status --json")
	}
	file := orElse(orElse(*path, os.Getenv(configName)), config.DefaultPath())
	switch verb { // the first two are not for people, so not in the help
	case "run": // what the manager of Windows starts
		return runUnderManager(file)
	case "settle": // what the installer of Windows calls after it has made the service
		return runSettle(*take, *purge)
	case "upgrade-ready":
		return serviceUpgradeReady(file, *wait, *lenient)
	}
	manager, err := newManager()
	if err != nil {
		return failService(err)
	}
	switch verb {
	case "install":
		return serviceInstall(manager, file)
	case "uninstall":
		return serviceUninstall(manager)
	case "start":
		return serviceStart(manager, file)
	case "stop":
		return serviceStop(manager)
	case "status":
		return serviceStatus(manager, file, *asJSON)
	}
	return usageError(fmt.Sprintf("service: azione %q sconosciuta", verb), verbs)
}

func serviceInstall(m systemManager, file string) int {
	file, err := filepath.Abs(file) // the manager starts the service in another folder
	if err != nil {
		return fail(err)
	}
	if err := m.Install(file); err != nil {
		return failService(err)
	}
	fmt.Fprintln(os.Stdout, "Servizio installato: parte da sé all'accensione del PC. Per avviarlo ora: sportello service start")
	return exitDone
}

func serviceUninstall(m systemManager) int {
	ctx, cancel := context.WithTimeout(context.Background(), stopLimit)
	defer cancel()
	if err := m.Uninstall(ctx); err != nil {
		return failService(err)
	}
	fmt.Fprintln(os.Stdout, "Servizio tolto: non parte più da sé. Configurazione e registro restano dove sono.")
	return exitDone
}

// serviceStart looks at the configuration first: the service would say the same, where nobody looks.
func serviceStart(m systemManager, file string) int {
	if _, err := config.Load(file); err != nil {
		return failConfig(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	if err := m.Start(ctx); err != nil {
		return failService(err)
	}
	fmt.Fprintln(os.Stdout, "Servizio in funzione.")
	return exitDone
}

func serviceStop(m systemManager) int {
	ctx, cancel := context.WithTimeout(context.Background(), stopLimit)
	defer cancel()
	if err := m.Stop(ctx); err != nil {
		return failService(err)
	}
	fmt.Fprintln(os.Stdout, "Servizio fermo. Un pagamento che era in corso riprende, dalle sue prove, al prossimo avvio.")
	return exitDone
}

// standing is the answer of `service status`.
type standing struct {
	State  serviceState `json:"state"`
	Ready  bool         `json:"ready"`  // the page answers and the till is there
	Listen string       `json:"listen"` // "" where the configuration cannot be read
}

// serviceStatus ends with 0 when the service is usable, 1 when that cannot be known or nothing is
// installed, 5 when nothing answers.
func serviceStatus(m systemManager, file string, asJSON bool) int {
	state, err := m.State()
	if err != nil {
		return failService(err)
	}
	s := standing{State: state}
	if place, err := findPlace(file); err == nil {
		s.Listen = place.Listen
		s.Ready = pageIsReady(file)
	}
	if asJSON {
		if err := json.NewEncoder(os.Stdout).Encode(s); err != nil {
			return fail(err)
		}
	} else {
		words := map[serviceState]string{
			serviceMissing: "non installato", serviceStopped: "fermo", serviceStarting: "in avvio",
			serviceRunning: "in funzione", serviceStopping: "si sta fermando", serviceFailed: "finito per un errore",
		}
		fmt.Fprintf(os.Stdout, "Servizio: %s\n", words[state])
		if s.Ready {
			fmt.Fprintf(os.Stdout, "Pagina:   risponde su %s\n", s.Listen)
		} else {
			fmt.Fprintf(os.Stdout, "Pagina:   non risponde%s\n", map[bool]string{true: " su " + s.Listen}[s.Listen != ""])
		}
	}
	switch {
	case s.Ready:
		return exitDone
	case state == serviceMissing:
		return failService(errNotInstalled)
	case state == serviceRunning:
		complain("il servizio è in funzione ma la pagina non risponde", "sportello doctor dice perché")
	default:
		complain("il servizio non risponde", orElse(map[serviceState]string{
			serviceStopped: "sportello service start", serviceStarting: "attendere qualche secondo e ripetere", serviceFailed: whereItSays,
		}[state], "sportello doctor dice perché"))
	}
	return exitUnreachable
}

// pageIsReady asks the running service, whoever started it.
func pageIsReady(file string) bool {
	c, err := dial(file)
	if err != nil {
		return false
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+"/readyz", nil)
	if err != nil {
		return false
	}
	answer, err := c.http.Do(r)
	if err != nil {
		return false
	}
	_ = answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

// failService says what the manager refused, and what to do.
func failService(err error) int {
	hints := []struct {
		is   error
		hint string
	}{
		{errNotInstalled, howToInstall},
		{errInstalled, "per cambiarne la configurazione basta modificare il file e riavviarlo: sportello service stop, poi sportello service start"},
		{errNoRights, howToHaveRights},
		{errNotUsable, whereItSays},
		{errStillThere, "attendere qualche secondo e guardare sportello service status; " + whereItSays},
		{errNoManager, "avviarlo in primo piano: sportello run --config FILE"},
	}
	for _, h := range hints {
		if errors.Is(err, h.is) {
			complain(err.Error(), h.hint)
			return exitFailed
		}
	}
	complain(err.Error(), whereItSays)
	return exitFailed
}
