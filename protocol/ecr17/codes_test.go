package ecr17

import (
	"testing"
	"time"
)

func rome(y int, m time.Month, d, hh, mm int) time.Time {
	return time.Date(y, m, d, hh, mm, 0, 0, Rome())
}

func TestHostTime(t *testing.T) {
	for _, c := range []struct {
		in   HostTime
		now  time.Time
		want time.Time // zero: no time
	}{
		{"2731942", rome(2026, 9, 30, 19, 45), rome(2026, 9, 30, 19, 42)},
		{"2102210", rome(2026, 7, 29, 22, 15), rome(2026, 7, 29, 22, 10)}, // 29 July is day 210
		{"2112210", rome(2028, 7, 29, 22, 15), rome(2028, 7, 29, 22, 10)}, // and 211 in leap years
		{"3652359", rome(2027, 1, 1, 0, 3), rome(2026, 12, 31, 23, 59)},   // sent on 31 December
		{"0010003", rome(2026, 12, 31, 23, 58), rome(2027, 1, 1, 0, 3)},   // host a little ahead
		{"0010003", rome(2027, 1, 1, 0, 4), rome(2027, 1, 1, 0, 3)},
		{"2732041", rome(2026, 9, 30, 19, 45), rome(2026, 9, 30, 20, 41)}, // within the hour
		{"2732046", rome(2026, 9, 30, 19, 45), rome(2025, 9, 30, 20, 46)}, // beyond it: a year ago
		{"2731942", rome(2026, 9, 30, 19, 45).UTC(), rome(2026, 9, 30, 19, 42)},
		{"3661200", rome(2028, 12, 31, 12, 5), rome(2028, 12, 31, 12, 0)},
		{"3661200", rome(2029, 1, 2, 12, 5), rome(2028, 12, 31, 12, 0)},
		{"3661200", rome(2026, 12, 31, 12, 5), time.Time{}}, // no leap year at hand
		{"3671942", rome(2026, 9, 30, 19, 45), time.Time{}},
		{"0001942", rome(2026, 9, 30, 19, 45), time.Time{}},
		{"2732442", rome(2026, 9, 30, 19, 45), time.Time{}},
		{"2731960", rome(2026, 9, 30, 19, 45), time.Time{}},
		{"273194", rome(2026, 9, 30, 19, 45), time.Time{}},
		{"27319 2", rome(2026, 9, 30, 19, 45), time.Time{}},
		{"", rome(2026, 9, 30, 19, 45), time.Time{}},
	} {
		got, ok := c.in.Time(c.now)
		if ok != !c.want.IsZero() || !got.Equal(c.want) {
			t.Errorf("%q at %v: %v, %v; want %v", c.in, c.now, got, ok, c.want)
		}
	}
	// What we write we read, on every day of a leap and a common year.
	for at := rome(2027, 1, 1, 0, 0); at.Year() < 2029; at = at.Add(7*time.Hour + 13*time.Minute) {
		got, ok := HostTimeOf(at).Time(at.Add(30 * time.Minute))
		if !ok || HostTimeOf(got) != HostTimeOf(at) || got.Sub(at).Abs() > time.Hour {
			t.Fatalf("%v written %q, read %v %v", at, HostTimeOf(at), got, ok)
		}
	}
}

func TestClock(t *testing.T) {
	for in, want := range map[Clock]time.Time{
		"0110261942": rome(2026, 10, 1, 19, 42),
		"3112252359": rome(2025, 12, 31, 23, 59),
		"0101990000": rome(2099, 1, 1, 0, 0),
		"3202260000": {},
		"2902270000": {},
		"0110262442": {},
		"011026194":  {},
		"":           {},
	} {
		got, ok := in.Time()
		if ok != !want.IsZero() || !got.Equal(want) {
			t.Errorf("%q: %v, %v", in, got, ok)
		}
		if ok && ClockOf(got) != in {
			t.Errorf("%q written %q", in, ClockOf(got))
		}
	}
}

func TestActionCode(t *testing.T) {
	for code, want := range map[ActionCode]string{
		"000": "approvata", "116": "fondi insufficienti", "117": "PIN errato", "101": "carta scaduta", "907": "banca o circuito non disponibile",
		"199": "rifiutata", "299": "rifiutata: ritirare la carta", "999": "errore di sistema", "650": "codice sconosciuto", "": "", "1A6": "", "11": "",
	} {
		if got := code.Sense(); got != want {
			t.Errorf("%q: %q, want %q", code, got, want)
		}
	}
	for code := range actionSense {
		if len(code) != 3 || !allDigits(string(code)) {
			t.Errorf("%q is not a code", code)
		}
	}
	for code, want := range map[ActionCode]bool{"888": true, "909": true, "911": true, "000": false, "116": false, "": false} {
		if code.Unsettled() != want {
			t.Errorf("%q unsettled: %v", code, !want)
		}
	}
}

func TestTerminalState(t *testing.T) {
	want := map[TerminalState]MayPay{
		-1: PayIfAllowed, 0: PayNo, 1: PayNo, 2: PayYes, 3: PayNo, 4: PayNo, 5: PayWarned, 6: PayWarned, 7: PayIfAllowed, 9: PayIfAllowed,
	}
	labels := map[string]bool{}
	for s, pay := range want {
		if s.MayPay() != pay || s.Label() == "" {
			t.Errorf("state %d: %v, %q", s, s.MayPay(), s.Label())
		}
		labels[s.Label()] = true
	}
	if len(labels) != 8 { // seven states and "unknown"
		t.Errorf("%d different labels", len(labels))
	}
	m, err := DecodeAs[StatusAnswer](FromTerminal, []byte("304122070s0000000000011026194X?"), Lenient)
	if err != nil || m.State != StateUnreadable || m.Clock != "" {
		t.Errorf("unreadable state: %+v, %v", m, err)
	}
}

func TestLabels(t *testing.T) {
	for _, c := range []CardType{CardBancomat, CardCredit, CardOther, "7"} {
		if c.Label() == "" {
			t.Errorf("card type %q has no label", c)
		}
	}
	for _, c := range []CardType{"", "0"} {
		if c.Label() != "" {
			t.Errorf("no card is called %q", c.Label())
		}
	}
	for _, e := range []EntryMode{EntryChip, EntryStripe, EntryTyped, EntryContactlessStripe, EntryContactlessChip} {
		if !e.Known() || e.Label() == "lettura sconosciuta" {
			t.Errorf("entry mode %q", e)
		}
	}
	if EntryMode("QRC").Label() != "lettura sconosciuta" || EntryMode("").Label() != "" {
		t.Error("unknown entry modes")
	}
}
