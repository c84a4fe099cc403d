package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"unsafe"

	"golang.org/x/sys/windows"
)

// writeShared writes the command line's token into the file that is there: whom the administrator lets read that file
// (and not the folder, where all secrets are) reads it after the next start, too. The folder is closed, so that nobody
// else can have put it there.
func writeShared(path string, b []byte) error { return os.WriteFile(path, b, 0o640) }

// writeOwn makes a file anew that the system, administrators, the service and whoever runs it read, and nobody else: not
// even those whom the administrator has added to the folder's list.
func writeOwn(path string, b []byte) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	const all = "FA"
	list := fmt.Sprintf("D:P(A;;%[1]s;;;SY)(A;;%[1]s;;;BA)(A;;%[1]s;;;OW)(A;;%[1]s;;;%[2]s)", all, serviceSID(serviceName))
	d, err := windows.SecurityDescriptorFromString(list)
	if err != nil {
		return fmt.Errorf("access list of %q: %w", path, err)
	}
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return fmt.Errorf("%q: %w", path, err)
	}
	rights := windows.SecurityAttributes{SecurityDescriptor: d}
	rights.Length = uint32(unsafe.Sizeof(rights))
	h, err := windows.CreateFile(name, windows.GENERIC_WRITE, 0, &rights, windows.CREATE_NEW, windows.FILE_ATTRIBUTE_NORMAL, 0)
	if err != nil {
		return &fs.PathError{Op: "create", Path: path, Err: err}
	}
	f := os.NewFile(uintptr(h), path)
	_, err = f.Write(b)
	return errors.Join(err, f.Close())
}
