package main

import (
	"slices"
	"strings"
	"unsafe"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

// clockSynced is what the time service is told to do: NoSync means that nobody keeps the clock.
func clockSynced() (synced, known bool) {
	k, err := registry.OpenKey(registry.LOCAL_MACHINE, `SYSTEM\CurrentControlSet\Services\W32Time\Parameters`, registry.QUERY_VALUE)
	if err != nil {
		return false, false
	}
	defer k.Close()
	kind, _, err := k.GetStringValue("Type")
	return kind != "NoSync", err == nil
}

// mayUse: a COM port is everybody's; whether it is free only opening it would tell.
func mayUse(string) error { return nil }

// scanners are those whose service runs; asking for that needs no rights.
func scanners() (found []string) {
	m, err := windows.OpenSCManager(nil, nil, windows.SC_MANAGER_ENUMERATE_SERVICE)
	if err != nil {
		return nil
	}
	defer windows.CloseServiceHandle(m)
	var size, count uint32
	_ = windows.EnumServicesStatusEx(m, windows.SC_ENUM_PROCESS_INFO, windows.SERVICE_WIN32, windows.SERVICE_ACTIVE, nil, 0, &size, &count, nil, nil)
	if size == 0 || size > 4<<20 {
		return nil
	}
	buf := make([]byte, size)
	if err := windows.EnumServicesStatusEx(m, windows.SC_ENUM_PROCESS_INFO, windows.SERVICE_WIN32, windows.SERVICE_ACTIVE, &buf[0], size, &size, &count, nil, nil); err != nil || count == 0 {
		return nil
	}
	for _, s := range unsafe.Slice((*windows.ENUM_SERVICE_STATUS_PROCESS)(unsafe.Pointer(&buf[0])), count) {
		name := strings.ToLower(windows.UTF16PtrToString(s.ServiceName))
		if who := knownScanners[name]; who != "" && !slices.Contains(found, who) {
			found = append(found, who)
		}
	}
	slices.Sort(found)
	return found
}
