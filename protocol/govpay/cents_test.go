package govpay

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
)

func TestParseCents(t *testing.T) {
	for in, want := range map[string]int64{
		"45.01": 4501, "100.0": 10000, "100": 10000, "0": 0, "0.0": 0, "0.01": 1, "0.1": 10, "128.5": 12850,
		"60.00": 6000, "1e2": 10000, "1E+2": 10000, "1.5e1": 1500, "12345e-2": 12345, "4501E-2": 4501, "1.230": 123,
		"0e40": 0, "0.00000": 0, "999999999.99": MaxCents, "1e9": -1, "1000000000": -1, "1e40": -1, "9e99": -1,
		"45.011": -1, "0.001": -1, "1e-3": -1, "-1": -1, "+1": -1, "": -1, ".": -1, ".5": -1, "5.": -1, "01": -1,
		"1,5": -1, "1 5": -1, "NaN": -1, "Infinity": -1, "0x10": -1, "1e": -1, "1e2e3": -1, "1_0": -1, "١": -1,
		"0.0000000000000000000000000000000000000000000001": -1,
	} {
		got, err := ParseCents(in)
		switch {
		case want < 0 && !errors.Is(err, ErrAmount):
			t.Errorf("ParseCents(%q) = %d, %v; want ErrAmount", in, got, err)
		case want >= 0 && (err != nil || got != want):
			t.Errorf("ParseCents(%q) = %d, %v; want %d", in, got, err, want)
		}
	}
}

// TestFloatWouldLie shows what the exactness is for.
func TestFloatWouldLie(t *testing.T) {
	got, err := ParseCents("1.15")
	if err != nil || got != 115 {
		t.Fatalf("ParseCents(1.15) = %d, %v", got, err)
	}
	v := 1.15
	if int64(v*100) == 115 {
		t.Fatal("this machine's floats are better than expected: choose another amount")
	}
}

func TestEuroJSON(t *testing.T) {
	for in, want := range map[string]euro{
		`45.01`: {4501, true}, `"45.01"`: {4501, true}, `null`: {}, `0`: {0, true},
	} {
		var got euro
		if err := json.Unmarshal([]byte(in), &got); err != nil || got != want {
			t.Errorf("%s: %+v, %v; want %+v", in, got, err, want)
		}
	}
	for _, in := range []string{`""`, `true`, `{}`, `[1]`, `"mario"`, `-1`} {
		var got euro
		if err := json.Unmarshal([]byte(in), &got); err == nil {
			t.Errorf("%s: accepted as %+v", in, got)
		}
	}
}

// FuzzCents: whatever is accepted says the same amount when written again.
func FuzzCents(f *testing.F) {
	seeds := []string{"45.01", "100.0", "100", "1e2", "1E+2", "0.001", "999999999.99", "1e-2", "00", "-1"}
	if len(seeds) == 0 {
		f.Fatal("no seeds")
	}
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		cents, err := ParseCents(s)
		if err != nil {
			if cents != 0 {
				t.Fatalf("ParseCents(%q) = %d with error %v", s, cents, err)
			}
			return
		}
		if cents < 0 || cents > MaxCents {
			t.Fatalf("ParseCents(%q) = %d", s, cents)
		}
		if !json.Valid([]byte(s)) {
			t.Fatalf("ParseCents(%q) accepted what is not a JSON number", s)
		}
		canonical := fmt.Sprintf("%d.%02d", cents/100, cents%100)
		again, err := ParseCents(canonical)
		if err != nil || again != cents {
			t.Fatalf("%q -> %d -> %q -> %d, %v", s, cents, canonical, again, err)
		}
	})
}
