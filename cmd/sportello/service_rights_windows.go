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
// shutdown; and the access list of the folder with configuration and data.
func settleService() error {
	access := uint32(windows.SERVICE_CHANGE_CONFIG | windows.SERVICE_QUERY_CONFIG | windows.SERVICE_START)
	err := withService(access, func(s *mgr.Service) error {
		restart := func(after time.Duration) mgr.RecoveryAction {
			return mgr.RecoveryAction{Type: mgr.ServiceRestart, Delay: after}
		}
		again := []mgr.RecoveryAction{restart(2 * time.Second), restart(10 * time.Second), restart(time.Minute)}
		if err := s.SetRecoveryActions(again, 24*60*60); err != nil {
			return fmt.Errorf("recovery actions: %w", err)
		}
		if err := s.SetRecoveryActionsOnNonCrashFailures(true); err != nil {
			return fmt.Errorf("recovery after errors: %w", err)
		}
		delayed, sid, shutdown := uint32(1), uint32(windows.SERVICE_SID_TYPE_UNRESTRICTED), uint32(stopLimit/time.Millisecond)
		for _, setting := range []struct {
			what  string
			level uint32
			value *uint32
		}{
			{"delayed start", windows.SERVICE_CONFIG_DELAYED_AUTO_START_INFO, &delayed},
			{"SID", windows.SERVICE_CONFIG_SERVICE_SID_INFO, &sid},
			{"time before a shutdown", windows.SERVICE_CONFIG_PRESHUTDOWN_INFO, &shutdown},
		} {
			if err := windows.ChangeServiceConfig2(s.Handle, setting.level, (*byte)(unsafe.Pointer(setting.value))); err != nil {
				return fmt.Errorf("%s: %w", setting.what, err)
			}
		}
		return leastPrivileges(s.Handle)
	})
	if err != nil {
		return err
	}
	return ownFolder(filepath.Dir(config.DefaultPath()))
}

// runSettle is what the installer calls: the settings, the configuration that it was given, and a start
// where there is a configuration. What it cannot do makes the installer go back to what was there before.
// With purge it deletes configuration and ledger instead, at a removal that was told to.
func runSettle(take string, purge bool) int {
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
	if err := windows.ChangeServiceConfig2(h, windows.SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO, (*byte)(unsafe.Pointer(&info))); err != nil {
		return fmt.Errorf("privileges: %w", err)
	}
	return nil
}

// ownFolder makes the folder of configuration and data and closes it to other users: secrets and the token
// of the command line are in it. The system and administrators may do everything, the service may change
// what is in it. Whoever shall use the command line is added to the list by the administrator.
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
