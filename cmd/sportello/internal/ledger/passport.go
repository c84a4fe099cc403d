package ledger

import (
	"fmt"

	"sportello/driver"
)

// Commission puts a passport in force and tells which fields differ from the one before.
func (l *Ledger) Commission(name, operator string, p driver.Passport) (changed []string, err error) {
	return nil, fmt.Errorf("%w: not yet", ErrInvalid)
}
