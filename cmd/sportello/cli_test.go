package main

import (
	"crypto/tls"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sportello/cmd/sportello/internal/config"
	"sportello/protocol/local"
)

func TestReadingCommands(t *testing.T) {
	f := newFake(t)
	f.payments = []local.Payment{
		*payment(local.PaymentRequest{Terminal: "cassa1", Notices: []local.RequestNotice{{Number: tari, ExpectedCents: 12050}}}, local.StateCharged),
	}
	for _, c := range []struct {
		args   string
		code   int
		out    string
		errors string
	}{
		{"payments", exitDone, "INCASSATO", ""},
		{"payments --state charged --day 2026-05-04 --limit 7", exitDone, tari, ""},
		{"payments --notice 3020 --from 2026-05-01 --to 2026-05-31 --stan 123 --amount-cents 12050 --by anna --registration registered", exitDone, tari, ""},
		{"payments --notice 30x", exitUsage, "", "vuole cifre"},
		{"payments --to ieri", exitUsage, "", "non è un giorno"},
		{"story A1-00000001", exitDone, "esito: INCASSATO                      anna, capo   deciso da persone; STAN 000123", ""},
		{"story A1-00000001", exitDone, "registrazione: registrato (avviso 1)  il servizio", ""},
		{"story A1-9", exitFailed, "", "[not_found]"},
		{"payments --state paid", exitUsage, "", `lo stato "paid" non esiste`},
		{"payments --day ieri", exitUsage, "", "non è un giorno"},
		{"payments --limit 0", exitUsage, "", "da 1 a 1000"},
		{"payments A1-1", exitUsage, "", "sportello payment A1-1"},
		{"payment A1-00000001", exitDone, "in attesa della ricevuta pagoPA", ""},
		{"payment", exitUsage, "", "serve l'identificativo"},
		{"payment A1-9", exitFailed, "", "[not_found]"},
		{"receipt A1-00000001", exitDone, "TRANSAZIONE APPROVATA", "incompleto"},
		{"receipt A1-00000002", exitFailed, "", "sportello terminal reprint NOME"},
		{"receipt", exitUsage, "", "serve l'identificativo"},
		{"queue", exitDone, "04/05/2026 12:30  3          in attesa della ricevuta pagoPA, in ritardo", ""},
		{"cases", exitDone, "pagato altrove", ""},
		{"cases x", exitUsage, "", `"x" è di troppo`},
		{"terminal status cassa1", exitDone, "Cassa 1): pronto", ""},
		{"terminal last cassa1", exitDone, "STAN 000123", ""},
		{"terminal totals cassa1", exitDone, "987,65 €", ""},
		{"terminal adopt cassa1", exitUsage, "", "porta il nome di chi la prende"},
		{"terminal free cassa1", exitDone, "fatto: free", ""},
		{"terminal status cassa9", exitFailed, "", "[not_found]"},
		{"terminal detect cassa1", exitDone, "fatto: detect\n", ""},
		{"terminal detect cassa1 --quiet-totals", exitUsage, "", "porta il nome"},
		{"terminal close cassa1 --quiet-totals", exitUsage, "", "va con detect"},
		{"terminal reprint cassa1", exitDone, "fatto: reprint", ""},
		{"terminal close cassa1", exitUsage, "", "porta il nome"},
		{"terminal channel cassa1 13212880150_91", exitUsage, "", "porta il nome"},
		{"terminal channel cassa1", exitUsage, "", "il canale da confermare"},
		{"terminal status cassa1 x", exitUsage, "", "servono un'azione"},
		{"terminal dance cassa1", exitUsage, "", "sconosciuta"},
		{"terminal status", exitUsage, "", "servono un'azione"},
	} {
		t.Run(c.args, func(t *testing.T) { expect(t, f.run(strings.Fields(c.args)...), c.code, c.out, c.errors) })
	}
	if !slices.Contains(f.calls, `POST /api/v1/payments/search {"state":"charged","day":"2026-05-04","limit":7}`) {
		t.Errorf("calls %q", f.calls)
	}
}

// TestPaymentsByDebtor: who owed is asked for in no address, may be kept from the list of processes, and is printed
// where it was asked for.
func TestPaymentsByDebtor(t *testing.T) {
	f := newFake(t)
	p := payment(local.PaymentRequest{Terminal: "cassa1", Notices: []local.RequestNotice{{Number: tari, ExpectedCents: 12050}}}, local.StateCharged)
	p.Notices[0].Debtor, p.Notices[0].DebtorTaxCode = "Maria Verdi", "VRDMRA85T50H501L"
	f.payments = []local.Payment{*p}
	expect(t, f.run("payments", "--debtor", "verdi ma", "--notice", "30"), exitDone, "Maria Verdi VRDMRA85T50H501L", "")
	expect(t, f.runWith("vrdmra85\n", "payments", "--debtor", "-", "--json"), exitDone, `"debtor": "Maria Verdi"`, "")
	expect(t, f.runWith("\n", "payments", "--debtor", "-"), exitUsage, "", "--debtor vuole un nome")
	expect(t, f.run("payments", "--debtor", "nessuno"), exitDone, "Nessun pagamento.\nPer debitore si trovano solo i pagamenti dal 22/11/2026.", "")
	for _, args := range [][]string{{"payments"}, {"payments", "--json"}} {
		if r := f.run(args...); r.code != exitDone || strings.Contains(r.out, "Verdi") || strings.Contains(r.out, "VRDMRA") {
			t.Errorf("%v: %s", args, r.out)
		}
	}
	if want := `POST /api/v1/payments/search {"notice":"30","debtor":"verdi ma","limit":100,"cursor":"7"}`; !slices.Contains(f.calls, want) || strings.Contains(strings.Join(f.calls, "\n"), "?") {
		t.Errorf("calls %q", f.calls)
	}
}

// TestJSONIsOneDocument: what is read by scripts is one JSON document and nothing else.
func TestJSONIsOneDocument(t *testing.T) {
	f := newFake(t)
	f.payments = []local.Payment{*payment(local.PaymentRequest{Terminal: "cassa1"}, local.StateCharged)}
	for args, array := range map[string]bool{
		"payments --json": true, "payment A1-00000001 --json": false, "receipt A1-00000001 --json": false,
		"queue --json": true, "cases --json": true, "cases --all --json": true, "cases show C1 --json": false, "terminal status cassa1 --json": false,
		"terminal totals cassa1 --json": false, "resolve A1-00000001 --json": false,
	} {
		r := f.run(strings.Fields(args)...)
		var v any
		if err := json.Unmarshal([]byte(r.out), &v); err != nil || r.code != exitDone {
			t.Errorf("%s: exit %d, %v: %s", args, r.code, err, r.out)
		}
		if _, isArray := v.([]any); isArray != array {
			t.Errorf("%s: array %v, want %v", args, isArray, array)
		}
	}
}

func TestOperatorSignsIn(t *testing.T) {
	f := newFake(t)
	r := f.runWith("5678\n", "terminal", "adopt", "cassa1", "--operator", "bianchi")
	expect(t, r, exitDone, "fatto: adopt", "")
	if !slices.Contains(f.calls, "DELETE /api/v1/session") {
		t.Errorf("the session stays open: %q", f.calls)
	}
	for args, done := range map[string]string{"close cassa1": "fatto: close", "detect cassa1 --quiet-totals": "fatto: detect quiet",
		"channel cassa1 13212880150_91": "fatto: channel 13212880150_91"} {
		expect(t, f.as(append([]string{"terminal"}, strings.Fields(args)...)...), exitDone, done, "")
	}
	f.token = "gettone"
	expect(t, f.runWith("1111\n", "terminal", "adopt", "cassa1", "--operator", "bianchi"), exitFailed, "", "[bad_credentials]")
	expect(t, f.runWith("", "terminal", "adopt", "cassa1", "--operator", "bianchi"), exitUsage, "", "nessun PIN su standard input\n  ► scriverlo")
}

func TestOverTLSOnlyTheServicesOwnCertificate(t *testing.T) {
	f := newFake(t)
	f.stop()
	f.server.Config.Handler = nil
	secure := newTLSFake(t, f)
	good := filepath.Join(f.dir, "cert.pem")
	f.write(good, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificates[0].Certificate[0]})))
	f.write(f.config, "listen: "+f.server.Listener.Addr().String()+"\ndata_dir: '"+f.dir+"'\ntls: {certificate: '"+good+"', key: x}\n")
	f.ends(local.StateCharged)
	expect(t, f.run("pay", tari, "--terminal", "cassa1"), exitDone, "INCASSATO", "")
	f.write(good, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("another")})))
	expect(t, f.run("queue"), exitUnreachable, "", "non ha il certificato di tls.certificate")
}

func newTLSFake(t *testing.T, f *fake) *tls.Config {
	t.Helper()
	f.server = newServer(t, f)
	return f.server.TLS
}

// TestNotTheService: something else answers at the configured address.
func TestNotTheService(t *testing.T) {
	f := newFake(t)
	f.refusals[api+"queue"] = local.Error{Code: "?"} // an unknown code is still the service
	expect(t, f.run("queue"), exitFailed, "", "[?]")
	other := notTheService(t)
	f.write(f.config, "listen: "+other+"\ndata_dir: '"+f.dir+"'\n")
	expect(t, f.run("queue"), exitFailed, "", "non è il servizio")
	expect(t, f.run("pay", tari, "--terminal", "cassa1"), exitFailed, "", "non è il servizio")
}

func TestConfigCheck(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "config.yaml")
	if err := os.WriteFile(path, []byte("installation: A1\nlingua: it\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := cli(t, "", "config", "check", path)
	expect(t, r, exitUsage, path+":2: lingua: voce sconosciuta\n    rimedio: ", "non si può usare")
	expect(t, cli(t, "", "config", "check", filepath.Join(dir, "none")), exitUsage, "il file non esiste", "")
	expect(t, cli(t, "", "config"), exitUsage, "", "l'unico comando è check")
}

func TestOperatorHash(t *testing.T) {
	r := cli(t, "246810\n", "operator", "hash")
	expect(t, r, exitDone, "$argon2id$v=19$m=19456,t=2,p=1$", "")
	// The hash lets its operator in.
	path := filepath.Join(t.TempDir(), "operators.yaml")
	text := "operators: [{id: rossi, name: Maria Rossi, role: clerk, hash: \"" + strings.TrimSpace(r.out) + "\"}]\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	o, err := config.OpenOperators(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.Check("rossi", "246810"); err != nil {
		t.Error(err)
	}
	expect(t, cli(t, "1234", "operator", "hash"), exitDone, "$argon2id$", "meno di 6 caratteri")
	expect(t, cli(t, "12\n", "operator", "hash"), exitUsage, "", "da 4 a 64")
	expect(t, cli(t, "", "operator", "hash"), exitFailed, "", "nessun PIN")
	expect(t, cli(t, "", "operator", "hash", "246810"), exitUsage, "", "non si scrive sulla riga di comando")
}

func TestHelpAndUnknownCommands(t *testing.T) {
	expect(t, cli(t, ""), exitUsage, "", "Uso: sportello COMANDO")
	expect(t, cli(t, "", "help"), exitDone, "Esempio:", "")
	expect(t, cli(t, "", "help", "pay"), exitDone, "--request-id ID", "")
	expect(t, cli(t, "", "pay", "-h"), exitDone, "totale atteso in centesimi", "")
	expect(t, cli(t, "", "paga"), exitUsage, "", `comando "paga" sconosciuto`)
	expect(t, cli(t, "", "version"), exitDone, "sportello ", "")
}

// TestEveryCommandOfTheDesignIsListed: the help is the outside contract's list (design 7).
func TestEveryCommandOfTheDesignIsListed(t *testing.T) {
	for _, name := range strings.Fields(`run demo simulate pay payments payment resolve reverse receipt queue cases
		terminal ledger config operator offline service doctor bundle version`) {
		if c, ok := find(name); !ok || c.help == "" {
			t.Errorf("%s is not listed", name)
		}
	}
}
