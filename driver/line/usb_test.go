//go:build linux || windows

package line

import (
	"context"
	"errors"
	"strings"
	"testing"

	"go.bug.st/serial/enumerator"
)

func TestPickUSB(t *testing.T) {
	ports := []*enumerator.PortDetails{
		{Name: "/dev/ttyS0"},
		{Name: "/dev/ttyUSB0", IsUSB: true, VID: "0403", PID: "6001", SerialNumber: "A1"},
		{Name: "/dev/ttyUSB1", IsUSB: true, VID: "0403", PID: "6001", SerialNumber: "A2"},
		{Name: "/dev/ttyACM0", IsUSB: true, VID: "1a86", PID: "7523"},
	}
	for _, c := range []struct{ address, device, says string }{
		{"serial://usb/0403:6001/A2", "/dev/ttyUSB1", ""},
		{"serial://usb/1A86:7523", "/dev/ttyACM0", ""},
		{"serial://usb/0403:6001", "", "fits 2 adapters"},
		{"serial://usb/0403:6001/A3", "", "plugged in now: 0403:6001/A1"},
		{"serial://usb/0000:0001", "", "not found"},
	} {
		a, err := ParseAddress(c.address)
		if err != nil {
			t.Fatal(err)
		}
		device, err := pickUSB(a, ports)
		if device != c.device || c.says == "" != (err == nil) || err != nil && (!errors.Is(err, ErrNoDevice) || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: %q, %v; want %q, %q", c.address, device, err, c.device, c.says)
		}
	}
}

func TestDialUnpluggedUSB(t *testing.T) {
	if _, err := Dial(context.Background(), "serial://usb/FFFF:FFFE/none"); err == nil {
		t.Fatal("an adapter that is not there was opened")
	}
}
