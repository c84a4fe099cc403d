package till

import (
	"crypto/rand"
	"fmt"
)

// referenceAlphabet has no letter that reads like a digit: what is on a slip is typed by people.
const referenceAlphabet = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"

// newReference makes the mark that goes out in the contract text and is printed on the slip: RIF, the
// installation's two characters and eight random ones (design 5.1).
func newReference(installation string) (string, error) {
	var b [8]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", fmt.Errorf("making a reference: %w", err)
	}
	for i := range b {
		b[i] = referenceAlphabet[int(b[i])%len(referenceAlphabet)] // 256 is a multiple of 32: no bias
	}
	return "RIF" + installation + string(b[:]), nil
}

// freshReference makes one that this ledger has never sent: 40 random bits are many, not for ever.
func (t *Till) freshReference() (string, error) {
	for {
		reference, err := newReference(t.o.Installation)
		if err != nil {
			return "", err
		}
		if known, err := t.o.Ledger.KnowsReference(reference); err != nil || !known {
			return reference, err
		}
	}
}
