package config

import (
	"fmt"
	"time"
)

// Most that a body may choose to charge while the platform is away.
const (
	maxOfflineCents    = 99_999_999
	maxOfflineTotal    = 999_999_999
	maxOfflinePayments = 10_000
	maxOfflineHours    = 72
	maxVerifiedWithin  = 30 * 24 * time.Hour // as long as the ledger remembers what was verified
)

// readOffline reads the body's choice (design 8): nothing is allowed by silence, so that with allow each
// limit must be written. way is the settlement of the terminals.
func readOffline(s *section, way string) Offline {
	e := s.section("offline")
	if e == nil {
		return Offline{}
	}
	o := Offline{Allow: e.boolean("allow", false)}
	limit := func(name string, high, example int) int {
		before := len(e.r.problems)
		n := e.numberLike(name, 0, 0, high, example)
		if o.Allow && n == 0 && len(e.r.problems) == before {
			e.bad(name, "manca o è 0: con allow: true ogni limite va scelto e scritto", fmt.Sprintf("aggiungere per esempio «%s: %d»", name, example))
		}
		return n
	}
	o.MaxAmountCents = int64(limit("max_amount_cents", maxOfflineCents, 20_000))
	o.MaxTotalCents = int64(limit("max_total_cents", maxOfflineTotal, 200_000))
	o.MaxPayments = limit("max_payments", maxOfflinePayments, 20)
	o.MaxHours = time.Duration(limit("max_hours", maxOfflineHours, 8)) * time.Hour
	before := len(e.r.problems)
	o.VerifiedWithin = e.duration("verified_within", 0, 0, maxVerifiedWithin)
	switch {
	case !o.Allow || len(e.r.problems) > before:
	case o.VerifiedWithin == 0 && way == "platform":
		e.bad("verified_within", "manca: con settlement: platform nessuno verificherebbe il debito prima dell'addebito",
			"aggiungere per esempio «verified_within: 24h»: si incassa solo ciò che si è verificato nelle ultime 24 ore")
	case o.VerifiedWithin == 0:
		e.warn("verified_within", "si incassa anche un avviso che questa installazione non ha mai verificato: lo verifica solo il prestatore, durante il pagamento",
			"lasciarlo così solo se il prestatore lo conferma per iscritto; altrimenti per esempio «verified_within: 24h»")
	}
	if o.Allow && o.MaxTotalCents > 0 && o.MaxAmountCents > o.MaxTotalCents {
		e.bad("max_amount_cents", fmt.Sprintf("%d supera max_total_cents (%d)", o.MaxAmountCents, o.MaxTotalCents), "scrivere un importo per pagamento non maggiore del totale del periodo")
	}
	e.close()
	return o
}
