//go:build !linux

package simulator

import "context"

// ServePTY exists on Linux only; here it returns ErrNoPTY.
func (t *Terminal) ServePTY(context.Context, string) error { return ErrNoPTY }
