package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"sync/atomic"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// Copy is a finished copy of a ledger.
type Copy struct {
	Bytes   int64     `json:"bytes"`
	SHA256  string    `json:"sha256"` // of the file, hex
	Entries uint64    `json:"entries"`
	Head    string    `json:"head"`            // of the chain, hex: it is printed on the day reports, too
	Newest  time.Time `json:"newest,omitzero"` // when its newest entry was written; zero: it has none
}

// patience is how long a payment may be held up by a copy under way. bbolt makes a commit wait for every reader when
// its file outgrows what is mapped (it doubles, from 1 GiB on it grows by as much): that copy is given up.
const patience = 300 * time.Millisecond

// Backup writes a copy of the running ledger to w, as it is at one moment. Everything that was answered is in it;
// nothing of what lies beside the ledger is: the archive's index is made anew, and what was verified lately
// (verified.jsonl) must be asked again after a restore. Payments go on meanwhile. ErrInterrupted: one of them had
// to wait for the copy, which is worthless now and may be begun again at once; stop is called then, so that a write
// to w that hangs ends, too.
func (l *Ledger) Backup(w io.Writer, stop func()) (Copy, error) {
	l.long.Lock()
	defer l.long.Unlock()
	out := &copying{w: w, hash: sha256.New()}
	interrupt := func() {
		out.interrupted.Store(true)
		stop()
	}
	l.mu.Lock()
	l.interruptErase = interrupt // a ledger that is opened again waits for its readers, too
	l.mu.Unlock()
	defer func() {
		l.mu.Lock()
		l.interruptErase = func() {}
		l.mu.Unlock()
	}()
	done, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		l.watchCommits(done, interrupt)
	}()
	var c Copy
	err := l.snapshot(func(tx *bolt.Tx, _ *view) (err error) {
		if err = c.describe(tx); err == nil {
			c.Bytes, err = tx.WriteTo(out)
		}
		return err
	})
	close(done)
	<-watched
	switch {
	case out.interrupted.Load():
		return Copy{}, fmt.Errorf("copy the ledger: %w", ErrInterrupted)
	case err != nil:
		return Copy{}, fmt.Errorf("copy the ledger: %w", err)
	}
	c.SHA256 = hex.EncodeToString(out.hash.Sum(nil))
	return c, nil
}

// watchCommits calls interrupt when a commit takes too long, until done.
func (l *Ledger) watchCommits(done <-chan struct{}, interrupt func()) {
	tick := time.NewTicker(patience / 4)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
			if l.heldUp() {
				interrupt()
				return
			}
		}
	}
}

// heldUp says that a commit takes too long.
func (l *Ledger) heldUp() bool {
	since := l.committing.Load()
	return since != 0 && time.Duration(time.Now().UnixNano()-since) > patience
}

// copying hashes what is written, and ends when it is interrupted.
type copying struct {
	w           io.Writer
	hash        hash.Hash
	interrupted atomic.Bool
}

func (c *copying) Write(p []byte) (int, error) {
	if c.interrupted.Load() {
		return 0, ErrInterrupted
	}
	n, err := c.w.Write(p)
	c.hash.Write(p[:n])
	return n, err
}

// describe fills in what a transaction says of its ledger.
func (c *Copy) describe(tx *bolt.Tx) error {
	c.Head = hex.EncodeToString(genesis().hash)
	key, value := tx.Bucket(bucketEntries).Cursor().Last()
	if key == nil {
		return nil
	}
	hash, e, err := decodeEntry(value)
	if err != nil {
		return err
	}
	c.Entries, c.Head, c.Newest = e.Seq, hex.EncodeToString(hash), e.At
	return nil
}

// BackupFile is Backup of a ledger that no service has open. It writes nothing to it. ErrInUse: a service has.
func BackupFile(path string, w io.Writer) (Copy, error) {
	if _, err := os.Stat(path); err != nil {
		return Copy{}, fmt.Errorf("copy the ledger: %w", err)
	}
	lock, err := lockFile(path+lockEnding, lockWait)
	if err != nil {
		return Copy{}, fmt.Errorf("copy ledger %q: %w", path, err)
	}
	defer func() { _ = lock.release() }()
	var c Copy
	out := &copying{w: w, hash: sha256.New()}
	err = viewFile(path, func(tx *bolt.Tx) (err error) {
		if err = c.describe(tx); err == nil {
			c.Bytes, err = tx.WriteTo(out)
		}
		return err
	})
	if err != nil {
		return Copy{}, fmt.Errorf("copy ledger %q: %w", path, err)
	}
	c.SHA256 = hex.EncodeToString(out.hash.Sum(nil))
	return c, nil
}

// viewFile reads a ledger that nobody has open.
func viewFile(path string, fn func(*bolt.Tx) error) error {
	problems, err := inspect(path, false)
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		return &DamagedError{Path: path, What: problems[0].String()}
	}
	return guard(path, func() error {
		db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: lockWait, ReadOnly: true})
		switch {
		case errors.Is(err, bolterrors.ErrTimeout):
			return ErrInUse
		case err != nil:
			return &DamagedError{Path: path, What: err.Error()}
		}
		return errors.Join(db.View(func(tx *bolt.Tx) error {
			if _, err := foldedHead(tx); err != nil && !errors.Is(err, errOtherState) {
				return &DamagedError{Path: path, What: err.Error()}
			}
			return fn(tx)
		}), db.Close())
	})
}

// DescribeFile says what a copy holds, without verifying it: CheckFile does.
func DescribeFile(path string) (Copy, error) {
	var c Copy
	f, err := os.Open(path)
	if err != nil {
		return c, err
	}
	hash := sha256.New()
	c.Bytes, err = io.Copy(hash, f)
	_ = f.Close()
	if err != nil {
		return c, err
	}
	c.SHA256 = hex.EncodeToString(hash.Sum(nil))
	return c, viewFile(path, c.describe)
}
