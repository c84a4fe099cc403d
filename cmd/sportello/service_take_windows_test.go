package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sportello/cmd/sportello/internal/config"
)

// TestTakeConfiguration: the installer's configuration comes to its place with the files that it names, whole or
// not at all, and never over one that is there.
func TestTakeConfiguration(t *testing.T) {
	hash, err := config.HashPIN("1234")
	if err != nil {
		t.Fatal(err)
	}
	valid := func(place string) map[string]string {
		return map[string]string{
			"config.yaml": `installation: A1
listen: 127.0.0.1:8417
data_dir: '` + place + `'
operators_file: '` + filepath.Join(place, "operators.yaml") + `'
creditors:
  - {tax_code: "01199250158", name: Comune di Esempio}
terminals:
  - {name: cassa1, driver: nexi, address: serial://COM3, terminal_id: "12345678", psp: {id: CIPBITMM, channel: "13212880150_90"}}
platform:
  driver: govpay
  pagamento: https://govpay.example.it/govpay/frontend/api/pagamento/rs/basic/v2
  pendenze: https://govpay.example.it/govpay/backend/api/pendenze/rs/basic/v2
  ragioneria: https://govpay.example.it/govpay/backend/api/ragioneria/rs/basic/v3
  application: A2A-SPORTELLO
  auth: {user: sportello, password_file: '` + filepath.Join(strings.ToUpper(place), "govpay.password") + `'}
`,
			"operators.yaml":  "operators:\n  - {id: rossi, name: Maria Rossi, role: clerk, hash: \"" + hash + "\"}\n",
			"govpay.password": "segreta\n",
			"another.txt":     "not named\n",
		}
	}
	for _, c := range []struct {
		name   string
		change func(prepared, there map[string]string)
		fails  bool
		after  []string
	}{
		{"all of it", func(_, _ map[string]string) {}, false, []string{"config.yaml", "govpay.password", "operators.yaml"}},
		{"a file is at its place already", func(prepared, there map[string]string) {
			there["govpay.password"] = "vecchia\n"
		}, false, []string{"config.yaml", "govpay.password", "operators.yaml"}},
		{"a file is missing", func(prepared, _ map[string]string) { delete(prepared, "operators.yaml") }, true, nil},
		{"a mistake", func(prepared, _ map[string]string) { prepared["config.yaml"] += "odd: 1\n" }, true, nil},
		{"no YAML", func(prepared, _ map[string]string) { prepared["config.yaml"] = "{" }, true, nil},
		{"one is there", func(prepared, there map[string]string) {
			there["config.yaml"] = "dell'amministratore"
			prepared["config.yaml"] = "{"
		}, false, []string{"config.yaml"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("ProgramData", t.TempDir())
			place, from := filepath.Dir(config.DefaultPath()), t.TempDir()
			prepared, there := valid(place), map[string]string{}
			c.change(prepared, there)
			if err := os.Mkdir(place, 0o750); err != nil {
				t.Fatal(err)
			}
			for folder, files := range map[string]map[string]string{from: prepared, place: there} {
				for name, text := range files {
					if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
						t.Fatal(err)
					}
				}
			}
			if err := takeConfiguration(filepath.Join(from, "config.yaml")); c.fails == (err == nil) {
				t.Fatalf("ends with %v", err)
			}
			entries, err := os.ReadDir(place)
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, e := range entries {
				names = append(names, e.Name())
			}
			if !slices.Equal(names, c.after) {
				t.Errorf("at its place: %q, want %q", names, c.after)
			}
			for name, text := range there {
				if b, err := os.ReadFile(filepath.Join(place, name)); string(b) != text {
					t.Errorf("%s was %q and is %q, %v", name, text, b, err)
				}
			}
		})
	}
	t.Run("nothing there", func(t *testing.T) {
		t.Setenv("ProgramData", t.TempDir())
		if err := takeConfiguration(filepath.Join(t.TempDir(), "none.yaml")); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("ends with %v", err)
		}
	})
}
