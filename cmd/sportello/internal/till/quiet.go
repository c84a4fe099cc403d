package till

import (
	"strconv"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/local"
)

// A terminal that has said nothing for a while may be at a sale still (ECR17 6.4, G05): the card is in it, and
// whoever looks at a slip or asks the bank now finds nothing. So "not charged" waits, as the driver's own verdict
// does, until the terminal's quiet time has passed since the last sign of the attempt.

// sign notes that the attempt has shown itself: by its frame, by a progress, by its outcome. The time is
// monotonic.
func (s *station) sign(id string) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for old, at := range s.signs {
		if now.Sub(at) >= s.term.Quiet {
			delete(s.signs, old)
		}
	}
	if s.term.Quiet > 0 {
		s.signs[id] = now
	}
}

// early refuses the answer that nothing happened while the terminal may be at it still. An attempt of an earlier
// process has its last sign when this one began: nobody knows how long the PC was off.
func (t *Till) early(p ledger.Payment, answer driver.Verdict) error {
	s := t.stations[p.Terminal]
	if s == nil || answer != driver.NotCharged && answer != driver.NotReversed {
		return nil
	}
	s.mu.Lock()
	last, seen := s.signs[p.ID]
	s.mu.Unlock()
	if !seen {
		last = t.begun
	}
	wait := s.term.Quiet - time.Since(last)
	if wait <= 0 {
		return nil
	}
	seconds := strconv.Itoa(int((wait + time.Second - 1) / time.Second))
	return &local.Error{Code: local.CodeResolutionTooEarly, PaymentID: p.ID, Args: map[string]string{local.ArgSeconds: seconds}}
}
