package ledger

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"sportello/driver"
)

// TestRestoreOfAClosedCopy: a copy may be of a ledger that was itself restored, and whose gap nobody had closed yet. That
// gap still counts and is seen, and with the newest restore the one before ends, which nobody could end any more.
func TestRestoreOfAClosedCopy(t *testing.T) {
	l := open(t, t.TempDir())
	chargeMany(t, l, 0, 2)
	copy := filepath.Join(t.TempDir(), "copia.db")
	now := copiedTo(t, l, copy).Newest.Add(time.Hour)
	clock := func() time.Time { return now }
	dir := t.TempDir()
	must(Restore(copy, dir, RestoreOptions{Installation: "A2", Now: clock}))(t)
	n := open(t, dir, func(o *Options) { o.Installation, o.Now = "A2", clock })
	gap := must(n.OpenCase(Case{Terminal: "cassa1", Cause: driver.Reason{Code: ReasonGap, Text: "STAN 000050"}}))(t)
	again := filepath.Join(t.TempDir(), "copia2.db")
	copiedTo(t, n, again)

	dir = t.TempDir()
	r := must(Restore(again, dir, RestoreOptions{Installation: "A3", Now: clock}))(t)
	m := open(t, dir, func(o *Options) { o.Installation, o.Now = "A3", clock })
	if g := must(m.Gate())(t); g.Restored.ID != r.Case || len(g.Gaps) != 1 || g.Gaps[0].ID != gap.ID {
		t.Errorf("the open gap is not seen: %+v", g)
	}
	if err := m.EndRestore(r.Case, "letto"); !errors.Is(err, ErrStale) {
		t.Errorf("ended with an open gap: %v", err)
	}
	endCase(t, m, gap.ID, EndingClosed, "lista dei movimenti")
	if err := m.EndRestore(r.Case, "letto"); err != nil {
		t.Fatal(err)
	}
	if open := must(m.Cases(false))(t); len(open) != 0 || must(m.Gate())(t).Closed() {
		t.Errorf("nobody can end %+v", open)
	}
	if rep := must(m.Check())(t); len(rep.Problems) != 0 {
		t.Errorf("%+v", rep.Problems)
	}
}
