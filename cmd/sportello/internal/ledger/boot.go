package ledger

import (
	"fmt"
	"os"
	"path/filepath"

	bolt "go.etcd.io/bbolt"
)

// pageSize is fixed, so that a ledger can be carried to another PC.
const pageSize = 4096

// Endings of files that are not yet the ledger, or never will be.
const (
	newEnding     = ".new"     // first boot
	compactEnding = ".compact" // Erase
	lockEnding    = ".lock"    // never removed
)

// create makes an empty ledger that is there whole or not at all. The caller holds the lock.
func create(path string) error {
	temp := path + newEnding
	db, err := bolt.Open(temp, 0o600, &bolt.Options{Timeout: lockWait, PageSize: pageSize, FreelistType: bolt.FreelistMapType})
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bolt.Tx) error {
		for _, name := range [][]byte{bucketEntries, bucketBlobs, bucketState} {
			if _, err := tx.CreateBucket(name); err != nil {
				return fmt.Errorf("make bucket %q: %w", name, err)
			}
		}
		return nil
	})
	if cerr := db.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		_ = os.Remove(temp)
		return err
	}
	return putInPlace(temp, path)
}

// putInPlace gives a finished file its name, durably.
func putInPlace(temp, path string) error {
	f, err := os.OpenFile(temp, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	err = f.Sync()
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(temp, path)
	}
	if err == nil {
		err = syncDir(filepath.Dir(path))
	}
	return err
}

// removeLeftovers takes away what a stop in the middle left beside the ledger: it may hold what was
// to be erased.
func removeLeftovers(path string) {
	for _, ending := range []string{newEnding, compactEnding} {
		_ = os.Remove(path + ending)
	}
}
