package ledger

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"
	"time"
)

// What the verified table holds: the newest 20,000 of 30 days, and a tenth more until they are pruned.
const (
	maxVerified  = 20_000
	keptVerified = 30 * 24 * time.Hour
	verifiedLine = 2048 // bytes; more is not one of ours
)

// verifiedTable is what the platform has said of notices lately. It stands beside the chain, in a file of its own, a
// JSON line each: nothing of it is money's, no commit waits for it, and when it is lost notices are only to be
// verified again. It is not flushed: a power cut may take its last seconds.
type verifiedTable struct {
	path  string
	limit int // maxVerified

	mu  sync.Mutex // guards all, and is never held while the disk works
	all map[string]Verified

	disk  sync.Mutex // guards what follows; taken before mu
	file  *os.File   // open for appending; nil: not yet, or closed
	lines int        // in the file
}

func verifiedKey(creditor, number string) string { return creditor + "/" + number }

// load reads what the last process left; what cannot be read is left out.
func (t *verifiedTable) load(now time.Time) {
	t.all = map[string]Verified{}
	data, err := os.Open(t.path)
	if err != nil {
		return
	}
	defer func() { _ = data.Close() }()
	lines := bufio.NewScanner(data)
	lines.Buffer(make([]byte, verifiedLine), verifiedLine)
	for lines.Scan() {
		t.lines++
		var v Verified
		if json.Unmarshal(lines.Bytes(), &v) == nil && v.Creditor != "" && now.Sub(v.At) < keptVerified {
			t.all[verifiedKey(v.Creditor, v.Number)] = v
		}
	}
	if lines.Err() != nil {
		t.lines = 2*t.limit + 1 // written anew with the next one
	}
	t.prune(now)
}

// prune takes away what is too old, and the oldest of too many.
func (t *verifiedTable) prune(now time.Time) {
	var ages []Verified
	for key, v := range t.all {
		if now.Sub(v.At) >= keptVerified {
			delete(t.all, key)
			continue
		}
		ages = append(ages, v)
	}
	if len(ages) <= t.limit {
		return
	}
	slices.SortFunc(ages, func(a, b Verified) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Creditor, b.Creditor), cmp.Compare(a.Number, b.Number))
	})
	for _, v := range ages[:len(ages)-t.limit] {
		delete(t.all, verifiedKey(v.Creditor, v.Number))
	}
}

func (t *verifiedTable) find(creditor, number string) (Verified, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	v, ok := t.all[verifiedKey(creditor, number)]
	return v, ok
}

func (t *verifiedTable) remember(v Verified, now time.Time) error {
	line, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode what was verified: %w", err)
	}
	t.disk.Lock()
	defer t.disk.Unlock()
	renew := t.lines >= 2*t.limit
	t.mu.Lock()
	open := t.all != nil
	if open {
		t.all[verifiedKey(v.Creditor, v.Number)] = v
	}
	if open && (renew || len(t.all) > t.limit+t.limit/10) {
		t.prune(now)
	}
	t.mu.Unlock()
	switch {
	case !open:
		return ErrClosed
	case renew:
		return t.renew()
	case t.file == nil:
		if t.file, err = os.OpenFile(t.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600); err != nil {
			return fmt.Errorf("remember what was verified: %w", err)
		}
		// A line that a stop cut off must not take this one with it.
		line = append([]byte("\n"), line...)
	}
	if _, err := t.file.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("remember what was verified: %w", err)
	}
	t.lines++
	return nil
}

// renew writes the file anew, with what is there now.
func (t *verifiedTable) renew() error {
	t.mu.Lock()
	known := slices.Collect(maps.Values(t.all))
	t.mu.Unlock()
	var all bytes.Buffer
	for _, v := range known {
		line, err := json.Marshal(v)
		if err != nil {
			return fmt.Errorf("encode what was verified: %w", err)
		}
		all.Write(append(line, '\n'))
	}
	t.closeFile()
	temp := t.path + newEnding
	err := os.WriteFile(temp, all.Bytes(), 0o600)
	if err == nil {
		err = os.Rename(temp, t.path)
	}
	if err != nil {
		_ = os.Remove(temp)
		return fmt.Errorf("prune what was verified: %w", err)
	}
	t.lines = len(known)
	return nil
}

func (t *verifiedTable) closeFile() {
	if t.file != nil {
		_ = t.file.Close()
		t.file = nil
	}
}

func (t *verifiedTable) close() {
	t.disk.Lock()
	defer t.disk.Unlock()
	t.closeFile()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all = nil
}

// RememberVerified notes what the platform has just said of a notice; At zero means now. It is kept for 30 days,
// the newest 20,000 of them. An error says that the disk did not take it: until the next start it is known all
// the same. ErrInvalid: what it says cannot stand.
func (l *Ledger) RememberVerified(v Verified) error {
	now := l.opt.Now().UTC()
	if v.At.IsZero() {
		v.At = now
	}
	v.At, v.DueBy = v.At.UTC().Truncate(time.Second), v.DueBy.UTC()
	if v.Creditor == "" || v.Number == "" || v.Cents < 0 || !keyable(v.Creditor, v.Number, v.Position, v.Document) {
		return fmt.Errorf("%w: verified notice %q of %q, %d cents", ErrInvalid, v.Number, v.Creditor, v.Cents)
	}
	return l.verified.remember(v, now)
}

// Verified returns what the platform last said of a notice; false: nothing within 30 days.
func (l *Ledger) Verified(creditor, number string) (Verified, bool, error) {
	v, ok := l.verified.find(creditor, number)
	if !ok || l.opt.Now().Sub(v.At) >= keptVerified {
		return Verified{}, false, nil
	}
	return v, true, nil
}
