package ecr17

import (
	"bytes"
	"html"
	"regexp"
	"strings"
	"testing"
)

func TestTicketHTML(t *testing.T) {
	tickets := ReadTickets("}<b>A&B</b>}\x7fTALLBOLD}~T{WIDE|W'\"}^small}\x1bB", 0)
	want := "<pre class=\"ticket\">\n\n&lt;b&gt;A&amp;B&lt;/b&gt;\n" +
		"<span class=\"tall bold\">TALLBOLD</span>\n" +
		"<span class=\"tall\">T</span><span class=\"wide\">WIDE</span><span class=\"wide bold\">W&#39;&#34;</span>\n" +
		"<span class=\"small\">small</span>\n</pre>\n"
	if got := tickets[0].HTML(); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if got := tickets[1].HTML(); got != "<pre class=\"ticket incomplete\">\nB\n</pre>\n" {
		t.Errorf("incomplete: %q", got)
	}
}

// The table of section 4.
func TestTicketESCPOS(t *testing.T) {
	one := func(text string) Ticket { return ReadTickets(text+"\x1b", 0)[0] }
	const normal = "\x1b!\x00"
	tail := "\n\n\n\n"
	for _, c := range []struct {
		name, in string
		p        Printer
		want     string
	}{
		{"normal", "A}B}", Printer{}, normal + "A\nB\n" + tail},
		{"cut", "A}", Printer{Cut: true}, normal + "A\n\x1dVB\x00"},
		{"double height bold", "\x7fA}", Printer{}, normal + "\x1b!\x18A\n" + normal + tail},
		{"double height", "~A}", Printer{}, normal + "\x1b!\x10A\n" + normal + tail},
		{"double width", "{A}", Printer{}, normal + "\x1b!\x20A\n" + normal + tail},
		{"double width bold", "|A}", Printer{}, normal + "\x1b!\x28A\n" + normal + tail},
		{"compressed", "^A}", Printer{}, normal + "\x1b!\x01A\n" + normal + tail},
		{"mixed", "A~B}C}", Printer{}, normal + "A\x1b!\x10B\n" + normal + "C\n" + tail},
		{"42 columns", "A}}{B}", Printer{Columns: 42}, normal + "         A\n\n" + "         \x1b!\x20B\n" + normal + tail},
		{"48 columns", "A}", Printer{Columns: 48}, normal + "            A\n" + tail},
		{"48 columns, left", "A}", Printer{Columns: 48, Left: true}, normal + "A\n" + tail},
		// 42 compressed characters take 378 of the 384 dots of 58 mm.
		{"32 columns, compressed", "^" + strings.Repeat("A", 42), Printer{Columns: 32}, normal + "\x1b!\x01" + strings.Repeat("A", 42) + "\n" + normal + tail},
		{"48 columns, compressed", "^" + strings.Repeat("A", 42), Printer{Columns: 48}, normal + strings.Repeat(" ", 12) + "\x1b!\x01" + strings.Repeat("A", 42) + "\n" + normal + tail},
	} {
		if got := string(one(c.in).AppendESCPOS(nil, c.p)); got != c.want {
			t.Errorf("%s: %q\nwant %q", c.name, got, c.want)
		}
	}
}

// Nor does a ticket that was not read by us reach a printer or a page as it is.
func TestTicketOfOthers(t *testing.T) {
	ticket := Ticket{Lines: []Line{{{FormatNormal, "A\x1b@<\n"}, {PrintFormat(99), "B"}}}, Complete: true}
	if got := string(ticket.AppendESCPOS(nil, Printer{Cut: true})); got != "\x1b!\x00A?@<?B\n\x1dVB\x00" {
		t.Errorf("printer: %q", got)
	}
	if got := ticket.HTML(); got != "<pre class=\"ticket\">\nA?@&lt;?B\n</pre>\n" {
		t.Errorf("page: %q", got)
	}
}

// S05: a control byte may be the first of a message, its text in the one before.
func TestTicketSplitAnywhere(t *testing.T) {
	text := "NEXI}\x7fIMPORTO EUR       125,00}{SI}\x1b"
	want := drawn(ReadTickets(text, 0))
	for cut := 1; cut < len(text); cut++ {
		var joined strings.Builder
		for _, part := range []string{text[:cut], text[cut:]} {
			p, err := DecodeAs[TicketPart](FromTerminal, encoded(t, TicketPart{TID: "30412207", Text: part}), Lenient)
			if err != nil {
				t.Fatal(err)
			}
			joined.WriteString(p.Text)
		}
		if got := drawn(ReadTickets(joined.String(), 0)); got != want {
			t.Errorf("cut at %d: %s", cut, got)
		}
	}
}

// S07: two end marks are two copies. S10: what follows one is text, never a command.
func TestTicketCopiesAndCommands(t *testing.T) {
	tickets := ReadTickets("COPIA CLIENTE}}}}}}}\x1bCOPIA ESERCENTE}\x1bm\x1dV\x00}\x1b", 0)
	if got := PlainText(tickets); got != "COPIA CLIENTE\n"+TicketSeparator+"COPIA ESERCENTE\n"+TicketSeparator+"mV\n" {
		t.Errorf("text %q", got)
	}
	if n := tickets[2].Dropped; n != 2 {
		t.Errorf("%d bytes dropped", n)
	}
	for _, ticket := range tickets {
		printed := escposOrder.ReplaceAll(ticket.AppendESCPOS(nil, Printer{Columns: 48}), nil)
		if i := bytes.IndexFunc(printed, func(r rune) bool { return r != '\n' && (r < ' ' || r > '~') }); i >= 0 {
			t.Errorf("byte %#x goes to the printer", printed[i])
		}
	}
}

// S15: a longer text than prescribed is taken, up to the longest frame.
func TestTicketPartTooLong(t *testing.T) {
	for _, n := range []int{201, 250, MaxFrame - 3 - headerLen} {
		p := append([]byte("304122070S"), strings.Repeat("A", n)...)
		m, err := DecodeAs[TicketPart](FromTerminal, p, Lenient)
		if err != nil || len(m.Text) != n {
			t.Errorf("%d bytes: %d, %v", n, len(m.Text), err)
		}
	}
}

var (
	ticketTag   = regexp.MustCompile(`<pre class="ticket( incomplete)?">\n|</pre>\n$|<span class="[a-z ]+">|</span>`)
	escposOrder = regexp.MustCompile("\x1b![\x00\x01\x10\x18\x20\x28]|\x1dVB\x00")
)

// However a ticket is rendered, its text comes out once, in order, and nothing
// else does: no markup, no printer command of a terminal's making.
func FuzzTicketPrint(f *testing.F) {
	_, payloads := seeds(f)
	n := 0
	for _, s := range payloads {
		if s.dir == FromTerminal && s.payload[9] == 'S' {
			f.Add(string(s.payload[headerLen:]), uint8(n), n%2 == 0)
			n++
		}
	}
	for _, text := range []string{"<script>alert(1)</script>&amp;}\x1b", "\x1b@\x1b!\x30\x1dV\x00{|~\x7f^'\"}", "^" + strings.Repeat("A", 42)} {
		f.Add(text, uint8(n), true)
		n++
	}
	if n < 6 {
		f.Fatalf("%d tickets among the seeds", n)
	}
	f.Fuzz(func(t *testing.T, text string, columns uint8, cut bool) {
		for _, ticket := range ReadTickets(text, 0) {
			var want strings.Builder
			for _, line := range ticket.Lines {
				want.WriteString(line.Text() + "\n")
			}
			bare := html.UnescapeString(ticketTag.ReplaceAllString(ticket.HTML(), ""))
			if bare != want.String() {
				t.Fatalf("HTML shows %q\nof %q", bare, want.String())
			}
			if rest := ticketTag.ReplaceAllString(ticket.HTML(), ""); strings.ContainsAny(rest, `<>"'`) {
				t.Fatalf("markup in %q", rest)
			}
			out := ticket.AppendESCPOS(nil, Printer{Columns: int(columns), Left: true, Cut: cut})
			printed := escposOrder.ReplaceAll(out, nil)
			if got := strings.TrimRight(string(printed), "\n"); got != strings.TrimRight(want.String(), "\n") {
				t.Fatalf("printed %q\nof %q", got, want.String())
			}
			if bytes.ContainsFunc(printed, func(r rune) bool { return r != '\n' && (r < ' ' || r > '~') }) {
				t.Fatalf("control bytes in %q", printed)
			}
			middle := escposOrder.ReplaceAll(ticket.AppendESCPOS(nil, Printer{Columns: int(columns), Cut: cut}), nil)
			if strings.ReplaceAll(string(middle), " ", "") != strings.ReplaceAll(string(printed), " ", "") {
				t.Fatalf("centred %q\nleft    %q", middle, printed)
			}
		}
	})
}
