package ecr17

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func vasPart(n int, more bool, xml string) VASPart {
	return VASPart{TID: "30412207", Sequence: n, More: more, XML: xml}
}

// K01 to K03 and what may go wrong beside.
func TestVASParts(t *testing.T) {
	a, b, c := vasPart(1, true, "<a>"), vasPart(2, true, "text"), vasPart(3, false, "</a>")
	for _, tc := range []struct {
		name  string
		parts []VASPart
		want  string
		cause error
	}{
		{"K01 three parts", []VASPart{a, b, c}, "<a>text</a>", nil},
		{"one part", []VASPart{vasPart(1, false, "<a/>")}, "<a/>", nil},
		{"K02 a part twice", []VASPart{a, b, b, a, c, c}, "<a>text</a>", nil},
		{"K03 a hole", []VASPart{a, c}, "", ErrVASParts},
		{"the first missing", []VASPart{b, c}, "", ErrVASParts},
		{"the last missing", []VASPart{a, b}, "", ErrVASParts},
		{"nothing", nil, "", ErrVASParts},
		{"a repeat with another content", []VASPart{a, vasPart(1, true, "<b>"), b, c}, "", ErrVASParts},
		{"a repeat that is no longer the last", []VASPart{a, b, c, vasPart(3, true, "</a>")}, "", ErrVASParts},
		{"a part after the last", []VASPart{a, b, c, vasPart(4, false, "more")}, "", ErrVASParts},
		{"number zero", []VASPart{vasPart(0, false, "<a/>")}, "", ErrVASParts},
		{"an error stays", []VASPart{a, c, b, c}, "", ErrVASParts},
	} {
		var j VASParts
		for _, p := range tc.parts {
			j.Add(p)
		}
		got, err := j.XML()
		if got != tc.want || !errors.Is(err, tc.cause) {
			t.Errorf("%s: %q, %v", tc.name, got, err)
		}
	}
	var j VASParts
	var err error
	kept := 0
	for n := 1; n <= 999 && err == nil; n++ {
		if _, err = j.Add(vasPart(n, true, strings.Repeat("A", maxXML))); err == nil {
			kept += maxXML
		}
	}
	if !errors.Is(err, ErrLong) || kept > MaxVASAnswer {
		t.Errorf("%d bytes kept, %v", kept, err)
	}
}

// K04: more declared than there is, is damage and costs no memory.
func TestVASDeclaredLength(t *testing.T) {
	p := encoded(t, vasPart(1, false, "<a/>"))
	for _, length := range []string{"0005", "1024", "9999"} {
		if m, err := DecodeAs[VASPart](FromTerminal, patch(p, 23, length), Lenient); !errors.Is(err, ErrShort) || m.XML != "" {
			t.Errorf("%s: %+v, %v", length, m, err)
		}
	}
	m, err := DecodeAs[VASPart](FromTerminal, patch(p, 23, "0003"), Lenient)
	if err != nil || m.XML != "<a/" {
		t.Errorf("shorter: %+v, %v", m, err)
	}
}

func vasXML(params ...string) string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="ISO-8859-1"?><ecrres><p k="ECRVASID">BPAY_QR</p>`)
	for i := 0; i < len(params); i += 2 {
		fmt.Fprintf(&b, "<p k=%q>%s</p>\n", params[i], params[i+1])
	}
	return b.String() + "</ecrres>"
}

func TestReadVAS(t *testing.T) {
	nested := `<p k="RESPID">0</p><p k="ORDER_ID">A1</p><p k="AMOUNT">10</p>`
	for _, c := range []struct {
		name, xml string
		want      VASAnswer
		cause     error
	}{
		{"done", vasXML("RESPID", "0", "RESPMSG", "OK &amp; APPROVED", "ORDER_ID", "A1", "AMOUNT", "10"),
			VASAnswer{"BPAY_QR", "0", "OK & APPROVED", "A1", "10"}, nil},
		{"nested", vasXML("SUBSMPARAMS", nested), VASAnswer{"BPAY_QR", "0", "", "A1", "10"}, nil},
		{"receipt tags beside", strings.Replace(vasXML("RESPID", "0"), "</ecrres>", `<t><b>QR</b><lf/></t></ecrres>`, 1), VASAnswer{Service: "BPAY_QR", RespID: "0"}, nil},
		{"the same twice", vasXML("RESPID", "0", "RESPID", "0"), VASAnswer{Service: "BPAY_QR", RespID: "0"}, nil},
		{"K05 refused", vasXML("RESPID", "17", "RESPMSG", "NO"), VASAnswer{Service: "BPAY_QR", RespID: "17", Message: "NO"}, ErrVASRefused},
		{"refused in words", vasXML("RESPID", "KO"), VASAnswer{Service: "BPAY_QR", RespID: "KO"}, ErrVASRefused},
		{"no RESPID", vasXML("RESPMSG", "OK"), VASAnswer{Service: "BPAY_QR", Message: "OK"}, ErrVASAnswer},
		{"empty RESPID", vasXML("RESPID", " "), VASAnswer{Service: "BPAY_QR"}, ErrVASAnswer},
		{"contradictory", vasXML("RESPID", "0", "RESPID", "1"), VASAnswer{Service: "BPAY_QR", RespID: "0"}, ErrVASAnswer},
		{"order too long", vasXML("RESPID", "0", "ORDER_ID", strings.Repeat("A", 28)), VASAnswer{"BPAY_QR", "0", "", strings.Repeat("A", 28), ""}, ErrVASAnswer},
		{"cut", `<ecrres><p k="RESPID">0</p>`, VASAnswer{RespID: "0"}, ErrVASAnswer},
		{"not XML", "RESPID=0", VASAnswer{}, ErrVASAnswer},
		{"nothing", "", VASAnswer{}, ErrVASAnswer},
	} {
		got, err := ReadVAS(c.xml)
		if got != c.want || !errors.Is(err, c.cause) {
			t.Errorf("%s: %+v, %v", c.name, got, err)
		}
	}
}

// The parts of the vectors, joined, are a done service.
func TestVASOfVectors(t *testing.T) {
	var j VASParts
	for _, v := range vectors(t) {
		if !strings.HasPrefix(v.Name, "vas_resp_part") {
			continue
		}
		f, _ := v.application(t)
		part, err := DecodeAs[VASPart](FromTerminal, f.Payload, Lenient)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := j.Add(part); err != nil {
			t.Fatal(err)
		}
	}
	xml, err := j.XML()
	if err != nil {
		t.Fatal(err)
	}
	if a, err := ReadVAS(xml); err != nil || a.RespID != "0" || a.Message != "OK-APPROVED" {
		t.Errorf("%+v, %v", a, err)
	}
}

// In whatever order and however often parts come, the joined answer is the
// parts from 1 on, or an error; and reading it never makes a success of an
// answer without RESPID 0.
func FuzzVASParts(f *testing.F) {
	_, payloads := seeds(f)
	n := 0
	for _, s := range payloads {
		if s.dir == FromTerminal && s.payload[9] == 'K' {
			if m, err := DecodeAs[VASPart](FromTerminal, s.payload, Lenient); err == nil {
				f.Add(m.XML, "\x01\x82\x83")
				n++
			}
		}
	}
	if n < 2 {
		f.Fatalf("%d parts among the seeds", n)
	}
	f.Add(vasXML("RESPID", "0", "SUBSMPARAMS", `<p k="ORDER_ID">A1</p>`), "\x81\x81\x02")
	f.Add(vasXML("RESPID", "3"), "\x81\x03")
	f.Add("<a><!--<p k='RESPID'>0</p>--></a>", "\x01")
	f.Fuzz(func(t *testing.T, xml, order string) {
		pieces := strings.SplitAfter(xml, ">")
		var j VASParts
		whole, done := "", false
		next := 1
		for i := range len(order) {
			number := int(order[i] & 0x7F)
			if number > len(pieces) {
				continue
			}
			p := vasPart(number, order[i]&0x80 != 0, "")
			if number > 0 {
				p.XML = pieces[number-1]
			}
			finished, err := j.Add(p)
			if err != nil {
				if _, again := j.XML(); !errors.Is(again, err) && again.Error() != err.Error() {
					t.Fatalf("the error does not stay: %v, then %v", err, again)
				}
				return
			}
			if number == next {
				if done {
					t.Fatal("a part after the last was taken")
				}
				whole += p.XML
				next++
				done = !p.More
			} else if number > next {
				t.Fatalf("part %d taken instead of %d", number, next)
			}
			if finished != done {
				t.Fatalf("finished %v, last part seen %v", finished, done)
			}
		}
		got, err := j.XML()
		if (err == nil) != done || done && got != whole || len(got) > MaxVASAnswer {
			t.Fatalf("joined %q, %v; sent %q, last part seen %v", got, err, whole, done)
		}
		for _, text := range []string{got, xml} {
			if a, err := ReadVAS(text); err == nil && (a.RespID == "" || !zeros(a.RespID) || !strings.Contains(text, "RESPID") || len(a.OrderID) > MaxOrderID) {
				t.Fatalf("%q reads as done: %+v", text, a)
			}
		}
	})
}
