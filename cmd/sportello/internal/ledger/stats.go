package ledger

import (
	"maps"
	"sync"

	bolt "go.etcd.io/bbolt"
)

// Stats counts since Open.
type Stats struct {
	Commits uint64 // two flushes each
	Entries uint64 // in the journal, from its beginning
}

// The names of Outcomes. A payment may count more than once: unknown, and later charged.
const (
	EndRefused     = "refused" // before anything was sent
	EndCharged     = string(Charged)
	EndNotCharged  = string(NotCharged)
	EndUnknown     = string(Unknown)
	EndReversed    = string(Reversed)
	EndNotReversed = "not_reversed"
)

// Ends are all names of Outcomes.
func Ends() []string {
	return []string{EndCharged, EndNotCharged, EndRefused, EndUnknown, EndReversed, EndNotReversed}
}

// ends counts what attempts have come to.
type ends struct {
	mu  sync.Mutex
	all map[string]uint64
}

func (l *Ledger) countEnds(names []string) {
	if len(names) == 0 {
		return
	}
	l.ends.mu.Lock()
	defer l.ends.mu.Unlock()
	if l.ends.all == nil {
		l.ends.all = map[string]uint64{}
	}
	for _, name := range names {
		l.ends.all[name]++
	}
}

// end is what an entry says that an attempt has come to; empty: nothing new.
func (e *entry) end() string {
	switch {
	case e.Kind == KindRefused:
		return EndRefused
	case e.Kind != KindOutcome || e.Outcome == nil || e.Outcome.From == e.Outcome.To:
		return ""
	case e.Outcome.From == Reversing && e.Outcome.To == Charged:
		return EndNotReversed
	}
	return string(e.Outcome.To)
}

// Stats returns the counters.
func (l *Ledger) Stats() Stats { return Stats{Commits: l.commits.Load(), Entries: l.entries.Load()} }

// Outcomes counts, since Open, what attempts have come to.
func (l *Ledger) Outcomes() map[string]uint64 {
	l.ends.mu.Lock()
	defer l.ends.mu.Unlock()
	return maps.Clone(l.ends.all)
}

// OpenCases counts the cases that people have yet to end.
func (l *Ledger) OpenCases() (n int, err error) {
	err = l.read(func(_ *bolt.Tx, v *view) error {
		return v.eachCase(func(k *caseRecord) {
			if k.Ended.IsZero() {
				n++
			}
		})
	})
	return n, err
}
