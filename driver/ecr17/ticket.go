package ecr17

import (
	"strings"
	"time"

	"sportello/protocol/ecr17"
)

// ticket collects the pieces of a slip (ECR17 1.6, 2.12, 4). It is printed as is and never parsed.
type ticket struct {
	parts   []string
	ackedAt time.Time // when the last piece was acknowledged; zero: the ACK could not be written
	refused bool      // a NAK of ours went out since: the next piece may be a repeat
}

// longestTicket bounds what is kept, in bytes; a slip has a few thousand.
const longestTicket = 64 << 10

// add keeps a piece. Two equal ones in a row are two copies, unless there was a reason to repeat.
func (t *ticket) add(payload []byte, acked bool) {
	part, err := ecr17.DecodeAs[ecr17.TicketPart](ecr17.FromTerminal, payload, ecr17.Lenient)
	if err != nil && part.Text == "" {
		return
	}
	now := time.Now()
	repeat := len(t.parts) > 0 && t.parts[len(t.parts)-1] == part.Text &&
		(t.refused || t.ackedAt.IsZero() || now.Sub(t.ackedAt) >= 2*time.Second)
	t.refused = false
	t.ackedAt = time.Time{}
	if acked {
		t.ackedAt = now
	}
	if !repeat && t.size()+len(part.Text) <= longestTicket {
		t.parts = append(t.parts, part.Text)
	}
}

func (t *ticket) size() (n int) {
	for _, p := range t.parts {
		n += len(p)
	}
	return n
}

func (t *ticket) complete() bool {
	return len(t.parts) > 0 && strings.HasSuffix(t.parts[len(t.parts)-1], string(rune(ecr17.ESC)))
}

// slipOptions is how the terminal's slips are read (ECR17 4, rule 3).
func (t *terminal) slipOptions() ecr17.TicketOption {
	if t.cfg.FullLines {
		return ecr17.SwallowNewLine
	}
	return 0
}

// read gives the slip as plain text, its raw text, and whether its end mark came. Should the terminal have
// printed a card number in clear, it is hidden: before the paper's width cuts the lines.
func (t *ticket) read(options ecr17.TicketOption) (text string, raw []byte, complete bool) {
	if len(t.parts) == 0 {
		return "", nil, false
	}
	joined := ecr17.MaskText(strings.Join(t.parts, ""))
	var b strings.Builder
	for i, one := range ecr17.ReadTickets(joined, options) {
		if i > 0 {
			b.WriteString("\n")
		}
		b.WriteString(one.Text())
	}
	return ecr17.MaskText(b.String()), []byte(joined), t.complete()
}
