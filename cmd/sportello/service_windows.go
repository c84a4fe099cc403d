package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	kardianos "github.com/kardianos/service"
	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/svc"
	"golang.org/x/sys/windows/svc/mgr"
)

const (
	howToInstall    = "installare il pacchetto .msi, oppure da amministratore: sportello service install --config FILE"
	howToHaveRights = "ripetere il comando da un prompt aperto con «Esegui come amministratore»"
	whereItSays     = "il motivo è nel visualizzatore eventi (Registri di Windows, Applicazione, origine sportello); sportello doctor prova ogni cosa"
)

// serviceAccount is an identity of this service alone, without a password and without rights of its own:
// the access list of the data directory names it, and nothing else on the PC does.
const serviceAccount = `NT SERVICE\` + serviceName

// windowsManager commands the service of Windows. kardianos/service makes and removes it, with its source
// in the event log. It does not start, stop and ask: its start returns before the service runs, its stop
// never ends when the service is stuck, and its question asks for the right to stop. Nor does it know more
// than one recovery action, errors that are no crash, the service's own SID and the time before a shutdown.
type windowsManager struct{}

func newManager() (systemManager, error) { return windowsManager{}, nil }

// definition is the service as it is made.
func definition(configPath string) (kardianos.Service, error) {
	return kardianos.New(managedOnly{}, &kardianos.Config{
		Name: serviceName, DisplayName: "Sportello POS",
		Description: "Incassa con carta gli avvisi pagoPA allo sportello.",
		Arguments:   []string{"service", "run", "--config", configPath},
		UserName:    serviceAccount,
		Option:      kardianos.KeyValue{kardianos.StartType: kardianos.ServiceStartAutomatic, "DelayedAutoStart": true},
	})
}

// managedOnly is what the library wants to run: `service run` answers the manager by itself.
type managedOnly struct{}

func (managedOnly) Start(kardianos.Service) error { return nil }
func (managedOnly) Stop(kardianos.Service) error  { return nil }

func (m windowsManager) Install(configPath string) error {
	switch state, err := m.State(); {
	case err != nil:
		return err
	case state != serviceMissing:
		return errInstalled
	}
	service, err := definition(configPath)
	if err != nil {
		return err
	}
	if err := service.Install(); err != nil {
		return inOurWords(err)
	}
	if err := settleService(); err != nil {
		return errors.Join(err, service.Uninstall()) // half a service would run with other rights
	}
	return nil
}

func (m windowsManager) Uninstall(ctx context.Context) error {
	if err := m.Stop(ctx); err != nil {
		return err
	}
	service, err := definition("")
	if err != nil {
		return err
	}
	return inOurWords(service.Uninstall())
}

func (windowsManager) Start(ctx context.Context) error {
	return withService(windows.SERVICE_START|windows.SERVICE_QUERY_STATUS, func(s *mgr.Service) error {
		err := s.Start()
		if err != nil && !errors.Is(err, windows.ERROR_SERVICE_ALREADY_RUNNING) {
			return err
		}
		return awaitService(ctx, s, svc.Running, errNotUsable)
	})
}

func (windowsManager) Stop(ctx context.Context) error {
	return withService(windows.SERVICE_STOP|windows.SERVICE_QUERY_STATUS, func(s *mgr.Service) error {
		_, err := s.Control(svc.Stop)
		switch {
		case errors.Is(err, windows.ERROR_SERVICE_NOT_ACTIVE):
			return nil
		case err != nil && !errors.Is(err, windows.ERROR_SERVICE_CANNOT_ACCEPT_CTRL): // it is stopping already
			return err
		}
		return awaitService(ctx, s, svc.Stopped, errStillThere)
	})
}

// State asks with the rights that every user has.
func (windowsManager) State() (state serviceState, err error) {
	err = withService(windows.SERVICE_QUERY_STATUS, func(s *mgr.Service) error {
		status, err := s.Query()
		state = stateOf(status)
		return err
	})
	if errors.Is(err, errNotInstalled) {
		return serviceMissing, nil
	}
	return state, err
}

func stateOf(s svc.Status) serviceState {
	switch s.State {
	case svc.StartPending, svc.ContinuePending:
		return serviceStarting
	case svc.Running:
		return serviceRunning
	case svc.StopPending:
		return serviceStopping
	}
	const neverStarted = uint32(windows.ERROR_SERVICE_NEVER_STARTED)
	if s.Win32ExitCode != 0 && s.Win32ExitCode != neverStarted {
		return serviceFailed
	}
	return serviceStopped
}

// withService opens the service with these rights only and hands it on.
func withService(access uint32, act func(*mgr.Service) error) error {
	manager, err := windows.OpenSCManager(nil, nil, windows.SC_MANAGER_CONNECT)
	if err != nil {
		return inOurWords(err)
	}
	defer windows.CloseServiceHandle(manager)
	name, err := windows.UTF16PtrFromString(serviceName)
	if err != nil {
		return err
	}
	h, err := windows.OpenService(manager, name, access)
	if err != nil {
		return inOurWords(err)
	}
	defer windows.CloseServiceHandle(h)
	return inOurWords(act(&mgr.Service{Name: serviceName, Handle: h}))
}

// inOurWords puts our words on what Windows says.
func inOurWords(err error) error {
	switch {
	case errors.Is(err, windows.ERROR_ACCESS_DENIED):
		return fmt.Errorf("%w: %w", errNoRights, err)
	case errors.Is(err, windows.ERROR_SERVICE_DOES_NOT_EXIST):
		return fmt.Errorf("%w: %w", errNotInstalled, err)
	}
	return err
}

// awaitService looks every quarter of a second: Windows has no wait that a plain handle may use.
func awaitService(ctx context.Context, s *mgr.Service, want svc.State, failure error) error {
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for {
		status, err := s.Query()
		switch {
		case err != nil:
			return err
		case status.State == want:
			return nil
		case status.State == svc.Stopped:
			return fmt.Errorf("%w: passo %d (%s)", failure, status.ServiceSpecificExitCode, startStep(status.ServiceSpecificExitCode))
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", failure, ctx.Err())
		}
	}
}
