package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"sportello/protocol/govpay/govpaytest"
)

func pemOf(der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// region is an authority that signs certificates of any kind.
type region struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

var regionalCA = sync.OnceValues(func() (*region, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "CA della Regione"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-100 * time.Hour), NotAfter: time.Now().Add(10000 * time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, ca, ca, key.Public(), key)
	if err != nil {
		return nil, err
	}
	ca, err = x509.ParseCertificate(der)
	return &region{key, ca}, err
})

// secure serves a healthy platform with a certificate of the region's, valid from and until so long from now.
func secure(t *testing.T, host string, from, until time.Duration, change func(*tls.Config)) string {
	t.Helper()
	ca, err := regionalCA()
	if err != nil {
		t.Fatal(err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: host}, NotBefore: time.Now().Add(from), NotAfter: time.Now().Add(until)}
	if ip := net.ParseIP(host); ip != nil {
		leaf.IPAddresses = []net.IP{ip}
	} else {
		leaf.DNSNames = []string{host}
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, ca.cert, key.Public(), ca.key)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(healthyPlatform(t, govpaytest.Options{}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // it would tell of every refused handshake
	s.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	if change != nil {
		change(s.TLS)
	}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.URL
}

// whatever answers every request alike.
func whatever(t *testing.T, status int, contentType, body string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// broken are the platforms, each with what the doctor must find at its first interface.
var broken = []struct {
	name    string
	root    func(t *testing.T) string // of the platform's addresses
	more    string                    // platform lines, or old → new edits of the configuration
	edit    [2]string
	check   string
	code    string
	says    string // part of what was found
	remedy  string // part of what to do
	passing bool   // exit 0: it works so far
}{
	{name: "name that nobody knows", root: at("https://govpay.regione.invalid"), check: "reach", code: "name_unknown", says: "govpay.regione.invalid", remedy: "DNS"},
	{name: "nobody listens", root: func(t *testing.T) string { return "https://" + closedAddress(t) }, check: "reach", code: "connection_refused", says: "non ascolta nessuno", remedy: "la porta in platform.pagamento"},
	{name: "firewall", root: blackHole, more: "  timeouts: {read: 400ms}\n", check: "reach", code: "connect_timeout", says: "un firewall la scarta", remedy: "aprire sul firewall"},
	{name: "too slow", root: spoilt(govpaytest.Rule{On: "*", Do: "slow", DelayMS: 60_000}), more: "  timeouts: {read: 2s}\n", check: "reach", code: "too_slow", says: "entro il tempo", remedy: "platform.timeouts.read"},
	{name: "unknown issuer", root: tlsOf("127.0.0.1", -time.Hour, 900*time.Hour), check: "tls", code: "tls_unknown_issuer", says: "CA della Regione", remedy: "ca_file"},
	{name: "expired", root: tlsOf("127.0.0.1", -2*time.Hour, -time.Hour), more: withCA, check: "tls", code: "tls_expired", says: "è scaduto", remedy: "data e ora"},
	{name: "not yet valid", root: tlsOf("127.0.0.1", time.Hour, 900*time.Hour), more: withCA, check: "tls", code: "tls_not_yet_valid", says: "non vale ancora", remedy: "indietro"},
	{name: "wrong host", root: tlsOf("altro.regione.example", -time.Hour, 900*time.Hour), more: withCA, check: "tls", code: "tls_wrong_host", says: "127.0.0.1", remedy: "non l'indirizzo IP"},
	{name: "expires soon", root: tlsOf("127.0.0.1", -time.Hour, 72*time.Hour), more: withCA, check: "expiry", code: "tls_expires_soon", says: "scade", remedy: "rinnovarlo", passing: true},
	{name: "old encryption", root: func(t *testing.T) string {
		return secure(t, "127.0.0.1", -time.Hour, 900*time.Hour, func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 })
	}, more: withCA, check: "tls", code: "tls_refused", says: "non si accorda", remedy: "TLS 1.2"},
	{name: "wants our certificate", root: func(t *testing.T) string {
		return secure(t, "127.0.0.1", -time.Hour, 900*time.Hour, func(c *tls.Config) { c.ClientAuth = tls.RequireAnyClientCert })
	}, more: withCA, check: "credentials", code: "client_certificate", says: "vuole il certificato", remedy: "certificate e key"},
	{name: "HTTP behind https", root: func(t *testing.T) string {
		return strings.Replace(started(t, govpaytest.Options{}), "http:", "https:", 1)
	}, check: "tls", code: "tls_not_spoken", says: "non si parla HTTPS", remedy: "la porta in platform.pagamento"},
	{name: "page of a proxy", root: spoilt(govpaytest.Rule{On: "*", Do: "html"}), check: "profile", code: "not_the_platform", says: "una pagina", remedy: "proxy"},
	{name: "login page", root: spoilt(govpaytest.Rule{On: "*", Do: "redirect"}), check: "profile", code: "redirect", says: "rimanda a", remedy: "non quello del portale"},
	{name: "wrong password", root: func(t *testing.T) string {
		return started(t, govpaytest.Options{Rules: []govpaytest.Rule{{On: "*", Do: "status", Status: 401, Code: "401"}}})
	}, check: "credentials", code: "unauthorized", says: "non accetta le credenziali", remedy: "password_file"},
	{name: "segment closed", root: healthy, edit: [2]string{"/basic/", "/apikey/"}, check: "credentials", code: "segment_not_enabled", says: "«apikey»", remedy: "basic, ssl, apikey"},
	{name: "API not granted", root: func(t *testing.T) string {
		return started(t, govpaytest.Options{Ungranted: []string{"pagamento"}})
	}, check: "grant", code: "api_not_granted", says: "API Pagamenti", remedy: "A2A-SPORTELLO"},
	{name: "creditor missing", root: healthy, edit: [2]string{`name: Comune di Esempio}`, `name: Comune di Esempio}, {tax_code: "99999000021", name: Altro}`},
		check: "creditor", code: "creditor_not_granted", says: "99999000021", remedy: "togliere l'ente da creditors|toglierlo da creditors"},
	{name: "wrong path", root: healthy, edit: [2]string{"/rs/basic/v2", "/rs/basic/v9"}, check: "profile", code: "wrong_base_url", says: "non c'è", remedy: "rs/basic/v2"},
	{name: "firewall of applications", root: func(t *testing.T) string { return whatever(t, 403, "text/html", "<html>vietato</html>") },
		check: "profile", code: "forbidden_by_proxy", says: "non dalla piattaforma", remedy: "firewall applicativo"},
	{name: "another program", root: func(t *testing.T) string { return whatever(t, 200, "application/json", `{"status":"UP"}`) },
		check: "profile", code: "other_dialect", says: "un altro programma", remedy: "API Pagamenti"},
	{name: "clock", root: func(t *testing.T) string { return changed(t, healthyPlatform(t, govpaytest.Options{}), minutesAgo) },
		check: "clock", code: "clock_skew", says: "differiscono di 1", remedy: "NTP"},
	{name: "cut in the middle", root: spoilt(govpaytest.Rule{On: "*", Do: "cut"}), check: "reach", code: "connection_cut", says: "a metà", remedy: "manutenzione"},
	{name: "error of its own", root: spoilt(govpaytest.Rule{On: "*", Do: "status", Status: 503}), check: "profile", code: "server_error", says: "un suo errore", remedy: "più tardi"},
	{name: "proxy away", root: at("https://govpay.regione.invalid"), edit: [2]string{"proxy: none", "proxy: http://127.0.0.1:1"}, check: "reach", code: "proxy_unreachable", says: "127.0.0.1:1", remedy: "platform.proxy"},
	{name: "proxy refuses", root: at("https://govpay.regione.invalid"), edit: [2]string{"proxy: none", "proxy: PROXY403"}, check: "reach", code: "proxy_refused", says: "non lascia passare", remedy: "autorizzare sul proxy"},
	{name: "proxy wants a login", root: at("https://govpay.regione.invalid"), edit: [2]string{"proxy: none", "proxy: PROXY407"}, check: "reach", code: "proxy_login", says: "utente e password", remedy: "proxy_password_file"},
	{name: "proxy with another login", root: at("https://govpay.regione.invalid"), edit: [2]string{"proxy: none", "proxy: PROXY407\n  proxy_user: cassa\n  proxy_password_file: DIR/proxy.password"},
		check: "reach", code: "proxy_login", says: "non accetta quelli", remedy: "o correggerli"},
	{name: "authority's file broken", root: tlsOf("127.0.0.1", -time.Hour, 900*time.Hour), more: "  ca_file: DIR/broken.pem\n", check: "tls", code: "ca_file", says: "non contiene certificati", remedy: "formato PEM"},
}

const withCA = "  ca_file: DIR/ca.pem\n"

func at(root string) func(*testing.T) string { return func(*testing.T) string { return root } }

func healthy(t *testing.T) string { return started(t, govpaytest.Options{}) }

func spoilt(r govpaytest.Rule) func(*testing.T) string {
	return func(t *testing.T) string { return started(t, govpaytest.Options{Rules: []govpaytest.Rule{r}}) }
}

func tlsOf(host string, from, until time.Duration) func(*testing.T) string {
	return func(t *testing.T) string { return secure(t, host, from, until, nil) }
}

// TestDoctorTellsBrokenPlatformsApart: each by its code, in Italian, with its own remedy.
func TestDoctorTellsBrokenPlatformsApart(t *testing.T) {
	t.Parallel()
	ca, err := regionalCA()
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex // guards told
	remedies := map[string]string{}
	changing := regexp.MustCompile(`127\.0\.0\.1(:\d+)?|govpay\.regione\.invalid|porta \d+`)
	t.Run("each", func(t *testing.T) {
		for _, x := range broken {
			t.Run(x.name, func(t *testing.T) {
				t.Parallel()
				p := newPatient(t, bases(x.root(t))+x.more)
				p.write("ca.pem", pemOf(ca.cert.Raw))
				p.write("broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
				if x.edit[0] != "" {
					edit := strings.ReplaceAll(x.edit[1], "DIR", p.dir)
					for status, name := range map[int]string{403: "PROXY403", 407: "PROXY407"} {
						if strings.Contains(edit, name) {
							edit = strings.ReplaceAll(edit, name, whatever(t, status, "text/plain", "no"))
						}
					}
					p.edit(x.edit[0], edit)
				}
				d, code := p.visit()
				want := exitFailed
				if x.passing {
					want = exitDone
				}
				var bad []examined
				for _, e := range ills(d) {
					if e.Of == "pagamento" {
						bad = append(bad, e)
					}
				}
				if code != want || len(bad) != 1 {
					t.Fatalf("ended with %d, want %d: %+v", code, want, ills(d))
				}
				e := bad[0]
				if e.Check != x.check || e.Code != x.code || !strings.Contains(e.Found, x.says) || !containsOne(e.Remedy, x.remedy) {
					t.Errorf("%+v", e)
				}
				if x.name == "proxy with another login" {
					return // the same illness as without any, and the same remedy
				}
				key := e.Code + " " + changing.ReplaceAllString(e.Remedy, "")
				mu.Lock()
				defer mu.Unlock()
				if other := remedies[key]; other != "" {
					t.Errorf("%s and %s are told alike: %s", x.name, other, key)
				}
				remedies[key] = x.name
			})
		}
	})
	codes := map[string]string{}
	for key, name := range remedies {
		code, _, _ := strings.Cut(key, " ")
		if other := codes[code]; other != "" {
			t.Errorf("%s and %s have the same code %s", name, other, code)
		}
		codes[code] = name
	}
	if len(codes) < 25 && !t.Failed() {
		t.Errorf("only %d platforms", len(codes))
	}
}

func containsOne(text, alternatives string) bool {
	for a := range strings.SplitSeq(alternatives, "|") {
		if strings.Contains(text, a) {
			return true
		}
	}
	return false
}

// TestDoctorWithoutItsPassword: a file that is not there is the configuration's, with its line.
func TestDoctorWithoutItsPassword(t *testing.T) {
	t.Parallel()
	p := newPatient(t, bases(healthy(t)))
	p.edit("/password'}", "/none'}")
	d, code := p.visit()
	if bad := ills(d); code != exitUsage || len(bad) != 1 || bad[0].Of != "platform.auth.password_file" || !strings.Contains(bad[0].Remedy, "creare il file") {
		t.Errorf("ended with %d: %+v", code, bad)
	}
}

// TestDoctorTriesAPasswordOnce: a platform may lock out who tries a wrong one too often.
func TestDoctorTriesAPasswordOnce(t *testing.T) {
	t.Parallel()
	s := healthyPlatform(t, govpaytest.Options{})
	if err := s.Start("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	p := newPatient(t, bases("http://"+s.Addr()))
	p.write("password", "sbagliata\n")
	d, code := p.visit()
	if bad := ills(d); code != exitFailed || len(bad) != 2 || bad[0].Code != "unauthorized" || bad[1].Code != "not_tried" || bad[1].Of != "ragioneria" {
		t.Errorf("ended with %d: %+v", code, bad)
	}
	if n := len(s.Requests()); n != 1 {
		t.Errorf("%d requests", n)
	}
}

// TestDoctorCannotProveARegistration: settlement platform is proven by a payment only, and that is said.
func TestDoctorCannotProveARegistration(t *testing.T) {
	t.Parallel()
	p := newPatient(t, bases(healthy(t)))
	p.edit("psp: {id: CIPBITMM,", "settlement: platform, psp: {id: CIPBITMM, intermediary: \"13212880150\",")
	d, code := p.visit()
	if bad := ills(d); code != exitDone || len(bad) != 1 || bad[0].Code != "not_provable" {
		t.Errorf("ended with %d: %+v", code, bad)
	}
}

// TestDoctorNamesTheProxyOfTheEnvironment: where the way leads through it, without the login in its address.
func TestDoctorNamesTheProxyOfTheEnvironment(t *testing.T) {
	t.Parallel()
	p := newPatient(t, strings.Replace(bases("https://govpay.regione.invalid"), "  proxy: none\n", "", 1))
	cmd := commandLine(t, "doctor", "--json", "--config", p.config)
	cmd.Env = append(cmd.Env, "HTTPS_PROXY=http://cassa:"+patientProxy+"@127.0.0.1:1", "NO_PROXY=")
	out, err := cmd.Output()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != exitFailed {
		t.Fatalf("ended with %v: %s", err, out)
	}
	for _, want := range []string{"127.0.0.1:1, dall'ambiente", "il proxy 127.0.0.1:1 non si raggiunge", `"proxy_unreachable"`} {
		if !strings.Contains(string(out), want) {
			t.Errorf("not told %q: %s", want, out)
		}
	}
	if strings.Contains(string(out), patientProxy) {
		t.Errorf("a secret is told: %s", out)
	}
}
