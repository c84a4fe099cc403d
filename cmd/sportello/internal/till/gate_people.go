package till

import (
	"context"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/protocol/govpay"
	"sportello/protocol/local"
)

// A platform that never tells what it holds, or not of one receipt, does not keep a counter closed for ever. A receipt
// that it lists and does not give is shown as it is listed; and when the readings have failed for gatePatience two
// people may end the restore, with the proof of what was charged after the copy, as they end a gap.
const (
	gatePatience   = 30 * time.Minute
	detailReadings = 10 // so many do without a receipt's detail
	detailFailures = 20 // of one reading: then the platform is away
)

// unreadable says that reading the platform has failed for so long that people may decide. mu is held.
func (g *gate) unreadable() bool {
	return g.platform == nil && !g.failing.IsZero() && time.Since(g.failing) >= gatePatience
}

// without says that a receipt is shown as it is listed: its detail was refused for good, or once too often.
func (g *gate) without(ctx context.Context, ref govpay.ReceiptRef) bool {
	if ctx.Err() != nil {
		return false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	key := ref.Creditor + "/" + ref.IUV + "/" + ref.ID
	g.failed[key]++
	return g.failed[key] >= detailReadings
}

// mayEndGate refuses people's ending of what only reading ends, as long as that may still succeed; and of a gap before
// the platform's receipts were there to look through, if they come.
func (t *Till) mayEndGate(c ledger.Case) error {
	if !gated(c) || c.Cause.Code == ledger.ReasonMoved || !t.gate.restoring() {
		return nil
	}
	g := t.gate
	g.mu.Lock()
	read, unreadable := g.platform != nil, g.unreadable()
	step, _ := g.step()
	g.mu.Unlock()
	switch {
	case c.Cause.Code == ledger.ReasonGap && (read || unreadable), step == gatePlatform && unreadable:
		return nil
	case c.Cause.Code == ledger.ReasonGap:
		return &local.Error{Code: local.CodeRestorePlatform}
	}
	if refusal := t.gateRefusal(); refusal != nil {
		return refusal
	}
	return &local.Error{Code: local.CodeStateChanged}
}
