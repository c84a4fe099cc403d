//go:build unix

package paper

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestDeviceFile prints through a pipe with a name, which is there or not as a USB printer is.
func TestDeviceFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lp0")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skipf("no named pipes here: %v", err)
	}
	p, shown := start(t, PrinterOptions{Name: path, Timing: hurried()})
	if s := until(t, shown, LightNotReady); !errors.Is(s.Err, ErrUnreachable) {
		t.Fatalf("the light says %v", s.Err)
	}
	reader, err := os.OpenFile(path, os.O_RDWR, 0) // both ends, so that it does not wait for the printer
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	until(t, shown, LightReady)
	if err := printed(t, p, []byte("scontrino")); err != nil {
		t.Fatal(err)
	}
	var b [9]byte
	if _, err := io.ReadFull(reader, b[:]); err != nil || string(b[:]) != "scontrino" {
		t.Errorf("%q came, %v", b, err)
	}
	// Nobody reads: the device is full, and says so in time.
	if err := printed(t, p, make([]byte, 1<<20)); !errors.Is(err, ErrSlow) {
		t.Errorf("a full device ends with %v", err)
	}
}

func TestDeviceThatIsNone(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "lp0")
	p, shown := start(t, PrinterOptions{Name: missing})
	if s := until(t, shown, LightNotReady); !errors.Is(s.Err, ErrUnreachable) {
		t.Errorf("the light says %v", s.Err)
	}
	p.Close()
	if _, err := os.Stat(missing); err == nil {
		t.Error("a file was made where no printer is")
	}
	if p, shown := start(t, PrinterOptions{Name: "/dev/null"}); !errors.Is(until(t, shown, LightNotReady).Err, ErrPrinterName) {
		t.Errorf("a device without deadlines is taken: %+v", p.Status())
	}
	for _, bad := range []string{"lp0", "./lp0", "/dev/../etc/passwd", `\\server\share`} {
		if err := CheckName(bad); !errors.Is(err, ErrPrinterName) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
