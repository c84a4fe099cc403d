package line

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Kind is the sort of line an address names.
type Kind string

const (
	TCP    Kind = "tcp"
	Serial Kind = "serial" // a device by its path or port name
	USB    Kind = "usb"    // a serial adapter by its USB identity, wherever it is plugged in
)

// Address is a parsed terminal address.
type Address struct {
	Kind   Kind
	Path   string // TCP: host:port; Serial: device; USB: empty
	VID    string // USB: four upper-case hexadecimal digits
	PID    string // likewise
	Number string // USB: serial number of the adapter; empty: any
	Baud   int    // serial lines: bits per second
	Format string // serial lines: data bits, parity, stop bits, e.g. 8N1
}

// What a serial line has when the address does not say (ECR17 5: no source gives parameters; 9600 is
// the usual first try).
const (
	defaultBaud   = 9600
	defaultFormat = "8N1"
)

var bauds = []int{1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200}

const (
	tcpExample    = "tcp://192.168.1.50:10000"
	serialExample = "serial:///dev/ttyUSB0?baud=9600&format=8N1, or serial://COM3 on Windows"
	usbExample    = "serial://usb/0403:6001/A50285BI"
)

// ParseAddress reads tcp://HOST:PORT, serial:///dev/NAME, serial://COM3 or serial://usb/VID:PID[/NUMBER];
// the serial ones take ?baud= and &format=. Errors are ErrAddress and are written for the people who
// edit the configuration.
func ParseAddress(s string) (Address, error) {
	scheme, rest, ok := strings.Cut(s, "://")
	switch {
	case !ok:
		return Address{}, wrong(s, "it does not begin with tcp:// or serial://", tcpExample+" or "+serialExample)
	case strings.EqualFold(scheme, "tcp"):
		return parseTCP(s, rest)
	case strings.EqualFold(scheme, "serial"):
		return parseSerial(s, rest)
	}
	return Address{}, wrong(s, fmt.Sprintf("%q is not a kind of line; there are tcp and serial", scheme),
		tcpExample+" or "+serialExample)
}

// String gives the address in its one canonical form; parsing that gives the same Address.
func (a Address) String() string {
	switch a.Kind {
	case TCP:
		return "tcp://" + a.Path
	case USB:
		id := a.VID + ":" + a.PID
		if a.Number != "" {
			id += "/" + a.Number
		}
		return "serial://usb/" + id + a.query()
	}
	return "serial://" + a.Path + a.query()
}

func (a Address) query() string {
	return fmt.Sprintf("?baud=%d&format=%s", a.Baud, a.Format)
}

func wrong(s, why, example string) error {
	return fmt.Errorf("%w: %q: %s (an example of a right one: %s)", ErrAddress, s, why, example)
}

func parseTCP(s, rest string) (Address, error) {
	bad := func(why string) (Address, error) { return Address{}, wrong(s, why, tcpExample) }
	rest = strings.TrimSuffix(rest, "/")
	if strings.ContainsAny(rest, "/?#@") {
		return bad("only a host and a port may follow tcp://")
	}
	host, port, err := net.SplitHostPort(rest)
	switch {
	case err != nil && strings.Contains(err.Error(), "missing port"):
		return bad("the port is missing; it is set on the terminal, there is no usual one")
	case err != nil:
		return bad("host and port cannot be told apart")
	case host == "":
		return bad("the terminal's IP address or host name is missing")
	case !isHost(host):
		return bad(fmt.Sprintf("%q is not an IP address or a host name", host))
	}
	n, err := strconv.Atoi(port)
	if err != nil || n < 1 || n > 65535 || strconv.Itoa(n) != port {
		return bad(fmt.Sprintf("port %q is not a number from 1 to 65535", port))
	}
	return Address{Kind: TCP, Path: net.JoinHostPort(host, port)}, nil
}

// isHost accepts IP literals (with a zone) and the letters of host names.
func isHost(h string) bool {
	return strings.IndexFunc(h, func(r rune) bool {
		return !(r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || strings.ContainsRune(".-_:%", r))
	}) < 0
}

func parseSerial(s, rest string) (Address, error) {
	device, query, _ := strings.Cut(rest, "?")
	a := Address{Kind: Serial, Path: device, Baud: defaultBaud, Format: defaultFormat}
	if why := a.readQuery(query); why != "" {
		return Address{}, wrong(s, why, serialExample)
	}
	switch {
	case device == "":
		return Address{}, wrong(s, "the serial port is missing", serialExample)
	case device == "usb" || strings.HasPrefix(device, "usb/"):
		if why := a.readUSB(strings.TrimPrefix(strings.TrimPrefix(device, "usb"), "/")); why != "" {
			return Address{}, wrong(s, why, usbExample)
		}
	case isCOM(device):
		a.Path = strings.ToUpper(device)
	case !strings.HasPrefix(device, "/dev/") || strings.IndexFunc(device, unprintable) >= 0:
		return Address{}, wrong(s, fmt.Sprintf("%q is neither a device under /dev nor a COM port", device), serialExample)
	}
	return a, nil
}

func unprintable(r rune) bool { return r <= ' ' || r == '#' || r >= 0x7f }

func isCOM(s string) bool {
	if len(s) < 4 || len(s) > 6 || !strings.EqualFold(s[:3], "COM") {
		return false
	}
	n, err := strconv.Atoi(s[3:])
	return err == nil && n > 0 && strconv.Itoa(n) == s[3:]
}

func (a *Address) readUSB(id string) (why string) {
	pair, number, _ := strings.Cut(id, "/")
	vid, pid, ok := strings.Cut(pair, ":")
	if !ok || !isHex4(vid) || !isHex4(pid) {
		return fmt.Sprintf("%q is not VID:PID, two groups of four hexadecimal digits", pair)
	}
	if strings.IndexFunc(number, unprintable) >= 0 || strings.Contains(number, "/") {
		return fmt.Sprintf("%q is not the serial number of a USB adapter", number)
	}
	a.Kind, a.Path = USB, ""
	a.VID, a.PID, a.Number = strings.ToUpper(vid), strings.ToUpper(pid), number
	return ""
}

func isHex4(s string) bool {
	_, err := strconv.ParseUint(s, 16, 16)
	return len(s) == 4 && err == nil
}

func (a *Address) readQuery(query string) (why string) {
	values, err := url.ParseQuery(query)
	if err != nil {
		return "what follows the ? cannot be read"
	}
	for name, v := range values {
		value := v[len(v)-1]
		switch name {
		case "baud":
			n, err := strconv.Atoi(value)
			if err != nil || !slices.Contains(bauds, n) {
				return fmt.Sprintf("baud %q is not one of %v", value, bauds)
			}
			a.Baud = n
		case "format":
			f := strings.ToUpper(value)
			if len(f) != 3 || !strings.Contains("78", f[:1]) || !strings.Contains("NEO", f[1:2]) || !strings.Contains("12", f[2:]) {
				return fmt.Sprintf("format %q is not data bits (7, 8), parity (N, E, O) and stop bits (1, 2)", value)
			}
			a.Format = f
		default:
			return fmt.Sprintf("%q is not a serial setting; there are baud and format", name)
		}
	}
	return ""
}
