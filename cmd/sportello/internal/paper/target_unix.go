//go:build unix

package paper

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// systemTarget is a device file: /dev/usb/lp0.
func systemTarget(name string) (target, error) {
	if !filepath.IsAbs(name) || filepath.Clean(name) != name {
		return nil, fmt.Errorf("%w: %q is neither tcp://HOST:PORT nor the path of a device like /dev/usb/lp0", ErrPrinterName, name)
	}
	return deviceFile(name), nil
}

type deviceFile string

// open does not wait for the device, and nothing that is written to it waits for ever.
func (d deviceFile) open(_ context.Context, t Timing) (device, error) {
	f, err := os.OpenFile(string(d), os.O_WRONLY|os.O_APPEND|syscall.O_NONBLOCK, 0)
	switch {
	case errors.Is(err, os.ErrPermission):
		return nil, fmt.Errorf("%w: %w", ErrForbidden, err)
	case err != nil:
		return nil, unreachable(err)
	}
	if err := f.SetWriteDeadline(time.Now().Add(t.Write)); errors.Is(err, os.ErrNoDeadline) {
		// A plain file takes everything at once; a device that cannot be waited for could hold us for ever.
		if st, err := f.Stat(); err != nil || !st.Mode().IsRegular() {
			_ = f.Close()
			return nil, fmt.Errorf("%w: %q cannot be written to with a deadline", ErrPrinterName, string(d))
		}
	}
	return &stream{file: f, t: t}, nil
}

func isReset(err error) bool { return errors.Is(err, syscall.EPIPE) }
