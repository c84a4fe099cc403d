package till

import (
	"slices"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/local"
)

// A result that is saved late may still be that of an attempt of ours, although people or deduction have
// ended it as not charged (design 3.9, 5). It is never in silence that it passes.

// How far the host time of a sale may lie from the moment its attempt was sent: minutes and clocks before, the
// whole exchange with some more after (ECR17 6.3 M).
const (
	saleBefore = 3 * time.Minute
	saleAfter  = 20 * time.Minute
)

// memory is what a baseline says of the terminal's last result.
func (s *station) memory(b driver.Baseline) driver.Last {
	last := driver.Last{Present: b.Last != nil, Raw: b.Last, TerminalID: b.TerminalID, Charge: driver.Charge{STAN: b.LastSTAN}}
	if read, can := s.term.Driver.(Decoder); can && last.Present {
		if told, ok := read.Decode(b.Last); ok {
			told.Raw, told.Charge.STAN = b.Last, b.LastSTAN
			return told
		}
	}
	return last
}

// suspect opens a case for every attempt held for not charged that a stranger in the terminal's memory fits.
func (s *station) suspect(last driver.Last) error {
	t := s.till
	if last.Present && last.Kind == "reversal" && last.Approved {
		return s.undone(last)
	}
	if !last.Present || last.Kind != "payment" || !last.Approved {
		return nil
	}
	list, err := t.o.Ledger.Payments(ledger.Query{})
	if err != nil {
		return err
	}
	newest := true
	for _, p := range list {
		if p.Terminal != s.term.Name || p.SentAt.IsZero() {
			continue
		}
		fits, err := s.fits(p, last, newest)
		if err != nil {
			return err
		}
		newest = false
		if !fits {
			continue
		}
		if seen, err := t.hasEvidence(p.ID, last.Raw); err != nil || seen {
			return err
		}
		ev := driver.Evidence{Kind: "last_result", At: time.Now(), Raw: last.Raw, Text: "Il terminale ricorda una vendita che può essere di questo tentativo"}
		if words := inWords(last, local.Italian); words != "" {
			ev.Text += ": " + words
		}
		if _, err := t.o.Ledger.Contradict(p.ID, string(local.CodeChargeSuspected), ev); err != nil {
			return err
		}
		t.publishPayment(p.ID)
	}
	return nil
}

// undone opens a case when somebody has given a charge back on the terminal itself: only its last one can be
// (ECR17 2.5), and a reversal says the card but not the STAN that it reverses.
func (s *station) undone(last driver.Last) error {
	p, err := s.lastSent()
	if err != nil || p.State != ledger.Charged || p.Charge == nil {
		return err
	}
	if a, b := p.Charge.PAN, last.Charge.PAN; a != "" && b != "" && a != b {
		return nil
	}
	seen, err := s.till.hasEvidence(p.ID, last.Raw)
	if err != nil || seen {
		return err
	}
	ev := driver.Evidence{Kind: "last_result", At: time.Now(), Raw: last.Raw, Text: "Il terminale ricorda uno storno che questo sportello non ha chiesto: può aver restituito questo addebito"}
	if _, err := s.till.o.Ledger.Contradict(p.ID, string(local.CodeChargeUndone), ev); err != nil {
		return err
	}
	s.till.publishPayment(p.ID)
	return nil
}

// fits: a sale of this amount at the time of an attempt that was ended without a number of the host. Without a
// host time it fits the newest alone.
func (s *station) fits(p ledger.Payment, last driver.Last, newest bool) (bool, error) {
	c := last.Charge
	if !doubtful(p) || c.AmountCents != 0 && c.AmountCents != p.AmountCents {
		return false, nil
	}
	if c.HostTime.IsZero() {
		return newest, nil
	}
	baseline, err := s.till.o.Ledger.Baseline(p.ID)
	if err != nil {
		return false, err
	}
	return during(p, baseline, c.HostTime), nil
}

// hasEvidence says that a message is among the evidence of a payment already.
func (t *Till) hasEvidence(id string, raw []byte) (bool, error) {
	evidence, err := t.o.Ledger.Evidence(id)
	return slices.ContainsFunc(evidence, func(e driver.Evidence) bool { return len(raw) > 0 && string(e.Raw) == string(raw) }), err
}
