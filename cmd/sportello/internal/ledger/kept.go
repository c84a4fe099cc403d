package ledger

import (
	"fmt"
	"slices"

	bolt "go.etcd.io/bbolt"
)

// maxPDF is the largest PDF of a receipt that is kept.
const maxPDF = 1 << 20

// kept is where the receipt of a notice stands; zero: nowhere.
type kept struct {
	Receipt uint64 `json:",omitzero"` // the entry whose blob holds its data
	PDF     uint64 `json:",omitzero"` // likewise its PDF
	Proof   uint64 `json:",omitzero"` // the ending of the case that closed it, with its proof
}

// keep notes which parts of a receipt the blob of a registration holds. Another receipt's PDF is none of it.
func (r *record) keep(e *entry, another bool) {
	b := e.Registration
	if len(r.Kept) > 0 {
		r.Kept[b.Index].Proof = 0 // its reason is another now
	}
	if !another && e.Blob == nil {
		return
	}
	k := r.kept(b.Index)
	if another {
		*k = kept{}
	}
	if e.Blob != nil && e.Blob.Kind == blobReceipt {
		k.Receipt = e.Seq
	}
	if e.Blob != nil && b.PDF {
		k.PDF = e.Seq
	}
}

// kept is where the receipt of a notice stands, to be changed.
func (r *record) kept(index int) *kept {
	for len(r.Kept) < len(r.Notices) {
		r.Kept = append(r.Kept, kept{})
	}
	return &r.Kept[index]
}

// Kinds of the blob of a registration.
const (
	blobReceipt = "receipt" // the receipt's data, and perhaps its PDF
	blobPDF     = "pdf"     // the PDF alone
)

// receiptBlob is the blob of a registration, nil for none. pdf says that it holds one.
func receiptBlob(raw, document []byte) (b *blob, pdf bool) {
	pdf = len(document) > 0 && len(document) <= maxPDF
	if !pdf {
		document = nil
	}
	switch {
	case raw != nil:
		return &blob{Kind: blobReceipt, Receipt: raw, PDF: document}, pdf
	case pdf:
		return &blob{Kind: blobPDF, PDF: document}, true
	}
	return nil, false
}

// show says of every notice of p what is kept, by what blobs are there.
func (r *record) show(p *Payment, there func(seq uint64) bool) {
	p.HasTicket = r.TicketSeq != 0 && there(r.TicketSeq)
	for i, k := range r.Kept {
		p.Notices[i].HasReceipt = k.Receipt != 0 && there(k.Receipt)
		p.Notices[i].HasPDF = k.PDF != 0 && there(k.PDF)
	}
}

// RegistrationReceipt returns the receipt of a notice, its data, its PDF or both. ErrNotFound: neither was ever
// kept. ErrErased: retention has taken them.
func (l *Ledger) RegistrationReceipt(id string, index int) (RegistrationReceipt, error) {
	var out RegistrationReceipt
	err := l.read(func(tx *bolt.Tx, v *view) error {
		r, k, err := keptOf(v, id, index)
		if err != nil {
			return err
		}
		if k.Receipt == 0 && k.PDF == 0 {
			return fmt.Errorf("%w: receipt of notice %d of payment %q", ErrNotFound, index, id)
		}
		n := r.Notices[index]
		out = RegistrationReceipt{ID: n.ReceiptID, At: n.ReceiptAt}
		for _, seq := range []uint64{k.Receipt, k.PDF} {
			stored := tx.Bucket(bucketBlobs).Get(seqKey(seq))
			if seq == 0 || stored == nil {
				continue
			}
			b, err := openBlob(stored)
			if err != nil {
				return &DamagedError{Path: l.path, What: fmt.Sprintf("entry %d of payment %q: %v", seq, id, err)}
			}
			if seq == k.Receipt {
				out.Raw = b.Receipt
			}
			if seq == k.PDF {
				out.PDF = b.PDF
			}
		}
		if out.Raw == nil && out.PDF == nil {
			return fmt.Errorf("%w: receipt of notice %d of payment %q", ErrErased, index, id)
		}
		return nil
	})
	if err != nil {
		return RegistrationReceipt{}, err
	}
	return out, nil
}

// keptOf is where the receipt of a notice stands.
func keptOf(v *view, id string, index int) (*record, kept, error) {
	r, err := loadRecord(v, id)
	if err != nil {
		return nil, kept{}, err
	}
	if index < 0 || index >= len(r.Notices) {
		return nil, kept{}, fmt.Errorf("%w: notice %d of payment %q", ErrNotFound, index, id)
	}
	if len(r.Kept) == 0 {
		return r, kept{}, nil
	}
	return r, r.Kept[index], nil
}

// KeepPDF keeps the PDF of a receipt that was fetched later; where one is kept already nothing is written.
// ErrStale: the notice has no receipt. ErrErased: retention has taken its data, and does not get them back.
// ErrInvalid: nothing, or more than 1 MiB.
func (l *Ledger) KeepPDF(id string, index int, pdf []byte) error {
	l.failpoint("pdf.before")
	err := l.submit(&op{do: func(b *batch) error {
		r, k, err := keptOf(b.view, id, index)
		if err != nil {
			return err
		}
		bl, ok := receiptBlob(nil, pdf)
		if !ok {
			return fmt.Errorf("%w: PDF of %d bytes", ErrInvalid, len(pdf))
		}
		n := r.Notices[index]
		if n.ReceiptID == "" {
			return fmt.Errorf("%w: notice %d of payment %q has no receipt", ErrStale, index, id)
		}
		there := func(seq uint64) bool { return seq == 0 || b.holds(seq) }
		switch {
		case !there(k.Receipt) || !there(k.PDF):
			return fmt.Errorf("%w: receipt of notice %d of payment %q", ErrErased, index, id)
		case k.PDF != 0:
			return nil
		}
		return b.append(&entry{Kind: KindRegistration, Payment: id, Registration: &registrationBody{Index: index, From: n.Registration,
			To: n.Registration, Reason: n.Reason, PDF: true}}, bl)
	}})
	if err == nil {
		l.failpoint("pdf.after")
	}
	return err
}

// holds says that the blob of an entry is there, or about to be.
func (b *batch) holds(seq uint64) bool {
	return b.blobs.Get(seqKey(seq)) != nil ||
		slices.ContainsFunc(b.entries, func(s stored) bool { return s.seq == seq && s.blob != nil })
}
