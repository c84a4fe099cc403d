package ecr17

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"
)

// testNow is a moment just after the results of the vectors (day 273).
var testNow = time.Date(2026, time.September, 30, 19, 45, 0, 0, Rome())

// deframe feeds b cut after the given offsets and gives all complete frames.
func deframe(b []byte, cuts []int) ([]Frame, *Deframer) {
	d := new(Deframer)
	var frames []Frame
	at := 0
	for _, c := range append(append([]int(nil), cuts...), len(b)) {
		d.Feed(b[at:c])
		at = c
		frames = drain(frames, d)
	}
	return frames, d
}

func drain(frames []Frame, d *Deframer) []Frame {
	for {
		f, ok := d.Next()
		if !ok {
			return frames
		}
		f.Payload = bytes.Clone(f.Payload)
		frames = append(frames, f)
	}
}

// short writes frames in one line for comparisons.
func short(frames []Frame) string {
	var out []string
	for _, f := range frames {
		switch f.Kind {
		case FrameApplication:
			out = append(out, fmt.Sprintf("app[%s]%02X", f.Payload, f.LRC))
		case FrameProgress:
			mark := ""
			if f.Cut {
				mark = "~"
			}
			out = append(out, fmt.Sprintf("progress[%s]%s", f.Payload, mark))
		default:
			out = append(out, fmt.Sprintf("%v:%v", f.Kind, f.Form))
		}
	}
	return strings.Join(out, " ")
}

const (
	answerPayload = "304122070s0000000000011026194221"
	wait20        = "ATTENDERE PREGO     "
)

func answerFrame() string {
	return string(AppendFrame(nil, []byte(answerPayload), StxPayloadEtx))
}

func TestDeframer(t *testing.T) {
	result := answerFrame()
	app := "app[" + answerPayload + "]" + fmt.Sprintf("%02X", result[len(result)-1])
	long := strings.Repeat("A", 70)
	for _, c := range []struct {
		name, in, want string
		junk           int
		pending        int
	}{
		{"nothing", "", "", 0, 0},
		{"ack, LRC missing, then a frame", "\x06\x03" + result, "ACK:suspected " + app, 0, 0},
		{"nak, LRC missing, then ack", "\x15\x03\x06\x03\x7a", "NAK:suspected ACK:ctrl+etx", 0, 0},
		{"ack, LRC missing, then progress", "\x06\x03\x01" + wait20 + "\x04", "ACK:suspected progress[" + wait20 + "]", 0, 0},
		{"ack waits for its LRC", "\x06\x03", "", 0, 2},
		{"bare ack waits", "\x06", "", 0, 1},
		{"bare ack before a frame is no ack", "\x06" + result, app, 1, 0},
		{"impossible LRC", "\x06\x03\x11", "ACK:suspected", 0, 0},
		{"LRC with the value of ETX", "\x06\x03\x03\x06\x03\x7a", "ACK:suspected ACK:ctrl+etx", 0, 0},
		{"two acks", "\x06\x03\x7a\x06\x03\x7a", "ACK:ctrl+etx ACK:ctrl+etx", 0, 0},
		{"begun twice", "\x02304122" + result, app, 7, 0},
		{"unfinished", result[:20], "", 0, 20},
		{"LRC missing", result[:len(result)-1], "", 0, len(result) - 1},
		{"junk around", "GET /\r\n" + result + "\x04\x03", app, 9, 0},
		{"progress of 0", "\x01\x04", "progress[]", 0, 0},
		{"progress of 40", "\x01" + wait20 + wait20 + "\x04" + result, "progress[" + wait20 + wait20 + "] " + app, 0, 0},
		{"progress with control bytes", "\x01AB\x07\x1b[2J\x90\x04", "progress[AB\x07\x1b[2J\x90]", 0, 0},
		{"progress cut at 64", "\x01" + long + result, "progress[" + long[:63] + "]~ " + app, 7, 0},
		{"progress without end, then a frame", "\x01" + wait20 + result, "progress[" + wait20 + "]~ " + app, 0, 0},
		{"progress without end, then ack", "\x01" + wait20 + "\x06\x03\x7a", "progress[" + wait20 + "]~ ACK:ctrl+etx", 0, 0},
		{"short progress, then a frame", "\x01ATT" + result, "progress[ATT]~ " + app, 0, 0},
		{"short progress, then ack", "\x01ATT\x06\x03\x7a", "progress[ATT]~ ACK:ctrl+etx", 0, 0},
		{"short progress, then nak and a frame", "\x01A\x15\x03\x69" + result, "progress[A]~ NAK:ctrl+etx " + app, 0, 0},
		{"short progress, header begun", "\x01ATT\x023041220", "", 0, 12},
		{"short progress, header of a frame", "\x01ATT\x0230412207", "progress[ATT]~", 0, 9},
		{"short progress, damaged frame", "\x01ATT" + result[:30] + "\x03\x00", "progress[ATT]~ app[" + result[1:30] + "]00", 0, 0},
		{"short progress, frame of no terminal", "\x01ATT\x02HELLO\x03" + string(LRC(Payload, []byte("HELLO"))), fmt.Sprintf("progress[ATT]~ app[HELLO]%02X", LRC(Payload, []byte("HELLO"))), 0, 0},
		{"stray STX in a progress", "\x01AT\x02TE\x04" + result, "progress[AT\x02TE] " + app, 0, 0},
		{"stray STX and ETX in a progress", "\x01AT\x02TE\x03\x00NDI\x04" + result, "progress[AT\x02TE\x03\x00NDI] " + app, 0, 0},
		{"stray ACK in a progress", "\x01AT\x06TE\x04", "progress[AT\x06TE]", 0, 0},
		{"two unfinished progresses, then a frame", "\x01ATT\x01INS" + result, "progress[ATT\x01INS]~ " + app, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			want, d := deframe([]byte(c.in), nil)
			if short(want) != c.want {
				t.Errorf("frames %q\nwant   %q", short(want), c.want)
			}
			if _, n := d.Pending(); n != c.pending || d.Junk() != c.junk {
				t.Errorf("pending %d, junk %d; want %d, %d", n, d.Junk(), c.pending, c.junk)
			}
			checkCuts(t, []byte(c.in))
		})
	}
}

// checkCuts requires the same frames for whole, byte by byte, and every single
// cut.
func checkCuts(t *testing.T, b []byte) {
	t.Helper()
	whole, d := deframe(b, nil)
	every := make([]int, 0, len(b))
	for i := 1; i < len(b); i++ {
		every = append(every, i)
	}
	compare := func(how string, cuts []int) {
		frames, e := deframe(b, cuts)
		lead, n := d.Pending()
		otherLead, otherN := e.Pending()
		if short(frames) != short(whole) || n != otherN || lead != otherLead || d.Junk() != e.Junk() {
			t.Errorf("%s: %s\nwhole: %s", how, short(frames), short(whole))
		}
	}
	compare("byte by byte", every)
	for _, i := range every {
		compare(fmt.Sprintf("cut at %d", i), []int{i})
	}
}

// Every vector, and all good ones after each other, cut everywhere.
func TestDeframerCutsVectors(t *testing.T) {
	var stream []byte
	for _, v := range vectors(t) {
		b := v.bytes(t)
		checkCuts(t, b)
		if v.Valid {
			stream = append(stream, b...)
		}
	}
	whole, _ := deframe(stream, nil)
	for step := 1; step < 50; step++ {
		var cuts []int
		for i := step; i < len(stream); i += step {
			cuts = append(cuts, i)
		}
		if frames, _ := deframe(stream, cuts); short(frames) != short(whole) {
			t.Errorf("pieces of %d give other frames", step)
		}
	}
}

func TestFlushBareControl(t *testing.T) {
	for _, c := range []struct {
		in   string
		want string
	}{
		{"\x06", "ACK:suspected"},
		{"\x06\x03", "ACK:suspected"},
		{"\x15", "NAK:suspected"},
		{"\x15\x03", "NAK:suspected"},
		{"", ""},
		{"\x02304", ""},
		{"\x01ATT\x06", ""}, // belongs to the progress until that ends
	} {
		frames, d := deframe([]byte(c.in), nil)
		_, before := d.Pending()
		f, ok := d.FlushBareControl()
		if ok {
			frames = append(frames, f)
		}
		_, after := d.Pending()
		if short(frames) != c.want || ok != (c.want != "") {
			t.Errorf("%q: %s, %v", c.in, short(frames), ok)
		}
		if ok && (!f.Suspected() || after != 0) || !ok && after != before {
			t.Errorf("%q: suspected %v, pending %d then %d", c.in, f.Suspected(), before, after)
		}
	}
}

func TestDropUnfinished(t *testing.T) {
	result := answerFrame()
	for _, c := range []struct {
		in, want string
		dropped  Unfinished
	}{
		{"", "", Unfinished{}},
		{result, "app", Unfinished{}}, // complete frames are not lost
		{result[:12], "", Unfinished{12, true}},
		{result[:len(result)-1], "", Unfinished{len(result) - 1, true}},
		{"\x06", "ACK:suspected", Unfinished{}},
		{"\x01ATT", "progress[ATT]~", Unfinished{}},
		{"\x01ATT\x06", "progress[ATT]~ ACK:suspected", Unfinished{}},
		{"\x01ATT\x023041", "progress[ATT]~", Unfinished{5, true}}, // what the progress hid is told
	} {
		for _, drop := range []func(*Deframer) Unfinished{(*Deframer).DropUnfinished, (*Deframer).Close} {
			d := new(Deframer)
			d.Feed([]byte(c.in))
			u := drop(d)
			got := short(drain(nil, d))
			if c.want == "app" {
				c.want = got
				if !strings.HasPrefix(got, "app") {
					t.Errorf("complete frame lost: %q", got)
				}
			}
			if got != c.want || u != c.dropped {
				t.Errorf("%q: %q, %+v; want %q, %+v", c.in, got, u, c.want, c.dropped)
			}
			d.Feed([]byte(result)) // and the line goes on
			if got := short(drain(nil, d)); !strings.HasPrefix(got, "app") {
				t.Errorf("%q: after it %q", c.in, got)
			}
		}
	}
}

// An endless frame is cut, the longest one is taken, memory stays bounded.
func TestDeframerBounds(t *testing.T) {
	longest := AppendFrame(nil, bytes.Repeat([]byte("A"), MaxFrame-3), StxPayload)
	if frames, _ := deframe(longest, nil); len(frames) != 1 || len(longest) != MaxFrame {
		t.Errorf("frame of %d bytes: %v", len(longest), frames)
	}
	tooLong := AppendFrame(nil, bytes.Repeat([]byte("A"), MaxFrame-2), StxPayload)
	if frames, _ := deframe(append(tooLong, answerFrame()...), nil); len(frames) != 1 || len(frames[0].Payload) != len(answerPayload) {
		t.Errorf("frame of %d bytes: %v", len(tooLong), frames)
	}
	for name, unit := range map[string]string{
		"text":     "A",
		"stx":      "\x02",
		"header":   "\x02304122070E",
		"progress": "\x01",
		"hidden":   "\x01A\x02B",
		"controls": "\x06\x15\x03",
		"noise":    "\x00\xff\x01\x80\x02\x90\x06",
	} {
		d := new(Deframer)
		piece := []byte(strings.Repeat(unit, 4096/len(unit)))
		for range 200 {
			d.Feed(piece)
			for _, ok := d.Next(); ok; _, ok = d.Next() {
			}
			if _, n := d.Pending(); n > MaxFrame+progressMax {
				t.Fatalf("%s: %d bytes pending", name, n)
			}
		}
		if cap(d.buf) > 8*MaxFrame {
			t.Errorf("%s: buffer grew to %d", name, cap(d.buf))
		}
		d.DropUnfinished()
		drain(nil, d)
		d.Feed([]byte(answerFrame()))
		if got := drain(nil, d); len(got) != 1 {
			t.Errorf("%s: no resynchronisation: %v", name, got)
		}
	}
	d := new(Deframer)
	d.Feed(make([]byte, 1<<20))
	d.Next()
	d.Feed(nil)
	if cap(d.buf) > 8*MaxFrame {
		t.Errorf("one huge read keeps %d bytes", cap(d.buf))
	}
}

func TestFrameText(t *testing.T) {
	frames, _ := deframe([]byte("\x01 \x07A\x1b[2J\x90<b> \x04"), nil)
	if got := frames[0].Text(); got != "?A?[2J?<b>" {
		t.Errorf("text %q", got)
	}
	if frames[0].Valid(Payload) {
		t.Error("a progress has no LRC")
	}
	app, _ := deframe([]byte(answerFrame()), nil)
	if got := fmt.Sprint(app[0]); got != "application(s, 32 bytes)" {
		t.Errorf("%s", got)
	}
}

func TestScopeNames(t *testing.T) {
	for i, s := range Scopes {
		got, err := ParseScope(s.String())
		if err != nil || got != s || int(s) != i {
			t.Errorf("%v: %v, %v", s, got, err)
		}
		p := []byte(answerPayload)
		if d, ok := DetectScope(p, LRC(s, p)); !ok || d != s {
			t.Errorf("%v detected as %v, %v", s, d, ok)
		}
		right := 0
		for lrc := range 256 {
			if _, ok := DetectScope(p, byte(lrc)); ok {
				right++
			}
		}
		if right != 4 {
			t.Errorf("%d check bytes pass", right)
		}
	}
	if _, err := ParseScope("auto"); err == nil {
		t.Error("auto is not a scope")
	}
}

// The table of 1.3.
func TestControlForms(t *testing.T) {
	for form, lrcs := range map[ControlForm][2]byte{
		FormCtrl: {0x79, 0x6A}, FormCtrlEtx: {0x7A, 0x69}, FormStxCtrlEtx: {0x78, 0x6B}, FormStxCtrl: {0x7B, 0x68}, FormEtx: {0x7C, 0x7C},
	} {
		for i, b := range [][]byte{AppendACK(nil, form), AppendNAK(nil, form)} {
			if b[1] != ETX || b[2] != lrcs[i] {
				t.Errorf("%v: % X", form, b)
			}
			frames, _ := deframe(b, nil)
			if len(frames) != 1 || frames[0].Form != form || frames[0].Suspected() {
				t.Errorf("%v read as %v", form, frames)
			}
		}
		if got, err := ParseControlForm(form.String()); err != nil || got != form {
			t.Errorf("%v: %v, %v", form, got, err)
		}
	}
	known := 0
	for lrc := range 256 {
		if frames, _ := deframe([]byte{ACK, ETX, byte(lrc)}, nil); len(frames) > 0 && !frames[0].Suspected() {
			known++
		}
	}
	if known != 5 {
		t.Errorf("%d forms are known", known)
	}
	for scope, form := range map[Scope]ControlForm{StxPayloadEtx: FormCtrlEtx, PayloadEtx: FormCtrlEtx, Payload: FormCtrl, StxPayload: FormCtrl} {
		if DefaultForm(scope) != form {
			t.Errorf("%v: default %v", scope, DefaultForm(scope))
		}
	}
}
