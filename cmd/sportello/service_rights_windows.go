package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/svc/mgr"

	"sportello/cmd/sportello/internal/config"
)

// settleService sets what kardianos/service and the installer cannot: three restarts after a failure, also
// after an error that is no crash; the service's own SID; as few privileges as there are; time before a
// shutdown; and the access list of the folder with configuration and data. A setting that this system does not
// know is told and left out: every Windows that we support knows all of them, wine does not.
func settleService() error {
	access := uint32(windows.SERVICE_CHANGE_CONFIG | windows.SERVICE_QUERY_CONFIG | windows.SERVICE_START)
	err := withService(access, func(s *mgr.Service) error {
		for _, setting := range []struct {
			what string
			set  func() error
		}{
			{"recovery actions", func() error { return s.SetRecoveryActions(restarts, restartsReset) }},
			{"recovery after errors", func() error { return s.SetRecoveryActionsOnNonCrashFailures(true) }},
			{"delayed start", func() error { return change(s, windows.SERVICE_CONFIG_DELAYED_AUTO_START_INFO, 1) }},
			{"SID", func() error {
				return change(s, windows.SERVICE_CONFIG_SERVICE_SID_INFO, windows.SERVICE_SID_TYPE_UNRESTRICTED)
			}},
			{"time before a shutdown", func() error {
				return change(s, windows.SERVICE_CONFIG_PRESHUTDOWN_INFO, uint32(stopLimit/time.Millisecond))
			}},
			{"privileges", func() error { return leastPrivileges(s.Handle) }},
		} {
			switch err := setting.set(); {
			case errors.Is(err, windows.ERROR_INVALID_LEVEL):
				fmt.Fprintf(os.Stderr, "questo sistema non conosce l'impostazione «%s»\n", setting.what)
			case err != nil:
				return fmt.Errorf("%s: %w", setting.what, err)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return ownFolder(filepath.Dir(config.DefaultPath()))
}

// restarts are what the system does after the first, the second and every further failure; a day without one
// begins again.
var restarts = []mgr.RecoveryAction{
	{Type: mgr.ServiceRestart, Delay: 2 * time.Second},
	{Type: mgr.ServiceRestart, Delay: 10 * time.Second},
	{Type: mgr.ServiceRestart, Delay: time.Minute},
}

const restartsReset = 24 * 60 * 60 // seconds

// change sets one number of the service's configuration.
func change(s *mgr.Service, level, value uint32) error {
	return windows.ChangeServiceConfig2(s.Handle, level, (*byte)(unsafe.Pointer(&value)))
}

// runSettle is what the installer calls: the settings, the configuration that it was given, and a start
// where there is a configuration. What it cannot do makes the installer go back to what was there before.
// With purge it deletes configuration and ledger instead, at a removal that was told to.
func runSettle(take string, purge bool) int {
	said := capture()
	code := settleAll(take, purge)
	words := said()
	fmt.Fprint(os.Stderr, words)
	if code != exitDone {
		tellRefused(words)
	}
	return code
}

func settleAll(take string, purge bool) int {
	if purge {
		if err := os.RemoveAll(filepath.Dir(config.DefaultPath())); err != nil {
			return fail(err)
		}
		return exitDone
	}
	if err := settleService(); err != nil {
		return failService(err)
	}
	if take != "" {
		if err := takeConfiguration(take); err != nil {
			complain(take+": "+err.Error(), "controllarla con: sportello config check "+take)
			return exitUsage
		}
	}
	file := config.DefaultPath()
	if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) {
		return exitDone // the administrator brings it later, then starts the service
	}
	return serviceStart(windowsManager{}, file)
}

// leastPrivileges leaves the one that walking through folders takes. All others are removed from the
// service's token when it starts.
func leastPrivileges(h windows.Handle) error {
	list, err := windows.UTF16FromString("SeChangeNotifyPrivilege")
	if err != nil {
		return err
	}
	list = append(list, 0) // the list ends with an empty name
	info := struct{ privileges *uint16 }{&list[0]}
	return windows.ChangeServiceConfig2(h, windows.SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO, (*byte)(unsafe.Pointer(&info)))
}

// ownFolder makes the folder of configuration and data and closes it to other users: secrets and the ledger are in it.
// The system and administrators may do everything, the service may change what is in it. Whoever shall use the command
// line is given two files of it by the administrator, the configuration and the token (writeShared keeps its readers).
func ownFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return fmt.Errorf("%w: %w", errData, err)
	}
	const all, change = "FA", "0x1301bf"
	list := fmt.Sprintf("D:PAI(A;OICI;%s;;;SY)(A;OICI;%s;;;BA)(A;OICI;%s;;;%s)", all, all, change, serviceSID(serviceName))
	d, err := windows.SecurityDescriptorFromString(list)
	if err != nil {
		return fmt.Errorf("access list of %q: %w", dir, err)
	}
	dacl, _, err := d.DACL()
	if err != nil {
		return fmt.Errorf("access list of %q: %w", dir, err)
	}
	const what = windows.DACL_SECURITY_INFORMATION | windows.PROTECTED_DACL_SECURITY_INFORMATION
	if err := windows.SetNamedSecurityInfo(dir, windows.SE_FILE_OBJECT, what, nil, nil, dacl, nil); err != nil {
		return fmt.Errorf("access list of %q: %w", dir, err)
	}
	return nil
}
