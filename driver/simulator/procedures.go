package simulator

import (
	"context"
	"strings"

	"sportello/protocol/ecr17"
)

// carryOut answers one request. True when the terminal closes the connection after
// it.
func (s *session) carryOut(ctx context.Context, payload []byte) (closing bool) {
	opt := &s.t.opt
	m, err := ecr17.Decode(ecr17.ToTerminal, payload, ecr17.Strict)
	tid, letter, headerErr := ecr17.Header(ecr17.ToTerminal, payload)
	if headerErr != nil {
		s.nak()
		return false
	}
	s.t.count(letter)
	s.current, s.faults = payload, s.t.take(string(rune(letter)))
	each := opt.Closing == CloseAfterEach
	switch {
	case s.unanswered(ctx):
		return false
	case err != nil, !s.mine(tid, letter), strings.IndexByte(opt.Unsupported, letter) >= 0:
		s.nak()
		return each
	case s.faults.has(Nak):
		s.pause(ctx, opt.Timing.ACK, false)
		s.nak()
		return each
	case s.repeated(letter, payload):
		s.acknowledge(ctx)
		return opt.Closing != CloseNever
	}
	switch m := m.(type) {
	case ecr17.StatusRequest:
		s.status(ctx)
	case ecr17.PrintSwitch:
		s.t.setPrinting(m.ToECR)
		s.acknowledge(ctx)
		return each || opt.Closing == CloseAfterACK
	case ecr17.LastResultRequest:
		s.lastResult(ctx, m)
	case ecr17.ReprintRequest:
		s.reprint(ctx, m)
		return each || opt.Closing == CloseAfterACK && !m.ToECR
	case ecr17.TotalsRequest:
		s.totals(ctx, m)
	case ecr17.CloseRequest:
		s.closeSession(ctx, m)
	case ecr17.PaymentRequest:
		if m.Code == 'p' {
			s.preauth(ctx, m)
		} else {
			s.payment(ctx, m)
		}
		return opt.Closing != CloseNever
	case ecr17.IncrementRequest:
		s.onPreauth(ctx, m)
		return opt.Closing != CloseNever
	case ecr17.VerifyRequest:
		s.verification(ctx, m)
		return opt.Closing != CloseNever
	case ecr17.VASRequest:
		s.vas(ctx, m)
		return opt.Closing != CloseNever
	case ecr17.ReversalRequest:
		s.reversal(ctx, m)
		return opt.Closing != CloseNever
	default: // a U that nobody announced
		s.nak()
	}
	return each
}

// mine tells whether a request is for this terminal. The wildcard discovers, it never
// moves money.
func (s *session) mine(tid string, letter byte) bool {
	return tid == s.t.opt.TerminalID || s.t.opt.AnyTID || tid == ecr17.AnyTerminal && letter == 's'
}

func (t *Terminal) count(letter byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.seen[letter]++
}

func (t *Terminal) setPrinting(toECR bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.toECR = toECR
}

func (s *session) status(ctx context.Context) {
	s.glue()
	s.acknowledge(ctx)
	s.pause(ctx, s.t.opt.Timing.Answer, false)
	s.say(ctx, ecr17.StatusAnswer{
		TID: s.t.opt.TerminalID, Clock: ecr17.ClockOf(s.t.clock()), State: s.t.state(), Releases: s.t.opt.Release,
	})
	s.unglue(ctx)
}

// lastResult sends the saved result, byte for byte.
func (s *session) lastResult(ctx context.Context, m ecr17.LastResultRequest) {
	memory := s.t.bank.memory(s.t.opt.TerminalID)
	last := memory.last
	if last == "" {
		switch s.t.opt.EmptyLast {
		case EmptySilent:
			return
		case EmptyRefusal:
			last = s.t.emptyRefusal()
		case EmptyNAK:
			s.nak()
			return
		}
	}
	s.glue()
	s.acknowledge(ctx)
	s.pause(ctx, s.t.opt.Timing.Answer, false)
	if s.reply(ctx, []byte(last)) && m.StoredData && memory.answer != "" {
		s.deliver(ctx, []byte(memory.answer))
	}
	s.unglue(ctx)
}

// reprint sends a copy of a ticket; for a terminal that has printed nothing, nothing
// (ECR17 S13).
func (s *session) reprint(ctx context.Context, m ecr17.ReprintRequest) {
	s.glue()
	s.acknowledge(ctx)
	text, memory := "", s.t.bank.memory(s.t.opt.TerminalID)
	about := memory.done
	if s.t.opt.NoRefusalTicket {
		about = memory.good
	}
	if about != nil {
		copied := *about
		if s.t.opt.NoReferenceInCopy {
			copied.Reference = ""
		}
		text = s.slip(copied)
	}
	if m.Service {
		text = memory.service
	}
	if m.ToECR {
		s.pause(ctx, s.t.opt.Timing.Answer, false)
		s.sendTicket(ctx, text)
	}
	s.unglue(ctx)
}

func (s *session) totals(ctx context.Context, m ecr17.TotalsRequest) {
	s.glue()
	s.acknowledge(ctx)
	if _, ok := s.additionalData(ctx, m.MoreData); !ok {
		return
	}
	s.pause(ctx, s.t.opt.Timing.Answer, false)
	total := s.t.bank.Total(s.t.opt.TerminalID)
	// No sign is defined: a negative total cannot be written (ECR17 2.9).
	s.say(ctx, ecr17.TotalsAnswer{TID: s.t.opt.TerminalID, Code: ecr17.ResultOK, TotalCents: total, HasTotal: total >= 0})
	text := s.t.totalsTicket("TOTALI", total)
	if err := s.t.bank.note(Decision{Kind: KindService, Terminal: s.t.opt.TerminalID, Ticket: text}); err != nil {
		s.trace("! ", "service receipt not saved")
	}
	s.printing(ctx, text)
	s.unglue(ctx)
}

func (s *session) closeSession(ctx context.Context, m ecr17.CloseRequest) {
	s.glue()
	s.acknowledge(ctx)
	if _, ok := s.additionalData(ctx, m.MoreData); !ok {
		return
	}
	s.progress("COLLEGAMENTO HOST")
	if !s.pause(ctx, s.t.opt.Timing.Host, false) {
		return
	}
	d, host, err := s.t.closes(s.t.opt.TerminalID, false)
	if err != nil {
		s.say(ctx, ecr17.CloseAnswer{TID: s.t.opt.TerminalID, Code: ecr17.ResultRefused, Reason: "HOST NON RISPONDE", ActionCode: "909"})
		s.unglue(ctx)
		return
	}
	s.say(ctx, ecr17.CloseAnswer{
		TID: s.t.opt.TerminalID, Code: ecr17.ResultOK,
		TotalCents: d.AmountCents, HasTotal: d.AmountCents >= 0, HostTotalCents: host, HasHostTotal: host >= 0,
	})
	s.printing(ctx, d.Ticket)
	s.unglue(ctx)
}

// closingTicket is the service receipt of a close, with both totals.
func (t *Terminal) closingTicket(terminal string, total, host int64) string {
	lines := []string{
		t.opt.Merchant, "CHIUSURA", "TERMINALE " + terminal,
		"\x7fTOTALE EUR " + euro(total), "TOTALE HOST " + euro(host),
	}
	if total != host {
		lines = append(lines, "TOTALI DIVERSI")
	}
	return strings.Join(lines, "}") + endOfTicket
}

// layout writes the lines of a ticket as wide as the paper, for printers that swallow
// the new line after a full one (ECR17 4, rule 3).
func (t *Terminal) layout(text string) string {
	if !t.opt.FullLines {
		return text
	}
	return fullLines(text)
}

func fullLines(text string) string {
	body, found := strings.CutSuffix(text, endOfTicket)
	lines := strings.Split(body, "}")
	for i, line := range lines {
		if missing := ticketWidth + 1 - len(strings.TrimPrefix(line, "\x7f")); missing > 0 {
			lines[i] = line + strings.Repeat(" ", missing)
		}
	}
	if text = strings.Join(lines, "}"); found {
		text += endOfTicket
	}
	return text
}
