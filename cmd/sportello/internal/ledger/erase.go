package ledger

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	bolt "go.etcd.io/bbolt"
)

// Erase takes away the blobs (personal data, raw bytes) of payments created before a moment, and says
// how many. Payments that are unfinished, in the outbox or behind an open case keep theirs. It writes
// a new file without the blobs and with the entry that says so, and puts it in the ledger's place in
// one step: a power cut leaves the old ledger or the new one, and no old bytes in free pages. The archive's
// index, which has the debtors' names, is taken from the disk before that, and made anew after it. Payments
// go on while the file is copied, and wait only for what was written meanwhile. ErrDiskFull: there
// must be space for a second ledger, and for what payments need meanwhile. ErrStale: a payment chosen was
// changed meanwhile; ErrInterrupted: one waited for the copy; try again. context.Canceled: ctx or Close,
// or a disk that refused a payment, came first.
func (l *Ledger) Erase(ctx context.Context, before time.Time) (int, error) {
	l.long.Lock()
	defer l.long.Unlock()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	l.mu.Lock()
	l.interruptErase = cancel
	l.mu.Unlock()
	temp := l.path + compactEnding
	defer func() { _ = os.Remove(temp) }() // when it has become the ledger there is none
	var e *erasure
	err := l.snapshot(func(tx *bolt.Tx, v *view) (err error) {
		if e, err = erasable(tx, v, before, 0); err != nil || len(e.gone) == 0 {
			return err
		}
		if err := l.roomFor(tx.Size()); err != nil {
			return err
		}
		return l.copyTo(ctx, temp, tx, e.gone)
	})
	if err == nil && len(e.gone) > 0 {
		err = syncFile(temp) // not while the ledger is read, and not while payments wait
	}
	if err == nil && len(e.gone) > 0 {
		err = l.archive.without(func() error {
			return l.submit(&op{alone: func() error {
				if err := l.usable(); err != nil {
					return err
				}
				if err := l.catchUp(temp, e); err != nil {
					return err
				}
				return l.replace(temp)
			}})
		})
	}
	if err != nil {
		return 0, diskFull(fmt.Errorf("erase: %w", err))
	}
	return len(e.gone), nil
}

// Erasable says, at less cost, whether Erase would take something away.
func (l *Ledger) Erasable(before time.Time) (bool, error) {
	found := false
	err := l.snapshot(func(tx *bolt.Tx, v *view) error {
		e, err := erasable(tx, v, before, 1)
		found = err == nil && len(e.gone) > 0
		return err
	})
	return found, err
}

// erasure is what one Erase takes away.
type erasure struct {
	last     uint64          // newest entry when it was chosen
	gone     map[uint64]bool // sequences of the blobs
	ranges   [][2]uint64     // the same, as they are written: no other blob lies within
	payments map[string]bool // looked at: true when its blobs go
}

// eraseSpare is what must stay free beside the copy: until a full disk has ended the copy, it would refuse payments,
// and the reserve would go.
const eraseSpare = 16 << 20

// roomFor is ErrDiskFull where a copy of so many bytes would leave payments too little space.
func (l *Ledger) roomFor(size int64) error {
	free, err := freeBytes(filepath.Dir(l.path))
	if err != nil {
		return err
	}
	if need := uint64(size + eraseSpare); free < need {
		return fmt.Errorf("%w: %d bytes are free, %d are needed for a while", ErrDiskFull, free, need)
	}
	return nil
}

// copyTo writes the ledger without the blobs that go to temp.
func (l *Ledger) copyTo(ctx context.Context, temp string, tx *bolt.Tx, gone map[uint64]bool) error {
	_ = os.Remove(temp)
	db, err := bolt.Open(temp, 0o600, copyOptions())
	if err != nil {
		return err
	}
	return errors.Join(l.copyLedger(ctx, db, tx, gone), db.Close())
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func copyOptions() *bolt.Options {
	return &bolt.Options{Timeout: lockWait, PageSize: pageSize, FreelistType: bolt.FreelistMapType, NoSync: true}
}

// catchUp adds what was written since the copy was begun, and the entry that says what was erased.
// State that is not folded there is folded by the next start from the entries, as after a kill.
func (l *Ledger) catchUp(temp string, e *erasure) error {
	from, err := l.db.Begin(false)
	if err != nil {
		return err
	}
	defer func() { _ = from.Rollback() }()
	b := l.newBatch(from)
	cursor := from.Bucket(bucketEntries).Cursor()
	for key, value := cursor.Seek(seqKey(e.last + 1)); key != nil; key, value = cursor.Next() {
		_, since, err := decodeEntry(value)
		if err != nil {
			return fmt.Errorf("%w: entry %x: %w", ErrDamaged, key, err)
		}
		if e.payments[since.Payment] {
			return fmt.Errorf("%w: payment %q", ErrStale, since.Payment)
		}
		b.entries = append(b.entries, stored{seq: since.Seq, value: value, blob: b.blobs.Get(key)})
	}
	if err := b.append(&entry{Kind: KindBlobsErased, Erased: e.ranges}, nil); err != nil {
		return err
	}
	db, err := bolt.Open(temp, 0o600, copyOptions())
	if err != nil {
		return err
	}
	return errors.Join(db.Update(b.write), db.Close())
}

// erasable chooses the blobs that may go; with a limit not all, and not among those written since.
func erasable(tx *bolt.Tx, v *view, before time.Time, limit int) (*erasure, error) {
	out := &erasure{gone: map[uint64]bool{}, payments: map[string]bool{}}
	entries, cursor := tx.Bucket(bucketEntries), tx.Bucket(bucketBlobs).Cursor()
	if key, _ := entries.Cursor().Last(); key != nil {
		out.last = binary.BigEndian.Uint64(key)
	}
	if err := v.eachCase(func(c *caseRecord) {
		if c.Ended.IsZero() && c.PaymentID != "" {
			out.payments[c.PaymentID] = false
		}
	}); err != nil {
		return nil, err
	}
	open := false // a range is
	for key, _ := cursor.First(); key != nil; key, _ = cursor.Next() {
		_, e, err := decodeEntry(entries.Get(key))
		if err != nil {
			return nil, fmt.Errorf("%w: blob %x: %w", ErrDamaged, key, err)
		}
		if limit > 0 && (len(out.gone) >= limit || e.At.After(before)) {
			break
		}
		ok, known := out.payments[e.Payment]
		switch {
		case e.Payment == "":
			ok = e.At.Before(before)
		case !known:
			r, err := loadRecord(v, e.Payment)
			if err != nil {
				return nil, err
			}
			ok = r.CreatedAt.Before(before) && r.State.Finished() && !r.inOutbox(v)
			out.payments[e.Payment] = ok
		}
		if !ok {
			open = false
			continue
		}
		seq := binary.BigEndian.Uint64(key)
		out.gone[seq] = true
		if !open {
			out.ranges = append(out.ranges, [2]uint64{seq, seq})
			open = true
		}
		out.ranges[len(out.ranges)-1][1] = seq
	}
	return out, nil
}

func (r *record) inOutbox(v *view) bool {
	for i := range r.Notices {
		if v.has(tableOutbox + outboxKey(r.ID, i)) {
			return true
		}
	}
	return false
}

const copyBytes = 8 << 20 // in one transaction of the copy

// copyLedger copies every bucket, without the blobs that go, until ctx ends or a payment waits for it (see patience).
func (l *Ledger) copyLedger(ctx context.Context, db *bolt.DB, from *bolt.Tx, gone map[uint64]bool) error {
	to, err := db.Begin(true)
	if err != nil {
		return err
	}
	defer func() { _ = to.Rollback() }()
	size := 0
	for _, name := range [][]byte{bucketEntries, bucketBlobs, bucketState} {
		bucket, err := to.CreateBucket(name)
		if err != nil {
			return err
		}
		bucket.FillPercent = 0.9
		c := from.Bucket(name).Cursor()
		for key, value := c.First(); key != nil; key, value = c.Next() {
			if l.heldUp() {
				return ErrInterrupted
			}
			if string(name) == string(bucketBlobs) && gone[binary.BigEndian.Uint64(key)] {
				continue
			}
			if size += len(key) + len(value); size > copyBytes {
				if err := to.Commit(); err != nil {
					return err
				}
				next, err := db.Begin(true)
				if err != nil {
					return err
				}
				to, size, bucket = next, 0, next.Bucket(name)
				if err := ctx.Err(); err != nil {
					return err
				}
				bucket.FillPercent = 0.9
			}
			if err := bucket.Put(key, value); err != nil {
				return err
			}
		}
	}
	return to.Commit()
}

// replace puts temp in the ledger's place and opens it. When that fails the old ledger goes on.
func (l *Ledger) replace(temp string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	err := l.db.Close()
	if err == nil {
		err = putInPlace(temp, l.path)
	}
	if lerr := l.load(); lerr != nil {
		l.broken = lerr
		return errors.Join(err, lerr)
	}
	return err
}
