package ledger

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestVerified(t *testing.T) {
	clock := newClock()
	dir := t.TempDir()
	l := open(t, dir, func(o *Options) { o.Now = clock.now })
	if _, ok, err := l.Verified(creditor, number(1)); ok || err != nil {
		t.Errorf("%t %v", ok, err)
	}
	commits, entries := l.Stats().Commits, l.Stats().Entries
	due := time.Date(2026, 4, 30, 0, 0, 0, 0, time.UTC)
	v := Verified{Creditor: creditor, Number: number(1), Cents: 1250, Position: "A2A/1", Document: "P", MultiBeneficiary: true, StampDuty: true, DueBy: due}
	for range 3 {
		v.Cents++
		if err := l.RememberVerified(v); err != nil {
			t.Fatal(err)
		}
		l = reopen(t, l)
		got, ok, err := l.Verified(creditor, number(1))
		if err != nil || !ok || got.At.IsZero() || got.Cents != v.Cents {
			t.Errorf("%+v %t %v", got, ok, err)
		}
		if got.At = (time.Time{}); got != v {
			t.Errorf("%+v, not %+v", got, v)
		}
	}
	if s := l.Stats(); s.Entries != entries || commits != 0 {
		t.Errorf("it is in the chain: %+v", s)
	}
	for _, bad := range []Verified{{Number: "1"}, {Creditor: "1"}, {Creditor: "1", Number: "1", Cents: -1}, {Creditor: "1", Number: string(make([]byte, 300))}} {
		if err := l.RememberVerified(bad); !errors.Is(err, ErrInvalid) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	// A line cut off by a stop takes no other with it.
	path := filepath.Join(dir, "verified.jsonl")
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"creditor":"011`); err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
	l = reopen(t, l)
	v.Number = number(2)
	if err := l.RememberVerified(v); err != nil {
		t.Fatal(err)
	}
	l = reopen(t, l)
	for n := 1; n <= 2; n++ {
		if _, ok, _ := l.Verified(creditor, number(n)); !ok {
			t.Errorf("notice %d is lost", n)
		}
	}
	// After a month it is nothing any more.
	clock.set(clock.now().Add(keptVerified))
	if got, ok, _ := l.Verified(creditor, number(1)); ok {
		t.Errorf("%+v", got)
	}
	l = reopen(t, l)
	if n := len(l.verified.all); n != 0 {
		t.Errorf("%d are kept", n)
	}
	// And without its file, or with one that cannot be read, a ledger opens.
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := l.RememberVerified(v); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	if err := errors.Join(os.Remove(path), os.Mkdir(path, 0o700)); err != nil {
		t.Fatal(err)
	}
	l = open(t, dir, func(o *Options) { o.Now = clock.now })
	if err := l.RememberVerified(v); err == nil {
		t.Error("not told that it was not written")
	}
	if _, ok, _ := l.Verified(v.Creditor, v.Number); !ok {
		t.Error("not even known until the next start")
	}
}

// TestVerifiedIsBounded: neither memory nor file grows for ever.
func TestVerifiedIsBounded(t *testing.T) {
	const limit, written = 200, 5 * 200 // the file is written anew more than once
	table := verifiedTable{path: filepath.Join(t.TempDir(), "verified.jsonl"), limit: limit}
	now := time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)
	table.load(now)
	defer table.close()
	most := 0
	for i := range written {
		now = now.Add(time.Second)
		if err := table.remember(Verified{Creditor: creditor, Number: fmt.Sprint(i), Cents: 1, At: now}, now); err != nil {
			t.Fatal(err)
		}
		most = max(most, len(table.all), table.lines-limit)
	}
	if most > limit+limit/10+1 {
		t.Errorf("%d", most)
	}
	if _, ok := table.find(creditor, fmt.Sprint(written-1)); !ok {
		t.Error("the newest is gone")
	}
	if _, ok := table.find(creditor, "0"); ok {
		t.Error("the oldest is there")
	}
	again := verifiedTable{path: table.path, limit: table.limit}
	again.load(now)
	if len(again.all) != limit {
		t.Errorf("%d read", len(again.all))
	}
	for i := range limit {
		if v, ok := again.find(creditor, fmt.Sprint(written-1-i)); !ok || v.Cents != 1 {
			t.Fatalf("the newest but %d is lost", i)
		}
	}
}

// FuzzVerified reads any file: never a fault, never more than is allowed, and what is remembered then is there.
func FuzzVerified(f *testing.F) {
	seeds := []string{"", "\n\n", "{", "null", `[]`, `{"creditor":"c","number":"n","cents":1,"at":"2026-03-10T09:00:00Z"}`,
		`{"creditor":"c","number":"n","cents":1,"at":"2026-03-10T09:00:00Z"}` + "\n" + `{"creditor":"c","nu`,
		`{"creditor":"c","number":"x","cents":1e99,"at":"2026-03-10T09:00:00Z"}`, `{"creditor":"c","number":"y","at":"9999-99-99T09:00:00Z"}`, string(make([]byte, 3*verifiedLine))}
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	if len(seeds) == 0 {
		f.Fatal("no seeds")
	}
	now := time.Date(2026, 3, 10, 10, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, data []byte) {
		table := verifiedTable{path: filepath.Join(t.TempDir(), "verified.jsonl"), limit: 2}
		if err := os.WriteFile(table.path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		table.load(now)
		defer table.close()
		if len(table.all) > table.limit {
			t.Errorf("%d", len(table.all))
		}
		v := Verified{Creditor: "c", Number: "new", Cents: 7, At: now}
		if err := table.remember(v, now); err != nil {
			t.Fatal(err)
		}
		again := verifiedTable{path: table.path, limit: table.limit}
		again.load(now)
		if got, ok := again.find("c", "new"); !ok || got != v {
			t.Errorf("%+v %t", got, ok)
		}
	})
}
