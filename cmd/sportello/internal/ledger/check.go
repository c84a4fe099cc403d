package ledger

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// Report is what Check found.
type Report struct {
	Entries  uint64    `json:"entries"`
	Payments int       `json:"payments"`
	Cases    int       `json:"cases"` // open ones
	Head     string    `json:"head"`  // hex hash of the newest entry: the chain's head
	Problems []Problem `json:"problems"`
}

// Problem is one thing that is wrong.
type Problem struct {
	Where string `json:"where"` // page, entry, blob, payment or table
	What  string `json:"what"`
}

func (p Problem) String() string { return p.Where + ": " + p.What }

const (
	maxProblems = 1000 // beyond them nothing more is learned
	chunk       = 1000 // entries read under one transaction while payments go on
)

// checker rebuilds everything from the entries.
type checker struct {
	report   Report
	at       head
	v        *view // rebuilt state
	missing  []uint64
	erased   [][2]uint64
	receipts map[string]uint64
	of       map[string][]uint64      // payment -> its entries
	offline  map[string]OfflinePeriod // what the payments of each period sum up to
}

func newChecker() *checker {
	return &checker{report: Report{Problems: []Problem{}}, at: genesis(), v: &view{pending: layer{}}, receipts: map[string]uint64{}, of: map[string][]uint64{}, offline: map[string]OfflinePeriod{}}
}

func (c *checker) problem(where, format string, args ...any) {
	if len(c.report.Problems) < maxProblems {
		c.report.Problems = append(c.report.Problems, Problem{Where: where, What: fmt.Sprintf(format, args...)})
	}
}

// Check verifies the running ledger: chain, sequence, receipt numbers, blobs, and everything that
// follows from the entries against what is stored. Payments go on meanwhile. It holds the rebuilt
// state in memory.
func (l *Ledger) Check() (Report, error) {
	l.long.Lock()
	defer l.long.Unlock()
	c := newChecker()
	for {
		more := false
		err := l.archive.view(func(x *archiveTx) error { // before the ledger: it must not be ahead of it
			return l.snapshot(func(tx *bolt.Tx, v *view) error {
				if more = c.entries(tx, chunk); more {
					return nil
				}
				if !c.indexed(l.archive.path, x, tx) {
					l.archive.spoil()
				}
				c.finish(tx, v)
				return nil
			})
		})
		if err != nil || !more {
			return c.report, err
		}
	}
}

// snapshot runs fn on the committed state without holding commits up. fn may be long.
func (l *Ledger) snapshot(fn func(*bolt.Tx, *view) error) error {
	if err := l.ready(); err != nil {
		return err
	}
	return guard(l.path, func() error {
		l.mu.RLock()
		if l.broken != nil {
			defer l.mu.RUnlock()
			return l.broken
		}
		tx, err := l.db.Begin(false)
		tail := maps.Clone(l.tail)
		l.mu.RUnlock()
		if err != nil {
			return fmt.Errorf("read ledger: %w", err)
		}
		defer func() { _ = tx.Rollback() }()
		return fn(tx, &view{bucket: tx.Bucket(bucketState), tail: tail})
	})
}

// CheckFile verifies a ledger that no service has open, and writes nothing. A file that is damaged is
// a report with problems, not an error. ErrInUse: a service has it open, ask that one.
func CheckFile(path string) (Report, error) {
	if f, err := os.OpenFile(path+lockEnding, os.O_RDWR, 0); err == nil {
		defer func() { _ = f.Close() }()
		if err := tryLock(f); errors.Is(err, errLocked) {
			return Report{}, fmt.Errorf("check ledger %q: %w", path, ErrInUse)
		}
	}
	problems, err := inspect(path, true)
	if err != nil || len(problems) > 0 {
		return Report{Problems: problems}, err
	}
	c := newChecker()
	err = guard(path, func() error {
		db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: lockWait, ReadOnly: true})
		if errors.Is(err, bolterrors.ErrTimeout) {
			return fmt.Errorf("check ledger %q: %w", path, ErrInUse)
		}
		if err != nil {
			return fmt.Errorf("check ledger %q: %w", path, err)
		}
		defer func() { _ = db.Close() }()
		return db.View(func(tx *bolt.Tx) error {
			err := c.whole(tx)
			c.indexFile(path, tx)
			return err
		})
	})
	var damaged *DamagedError
	if errors.As(err, &damaged) {
		c.problem("file", "%s", damaged.What)
		err = nil
	}
	return c.report, err
}

// whole checks a file at rest.
func (c *checker) whole(tx *bolt.Tx) error {
	folded, err := foldedHead(tx)
	v := &view{bucket: tx.Bucket(bucketState), pending: layer{}}
	if errors.Is(err, errOtherState) { // the next start will make it anew
		v.bucket, folded, err = nil, genesis(), nil
	}
	if err != nil {
		c.problem("file", "%v", err)
		return nil
	}
	for c.entries(tx, chunk) {
	}
	if _, _, err := replay(tx, v, folded, 0); err != nil {
		c.problem("state", "%v", err)
	}
	c.finish(tx, v)
	return nil
}

// entries checks up to limit entries and says whether more may follow.
func (c *checker) entries(tx *bolt.Tx, limit int) bool {
	cursor, blobs := tx.Bucket(bucketEntries).Cursor(), tx.Bucket(bucketBlobs).Cursor()
	from := seqKey(c.at.seq + 1)
	key, value := cursor.Seek(from)
	blobKey, stored := blobs.Seek(from)
	for ; key != nil && limit > 0; limit-- {
		for ; blobKey != nil && bytes.Compare(blobKey, key) < 0; blobKey, stored = blobs.Next() {
			c.problem(fmt.Sprintf("blob %x", blobKey), "belongs to no entry")
		}
		own := []byte(nil)
		if bytes.Equal(blobKey, key) {
			own = stored
			blobKey, stored = blobs.Next()
		}
		c.entry(key, value, own)
		key, value = cursor.Next()
	}
	if key != nil {
		return true
	}
	for ; blobKey != nil; blobKey, _ = blobs.Next() {
		c.problem(fmt.Sprintf("blob %x", blobKey), "belongs to no entry")
	}
	return false
}

// entry checks one entry with its blob and folds it.
func (c *checker) entry(key, value, stored []byte) {
	if len(key) != 8 {
		c.problem(fmt.Sprintf("entry %x", key), "key of %d bytes", len(key))
		return
	}
	seq := binary.BigEndian.Uint64(key)
	where := fmt.Sprintf("entry %d", seq)
	if want := c.at.seq + 1; seq != want {
		c.problem(where, "follows entry %d: %d missing", c.at.seq, seq-want)
	}
	c.report.Entries++
	hash, e, err := decodeEntry(value)
	if err != nil {
		c.problem(where, "%v", err)
		c.at = head{seq: seq, hash: bytes.Clone(value[:min(len(value), hashSize)])}
		return
	}
	if !bytes.Equal(hash, chainHash(c.at.hash, seq, value[hashSize:])) {
		c.problem(where, "its hash does not follow from its content and the entry before it: one of them was changed")
	}
	c.at = head{seq: seq, hash: bytes.Clone(hash)}
	if e.Seq != seq || e.V != formatVersion {
		c.problem(where, "says sequence %d, version %d", e.Seq, e.V)
	}
	switch {
	case e.Blob == nil && stored != nil:
		c.problem(where, "has a blob that it does not name")
	case e.Blob != nil && stored == nil:
		c.missing = append(c.missing, seq)
	case e.Blob != nil && blobHash(stored) != e.Blob.Hash:
		c.problem(where, "its blob (%s) was changed", e.Blob.Kind)
	}
	c.erased = append(c.erased, e.Erased...)
	c.receipt(where, e)
	if e.Payment != "" {
		c.of[e.Payment] = append(c.of[e.Payment], seq)
	}
	if err := apply(c.v, e); err != nil {
		c.problem(where, "%v", err)
	}
}

// receipt counts receipt numbers by itself, without trusting apply.
func (c *checker) receipt(where string, e *entry) {
	if e.Kind != KindOutcome || e.Outcome == nil || e.Outcome.From == Reversing || e.Outcome.To != Charged {
		return
	}
	year, n, err := splitReceipt(e.ReceiptNumber)
	if err != nil {
		c.problem(where, "%v", err)
		return
	}
	if want := c.receipts[year] + 1; n != want {
		c.problem(where, "receipt number %s where %s was due", e.ReceiptNumber, receiptNumber(year, want))
	}
	c.receipts[year] = n
}

// finish checks what only the whole tells, and compares the stored state with the rebuilt one.
func (c *checker) finish(tx *bolt.Tx, stored *view) {
	c.report.Head = hex.EncodeToString(c.at.hash)
	c.blobs(tx)
	for _, k := range c.v.pending {
		switch obj := k.obj.(type) {
		case *record:
			c.report.Payments++
			c.payment(obj)
		case *caseRecord:
			if obj.Ended.IsZero() {
				c.report.Cases++
			}
		}
	}
	c.periods()
	maps.DeleteFunc(c.v.pending, func(_ string, k cell) bool { return k.gone })
	c.compare(stored)
	slices.SortStableFunc(c.report.Problems, func(a, b Problem) int { return strings.Compare(a.Where, b.Where) })
}

// blobs requires an erasing entry for every blob that is missing, and no blob where there is one.
func (c *checker) blobs(tx *bolt.Tx) {
	slices.SortFunc(c.erased, func(a, b [2]uint64) int {
		return bytes.Compare(seqKey(a[0]), seqKey(b[0]))
	})
	i := 0
	for _, seq := range c.missing {
		for i < len(c.erased) && c.erased[i][1] < seq {
			i++
		}
		if i == len(c.erased) || c.erased[i][0] > seq {
			c.problem(fmt.Sprintf("entry %d", seq), "its blob is missing, and no entry says that it was erased")
		}
	}
	cursor := tx.Bucket(bucketBlobs).Cursor()
	for _, r := range c.erased {
		for key, _ := cursor.Seek(seqKey(r[0])); key != nil && bytes.Compare(key, seqKey(r[1])) <= 0; key, _ = cursor.Next() {
			c.problem(fmt.Sprintf("blob %x", key), "is there, and an entry says that it was erased")
		}
	}
}

// payment checks the money rules on a rebuilt payment: who may have the citizen's money holds the
// locks, and what is charged is registered, looked after, or somebody's case.
func (c *checker) payment(r *record) {
	where := "payment " + r.ID
	for _, lock := range r.locks() {
		holds, want := slices.Contains(lockHolders(c.v, lock), r.ID), r.holdsNotices()
		if want != holdUntil && holds != (want == holdFast) {
			c.problem(where, "is %q and lock %q: held %t", r.State, strings.TrimPrefix(lock, tableLocks), holds)
		}
	}
	if undone := r.State == Reversing || r.State == Reversed; undone && r.Submitted && r.Settlement == SettlementPlatform {
		c.problem(where, "was submitted to the platform and is %q", r.State)
	}
	if r.Offline != "" && r.State != NotCharged && r.State != Reversed {
		p := c.offline[r.Offline]
		p.Payments, p.Cents = p.Payments+1, p.Cents+r.cents()
		c.offline[r.Offline] = p
	}
	if r.State != Charged {
		return
	}
	for i, n := range r.Notices {
		if cared, err := c.v.inCase(r.ID, i); n.Registration.needsPeople() && (!cared || err != nil) {
			c.problem(where, "notice %d is %q and in nobody's case", i, n.Registration)
		}
		if n.Registration.Awaited() && !c.v.has(tableOutbox+outboxKey(r.ID, i)) {
			c.problem(where, "notice %d is %q and nobody looks after it", i, n.Registration)
		}
	}
}

// periods holds what the offline periods have counted against the payments themselves.
func (c *checker) periods() {
	for _, k := range c.v.pending {
		p, ok := k.obj.(*offlineRecord)
		if !ok {
			continue
		}
		if sum := c.offline[p.ID]; sum.Payments != p.Payments || sum.Cents != p.Cents {
			c.problem("offline period "+p.ID, "counts %d payments, %d cents, and they are %d, %d", p.Payments, p.Cents, sum.Payments, sum.Cents)
		}
		delete(c.offline, p.ID)
	}
	for id := range c.offline {
		c.problem("offline period "+id, "has payments and was never opened")
	}
}

// compare walks the stored state beside the rebuilt one.
func (c *checker) compare(stored *view) {
	seen := 0
	stored.scan("", false, func(key string, have cell) bool {
		if key == keyFolded {
			return true
		}
		want, ok := c.v.find(key)
		if !ok {
			c.problem("state "+key, "does not follow from the entries")
			return true
		}
		seen++
		w, werr := want.encoded()
		h, herr := have.encoded()
		if werr != nil || herr != nil || !bytes.Equal(w, h) {
			c.problem("state "+key, "differs from what the entries say%s", differences(h, w))
		}
		return true
	})
	if seen == len(c.v.pending) {
		return
	}
	for key := range c.v.pending {
		if !stored.has(key) {
			c.problem("state "+key, "is missing")
		}
	}
}

// differences names the fields in which two JSON objects differ.
func differences(have, want []byte) string {
	var h, w map[string]json.RawMessage
	if json.Unmarshal(have, &h) != nil || json.Unmarshal(want, &w) != nil {
		return fmt.Sprintf(": %q, not %q", have, want)
	}
	var names []string
	for name := range w {
		if !bytes.Equal(h[name], w[name]) {
			names = append(names, name)
		}
	}
	for name := range h {
		if _, ok := w[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return " in " + strings.Join(names, ", ")
}
