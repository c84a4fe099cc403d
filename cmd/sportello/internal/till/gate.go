package till

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/govpay"
	"sportello/protocol/local"
)

// A ledger that was brought back from a copy does not know what was charged after it (design 5.7). Until terminals and
// platform have been read, and people have brought in what the copy lacks, nothing is charged or given back.
// What is durable are cases: of the restore, opened before the copy became the ledger; of each terminal that remembers
// what the copy does not know, the gap. What was seen is gathered again by every process:
//
//	the power goes                  on disk                     start-up does
//	before a terminal is read       the restore                 reads all again
//	a gap is found, not written     the restore                 likewise, and finds it
//	the gap is written              the restore, the gap        people end it, two of them
//	a charge is being brought in    sent, or charged            sent: people's, as any other; charged: it is in
//	the gap is ended                the restore                 reads all again, and opens
//	the restore is ended            nothing open                charges
//
// TestKilledAfterRestore kills the service at each.

// gateStep is what a closed gate waits for.
type gateStep uint8

const (
	gateOpen      gateStep = iota
	gateMoved              // another PC goes on with this ledger: for good, unless two people end the case
	gateTerminals          // a terminal was not read yet
	gatePlatform           // the platform's receipts were not
	gateGap                // people have to bring in what a terminal remembers
	gateEnding             // that all was read is about to be written
)

// gateTable decides: the first row that holds is the step.
var gateTable = []struct {
	step  gateStep
	code  local.Code
	holds func(*gate) bool
}{
	{gateMoved, local.CodeInstallationMoved, func(g *gate) bool { return g.word.Moved.ID != "" }},
	{gateOpen, "", func(g *gate) bool { return g.word.Restored.ID == "" }},
	{gateTerminals, local.CodeRestoreTerminals, func(g *gate) bool { return g.unread() != "" }},
	{gatePlatform, local.CodeRestorePlatform, func(g *gate) bool { return g.platform == nil && !(g.unreadable() && g.gap("") != nil) }},
	{gateGap, local.CodeRestoreGap, func(g *gate) bool { return g.gap("") != nil }},
	{gateEnding, local.CodeLedgerRestored, func(*gate) bool { return true }},
}

// gateEvery is how often what does not answer is asked again.
const gateEvery = 30 * time.Second

// gate is what the ledger says, and what this process has seen.
type gate struct {
	names []string // of the terminals
	nudge chan struct{}

	mu       sync.Mutex // guards what follows
	word     ledger.Gate
	seen     map[string]seenTerminal
	platform *local.RestorePlatform
	failing  time.Time      // since when reading the platform fails; zero: it does not
	failed   map[string]int // readings in which it did not give a receipt that it lists
}

// seenTerminal is what a terminal remembered when it was read after the restore.
type seenTerminal struct {
	same  bool // as the copy knows it: nothing was done since
	found string
}

func newGate(names []string) *gate {
	return &gate{names: names, nudge: make(chan struct{}, 1), seen: map[string]seenTerminal{}, failed: map[string]int{}}
}

// unread is a terminal that has not answered yet; empty: all have. mu is held.
func (g *gate) unread() string {
	for _, name := range g.names {
		if _, ok := g.seen[name]; !ok {
			return name
		}
	}
	return ""
}

// gap is an open one, of a terminal or of any. mu is held.
func (g *gate) gap(terminal string) *ledger.Case {
	for i, c := range g.word.Gaps {
		if c.Ended.IsZero() && (terminal == "" || c.Terminal == terminal) {
			return &g.word.Gaps[i]
		}
	}
	return nil
}

// step is where the gate stands. mu is held.
func (g *gate) step() (gateStep, local.Code) {
	for _, row := range gateTable {
		if row.holds(g) {
			return row.step, row.code
		}
	}
	return gateOpen, ""
}

// restoring says that this ledger is a copy whose gap is not closed yet.
func (g *gate) restoring() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.word.Restored.ID != ""
}

// wants says that a terminal is still to be read.
func (g *gate) wants(terminal string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	_, read := g.seen[terminal]
	return g.word.Restored.ID != "" && !read
}

// Restoring says that the ledger is a copy of which nobody knows yet what was done after it.
func (t *Till) Restoring() bool { return t.gate.restoring() }

// gateRefusal is why nothing may be charged now; nil: the gate is open.
func (t *Till) gateRefusal() *local.Error {
	g := t.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	step, code := g.step()
	if step == gateOpen {
		return nil
	}
	e := &local.Error{Code: code, Args: map[string]string{}}
	switch step {
	case gateTerminals:
		e.Args[local.ArgTerminal] = t.label(g.unread())
	case gateGap:
		c := g.gap("")
		e.Args[local.ArgTerminal], e.Args[local.ArgFound] = t.label(c.Terminal), c.Cause.Text
	}
	return e
}

// readGate takes over what the ledger says.
func (t *Till) readGate() error {
	word, err := t.o.Ledger.Gate()
	if err != nil {
		return fmt.Errorf("reading what a restore has left: %w", err)
	}
	t.gate.mu.Lock()
	t.gate.word = word
	t.gate.mu.Unlock()
	select {
	case t.gate.nudge <- struct{}{}:
	default:
	}
	return nil
}

// lookBack compares what a terminal remembers with the copy. It runs on the terminal's worker. A gap is a case of its
// own, once for what the terminal remembers.
func (s *station) lookBack(ctx context.Context, last driver.Last) error {
	t, g := s.till, s.till.gate
	if !g.restoring() {
		return nil
	}
	same, err := t.o.Ledger.RemembersResult(s.term.Name, last.Raw)
	if err != nil {
		return err
	}
	found := inWords(last, t.lang())
	if !last.Present {
		same, found = false, "nessuna operazione in memoria"
	}
	if !same {
		if slip := s.retiredSlip(ctx); slip != "" {
			found += ", scontrino " + slip
		}
		if err := s.openGap(found, ledger.FoundBy("gap", last.Raw)); err != nil {
			return err
		}
	}
	g.mu.Lock()
	g.seen[s.term.Name] = seenTerminal{same: same, found: found}
	g.mu.Unlock()
	return t.readGate()
}

// openGap opens the case of what a terminal remembers, once, in whatever words it is told. by is that by which it is known.
func (s *station) openGap(found, by string) error {
	g := s.till.gate
	g.mu.Lock()
	known := slices.ContainsFunc(g.word.Gaps, func(c ledger.Case) bool {
		return c.Terminal == s.term.Name && (c.Ended.IsZero() || c.Found == by || c.Found == "" && c.Cause.Text == found)
	})
	since := g.word.Since
	g.mu.Unlock()
	if known {
		return nil
	}
	s.till.o.Failpoint("till.gap.before")
	_, err := s.till.o.Ledger.OpenCase(ledger.Case{Terminal: s.term.Name, Cause: driver.Reason{Code: ledger.ReasonGap, Text: found}, Found: by,
		Evidence: fmt.Sprintf("Il terminale %s ricorda: %s. La copia arriva fino al %s.", s.term.Name, found, since.In(ledger.Zone()).Format("02/01/2006 15:04:05"))})
	s.till.o.Failpoint("till.gap.after")
	return err
}

// retiredSlip is the reference of a retired installation on the terminal's last slip that this ledger has not sent;
// empty: none is seen. It asks only a terminal of which commissioning proved that it may be asked.
func (s *station) retiredSlip(ctx context.Context) string {
	t := s.till
	t.gate.mu.Lock()
	retired := t.gate.word.Retired
	t.gate.mu.Unlock()
	ts, err := t.o.Ledger.Terminal(s.term.Name)
	if err != nil || len(retired) == 0 || ts.Passport == nil || ts.Passport.Reprints != driver.AnswerYes {
		return ""
	}
	slip, err := s.term.Driver.Reprint(ctx)
	if err != nil {
		return ""
	}
	for _, ref := range slip.References {
		for _, code := range retired {
			if len(ref) > len(code)+3 && ref[3:3+len(code)] == code && !s.knows(ref) {
				return ref
			}
		}
	}
	return ""
}

// stillAtWork opens a case when a stranger in the terminal's memory is of an installation that was retired.
func (s *station) stillAtWork(ctx context.Context) {
	t := s.till
	slip := s.retiredSlip(ctx)
	if slip == "" || t.gate.restoring() {
		return
	}
	cause := driver.Reason{Code: string(local.CodeInstallationRetired), Text: slip}
	all, err := t.o.Ledger.Cases(true)
	if err != nil || slices.ContainsFunc(all, func(c ledger.Case) bool { return c.Cause == cause }) {
		return
	}
	t.o.Log.Error().Str("terminal", s.term.Name).Str("reference", slip).Msg("a retired installation is still at work on the terminal")
	if _, err := t.o.Ledger.OpenCase(ledger.Case{Terminal: s.term.Name, Cause: cause, Evidence: "scontrino " + slip}); err != nil {
		t.o.Log.Error().Err(err).Str("terminal", s.term.Name).Msg("opening the case of a retired installation")
	}
}

// Lister is what a platform may offer beside Platform: the receipts of a period. Without it a ledger from a copy stays closed.
type Lister interface {
	ReceiptsSince(ctx context.Context, creditor string, since time.Time) ([]govpay.ReceiptRef, error)
	Receipt(ctx context.Context, creditor, iuv, id string) (govpay.Receipt, error)
}

// keepGate reads the platform and ends the restore when nothing is missing. It ends with the till, or the gate.
func (t *Till) keepGate(ctx context.Context) {
	told := ""
	for t.gate.restoring() {
		if err := t.passGate(ctx); err != nil && ctx.Err() == nil && err.Error() != told {
			told = err.Error()
			t.o.Log.Warn().Err(err).Msg("nothing is charged with the restored ledger yet")
		}
		wait := time.NewTimer(gateEvery)
		select {
		case <-ctx.Done():
		case <-wait.C:
		case <-t.gate.nudge:
		}
		wait.Stop()
		if ctx.Err() != nil {
			return
		}
	}
}

func (t *Till) passGate(ctx context.Context) error {
	g := t.gate
	g.mu.Lock()
	read, since := g.platform != nil, g.word.Since
	g.mu.Unlock()
	if !read {
		seen, err := t.receiptsSince(ctx, since)
		g.mu.Lock()
		if g.platform = seen; err != nil && g.failing.IsZero() {
			g.failing = time.Now()
		}
		g.mu.Unlock()
		if err != nil {
			return err
		}
		t.publishAll()
	}
	g.mu.Lock()
	step, _ := g.step()
	id, note := g.word.Restored.ID, g.note()
	g.mu.Unlock()
	if step != gateEnding {
		return nil
	}
	if err := t.o.Ledger.EndRestore(id, note); err != nil {
		return err
	}
	t.o.Log.Info().Str("case", id).Msg("the restored ledger was compared with terminals and platform: charging again")
	err := t.readGate()
	t.publishAll()
	return err
}

// gated says that a case keeps the ledger from charging.
func gated(c ledger.Case) bool {
	return slices.Contains([]string{ledger.ReasonRestored, ledger.ReasonGap, ledger.ReasonMoved}, c.Cause.Code)
}

// note is what was read, for the ledger. mu is held.
func (g *gate) note() string {
	s := fmt.Sprintf("Ricevute della piattaforma dalla copia: %d, dei nostri prestatori e non nel registro: %d.", g.platform.Receipts, len(g.platform.Unknown))
	for _, name := range g.names {
		state := "come nella copia"
		if !g.seen[name].same {
			state = "diverso, riportato da due persone"
		}
		s += fmt.Sprintf(" Terminale %s: %s, %s.", name, g.seen[name].found, state)
	}
	return s
}

func (t *Till) publishAll() {
	for _, name := range t.names {
		t.stations[name].publish()
	}
}
