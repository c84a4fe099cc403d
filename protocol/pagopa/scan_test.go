package pagopa

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestScanVectors(t *testing.T) {
	f := vectors(t)
	for _, group := range []struct {
		kind Kind
		vs   []vector
	}{{KindQR, f.QR}, {KindDataMatrix, f.DataMatrix}} {
		for _, v := range group.vs {
			s, err := ParseScan(v.Input)
			if strict := err == nil && s.Conformant(); strict != v.Valid {
				t.Errorf("%q (%s): conformant %t, want %t: %v, %v", v.Input, v.Why, strict, v.Valid, s, err)
			}
			if v.Accept == false {
				if err == nil {
					t.Errorf("%q (%s): accepted as %v", v.Input, v.Why, s)
				}
				continue
			}
			if err != nil || s.Kind != group.kind || (v.Accept == "warn") != (len(s.Warnings) > 0) {
				t.Errorf("%q (%s): %v, %v, want accept %v", v.Input, v.Why, s, err, v.Accept)
				continue
			}
			if v.Cents != nil && s.AmountCents != *v.Cents || v.Notice != "" && string(s.Notice) != v.Notice || v.EC != "" && string(s.Creditor) != v.EC {
				t.Errorf("%q: %v", v.Input, s)
			}
			if v.Normalized != "" && s.Canonical() != v.Normalized {
				t.Errorf("%q: canonical %q, want %q", v.Input, s.Canonical(), v.Normalized)
			}
		}
	}
}

// The vectors' reasons must reach the caller as errors and flags it can act on.
func TestScanReasons(t *testing.T) {
	const qr = "PAGOPA|002|301202600000456712|15376371009|12345"
	const gs1 = "(415)8012345000005(8020)301202600000456712(3902)12345"
	for _, c := range []struct {
		name, in string
		err      error
		warns    []Warning
		repairs  []Repair
	}{
		{name: "right", in: qr},
		{name: "amount missing", in: "PAGOPA|002|301202600000456712|15376371009", err: ErrLayout},
		{name: "six fields", in: qr + "|1", err: ErrLayout},
		{name: "twelve digits", in: "PAGOPA|002|301202600000456712|15376371009|123456789012", err: ErrAmount},
		{name: "version", in: "PAGOPA|003|301202600000456712|15376371009|12345", err: ErrVersion},
		{name: "aux", in: "PAGOPA|002|901202600000456712|15376371009|12345", err: ErrNoticeAux},
		{name: "placeholder notice", in: "PAGOPA|002|000000000000000000|15376371009|12345", err: ErrNoticePlaceholder},
		{name: "placeholder creditor", in: "PAGOPA|002|301202600000456712|00000000000|12345", err: ErrCreditorPlaceholder},
		{name: "test creditor", in: "PAGOPA|002|301202600000456712|77777777777|12345", warns: []Warning{WarnCreditorCheck}},
		{name: "both wrong", in: "PAGOPA|002|301202600000456713|15376371008|12345", warns: []Warning{WarnNoticeCheck, WarnCreditorCheck}},
		{name: "large", in: "PAGOPA|002|301202600000456712|15376371009|99999999999", warns: []Warning{WarnAmountLarge}},
		{name: "US on Italian", in: "PAGOPA§002§301202600000456712§15376371009§12345", repairs: []Repair{RepairUSOnItalian}},
		{name: "Italian on US", in: "PAGOPA~002~301202600000456712~15376371009~12345", repairs: []Repair{RepairItalianOnUS}},
		{name: "damaged prefix", in: "+Q1PAGOPA§002§301202600000456712§15376371009§12345\r", repairs: []Repair{RepairWhitespace, RepairUSOnItalian, RepairAIM}},
		{name: "prefix without bracket", in: "q1pagopa|002|301202600000456712|15376371009|12345\t", repairs: []Repair{RepairWhitespace, RepairAIM, RepairCapsLock}},
		{name: "lost separators", in: "PAGOPA0023012026000004567121537637100912345", repairs: []Repair{RepairSeparators}},
		{name: "lost separators and a digit", in: "PAGOPA002301202600000456721537637100912345", err: ErrDamaged},
		{name: "one separator lost, wrong check", in: "PAGOPA|002|30120260000045671315376371009|12345", err: ErrDamaged},
		{name: "short amount", in: "PAGOPA|002|301202600000456712|15376371009|5", repairs: []Repair{RepairShortAmount}},
		{name: "foreign code", in: "https://example.org/pay?id=1", err: ErrNotNotice},
		{name: "foreign slip", in: "codfase=NBPX;18301202600000456712", err: ErrNotNotice},
		{name: "cut slip", in: "codfase=NBPA;18301202600000456712120000", err: ErrLayout},
		{name: "slip, 15 digit amount", in: "codfase=NBPA;18301202600000456712120000123456781500000000001234538961P115376371009", repairs: []Repair{RepairLayout, RepairTail}},
		{name: "slip, too much", in: "codfase=NBPA;18301202600000456712120000123456781500009999999999938961P115376371009", err: ErrAmount},
		{name: "GS1", in: gs1},
		{name: "GS1 raw", in: "]C141580123450000058020301202600000456712\x1d390212345", repairs: []Repair{RepairAIM}},
		{name: "GS1 without GS", in: "41580123450000058020301202600000456712390212345"},
		{name: "GS1 US on Italian", in: ")415=8012345000005)8020=301202600000456712)3902=12345", repairs: []Repair{RepairUSOnItalian}},
		{name: "GS1 Italian on US", in: "*415(8012345000005*8020(301202600000456712*3902(12345", repairs: []Repair{RepairItalianOnUS}},
		{name: "GS1 without amount", in: "41580123450000058020301202600000456712", repairs: []Repair{RepairTail}},
		{name: "GS1 warnings", in: "(415)8012345000006(8020)301202600000456713(3902)12345", warns: []Warning{WarnGLNCheck, WarnNoticeCheck}},
		{name: "GS1 cut", in: "(415)8012345000005(8020)3012026000004567", err: ErrLayout},
		{name: "GS1 amount", in: "(415)8012345000005(8020)301202600000456712(3902)123456789012", err: ErrAmount},
		{name: "digits", in: "301202600000456712"},
		{name: "grouped", in: "3012 0260 0000 4567 12\n", repairs: []Repair{RepairWhitespace}},
		{name: "Code 128", in: "]C0301202600000456712", repairs: []Repair{RepairAIM}},
		{name: "number and creditor", in: "301202600000456712@15376371009"},
		{name: "number and creditor, US on Italian", in: `301202600000456712"15376371009`, repairs: []Repair{RepairUSOnItalian}},
		{name: "number and wrong creditor", in: "301202600000456712@15376371008", warns: []Warning{WarnCreditorCheck}},
		{name: "number and no creditor", in: "301202600000456712@", err: ErrCreditorLength},
		{name: "typed check digits", in: "301202600000456713", err: ErrNoticeCheck},
		{name: "typed IUV", in: "01202600000456712", err: ErrIUVTyped},
		{name: "typed letter O", in: "3012026O0000456712", err: ErrNoticeDigits},
		{name: "too many digits", in: "3012026000004567120", err: ErrNoticeLength},
		{name: "nothing", in: " \r\n", err: ErrEmpty},
		{name: "prefix only", in: "]Q1", err: ErrNotNotice},
		{name: "word", in: "tari", err: ErrNotNotice},
	} {
		s, err := ParseScan(c.in)
		if !errors.Is(err, c.err) {
			t.Errorf("%s: %v, want %v", c.name, err, c.err)
			continue
		}
		if c.err == nil && (!slices.Equal(s.Warnings, c.warns) || !slices.Equal(s.Repairs, c.repairs)) {
			t.Errorf("%s: warnings %v repairs %v, want %v %v", c.name, s.Warnings, s.Repairs, c.warns, c.repairs)
		}
		if c.err == nil && len(c.warns) == 0 && s.Notice != "301202600000456712" {
			t.Errorf("%s: notice %q", c.name, s.Notice)
		}
		if _, anyway := SearchAnyway(err); err != nil && !anyway && !reflect.DeepEqual(s, Scan{}) {
			t.Errorf("%s: refused, and yet filled: %v", c.name, s)
		}
	}
}

func TestScanSearchAnywayKeepsCreditor(t *testing.T) {
	s, err := ParseScan("3012 0260 0000 4567 13@15376371009")
	n, ok := SearchAnyway(err)
	if !ok || n != "301202600000456713" || s.Notice != n || s.Creditor != "15376371009" {
		t.Fatalf("%v, %v", s, err)
	}
}

func TestScanQR(t *testing.T) {
	for in, want := range map[string]string{
		"301202600000456712@15376371009":                       "PAGOPA|002|301202600000456712|15376371009|00",
		"PAGOPA|002|301202600000456712|15376371009|0000015000": "PAGOPA|002|301202600000456712|15376371009|15000",
		"PAGOPA|002|301202600000456712|15376371009|5":          "PAGOPA|002|301202600000456712|15376371009|05",
	} {
		s, err := ParseScan(in)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.QR(); err != nil || got != want {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
	s, err := ParseScan("301202600000456712")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.QR(); !errors.Is(err, ErrNoCreditor) {
		t.Error(err)
	}
}

// wholeSlip has every character that the keyboard maps damage and a slip may carry.
var wholeSlip = Scan{
	Kind: KindDataMatrix, Notice: "301202600000456712", Creditor: "15376371009", AmountCents: 12345,
	Slip: &Slip{account: "000012345678", debtor: "DNGMRA80A01H501Y", name: "D'ANGELO & C. (EREDI) - S/N", causale: "Tari 2026: rata 1/3; saldo = 10% + <a> [b] {c} #1 * \"x\" ~ ^ _?"},
}

func TestDataMatrixFields(t *testing.T) {
	text := wholeSlip.Canonical()
	if len(text) != 256 {
		t.Fatalf("%d characters", len(text))
	}
	s, err := ParseScan(text)
	if err != nil || !reflect.DeepEqual(s, wholeSlip) {
		t.Fatalf("%v, %v", s, err)
	}
	for i, want := range map[int]string{13: "18", 15: "301202600000456712", 33: "12", 47: "10", 49: "0000012345", 59: "38961P1", 66: "15376371009", 77: "DNGMRA", 93: "D'ANG", 133: "Tari", 243: "            A"} {
		if !strings.HasPrefix(text[i:], want) {
			t.Errorf("at %d: %q, want %q", i, text[i:i+len(want)], want)
		}
	}
	// A before the blanks, as one generator writes it.
	variant := text[:243] + "A" + strings.Repeat(" ", 12)
	if s, err := ParseScan(variant); err != nil || !slices.Contains(s.Repairs, RepairLayout) || !reflect.DeepEqual(s.Slip, wholeSlip.Slip) {
		t.Errorf("A before the blanks: %v, %v", s, err)
	}
	// However much a scanner drops after the creditor's code, the notice stands.
	for n := 77; n < len(text); n++ {
		s, err := ParseScan(text[:n])
		if err != nil || s.Notice != wholeSlip.Notice || s.Creditor != wholeSlip.Creditor || s.AmountCents != 12345 || !s.Repaired() {
			t.Fatalf("first %d: %v, %v", n, s, err)
		}
		if n < 93 && s.Slip.DebtorCode() != "" {
			t.Fatalf("first %d: half a tax code", n)
		}
	}
	latin1 := text[:93] + "NICCOL\xd2" + text[100:]
	if s, err := ParseScan(latin1); err != nil || !strings.HasPrefix(s.Slip.DebtorName(), "NICCOLÒ") || !slices.Contains(s.Repairs, RepairEncoding) {
		t.Errorf("Latin-1: %v, %v", s, err)
	}
}

// plainSlip keeps to what an Italian keyboard types without AltGr and without the key
// beside the left shift, which no US keyboard has.
var plainSlip = Scan{
	Kind: KindDataMatrix, Notice: "301202600000456712", Creditor: "15376371009", AmountCents: 12345,
	Slip: &Slip{account: "000012345678", debtor: "DNGMRA80A01H501Y", name: "D'ANGELO & C. (EREDI) - S/N", causale: "Tari 2026: rata 1/3; saldo = 10% + 1 * \"x\" ^ _?"},
}

func TestWedgeMap(t *testing.T) {
	want := vectors(t).Wedge
	if len(want) != len(wedgeKeys) {
		t.Errorf("%d keys, the vectors have %d", len(wedgeKeys), len(want))
	}
	for us, it := range want {
		if mapRunes(us, usToIT) != it || mapRunes(it, itToUS) != us {
			t.Errorf("%s and %s: %s, %s", us, it, mapRunes(us, usToIT), mapRunes(it, itToUS))
		}
	}
}

// Whatever a wrongly set keyboard does to a whole code, in both directions, with and
// without Caps Lock and prefix, comes back as the same scan.
func TestScanUndoesKeyboards(t *testing.T) {
	it := func(s string) string { return mapRunes(s, usToIT) }
	us := func(s string) string { return mapRunes(s, itToUS) }
	same := func(s string) string { return s }
	for name, text := range map[string]string{
		"QR":                "PAGOPA|002|301202600000456712|15376371009|12345",
		"whole Data Matrix": wholeSlip.Canonical(),
		"Data Matrix":       plainSlip.Canonical(),
		"GS1":               "(415)8012345000005(8020)301202600000456712(3902)12345",
	} {
		want, err := ParseScan(text)
		if err != nil || want.Canonical() != text {
			t.Fatal(err)
		}
		for _, prefix := range []string{"", "]Q1", "]d1", "]C1"} {
			for layout, damage := range map[string]func(string) string{"right": same, "us on it": it, "it on us": us} {
				for caps, lock := range map[string]func(string) string{"": same, "caps": swapCase} {
					if name == "whole Data Matrix" && layout == "it on us" {
						continue // see plainSlip
					}
					typed := lock(damage(prefix+text)) + "\r\n"
					got, err := ParseScan(typed)
					if err != nil || got.Canonical() != want.Canonical() || !got.Repaired() {
						t.Errorf("%s %q %s %s: %v, %v", name, prefix, layout, caps, got, err)
					}
				}
			}
		}
	}
}

func TestNothingPersonalLeaks(t *testing.T) {
	text := wholeSlip.Canonical()
	secrets := []string{"DNGMRA", "ANGELO", "Tari"}
	check := func(what, shown string) {
		t.Helper()
		for _, secret := range secrets {
			if strings.Contains(strings.ToLower(shown), strings.ToLower(secret)) {
				t.Errorf("%s shows %q: %s", what, secret, shown)
			}
		}
	}
	s, err := ParseScan(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		check("scan "+verb, fmt.Sprintf(verb, s))
		check("pointer "+verb, fmt.Sprintf(verb, &s))
		check("slip "+verb, fmt.Sprintf(verb, s.Slip))
		if verb != "%s" && verb != "%q" { // there fmt unfolds every pointer as a bad verb
			check("nested "+verb, fmt.Sprintf(verb, struct{ inner Scan }{s}))
		}
	}
	if s.Slip.DebtorCode() != "DNGMRA80A01H501Y" || s.Slip.DebtorName() == "" || s.Slip.Reason() == "" || s.Slip.Account() != "000012345678" {
		t.Error("the slip's fields are not to be had at all")
	}
	for i := range text { // every way of breaking it that ends in an error
		for _, broken := range []string{text[:i], text[i:], text[:i] + "!" + text[i+1:]} {
			if _, err := ParseScan(broken); err != nil {
				check("error", err.Error())
			}
		}
	}
}
