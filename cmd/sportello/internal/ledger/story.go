package ledger

import (
	"errors"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"

	"sportello/driver"
)

// StoryEntry is one step of a payment's story: what was written, when, by whom and why. Raw bytes are not in it.
type StoryEntry struct {
	Seq  uint64
	At   time.Time
	Kind Kind
	By   []string // operators; none: the service itself

	State        State         // of the payment from then on; empty: as it was
	Notice       *int          // into Payment.Notices, if it is about one alone
	Registration Registration  // of that notice, or of those that were being submitted; empty: as it was
	Reason       driver.Reason // why; of a case its cause

	AmountCents   int64  // asked for, or what the terminal says it charged
	STAN          string // of the host, or from the slip where people say so
	AuthCode      string // likewise
	ReceiptNumber string // taken then
	Offline       string // the period in which it was charged
	Acked         bool   // the terminal was told that we have its result
	Slip          bool   // the terminal's slip came

	ReceiptID    string   // of pagoPA
	Submission   int      // number of the call to the platform
	PlatformID   string   // of the payment, by the platform
	Fault        string   // the platform's code, if it refused
	Unsure       bool     // the platform may still have been working on it
	Transactions []string // the platform's numbers of the calls

	Case     string         // id
	Ending   string         // of the case, or proposed for it
	Answer   driver.Verdict // that a person proposed
	Note     string         // what people typed; empty when retention has taken it
	Evidence []StoryEvidence
	Erased   bool // retention has taken what personal data there was
}

// StoryEvidence is evidence without its raw bytes.
type StoryEvidence struct {
	Kind string
	At   time.Time
	Text string
}

// Story is everything that was written about a payment and its cases, oldest first. ErrNotFound.
func (l *Ledger) Story(id string) ([]StoryEntry, error) {
	var out []StoryEntry
	err := l.archive.view(func(x *archiveTx) error { // before the ledger: it must not be ahead of it
		return l.snapshot(func(tx *bolt.Tx, v *view) error {
			r, err := loadRecord(v, id)
			if err != nil {
				return err
			}
			seqs, err := entriesOf(tx, x, r)
			if err != nil {
				return err
			}
			causes := map[string]driver.Reason{}
			for _, seq := range seqs {
				e, b, err := entryOf(tx, seq)
				if err != nil {
					return &DamagedError{Path: l.path, What: err.Error()}
				}
				s := e.told(b)
				s.Erased = e.Blob != nil && tx.Bucket(bucketBlobs).Get(seqKey(seq)) == nil
				if s.Case != "" && s.Reason.Code == "" {
					s.Reason = causes[s.Case]
				}
				if e.Kind == KindCaseOpened {
					causes[s.Case] = s.Reason
				}
				out = append(out, s)
			}
			return nil
		})
	})
	return out, err
}

// entriesOf are the numbers of a payment's entries: from the index, and what it does not have yet from the journal.
func entriesOf(tx *bolt.Tx, x *archiveTx, r *record) ([]uint64, error) {
	var out []uint64
	from := r.FirstSeq
	if x != nil && x.of(tx) && r.FirstSeq <= x.at.seq {
		if d, err := x.doc(x.ordinal(r.FirstSeq)); err == nil && d.id == r.ID && d.seq == r.FirstSeq {
			out, from = d.entries, x.at.seq+1
		}
	}
	c := tx.Bucket(bucketEntries).Cursor()
	for key, value := c.Seek(seqKey(from)); key != nil; key, value = c.Next() {
		p, err := peek(value)
		if err != nil {
			return nil, err
		}
		if p.Payment == r.ID {
			out = append(out, seqOf(key))
		}
	}
	if len(out) == 0 {
		return nil, errors.Join(ErrDamaged, errContradiction)
	}
	return out, nil
}

// told is what an entry says to people.
func (e *entry) told(b *blob) StoryEntry {
	s := StoryEntry{Seq: e.Seq, At: e.At, Kind: e.Kind, Note: b.Note, ReceiptNumber: e.ReceiptNumber}
	if e.Operator != "" {
		s.By = []string{e.Operator}
	}
	evidence := e.Evidence
	if a := e.Attempt; a != nil {
		s.State, s.AmountCents, s.Offline, s.Transactions = NotCharged, a.AmountCents, a.Offline, a.Transactions
		if e.Kind == KindSent {
			s.State = Sent
		}
		if a.Reason != nil {
			s.Reason = *a.Reason
		}
	}
	if o := e.Outcome; o != nil {
		s.State, s.Reason, evidence = o.To, o.Reason, o.Evidence
		if len(o.ResolvedBy) > 0 {
			s.By = slices.Clone(o.ResolvedBy)
		}
		if c := o.Charge; c != nil {
			s.AmountCents, s.STAN, s.AuthCode = c.AmountCents, c.STAN, c.AuthCode
		}
	}
	if e.Kind == KindReversalSent {
		s.State = Reversing
	}
	if a := e.Aftermath; a != nil {
		s.Acked, s.Slip = a.Acked, a.Ticket
	}
	if r := e.Registration; r != nil {
		s.Notice, s.Registration, s.Reason, s.ReceiptID, s.Transactions = &r.Index, r.To, r.Reason, r.ReceiptID, r.Transactions
	}
	if c := e.Submission; c != nil {
		s.Submission, s.Registration, s.PlatformID, s.Fault, s.Unsure = c.N, c.To, c.PlatformID, c.Fault, c.Unsure
		if e.Kind == KindSubmitting {
			s.Registration = RegSubmit
		}
		if c.Transaction != "" {
			s.Transactions = []string{c.Transaction}
		}
		if c.Reason != nil {
			s.Reason = *c.Reason
		}
	}
	if p := e.Proposal; p != nil {
		s.Answer, s.Ending, s.STAN, s.AuthCode = p.Answer, p.Ending, p.STAN, p.AuthCode
		s.Note = p.Note + b.Note
	}
	if c := e.Case; c != nil {
		s.Case, s.Reason = c.ID, c.Cause
		if c.Ending != "" {
			s.Ending, s.Note = c.Ending, c.Proof+b.Note
		}
		if len(c.EndedBy) > 0 {
			s.By = slices.Clone(c.EndedBy)
		}
	}
	for _, ev := range evidence {
		s.Evidence = append(s.Evidence, StoryEvidence(ev))
	}
	return s
}
