package govpay

import (
	"bytes"
	"compress/gzip"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// authority signs certificates for servers and clients of a test.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte
}

func newAuthority(t *testing.T, name string) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a := &authority{key: key}
	a.cert = &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name, Organization: []string{"Comune di Vallefinta"}},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour * 1000),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, a.cert, a.cert, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	a.pem = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return a
}

var serial atomic.Int64

// issue makes a certificate for name, valid from and until the given time from now.
func (a *authority) issue(t *testing.T, name string, from, until time.Duration) (cert, key []byte) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial.Add(1) + 1), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(from), NotAfter: time.Now().Add(until),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	if ip := net.ParseIP(name); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{name}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &k.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})
}

// secure serves h over TLS with the given certificate.
func secure(t *testing.T, h http.Handler, cert, key []byte, change func(*tls.Config)) *httptest.Server {
	t.Helper()
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewUnstartedServer(h)
	srv.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	if change != nil {
		change(srv.TLS)
	}
	srv.Config.ErrorLog = log.New(io.Discard, "", 0) // refused handshakes are the point
	srv.StartTLS()
	t.Cleanup(srv.Close)
	return srv
}

func write(t *testing.T, path string, b []byte) string {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func open(t *testing.T, conf Config) *Client {
	t.Helper()
	c, err := New(conf)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

const profileBody = `{"nome":"SPORTELLO","domini":[{"idDominio":"99999000013","ragioneSociale":"Comune di Vallefinta"}]}`

var profileOnly = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, profileBody)
})

// TestClientCertificate: shown where the server asks, renewed without a restart,
// and told apart when it is missing, foreign or unreadable.
func TestClientCertificate(t *testing.T) {
	dir, ca := t.TempDir(), newAuthority(t, "CA della Regione")
	var subjects []string
	var mu sync.Mutex
	cert, key := ca.issue(t, "127.0.0.1", -time.Hour, time.Hour*900)
	srv := secure(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		subjects = append(subjects, r.TLS.PeerCertificates[0].Subject.CommonName)
		mu.Unlock()
		profileOnly(w, r)
	}), cert, key, func(c *tls.Config) {
		c.ClientCAs = x509.NewCertPool()
		c.ClientCAs.AddCert(mustParse(t, ca.pem))
		c.ClientAuth = tls.RequireAndVerifyClientCert
	})
	ours, ourKey := ca.issue(t, "sportello-1", -time.Hour, time.Hour)
	conf := Config{
		Pagamento: srv.URL, CAFile: write(t, filepath.Join(dir, "ca.pem"), ca.pem),
		Auth: Auth{Certificate: write(t, filepath.Join(dir, "c.pem"), ours), Key: write(t, filepath.Join(dir, "k.pem"), ourKey)},
	}
	c := open(t, conf)
	for range 2 {
		if _, err := c.Profile(t.Context(), Pagamento); err != nil {
			t.Fatal(err)
		}
	}
	renewed, renewedKey := ca.issue(t, "sportello-due", -time.Hour, time.Hour)
	write(t, conf.Auth.Certificate, renewed)
	write(t, conf.Auth.Key, renewedKey)
	if _, err := c.Profile(t.Context(), Pagamento); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(subjects, " "); got != "sportello-1 sportello-1 sportello-due" {
		t.Errorf("the server saw %q", got)
	}

	without := conf
	without.Auth = Auth{}
	if _, err := open(t, without).Profile(t.Context(), Pagamento); !errors.Is(err, ErrUnauthorized) {
		t.Errorf("no certificate: %v", err)
	}
	if _, err := open(t, without).Submit(t.Context(), submission(thisOne)); NextOf(err) != (Next{Do: People}) {
		t.Errorf("no certificate, nothing registered: %+v, %v", NextOf(err), err)
	}
	other := newAuthority(t, "altra CA")
	foreign, foreignKey := other.issue(t, "sportello-1", -time.Hour, time.Hour)
	write(t, conf.Auth.Certificate, foreign)
	write(t, conf.Auth.Key, foreignKey)
	if _, err := c.Profile(t.Context(), Pagamento); !errors.Is(err, ErrUnauthorized) {
		t.Errorf("a foreign certificate: %v", err)
	}
	write(t, conf.Auth.Key, ourKey) // does not fit the certificate
	_, err := c.Profile(t.Context(), Pagamento)
	var f *Fault
	if !errors.Is(err, ErrUnauthorized) || !errors.As(err, &f) || f.Sent {
		t.Errorf("key and certificate do not fit: %v", err)
	}
}

func mustParse(t *testing.T, text []byte) *x509.Certificate {
	t.Helper()
	block, _ := pem.Decode(text)
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// TestCAFileChanges: an authority that is taken out is no longer trusted, not even
// on the connection that it opened.
func TestCAFileChanges(t *testing.T) {
	ca := newAuthority(t, "CA della Regione")
	cert, key := ca.issue(t, "127.0.0.1", -time.Hour, time.Hour)
	srv := secure(t, profileOnly, cert, key, nil)
	file := write(t, filepath.Join(t.TempDir(), "ca.pem"), ca.pem)
	c := open(t, Config{Pagamento: srv.URL, CAFile: file})
	if _, err := c.Profile(t.Context(), Pagamento); err != nil {
		t.Fatal(err)
	}
	write(t, file, newAuthority(t, "un'altra CA, di nome più lungo").pem)
	if _, err := c.Profile(t.Context(), Pagamento); !errors.Is(err, ErrUntrusted) {
		t.Errorf("taken out: %v", err)
	}
	write(t, file, []byte("niente"))
	if _, err := c.Profile(t.Context(), Pagamento); !errors.Is(err, ErrUntrusted) {
		t.Errorf("no certificate in it: %v", err)
	}
	write(t, file, ca.pem)
	if _, err := c.Profile(t.Context(), Pagamento); err != nil {
		t.Errorf("put back: %v", err)
	}
}

// TestRedirectsAreNotFollowed, with credentials that would travel along.
func TestRedirectsAreNotFollowed(t *testing.T) {
	var asked atomic.Int32
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		profileOnly(w, r)
	}))
	t.Cleanup(elsewhere.Close)
	for _, status := range []int{301, 302, 303, 307, 308} {
		c := serve(t, http.RedirectHandler(elsewhere.URL+"/login", status), func(c *Config) {
			c.Auth = Auth{User: "u", PasswordFile: write(t, filepath.Join(t.TempDir(), "p"), []byte("x"))}
		})
		if _, err := c.Profile(t.Context(), Pagamento); !errors.Is(err, ErrWrongBaseURL) {
			t.Errorf("GET %d: %v", status, err)
		}
		if _, err := c.Submit(t.Context(), submission(thisOne)); !errors.Is(err, ErrWrongSetup) || NextOf(err).Do != People {
			t.Errorf("POST %d: %v", status, err)
		}
		if _, err := c.Create(t.Context(), identityCard(), false); !errors.Is(err, ErrWrongBaseURL) {
			t.Errorf("PUT %d: %v", status, err)
		}
	}
	if asked.Load() != 0 {
		t.Errorf("followed %d times", asked.Load())
	}
}

// TestTimeouts: each kind of call has its own, up to the last byte.
func TestTimeouts(t *testing.T) {
	release := make(chan struct{})
	drip := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"nome":"x",`)
		w.(http.Flusher).Flush()
		select {
		case <-r.Context().Done():
		case <-release:
		}
	})
	defer close(release)
	const short = 30 * time.Millisecond
	for name, x := range map[string]struct {
		set  func(*Timeouts)
		call func(*Client) error
	}{
		"verify": {func(t *Timeouts) { t.Verify = short }, func(c *Client) error { _, err := c.Position(t.Context(), vallefinta, thisOne); return err }},
		"read":   {func(t *Timeouts) { t.Read = short }, func(c *Client) error { _, err := c.Profile(t.Context(), Pagamento); return err }},
		"search": {func(t *Timeouts) { t.Search = short }, func(c *Client) error {
			_, err := c.Search(t.Context(), Query{Creditor: vallefinta, Debtor: luigi})
			return err
		}},
		"create": {func(t *Timeouts) { t.Create = short }, func(c *Client) error { _, err := c.Create(t.Context(), identityCard(), false); return err }},
		"submit": {func(t *Timeouts) { t.Submit = short }, func(c *Client) error { _, err := c.Submit(t.Context(), submission(thisOne)); return err }},
	} {
		long := Timeouts{time.Minute, time.Minute, time.Minute, time.Minute, time.Minute, time.Minute}
		x.set(&long)
		c := serve(t, drip, func(c *Config) { c.Timeouts = long })
		if err := x.call(c); !errors.Is(err, ErrUnavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
	d := Timeouts{}.withDefaults()
	if d.Verify < 10*time.Second || d.Submit < 200*time.Second || d.Submit > SubmitWindow {
		t.Errorf("%+v", d)
	}
}

// TestCompressedFlood: the caps count what comes out of the compression.
func TestCompressedFlood(t *testing.T) {
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	for range 4 {
		_, _ = z.Write(make([]byte, 1<<20))
	}
	if err := z.Close(); err != nil || bomb.Len() > 1<<20 {
		t.Fatalf("%d bytes, %v", bomb.Len(), err)
	}
	c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(bomb.Bytes())
	}))
	if _, err := c.Position(t.Context(), vallefinta, thisOne); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
}

// TestTrace: every answer's transaction id reaches whoever asks for it.
func TestTrace(t *testing.T) {
	c := serve(t, &pages{by: map[string]page{
		"/rag/ricevute": {body: `{"risultati":[]}`}, "/pag/profilo": {503, "text/html", "no"},
	}})
	var trace Trace
	ctx := WithTrace(t.Context(), &trace)
	if _, err := c.Receipts(ctx, vallefinta, thisOne[1:]); err != nil {
		t.Fatal(err)
	}
	_, _ = c.Profile(ctx, Pagamento)
	want := []Exchange{{"ricevute", "5f0c2c36"}, {"profilo", "5f0c2c36"}}
	if got := trace.Exchanges(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", got, want)
	}
}
