package paper

import (
	"bytes"
	"strings"
	"testing"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/local"
)

func TestStrip(t *testing.T) {
	c := charge(t, notice)
	c.conclude(driver.Charged, 4501)
	golden(t, "pending.escpos", c.attest("it").ESCPOS(Strip{Columns: 48, Cut: true}))
	c.register(0, ledger.RegDone, "receipt.json")
	golden(t, "registered-de-32.escpos", c.attest("de").ESCPOS(Strip{Columns: 32}))
	for _, columns := range []int{0, 24, 32, 42, 48} {
		for _, language := range local.Languages() {
			out := c.attest(string(language)).ESCPOS(Strip{Columns: columns, Cut: true})
			for _, command := range [][]byte{escReset, escPlain, escTitle, escBold, escCut} {
				out = bytes.ReplaceAll(out, command, nil)
			}
			for _, line := range bytes.Split(out, []byte("\n")) {
				if len(line) > max(columns, fewestColumns) {
					t.Errorf("%d columns, %s: %q is longer", columns, language, line)
				}
			}
			if bytes.ContainsAny(out, "\x1b\x1d\x10") {
				t.Errorf("%s: a command is left: %q", language, out)
			}
		}
	}
}

func TestPage858(t *testing.T) {
	if len(page858) != 128 {
		t.Fatalf("%d characters", len(page858))
	}
	for r, want := range map[rune]byte{'Ç': 0x80, 'ü': 0x81, 'é': 0x82, 'à': 0x85, 'è': 0x8A, 'ì': 0x8D, 'Ä': 0x8E, 'ä': 0x84, 'ö': 0x94, 'ò': 0x95,
		'ù': 0x97, 'Ö': 0x99, 'Ü': 0x9A, '€': 0xD5, 'ß': 0xE1, '·': 0xFA, '\u00A0': 0xFF} {
		if got := page858[r]; got != want {
			t.Errorf("%q is %#x, want %#x", r, got, want)
		}
	}
}

func TestSlip(t *testing.T) {
	s := Slip{Language: "it", Text: "COMUNE\n   IMPORTO 45,01\n\x1b@\x1dV0 FINE\n", Copy: true, Note: "Registrazione in attesa: perché la piattaforma non risponde"}
	out := s.ESCPOS(Strip{Columns: 42, Cut: true})
	golden(t, "slip.escpos", out)
	if bytes.Contains(out, []byte("\x1b@\x1dV0")) || bytes.Count(out, []byte("\x1b@")) != 1 {
		t.Errorf("the terminal's text commands the printer: %q", out)
	}
	if !bytes.HasSuffix(out, escCut) || bytes.Count(out, escCut) != 1 {
		t.Errorf("it is not cut once, at the end: %q", out)
	}
	whole := Slip{Language: "it", Text: "X", Complete: true}.ESCPOS(Strip{Columns: 42})
	if strings.Contains(string(whole), "INCOMPLETO") || strings.Contains(string(whole), "COPIA") {
		t.Errorf("a whole first print says %q", whole)
	}
}

func FuzzStrip(f *testing.F) {
	for _, s := range []string{"", "TARI 2025 – perché", "\x1b@\x10\x04\x01", strings.Repeat("x", 100), "a\nb\r\tc", "€ ß 💶"} {
		f.Add(s, 32)
	}
	f.Fuzz(func(t *testing.T, text string, columns int) {
		columns = fewestColumns + abs(columns)%40
		for _, line := range wrap(text, columns) {
			if len([]rune(line)) > columns {
				t.Fatalf("%q is wider than %d", line, columns)
			}
		}
		if out := onStrip(text); bytes.ContainsAny(out, "\x00\x10\x1b\x1d") {
			t.Fatalf("%q becomes %q", text, out)
		}
	})
}

func abs(n int) int {
	if n < 0 {
		return -(n + 1)
	}
	return n
}
