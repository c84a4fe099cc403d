package ledger

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"sort"
	"time"

	bolt "go.etcd.io/bbolt"
)

// DayBook is what the ledger holds of one accounting day, as of one moment.
type DayBook struct {
	Day      string
	Payments []DayPayment // in the order in which they were begun
	Cases    []Case       // all that were opened or ended on that day, and all that are open
	Entries  uint64       // in the journal
	Head     string       // hex hash of the newest: the chain's head (design 7)
}

// DayPayment is a payment that has to do with the day, and why. It may be charged on one day and reversed on
// another.
type DayPayment struct {
	Payment
	ChargedThen  bool // its accounting day
	ReversedThen bool // the reversal's
	BegunThen    bool // by this PC's clock
}

// daySlack is how far clocks may have been wrong: that much before the day the journal is read from.
const daySlack = 48 * time.Hour

// DayBook reads what belongs to a day, 2006-01-02 in Europe/Rome: what was charged or reversed on it by the
// terminal's host time, also if that became known later, and what was begun on it. Payments go on meanwhile.
// It reads the journal from the day on, since nothing of a day is written before it.
func (l *Ledger) DayBook(day string) (DayBook, error) {
	begin, err := time.ParseInLocation(time.DateOnly, day, rome)
	if err != nil {
		return DayBook{}, fmt.Errorf("%w: day %q", ErrInvalid, day)
	}
	book := DayBook{Day: day}
	err = l.snapshot(func(tx *bolt.Tx, v *view) error {
		found := map[string]*DayPayment{}
		of := func(id string) *DayPayment {
			if found[id] == nil {
				found[id] = &DayPayment{}
			}
			return found[id]
		}
		v.scan(tableDays+day+"/", false, func(key string, _ cell) bool {
			of(key[len(tableDays+day+"/"):]).BegunThen = true
			return true
		})
		if err := l.accounted(tx, day, begin.Add(-daySlack), of); err != nil {
			return err
		}
		for id, p := range found {
			r, err := loadRecord(v, id)
			if err != nil {
				return err
			}
			p.Payment = r.outside(tx)
			p.ReversedThen = p.ReversedThen && p.State == Reversed
			book.Payments = append(book.Payments, *p)
		}
		slices.SortFunc(book.Payments, func(a, b DayPayment) int { return cmp.Or(cmp.Compare(len(a.ID), len(b.ID)), cmp.Compare(a.ID, b.ID)) })
		key, value := tx.Bucket(bucketEntries).Cursor().Last()
		if len(key) == 8 && len(value) > hashSize {
			book.Entries, book.Head = binary.BigEndian.Uint64(key), hex.EncodeToString(value[:hashSize])
		}
		return nil
	})
	if err != nil {
		return DayBook{}, err
	}
	cases, err := l.Cases(true)
	if err != nil {
		return DayBook{}, err
	}
	for _, c := range cases {
		if c.Ended.IsZero() || romeDay(c.Opened) == day || romeDay(c.Ended) == day {
			book.Cases = append(book.Cases, c)
		}
	}
	return book, nil
}

// accounted finds the outcomes with that accounting day among the entries since a moment.
func (l *Ledger) accounted(tx *bolt.Tx, day string, since time.Time, of func(id string) *DayPayment) error {
	entries := tx.Bucket(bucketEntries)
	last, _ := entries.Cursor().Last()
	if len(last) != 8 {
		return nil
	}
	var failed error
	first := sort.Search(int(binary.BigEndian.Uint64(last)), func(i int) bool {
		_, e, err := decodeEntry(entries.Get(seqKey(uint64(i) + 1)))
		if err != nil {
			failed = &DamagedError{Path: l.path, What: fmt.Sprintf("entry %d: %v", i+1, err)}
			return true
		}
		return !e.At.Before(since)
	})
	if failed != nil {
		return failed
	}
	mark := []byte(`"accounting_day":"` + day + `"`) // spares decoding all the others
	c := entries.Cursor()
	for key, value := c.Seek(seqKey(uint64(first) + 1)); key != nil; key, value = c.Next() {
		if !bytes.Contains(value, mark) {
			continue
		}
		_, e, err := decodeEntry(value)
		if err != nil {
			return &DamagedError{Path: l.path, What: fmt.Sprintf("entry %x: %v", key, err)}
		}
		if e.AccountingDay != day || e.Outcome == nil {
			continue
		}
		switch e.Outcome.To {
		case Charged:
			of(e.Payment).ChargedThen = true
		case Reversed:
			of(e.Payment).ReversedThen = true
		default: // no day goes with them
		}
	}
	return nil
}
