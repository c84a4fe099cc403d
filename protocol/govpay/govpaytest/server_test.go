package govpaytest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "time/tzdata"

	"sportello/protocol/pagopa"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const comune = "01199250158"

func start(t *testing.T, opts Options) *Server {
	t.Helper()
	s, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close(); http.DefaultClient.CloseIdleConnections() })
	return s
}

// get asks with the right credentials, unless user is empty.
func get(t *testing.T, s *Server, user, accept, path string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.Addr()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if accept != "" {
		r.Header.Set("Accept", accept)
	}
	if user != "" {
		r.SetBasicAuth(user, "sportello")
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(text)
}

// TestStrict is the platform's manners, one row each.
func TestStrict(t *testing.T) {
	s := start(t, Options{})
	if err := s.AddReceipt(comune, demoNotice(1), Receipt{ID: "r1"}); err != nil {
		t.Fatal(err)
	}
	pag, _, rag := Base("")
	position := pag + "/pendenze/byAvviso/" + comune + "/" + demoNotice(1)
	receipt := rag + "/ricevute/" + comune + "/" + demoNotice(1)[1:] + "/r1"
	const jsonType = "application/json"
	for _, x := range []struct {
		name, user, accept, path string
		status                   int
		codice                   string // "" with an error: no fault body, HTML
	}{
		{"honest", "sportello", jsonType, position, 200, ""},
		{"no credentials", "", jsonType, position, 401, "401"},
		{"wrong user", "altro", jsonType, position, 401, "401"},
		{"no credentials on a wrong path", "", jsonType, pag + "/x", 401, "401"},
		{"segment not enabled", "sportello", jsonType, strings.Replace(position, "/basic/", "/ssl/", 1), 403, "403"},
		{"wrong version", "sportello", jsonType, strings.Replace(position, "/v2/", "/v9/", 1), 404, ""},
		{"wrong context", "sportello", jsonType, "/x", 404, ""},
		{"position without state", "sportello", jsonType, rag + "/pendenze/byAvviso/" + comune + "/" + demoNotice(1), 200, ""},
		{"receipts on the wrong API", "sportello", jsonType, pag + "/ricevute", 404, ""},
		{"unknown notice", "sportello", jsonType, pag + "/pendenze/byAvviso/" + comune + "/" + demoNotice(99), 404, "404000"},
		{"malformed notice", "sportello", jsonType, pag + "/pendenze/byAvviso/" + comune + "/1", 404, "404000"},
		{"creditor not ours", "sportello", jsonType, pag + "/pendenze/byAvviso/99999000013/" + demoNotice(1), 403, "403000"},
		{"position as PDF", "sportello", "application/pdf", position, 406, ""},
		{"receipt", "sportello", jsonType, receipt, 200, ""},
		{"receipt as anything", "sportello", "*/*", receipt, 406, "406000"},
		{"receipt as XML", "sportello", "application/xml", receipt, 406, "406000"},
		{"unknown receipt", "sportello", jsonType, receipt + "x", 404, "404000"},
		{"large page", "sportello", jsonType, rag + "/ricevute?risultatiPerPagina=201", 400, "SINTASSI"},
		{"page zero", "sportello", jsonType, rag + "/ricevute?pagina=0", 400, "SINTASSI"},
		{"page of words", "sportello", jsonType, rag + "/ricevute?pagina=x", 400, "SINTASSI"},
		{"order", "sportello", jsonType, rag + "/ricevute?ordinamento=x", 422, "100001"},
		{"receipts of a creditor not ours", "sportello", jsonType, rag + "/ricevute?idDominio=99999000013", 403, "403000"},
		{"profile", "sportello", jsonType, rag + "/profilo", 200, ""},
	} {
		resp, text := get(t, s, x.user, x.accept, x.path)
		var body struct{ Codice string }
		_ = json.Unmarshal([]byte(text), &body)
		if resp.StatusCode != x.status || body.Codice != x.codice {
			t.Errorf("%s: %d %q, want %d %q", x.name, resp.StatusCode, body.Codice, x.status, x.codice)
		}
		isHTML := strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html")
		if want := x.status >= 400 && x.codice == ""; isHTML != want {
			t.Errorf("%s: content type %q", x.name, resp.Header.Get("Content-Type"))
		}
		if resp.Header.Get("WWW-Authenticate") != "" {
			t.Errorf("%s: WWW-Authenticate", x.name)
		}
		if has := resp.Header.Get("X-Govpay-IdTransazione") != ""; has != (x.status == 200 || len(x.codice) > 3) {
			t.Errorf("%s: transaction id: %v", x.name, has)
		}
	}
	log := s.Requests()
	if len(log) != 23 || log[0].Status != 200 || log[0].Path != position || log[1].Status != 401 {
		t.Errorf("%d requests in the log, first %+v", len(log), log[0])
	}
}

func TestPagingLink(t *testing.T) {
	s := start(t, Options{})
	_, _, rag := Base("")
	_, counted := get(t, s, "sportello", "application/json", rag+"/ricevute?idDominio="+comune+"&iuv="+demoNotice(1)[1:])
	_, uncounted := get(t, s, "sportello", "application/json", rag+"/ricevute?metadatiPaginazione=false&iuv="+demoNotice(1)[1:])
	if strings.Contains(counted, "prossimiRisultati") || !strings.Contains(counted, "numRisultati") {
		t.Errorf("counted: %s", counted)
	}
	if !strings.Contains(uncounted, "prossimiRisultati") || strings.Contains(uncounted, "numRisultati") {
		t.Errorf("not counted: %s", uncounted)
	}
}

// state asks the platform for the state of a demo debt.
func state(t *testing.T, s *Server, n int) string {
	t.Helper()
	pag, _, _ := Base("")
	_, text := get(t, s, "sportello", "application/json", pag+"/pendenze/byAvviso/"+comune+"/"+demoNotice(n))
	var b struct{ Stato string }
	if err := json.Unmarshal([]byte(text), &b); err != nil {
		t.Fatal(err)
	}
	return b.Stato
}

// TestBankFile follows a bank's file as the simulated terminal writes it.
func TestBankFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bank.jsonl")
	now := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	var reports []error
	s := start(t, Options{
		BankFile: path, ReceiptDelay: time.Minute, Now: func() time.Time { return now },
		Report: func(err error) { reports = append(reports, err) },
	})
	write := func(text string) {
		t.Helper()
		f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString(text); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	seq := 0
	line := func(kind string, approved bool, cents int64, at time.Time, notices ...int) string {
		seq++
		data := make([]string, 0, len(notices))
		for _, n := range notices {
			data = append(data, fmt.Sprintf("%q", demoNotice(n)+comune))
		}
		return fmt.Sprintf(`{"v":1,"seq":%d,"at":%q,"terminal":"12345678","kind":%q,"approved":%v,"amount_cents":%d,"stan":"%06d","data":[%s]}`+"\n",
			seq, at.Format(time.RFC3339), kind, approved, cents, seq, strings.Join(data, ","))
	}
	want := func(n int, state1 string) {
		t.Helper()
		if got := state(t, s, n); got != state1 {
			t.Errorf("debt %d is %s, want %s", n, got, state1)
		}
	}

	want(1, "NON_ESEGUITA") // no file yet
	write(line("payment", false, 12345, now, 1))
	write(line("manual", true, 12345, now))
	want(1, "NON_ESEGUITA")

	half := line("payment", true, 12345, now, 1)
	write(half[:40])
	want(1, "NON_ESEGUITA")
	write(half[40:])
	want(1, "NON_ESEGUITA") // charged, receipt under way
	now = now.Add(time.Minute)
	want(1, "ESEGUITA")

	write(line("payment", true, 12345, now, 1)) // the same debt again
	write(line("payment", true, 1600+6250, now, 2, 3))
	write(line("payment", true, 4100, now, 4)) // 42.00 is owed
	now = now.Add(time.Minute)
	want(1, "ANOMALA")
	want(2, "ESEGUITA")
	want(3, "ESEGUITA")
	want(4, "ANOMALA")

	if err := s.AddDebt(Demo(now).Debts[6]); err != nil { // debt 7, cancelled
		t.Fatal(err)
	}
	write(line("payment", true, 3000, now, 7))
	write(line("reversal", true, 3000, now.Add(30*time.Second), 7))
	now = now.Add(time.Hour)
	want(7, "ANNULLATA")
	write(line("payment", true, 3000, now, 7))
	now = now.Add(time.Hour)
	write(line("reversal", true, 3000, now, 7)) // too late
	want(7, "ESEGUITA")

	if len(reports) != 0 {
		t.Errorf("reports: %v", reports)
	}
	write("not JSON\n" + `{"v":2}` + "\n" + strings.Repeat("x", maxBankLine*2) + "\n" + line("payment", true, 25000, now, 6) + line("payment", true, 1, now, 99))
	want(6, "SCADUTA")
	now = now.Add(time.Minute)
	want(6, "ESEGUITA")
	if len(reports) != 4 {
		t.Errorf("%d reports, want 4: %v", len(reports), reports)
	}

	// Replaced by a file that begins the same: nothing is booked twice.
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path+"2", text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+"2", path); err != nil {
		t.Fatal(err)
	}
	want(2, "ESEGUITA")
}

func TestFaultsFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "faults")
	var reports []error
	s := start(t, Options{FaultsFile: path, Report: func(err error) { reports = append(reports, err) }})
	pag, _, rag := Base("")
	status := func(path string) int {
		t.Helper()
		resp, _ := get(t, s, "sportello", "application/json", path)
		return resp.StatusCode
	}
	position := pag + "/pendenze/byAvviso/" + comune + "/" + demoNotice(1)
	if got := status(position); got != 200 {
		t.Errorf("no file: %d", got)
	}
	text := "# twice, after one\n" + `{"on":"byAvviso","do":"status","status":503,"skip":1,"times":2}` + "\n\n" + `{"on":"profilo","do":"html"}` + "\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{200, 503, 503, 200, 200} {
		if got := status(position); got != want {
			t.Errorf("request %d: %d, want %d", i, got, want)
		}
	}
	if _, body := get(t, s, "sportello", "application/json", rag+"/profilo"); !strings.HasPrefix(body, "<html>") {
		t.Errorf("profile: %s", body)
	}
	if err := os.WriteFile(path, []byte(`{"on":"byAvviso","do":"vanish"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := status(position); got != 200 || len(reports) != 1 {
		t.Errorf("bad file: %d, %v", got, reports)
	}
}

func TestSeedFile(t *testing.T) {
	now := time.Now()
	text, err := json.Marshal(Demo(now))
	if err != nil {
		t.Fatal(err)
	}
	seed, err := ReadSeed(strings.NewReader(string(text)))
	if err != nil || len(seed.Debts) != 7 || len(seed.QR()) != 7 {
		t.Fatalf("%d debts, %v", len(seed.Debts), err)
	}
	for _, d := range seed.Debts {
		if _, err := pagopa.ParseNotice(d.Notice); err != nil {
			t.Errorf("%s: %v", d.Notice, err)
		}
		if _, err := pagopa.ParseTaxCode(d.Debtor.TaxCode); err != nil {
			t.Errorf("%s: %v", d.Debtor.Name, err)
		}
	}
	for name, bad := range map[string]string{
		"check digits":  strings.Replace(string(text), demoNotice(1), demoNotice(1)[:17]+"x", 1),
		"version":       strings.Replace(string(text), `"v":1`, `"v":2`, 1),
		"unknown key":   strings.Replace(string(text), `"v":1`, `"v":1,"x":2`, 1),
		"twice":         strings.Replace(string(text), demoNotice(1), demoNotice(2), 1),
		"creditor":      strings.Replace(string(text), `"creditor":"`+comune, `"creditor":"99999000013`, 1),
		"state":         strings.Replace(string(text), StateCancelled, "SCADUTA", 1),
		"not even JSON": "x",
	} {
		if _, err := ReadSeed(strings.NewReader(bad)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// TestSeedInDoc keeps the package comment's example true.
func TestSeedInDoc(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	_, after, ok := strings.Cut(string(doc), "\n//\t{\"v\":1,")
	example, _, ok2 := strings.Cut(after, "\n//\n")
	if !ok || !ok2 {
		t.Fatal("no example in the package comment")
	}
	example = strings.ReplaceAll("{\"v\":1,"+example, "\n//", "\n")
	if _, err := ReadSeed(strings.NewReader(example)); err != nil {
		t.Errorf("%v\n%s", err, example)
	}
}

func TestCartInOneTag(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bank.jsonl")
	line := fmt.Sprintf(`{"v":1,"seq":1,"at":%q,"terminal":"12345678","kind":"payment","approved":true,"amount_cents":7850,"stan":"000001","data":[%q]}`+"\n",
		time.Now().Add(-time.Minute).Format(time.RFC3339), demoNotice(2)+comune+demoNotice(3)+comune)
	if err := os.WriteFile(path, []byte(line), 0o600); err != nil {
		t.Fatal(err)
	}
	s := start(t, Options{BankFile: path, Report: func(err error) { t.Error(err) }})
	for _, n := range []int{2, 3} {
		if got := state(t, s, n); got != "ESEGUITA" {
			t.Errorf("debt %d is %s, want ESEGUITA", n, got)
		}
	}
}
