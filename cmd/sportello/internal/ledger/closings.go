package ledger

import (
	"time"

	bolt "go.etcd.io/bbolt"

	"sportello/driver"
)

// ClosedSession is what became of a request to close a terminal's session, and what this ledger said of it then.
type ClosedSession struct {
	driver.Closing
	At       time.Time // when it was written
	Since    time.Time // the close before; zero: none was known
	Cents    int64     // charged minus reversed in the session, as it was then
	Payments int       // behind Cents
}

// lookBack is how many entries are read to find a close: some months of a busy counter.
const lookBack = 200_000

// ReasonNotBegun on a closing that was refused: the terminal was not asked. With the entry before it, that it is about to
// be, it is no closing.
const ReasonNotBegun = "not_begun"

// LastClosing is the newest request to close a terminal's session, from the journal: it does not die with the process.
// Not found: there was none in the newest lookBack entries, or it was written before these figures stood beside it.
func (l *Ledger) LastClosing(name string) (c ClosedSession, found bool, err error) {
	err = l.snapshot(func(tx *bolt.Tx, _ *view) error {
		cursor, begun := tx.Bucket(bucketEntries).Cursor(), true
		key, value := cursor.Last()
		for n := 0; key != nil && n < lookBack; n++ {
			p, err := peek(value)
			if err != nil {
				return err
			}
			if p.Kind == KindSessionClosed {
				e, b, err := entryOf(tx, seqOf(key))
				if err != nil {
					return &DamagedError{Path: l.path, What: err.Error()}
				}
				of := e.Terminal != nil && e.Terminal.Name == name && e.Closing != nil
				switch {
				case of && e.Closing.State == driver.ClosingRefused && e.Closing.Reason.Code == ReasonNotBegun:
					begun = false
				case of && !begun && e.Closing.State == driver.ClosingUnknown:
					begun = true
				case of:
					c, found = e.Closing.told(e.At, b), e.Closing.LedgerCents != nil
					return nil
				}
			}
			key, value = cursor.Prev()
		}
		return nil
	})
	return c, found, err
}

func (o *closingBody) told(at time.Time, b *blob) ClosedSession {
	c := ClosedSession{At: at, Since: o.Since, Payments: o.Payments}
	c.State, c.Proven, c.Reason, c.Ticket, c.RawTicket = o.State, o.Proven, o.Reason, b.Ticket, b.RawTicket
	for to, cents := range map[*driver.Totals]*int64{&c.Terminal: o.TerminalCents, &c.Host: o.HostCents} {
		if cents != nil {
			*to = driver.Totals{Present: true, Cents: *cents}
		}
	}
	if o.LedgerCents != nil {
		c.Cents = *o.LedgerCents
	}
	return c
}
