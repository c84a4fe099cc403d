package ledger

import (
	"errors"
	"testing"
	"time"

	"sportello/driver"
)

// TestDoubtedReversal: the terminal was not told that we have its reversal, and may have undone it (ECR17 6.2 L10):
// the notice is not free after the token's life, but when the reversal is confirmed, or people have ended the case.
func TestDoubtedReversal(t *testing.T) {
	for _, end := range []string{"acknowledged", "confirmed", "refunded", "closed", "killed before it was told", "people", "overtaken"} {
		t.Run(end, func(t *testing.T) {
			clock := newClock()
			l := open(t, t.TempDir(), func(o *Options) { o.Now = clock.now })
			p := paid(t, l, 1)
			must(l.Reverse(p.ID, "capo", "rev", reversalBaseline))(t)
			c := verdict(driver.Reversed, "reversed")
			c.RawResult = []byte("the reversal")
			if end == "people" {
				c.ResolvedBy = []string{"anna", "capo"}
			}
			must(l.Conclude(p.ID, c))(t)
			if end == "people" || end == "killed before it was told" { // there is no aftermath
				clock.set(clock.now().Add(time.Hour))
				l = reopen(t, l)
				if n := must(l.Notice(creditor, number(1)))(t); (n.Holder == "") != (end == "people") {
					t.Errorf("%+v", n)
				}
				if end == "people" {
					return
				}
			}
			if end == "overtaken" { // nobody has asked the terminal, and nobody can from now on
				next := intent(2)
				before := l.Stats().Commits
				q := must(l.Intend(next))(t)
				cases := must(l.Cases(false))(t)
				if len(cases) != 1 || cases[0].PaymentID != p.ID || cases[0].Cause.Code != reasonContradicted || !cases[0].NeedsTwo || l.Stats().Commits != before+1 {
					t.Fatalf("%+v", cases)
				}
				must(l.Conclude(q.ID, verdict(driver.NotCharged, "declined")))(t)
				seq := must(l.Payment(p.ID))(t).EvidenceSeq
				k := must(l.Contradict(p.ID, reasonContradicted, driver.Evidence{Kind: "last_result", Text: "somebody else says so too"}))(t)
				if k.ID != cases[0].ID || must(l.Payment(p.ID))(t).EvidenceSeq == seq {
					t.Errorf("%+v", k)
				}
				next = intent(3)
				must(l.Intend(next))(t)
				if n := len(must(l.Cases(false))(t)); n != 1 {
					t.Errorf("%d cases", n)
				}
				return
			}
			r := must(l.Aftermath(p.ID, driver.Aftermath{Acked: end == "acknowledged", Ticket: "STORNO"}))(t)
			if raw := must(l.ReversalResult(p.ID))(t); string(raw) != "the reversal" || r.Acked {
				t.Errorf("%q %+v", raw, r)
			}
			free := func(want bool) {
				t.Helper()
				clock.set(clock.now().Add(time.Hour))
				l = reopen(t, l)
				n := must(l.Notice(creditor, number(1)))(t)
				if (n.Holder == "") != want || !n.FreeAt.IsZero() {
					t.Errorf("free %t: %+v", want, n)
				}
				again := intent(1)
				again.RequestID = "again"
				if _, err := l.Intend(again); errors.Is(err, ErrNoticeLocked) == want {
					t.Errorf("free %t: %v", want, err)
				}
			}
			ev := driver.Evidence{Kind: "last_result", Text: "looked at"}
			switch end {
			case "acknowledged":
				free(true)
			case "confirmed", "killed before it was told":
				free(false)
				must(l.Confirm(p.ID, ev))(t)
				must(l.Confirm(p.ID, ev))(t)
				free(true)
			default:
				k := must(l.Contradict(p.ID, reasonContradicted, ev))(t)
				free(false)
				if !k.NeedsTwo {
					t.Error("one person ends it")
				}
				endCase(t, l, k.ID, end, "bonifico 7")
				free(end == EndingRefunded)
			}
			if report := must(l.Check())(t); len(report.Problems) > 0 {
				t.Errorf("%+v", report)
			}
		})
	}
}
