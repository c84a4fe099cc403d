package ledger

import (
	"testing"

	"sportello/driver"
)

// TestCancelBehindAnOlderMemory: a terminal that tells its last result but one shows, before a payment, an older one
// than the ledger has: a refusal that reached no host, and looks like any other of its kind. When it shows that refusal
// afterwards it is still the one from before (ECR17 6.5 row 12), also after a restart.
func TestCancelBehindAnOlderMemory(t *testing.T) {
	l := open(t, t.TempDir())
	one := must(l.Intend(intent(1)))(t)
	must(l.Conclude(one.ID, charged("000042")))(t)
	older := []byte("result 000042")

	cancelled := []byte("refused, without a number")
	two := intent(2)
	two.Baseline.Last, two.Baseline.LastSTAN = older, "000042"
	p := must(l.Intend(two))(t)
	must(l.Conclude(p.ID, Conclusion{Outcome: driver.Outcome{Verdict: driver.NotCharged, Charge: &driver.Charge{STAN: "000000"}}, RawResult: cancelled}))(t)

	three := intent(3)
	three.Baseline.Last, three.Baseline.LastSTAN = older, "000042"
	must(l.Intend(three))(t)
	for range 2 {
		if !must(l.KnowsResult("cassa1", cancelled, "000000"))(t) || !must(l.KnowsResult("cassa1", older, "000042"))(t) {
			t.Fatal("the newer of the two is not known any more")
		}
		l = reopen(t, l)
	}
	// A result that is news to the ledger is the newest, whatever was before.
	if err := l.Adopt("cassa1", "capo", driver.Last{Present: true, Raw: []byte("somebody's"), Charge: driver.Charge{STAN: "000050"}}); err != nil {
		t.Fatal(err)
	}
	if must(l.KnowsResult("cassa1", cancelled, "000000"))(t) {
		t.Fatal("every refusal without a number is known")
	}
}
