//go:build !windows

package config

import "os"

// worldReadable tells whether any user of the machine may read the file.
func worldReadable(path string) (bool, error) {
	info, err := os.Stat(path)
	if err != nil {
		return false, err
	}
	return info.Mode().Perm()&0o004 != 0, nil
}
