package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"sportello/protocol/local"
)

func operatorsFile(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "operators.yaml")
	write(t, path, operatorsText(), 0o640)
	return path
}

func TestCheckOperator(t *testing.T) {
	o, err := OpenOperators(operatorsFile(t))
	if err != nil {
		t.Fatal(err)
	}
	got, err := o.Check("bianchi", "246810")
	if want := (local.Operator{ID: "bianchi", Name: "Luca Bianchi", Role: local.RoleSupervisor}); err != nil || got != want {
		t.Errorf("right PIN: %+v, %v", got, err)
	}
	for _, c := range []struct{ id, pin string }{
		{"bianchi", "246811"}, {"bianchi", ""}, {"verdi", "246810"}, {"", ""}, {"BIANCHI", "246810"},
		{"bianchi", "246810" + strings.Repeat("0", 100)},
	} {
		got, err := o.Check(c.id, c.pin)
		var refusal *local.Error
		if !errors.As(err, &refusal) || refusal.Code != local.CodeBadCredentials || !errors.Is(err, ErrCredentials) || got != (local.Operator{}) {
			t.Errorf("%q %q: %+v, %v", c.id, c.pin, got, err)
		}
		if err != nil && c.pin != "" && strings.Contains(err.Error(), c.pin) {
			t.Errorf("the PIN is in %q", err)
		}
	}
}

// TestUnknownOperatorCostsTheSame: the work, not the clock, is compared: both paths derive one key of
// the same cost.
func TestUnknownOperatorCostsTheSame(t *testing.T) {
	o, err := OpenOperators(operatorsFile(t))
	if err != nil {
		t.Fatal(err)
	}
	known := o.entries["rossi"].hash
	if o.decoy.memory != known.memory || o.decoy.time != known.time || o.decoy.threads != known.threads || len(o.decoy.key) != len(known.key) {
		t.Errorf("decoy %+v, known %+v", o.decoy, known)
	}
	if o.decoy.matches("246810") {
		t.Error("the decoy lets somebody in")
	}
}

func TestOperatorsAreReadAgainWhenTheyChange(t *testing.T) {
	path := operatorsFile(t)
	o, err := OpenOperators(path)
	if err != nil {
		t.Fatal(err)
	}
	// Rossi leaves, with the same size of file and another time of change.
	write(t, path, strings.Replace(operatorsText(), "id: rossi", "id: russo", 1), 0o640)
	touch(t, path, 2*time.Second)
	if _, err := o.Check("rossi", "246810"); !errors.Is(err, ErrCredentials) {
		t.Errorf("rossi still signs in: %v", err)
	}
	if op, err := o.Check("russo", "246810"); err != nil || op.Role != local.RoleClerk {
		t.Errorf("russo: %+v, %v", op, err)
	}
	if op, ok := o.Find("russo"); !ok || op.Name != "Maria Rossi" {
		t.Errorf("find: %+v %v", op, ok)
	}
	if all := o.All(); len(all) != 2 || all[0].ID != "bianchi" || all[1] != (local.Operator{ID: "russo", Name: "Maria Rossi", Role: local.RoleClerk}) {
		t.Errorf("all: %+v", all)
	}
	// A broken file lets nobody in, and says why.
	write(t, path, "operators: [", 0o640)
	touch(t, path, 4*time.Second)
	var invalid *InvalidError
	if _, err := o.Check("russo", "246810"); !errors.Is(err, ErrOperators) || !errors.As(err, &invalid) {
		t.Errorf("broken file: %v", err)
	}
	if all := o.All(); all != nil {
		t.Errorf("broken file: %+v", all)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Check("russo", "246810"); !errors.Is(err, ErrOperators) {
		t.Errorf("missing file: %v", err)
	}
	// Mended, it works again.
	write(t, path, operatorsText(), 0o640)
	if _, err := o.Check("rossi", "246810"); err != nil {
		t.Errorf("mended file: %v", err)
	}
}

func touch(t *testing.T, path string, later time.Duration) {
	t.Helper()
	at := time.Now().Add(later)
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
}

func TestOperatorsConcurrently(t *testing.T) {
	o, err := OpenOperators(operatorsFile(t))
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for _, id := range []string{"rossi", "bianchi", "nessuno", "rossi"} {
		all.Go(func() {
			if _, err := o.Check(id, "246810"); (err == nil) != (id != "nessuno") {
				t.Errorf("%s: %v", id, err)
			}
		})
	}
	all.Wait()
}

func TestOperatorsFileMistakes(t *testing.T) {
	for _, c := range []struct{ old, new, key, reason string }{
		{"role: clerk", "role: boss", "operators[0].role", "non è ammesso"},
		{"id: rossi", "id: maria rossi", "operators[0].id", "non va bene"},
		{"id: bianchi", "id: rossi", "operators[1].id", "stesso nome utente (riga 3)"},
		{"id: rossi, ", "", "operators[0].id", "manca"},
		{"role: clerk", "ruolo: clerk", "operators[0].ruolo", "voce sconosciuta"},
		{"$argon2id$", "$argon2i$", "operators[0].hash", "impronta"},
		{"operators:", "operatori:", "operatori", "voce sconosciuta"},
	} {
		path := filepath.Join(t.TempDir(), "operators.yaml")
		write(t, path, strings.Replace(operatorsText(), c.old, c.new, 1), 0o640)
		_, problems := readOperators(path)
		found := false
		for _, p := range problems {
			found = found || p.Key == c.key && strings.Contains(p.Reason, c.reason) && p.Line > 0 && p.Remedy != ""
			if strings.Contains(p.String(), "$argon2") && c.key != "operators[0].hash" {
				t.Errorf("a hash is in %s", p)
			}
		}
		if !found {
			t.Errorf("%s: %+v", c.new, problems)
		}
	}
}

func TestHashPIN(t *testing.T) {
	for _, pin := range []string{"", "123", strings.Repeat("1", 65), "1234\xff"} {
		if _, err := HashPIN(pin); !errors.Is(err, ErrPIN) {
			t.Errorf("%q: %v", pin, err)
		}
	}
	a, err := HashPIN("perché6")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(a, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("form %q", a)
	}
	b, _ := HashPIN("perché6")
	if a == b {
		t.Error("the salt does not change")
	}
	h, err := parseHash(a)
	if err != nil || h.String() != a || !h.matches("perché6") || h.matches("perche6") {
		t.Errorf("parse: %v", err)
	}
}

// TestParseHash: a hash of another program (the reference implementation's test vector, PIN
// "password", salt "somesalt"), and what must not be accepted.
func TestParseHash(t *testing.T) {
	const vector = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	h, err := parseHash(vector)
	if err != nil || !h.matches("password") || h.matches("Password") {
		t.Fatalf("vector: %v", err)
	}
	for _, s := range []string{
		"", "$", "246810", strings.Replace(vector, "v=19", "v=16", 1), strings.Replace(vector, "argon2id", "argon2d", 1),
		strings.Replace(vector, "m=65536", "m=4194304", 1), strings.Replace(vector, "m=65536", "m=8", 1),
		strings.Replace(vector, "t=2", "t=0", 1), strings.Replace(vector, "t=2", "t=99", 1), strings.Replace(vector, "p=1", "p=0", 1),
		strings.Replace(vector, "m=65536,t=2,p=1", "m=65536,t=2,p=1,x=1", 1), strings.Replace(vector, "m=65536", "m=065536", 1),
		strings.Replace(vector, "c29tZXNhbHQ", "c29", 1), vector + "=", vector[:len(vector)-30], vector + strings.Repeat("A", 300),
	} {
		if _, err := parseHash(s); !errors.Is(err, ErrHash) {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func FuzzParseHash(f *testing.F) {
	f.Add("$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc")
	f.Add("$argon2id$v=19$m=19456,t=2,p=1$$")
	f.Fuzz(func(t *testing.T, s string) {
		if h, err := parseHash(s); err == nil && h.String() != s {
			t.Errorf("%q comes back as %q", s, h.String())
		}
	})
}
