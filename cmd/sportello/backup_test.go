package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"sportello/cmd/sportello/internal/ledger"
)

// TestWriteCopy: a copy has its name when it is whole, and only then; nothing is written over, and nothing half is left.
func TestWriteCopy(t *testing.T) {
	dir := t.TempDir()
	left := func() (names []string) {
		all, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range all {
			names = append(names, e.Name())
		}
		return names
	}
	path := filepath.Join(dir, "copia.db")
	if _, err := writeCopy(path, "", func(w io.Writer) (ledger.Copy, error) {
		_, _ = w.Write([]byte("metà"))
		return ledger.Copy{}, syscall.ENOSPC
	}); !errors.Is(err, syscall.ENOSPC) || len(left()) != 0 {
		t.Errorf("a full disk: %v, left %q", err, left())
	}
	tries := 0
	if _, err := writeCopy(path, "", func(w io.Writer) (ledger.Copy, error) {
		if tries++; tries < 3 {
			_, _ = w.Write([]byte("una copia che ha ceduto il passo"))
			return ledger.Copy{}, errCopyBroken
		}
		_, err := w.Write([]byte("intera"))
		return ledger.Copy{}, err
	}); err != nil || tries != 3 {
		t.Errorf("%d tries: %v", tries, err)
	}
	if b, err := os.ReadFile(path); string(b) != "intera" || len(left()) != 1 {
		t.Errorf("%q %v, left %q", b, err, left())
	}
	if _, err := writeCopy(path, "", func(io.Writer) (ledger.Copy, error) {
		t.Error("begun over a file")
		return ledger.Copy{}, nil
	}); !errors.Is(err, errCopyThere) {
		t.Errorf("over a file: %v", err)
	}
	other := filepath.Join(dir, "altra.db")
	if _, err := writeCopy(other, "", func(io.Writer) (ledger.Copy, error) { // one that has come meanwhile
		return ledger.Copy{}, os.WriteFile(other, []byte("di un altro"), 0o600)
	}); !errors.Is(err, errCopyThere) {
		t.Errorf("over a file that came meanwhile: %v", err)
	}
	if b, err := os.ReadFile(other); string(b) != "di un altro" || len(left()) != 2 {
		t.Errorf("%q %v, left %q", b, err, left())
	}
	// What lies under the copy's passing name, a link of somebody else's too, is not written into.
	victim := filepath.Join(t.TempDir(), "vittima")
	if err := os.WriteFile(victim, []byte("di un altro"), 0o600); err != nil {
		t.Fatal(err)
	}
	third := filepath.Join(dir, "quarta.db")
	if err := os.Symlink(victim, third+".parziale"); err != nil {
		t.Log("no links here: ", err)
	}
	if _, err := writeCopy(third, "", func(w io.Writer) (ledger.Copy, error) {
		_, err := w.Write([]byte("intera"))
		return ledger.Copy{}, err
	}); err != nil {
		t.Error(err)
	}
	if b, err := os.ReadFile(victim); string(b) != "di un altro" {
		t.Errorf("through a link: %q %v", b, err)
	}
	if info, err := os.Lstat(third); err != nil || !info.Mode().IsRegular() {
		t.Errorf("the copy is no file: %v %v", info, err)
	}
	huge := filepath.Join(dir, "grande")
	f, err := os.Create(huge)
	if err == nil {
		err = errors.Join(f.Truncate(1<<50), f.Close())
	}
	if err != nil {
		t.Skip("this file system holds no file of a petabyte, not even an empty one: ", err)
	}
	if _, err := writeCopy(filepath.Join(dir, "terza.db"), huge, nil); !errors.Is(err, errNoSpace) {
		t.Errorf("no space: %v", err)
	}
}

func TestNextCode(t *testing.T) {
	for _, row := range []struct {
		used []string
		want string
	}{{[]string{"A1"}, "A2"}, {[]string{"A9"}, "AA"}, {[]string{"AZ", "A1"}, "B0"}, {[]string{"ZZ"}, ""}, {nil, "00"}} {
		if got := nextCode(row.used); got != row.want {
			t.Errorf("after %q: %q, want %q", row.used, got, row.want)
		}
	}
}
