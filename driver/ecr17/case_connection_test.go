package ecr17_test

import (
	"context"
	"errors"
	"strings"
	"syscall"
	"time"

	"sportello/driver"
	"sportello/driver/line"
	"sportello/driver/simulator"
)

// withoutData: this contract carries no additional data, so that one frame is the whole payment.
func withoutData(c *driver.Config) { c.NoticeData = nil }

// connectionCases are ECR17 7.1.
var connectionCases = []kase{
	{id: "C01", real: true, noPTY: true, play: func(s *stage) {
		s.dial(func(context.Context) (line.Line, error) { return nil, syscall.ECONNREFUSED })
		s.pay(1000).refused(driver.ErrUnreachable)
	}},
	{id: "C02", play: func(s *stage) {
		s.dial(func(ctx context.Context) (line.Line, error) { // as net.Dialer does while nobody answers
			ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
			defer cancel()
			<-ctx.Done()
			return nil, ctx.Err()
		})
		if a := s.pay(1000).refused(driver.ErrUnreachable); a.took > 7*time.Second {
			s.Errorf("given up after %v", a.took)
		}
	}},
	{id: "C03", real: true, noPTY: true, play: func(s *stage) {
		s.pay(900).is(driver.Charged)
		s.rules(simulator.Rule{Case: "C03"})
		a := s.pay(1000) // the question before it was asked again; nothing financial was written into the closed line
		if a.err == nil {
			a.is(driver.Charged)
		} else if a.sent {
			s.Errorf("sent into a line that was closed at once: %v", a.err)
		}
	}},
	{id: "C04", real: true, noPTY: true, play: func(s *stage) {
		s.rules(simulator.Rule{Case: "C04"})
		for range 3 {
			s.pay(1000).is(driver.Charged)
		}
	}},
	{id: "C05", real: true, noPTY: true, play: func(s *stage) {
		s.pay(900).is(driver.Charged)
		s.rules(simulator.Rule{Case: "C05"})
		s.pay(1000).is(driver.Charged)
		s.pay(1100).is(driver.Charged) // over a new connection, not into the dead one
	}},
	{id: "C06", real: true, noPTY: true, play: func(s *stage) {
		other, err := s.open()
		if err != nil {
			s.Fatal(err)
		}
		s.pay(1000).refused(driver.ErrSilent) // somebody else has the only place
		other.Close()
		s.pay(1000).is(driver.Charged)
	}},
	{id: "C07", play: func(s *stage) { // in memory only: over TCP the bytes that were written are gone
		s.pay(900).is(driver.Charged)
		s.rules(simulator.Rule{Case: "C07"})
		s.pay(1000).is(driver.NotCharged)
		s.pay(1100).is(driver.Charged)
	}},
	{id: "C08", real: true, noPTY: true, config: withoutData, play: func(s *stage) {
		s.pay(900).is(driver.Charged)
		s.rules(simulator.Rule{Case: "C08"})
		s.recovered(1000).is(driver.Charged)
	}},
	{id: "C09", real: true, noPTY: true, play: func(s *stage) {
		s.pay(900).is(driver.Charged)
		s.rules(simulator.Rule{Case: "C09"})
		a := s.recovered(1000)
		if a.outcome().Verdict != driver.NotCharged {
			a.people(driver.NotCharged) // row 22: it never acknowledged, and has nothing newer
		}
	}},
	{id: "C10", real: true, noPTY: true, play: func(s *stage) {
		s.rules(simulator.Rule{Case: "C10"})
		s.pay(1000).is(driver.Charged)
	}},
	{id: "C11", real: true, noPTY: true, play: func(s *stage) {
		s.rules(simulator.Rule{Case: "C11"})
		s.pay(1000).is(driver.Charged)
	}},
	{id: "C12", real: true, play: func(s *stage) {
		s.rules(simulator.Rule{Case: "C12", DelayMS: s.span(20*time.Millisecond, time.Millisecond).Milliseconds()})
		a := s.pay(1000).is(driver.Charged)
		if !a.after.TicketComplete {
			s.Error("the slip is not whole")
		}
	}},
	{id: "C13", real: true, play: func(s *stage) {
		s.rules(simulator.Rule{Case: "C13"})
		a := s.pay(1000).is(driver.Charged)
		if !a.after.TicketComplete || !strings.Contains(a.after.Ticket, a.Reference) {
			s.Errorf("slip %q, whole %t", a.after.Ticket, a.after.TicketComplete)
		}
	}},
	{id: "C14", real: true, play: func(s *stage) {
		s.rules(simulator.Rule{Case: "C14", DelayMS: s.span(5*time.Second, 400*time.Millisecond).Milliseconds()})
		s.pay(1000).is(driver.Charged)
	}},
	{id: "C15", real: true, noPTY: true, play: func(s *stage) {
		s.rules(simulator.Rule{Case: "C15"}, simulator.Rule{On: simulator.OnConnect, Nth: 2, Fault: simulator.HTTPBanner},
			simulator.Rule{On: simulator.OnConnect, Nth: 3, Fault: simulator.HTTPBanner})
		a := s.pay(1000)
		if !errors.Is(a.err, driver.ErrNotATerminal) && !errors.Is(a.err, driver.ErrSilent) || a.sent {
			s.Errorf("%v, sent %t", a.err, a.sent)
		}
	}},
}
