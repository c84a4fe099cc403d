package govpay

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Caps on answers, after decompression. The largest honest ones hold the whole
// history of a position with its attempts and receipts.
const (
	maxJSON  = 2 << 20
	maxPDF   = 8 << 20
	maxFault = 64 << 10
)

const (
	acceptJSON = "application/json"
	acceptPDF  = "application/pdf"
)

// Client calls one platform. It is safe for concurrent use; Close it when done.
type Client struct {
	conf  Config
	bases map[API]string

	mu     sync.Mutex // guards client
	client *http.Client
}

// New checks the form of the configuration. It opens no file and no connection.
func New(conf Config) (*Client, error) {
	bases, err := conf.check()
	if err != nil {
		return nil, err
	}
	conf.Timeouts = conf.Timeouts.withDefaults()
	return &Client{conf: conf, bases: bases}, nil
}

// Close gives idle connections back. Calls under way are not interrupted: their
// contexts are the callers'.
func (c *Client) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.client != nil {
		c.client.CloseIdleConnections()
	}
}

// http makes the HTTP client at the first call, and tries again at the next one
// if ca_file could not be read.
func (c *Client) http() (*http.Client, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.client != nil {
		return c.client, nil
	}
	tlsConf, err := c.conf.tlsConfig()
	if err != nil {
		return nil, err
	}
	c.client = &http.Client{
		Transport: &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			DialContext:         (&net.Dialer{Timeout: dialTimeout}).DialContext,
			TLSClientConfig:     tlsConf,
			TLSHandshakeTimeout: dialTimeout,
			ForceAttemptHTTP2:   true,
			MaxIdleConnsPerHost: 4,
			IdleConnTimeout:     idleTimeout,
		},
		// A redirect leads to a login page, or carries our credentials away.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c.client, nil
}

// call is one GET and what its answer must look like.
type call struct {
	operation string
	api       API
	path      string // escaped, begins with "/"
	query     url.Values
	accept    string
	max       int64
	timeout   time.Duration
}

// get makes the call and returns the body of a success and the platform's
// transaction id. Every other end is a *Fault, except a wrong configuration.
func (c *Client) get(ctx context.Context, k call) (body []byte, transaction string, err error) {
	base, ok := c.bases[k.api]
	if !ok {
		return nil, "", fmt.Errorf("govpay %s: %w: %s", k.operation, ErrNotConfigured, k.api)
	}
	ctx, cancel := context.WithTimeout(ctx, k.timeout)
	defer cancel()

	fault := &Fault{Operation: k.operation}
	address := base + k.path
	if len(k.query) > 0 {
		address += "?" + k.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, "", fmt.Errorf("govpay %s: %w", k.operation, ErrArgument)
	}
	req.Header.Set("Accept", k.accept)
	req.Header.Set("User-Agent", "sportello")
	if err := c.conf.Auth.authorize(req); err != nil {
		fault.Outcome, fault.err = OutcomeUnauthorized, err
		return nil, "", fault
	}
	client, err := c.http()
	if err != nil {
		fault.Outcome, fault.err = OutcomeUntrusted, err
		return nil, "", fault
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, "", fault.network(err)
	}
	defer resp.Body.Close()
	fault.Status = resp.StatusCode
	fault.TransactionID = token(resp.Header.Get("X-Govpay-IdTransazione"), 64)

	if resp.StatusCode != http.StatusOK {
		// Half a fault body is still a fault: the status decides then.
		text, _ := io.ReadAll(io.LimitReader(resp.Body, maxFault))
		fault.readFault(resp.Header.Get("Content-Type"), text)
		return nil, fault.TransactionID, fault
	}
	if !accepted(k.accept, resp.Header.Get("Content-Type")) {
		fault.Outcome = OutcomeNotJSON
		return nil, fault.TransactionID, fault
	}
	if resp.ContentLength > k.max {
		fault.Outcome = OutcomeTooLarge
		return nil, fault.TransactionID, fault
	}
	body, err = io.ReadAll(io.LimitReader(resp.Body, k.max+1))
	if err != nil {
		return nil, fault.TransactionID, fault.network(err)
	}
	if int64(len(body)) > k.max {
		fault.Outcome = OutcomeTooLarge
		return nil, fault.TransactionID, fault
	}
	return body, fault.TransactionID, nil
}

// getJSON makes the call and decodes its body into v.
func (c *Client) getJSON(ctx context.Context, k call, v any) (transaction string, err error) {
	k.accept, k.max = acceptJSON, maxJSON
	body, transaction, err := c.get(ctx, k)
	if err != nil {
		return transaction, err
	}
	if err := decode(body, v); err != nil {
		return transaction, malformed(k.operation, transaction, err)
	}
	return transaction, nil
}

// decode reads one JSON document and keeps its text out of the error.
func decode(body []byte, v any) error {
	err := json.Unmarshal(body, v)
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &syntax):
		return fmt.Errorf("%w: JSON breaks at byte %d of %d", ErrMalformed, syntax.Offset, len(body))
	case errors.As(err, &kind):
		return fmt.Errorf("%w: field %q has another type", ErrMalformed, kind.Field)
	default:
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
}

func malformed(operation, transaction string, err error) *Fault {
	return &Fault{Operation: operation, Outcome: OutcomeMalformed, Status: http.StatusOK, TransactionID: transaction, err: err}
}

func mismatch(operation, transaction, what string) *Fault {
	return &Fault{Operation: operation, Outcome: OutcomeMismatch, Status: http.StatusOK, TransactionID: transaction,
		err: fmt.Errorf("another %s than the one asked for", what)}
}

func accepted(accept, contentType string) bool {
	if accept == acceptJSON {
		return isJSON(contentType)
	}
	return strings.HasPrefix(strings.ToLower(contentType), accept)
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
	switch {
	case errors.Is(err, context.Canceled):
		f.Outcome = OutcomeCanceled
	case errors.As(err, &invalid), errors.As(err, &host), errors.As(err, &unknown),
		errors.As(err, &verify), errors.As(err, &sysRoots):
		f.Outcome = OutcomeUntrusted
	case errors.Is(err, http.ErrSchemeMismatch):
		f.Outcome = OutcomeWrongBaseURL // https asked of a server that speaks http
	default:
		f.Outcome = OutcomeUnavailable
	}
	f.err = err
	return f
}
