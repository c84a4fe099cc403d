package ledger

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestEraseGivesWay: a copy that holds a payment up is given up, as a backup is; nothing is erased, and another may follow.
func TestEraseGivesWay(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	chargeMany(t, l, 0, 3)
	settled(t, l)
	l.committing.Store(time.Now().Add(-time.Minute).UnixNano()) // as a commit that waits for the file to grow
	n, err := l.Erase(t.Context(), newClock().now().AddDate(1, 0, 0))
	if !errors.Is(err, ErrInterrupted) || n != 0 {
		t.Errorf("%d, %v", n, err)
	}
	if _, err := os.Stat(filepath.Join(dir, FileName+compactEnding)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the copy stays: %v", err)
	}
	l.committing.Store(0)
	chargeMany(t, l, 10, 1)
	if n := must(l.Erase(t.Context(), newClock().now().AddDate(1, 0, 0)))(t); n == 0 {
		t.Error("nothing was erased")
	}
}

// TestEraseLeavesRoom: where the copy would fit, but leave next to nothing to payments, there is none.
func TestEraseLeavesRoom(t *testing.T) {
	dir := t.TempDir()
	mountSmall(t, dir, "24m")
	l := open(t, dir)
	chargeMany(t, l, 0, 3)
	settled(t, l)
	other := filepath.Join(dir, "somebody's")
	if err := os.WriteFile(other, make([]byte, 12<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	before := l.Stats().Entries
	if _, err := l.Erase(t.Context(), newClock().now().AddDate(1, 0, 0)); !errors.Is(err, ErrDiskFull) || l.Stats().Entries != before {
		t.Errorf("%v", err)
	}
	if err := os.Remove(other); err != nil {
		t.Fatal(err)
	}
	must(l.Erase(t.Context(), newClock().now().AddDate(1, 0, 0)))(t)
}

// settled has every charge registered, so that nothing but time keeps its blobs.
func settled(t *testing.T, l *Ledger) {
	t.Helper()
	for _, p := range must(l.Payments(Query{}))(t) {
		if p.State == Charged {
			must(l.Register(RegistrationChange{PaymentID: p.ID, To: RegDone}))(t)
		}
	}
}
