//go:build unix

package main

import (
	"os"
	"path/filepath"
	"syscall"
)

// ownedLike gives the ledger's files to the folder's owner: root restores, and the service's user goes on with them.
func ownedLike(dir string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	of, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	for _, pattern := range []string{"ledger.db*", "archive.db*", "ballast.bin*"} {
		files, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return err
		}
		for _, f := range files {
			if err := os.Lchown(f, int(of.Uid), int(of.Gid)); err != nil {
				return err
			}
		}
	}
	return nil
}
