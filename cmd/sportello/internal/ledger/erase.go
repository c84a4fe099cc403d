package ledger

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"time"

	bolt "go.etcd.io/bbolt"
)

// Erase takes away the blobs (personal data, raw bytes) of payments created before a moment, and says
// how many. Payments that are unfinished, in the outbox or behind an open case keep theirs. It writes
// a new file without the blobs and with the entry that says so, and puts it in the ledger's place in
// one step: a power cut leaves the old ledger or the new one, and no old bytes in free pages. The
// writer does nothing else meanwhile; it is work for the night. ErrDiskFull: there must be space for
// a second ledger.
func (l *Ledger) Erase(before time.Time) (int, error) {
	count := 0
	err := l.submit(&op{alone: func() (err error) {
		if err := l.usable(); err != nil {
			return err
		}
		count, err = l.erase(before)
		return err
	}})
	return count, err
}

func (l *Ledger) erase(before time.Time) (int, error) {
	temp := l.path + compactEnding
	count, err := l.writeErased(temp, before)
	if err == nil && count > 0 {
		err = l.replace(temp)
	}
	if err != nil || count == 0 {
		_ = os.Remove(temp)
	}
	if err != nil {
		return 0, diskFull(fmt.Errorf("erase: %w", err))
	}
	return count, nil
}

// writeErased writes the new ledger to temp.
func (l *Ledger) writeErased(temp string, before time.Time) (int, error) {
	tx, err := l.db.Begin(false)
	if err != nil {
		return 0, err
	}
	defer func() { _ = tx.Rollback() }()
	b := l.newBatch(tx)
	gone, ranges, err := erasable(tx, b.view, before)
	if err != nil || len(gone) == 0 {
		return 0, err
	}
	if err := b.append(&entry{Kind: KindBlobsErased, Erased: ranges}, nil); err != nil {
		return 0, err
	}
	_ = os.Remove(temp)
	db, err := bolt.Open(temp, 0o600, &bolt.Options{Timeout: lockWait, PageSize: pageSize,
		FreelistType: bolt.FreelistMapType, NoSync: true})
	if err != nil {
		return 0, err
	}
	err = copyLedger(db, tx, gone)
	if err == nil {
		err = db.Update(func(to *bolt.Tx) error {
			if err := b.write(to); err != nil {
				return err
			}
			return fold(to, l.tail, b.pending, b.head)
		})
	}
	if cerr := db.Close(); err == nil {
		err = cerr
	}
	return len(gone), err
}

// erasable finds the blobs that may go, and the ranges of sequences that name them and no other blob.
func erasable(tx *bolt.Tx, v *view, before time.Time) (gone map[uint64]bool, ranges [][2]uint64, err error) {
	gone = map[uint64]bool{}
	payments := map[string]bool{}
	withCase := map[string]bool{}
	if err := v.eachCase(func(c Case) { withCase[c.PaymentID] = withCase[c.PaymentID] || c.Ended.IsZero() }); err != nil {
		return nil, nil, err
	}
	open := false // a range is
	entries, cursor := tx.Bucket(bucketEntries), tx.Bucket(bucketBlobs).Cursor()
	for key, _ := cursor.First(); key != nil; key, _ = cursor.Next() {
		_, e, err := decodeEntry(entries.Get(key))
		if err != nil {
			return nil, nil, fmt.Errorf("%w: blob %x: %w", ErrDamaged, key, err)
		}
		ok, known := payments[e.Payment]
		switch {
		case e.Payment == "":
			ok = e.At.Before(before)
		case !known:
			r, err := loadRecord(v, e.Payment)
			if err != nil {
				return nil, nil, err
			}
			ok = r.CreatedAt.Before(before) && r.State.Finished() && !withCase[r.ID] && !r.inOutbox(v)
			payments[e.Payment] = ok
		}
		if !ok {
			open = false
			continue
		}
		seq := binary.BigEndian.Uint64(key)
		gone[seq] = true
		if !open {
			ranges = append(ranges, [2]uint64{seq, seq})
			open = true
		}
		ranges[len(ranges)-1][1] = seq
	}
	return gone, ranges, nil
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

// copyLedger copies every bucket, without the blobs that go.
func copyLedger(db *bolt.DB, from *bolt.Tx, gone map[uint64]bool) error {
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
