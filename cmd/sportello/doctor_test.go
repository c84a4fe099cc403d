package main

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"sportello/cmd/sportello/internal/config"
	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver/simulator"
	"sportello/protocol/govpay"
	"sportello/protocol/govpay/govpaytest"
)

const (
	patientPassword = "parola-molto-segreta"
	patientProxy    = "altra-parola-segreta"
)

var patientPIN = sync.OnceValues(func() (string, error) { return config.HashPIN("1234") })

// patient is an installation that nobody runs, for the doctor to look at.
type patient struct {
	t      *testing.T
	dir    string
	config string
}

// newPatient writes a configuration that is right, as far as a file can say; platform are its lines.
func newPatient(t *testing.T, platform string) *patient {
	t.Helper()
	p := &patient{t: t, dir: t.TempDir()}
	hash, err := patientPIN()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(p.file("data"), 0o700); err != nil {
		t.Fatal(err)
	}
	p.write("operators.yaml", fmt.Sprintf("operators:\n  - {id: rossi, name: Maria Rossi, role: clerk, hash: %q}\n", hash))
	p.write("password", patientPassword+"\n")
	p.write("proxy.password", patientProxy+"\n")
	p.config = p.write("config.yaml", fmt.Sprintf(`installation: T1
listen: %s
data_dir: '%s'
operators_file: '%s'
creditors: [{tax_code: "01199250158", name: Comune di Esempio}]
terminals:
  - {name: cassa1, driver: nexi, address: "tcp://127.0.0.1:9", terminal_id: "12345678", psp: {id: CIPBITMM, channel: "13212880150_90"}}
platform:
  application: A2A-SPORTELLO
  auth: {user: sportello, password_file: '%s'}
%s`, freeAddress(t), p.file("data"), p.file("operators.yaml"), p.file("password"), strings.ReplaceAll(platform, "DIR", p.dir)))
	return p
}

func (p *patient) file(name string) string { return filepath.Join(p.dir, name) }

func (p *patient) write(name, text string) string {
	p.t.Helper()
	if err := os.WriteFile(p.file(name), []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
	return p.file(name)
}

func (p *patient) edit(old, new string) {
	p.t.Helper()
	text, err := os.ReadFile(p.config)
	if err != nil {
		p.t.Fatal(err)
	}
	if !strings.Contains(string(text), old) {
		p.t.Fatalf("the configuration has no %q", old)
	}
	p.write("config.yaml", strings.Replace(string(text), old, new, 1))
}

// files are what lies in the patient's folder, with sizes and times.
func (p *patient) files() []string {
	p.t.Helper()
	var all []string
	err := filepath.Walk(p.dir, func(path string, info os.FileInfo, err error) error {
		if err == nil {
			all = append(all, fmt.Sprintf("%s %d %s %s", path, info.Size(), info.ModTime(), info.Mode()))
		}
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return all
}

// visit runs the command for its JSON document and requires what holds of every visit.
func (p *patient) visit(args ...string) (diagnosis, int) {
	p.t.Helper()
	before := p.files()
	got := cli(p.t, "", append([]string{"doctor", "--json", "--config", p.config}, args...)...)
	if after := p.files(); !slices.Equal(before, after) {
		p.t.Errorf("files changed:\n%s\nto\n%s", before, after)
	}
	var d diagnosis
	if err := json.Unmarshal([]byte(got.out), &d); err != nil {
		p.t.Fatalf("no JSON document: %v\n%s%s", err, got.out, got.errors)
	}
	for _, secret := range []string{patientPassword, patientProxy, "argon2id"} {
		if strings.Contains(got.out+got.errors, secret) {
			p.t.Errorf("a secret is told: %s", got.out)
		}
	}
	for _, e := range d.Checks {
		switch {
		case e.Found == "" || strings.ContainsAny(e.Found+e.Remedy, "{}") && e.Check != "configuration" && e.Check != "services":
			p.t.Errorf("no whole sentence: %+v", e)
		case e.State == gradeWell && (e.Code != "ok" || e.Remedy != ""):
			p.t.Errorf("well, and yet: %+v", e)
		case e.State != gradeWell && (e.Code == "" || e.Code == "ok" || e.Remedy == ""):
			p.t.Errorf("nothing to do is said: %+v", e)
		}
	}
	return d, got.code
}

// ills are the checks that did not end well, those of a service that does not run apart.
func ills(d diagnosis) []examined {
	return slices.DeleteFunc(slices.Clone(d.Checks), func(e examined) bool {
		return e.State == gradeWell || e.Code == "service_stopped" || e.Code == "space_low"
	})
}

// bases are the platform lines of addresses on a root, with a short time-out.
func bases(root string) string {
	all := govpaytest.Bases(root, "basic")
	return fmt.Sprintf("  pagamento: %s\n  ragioneria: %s\n  proxy: none\n", all["pagamento"], all["ragioneria"])
}

func healthyPlatform(t *testing.T, o govpaytest.Options) *govpaytest.Server {
	t.Helper()
	o.Password = patientPassword
	o.User = "sportello"
	s, err := govpaytest.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func started(t *testing.T, o govpaytest.Options) string {
	t.Helper()
	s := healthyPlatform(t, o)
	if err := s.Start("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	return "http://" + s.Addr()
}

// TestDoctorOfAHealthyInstallation: every interface proven, the issuer named, with nothing but reading calls.
func TestDoctorOfAHealthyInstallation(t *testing.T) {
	t.Parallel()
	s := healthyPlatform(t, govpaytest.Options{})
	id, err := govpaytest.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.StartTLS("127.0.0.1:0", id); err != nil {
		t.Fatal(err)
	}
	all := govpaytest.Bases("https://"+s.AddrTLS(), "basic")
	p := newPatient(t, fmt.Sprintf("  pagamento: %s\n  pendenze: %s\n  ragioneria: %s\n  backoffice: %s\n  ca_file: DIR/ca.pem\n", all["pagamento"], all["pendenze"], all["ragioneria"], all["backoffice"]))
	p.write("ca.pem", string(id.CA()))
	d, code := p.visit()
	if bad := ills(d); len(bad) > 0 || code != exitDone {
		t.Errorf("ended with %d: %+v", code, bad)
	}
	seen := map[string]int{}
	for _, e := range d.Checks {
		seen[e.Check]++
		if e.Check == "tls" && (e.Issuer == "" || !strings.Contains(e.Found, e.Issuer) || e.Expires == nil) {
			t.Errorf("the issuer is not named: %+v", e)
		}
	}
	for _, check := range []string{"reach", "tls", "credentials", "profile", "clock", "creditor", "grant"} {
		if seen[check] != 4 {
			t.Errorf("%s: %d times, want once an interface", check, seen[check])
		}
	}
	for _, check := range []string{"configuration", "page", "service", "data_dir", "space", "ledger", "proxy"} {
		if seen[check] != 1 {
			t.Errorf("%s: %d times", check, seen[check])
		}
	}
	for _, r := range s.Requests() {
		if r.Method != http.MethodGet {
			t.Errorf("asked %s %s", r.Method, r.Path)
		}
	}
	got := cli(t, "", "doctor", "--config", p.config)
	if got.code != exitDone || !strings.Contains(got.out, "\n✓ pagamento · certificato: di 127.0.0.1, firmato da «") || !strings.Contains(got.out, "Tutto funziona") {
		t.Errorf("ended with %d:\n%s%s", got.code, got.out, got.errors)
	}
}

// TestDoctorSpeaksOfEveryFinding: whatever govpay may find has a sentence and a remedy, no two alike.
func TestDoctorSpeaksOfEveryFinding(t *testing.T) {
	tree, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "..", "protocol", "govpay", "finding.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var codes []govpay.FindingCode
	ast.Inspect(tree, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if kind, ok := v.Type.(*ast.Ident); ok && kind.Name == "FindingCode" {
			codes = append(codes, govpay.FindingCode(strings.Trim(v.Values[0].(*ast.BasicLit).Value, `"`)))
		}
		return true
	})
	if len(codes) < 30 {
		t.Fatalf("only %d codes found", len(codes))
	}
	place := regexp.MustCompile(`[{}]`)
	told := map[string]govpay.FindingCode{}
	a := probed{api: govpay.Pagamento, platform: config.Platform{Application: "A"}, creditor: "01199250158"}
	var errURL error
	if a.base, errURL = a.base.Parse("https://govpay.example.it/govpay/rs/basic/v2"); errURL != nil {
		t.Fatal(errURL)
	}
	for _, code := range codes {
		if code == govpay.FindingOK {
			continue
		}
		if _, ok := findingTexts[code]; !ok {
			t.Errorf("%s has no sentence", code)
			continue
		}
		e := a.explain(govpay.Finding{API: a.api, Check: govpay.CheckReach, Code: code})
		if e.Found == "" || e.Remedy == "" || e.State == gradeWell || place.MatchString(e.Found+e.Remedy) {
			t.Errorf("%s: %+v", code, e)
		}
		for _, sentence := range []string{e.Found, e.Remedy} {
			if other := told[sentence]; other != "" {
				t.Errorf("%s and %s are told alike: %s", code, other, sentence)
			}
			told[sentence] = code
		}
	}
	for _, check := range []govpay.Check{govpay.CheckReach, govpay.CheckTLS, govpay.CheckCredentials, govpay.CheckProfile, govpay.CheckClock, govpay.CheckExpiry, govpay.CheckCreditor, govpay.CheckGrant} {
		if wellTexts[check] == "" || checkNames[string(check)] == "" {
			t.Errorf("%s has no words", check)
		}
	}
}

// TestDoctorOfAConfiguration: its mistakes are those of config check, and end with 2.
func TestDoctorOfAConfiguration(t *testing.T) {
	t.Parallel()
	p := newPatient(t, bases(started(t, govpaytest.Options{})))
	p.edit("driver: nexi", "driver: nexy")
	d, code := p.visit()
	if bad := ills(d); code != exitUsage || len(bad) != 1 || bad[0].State != gradeConfig || bad[0].Of != "terminals[0].driver" || !strings.Contains(bad[0].Found, "riga 7") || !strings.Contains(bad[0].Remedy, "nexi") {
		t.Errorf("ended with %d: %+v", code, bad)
	}
	if slices.ContainsFunc(d.Checks, func(e examined) bool { return e.Check == "reach" }) {
		t.Errorf("the platform was asked with half a configuration: %+v", d.Checks)
	}
	got := cli(t, "", "doctor", "--config", p.config)
	if got.code != exitUsage || !strings.Contains(got.out, "✗ configurazione · terminals[0].driver") || !strings.Contains(got.out, "\n    ► ") {
		t.Errorf("ended with %d:\n%s", got.code, got.out)
	}
	p.config = p.file("none.yaml")
	if d, code := p.visit(); code != exitUsage || len(d.Checks) != 1 || !strings.Contains(d.Checks[0].Found, "non esiste") {
		t.Errorf("no file: %d %+v", code, d)
	}
}

// TestDoctorOfAPlace: what is wrong on this PC, and what the running service says.
func TestDoctorOfAPlace(t *testing.T) {
	t.Parallel()
	root := started(t, govpaytest.Options{})
	one := func(t *testing.T, p *patient, wantCode int, want string, args ...string) examined {
		t.Helper()
		d, code := p.visit(args...)
		bad := ills(d)
		if code != wantCode || len(bad) != 1 || bad[0].Code != want {
			t.Fatalf("ended with %d, want %d %s: %+v", code, wantCode, want, bad)
		}
		return bad[0]
	}
	t.Run("another program on the page's address", func(t *testing.T) {
		p := newPatient(t, bases(root))
		text, _ := os.ReadFile(p.config)
		listen := regexp.MustCompile(`listen: (\S+)`).FindStringSubmatch(string(text))[1]
		p.edit(listen, notTheService(t))
		one(t, p, exitFailed, "not_the_service")
	})
	t.Run("an address that is not ours", func(t *testing.T) {
		p := newPatient(t, bases(root))
		text, _ := os.ReadFile(p.config)
		listen := regexp.MustCompile(`listen: (\S+)`).FindStringSubmatch(string(text))[1]
		p.edit("listen: "+listen, "listen: 203.0.113.7:8417\ntls: {certificate: "+p.file("c.pem")+", key: "+p.file("k.pem")+"}")
		pair, _ := certificates(t)
		p.write("c.pem", pemOf(pair.Certificate[0]))
		p.write("k.pem", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
		d, code := p.visit()
		bad := ills(d)
		if code != exitFailed || len(bad) != 2 || bad[0].Code != "page_address" || bad[1].Code != "certificate_expires_soon" {
			t.Errorf("ended with %d: %+v", code, bad)
		}
	})
	t.Run("data folder missing", func(t *testing.T) {
		p := newPatient(t, bases(root))
		if err := os.Remove(p.file("data")); err != nil {
			t.Fatal(err)
		}
		one(t, p, exitDone, "data_dir_missing")
	})
	t.Run("data folder is a file", func(t *testing.T) {
		p := newPatient(t, bases(root))
		p.edit("data_dir: '"+p.file("data"), "data_dir: '"+p.file("password"))
		one(t, p, exitFailed, "data_dir_not_a_folder")
	})
	t.Run("data folder closed", func(t *testing.T) {
		if os.Getuid() <= 0 || runtime.GOOS == "windows" {
			t.Skip("this user may write everywhere")
		}
		p := newPatient(t, bases(root))
		if err := os.Chmod(p.file("data"), 0o500); err != nil {
			t.Fatal(err)
		}
		one(t, p, exitFailed, "data_dir_read_only")
	})
	t.Run("ledger damaged", func(t *testing.T) {
		p := newPatient(t, bases(root))
		p.write("data/ledger.db", strings.Repeat("non è un registro ", 4096))
		one(t, p, exitFailed, "ledger_damaged")
	})
	t.Run("ledger in use by who does not answer", func(t *testing.T) {
		p := newPatient(t, bases(root))
		l, err := ledger.Open(p.file("data"), ledger.Options{Installation: "T1", Log: zerolog.Nop(), BallastBytes: -1})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		p.edit("127.0.0.1:9\"", closedAddress(t)+"\"")
		one(t, p, exitFailed, "ledger_in_use", "--terminals") // and the terminal is left alone
	})
	t.Run("terminal nobody", func(t *testing.T) {
		p := newPatient(t, bases(root))
		p.edit("127.0.0.1:9\"", closedAddress(t)+"\"")
		if e := one(t, p, exitFailed, "terminal_unreachable", "--terminals"); e.Of != "cassa1" {
			t.Errorf("%+v", e)
		}
		if d, code := p.visit(); code != exitDone || len(ills(d)) != 0 {
			t.Errorf("asked without --terminals: %d %+v", code, ills(d))
		}
	})
}

// TestDoctorBesideTheService: what the service says is asked of it; its terminal is left alone.
func TestDoctorBesideTheService(t *testing.T) {
	t.Parallel()
	c := newCounter(t, setup{terminal: simulator.Options{}})
	p := &patient{t: t, dir: t.TempDir(), config: c.config} // its files change by themselves
	visit := func() (diagnosis, int) { return p.visit("--terminals") }

	d, code := visit()
	if code != exitDone || !slices.ContainsFunc(d.Checks, func(e examined) bool { return e.Check == "terminal" && strings.HasPrefix(e.Found, "risponde, pronto") }) {
		t.Errorf("stopped service: %d %+v", code, d.Checks)
	}
	if c.terminal.Received('s') == 0 || c.terminal.Received('X') != 0 {
		t.Errorf("status %d times, payment %d", c.terminal.Received('s'), c.terminal.Received('X'))
	}
	c.start()
	c.until("the terminal's first status", func() bool {
		code, out, _ := c.cli("terminal", "status", "cassa1", "--json")
		return code == exitDone && strings.Contains(out, `"ready"`)
	})
	asked := c.terminal.Received('s')
	d, code = visit()
	if code != exitDone || c.terminal.Received('s') != asked {
		t.Errorf("beside the service: %d, status %d times more\n%+v", code, c.terminal.Received('s')-asked, ills(d))
	}
	for _, want := range []string{"in uso dal servizio", "in funzione e pronto", "non lo si tocca"} {
		if !slices.ContainsFunc(d.Checks, func(e examined) bool { return strings.Contains(e.Found, want) }) {
			t.Errorf("not told %q: %+v", want, d.Checks)
		}
	}
	text, err := os.ReadFile(c.config)
	if err != nil {
		t.Fatal(err)
	}
	c.write(c.config, string(text)+"services: [NIENTE]\n")
	d, code = visit()
	if code != exitFailed || !slices.ContainsFunc(ills(d), func(e examined) bool { return e.Code == "service_not_offered" && e.Of == "NIENTE" }) {
		t.Errorf("a service that is not offered: %d %+v", code, ills(d))
	}
	c.write(c.config, string(text))
	c.platform.Stop()
	c.refusesToPay(debt(0), told{3, "platform_unavailable", 502, []string{"non risponde"}})
	d, code = visit()
	if code != exitFailed || !slices.ContainsFunc(ills(d), func(e examined) bool {
		return e.Check == "service" && e.Of == "piattaforma" && e.Code == "platform_unavailable"
	}) {
		t.Errorf("the service's own word: %d %+v", code, ills(d))
	}
	c.write(c.config, string(text)+"services: [NIENTE]\n") // whose catalogue nobody can read now
	d, _ = visit()
	if !slices.ContainsFunc(d.Checks, func(e examined) bool {
		return e.Code == "catalogue_unreadable" && e.Of == "NIENTE" && e.State == gradeDoubt
	}) {
		t.Errorf("a catalogue that cannot be read: %+v", ills(d))
	}
}

// slowly passes requests on after a while, or with another date.
func changed(t *testing.T, s http.Handler, change func(w http.ResponseWriter, r *http.Request)) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		change(w, r)
		s.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

// minutesAgo is a clock that is behind.
func minutesAgo(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Date", time.Now().Add(-10*time.Minute).UTC().Format(http.TimeFormat))
}
