package ledger

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// maxOffline is how many payments the model's offline periods allow.
const maxOffline = 3

// charges is what an offline period counts: whatever may be charged.
func (m *model) charges(period int) int {
	n := 0
	for _, p := range m.payments {
		if p.offline == period && p.state != NotCharged && p.state != Reversed {
			n++
		}
	}
	return n
}

// period opens an offline period, or closes the open one.
func (m *model) period(t *testing.T, l *Ledger) string {
	_, err := l.OpenOffline("capo", "x", OfflineLimits{MaxAmountCents: 1250, MaxTotalCents: 1250 * maxOffline, MaxPayments: maxOffline, MaxHours: 1_000_000 * time.Hour})
	if m.offline == 0 {
		m.expect(t, err, nil)
		m.periods++
		m.offline = m.periods
		return "open offline"
	}
	m.expect(t, err, ErrOfflineOpen)
	_, err = l.CloseOffline("capo")
	m.expect(t, err, nil)
	m.offline = 0
	return "close offline"
}

// submission begins one, or ends one: the newest, or one before it.
func (m *model) submission(t *testing.T, l *Ledger, r *rand.Rand, id string) string {
	p := m.payments[id]
	if r.IntN(2) == 0 {
		_, err := l.Submit(id)
		switch {
		case p == nil:
			m.expect(t, err, ErrNotFound)
		case p.state != Charged || !p.platform || p.reg != RegNone && p.reg != RegSubmit:
			m.expect(t, err, ErrStale)
		default:
			m.expect(t, err, nil)
			p.calls++
			p.reg = RegSubmit
		}
		return "submit " + id
	}
	accepted := r.IntN(2) == 0
	end := SubmissionEnd{N: 1, Accepted: accepted, Unsure: !accepted}
	_, err := l.Submitted(id, end)
	switch {
	case p == nil:
		m.expect(t, err, ErrNotFound)
	case p.calls != 1 || p.state != Charged:
		m.expect(t, err, ErrStale)
	default:
		m.expect(t, err, nil)
		if accepted && p.reg == RegSubmit {
			p.reg = RegAwaiting
		}
	}
	return fmt.Sprintf("submitted %s: %t", id, accepted)
}
