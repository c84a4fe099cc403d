package simulator

import (
	"context"
	"fmt"
	"strings"
	"time"

	"sportello/protocol/ecr17"
)

// partSize is the text of a ticket message (ECR17 2.12).
const partSize = 200

// repeatWait is when a part whose confirmation was lost goes again.
const repeatWait = 3 * time.Second

// slip is the ticket of a decision, without the reference if the request has that
// fault.
func (s *session) slip(d Decision) string {
	if s.faults.has(NoReferenceOn) {
		d.Reference = ""
	}
	return s.t.financialTicket(d)
}

// sendTicket sends the parts of a ticket until one is not confirmed.
func (s *session) sendTicket(ctx context.Context, text string) {
	if s.faults.has(NoTicket) {
		return
	}
	for n, part := range s.ticketParts(s.t.layout(text)) {
		if n > 0 && s.faults.has(ProgressTicket) {
			s.progress("STAMPA IN CORSO")
		}
		payload := []byte(s.t.opt.TerminalID + "0S" + part)
		damaged := 0
		if n == 0 {
			damaged = s.faults.times(TicketBadLRC, 1)
		}
		if !s.deliverDamaged(ctx, payload, damaged) {
			return
		}
		if n == 0 && s.faults.has(TicketRepeat) {
			s.pause(ctx, s.faults.wait(TicketRepeat, repeatWait), false)
			s.deliver(ctx, payload)
		}
		if n+1 == s.faults.times(TicketCut, 2) {
			s.flush()
			s.cut()
			return
		}
	}
}

// ticketParts are the texts of the messages of a ticket, as the faults want them.
func (s *session) ticketParts(text string) []string {
	if text == "" {
		return nil
	}
	if s.faults.has(TicketFull) {
		text = fullLines(text)
	}
	if s.faults.has(TicketCommands) { // the end of a ticket, and an order to a printer
		middle := strings.Index(text[len(text)/2:], "}") + len(text)/2
		text = text[:middle] + "\x1b!\x18\x1dV\x00" + text[middle:]
	}
	if s.faults.has(TicketNoEnd) {
		text = strings.TrimSuffix(text, "\x1b")
	}
	size := partSize
	if n := s.faults.bytes(TicketLong, 250); n > 0 {
		size = n
		for i := 1; len(text) < 2*n; i++ {
			text = fmt.Sprintf("NOTA %d}", i) + text
		}
	}
	if n := s.faults.times(TicketParts, 5); n > 0 {
		size = min(max((len(text)+n-1)/n, 1), size)
	}
	switch {
	case s.faults.has(TicketTwo):
		return append(cutText(text, size), cutText("COPIA ESERCENTE}"+text, size)...)
	case s.faults.has(TicketEqual):
		short := text[max(0, len(text)-size):]
		return []string{short, short}
	case s.faults.has(TicketSplit):
		at := strings.IndexByte(text, 0x7f) + 1
		return append(cutText(text[:at], size), cutText(text[at:], size)...)
	}
	return cutText(text, size)
}

func cutText(text string, size int) []string {
	var parts []string
	for len(text) > size {
		parts, text = append(parts, text[:size]), text[size:]
	}
	if text != "" {
		parts = append(parts, text)
	}
	return parts
}

// rawProgress sends a progress frame as it is.
func (s *session) rawProgress(text string) {
	s.t.show(text)
	s.trace("> ", "progress")
	s.write(append(append([]byte{ecr17.SOH}, text...), ecr17.EOT))
}
