package ledger

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	bolt "go.etcd.io/bbolt"
)

// archive holds the archive's index against the payments: what it knows of each that has not changed since, nothing
// missing and nothing more. An index of another ledger, or of another version, is none.
func (c *checker) archive(x *archiveTx, tx *bolt.Tx) error {
	if x == nil || !x.of(tx) {
		return nil
	}
	var known []*record
	for _, k := range c.v.pending {
		if r, ok := k.obj.(*record); ok && r.FirstSeq <= x.at.seq {
			known = append(known, r)
		}
	}
	slices.SortFunc(known, func(a, b *record) int { return int(int64(a.FirstSeq) - int64(b.FirstSeq)) })
	if len(known) != x.count {
		return fmt.Errorf("%w: it holds %d payments of %d", errWrongIndex, x.count, len(known))
	}
	want, changed := map[string]*postings{}, map[int]*bitset{}
	for ordinal, r := range known {
		d, err := x.doc(ordinal)
		if err != nil || d.seq != r.FirstSeq || d.id != r.ID {
			return errors.Join(fmt.Errorf("%w: payment %q is not where it belongs", errWrongIndex, r.ID), err)
		}
		entries := c.of[r.ID]
		if later, _ := slices.BinarySearch(entries, x.at.seq+1); !slices.Equal(d.entries, entries[:later]) {
			return fmt.Errorf("%w: payment %q has entries %v, not %v", errWrongIndex, r.ID, entries[:later], d.entries)
		}
		chunk, i := ordinal/chunkSize, uint16(ordinal%chunkSize)
		if changed[chunk] == nil {
			changed[chunk] = new(bitset)
		}
		if r.LastSeq > x.at.seq { // a search does not believe it
			changed[chunk].set(i)
			continue
		}
		is := r.doc()
		if !slices.Equal(is.changing, d.changing) {
			return fmt.Errorf("%w: payment %q is %q, and held for %q", errWrongIndex, r.ID, is.changing, d.changing)
		}
		for _, term := range slices.Concat(is.fixed, is.changing, debtorTerms(debtorsOf(tx, r))) {
			key := string(termKey(chunk, term))
			if want[key] == nil {
				want[key] = new(postings)
			}
			want[key].set(i)
		}
	}
	return x.compare(want, changed)
}

// compare holds every term against those that are wanted, but for payments that have changed.
func (x *archiveTx) compare(want map[string]*postings, changed map[int]*bitset) error {
	cursor := x.terms.Cursor()
	for key, raw := cursor.First(); key != nil; key, raw = cursor.Next() {
		if len(key) < 3 {
			return fmt.Errorf("%w: term of %d bytes", errWrongIndex, len(key))
		}
		var have, due bitset
		if err := have.join(raw); err != nil {
			return fmt.Errorf("%w: %s: %w", errWrongIndex, termShown(key), err)
		}
		if p := want[string(key)]; p != nil {
			_ = due.join(p.encoded())
			delete(want, string(key))
		}
		skip := changed[int(key[0])<<8|int(key[1])]
		for i := range have {
			if diff := have[i] ^ due[i]; skip == nil && diff != 0 || skip != nil && diff&^skip[i] != 0 {
				return fmt.Errorf("%w: %s", errWrongIndex, termShown(key))
			}
		}
	}
	for key := range want {
		return fmt.Errorf("%w: %s is missing", errWrongIndex, termShown([]byte(key)))
	}
	return nil
}

// termShown is a term as a report may have it: without its text, which may be who owed.
func termShown(key []byte) string {
	return fmt.Sprintf("a term of kind %q in chunk %d, %d bytes", key[2], int(key[0])<<8|int(key[1]), len(key)-3)
}

// indexed adds what is wrong with the index to the report.
func (c *checker) indexed(path string, x *archiveTx, tx *bolt.Tx) (sound bool) {
	err := guard(path, func() error { return c.archive(x, tx) })
	if err != nil {
		c.problem("archive", "%v; no payment is touched by it, and the service makes it anew", err)
	}
	return err == nil
}

// indexFile is indexed of the file beside a ledger at rest, if there is one.
func (c *checker) indexFile(ledger string, tx *bolt.Tx) {
	path := filepath.Join(filepath.Dir(ledger), ArchiveName)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) || !strings.HasSuffix(ledger, FileName) {
		return
	}
	db, err := openArchive(path, true)
	if err != nil {
		return // begun and not finished, or torn: the next start makes it anew
	}
	defer func() { _ = db.Close() }()
	_ = db.View(func(itx *bolt.Tx) error {
		if x, err := newArchiveTx(itx); err == nil {
			c.indexed(path, x, tx)
		}
		return nil
	})
}
