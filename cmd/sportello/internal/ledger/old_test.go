package ledger

import (
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"sportello/driver"
)

// TestStateOfVersion5: a ledger that another version has written, with a state of version 5, opens and says what it
// said. In it a reversal whose acknowledgement nobody wrote has set its notice free, as the rule was then, and another
// payment has the notice: what has happened stands.
func TestStateOfVersion5(t *testing.T) {
	f, err := os.Open(filepath.Join("testdata", "state5.db.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, FileName), data, 0o600); err != nil {
		t.Fatal(err)
	}
	wantSound(t, filepath.Join(dir, FileName))
	l := open(t, dir, func(o *Options) { o.Now = func() time.Time { return time.Date(2026, 3, 11, 9, 0, 0, 0, time.UTC) } })
	all := must(l.Payments(Query{}))(t)
	by := map[string]Payment{}
	for _, p := range all {
		by[p.RequestID] = p
	}
	if len(all) != 12 {
		t.Errorf("%d payments", len(all))
	}
	first, second := by["request-50"], by["again-50"]
	if first.State != Reversed || first.Reversal.Doubted || second.State != Charged || second.Notices[0].Registration != RegDone {
		t.Errorf("%+v %+v", first, second)
	}
	if n := must(l.Notice(creditor, number(50)))(t); n.Holder != second.ID {
		t.Errorf("%+v", n)
	}
	if r := must(l.RegistrationReceipt(second.ID, 0))(t); r.ID != "R50" || string(r.Raw) != "<RT/>" || r.PDF != nil || !second.Notices[0].HasReceipt {
		t.Errorf("%+v", r)
	}
	// A submission of then is gone on with, and counts as the first.
	p := by["request-51"]
	if _, err := l.Reverse(p.ID, "capo", "rev-51", reversalBaseline); !errors.Is(err, ErrNotReversible) {
		t.Error(err)
	}
	if p = must(l.Submit(p.ID))(t); p.Submission.N != 1 {
		t.Errorf("%+v", p.Submission)
	}
	freed := must(l.ConfirmChannel("cassa4", "CH_9", "capo"))(t)
	if len(freed) != 1 || freed[0].RequestID != "request-52" {
		t.Errorf("%+v", freed)
	}
	for _, k := range must(l.Cases(true))(t) { // their proofs are in the entries, as was done then
		if k.Ending == EndingRefunded && k.Proof != "mandato" {
			t.Errorf("%+v", k)
		}
	}
	for _, k := range must(l.Cases(false))(t) {
		if k.Cause == (driver.Reason{Code: "channel_unproven", Text: "CH_9"}) {
			t.Errorf("%+v", k)
		}
	}
	if r := must(l.Check())(t); len(r.Problems) > 0 {
		t.Errorf("%+v", r)
	}
}
