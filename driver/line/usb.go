//go:build linux || windows

package line

import (
	"fmt"
	"strings"

	"go.bug.st/serial/enumerator"
)

// listPorts are the serial ports that the operating system knows now; the adapters themselves are not probed.
var listPorts = func() ([]*enumerator.PortDetails, error) { return enumerator.GetDetailedPortsList() }

// findUSB gives the device name that the one adapter which a names has at this moment. It is asked at every Dial:
// an adapter that was pulled out may come back under another name.
func findUSB(a Address) (string, error) {
	ports, err := listPorts()
	if err != nil {
		return "", fmt.Errorf("list serial ports: %w", err)
	}
	return pickUSB(a, ports)
}

// pickUSB refuses two that fit: a charge must not depend on which one was plugged in first.
func pickUSB(a Address, ports []*enumerator.PortDetails) (string, error) {
	var found, others []string
	for _, p := range ports {
		if !p.IsUSB {
			continue
		}
		others = append(others, fmt.Sprintf("%s:%s/%s", strings.ToUpper(p.VID), strings.ToUpper(p.PID), p.SerialNumber))
		if strings.EqualFold(p.VID, a.VID) && strings.EqualFold(p.PID, a.PID) && (a.Number == "" || p.SerialNumber == a.Number) {
			found = append(found, p.Name)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return "", fmt.Errorf("%w: %s; plugged in now: %s", ErrNoDevice, a, strings.Join(append(others, "-"), " "))
	}
	return "", fmt.Errorf("%w: %s fits %d adapters (%s); add the serial number to the address",
		ErrNoDevice, a, len(found), strings.Join(found, ", "))
}
