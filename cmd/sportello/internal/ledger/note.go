package ledger

import (
	"slices"

	bolt "go.etcd.io/bbolt"
)

// This file is what people type at the desk: what they saw, and the proof of an ending. It may name somebody, so
// it stands in the erasable blob of its entry; the state knows where it is, and never what it says. Entries of
// before have it in their body.

// noteBlob is the blob of a typed text; nil: nothing was typed.
func noteBlob(text string) *blob {
	if text == "" {
		return nil
	}
	return &blob{Kind: "note", Note: text}
}

// noteOf reads the text typed with an entry; empty: none, or it was erased.
func noteOf(stored []byte) string {
	if stored == nil {
		return ""
	}
	b, err := openBlob(stored)
	if err != nil {
		return "" // Check tells; who reads a list is not kept from the rest of it
	}
	return b.Note
}

// notes reads typed texts by the sequence of their entry.
type notes func(seq uint64) string

func notesOf(tx *bolt.Tx) notes {
	return func(seq uint64) string { return noteOf(tx.Bucket(bucketBlobs).Get(seqKey(seq))) }
}

// notes are also those of entries that are about to be written.
func (b *batch) notes(seq uint64) string {
	if i := slices.IndexFunc(b.entries, func(s stored) bool { return s.seq == seq }); i >= 0 {
		return noteOf(b.entries[i].blob)
	}
	return noteOf(b.blobs.Get(seqKey(seq)))
}

// tell puts the texts that people typed where others look for them.
func (r *record) tell(p *Payment, read notes) {
	if p.Proposal != nil && p.Proposal.Note == "" && r.ProposalSeq != 0 {
		p.Proposal = copied(p.Proposal)
		p.Proposal.Note = read(r.ProposalSeq)
	}
	if typed := p.Reason.Code == reasonByPeople || p.Reason.Code == reasonParked; typed && p.Reason.Text == "" && r.NoteSeq != 0 {
		p.Reason.Text = read(r.NoteSeq)
	}
	for i, k := range r.Kept {
		if n := &p.Notices[i]; k.Proof != 0 && n.Registration == RegClosed && n.Reason.Text == "" {
			n.Reason.Text = read(k.Proof)
		}
	}
}

// told is a case as others see it, with what people typed.
func (k *caseRecord) told(read notes) Case {
	c := k.Case
	if c.Proof == "" && k.ProofSeq != 0 {
		c.Proof = read(k.ProofSeq)
	}
	if c.Proposal != nil && c.Proposal.Note == "" && k.NoteSeq != 0 {
		c.Proposal = copied(c.Proposal)
		c.Proposal.Note = read(k.NoteSeq)
	}
	return c
}
