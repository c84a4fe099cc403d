package govpay

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
)

// seeds adds the bodies of the examples; a target without any would test nothing.
func seeds(f *testing.F, patterns ...string) {
	f.Helper()
	n := 0
	for _, pattern := range patterns {
		for _, x := range examples(f, pattern) {
			if len(x.Response.Body) > 0 {
				f.Add([]byte(x.Response.Body))
				n++
			}
		}
	}
	if n == 0 {
		f.Fatal("no seeds")
	}
}

// FuzzPositions reads a body as each interface would, and as a list's row.
func FuzzPositions(f *testing.F) {
	seeds(f, "0[1-5]-*", "07-*", "21-*")
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, api := range []API{Pagamento, Pendenze, Ragioneria, Backoffice} {
			var w wirePosition
			if decode(text, &w) != nil {
				return
			}
			p, err := w.position(api)
			if err != nil {
				return
			}
			if p.Cents < 0 || p.Cents > MaxCents || len(p.Lines) > maxLines || len(p.Attempts) > maxAttempts || len([]rune(p.StateWhy)) > 255 {
				t.Fatalf("over a cap: %+v", p)
			}
			if p.Weak() != (api == Ragioneria || w.RPP.link || len(w.Voci) == 0) {
				t.Fatalf("gaps %q of %s", p.Gaps, api)
			}
			if api != Ragioneria {
				continue
			}
			open, collected := 0, 0
			for _, l := range p.Lines {
				if l.Collected {
					collected++
				} else {
					open++
				}
			}
			if p.State == StatePaid && (open > 0 || collected == 0) || p.State == StateOpen && (collected > 0 || open == 0) {
				t.Fatalf("state %q with %d collected and %d open", p.State, collected, open)
			}
		}
	})
}

// FuzzFault: nothing that is not a code gets into the text of the error.
func FuzzFault(f *testing.F) {
	seeds(f, "05-*", "09-*", "1[3-7]-*")
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, status := range []int{201, 302, 400, 403, 404, 422, 500, 502} {
			fault := Fault{Operation: "x", Status: status, Sent: true}
			fault.readFault("application/json", text)
			if len(fault.Codice) > 40 || len(fault.PaymentID) > 70 || len([]rune(fault.Dettaglio)) > 1000 || strings.ContainsAny(fault.Error(), "\r\n\x00") {
				t.Fatalf("%+v", fault)
			}
			if fault.Outcome == OutcomeNone {
				t.Fatalf("no outcome: %+v", fault)
			}
			n := NextOf(&fault)
			if n.Do == "" || (n.Do == Done || n.Do == Never || n.Do == Wait) && fault.Codice == "" {
				t.Fatalf("%+v of %+v", n, fault)
			}
		}
	})
}

func FuzzCreated(f *testing.F) {
	seeds(f, "08-*", "12-*", "13-*")
	f.Fuzz(func(t *testing.T, text []byte) {
		var w wireCreated
		if decode(text, &w) == nil {
			if c, err := w.created(); err == nil && (len(c.Notice) != 18 || len(c.Creditor) != 11 || len(c.PDF) > 0 && !bytes.HasPrefix(c.PDF, []byte("%PDF-"))) {
				t.Fatalf("%+v", c)
			}
		}
	})
}

func FuzzPayment(f *testing.F) {
	seeds(f, "18-*", "19-*")
	f.Fuzz(func(t *testing.T, text []byte) {
		var w wirePayment
		if decode(text, &w) != nil {
			return
		}
		p, err := w.payment()
		if err != nil {
			return
		}
		if p.ID == "" || len(p.ID) > 70 || p.Cents < 0 || p.Cents > MaxCents || len(p.Attempts) > maxAttempts || p.Listed && len(p.Attempts) > 0 {
			t.Fatalf("%+v", p)
		}
		for _, a := range p.Attempts {
			if len([]rune(a.Code)) > 35 || len(a.IUV) > 35 || a.Proof != nil && a.Unreadable {
				t.Fatalf("%+v", a)
			}
		}
	})
}

func FuzzService(f *testing.F) {
	seeds(f, "10-*", "24-*")
	f.Fuzz(func(t *testing.T, text []byte) {
		var w wireService
		if decode(text, &w) == nil {
			if s, err := w.service(); err == nil && (!isID(s.ID) || len(s.Schema) > 0 && (!json.Valid(s.Schema) || s.Schema[0] == '[')) {
				t.Fatalf("%+v", s)
			}
		}
		var p wireProfile
		if decode(text, &p) == nil {
			if got, err := p.profile(); err == nil && (got.Name == "" && strings.TrimSpace(p.Nome) != "" && clip(p.Nome, 70) != "" || len(got.Creditors) > maxCreditors) {
				t.Fatalf("%+v", got)
			}
		}
	})
}

// FuzzDecimal: what we write, we read back, and it is the amount.
func FuzzDecimal(f *testing.F) {
	for _, cents := range []int64{0, 1, 9, 10, 99, 100, 101, 2221, 7730, MaxCents} {
		f.Add(cents)
	}
	f.Fuzz(func(t *testing.T, cents int64) {
		if cents < 0 || cents > MaxCents {
			return
		}
		text := decimal(cents).String()
		back, err := ParseCents(text)
		if err != nil || back != cents || strings.ReplaceAll(text, ".", "") != strings.Repeat("0", max(0, 3-len(strconv.FormatInt(cents, 10))))+strconv.FormatInt(cents, 10) {
			t.Fatalf("%d became %q and %d, %v", cents, text, back, err)
		}
	})
}
