package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/driver/simulator"
	"sportello/protocol/local"
)

var (
	soakClerk = local.Operator{ID: "rossi", Name: "Maria Rossi", Role: local.RoleClerk}
	soakChief = local.Operator{ID: "bianchi", Name: "Paolo Bianchi", Role: local.RoleSupervisor}
	soakOther = local.Operator{ID: "verdi", Name: "Anna Verdi", Role: local.RoleSupervisor}
)

// step is a customer, or something that happens between two of them.
func (s *soak) step() {
	switch n := s.rng.IntN(100); {
	case n < 4 && s.exclusive != driver.Exclusive:
		s.tally["manual sales"]++
		cents := s.amount()
		d, err := s.sim.ManualSale(cents)
		s.say("manual sale of %d: STAN %s %v", cents, d.STAN, err)
	case n < 8 && s.exclusive == driver.Shared:
		s.tally["sales of another cash register"]++
		cents := s.amount()
		ctx, gone := context.WithTimeout(context.Background(), 5*time.Minute) // its faults are those staged for us
		r, err := s.sim.SecondRegister(ctx, nil, cents)
		gone()
		s.say("another cash register's sale of %d: STAN %s %v", cents, r.STAN, err)
	case n < 11:
		s.tally["reboots"]++
		s.sim.Reboot()
		s.say("the terminal is switched off and on")
	case n < 13:
		s.say("the service is started again")
		s.bury()
	case n < 18:
		d := time.Duration(60*s.rng.IntN(60)) * time.Second
		time.Sleep(d)
		s.say("nobody comes for %v", d)
	case n < 21:
		s.closeSession()
	case n < 23:
		s.tally["manual closes"]++
		d, err := s.sim.ManualClose()
		s.say("the session is closed by hand at %d %v", d.AmountCents, err)
	case n < 30:
		s.reverse()
	case n < 32:
		s.commission()
	case n < 34:
		action := []string{"status", "last", "totals", "reprint"}[s.rng.IntN(4)]
		_ = s.risky(action, func() error { return s.ask(soakClerk, action, local.ActionRequest{}) })
	default:
		s.customer()
	}
	s.people()
	s.compare()
	time.Sleep(time.Duration(s.rng.IntN(180_000)) * time.Millisecond)
}

// amount is often one that has been asked before.
func (s *soak) amount() int64 { return int64(1000 + 100*s.rng.IntN(4)) }

// notice is a new one, or one that somebody has tried before.
func (s *soak) notice() string {
	if len(s.notices) > 0 && s.rng.IntN(3) == 0 {
		return s.notices[s.rng.IntN(len(s.notices))]
	}
	s.notices = append(s.notices, soakNotice(len(s.notices), s.amount()))
	return s.notices[len(s.notices)-1]
}

// soakFaults are single faults with times that reach beyond each timer of the driver.
var soakFaults = []simulator.Rule{
	{Fault: simulator.NoACK}, {Fault: simulator.Nak}, {Fault: simulator.NakExecute}, {Fault: simulator.CutBeforeAuth},
	{Fault: simulator.CutAfterAuth}, {Fault: simulator.HalfResult}, {Fault: simulator.BadLRC, Times: 2}, {Fault: simulator.BadLRC, Times: -1},
	{Fault: simulator.Duplicate}, {Fault: simulator.StaleResult}, {Fault: simulator.StaleInside}, {Fault: simulator.Split, DelayMS: 20},
	{Fault: simulator.Glue}, {Fault: simulator.Silent}, {Fault: simulator.Slow, At: "ack", DelayMS: 8000},
	{Fault: simulator.Slow, At: "result", DelayMS: 170_000}, {Fault: simulator.Slow, At: "result", DelayMS: 700_000},
	{Fault: simulator.WrongTID}, {Fault: simulator.AmountDiffers, AmountCents: 500}, {Fault: simulator.ResultCode, Code: "09"},
	{Fault: simulator.ResultCode, Code: "05"}, {Fault: simulator.ResultCode, Code: "77"}, {Fault: simulator.Decline, Code: "116"}, {Fault: simulator.Cancel},
}

// others are the faults in which somebody else works on the terminal: only where the configuration says so.
var others = []simulator.Fault{simulator.ForeignSale, simulator.ForeignReversal, simulator.ForeignPreauth, simulator.ForeignClose}

// staged are the rules of a case of ECR17 7 that a script makes on a payment, each once or for a while.
func (s *soak) staged() (string, []simulator.Rule) {
	var cases []simulator.CaseInfo
	for _, c := range simulator.Cases {
		rules, err := simulator.CaseRules(c.ID, "")
		if err != nil {
			s.Fatal(err)
		}
		fits := slices.ContainsFunc(rules, func(r simulator.Rule) bool { return r.On == "X" })
		foreign := slices.ContainsFunc(rules, func(r simulator.Rule) bool { return slices.Contains(others, r.Fault) })
		if c.Staged && fits && (!foreign || s.exclusive == driver.Shared) {
			cases = append(cases, c)
		}
	}
	c := cases[s.rng.IntN(len(cases))]
	rules, _ := simulator.CaseRules(c.ID, "")
	for i := range rules {
		if rules[i].Nth == 0 {
			rules[i].Nth, rules[i].Times = 1, 1+s.rng.IntN(12)
		}
	}
	return c.ID, rules
}

// goesWrong stages what may go wrong with a request for money.
func (s *soak) goesWrong(letter string) string {
	var what string
	var rules []simulator.Rule
	switch n := s.rng.IntN(10); {
	case n < 2:
		rule := soakFaults[s.rng.IntN(len(soakFaults))]
		if letter == "S" && rule.Fault == simulator.AmountDiffers {
			return "nothing goes wrong" // the answer to a reversal carries no amount: nobody but the close could tell
		}
		rule.On, rule.Nth = letter, 1
		what, rules = fmt.Sprintf("%s %s %s %d", rule.Fault, rule.At, rule.Code, rule.DelayMS), []simulator.Rule{rule}
	case n < 4 && letter == "X":
		what, rules = s.staged()
	case n < 5:
		bytes, reads, flip := 1+s.rng.IntN(400), s.rng.IntN(2) == 0, byte(0)
		if s.rng.IntN(2) == 0 {
			flip = 1 << s.rng.IntN(7)
		}
		s.process.cutAfter(bytes, reads, flip)
		return fmt.Sprintf("the line breaks, or garbles %02x, after %d bytes (read %t)", flip, bytes, reads)
	default:
		return "nothing goes wrong"
	}
	if err := s.sim.Script(rules...); err != nil {
		s.Fatalf("%s: %v", what, err)
	}
	return what
}

// asked is a request for money during which something may go wrong. What was staged for one that never reached the
// terminal does not wait for another.
func (s *soak) asked(letter, what string, do func() error) error {
	before := s.sim.Received(letter[0])
	err := s.risky(what+": "+s.goesWrong(letter), do)
	if s.sim.Received(letter[0]) == before {
		s.sim.Unscript()
	}
	return err
}

// customer pays a notice while something may go wrong.
func (s *soak) customer() {
	s.tally["payments"]++
	s.requests++
	notice := s.notice()
	req := local.PaymentRequest{RequestID: fmt.Sprint("r", s.requests), Terminal: "cassa1",
		Notices: []local.RequestNotice{{Creditor: soakCreditor, Number: notice}}}
	var p local.Payment
	s.refusal(s.asked("X", fmt.Sprintf("%s %s", req.RequestID, notice), func() (err error) {
		p, err = s.till.Pay(context.Background(), soakClerk, req)
		return err
	}))
	if now, lerr := s.ledger.Payment(p.ID); lerr == nil {
		s.say("  %s is %s (%s)%s", now.ID, now.State, now.Reason.Code, stanOf(now))
		s.whatIsKnown(now)
	}
}

// whatIsKnown tells the evidence of what is not decided.
func (s *soak) whatIsKnown(p ledger.Payment) {
	if p.State != ledger.Unknown && p.State != ledger.Reversing {
		return
	}
	list, err := s.ledger.Evidence(p.ID)
	if err != nil {
		s.Fatal(err)
	}
	for _, e := range list {
		s.say("    %s: %s", e.Kind, e.Text)
	}
}

// refusal counts what was not accepted, and complains of what is no refusal.
func (s *soak) refusal(err error) {
	var refusal *local.Error
	switch {
	case err == nil || errors.Is(err, errDead):
	case errors.As(err, &refusal):
		s.tally["refused"]++
		s.tally["refused "+string(refusal.Code)]++
	default:
		s.Errorf("an error of no kind: %v", err)
	}
}

// reverse is a supervisor who gives a charge back: the last one as a rule.
func (s *soak) reverse() {
	list, err := s.ledger.Payments(ledger.Query{State: ledger.Charged})
	if err != nil {
		s.Fatal(err)
	}
	if len(list) == 0 {
		return
	}
	p := list[0]
	if s.rng.IntN(4) == 0 {
		p = list[s.rng.IntN(len(list))]
	}
	s.tally["reversals"]++
	s.requests++
	request := local.ActionRequest{RequestID: fmt.Sprint("r", s.requests)}
	s.refusal(s.asked("S", p.ID+" is reversed", func() error {
		_, err := s.till.Reverse(context.Background(), soakChief, p.ID, request)
		return err
	}))
	if p, err = s.ledger.Payment(p.ID); err == nil {
		s.say("  %s is %s (%s)", p.ID, p.State, p.Reason.Code)
		s.whatIsKnown(p)
	}
}

// closeSession is a supervisor who closes the terminal's session.
func (s *soak) closeSession() {
	s.tally["closes"]++
	what := "nothing goes wrong"
	if s.rng.IntN(3) == 0 {
		rule := []simulator.Rule{
			{Fault: simulator.NoResult}, {Fault: simulator.CutAfterAuth}, {Fault: simulator.CutBeforeAuth}, {Fault: simulator.BadLRC, Times: -1},
			{Fault: simulator.Silent}, {Fault: simulator.BlankTotal}, {Fault: simulator.Nak}, {Fault: simulator.NoACK},
		}[s.rng.IntN(8)]
		rule.On, rule.Nth = "C", 1
		if err := s.sim.Script(rule); err != nil {
			s.Fatal(err)
		}
		what = string(rule.Fault)
	}
	var r local.TerminalReport
	err := s.risky("the session is closed: "+what, func() (err error) {
		r, err = s.till.TerminalAction(context.Background(), soakChief, "cassa1", "close", local.ActionRequest{})
		return err
	})
	s.refusal(err)
	if r.Closing != nil {
		s.say("  %s, proven %t, %d differences", r.Closing.State, r.Closing.Proven, len(r.Closing.Differences))
	}
}

// commission is a supervisor who detects the terminal and has seen that totals print nothing.
func (s *soak) commission() {
	s.refusal(s.risky("detect", func() error { return s.ask(soakChief, "detect", local.ActionRequest{QuietTotals: true}) }))
}

func (s *soak) ask(who local.Operator, action string, req local.ActionRequest) error {
	_, err := s.till.TerminalAction(context.Background(), who, "cassa1", action, req)
	return err
}

func stanOf(p ledger.Payment) string {
	if p.Charge == nil {
		return ""
	}
	return fmt.Sprintf(" STAN %s, %d cents", p.Charge.STAN, p.Charge.AmountCents)
}
