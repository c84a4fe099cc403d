//go:build unix

package main

import (
	"net/http"
	"testing"

	"sportello/protocol/local"
)

// TestPlatformKilledAndBack: the platform ends as at a power cut while charges wait, and while it is being asked;
// what it had taken it still has when it is back.
func TestPlatformKilledAndBack(t *testing.T) {
	t.Parallel()
	for _, way := range bothWays {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			const debts = 6
			r := newRegistering(t, way, debts)
			r.begin()
			for i := range debts {
				r.charges(i)
				if i == 0 {
					r.ends()
				}
				if i%2 == 0 {
					r.powerCut()
				}
			}
			r.platform.Stop()
			r.kill() // and the counter's PC with it
			r.begin()
			r.sees(local.LightNotReady)
			r.comesBack()
			r.ends()
			r.settledOnce(debts)
		})
	}
}

// powerCut ends the platform for as long as it takes the counter to notice.
func (r *registering) powerCut() {
	r.t.Helper()
	r.platform.Stop()
	r.sees(local.LightNotReady)
	r.comesBack()
}

func (r *registering) comesBack() {
	r.t.Helper()
	r.vacant(r.platform.Addr())
	if err := r.platform.Start(r.platform.Addr()); err != nil {
		r.t.Fatal(err)
	}
}

// sees waits until the service shows the platform's light so, asking for a debt as a clerk would.
func (r *registering) sees(light local.Light) {
	r.t.Helper()
	r.until("the platform's light to be "+string(light), func() bool {
		_, _ = r.call(http.MethodPost, "notices/lookup", local.LookupRequest{Code: debtAt(0).QR()})
		var s local.Snapshot
		return r.reads("state", &s) && s.Platform.Light == light
	})
}
