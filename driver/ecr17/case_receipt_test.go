package ecr17_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"sportello/driver"
	"sportello/driver/ecr17"
	"sportello/driver/simulator"
	protocol "sportello/protocol/ecr17"
)

// receiptCases are ECR17 7.6.
var receiptCases = slices.Concat(slipCases, switchCases)

// slipCases: the slip behind a payment.
var slipCases = []kase{
	{id: "S01", real: true, play: func(s *stage) {
		s.rules(simulator.Rule{Case: "S01"})
		a := s.pay(1000).is(driver.Charged).slip(true)
		if copied := s.copied(); a.after.Ticket != copied.Text || string(a.after.RawTicket) != string(copied.Raw) {
			s.Errorf("%q, its copy %q", a.after.RawTicket, copied.Raw)
		}
	}},
	{id: "S02", real: true, play: func(s *stage) {
		s.rules(simulator.Rule{Case: "S02"})
		a := s.pay(1000).is(driver.Charged).slip(false)
		copied := s.copied() // R
		if !copied.Complete || a.after.Ticket == "" || len(a.after.Ticket) >= len(copied.Text) || !strings.HasPrefix(string(copied.Raw), string(a.after.RawTicket)) {
			s.Errorf("%q, its copy %q", a.after.RawTicket, copied.Raw)
		}
		if len(a.outcomes) != 1 {
			s.Errorf("%d outcomes", len(a.outcomes))
		}
	}},
	{id: "S03", real: true, options: func(o *simulator.Options) { o.Closing = simulator.CloseNever }, play: func(s *stage) {
		s.rules(simulator.Rule{Case: "S03"})
		a, silence := s.payUntilSilence(s.next(1000))
		a.is(driver.Charged).slip(false)
		if copied := s.copied(); a.after.Ticket != copied.Text {
			s.Errorf("%q, its copy %q", a.after.Ticket, copied.Text)
		}
		if silence > 5*time.Second || s.virtual() && silence < 4*time.Second {
			s.Errorf("ended %v after the outcome", silence)
		}
	}},
	{id: "S04", real: true, play: func(s *stage) {
		s.rules(simulator.Rule{Case: "S04"}, simulator.Rule{Fault: simulator.Decline, Code: "116"})
		s.pay(1000).is(driver.NotCharged).slip(true)
		s.rules(simulator.Rule{Case: "S04"})
		a := s.pay(1100).is(driver.Charged).slip(true)
		if copied := s.copied(); a.after.Ticket != copied.Text || !a.after.Acked {
			s.Errorf("%q, its copy %q; acknowledged %t", a.after.Ticket, copied.Text, a.after.Acked)
		}
	}},
	{id: "S05", real: true, play: func(s *stage) {
		s.rules(simulator.Rule{Case: "S05"})
		a := s.pay(1000).is(driver.Charged).slip(true)
		if copied := s.copied(); a.after.Ticket != copied.Text {
			s.Errorf("%q, its copy %q", a.after.Ticket, copied.Text)
		}
		tickets := protocol.ReadTickets(string(a.after.RawTicket), 0)
		high := slices.ContainsFunc(tickets[0].Lines, func(l protocol.Line) bool {
			return len(l) == 1 && l[0] == protocol.Span{Format: protocol.FormatTallBold, Text: "IMPORTO EUR 10,00"}
		})
		if len(tickets) != 1 || !high {
			s.Errorf("%+v", tickets)
		}
	}},
	{id: "S06", real: true, play: func(s *stage) {
		s.rules(simulator.Rule{Case: "S06"})
		a := s.pay(1000).is(driver.Charged).slip(true)
		want := strings.Split(strings.TrimSpace(s.copied().Text), "\n")
		raw := string(a.after.RawTicket)
		for opts, got := range map[protocol.TicketOption]string{
			0:                       strings.Join(want, "\n\n"), // each line, and an empty one
			protocol.SwallowNewLine: strings.Join(want, "\n"),   // the lenient switch
		} {
			if text := strings.TrimSpace(protocol.PlainText(protocol.ReadTickets(raw, opts))); text != got {
				s.Errorf("option %d: %q, want %q", opts, text, got)
			}
		}
		if strings.TrimSpace(a.after.Ticket) != strings.Join(want, "\n\n") {
			s.Errorf("%q", a.after.Ticket)
		}
	}},
	{id: "S07", real: true, play: func(s *stage) {
		s.rules(simulator.Rule{Case: "S07"})
		a := s.pay(1000).is(driver.Charged).slip(true)
		copied := s.copied().Text
		if a.after.Ticket != copied+"\nCOPIA ESERCENTE\n"+copied || len(protocol.ReadTickets(string(a.after.RawTicket), 0)) != 2 {
			s.Errorf("%q", a.after.Ticket)
		}
	}},
	{id: "S08", real: true, play: func(s *stage) {
		t := s.tap()
		s.rules(simulator.Rule{Case: "S08"})
		a := s.pay(1000).is(driver.Charged).slip(true)
		if copied := s.copied(); a.after.Ticket != copied.Text || t.count(protocol.FrameNAK, 0) != 1 {
			s.Errorf("%q, its copy %q; %d NAKs", a.after.Ticket, copied.Text, t.count(protocol.FrameNAK, 0))
		}
		if !s.virtual() {
			return
		}
		// The terminal has not heard our ACK, and says the first piece again after its own time.
		s.rules(simulator.Rule{Fault: simulator.TicketRepeat}, simulator.Rule{Fault: simulator.TicketParts, Times: 2})
		a = s.pay(1000).is(driver.Charged).slip(true)
		if copied := s.copied(); a.after.Ticket != copied.Text {
			s.Errorf("%q, its copy %q", a.after.Ticket, copied.Text)
		}
	}},
	{id: "S09", real: true, play: func(s *stage) {
		s.rules(simulator.Rule{Case: "S09"})
		a := s.pay(1000).is(driver.Charged).slip(true)
		two := protocol.ReadTickets(string(a.after.RawTicket), 0)
		if len(two) != 2 || two[0].Text() != two[1].Text() || !strings.HasSuffix(s.copied().Text, two[0].Text()) || two[0].Text() == "" {
			s.Errorf("%q", a.after.Ticket)
		}
	}},
	{id: "S10", real: true, play: func(s *stage) {
		s.rules(simulator.Rule{Case: "S10"})
		a := s.pay(1000).is(driver.Charged).slip(true) // which prints it, too
		// ESC ! and GS V: 1B ends a ticket, and of the rest what can be printed is text.
		if raw := string(a.after.RawTicket); !strings.Contains(raw, "\x1b!V}") || strings.ContainsAny(raw, "\x18\x1d\x00") {
			s.Errorf("%q", raw)
		}
		if lines := strings.Fields(strings.Replace(a.after.Ticket, "!V", "", 1)); !slices.Equal(lines, strings.Fields(s.copied().Text)) {
			s.Errorf("%q", lines)
		}
	}},
	{id: "S15", real: true, play: func(s *stage) {
		var log bytes.Buffer
		s.drv.Close()
		d, err := ecr17.OpenWith(s.cfg, ecr17.WithTrace(zerolog.New(&log)))
		if err != nil {
			s.Fatal(err)
		}
		s.drv = d
		s.rules(simulator.Rule{Case: "S15"})
		a := s.pay(1000).is(driver.Charged).slip(true)
		if copied := s.copied(); !strings.HasSuffix(a.after.Ticket, copied.Text) || len(a.after.RawTicket) < 500 {
			s.Errorf("%q, its copy %q", a.after.Ticket, copied.Text)
		}
		s.drv.Close() // the log is ours now
		if !strings.Contains(log.String(), `"bytes":260`) {
			s.Error("the long message is not in the log")
		}
	}},
}

// switchCases: whether a slip comes at all, and what its copy proves.
var switchCases = []kase{
	{id: "S11", real: true, play: func(s *stage) {
		s.rules(simulator.Rule{Case: "S11"})
		s.pay(1000).is(driver.Charged).slip(true) // asked again: it moves no money
		if err := s.sim.Script(simulator.Rule{On: "E", Fault: simulator.Nak}); err != nil {
			s.Fatal(err)
		}
		s.pay(1100).refused(driver.ErrRefused) // a slip is never lost in silence
		if n := s.sim.Received('X'); n != 1 {
			s.Errorf("%d payments", n)
		}
		s.cfg.Receipts = "terminal" // the installer's choice
		s.boot()
		if a := s.pay(1200).is(driver.Charged); a.after.Ticket != "" || s.sim.Received('E') != 5 {
			s.Errorf("slip %q, %d E", a.after.Ticket, s.sim.Received('E'))
		}
	}},
	{id: "S12", real: true, options: func(o *simulator.Options) { o.Closing = simulator.CloseNever }, play: func(s *stage) {
		s.rules(simulator.Rule{Case: "S12"})
		a, silence := s.payUntilSilence(s.next(1000))
		if a.is(driver.Charged); a.after.Ticket != "" || a.after.TicketComplete || a.after.RawTicket != nil || silence > 5*time.Second {
			s.Errorf("%+v, ended %v after the outcome", a.after, silence)
		}
		if copied := s.copied(); !copied.Complete || !slices.Equal(copied.References, []string{a.Reference}) {
			s.Errorf("%+v", copied)
		}
	}},
	{id: "S13", real: true, play: func(s *stage) {
		s.trusted()
		first := s.pay(900).is(driver.Charged)
		s.rules(simulator.Rule{Case: "S13"})
		if slip := s.copied(); slip.Present || slip.Text != "" || slip.References != nil {
			s.Errorf("%+v", slip) // "no copy"
		}
		// It is not R0: that the terminal has none proves nothing about the sale.
		s.lost(1000, first, simulator.Rule{Case: "S13"}).people("")
		s.lost(1100, first).is(driver.NotCharged) // R0 would have proven it
	}},
	{id: "S14", play: func(s *stage) {
		s.trusted()
		first := s.pay(900).is(driver.Charged)
		s.lost(1000, first, simulator.Rule{Case: "S14"}).people("")
		s.lost(1100, first).is(driver.NotCharged)
		s.rules(simulator.Rule{Case: "S14"}, simulator.Rule{Fault: simulator.CutAfterAuth}) // charged
		a := s.next(1200)
		a.Previous = first.Reference
		s.payAs(a).is(driver.Unknown)
		s.resolve(a, true).people("")         // row 9
		s.resolve(a, true).is(driver.Charged) // and with the copy as it should be
	}},
}

// slip asserts what holds of every slip: whether its end mark came, our reference unless it was cut, nothing on
// the screen or on paper but what may be printed. A printer gets it through AppendESCPOS, never as it came.
func (a *attempt) slip(whole bool) *attempt {
	s := a.s
	s.Helper()
	if a.after.TicketComplete != whole || whole && !protocol.FindReference(string(a.after.RawTicket), a.Reference) {
		s.Errorf("slip whole %t, want %t: %q", a.after.TicketComplete, whole, a.after.RawTicket)
	}
	printable := func(r rune) bool { return r == '\n' || r >= ' ' && r <= '~' }
	foreign := func(r rune) bool { return !printable(r) }
	tickets := protocol.ReadTickets(string(a.after.RawTicket), 0)
	if text := a.after.Ticket + protocol.PlainText(tickets); strings.ContainsFunc(text, foreign) {
		s.Errorf("on the screen: %q", text)
	}
	for _, ticket := range tickets {
		if strings.ContainsFunc(ticket.HTML(), foreign) {
			s.Errorf("on the page: %q", ticket.HTML())
		}
		for _, p := range []protocol.Printer{{Columns: 32}, {Columns: 42, Left: true}, {Columns: 48, Cut: true}} {
			paper := ticket.AppendESCPOS(nil, p)
			if p.Cut {
				paper = bytes.TrimSuffix(paper, []byte{0x1D, 'V', 'B', 0})
			}
			for _, mode := range []byte{0x00, 0x01, 0x10, 0x18, 0x20, 0x28} { // ECR17 4: all that we ever order
				paper = bytes.ReplaceAll(paper, []byte{protocol.ESC, '!', mode}, nil)
			}
			if bytes.ContainsFunc(paper, foreign) {
				s.Errorf("to a printer of %+v: %q", p, paper)
			}
		}
	}
	return a
}

// copied is the copy of the last receipt.
func (s *stage) copied() driver.Slip {
	s.Helper()
	slip, err := s.drv.Reprint(context.Background())
	if err != nil {
		s.Fatal(err)
	}
	return slip
}

// payUntilSilence pays, and tells how long the driver has waited for a slip.
func (s *stage) payUntilSilence(a *attempt) (*attempt, time.Duration) {
	var told time.Time
	a.onOutcome = func() { told = time.Now() }
	s.payAs(a)
	return a, time.Since(told)
}

// trusted puts a passport in force by which this terminal prints our reference, and its copy is evidence.
func (s *stage) trusted() {
	s.Helper()
	st, err := s.drv.Status(context.Background())
	if err != nil {
		s.Fatal(err)
	}
	s.drv.Commission(driver.Passport{TerminalID: st.TerminalID, Software: st.Software, Scope: st.Scope,
		Supports: "sGTRE", Prints: driver.AnswerYes, Reprints: driver.AnswerYes})
}

// lost is a payment whose line is cut before the host hears of it, while the receipt of first is the last one
// printed; then everything that can be asked. The rules come with it.
func (s *stage) lost(cents int64, first *attempt, rules ...simulator.Rule) *attempt {
	s.Helper()
	s.rules(append(rules, simulator.Rule{Fault: simulator.CutBeforeAuth})...)
	a := s.next(cents)
	a.Previous = first.Reference
	s.payAs(a).is(driver.Unknown)
	asked := s.sim.Received('R')
	s.resolve(a, true)
	if s.sim.Received('R') != asked+1 || s.has(a, "ticket", "") == nil {
		s.Errorf("%d copies asked: %v", s.sim.Received('R')-asked, texts(a.outcome().Evidence))
	}
	return a
}
