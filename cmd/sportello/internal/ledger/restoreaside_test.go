package ledger

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestRestoreKeepsEveryLedger: two restores in the same second put two ledgers aside, and neither takes the other's place.
func TestRestoreKeepsEveryLedger(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	chargeMany(t, l, 0, 2)
	copy := filepath.Join(t.TempDir(), "copia.db")
	now := copiedTo(t, l, copy).Newest.Add(time.Hour)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	first, err := os.ReadFile(filepath.Join(dir, FileName))
	if err != nil {
		t.Fatal(err)
	}
	o := RestoreOptions{Installation: "A2", SetAside: true, Now: func() time.Time { return now }}
	one, two := must(Restore(copy, dir, o))(t), must(Restore(copy, dir, o))(t)
	if one.Aside == two.Aside {
		t.Errorf("both are %q", one.Aside)
	}
	if kept, err := os.ReadFile(one.Aside); err != nil || string(kept) != string(first) {
		t.Errorf("the first ledger is gone: %d bytes, %v", len(kept), err)
	}
}
