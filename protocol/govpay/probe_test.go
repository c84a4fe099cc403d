package govpay

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// healthy answers profilo and empty lists.
func healthy(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if strings.HasSuffix(r.URL.Path, "/profilo") {
		_, _ = io.WriteString(w, profileBody)
		return
	}
	_, _ = io.WriteString(w, `{"numRisultati":3,"numPagine":0,"risultatiPerPagina":0,"risultati":[]}`)
}

// TestProbeHealthy: everything proven, and only with calls that show no row.
func TestProbeHealthy(t *testing.T) {
	ca := newAuthority(t, "CA della Regione")
	cert, key := ca.issue(t, "127.0.0.1", -time.Hour, 900*time.Hour)
	var asked []string
	srv := secure(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.RequestURI())
		healthy(w, r)
	}), cert, key, nil)
	c := open(t, Config{Pagamento: srv.URL + "/pag", Ragioneria: srv.URL + "/rag", CAFile: write(t, filepath.Join(t.TempDir(), "ca.pem"), ca.pem)})
	checks := map[Check]int{}
	for _, api := range []API{Pagamento, Ragioneria} {
		for _, f := range c.Probe(t.Context(), api, []string{vallefinta}) {
			checks[f.Check]++
			if f.Code != FindingOK || f.API != api || f.Err != nil {
				t.Errorf("%+v", f)
			}
			if f.Check == CheckTLS && (f.Issuer != "CA della Regione, Comune di Vallefinta" || time.Until(f.Expires) < 800*time.Hour) {
				t.Errorf("%+v", f)
			}
			if f.Check == CheckClock && f.Skew.Abs() > 2*time.Second {
				t.Errorf("skew %s", f.Skew)
			}
		}
	}
	for _, want := range []Check{CheckReach, CheckTLS, CheckCredentials, CheckProfile, CheckClock, CheckCreditor, CheckGrant} {
		if checks[want] != 2 {
			t.Errorf("%s: %d times", want, checks[want])
		}
	}
	if got := strings.Join(asked, " "); got != "/pag/profilo /pag/pendenze?idDominio=99999000013&risultatiPerPagina=0 /rag/profilo /rag/ricevute?idDominio=99999000013&risultatiPerPagina=0" {
		t.Errorf("asked %s", got)
	}
}

// TestProbeBroken: each broken platform has its own code.
func TestProbeBroken(t *testing.T) {
	dir, ca := t.TempDir(), newAuthority(t, "CA della Regione")
	caFile := write(t, filepath.Join(dir, "ca.pem"), ca.pem)
	password := write(t, filepath.Join(dir, "password"), []byte("x"))
	tlsServer := func(name string, from, until time.Duration, change func(*tls.Config)) string {
		cert, key := ca.issue(t, name, from, until)
		return secure(t, http.HandlerFunc(healthy), cert, key, change).URL
	}
	page := func(status int, contentType, body string) string {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			w.Header().Set("Location", "https://sso.example.it/login?x=y")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}))
		t.Cleanup(srv.Close)
		return srv.URL
	}
	raw := func(answer string) string { // whoever answers that
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				_, _ = conn.Read(make([]byte, 4096))
				_, _ = io.WriteString(conn, answer)
				conn.Close()
			}
		}()
		t.Cleanup(func() { l.Close(); <-done })
		return l.Addr().String()
	}
	proxy := func(p *forward) string {
		srv := httptest.NewServer(p)
		t.Cleanup(srv.Close)
		return srv.URL
	}
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := closed.Addr().String()
	closed.Close()
	slow := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(slow.Close)
	good := httptest.NewServer(http.HandlerFunc(healthy))
	t.Cleanup(good.Close)
	ungranted := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/profilo") {
			healthy(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(403)
		_, _ = io.WriteString(w, notOurs)
	}))
	t.Cleanup(ungranted.Close)
	late := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", time.Now().Add(-10*time.Minute).UTC().Format(http.TimeFormat))
		healthy(w, r)
	}))
	t.Cleanup(late.Close)
	wantCert := func(c *tls.Config) { c.ClientAuth = tls.RequireAnyClientCert }
	old := func(c *tls.Config) { c.MaxVersion = tls.VersionTLS11; c.MinVersion = tls.VersionTLS10 }
	const html, js = "text/html", "application/json"

	for name, x := range map[string]struct {
		conf   Config
		check  Check
		code   FindingCode
		detail string
		issuer string
	}{
		"not configured":        {Config{}, CheckReach, FindingNotConfigured, "", ""},
		"name unknown":          {Config{Pagamento: "https://nessuno.invalid/x"}, CheckReach, FindingNameUnknown, "nessuno.invalid", ""},
		"nobody listens":        {Config{Pagamento: "https://" + nobody}, CheckReach, FindingRefused, "", ""},
		"password file missing": {Config{Pagamento: good.URL, Auth: Auth{User: "u", PasswordFile: filepath.Join(dir, "none")}}, CheckCredentials, FindingSecretFile, "password_file", ""},
		"ca_file missing":       {Config{Pagamento: good.URL, CAFile: filepath.Join(dir, "none")}, CheckTLS, FindingCAFile, "", ""},
		"unknown issuer":        {Config{Pagamento: tlsServer("127.0.0.1", -time.Hour, time.Hour, nil)}, CheckTLS, FindingTLSIssuer, "", "CA della Regione, Comune di Vallefinta"},
		"expired":               {Config{Pagamento: tlsServer("127.0.0.1", -2*time.Hour, -time.Hour, nil), CAFile: caFile}, CheckTLS, FindingTLSExpired, "", "CA della Regione, Comune di Vallefinta"},
		"not yet valid":         {Config{Pagamento: tlsServer("127.0.0.1", time.Hour, 2*time.Hour, nil), CAFile: caFile}, CheckTLS, FindingTLSNotYet, "", "CA della Regione, Comune di Vallefinta"},
		"another host":          {Config{Pagamento: tlsServer("altro.example.it", -time.Hour, time.Hour, nil), CAFile: caFile}, CheckTLS, FindingTLSHost, "127.0.0.1", "CA della Regione, Comune di Vallefinta"},
		"expires soon":          {Config{Pagamento: tlsServer("127.0.0.1", -time.Hour, 72*time.Hour, nil), CAFile: caFile}, CheckExpiry, FindingExpiresSoon, "", "CA della Regione, Comune di Vallefinta"},
		"http behind https":     {Config{Pagamento: strings.Replace(good.URL, "http:", "https:", 1)}, CheckTLS, FindingTLSNotSpoken, "", ""},
		"https behind http":     {Config{Pagamento: strings.Replace(tlsServer("127.0.0.1", -time.Hour, time.Hour, nil), "https:", "http:", 1)}, CheckReach, FindingHTTPSOnly, "400", ""},
		"smtp behind https":     {Config{Pagamento: "https://" + raw("220 smtp\r\n")}, CheckTLS, FindingTLSNotSpoken, "", ""},
		"old TLS":               {Config{Pagamento: tlsServer("127.0.0.1", -time.Hour, time.Hour, old), CAFile: caFile}, CheckTLS, FindingTLSRefused, "tls: protocol version not supported", ""},
		"wants a certificate":   {Config{Pagamento: tlsServer("127.0.0.1", -time.Hour, time.Hour, wantCert), CAFile: caFile}, CheckCredentials, FindingClientCert, "tls: certificate required", ""},
		"cut":                   {Config{Pagamento: "http://" + raw("")}, CheckReach, FindingCut, "", ""},
		"too slow":              {Config{Pagamento: slow.URL, Timeouts: Timeouts{Read: 2 * time.Second}}, CheckReach, FindingTooSlow, "", ""},
		"proxy away":            {Config{Pagamento: "https://govpay.invalid", Proxy: "http://" + nobody}, CheckReach, FindingProxyAway, "", ""},
		"proxy refuses":         {Config{Pagamento: "https://govpay.invalid", Proxy: proxy(&forward{deny: 403})}, CheckReach, FindingProxyRefused, "403", ""},
		"proxy wants a login":   {Config{Pagamento: "https://govpay.invalid", Proxy: proxy(&forward{deny: 407})}, CheckReach, FindingProxyLogin, "407", ""},
		"the same for http":     {Config{Pagamento: "http://govpay.invalid", Proxy: proxy(&forward{deny: 407})}, CheckReach, FindingProxyLogin, "407", ""},
		"wrong password":        {Config{Pagamento: page(401, js, `{"codice":"401"}`), Auth: Auth{User: "u", PasswordFile: password}}, CheckCredentials, FindingUnauthorized, "401", ""},
		"segment":               {Config{Pagamento: page(403, js, `{"codice":"403"}`)}, CheckCredentials, FindingSegment, "403", ""},
		"403 of a proxy":        {Config{Pagamento: page(403, html, "no")}, CheckProfile, FindingForbiddenByProxy, "403", ""},
		"not granted":           {Config{Pagamento: ungranted.URL}, CheckGrant, FindingNotGranted, "403000", ""},
		"wrong path":            {Config{Pagamento: page(404, html, "no")}, CheckProfile, FindingWrongBase, "404", ""},
		"redirect":              {Config{Pagamento: page(302, html, "")}, CheckProfile, FindingRedirect, "sso.example.it", ""},
		"a page":                {Config{Pagamento: page(200, html, "<html>")}, CheckProfile, FindingNotPlatform, "200", ""},
		"another program":       {Config{Pagamento: page(200, js, `{"status":"UP"}`)}, CheckProfile, FindingOtherDialect, "200", ""},
		"server error":          {Config{Pagamento: page(503, html, "no")}, CheckProfile, FindingServerError, "503", ""},
		"clock":                 {Config{Pagamento: late.URL}, CheckClock, FindingClockSkew, "", ""},
		"creditor missing":      {Config{Pagamento: good.URL}, CheckCreditor, FindingCreditorMissing, "99999000021", ""},
	} {
		t.Run(name, func(t *testing.T) {
			creditors := []string{vallefinta}
			if x.code == FindingCreditorMissing {
				creditors = append(creditors, x.detail)
			}
			var bad []Finding
			for _, f := range open(t, x.conf).Probe(t.Context(), Pagamento, creditors) {
				if f.Code != FindingOK {
					bad = append(bad, f)
				}
			}
			if len(bad) != 1 {
				t.Fatalf("%d findings: %+v", len(bad), bad)
			}
			f := bad[0]
			if f.Check != x.check || f.Code != x.code || f.Issuer != x.issuer || (x.detail != "" && f.Detail != x.detail) {
				t.Errorf("%+v, want %s %s %q %q", f, x.check, x.code, x.detail, x.issuer)
			}
			if x.code == FindingClockSkew && (f.Skew > -9*time.Minute || f.Skew < -11*time.Minute) {
				t.Errorf("skew %s", f.Skew)
			}
		})
	}

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if f := open(t, Config{Pagamento: good.URL}).Probe(ctx, Pagamento, nil); len(f) != 1 || f[0].Code != FindingCanceled {
		t.Errorf("cancelled: %+v", f)
	}
}

// TestFindingsOfNames: what no test can provoke on a real network.
func TestFindingsOfNames(t *testing.T) {
	for want, err := range map[FindingCode]error{
		FindingNameService: &net.OpError{Op: "dial", Err: &net.DNSError{Err: "server misbehaving", Name: "govpay.example.it", IsTemporary: true}},
		FindingNoRoute:     &net.OpError{Op: "dial", Err: routeErrnos[0]},
		FindingTLSInvalid:  &tls.CertificateVerificationError{Err: x509.CertificateInvalidError{Reason: x509.NotAuthorizedToSign}},
		FindingUnknown:     io.ErrNoProgress,
	} {
		f := &Fault{}
		if got := diagnose(Pagamento, CheckProfile, f.network(err)); got.Code != want {
			t.Errorf("%v: %+v, want %s", err, got, want)
		}
	}
	timeout := &Fault{}
	if got := diagnose(Pagamento, CheckProfile, timeout.network(context.DeadlineExceeded)); got.Code != FindingConnectTimeout {
		t.Errorf("%+v", got)
	}
}
