package till

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
)

// heard notes a charge of which the terminal may not have our acknowledgement: it may undo such a sale by
// itself (ECR17 6.2 L10), so it is asked once more when it has nothing else to do.
func (s *station) heard(p ledger.Payment, acked bool) {
	if p.State != ledger.Charged || acked || len(p.ResolvedBy) > 0 {
		return
	}
	s.mu.Lock()
	s.unasked = p.ID
	s.mu.Unlock()
}

// recall is heard after a start: only the newest payment on a terminal can still be asked after.
func (s *station) recall() {
	p, err := s.lastSent()
	if err != nil {
		s.till.o.Log.Error().Err(err).Str("terminal", s.term.Name).Msg("reading the terminal's last payment")
		return
	}
	s.heard(p, p.Acked)
}

// confirm asks the terminal whether such a charge stands. A terminal that does not answer is asked again
// before the next payment. It runs on the worker.
func (s *station) confirm(ctx context.Context) {
	s.mu.Lock()
	id := s.unasked
	s.mu.Unlock()
	if id == "" {
		return
	}
	t := s.till
	last, err := s.term.Driver.Last(ctx)
	if err != nil {
		t.o.Log.Warn().Err(err).Str("payment", id).Msg("the terminal cannot be asked whether the charge stands")
		return
	}
	undone, err := s.undone(id, last)
	if err == nil && undone != "" {
		_, err = t.o.Ledger.Contradict(id, driver.Evidence{Kind: "last_result", At: time.Now(), Raw: last.Raw, Text: undone})
	}
	if err != nil {
		t.o.Log.Error().Err(err).Str("payment", id).Msg("comparing a charge with what the terminal remembers")
		return
	}
	s.mu.Lock()
	s.unasked = ""
	s.mu.Unlock()
	if undone != "" {
		t.publishPayment(id)
	}
}

// undone says what speaks against a charge in what the terminal remembers now; empty: nothing. A later sale
// of somebody else says nothing about ours; neither does a terminal that does not tell its last result.
func (s *station) undone(id string, last driver.Last) (string, error) {
	baseline, err := s.till.o.Ledger.Baseline(id)
	if err != nil {
		return "", err
	}
	evidence, err := s.till.o.Ledger.Evidence(id)
	if err != nil {
		return "", err
	}
	own := resultOf(driver.Outcome{Evidence: evidence})
	tells := baseline.Last != nil && !baseline.Untold
	switch {
	case own == nil || bytes.Equal(own, baseline.Last): // it was not charged by a result of its own
		return "", nil
	case last.Present && bytes.Equal(last.Raw, own):
		return "", nil
	case last.Kind == "reversal" && last.Approved:
		return fmt.Sprintf("the terminal remembers a reversal, STAN %q, after the charge that it was not told we have", last.Charge.STAN), nil
	case tells && (!last.Present || bytes.Equal(last.Raw, baseline.Last)):
		return "the terminal remembers what it did before the charge that it was not told we have", nil
	}
	return "", nil
}
