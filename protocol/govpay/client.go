package govpay

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
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
	seen  atomic.Pointer[Seen] // by the newest answers

	mu    sync.Mutex // guards what follows
	kept  *http.Client
	once  *http.Client // for POST /pagamenti: a connection of its own each time
	files string       // state of the files that kept and once were made from
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
	c.drop()
}

// Has reports whether the API has a base address.
func (c *Client) Has(api API) bool { return c.bases[api] != "" }

// call is one request and what its answer must look like.
type call struct {
	operation string
	api       API
	method    string // "" is GET
	path      string // escaped, begins with "/"
	query     url.Values
	body      []byte // JSON; nil: none
	accept    string
	success   []int // nil: 200 only
	max       int64
	timeout   time.Duration
	once      bool // must not be asked twice: net/http asks again on kept connections only
}

// reply is a success.
type reply struct {
	status      int
	body        []byte
	transaction string
	date        time.Time     // the server's clock; zero when it does not say
	took        time.Duration // to the answer's first bytes
	tls         *tls.ConnectionState
}

// do makes the call. Every end but a success is a *Fault, except an API without
// base address.
func (c *Client) do(ctx context.Context, k call) (reply, error) {
	base, ok := c.bases[k.api]
	if !ok {
		return reply{}, fmt.Errorf("govpay %s: %w: %s", k.operation, ErrNotConfigured, k.api)
	}
	start := time.Now()
	ctx, cancel := context.WithTimeout(ctx, k.timeout)
	defer cancel()

	fault := &Fault{Operation: k.operation, API: k.api}
	address := base + k.path
	if len(k.query) > 0 {
		address += "?" + k.query.Encode()
	}
	// Whether anything left this machine decides whether POST /pagamenti may be
	// repeated at once.
	var sent atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { sent.Store(true) }})
	req, err := http.NewRequestWithContext(ctx, or(k.method, http.MethodGet), address, bytes.NewReader(k.body))
	if err != nil {
		return reply{}, fmt.Errorf("govpay %s: %w", k.operation, ErrArgument)
	}
	if k.body != nil {
		req.Header.Set("Content-Type", acceptJSON)
	}
	req.Header.Set("Accept", k.accept)
	req.Header.Set("User-Agent", "sportello")
	req.Header.Set("Cache-Control", "no-cache") // a look that a proxy answers from its memory is none (design 3.8)
	if err := c.conf.Auth.authorize(req); err != nil {
		fault.Outcome, fault.err = OutcomeUnauthorized, err
		return reply{}, fault
	}
	client, err := c.http(k.once)
	if err != nil {
		fault.Outcome, fault.err = OutcomeUntrusted, err
		return reply{}, fault
	}
	resp, err := client.Do(req)
	fault.Sent = sent.Load()
	if err != nil {
		return reply{}, fault.network(err)
	}
	defer resp.Body.Close()
	fault.Status = resp.StatusCode
	fault.TransactionID = token(resp.Header.Get("X-Govpay-IdTransazione"), 64)
	note(ctx, k.operation, fault.TransactionID)
	r := reply{status: resp.StatusCode, transaction: fault.TransactionID, tls: resp.TLS}
	r.date, _ = http.ParseTime(resp.Header.Get("Date"))
	if u, err := resp.Location(); err == nil {
		fault.location = clip(u.Host, 255)
	}
	r.took = time.Since(start)
	c.observe(r)

	if !k.succeeds(resp.StatusCode) {
		// Half a fault body is still a fault: the status decides then.
		text, _ := io.ReadAll(io.LimitReader(resp.Body, maxFault))
		fault.readFault(resp.Header.Get("Content-Type"), text)
		return r, fault
	}
	if !accepted(k.accept, resp.Header.Get("Content-Type")) {
		fault.Outcome = OutcomeNotJSON
		return r, fault
	}
	if resp.ContentLength > k.max {
		fault.Outcome = OutcomeTooLarge
		return r, fault
	}
	r.body, err = io.ReadAll(io.LimitReader(resp.Body, k.max+1))
	if err != nil {
		return r, fault.network(err)
	}
	if int64(len(r.body)) > k.max {
		fault.Outcome = OutcomeTooLarge
		return r, fault
	}
	return r, nil
}

func (k call) succeeds(status int) bool {
	if k.success == nil {
		return status == http.StatusOK
	}
	return slices.Contains(k.success, status)
}

// getJSON makes the call and decodes its body into v.
func (c *Client) getJSON(ctx context.Context, k call, v any) (transaction string, err error) {
	r, err := c.exchange(ctx, k, v)
	return r.transaction, err
}

// exchange makes the call and decodes its body into v.
func (c *Client) exchange(ctx context.Context, k call, v any) (reply, error) {
	k.accept, k.max = acceptJSON, maxJSON
	r, err := c.do(ctx, k)
	if err != nil {
		return r, err
	}
	if err := decode(r.body, v); err != nil {
		f := malformed(k.operation, r.transaction, err)
		f.API, f.Status = k.api, r.status
		return r, f
	}
	return r, nil
}

// getPDF makes the call and returns a body that begins like a PDF.
func (c *Client) getPDF(ctx context.Context, k call) (reply, error) {
	k.accept, k.max, k.timeout = acceptPDF, maxPDF, c.conf.Timeouts.PDF
	r, err := c.do(ctx, k)
	if err == nil && !bytes.HasPrefix(r.body, []byte("%PDF-")) {
		return r, &Fault{Operation: k.operation, API: k.api, Outcome: OutcomeNotJSON, Status: r.status, TransactionID: r.transaction, Sent: true}
	}
	return r, err
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
	return &Fault{Operation: operation, Outcome: OutcomeMalformed, Status: http.StatusOK, TransactionID: transaction, Sent: true, err: err}
}

func mismatch(operation, transaction, what string) *Fault {
	return &Fault{Operation: operation, Outcome: OutcomeMismatch, Status: http.StatusOK, TransactionID: transaction, Sent: true,
		err: fmt.Errorf("another %s than the one asked for", what)}
}

func accepted(accept, contentType string) bool {
	if accept == acceptJSON {
		return isJSON(contentType)
	}
	return strings.HasPrefix(strings.ToLower(contentType), accept)
}
