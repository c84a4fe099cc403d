package ecr17

import (
	"html"
	"strings"
)

// TicketSeparator stands between two tickets in plain text (section 4: form
// separator).
const TicketSeparator = "------------------------\n"

// PlainText renders tickets one after the other, a separator between them.
func PlainText(tickets []Ticket) string {
	var b strings.Builder
	for i, t := range tickets {
		if i > 0 {
			b.WriteString(TicketSeparator)
		}
		b.WriteString(t.Text())
	}
	return b.String()
}

// printStyle is how a format looks in HTML and on an ESC/POS printer: the
// table of section 4.
type printStyle struct {
	class string // CSS classes; none for normal text
	mode  byte   // n of ESC ! n
	dots  int    // width of a character; a normal one has 12
}

var printStyles = [...]printStyle{
	FormatNormal:     {"", 0x00, 12},
	FormatTallBold:   {"tall bold", 0x18, 12},
	FormatTall:       {"tall", 0x10, 12},
	FormatWide:       {"wide", 0x20, 24},
	FormatWideBold:   {"wide bold", 0x28, 24},
	FormatCompressed: {"small", 0x01, 9},
}

func (f PrintFormat) style() printStyle {
	if int(f) < len(printStyles) {
		return printStyles[f]
	}
	return printStyles[FormatNormal]
}

// HTML renders the ticket as one pre element of class "ticket" (and
// "incomplete" when its end mark is missing). Formats are spans of the classes
// tall, wide, bold, small; the page styles them. Everything from the terminal
// is escaped.
func (t Ticket) HTML() string {
	var b strings.Builder
	b.WriteString(`<pre class="ticket`)
	if !t.Complete {
		b.WriteString(" incomplete")
	}
	b.WriteString("\">\n") // a browser drops the first line end inside pre
	for _, line := range t.Lines {
		for _, s := range line {
			text := html.EscapeString(printable(s.Text))
			if class := s.Format.style().class; class != "" {
				b.WriteString(`<span class="` + class + `">` + text + "</span>")
			} else {
				b.WriteString(text)
			}
		}
		b.WriteByte('\n')
	}
	b.WriteString("</pre>\n")
	return b.String()
}

// Printer is what AppendESCPOS must know of a printer.
type Printer struct {
	Columns int  // normal characters on a line: 32 (58 mm), 42 or 48 (80 mm); under 24 counts as 24
	Left    bool // tickets stand at the left margin instead of in the middle
	Cut     bool // the printer has a cutter
}

// Columns of the paper for which the terminal composed the ticket, and the
// line ends that bring its last line to a tear bar.
const (
	ticketColumns = 24
	tearFeed      = 4
)

// AppendESCPOS appends the ticket for an ESC/POS printer (section 4). Only
// commands of ours and printable characters are written: the raw text of a
// terminal holds ESC, which a printer would obey (S10). It is centred by the
// missing columns, as far as the line leaves room.
func (t Ticket) AppendESCPOS(dst []byte, p Printer) []byte {
	columns := max(p.Columns, ticketColumns)
	normal := printStyles[FormatNormal]
	mode := normal.mode
	dst = append(dst, ESC, '!', mode)
	for _, line := range t.Lines {
		room := columns * normal.dots
		for _, s := range line {
			room -= len(s.Text) * s.Format.style().dots
		}
		pad := max(0, min((columns-ticketColumns)/2, room/normal.dots))
		if p.Left || len(line) == 0 {
			pad = 0
		}
		if pad > 0 && mode != normal.mode {
			mode = normal.mode
			dst = append(dst, ESC, '!', mode)
		}
		dst = appendFill(dst, ' ', pad)
		for _, s := range line {
			if m := s.Format.style().mode; m != mode {
				mode = m
				dst = append(dst, ESC, '!', mode)
			}
			dst = append(dst, printable(s.Text)...)
		}
		if mode != normal.mode { // the height of the line end itself
			mode = normal.mode
			dst = append(dst, '\n', ESC, '!', mode)
		} else {
			dst = append(dst, '\n')
		}
	}
	if p.Cut {
		return append(dst, 0x1D, 'V', 'B', 0) // feeds to the knife and cuts
	}
	return appendFill(dst, '\n', tearFeed)
}
