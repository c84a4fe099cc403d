package till

import (
	"slices"
	"strings"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/local"
)

// toldOf is every sale in the evidence about a payment that may be its charge, as the terminal tells it: its own word
// first, then what was read from its memory.
func (s *station) toldOf(p ledger.Payment) ([]driver.Charge, error) {
	var told []driver.Charge
	add := func(c driver.Charge) {
		if strings.Trim(c.STAN, "0") != "" && !slices.ContainsFunc(told, func(o driver.Charge) bool { return o.STAN == c.STAN }) {
			told = append(told, c)
		}
	}
	if c := p.Charge; c != nil && (c.AmountCents == 0 || c.AmountCents == p.AmountCents) && p.Preset == driver.Charged {
		add(*c)
	}
	read, can := s.term.Driver.(Decoder)
	evidence, err := s.till.o.Ledger.Evidence(p.ID)
	if err != nil || !can {
		return told, err
	}
	for _, ev := range slices.Backward(evidence) {
		if len(ev.Raw) == 0 || ev.Kind == ledger.EvidenceTicket || ev.Kind == ledger.EvidenceReceipt || ev.Kind == driver.EvidenceData {
			continue
		}
		last, ok := read.Decode(ev.Raw)
		if !ok || !last.Approved || last.Kind != "payment" {
			continue
		}
		last.Present, last.Raw = true, ev.Raw
		switch fits, err := s.saleOf(p, last); {
		case err != nil:
			return nil, err
		case fits:
			add(last.Charge)
		}
	}
	return told, nil
}

// agrees holds what a person has typed of a charge against what the terminal tells, and gives the terminal's record
// that it means; nil: none, or nothing was typed. Another authorisation of the same number is a mistake in any case;
// another number is where the sale that the terminal tells must be ours: a shared terminal may tell a stranger's.
func (s *station) agrees(p ledger.Payment, stan, auth string) (*driver.Charge, error) {
	told, err := s.toldOf(p)
	if err != nil || len(told) == 0 || stan == "" && auth == "" {
		return nil, err
	}
	must := p.Preset == driver.Charged || s.judgedAs(p.ID) == driver.Exclusive
	contradicted := func(c driver.Charge) error {
		return &local.Error{Code: local.CodeResolutionContradicted, PaymentID: p.ID,
			Args: map[string]string{local.ArgSTAN: c.STAN, local.ArgAuth: c.AuthCode}}
	}
	other := func(c driver.Charge) bool {
		return auth != "" && c.AuthCode != "" && !strings.EqualFold(auth, c.AuthCode)
	}
	for _, c := range told {
		switch {
		case stan == c.STAN && other(c):
			return nil, contradicted(c)
		case stan == c.STAN, stan == "" && c.AuthCode != "" && strings.EqualFold(auth, c.AuthCode):
			return &c, nil
		}
	}
	if must {
		return nil, contradicted(told[0])
	}
	return nil, nil
}
