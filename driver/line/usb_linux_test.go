package line

import (
	"context"
	"errors"
	"io"
	"testing"

	"go.bug.st/serial/enumerator"
)

// TestUSBFollows: an adapter is pulled out while its line is open, is missing, and comes back under another
// name beside one of the same kind. The address stays the same.
func TestUSBFollows(t *testing.T) {
	const address = "serial://usb/0403:6001/A1?baud=115200"
	plugged := map[string]string{} // device names by serial number
	system := listPorts
	t.Cleanup(func() { listPorts = system })
	listPorts = func() (all []*enumerator.PortDetails, err error) {
		for number, name := range plugged {
			all = append(all, &enumerator.PortDetails{Name: name, IsUSB: true, VID: "0403", PID: "6001", SerialNumber: number})
		}
		return all, nil
	}
	for round := range 3 {
		other, otherName := pty(t)
		adapter, name := pty(t)
		plugged["A1"], plugged["A2"] = name, otherName
		l, err := Dial(context.Background(), address)
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		if _, err := l.Write([]byte("pay")); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, 3)
		if _, err := io.ReadFull(adapter, got); err != nil || string(got) != "pay" {
			t.Fatalf("round %d: the adapter has %q, %v", round, got, err)
		}
		ended := make(chan error, 1)
		go func() {
			_, err := l.Read(make([]byte, 1))
			ended <- err
		}()
		if err := adapter.Close(); err != nil { // pulled out
			t.Fatal(err)
		}
		delete(plugged, "A1")
		if err := <-ended; !errors.Is(err, ErrGone) {
			t.Errorf("round %d: the open line ends with %v", round, err)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		if _, err := Dial(context.Background(), address); !errors.Is(err, ErrNoDevice) {
			t.Errorf("round %d: without the adapter: %v", round, err)
		}
		if err := other.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
