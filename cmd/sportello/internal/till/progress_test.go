package till

import (
	"context"
	"testing"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/govpay"
	"sportello/protocol/local"
)

// TestRefusalExplainsNothing: with settlement platform the terminal's provider is told of no notice, so no attempt
// on the platform is ours.
func TestRefusalExplainsNothing(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.ends("r1", 1, driver.Outcome{Verdict: driver.NotCharged, Reason: driver.Reason{Code: string(local.CodeDeclined)},
			Charge: &driver.Charge{TerminalID: "12345678", STAN: "000042", ActionCode: "116"}}, ledger.NotCharged)
		w.platform.answer(func(_ context.Context, creditor, number string) (govpay.Position, error) {
			p := debt(creditor, number)
			p.Attempts = []govpay.Attempt{{State: govpay.AttemptActivated}}
			return p, nil
		})
		_, err := w.pay(request("r2", "cassa1", notice(1)))
		wantCode(t, err, local.CodeNoticeInProgress)
	}, byPlatform)
}

// TestOwnRefusalExplains: the platform shows a payment in progress. It is not waited for only when it is surely
// the one that this counter has just seen refused by the bank.
func TestOwnRefusalExplains(t *testing.T) {
	bank := func(stan string) driver.Outcome {
		return driver.Outcome{Verdict: driver.NotCharged, Reason: driver.Reason{Code: string(local.CodeDeclined)},
			Charge: &driver.Charge{TerminalID: "12345678", STAN: stan, ActionCode: "116"}}
	}
	// Times are seconds before the second payment; ours was sent 300 s before it.
	shown := func(state govpay.AttemptState, ago int) govpay.Attempt {
		a := govpay.Attempt{State: state}
		if ago != 0 {
			a.Started = time.Now().Add(-time.Duration(ago) * time.Second)
		}
		return a
	}
	accepted := govpay.AttemptAccepted
	rows := map[string]struct {
		ours     driver.Outcome
		wait     time.Duration
		attempts func() []govpay.Attempt
		free     bool
	}{
		"ours, without a time":      {bank("000042"), 0, func() []govpay.Attempt { return []govpay.Attempt{shown(accepted, 0)} }, true},
		"ours, begun when ours was": {bank("000042"), 0, func() []govpay.Attempt { return []govpay.Attempt{shown(accepted, 290)} }, true},
		"ours, and an older one that ended": {bank("000042"), 0, func() []govpay.Attempt {
			return []govpay.Attempt{shown(accepted, 290), shown(govpay.AttemptSuperseded, 900)}
		}, true},
		"begun long after ours":  {bank("000042"), 0, func() []govpay.Attempt { return []govpay.Attempt{shown(accepted, 60)} }, false},
		"begun long before ours": {bank("000042"), 0, func() []govpay.Attempt { return []govpay.Attempt{shown(accepted, 600)} }, false},
		"ours, and older ones it took the place of": {bank("000042"), 0, func() []govpay.Attempt {
			return []govpay.Attempt{shown(accepted, 290), shown(govpay.AttemptSuperseded, 0), shown(govpay.AttemptSuperseded, 0)}
		}, true},
		"submitted by a program": {bank("000042"), 0, func() []govpay.Attempt {
			return []govpay.Attempt{{State: accepted, Submitted: true}}
		}, false},
		"stuck for long": {bank("000042"), 0, func() []govpay.Attempt { return []govpay.Attempt{shown(accepted, 1860)} }, false},
		"two of them": {bank("000042"), 0, func() []govpay.Attempt {
			return []govpay.Attempt{shown(accepted, 0), shown(accepted, 0)}
		}, false},
		"the bank was not reached": {bank("000000"), 0, func() []govpay.Attempt { return []govpay.Attempt{shown(accepted, 0)} }, false},
		"no number":                {bank(""), 0, func() []govpay.Attempt { return []govpay.Attempt{shown(accepted, 0)} }, false},
		"no word of the terminal":  {refusedByLine, 0, func() []govpay.Attempt { return []govpay.Attempt{shown(accepted, 0)} }, false},
		"nothing had left": {driver.Outcome{Verdict: driver.NotSent, Reason: driver.Reason{Code: string(local.CodeLineLost)}}, 0,
			func() []govpay.Attempt { return []govpay.Attempt{shown(accepted, 0)} }, false},
		"longer ago than a token lives": {bank("000042"), govpay.AttemptLife, func() []govpay.Attempt { return []govpay.Attempt{shown(accepted, 0)} }, false},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				w.ends("r1", 1, row.ours, ledger.NotCharged)
				time.Sleep(5*time.Minute + row.wait)
				attempts := row.attempts()
				w.platform.answer(func(_ context.Context, creditor, number string) (govpay.Position, error) {
					p := debt(creditor, number)
					p.Attempts = attempts
					return p, nil
				})
				n, err := w.till.Lookup(context.Background(), local.LookupRequest{Code: notice(1)})
				if err != nil || n.Payable != row.free {
					t.Errorf("payable %t %+v %v", n.Payable, n.Reason, err)
				}
				held := local.CodeNoticeInProgress
				if name == "stuck for long" {
					held = local.CodeNoticeAttemptStuck
				}
				_, err = w.pay(request("other", "cassa1", notice(2)))
				wantCode(t, err, held) // no refusal of ours explains that one
				if row.free {
					w.charged("r2", 1)
					return
				}
				_, err = w.pay(request("r2", "cassa1", notice(1)))
				wantCode(t, err, held)
			})
		})
	}
}
