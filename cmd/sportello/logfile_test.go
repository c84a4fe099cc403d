package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// lines of all files of a log, oldest first.
func (l *logFile) everything(t *testing.T) string {
	t.Helper()
	var all bytes.Buffer
	files := l.older()
	for i := len(files) - 1; i >= 0; i-- {
		b, err := os.ReadFile(files[i])
		if err != nil {
			t.Fatal(err)
		}
		all.Write(b)
	}
	b, err := os.ReadFile(l.path)
	if err != nil {
		t.Fatal(err)
	}
	all.Write(b)
	return all.String()
}

func newLogFile(t *testing.T, max int64, keep int, age time.Duration) (*logFile, *time.Time) {
	t.Helper()
	l, err := openLogFile(filepath.Join(t.TempDir(), "sportello[1].log"), max, keep, age)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	now := time.Now()
	l.now = func() time.Time { return now }
	return l, &now
}

func entry(n int) []byte {
	return fmt.Appendf(nil, "{\"level\":\"info\",\"n\":%06d,\"time\":\"2026-11-22T07:00:00Z\",\"message\":\"x\"}\n", n)
}

// TestLogTurnsOver: the newest lines are there, in their order, whole; the files together stay within their bound.
func TestLogTurnsOver(t *testing.T) {
	l, now := newLogFile(t, 1000, 3, 0)
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 100 {
				_, _ = l.Write(entry(w*1000 + i))
			}
		})
	}
	wg.Wait()
	for i := range 200 {
		if i%50 == 0 {
			*now = now.Add(time.Second)
		}
		_, _ = l.Write(entry(100000 + i))
	}
	text := l.everything(t)
	if n := len(l.older()); n != 3 || len(text) > 4*1000 {
		t.Errorf("%d older files, %d bytes", n, len(text))
	}
	got := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for i, line := range got {
		if want := strings.TrimSuffix(string(entry(100200-len(got)+i)), "\n"); line != want {
			t.Fatalf("line %d of %d is %q, want %q", i, len(got), line, want)
		}
	}
}

// TestLogAges: a quiet log turns over too, and what is older than the configuration allows is gone at the next start.
func TestLogAges(t *testing.T) {
	l, now := newLogFile(t, 1<<20, 5, 30*24*time.Hour)
	for range 20 { // once in three days
		_, _ = l.Write(fmt.Appendf(nil, "{\"time\":%q}\n", now.Format(time.RFC3339)))
		if err := os.Chtimes(l.path, *now, *now); err != nil {
			t.Fatal(err)
		}
		*now = now.Add(3 * 24 * time.Hour)
	}
	if n := len(l.older()); n == 0 || n > 5 {
		t.Errorf("%d older files", n)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	old := l.path + ".20200101T000000Z"
	if err := os.WriteFile(old, entry(1), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(old, now.Add(-31*24*time.Hour), time.Now().Add(-31*24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	again, err := openLogFile(l.path, 1<<20, 5, 30*24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if _, err := os.Stat(old); !os.IsNotExist(err) {
		t.Errorf("a file of 31 days is still there: %v", err)
	}
	if again.begun.After(time.Now().Add(time.Hour)) && again.size == 0 {
		t.Errorf("begun %v", again.begun)
	}
}

// TestLogLeavesTheDisk: on a disk that is nearly full nothing more is written; how much was dropped is told later.
func TestLogLeavesTheDisk(t *testing.T) {
	l, now := newLogFile(t, 1<<20, 2, 0)
	free := uint64(logReserve)
	l.space = func(string) (uint64, error) { return free, nil }
	_, _ = l.Write(entry(1))
	free--
	*now = now.Add(logLookEvery)
	for i := range 7 {
		if n, err := l.Write(entry(10 + i)); n == 0 || err != nil {
			t.Errorf("%d %v", n, err)
		}
	}
	free = 1 << 40
	*now = now.Add(logLookEvery)
	_, _ = l.Write(entry(2))
	text := l.everything(t)
	if strings.Contains(text, "000010") || !strings.Contains(text, `"lines":7`) || !strings.HasSuffix(text, string(entry(2))) {
		t.Errorf("%s", text)
	}
}

// TestLogFileGone: a folder that is taken away stops nothing.
func TestLogFileGone(t *testing.T) {
	l, _ := newLogFile(t, 100, 2, 0)
	if err := os.RemoveAll(filepath.Dir(l.path)); err != nil {
		t.Skip("this system does not let an open file's folder go:", err)
	}
	for i := range 10 {
		if n, err := l.Write(entry(i)); n == 0 || err != nil {
			t.Errorf("%d %v", n, err)
		}
	}
}
