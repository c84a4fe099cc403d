package till

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"sportello/cmd/sportello/internal/ledger"
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

// How long a question may take: commissioning waits for each LRC scope and command, closing for the bank.
const (
	questionLimit = 2 * time.Minute
	detectLimit   = 10 * time.Minute
	closeLimit    = 10 * time.Minute
)

// TerminalAction asks a terminal something (status, last, totals, detect, reprint, close), or records what
// a person decided about it: adopt (a supervisor has seen the stranger it remembers), free (the terminal
// may go on while the notice of its unknown payment stays locked), channel (receipts on it are our provider's).
func (t *Till) TerminalAction(ctx context.Context, op local.Operator, name, action string, req local.ActionRequest) (local.TerminalReport, error) {
	s, err := t.station(name)
	if err != nil {
		return local.TerminalReport{}, err
	}
	if op.Role != local.RoleSupervisor && (action == "adopt" || action == "close" || action == "channel" || req.QuietTotals) {
		return local.TerminalReport{}, &local.Error{Code: local.CodeForbiddenRole}
	}
	var rep local.TerminalReport
	ask := func(limit time.Duration, question func(context.Context) error) error {
		return s.ask(ctx, local.Lease{Holder: action, Operator: op.ID}, limit, question)
	}
	switch action {
	case "status":
		err = ask(questionLimit, func(ctx context.Context) error {
			s.greet(ctx)
			return nil
		})
		if err == nil {
			if v := s.view(); v.Reason != nil {
				rep.Text = v.Reason.Text
			}
		}
	case "last":
		err = ask(questionLimit, func(ctx context.Context) error { return s.last(ctx, &rep) })
	case "totals":
		err = ask(questionLimit, func(ctx context.Context) error { return s.totals(ctx, &rep) })
	case "detect":
		err = ask(detectLimit, func(ctx context.Context) error { return s.detect(ctx, op, req.QuietTotals, &rep) })
	case "reprint":
		err = ask(questionLimit, func(ctx context.Context) error { return s.reprint(ctx, &rep) })
	case "close": // it would take away what a restore compares
		if refusal := t.gateRefusal(); refusal != nil {
			return rep, refusal
		}
		err = ask(closeLimit, func(ctx context.Context) error { return s.close(ctx, op, &rep) })
	case "closing": // nobody is asked
		rep.Closing, err = s.lastClosing()
	case "adopt":
		err = ask(questionLimit, func(ctx context.Context) error { return s.adopt(ctx, op, &rep) })
	case "free":
		rep.Text, err = s.free(ctx, op)
	case "channel":
		rep.Text, err = s.channel(op, req.Channel)
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

// reprint asks for the terminal's own copy of its last receipt, and says whose it is where it shows a
// reference of ours.
func (s *station) reprint(ctx context.Context, rep *local.TerminalReport) error {
	slip, err := s.term.Driver.Reprint(ctx)
	if err != nil || !slip.Present {
		return err
	}
	rep.Receipt = &local.Receipt{Text: slip.Text, Complete: slip.Complete}
	list, err := s.till.o.Ledger.Payments(ledger.Query{})
	if err != nil {
		return err
	}
	for _, p := range list {
		if p.Terminal == s.term.Name && p.Reference != "" && slices.Contains(slip.References, p.Reference) {
			rep.Receipt.PaymentID = p.ID
			break
		}
	}
	return nil
}

// adopt writes what the terminal remembers into the ledger, with the supervisor's name.
func (s *station) adopt(ctx context.Context, op local.Operator, rep *local.TerminalReport) error {
	last, err := s.term.Driver.Last(ctx)
	if err != nil {
		return err
	}
	if err := s.lookBack(ctx, last); err != nil {
		return err
	}
	if err := s.mayAdopt(ctx, last); err != nil {
		return err
	}
	said, err := s.till.readFirst(ctx, last)
	if err != nil {
		return err
	}
	if err := s.till.o.Ledger.Adopt(s.term.Name, op.ID, last); err != nil {
		return err
	}
	rep.Text = said
	showLast(rep, last)
	if err := s.recognise(last, nil); err != nil {
		return err
	}
	s.greet(ctx)
	return nil
}

// mayAdopt has what the terminal remembers judged first, and put beside the payment of unknown outcome that it may be.
// While that payment holds the terminal nobody waves its charge through; once a person has freed the terminal, a
// supervisor who has seen the difference may (design 3.6, 5.7): the notice stays locked, and the evidence is kept.
func (s *station) mayAdopt(ctx context.Context, last driver.Last) error {
	if err := s.reconsider(ctx, last); err != nil {
		return err
	}
	known, err := s.till.o.Ledger.KnowsResult(s.term.Name, last.Raw, last.Charge.STAN)
	if err != nil || known {
		return err
	}
	p, err := s.awaited(last)
	if err != nil || p.ID == "" {
		return err
	}
	lock, err := s.lockedBy()
	if err != nil || lock != p.ID {
		return err
	}
	err = s.recognise(last, nil)
	s.note(err)
	return err
}

// free gives the terminal back while the notice stays locked (design 3.6). The clerk may once the
// driver has nothing more to ask; a supervisor may cut the asking short. The next payment reads the
// terminal's last result before it sends anything, so no evidence is overwritten unseen. It says so in words.
func (s *station) free(ctx context.Context, op local.Operator) (string, error) {
	if id, err := s.lockedBy(); err == nil && id != "" {
		if _, err := s.till.undecided(ctx, id); err != nil {
			return "", err
		}
	}
	s.mu.Lock()
	busy := s.held != nil || s.freeing
	s.freeing = s.freeing || !busy
	s.mu.Unlock()
	if busy {
		return "", &local.Error{Code: local.CodeTerminalBusy, Args: s.args()}
	}
	defer func() {
		s.mu.Lock()
		s.freeing = false
		s.mu.Unlock()
	}()
	id, err := s.lockedBy()
	switch {
	case err != nil:
		return "", err
	case id == "":
		return "", &local.Error{Code: local.CodeNothingToFree, Args: s.args()}
	}
	p, err := s.till.o.Ledger.Payment(id)
	if err != nil {
		return "", err
	}
	if !p.NeedsPeople {
		if op.Role != local.RoleSupervisor {
			return "", &local.Error{Code: local.CodeForbiddenRole, PaymentID: id}
		}
		if _, err := s.till.interrupted(p, local.CodeAwaitingPeople, true); err != nil {
			return "", err
		}
	}
	err = s.till.o.Ledger.Free(s.term.Name, op.ID)
	switch {
	case errors.Is(err, ledger.ErrNotFound): // decided in this very moment
		return "", &local.Error{Code: local.CodeNothingToFree, Args: s.args()}
	case err != nil:
		return "", err
	}
	s.mu.Lock()
	if s.resolving == id && s.halt != nil {
		s.halt()
	}
	s.mu.Unlock()
	s.till.publishPayment(id)
	s.publish()
	return s.till.reason(local.CodeTerminalFreed, map[string]string{local.ArgTerminal: s.term.Label, local.ArgPayment: id}).Text, nil
}

// channel records that receipts on a channel are of this terminal's provider (design 5.2): what was held for
// that is looked at again.
func (s *station) channel(op local.Operator, channel string) (string, error) {
	if err := signs(op); err != nil {
		return "", err
	}
	if channel == "" || len(channel) > maxChannel || strings.TrimSpace(channel) != channel {
		return "", wrong("channel")
	}
	freed, err := s.till.o.Ledger.ConfirmChannel(s.term.Name, channel, op.ID)
	switch {
	case errors.Is(err, ledger.ErrNotFound):
		return "", &local.Error{Code: local.CodeChannelNotHeld, Args: s.args(), Err: err}
	case err != nil:
		return "", err
	}
	notices := 0
	for _, p := range freed {
		s.till.Changed(p.ID)
		for _, n := range p.Notices {
			if n.Registration == ledger.RegAwaiting {
				notices++
			}
		}
	}
	return s.till.reason(local.CodeChannelConfirmed, map[string]string{local.ArgFound: channel, local.ArgLimit: strconv.Itoa(notices)}).Text, nil
}

// maxChannel is the longest that pagoPA gives a channel.
const maxChannel = 35
