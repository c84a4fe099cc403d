package till

import (
	"sportello/driver"
	"sportello/protocol/local"
)

// view is the terminal as the page shows it.
func (s *station) view() local.Terminal {
	ts, err := s.till.o.Ledger.Terminal(s.term.Name)
	if err != nil {
		s.till.o.Log.Error().Err(err).Str("terminal", s.term.Name).Msg("reading the terminal's state")
	}
	v := local.Terminal{Name: s.term.Name, Label: s.term.Label, Unproven: !ts.Proven, Passport: s.passport(ts.Passport),
		MaxNotices: s.term.MaxNotices, GiveUp: int64(s.term.GiveUp.Seconds())}
	lease := s.term.Driver.Lease()
	s.mu.Lock()
	v.Light, v.Reason, v.NeedsAdopt = s.light, s.reason, s.needsAdopt
	v.Lease = s.leased(lease)
	if s.relearned != "" && v.Reason == nil {
		r := s.till.reason(local.CodePassportLearned, map[string]string{local.ArgTerminal: s.term.Label, local.ArgFound: s.relearned})
		v.Reason = &r
	}
	held, lock := s.held != nil, ts.Lock
	if held {
		v.Light, v.Reason = local.LightBusy, nil
		if s.moving {
			lock = ""
		}
	}
	s.mu.Unlock()
	if v.NeedsAdopt && !held {
		v.Light = local.LightNotReady
	}
	if ts.Stopped != "" {
		r := s.till.reason(local.CodeTerminalWithoutReceipts, s.args())
		v.Stopped = &r
		if !held {
			v.Light, v.Reason = local.LightNotReady, &r
		}
	}
	if refusal := s.till.gateRefusal(); refusal != nil {
		r := s.till.reason(refusal.Code, refusal.Args)
		v.Reason = &r
		if !held {
			v.Light = local.LightNotReady
		}
	}
	if lock != "" {
		v.PaymentID, v.Locked, v.Light = lock, true, local.LightNotReady
		r := s.till.reason(local.CodeTerminalLocked, map[string]string{local.ArgTerminal: s.term.Label, local.ArgPayment: lock})
		v.Reason = &r
		if p, err := s.till.o.Ledger.Payment(lock); err == nil {
			v.CanFree = p.NeedsPeople
		}
	}
	return v
}

// leased is who has the terminal: what the worker is at, and what the driver says of it. s.mu is held.
func (s *station) leased(l driver.Lease) *local.Lease {
	v := s.asking
	switch {
	case s.held != nil:
		v = local.Lease{Holder: s.held.kind(), Operator: s.held.by(), Since: s.since}
	case s.halt != nil:
		v = local.Lease{Holder: "resolve", Since: s.since}
	}
	switch {
	case l.Holder == "":
	case l.Holder == v.Holder:
		v.Since = l.Since
	default:
		v = local.Lease{Holder: l.Holder, Operator: v.Operator, Since: l.Since}
	}
	if v.Holder == "" {
		return nil
	}
	return &v
}

func (s *station) publish() {
	s.till.tell() // a case may have been opened, or ended
	s.till.showing.Lock()
	defer s.till.showing.Unlock()
	v := s.view()
	s.till.o.Events.Publish(local.Event{Type: local.EventTerminal, Terminal: &v})
}

func (s *station) args() map[string]string { return map[string]string{local.ArgTerminal: s.term.Label} }
