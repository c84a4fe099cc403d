package ecr17

import "strings"

// Print controls inside the ticket text (section 4).
const (
	ctlNewLine    = 0x7D // new line, back to normal
	ctlTallBold   = 0x7F
	ctlTall       = 0x7E
	ctlWide       = 0x7B
	ctlWideBold   = 0x7C
	ctlCompressed = 0x5E
)

// PrintFormat is how a piece of a ticket line is printed.
type PrintFormat uint8

// Print formats; in brackets the characters of a full line.
const (
	FormatNormal     PrintFormat = iota // 24
	FormatTallBold                      // 24, double height bold
	FormatTall                          // 24, double height
	FormatWide                          // 12, double width
	FormatWideBold                      // 12, double width bold
	FormatCompressed                    // 42
)

// Width is the number of characters of a full line.
func (f PrintFormat) Width() int {
	switch f {
	case FormatWide, FormatWideBold:
		return 12
	case FormatCompressed:
		return 42
	default:
		return 24
	}
}

// lineUnits is the width of the paper in a unit that every format divides.
const lineUnits = 168

// Span is a run of characters of one format.
type Span struct {
	Format PrintFormat
	Text   string
}

// Line is one printed line; empty for an empty line.
type Line []Span

// Text is the line without formats.
func (l Line) Text() string {
	var b strings.Builder
	for _, s := range l {
		b.WriteString(s.Text)
	}
	return b.String()
}

// Ticket is one printed ticket.
type Ticket struct {
	Lines    []Line
	Complete bool // its end mark came; otherwise "receipt incomplete"
	Dropped  int  // bytes that no ticket may hold
}

// TicketOption changes how a ticket is read.
type TicketOption uint8

// SwallowNewLine ignores the new-line byte that follows a line which was
// complete by itself. ECR17 4, rule 3: it is an empty line; firmwares differ,
// hence the switch (S06).
const SwallowNewLine TicketOption = 1

// ReadTickets interprets the joined text of all ticket messages. The end mark
// separates tickets (customer and merchant copy). Trailing empty lines are
// dropped. A ticket is never parsed for amount or outcome: see FindReference.
func ReadTickets(text string, opts TicketOption) []Ticket {
	r := ticketReader{lenient: opts&SwallowNewLine != 0}
	for i := range len(text) {
		r.put(text[i])
	}
	if len(r.line) > 0 || len(r.cur.Lines) > 0 || r.cur.Dropped > 0 {
		r.endTicket(false)
	}
	return r.done
}

type ticketReader struct {
	lenient bool
	done    []Ticket
	cur     Ticket
	line    Line
	format  PrintFormat
	used    int  // units of the current line
	wrapped bool // the line before was complete by itself and nothing came since
}

func (r *ticketReader) put(b byte) {
	wrapped := r.wrapped
	r.wrapped = false
	switch b {
	case ctlNewLine:
		r.format = FormatNormal
		if len(r.line) > 0 || !wrapped || !r.lenient {
			r.endLine()
		}
		return
	case ESC:
		r.endTicket(true)
		return
	}
	if f, ok := printControl(b); ok {
		r.format = f
		r.wrapped = wrapped
		return
	}
	if !isPrintable(b) {
		r.cur.Dropped++
		r.wrapped = wrapped
		return
	}
	width := lineUnits / r.format.Width()
	if r.used+width > lineUnits { // only after a change of format in mid line
		r.endLine()
		r.format = FormatNormal
		width = lineUnits / r.format.Width()
	}
	if n := len(r.line); n > 0 && r.line[n-1].Format == r.format {
		r.line[n-1].Text += string(rune(b))
	} else {
		r.line = append(r.line, Span{Format: r.format, Text: string(rune(b))})
	}
	if r.used += width; r.used == lineUnits {
		r.endLine()
		r.format = FormatNormal
		r.wrapped = true
	}
}

func (r *ticketReader) endLine() {
	r.cur.Lines = append(r.cur.Lines, r.line)
	r.line, r.used = nil, 0
}

func (r *ticketReader) endTicket(complete bool) {
	if len(r.line) > 0 {
		r.endLine()
	}
	t := r.cur
	for len(t.Lines) > 0 && len(t.Lines[len(t.Lines)-1]) == 0 {
		t.Lines = t.Lines[:len(t.Lines)-1]
	}
	t.Complete = complete
	r.done = append(r.done, t)
	*r = ticketReader{lenient: r.lenient, done: r.done}
}

func printControl(b byte) (PrintFormat, bool) {
	switch b {
	case ctlTallBold:
		return FormatTallBold, true
	case ctlTall:
		return FormatTall, true
	case ctlWide:
		return FormatWide, true
	case ctlWideBold:
		return FormatWideBold, true
	case ctlCompressed:
		return FormatCompressed, true
	}
	return 0, false
}

// ticketByte reports the bytes that a ticket text may hold.
func ticketByte(b byte) bool { return b >= ' ' && b <= ctlTallBold || b == ESC }

// Text renders the ticket as plain lines, each ended by LF.
func (t Ticket) Text() string {
	var b strings.Builder
	for _, l := range t.Lines {
		b.WriteString(strings.TrimRight(l.Text(), " "))
		b.WriteByte('\n')
	}
	return b.String()
}

// FindReference reports whether the joined ticket text holds our reference,
// whatever formats and line ends stand inside it (4, rule 8). It is the only
// permitted search. A receipt of a refusal may hold it too.
func FindReference(text, reference string) bool {
	if reference == "" {
		return false
	}
	for _, ticket := range strings.Split(text, string(rune(ESC))) {
		if strings.Contains(PrintedText(ticket), reference) {
			return true
		}
	}
	return false
}

// PrintedText is the ticket text without print controls and line ends.
func PrintedText(text string) string {
	return keepBytes(text, func(b byte) bool {
		_, format := printControl(b)
		return isPrintable(b) && b != ctlNewLine && !format
	})
}
