package govpay

import (
	"fmt"
	"net/url"
	"strings"
	"time"
)

// API names one of the platform's interfaces; each has its own base address,
// because proxies rename them one by one.
type API string

// The interfaces this client knows.
const (
	Pagamento  API = "pagamento"  // v2; deprecated by the platform, and still the only one to verify any notice
	Pendenze   API = "pendenze"   // v2; our own positions only
	Ragioneria API = "ragioneria" // v3; receipts, and a weaker verification
	Backoffice API = "backoffice" // v1; the named successor of Pagamento for verifying, with a role
)

// Config says where the platform is and who we are. Nothing is read or
// contacted before the first call.
type Config struct {
	// Base address of each API with authentication segment and version, e.g.
	// "https://host/govpay/frontend/api/pagamento/rs/basic/v2". Empty: not used.
	Pagamento, Pendenze, Ragioneria, Backoffice string

	Auth Auth

	// Proxy: "" takes it from the environment (HTTPS_PROXY, HTTP_PROXY, NO_PROXY),
	// ProxyNone uses none, anything else is the proxy's http or https address.
	Proxy                        string
	ProxyUser, ProxyPasswordFile string // for an explicit proxy that asks

	// CAFile holds further certificate authorities (PEM), trusted beside the
	// system's. Empty: the system's only.
	CAFile string

	Timeouts Timeouts
}

// ProxyNone as [Config].Proxy ignores the environment.
const ProxyNone = "none"

// Auth is one of three ways to say who we are. Files are read at each use, so
// that a changed password or a renewed certificate needs no restart.
type Auth struct {
	User, PasswordFile string // HTTP Basic
	Certificate, Key   string // client certificate and key, PEM files
	APIID, APIKeyFile  string // two headers, for a platform behind a gateway
	// Names of those headers; empty: X-APP-ID and X-API-KEY.
	APIIDHeader, APIKeyHeader string
}

// Timeouts bound each call from dialing to the last byte. Zero means the default.
type Timeouts struct {
	// Verify is for byAvviso: the platform may ask the application that owns the
	// debt (2 s to connect, 5 s to read, by its defaults) before it answers.
	Verify time.Duration // 15 s
	Read   time.Duration // 15 s: receipts, profile, catalogue
	PDF    time.Duration // 30 s
	Search time.Duration // 30 s for each page: the platform's slowest queries
	Create time.Duration // 30 s: PUT /pendenze, with its PDF
	// Submit is for POST /pagamenti. The platform itself waits up to 10 s to
	// connect to pagoPA and 180 s for its answer, after asking the debts' owners:
	// with less than this every slow call would end unknown.
	Submit time.Duration // 300 s
}

const (
	defaultVerify = 15 * time.Second
	defaultRead   = 15 * time.Second
	defaultPDF    = 30 * time.Second
	defaultSearch = 30 * time.Second
	defaultCreate = 30 * time.Second
	defaultSubmit = 300 * time.Second
	dialTimeout   = 5 * time.Second
	idleTimeout   = 30 * time.Second
)

func (t Timeouts) withDefaults() Timeouts {
	for _, d := range []struct {
		to        *time.Duration
		otherwise time.Duration
	}{
		{&t.Verify, defaultVerify}, {&t.Read, defaultRead}, {&t.PDF, defaultPDF},
		{&t.Search, defaultSearch}, {&t.Create, defaultCreate}, {&t.Submit, defaultSubmit},
	} {
		if *d.to <= 0 {
			*d.to = d.otherwise
		}
	}
	return t
}

// check looks at the form of the configuration, without opening anything.
func (c Config) check() (map[API]string, error) {
	bases := make(map[API]string, 4)
	for _, b := range []struct {
		api  API
		base string
	}{{Pagamento, c.Pagamento}, {Pendenze, c.Pendenze}, {Ragioneria, c.Ragioneria}, {Backoffice, c.Backoffice}} {
		if b.base == "" {
			continue
		}
		u, err := url.Parse(b.base)
		switch {
		case err != nil:
			return nil, fmt.Errorf("govpay: address of %s is not a URL", b.api) // not the error: it repeats the address
		case u.Scheme != "http" && u.Scheme != "https", u.Host == "":
			return nil, fmt.Errorf("govpay: address of %s must begin with https:// or http:// and name a host", b.api)
		case u.User != nil:
			return nil, fmt.Errorf("govpay: address of %s must not contain a user or password", b.api)
		case u.RawQuery != "", u.Fragment != "":
			return nil, fmt.Errorf("govpay: address of %s must end with its path", b.api)
		}
		bases[b.api] = strings.TrimRight(b.base, "/")
	}
	if err := c.checkProxy(); err != nil {
		return nil, err
	}
	a := c.Auth
	switch {
	case (a.User == "") != (a.PasswordFile == ""):
		return nil, fmt.Errorf("govpay: user and password_file go together")
	case strings.ContainsAny(a.User, ":\r\n"):
		return nil, fmt.Errorf("govpay: a user name cannot contain a colon or a line break")
	case (a.Certificate == "") != (a.Key == ""):
		return nil, fmt.Errorf("govpay: certificate and key go together")
	case (a.APIID == "") != (a.APIKeyFile == ""):
		return nil, fmt.Errorf("govpay: api_id and api_key_file go together")
	}
	return bases, nil
}

// checkProxy looks at the form of the proxy's address.
func (c Config) checkProxy() error {
	explicit := c.Proxy != "" && c.Proxy != ProxyNone
	switch {
	case (c.ProxyUser == "") != (c.ProxyPasswordFile == ""):
		return fmt.Errorf("govpay: proxy_user and proxy_password_file go together")
	case c.ProxyUser != "" && !explicit:
		return fmt.Errorf("govpay: proxy_user needs a proxy")
	case !explicit:
		return nil
	}
	u, err := url.Parse(c.Proxy)
	switch {
	case err != nil:
		return fmt.Errorf("govpay: address of the proxy is not a URL")
	case u.Scheme != "http" && u.Scheme != "https", u.Host == "":
		return fmt.Errorf("govpay: address of the proxy must begin with http:// or https:// and name a host, or be %q", ProxyNone)
	case u.User != nil:
		return fmt.Errorf("govpay: address of the proxy must not contain a user or password: use proxy_user and proxy_password_file")
	}
	return nil
}
