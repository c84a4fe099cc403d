package ecr17

import (
	"testing"

	"sportello/driver"
)

// TestDecode: what is kept as evidence is read back, also when another terminal sent it; what is no result is not.
func TestDecode(t *testing.T) {
	term := &terminal{cfg: driver.Config{TerminalID: ourTID}}
	for _, tid := range []string{ourTID, "87654321"} {
		raw := put(newPeer(nil).approved(1250), 1, tid)
		last, ok := term.Decode(raw)
		c := last.Charge
		if !ok || c.STAN != "000101" || c.AmountCents != 1250 || c.AuthCode == "" || c.HostTime.IsZero() || last.Kind != "payment" {
			t.Errorf("%s: %t %+v", tid, ok, last)
		}
		// As it is kept: the card number masked.
		if kept, ok := term.Decode(last.Raw); !ok || kept.Charge != c {
			t.Errorf("%s: kept as %+v", tid, kept)
		}
	}
	for _, raw := range []string{"", "E", "12345678", "123456780T0000000000001250", "123456780s00", "SCONTRINO\nimporto 12,50", "12345678\x00V00"} {
		if last, ok := term.Decode([]byte(raw)); ok {
			t.Errorf("%q is a result: %+v", raw, last)
		}
	}
}
