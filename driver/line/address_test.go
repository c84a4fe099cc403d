package line

import (
	"errors"
	"strings"
	"testing"
)

func TestParseAddress(t *testing.T) {
	for _, c := range []struct {
		in   string
		want Address
	}{
		{"tcp://192.168.1.50:10000", Address{Kind: TCP, Path: "192.168.1.50:10000"}},
		{"TCP://pos-1.example.it:8081/", Address{Kind: TCP, Path: "pos-1.example.it:8081"}},
		{"tcp://[fe80::1%eth0]:1024", Address{Kind: TCP, Path: "[fe80::1%eth0]:1024"}},
		{"serial:///dev/ttyUSB0", Address{Kind: Serial, Path: "/dev/ttyUSB0", Baud: 9600, Format: "8N1"}},
		{"serial:///dev/ttyUSB0?baud=115200&format=7e1", Address{Kind: Serial, Path: "/dev/ttyUSB0", Baud: 115200, Format: "7E1"}},
		{"serial://com12?baud=1200", Address{Kind: Serial, Path: "COM12", Baud: 1200, Format: "8N1"}},
		{"serial://usb/0403:6001", Address{Kind: USB, VID: "0403", PID: "6001", Baud: 9600, Format: "8N1"}},
		{"serial://usb/1a86:7523/A5?baud=38400", Address{Kind: USB, VID: "1A86", PID: "7523", Number: "A5", Baud: 38400, Format: "8N1"}},
	} {
		got, err := ParseAddress(c.in)
		if err != nil || got != c.want {
			t.Errorf("ParseAddress(%q) = %+v, %v; want %+v", c.in, got, err, c.want)
		}
	}
}

// Each refusal names the fault and shows a right address.
func TestParseAddressRefuses(t *testing.T) {
	for _, c := range []struct{ in, says string }{
		{"", "does not begin"},
		{"192.168.1.50:10000", "does not begin"},
		{"http://192.168.1.50:10000", "not a kind of line"},
		{"tcp://192.168.1.50", "port is missing"},
		{"tcp://192.168.1.50:", "port \"\""},
		{"tcp://192.168.1.50:0", "1 to 65535"},
		{"tcp://192.168.1.50:70000", "1 to 65535"},
		{"tcp://192.168.1.50:+80", "1 to 65535"},
		{"tcp://:10000", "host name is missing"},
		{"tcp://a b:1", "not an IP address"},
		{"tcp://host:1/path", "only a host and a port"},
		{"tcp://me@host:1", "only a host and a port"},
		{"tcp://1:2:3", "cannot be told apart"},
		{"serial://", "port is missing"},
		{"serial://ttyUSB0", "neither a device"},
		{"serial://COM0", "neither a device"},
		{"serial:///etc/passwd", "neither a device"},
		{"serial:///dev/ttyUSB0?baud=9601", "baud \"9601\""},
		{"serial:///dev/ttyUSB0?format=9N1", "format \"9N1\""},
		{"serial:///dev/ttyUSB0?parity=even", "\"parity\" is not a serial setting"},
		{"serial:///dev/ttyUSB0?%zz", "cannot be read"},
		{"serial://usb/", "VID:PID"},
		{"serial://usb/0403-6001", "VID:PID"},
		{"serial://usb/0403:60011", "VID:PID"},
		{"serial://usb/0403:6001/a/b", "serial number"},
	} {
		_, err := ParseAddress(c.in)
		if !errors.Is(err, ErrAddress) || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "an example of a right one") {
			t.Errorf("ParseAddress(%q) says %v; want %q", c.in, err, c.says)
		}
	}
}

// Whatever parses has one canonical form that parses to the same thing.
func FuzzParseAddress(f *testing.F) {
	seeds := []string{"tcp://192.168.1.50:10000", "tcp://[::1]:1", "serial://COM3", "serial:///dev/ttyUSB0?baud=9600&format=7E1", "serial://usb/0403:6001/A5"}
	if len(seeds) == 0 {
		f.Fatal("no seeds")
	}
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := ParseAddress(s)
		if err != nil {
			return
		}
		again, err := ParseAddress(a.String())
		if err != nil || again != a {
			t.Fatalf("%q → %+v → %q → %+v, %v", s, a, a, again, err)
		}
	})
}
