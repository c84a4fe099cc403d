package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"os"
)

// ballast is a file that takes space which the ledger can have back when the disk is full: bbolt
// grows its file sparsely, so the file itself reserves nothing. It is the writer's.
type ballast struct {
	path string
	size int64 // zero or less: none is kept
}

// present says whether the reserve is there in full.
func (b *ballast) present() bool {
	if b.size <= 0 {
		return true
	}
	fi, err := os.Stat(b.path)
	return err == nil && fi.Size() == b.size
}

// restore makes the reserve again where it is missing. Its bytes are really written, and not zero, so
// that no file system leaves them out.
func (b *ballast) restore() error {
	if b.present() {
		return nil
	}
	err := b.fill()
	if err != nil {
		b.giveUp()
		return diskFull(fmt.Errorf("keep %d bytes in reserve in %q: %w", b.size, b.path, err))
	}
	return nil
}

func (b *ballast) fill() (err error) {
	temp := b.path + ".new"
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(temp)
		}
	}()
	chunk := bytes.Repeat([]byte("reserve for the ledger on a full disk; do not delete. "), 1214)[:65536]
	for left := b.size; left > 0 && err == nil; left -= int64(len(chunk)) {
		_, err = f.Write(chunk[:min(left, int64(len(chunk)))])
	}
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	return os.Rename(temp, b.path)
}

// giveUp frees the reserve's space.
func (b *ballast) giveUp() { _ = os.Remove(b.path) }

// diskFull marks an error of the operating system that means "no space" with ErrDiskFull.
func diskFull(err error) error {
	if err != nil && isDiskFull(err) && !errors.Is(err, ErrDiskFull) {
		return fmt.Errorf("%w: %w", ErrDiskFull, err)
	}
	return err
}
