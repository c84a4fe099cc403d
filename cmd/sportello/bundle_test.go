package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sportello/protocol/govpay/govpaytest"
)

// planted are what must never leave: each is looked for in the bundle as it was written.
var planted = map[string]string{
	"card number":             "4111111111111111",
	"card with spaces":        "4111 1111 1111 1111",
	"card with dashes":        "5500-0000-0000-0004",
	"card of 19 digits":       "6304000000000000000",
	"card in other digits":    "٤١١١١١١١١١١١١١١١",
	"tax code":                "RSSMRA80A01H501U",
	"tax code, small":         "vrdlgu75m12f205z",
	"tax code, for homonyms":  "BNCGNN8LALMH5LMU",
	"company's tax code":      "02438750586",
	"notice":                  "302000100000000107",
	"IUV":                     "02000100000000107",
	"e-mail":                  "maria.rossi@example.it",
	"IBAN":                    "IT60X0542811101000000123456",
	"IBAN with spaces":        "IT60 X054 2811 1010 0000 0123 456",
	"password":                "Tr0ub4dor&3",
	"operator's name":         "Maria Rossi",
	"operator's hash":         "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$aGFzaGhhc2g",
	"bearer":                  "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVP",
	"hex token":               "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
	"proxy password":          "proxysegreto7",
	"key":                     "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC",
	"PIN":                     "739164",
	"password in a comment":   "commentato42",
	"password of a wrong key": "chiavesbagliata9",
}

// sentences put a planted value where such values turn up.
var sentences = []string{
	`{"level":"error","error":"call failed","raw":%q}`, `{"level":"info","message":"carta %s rifiutata"}`, `pan=%s;`, `<%s>`, `[%s]`, `prima %s dopo`, `%s`,
	`{"body":"{\"value\":\"%s\"}"}`, `url=https://host/x?v=%s&y=1`,
}

// named put a secret behind its name.
var namedSentences = []string{
	`password: %s`, `password=%s`, `{"password":%q}`, `{\"password\":\"%s\"}`, `Authorization: Bearer %s`, `"authorization":"Basic %s"`, `token = '%s'`, `pin: %s`, `PIN %s`,
	`api_key=%s&x=1`, `la password è %s.`, `X-API-Key: %s`, `cookie: %s; path=/`, `http://utente:%s@host/`,
}

// TestRedactor: whatever is planted, wherever, in every sentence, alone and with its neighbours.
func TestRedactor(t *testing.T) {
	r := newRedactor([]string{planted["password"], planted["operator's name"], "solo\n" + planted["proxy password"]}, []string{"01199250158", "13212880150_90"})
	check := func(name, value, text string) {
		t.Helper()
		if got := r.text(text); strings.Contains(got, value) {
			t.Errorf("%s: %q is still there: %q", name, value, got)
		}
	}
	byForm := []string{"card number", "card with spaces", "card with dashes", "card of 19 digits", "card in other digits", "tax code", "tax code, small",
		"tax code, for homonyms", "company's tax code", "notice", "IUV", "e-mail", "IBAN", "IBAN with spaces", "password", "operator's name", "operator's hash", "hex token", "proxy password", "key"}
	for _, name := range byForm {
		for _, sentence := range sentences {
			check(name, planted[name], fmt.Sprintf(sentence, planted[name]))
		}
		for _, other := range byForm {
			check(name, planted[name], planted[name]+" "+planted[other])
			check(name, planted[name], planted[other]+","+planted[name])
		}
	}
	for _, name := range []string{"bearer", "PIN", "password of a wrong key"} {
		for _, sentence := range namedSentences {
			check(name, planted[name], fmt.Sprintf(sentence, planted[name]))
		}
	}
	// What is needed stays.
	for _, useful := range []string{"01199250158", "13212880150_90", "2026-11-22T07:15:50Z", "2026-11-22T07:15:50.123456789Z", "22/11/2026 07:15:50", "tcp://192.168.1.50:10000",
		"CIPBITMM", "12345678", "************1234", "/var/lib/sportello/ledger.db", "serial:///dev/ttyUSB0?baud=9600&format=8N1", "la password non è accettata", "V1.23.4-BUILD"} {
		if got := r.text(useful); got != useful {
			t.Errorf("%q has become %q", useful, got)
		}
	}
}

// TestBundleHoldsNothing plants everything everywhere a bundle looks (configuration, its comments, secret files, operators,
// log lines, the ledger's neighbours), with the service and without, with a sound configuration and a broken one, and finds none.
func TestBundleHoldsNothing(t *testing.T) {
	c := newCounter(t, setup{password: planted["password"], platform: govpaytest.Options{User: "sportello", Password: planted["password"]}})
	log := filepath.Join(c.dir, "sportello.log")
	var lines strings.Builder
	for name, value := range planted {
		for _, sentence := range sentences {
			if name != "bearer" && name != "PIN" && name != "password of a wrong key" && name != "password in a comment" && name != "proxy password" {
				fmt.Fprintf(&lines, sentence+"\n", value)
			}
		}
	}
	for _, name := range []string{"bearer", "PIN", "password of a wrong key"} {
		for _, sentence := range namedSentences {
			fmt.Fprintf(&lines, sentence+"\n", planted[name])
		}
	}
	c.write(log, lines.String())
	c.write(log+".20260101T000000Z", lines.String())
	c.configured("terminals:", "log: {file: "+log+", level: debug}\n# la vecchia password era "+planted["password in a comment"]+"\nterminals:")
	c.configured("platform:\n", "platform:\n  proxy: none\n")
	operators, err := os.ReadFile(filepath.Join(c.dir, "operators.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	c.write(filepath.Join(c.dir, "operators.yaml"), string(operators)+"# "+planted["password in a comment"]+"\n")
	none := func(where, text string) {
		t.Helper()
		for name, value := range planted {
			if strings.Contains(text, value) {
				i := strings.Index(text, value)
				t.Errorf("%s: %s (%q) is in the bundle: %q", where, name, value, text[max(0, i-60):min(len(text), i+60)])
			}
		}
		for _, name := range []string{tokenName, maintenanceName} {
			if b, err := os.ReadFile(filepath.Join(c.dir, "data", name)); err == nil && strings.Contains(text, strings.TrimSpace(string(b))) {
				t.Errorf("%s: %s is in the bundle", where, name)
			}
		}
		for _, person := range []string{"Rossi", "Bianchi"} {
			if strings.Contains(text, person) {
				t.Errorf("%s: %q is in the bundle", where, person)
			}
		}
		for _, part := range []string{"VERSIONI", "DIAGNOSI", "REGISTRO E TERMINALI", "CONFIGURAZIONE", "DIARIO DEL SERVIZIO", "== FINE =="} {
			if !strings.Contains(text, part) {
				t.Errorf("%s: no %q", where, part)
			}
		}
	}
	bundle := func() string {
		t.Helper()
		file := filepath.Join(t.TempDir(), "b.txt")
		code, out, errs := c.cli("bundle", "--out", file)
		text, err := os.ReadFile(file)
		sum := sha256.Sum256(text)
		if code != exitDone || err != nil || !strings.Contains(out, hex.EncodeToString(sum[:])) {
			t.Fatalf("bundle ended with %d: %v %s%s", code, err, out, errs)
		}
		if again, _, errs := c.cli("bundle", "--out", file); again != exitFailed || !strings.Contains(errs, "non viene sovrascritto") {
			t.Errorf("over a file: %d %s", again, errs)
		}
		return string(text)
	}
	none("never started", bundle())
	c.start()
	if code, _, errs := c.payWhenReady(debt(0), "r1"); code != 0 {
		t.Fatal(errs)
	}
	c.proven()
	running := bundle()
	none("running", running)
	for _, want := range []string{"raccolto dal servizio", "tax_code: 01199250158", "password_file: ", "terminale cassa1", "sportello_payments_total", "✓ servizio"} {
		if !strings.Contains(running, want) {
			t.Errorf("running: no %q\n%s", want, running)
		}
	}
	p := c.payments()[0]
	if strings.Contains(running, p.Notices[0].Number) {
		t.Error("the notice of a payment is in the bundle")
	}
	if status, body := c.call(http.MethodGet, "bundle", nil); status != http.StatusForbidden { // the command line's own token is a clerk's
		t.Errorf("a clerk has got it: %d %.80s", status, body)
	}
	c.kill()
	dead := bundle()
	none("killed", dead)
	if !strings.Contains(dead, "raccolto senza il servizio") || !strings.Contains(dead, "terminale cassa1") || !strings.Contains(dead, "prime righe") {
		t.Errorf("killed: %s", dead)
	}
	c.configured("installation: T1", "installation: T1\npassword: "+planted["password of a wrong key"]+"\nnota: "+planted["card number"])
	none("a wrong key", bundle())
	c.configured("installation: T1", "installation: [T1\n  password: "+planted["password of a wrong key"])
	none("no YAML", bundle())
}

// TestBundleOfNothing: no configuration, no ledger, no log: it is made all the same, and says what is missing.
func TestBundleOfNothing(t *testing.T) {
	text := string(makeBundle(context.Background(), &gathering{path: filepath.Join(t.TempDir(), "none.yaml"), why: errUnreachable}))
	for _, want := range []string{"il file non esiste", "non disponibile", "== FINE =="} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}
