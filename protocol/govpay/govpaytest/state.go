package govpaytest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"sportello/protocol/pagopa"
)

// States of a position that a seed may ask for, and those that come by themselves.
const (
	StatePaid      = "ESEGUITA"
	StateCancelled = "ANNULLATA"
	StateIrregular = "ANOMALA"
	StateCollected = "INCASSATA" // shown by Pendenze and Backoffice; Pagamento keeps ESEGUITA

	stateOpen    = "NON_ESEGUITA"
	stateExpired = "SCADUTA"
	statePartly  = "ESEGUITA_PARZIALE"
)

type key struct{ creditor, notice string }

// name is the owner's key of a position.
type name struct{ application, id string }

// position is a debt and what became of it.
type position struct {
	Debt
	creditorName string
	iuv          string
	uuid         string
	stored       bool      // the platform has it; otherwise its owner is asked first
	collected    bool      // matched with the bank's credit
	note         string    // descrizioneStato
	loaded       time.Time // dataCaricamento
	payments     []payment // in the order in which they came
	portals      []*portal // that would pay it
}

// stored state of the money alone: what filters look at. ANOMALA is a flag on top.
func (p *position) base(now time.Time, loc *time.Location) string {
	paid, partly := false, false
	for _, y := range p.payments {
		if y.visible(now) && y.positive() {
			paid = true
			partly = partly || y.Outcome == OutcomePartly
		}
	}
	switch {
	case partly:
		return statePartly
	case paid:
		return StatePaid
	case p.State != "":
		return p.State
	case p.elapsed(p.Due, now, loc):
		return stateExpired
	default:
		return stateOpen
	}
}

// irregular is the anomalo flag: paid twice, or another amount.
func (p *position) irregular(now time.Time) (bool, string) {
	positive, odd := 0, false
	for _, y := range p.payments {
		if y.visible(now) && y.positive() {
			positive++
			odd = odd || (y.Outcome == OutcomePaid && y.Cents != p.Cents)
		}
	}
	switch {
	case positive > 1:
		return true, "pagamento duplicato"
	case odd:
		return true, "importo pagato diverso dal dovuto"
	default:
		return false, ""
	}
}

// state is computed at each look, as of now.
func (p *position) state(now time.Time, loc *time.Location) string {
	if odd, _ := p.irregular(now); odd {
		return StateIrregular
	}
	return p.base(now, loc)
}

// elapsed: the day itself still counts.
func (p *position) elapsed(day string, now time.Time, loc *time.Location) bool {
	return day != "" && now.In(loc).Format(time.DateOnly) > day
}

// newest returns the payments that have begun, newest first.
func (p *position) newest(now time.Time) []payment {
	var begun []payment
	for _, y := range p.payments {
		if !y.At.After(now) {
			begun = append(begun, y)
		}
	}
	slices.SortStableFunc(begun, func(a, b payment) int { return b.At.Compare(a.At) })
	return begun
}

func newPosition(d Debt, creditorName string, loaded time.Time) (*position, error) {
	n, err := pagopa.ParseNotice(d.Notice)
	if err != nil {
		return nil, fmt.Errorf("govpaytest: %w", err)
	}
	if d.ID == "" {
		d.ID = d.Notice
	}
	if d.Application == "" {
		d.Application = "TRIBUTI"
	}
	if d.Type == "" {
		d.Type = "LIBERO"
	}
	sum := sha256.Sum256([]byte(d.Application + " " + d.ID + " " + d.Notice))
	return &position{
		Debt: d, creditorName: creditorName, iuv: n.IUV(), uuid: hex.EncodeToString(sum[:16]),
		stored: d.Owner == "", loaded: loaded,
	}, nil
}

// put files a position under its notice, its IUV and its owner's key. The caller
// holds the server's lock.
func (s *Server) put(p *position) {
	k := key{p.Creditor, p.Notice}
	if old := s.positions[k]; old != nil {
		s.byIUV[key{p.Creditor, old.iuv}] = slices.DeleteFunc(s.byIUV[key{p.Creditor, old.iuv}], func(q *position) bool { return q == old })
		delete(s.byName, name{old.Application, old.ID})
	} else {
		s.order = append(s.order, k)
	}
	s.positions[k] = p
	s.byIUV[key{p.Creditor, p.iuv}] = append(s.byIUV[key{p.Creditor, p.iuv}], p)
	s.byName[name{p.Application, p.ID}] = p
}

// all lists the stored positions, oldest first.
func (s *Server) all() []*position {
	list := make([]*position, 0, len(s.order))
	for _, k := range s.order {
		if p := s.positions[k]; p.stored {
			list = append(list, p)
		}
	}
	return list
}

// ask is what the platform does with a notice that it has not stored: it asks
// the owner's application. The answer is what the owner says: "" found and now
// stored, else one of the seed's words.
func (p *position) ask() string {
	if p.stored {
		return ""
	}
	if p.Owner == OwnerKnows {
		p.stored = true
		return ""
	}
	return p.Owner
}
