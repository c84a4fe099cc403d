package govpaytest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"time"
)

// Identity is who the platform is on HTTPS: a certificate and the authority that
// signed it. Safe for concurrent use: nothing changes after it is made.
type Identity struct {
	server    tls.Certificate
	authority *x509.Certificate // nil: loaded from files
	key       *ecdsa.PrivateKey
	hosts     []string
}

// NewIdentity makes an authority and a certificate for hosts (names or IP
// addresses), all in memory; none: this computer.
func NewIdentity(hosts ...string) (*Identity, error) {
	if len(hosts) == 0 {
		hosts = []string{"localhost", "127.0.0.1", "::1"}
	}
	id := &Identity{hosts: hosts}
	var err error
	if id.authority, id.key, err = newAuthority("Autorità della piattaforma simulata"); err != nil {
		return nil, err
	}
	if id.server, err = id.sign(id.authority, id.key, hosts, time.Now().AddDate(1, 0, 0)); err != nil {
		return nil, err
	}
	return id, nil
}

// LoadIdentity reads a certificate with its key. Rules that show a wrong
// certificate, and client certificates, need NewIdentity.
func LoadIdentity(certFile, keyFile string) (*Identity, error) {
	cert, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return nil, fmt.Errorf("govpaytest: %w", err)
	}
	return &Identity{server: cert}, nil
}

// CA is the authority's certificate in PEM, what a client's ca_file must hold;
// empty for one from files.
func (id *Identity) CA() []byte {
	if id.authority == nil {
		return nil
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: id.authority.Raw})
}

// Client makes a client certificate in PEM, with its key, for a common name. Its
// whole subject is "CN=" and the name.
func (id *Identity) Client(name string) (cert, key []byte, err error) {
	if id.authority == nil {
		return nil, nil, fmt.Errorf("govpaytest: no authority to sign the certificate of %q", name)
	}
	c, err := issue(&x509.Certificate{
		Subject: pkix.Name{CommonName: name}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		NotAfter: time.Now().AddDate(1, 0, 0),
	}, id.authority, id.key)
	if err != nil {
		return nil, nil, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		return nil, nil, fmt.Errorf("govpaytest: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), nil
}

func (id *Identity) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	if id.authority != nil {
		pool.AddCert(id.authority)
	}
	return pool
}

// wrong is a certificate that no careful client takes.
func (id *Identity) wrong(deed string) (*tls.Certificate, error) {
	authority, key, hosts, until := id.authority, id.key, id.hosts, time.Now().AddDate(1, 0, 0)
	var err error
	switch deed {
	case "wrong_host":
		hosts = []string{"altrove.example.it"}
	case "expired":
		until = time.Now().AddDate(0, 0, -1)
	default: // unknown_ca
		authority = nil
	}
	if authority == nil {
		if authority, key, err = newAuthority("Autorità sconosciuta"); err != nil {
			return nil, err
		}
	}
	c, err := id.sign(authority, key, hosts, until)
	return &c, err
}

func (id *Identity) sign(authority *x509.Certificate, key *ecdsa.PrivateKey, hosts []string, until time.Time) (tls.Certificate, error) {
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: "piattaforma simulata"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		NotAfter: until,
	}
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, h)
		}
	}
	return issue(template, authority, key)
}

func newAuthority(name string) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	c, err := issue(&x509.Certificate{
		Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().AddDate(10, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}, nil, nil)
	if err != nil {
		return nil, nil, err
	}
	return c.Leaf, c.PrivateKey.(*ecdsa.PrivateKey), nil
}

// issue signs a certificate for a new key; without an authority, by itself.
func issue(template, authority *x509.Certificate, authorityKey *ecdsa.PrivateKey) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("govpaytest: %w", err)
	}
	if authority == nil {
		authority, authorityKey = template, key
	}
	template.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("govpaytest: %w", err)
	}
	template.NotBefore = template.NotAfter.AddDate(-20, 0, 0)
	template.KeyUsage |= x509.KeyUsageDigitalSignature
	raw, err := x509.CreateCertificate(rand.Reader, template, authority, &key.PublicKey, authorityKey)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("govpaytest: %w", err)
	}
	leaf, err := x509.ParseCertificate(raw)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("govpaytest: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key, Leaf: leaf}, nil
}
