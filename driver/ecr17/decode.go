package ecr17

import (
	"time"

	"sportello/driver"
	"sportello/protocol/ecr17"
)

// Decode reads a result as it was kept as evidence, for people who must decide: what it says, and nothing
// that would make it an outcome. False: it is no result, cannot be read, or is an empty memory's blanks. The
// year of its host time, which no result carries, is the latest that fits.
func (t *terminal) Decode(raw []byte) (driver.Last, bool) {
	if m, _ := ecr17.DecodeResult(raw, ecr17.Lenient); m.Class == ecr17.ClassUnknown {
		return driver.Last{}, false
	}
	last := readResult(raw, t.cfg.TerminalID, time.Now()).last()
	return last, last.Present
}
