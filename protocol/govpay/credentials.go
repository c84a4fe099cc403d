package govpay

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
)

const (
	maxSecret = 4 << 10 // bytes of a password or key file
	maxPEM    = 4 << 20 // bytes of a file of certificate authorities
)

// authorize puts our credentials on the request. The secret lives only in the
// request: it is read from its file each time and kept nowhere.
func (a Auth) authorize(r *http.Request) error {
	if a.User != "" {
		secret, err := readSecret(a.PasswordFile)
		if err != nil {
			return &secretError{"password_file", err}
		}
		r.SetBasicAuth(a.User, secret)
	}
	if a.APIID != "" {
		secret, err := readSecret(a.APIKeyFile)
		if err != nil {
			return &secretError{"api_key_file", err}
		}
		r.Header.Set(or(a.APIIDHeader, "X-APP-ID"), a.APIID)
		r.Header.Set(or(a.APIKeyHeader, "X-API-KEY"), secret)
	}
	return nil
}

// secretError is one of our own files that cannot be read or used.
type secretError struct {
	what string
	err  error
}

func (e *secretError) Error() string { return e.what + ": " + e.err.Error() }
func (e *secretError) Unwrap() error { return e.err }

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// readSecret reads a one-line secret; the line's end and a byte order mark
// (Windows Notepad) are not part of it.
func readSecret(path string) (string, error) {
	b, err := readCapped(path, maxSecret)
	if err != nil {
		return "", err
	}
	s := strings.TrimRight(strings.TrimPrefix(string(b), "\ufeff"), "\r\n")
	if s == "" {
		return "", fmt.Errorf("%q is empty", path)
	}
	if strings.ContainsAny(s, "\r\n\x00") {
		return "", fmt.Errorf("%q must hold one line", path)
	}
	return s, nil
}

func readCapped(path string, max int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, max+1))
	if err != nil {
		return nil, err
	}
	if int64(len(b)) > max {
		return nil, fmt.Errorf("%q is larger than %d bytes", path, max)
	}
	return b, nil
}

// tlsConfig trusts the system and, beside it, ca_file. Without ca_file the
// system's certificates are left to crypto/tls, which loads them at the first
// handshake: loading them here would delay the start of the program.
func (c Config) tlsConfig() (*tls.Config, error) {
	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.CAFile != "" {
		pem, err := readCapped(c.CAFile, maxPEM)
		if err != nil {
			return nil, fmt.Errorf("ca_file: %w", err)
		}
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool() // no system pool on this machine: ca_file alone
		}
		if !pool.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("ca_file: no certificate in %q", c.CAFile)
		}
		conf.RootCAs = pool
	}
	if c.Auth.Certificate != "" {
		// Web servers that protect one folder ask for the certificate when they have
		// seen the path, in TLS 1.2 by a second handshake on the same connection.
		conf.Renegotiation = tls.RenegotiateOnceAsClient
		conf.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			cert, err := tls.LoadX509KeyPair(c.Auth.Certificate, c.Auth.Key)
			if err != nil {
				return nil, &secretError{"client certificate", err}
			}
			return &cert, nil
		}
	}
	return conf, nil
}
