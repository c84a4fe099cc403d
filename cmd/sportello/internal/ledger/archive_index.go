package ledger

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"sort"
	"strings"

	bolt "go.etcd.io/bbolt"
)

// ArchiveName is the file of the archive's index, beside the ledger. It is no part of the truth: whoever
// deletes it has it made anew.
const ArchiveName = "archive.db"

// archiveVersion is the form of the index: raise it whenever a payment's terms change.
const archiveVersion = 3

// The buckets of the index. A payment's ordinal is its place in the order of first entries.
var (
	bucketDocs  = []byte("docs")  // ordinal -> sequence of the first entry, id, entries, changing terms
	bucketTerms = []byte("terms") // chunk of ordinals, term -> postings
	bucketIndex = []byte("index") // keyIndexed -> head of the journal up to which it knows everything
	keyIndexed  = []byte("indexed")
)

var errOtherArchive = errors.New("the archive's index is of another ledger or version")

// doc is a payment as the index knows it.
type doc struct {
	seq      uint64 // of its first entry
	id       string
	fixed    []string // when it is new
	changing []string
	entries  []uint64 // every entry about it, its cases' too, oldest first
}

func (d *doc) encoded() []byte {
	raw := binary.AppendUvarint(seqKey(d.seq), uint64(len(d.id)))
	raw = append(raw, d.id...)
	raw = binary.AppendUvarint(raw, uint64(len(d.entries)))
	last := d.seq
	for _, seq := range d.entries {
		raw = binary.AppendUvarint(raw, seq-last)
		last = seq
	}
	return append(raw, strings.Join(d.changing, "\x00")...)
}

func readDoc(raw []byte) (*doc, error) {
	damaged := fmt.Errorf("%w: payment of %d bytes in the archive's index", ErrDamaged, len(raw))
	if len(raw) < 9 {
		return nil, damaged
	}
	d := &doc{seq: seqOf(raw)}
	raw = raw[8:]
	number := func() uint64 {
		n, size := binary.Uvarint(raw)
		if raw = raw[max(size, 0):]; size <= 0 {
			return 1 << 32 // more than there is
		}
		return n
	}
	size := number()
	if size > uint64(len(raw)) {
		return nil, damaged
	}
	d.id, raw = string(raw[:size]), raw[size:]
	count := number()
	if count > uint64(len(raw)) {
		return nil, damaged
	}
	last := d.seq
	for range count {
		last += number()
		d.entries = append(d.entries, last)
	}
	d.changing = strings.Split(string(raw), "\x00")
	return d, nil
}

func ordinalKey(n int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(n)) }

func termKey(chunk int, term string) []byte {
	return append(binary.BigEndian.AppendUint16(make([]byte, 0, 2+len(term)), uint16(chunk)), term...)
}

// archiveTx is the index as of one moment.
type archiveTx struct {
	docs, terms *bolt.Bucket
	at          head // what it knows
	count       int  // payments in it
}

// openArchive opens the index, or begins one. A file that cannot be used is taken away: it is only an index.
func openArchive(path string, readOnly bool) (*bolt.DB, error) {
	problems, err := inspect(path, false)
	switch {
	case errors.Is(err, ErrNotFound) && !readOnly:
	case err != nil:
		return nil, err
	case len(problems) > 0:
		return nil, &DamagedError{Path: path, What: problems[0].String()}
	}
	o := boltOptions()
	o.ReadOnly = readOnly
	var db *bolt.DB
	err = guard(path, func() (err error) {
		if db, err = bolt.Open(path, 0o600, o); err != nil || readOnly {
			return err
		}
		err = db.Update(func(tx *bolt.Tx) error {
			for _, name := range [][]byte{bucketDocs, bucketTerms, bucketIndex} {
				if _, err := tx.CreateBucketIfNotExists(name); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			_ = db.Close()
		}
		return err
	})
	return db, err
}

func dropArchive(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// newArchiveTx reads where the index stands.
func newArchiveTx(tx *bolt.Tx) (*archiveTx, error) {
	x := &archiveTx{docs: tx.Bucket(bucketDocs), terms: tx.Bucket(bucketTerms), at: genesis()}
	index := tx.Bucket(bucketIndex)
	if x.docs == nil || x.terms == nil || index == nil {
		return nil, errOtherArchive
	}
	if raw := index.Get(keyIndexed); raw != nil {
		if len(raw) != 8+hashSize+1 || raw[8+hashSize] != archiveVersion {
			return nil, errOtherArchive
		}
		x.at = head{seq: binary.BigEndian.Uint64(raw), hash: bytes.Clone(raw[8 : 8+hashSize])}
	}
	if key, _ := x.docs.Cursor().Last(); len(key) == 4 {
		x.count = int(binary.BigEndian.Uint32(key)) + 1
	}
	return x, nil
}

// of says that the index is of the journal in tx, and not ahead of it.
func (x *archiveTx) of(tx *bolt.Tx) bool {
	return x.at.seq == 0 || bytes.HasPrefix(tx.Bucket(bucketEntries).Get(seqKey(x.at.seq)), x.at.hash)
}

func (x *archiveTx) doc(ordinal int) (*doc, error) { return readDoc(x.docs.Get(ordinalKey(ordinal))) }

// ordinal is that of the first payment whose first entry is not before seq.
func (x *archiveTx) ordinal(seq uint64) int {
	return sort.Search(x.count, func(i int) bool {
		raw := x.docs.Get(ordinalKey(i))
		return len(raw) < 8 || binary.BigEndian.Uint64(raw) >= seq
	})
}

// put takes payments into the index, in the order of their first entries, and says what it knows then.
func (x *archiveTx) put(index *bolt.Bucket, docs []doc, to head) error {
	changed := map[string]*postings{}
	change := func(ordinal int, term string) (*postings, uint16, error) {
		key := string(termKey(ordinal/chunkSize, term))
		p, ok := changed[key]
		if !ok {
			var err error
			if p, err = readPostings(x.terms.Get([]byte(key))); err != nil {
				return nil, 0, err
			}
			changed[key] = p
		}
		return p, uint16(ordinal % chunkSize), nil
	}
	x.docs.FillPercent = 0.9
	for _, d := range docs {
		var gone, new []string
		ordinal := x.count
		if d.seq <= x.at.seq {
			ordinal = x.ordinal(d.seq)
			old, err := x.doc(ordinal)
			if err != nil || old.seq != d.seq || old.id != d.id {
				return fmt.Errorf("%w: the archive's index lacks payment %q: %w", ErrDamaged, d.id, errors.Join(err, errOtherArchive))
			}
			for _, t := range old.changing {
				if !slices.Contains(d.changing, t) {
					gone = append(gone, t)
				}
			}
			new = d.changing
			d.entries = append(old.entries, d.entries...)
		} else {
			x.count++
			new = append(slices.Clone(d.changing), d.fixed...)
		}
		for _, t := range gone {
			p, i, err := change(ordinal, t)
			if err != nil {
				return err
			}
			p.clear(i)
		}
		for _, t := range new {
			p, i, err := change(ordinal, t)
			if err != nil {
				return err
			}
			p.set(i)
		}
		if err := x.docs.Put(ordinalKey(ordinal), d.encoded()); err != nil {
			return err
		}
	}
	for _, key := range slices.Sorted(maps.Keys(changed)) {
		var err error
		if raw := changed[key].encoded(); raw == nil {
			err = x.terms.Delete([]byte(key))
		} else {
			err = x.terms.Put([]byte(key), raw)
		}
		if err != nil {
			return err
		}
	}
	return index.Put(keyIndexed, append(append(seqKey(to.seq), to.hash...), archiveVersion))
}

// selected are the payments of a chunk that the index holds for what is asked.
func (x *archiveTx) selected(s *archiveSearch, chunk int, exact []string) (*bitset, error) {
	out := new(bitset)
	out.fill(x.count - chunk*chunkSize)
	for _, term := range exact {
		one := new(bitset)
		if err := one.join(x.terms.Get(termKey(chunk, term))); err != nil {
			return nil, err
		}
		out.and(one)
	}
	if out.last() < 0 {
		return out, nil
	}
	c := x.terms.Cursor()
	var narrow []func(*bitset) error
	if s.Notice != "" {
		narrow = append(narrow, func(b *bitset) error { return noticeTerms.join(c, chunk, s.Notice, b) })
	}
	if s.IUV != "" {
		narrow = append(narrow, func(b *bitset) error { return joinIUVs(c, chunk, s.IUV, b) })
	}
	if s.debtor != nil {
		narrow = append(narrow, func(b *bitset) error { return s.debtor.join(c, chunk, b) })
	}
	if s.From != "" || s.To != "" {
		narrow = append(narrow, func(b *bitset) error {
			to := s.To
			if to == "" {
				to = "9999-99-99"
			}
			return joinRange(c, termKey(chunk, string(termDay)+s.From), termKey(chunk, string(termDay)+to), b)
		})
	}
	for _, join := range narrow {
		one := new(bitset)
		if err := join(one); err != nil {
			return nil, err
		}
		out.and(one)
	}
	return out, nil
}

// joinRange sets what the terms from one to another, both included, name.
func joinRange(c *bolt.Cursor, from, to []byte, b *bitset) error {
	for key, raw := c.Seek(from); key != nil && bytes.Compare(key, to) <= 0; key, raw = c.Next() {
		if err := b.join(raw); err != nil {
			return err
		}
	}
	return nil
}

// join sets what begins so.
func (l levels) join(c *bolt.Cursor, chunk int, first string, b *bitset) error {
	from := termKey(chunk, l.kind(len(first))+first)
	return joinRange(c, from, append(bytes.Clone(from), 0xff), b)
}

// joinIUVs sets the notices of an IUV's first digits: the IUV begins behind the auxiliary digit, and where that is 0
// behind an application code of two digits (pagopa.md 1), of which a ledger knows few.
func joinIUVs(c *bolt.Cursor, chunk int, first string, b *bitset) error {
	for _, aux := range []string{"1", "2", "3"} {
		if err := noticeTerms.join(c, chunk, aux+first, b); err != nil {
			return err
		}
	}
	kind := noticeTerms.kind(3 + len(first))
	prefix := termKey(chunk, kind+"0")
	for key, _ := c.Seek(prefix); bytes.HasPrefix(key, prefix); {
		if len(key) < len(prefix)+2 {
			key, _ = c.Next()
			continue
		}
		code := string(key[len(prefix) : len(prefix)+2])
		if err := noticeTerms.join(c, chunk, "0"+code+first, b); err != nil {
			return err
		}
		key, _ = c.Seek(append(termKey(chunk, kind+"0"+code), 0xff))
	}
	return nil
}
