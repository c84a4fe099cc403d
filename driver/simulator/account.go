package simulator

import (
	"fmt"
	"maps"
)

// account is what the bank and the memory of one terminal hold.
type account struct {
	stan      int                 // of the last contact with the host
	host      int64               // the bank's cents since the last close
	holds     map[string]Decision // open pre-authorisations by code; AmountCents is what is blocked
	vas       []Decision          // approved VAS operations
	sales     int                 // decisions that charged
	vasClosed int                 // how many of them a VAS close has counted

	total   int64     // the terminal's own cents since the last close
	sale    *Decision // last approved payment that was not reversed, nil when none
	done    *Decision // last financial operation, nil when none: what R prints
	good    *Decision // last approved one, likewise, for terminals that print no refusals
	last    string    // saved result, "" when none
	answer  string    // saved U, "" when the saved result has none
	service string    // last service receipt
	pending *Decision // decided, and not saved by the terminal
}

func (b *Bank) account(terminal string) *account {
	a := b.accounts[terminal]
	if a == nil {
		a = &account{holds: map[string]Decision{}}
		b.accounts[terminal] = a
	}
	return a
}

// apply takes a line into the memory.
func (b *Bank) apply(d Decision) {
	a := b.account(d.Terminal)
	b.seq = max(b.seq, d.Seq)
	switch d.Kind {
	case KindSaved:
		if a.pending != nil && a.pending.Seq == d.Saves {
			a.keep(*a.pending)
			a.pending = nil
		}
		return
	case KindService:
		a.service = d.Ticket
		return
	case KindAdjust:
		a.host += d.AmountCents
		return
	case KindVASClose:
		a.vasClosed = len(a.vas)
		return
	case KindReplaced:
		b.accounts[d.Terminal] = &account{host: a.host, holds: a.holds, vas: a.vas, vasClosed: a.vasClosed, sales: a.sales}
		return
	}
	b.decisions = append(b.decisions, d)
	if d.STAN != noSTAN {
		fmt.Sscanf(d.STAN, "%d", &a.stan) //nolint:errcheck // six digits, checked
	}
	a.charge(d)
	switch {
	case !d.Unsaved:
		a.keep(d)
	case a.pending != nil && d.Kind == KindReversal && d.Reverses == a.pending.STAN:
		if a.pending.counts() {
			a.total -= d.AmountCents
		}
		a.pending = nil // undone
	default:
		if a.pending = &d; d.counts() {
			a.total += d.AmountCents
		}
	}
}

// counts: a charge that the terminal has added up before it is saved.
func (d Decision) counts() bool { return d.Counted && d.Approved && d.Kind.charges() }

// begin is the terminal noting a transaction as failed, until its result is saved. It is no line of the file.
func (b *Bank) begin(terminal, failed string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.account(terminal)
	a.last, a.answer = failed, ""
}

// charge is the bank's side of a decision.
func (a *account) charge(d Decision) {
	if d.Approved && (d.Kind.charges() || d.Kind == KindVASPayment) {
		a.sales++
	}
	switch {
	case d.Kind == KindClose:
		a.host = 0
	case !d.Approved:
	case d.Kind == KindReversal:
		a.host -= d.AmountCents
	case d.Kind == KindPreauth:
		a.holds[d.Preauth] = d
	case d.Kind == KindIncrement:
		held := a.holds[d.Preauth]
		held.AmountCents += d.AmountCents
		a.holds[d.Preauth] = held
	case d.Kind == KindClosure:
		delete(a.holds, d.Preauth)
		a.host += d.AmountCents
	case d.Kind.charges():
		a.host += d.AmountCents
	case d.Kind == KindVASPayment, d.Kind == KindVASRefund:
		a.vas = append(a.vas, d)
	}
}

// keep is the terminal saving a decision.
func (a *account) keep(d Decision) {
	if d.Last != "" {
		a.last, a.answer = d.Last, d.Answer
	}
	switch d.Kind {
	case KindClose:
		a.total = 0
		if d.Ticket != "" {
			a.service = d.Ticket
		}
		return
	case KindVASPayment, KindVASRefund, KindVerification:
		return
	case KindLocal:
		if d.Last == "" {
			return
		}
	}
	a.done = &d
	if !d.Approved {
		return
	}
	a.good = &d
	switch {
	case d.Kind == KindReversal:
		a.sale, a.total = nil, a.total-d.AmountCents
	case d.Kind.charges():
		if a.sale = &d; !d.counts() {
			a.total += d.AmountCents
		}
	}
}

// memory is a copy of what the terminal holds between procedures.
func (b *Bank) memory(terminal string) account {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := *b.account(terminal)
	a.holds = maps.Clone(a.holds)
	return a
}

// hold is an open pre-authorisation.
func (b *Bank) hold(terminal, code string) (Decision, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	d, ok := b.account(terminal).holds[code]
	return d, ok
}

// save is the terminal saving what it had put off.
func (b *Bank) save(d Decision) error {
	return b.note(Decision{Kind: KindSaved, Terminal: d.Terminal, Saves: d.Seq})
}

// note writes and takes in a line that is no decision.
func (b *Bank) note(d Decision) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	d.V, d.Seq, d.At, d.STAN, d.Online, d.Card, d.Data = 1, b.seq, now(), noSTAN, noSTAN, noCard.kind, []string{}
	if err := b.write(d); err != nil {
		return err
	}
	b.apply(d)
	return nil
}

// unsaved is the decision that the terminal has not saved yet; false when there is
// none.
func (b *Bank) unsaved(terminal string) (Decision, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p := b.account(terminal).pending; p != nil {
		return *p, true
	}
	return Decision{}, false
}

// forget drops it from the terminal's memory. The bank does not.
func (b *Bank) forget(terminal string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.account(terminal).pending = nil
}

// SkewHost makes the bank's total of a terminal differ by that many cents more, so that
// a close finds two totals (ECR17 D36). Errors are ErrBankFile.
func (b *Bank) SkewHost(terminal string, cents int64) error {
	return b.note(Decision{Kind: KindAdjust, Terminal: terminal, AmountCents: cents})
}
