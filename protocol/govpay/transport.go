package govpay

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
)

// http returns the HTTP client, and makes a new one when ca_file or the client
// certificate have changed since: kept connections would go on with the old
// ones. It tries again at the next call if a file could not be read.
func (c *Client) http(once bool) (*http.Client, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	files := fileState(c.conf.CAFile, c.conf.Auth.Certificate, c.conf.Auth.Key)
	if c.kept == nil || files != c.files {
		tlsConf, err := c.conf.tlsConfig()
		if err != nil {
			return nil, err
		}
		c.drop()
		c.kept = &http.Client{Transport: c.conf.transport(tlsConf, false), CheckRedirect: stay}
		c.once = &http.Client{Transport: c.conf.transport(tlsConf.Clone(), true), CheckRedirect: stay}
		c.files = files
	}
	if once {
		return c.once, nil
	}
	return c.kept, nil
}

// drop forgets the clients; c.mu is held.
func (c *Client) drop() {
	if c.kept != nil {
		c.kept.CloseIdleConnections()
		c.once.CloseIdleConnections()
	}
	c.kept, c.once = nil, nil
}

// stay keeps redirects unfollowed: they lead to a login page, or carry our
// credentials away.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func (c Config) transport(tlsConf *tls.Config, once bool) *http.Transport {
	t := &http.Transport{
		Proxy:                  c.proxy(),
		OnProxyConnectResponse: proxyAnswer,
		DialContext:            (&net.Dialer{Timeout: dialTimeout}).DialContext,
		TLSClientConfig:        tlsConf,
		TLSHandshakeTimeout:    dialTimeout,
		MaxIdleConnsPerHost:    4,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: 64 << 10,
	}
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	// Without kept connections none turns out to be dead under a call that must
	// not be made twice; HTTP/2 would share one anyway.
	t.DisableKeepAlives = once
	protocols.SetHTTP2(!once)
	t.Protocols = &protocols
	return t
}

// proxy is how a request finds its proxy. The password is read at each use.
func (c Config) proxy() func(*http.Request) (*url.URL, error) {
	switch c.Proxy {
	case "":
		return http.ProxyFromEnvironment
	case ProxyNone:
		return nil
	}
	return func(*http.Request) (*url.URL, error) {
		u, err := url.Parse(c.Proxy)
		if err != nil {
			return nil, errors.New("address of the proxy is not a URL") // checked before: cannot happen
		}
		if c.ProxyUser != "" {
			secret, err := readSecret(c.ProxyPasswordFile)
			if err != nil {
				return nil, &secretError{"proxy_password_file", err}
			}
			u.User = url.UserPassword(c.ProxyUser, secret)
		}
		return u, nil
	}
}

// proxyRefusal is a proxy that does not let us through to the platform.
type proxyRefusal struct{ status int }

func (e *proxyRefusal) Error() string {
	return fmt.Sprintf("the proxy refuses the connection with http status %d", e.status)
}

func proxyAnswer(_ context.Context, _ *url.URL, _ *http.Request, r *http.Response) error {
	if r.StatusCode != http.StatusOK {
		return &proxyRefusal{r.StatusCode}
	}
	return nil
}

// alert is the reason why the server, or we, ended TLS, "" for any other error.
// The type of crypto/tls cannot be named, its place in the error can.
func alert(err error) string {
	var op *net.OpError
	if errors.As(err, &op) && (op.Op == "remote error" || op.Op == "local error") && op.Err != nil {
		return op.Err.Error()
	}
	return ""
}

// certificateRefused: the server wants a client certificate, at once or when it
// has seen the path, or not this one.
func certificateRefused(err error) bool {
	why := alert(err)
	return strings.Contains(why, "certificate") || strings.Contains(why, "access denied") || strings.Contains(why, "no renegotiation")
}

// fileState changes when one of the files does.
func fileState(paths ...string) string {
	var b strings.Builder
	for _, p := range paths {
		if p == "" {
			continue
		}
		info, err := os.Stat(p)
		if err != nil {
			b.WriteString("none;")
			continue
		}
		fmt.Fprintf(&b, "%d/%d;", info.Size(), info.ModTime().UnixNano())
	}
	return b.String()
}

// network classifies a call without (a whole) answer. The URL that net/http puts
// into its errors is dropped: it names the notice.
func (f *Fault) network(err error) *Fault {
	var inURL *url.Error
	if errors.As(err, &inURL) {
		err = inURL.Err
	}
	var (
		invalid  x509.CertificateInvalidError
		host     x509.HostnameError
		unknown  x509.UnknownAuthorityError
		verify   *tls.CertificateVerificationError
		sysRoots x509.SystemRootsError
	)
	var refused *proxyRefusal
	var secret *secretError
	switch {
	case errors.Is(err, context.Canceled):
		f.Outcome = OutcomeCanceled
	case errors.As(err, &secret), certificateRefused(err):
		f.Outcome, f.Sent = OutcomeUnauthorized, false // whoever refuses the handshake reads no request
	case errors.As(err, &invalid), errors.As(err, &host), errors.As(err, &unknown),
		errors.As(err, &verify), errors.As(err, &sysRoots):
		f.Outcome = OutcomeUntrusted
	case errors.As(err, &refused):
		f.Outcome = OutcomeUnavailable
	case errors.Is(err, http.ErrSchemeMismatch):
		f.Outcome = OutcomeWrongBaseURL // https asked of a server that speaks http
	default:
		f.Outcome = OutcomeUnavailable
	}
	f.err = err
	return f
}
