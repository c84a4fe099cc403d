package ecr17

import (
	"bytes"
	"slices"

	"sportello/driver"
)

// A terminal that was not confirmed says its result again, and where the attempt's own line has died it may say it on
// the next one that is opened: that of a question (ECR17 1.6). Nothing there tells whose result it is, so it decides
// nothing. But it is written down, and an approval among them bars "not charged" by evidence: a terminal that has just
// said "approved" and then shows nothing newer is not to be believed.

// beside is what came on other lines than the attempt's while it was looked into.
type beside struct {
	heard    [][]byte
	approved *Reading // the latest approval among them; of a reversal, that of a reversal
}

// overhear takes the results that came on the line of a look, asked for by nobody. What was heard before the command
// went out is none of it.
func (e *exchange) overhear(results [][]byte) {
	for _, raw := range results {
		same := func(other []byte) bool { return bytes.Equal(other, raw) }
		if same(e.baseline.Last) || same(e.blanks) || same(e.previous) || slices.ContainsFunc(e.strays, same) ||
			slices.ContainsFunc(e.beside.heard, same) || len(e.beside.heard) >= mostPast {
			continue
		}
		e.beside.heard = append(e.beside.heard, raw)
		r := e.sense(readResult(raw, e.baseline.TerminalID, terminalNow(e.baseline.ClockOffset)))
		e.remark(driver.EvidenceResult, "on another line, asked for by nobody: "+r.Text, raw)
		if r.Sense == SenseApproved && !e.taken(r) && (e.reversal || r.Class != ClassForeign) {
			e.beside.approved = &r
		}
	}
}
