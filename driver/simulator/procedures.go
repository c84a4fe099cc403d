package simulator

import (
	"bytes"
	"context"
	"strings"
	"time"

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
	s.faults = s.t.take(string(rune(letter)))
	each := opt.Closing == CloseAfterEach
	switch {
	case s.faults.has(Silent):
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
		return each
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

// acknowledge confirms a request that will be carried out, as its faults will have
// it.
func (s *session) acknowledge(ctx context.Context) {
	s.stale(ctx, StaleResult)
	s.pause(ctx, s.t.opt.Timing.ACK+s.faults.slow("ack"), false)
	switch {
	case s.faults.has(NoACK):
	case s.faults.has(NakExecute):
		s.nak()
	default:
		s.ack()
	}
}

// stale sends the saved result once more, if the request has that fault.
func (s *session) stale(ctx context.Context, f Fault) {
	if last := s.t.bank.memory(s.t.opt.TerminalID).last; last != "" && s.faults.has(f) {
		s.put(ecr17.AppendFrame(nil, []byte(last), s.t.opt.Scope))
		s.confirmation(ctx) // or its ACK would confirm the next result
	}
}

// glue holds back everything from here to unglue, if the request is to be answered in
// one segment.
func (s *session) glue() { s.gluing = s.faults.has(Glue) }

// reply sends the one message that answers a request, with its faults.
func (s *session) reply(ctx context.Context, payload []byte) (confirmed bool) {
	if r, ok := s.faults[WrongTID]; ok {
		payload = withTID(payload, r.TerminalID)
	}
	s.pause(ctx, s.faults.slow("result"), false)
	if s.faults.has(HalfResult) {
		s.flush()
		frame := ecr17.AppendFrame(nil, payload, s.t.opt.Scope)
		s.write(frame[:len(frame)/2])
		s.cut()
		return false
	}
	confirmed = s.deliverDamaged(ctx, payload, s.faults.times(BadLRC, 1))
	for range s.faults.times(Duplicate, 2) {
		if !confirmed {
			break
		}
		confirmed = s.deliver(ctx, payload)
	}
	return confirmed
}

func withTID(payload []byte, tid string) []byte {
	p := bytes.Clone(payload)
	if tid == "" {
		p[7] = '0' + (p[7]-'0'+1)%10
		return p
	}
	copy(p, tid)
	return p
}

// say encodes and sends an answer. The simulator builds only what the codec accepts.
func (s *session) say(ctx context.Context, m ecr17.Message) bool {
	payload, err := m.AppendPayload(nil)
	return err == nil && s.reply(ctx, payload)
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
		text = s.t.financialTicket(copied)
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

// additionalData waits for the U that a request announced. A damaged one is asked
// again, one that breaks the rules of its table or map is refused; false when none
// came.
func (s *session) additionalData(ctx context.Context, announced bool) (ecr17.AdditionalData, bool) {
	if !announced {
		return ecr17.AdditionalData{}, true
	}
	s.flush() // the ECR waits for our ACK
	limit := time.NewTimer(s.t.opt.Timing.Data)
	defer limit.Stop()
	for {
		f, ev := s.next(ctx, limit.C)
		switch {
		case ev != gotFrame:
			return ecr17.AdditionalData{}, false
		case f.Kind != ecr17.FrameApplication:
			continue
		case !f.Valid(s.t.opt.Scope):
			s.nak()
			continue
		}
		tid, letter, err := ecr17.Header(ecr17.ToTerminal, f.Payload)
		if err == nil && letter != 'U' {
			s.enqueue(f)
			continue
		}
		u, err := ecr17.DecodeAs[ecr17.AdditionalData](ecr17.ToTerminal, f.Payload, ecr17.Strict)
		if err == nil {
			s.t.count('U')
		}
		if err != nil || !s.mine(tid, 'U') || !mapFits(u) || s.t.take("U").has(Nak) {
			s.nak()
			continue
		}
		s.glue()
		s.pause(ctx, s.t.opt.Timing.ACK, false)
		s.ack()
		return u, true
	}
}

// mapFits: the index map announces as many contents as came (ECR17 2.13: best
// reading; byte k holds the index of the k-th content).
func mapFits(u ecr17.AdditionalData) bool {
	announced := strings.TrimRight(u.IndexMap, "0")
	return len(announced) == len(u.Tags) && !strings.ContainsAny(announced, "06789")
}
