package govpaytest

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestWhoSettles: where the platform settles, a charge at the terminal tells it
// nothing; only POST /pagamenti does.
func TestWhoSettles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bank.jsonl")
	line := fmt.Sprintf(`{"v":1,"seq":1,"at":%q,"terminal":"12345678","kind":"payment","approved":true,"amount_cents":12345,"stan":"000001","data":[%q]}`+"\n",
		time.Now().Add(-time.Minute).Format(time.RFC3339), demoNotice(1)+comune)
	if err := os.WriteFile(path, []byte(line), 0o600); err != nil {
		t.Fatal(err)
	}
	for settlement, want := range map[string]string{"": StatePaid, "terminal": StatePaid, SettlementPlatform: stateOpen} {
		seed := Demo(time.Now())
		seed.Creditors[0].Settlement = settlement
		s := start(t, Options{Seed: seed, BankFile: path, Report: func(err error) { t.Error(err) }})
		if got := state(t, s, 1); got != want {
			t.Errorf("settlement %q: charged is %s, want %s", settlement, got, want)
		}
		if settlement != SettlementPlatform {
			continue
		}
		newAsker(t, "http://"+s.Addr()).want(asking{http.MethodPost, Bases("", "basic")[apiPagamento] + "/pagamenti" + triple, jsonType, byNotice(1), 201, ""})
		if got := state(t, s, 1); got != StatePaid {
			t.Errorf("submitted is %s", got)
		}
	}
	bad := Demo(time.Now())
	bad.Creditors[0].Settlement = "altri"
	if _, err := New(Options{Seed: bad}); err == nil {
		t.Error("any settlement is accepted")
	}
}

// FuzzReadRules: a script of any bytes is read or refused, and what is read can be played.
func FuzzReadRules(f *testing.F) {
	seeds := 0
	text, err := os.ReadFile("../../../docs/piattaforma-simulata.md")
	if err != nil {
		f.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, `{"on"`) {
			f.Add(line)
			seeds++
		}
	}
	if seeds == 0 {
		f.Fatal("no seeds")
	}
	f.Fuzz(func(t *testing.T, text string) {
		rules, err := ReadRules(strings.NewReader(text))
		if err != nil {
			return
		}
		var s script
		s.set(rules)
		for range 3 {
			for _, operation := range []string{opPay, opPosition, opBooking, opTLS} {
				if r, spoil := s.next(operation, apiPagamento, demoNotice(1)); spoil && r.check() != nil {
					t.Errorf("a rule that cannot be: %+v", r)
				}
			}
		}
	})
}
