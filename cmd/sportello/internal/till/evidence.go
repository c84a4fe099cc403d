package till

import (
	"strings"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/local"
)

// Decoder is what a driver may offer beside driver.Terminal: reading a result kept as evidence.
type Decoder interface {
	// Decode reads a raw result; false: it is none, or not readable.
	Decode(raw []byte) (driver.Last, bool)
}

// evidence is all that is known about a payment, for the people who must decide; none for one that is decided.
func (t *Till) evidence(p ledger.Payment) ([]local.Evidence, error) {
	if p.State != ledger.Unknown && p.State != ledger.Reversing {
		return nil, nil
	}
	list, err := t.o.Ledger.Evidence(p.ID)
	if err != nil {
		return nil, err
	}
	var read Decoder
	if s := t.stations[p.Terminal]; s != nil {
		read, _ = s.term.Driver.(Decoder)
	}
	out := make([]local.Evidence, 0, len(list))
	for _, ev := range list {
		v := local.Evidence{At: ev.At, Kind: ev.Kind, Text: local.EvidenceLabel(ev.Kind, t.lang()), Detail: inItalian(ev)}
		if read != nil && len(ev.Raw) > 0 {
			if last, ok := read.Decode(ev.Raw); ok {
				c := viewCharge(last.Charge)
				v.Charge = &c
			}
		}
		out = append(out, v)
	}
	return out, nil
}

// inItalian is what evidence says for people. That notices did not go out is told by fixed words, which the ledger reads.
func inItalian(ev driver.Evidence) string {
	if why, found := strings.CutPrefix(ev.Text, driver.NoticesNotSent); found && ev.NoticesUnsent() {
		return "avvisi non inviati al terminale" + why
	}
	return ev.Text
}

// seenByPeople says that people have decided about the newest payment of the terminal with this very
// memory of it before them: then it need not be adopted again. It makes it known for good. What was found
// after their last word (suspect) they have not seen.
func (s *station) seenByPeople(last driver.Last) (bool, error) {
	p, err := s.lastSent()
	if err != nil || len(p.ResolvedBy) == 0 || p.State == ledger.Unknown || p.State == ledger.Reversing {
		return false, err
	}
	evidence, err := s.till.o.Ledger.Evidence(p.ID)
	if err != nil {
		return false, err
	}
	word := 0 // evidence comes in the order of the ledger
	for i, ev := range evidence {
		if ev.Kind == ledger.EvidenceClerk {
			word = i
		}
	}
	for _, ev := range evidence[:word] {
		if last.Present && len(ev.Raw) > 0 && string(ev.Raw) == string(last.Raw) {
			return true, s.till.o.Ledger.Adopt(s.term.Name, p.ResolvedBy[len(p.ResolvedBy)-1], last)
		}
	}
	return false, nil
}

func viewProposal(p *ledger.Proposal) *local.Proposal {
	if p == nil {
		return nil
	}
	return &local.Proposal{Answer: local.Answer(p.Answer), Ending: p.Ending, STAN: p.STAN, AuthCode: p.AuthCode, Note: p.Note, By: p.By, At: p.At}
}
