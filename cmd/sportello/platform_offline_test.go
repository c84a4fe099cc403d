//go:build unix

package main

import (
	"strings"
	"testing"

	"sportello/protocol/local"
)

// TestChargedOffline: the platform is away, a supervisor opens an offline period (the service dies at each durable step
// of that), a debt that was verified this morning is charged, one that was not is refused, and so is one too many. When
// the platform is back all is registered, once.
func TestChargedOffline(t *testing.T) {
	t.Parallel()
	for _, failpoint := range []string{"none", "ledger.offline.before", "ledger.offline.after"} {
		for _, way := range bothWays {
			t.Run(way+"/"+failpoint, func(t *testing.T) {
				t.Parallel()
				r := newRegistering(t, way, 4)
				r.configured("platform:\n", "offline: {allow: true, max_amount_cents: 5000, max_total_cents: 100000, max_payments: 1, max_hours: 2, verified_within: 12h}\nplatform:\n")
				r.begin("SPORTELLO_FAILPOINT=" + failpoint)
				r.charges(0)
				r.ends()
				for _, i := range []int{1, 2} { // verified while it could be
					if status, body := r.call("POST", "notices/lookup", local.LookupRequest{Code: debtAt(i).QR()}); status != 200 {
						t.Fatalf("lookup: %d %s", status, body)
					}
				}
				r.platform.Stop()
				r.offline(1, local.CodeOfflineNotOpen, "no period is open")
				r.opensPeriod(failpoint)

				p := r.charges(1)
				if !p.Offline || p.Notices[0].Registration == local.RegistrationRegistered {
					t.Errorf("charged offline: %+v", p)
				}
				r.offline(3, local.CodeOfflineNeedsVerified, "it was never verified")
				r.offline(2, local.CodeOfflineLimitPayments, "one payment is the period's limit")
				r.comesBack()
				r.ends()
				r.charges(2) // as on any day
				r.ends()
				r.settledOnce(3)
				if list := r.openCases(); len(list) > 0 {
					t.Errorf("cases: %+v", list)
				}
			})
		}
	}
}

// opensPeriod opens an offline period as a supervisor, through the death of the service.
func (r *registering) opensPeriod(failpoint string) {
	r.t.Helper()
	open := []string{"offline", "open", "--reason", "piattaforma ferma", "--request-id", "period"}
	code, _, errs := r.as("bianchi", open...)
	if failpoint == "none" {
		if code != exitDone {
			r.t.Fatalf("offline open: %d %s", code, errs)
		}
		return
	}
	r.until("the service to die at "+failpoint, r.dead)
	r.begin()
	var s local.Snapshot
	r.until("the state", func() bool { return r.reads("state", &s) })
	if opened := s.Offline != nil; opened != (failpoint == "ledger.offline.after") {
		r.t.Errorf("killed at %s: the period is %+v", failpoint, s.Offline)
	}
	if s.Offline != nil {
		return
	}
	if code, _, errs := r.as("bianchi", open...); code != exitDone {
		r.t.Fatalf("offline open: %d %s", code, errs)
	}
}

// offline requires that a debt is refused now, for this reason.
func (r *registering) offline(i int, want local.Code, why string) {
	r.t.Helper()
	r.until("an answer of the till", func() bool {
		code, out, errs := r.cli("pay", debtAt(i).QR(), "--terminal", "cassa1", "--json")
		if strings.Contains(errs, "sta già lavorando") {
			return false
		}
		if code != exitNotCharged || !strings.Contains(out, `"`+string(want)+`"`) {
			r.t.Errorf("%s: pay ended with %d %s%s", why, code, out, errs)
		}
		return true
	})
}
