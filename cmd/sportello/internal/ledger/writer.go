package ledger

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"
)

// op is one call that writes. do decides on the state and appends entries; it runs in the writer and
// may run again when a commit fails. It must decide everything before it appends anything.
type op struct {
	do func(*batch) error
	// money: a payment's intent or outcome. Its commit writes the entry and as a rule nothing else.
	money bool
	// reserve: on a full disk the ballast may be given up for it.
	reserve bool
	// alone: it changes the file as a whole; no other op shares its turn.
	alone func() error

	err  error
	done chan struct{}
}

// errAfterCommit, from FailCommit, plays a commit whose last flush fails after all was written.
var errAfterCommit = errors.New("the last flush failed")

// stored is one entry as it goes into the file.
type stored struct {
	seq   uint64
	value []byte
	blob  []byte
}

// batch is what one commit will hold.
type batch struct {
	*view
	l       *Ledger
	now     time.Time
	head    head
	entries []stored
	ends    []string // what attempts have come to, for Stats
	blobs   *bolt.Bucket
	lastID  uint64 // number of the newest payment
}

func (l *Ledger) newBatch(tx *bolt.Tx) *batch {
	return &batch{
		view: &view{bucket: tx.Bucket(bucketState), tail: l.tail, pending: layer{}},
		l:    l, now: l.opt.Now().UTC().Truncate(time.Microsecond), head: l.head, blobs: tx.Bucket(bucketBlobs),
		lastID: l.lastID,
	}
}

// submit hands an op to the writer and waits for its end.
func (l *Ledger) submit(o *op) error {
	o.done = make(chan struct{})
	select {
	case l.ops <- o:
		<-o.done
		return o.err
	case <-l.closing:
		return ErrClosed
	}
}

// write is the writer: it takes the op that waits and every other that waits with it, and writes
// them in one commit. No timer is involved.
func (l *Ledger) write() {
	defer l.writer.Done()
	for {
		select {
		case <-l.closing:
			return
		case o := <-l.ops:
			l.turn(o)
		}
	}
}

func (l *Ledger) turn(first *op) {
	ops := []*op{first}
	var last *op
gather:
	for first.alone == nil && len(ops) < maxOpsPerCommit {
		select {
		case o := <-l.ops:
			if o.alone != nil {
				last = o
				break gather
			}
			ops = append(ops, o)
		default:
			break gather
		}
	}
	if first.alone != nil {
		first.err = guard(l.path, first.alone)
	} else {
		l.commitOps(ops)
	}
	for _, o := range ops {
		close(o.done)
	}
	if last != nil {
		last.err = guard(l.path, last.alone)
		close(last.done)
	}
}

// commitOps writes ops and sets every op's err. When that fails the ops that may have the reserve are
// tried once more without it: bbolt tells some full disks in words alone (growing the file on Windows).
func (l *Ledger) commitOps(ops []*op) {
	err := l.attempt(ops)
	if err == nil {
		return
	}
	if errors.Is(err, ErrDiskFull) || l.broken == nil { // broken: what was written is not known, and nothing may be written twice
		var kept []*op
		for _, o := range ops {
			if o.reserve && o.err == nil {
				kept = append(kept, o)
			} else if o.err == nil {
				o.err = err
			}
		}
		if ops = kept; len(ops) == 0 {
			return
		}
		l.opt.Log.Warn().Err(err).Msg("the ledger gives up its reserve and tries again")
		l.ballast.giveUp()
		if err = l.attempt(ops); err == nil {
			return
		}
	}
	for _, o := range ops {
		if o.err == nil {
			o.err = err
		}
	}
}

// attempt runs ops and commits. On an error nothing of them is in the ledger; ops that were refused
// have their err.
func (l *Ledger) attempt(ops []*op) error {
	if err := l.usable(); err != nil {
		return err
	}
	var b *batch
	l.committing.Store(time.Now().UnixNano())
	err := guard(l.path, func() (err error) {
		b, err = l.commit(ops)
		return err
	})
	l.committing.Store(0)
	var damaged *DamagedError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &damaged):
		l.breakOff(err)
		return err
	case b == nil:
		return err
	}
	// The commit failed somewhere on its way. What the file holds now decides, not what bbolt remembers.
	written, rerr := l.reload(b)
	if rerr != nil {
		l.breakOff(rerr)
		return rerr
	}
	if written {
		return nil
	}
	return err
}

// usable opens the file again when that failed before, unless it is damaged.
func (l *Ledger) usable() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.broken == nil || errors.Is(l.broken, ErrDamaged) {
		return l.broken
	}
	l.interruptErase()
	if l.broken = guard(l.path, l.db.Close); l.broken == nil { // its lock would keep us out
		l.broken = l.load()
	}
	if l.broken == nil {
		l.signalOutbox() // what broke may have been written
	}
	return l.broken
}

func (l *Ledger) breakOff(err error) {
	l.opt.Log.Error().Err(err).Msg("the ledger cannot go on")
	l.mu.Lock()
	defer l.mu.Unlock()
	l.broken = err
}

// commit runs ops in one bbolt transaction. The batch is returned when the commit itself failed.
func (l *Ledger) commit(ops []*op) (*batch, error) {
	tx, err := l.db.Begin(true)
	if err != nil {
		return nil, fmt.Errorf("write ledger: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // bbolt does not always do it when Commit fails; after a commit it does nothing
	b := l.newBatch(tx)
	money := true
	for _, o := range ops {
		count, lastID := len(b.entries), b.lastID
		o.err = o.do(b)
		switch {
		case o.err != nil && len(b.entries) > count:
			return nil, o.err
		case o.err != nil:
			b.lastID = lastID
		}
		money = money && o.money
	}
	if len(b.entries) == 0 {
		return nil, nil
	}
	if err := b.write(tx); err != nil {
		return nil, diskFull(err)
	}
	waiting := l.unfolded + len(b.entries)
	folding := !money && waiting >= foldFrom || waiting >= foldAlways
	if folding {
		if err := fold(tx, l.tail, b.pending, b.head); err != nil {
			return nil, err
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.opt.FailCommit != nil {
		err = l.opt.FailCommit()
	}
	if err == nil || errors.Is(err, errAfterCommit) {
		err = errors.Join(err, tx.Commit())
	}
	if err != nil {
		return b, diskFull(fmt.Errorf("write ledger: %w", err))
	}
	l.settle(b, folding)
	return b, nil
}

// settle takes over what was committed. The caller holds mu.
func (l *Ledger) settle(b *batch, folded bool) {
	l.head, l.lastID = b.head, b.lastID
	l.commits.Add(1)
	l.entries.Store(b.head.seq)
	l.archive.behind(b.head.seq)
	l.countEnds(b.ends)
	if folded {
		l.tail, l.unfolded = layer{}, 0
	} else {
		maps.Copy(l.tail, b.pending)
		l.unfolded += len(b.entries)
	}
	for key := range b.pending {
		if strings.HasPrefix(key, tableOutbox) {
			l.signalOutbox()
			break
		}
	}
}

func (l *Ledger) signalOutbox() {
	select {
	case l.outboxChanged <- struct{}{}:
	default:
	}
}

// reload opens the file again after a failed commit of b, and says whether b is in it after all: the
// last flush of a commit can fail when everything is already written. Then one more commit is made,
// because an answer needs a flush that succeeded.
func (l *Ledger) reload(b *batch) (written bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.interruptErase()
	if err := guard(l.path, l.db.Close); err != nil {
		return false, err
	}
	if err := l.load(); err != nil {
		return false, err
	}
	if l.head.seq != b.head.seq || !bytes.Equal(l.head.hash, b.head.hash) {
		return false, nil
	}
	l.signalOutbox()
	return true, guard(l.path, func() error {
		return l.db.Update(func(*bolt.Tx) error { return nil })
	})
}

// append adds an entry, and its blob if any, to the batch and folds it into the state.
func (b *batch) append(e *entry, bl *blob) error {
	e.V, e.Seq, e.At, e.Installation = formatVersion, b.head.seq+1, b.now, b.l.opt.Installation
	var sealed []byte
	if bl != nil {
		var err error
		if sealed, e.Blob, err = bl.seal(); err != nil {
			return err
		}
	}
	body, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("encode entry: %w", err)
	}
	hash := chainHash(b.head.hash, e.Seq, body)
	value := append(hash, body...)
	// Fold what is written, not what was meant: a rebuild must give the same state, and nothing of the
	// caller's may stay in it.
	_, written, err := decodeEntry(value)
	if err != nil {
		return err
	}
	if err := apply(b.view, written); err != nil {
		return fmt.Errorf("%w: entry %d: %w", ErrInvalid, e.Seq, err)
	}
	if end := written.end(); end != "" {
		b.ends = append(b.ends, end)
	}
	b.head = head{seq: e.Seq, hash: value[:hashSize]}
	b.entries = append(b.entries, stored{seq: e.Seq, value: value, blob: sealed})
	return nil
}

// write puts the batch's entries and blobs into the file.
func (b *batch) write(tx *bolt.Tx) error {
	entries, blobs := tx.Bucket(bucketEntries), tx.Bucket(bucketBlobs)
	entries.FillPercent, blobs.FillPercent = 0.9, 0.9 // keys only grow
	for _, s := range b.entries {
		if err := entries.Put(seqKey(s.seq), s.value); err != nil {
			return fmt.Errorf("write entry: %w", err)
		}
		if s.blob == nil {
			continue
		}
		if err := blobs.Put(seqKey(s.seq), s.blob); err != nil {
			return fmt.Errorf("write blob: %w", err)
		}
	}
	return nil
}

// fold writes the state of the layers, the older first, into the state bucket.
func fold(tx *bolt.Tx, older, newer layer, to head) error {
	state := tx.Bucket(bucketState)
	state.FillPercent = 0.75 // most keys grow within their table
	for _, l := range []layer{older, newer} {
		for key, c := range l {
			if later, again := newer[key]; again {
				c = later
			}
			var err error
			if c.gone {
				err = state.Delete([]byte(key))
			} else if c.raw, err = c.encoded(); err == nil {
				err = state.Put([]byte(key), c.raw)
			}
			if err != nil {
				return fmt.Errorf("fold state %q: %w", key, err)
			}
		}
	}
	if err := state.Put([]byte(keyFolded), foldedValue(to)); err != nil {
		return fmt.Errorf("fold state: %w", err)
	}
	return nil
}

// foldedHead reads up to where the state bucket has been folded.
func foldedHead(tx *bolt.Tx) (head, error) {
	for _, name := range [][]byte{bucketEntries, bucketBlobs, bucketState} {
		if tx.Bucket(name) == nil {
			return head{}, fmt.Errorf("bucket %q is missing", name)
		}
	}
	value := tx.Bucket(bucketState).Get([]byte(keyFolded))
	switch {
	case len(value) == 0:
		return genesis(), nil
	case len(value) != 8+hashSize+1:
		return head{}, fmt.Errorf("state %q has %d bytes", keyFolded, len(value))
	case value[8+hashSize] != stateVersion:
		return head{}, errOtherState
	}
	return head{seq: binary.BigEndian.Uint64(value), hash: bytes.Clone(value[8 : 8+hashSize])}, nil
}

// stateVersion is the form of the state bucket. A ledger with another one is folded from its first
// entry at the next start: raise it whenever apply, or a type in the bucket, changes what it writes.
const stateVersion = 8

var errOtherState = errors.New("state was folded by another version")

func foldedValue(h head) []byte { return append(append(seqKey(h.seq), h.hash...), stateVersion) }

// replay folds the entries after from into v.pending: all, or as many as limit says.
func replay(tx *bolt.Tx, v *view, from head, limit int) (end head, count int, err error) {
	c := tx.Bucket(bucketEntries).Cursor()
	end = from
	if from.seq > 0 {
		key, value := c.Seek(seqKey(from.seq))
		if !bytes.Equal(key, seqKey(from.seq)) || !bytes.HasPrefix(value, from.hash) {
			return end, 0, fmt.Errorf("the journal does not hold entry %d, up to which the state was folded", from.seq)
		}
	}
	for key, value := c.Seek(seqKey(from.seq + 1)); key != nil && (limit == 0 || count < limit); key, value = c.Next() {
		hash, e, err := decodeEntry(value)
		if err != nil {
			return end, count, fmt.Errorf("entry %x: %w", key, err)
		}
		if want := end.seq + 1; e.Seq != want || !bytes.Equal(key, seqKey(want)) {
			return end, count, fmt.Errorf("entry %d where %d was due", e.Seq, want)
		}
		if !bytes.Equal(hash, chainHash(end.hash, e.Seq, value[hashSize:])) {
			return end, count, fmt.Errorf("entry %d does not follow from the one before it", e.Seq)
		}
		if err := apply(v, e); err != nil {
			return end, count, fmt.Errorf("entry %d: %w", e.Seq, err)
		}
		end = head{seq: e.Seq, hash: bytes.Clone(hash)}
		count++
	}
	return end, count, nil
}
