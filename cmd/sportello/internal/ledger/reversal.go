package ledger

import (
	"fmt"

	"sportello/driver"
)

// Reverse makes a reversal durable before its frame: charged becomes reversing, with the terminal lock.
func (l *Ledger) Reverse(id, operator, requestID string, baseline driver.Baseline) (Payment, error) {
	return Payment{}, fmt.Errorf("%w: not yet", ErrInvalid)
}

// ReversalBaseline returns the terminal's state before the newest reversal of a payment.
func (l *Ledger) ReversalBaseline(id string) (driver.Baseline, error) {
	return driver.Baseline{}, fmt.Errorf("%w: not yet", ErrInvalid)
}
