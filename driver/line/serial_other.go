//go:build !linux

package line

import "go.bug.st/serial"

func openDevice(name string, mode *serial.Mode) (Line, error) {
	device, err := serial.Open(name, mode)
	if err != nil {
		return nil, err
	}
	return newPort(name, device), nil
}
