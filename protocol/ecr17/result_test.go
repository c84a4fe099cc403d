package ecr17

import (
	"errors"
	"strings"
	"testing"
)

// approved is the 92-byte answer that the tests vary.
func approved() Result {
	return Result{
		Class: ClassExtended, TID: "30412207", Code: ResultOK,
		PAN: NewPAN("000453201******7741"), Entry: EntryContactlessChip, AuthCode: "8F21K7", HostTime: "2731942",
		CardType: CardCredit, Acquirer: "88105000012", STAN: "004711", OnlineID: "003320",
		ActionCode: "000", AmountCents: 12500, HasAmount: true,
	}
}

func encoded(tb testing.TB, m Message) []byte {
	tb.Helper()
	p, err := m.AppendPayload(nil)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

func TestResultRoundTrip(t *testing.T) {
	want := approved()
	p := encoded(t, want)
	got, err := DecodeResult(p, Strict)
	if err != nil {
		t.Fatal(err)
	}
	if got.Letter != 'E' || string(got.Raw) != string(p) {
		t.Errorf("letter %q, raw %s", got.Letter, got.Raw)
	}
	got.Letter, got.Raw = 0, ""
	if got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// patch writes s at the 1-based position of a copy of p.
func patch(p []byte, at int, s string) []byte {
	q := append([]byte(nil), p...)
	copy(q[at-1:], s)
	return q
}

// Whatever is odd about an answer is an error, that is: no verdict.
func TestResultWithoutVerdict(t *testing.T) {
	ok := encoded(t, approved())
	refused := encoded(t, Result{Class: ClassExtended, TID: "30412207", Code: ResultRefused, Reason: "FONDI INSUFFICIENTI", ActionCode: "116", HasAmount: true})
	for name, c := range map[string]struct {
		p     []byte
		cause error
	}{
		"no amount":                      {patch(ok, 75, "        "), ErrNotDigits},
		"result not digits":              {patch(ok, 11, "0O"), ErrNotDigits},
		"result blank":                   {patch(ok, 11, "  "), ErrNotDigits},
		"denial text":                    {patch(ok, 13, "CARTA NON ABILITATA     "), ErrContradictory},
		"pending":                        {patch(ok, 72, "888"), ErrContradictory},
		"issuer timeout":                 {patch(ok, 72, "911"), ErrContradictory},
		"malfunction":                    {patch(ok, 72, "909"), ErrContradictory},
		"refused with card":              {patch(ok, 11, "01"), ErrContradictory},
		"unknown code with card":         {patch(ok, 11, "77"), ErrContradictory},
		"refused with entry and time":    {patch(refused, 32, "ICC8F21K72731942"), ErrContradictory},
		"83 bytes":                       {ok[:83], ErrLength},
		"91 bytes":                       {ok[:91], ErrLength},
		"70 bytes":                       {ok[:70], ErrShort},
		"header only":                    {ok[:10], ErrShort},
		"half a result code":             {ok[:11], ErrShort},
		"nothing":                        {nil, ErrShort},
		"not a result":                   {encoded(t, TicketPart{TID: AnyTerminal, Text: "A"}), ErrKind},
		"high byte in the reason":        {patch(refused, 20, "\xc8"), ErrNotASCII},
		"a V as long as an E":            {patch(ok, 10, "V"), ErrShort},
		"pre-authorisation, no amount":   {patch(encoded(t, Result{Class: ClassPreauth, TID: AnyTerminal, Code: ResultOK, HasAmount: true}), 41, "ABC"), ErrNotDigits},
		"refused pre-authorisation, PAN": {patch(encoded(t, Result{Class: ClassPreauth, TID: AnyTerminal, Code: "01", Reason: "NO"}), 13, "000453201******7741"), ErrContradictory},
	} {
		for _, mode := range []Mode{Strict, Lenient} {
			if _, err := DecodeResult(c.p, mode); !errors.Is(err, c.cause) {
				t.Errorf("%s, mode %d: %v, want %v", name, mode, err, c.cause)
			}
		}
	}
}

// What a terminal may do differently and stays a verdict.
func TestResultLenient(t *testing.T) {
	ok := encoded(t, approved())
	for name, c := range map[string]struct {
		p      []byte
		strict error
		check  func(Result) bool
	}{
		"reserved filled": {patch(ok, 83, "ABCDEFGHIJ"), ErrReserved, func(r Result) bool { return r.AmountCents == 12500 }},
		"byte 9":          {patch(ok, 9, "1"), ErrHeader, func(r Result) bool { return r.Class == ClassExtended }},
		"longer": {append(append([]byte(nil), ok...), "TAIL"...), ErrLong, func(r Result) bool {
			return r.Class == ClassExtended && r.HasAmount && strings.HasSuffix(string(r.Raw), "TAIL")
		}},
		"STAN not digits":    {patch(ok, 60, "ABC"), ErrNotDigits, func(r Result) bool { return r.STAN == "" && r.OnlineID == "003320" }},
		"host time garbage":  {patch(ok, 41, "?"), ErrNotDigits, func(r Result) bool { return r.HostTime == "" }},
		"blank common":       {patch(ok, 48, strings.Repeat(" ", 24)), nil, func(r Result) bool { return r.STAN == "" && r.CardType == "" }},
		"PAN with X":         {patch(ok, 13, "000453201"+strings.Repeat("X", 6)+"7741"), ErrNotDigits, func(r Result) bool { return r.PAN == NewPAN("000453201******7741") }},
		"PAN zeros":          {patch(ok, 13, "0000000000000007741"), nil, func(r Result) bool { return r.PAN.LastFour() == "7741" }},
		"no PAN":             {patch(ok, 13, strings.Repeat("0", 19)), nil, func(r Result) bool { return r.PAN == PAN{} }},
		"PAN in clear":       {patch(ok, 13, "0004532011234567741"), ErrPANInClear, func(r Result) bool { return r.PAN.LastFour() == "7741" && !strings.Contains(string(r.Raw), "532011") }},
		"entry mode unknown": {patch(ok, 32, "QRC"), nil, func(r Result) bool { return r.Entry == "QRC" && !r.Entry.Known() }},
		"code 09":            {encoded(t, Result{Class: ClassExtended, TID: AnyTerminal, Code: ResultUnknownTag, Reason: "TAG SCONOSCIUTO"}), ErrNotDigits, func(r Result) bool { return r.Reason == "TAG SCONOSCIUTO" && !r.HasAmount && r.PAN == PAN{} }},
		"control in reason":  {patch(encoded(t, Result{Class: ClassPayment, TID: AnyTerminal, Code: "01", Reason: "NO GOOD"}), 15, "\x1b"), ErrNotText, func(r Result) bool { return r.Reason == "NO?GOOD" }},
	} {
		r, err := DecodeResult(c.p, Lenient)
		if err != nil || !c.check(r) {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
		if _, err := DecodeResult(c.p, Strict); !errors.Is(err, c.strict) {
			t.Errorf("%s, strict: %v, want %v", name, err, c.strict)
		}
	}
}

// Table of 2.10: letter and length say what a saved result belongs to.
func TestClassifyLast(t *testing.T) {
	want := map[byte]map[int]Class{
		'E': {71: ClassPayment, 84: ClassReversal, 92: ClassExtended},
		'V': {117: ClassPaymentDCC},
		'e': {106: ClassPreauth},
		'i': {75: ClassIncrement},
		'c': {74: ClassClosure},
		'v': {109: ClassClosureDCC},
	}
	for letter := byte(0); letter < 0x80; letter++ {
		for n := headerLen; n < 130; n++ {
			p := append([]byte("304122070"), letter)
			p = append(p, make([]byte, n-headerLen)...)
			if got := ClassifyLast(p); got != want[letter][n] {
				t.Fatalf("%q of %d bytes: %v, want %v", letter, n, got, want[letter][n])
			}
		}
	}
	if ClassifyLast(nil) != ClassUnknown {
		t.Error("nothing has a class")
	}
	effects := map[Class]Effect{
		ClassPayment: EffectPerhaps, ClassExtended: EffectCharged, ClassPaymentDCC: EffectCharged, ClassReversal: EffectReturned,
		ClassPreauth: EffectBlocked, ClassIncrement: EffectBlockedMore, ClassClosure: EffectCollected, ClassClosureDCC: EffectCollected,
	}
	for c, e := range effects {
		if c.Effect() != e {
			t.Errorf("%v: effect %v, want %v", c, c.Effect(), e)
		}
		if c.IsPayment() != (e == EffectPerhaps || e == EffectCharged) {
			t.Errorf("%v: payment %v", c, c.IsPayment())
		}
	}
}

// An increment has its own layout, and a refused body only where a text stands.
func TestIncrementRefused(t *testing.T) {
	base := Result{Class: ClassIncrement, TID: AnyTerminal, Code: ResultRefused, STAN: "004722", OnlineID: "003332", ActionCode: "116"}
	for _, reason := range []string{"", "FONDI INSUFFICIENTI"} {
		base.Reason = reason
		r, err := DecodeResult(encoded(t, base), Strict)
		if err != nil || r.Reason != reason || r.STAN != "004722" || r.ActionCode != "116" {
			t.Errorf("%q: %+v, %v", reason, r, err)
		}
	}
}

// The baseline compares equal however the same result came.
func TestRawBaseline(t *testing.T) {
	clear := patch(encoded(t, approved()), 13, "0004532011234567741")
	first, err := DecodeResult(clear, Lenient)
	if err != nil {
		t.Fatal(err)
	}
	if first.Raw != NewRaw(clear) {
		t.Error("the same bytes give another baseline")
	}
	if NewRaw([]byte(first.Raw)) != first.Raw {
		t.Error("masking twice is not masking once")
	}
	if NewRaw(patch(clear, 60, "004712")) == first.Raw {
		t.Error("another STAN gives the same baseline")
	}
	again, err := DecodeResult([]byte(first.Raw), Lenient)
	if err != nil || again != first {
		t.Errorf("kept message reads as %+v, %v", again, err)
	}
}
