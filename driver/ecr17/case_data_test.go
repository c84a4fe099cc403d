package ecr17_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"sportello/driver"
	"sportello/driver/line"
	"sportello/driver/simulator"
	"sportello/protocol/ecr17"
)

// dataCases are ECR17 7.5. The rows of K are in case_vas_test.go.
var dataCases = slices.Concat(noticeCases, vasCases)

// shortData: the terminal gives up waiting for the data soon enough for a real line.
func shortData(o *simulator.Options) { o.Timing.Data = time.Second }

var noticeCases = []kase{
	{id: "U01", real: true, options: shortData, play: func(s *stage) {
		s.rules(simulator.Rule{Case: "U01"})
		a := s.pay(1000).is(driver.NotCharged)
		if a.outcome().Reason.Text == "" || s.sim.Received('U') != 3 {
			s.Errorf("%+v after %d U", a.outcome().Reason, s.sim.Received('U'))
		}
		s.pay(1100).is(driver.Charged)
	}},
	{id: "U02", real: true, play: func(s *stage) {
		s.rules(simulator.Rule{Case: "U02"})
		a := s.pay(1000).is(driver.Charged)
		if s.has(a, "data", "not sent") == nil {
			s.Errorf("nothing says that the notices did not go out: %v", texts(a.outcome().Evidence))
		}
		if d := s.sim.Bank().Decisions(); len(d) != 1 || len(d[0].Data) != 0 {
			s.Errorf("at the bank: %+v", d)
		}
		if b := s.pay(1100).is(driver.Charged); s.has(b, "data", "not sent") != nil {
			s.Errorf("said of a payment whose data went out: %v", texts(b.outcome().Evidence))
		}
	}},
	{id: "U03", real: true, options: shortData, play: func(s *stage) {
		s.pay(900).is(driver.Charged)
		under, reached := s.cfg.Dial, make(chan struct{})
		s.written(func(p []byte) []byte {
			if p[9] != 'U' {
				return p
			}
			close(reached)
			return nil
		})
		a := s.start(1000)
		<-reached
		s.dial(under) // another process: the first one ends before its U
		if a.wait(); !errors.Is(a.err, driver.ErrInterrupted) || len(a.outcomes) != 0 {
			s.Fatalf("%v, %v", a.err, a.outcomes)
		}
		a.err = nil
		s.resolve(a, false).is(driver.NotCharged)
		s.pay(1000).is(driver.Charged) // another attempt
	}},
	{id: "U04", real: true, play: func(s *stage) {
		t := s.tap()
		s.written(wantsAnswer)
		a := s.pay(1000).is(driver.Charged)
		if !strings.Contains(string(a.after.Data), "DF8D") || !a.after.TicketComplete {
			s.Errorf("data %q, slip whole %t", a.after.Data, a.after.TicketComplete)
		}
		if n := t.count(ecr17.FrameACK, t.afterPayment()); n != 3 {
			s.Errorf("%d acknowledgements of the result, the data and a slip of one piece", n)
		}
		s.pay(1100).is(driver.Charged) // nothing is left in the stream
	}},
	{id: "U05", real: true, play: func(s *stage) {
		s.written(wantsAnswer)
		s.rules(simulator.Rule{Case: "U05"})
		a := s.pay(1000).is(driver.Charged)
		if a.after.Data != nil || a.took > 10*time.Second {
			s.Errorf("data %q after %v", a.after.Data, a.took)
		}
		s.cfg.Receipts = "terminal" // nothing else is awaited either
		s.boot()
		s.rules(simulator.Rule{Case: "U05"})
		if a := s.pay(1100).is(driver.Charged); a.took > 10*time.Second {
			s.Errorf("took %v", a.took)
		}
	}},
	{id: "U06", real: true, play: func(s *stage) {
		t := s.tap()
		s.written(wantsAnswer)
		s.rules(simulator.Rule{Case: "U06"}, simulator.Rule{Fault: simulator.Decline, Code: "116"})
		if a := s.pay(1000).is(driver.NotCharged); s.sim.Bank().Decisions()[0].Approved { // never taken as the result
			s.Errorf("%+v", a.outcome())
		}
		s.rules(simulator.Rule{Case: "U06"})
		a := s.pay(1100).is(driver.Charged)
		if e := s.has(a, "data", ""); e == nil || !strings.Contains(string(e.Raw), "DF8D") || a.after.Data != nil {
			s.Errorf("not stored: %v", texts(a.outcome().Evidence))
		}
		if n := t.count(ecr17.FrameACK, t.afterPayment()); n != 3 {
			s.Errorf("%d acknowledgements of the data, the result and a slip of one piece", n)
		}
	}},
	{id: "U07", real: true, play: func(s *stage) {
		s.rules(simulator.Rule{Case: "U07"}, simulator.Rule{Fault: simulator.Glue})
		a := s.pay(1000).is(driver.Charged)
		if n := s.sim.Received('U'); n != 0 || s.has(a, "data", "not sent") == nil {
			s.Errorf("%d U to a terminal that had already ended; %v", n, texts(a.outcome().Evidence))
		}
		s.rules(simulator.Rule{Case: "U07"}) // the result comes later, and the data go out in vain
		s.pay(1100).is(driver.Charged)
		s.pay(1200).is(driver.Charged)
	}},
}

// has finds evidence of that kind that says so.
func (s *stage) has(a *attempt, kind, text string) *driver.Evidence {
	evidence := a.outcome().Evidence
	i := slices.IndexFunc(evidence, func(e driver.Evidence) bool { return e.Kind == kind && strings.Contains(e.Text, text) })
	if i < 0 {
		return nil
	}
	return &evidence[i]
}

// wantsAnswer changes the additional data into those that ask the host's answer (ECR17 2.13): the driver
// never asks, but takes what comes.
func wantsAnswer(p []byte) []byte {
	if p[9] == 'U' {
		copy(p[16:], "62DF8D01  ")
	}
	return p
}

// written lets edit change each message that the driver writes; nil is not written, and fails.
func (s *stage) written(edit func(payload []byte) []byte) {
	under := s.cfg.Dial
	s.dial(func(ctx context.Context) (line.Line, error) {
		open := under
		if open == nil {
			open = func(ctx context.Context) (line.Line, error) { return line.Dial(ctx, s.cfg.Address) }
		}
		l, err := open(ctx)
		if err != nil {
			return nil, err
		}
		return editedLine{l, edit}, nil
	})
}

type editedLine struct {
	line.Line
	edit func(payload []byte) []byte
}

// Write takes one frame, as the driver writes them.
func (l editedLine) Write(p []byte) (int, error) {
	if p[0] != ecr17.STX {
		return l.Line.Write(p)
	}
	payload := p[1 : len(p)-2]
	scope, _ := ecr17.DetectScope(payload, p[len(p)-1])
	if payload = l.edit(slices.Clone(payload)); payload == nil {
		return 0, io.ErrClosedPipe
	}
	return l.Line.Write(ecr17.AppendFrame(nil, payload, scope))
}
