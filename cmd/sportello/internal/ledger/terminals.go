package ledger

import (
	"fmt"
	"slices"
	"strings"

	bolt "go.etcd.io/bbolt"

	"sportello/driver"
)

// terminalRecord is a terminal in the state bucket.
type terminalRecord struct {
	TerminalState
	LastPayment string // the newest payment sent on it, or reversed
	LateCount   int    // len(Late)
	Session     int    // how many were closed
	Due         *int64 // Total as it will be once the terminal is known to keep what it did last
}

func (t *terminalRecord) clone() *terminalRecord {
	c := *t
	c.Channels = slices.Clone(t.Channels)
	return &c
}

func loadTerminal(v *view, name string) (*terminalRecord, error) {
	t, err := load[terminalRecord](v, tableTerminals+name)
	if t == nil && err == nil {
		t = &terminalRecord{TerminalState: TerminalState{Name: name, Fresh: true}}
	}
	return t, err
}

// Terminal says what is known of a terminal. A name never heard of is a fresh terminal, not an error.
func (l *Ledger) Terminal(name string) (TerminalState, error) {
	var s TerminalState
	err := l.read(func(_ *bolt.Tx, v *view) error {
		t, err := loadTerminal(v, name)
		if err == nil {
			s = t.TerminalState
			s.Newest = t.LastPayment
			s.Passport, s.Total = copied(t.Passport), copied(t.Total)
			s.Waiting, s.Late = v.waiting(name)
		}
		return err
	})
	return s, err
}

// LastSTAN is TerminalState.LastSTAN alone: it costs the same however many charges wait.
func (l *Ledger) LastSTAN(name string) (string, error) {
	var stan string
	err := l.read(func(_ *bolt.Tx, v *view) error {
		t, err := loadTerminal(v, name)
		if err == nil {
			stan = t.LastSTAN
		}
		return err
	})
	return stan, err
}

// Newest is TerminalState.Newest alone: it costs the same however many charges wait, and however many were made elsewhere.
func (l *Ledger) Newest(name string) (string, error) {
	id := ""
	err := l.read(func(_ *bolt.Tx, v *view) error {
		t, err := loadTerminal(v, name)
		if err == nil {
			id = t.LastPayment
		}
		return err
	})
	return id, err
}

// take gives the terminal to a payment that is about to be sent, or reversed, on it. Whatever follows may
// print a receipt.
func (t *terminalRecord) take(r *record) {
	r.Before, t.Due = t.Previous, nil
	t.Lock, t.LastPayment, t.Fresh, t.Previous = r.ID, r.ID, false, ""
}

// knownTerminal loads a terminal whose name can stand in a key.
func (b *batch) knownTerminal(name string) (*terminalRecord, error) {
	if name == "" || !keyable(name) {
		return nil, fmt.Errorf("%w: terminal %q", ErrInvalid, name)
	}
	return loadTerminal(b.view, name)
}

// KnowsResult says whether a terminal's saved result is one that this ledger has written, has seen
// before a payment of its own, or has adopted (design 5.7). stan counts against the newest alone,
// because STANs come round again; and so does a result without one, which looks like any other of its
// kind. raw nil: the terminal has no saved result, and there is nothing to
// know.
func (l *Ledger) KnowsResult(name string, raw []byte, stan string) (bool, error) {
	if raw == nil {
		return true, nil
	}
	known := false
	err := l.read(func(_ *bolt.Tx, v *view) error {
		t, err := loadTerminal(v, name)
		switch {
		case err != nil:
		case !numbered(stan):
			known = resultHash(raw) == t.LastResult
		default:
			known = stan == t.LastSTAN || v.has(tableResults+name+"/"+resultHash(raw))
		}
		return err
	})
	return known, err
}

// Adopt records that a supervisor has seen the last transaction of a terminal (design 5.7). The
// caller has checked the role.
func (l *Ledger) Adopt(name, operator string, last driver.Last) error {
	return l.submit(&op{reserve: true, do: func(b *batch) error {
		if _, err := b.knownTerminal(name); err != nil {
			return err
		}
		e := &entry{Kind: KindTerminalAdopted, Operator: operator, Terminal: &terminalBody{Name: name,
			TerminalID: last.TerminalID, Empty: !last.Present}}
		var bl *blob
		if last.Present {
			e.Terminal.Result, e.Terminal.STAN = resultHash(last.Raw), last.Charge.STAN
			bl = &blob{Kind: "result", Result: last.Raw}
		}
		return b.append(e, bl)
	}})
}

// Free gives a terminal back that an unknown holds. Its notices stay locked. ErrNotFound: nothing
// holds it. ErrStale: the payment is still in hand, or its outcome is not yet recorded.
func (l *Ledger) Free(name, operator string) error {
	return l.submit(&op{reserve: true, do: func(b *batch) error {
		t, err := loadTerminal(b.view, name)
		if err != nil {
			return err
		}
		if t.Lock == "" {
			return fmt.Errorf("%w: terminal %q has no lock", ErrNotFound, name)
		}
		r, err := loadRecord(b.view, t.Lock)
		if err != nil {
			return err
		}
		if !r.heard() {
			return fmt.Errorf("%w: payment %q on terminal %q has no outcome yet", ErrStale, r.ID, name)
		}
		return b.append(&entry{Kind: KindTerminalFreed, Operator: operator, Payment: t.Lock, Terminal: &terminalBody{Name: name}}, nil)
	}})
}

// Demote records, for good, that a terminal is not exclusive (design 5.4), and opens a case. A
// terminal that is demoted already stays so, without another case.
func (l *Ledger) Demote(name, why string) error {
	return l.submit(&op{reserve: true, do: func(b *batch) error {
		t, err := b.knownTerminal(name)
		if err != nil || t.Demoted {
			return err
		}
		if err := b.append(&entry{Kind: KindTerminalDemoted, Terminal: &terminalBody{Name: name, Why: why}}, nil); err != nil {
			return err
		}
		_, err = b.openCase(Case{Terminal: name, Cause: driver.Reason{Code: reasonExclusivity, Text: why}, Evidence: "terminale " + name})
		return err
	}})
}

func applyTerminal(v *view, e *entry) error {
	if e.Terminal == nil {
		return missing(e, "terminal")
	}
	t, err := loadTerminal(v, e.Terminal.Name)
	if err != nil {
		return err
	}
	switch e.Kind {
	case KindTerminalAdopted:
		t.Fresh, t.Previous = false, "" // what was not ours may have printed, and counted
		t.loseTotal()
		learnResult(v, t, e.Terminal, true)
	case KindTerminalFreed:
		if t.Lock != e.Payment {
			return fmt.Errorf("terminal %q is freed of %q and held by %q", t.Name, e.Payment, t.Lock)
		}
		t.Lock = ""
	case KindTerminalCommissioned:
		err = t.applyPassport(e)
	case KindTerminalTotal:
		err = t.applyTotal(v, e)
	case KindSessionClosed:
		err = t.applyClosing(e)
	case KindChannelConfirmed:
		if e.Terminal.Channel == "" || slices.Contains(t.Channels, e.Terminal.Channel) {
			err = fmt.Errorf("channel %q of terminal %q is confirmed again", e.Terminal.Channel, t.Name)
		}
		t.Channels = append(t.Channels, e.Terminal.Channel)
	default:
		t.Demoted, t.DemotedWhy = true, e.Terminal.Why
		t.loseTotal()
	}
	if err != nil {
		return err
	}
	v.store(tableTerminals+t.Name, t)
	return nil
}

// learnResult notes a saved result of a terminal as known; newest says that nothing was sent on the
// terminal after it.
func learnResult(v *view, t *terminalRecord, b *terminalBody, newest bool) {
	if b == nil {
		return
	}
	if b.TerminalID != "" {
		t.TerminalID = b.TerminalID
	}
	if b.Result != "" {
		v.put(tableResults+t.Name+"/"+b.Result, nil)
	}
	if newest && (b.Result != "" || b.Empty) {
		t.LastResult, t.LastSTAN = b.Result, b.STAN
		if !numbered(b.STAN) {
			t.LastSTAN = "" // every refusal without one would be known by it
		}
	}
}

// meet: a saved result that is nobody's before a payment of ours may be in the terminal's total.
func (t *terminalRecord) meet(v *view, b *terminalBody) {
	if b != nil && b.Result != "" && (!numbered(b.STAN) || b.STAN != t.LastSTAN) && !v.has(tableResults+t.Name+"/"+b.Result) {
		t.loseTotal()
	}
}

// lags: the terminal tells an older result than the newest known, which reached no host. Such a one looks like any other of
// its kind and is known as the newest alone: it must stay that, for the terminal may tell it yet.
func (t *terminalRecord) lags(v *view, b *terminalBody) bool {
	return b != nil && t.LastResult != "" && !numbered(t.LastSTAN) && b.Result != t.LastResult && b.Result != "" &&
		v.has(tableResults+t.Name+"/"+b.Result)
}

// numbered says that a STAN is one: 000000 is not.
func numbered(stan string) bool { return strings.Trim(stan, "0") != "" }
