//go:build unix

package main

import (
	"net/http"
	"testing"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/protocol/govpay/govpaytest"
	"sportello/protocol/local"
)

// TestPlatformIsAskedUntilItIsWell: nothing waits and nobody scans a notice, and still the service says the truth about
// the platform soon after whoever is in charge has mended it.
func TestPlatformIsAskedUntilItIsWell(t *testing.T) {
	t.Parallel()
	for _, rule := range []govpaytest.Rule{{On: "*", Do: "redirect"}, {On: "*", Do: "down"}, {On: "*", Do: "status", Status: 401}} {
		t.Run(rule.Do, func(t *testing.T) {
			t.Parallel()
			r := newRegistering(t, ledger.SettlementTerminal, 1, rule)
			r.begin()
			_, _ = r.call(http.MethodPost, "notices/lookup", local.LookupRequest{Code: debtAt(0).QR()})
			light := func(want local.Light) {
				r.until("the platform's light to be "+string(want), func() bool {
					var s local.Snapshot
					return r.reads("state", &s) && s.Platform.Light == want
				})
			}
			light(local.LightNotReady)
			asked := r.asked("profilo")
			r.until("the service to have asked again", func() bool { return r.asked("profilo") > asked })
			light(local.LightNotReady)
			if err := r.platform.SetRules(); err != nil {
				t.Fatal(err)
			}
			light(local.LightReady)
		})
	}
}
