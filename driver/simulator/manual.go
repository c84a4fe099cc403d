package simulator

import (
	"fmt"
	"time"

	"sportello/protocol/ecr17"
)

// ManualSale is a sale typed on the terminal while nobody looked (ECR17 G15). The
// bank approves it; the result saved for G stays, unless Options.ManualSaved. With
// Timing.Manual it holds the terminal that long, and waits for it first.
func (t *Terminal) ManualSale(cents int64) (Decision, error) {
	if cents < 1 || cents > maxCents {
		return Decision{}, fmt.Errorf("%w: manual sale of %d cents", ErrOptions, cents)
	}
	return t.typed(transaction{
		order:  order{kind: KindManual, cents: cents, action: actionApproved, card: cardFor(0, cents)},
		letter: 'P',
	})
}

// ManualReversal gives the last sale back, whoever had asked for it. Errors are
// ErrNoSale when there is none, and ErrBankFile.
func (t *Terminal) ManualReversal() (Decision, error) {
	return t.typed(transaction{order: order{kind: KindReversal, manual: true}, letter: 'S'})
}

// ManualClose ends the session from the keys: the totals begin again, without a word
// to the ECR (ECR17 G17).
func (t *Terminal) ManualClose() (Decision, error) {
	return t.typed(transaction{order: order{kind: KindClose, manual: true}})
}

// typed carries out an operation of the keys.
func (t *Terminal) typed(tx transaction) (Decision, error) {
	if d := t.opt.Timing.Manual; d > 0 {
		t.mu.Lock()
		boot := t.boot
		t.mu.Unlock()
		if !t.hold(boot) {
			return Decision{}, ErrSwitchedOff
		}
		defer t.end()
		t.show("OPERAZIONE MANUALE")
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-boot.Done():
			return Decision{}, ErrSwitchedOff
		}
	}
	tx.terminal = t.TerminalID()
	switch tx.kind {
	case KindClose:
		d, _, err := t.closes(tx.terminal, true)
		return d, err
	case KindReversal:
		sale := t.bank.memory(tx.terminal).sale
		if sale == nil {
			return Decision{}, ErrNoSale
		}
		tx.order = reversalOf(*sale)
		tx.manual = true
	}
	if !t.opt.ManualSaved {
		return t.bank.decide(tx.order, nil)
	}
	return t.bank.decide(tx.order, t.render(tx))
}

// closes ends the session at the bank; host is the bank's total.
func (t *Terminal) closes(terminal string, manual bool) (d Decision, host int64, err error) {
	memory := t.bank.memory(terminal)
	host = memory.host
	d, err = t.bank.decide(order{
		kind: KindClose, terminal: terminal, cents: memory.total, hostCents: &host, manual: manual,
		ticket: t.closingTicket(terminal, memory.total, host),
	}, nil)
	return d, host, err
}

// Reboot drops the lines and whatever was under way, unless the bank had decided.
// What the terminal saved stays; the print switch is forgotten. RebootAt is for a
// moment of a transaction.
func (t *Terminal) Reboot() { t.restart(nil) }

// Replace puts another terminal in this one's place, on the same lines: its own
// terminal id, and nothing in its memory (ECR17 Z10). The bank keeps the old one's
// truth, also of an unsaved sale. The same id again is a terminal that was wiped.
// Errors are ErrOptions, and ErrBankFile when nothing was replaced.
func (t *Terminal) Replace(terminalID string) error {
	if err := checkTerminalID(terminalID); err != nil {
		return err
	}
	var err error
	t.restart(func() {
		if err = t.bank.note(Decision{Kind: KindReplaced, Terminal: terminalID}); err == nil {
			t.opt.TerminalID = terminalID
		}
	})
	return err
}

// SkewHost makes the bank's total differ by that many cents more (see Bank.SkewHost).
// Errors are ErrOptions and ErrBankFile.
func (t *Terminal) SkewHost(cents int64) error {
	if cents < -maxCents || cents > maxCents {
		return badOption("skew of the host's total:", cents)
	}
	return t.bank.SkewHost(t.TerminalID(), cents)
}

// ShiftClock sets the terminal's clock that far ahead of ours (ECR17 5.24).
func (t *Terminal) ShiftClock(ahead time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ahead = ahead
}

// SetState sets the status that the terminal reports (ECR17 3.4). Without one that
// allows it nothing is paid. Errors are ErrOptions.
func (t *Terminal) SetState(digit int) error {
	if digit < 0 || digit > 9 {
		return badOption("status is not a digit:", digit)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.digit = ecr17.TerminalState(digit)
	return nil
}
