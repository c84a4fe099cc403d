package ledger

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
)

// This file reads bbolt's pages without bbolt, which takes a file at its word: on a torn one it may
// fault in a goroutine of its own, where nobody can recover. The layout is that of bbolt's data
// version 2 on little-endian machines.

const (
	pageHeaderSize  = 16 // id u64, flags u16, count u16, overflow u32
	pageElementSize = 16 // branch: pos u32, ksize u32, page u64; leaf: flags u32, pos u32, ksize u32, vsize u32
	bucketSize      = 16 // root u64, sequence u64; root 0: a page follows inline

	branchPage = 0x01
	leafPage   = 0x02
	subBucket  = 0x01 // in a leaf element's flags

	boltMagic   = 0xED0CDAED
	boltVersion = 2
	noFreelist  = ^uint64(0)

	maxDepth = 32
)

// boltMeta is one of the two meta pages.
type boltMeta struct {
	root     uint64
	freelist uint64
	pages    uint64 // high-water mark
	txid     uint64
}

func readMeta(page []byte) (boltMeta, error) {
	m := page[pageHeaderSize:]
	u32 := func(at int) uint32 { return binary.LittleEndian.Uint32(m[at:]) }
	u64 := func(at int) uint64 { return binary.LittleEndian.Uint64(m[at:]) }
	sum := fnv.New64a()
	_, _ = sum.Write(m[:56])
	switch {
	case u32(0) != boltMagic:
		return boltMeta{}, errors.New("no magic number")
	case u32(4) != boltVersion || u32(8) != pageSize:
		return boltMeta{}, fmt.Errorf("data version %d, page size %d", u32(4), u32(8))
	case u64(56) != sum.Sum64():
		return boltMeta{}, errors.New("wrong checksum")
	}
	return boltMeta{root: u64(16), freelist: u64(32), pages: u64(40), txid: u64(48)}, nil
}

// pageWalk walks the pages that a file's newest valid meta page reaches.
type pageWalk struct {
	f       io.ReaderAt
	pages   uint64
	seen    []uint64 // one bit a page
	problem func(page uint64, what string)
}

// inspect looks at the file before bbolt does. whole asks for every page; without it only the start
// of the file is read, unless the last process did not close it.
func inspect(path string, whole bool) ([]Problem, error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%w: ledger %q", ErrNotFound, path)
	}
	if err != nil {
		return nil, fmt.Errorf("open ledger: %w", err)
	}
	defer func() { _ = f.Close() }()
	fi, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("open ledger: %w", err)
	}
	var problems []Problem
	problem := func(where, format string, args ...any) []Problem {
		problems = append(problems, Problem{Where: where, What: fmt.Sprintf(format, args...)})
		return problems
	}
	if size := fi.Size(); size < 4*pageSize || size%pageSize != 0 {
		return problem("file", "%d bytes are not a whole number of pages, at least 4, of %d bytes", size, pageSize), nil
	}
	head := make([]byte, 2*pageSize)
	if _, err := f.ReadAt(head, 0); err != nil {
		return nil, fmt.Errorf("read ledger: %w", err)
	}
	a, errA := readMeta(head[:pageSize])
	b, errB := readMeta(head[pageSize:])
	m := a
	switch {
	case errA != nil && errB != nil:
		return problem("meta pages", "neither can be read: %v; %v", errA, errB), nil
	case errA != nil || errB == nil && b.txid > a.txid:
		m = b
	}
	if have := uint64(fi.Size() / pageSize); m.pages > have {
		return problem("file", "cut off: %d pages of %d are there", have, m.pages), nil
	}
	if m.freelist != noFreelist && m.freelist >= m.pages {
		return problem("meta pages", "free list on page %d of %d", m.freelist, m.pages), nil
	}
	w := &pageWalk{f: f, pages: m.pages, seen: make([]uint64, m.pages/64+1), problem: func(page uint64, what string) {
		if len(problems) < maxProblems {
			problem(fmt.Sprintf("page %d", page), "%s", what)
		}
	}}
	depth := 1 // the root alone
	if whole || m.freelist == noFreelist {
		depth = maxDepth
	}
	err = w.tree(m.root, depth)
	return problems, err
}

// tree walks the page and, while depth lasts, what hangs on it.
func (w *pageWalk) tree(id uint64, depth int) error {
	if depth == 0 {
		return nil
	}
	page, ok, err := w.read(id)
	if err != nil || !ok {
		return err
	}
	flags, count := binary.LittleEndian.Uint16(page[8:]), int(binary.LittleEndian.Uint16(page[10:]))
	var last []byte
	for i := range count {
		key, child, value, ok := element(page, flags, i)
		if !ok {
			w.problem(id, fmt.Sprintf("element %d of %d points outside the page", i, count))
			return nil
		}
		if i > 0 && bytes.Compare(last, key) >= 0 {
			w.problem(id, fmt.Sprintf("element %d is out of order", i))
		}
		last = key
		switch {
		case flags == branchPage:
			err = w.tree(child, depth-1)
		case value != nil && len(value) < bucketSize:
			w.problem(id, fmt.Sprintf("bucket %q of %d bytes", key, len(value)))
		case value != nil:
			if root := binary.LittleEndian.Uint64(value); root != 0 {
				err = w.tree(root, depth-1)
			} else if !inlineOK(value[bucketSize:]) {
				w.problem(id, fmt.Sprintf("bucket %q cannot be read", key))
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// read returns a page with its overflow, when its header makes sense and no other page owns it.
func (w *pageWalk) read(id uint64) ([]byte, bool, error) {
	if id < 2 || id >= w.pages {
		w.problem(id, fmt.Sprintf("referred to, outside the %d pages of the file", w.pages))
		return nil, false, nil
	}
	page := make([]byte, pageSize)
	if _, err := w.f.ReadAt(page, int64(id)*pageSize); err != nil {
		return nil, false, fmt.Errorf("read ledger page %d: %w", id, err)
	}
	flags, overflow := binary.LittleEndian.Uint16(page[8:]), uint64(binary.LittleEndian.Uint32(page[12:]))
	if own := binary.LittleEndian.Uint64(page); own != id || flags != branchPage && flags != leafPage {
		w.problem(id, fmt.Sprintf("is not the page that belongs there (number %d, kind %#x)", own, flags))
		return nil, false, nil
	}
	if id+overflow >= w.pages {
		w.problem(id, fmt.Sprintf("reaches %d pages beyond the file", id+overflow-w.pages+1))
		return nil, false, nil
	}
	for p := id; p <= id+overflow; p++ {
		if w.seen[p/64]&(1<<(p%64)) != 0 {
			w.problem(id, fmt.Sprintf("page %d is used twice", p))
			return nil, false, nil
		}
		w.seen[p/64] |= 1 << (p % 64)
	}
	if overflow > 0 {
		page = append(page, make([]byte, overflow*pageSize)...)
		if _, err := w.f.ReadAt(page, int64(id)*pageSize); err != nil {
			return nil, false, fmt.Errorf("read ledger page %d: %w", id, err)
		}
	}
	if flags == branchPage && binary.LittleEndian.Uint16(page[10:]) == 0 {
		w.problem(id, "is an empty branch")
		return nil, false, nil
	}
	return page, true, nil
}

// element reads the i-th element of a page: its key and, on a branch, the page below, or, for a
// bucket on a leaf, its value. ok is false when it points outside the page.
func element(page []byte, flags uint16, i int) (key []byte, child uint64, value []byte, ok bool) {
	at := pageHeaderSize + i*pageElementSize
	if at+pageElementSize > len(page) {
		return nil, 0, nil, false
	}
	e := page[at:]
	u32 := func(at int) uint64 { return uint64(binary.LittleEndian.Uint32(e[at:])) }
	if flags == branchPage {
		pos, size := u32(0), u32(4)
		if pos+size > uint64(len(e)) {
			return nil, 0, nil, false
		}
		return e[pos : pos+size], binary.LittleEndian.Uint64(e[8:]), nil, true
	}
	pos, ksize, vsize := u32(4), u32(8), u32(12)
	if pos+ksize+vsize > uint64(len(e)) {
		return nil, 0, nil, false
	}
	if u32(0)&subBucket != 0 {
		value = e[pos+ksize : pos+ksize+vsize : pos+ksize+vsize]
	}
	return e[pos : pos+ksize], 0, value, true
}

// inlineOK looks at the page of a small bucket that lives inside its parent.
func inlineOK(page []byte) bool {
	if len(page) < pageHeaderSize || binary.LittleEndian.Uint16(page[8:]) != leafPage {
		return false
	}
	for i := range int(binary.LittleEndian.Uint16(page[10:])) {
		if _, _, _, ok := element(page, leafPage, i); !ok {
			return false
		}
	}
	return true
}
