package pagopa

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// whyError ties the words of a vector's "why" to the error a caller can act on.
func whyError(why string) error {
	for _, w := range []struct {
		words string
		err   error
	}{
		{"17-digit IUV typed", ErrIUVTyped},
		{"check digits", ErrNoticeCheck},
		{"length", ErrNoticeLength},
		{"aux digit", ErrNoticeAux},
		{"only ASCII digits", ErrNoticeDigits},
	} {
		if strings.Contains(why, w.words) {
			return w.err
		}
	}
	return nil
}

func TestNoticeVectors(t *testing.T) {
	for _, v := range vectors(t).Notices {
		n, err := ParseNotice(v.Input)
		if !v.Valid {
			if want := whyError(v.Why); want == nil || !errors.Is(err, want) || n != "" {
				t.Errorf("%q (%s): got %q, %v, want %v", v.Input, v.Why, n, err, want)
			}
			number, anyway := SearchAnyway(err)
			if anyway != errors.Is(err, ErrNoticeCheck) || anyway && string(number) != v.Input {
				t.Errorf("%q: search anyway %q, %t", v.Input, number, anyway)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q (%s): %v", v.Input, v.Why, err)
			continue
		}
		if n.Aux() != *v.Aux || n.Segregation() != v.SegregationCode || n.Application() != v.ApplicationCode ||
			n.IUV() != v.IUV || n.Check() != v.CheckDigits || !n.CheckOK() {
			t.Errorf("%q: parts %d %q %q %q %q", v.Input, n.Aux(), n.Segregation(), n.Application(), n.IUV(), n.Check())
		}
		back, err := NoticeFromIUV(n.IUV())
		if n.Aux() == 3 && (err != nil || back != n) {
			t.Errorf("%q: from its IUV %q, %v", n, back, err)
		}
	}
}

func TestNoticeNormalizeVectors(t *testing.T) {
	for _, v := range vectors(t).Normalize {
		got := NormalizeNotice(v.Input)
		if got != v.Normalized || Notice(got).CheckOK() != v.Valid {
			t.Errorf("%q: %q, check %t", v.Input, got, Notice(got).CheckOK())
		}
		_, err := ParseNotice(got)
		if placeholder := strings.Contains(v.Why, "placeholder"); placeholder != errors.Is(err, ErrNoticePlaceholder) || !placeholder && err != nil {
			t.Errorf("%q: %v", v.Input, err)
		}
	}
}

func TestNoticeGroupedAndForeignValues(t *testing.T) {
	n, err := ParseNotice("301202600000456712")
	if err != nil || n.Grouped() != "3012 0260 0000 4567 12" || NormalizeNotice(n.Grouped()) != string(n) {
		t.Fatalf("%q, %v", n.Grouped(), err)
	}
	for _, bad := range []Notice{"", "x", "3012026O0000456712", "99999999999999999999"} {
		if bad.CheckOK() || bad.Aux() != -1 || bad.IUV() != "" || bad.Segregation() != "" || bad.Grouped() != string(bad) {
			t.Errorf("%q has parts", bad)
		}
	}
	for _, iuv := range []string{"", "123456789012313", "0120260000045671x"} {
		if _, err := NoticeFromIUV(iuv); !errors.Is(err, ErrIUVLength) {
			t.Errorf("IUV %q: %v", iuv, err)
		}
	}
	if _, err := NoticeFromIUV("01202600000456713"); !errors.Is(err, ErrNoticeCheck) {
		t.Errorf("IUV with wrong check digits: %v", err)
	}
}

func TestCreditorVectors(t *testing.T) {
	for _, v := range vectors(t).Creditors {
		c, err := ParseCreditor(v.Input)
		switch {
		case v.Accept == false:
			if !errors.Is(err, ErrCreditorPlaceholder) {
				t.Errorf("%q: %v", v.Input, err)
			}
		case v.Valid:
			if err != nil || !c.CheckOK() || string(c) != v.Input {
				t.Errorf("%q: %v, check %t", v.Input, err, c.CheckOK())
			}
		case strings.HasPrefix(v.Why, "check digit"):
			if err != nil || c.CheckOK() {
				t.Errorf("%q: %v, check %t", v.Input, err, c.CheckOK())
			}
		default:
			if !errors.Is(err, ErrCreditorLength) {
				t.Errorf("%q: %v", v.Input, err)
			}
		}
	}
	if c, err := ParseCreditor("77777777777"); err != nil || c.CheckOK() {
		t.Errorf("the test environments' code must pass, with a wrong check digit: %v", err)
	}
	if _, err := ParseCreditor("1537637100O"); !errors.Is(err, ErrCreditorDigits) {
		t.Error(err)
	}
	if Creditor("x").CheckOK() {
		t.Error("a converted string has a check digit")
	}
}

func TestTaxCodeVectors(t *testing.T) {
	for _, v := range vectors(t).TaxCodes {
		c, err := ParseTaxCode(v.Input)
		var want error
		switch {
		case v.Valid:
		case strings.HasPrefix(v.Why, "check letter"):
			want = ErrTaxCodeCheck
		case strings.HasPrefix(v.Why, "day/month"):
			want = ErrTaxCodeDate
		case strings.HasPrefix(v.Why, "position"):
			want = ErrTaxCodeCharacter
		case strings.HasPrefix(v.Why, "length"):
			want = ErrTaxCodeLength
		default:
			t.Errorf("%q: no error known for %q", v.Input, v.Why)
		}
		if !errors.Is(err, want) || v.Valid && c.Code() != v.Input {
			t.Errorf("%q (%s): %q, %v, want %v", v.Input, v.Why, c.Code(), err, want)
		}
		if err != nil && strings.Contains(err.Error(), v.Input) {
			t.Errorf("the error repeats the code: %v", err)
		}
	}
}

func TestTaxCodeBirth(t *testing.T) {
	for code, want := range map[string]Birth{
		"BNCLRA92T55F205L": {Day: 15, Month: 12, YearOf100: 92, Female: true},
		"BNCLRA00B69A001O": {Day: 29, Month: 2, YearOf100: 0, Female: true},
		"RSSMRAULALMHRLMD": {Day: 1, Month: 1, YearOf100: 80},
	} {
		c, err := ParseTaxCode(" " + strings.ToLower(code) + "\r\n")
		if err != nil {
			t.Fatal(err)
		}
		if b, ok := c.Birth(); !ok || b != want {
			t.Errorf("%s: %+v, %t", code, b, ok)
		}
		if c.Omocodia() != (code == "RSSMRAULALMHRLMD") || c.Numeric() {
			t.Errorf("%s: omocodia %t numeric %t", code, c.Omocodia(), c.Numeric())
		}
	}
	c, err := ParseTaxCode("15376371009")
	if _, ok := c.Birth(); err != nil || ok || !c.Numeric() || c.Omocodia() {
		t.Errorf("company: %v", err)
	}
	for in, want := range map[string]error{
		"15376371008": ErrTaxCodeCheck, "00000000000": ErrTaxCodePlaceholder, "1537637100X": ErrTaxCodeCharacter,
		"BNCLRA01B69A001P": ErrTaxCodeDate, "RSSMRA80F01H501U": ErrTaxCodeDate, "RSSMRA80A72H501U": ErrTaxCodeDate,
		"1SSMRA80A01H501U": ErrTaxCodeCharacter, "RſSMRA80A01H501U": ErrTaxCodeCharacter,
	} {
		if _, err := ParseTaxCode(in); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", in, err, want)
		}
	}
}

// Every subset of the seven replaceable digits is a code of its own with its own
// check letter and the same date.
func TestTaxCodeOmocodiaSubsets(t *testing.T) {
	places := []int{6, 7, 9, 10, 12, 13, 14}
	for mask := range 1 << len(places) {
		b := []byte("RSSMRA80A01H501U")
		for i, p := range places {
			if mask>>i&1 == 1 {
				b[p] = omocodia[b[p]-'0']
			}
		}
		b[15] = taxCodeCheck(string(b))
		c, err := ParseTaxCode(string(b))
		if err != nil || c.Omocodia() != (mask != 0) {
			t.Fatalf("%s: %v", b, err)
		}
		if birth, _ := c.Birth(); birth != (Birth{Day: 1, Month: 1, YearOf100: 80}) {
			t.Fatalf("%s: %+v", b, birth)
		}
	}
}

func TestTaxCodeHidesItself(t *testing.T) {
	c, err := ParseTaxCode("RSSMRA80A01H501U")
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%s", "%+v", "%#v", "%q"} {
		if got := fmt.Sprintf(verb, c); strings.Contains(got, "RSS") {
			t.Errorf("%s shows %s", verb, got)
		}
	}
}

func TestLongInputIsRefusedUnread(t *testing.T) {
	long := strings.Repeat("3", MaxInput+1)
	for name, err := range map[string]error{
		"notice":   second(ParseNotice(long)),
		"creditor": second(ParseCreditor(long)),
		"tax code": second(ParseTaxCode(long)),
		"scan":     second(ParseScan(long)),
	} {
		if err == nil || len(err.Error()) > 120 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if NormalizeNotice(" "+long) != " "+long {
		t.Error("long input was normalized")
	}
}

func second[T any](_ T, err error) error { return err }
