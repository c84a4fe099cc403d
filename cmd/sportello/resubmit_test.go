//go:build unix

package main

import (
	"strings"
	"testing"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/protocol/govpay/govpaytest"
	"sportello/protocol/local"
)

// TestRejectedAndSubmittedAgain: the platform will not take a notice until somebody has corrected it there; then a
// supervisor has it submitted again from the command line, and it is registered, once.
func TestRejectedAndSubmittedAgain(t *testing.T) {
	t.Parallel()
	r := newRegistering(t, ledger.SettlementPlatform, 2, govpaytest.Rule{On: "pagamenti", Do: "status", Status: 422, Code: "PAG_007", Notice: debtAt(1).Notice})
	r.begin()
	r.charges(0)
	r.ends()
	p := r.charges(1)
	var refused local.Case
	r.until("a case", func() bool {
		list := r.openCases()
		if len(list) == 1 {
			refused = list[0]
		}
		return len(list) == 1 && refused.PaymentID == p.ID && refused.CanResubmit
	})
	if code, out, _ := r.as("bianchi", "cases", "show", refused.ID); code != exitDone || !strings.Contains(out, "cases end "+refused.ID+" --resubmit") {
		t.Errorf("%d %s", code, out)
	}
	if err := r.platform.SetRules(); err != nil {
		t.Fatal(err)
	}
	if code, _, _ := r.as("bianchi", "cases", "end", refused.ID, "--resubmit", "--closed", "--proof", "x"); code != exitUsage {
		t.Errorf("two endings at once: %d", code)
	}
	code, out, errs := r.as("bianchi", r.rested([]string{"cases", "end", refused.ID, "--resubmit", "--proof", "scadenza corretta"})...)
	if code != exitDone || !strings.Contains(out, "inviato di nuovo alla piattaforma") {
		t.Fatalf("%d %s%s", code, out, errs)
	}
	r.ends()
	r.settledOnce(2)
	if list := r.openCases(); len(list) != 0 {
		t.Errorf("%+v", list)
	}
}
