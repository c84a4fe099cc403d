package ledger

import (
	"fmt"
	"slices"

	bolt "go.etcd.io/bbolt"

	"sportello/driver"
)

// ConfirmChannel records that a supervisor has confirmed a channel of our provider on a terminal (design 5.2).
// In the same commit the notices that are held for it go back to awaiting their receipt, and the cases that
// said so end. It returns their payments. The caller has checked the role. ErrNotFound: nothing of this terminal is
// held for that channel. What was confirmed before is not written again.
func (l *Ledger) ConfirmChannel(terminal, channel, operator string) ([]Payment, error) {
	l.failpoint("channel.before")
	var out []Payment
	err := l.submit(&op{reserve: true, do: func(b *batch) error {
		out = nil
		t, err := b.knownTerminal(terminal)
		if err != nil {
			return err
		}
		if channel == "" || operator == "" || !keyable(channel, operator) {
			return fmt.Errorf("%w: channel %q confirmed by %q", ErrInvalid, channel, operator)
		}
		held, err := b.heldFor(terminal, channel)
		if err != nil {
			return err
		}
		known := slices.Contains(t.Channels, channel)
		if !known && len(held) == 0 {
			return fmt.Errorf("%w: nothing of terminal %q is held for channel %q", ErrNotFound, terminal, channel)
		}
		if !known {
			if err := b.append(&entry{Kind: KindChannelConfirmed, Operator: operator,
				Terminal: &terminalBody{Name: terminal, Channel: channel}}, nil); err != nil {
				return err
			}
		}
		for _, r := range held {
			p, err := b.release(r, channel, operator)
			if err != nil {
				return err
			}
			out = append(out, p)
		}
		return b.mindReceipts(terminal)
	}})
	if err == nil {
		l.failpoint("channel.after")
	}
	return out, err
}

// heldFor are the payments of a terminal with a notice that is held for a channel. Each stands behind a case.
func (b *batch) heldFor(terminal, channel string) ([]*record, error) {
	var out []*record
	var err error
	b.scan(tableCaseOf, false, func(key string, _ cell) bool {
		var r *record
		if r, err = loadRecord(b.view, key[len(tableCaseOf):]); err != nil {
			return false
		}
		if charged := r.State == Charged || r.State == Reversing; charged && r.Terminal == terminal && slices.ContainsFunc(r.Notices, func(n Notice) bool { return n.heldFor(channel) }) {
			out = append(out, r)
		}
		return true
	})
	return out, err
}

func (n Notice) heldFor(channel string) bool {
	return n.Registration == RegHeld && n.Reason == (driver.Reason{Code: reasonChannel, Text: channel})
}

// release has the notices that were held for a channel await their receipt again.
func (b *batch) release(r *record, channel, operator string) (Payment, error) {
	var freed []int
	for i, n := range r.Notices {
		if !n.heldFor(channel) {
			continue
		}
		freed = append(freed, i)
		if err := b.append(&entry{Kind: KindRegistration, Operator: operator, Payment: r.ID,
			Registration: &registrationBody{Index: i, From: RegHeld, To: RegAwaiting}}, nil); err != nil {
			return Payment{}, err
		}
	}
	cases, err := b.openCases(r.ID)
	if err != nil {
		return Payment{}, err
	}
	for _, c := range cases {
		if c.Cause.Code != reasonChannel || c.Proposal != nil || !within(c.Notices, freed, len(r.Notices)) {
			continue
		}
		if err := b.append(&entry{Kind: KindCaseEnded, Operator: operator, Payment: r.ID,
			Case: &caseBody{ID: c.ID, Ending: EndingChannel}}, nil); err != nil {
			return Payment{}, err
		}
	}
	var p Payment
	err = b.reload(r.ID, &p)
	return p, err
}

// within says that notices, none meaning all of count, are among these, which are not none.
func within(notices, these []int, count int) bool {
	if len(notices) == 0 {
		return len(these) == count
	}
	return !slices.ContainsFunc(notices, func(i int) bool { return !slices.Contains(these, i) })
}

// Channels returns the channels that supervisors have confirmed on a terminal.
func (l *Ledger) Channels(terminal string) ([]string, error) {
	var out []string
	err := l.read(func(_ *bolt.Tx, v *view) error {
		t, err := loadTerminal(v, terminal)
		if err == nil {
			out = t.Channels
		}
		return err
	})
	return out, err
}
