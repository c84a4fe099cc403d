package ecr17

import (
	"bytes"
	"slices"

	"sportello/driver"
	"sportello/protocol/ecr17"
)

// A terminal may say "approved" where that cannot count as the payment's word: on the next line that is opened, when it
// was not confirmed on the attempt's own (ECR17 1.6: nothing there tells whose result it is); before the ACK of the
// request; in a damaged message; with an amount, a host's answer, a terminal id or a length that leave no verdict; with
// the number of an earlier transaction. It decides nothing. But it is written down, and it bars "not charged" by
// evidence: some terminals save a result, and print it, only when they could tell it (ECR17 2.10), and then show the
// state from before.

// beside is what came where it cannot count, while an attempt was carried out or looked into.
type beside struct {
	heard    [][]byte // on other lines
	approved *Reading // the latest approval of all; of a reversal, that of a reversal
}

// bars keeps an approval that cannot count. Whatever else is wrong with it, it says 00.
func (e *exchange) bars(r Reading) {
	kind := "payment"
	if e.reversal {
		kind = "reversal"
	}
	if r.Code == string(ecr17.ResultOK) && (r.kind == kind || r.kind == "other") && !e.earlier(r.Raw) {
		e.beside.approved = &r
	}
}

// hint is a damaged message: it may be an approval all the same.
func (e *exchange) hint(payload []byte) {
	before := e.beside.approved
	r := e.sense(readResult(payload, e.baseline.TerminalID, terminalNow(e.baseline.ClockOffset)))
	if e.bars(r); e.beside.approved != before && (before == nil || !bytes.Equal(before.Raw, r.Raw)) {
		e.remark(driver.EvidenceResult, "rovinato: "+r.Text, r.Raw)
	}
}

// recall takes what another process has heard of this attempt.
func (e *exchange) recall(said [][]byte) {
	for _, raw := range said {
		e.bars(e.sense(readResult(raw, e.baseline.TerminalID, terminalNow(e.baseline.ClockOffset))))
	}
}

// earlier: this result was there before the command, or was found to be of an earlier one.
func (e *exchange) earlier(raw []byte) bool {
	same := func(other []byte) bool { return bytes.Equal(other, raw) }
	return same(e.baseline.Last) || same(e.blanks) || same(e.previous) || slices.ContainsFunc(e.past, same) || slices.ContainsFunc(e.strays, same)
}

// overhear takes the results that came on the line of a look, asked for by nobody. What was heard before the command
// went out is none of it.
func (e *exchange) overhear(results [][]byte) {
	for _, raw := range results {
		known := slices.ContainsFunc(e.beside.heard, func(other []byte) bool { return bytes.Equal(other, raw) })
		if known || e.earlier(raw) || len(e.beside.heard) >= mostPast {
			continue
		}
		e.beside.heard = append(e.beside.heard, raw)
		r := e.sense(readResult(raw, e.baseline.TerminalID, terminalNow(e.baseline.ClockOffset)))
		e.remark(driver.EvidenceResult, "su un altro collegamento, non chiesto da nessuno: "+r.Text, raw)
		if r.Sense == SenseApproved && !e.taken(r) && (e.reversal || r.Class != ClassForeign) {
			e.beside.approved = &r
		}
	}
}
