package ledger

import (
	"fmt"

	"sportello/driver"
)

// Evidence returns everything that is known about a payment, oldest first, with the raw bytes that were
// not erased.
func (l *Ledger) Evidence(id string) ([]driver.Evidence, error) {
	return nil, fmt.Errorf("%w: not yet", ErrInvalid)
}

// Propose records what a person found out about an unknown payment, or about a reversing one that needs
// people. seq is Payment.EvidenceSeq as that person saw it; ErrStale: more is known meanwhile, or a
// proposal waits. One person suffices for Charged where the evidence presets it: it is concluded at once.
// Unknown parks the question. Everything else waits for a second person. ErrWitness: a receipt bars NotCharged.
func (l *Ledger) Propose(id string, seq uint64, p Proposal) (Payment, error) {
	return Payment{}, fmt.Errorf("%w: not yet", ErrInvalid)
}

// Countersign signs the waiting proposal, which concludes the payment in the same commit, or declines it.
// ErrSamePerson; who proposed may decline. ErrStale: there is none, or more is known meanwhile.
func (l *Ledger) Countersign(id string, seq uint64, by string, accept bool) (Payment, error) {
	return Payment{}, fmt.Errorf("%w: not yet", ErrInvalid)
}

// Contradict records a later fact that contradicts a charge, and opens a case. The charge stands.
func (l *Ledger) Contradict(id string, ev driver.Evidence) (Case, error) {
	return Case{}, fmt.Errorf("%w: not yet", ErrInvalid)
}
