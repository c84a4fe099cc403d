package till

import (
	"context"
	"testing"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/local"
)

// TestTyped: what a person types is held against what the terminal tells; where it agrees the charge is the
// terminal's record.
func TestTyped(t *testing.T) {
	for name, row := range map[string]struct {
		exclusivity driver.Exclusivity
		preset      driver.Verdict
		stan, auth  string
		refused     bool
		record      bool // the charge is filled
	}{
		"agrees":                          {driver.Exclusive, "", "000001", "a12345", false, true},
		"agrees, one person":              {driver.Shared, driver.Charged, "000001", "A12345", false, true},
		"the number alone":                {driver.Shared, "", "000001", "", false, true},
		"the authorisation alone":         {driver.Shared, "", "", "A12345", false, true},
		"another authorisation":           {driver.Exclusive, driver.Charged, "000001", "GE6YKN", true, false},
		"another authorisation, shared":   {driver.Shared, "", "000001", "GE6YKN", true, false},
		"another number":                  {driver.Exclusive, "", "000777", "", true, false},
		"another number, preset":          {driver.Shared, driver.Charged, "000777", "", true, false},
		"a stranger's number may be told": {driver.Shared, "", "000777", "B1", false, false},
		"nothing typed":                   {driver.Exclusive, "", "", "", false, false},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				p := w.unknown("r1", 1, row.preset)
				v, err := w.till.Resolve(context.Background(), clerk, p.ID, local.ResolutionRequest{RequestID: "x", EvidenceSeq: p.EvidenceSeq,
					Answer: local.AnswerCharged, STAN: row.stan, AuthCode: row.auth})
				if row.refused {
					e := refusal(t, err, local.CodeResolutionContradicted)
					if e.Args[local.ArgSTAN] != "000001" || e.Args[local.ArgAuth] != "A12345" {
						t.Errorf("%+v", e.Args)
					}
					if got := w.wantState(p.ID, ledger.Unknown); got.Proposal != nil {
						t.Errorf("%+v", got.Proposal)
					}
					return
				}
				if err == nil && v.State == local.StateUnknown {
					w.terminals[0].script(func(d *terminal) { d.resolve = nil })
					w.restart() // the second person may sign tomorrow
					v, err = w.countersign(chief, v, true)
				}
				if err != nil {
					t.Fatal(err)
				}
				c := w.wantState(p.ID, ledger.Charged).Charge
				if c == nil || c.AmountCents != price {
					t.Fatalf("%+v", c)
				}
				if row.record && (c.STAN != "000001" || c.AuthCode != "A12345" || c.PAN != scriptedPAN) || !row.record && (c.STAN != row.stan || c.PAN != "") {
					t.Errorf("%+v", c)
				}
			}, func(w *world) { w.exclusive = row.exclusivity })
		})
	}
}
