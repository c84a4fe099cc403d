package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"sportello/protocol/govpay/govpaytest"
	"sportello/protocol/local"
)

// TestPlatformsThatDoNotHelp: without the platform's word nothing is charged, and what the hint says
// mends it without a restart.
func TestPlatformsThatDoNotHelp(t *testing.T) {
	t.Parallel()
	rules := func(t *testing.T, c *counter, r ...govpaytest.Rule) {
		if err := c.platform.SetRules(r...); err != nil {
			t.Fatal(err)
		}
	}
	well := func(t *testing.T, c *counter) { rules(t, c) }
	for name, row := range map[string]struct {
		setup setup
		spoil func(*testing.T, *counter)
		mend  func(*testing.T, *counter)
		told
	}{
		"wrong password": {
			setup: setup{password: "sbagliata"},
			mend:  func(_ *testing.T, c *counter) { c.write(filepath.Join(c.dir, "password"), "sportello\n") },
			told:  told{3, local.CodePlatformPassword, 502, []string{"non accetta le credenziali", "correggere utente e password"}},
		},
		"down": {
			spoil: func(_ *testing.T, c *counter) { c.platform.Stop() },
			mend: func(t *testing.T, c *counter) {
				c.vacant(c.platform.Addr())
				if err := c.platform.Start(c.platform.Addr()); err != nil {
					t.Fatal(err)
				}
			},
			told: told{3, local.CodePlatformUnavailable, 502, []string{"non risponde", "Riprovare fra qualche minuto"}},
		},
		"cut": {
			spoil: func(t *testing.T, c *counter) { rules(t, c, govpaytest.Rule{On: "*", Do: "cut"}) },
			mend:  well,
			told:  told{3, local.CodePlatformUnavailable, 502, []string{"non risponde", "Riprovare"}},
		},
		"error of its own": {
			spoil: func(t *testing.T, c *counter) { rules(t, c, govpaytest.Rule{On: "*", Do: "status", Status: 503}) },
			mend:  well,
			told:  told{3, local.CodePlatformUnavailable, 502, []string{"non risponde", "Riprovare"}},
		},
		"HTML": {
			spoil: func(t *testing.T, c *counter) { rules(t, c, govpaytest.Rule{On: "*", Do: "html"}) },
			mend:  well,
			told:  told{3, local.CodePlatformNotJSON, 502, []string{"modo non comprensibile", "indirizzo e il proxy"}},
		},
		"other JSON": {
			spoil: func(t *testing.T, c *counter) { rules(t, c, govpaytest.Rule{On: "*", Do: "wrong_json"}) },
			mend:  well,
			told:  told{3, local.CodePlatformNotJSON, 502, []string{"modo non comprensibile"}},
		},
		"login page": {
			spoil: func(t *testing.T, c *counter) { rules(t, c, govpaytest.Rule{On: "*", Do: "redirect"}) },
			mend:  well,
			told:  told{3, local.CodePlatformAddress, 502, []string{"non c'è la piattaforma", "correggere gli indirizzi"}},
		},
		"no permission": {
			setup: setup{platform: govpaytest.Options{Ungranted: []string{"pagamento", "pendenze", "ragioneria"}}}, // one that is granted would verify
			told:  told{3, local.CodePlatformForbidden, 502, []string{"non ha i permessi", "far abilitare"}},
		},
		"silent": {
			spoil: func(t *testing.T, c *counter) {
				rules(t, c, govpaytest.Rule{On: "byAvviso", Do: "slow", DelayMS: 60_000})
			},
			mend: well,
			told: told{3, local.CodePlatformUnavailable, 502, []string{"non risponde", "Riprovare"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCounter(t, row.setup)
			c.start()
			if row.spoil != nil {
				row.spoil(t, c)
			}
			var both sync.WaitGroup // a silent platform is waited for once
			both.Go(func() { c.refuses(http.MethodPost, "payments", requestFor(debt(0), 0), row.told) })
			c.refusesToPay(debt(0), row.told)
			both.Wait()
			if row.mend == nil {
				c.untouched()
				return
			}
			row.mend(t, c)
			c.untouched()
			c.start()
			if row.spoil != nil {
				row.spoil(t, c)
				if name != "silent" {
					c.refusesToPay(debt(0), row.told)
				}
				row.mend(t, c)
			}
			c.takes(debt(0))
			c.registered()
		})
	}
}

// TestSlowPlatform: what answers late still answers.
func TestSlowPlatform(t *testing.T) {
	t.Parallel()
	c := newCounter(t, setup{platform: govpaytest.Options{Rules: []govpaytest.Rule{{On: "*", Do: "slow", DelayMS: 700}}}})
	c.start()
	c.takes(debt(0))
	c.registered()
}

// TestPlatformGoneAfterTheCharge: the charge stays, and is registered when the platform is there again.
func TestPlatformGoneAfterTheCharge(t *testing.T) {
	t.Parallel()
	c := newCounter(t, setup{platform: govpaytest.Options{Rules: []govpaytest.Rule{
		{On: "ricevute", Do: "status", Status: 503, Times: 1}, {On: "ricevute", Do: "html", Skip: 1, Times: 1}}}})
	c.start()
	c.takes(debt(0))
	c.registered()
	if n := c.charges()[onTheWire(debt(0))]; n != 1 {
		t.Errorf("the bank charged %d times", n)
	}
}

// TestPlatformsCertificate: an unknown one is refused; with its authority in ca_file it is taken.
func TestPlatformsCertificate(t *testing.T) {
	t.Parallel()
	handler := &later{}
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // it would tell of every refused handshake
	pair, authority := certificates(t)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	server.StartTLS()
	t.Cleanup(server.Close)

	c := newCounter(t, setup{root: server.URL})
	handler.set(c.platform)
	c.start()
	untrusted := told{3, local.CodePlatformCertificate, 502, []string{"certificato della piattaforma non è riconosciuto", "ca_file"}}
	c.refusesToPay(debt(0), untrusted)
	c.refuses(http.MethodPost, "payments", requestFor(debt(0), 0), untrusted)
	c.untouched()

	file := filepath.Join(c.dir, "ca.pem")
	c.write(file, authority)
	c.configured(`ca_file: ""`, "ca_file: "+file)
	c.start()
	c.takes(debt(0))
	c.registered()
	c.stop()

	_, another := certificates(t)
	c.write(file, another)
	c.start()
	c.refusesToPay(debt(1), untrusted)
}

// clockAhead is the platform's clock, ahead of ours.
type clockAhead struct {
	mu sync.Mutex // guards by
	by time.Duration
}

func (c *clockAhead) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.by)
}

func (c *clockAhead) set(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.by = by
}

// lateReceipt is a receipt that comes when the test says so, and not before, however long its steps take.
type lateReceipt struct{ clock clockAhead }

// of makes the platform that has it, of one notice.
func (l *lateReceipt) of(qr string) govpaytest.Options {
	return govpaytest.Options{Now: l.clock.now, Rules: []govpaytest.Rule{{On: "booking", Do: "late", Delay: "6h", Notice: strings.Split(qr, "|")[2]}}}
}

func (l *lateReceipt) comes() { l.clock.set(7 * time.Hour) }

// later is a handler that comes after its server.
type later struct {
	mu sync.Mutex // guards to
	to http.Handler
}

func (l *later) set(h http.Handler) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.to = h
}

func (l *later) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	to := l.to
	l.mu.Unlock()
	to.ServeHTTP(w, r)
}

// certificates makes an authority of its own and a server's certificate by it.
func certificates(t *testing.T) (server tls.Certificate, authority string) {
	t.Helper()
	fatal := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	fatal(err)
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Ente di prova"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	caDER, err := x509.CreateCertificate(rand.Reader, ca, ca, caKey.Public(), caKey)
	fatal(err)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	fatal(err)
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "govpay"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: ca.NotBefore, NotAfter: ca.NotAfter, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, ca, key.Public(), caKey)
	fatal(err)
	return tls.Certificate{Certificate: [][]byte{leafDER}, PrivateKey: key},
		string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: caDER}))
}
