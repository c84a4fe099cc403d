package ledger

import (
	"syscall"
	"testing"

	"sportello/driver"
)

// noMoreFiles keeps this process from opening files until the returned function is called.
func noMoreFiles(t *testing.T) (again func()) {
	t.Helper()
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	low := old
	low.Cur = 1
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &low); err != nil {
		t.Skipf("files cannot be limited here: %v", err)
	}
	return func() {
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &old); err != nil {
			t.Error(err)
		}
	}
}

// TestReadersOpenItAgain: after a commit that failed and a file that could not be opened again, the
// first reader that comes when the cause has gone finds everything, without a write in between.
func TestReadersOpenItAgain(t *testing.T) {
	var fail bool
	var again func()
	l := open(t, t.TempDir(), func(o *Options) {
		o.FailCommit = func() error {
			if !fail {
				return nil
			}
			fail = false
			again = noMoreFiles(t)
			return errAfterCommit
		}
	})
	p := must(l.Intend(intent(1)))(t)
	must(l.Conclude(p.ID, verdict(driver.Unknown, "no_answer")))(t)
	for name, ask := range map[string]func() error{
		"outbox":     func() error { _, err := l.Outbox(); return err },
		"by request": func() error { _, _, err := l.ByRequest("request-1"); return err },
		"terminal":   func() error { _, err := l.Terminal("cassa1"); return err },
		"check":      func() error { _, err := l.Check(); return err },
		"dump":       func() error { return l.Dump(discard{}) },
	} {
		fail = true
		_, err := l.Register(RegistrationChange{PaymentID: p.ID, Reason: driver.Reason{Code: name}})
		stuck := ask()
		again()
		if err == nil || stuck == nil {
			t.Fatalf("%s: the file was opened in spite of all: %v, %v", name, err, stuck)
		}
		if err := ask(); err != nil {
			t.Errorf("%s, when the cause has gone: %v", name, err)
		}
		// What was written before it broke is there.
		if q := must(l.Payment(p.ID))(t); q.Notices[0].Reason.Code != name {
			t.Errorf("%s: %+v", name, q.Notices)
		}
	}
}

type discard struct{}

func (discard) Write(b []byte) (int, error) { return len(b), nil }
