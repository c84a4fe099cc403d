package till

import (
	"context"
	"fmt"

	"sportello/driver"
	"sportello/protocol/local"
)

// Terminals shows every terminal in the order of the configuration. It asks none of them.
func (t *Till) Terminals(context.Context) ([]local.Terminal, error) {
	out := make([]local.Terminal, 0, len(t.names))
	for _, name := range t.names {
		out = append(out, t.stations[name].view())
	}
	return out, nil
}

// TerminalAction asks a terminal something (status, last, totals), or records what a person decided
// about it: adopt (a supervisor has seen the stranger it remembers), free (the terminal may go on
// while the notice of its unknown payment stays locked).
func (t *Till) TerminalAction(ctx context.Context, op local.Operator, name, action string, req local.ActionRequest) (local.TerminalReport, error) {
	s, err := t.station(name)
	if err != nil {
		return local.TerminalReport{}, err
	}
	var rep local.TerminalReport
	switch action {
	case "status":
		err = s.ask(ctx, func(ctx context.Context) error {
			s.greet(ctx)
			return nil
		})
		if err == nil {
			if v := s.view(); v.Reason != nil {
				rep.Text = v.Reason.Text
			}
		}
	case "last":
		err = s.ask(ctx, func(ctx context.Context) error { return s.last(ctx, &rep) })
	case "totals":
		err = s.ask(ctx, func(ctx context.Context) error { return s.totals(ctx, &rep) })
	case "adopt":
		if op.Role != local.RoleSupervisor {
			return rep, &local.Error{Code: local.CodeForbiddenRole}
		}
		err = s.ask(ctx, func(ctx context.Context) error { return s.adopt(ctx, op, &rep) })
	case "free":
		err = s.free(op)
	default:
		return rep, &local.Error{Code: local.CodeNotServed, Detail: fmt.Sprintf("action %q", action)}
	}
	if err != nil {
		return local.TerminalReport{}, terminalError(s.term.Label, err) // rep may still be the worker's
	}
	rep.Terminal = s.view()
	return rep, nil
}

func (s *station) last(ctx context.Context, rep *local.TerminalReport) error {
	last, err := s.term.Driver.Last(ctx)
	if err != nil {
		return err
	}
	showLast(rep, last)
	return nil
}

// showLast leaves out the driver's text: it is English, for logs, and says no more than the charge does.
func showLast(rep *local.TerminalReport, last driver.Last) {
	if last.Present {
		c := viewCharge(last.Charge)
		rep.Last = &c
	}
}

func (s *station) totals(ctx context.Context, rep *local.TerminalReport) error {
	tot, err := s.term.Driver.Totals(ctx)
	if err != nil {
		return err
	}
	if tot.Present {
		rep.TotalCents = &tot.Cents
	}
	return nil
}

// adopt writes what the terminal remembers into the ledger, with the supervisor's name.
func (s *station) adopt(ctx context.Context, op local.Operator, rep *local.TerminalReport) error {
	last, err := s.term.Driver.Last(ctx)
	if err != nil {
		return err
	}
	if err := s.till.o.Ledger.Adopt(s.term.Name, op.ID, last); err != nil {
		return err
	}
	showLast(rep, last)
	if err := s.recognise(last, nil); err != nil {
		return err
	}
	s.greet(ctx)
	return nil
}

// free gives the terminal back while the notice stays locked (design 3.6). The clerk may once the
// driver has nothing more to ask; a supervisor may cut the asking short. The next payment reads the
// terminal's last result before it sends anything, so no evidence is overwritten unseen.
func (s *station) free(op local.Operator) error {
	s.mu.Lock()
	busy := s.held != nil || s.freeing
	s.freeing = s.freeing || !busy
	s.mu.Unlock()
	if busy {
		return &local.Error{Code: local.CodeTerminalBusy, Args: s.args()}
	}
	defer func() {
		s.mu.Lock()
		s.freeing = false
		s.mu.Unlock()
	}()
	id, err := s.lockedBy()
	switch {
	case err != nil:
		return err
	case id == "":
		return &local.Error{Code: local.CodeNotFound, Detail: "the terminal is not locked"}
	}
	p, err := s.till.o.Ledger.Payment(id)
	if err != nil {
		return err
	}
	if !p.NeedsPeople {
		if op.Role != local.RoleSupervisor {
			return &local.Error{Code: local.CodeForbiddenRole, PaymentID: id}
		}
		if _, err := s.till.interrupted(p, local.CodeAwaitingPeople, true); err != nil {
			return err
		}
	}
	if err := s.till.o.Ledger.Free(s.term.Name, op.ID); err != nil {
		return err
	}
	s.mu.Lock()
	if s.resolving == id && s.halt != nil {
		s.halt()
	}
	s.mu.Unlock()
	s.till.publishPayment(id)
	s.publish()
	return nil
}
