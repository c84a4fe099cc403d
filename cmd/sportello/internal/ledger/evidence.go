package ledger

import (
	"bytes"
	"fmt"
	"slices"

	bolt "go.etcd.io/bbolt"

	"sportello/driver"
)

// Kinds of evidence beside the driver's own.
const (
	EvidenceReceipt = "receipt" // of pagoPA, by our provider
	EvidenceTicket  = "ticket"  // the terminal's slip
	EvidenceClerk   = "clerk"   // what people said
)

// Evidence returns everything that is known about a payment, oldest first, with the raw bytes that were
// not erased.
func (l *Ledger) Evidence(id string) ([]driver.Evidence, error) {
	var out []driver.Evidence
	err := l.read(func(tx *bolt.Tx, v *view) error {
		r, err := loadRecord(v, id)
		if err != nil {
			return err
		}
		for _, seq := range r.Evidence {
			e, b, err := entryOf(tx, seq)
			if err != nil {
				return &DamagedError{Path: l.path, What: fmt.Sprintf("entry %d of payment %q: %v", seq, id, err)}
			}
			out = append(out, e.evidence(b)...)
		}
		return nil
	})
	return out, err
}

// FoundBy is by what a finding is known again, whatever the words in which it is told: its kind and the terminal's own
// bytes. Without bytes (a total that does not fit, a question that could not be put) its kind has to do.
func FoundBy(kind string, raw []byte) string {
	if raw == nil {
		return kind
	}
	return kind + " " + resultHash(raw)
}

// entryOf reads an entry and its blob, which is empty when it has none or it was erased.
func entryOf(tx *bolt.Tx, seq uint64) (*entry, *blob, error) {
	_, e, err := decodeEntry(tx.Bucket(bucketEntries).Get(seqKey(seq)))
	if err != nil {
		return nil, nil, err
	}
	stored := tx.Bucket(bucketBlobs).Get(seqKey(seq))
	if stored == nil {
		return e, new(blob), nil
	}
	b, err := openBlob(stored)
	return e, b, err
}

// evidence is what an entry says about its payment.
func (e *entry) evidence(b *blob) []driver.Evidence {
	var out []driver.Evidence
	add := func(kind, text string, raw []byte) {
		out = append(out, driver.Evidence{Kind: kind, At: e.At, Text: text, Raw: raw})
	}
	bodies := e.Evidence
	switch {
	case e.Outcome != nil:
		o := e.Outcome
		bodies = o.Evidence
		told := slices.ContainsFunc(b.Evidence, func(raw []byte) bool { return bytes.Equal(raw, b.Result) })
		if len(bodies) == 0 || b.Result != nil && !told {
			text := fmt.Sprintf("%s (%s)", VerdictWord(o.Verdict), o.Reason.Code)
			if o.Reason.Text != "" {
				text += ": " + o.Reason.Text
			}
			add("result", text, b.Result)
		}
	case e.Aftermath != nil:
		raw := b.RawTicket
		if raw == nil && b.Ticket != "" {
			raw = []byte(b.Ticket)
		}
		if e.Aftermath.Ticket {
			add(EvidenceTicket, "scontrino del terminale", raw)
		}
		if e.Aftermath.Data {
			add(driver.EvidenceData, "dati aggiuntivi della banca, dopo l'esito", b.Data)
		}
	case e.Registration != nil:
		text := fmt.Sprintf("ricevuta «%s» del nostro prestatore", e.Registration.ReceiptID)
		if at := e.Registration.ReceiptAt; !at.IsZero() {
			text += ", pagata il " + at.In(rome).Format("02/01/2006 15:04:05")
		}
		add(EvidenceReceipt, text, b.Receipt)
	case e.Kind == KindResolutionDeclined:
		add(EvidenceClerk, e.Operator+": non ha firmato la risposta che attendeva", nil)
	case e.Proposal != nil:
		add(EvidenceClerk, e.Operator+": nemmeno così si sa; "+e.Proposal.Note+b.Note, nil)
	}
	for i, body := range bodies {
		if body.Kind == EvidenceClerk && b.Note != "" {
			body.Text += ", " + b.Note
		}
		ev := driver.Evidence{Kind: body.Kind, At: body.At, Text: body.Text}
		if ev.At.IsZero() {
			ev.At = e.At
		}
		if i < len(b.Evidence) {
			ev.Raw = b.Evidence[i]
		}
		out = append(out, ev)
	}
	return out
}
