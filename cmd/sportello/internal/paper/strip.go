package paper

import (
	"strings"

	"sportello/protocol/ecr17"
	"sportello/protocol/local"
)

// Strip is what the paper of a receipt printer is like.
type Strip struct {
	Columns int  // normal characters on a line: 32 (58 mm), 42 or 48 (80 mm)
	Cut     bool // the printer has a cutter
}

const fewestColumns = 24

// The commands of ESC/POS that a strip is made of; a slip has those of package ecr17.
var (
	escReset = []byte{ecr17.ESC, '@', ecr17.ESC, 'R', 0, ecr17.ESC, 't', 19} // page 858: Latin letters and the euro
	escPlain = []byte{ecr17.ESC, '!', 0x00}
	escTitle = []byte{ecr17.ESC, '!', 0x18} // double height, bold
	escBold  = []byte{ecr17.ESC, '!', 0x08}
	escCut   = []byte{0x1D, 'V', 'B', 0} // feeds to the knife and cuts
)

// page858 are the characters 0x80 to 0xFF of that page.
var page858 = func() map[rune]byte {
	const all = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈ€ÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u00AD±‗¾¶§÷¸°¨·¹³²■\u00A0"
	page := make(map[rune]byte, 128)
	at := 0x80
	for _, r := range all {
		page[r] = byte(at)
		at++
	}
	return page
}()

var plainer = strings.NewReplacer("’", "'", "‘", "'", "“", `"`, "”", `"`, "„", `"`, "–", "-", "—", "-", "…", "...", "•", "*", "\t", " ")

// onStrip writes text in the printer's characters: what it has not is a question mark, and nothing in a text is
// ever a command.
func onStrip(s string) []byte {
	var b []byte
	for _, r := range plainer.Replace(s) {
		switch c, ok := page858[r]; {
		case r >= ' ' && r < 0x7F:
			b = append(b, byte(r))
		case ok:
			b = append(b, c)
		case r < ' ' || r == 0x7F:
		default:
			b = append(b, '?')
		}
	}
	return b
}

// strip is a paper that is being written.
type strip struct {
	Strip
	b []byte
}

func (p Strip) begin() *strip {
	p.Columns = max(p.Columns, fewestColumns)
	return &strip{p, append([]byte(nil), escReset...)}
}

// lines writes text, broken between words.
func (s *strip) lines(text string, indent int) {
	for _, line := range wrap(text, s.Columns-indent) {
		s.b = append(s.b, strings.Repeat(" ", indent)...)
		s.b = append(s.b, onStrip(line)...)
		s.b = append(s.b, '\n')
	}
}

func (s *strip) styled(style []byte, text string) {
	s.b = append(s.b, style...)
	s.lines(text, 0)
	s.b = append(s.b, escPlain...)
}

func (s *strip) rule() { s.b = append(append(s.b, strings.Repeat("-", s.Columns)...), '\n') }

// fact is on one line where it fits there.
func (s *strip) fact(f Fact) {
	label, value := []rune(plainer.Replace(f.Label)), []rune(plainer.Replace(f.Value))
	if gap := s.Columns - len(label) - len(value); gap > 0 {
		s.lines(string(label)+strings.Repeat(" ", gap)+string(value), 0)
		return
	}
	s.lines(f.Label, 0)
	s.lines(f.Value, 2)
}

func (s *strip) end() []byte {
	if s.Cut {
		return append(s.b, escCut...)
	}
	return append(s.b, "\n\n\n\n"...)
}

// wrap breaks text into lines of at most width characters; a longer word is broken, too. Blanks within a line
// that fits stay.
func wrap(text string, width int) []string {
	var all []string
	for _, line := range strings.Split(plainer.Replace(text), "\n") {
		if len([]rune(line)) <= width {
			all = append(all, line)
			continue
		}
		now := []rune{}
		for _, word := range strings.Fields(line) {
			w := []rune(word)
			if len(now) > 0 && len(now)+1+len(w) > width {
				all, now = append(all, string(now)), nil
			}
			if len(now) > 0 {
				now = append(now, ' ')
			}
			now = append(now, w...)
			for len(now) > width {
				all, now = append(all, string(now[:width])), now[width:]
			}
		}
		all = append(all, string(now))
	}
	return all
}

// ESCPOS is the paper for a receipt printer.
func (a Attestation) ESCPOS(p Strip) []byte {
	if len(a.Debts) == 0 {
		return nil
	}
	t, s := a.words(), p.begin()
	if t.mark != "" {
		s.styled(escBold, t.mark)
	}
	if t.author != "" {
		s.styled(escBold, t.author)
	}
	s.styled(escTitle, t.title)
	s.lines(t.subtitle, 0)
	if t.note != "" {
		s.rule()
		s.styled(escBold, t.note)
	}
	for _, part := range t.parts {
		s.rule()
		s.styled(escBold, part.heading)
		for _, f := range part.facts {
			if f.Value != "" {
				s.fact(f)
			}
		}
		for _, note := range part.notes {
			s.lines(note, 0)
		}
	}
	s.rule()
	s.lines(a.foot(), 0)
	return s.end()
}

// Slip is the terminal's slip as the ledger keeps it.
type Slip struct {
	Language string
	Text     string
	Complete bool
	Copy     bool   // it was printed before, or may have been
	Note     string // ours, under the terminal's words
}

// ESCPOS is the slip for a receipt printer. Nothing in the terminal's text is a command.
func (l Slip) ESCPOS(p Strip) []byte {
	lang, s := local.Language(l.Language), p.begin()
	if l.Copy {
		s.styled(escBold, texts.copied.In(lang))
	}
	if !l.Complete {
		s.styled(escBold, texts.incomplete.In(lang))
	}
	var t ecr17.Ticket
	for _, line := range strings.Split(strings.TrimRight(l.Text, "\n"), "\n") {
		t.Lines = append(t.Lines, ecr17.Line{{Format: ecr17.FormatNormal, Text: line}})
	}
	if l.Note == "" {
		return t.AppendESCPOS(s.b, ecr17.Printer{Columns: s.Columns, Cut: s.Cut})
	}
	s.b = t.AppendESCPOS(s.b, ecr17.Printer{Columns: s.Columns}) // feeds four lines
	s.styled(escBold, l.Note)
	return s.end()
}
