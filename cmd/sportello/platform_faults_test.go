//go:build unix

package main

import (
	"strings"
	"testing"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/protocol/govpay/govpaytest"
	"sportello/protocol/local"
)

// TestContinuations: each kind of answer to POST /pagamenti has its own continuation. Those that mend themselves end
// registered; the others are a case, and end registered when what was wrong has been mended and the service restarted.
func TestContinuations(t *testing.T) {
	t.Parallel()
	nodo := func(code string) govpaytest.Rule { return govpaytest.Rule{Do: "nodo", Code: code, Times: 1} }
	status := func(status int, code string) govpaytest.Rule {
		return govpaytest.Rule{Do: "status", Status: status, Code: code, Times: 1}
	}
	arrived := nodo("PAA_NODO_INDISPONIBILE")
	arrived.Arrived = true
	for _, row := range []struct {
		name   string
		rule   govpaytest.Rule
		calls  int  // of POST /pagamenti for the debt
		people bool // it is a case first
	}{
		{"pagoPA is busy", nodo("PPT_SYSTEM_ERROR"), 2, false},
		{"the channel is away", nodo("PPT_CANALE_IRRAGGIUNGIBILE"), 2, false},
		{"the channel was too slow", nodo("PPT_CANALE_TIMEOUT"), 2, false},
		{"pagoPA had it", arrived, 1, false},
		{"the creditor does not answer", govpaytest.Rule{Do: "owner_down", Times: 1}, 2, false},
		{"an amount out of date and its owner away", status(422, "VER_014"), 2, false},
		{"something is under way", status(422, "PAG_014"), 2, false},
		{"an error of its own", status(500, "INTERNAL"), 2, false},
		{"not our password", status(401, ""), 2, true},
		{"not allowed", status(403, "APP_003"), 2, true},
		{"unknown provider", nodo("PPT_PSP_SCONOSCIUTO"), 2, true},
		{"for a browser", govpaytest.Rule{Do: "id_zero", Times: 1}, 2, true},
		{"to a browser", govpaytest.Rule{Do: "checkout_redirect", Times: 1}, 2, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			row.rule.On, row.rule.Notice = "pagamenti", debtAt(1).Notice
			r := newRegistering(t, ledger.SettlementPlatform, 3, row.rule)
			r.begin()
			r.charges(0)
			r.ends()
			p := r.charges(1)
			if row.people {
				r.until("a case", func() bool {
					list := r.openCases()
					return len(list) == 1 && list[0].PaymentID == p.ID
				})
				r.kill()
				r.begin()
			}
			r.ends()
			if n := r.asked("pagamenti") - 1; n != row.calls {
				t.Errorf("POST /pagamenti was called %d times for the debt, want %d", n, row.calls)
			}
			r.charges(2)
			r.ends()
			r.settledOnce(3)
			for _, k := range r.openCases() {
				if k.Cause.Code != string(local.CodeSubmissionWrongSetup) { // a supervisor's to end
					t.Errorf("case: %+v", k)
				}
			}
		})
	}
}

// TestBrowserOnly: a platform that answers with id 0 is told as wrongly set up, once, and nothing more is submitted
// until a supervisor has ended the case. By that no charge is given up: both are registered then.
func TestBrowserOnly(t *testing.T) {
	t.Parallel()
	r := newRegistering(t, ledger.SettlementPlatform, 2)
	r.begin()
	r.charges(0)
	r.ends()
	if err := r.platform.SetRules(govpaytest.Rule{On: "pagamenti", Do: "id_zero"}); err != nil {
		t.Fatal(err)
	}
	p := r.charges(1)
	var wrong local.Case
	r.until("a case", func() bool {
		list := r.openCases()
		if len(list) == 1 {
			wrong = list[0]
		}
		return len(list) == 1 && wrong.PaymentID == p.ID && wrong.Cause.Code == string(local.CodeSubmissionWrongSetup)
	})
	if n := r.asked("pagamenti"); n != 2 {
		t.Errorf("POST /pagamenti was called %d times", n)
	}
	if err := r.platform.SetRules(); err != nil {
		t.Fatal(err)
	}
	if code, out, errs := r.as("bianchi", r.rested([]string{"cases", "end", wrong.ID, "--closed", "--proof", "impostazione corretta"})...); code != exitDone {
		t.Fatalf("ending the case: %d %s%s", code, out, errs)
	}
	if list := r.openCases(); len(list) > 0 {
		t.Fatalf("one supervisor does not end it: %+v", list)
	}
	r.kill() // the worker looks once a minute whether it was ended; a start looks at once
	r.begin()
	r.ends()
	r.settledOnce(2)
}

// TestNodeNeverReached: pagoPA is not reached twice. After the second time it is people's: a third call could pay twice.
func TestNodeNeverReached(t *testing.T) {
	t.Parallel()
	r := newRegistering(t, ledger.SettlementPlatform, 2, govpaytest.Rule{On: "pagamenti", Do: "nodo", Code: "PAA_NODO_INDISPONIBILE", Notice: debtAt(1).Notice})
	r.begin()
	r.charges(0)
	r.ends()
	p := r.charges(1)
	r.until("a case", func() bool {
		list := r.openCases()
		return len(list) == 1 && list[0].PaymentID == p.ID
	})
	r.looksAgainAt(1)
	if n := r.asked("pagamenti") - 1; n > 2 {
		t.Errorf("POST /pagamenti was called %d times for the debt, want two at most", n)
	}
}

// TestCart: five notices of one card payment are one submission, whatever befalls it.
func TestCart(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, failpoint string
		rules           []govpaytest.Rule
		calls           int
	}{
		{"well", "", nil, 1},
		{"lost", "", []govpaytest.Rule{{On: "pagamenti", Do: "lost", Times: 1}}, 1},
		{"down", "", []govpaytest.Rule{{On: "pagamenti", Do: "down", Times: 1}}, 2},
		{"one receipt late", "", []govpaytest.Rule{{On: "booking", Do: "late", Delay: "3s", Notice: debtAt(2).Notice}}, 1},
		{"killed after the call", "ledger.submitted.before", nil, 1},
		{"killed at the third receipt", "ledger.register.before:3", nil, 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			const notices = 5
			r := newRegistering(t, ledger.SettlementPlatform, notices, row.rules...)
			r.configured("notice_data: null", "notice_data: null\n    max_notices: 5")
			var env, args []string
			if row.failpoint != "" {
				env = append(env, "SPORTELLO_FAILPOINT="+row.failpoint)
			}
			for i := range notices {
				args = append(args, debtAt(i).QR())
			}
			r.begin(env...)
			r.until("the cart to be charged", func() bool {
				code, _, errs := r.pay(args[0], append(args[1:], "--request-id", "cart")...)
				if code != exitDone && !strings.Contains(errs, "sta già lavorando") && row.failpoint == "" {
					t.Fatalf("pay ended with %d: %s", code, errs)
				}
				return code == exitDone || row.failpoint != ""
			})
			if row.failpoint != "" {
				r.until("the service to die at "+row.failpoint, r.dead)
				r.begin()
			}
			r.ends()
			list := r.book()
			if len(list) != 1 || len(list[0].Notices) != notices {
				t.Fatalf("%+v", list)
			}
			for _, n := range list[0].Notices {
				r.paidOnce(n.Number, n.ReceiptID)
			}
			if n := r.asked("pagamenti"); n != row.calls {
				t.Errorf("POST /pagamenti was called %d times, want %d", n, row.calls)
			}
			r.soundLedger()
		})
	}
}

// TestRefusedDuringALook: the platform does not know our password any more in the middle of the day, on every call;
// with the right one in its file the service goes on without a restart.
func TestRefusedDuringALook(t *testing.T) {
	t.Parallel()
	for _, way := range bothWays {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			r := newRegistering(t, way, 2, govpaytest.Rule{On: "ricevute", Do: "status", Status: 401, Notice: debtAt(1).Notice, Times: 3})
			r.begin()
			r.charges(0)
			r.ends()
			r.charges(1)
			r.until("the refusals", func() bool {
				r.sees(local.LightReady) // the clerk's own questions are answered
				return r.spoilt("ricevute") == 3
			})
			r.ends()
			r.settledOnce(2)
			if list := r.openCases(); len(list) > 0 {
				t.Errorf("cases: %+v", list)
			}
		})
	}
}
