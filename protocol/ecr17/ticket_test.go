package ecr17

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// drawn writes a ticket compactly: one line a row, a letter for each format.
func drawn(tickets []Ticket) string {
	var b strings.Builder
	for _, t := range tickets {
		for _, l := range t.Lines {
			for _, s := range l {
				fmt.Fprintf(&b, "%c[%s]", "nBTwWc"[s.Format], s.Text)
			}
			b.WriteByte('/')
		}
		if t.Complete {
			b.WriteString("END ")
		} else {
			b.WriteString("... ")
		}
	}
	return strings.TrimSpace(b.String())
}

func TestReadTickets(t *testing.T) {
	full := strings.Repeat("A", 24)
	for _, c := range []struct {
		name, in string
		opts     TicketOption
		want     string
	}{
		{"nothing", "", 0, ""},
		{"one line", "NEXI}\x1b", 0, "n[NEXI]/END"},
		{"no end mark", "NEXI}A", 0, "n[NEXI]/n[A]/..."},
		{"empty line", "A}}B}\x1b", 0, "n[A]//n[B]/END"},
		{"trailing empty lines", "A}}}}}}\x1b", 0, "n[A]/END"},
		{"24 and a new line", full + "}B}\x1b", 0, "n[" + full + "]//n[B]/END"},
		{"24 and a new line, lenient", full + "}B}\x1b", SwallowNewLine, "n[" + full + "]/n[B]/END"},
		{"24 and two new lines, lenient", full + "}}B}\x1b", SwallowNewLine, "n[" + full + "]//n[B]/END"},
		{"wraps by itself", full + "B}\x1b", 0, "n[" + full + "]/n[B]/END"},
		{"wide wraps at 12 and ends", "{ABCDEFGHIJKLM}\x1b", 0, "w[ABCDEFGHIJKL]/n[M]/END"},
		{"compressed wraps at 42", "^" + full + full + "\x1b", 0, "c[" + full + full[:18] + "]/n[" + full[:6] + "]/END"},
		{"new line ends the format", "\x7fA}B}\x1b", 0, "B[A]/n[B]/END"},
		{"format in mid line", "A~B|C}\x1b", 0, "n[A]T[B]W[C]/END"},
		{"mixed widths keep to the paper", full[:23] + "{BC}\x1b", 0, "n[" + full[:23] + "]/n[BC]/END"},
		{"two tickets", "A}\x1bB}\x1b", 0, "n[A]/END n[B]/END"},
		{"format does not cross the end", "~A\x1bB}\x1b", 0, "T[A]/END n[B]/END"},
		{"control bytes", "A\x00\x0a\x90B}\x1b", 0, "n[AB]/END"},
		{"printer commands", "A\x1b@B\x1b", 0, "n[A]/END n[@B]/END"},
		{"only an end", "\x1b", 0, "END"},
	} {
		if got := drawn(ReadTickets(c.in, c.opts)); got != c.want {
			t.Errorf("%s: %s\nwant %s", c.name, got, c.want)
		}
	}
}

// The parts of a ticket are joined before they are read: a line or a control
// may be split between two of them.
func TestTicketOfVectors(t *testing.T) {
	var text strings.Builder
	for _, name := range []string{"ticket_part1", "ticket_last"} {
		for _, v := range vectors(t) {
			if v.Name == name {
				f, _ := v.application(t)
				part, err := DecodeAs[TicketPart](FromTerminal, f.Payload, Strict)
				if err != nil {
					t.Fatal(err)
				}
				text.WriteString(part.Text)
			}
		}
	}
	tickets := ReadTickets(text.String(), 0)
	want := "          NEXI\n\nIMPORTO EUR       125,00\nAUT. 8F21K7 STAN 004711\nRIF7Q4M2X9KD\n"
	if len(tickets) != 1 || !tickets[0].Complete || tickets[0].Text() != want {
		t.Fatalf("%d tickets, %q\nwant %q", len(tickets), tickets[0].Text(), want)
	}
	if got := tickets[0].Lines[2]; !reflect.DeepEqual(got, Line{{FormatTallBold, "IMPORTO EUR       125,00"}}) {
		t.Errorf("line %+v", got)
	}
	if !FindReference(text.String(), "RIF7Q4M2X9KD") {
		t.Error("our reference is not found")
	}
}

func TestFindReference(t *testing.T) {
	const ref = "RIFA1KQ7M2X9D"
	for in, want := range map[string]bool{
		"A}" + ref + "}\x1b":                    true,
		"RIFA1KQ}7M2X9D}\x1b":                   true,  // a new line inside
		"RIF\x7fA1KQ7M~2X9D}":                   true,  // formats inside
		strings.Repeat("A", 15) + ref + "}\x1b": true,  // wrapped by itself
		"A}\x1bB}" + ref + "\x1b":               true,  // in the second copy
		"RIFA1KQ\x1b7M2X9D}":                    false, // never across two tickets
		"RIFA1KQ7M2X9E}\x1b":                    false,
		"":                                      false,
	} {
		if got := FindReference(in, ref); got != want {
			t.Errorf("%q: %v", in, got)
		}
	}
	if FindReference("anything", "") {
		t.Error("no reference is found everywhere")
	}
}

func TestSplitTicket(t *testing.T) {
	text := strings.Repeat("ABCDEFGHIJ", 41) + "}\x1b"
	parts := SplitTicket("30412207", text)
	var joined strings.Builder
	for i, p := range parts {
		if p.Last() != (i == len(parts)-1) {
			t.Errorf("part %d: last %v", i, p.Last())
		}
		joined.WriteString(p.Text)
	}
	if len(parts) != 3 || joined.String() != text {
		t.Errorf("%d parts", len(parts))
	}
}
