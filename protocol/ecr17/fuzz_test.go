package ecr17

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
)

// seeds gives every vector's bytes and the payloads of its frames.
func seeds(f *testing.F) (streams [][]byte, payloads []seed) {
	f.Helper()
	for _, v := range vectors(f) {
		b := v.bytes(f)
		streams = append(streams, b)
		frames, _ := deframe(b, nil)
		for _, frame := range frames {
			if frame.Kind == FrameApplication {
				payloads = append(payloads, seed{v.dir(), frame.Payload})
			}
		}
	}
	if len(streams) < 90 || len(payloads) < 70 {
		f.Fatalf("%d streams and %d payloads: the seeds are missing", len(streams), len(payloads))
	}
	return streams, payloads
}

type seed struct {
	dir     Direction
	payload []byte
}

// The same frames for every cutting; every byte is in a frame, in the junk or
// pending; nothing panics; what is pending is bounded.
func FuzzDeframer(f *testing.F) {
	streams, _ := seeds(f)
	for i, s := range streams {
		f.Add(s, uint16(i*37+1))
		f.Add(append(bytes.Clone(s), streams[(i+1)%len(streams)]...), uint16(i))
	}
	f.Fuzz(func(t *testing.T, b []byte, step uint16) {
		whole, d := deframe(b, nil)
		var single, some []int
		for i := 1; i < len(b); i++ {
			single = append(single, i)
			if i%(int(step)%41+2) == 0 || i%7 == int(step)%11 {
				some = append(some, i)
			}
		}
		lead, n := d.Pending()
		if n > MaxFrame+progressMax {
			t.Fatalf("%d bytes pending", n)
		}
		for _, cuts := range [][]int{single, some} {
			frames, e := deframe(b, cuts)
			otherLead, otherN := e.Pending()
			if !reflect.DeepEqual(frames, whole) || lead != otherLead || n != otherN || d.Junk() != e.Junk() {
				t.Fatalf("cut: %s\nwhole: %s", short(frames), short(whole))
			}
		}
		size, slack := d.Junk()+n, 0
		for _, fr := range whole {
			size += frameSize(fr)
			if fr.Suspected() {
				slack++ // without LRC it has two bytes instead of three
			}
		}
		if size < len(b) || size > len(b)+slack {
			t.Fatalf("%d bytes accounted for, %d fed", size, len(b))
		}
		junk := d.Junk()
		u := d.Close()
		rest := drain(nil, d)
		if _, n := d.Pending(); n != 0 || u.Bytes > d.Junk()-junk {
			t.Fatalf("after the end: pending %d, dropped %+v, junk %d, frames %s", n, u, d.Junk()-junk, short(rest))
		}
	})
}

func frameSize(f Frame) int {
	switch {
	case f.Kind == FrameApplication:
		return len(f.Payload) + 3
	case f.Kind == FrameProgress && f.Cut:
		return len(f.Payload) + 1
	case f.Kind == FrameProgress:
		return len(f.Payload) + 2
	default:
		return 3
	}
}

// No unfinished progress, of whatever text, swallows the good frame after it.
func FuzzProgressNeverSwallows(f *testing.F) {
	_, payloads := seeds(f)
	texts := []string{"", "ATT", wait20, strings.Repeat("A", 70), "A\x02B", "A\x023041220", "A\x0230412207", "\x06", "A\x15B\x01C", "A\x02\x02"}
	for i, s := range payloads {
		f.Add([]byte(texts[i%len(texts)]), s.payload, uint8(i))
	}
	f.Fuzz(func(t *testing.T, text, payload []byte, scope uint8) {
		// ETX and EOT in the noise may end a frame of the noise, and take the
		// STX for its LRC: by position, as the protocol has it.
		text = []byte(keepBytes(string(text), func(b byte) bool { return b != ETX && b != EOT }))
		payload = []byte(keepBytes(string(payload), xmlByte))
		if len(payload) == 0 || len(payload) > MaxFrame-3 || len(text) > MaxFrame {
			return
		}
		stream := append([]byte{SOH}, text...)
		stream = AppendFrame(stream, payload, Scopes[scope%4])
		frames, _ := deframe(stream, nil)
		last := frames[len(frames)-1]
		if last.Kind != FrameApplication || !bytes.Equal(last.Payload, payload) || !last.Valid(Scopes[scope%4]) {
			t.Fatalf("%q: %s", stream, short(frames))
		}
	})
}

// bare takes the received bytes away from a result.
func bare(m Message) Message {
	if r, ok := m.(Result); ok {
		r.Raw = ""
		return r
	}
	return m
}

// No verdict comes out of a result with code "00" unless its body is one; and
// no card number comes out of any.
func FuzzResult(f *testing.F) {
	_, payloads := seeds(f)
	n := 0
	for _, s := range payloads {
		if s.dir == FromTerminal && resultLetter(s.payload[9]) {
			f.Add(s.payload, uint8(n), "4111111111111111")
			n++
		}
	}
	if n < 15 {
		f.Fatalf("%d results among the seeds", n)
	}
	f.Fuzz(func(t *testing.T, payload []byte, at uint8, card string) {
		i := bodyAt + int(at)%12
		if allDigits(card) && len(card) >= minPAN && len(card) <= panWidth && len(payload) >= i+len(card) && i+len(card) <= bodyAt+reasonWidth {
			payload = patch(payload, i+1, card)
		} else {
			card = ""
		}
		r, err := DecodeResult(payload, Lenient)
		if general, generalErr := decodeResult(payload, Lenient); general != r || !reflect.DeepEqual(err, generalErr) {
			t.Fatalf("short way %+v, %v\ngeneral   %+v, %v", r, err, general, generalErr)
		}
		if r.Raw != NewRaw(payload) || NewRaw([]byte(r.Raw)) != r.Raw || len(r.Raw) != len(payload) {
			t.Fatalf("kept message of %q", payload)
		}
		if card != "" && !zeros(card[:len(card)-4]) && len(payload) >= headerLen && resultLetter(payload[9]) {
			if kept := string(r.Raw)[i : i+len(card)]; kept == card && len(strings.TrimLeft(card, "0")) >= minPAN {
				t.Fatalf("card in clear in %q", string(r.Raw))
			}
		}
		if err != nil {
			return
		}
		if r.Class == ClassUnknown || len(r.Code) != 2 || !allDigits(string(r.Code)) {
			t.Fatalf("accepted %+v", r)
		}
		if r.Code == ResultOK && r.Class.Effect() == EffectCharged && !r.HasAmount {
			t.Fatalf("charged without an amount: %+v", r)
		}
		if r.Code == ResultOK && r.Reason != "" {
			t.Fatalf("approved with a reason: %+v", r)
		}
	})
}

// A ticket shows every printable byte once and in order, however cut; our
// reference is found in it wherever it was printed.
func FuzzTicket(f *testing.F) {
	_, payloads := seeds(f)
	n := 0
	for _, s := range payloads {
		if s.dir == FromTerminal && s.payload[9] == 'S' {
			f.Add(string(s.payload[headerLen:]), uint8(n))
			n++
		}
	}
	for _, text := range []string{"A}}B\x1bC", "{WIDE|BOLD}~TALL\x7fX^small}\x1b", strings.Repeat("A", 24) + "}B", "\x00\x80"} {
		f.Add(text, uint8(n))
		n++
	}
	if n < 7 {
		f.Fatalf("%d tickets among the seeds", n)
	}
	f.Fuzz(func(t *testing.T, text string, opts uint8) {
		tickets := ReadTickets(text, TicketOption(opts&1))
		var shown strings.Builder
		dropped := 0
		for i, ticket := range tickets {
			if !ticket.Complete && i != len(tickets)-1 {
				t.Fatal("only the last ticket may be incomplete")
			}
			if n := len(ticket.Lines); n > 0 && len(ticket.Lines[n-1]) == 0 {
				t.Fatal("trailing empty line")
			}
			dropped += ticket.Dropped
			for _, line := range ticket.Lines {
				units := 0
				for _, span := range line {
					units += len(span.Text) * lineUnits / span.Format.Width()
				}
				if units > lineUnits {
					t.Fatalf("line too wide: %+v", line)
				}
				shown.WriteString(line.Text())
			}
		}
		if want := PrintedText(text); shown.String() != want {
			t.Fatalf("shown %q, printed %q", shown.String(), want)
		}
		odd := 0
		for i := range len(text) {
			if !ticketByte(text[i]) {
				odd++
			}
		}
		if dropped != odd {
			t.Fatalf("%d bytes dropped, %d odd", dropped, odd)
		}
		const ref = "RIFA1KQ7M2X9D"
		if !FindReference(text+ref, ref) || FindReference(PrintedText(text)+ref[:12]+"\x1b"+ref[12:], ref) != strings.Contains(PrintedText(text), ref) {
			t.Fatalf("reference search in %q", text)
		}
	})
}
