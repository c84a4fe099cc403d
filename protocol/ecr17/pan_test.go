package ecr17

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
)

// Test card numbers of the schemes; each passes the Luhn check.
var cards = []string{"4111111111111111", "5555555555554444", "378282246310005", "4222222222222", "6759649826438453"}

var digitRuns = regexp.MustCompile(`\d(?:[ .-]?\d){11,}`)

// leaks finds a card number in s: a run of 12 digits or more that holds 12
// digits of one of the cards, or passes Luhn as a whole.
func leaks(s string) string {
	for _, run := range digitRuns.FindAllString(s, -1) {
		digits := strings.TrimLeft(strings.NewReplacer(" ", "", ".", "", "-", "").Replace(run), "0")
		for _, c := range cards {
			if strings.Contains(digits, c[:12]) || strings.Contains(digits, c[len(c)-12:]) {
				return run
			}
		}
		if len(digits) >= minPAN && len(digits) <= panWidth && luhn(digits) {
			return run
		}
	}
	return ""
}

// leaksHex finds a card number printed byte by byte in hexadecimal.
func leaksHex(s string) string {
	for _, c := range cards {
		for _, part := range []string{c[:12], c[len(c)-12:]} {
			if h := hex.EncodeToString([]byte(part)); strings.Contains(strings.ToLower(s), h) {
				return h
			}
		}
	}
	return ""
}

func luhn(s string) bool {
	sum := 0
	for i := range len(s) {
		d := int(s[len(s)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

var verbs = []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%o", "%t", "%e", "%p"}

func TestDetectorFindsCards(t *testing.T) {
	for _, c := range cards {
		if leaks("x"+c+"y") == "" || leaks(c[:4]+" "+c[4:8]+" "+c[8:]) == "" {
			t.Errorf("%s would pass unseen", c)
		}
	}
	if leaks("0000000000845020 30412207 004711") != "" {
		t.Error("totals are taken for cards")
	}
}

func TestPAN(t *testing.T) {
	for _, c := range []struct{ in, wire, shown string }{
		{"4111111111111111", "************1111", "****1111"},
		{"0004111111111111111", "000************1111", "****1111"},
		{"000453201******7741", "000453201******7741", "****7741"},
		{"4532011*****7741", "************7741", "****7741"}, // seven digits in front are one too many
		{"453201**7741", "********7741", "****7741"},         // two hidden are too few
		{"0000000000000007741", "0000000000000007741", "****7741"},
		{"0000000000000000041", "0000000000000000041", "****0041"},
		{"***************7741", "***************7741", "****7741"},
		{"****7741", "****7741", "****7741"},
		{"411111111111", "********1111", "****1111"},
		{"12345", "*2345", "****2345"},
		{"0000000000000000000", "0000000000000000000", ""},
		{"", "", ""},
		{"                   ", "                   ", ""},
	} {
		p := NewPAN(c.in)
		if p.wire != c.wire || p.String() != c.shown {
			t.Errorf("%q: wire %q, shown %q; want %q, %q", c.in, p.wire, p, c.wire, c.shown)
		}
		if again := NewPAN(p.wire); again != p {
			t.Errorf("%q: masking twice gives %q", c.in, again.wire)
		}
	}
}

// A card number in clear comes out nowhere: not from any verb, error, JSON or
// kept message, wherever in a result it stood.
func TestNothingLeaks(t *testing.T) {
	ok := encoded(t, approved())
	refused := encoded(t, Result{Class: ClassPayment, TID: "30412207", Code: ResultRefused, Reason: "NEGATA"})
	seen := 0
	check := func(what string, v any) {
		seen++
		for _, verb := range verbs {
			s := fmt.Sprintf(verb, v)
			if strings.EqualFold(verb, "%x") { // texts come out as digits: look for the cards' own
				if run := leaksHex(s); run != "" {
					t.Errorf("%s with %s shows %s", what, verb, run)
				}
				continue
			}
			run := leaks(s)
			if run != "" {
				t.Errorf("%s with %s shows %s", what, verb, run)
			}
		}
		b, err := json.Marshal(v)
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if run := leaks(string(b)); run != "" {
			t.Errorf("%s in JSON shows %s", what, run)
		}
	}
	for _, card := range cards {
		wide := strings.Repeat("0", panWidth-len(card)) + card
		grouped := card[:4] + " " + card[4:8] + " " + card[8:12] + " " + card[12:]
		check("PAN", NewPAN(card))
		check("grouped PAN", NewPAN(grouped))
		check("text", MaskText("carta "+card+" negata, "+grouped))
		for name, p := range map[string][]byte{
			"approved":         patch(ok, 13, wide),
			"left aligned":     patch(ok, 13, card+strings.Repeat(" ", panWidth-len(card))),
			"refused":          patch(refused, 13, wide),
			"reason":           patch(refused, 13, "CARTA "+card),
			"reason, grouped":  patch(refused, 13, grouped),
			"odd code":         patch(patch(ok, 13, wide), 11, "77"),
			"bad result":       patch(patch(ok, 13, wide), 11, "??"),
			"cut":              patch(ok, 13, wide)[:60],
			"cut in the PAN":   patch(ok, 13, wide)[:12+panWidth],
			"long":             append(patch(ok, 13, wide), "X"...),
			"starred by X":     patch(ok, 13, strings.Replace(wide, wide[9:11], "XX", 1)),
			"in the PAN field": patch(ok, 13, "A"+wide[1:]),
		} {
			for _, mode := range []Mode{Strict, Lenient} {
				r, err := DecodeResult(p, mode)
				check(name, r)
				check(name+", raw", string(r.Raw))
				if err != nil {
					check(name+", error", err.Error())
				}
			}
			frames, _ := deframe(AppendFrame(nil, p, PayloadEtx), nil)
			for _, f := range frames {
				check(name+", frame", f.String())
				if s := fmt.Sprintf("%v %+v %#v %d %x", f, f, f, f, f); leaks(s) != "" {
					t.Errorf("%s: frame prints %s", name, s)
				}
			}
		}
		// Errors of the encoder show the value at fault.
		for _, m := range []Message{
			PaymentRequest{Code: 'X', TID: card},
			PaymentRequest{Code: 'X', TID: AnyTerminal, CashRegister: card, AmountCents: 1},
			PaymentRequest{Code: 'X', TID: AnyTerminal, AmountCents: 1, Text: strings.Repeat("A", 56) + card + strings.Repeat("B", 80)},
			ReversalRequest{TID: AnyTerminal, STAN: card},
			Result{Class: ClassPayment, TID: AnyTerminal, Code: ResultCode(card)},
			Result{Class: ClassPayment, TID: AnyTerminal, Code: "00", STAN: grouped},
			AdditionalData{TID: AnyTerminal, ISOField: "00", IndexMap: "1000", Tags: []string{"CARTA" + card + strings.Repeat("A", 60)}},
		} {
			_, err := m.AppendPayload(nil)
			if err == nil {
				t.Errorf("%T was accepted", m)
				continue
			}
			check("encoder error", err.Error())
		}
	}
	if seen < 100 {
		t.Errorf("only %d outputs looked at", seen)
	}
}

func TestPANInJSON(t *testing.T) {
	b, err := json.Marshal(approved())
	if err != nil {
		t.Fatal(err)
	}
	var back Result
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	if back.PAN.String() != "****7741" || !strings.Contains(string(b), `"PAN":"****7741"`) {
		t.Errorf("PAN %v in %s", back.PAN, b)
	}
	if err := json.Unmarshal([]byte(`{"PAN":"4111111111111111"}`), &back); err != nil || back.PAN.wire != "************1111" {
		t.Errorf("a number in clear came in as %q, %v", back.PAN.wire, err)
	}
	if json.Unmarshal([]byte(`{"PAN":5}`), &back) == nil {
		t.Error("a number is not a PAN")
	}
}

// TestMaskText: cards are hidden however they are written, and what is no card stays readable.
func TestMaskText(t *testing.T) {
	for _, card := range cards {
		stars, last := strings.Repeat("*", len(card)-4), card[len(card)-4:]
		for _, text := range []string{"%s", "PAN %s.", "000%s", "%s 13.03.2026 10.05", "CARTA%sX", "A0000000031010 %s", "1000000%s", "%s00471130"} {
			in := fmt.Sprintf(text, card)
			if got := MaskText(in); leaks(got) != "" || strings.Contains(got, card[:len(card)-4]) {
				t.Errorf("%q: %q", in, got)
			} else if text == "PAN %s." && got != fmt.Sprintf(text, stars+last) {
				t.Errorf("%q: %q", in, got)
			} else if MaskText(got) != got {
				t.Errorf("%q: masking twice gives %q", got, MaskText(got))
			}
		}
		for _, sep := range []string{" ", ".", "-"} {
			grouped := strings.Join([]string{card[:4], card[4:8], card[8:12], card[12:]}, sep)
			if got := MaskText(grouped); leaks(got) != "" || !strings.HasSuffix(strings.ReplaceAll(got, sep, ""), "*"+last) || len(got) != len(grouped) {
				t.Errorf("%q: %q", grouped, got)
			}
		}
	}
	if got := MaskText("4111111111111111 5555555555554444"); got != "************1111 ************4444" {
		t.Errorf("two cards: %q", got)
	}
	for _, text := range []string{
		"AID A0000000031010", "AID: A0000000041010", "A0000001410001", "A0000000043060", "0000000031010", "TML 30412207 STAN 000123",
		"12.03.2026 10.05 000123", "301000000000000123", "ESERCENTE 000012345678901", "****1111", "453201******7741", "4111111111111112", "",
	} {
		if got := MaskText(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}

// TestMaskTextFindsAsLuhnDoes holds the sums against a plain count, over every window of random runs.
func TestMaskTextFindsAsLuhnDoes(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		run := make([]byte, minPAN+r.IntN(12))
		for i := range run {
			run[i] = byte('0' + r.IntN(10))
		}
		want := []byte(string(run))
		for from := range run {
			for n := minPAN; n <= panWidth && from+n <= len(run); n++ {
				one := string(run[from : from+n])
				whole := strings.Trim(string(run[:from]), "0") == "" && from+n == len(run)
				rare := (n == 17 || n == 18) && one[0] != '5' && one[0] != '6'
				if one[0] == '0' || rare || !luhn(one) || len(run) <= panWidth && !whole {
					continue
				}
				for k := from; k < from+n-4; k++ {
					want[k] = '*'
				}
			}
		}
		if got := MaskText(string(run)); got != string(want) {
			t.Fatalf("%s: %s, want %s", run, got, want)
		}
	}
}
