package simulator

import (
	"context"
	"fmt"
	"strings"
	"time"

	"sportello/protocol/ecr17"
)

// ticketWidth leaves the 24th column free: a full line wraps by itself, and the new
// line after it would be an empty one (ECR17 4).
const ticketWidth = 23

// endOfTicket are six new lines and ESC.
const endOfTicket = "}}}}}}\x1b"

// financialTicket is the slip of a decision; the same decision prints the same slip.
func (t *Terminal) financialTicket(d Decision) string {
	lines := []string{
		t.opt.Merchant,
		ticketTitle(d),
		"TERMINALE " + d.Terminal,
		d.At.Add(t.shift()).In(ecr17.Rome()).Format("02/01/2006 15:04"),
		"STAN " + d.STAN,
	}
	if d.PAN != "" {
		lines = append(lines, "CARTA "+strings.Repeat("*", 12)+strings.TrimLeft(d.PAN, "*"))
	}
	lines = append(lines, "\x7fIMPORTO EUR "+euro(d.AmountCents))
	if d.Approved {
		lines = append(lines, "AUT. "+d.Auth, "TRANSAZIONE APPROVATA")
	} else {
		lines = append(lines, d.Reason)
	}
	if d.Reference != "" && !t.opt.NoReference {
		lines = append(lines, strings.ReplaceAll(d.Reference, " ", ""))
	}
	return strings.Join(lines, "}") + endOfTicket
}

func (t *Terminal) totalsTicket(title string, cents int64) string {
	return strings.Join([]string{
		t.opt.Merchant, title, "TERMINALE " + t.opt.TerminalID, "\x7fTOTALE EUR " + euro(cents),
	}, "}") + endOfTicket
}

func euro(cents int64) string {
	sign := ""
	if cents < 0 {
		sign, cents = "-", -cents
	}
	return fmt.Sprintf("%s%d,%02d", sign, cents/100, cents%100)
}

// printing gives the ticket to the ECR if the switch says so; the paper of a
// simulated printer goes nowhere. The switch falls back afterwards.
func (s *session) printing(ctx context.Context, text string) {
	s.t.mu.Lock()
	toECR := s.t.toECR
	s.t.toECR = false
	s.t.mu.Unlock()
	if toECR && text != "" {
		s.progress("STAMPA IN CORSO")
		s.sendTicket(ctx, text)
	}
}

// clock is the terminal's own time.
func (t *Terminal) clock() time.Time { return time.Now().Add(t.shift()) }
