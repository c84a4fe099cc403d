//go:build unix

package main

import (
	"slices"
	"testing"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/protocol/govpay/govpaytest"
	"sportello/protocol/local"
)

// TestSuspendedRegistrationsAreTold: when the platform is not set up to register, the queue says so, each suspended
// notice says why, nobody promises a next try, and doctor says it, too.
func TestSuspendedRegistrationsAreTold(t *testing.T) {
	t.Parallel()
	r := newRegistering(t, ledger.SettlementPlatform, 3)
	r.begin()
	r.charges(0)
	r.ends()
	if err := r.platform.SetRules(govpaytest.Rule{On: "pagamenti", Do: "id_zero"}); err != nil {
		t.Fatal(err)
	}
	r.charges(1)
	r.until("registrations to be suspended", func() bool { return len(r.openCases()) > 0 })
	r.charges(2)
	suspended := func(reason *local.Reason) bool {
		return reason != nil && reason.Code == string(local.CodeSubmissionWrongSetup)
	}
	r.until("both notices to say that they are suspended", func() bool {
		var items []local.QueueItem
		return r.reads("queue", &items) && len(items) == 2 && !slices.ContainsFunc(items, func(q local.QueueItem) bool { return !suspended(q.Reason) || q.NextTry != nil })
	})
	var s local.QueueStatus
	if !r.reads("queue/status", &s) || !suspended(s.Reason) || s.Away || s.NextTry != nil || s.Depth != 2 {
		t.Errorf("%+v", s)
	}
	p := &patient{t: t, dir: t.TempDir(), config: r.config}
	d, _ := p.visit()
	if !slices.ContainsFunc(ills(d), func(e examined) bool {
		return e.Check == "queue" && e.State == gradeBroken && e.Code == string(local.CodeSubmissionWrongSetup) && e.Remedy != ""
	}) {
		t.Errorf("doctor: %+v", ills(d))
	}
}
