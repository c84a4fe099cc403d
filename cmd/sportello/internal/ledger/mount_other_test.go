//go:build !linux

package ledger

import "testing"

func mountSmall(t *testing.T, _, _ string) {
	t.Skip("no small disk can be mounted here: a full disk is only played by TestReserve")
}
