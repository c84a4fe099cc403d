package simulator

import (
	"context"

	"sportello/protocol/ecr17"
)

// RebootPoint is a moment of a transaction at which the terminal can lose its power.
type RebootPoint string

// The moments, in the order in which they come. Options.SaveAfterSend moves the saving
// behind the sending of the result; then before_save and after_save lie there too.
const (
	RebootBeforeHost RebootPoint = "before_host" // the card was read, the bank knows nothing
	RebootAfterHost  RebootPoint = "after_host"  // the bank has decided, the terminal has saved nothing
	RebootBeforeSave RebootPoint = "before_save" // likewise, at the last moment before saving
	RebootAfterSave  RebootPoint = "after_save"  // saved; without SaveAfterSend the result was not sent
)

// saving is when the terminal saves the result of a decision for G and its receipt
// for R.
type saving uint8

const (
	savesAtOnce saving = iota // with the bank's decision
	savesLater                // keep does it
	savesNever                // it is no result that G repeats (ECR17 2.8)
)

// RebootAt makes the terminal lose its power at that moment of the next transaction,
// once; "" takes that back. A sale that the bank had approved and the terminal had not
// saved is reversed when the power is back, unless Options.NoUndo.
func (t *Terminal) RebootAt(point RebootPoint) error {
	switch point {
	case "", RebootBeforeHost, RebootAfterHost, RebootBeforeSave, RebootAfterSave:
	default:
		return badOption("reboot at", point)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.dieAt = point
	return nil
}

// settle has the bank decide and, unless the option says later, the terminal save. Not
// alive: the power went.
func (s *session) settle(tx transaction) (d Decision, alive bool, err error) {
	s.t.mu.Lock()
	s.dying = s.t.dieAt
	s.t.mu.Unlock()
	if s.dies(RebootBeforeHost) {
		return Decision{}, false, nil
	}
	o, late := tx.order, s.t.opt.SaveAfterSend
	switch {
	case tx.letter == 'H':
		o.saving = savesNever
	case late, s.dying == RebootAfterHost, s.dying == RebootBeforeSave:
		o.saving = savesLater
	}
	o.counted = s.t.opt.CountsFirst
	if tx.wantsData {
		o.answer = s.t.dataAnswer()
	}
	if d, err = s.t.bank.decide(o, s.t.render(tx)); err != nil {
		return Decision{}, true, err
	}
	if s.dies(RebootAfterHost) || !late && (s.dies(RebootBeforeSave) || s.dies(RebootAfterSave)) {
		return d, false, nil
	}
	return d, true, nil
}

// noteBegun saves a transaction as failed before anything was asked of anybody, on terminals that do (NotesFirst).
func (s *session) noteBegun(tx transaction) {
	if !s.t.opt.NotesFirst || tx.letter == 'H' {
		return
	}
	tx.kind, tx.reason, tx.card, tx.code = KindLocal, "NON COMPLETATA", noCard, ""
	failed, err := s.t.render(tx)(Decision{Terminal: tx.terminal, Kind: KindLocal, STAN: noSTAN, Online: noSTAN, Card: noCard.kind, Reason: tx.reason})
	if err == nil {
		s.t.bank.begin(tx.terminal, failed)
	}
}

// keep saves a decision after its result was sent; nothing to do for the others. False
// when the power went.
func (s *session) keep(ctx context.Context, d Decision) bool {
	if !d.Unsaved {
		return true
	}
	if ctx.Err() != nil || s.dies(RebootBeforeSave) {
		return false
	}
	if err := s.t.bank.save(d); err != nil {
		s.trace("! ", "not saved")
	}
	return !s.dies(RebootAfterSave)
}

// dataAnswer is what the bank says back in U; "" when it cannot be written.
func (t *Terminal) dataAnswer() string {
	data, err := ecr17.AdditionalDataAnswer{TID: t.opt.TerminalID, Data: "DF8D0100"}.AppendPayload(nil)
	if err != nil {
		return ""
	}
	return string(data)
}

// dies takes the power away if this is the moment.
func (s *session) dies(at RebootPoint) bool {
	if s.dying != at {
		return false
	}
	s.dying = ""
	s.t.mu.Lock()
	s.t.dieAt = ""
	s.t.powerLost()
	s.t.mu.Unlock()
	s.held, s.unconfirmed = nil, nil
	s.cut()
	s.t.undo()
	return true
}

// powerLost ends what runs and forgets what is not saved. Called with mu held.
func (t *Terminal) powerLost() {
	t.reboot()
	t.boot, t.reboot = context.WithCancel(context.Background())
	t.toECR, t.screen, t.waits = false, "", ""
}

// undo gives back what the bank approved and the terminal has not saved, as terminals
// do when they start again, and forgets it.
func (t *Terminal) undo() {
	lost, ok := t.bank.unsaved(t.opt.TerminalID)
	if !ok || t.opt.NoUndo || !lost.Approved || !lost.Kind.charges() {
		t.bank.forget(t.opt.TerminalID)
		return
	}
	o := reversalOf(lost)
	o.reason, o.saving = "SPENTO PRIMA DI SALVARE", savesLater
	if _, err := t.bank.decide(o, nil); err != nil {
		t.bank.forget(t.opt.TerminalID)
	}
}

// reversalOf gives the money of a decision back.
func reversalOf(d Decision) order {
	return order{
		kind: KindReversal, terminal: d.Terminal, cents: d.AmountCents, action: actionReversed,
		card: cardOf(d), reference: d.Reference, data: d.Data, reverses: d.STAN,
	}
}
