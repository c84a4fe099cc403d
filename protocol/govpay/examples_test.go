package govpay

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	_ "time/tzdata"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// exchange is one request and response of a file in testdata.
type exchange struct {
	Request struct {
		Method, Path string
		Headers      map[string]string
		Body         json.RawMessage
	}
	Response struct {
		Status  int
		Headers map[string]string
		Body    json.RawMessage
	}
}

func examples(t testing.TB, pattern string) []exchange {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil || len(files) == 0 {
		t.Fatalf("no example matches %s: %v", pattern, err)
	}
	var all []exchange
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var file struct{ Exchanges []exchange }
		if err := json.Unmarshal(text, &file); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all = append(all, file.Exchanges...)
	}
	return all
}

// replay serves one exchange and refuses a request that differs from it in
// path, query names asked for by the example, or Accept header.
func replay(t *testing.T, x exchange) *Client {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		want := x.Request.Path[strings.Index(x.Request.Path, "}")+1:]
		path, query, _ := strings.Cut(want, "?")
		if r.URL.Path != path && !strings.Contains(path, "/v9/") {
			t.Errorf("asked for %s, example has %s", r.URL.Path, path)
		}
		for _, pair := range strings.Split(query, "&") {
			if name, value, ok := strings.Cut(pair, "="); ok && r.URL.Query().Get(name) != value {
				t.Errorf("query %s = %q, example has %q", name, r.URL.Query().Get(name), value)
			}
		}
		if r.Method != x.Request.Method {
			t.Errorf("method %s, example has %s", r.Method, x.Request.Method)
		}
		sameJSON(t, r, x.Request.Body)
		if got := r.Header["Accept"]; len(got) != 1 || got[0] != x.Request.Headers["Accept"] {
			t.Errorf("Accept %q, example has %q", got, x.Request.Headers["Accept"])
		}
		for name, value := range x.Response.Headers {
			w.Header().Set(name, value)
		}
		w.WriteHeader(x.Response.Status)
		_, _ = w.Write(x.Response.Body)
	}))
	c, err := New(Config{Pagamento: srv.URL + "/rs/basic/v2", Pendenze: srv.URL + "/rs/basic/v2", Ragioneria: srv.URL + "/rs/basic/v3/", Backoffice: srv.URL + "/rs/basic/v1"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); srv.Close() })
	return c
}

// sameJSON compares a request's body with the example's. An example may leave out
// what has a default (autenticazioneSoggetto N/A), and may hold a urlRitorno,
// which only a browser needs.
func sameJSON(t *testing.T, r *http.Request, example json.RawMessage) {
	t.Helper()
	read := func(r io.Reader) map[string]any {
		d := json.NewDecoder(r)
		d.UseNumber()
		var v map[string]any
		if err := d.Decode(&v); err != nil && !errors.Is(err, io.EOF) {
			t.Errorf("body: %v", err)
		}
		delete(v, "autenticazioneSoggetto")
		delete(v, "urlRitorno")
		if n, ok := v["importo"].(json.Number); ok { // 25.0 and 25.00 are one amount
			v["importo"], _ = ParseCents(n.String())
		}
		return v
	}
	got := read(r.Body)
	if len(example) == 0 {
		if got != nil {
			t.Errorf("a body where the example has none: %v", got)
		}
		return
	}
	if ct := r.Header.Get("Content-Type"); ct != "application/json" {
		t.Errorf("Content-Type %q", ct)
	}
	if want := read(bytes.NewReader(example)); !reflect.DeepEqual(got, want) {
		t.Errorf("body\n%v, example has\n%v", got, want)
	}
}

const vallefinta = "99999000013"

func TestExamplePositions(t *testing.T) {
	now := time.Date(2025, 10, 5, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		file, notice string
		state        State
		cents        int64
		attempts     int
		verdict      Verdict
		reason       ReasonCode
	}{
		{"01-*", "301470000012839157", StateOpen, 12850, 0, Payable, ReasonNone},
		{"02-*", "301470000012850275", StateOpen, 4501, 1, Busy, ReasonAttemptPending},
		{"03-*", "301470000012850275", StatePaid, 4501, 1, Refused, ReasonPaid},
		{"04-*", "301470000012861300", StateAnomalous, 6000, 2, Refused, ReasonAnomalous},
	} {
		client := replay(t, examples(t, c.file)[0])
		p, err := client.Position(t.Context(), vallefinta, c.notice)
		if err != nil {
			t.Errorf("%s: %v", c.file, err)
			continue
		}
		if p.State != c.state || p.Cents != c.cents || len(p.Attempts) != c.attempts || p.Notice != c.notice ||
			p.IUV != c.notice[1:] || p.Creditor != vallefinta || p.CreditorName != "Comune di Vallefinta" {
			t.Errorf("%s: %+v", c.file, p)
		}
		if p.Application != "TRIBUTI" || p.ID == "" || p.Debtor.Name != "Luigi Verdi" || p.TransactionID == "" || p.Weak() || p.Source != Pagamento {
			t.Errorf("%s: %+v", c.file, p)
		}
		if got := p.DueBy.Format(time.RFC3339); got != "2025-12-31T00:00:00+01:00" {
			t.Errorf("%s: due %s", c.file, got)
		}
		if v, r := Payability(p, now); v != c.verdict || r != c.reason {
			t.Errorf("%s: %s %q", c.file, v, r)
		}
		for _, a := range p.Attempts {
			if c.state != StateOpen && (a.Proof == nil || a.Proof.Result != ResultPaid || a.Proof.PSP != "PSPFINTO" || a.Proof.Cents != c.cents ||
				a.Code != a.Proof.ReceiptID || a.Code == "" || a.Submitted || a.IUV != p.IUV || a.Creditor != vallefinta) {
				t.Errorf("%s: attempt %+v", c.file, a)
			}
		}
	}
}

func TestExampleReceipts(t *testing.T) {
	const iuv, id = "01470000012850275", "c3f9d0a74e3b4b0f9d0c7f2b6a1e5d88"
	polls := examples(t, "22-*")
	if refs, err := replay(t, polls[0]).Receipts(t.Context(), vallefinta, iuv); err != nil || len(refs) != 0 {
		t.Fatalf("before the receipt: %v, %v", refs, err)
	}
	refs, err := replay(t, polls[1]).Receipts(t.Context(), vallefinta, iuv)
	if err != nil || len(refs) != 1 || refs[0].ID != id || refs[0].Esito != OutcomePaid {
		t.Fatalf("after the receipt: %+v, %v", refs, err)
	}
	if got := refs[0].At.Format(time.RFC3339); got != "2025-10-03T10:41:52+02:00" {
		t.Errorf("acquired at %s", got)
	}

	details := examples(t, "23-*")
	r, err := replay(t, details[0]).Receipt(t.Context(), vallefinta, iuv, id)
	if err != nil {
		t.Fatal(err)
	}
	if !r.Positive() || r.Cents != 4501 || r.Kind != "ctReceipt" || r.Attestor.ID != "99999111117" || r.Attestor.Channel != "99999111117_07" {
		t.Errorf("%+v", r)
	}
	p := r.Proof
	if p == nil || p.PSP != "PSPFINTO" || p.Channel != "99999111117_07" || p.Cents != 4501 || p.FeeCents != 100 ||
		p.ReceiptID != id || p.Notice != "301470000012850275" || p.Method != "creditCard" {
		t.Fatalf("%+v", p)
	}
	if got := p.PaidAt.Format(time.RFC3339); got != "2025-10-03T10:41:27+02:00" {
		t.Errorf("paid at %s", got)
	}

	if _, err := replay(t, details[1]).ReceiptPDF(t.Context(), vallefinta, iuv, id); OutcomeOf(err) != OutcomeNotJSON {
		t.Errorf("a body that is no PDF: %v", err) // the example holds a placeholder
	}
	_, err = replay(t, details[2]).Receipt(t.Context(), vallefinta, "01470000012839157", "inesistente")
	if OutcomeOf(err) != OutcomeNotFound {
		t.Errorf("unknown receipt: %v", err)
	}
}

func TestExampleProfileAndFaults(t *testing.T) {
	p, err := replay(t, examples(t, "24-*")[0]).Profile(t.Context(), Pagamento)
	if err != nil || p.Name != "SPORTELLO" || len(p.Creditors) != 1 || p.Creditors[0].TaxCode != vallefinta {
		t.Errorf("%+v, %v", p, err)
	}
	faults := examples(t, "17-*")
	if _, err := replay(t, faults[1]).Profile(t.Context(), Pagamento); OutcomeOf(err) != OutcomeUnauthorized {
		t.Errorf("401: %v", err)
	}
	if _, err := replay(t, faults[2]).Position(t.Context(), "99999000021", "301470000012839157"); OutcomeOf(err) != OutcomeForbidden {
		t.Errorf("403: %v", err)
	}
	missing := examples(t, "05-*")
	for i, want := range []Outcome{OutcomeNotFound, OutcomeWrongBaseURL} {
		if _, err := replay(t, missing[i]).Position(t.Context(), vallefinta, "301470000012939033"); OutcomeOf(err) != want {
			t.Errorf("404 number %d: %v", i, err)
		}
	}
}

// TestOlderReceipt reads the form of receipts that the platform itself submitted.
func TestOlderReceipt(t *testing.T) {
	p, err := decodeProof([]byte(`{"dominio":{"identificativoDominio":"12345678901"},"dataOraMessaggioRicevuta":"2022-04-27T12:15:56",
		"istitutoAttestante":{"identificativoUnivocoAttestante":{"codiceIdentificativoUnivoco":"99999"},"denominazioneAttestante":"Banca di prova"},
		"datiPagamento":{"codiceEsitoPagamento":"0","importoTotalePagato":"100.99","identificativoUnivocoVersamento":"340105455507221","CodiceContestoPagamento":"840596274"}}`))
	if err != nil {
		t.Fatal(err)
	}
	if p.Result != ResultPaid || p.PSP != "" || p.PSPTaxCode != "99999" || p.Cents != 10099 || p.IUV != "340105455507221" || p.ReceiptID != "840596274" {
		t.Errorf("%+v", p)
	}
}

func FuzzPosition(f *testing.F) {
	n := 0
	for _, pattern := range []string{"01-*", "02-*", "03-*", "04-*", "05-*"} {
		for _, x := range examples(f, pattern) {
			if len(x.Response.Body) > 0 {
				f.Add([]byte(x.Response.Body))
				n++
			}
		}
	}
	if n == 0 {
		f.Fatal("no seeds")
	}
	now := time.Date(2025, 10, 5, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text []byte) {
		var w wirePosition
		if decode(text, &w) != nil {
			return
		}
		p, err := w.position(Pagamento)
		if err != nil {
			return
		}
		if p.Cents < 0 || p.Cents > MaxCents || len(p.Lines) > maxLines || len(p.Attempts) > maxAttempts ||
			len([]rune(p.Reason)) > 140 || len([]rune(p.Debtor.Name)) > 70 || len(p.Creditor) > 35 {
			t.Fatalf("over a cap: %+v", p)
		}
		if v, _ := Payability(p, now); v == Payable && p.State != StateOpen {
			t.Fatalf("payable in state %q", p.State)
		}
	})
}

func FuzzReceipt(f *testing.F) {
	n := 0
	for _, pattern := range []string{"22-*", "23-*"} {
		for _, x := range examples(f, pattern) {
			if len(x.Response.Body) > 0 {
				f.Add([]byte(x.Response.Body))
				n++
			}
		}
	}
	if n == 0 {
		f.Fatal("no seeds")
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var w wireDetail
		if decode(text, &w) != nil {
			return
		}
		r, err := w.receipt()
		if err != nil {
			return
		}
		if r.Cents < 0 || r.Cents > MaxCents || len(r.ID) > 70 || len([]rune(r.Attestor.Name)) > 70 {
			t.Fatalf("over a cap: %+v", r)
		}
		if r.Positive() && (r.Esito != OutcomePaid || (r.Proof != nil && (r.Proof.Result != ResultPaid || r.Proof.IUV != r.IUV))) {
			t.Fatalf("positive: %+v %+v", r, r.Proof)
		}
	})
}
