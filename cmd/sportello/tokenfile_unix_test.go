//go:build unix

package main

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestServiceTokens: a token takes over nothing from what lies under its name.
func TestServiceTokens(t *testing.T) {
	before := syscall.Umask(0)
	defer syscall.Umask(before)
	for name, c := range map[string]struct {
		write func(string, []byte) error
		want  os.FileMode
	}{tokenName: {writeShared, 0o640}, maintenanceName: {writeOwn, 0o600}} {
		dir := t.TempDir()
		path, elsewhere := filepath.Join(dir, name), filepath.Join(dir, "elsewhere")
		if err := os.WriteFile(elsewhere, []byte("not a token"), 0o666); err != nil {
			t.Fatal(err)
		}
		for _, lay := range []func() error{
			func() error { return os.Symlink(elsewhere, path) },
			func() error { return os.Chmod(path, 0o666) },
			func() error { return os.Remove(path) },
		} {
			if err := lay(); err != nil {
				t.Fatal(err)
			}
			if err := c.write(path, []byte("a token\n")); err != nil {
				t.Fatal(err)
			}
			info, err := os.Lstat(path)
			if err != nil {
				t.Fatal(err)
			}
			if info.Mode() != c.want {
				t.Errorf("%s: %v, want %v", name, info.Mode(), c.want)
			}
		}
		if b, err := os.ReadFile(elsewhere); string(b) != "not a token" {
			t.Errorf("%s: written through a link: %q, %v", name, b, err)
		}
	}
}
