package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sportello/driver"
)

// chargeMany makes n charged payments from the first on.
func chargeMany(t testing.TB, l *Ledger, first, n int) {
	t.Helper()
	for i := first; i < first+n; i++ {
		p := must(l.Intend(intent(i)))(t)
		must(l.Conclude(p.ID, charged("000042")))(t)
	}
}

// copiedTo writes a copy of a ledger into a new file.
func copiedTo(t testing.TB, l *Ledger, path string) Copy {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	c, err := l.Backup(f, func() {})
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestBackupWhilePaying: a copy made while payments go on is a sound ledger as of one moment, holds everything that was
// answered before it was begun, and its hash is the file's.
func TestBackupWhilePaying(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	chargeMany(t, l, 0, 50)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := 1000; ; i++ {
			select {
			case <-stop:
				return
			default:
				chargeMany(t, l, i, 1)
			}
		}
	})
	for round := range 5 {
		before := l.Stats().Entries
		path := filepath.Join(t.TempDir(), "copia.db")
		c := copiedTo(t, l, path)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(data)
		if c.SHA256 != hex.EncodeToString(sum[:]) || c.Bytes != int64(len(data)) {
			t.Errorf("%+v is not the file of %d bytes", c, len(data))
		}
		r := wantSound(t, path)
		if r.Entries < before || r.Entries != c.Entries || r.Head != c.Head || c.Newest.IsZero() {
			t.Errorf("round %d: %d entries before, the copy has %d and says %+v", round, before, r.Entries, c)
		}
		if d := must(DescribeFile(path))(t); d != c {
			t.Errorf("described as %+v, was %+v", d, c)
		}
	}
	close(stop)
	wg.Wait()
}

// TestBackupGivesWay: a copy that holds a payment up is given up, and the payment goes on; another copy may follow.
func TestBackupGivesWay(t *testing.T) {
	l := open(t, t.TempDir())
	chargeMany(t, l, 0, 3)
	release := make(chan struct{})
	slow := writerFunc(func(p []byte) (int, error) {
		l.committing.Store(time.Now().Add(-time.Minute).UnixNano()) // as a commit that waits for the file to grow
		<-release
		return len(p), nil
	})
	_, err := l.Backup(slow, func() { close(release) })
	if !errors.Is(err, ErrInterrupted) {
		t.Errorf("%v", err)
	}
	l.committing.Store(0)
	chargeMany(t, l, 10, 1)
	copiedTo(t, l, filepath.Join(t.TempDir(), "copia.db"))
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// TestBackupFile: of a ledger that no service has open; the ledger stays as it is, byte for byte.
func TestBackupFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, FileName)
	l := open(t, dir)
	chargeMany(t, l, 0, 3)
	var out bytes.Buffer
	if _, err := BackupFile(path, &out); !errors.Is(err, ErrInUse) {
		t.Errorf("of one that is in use: %v", err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	before := must(os.ReadFile(path))(t)
	out.Reset()
	c := must(BackupFile(path, &out))(t)
	if after := must(os.ReadFile(path))(t); !bytes.Equal(before, after) || int64(out.Len()) != c.Bytes {
		t.Errorf("%+v, changed %t", c, !bytes.Equal(before, after))
	}
	if _, err := BackupFile(filepath.Join(dir, "none"), &out); err == nil {
		t.Error("of none")
	}
}

// TestRestore: a copy becomes the ledger, with the case that keeps it from charging; ids and codes of before are retired.
func TestRestore(t *testing.T) {
	l := open(t, t.TempDir())
	chargeMany(t, l, 0, 3)
	copy := filepath.Join(t.TempDir(), "copia.db")
	c := copiedTo(t, l, copy)
	now := time.Date(2026, time.March, 12, 9, 0, 0, 0, time.UTC)
	dir := t.TempDir()
	o := RestoreOptions{Installation: "A2", Now: func() time.Time { return now }}
	for _, used := range []string{"A1", "A0"} {
		if _, err := Restore(copy, dir, RestoreOptions{Installation: used}); !errors.Is(err, ErrRetired) {
			t.Errorf("%s: %v", used, err)
		}
	}
	r := must(Restore(copy, dir, o))(t)
	if r.Copy != c || !slices.Equal(r.Retired, []string{"A1"}) || !strings.HasPrefix(r.Case, "A2-C") || r.Aside != "" {
		t.Errorf("%+v", r)
	}
	if left := must(filepath.Glob(filepath.Join(dir, restoring)))(t); len(left) > 0 {
		t.Error("left behind", left)
	}
	if _, err := Restore(copy, dir, o); !errors.Is(err, ErrExists) {
		t.Errorf("over another: %v", err)
	}
	n := open(t, dir, func(o *Options) { o.Installation = "A2"; o.Now = func() time.Time { return now } })
	g := must(n.Gate())(t)
	if !g.Closed() || g.Restored.ID != r.Case || !slices.Equal(g.Retired, []string{"A1"}) || !g.Since.Equal(c.Newest) {
		t.Errorf("%+v", g)
	}
	gap := must(n.OpenCase(Case{Terminal: "cassa1", Cause: driver.Reason{Code: ReasonGap, Text: "STAN 000050"}}))(t)
	if _, err := n.ProposeEnding(r.Case, g.Restored.Seq, Proposal{Ending: EndingClosed, Note: "x", By: "capo"}); !errors.Is(err, ErrStale) {
		t.Errorf("people have ended it before a gap: %v", err)
	}
	if err := n.EndRestore(r.Case, "letto"); !errors.Is(err, ErrStale) {
		t.Errorf("ended with an open gap: %v", err)
	}
	if g := must(n.Gate())(t); len(g.Gaps) != 1 || !gap.NeedsTwo {
		t.Errorf("%+v %+v", g, gap)
	}
	endCase(t, n, gap.ID, EndingClosed, "lista dei movimenti")
	if err := n.EndRestore(r.Case, "letto"); err != nil {
		t.Fatal(err)
	}
	if g := must(n.Gate())(t); g.Closed() || !slices.Equal(g.Retired, []string{"A1"}) {
		t.Errorf("%+v", g)
	}
	if p := must(n.Intend(intent(50)))(t); p.ID != "A2-00000001" {
		t.Errorf("%q", p.ID)
	}
	if codes := must(n.Installations())(t); !slices.Equal(codes, []string{"A1", "A2"}) {
		t.Errorf("%q", codes)
	}
	// A copy of the copy: every code of before is retired, and the gap of before is another's.
	again := filepath.Join(t.TempDir(), "copia2.db")
	copiedTo(t, n, again)
	third := t.TempDir()
	must(Restore(again, third, RestoreOptions{Installation: "A3", Now: func() time.Time { return now }}))(t)
	m := open(t, third, func(o *Options) { o.Installation = "A3" })
	g = must(m.Gate())(t)
	if !slices.Equal(g.Retired, []string{"A1", "A2"}) || len(g.Gaps) != 0 || !g.Closed() {
		t.Errorf("%+v", g)
	}
	// Where the platform is never read two people end it, with a proof: nobody was given money back by that.
	if _, err := m.ProposeEnding(g.Restored.ID, g.Restored.Seq, Proposal{Ending: EndingRefunded, Note: "x", By: "capo"}); !errors.Is(err, ErrInvalid) {
		t.Errorf("refunded: %v", err)
	}
	one := must(m.ProposeEnding(g.Restored.ID, g.Restored.Seq, Proposal{Ending: EndingClosed, Note: "lista dei movimenti", By: "capo"}))(t)
	if !one.NeedsTwo || !one.Ended.IsZero() {
		t.Errorf("one person has ended it: %+v", one)
	}
	if both := must(m.CountersignEnding(one.ID, one.Seq, "vice", true))(t); both.Ended.IsZero() || both.Proof != "lista dei movimenti" {
		t.Errorf("%+v", both)
	}
	if g := must(m.Gate())(t); g.Closed() {
		t.Errorf("%+v", g)
	}
}

// TestRestoreKilled: at every step the folder holds the ledger of before, or the new one whole, or the one of before
// under its new name; beginning again always ends well.
func TestRestoreKilled(t *testing.T) {
	source := t.TempDir()
	l := open(t, source)
	chargeMany(t, l, 0, 3)
	copy := filepath.Join(t.TempDir(), "copia.db")
	copiedTo(t, l, copy)
	type power struct{}
	for _, step := range []string{"restore.ready", "restore.aside", "restore.placed"} {
		for _, there := range []bool{false, true} {
			dir := t.TempDir()
			if there {
				o := open(t, dir)
				chargeMany(t, o, 100, 1)
				if err := o.Close(); err != nil {
					t.Fatal(err)
				}
			}
			o := RestoreOptions{Installation: "A2", SetAside: true, Failpoint: func(name string) {
				if name == step {
					panic(power{})
				}
			}}
			func() {
				defer func() { _ = recover().(power) }()
				_, _ = Restore(copy, dir, o)
				t.Errorf("%s was not passed", step)
			}()
			path := filepath.Join(dir, FileName)
			if _, err := os.Stat(path); err == nil {
				wantSound(t, path)
			} else if aside := must(filepath.Glob(path + ".2*"))(t); there && len(aside) != 1 {
				t.Errorf("%s: the ledger of before is gone: %q", step, aside)
			}
			o.Failpoint = nil
			if _, err := Restore(copy, dir, o); err != nil {
				t.Errorf("%s: again: %v", step, err)
			}
			wantSound(t, path)
			n, err := Open(dir, Options{Installation: "A2", BallastBytes: -1})
			if err != nil {
				t.Fatal(err)
			}
			if g := must(n.Gate())(t); !g.Closed() {
				t.Errorf("%s: the gate is open", step)
			}
			if err := n.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestRestoreRefuses: nothing that is no sound copy becomes the ledger, and what is there stays.
func TestRestoreRefuses(t *testing.T) {
	l := open(t, t.TempDir())
	chargeMany(t, l, 0, 20)
	copy := filepath.Join(t.TempDir(), "copia.db")
	copiedTo(t, l, copy)
	data := must(os.ReadFile(copy))(t)
	for name, spoil := range map[string]func([]byte) []byte{
		"cut":   func(b []byte) []byte { return b[:len(b)/2] },
		"empty": func([]byte) []byte { return nil },
		"other": func([]byte) []byte { return bytes.Repeat([]byte("no ledger"), 4096) },
		"tampered": func(b []byte) []byte {
			return bytes.ReplaceAll(b, []byte(`"amount_cents":1250`), []byte(`"amount_cents":1251`))
		},
	} {
		bad, dir := filepath.Join(t.TempDir(), name), t.TempDir()
		if err := os.WriteFile(bad, spoil(bytes.Clone(data)), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Restore(bad, dir, RestoreOptions{Installation: "A2"}); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
		if left := must(os.ReadDir(dir))(t); len(left) != 1 { // the lock
			t.Errorf("%s: %v", name, left)
		}
	}
	busy := open(t, t.TempDir())
	if _, err := Restore(copy, filepath.Dir(busy.path), RestoreOptions{Installation: "A2", SetAside: true}); !errors.Is(err, ErrInUse) {
		t.Errorf("into one that is in use: %v", err)
	}
}

// TestClaim: a ledger that was carried by hand is a copy, too, once; a code of before is refused.
func TestClaim(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	if err := l.Claim(); err != nil {
		t.Fatal(err)
	}
	chargeMany(t, l, 0, 2)
	if err := l.Claim(); err != nil || must(l.Gate())(t).Closed() {
		t.Errorf("its own: %v", err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		n, err := Open(dir, Options{Installation: "B7", BallastBytes: -1})
		if err != nil {
			t.Fatal(err)
		}
		if err := n.Claim(); err != nil {
			t.Error(err)
		}
		if g := must(n.Gate())(t); g.Restored.ID == "" || !slices.Equal(g.Retired, []string{"A1"}) || len(must(n.Cases(true))(t)) != 1 {
			t.Errorf("%+v", g)
		}
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	}
	again, err := Open(dir, Options{Installation: "A1", BallastBytes: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = again.Close() }()
	if err := again.Claim(); !errors.Is(err, ErrRetired) {
		t.Errorf("the retired code: %v", err)
	}
}
