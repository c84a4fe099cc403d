package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// logReserve is the free space that a log leaves alone: it belongs to the ledger.
const logReserve = 64 << 20

// logLook is how much is written, or how much time passes, between two looks at the free space.
const (
	logLook      = 256 << 10
	logLookEvery = 10 * time.Second
)

// logFile is a log that turns over by size and age, for PCs without a journal (Windows). Together its files never take
// more than (keep+1) times max, and it drops lines rather than fill the disk or stop the service: what was dropped is
// counted, and told when there is space again. Safe for concurrent use; one process writes a file.
type logFile struct {
	path  string
	max   int64
	keep  int           // older files
	age   time.Duration // 0: none goes for its age
	now   func() time.Time
	space func(dir string) (uint64, error)

	mu      sync.Mutex // guards what follows
	f       *os.File   // nil: not open
	size    int64
	begun   time.Time
	written int64     // since the last look
	looked  time.Time // at the free space
	full    bool
	dropped int
}

func openLogFile(path string, max int64, keep int, age time.Duration) (*logFile, error) {
	l := &logFile{path: path, max: max, keep: keep, age: age, now: time.Now, space: freeBytes}
	if err := l.open(); err != nil {
		return nil, err
	}
	l.prune()
	return l, nil
}

// Write never fails: there is nobody to tell.
func (l *logFile) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	l.look(now, int64(len(p)))
	if !l.full && l.f != nil && l.size > 0 && (l.size+int64(len(p)) > l.max || l.old(now)) {
		l.turn(now)
	}
	if l.f == nil && !l.full {
		_ = l.open()
	}
	if l.full || l.f == nil {
		l.dropped++
		return len(p), nil
	}
	if l.dropped > 0 {
		l.put(fmt.Appendf(nil, "{\"level\":\"warn\",\"lines\":%d,\"time\":%q,\"message\":\"log lines were dropped: the disk was full\"}\n", l.dropped, now.UTC().Format(time.RFC3339)))
		l.dropped = 0
	}
	l.put(p)
	return len(p), nil
}

func (l *logFile) put(p []byte) {
	n, err := l.f.Write(p)
	l.size += int64(n)
	l.written += int64(n)
	if err != nil {
		l.dropped++
		l.full, l.looked = true, l.now()
	}
}

// look sees now and then whether there is space.
func (l *logFile) look(now time.Time, more int64) {
	if l.written+more < logLook && now.Sub(l.looked) < logLookEvery && now.After(l.looked.Add(-logLookEvery)) {
		return
	}
	l.written, l.looked = 0, now
	free, err := l.space(filepath.Dir(l.path))
	l.full = err == nil && free < logReserve
}

// old says that the file would not be gone in time if it grew on.
func (l *logFile) old(now time.Time) bool {
	return l.age > 0 && now.Sub(l.begun) > l.age/time.Duration(l.keep+1)
}

func (l *logFile) open() error {
	f, err := os.OpenFile(l.path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o640)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return errors.Join(err, f.Close())
	}
	l.f, l.size, l.begun = f, info.Size(), l.now()
	if l.size > 0 {
		l.begun = firstTime(l.path, info.ModTime())
	}
	return nil
}

// firstTime is when the first line was written.
func firstTime(path string, otherwise time.Time) time.Time {
	f, err := os.Open(path)
	if err != nil {
		return otherwise
	}
	defer f.Close()
	line, err := bufio.NewReaderSize(f, 64<<10).ReadSlice('\n')
	var at struct{ Time time.Time }
	if err != nil || json.Unmarshal(line, &at) != nil || at.Time.IsZero() {
		return otherwise
	}
	return at.Time
}

// turn gives the file its date, and begins another. Where that fails it grows on.
func (l *logFile) turn(now time.Time) {
	_ = l.f.Close()
	l.f = nil
	for i := range 100 {
		aside := fmt.Sprintf("%s.%s", l.path, now.UTC().Format("20060102T150405Z"))
		if i > 0 {
			aside += fmt.Sprintf("-%02d", i)
		}
		if _, err := os.Lstat(aside); err != nil {
			_ = os.Rename(l.path, aside)
			break
		}
	}
	_ = l.open()
	l.prune()
}

// older are the files that were turned over, newest first.
func (l *logFile) older() []string {
	all, _ := filepath.Glob(strings.NewReplacer("[", `[[]`, "*", `[*]`, "?", `[?]`).Replace(l.path) + ".2*Z*")
	slices.Sort(all)
	slices.Reverse(all)
	return all
}

func (l *logFile) prune() {
	for i, path := range l.older() {
		info, err := os.Stat(path)
		if i >= l.keep || err == nil && l.age > 0 && l.now().Sub(info.ModTime()) > l.age {
			_ = os.Remove(path)
		}
	}
}

func (l *logFile) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.f == nil {
		return nil
	}
	err := l.f.Close()
	l.f = nil
	return err
}
