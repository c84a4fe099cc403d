package till

import (
	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
)

// said are the results that were recorded as evidence of a payment: what the terminal told while another process of this
// service listened, and may bar "not charged" (driver.Attempt.Said). What it told of its memory is not among them.
func (t *Till) said(p ledger.Payment) ([][]byte, error) {
	evidence, err := t.o.Ledger.Evidence(p.ID)
	var results [][]byte
	for _, ev := range evidence {
		if ev.Kind == driver.EvidenceResult && len(ev.Raw) > 0 {
			results = append(results, ev.Raw)
		}
	}
	return results, err
}
