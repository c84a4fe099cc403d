package ledger

import (
	"testing"

	"sportello/driver"
)

// TestNoticesUnsent: a charge whose notices did not go out is somebody's case at once, also where it was unknown
// first and evidence or people found it out. With settlement platform we tell the platform ourselves.
func TestNoticesUnsent(t *testing.T) {
	said := []driver.Evidence{{Kind: driver.EvidenceData, Text: driver.NoticesNotSent + ": the terminal refused the additional data"}}
	for name, c := range map[string]struct {
		first, then []driver.Evidence
		platform    bool
		want        int
	}{
		"at once":        {nil, said, false, 1},
		"unknown first":  {said, nil, false, 1},
		"sent":           {nil, []driver.Evidence{{Kind: driver.EvidenceData, Text: "additional data of the host"}}, false, 0},
		"platform tells": {nil, said, true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			l := open(t, t.TempDir())
			in := intent(1)
			if c.platform {
				in.Settlement = SettlementPlatform
			}
			p := must(l.Intend(in))(t)
			if c.first != nil {
				u := verdict(driver.Unknown, "no_answer")
				u.Outcome.Evidence = c.first
				must(l.Conclude(p.ID, u))(t)
				if cases := must(l.Cases(true))(t); len(cases) != 0 {
					t.Errorf("while it is unknown: %+v", cases)
				}
			}
			con := charged("000042")
			con.Outcome.Evidence = c.then
			p = must(l.Conclude(p.ID, con))(t)
			cases := must(l.Cases(true))(t)
			if len(cases) != c.want || (p.Notices[0].Reason.Code == reasonUnsent) != (c.want == 1) {
				t.Fatalf("%+v, notice %+v", cases, p.Notices[0])
			}
			if c.want == 1 && (cases[0].Cause.Code != reasonUnsent || cases[0].PaymentID != p.ID || !cases[0].NeedsTwo) {
				t.Errorf("%+v", cases[0])
			}
		})
	}
}
