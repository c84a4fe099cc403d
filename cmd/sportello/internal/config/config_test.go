package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"sportello/driver"
	"sportello/protocol/govpay"
)

// operatorsText is testdata/operators.yaml with a real hash of PIN 246810 in it.
var operatorsText = sync.OnceValue(func() string {
	hash, err := HashPIN("246810")
	if err != nil {
		panic(err)
	}
	b, err := os.ReadFile("testdata/operators.yaml")
	if err != nil {
		panic(err)
	}
	return strings.ReplaceAll(string(b), "HASH", hash)
})

// sample puts the design's own sample into a directory of the test: only the paths differ.
func sample(t testing.TB) (dir, text string) {
	t.Helper()
	dir = t.TempDir()
	b, err := os.ReadFile("testdata/sample.yaml")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "operators.yaml"), operatorsText(), 0o640)
	write(t, filepath.Join(dir, "govpay.password"), "una password\n", 0o600)
	write(t, filepath.Join(dir, "open.password"), "una password\n", 0o644)
	write(t, filepath.Join(dir, "empty.password"), "\n", 0o600)
	write(t, filepath.Join(dir, "cert.pem"), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", 0o644)
	write(t, filepath.Join(dir, "key.pem"), "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", 0o600)
	write(t, filepath.Join(dir, "form.json"), "{\"type\": \"object\",\n\"properties\": {\"targa\": {\"type\": \"string\"}}}\n", 0o644)
	write(t, filepath.Join(dir, "broken.json"), "{\n\"properties\": oggetto}\n", 0o644)
	write(t, filepath.Join(dir, "list.json"), "[]", 0o644)
	write(t, filepath.Join(dir, "nofields.json"), "{\"type\": \"object\"}", 0o644)
	text = strings.ReplaceAll(string(b), "/etc/sportello", filepath.ToSlash(dir))
	return dir, strings.ReplaceAll(text, "/var/lib/sportello", filepath.ToSlash(dir))
}

func write(t testing.TB, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // the umask is not ours
		t.Fatal(err)
	}
}

func TestSampleOfTheDesign(t *testing.T) {
	dir, text := sample(t)
	path := filepath.Join(dir, "config.yaml")
	write(t, path, text, 0o644)
	got, problems := Check(path)
	if len(problems) != 0 {
		t.Fatalf("the sample has problems:\n%v", &InvalidError{Problems: problems})
	}
	want := &Config{
		Path: path, Installation: "A1", Listen: "127.0.0.1:8417", DataDir: filepath.ToSlash(dir), Language: "it",
		OperatorsFile: filepath.ToSlash(dir) + "/operators.yaml",
		Creditors:     []Creditor{{TaxCode: "01199250158", Name: "Comune di Esempio"}},
		Terminals: []Terminal{{
			Name: "cassa1", Label: "Cassa 1", Profile: "nexi", Address: "tcp://192.168.1.50:10000",
			TerminalID: "12345678", CashRegisterID: "00000001", LRC: "auto", Exclusivity: driver.Shared,
			Settlement: "terminal",
			PSP:        PSP{ID: "CIPBITMM", Intermediary: "13212880150", Channel: "13212880150_90", PaymentType: "CP"},
			NoticeData: &driver.NoticeData{Tag: 5, Template: "{notice}{creditor}", IndexMap: "5000"},
			MaxNotices: 1, Reversal: "none", Receipts: "ecr", Command: "X", ACKForm: "auto", Sends: 3,
			Timing: driver.Timing{Result: 180 * time.Second, HardStop: 600 * time.Second, Quiet: 300 * time.Second, GiveUp: 15 * time.Minute},
		}},
		Platform: Platform{
			Driver:      "govpay",
			Pagamento:   "https://govpay.example.it/govpay/frontend/api/pagamento/rs/basic/v2",
			Pendenze:    "https://govpay.example.it/govpay/backend/api/pendenze/rs/basic/v2",
			Ragioneria:  "https://govpay.example.it/govpay/backend/api/ragioneria/rs/basic/v3",
			Application: "A2A-SPORTELLO",
			Auth:        govpay.Auth{User: "sportello", PasswordFile: filepath.ToSlash(dir) + "/govpay.password"},
		},
		Scanner: Scanner{Keyboard: "auto"}, Log: Log{Level: "info", Megabytes: 10, Keep: 5, Age: 30 * 24 * time.Hour},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	d := got.Terminals[0].Driver()
	if d.Name != "cassa1" || d.Driver != "nexi" || d.Address != "tcp://192.168.1.50:10000" || d.NoticeData == nil || d.Timing.Quiet != 300*time.Second {
		t.Errorf("driver configuration: %+v", d)
	}
	if g := got.Platform.GovPay(); g.Auth.User != "sportello" || g.Ragioneria != want.Platform.Ragioneria {
		t.Errorf("platform configuration: %+v", g)
	}
}

// TestProfilesFillIn: what a profile knows may be left out of the file.
func TestProfilesFillIn(t *testing.T) {
	for _, name := range []string{"nexi", "numera"} {
		dir, _ := sample(t)
		path := filepath.Join(dir, "config.yaml")
		write(t, path, fmt.Sprintf(`
installation: B2
data_dir: %[1]s
operators_file: %[1]s/operators.yaml
creditors: [{tax_code: "01199250158", name: Comune}]
terminals: [{name: c, driver: %[2]s, address: "tcp://10.0.0.1:9000", terminal_id: "12345678", psp: {id: X}}]
platform:
  pagamento: http://127.0.0.1:1/p
  ragioneria: http://localhost:1/r
  application: A
  auth: {certificate: %[1]s/cert.pem, key: %[1]s/key.pem}
`, filepath.ToSlash(dir), name), 0o644)
		c, err := Load(path)
		if err != nil {
			t.Fatal(err)
		}
		got := c.Terminals[0]
		want := Terminal{
			Name: "c", Label: "c", Profile: name, Address: "tcp://10.0.0.1:9000", TerminalID: "12345678", CashRegisterID: "00000001",
			LRC: "auto", Exclusivity: driver.Shared, Settlement: "terminal", PSP: PSP{ID: "X", PaymentType: "CP"},
			NoticeData: &driver.NoticeData{Tag: 5, Template: "{notice}{creditor}", IndexMap: "5000"}, MaxNotices: 1,
			Reversal: "none", Receipts: "ecr", Command: "X", ACKForm: "auto", Sends: 3, Timing: ecr17Profile.timing,
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
		if c.Listen != "127.0.0.1:8417" || c.Platform.Driver != "govpay" || c.Language != "it" {
			t.Errorf("defaults: %+v", c)
		}
	}
}

// TestEveryFieldOfADriverCanBeSet: what distinguishes a terminal from its profile is configuration, so
// each field of driver.Config and driver.Timing has a key.
func TestEveryFieldOfADriverCanBeSet(t *testing.T) {
	dir, text := sample(t)
	path := filepath.Join(dir, "config.yaml")
	write(t, path, strings.Replace(text, "timing: {result: 180s, hard_stop: 600s, quiet: 300s}", `command: P
    ack_form: stx+ctrl
    any_state: true
    sends: 2
    full_lines: true
    timing: {result: 61s, hard_stop: 62s, quiet: 63s, give_up: 64s, recheck: 5s, odd: 6s, ack: 7s, pause: 8s, status: 9s, last: 10s, totals: 11s,
      total_before: 12s, closing: 65s, switch: 13ms, slip: 14s, linger: 15s}`, 1), 0o644)
	c, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	d := c.Terminals[0].Driver()
	if d.Command != "P" || d.ACKForm != "stx+ctrl" || !d.AnyState || d.Sends != 2 {
		t.Errorf("driver configuration: %+v", d)
	}
	for _, v := range []reflect.Value{reflect.ValueOf(d), reflect.ValueOf(d.Timing)} {
		for i := range v.NumField() {
			if name := v.Type().Field(i).Name; v.Field(i).IsZero() && name != "Dial" {
				t.Errorf("%s.%s cannot be set", v.Type().Name(), name)
			}
		}
	}
	seen := map[time.Duration]bool{}
	for v, i := reflect.ValueOf(d.Timing), 0; i < v.NumField(); i++ {
		wait := time.Duration(v.Field(i).Int())
		if seen[wait] {
			t.Errorf("%s has the value of another key", v.Type().Field(i).Name)
		}
		seen[wait] = true
	}
}

// TestTheRegionsKeys: both ways, proxies, waits, limits and services as the file has them.
func TestTheRegionsKeys(t *testing.T) {
	dir, text := sample(t)
	slashed := filepath.ToSlash(dir)
	text = edited(text, settleTerminal, settlePlatform+"    max_notices: 5\n")
	text = edited(text, "allow: false", offlineText)
	text = edited(text, `backoffice: ""`, "backoffice: https://govpay.example.it/bo/rs/basic/v1")
	text = edited(text, "  ca_file: \"\"\n", `  proxy: http://proxy.ente.example:3128
  proxy_user: cassa
  proxy_password_file: `+slashed+`/govpay.password
  verify: [backoffice, pagamento]
  timeouts: {verify: 20s, read: 10s, submit: 400s}
`)
	text += `services:
  - TARI
  - {type: DIRITTI, name: Diritti, amount_cents: 1600, entry_code: SEGRETERIA}
  - {type: SALA, name: Sala civica, reason: Uso della sala, iban: IT60X0542811101000000123456, accounting_kind: ALTRO, accounting_code: 9/0301200TS, taxonomy: "IMU, TASI e altre tasse comunali", due_days: 30, form: ` + slashed + `/form.json}
`
	path := filepath.Join(dir, "config.yaml")
	write(t, path, text, 0o644)
	c, problems := Check(path)
	if len(problems) != 0 {
		t.Fatalf("problems:\n%v", &InvalidError{Problems: problems})
	}
	terminal := c.Terminals[0]
	if terminal.Settlement != "platform" || terminal.NoticeData != nil || terminal.MaxNotices != 5 {
		t.Errorf("terminal: %+v", terminal)
	}
	if want := (Offline{Allow: true, MaxAmountCents: 20000, MaxTotalCents: 50000, MaxPayments: 5, MaxHours: 4 * time.Hour, VerifiedWithin: 24 * time.Hour}); c.Offline != want {
		t.Errorf("offline: %+v", c.Offline)
	}
	want := govpay.Config{
		Pagamento: c.Platform.Pagamento, Pendenze: c.Platform.Pendenze, Ragioneria: c.Platform.Ragioneria,
		Backoffice: "https://govpay.example.it/bo/rs/basic/v1", Auth: c.Platform.Auth,
		Proxy: "http://proxy.ente.example:3128", ProxyUser: "cassa", ProxyPasswordFile: slashed + "/govpay.password",
		Timeouts: govpay.Timeouts{Verify: 20 * time.Second, Read: 10 * time.Second, Submit: 400 * time.Second},
	}
	if got := c.Platform.GovPay(); got != want {
		t.Errorf("client: %+v", got)
	}
	if got := fmt.Sprint(c.Platform.Verify); got != "[backoffice pagamento]" {
		t.Errorf("verify: %s", got)
	}
	form, err := os.ReadFile(filepath.Join(dir, "form.json"))
	if err != nil {
		t.Fatal(err)
	}
	services := []Service{
		{Type: "TARI", Creditor: "01199250158"},
		{Type: "DIRITTI", Name: "Diritti", Creditor: "01199250158", Reason: "Diritti", Cents: 1600, EntryCode: "SEGRETERIA"},
		{Type: "SALA", Name: "Sala civica", Creditor: "01199250158", Reason: "Uso della sala", IBAN: "IT60X0542811101000000123456", AccountingKind: "ALTRO",
			AccountingCode: "9/0301200TS", Taxonomy: "IMU, TASI e altre tasse comunali", DueDays: 30, Form: form},
	}
	if !reflect.DeepEqual(c.Services, services) || !c.Services[0].Catalogue() || c.Services[1].Catalogue() {
		t.Errorf("services: %+v", c.Services)
	}
}

// TestWithoutAPIPagamento: it is being removed; what does not need it does without its address.
func TestWithoutAPIPagamento(t *testing.T) {
	dir, text := sample(t)
	text = edited(edited(text, "  pagamento: https", "  #pagamento: https"), `backoffice: ""`, "backoffice: https://govpay.example.it/bo/rs/basic/v1")
	path := filepath.Join(dir, "config.yaml")
	write(t, path, text, 0o644)
	c, err := Load(path)
	if err != nil || c.Platform.Pagamento != "" {
		t.Fatal(err)
	}
	for edit, key := range map[[2]string]string{
		{settleTerminal, settlePlatform}:       "platform.pagamento",
		{"language: it", "services: [TARI]\n"}: "services[0]",
	} {
		write(t, path, edited(text, edit[0], edit[1]), 0o644)
		if _, problems := Check(path); len(problems) != 1 || problems[0].Key != key {
			t.Errorf("%s: %v", key, problems)
		}
	}
}

// TestOfflineOnThePlatformsWay: where nobody verifies during the payment, something must be known before.
func TestOfflineOnThePlatformsWay(t *testing.T) {
	dir, text := sample(t)
	text = edited(edited(text, settleTerminal, settlePlatform), "allow: false", strings.Replace(offlineText, ", verified_within: 24h", "", 1))
	path := filepath.Join(dir, "config.yaml")
	write(t, path, text, 0o644)
	if c, problems := Check(path); c != nil || len(problems) != 1 || problems[0].Key != "offline.verified_within" || !strings.Contains(problems[0].Remedy, "24h") {
		t.Errorf("problems: %v", problems)
	}
}

// TestCapacity: how many notices a contract's additional data carries (ECR17 2.13; design 7).
func TestCapacity(t *testing.T) {
	for _, c := range []struct {
		data       *driver.NoticeData
		settlement string
		want       int
	}{
		{&driver.NoticeData{Tag: 5, Template: "{notice}{creditor}"}, "terminal", 3},
		{&driver.NoticeData{Tag: 5, Template: "{notice}"}, "terminal", 5},
		{&driver.NoticeData{Tag: 5, Template: "{notice}{creditor};"}, "terminal", 3},
		{&driver.NoticeData{Tag: 5, Template: "AVVISO {notice} ENTE {creditor}"}, "terminal", 2},
		{&driver.NoticeData{Tag: 1, Template: "{notice}{creditor}"}, "terminal", 1},
		{&driver.NoticeData{Tag: 1, Template: "{notice}{creditor}.."}, "terminal", 0},
		{nil, "platform", 5},
		{nil, "terminal", 1},
	} {
		if got := capacity(Terminal{NoticeData: c.data, Settlement: c.settlement}); got != c.want {
			t.Errorf("capacity of %+v with %s = %d, want %d", c.data, c.settlement, got, c.want)
		}
	}
}

func TestLocateNeedsNoSecrets(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "config.yaml")
	write(t, path, "data_dir: "+filepath.ToSlash(dir)+"\nlisten: 127.0.0.1:9\ntls: {certificate: /c.pem, key: /not/for/us}\nterminals: wrong\n", 0o644)
	got, err := Locate(path)
	if want := (Place{Listen: "127.0.0.1:9", DataDir: filepath.ToSlash(dir), Certificate: "/c.pem"}); err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	var invalid *InvalidError
	if _, err := Locate(filepath.Join(dir, "none.yaml")); !errors.As(err, &invalid) || !strings.Contains(err.Error(), "non esiste") {
		t.Errorf("missing file: %v", err)
	}
}

func TestDefaultPath(t *testing.T) {
	if p := DefaultPath(); !filepath.IsAbs(p) || !strings.HasSuffix(filepath.ToSlash(strings.ToLower(p)), "sportello/config.yaml") {
		t.Errorf("default path %q", p)
	}
}

// FuzzCheck: whatever the file holds, there is an answer: a configuration, or a problem with a reason.
func FuzzCheck(f *testing.F) {
	seed, err := os.ReadFile("testdata/sample.yaml")
	if err != nil {
		f.Fatalf("no seed: %v", err)
	}
	f.Add(seed)
	for _, m := range mistakes {
		f.Add([]byte(strings.Replace(string(seed), m.old, m.new, 1)))
	}
	if len(mistakes) == 0 {
		f.Fatal("no seeds")
	}
	f.Add([]byte("a: &a [*a, *a]\n<<: *a\n? [x]\n: y\n--- {}\n"))
	path := filepath.Join(f.TempDir(), "config.yaml")
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		c, problems := Check(path)
		errorsFound := 0
		for _, p := range problems {
			if p.Reason == "" || p.Remedy == "" {
				t.Errorf("no reason or remedy: %+v", p)
			}
			if !p.Warning {
				errorsFound++
			}
		}
		if (c == nil) != (errorsFound > 0) {
			t.Errorf("configuration %v with %d errors", c, errorsFound)
		}
	})
}
