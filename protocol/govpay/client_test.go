package govpay_test

import (
	"bytes"
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sportello/protocol/govpay"
	"sportello/protocol/govpay/govpaytest"
	"sportello/protocol/pagopa"
)

const comune = "01199250158"

// platform starts a real server and returns it with a configuration for it.
func platform(t *testing.T, opts govpaytest.Options) (*govpaytest.Server, govpay.Config) {
	t.Helper()
	opts.Report = func(err error) { t.Errorf("platform: %v", err) }
	s, err := govpaytest.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s, config(t, "http://"+s.Addr(), "sportello")
}

func config(t *testing.T, root, password string) govpay.Config {
	t.Helper()
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte(password+"\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := govpay.Config{Auth: govpay.Auth{User: "sportello", PasswordFile: file}}
	c.Pagamento, c.Pendenze, c.Ragioneria = govpaytest.Base(root)
	return c
}

func client(t *testing.T, conf govpay.Config) *govpay.Client {
	t.Helper()
	c, err := govpay.New(conf)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func iuv(t *testing.T, notice string) string {
	t.Helper()
	n, err := pagopa.ParseNotice(notice)
	if err != nil {
		t.Fatal(err)
	}
	return n.IUV()
}

// TestDemoDebts verifies every debt of the demo the way the counter will.
func TestDemoDebts(t *testing.T) {
	s, conf := platform(t, govpaytest.Options{})
	c := client(t, conf)
	want := []struct {
		state   govpay.State
		verdict govpay.Verdict
		reason  govpay.ReasonCode
	}{
		{govpay.StateOpen, govpay.Payable, ""},
		{govpay.StateOpen, govpay.Payable, ""},
		{govpay.StateOpen, govpay.Payable, ""},
		{govpay.StateOpen, govpay.Payable, ""},
		{govpay.StatePaid, govpay.Refused, govpay.ReasonPaid},
		{govpay.StateExpired, govpay.Refused, govpay.ReasonExpired},
		{govpay.StateCancelled, govpay.Refused, govpay.ReasonCancelled},
	}
	debts := s.Seed().Debts
	if len(debts) != len(want) {
		t.Fatalf("%d debts", len(debts))
	}
	changed := 0
	for i, d := range debts {
		p, err := c.Position(t.Context(), d.Creditor, d.Notice)
		if err != nil {
			t.Errorf("debt %d: %v", i, err)
			continue
		}
		v, r := govpay.Payability(p, time.Now())
		if p.State != want[i].state || v != want[i].verdict || r != want[i].reason || p.Cents != d.Cents || p.Reason != d.Reason {
			t.Errorf("debt %d: %s %s %q: %+v", i, p.State, v, r, p)
		}
		if !strings.Contains(d.QR(), fmt.Sprintf("|%d", p.Cents)) {
			changed++
		}
	}
	if changed != 1 {
		t.Errorf("%d debts have another amount than their QR, want 1", changed)
	}
	p, err := c.Profile(t.Context(), govpay.Ragioneria)
	if err != nil || p.Name != "sportello" || len(p.Creditors) != 1 {
		t.Errorf("profile %+v, %v", p, err)
	}
}

func TestReceiptAfterCharge(t *testing.T) {
	now := time.Now()
	s, conf := platform(t, govpaytest.Options{ReceiptDelay: time.Minute, Now: func() time.Time { return now }})
	c := client(t, conf)
	d := s.Seed().Debts[0]
	u := iuv(t, d.Notice)
	if refs, err := c.Receipts(t.Context(), comune, u); err != nil || len(refs) != 0 {
		t.Fatalf("before: %v, %v", refs, err)
	}
	if err := s.Charge(comune, d.Notice, d.Cents, now); err != nil {
		t.Fatal(err)
	}
	if refs, err := c.Receipts(t.Context(), comune, u); err != nil || len(refs) != 0 {
		t.Fatalf("charged, no receipt yet: %v, %v", refs, err)
	}
	p, err := c.Position(t.Context(), comune, d.Notice)
	if err != nil {
		t.Fatal(err)
	}
	if v, r := govpay.Payability(p, now); v != govpay.Busy || r != govpay.ReasonAttemptPending {
		t.Errorf("charged, no receipt yet: %s %q", v, r)
	}

	now = now.Add(time.Minute)
	refs, err := c.Receipts(t.Context(), comune, u)
	if err != nil || len(refs) != 1 {
		t.Fatalf("after: %v, %v", refs, err)
	}
	r, err := c.Receipt(t.Context(), comune, u, refs[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	if !r.Positive() || r.Proof.PSP != "CIPBITMM" || r.Proof.Channel != "13212880150_90" || r.Cents != d.Cents || r.TransactionID == "" {
		t.Errorf("%+v %+v", r, r.Proof)
	}
	if got := now.Add(-time.Minute).Truncate(time.Second); !r.Proof.PaidAt.Equal(got) {
		t.Errorf("paid at %s, want %s", r.Proof.PaidAt, got)
	}
	pdf, err := c.ReceiptPDF(t.Context(), comune, u, refs[0].ID)
	if err != nil || !bytes.HasPrefix(pdf, []byte("%PDF-")) || !bytes.HasSuffix(pdf, []byte("%%EOF\n")) {
		t.Errorf("PDF of %d bytes, %v", len(pdf), err)
	}
}

// TestManyReceipts: the list ends where a page is not full, although the
// platform always offers another.
func TestManyReceipts(t *testing.T) {
	for _, n := range []int{24, 25, 26, 50, 199} {
		s, conf := platform(t, govpaytest.Options{})
		c := client(t, conf)
		d := s.Seed().Debts[0]
		for range n {
			if err := s.AddReceipt(comune, d.Notice, govpaytest.Receipt{Outcome: govpaytest.OutcomeNotPaid}); err != nil {
				t.Fatal(err)
			}
		}
		refs, err := c.Receipts(t.Context(), comune, iuv(t, d.Notice))
		if err != nil || len(refs) != n {
			t.Errorf("%d receipts: got %d, %v", n, len(refs), err)
		}
		if asked, want := len(s.Requests()), n/25+1; asked != want {
			t.Errorf("%d receipts: %d requests, want %d", n, asked, want)
		}
	}
	s, conf := platform(t, govpaytest.Options{})
	d := s.Seed().Debts[0]
	for range 200 {
		_ = s.AddReceipt(comune, d.Notice, govpaytest.Receipt{Outcome: govpaytest.OutcomeNotPaid})
	}
	if _, err := client(t, conf).Receipts(t.Context(), comune, iuv(t, d.Notice)); !errors.Is(err, govpay.ErrTooLarge) {
		t.Errorf("endless list: %v", err)
	}
}

// TestSmallPages: a platform that gives less at a time than was asked for.
func TestSmallPages(t *testing.T) {
	const row = `{"dominio":{"idDominio":"99999000013"},"iuv":"01470000012839157","idRicevuta":"r%s","esito":"ESEGUITO"}`
	asked := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		rows := ""
		if page := r.URL.Query().Get("pagina"); page != "3" {
			rows = fmt.Sprintf(row, page)
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"risultatiPerPagina":1,"prossimiRisultati":"/ricevute?pagina=9","risultati":[%s]}`, rows)
	}))
	t.Cleanup(srv.Close)
	refs, err := client(t, govpay.Config{Ragioneria: srv.URL}).Receipts(t.Context(), "99999000013", "01470000012839157")
	if err != nil || len(refs) != 2 || asked != 3 {
		t.Errorf("%d receipts in %d requests, %v", len(refs), asked, err)
	}
}

// TestFaults: what the caller learns from each way of failing.
func TestFaults(t *testing.T) {
	s, conf := platform(t, govpaytest.Options{})
	patient := client(t, conf)
	conf.Timeouts = govpay.Timeouts{Verify: 300 * time.Millisecond}
	hasty := client(t, conf)
	d := s.Seed().Debts[0]
	for _, x := range []struct {
		rule govpaytest.Rule
		want error
	}{
		{govpaytest.Rule{Do: "down"}, govpay.ErrUnavailable},
		{govpaytest.Rule{Do: "slow", DelayMS: 60_000}, govpay.ErrUnavailable},
		{govpaytest.Rule{Do: "html"}, govpay.ErrNotJSON},
		{govpaytest.Rule{Do: "html", Status: 502}, govpay.ErrUnavailable},
		{govpaytest.Rule{Do: "html", Status: 404}, govpay.ErrWrongBaseURL},
		{govpaytest.Rule{Do: "html", Status: 403}, govpay.ErrForbidden},
		{govpaytest.Rule{Do: "status", Status: 500}, govpay.ErrUnavailable},
		{govpaytest.Rule{Do: "status", Status: 502}, govpay.ErrUnavailable},
		{govpaytest.Rule{Do: "status", Status: 503}, govpay.ErrUnavailable},
		{govpaytest.Rule{Do: "status", Status: 429}, govpay.ErrUnavailable},
		{govpaytest.Rule{Do: "status", Status: 422}, govpay.ErrPermanent},
		{govpaytest.Rule{Do: "wrong_json"}, govpay.ErrMalformed},
		{govpaytest.Rule{Do: "redirect"}, govpay.ErrWrongBaseURL},
		{govpaytest.Rule{Do: "cut"}, govpay.ErrUnavailable},
	} {
		x.rule.On, x.rule.Times = "byAvviso", 0
		if err := s.SetRules(x.rule); err != nil {
			t.Fatal(err)
		}
		c := patient
		if x.rule.DelayMS > 0 {
			c = hasty
		}
		_, err := c.Position(t.Context(), comune, d.Notice)
		if !errors.Is(err, x.want) {
			t.Errorf("%+v: %v, want %v", x.rule, err, x.want)
		}
		var f *govpay.Fault
		if !errors.As(err, &f) {
			t.Errorf("%+v: %T is no fault", x.rule, err)
		}
	}
	for _, r := range s.Requests() {
		if !strings.Contains(r.Path, "/byAvviso/") {
			t.Errorf("the redirect was followed: %+v", r)
		}
	}
	c := patient
	// A platform that is back is back.
	if err := s.SetRules(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Position(t.Context(), comune, d.Notice); err != nil {
		t.Errorf("after the faults: %v", err)
	}
	addr := s.Addr()
	s.Stop()
	if _, err := c.Position(t.Context(), comune, d.Notice); !errors.Is(err, govpay.ErrUnavailable) {
		t.Errorf("port closed: %v", err)
	}
	if err := s.Start(addr); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Position(t.Context(), comune, d.Notice); err != nil {
		t.Errorf("port open again: %v", err)
	}
}

func TestRefusals(t *testing.T) {
	s, conf := platform(t, govpaytest.Options{Ungranted: []string{"ragioneria"}})
	d := s.Seed().Debts[0]
	position := func(conf govpay.Config) error {
		_, err := client(t, conf).Position(t.Context(), comune, d.Notice)
		return err
	}
	wrong := conf
	wrong.Auth = config(t, "", "sbagliata").Auth
	if err := position(wrong); !errors.Is(err, govpay.ErrUnauthorized) {
		t.Errorf("wrong password: %v", err)
	}
	wrong.Auth = govpay.Auth{}
	if err := position(wrong); !errors.Is(err, govpay.ErrUnauthorized) {
		t.Errorf("no password: %v", err)
	}
	wrong.Auth = govpay.Auth{User: "sportello", PasswordFile: filepath.Join(t.TempDir(), "none")}
	if err := position(wrong); !errors.Is(err, govpay.ErrUnauthorized) {
		t.Errorf("no password file: %v", err)
	}
	wrong = conf
	wrong.Pagamento = strings.Replace(conf.Pagamento, "/basic/", "/ssl/", 1)
	if err := position(wrong); !errors.Is(err, govpay.ErrForbidden) {
		t.Errorf("segment not enabled: %v", err)
	}
	wrong.Pagamento = strings.Replace(conf.Pagamento, "/v2", "/v9", 1)
	if err := position(wrong); !errors.Is(err, govpay.ErrWrongBaseURL) {
		t.Errorf("wrong version: %v", err)
	}
	wrong.Pagamento = "http://" + s.Addr() + "/altrove"
	if err := position(wrong); !errors.Is(err, govpay.ErrWrongBaseURL) {
		t.Errorf("wrong path: %v", err)
	}
	wrong.Pagamento = ""
	if err := position(wrong); !errors.Is(err, govpay.ErrNotConfigured) {
		t.Errorf("not configured: %v", err)
	}
	wrong.Pagamento = strings.Replace(conf.Pagamento, "http:", "https:", 1)
	if err := position(wrong); !errors.Is(err, govpay.ErrWrongBaseURL) {
		t.Errorf("https to a server without: %v", err)
	}

	c := client(t, conf)
	if _, err := c.Receipts(t.Context(), comune, iuv(t, d.Notice)); !errors.Is(err, govpay.ErrForbidden) {
		t.Errorf("API not granted: %v", err)
	}
	_, err := c.Position(t.Context(), "99999000013", d.Notice)
	if !errors.Is(err, govpay.ErrForbidden) {
		t.Errorf("another creditor: %v", err)
	}
	_, err = c.Position(t.Context(), comune, "301470000012839157")
	var f *govpay.Fault
	if !errors.Is(err, govpay.ErrNotFound) || !errors.As(err, &f) || f.Codice != "404000" || f.TransactionID == "" || f.Status != 404 {
		t.Errorf("unknown notice: %v", err)
	}
	asked := len(s.Requests())
	for _, arg := range [][2]string{{"1", d.Notice}, {comune, "123"}, {comune, d.Notice[1:]}, {comune, strings.Repeat("x", 18)}, {"../../../xx", d.Notice}} {
		if _, err := c.Position(t.Context(), arg[0], arg[1]); !errors.Is(err, govpay.ErrArgument) {
			t.Errorf("%q: %v", arg, err)
		}
	}
	if _, err := c.Receipt(t.Context(), comune, iuv(t, d.Notice), ".."); !errors.Is(err, govpay.ErrArgument) {
		t.Errorf("receipt id of dots: %v", err)
	}
	if len(s.Requests()) != asked {
		t.Error("a wrong argument went out")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Position(ctx, comune, d.Notice); govpay.OutcomeOf(err) != govpay.OutcomeCanceled || !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestPasswordChanges: no restart after somebody renews the password.
func TestPasswordChanges(t *testing.T) {
	s, conf := platform(t, govpaytest.Options{Password: "nuova"})
	c := client(t, conf)
	d := s.Seed().Debts[0]
	if _, err := c.Position(t.Context(), comune, d.Notice); !errors.Is(err, govpay.ErrUnauthorized) {
		t.Fatalf("old password: %v", err)
	}
	if err := os.WriteFile(conf.Auth.PasswordFile, []byte("\ufeffnuova\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Position(t.Context(), comune, d.Notice); err != nil {
		t.Errorf("new password: %v", err)
	}
}

// TestCertificates: unknown to the system, known through ca_file, and a ca_file
// that is mended later.
func TestCertificates(t *testing.T) {
	s, _ := platform(t, govpaytest.Options{})
	d := s.Seed().Debts[0]
	srv := httptest.NewUnstartedServer(s)
	srv.Config.ErrorLog = log.New(io.Discard, "", 0) // refused handshakes are the point
	srv.StartTLS()
	t.Cleanup(srv.Close)
	conf := config(t, srv.URL, "sportello")
	if _, err := client(t, conf).Position(t.Context(), comune, d.Notice); !errors.Is(err, govpay.ErrUntrusted) {
		t.Errorf("unknown authority: %v", err)
	}
	conf.CAFile = filepath.Join(t.TempDir(), "ca.pem")
	c := client(t, conf)
	if _, err := c.Position(t.Context(), comune, d.Notice); !errors.Is(err, govpay.ErrUntrusted) {
		t.Errorf("ca_file missing: %v", err)
	}
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw})
	if err := os.WriteFile(conf.CAFile, ca, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Position(t.Context(), comune, d.Notice); err != nil {
		t.Errorf("ca_file there: %v", err)
	}
	conf.Pagamento = strings.Replace(conf.Pagamento, "127.0.0.1", "localhost", 1)
	if _, err := client(t, conf).Position(t.Context(), comune, d.Notice); !errors.Is(err, govpay.ErrUntrusted) {
		t.Errorf("another host name: %v", err)
	}
}

// TestHostileAnswers: what no honest platform sends.
func TestHostileAnswers(t *testing.T) {
	const notice, personal = "301470000012839157", "MARIO ROSSI"
	for name, x := range map[string]struct {
		header http.Header
		status int
		body   func(io.Writer)
		want   error
	}{
		"endless":             {nil, 200, func(w io.Writer) { flood(w, 64<<20) }, govpay.ErrTooLarge},
		"endless fault":       {nil, 500, func(w io.Writer) { flood(w, 64<<20) }, govpay.ErrUnavailable},
		"another notice":      {nil, 200, text(`{"idA2A":"A","idPendenza":"B","importo":1,"dominio":{"idDominio":"99999000013"},"numeroAvviso":"301470000012850275","stato":"NON_ESEGUITA"}`), govpay.ErrMismatch},
		"another creditor":    {nil, 200, text(`{"idA2A":"A","idPendenza":"B","importo":1,"dominio":{"idDominio":"99999000021"},"numeroAvviso":"301470000012839157"}`), govpay.ErrMismatch},
		"free text as amount": {nil, 200, text(`{"idA2A":"A","idPendenza":"B","importo":"` + personal + `"}`), govpay.ErrMalformed},
		"free text as date":   {nil, 200, text(`{"idA2A":"A","idPendenza":"B","importo":1,"dataScadenza":"` + personal + `"}`), govpay.ErrMalformed},
		"float amount":        {nil, 200, text(`{"idA2A":"A","idPendenza":"B","importo":1.005}`), govpay.ErrMalformed},
		"negative amount":     {nil, 200, text(`{"idA2A":"A","idPendenza":"B","importo":-1}`), govpay.ErrMalformed},
		"no amount":           {nil, 200, text(`{"idA2A":"A","idPendenza":"B"}`), govpay.ErrMalformed},
		"half a document":     {nil, 200, text(`{"idA2A":"A","soggettoPagatore":{"anagrafica":"` + personal), govpay.ErrMalformed},
		"a list":              {nil, 200, text(`[]`), govpay.ErrMalformed},
		"talkative fault":     {nil, 404, text(`{"codice":"404000","categoria":"` + personal + `","descrizione":"` + personal + `","dettaglio":"` + personal + `"}`), govpay.ErrNotFound},
		"talkative code":      {nil, 400, text(`{"codice":"` + personal + `"}`), govpay.ErrPermanent},
		"talkative header":    {http.Header{"X-Govpay-Idtransazione": {personal}}, 503, text(``), govpay.ErrUnavailable},
		"other success":       {nil, 204, text(``), govpay.ErrPermanent},
	} {
		t.Run(name, func(t *testing.T) {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				for k, v := range x.header {
					w.Header()[k] = v
				}
				w.WriteHeader(x.status)
				x.body(w)
			}))
			t.Cleanup(srv.Close)
			_, err := client(t, govpay.Config{Pagamento: srv.URL}).Position(t.Context(), "99999000013", notice)
			if !errors.Is(err, x.want) {
				t.Fatalf("%v, want %v", err, x.want)
			}
			for _, secret := range []string{personal, notice, srv.URL} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the error repeats %q: %v", secret, err)
				}
			}
		})
	}
}

// TestErrorsAreDiscreet: no address with its notice number, no password.
func TestErrorsAreDiscreet(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	conf := config(t, "http://"+addr, "segretissima")
	_, err = client(t, conf).Position(t.Context(), comune, "301470000012839157")
	if !errors.Is(err, govpay.ErrUnavailable) {
		t.Fatal(err)
	}
	for _, secret := range []string{"301470000012839157", "segretissima", "byAvviso/"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the error repeats %q: %v", secret, err)
		}
	}
}

func TestConfig(t *testing.T) {
	for _, bad := range []govpay.Config{
		{Pagamento: "govpay.example.it"}, {Pagamento: "ftp://x/y"}, {Ragioneria: "https://"}, {Pendenze: "https://u:p@h/x"},
		{Pagamento: "https://h/x?y=z"}, {Pagamento: "http://h\x00"}, {Auth: govpay.Auth{User: "u"}}, {Auth: govpay.Auth{Key: "k"}},
		{Auth: govpay.Auth{APIID: "k"}}, {Auth: govpay.Auth{User: "a:b", PasswordFile: "f"}},
	} {
		if _, err := govpay.New(bad); err == nil {
			t.Errorf("accepted: %+v", bad)
		} else if strings.Contains(err.Error(), "u:p") {
			t.Errorf("the error repeats a password: %v", err)
		}
	}
}

func TestKeyHeaders(t *testing.T) {
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte("chiave\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-App-Id") != "A2A" || r.Header.Get("X-Altro") != "chiave" || r.Header.Get("Authorization") != "" || r.Header.Get("Cache-Control") != "no-cache" {
			t.Errorf("headers %v", r.Header)
		}
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `{"codice":"403000"}`)
	}))
	t.Cleanup(srv.Close)
	c := client(t, govpay.Config{Pagamento: srv.URL, Auth: govpay.Auth{APIID: "A2A", APIKeyFile: key, APIKeyHeader: "X-Altro"}})
	_, err := c.Profile(t.Context(), govpay.Pagamento)
	var f *govpay.Fault
	if !errors.As(err, &f) || f.Codice != "403000" {
		t.Errorf("%v", err)
	}
}

func text(s string) func(io.Writer) {
	return func(w io.Writer) { _, _ = io.WriteString(w, s) }
}

func flood(w io.Writer, n int) {
	chunk := bytes.Repeat([]byte("0123456789abcdef"), 4096)
	for sent := 0; sent < n; sent += len(chunk) {
		if _, err := w.Write(chunk); err != nil {
			return
		}
	}
}
