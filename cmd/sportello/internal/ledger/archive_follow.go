package ledger

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sync"
	"sync/atomic"

	bolt "go.etcd.io/bbolt"
)

// This file keeps the archive's index up. It follows the journal in a file of its own, so that a payment never
// waits for it; it may be behind, and Search reads what it does not have yet from the ledger.

const (
	archiveEvery = 128  // entries that may be behind: a commit of the index costs two flushes
	archiveStep  = 8192 // entries at a time: a step holds the ledger's pages
)

// archive is the index of one open ledger.
type archive struct {
	path     string
	every    uint64
	wake     chan struct{}
	follower sync.WaitGroup
	indexed  atomic.Uint64 // the newest entry that it knows
	spoilt   atomic.Bool   // it was found to be wrong: the follower makes it anew

	making sync.Mutex   // held while the ledger is read for the index, and that is written; taken before mu
	mu     sync.RWMutex // guards db
	db     *bolt.DB     // nil: not open
}

func newArchive(path string, every uint64) *archive {
	if every == 0 {
		every = archiveEvery
	}
	return &archive{path: path, every: every, wake: make(chan struct{}, 1)}
}

// behind wakes the follower when enough has been written.
func (a *archive) behind(seq uint64) {
	if seq < a.indexed.Load()+a.every {
		return
	}
	a.nudge()
}

func (a *archive) nudge() {
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

// spoil has the index made anew.
func (a *archive) spoil() {
	a.spoilt.Store(true)
	a.nudge()
}

// followArchive is the follower: it ends with the ledger.
func (l *Ledger) followArchive() {
	a := l.archive
	defer a.follower.Done()
	told := ""
	for {
		err := l.keepArchive()
		if err != nil {
			a.indexed.Store(l.entries.Load()) // not again before as much more is written
		}
		switch {
		case err == nil || errors.Is(err, ErrClosed):
			told = ""
		case err.Error() != told:
			told = err.Error()
			l.opt.Log.Warn().Err(err).Msg("the archive's index is behind; searches read what it lacks from the ledger")
		}
		select {
		case <-l.closing:
			a.close()
			return
		case <-a.wake:
		}
	}
}

// keepArchive brings the index up to date, and makes it anew when it cannot be used.
func (l *Ledger) keepArchive() error {
	a := l.archive
	for again := false; ; again = true {
		err := l.followOnce()
		var damaged *DamagedError
		unusable := errors.Is(err, errOtherArchive) || errors.As(err, &damaged) && damaged.Path == a.path
		if !unusable || again {
			return err
		}
		l.opt.Log.Warn().Err(err).Msg("the archive's index is made anew")
		a.close()
		if err := dropArchive(a.path); err != nil {
			return fmt.Errorf("remove the archive's index: %w", err)
		}
		a.spoilt.Store(false) // not before it is gone: nobody may read it again
	}
}

func (l *Ledger) followOnce() error {
	a := l.archive
	if a.spoilt.Load() {
		return errOtherArchive
	}
	if _, err := os.Stat(a.path); errors.Is(err, fs.ErrNotExist) && l.entries.Load() < a.every {
		return nil // too few to be worth a file
	}
	for {
		select {
		case <-l.closing:
			return ErrClosed
		default:
		}
		if more, err := l.archiveStep(); err != nil || !more {
			return err
		}
	}
}

func (a *archive) open() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.db != nil {
		return nil
	}
	db, err := openArchive(a.path, false)
	if err != nil {
		return fmt.Errorf("open the archive's index: %w", err)
	}
	a.db = db
	return nil
}

func (a *archive) close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.shut()
}

// without takes the index from the disk, with all that its free pages hold, and runs fn before it is made anew: what
// fn takes out of the ledger is nowhere then. Searches wait; a power cut leaves the ledger without an index.
func (a *archive) without(fn func() error) error {
	a.making.Lock()
	defer a.making.Unlock()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.shut()
	if err := dropArchive(a.path); err != nil {
		return fmt.Errorf("remove the archive's index: %w", err)
	}
	a.indexed.Store(0)
	defer a.nudge()
	return fn()
}

// shut closes the file. The caller holds mu.
func (a *archive) shut() {
	if a.db == nil {
		return
	}
	a.db.NoFreelistSync = false
	_ = guard(a.path, func() error { return a.db.Update(func(*bolt.Tx) error { return nil }) }) // writes the free list
	_ = guard(a.path, a.db.Close)
	a.db = nil
}

// view runs fn on the index; nil: there is none that can be read.
func (a *archive) view(fn func(*archiveTx) error) error {
	a.mu.RLock()
	defer a.mu.RUnlock()
	if a.db == nil || a.spoilt.Load() {
		return fn(nil)
	}
	return guard(a.path, func() error {
		return a.db.View(func(tx *bolt.Tx) error {
			x, err := newArchiveTx(tx)
			if err != nil {
				x = nil
			}
			return fn(x)
		})
	})
}

// archiveStep takes the next entries in, and says whether more are to be taken.
func (l *Ledger) archiveStep() (more bool, err error) {
	a := l.archive
	a.making.Lock()
	defer a.making.Unlock()
	if err := a.open(); err != nil {
		return false, err
	}
	if !l.ballast.present() {
		return false, ErrDiskFull // what is left is for outcomes
	}
	var at head
	if err := a.view(func(x *archiveTx) error {
		if x == nil {
			return errOtherArchive
		}
		at = x.at
		return nil
	}); err != nil {
		return false, err
	}
	var docs []doc
	to := at
	err = l.snapshot(func(tx *bolt.Tx, v *view) error {
		x := &archiveTx{at: at}
		if !x.of(tx) {
			return errOtherArchive
		}
		var err error
		docs, to, err = nextDocs(tx, v, at, archiveStep)
		return err
	})
	if err != nil {
		return false, err
	}
	if to.seq-at.seq < a.every {
		a.indexed.Store(at.seq)
		return false, nil
	}
	err = guard(a.path, func() error {
		return a.db.Update(func(tx *bolt.Tx) error {
			x, err := newArchiveTx(tx)
			if err != nil {
				return err
			}
			return x.put(tx.Bucket(bucketIndex), docs, to)
		})
	})
	if errors.Is(err, ErrDamaged) {
		err = &DamagedError{Path: a.path, What: err.Error()}
	}
	if err != nil {
		return false, fmt.Errorf("write the archive's index: %w", err)
	}
	a.indexed.Store(to.seq)
	return to.seq-at.seq >= archiveStep, nil
}

// peeked is what the index has to know of an entry.
type peeked struct {
	Kind    Kind   `json:"kind"`
	Payment string `json:"payment"`
}

func (p *peeked) begins() bool { return p.Kind == KindSent || p.Kind == KindRefused }

func peek(value []byte) (*peeked, error) {
	p := new(peeked)
	if len(value) <= hashSize {
		return nil, fmt.Errorf("%w: record of %d bytes", ErrDamaged, len(value))
	}
	if err := json.Unmarshal(value[hashSize:], p); err != nil {
		return nil, fmt.Errorf("%w: decode entry: %w", ErrDamaged, err)
	}
	return p, nil
}

// nextDocs are the payments that up to limit entries after at are about, as they are now, in the order of their
// first entries.
func nextDocs(tx *bolt.Tx, v *view, at head, limit int) (docs []doc, to head, err error) {
	to = at
	ids := map[string]int{}
	c := tx.Bucket(bucketEntries).Cursor()
	for key, value := c.Seek(seqKey(at.seq + 1)); key != nil && limit > 0; key, value = c.Next() {
		p, err := peek(value)
		if err != nil {
			return nil, to, err
		}
		limit--
		to = head{seq: to.seq + 1, hash: slices.Clone(value[:hashSize])}
		if p.Payment == "" {
			continue
		}
		if i, ok := ids[p.Payment]; ok {
			docs[i].entries = append(docs[i].entries, to.seq)
			continue
		}
		ids[p.Payment] = len(docs)
		r, err := loadRecord(v, p.Payment)
		if err != nil {
			return nil, to, err
		}
		d := r.doc()
		if d.seq > at.seq {
			d.fixed = append(d.fixed, debtorTerms(debtorsOf(tx, r))...)
		}
		d.entries = []uint64{to.seq}
		docs = append(docs, d)
	}
	slices.SortFunc(docs, func(a, b doc) int { return int(int64(a.seq) - int64(b.seq)) })
	return docs, to, nil
}

func (r *record) doc() doc {
	return doc{seq: r.FirstSeq, id: r.ID, fixed: r.fixedTerms(), changing: r.changingTerms()}
}

// ArchiveBytes is the size of the index's file, for those who watch disks.
func (l *Ledger) ArchiveBytes() int64 {
	fi, err := os.Stat(l.archive.path)
	if err != nil {
		return 0
	}
	return fi.Size()
}
