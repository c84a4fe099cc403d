package ledger

import "fmt"

// Case returns one case.
func (l *Ledger) Case(id string) (Case, error) {
	return Case{}, fmt.Errorf("%w: not yet", ErrInvalid)
}

// ProposeEnding ends a case with its proof, or proposes its ending when two people must sign.
func (l *Ledger) ProposeEnding(id string, seq uint64, p Proposal) (Case, error) {
	return Case{}, fmt.Errorf("%w: not yet", ErrInvalid)
}

// CountersignEnding signs or declines the proposed ending of a case.
func (l *Ledger) CountersignEnding(id string, seq uint64, by string, accept bool) (Case, error) {
	return Case{}, fmt.Errorf("%w: not yet", ErrInvalid)
}
