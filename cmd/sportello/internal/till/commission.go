package till

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/local"
)

// commissioned puts the passport that the ledger holds in force.
func (s *station) commissioned() error {
	ts, err := s.till.o.Ledger.Terminal(s.term.Name)
	if err == nil && ts.Passport != nil {
		s.term.Driver.Commission(*ts.Passport)
	}
	return err
}

// knows says whether a reference read on a receipt is one of this ledger's.
func (s *station) knows(reference string) bool {
	known, err := s.till.o.Ledger.KnowsReference(reference)
	return err == nil && known
}

// Forgetter is what a driver may offer beside driver.Terminal: to forget the terminal's last result that it
// has seen in this process. Until then one that has told it must tell it before each payment.
type Forgetter interface {
	Forget()
}

// detect commissions the terminal: it finds out what it is and can, and puts that in force. It moves no money.
// Another id or LRC scope may be another terminal: a supervisor puts it in force, others are only told. One
// that does not tell its last result any more begins anew here, where a person has looked, and nowhere else.
func (s *station) detect(ctx context.Context, op local.Operator, quiet bool, rep *local.TerminalReport) error {
	p, err := s.term.Driver.Detect(ctx, s.knows, quiet)
	if err != nil {
		return err
	}
	ts, err := s.till.o.Ledger.Terminal(s.term.Name)
	if err != nil {
		return err
	}
	if was := ts.Passport; op.Role != local.RoleSupervisor && was != nil && (p.TerminalID != was.TerminalID || p.Scope != was.Scope) {
		rep.Passport = s.passport(&p)
		rep.Passport.Pending, rep.Passport.Changed = true, ledger.PassportChanges(was, &p)
		return nil
	}
	if err := s.putInForce(op.ID, p); err != nil {
		return err
	}
	if f, can := s.term.Driver.(Forgetter); can && strings.Contains(p.Refuses, "G") {
		f.Forget()
	}
	s.greet(ctx)
	rep.Passport = s.passport(&p)
	return nil
}

// recommission follows a terminal that is not as it was commissioned, of which nothing was asked but that:
// where only its software is another one it is learned again at once, and the clerk reads that it was; another
// id or scope is for a supervisor. What the installer has to see for himself does not come back by itself.
func (s *station) recommission(ctx context.Context) bool {
	t := s.till
	ts, err := t.o.Ledger.Terminal(s.term.Name)
	if err != nil || ts.Passport == nil {
		return false
	}
	p, err := s.term.Driver.Detect(ctx, s.knows, false)
	if err != nil || p.TerminalID != ts.Passport.TerminalID || p.Scope != ts.Passport.Scope {
		t.o.Log.Warn().Err(err).Str("terminal", s.term.Name).Str("terminal_id", p.TerminalID).Str("scope", p.Scope).
			Msg("the terminal is not as it was commissioned")
		return false
	}
	if err := s.putInForce("", p); err != nil {
		t.o.Log.Error().Err(err).Str("terminal", s.term.Name).Msg("writing what the terminal is now")
		return false
	}
	t.o.Log.Warn().Str("terminal", s.term.Name).Str("software", p.Software).Msg("the terminal has other software: learned again")
	s.mu.Lock()
	s.relearned = cmp.Or(p.Software, "?")
	s.mu.Unlock()
	s.publish()
	return true
}

// putInForce writes a passport first: a driver must not work by one that nobody knows of.
func (s *station) putInForce(operator string, p driver.Passport) error {
	changed, err := s.till.o.Ledger.Commission(s.term.Name, operator, p)
	if err != nil {
		return err
	}
	s.term.Driver.Commission(p)
	s.mu.Lock()
	s.changed, s.relearned = changed, ""
	s.mu.Unlock()
	return nil
}

// passport is what the screens see of one; nil stays nil.
func (s *station) passport(p *driver.Passport) *local.Passport {
	if p == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return &local.Passport{TerminalID: p.TerminalID, Software: p.Software, Scope: p.Scope, AckForm: p.AckForm,
		Supports: p.Supports, Refuses: p.Refuses, ClockSeconds: int64(p.ClockOffset.Seconds()), TotalCents: p.TotalCents,
		OneClient: string(p.OneClient), Prints: string(p.Prints), Reprints: string(p.Reprints), TotalsBefore: p.TotalsBefore, At: p.At, Changed: slices.Clone(s.changed)}
}
