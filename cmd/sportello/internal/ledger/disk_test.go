package ledger

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"sportello/driver"
)

// failing makes the next n commits fail with err.
type failing struct {
	mu  sync.Mutex
	n   int
	err error
}

func (f *failing) commit() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.n == 0 {
		return nil
	}
	f.n--
	return f.err
}

func (f *failing) next(n int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.n, f.err = n, err
}

// TestFailedCommitLeavesNothing fails the commit of every step: nothing of it may be there, now or
// after a start, and the same step succeeds afterwards.
func TestFailedCommitLeavesNothing(t *testing.T) {
	broken := errors.New("the disk says no")
	var f failing
	l := open(t, t.TempDir(), func(o *Options) { o.FailCommit = f.commit })
	id := "A1-00000001"
	once := []string{"intend", "refuse"} // the others are tried again without the reserve
	steps := []struct {
		name string
		do   func() error
	}{
		{"intend", func() error { in := intent(1); in.ID = id; _, err := l.Intend(in); return err }},
		{"unknown", func() error { _, err := l.Conclude(id, verdict(driver.Unknown, "x")); return err }},
		{"free", func() error { return l.Free("cassa1", "capo") }},
		{"charged", func() error { _, err := l.Conclude(id, charged("000042")); return err }},
		{"aftermath", func() error { _, err := l.Aftermath(id, driver.Aftermath{Ticket: slip}); return err }},
		{"register", func() error { _, err := l.Register(RegistrationChange{PaymentID: id, To: RegElse}); return err }},
		{"case", func() error { _, err := l.OpenCase(Case{}); return err }},
		{"adopt", func() error { return l.Adopt("cassa1", "capo", driver.Last{}) }},
		{"demote", func() error { return l.Demote("cassa1", "why") }},
		{"refuse", func() error { _, err := l.Refuse(intent(2).Payment, driver.Reason{}); return err }},
	}
	for _, s := range steps {
		before := must(l.Check())(t)
		f.next(2, broken)
		if slices.Contains(once, s.name) {
			f.next(1, broken)
		}
		if err := s.do(); !errors.Is(err, broken) {
			t.Fatalf("%s: %v", s.name, err)
		}
		if s.name == "intend" {
			if _, err := l.Payment(id); !errors.Is(err, ErrNotFound) {
				t.Fatalf("a failed intent can be read: %v", err)
			}
		}
		if after := must(l.Check())(t); after.Head != before.Head || len(after.Problems) > 0 {
			t.Fatalf("%s: %+v", s.name, after)
		}
		l = reopen(t, l)
		if after := must(l.Check())(t); after.Head != before.Head {
			t.Fatalf("%s: %+v after a start", s.name, after)
		}
		if err := s.do(); err != nil {
			t.Fatalf("%s, again: %v", s.name, err)
		}
	}
}

// TestFlushThatFailsAfterEverythingIsWritten: the entry is in the file although the commit said no.
// The writer finds it there and flushes once more, and nobody is charged for a payment that "failed".
func TestFlushThatFailsAfterEverythingIsWritten(t *testing.T) {
	var l *Ledger
	var commit func() error
	l = open(t, t.TempDir(), func(o *Options) {
		o.FailCommit = func() error {
			if commit != nil {
				return commit()
			}
			return nil
		}
	})
	for i, step := range []func() error{
		func() error { _, err := l.Intend(intent(1)); return err },
		func() error { _, err := l.Conclude("A1-00000001", charged("000042")); return err },
	} {
		commit = func() error {
			commit = nil
			return errAfterCommit
		}
		if err := step(); err != nil {
			t.Fatal(err)
		}
		if n := l.Stats().Entries; n != uint64(i+1) {
			t.Fatalf("%d entries", n)
		}
	}
	if p := must(l.Payment("A1-00000001"))(t); p.State != Charged || p.ReceiptNumber != "2026/1" {
		t.Fatalf("%+v", p)
	}
}

// TestReserve fails commits for want of space: an outcome takes the reserve, an intent does not, and
// no payment starts before the reserve is there again.
func TestReserve(t *testing.T) {
	full := fmt.Errorf("write: %w", syscall.ENOSPC)
	var f failing
	dir := t.TempDir()
	l := open(t, dir, func(o *Options) { o.FailCommit = f.commit })
	reserve := filepath.Join(dir, "ballast.bin")
	there := func() bool {
		fi, err := os.Stat(reserve)
		return err == nil && fi.Size() == testBallast
	}
	f.next(1, full)
	if _, err := l.Intend(intent(1)); !errors.Is(err, ErrDiskFull) || !there() {
		t.Fatalf("an intent on a full disk: %v, reserve %t", err, there())
	}
	p := must(l.Intend(intent(1)))(t)
	f.next(1, full)
	if p, err := l.Conclude(p.ID, charged("000042")); err != nil || p.State != Charged || there() {
		t.Fatalf("an outcome on a full disk: %v, reserve %t", err, there())
	}
	// Something stands where the reserve would be made again: no payment.
	if err := os.Mkdir(reserve, 0o700); err != nil {
		t.Fatal(err)
	}
	before := l.Stats().Entries
	if _, err := l.Intend(intent(2)); err == nil || l.Stats().Entries != before {
		t.Fatal("an intent without a reserve")
	}
	if err := os.RemoveAll(reserve); err != nil {
		t.Fatal(err)
	}
	p = must(l.Intend(intent(2)))(t)
	if !there() {
		t.Fatal("the reserve was not made again")
	}
	if data, _ := os.ReadFile(reserve); len(data) == 0 || data[len(data)-1] == 0 {
		t.Fatal("the reserve is hollow")
	}
	// Two failures: the outcome is not written, and can be tried again.
	f.next(2, full)
	if _, err := l.Conclude(p.ID, charged("000043")); !errors.Is(err, ErrDiskFull) {
		t.Fatalf("%v", err)
	}
	must(l.Conclude(p.ID, charged("000043")))(t)
	// No space, told in words alone, as bbolt does where growing the file fails: the outcome has the reserve.
	in := intent(3)
	f.next(1, errors.New("file resize error: no space"))
	if _, err := l.Intend(in); err == nil || errors.Is(err, ErrDiskFull) || !there() {
		t.Fatalf("an intent: %v, reserve %t", err, there())
	}
	p = must(l.Intend(in))(t)
	f.next(1, errors.New("file resize error: no space"))
	if p, err := l.Conclude(p.ID, charged("000044")); err != nil || p.State != Charged || there() {
		t.Fatalf("an outcome: %v, reserve %t", err, there())
	}
}

// TestFullDisk fills a small disk of its own.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	mountSmall(t, dir, "1m")
	l := open(t, dir)
	p := must(l.Intend(intent(1)))(t)
	fill, err := os.Create(filepath.Join(dir, "somebody's"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = fill.Close() }()
	fillUp := func() {
		for size := 4096; size > 0; size /= 8 {
			for err = nil; err == nil; {
				_, err = fill.Write(make([]byte, size))
			}
		}
	}
	fillUp()
	big := charged("000042")
	for range 8 {
		big.Outcome.Evidence = append(big.Outcome.Evidence, driver.Evidence{Kind: "result", Raw: make([]byte, 4096)})
	}
	if p, err = l.Conclude(p.ID, big); err != nil || p.State != Charged {
		t.Fatalf("the outcome on a full disk: %v", err)
	}
	if l.ballast.present() {
		t.Fatal("the outcome did not need the reserve: the test shows nothing")
	}
	fillUp()
	before := l.Stats().Entries
	if _, err := l.Intend(intent(2)); !errors.Is(err, ErrDiskFull) || l.Stats().Entries != before {
		t.Fatalf("an intent on a full disk without a reserve: %v", err)
	}
	if r := must(l.Check())(t); len(r.Problems) > 0 {
		t.Fatalf("%+v", r)
	}
	l = reopen(t, l) // on a full disk
	if got := must(l.Payment(p.ID))(t); got.State != Charged {
		t.Fatalf("%+v", got)
	}
	if _, err := l.Erase(t.Context(), time.Now().AddDate(10, 0, 0)); err != nil && !errors.Is(err, ErrDiskFull) {
		t.Fatalf("erasing on a full disk: %v", err)
	}
	if err := fill.Truncate(0); err != nil {
		t.Fatal(err)
	}
	must(l.Intend(intent(2)))(t)
	if !l.ballast.present() {
		t.Fatal("the reserve was not made again")
	}
	second, err := Open(filepath.Join(dir, "second"), Options{Installation: "A1", BallastBytes: 16 << 20})
	if err != nil {
		t.Fatalf("a ledger can be read and settled where there is no space for its reserve: %v", err)
	}
	if _, err := second.Intend(intent(3)); !errors.Is(err, ErrDiskFull) {
		t.Errorf("but it takes no payment: %v", err)
	}
	if err := second.Close(); err != nil {
		t.Error(err)
	}
}
