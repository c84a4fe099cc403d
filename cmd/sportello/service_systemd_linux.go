package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	kardianos "github.com/kardianos/service"
)

const (
	howToInstall    = "installare il pacchetto .deb o .rpm, che porta l'unità di systemd, poi: sportello service install"
	howToHaveRights = "ripetere il comando come amministratore: sudo sportello service …"
	whereItSays     = "il motivo è nel giornale: journalctl -u sportello -n 50; sportello doctor prova ogni cosa"
)

// systemdManager commands the unit that the package brings. kardianos/service starts, stops and asks. It
// neither installs nor removes: its built-in unit has no hardening, waits two minutes before a restart and
// does not know when the page answers; so install and uninstall enable and disable the package's unit.
type systemdManager struct{ unit kardianos.Service }

func newManager() (systemManager, error) {
	if _, err := exec.LookPath("systemctl"); err != nil {
		return nil, fmt.Errorf("%w: manca systemd", errNoManager)
	}
	// The system is chosen by name: by itself the library takes what runs as process 1, which in a
	// container would make it write start scripts of another age.
	for _, s := range kardianos.AvailableSystems() {
		if s.String() == "linux-systemd" {
			unit, err := s.New(unitOnly{}, &kardianos.Config{Name: serviceName})
			return &systemdManager{unit}, err
		}
	}
	return nil, errNoManager
}

// unitOnly is what the library wants to run: systemd runs our own `sportello run` instead.
type unitOnly struct{}

func (unitOnly) Start(kardianos.Service) error { return nil }
func (unitOnly) Stop(kardianos.Service) error  { return nil }

// Install lets the unit start with the PC. The unit's own line names the configuration.
func (m *systemdManager) Install(string) error {
	if err := m.mayAct(); err != nil {
		return err
	}
	return systemctl(context.Background(), "enable", serviceName+".service")
}

// Uninstall stops the service and keeps it from starting with the PC; its files are the package's.
func (m *systemdManager) Uninstall(ctx context.Context) error {
	if err := m.mayAct(); err != nil {
		return err
	}
	return systemctl(ctx, "disable", "--now", serviceName+".service")
}

// Start returns when the page answers: the unit is of type notify, and systemctl waits for its word.
func (m *systemdManager) Start(ctx context.Context) error {
	if err := m.mayAct(); err != nil {
		return err
	}
	if err := bounded(ctx, m.unit.Start); err != nil {
		return fmt.Errorf("%w: %w", errNotUsable, err)
	}
	if state, err := m.State(); err != nil || state != serviceRunning {
		return errors.Join(errNotUsable, err) // a condition of the unit does not hold: systemctl says nothing
	}
	return nil
}

func (m *systemdManager) Stop(ctx context.Context) error {
	if err := m.mayAct(); err != nil {
		return err
	}
	if err := bounded(ctx, m.unit.Stop); err != nil {
		return fmt.Errorf("%w: %w", errStillThere, err)
	}
	return nil
}

// State asks the library first, then systemd itself for what the library does not tell apart.
func (m *systemdManager) State() (serviceState, error) {
	switch status, err := m.unit.Status(); {
	case errors.Is(err, kardianos.ErrNotInstalled):
		return serviceMissing, nil
	case err == nil && status == kardianos.StatusStopped:
		return serviceStopped, nil
	}
	out, err := exec.Command("systemctl", "show", "--property=ActiveState,SubState", "--value", serviceName+".service").Output()
	if err != nil {
		return "", fmt.Errorf("%w: %w", errNoManager, err)
	}
	active, sub, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	switch {
	case sub == "auto-restart" || active == "failed":
		return serviceFailed, nil
	case active == "active" || active == "reloading":
		return serviceRunning, nil
	case active == "activating":
		return serviceStarting, nil
	case active == "deactivating":
		return serviceStopping, nil
	case active == "inactive":
		return serviceStopped, nil
	}
	return "", fmt.Errorf("%w: systemd non risponde", errNoManager)
}

// mayAct refuses before systemd asks for a password on a terminal that may not be there.
func (m *systemdManager) mayAct() error {
	state, err := m.State()
	switch {
	case err != nil:
		return err
	case state == serviceMissing:
		return errNotInstalled
	case os.Geteuid() != 0:
		return errNoRights
	}
	return nil
}

func systemctl(ctx context.Context, args ...string) error {
	out, err := exec.CommandContext(ctx, "systemctl", args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("systemctl %s: %w: %s", args[0], err, strings.TrimSpace(string(out)))
	}
	return nil
}

// bounded ends the wait for an act that knows no context. The act goes on in the library's child process
// and ends by systemd's own limits; this program ends before.
func bounded(ctx context.Context, act func() error) error {
	done := make(chan error, 1)
	go func() { done <- act() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// runUnderManager is for Windows: systemd starts `sportello run`.
func runUnderManager(string) int {
	return usageError("service run: lo avvia il gestore dei servizi di Windows", "sportello run --config FILE")
}

// runSettle is for Windows: what it sets stands in the unit and in the package.
func runSettle(string, bool) int {
	return usageError("service settle: serve all'installatore di Windows", "mettere la configurazione in /etc/sportello/config.yaml")
}

// tellRefused is for Windows: package managers show what the program says.
func tellRefused(string) {}
