package ledger

import (
	"errors"
	"fmt"
	"strconv"

	bolt "go.etcd.io/bbolt"
)

// maxGap is how many entries a search reads because the index does not have them. Where more are missing it is
// being made: then every payment is looked at, so many entries a page.
const maxGap = 4096

// Search returns a page of the archive. It never says what is not so: the index only proposes payments, each is held
// against the ledger, and what the index does not have yet is read from there. It holds nothing up.
// ErrInvalid: the query.
func (l *Ledger) Search(q ArchiveQuery) (ArchivePage, error) {
	s, err := q.ready()
	if err != nil {
		return ArchivePage{}, err
	}
	page, err := l.search(s)
	if errors.Is(err, errWrongIndex) {
		l.opt.Log.Error().Err(err).Msg("the archive's index was wrong; nobody was told so")
		l.archive.spoil()
		page, err = l.search(s)
	}
	if err != nil {
		return ArchivePage{}, fmt.Errorf("search the archive: %w", err)
	}
	return page, nil
}

// errWrongIndex: the index contradicts the ledger, or itself.
var errWrongIndex = errors.New("the archive's index is wrong")

func (l *Ledger) search(s *archiveSearch) (page ArchivePage, err error) {
	var wrong *DamagedError
	err = l.archive.view(func(x *archiveTx) error { // before the ledger: it must not be ahead of it
		return l.snapshot(func(tx *bolt.Tx, v *view) (err error) {
			f := &finder{tx: tx, v: v, s: s, today: romeDay(l.opt.Now())}
			if x == nil || !x.of(tx) {
				x = &archiveTx{at: genesis()}
			}
			switch {
			case s.Reference != "":
				err = f.byReference()
			case f.newest()-x.at.seq > maxGap:
				err = f.allOver()
			default:
				err = guard(l.archive.path, func() error { return f.indexed(x) })
			}
			page = f.page
			return err
		})
	})
	if errors.As(err, &wrong) && wrong.Path == l.archive.path {
		err = fmt.Errorf("%w: %w", errWrongIndex, err)
	}
	return page, err
}

// finder gathers one page.
type finder struct {
	tx   *bolt.Tx
	v    *view
	s    *archiveSearch
	page ArchivePage
	last uint64 // first entry of the last payment on the page

	today string
}

func (f *finder) newest() uint64 {
	key, _ := f.tx.Bucket(bucketEntries).Cursor().Last()
	if len(key) != 8 {
		return 0
	}
	return seqOf(key)
}

// found puts a payment on the page, and says whether there is room for another. One that has no room makes a next page.
func (f *finder) found(r *record) bool {
	if len(f.page.Payments) == f.s.Limit {
		f.page.Next = strconv.FormatUint(f.last, 10)
		return false
	}
	f.page.Payments = append(f.page.Payments, r.outside(f.tx))
	f.last = r.FirstSeq
	return true
}

// byReference needs no index: the ledger has one (design 5.1).
func (f *finder) byReference() error {
	id := f.v.get(tableRefs + f.s.Reference)
	total := 0
	if id != nil {
		r, err := loadRecord(f.v, string(id))
		if err != nil {
			return err
		}
		if f.matches(r) {
			f.found(r)
			total = 1
		}
	}
	if f.s.Cursor == "" {
		f.page.Total = &total
	}
	return nil
}

// allOver looks at every payment, newest first, as far as one call may.
func (f *finder) allOver() error {
	c := f.tx.Bucket(bucketEntries).Cursor()
	var key, value []byte
	if at, _ := c.Seek(seqKey(f.s.before)); at == nil {
		key, value = c.Last()
	} else {
		key, value = c.Prev()
	}
	for left := maxGap; key != nil; key, value = c.Prev() {
		p, err := peek(value)
		if err != nil {
			return err
		}
		if p.begins() {
			r, err := loadRecord(f.v, p.Payment)
			if err != nil {
				return err
			}
			if f.matches(r) && !f.found(r) {
				return nil
			}
		}
		if left--; left == 0 && seqOf(key) > 1 {
			f.page.Next = strconv.FormatUint(seqOf(key), 10)
			return nil
		}
	}
	return nil
}

// gap is what the index does not have yet.
type gap struct {
	fresh   []*record       // newest first: payments that it does not know
	begun   []*record       // those of them that are asked for
	touched map[int]*bitset // by chunk: payments of which it may know old things
	matched map[int]*bitset // by chunk: those of them that are asked for
	total   int             // of begun
	records map[int]*record // of matched, by ordinal
}

func (f *finder) gap(x *archiveTx) (*gap, error) {
	docs, _, err := nextDocs(f.tx, f.v, x.at, maxGap+1)
	if err != nil {
		return nil, err
	}
	g := &gap{touched: map[int]*bitset{}, matched: map[int]*bitset{}, records: map[int]*record{}}
	mark := func(in map[int]*bitset, ordinal int) {
		b := in[ordinal/chunkSize]
		if b == nil {
			b = new(bitset)
			in[ordinal/chunkSize] = b
		}
		b.set(uint16(ordinal % chunkSize))
	}
	for i := len(docs) - 1; i >= 0; i-- {
		r, err := loadRecord(f.v, docs[i].id)
		if err != nil {
			return nil, err
		}
		ok := f.matches(r)
		if r.FirstSeq > x.at.seq {
			g.fresh = append(g.fresh, r)
			if ok {
				g.begun = append(g.begun, r)
			}
			continue
		}
		ordinal := x.ordinal(r.FirstSeq)
		mark(g.touched, ordinal)
		if ok {
			mark(g.matched, ordinal)
			g.records[ordinal] = r
		}
	}
	g.total = len(g.begun)
	return g, nil
}

// indexed reads the gap, and then the index from its newest chunk on: all of it for a total, otherwise until the page is full.
func (f *finder) indexed(x *archiveTx) error {
	g, err := f.gap(x)
	if err != nil {
		return err
	}
	counting, room := f.s.Cursor == "", true
	for _, r := range g.begun {
		room = room && f.found(r)
	}
	total := g.total
	end := x.ordinal(f.s.before)
	exact := f.s.exactTerms()
	for chunk := (end - 1) / chunkSize; end > 0 && chunk >= 0 && (room || counting); chunk-- {
		b, err := x.selected(f.s, chunk, exact)
		if err != nil {
			return wrongIndex(err)
		}
		if rest := end - chunk*chunkSize; rest < chunkSize {
			var older bitset
			older.fill(rest)
			b.and(&older)
		}
		g.correct(chunk, b)
		total += b.count()
		for room {
			i := b.last()
			if i < 0 {
				break
			}
			b.clear(uint16(i))
			r, err := f.record(x, g, chunk*chunkSize+i)
			if err != nil {
				return err
			}
			room = f.found(r)
		}
	}
	if counting {
		f.page.Total = &total
	}
	if f.s.debtor != nil && counting && total == 0 {
		if f.page.Since, err = f.debtorsSince(x, g); err != nil {
			return wrongIndex(err)
		}
	}
	return nil
}

// correct replaces what the index says of the payments that have changed since.
func (g *gap) correct(chunk int, b *bitset) {
	touched, matched := g.touched[chunk], g.matched[chunk]
	if touched == nil {
		return
	}
	for i := range b {
		b[i] &^= touched[i]
		if matched != nil {
			b[i] |= matched[i]
		}
	}
}

func wrongIndex(err error) error { return fmt.Errorf("%w: %w", errWrongIndex, err) }

// record reads a payment that the index proposes. One that was not asked for proves the index wrong: it is made anew,
// and the search begins again without it.
func (f *finder) record(x *archiveTx, g *gap, ordinal int) (*record, error) {
	if r := g.records[ordinal]; r != nil {
		return r, nil
	}
	d, err := x.doc(ordinal)
	if err != nil {
		return nil, wrongIndex(err)
	}
	r, err := loadRecord(f.v, d.id)
	if errors.Is(err, ErrNotFound) || err == nil && (r.FirstSeq != d.seq || !f.matches(r)) {
		return nil, wrongIndex(fmt.Errorf("payment %q is not as it says", d.id))
	}
	return r, err
}
