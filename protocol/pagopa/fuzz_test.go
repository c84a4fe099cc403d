package pagopa

import (
	"errors"
	"reflect"
	"testing"
)

func seed(f *testing.F, groups ...[]vector) {
	f.Helper()
	n := 0
	for _, g := range groups {
		for _, v := range g {
			f.Add(v.Input)
			n++
		}
	}
	if n == 0 {
		f.Fatal("no seeds")
	}
}

func FuzzNotice(f *testing.F) {
	v := vectors(f)
	seed(f, v.Notices, v.Normalize)
	f.Fuzz(func(t *testing.T, in string) {
		norm := NormalizeNotice(in)
		if NormalizeNotice(norm) != norm {
			t.Fatalf("%q normalizes twice", in)
		}
		n, err := ParseNotice(in)
		if err != nil {
			return
		}
		if again, err := ParseNotice(NormalizeNotice(n.Grouped())); err != nil || again != n || string(n) != in {
			t.Fatalf("%q: %q, %v", in, again, err)
		}
		if from, err := NoticeFromIUV(n.IUV()); n.Aux() == 3 && (err != nil || from != n) {
			t.Fatalf("%q: from IUV %q, %v", in, from, err)
		}
	})
}

func FuzzTaxCode(f *testing.F) {
	seed(f, vectors(f).TaxCodes)
	f.Fuzz(func(t *testing.T, in string) {
		c, err := ParseTaxCode(in)
		if err != nil {
			return
		}
		if again, err := ParseTaxCode(c.Code()); err != nil || again != c {
			t.Fatalf("%q: %q, %v", in, again.Code(), err)
		}
	})
}

func FuzzScan(f *testing.F) {
	v := vectors(f)
	seed(f, v.QR, v.DataMatrix, v.Notices, v.Normalize)
	for _, s := range []string{"(415)8012345000005(8020)301202600000456712(3902)12345", "]C141580123450000058020301202600000456712\x1d390212345",
		"301202600000456712@15376371009", "+Q1PAGOPA§002§301202600000456712§15376371009§12345"} {
		f.Add(s)
	}
	f.Fuzz(oneCanonicalForm)
}

// FuzzDataMatrix mutates what follows the header, which FuzzScan seldom gets past.
func FuzzDataMatrix(f *testing.F) {
	n := 0
	for _, v := range vectors(f).DataMatrix {
		if s, err := ParseScan(v.Input); err == nil {
			f.Add(s.Slip.debtor, s.Slip.name, s.Slip.causale, s.AmountCents, uint8(n))
			n++
		}
	}
	if n == 0 {
		f.Fatal("no seeds")
	}
	f.Fuzz(func(t *testing.T, debtor, name, causale string, cents int64, damage uint8) {
		s := Scan{Kind: KindDataMatrix, Notice: "301202600000456712", Creditor: "15376371009", AmountCents: max(0, cents%slipMaxCents),
			Slip: &Slip{account: "000012345678", debtor: debtor, name: name, causale: causale}}
		text := s.Canonical()
		if damage&1 != 0 {
			text = mapRunes(text, usToIT)
		}
		if damage&2 != 0 {
			text = swapCase(text)
		}
		if len(text) > 77 && damage&4 != 0 {
			text = text[:len(text)-int(damage)%(len(text)-77)]
		}
		oneCanonicalForm(t, text)
	})
}

// oneCanonicalForm: what parses renders to a form that parses to the same thing
// without any repair, and renders to itself.
func oneCanonicalForm(t *testing.T, in string) {
	s, err := ParseScan(in)
	if err != nil && !errors.Is(err, ErrNoticeCheck) {
		if !reflect.DeepEqual(s, Scan{}) {
			t.Fatalf("%q: refused and filled: %v", in, s)
		}
		return
	}
	canon := s.Canonical()
	again, err2 := ParseScan(canon)
	if !errors.Is(err2, err) && (err == nil || err2 == nil || err.Error() != err2.Error()) {
		t.Fatalf("%q: %v, then %q: %v", in, err, canon, err2)
	}
	if again.Repaired() || again.Canonical() != canon {
		t.Fatalf("%q: canonical %q reads as %v", in, canon, again)
	}
	s.Repairs = nil
	if !reflect.DeepEqual(again, s) {
		t.Fatalf("%q: %v, then %v", in, s, again)
	}
}
