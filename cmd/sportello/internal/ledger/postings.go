package ledger

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"
)

// chunkSize is how many payments of the archive's index stand together: a term has one value for each chunk
// in which it occurs.
const chunkSize = 8192

// bitset says which payments of a chunk are meant.
type bitset [chunkSize / 64]uint64

const bitsetBytes = chunkSize / 8

func (b *bitset) set(i uint16) { b[i/64] |= 1 << (i % 64) }

func (b *bitset) clear(i uint16) { b[i/64] &^= 1 << (i % 64) }

// fill sets the first n.
func (b *bitset) fill(n int) {
	for i := range b {
		switch left := n - i*64; {
		case left >= 64:
			b[i] = ^uint64(0)
		case left > 0:
			b[i] = 1<<left - 1
		default:
			b[i] = 0
		}
	}
}

func (b *bitset) and(o *bitset) {
	for i := range b {
		b[i] &= o[i]
	}
}

func (b *bitset) or(o *bitset) {
	for i := range b {
		b[i] |= o[i]
	}
}

func (b *bitset) count() int {
	n := 0
	for _, w := range b {
		n += bits.OnesCount64(w)
	}
	return n
}

// last is the highest that is set; -1: none.
func (b *bitset) last() int {
	for i := len(b) - 1; i >= 0; i-- {
		if b[i] != 0 {
			return i*64 + 63 - bits.LeadingZeros64(b[i])
		}
	}
	return -1
}

// first is the lowest that is set; -1: none.
func (b *bitset) first() int {
	for i, w := range b {
		if w != 0 {
			return i*64 + bits.TrailingZeros64(w)
		}
	}
	return -1
}

// join sets what a stored value names: up to 511 payments of two bytes each, or a whole bitset, which its length tells.
func (b *bitset) join(raw []byte) error {
	if len(raw) == bitsetBytes {
		for i := range b {
			b[i] |= binary.LittleEndian.Uint64(raw[i*8:])
		}
		return nil
	}
	if len(raw)%2 != 0 || len(raw) > bitsetBytes {
		return fmt.Errorf("%w: postings of %d bytes", ErrDamaged, len(raw))
	}
	for ; len(raw) > 0; raw = raw[2:] {
		i := binary.LittleEndian.Uint16(raw)
		if i >= chunkSize {
			return fmt.Errorf("%w: postings name %d", ErrDamaged, i)
		}
		b.set(i)
	}
	return nil
}

// postings are the payments of a chunk that have a term, while they are changed.
type postings struct {
	few []uint16 // ascending; not used when all is there
	all *bitset
}

func readPostings(raw []byte) (*postings, error) {
	p := new(postings)
	if len(raw) == bitsetBytes {
		p.all = new(bitset)
		return p, p.all.join(raw)
	}
	var b bitset // proves the values
	if err := b.join(raw); err != nil {
		return nil, err
	}
	for ; len(raw) > 0; raw = raw[2:] {
		p.few = append(p.few, binary.LittleEndian.Uint16(raw))
	}
	return p, nil
}

func (p *postings) set(i uint16) {
	if p.all != nil {
		p.all.set(i)
		return
	}
	at, found := slices.BinarySearch(p.few, i)
	if found {
		return
	}
	p.few = slices.Insert(p.few, at, i)
	if len(p.few)*2 < bitsetBytes {
		return
	}
	p.all = new(bitset)
	for _, i := range p.few {
		p.all.set(i)
	}
	p.few = nil
}

func (p *postings) clear(i uint16) {
	if p.all != nil {
		p.all.clear(i)
	} else if at, found := slices.BinarySearch(p.few, i); found {
		p.few = slices.Delete(p.few, at, at+1)
	}
}

// encoded is the stored value; nil: nothing is left.
func (p *postings) encoded() []byte {
	if p.all != nil {
		if p.all.last() < 0 {
			return nil
		}
		raw := make([]byte, 0, bitsetBytes)
		for _, w := range p.all {
			raw = binary.LittleEndian.AppendUint64(raw, w)
		}
		return raw
	}
	var raw []byte
	for _, i := range p.few {
		raw = binary.LittleEndian.AppendUint16(raw, i)
	}
	return raw
}
