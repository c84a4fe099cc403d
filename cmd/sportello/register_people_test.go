//go:build unix

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/protocol/govpay/govpaytest"
	"sportello/protocol/local"
)

// TestKillWhileAChannelIsConfirmed: the provider's receipts come on another channel than the configured one. A
// supervisor confirms it once; the service dies at each durable step of that, and what was held is registered.
func TestKillWhileAChannelIsConfirmed(t *testing.T) {
	t.Parallel()
	for _, failpoint := range []string{"ledger.channel.before", "ledger.channel.after"} {
		t.Run(failpoint, func(t *testing.T) {
			t.Parallel()
			r := newRegistering(t, ledger.SettlementTerminal, 2, govpaytest.Rule{On: "booking", Do: "other_channel"})
			r.begin()
			r.charges(0)
			r.waits(0, local.RegistrationHeld)
			r.kill()
			r.begin("SPORTELLO_FAILPOINT=" + failpoint)
			channel := govpaytest.DefaultProvider.TaxCode + "_99"
			confirm := []string{"terminal", "channel", "cassa1", channel}
			if code, _, _ := r.as("bianchi", confirm...); code == exitDone {
				t.Error("confirmed by a service that died")
			}
			r.until("the service to die at "+failpoint, r.dead)
			r.begin()
			if failpoint == "ledger.channel.before" {
				r.waits(0, local.RegistrationHeld)
				if code, _, errs := r.as("bianchi", confirm...); code != exitDone {
					t.Errorf("confirming the channel: %d %s", code, errs)
				}
			}
			r.ends()
			r.charges(1)
			r.ends()
			r.settledOnce(2)
			if list := r.openCases(); len(list) > 0 {
				t.Errorf("cases: %+v", list)
			}
		})
	}
}

// TestKillWhileAPDFIsKept: the registration does not wait for the PDF of its receipt, and does not suffer when the
// service dies over it.
func TestKillWhileAPDFIsKept(t *testing.T) {
	t.Parallel()
	for _, way := range bothWays {
		for _, failpoint := range []string{"ledger.pdf.before", "ledger.pdf.after"} {
			t.Run(way+"/"+failpoint, func(t *testing.T) {
				t.Parallel()
				r := newRegistering(t, way, 1)
				r.begin("SPORTELLO_FAILPOINT=" + failpoint)
				abandon := r.payAndLeave(debtAt(0).QR(), "r1")
				r.until("the service to die at "+failpoint, r.dead)
				abandon()
				r.begin()
				r.until("the payment", func() bool { return len(r.book()) == 1 })
				if !r.done() {
					t.Errorf("not registered: %+v", r.book())
				}
				r.settledOnce(1)
				file := filepath.Join(r.dir, "ricevuta.pdf")
				if code, _, errs := r.cli("receipt", r.book()[0].ID, "--notice", "1", "--pdf", file); code != exitDone {
					t.Fatalf("receipt: %d %s", code, errs)
				}
				if b, err := os.ReadFile(file); err != nil || !bytes.HasPrefix(b, []byte("%PDF-")) {
					t.Errorf("%.20q, %v", b, err)
				}
				r.platform.Stop()
				if code, out, errs := r.cli("receipt", r.book()[0].ID, "--notice", "1", "--pdf", "-"); code != exitDone || len(out) == 0 {
					t.Errorf("it was kept: %d %s", code, errs)
				}
			})
		}
	}
}
