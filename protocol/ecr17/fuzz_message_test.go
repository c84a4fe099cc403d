package ecr17

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
)

// Every message of both directions.
func FuzzMessage(f *testing.F) {
	_, payloads := seeds(f)
	for _, s := range payloads {
		f.Add(bool(s.dir == FromTerminal), s.payload)
	}
	f.Fuzz(func(t *testing.T, fromTerminal bool, payload []byte) {
		dir := ToTerminal
		if fromTerminal {
			dir = FromTerminal
		}
		checkMessage(t, dir, payload)
	})
}

// The families by themselves: the fuzzer stays among their letters.
func FuzzRequest(f *testing.F)        { fuzzFamily(f, ToTerminal, "sPXpicHSTCGER") }
func FuzzResultMessage(f *testing.F)  { fuzzFamily(f, FromTerminal, "EVeicv") }
func FuzzStatus(f *testing.F)         { fuzzFamily(f, FromTerminal, "s") }
func FuzzTotals(f *testing.F)         { fuzzFamily(f, FromTerminal, "TC") }
func FuzzDataRequest(f *testing.F)    { fuzzFamily(f, ToTerminal, "U") }
func FuzzDataAnswer(f *testing.F)     { fuzzFamily(f, FromTerminal, "U") }
func FuzzTicketPart(f *testing.F)     { fuzzFamily(f, FromTerminal, "S") }
func FuzzServiceRequest(f *testing.F) { fuzzFamily(f, ToTerminal, "K") }
func FuzzServicePart(f *testing.F)    { fuzzFamily(f, FromTerminal, "K") }

// fuzzFamily needs a vector for every letter.
func fuzzFamily(f *testing.F, dir Direction, letters string) {
	_, payloads := seeds(f)
	missing := letters
	for _, s := range payloads {
		if s.dir != dir || len(s.payload) < headerLen {
			continue
		}
		if at := strings.IndexByte(letters, s.payload[9]); at >= 0 {
			f.Add(s.payload, uint8(at))
			missing = strings.ReplaceAll(missing, letters[at:at+1], "")
		}
	}
	if missing != "" {
		f.Fatalf("no vector for %q %v", missing, dir)
	}
	f.Fuzz(func(t *testing.T, payload []byte, letter uint8) {
		if len(payload) >= headerLen {
			payload = patch(payload, 10, letters[int(letter)%len(letters):][:1])
		}
		checkMessage(t, dir, payload)
	})
}

// checkMessage: what a strict decode accepts encodes to the same bytes; what a
// lenient one accepts encodes to a canonical form with the same content.
func checkMessage(t *testing.T, dir Direction, payload []byte) {
	t.Helper()
	strict, strictErr := Decode(dir, payload, Strict)
	if strictErr == nil {
		again, err := strict.AppendPayload(nil)
		if err != nil || !bytes.Equal(again, payload) {
			t.Fatalf("strict %T: %q\nencodes to %q, %v", strict, payload, again, err)
		}
	}
	lenient, err := Decode(dir, payload, Lenient)
	if err != nil {
		if strictErr == nil {
			t.Fatalf("strict takes what lenient refuses: %v", err)
		}
		return
	}
	if strictErr == nil && !reflect.DeepEqual(lenient, strict) {
		t.Fatalf("lenient %+v\nstrict  %+v", lenient, strict)
	}
	if part, ok := lenient.(TicketPart); ok && len(part.Text) > maxTicket {
		var joined strings.Builder // tolerated on receive, never written in one
		for _, p := range SplitTicket(part.TID, part.Text) {
			joined.WriteString(p.Text)
			if _, err := p.AppendPayload(nil); err != nil {
				t.Fatal(err)
			}
		}
		if joined.String() != part.Text {
			t.Fatalf("split ticket joins to %q", joined.String())
		}
		return
	}
	canon, err := lenient.AppendPayload(nil)
	if err != nil {
		t.Fatalf("%T %q is accepted but not written: %v", lenient, payload, err)
	}
	back, err := Decode(dir, canon, Lenient)
	if err != nil || !reflect.DeepEqual(bare(back), bare(lenient)) {
		t.Fatalf("%q\ncanonical %q\nreads as %+v, %v\nwas      %+v", payload, canon, back, err, lenient)
	}
	if twice, err := back.AppendPayload(nil); err != nil || !bytes.Equal(twice, canon) {
		t.Fatalf("canonical form changes: %q, %q, %v", canon, twice, err)
	}
}
