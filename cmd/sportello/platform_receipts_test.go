//go:build unix

package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/protocol/govpay/govpaytest"
	"sportello/protocol/local"
)

// TestReceiptHoursLate: the receipt comes six hours after the charge, with the service restarted in between. Until
// then it waits, and nothing is told to the platform again.
func TestReceiptHoursLate(t *testing.T) {
	t.Parallel()
	for _, way := range bothWays {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			var clock clockAhead
			r := newRegisteringWith(t, way, 2, govpaytest.Options{Now: clock.now,
				Rules: []govpaytest.Rule{{On: "booking", Do: "late", Delay: "6h", Notice: debtAt(1).Notice}}})
			r.begin()
			r.charges(0)
			r.ends()
			r.charges(1)
			r.waits(1, local.RegistrationAwaitingReceipt)
			r.looksAgainAt(1)
			clock.set(5 * time.Hour)
			r.looksAgainAt(1)
			if list := r.book(); list[0].Notices[0].Registration != local.RegistrationAwaitingReceipt {
				t.Errorf("an hour too early: %+v", list[0].Notices)
			}
			clock.set(6*time.Hour + time.Minute)
			r.kill()
			r.begin()
			r.ends()
			r.settledOnce(2)
			if n := r.asked("pagamenti"); way == ledger.SettlementPlatform && n != 2 {
				t.Errorf("POST /pagamenti was called %d times for two debts", n)
			}
		})
	}
}

// TestTwoReceipts: pagoPA books one charge twice. The notice is registered by one of them, and the other is on
// somebody's list.
func TestTwoReceipts(t *testing.T) {
	t.Parallel()
	for _, way := range bothWays {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			r := newRegistering(t, way, 2, govpaytest.Rule{On: "booking", Do: "twice", Notice: debtAt(1).Notice})
			r.begin()
			r.charges(0)
			r.ends()
			p := r.charges(1)
			r.ends()
			cases := r.openCases()
			if len(cases) != 1 || cases[0].PaymentID != p.ID {
				t.Errorf("cases: %+v", cases)
			}
			if n := r.asked("pagamenti"); way == ledger.SettlementPlatform && n != 2 {
				t.Errorf("POST /pagamenti was called %d times for two debts", n)
			}
			r.soundLedger()
		})
	}
}

// TestNegativeReceipt: pagoPA took a cart and its provider did not book it. That is people's: the charge is not told again.
func TestNegativeReceipt(t *testing.T) {
	t.Parallel()
	r := newRegistering(t, ledger.SettlementPlatform, 3, govpaytest.Rule{On: "booking", Do: "refused", Notice: debtAt(1).Notice})
	r.begin()
	r.charges(0)
	r.ends()
	p := r.charges(1)
	r.waits(1, local.RegistrationRejected)
	if cases := r.openCases(); len(cases) != 1 || cases[0].PaymentID != p.ID || cases[0].Cause.Code != string(local.CodeSubmissionRefused) {
		t.Errorf("cases: %+v", cases)
	}
	r.kill()
	r.begin()
	r.charges(2)
	r.waits(2, local.RegistrationRegistered)
	if n := r.asked("pagamenti"); n != 3 {
		t.Errorf("POST /pagamenti was called %d times for three debts", n)
	}
	r.soundLedger()
}

// TestReceiptNeverComes: a cart that pagoPA took and never booked is not told again, whatever is restarted.
func TestReceiptNeverComes(t *testing.T) {
	t.Parallel()
	r := newRegistering(t, ledger.SettlementPlatform, 2, govpaytest.Rule{On: "booking", Do: "never", Notice: debtAt(1).Notice})
	r.begin()
	r.charges(0)
	r.ends()
	r.charges(1)
	r.waits(1, local.RegistrationAwaitingReceipt)
	for range 2 {
		r.looksAgainAt(1)
	}
	if n := r.asked("pagamenti"); n != 2 {
		t.Errorf("POST /pagamenti was called %d times for two debts", n)
	}
	r.waits(1, local.RegistrationAwaitingReceipt)
	r.soundLedger()
}

// waits until the i-th debt's registration stands so.
func (r *registering) waits(i int, to local.Registration) {
	r.t.Helper()
	r.until(debtAt(i).Notice+" to be "+string(to), func() bool {
		return slices.ContainsFunc(r.book(), func(p local.Payment) bool {
			return p.State == local.StateCharged && slices.ContainsFunc(p.Notices, func(n local.PaymentNotice) bool {
				return n.Number == debtAt(i).Notice && n.Registration == to
			})
		})
	})
}

// looksAgainAt kills the service, starts it, and waits until it has asked for the i-th debt's receipts and been answered.
func (r *registering) looksAgainAt(i int) {
	r.t.Helper()
	looks := func() (n int) {
		for _, e := range r.entries() {
			if e.Operation == "ricevute" && e.Status == 200 && strings.Contains(e.Path, debtAt(i).Notice[1:]) {
				n++
			}
		}
		return n
	}
	r.kill()
	before := looks()
	r.begin()
	r.until("another look at "+debtAt(i).Notice, func() bool { return looks() > before })
}

// openCases are what people must mend.
func (r *registering) openCases() (list []local.Case) {
	r.t.Helper()
	if !r.reads("cases", &list) {
		r.t.Fatal("no list of cases")
	}
	return list
}
