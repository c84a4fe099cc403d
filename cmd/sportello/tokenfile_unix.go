//go:build unix

package main

import (
	"errors"
	"io/fs"
	"os"
)

// writeShared makes the command line's token anew: for the service's user and the folder's group.
func writeShared(path string, b []byte) error { return writeAnew(path, b, 0o640) }

// writeOwn makes a file anew that only the service's user reads.
func writeOwn(path string, b []byte) error { return writeAnew(path, b, 0o600) }

// writeAnew takes nothing over from a file of that name: neither its rights nor its owner.
func writeAnew(path string, b []byte, rights fs.FileMode) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.WriteFile(path, b, rights)
}
