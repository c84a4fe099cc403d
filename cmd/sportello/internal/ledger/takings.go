package ledger

import (
	"fmt"

	"sportello/driver"
)

// RecordTotal records the total that a terminal has told.
func (l *Ledger) RecordTotal(name string, cents int64) error {
	return fmt.Errorf("%w: not yet", ErrInvalid)
}

// RecordClosing records what became of a request to close a terminal's session.
func (l *Ledger) RecordClosing(name, operator string, c driver.Closing) error {
	return fmt.Errorf("%w: not yet", ErrInvalid)
}

// Takings returns what a terminal has taken since its last close.
func (l *Ledger) Takings(name string) (Takings, error) {
	return Takings{}, fmt.Errorf("%w: not yet", ErrInvalid)
}
