package ledger

import (
	"slices"
	"testing"
	"time"

	"sportello/driver"
)

// TestHostDataIsKeptAndErased: the host's additional data that came behind an outcome is evidence, with or
// without a slip, and goes with the rest.
func TestHostDataIsKeptAndErased(t *testing.T) {
	for _, slip := range []string{"", "SCONTRINO"} {
		c := newClock()
		l := open(t, t.TempDir(), func(o *Options) { o.Now = c.now })
		p := must(l.Intend(intent(1)))(t)
		p = must(l.Conclude(p.ID, charged("000042")))(t)
		seq := p.EvidenceSeq
		p = must(l.Aftermath(p.ID, driver.Aftermath{Acked: true, Ticket: slip, Data: []byte("Filomena")}))(t)
		if p.EvidenceSeq == seq || p.HasTicket != (slip != "") {
			t.Errorf("slip %q: evidence %d as before, slip %t", slip, seq, p.HasTicket)
		}
		data := func() (raw []byte, kinds []string) {
			for _, e := range must(l.Evidence(p.ID))(t) {
				if kinds = append(kinds, e.Kind); e.Kind == "data" {
					raw = e.Raw
				}
			}
			return raw, kinds
		}
		if raw, kinds := data(); string(raw) != "Filomena" || slices.Contains(kinds, EvidenceTicket) != (slip != "") {
			t.Errorf("slip %q: %q %v", slip, raw, kinds)
		}
		must(l.Register(RegistrationChange{PaymentID: p.ID, To: RegDone}))(t)
		must(l.Erase(t.Context(), time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)))(t)
		if raw, kinds := data(); raw != nil || !slices.Contains(kinds, "data") {
			t.Errorf("slip %q, erased: %q %v", slip, raw, kinds)
		}
		if _, err := l.Check(); err != nil {
			t.Error(err)
		}
		l.Close()
	}
}
