package config

import (
	"fmt"
	"time"

	"sportello/driver"
)

// readTiming reads the waits. The four that decide about money have the profile's value where the file has
// none; the others stay zero, which is the driver's own.
func readTiming(s *section, p profile) driver.Timing {
	t := p.timing
	e := s.section("timing")
	if e == nil {
		return t
	}
	t.Result = e.duration("result", t.Result, time.Second, 10*time.Minute)
	t.HardStop = e.duration("hard_stop", max(t.HardStop, t.Result), 5*time.Second, 30*time.Minute)
	t.Quiet = e.duration("quiet", t.Quiet, time.Second, 30*time.Minute)
	t.GiveUp = e.duration("give_up", t.GiveUp, 10*time.Second, 2*time.Hour)
	t.Recheck = e.optional("recheck", 10*time.Millisecond, time.Minute)
	t.Odd = e.optional("odd", 10*time.Millisecond, 5*time.Minute)
	t.ACK = e.optional("ack", 10*time.Millisecond, 30*time.Second)
	t.Pause = e.optional("pause", 10*time.Millisecond, 10*time.Second)
	t.Status = e.optional("status", 10*time.Millisecond, time.Minute)
	t.Last = e.optional("last", 10*time.Millisecond, 2*time.Minute)
	t.Totals = e.optional("totals", 10*time.Millisecond, 5*time.Minute)
	t.TotalBefore = e.optional("total_before", 10*time.Millisecond, 30*time.Second)
	t.Closing = e.optional("closing", 10*time.Millisecond, 5*time.Minute)
	t.Switch = e.optional("switch", time.Millisecond, 2*time.Second)
	t.Slip = e.optional("slip", 10*time.Millisecond, 30*time.Second)
	t.Linger = e.optional("linger", 10*time.Millisecond, 30*time.Second)
	for _, short := range []struct {
		name         string
		value, least time.Duration
		otherwise    string
	}{
		{"result", t.Result, 60 * time.Second, "i pagamenti lenti finirebbero con esito sconosciuto"},
		{"quiet", t.Quiet, 60 * time.Second, "un pagamento ancora in corso potrebbe essere dato per non avvenuto"},
		{"recheck", t.Recheck, 5 * time.Second, "un comando rifiutato ma eseguito potrebbe essere dato per non avvenuto"},
		{"ack", t.ACK, time.Second, "il terminale sembrerebbe muto"},
		{"status", t.Status, 2 * time.Second, "il terminale sembrerebbe muto"},
		{"last", t.Last, 2 * time.Second, "la sua ultima operazione non si leggerebbe"},
		{"closing", t.Closing, 60 * time.Second, "le chiusure lente finirebbero con esito sconosciuto"},
	} {
		if short.value != 0 && short.value < short.least {
			e.warn(short.name, fmt.Sprintf("%s è poco per un terminale vero: %s", short.value, short.otherwise),
				fmt.Sprintf("scrivere almeno %.0fs, salvo che il terminale sia simulato", short.least.Seconds()))
		}
	}
	if t.HardStop < t.Result {
		e.bad("hard_stop", fmt.Sprintf("%s è meno di result (%s)", t.HardStop, t.Result), "scrivere hard_stop uguale o maggiore di result")
	}
	e.close()
	return t
}

// optional is a duration that the driver knows itself: zero when the file has none.
func (s *section) optional(name string, low, high time.Duration) time.Duration {
	if s.get(name) == nil {
		return 0
	}
	return s.duration(name, 0, low, high)
}
