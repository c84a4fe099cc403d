package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"unsafe"

	"golang.org/x/sys/windows"
)

// TestServiceTokens: who may read the command line's token is kept from start to start; the token for upkeep is closed to
// those whom the folder lets in.
func TestServiceTokens(t *testing.T) {
	dir := t.TempDir()
	everyone, err := windows.CreateWellKnownSid(windows.WinWorldSid)
	if err != nil {
		t.Fatal(err)
	}
	d, err := windows.SecurityDescriptorFromString("D:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;OW)(A;OICI;FR;;;WD)")
	if err != nil {
		t.Fatal(err)
	}
	dacl, _, err := d.DACL()
	if err != nil {
		t.Fatal(err)
	}
	const what = windows.DACL_SECURITY_INFORMATION | windows.PROTECTED_DACL_SECURITY_INFORMATION
	if err := windows.SetNamedSecurityInfo(dir, windows.SE_FILE_OBJECT, what, nil, nil, dacl, nil); err != nil {
		t.Fatal(err)
	}
	shared, own := filepath.Join(dir, tokenName), filepath.Join(dir, maintenanceName)
	if err := os.WriteFile(own, []byte("made before\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var first os.FileInfo
	for range 2 {
		if err := writeShared(shared, []byte("short\n")); err != nil {
			t.Fatal(err)
		}
		if err := writeOwn(own, []byte("short\n")); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{shared, own} {
			if b, err := os.ReadFile(path); string(b) != "short\n" {
				t.Errorf("%s: %q, %v", path, b, err)
			}
		}
		info, err := os.Stat(shared)
		if err != nil {
			t.Fatal(err)
		}
		if first != nil && !os.SameFile(first, info) {
			t.Error("the command line's token is another file after the next start: whoever might read it may no longer")
		}
		first = info
		if err := os.WriteFile(shared, []byte("a longer one of the start before\n"), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	for path, open := range map[string]bool{shared: true, own: false} {
		if got := slices.ContainsFunc(readers(t, path), everyone.Equals); got != open {
			t.Errorf("%s: everyone may read it: %v, want %v", path, got, open)
		}
	}
}

// readers are those whom a file's access list allows anything.
func readers(t *testing.T, path string) []*windows.SID {
	t.Helper()
	d, err := windows.GetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		t.Fatal(err)
	}
	dacl, _, err := d.DACL()
	if err != nil {
		t.Fatal(err)
	}
	var all []*windows.SID
	for i := range dacl.AceCount {
		var ace *windows.ACCESS_ALLOWED_ACE
		if err := windows.GetAce(dacl, uint32(i), &ace); err != nil {
			t.Fatal(err)
		}
		if ace.Header.AceType == windows.ACCESS_ALLOWED_ACE_TYPE && ace.Mask&windows.FILE_READ_DATA != 0 {
			all = append(all, (*windows.SID)(unsafe.Pointer(&ace.SidStart)))
		}
	}
	t.Logf("%s: %s", path, d)
	return all
}
