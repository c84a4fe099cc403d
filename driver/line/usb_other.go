//go:build !linux && !windows

package line

import "fmt"

// findUSB: finding an adapter by its USB identity needs cgo on these systems; name the device instead.
func findUSB(a Address) (string, error) {
	return "", fmt.Errorf("%w: %s: addresses by USB identity work on Linux and Windows only; use %s",
		ErrNoDevice, a, serialExample)
}
