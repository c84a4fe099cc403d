package ecr17

import (
	"errors"

	"sportello/driver"
)

// totalBefore is the total before a payment: asked of the terminal where commissioning has shown that
// asking is harmless, else, or when it does not answer, what the ledger expects; nil when neither is known.
// A terminal that does not tell it keeps no payment from being made: an error is of the line or of ours.
func (t *terminal) totalBefore(s *session, expected *int64) (*driver.Total, error) {
	if p, ok := t.commissioned(); ok && p.TotalsBefore {
		now, err := t.total(s, t.profile.totalBefore, 1)
		switch {
		case err == nil && now.Present:
			return &driver.Total{Cents: now.Cents, Measured: true, Partial: !t.counts(now.Cents)}, nil
		case errors.Is(err, errClosing), errors.Is(err, errInterrupted), errors.Is(err, errConnect):
			return nil, err
		case err != nil:
			s.drop() // a late answer must not meet the next question
		}
	}
	if expected != nil {
		return &driver.Total{Cents: *expected}, nil
	}
	return nil, nil
}

// counted is what the total was seen to do. A terminal may keep totals of its own for payments like ours (ECR17 2.9):
// then this one leaves them out, and shows "nothing sold" after each of them. Zero tells nothing: a session closed in
// between shows it, too, and compareTotal takes none of it for evidence.
type counted struct {
	read    int64 // the total last read before a command
	charged int64 // what the terminal said it charged since; 0: nothing, or something else came between
	left    bool  // a charge left it as it was, and none since was seen in it: it is no evidence
}

// charged notes the terminal's own word about a charge.
func (t *terminal) charged(cents int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counted.charged = cents
}

// counts takes a total that was read before a command, and says whether it may be evidence.
func (t *terminal) counts(now int64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := &t.counted
	switch {
	case c.charged == 0 || now == 0:
	case now == c.read:
		c.left = true
	case now == c.read+c.charged:
		c.left = false
	}
	c.read, c.charged = now, 0
	return !c.left
}
