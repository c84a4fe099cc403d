package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sportello/cmd/sportello/internal/config"
	"sportello/protocol/local"
)

const (
	api        = "/api/v1/"
	maxAnswer  = 16 << 20        // bytes of one answer of the service
	callLimit  = 2 * time.Minute // a payment's pre-flight on a slow serial line included
	tokenName  = "cli.token"
	configName = "SPORTELLO_CONFIG"
)

// What can go wrong between a client command and the service, besides its refusals (*refusal).
var (
	// errUnreachable: no service answers, so nothing was accepted.
	errUnreachable = errors.New("il servizio non risponde")
	// errLost: the request has left and no usable answer came back.
	errLost = errors.New("il servizio non ha risposto alla richiesta")
	// errSetup: the configuration or the token cannot be read.
	errSetup = errors.New("configurazione del comando")
)

// refusal is the service's own no.
type refusal struct {
	Status int
	Body   local.Error
}

func (r *refusal) Error() string {
	return orElse(r.Body.Message, string(r.Body.Code))
}

// client speaks to the service of this PC. It is used by one command.
type client struct {
	place    config.Place
	base     string // http://HOST:PORT
	token    string
	fromFile bool // the token is cli.token, which changes when the service starts again
	http     *http.Client
	tls      *tls.Config
}

func configFlag(fs *flag.FlagSet) *string {
	return fs.String("config", "", "file di configurazione del servizio")
}

// connection is the flags that every client command has.
type connection struct{ config, operator *string }

func connectionFlags(fs *flag.FlagSet) connection {
	return connection{configFlag(fs), fs.String("operator", "", "entra con questo operatore; il PIN si legge da tastiera o da standard input")}
}

// findPlace finds the service's address and data.
func findPlace(configPath string) (config.Place, error) {
	if configPath == "" {
		configPath = os.Getenv(configName)
	}
	if configPath == "" {
		configPath = config.DefaultPath()
	}
	place, err := config.Locate(configPath)
	if err != nil {
		return place, fmt.Errorf("%w: %w", errSetup, err)
	}
	return place, nil
}

// connect finds the service and the token of the command line (role clerk). Nothing is sent yet.
func connect(configPath string) (*client, error) {
	c, err := dial(configPath)
	if err != nil {
		return nil, err
	}
	return c, c.readToken()
}

// open is connect, or a session of the operator when one was named. The caller closes the client.
func (o connection) open(ctx context.Context) (*client, error) {
	if *o.operator == "" {
		return connect(*o.config)
	}
	c, err := dial(*o.config)
	if err != nil {
		return nil, err
	}
	pin, err := readPIN("PIN di " + *o.operator + ": ")
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errSetup, err)
	}
	var session local.Session
	if err := c.post(ctx, api+"session", local.SessionRequest{Operator: *o.operator, PIN: pin}, &session); err != nil {
		return nil, err
	}
	c.token = session.Token
	return c, nil
}

// Close ends an operator's session. The command line's own token stays.
func (c *client) Close() {
	if !c.fromFile && c.token != "" {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = c.do(ctx, http.MethodDelete, api+"session", nil, nil) // it ends by itself otherwise
	}
	c.http.CloseIdleConnections()
}

func dial(configPath string) (*client, error) {
	place, err := findPlace(configPath)
	if err != nil {
		return nil, err
	}
	host, port, err := net.SplitHostPort(place.Listen)
	if err != nil {
		return nil, fmt.Errorf("%w: listen: %w", errSetup, err)
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	c := &client{place: place, base: "http://" + net.JoinHostPort(host, port)}
	if place.Certificate != "" {
		c.base = "https://" + net.JoinHostPort(host, port)
		if c.tls, err = trustOnly(place.Certificate); err != nil {
			return nil, fmt.Errorf("%w: tls.certificate: %w", errSetup, err)
		}
	}
	// No proxy: the service is on this PC, and a proxy would see the token.
	c.http = &http.Client{Timeout: callLimit, Transport: &http.Transport{
		Proxy: nil, TLSClientConfig: c.tls, DialContext: (&net.Dialer{Timeout: 3 * time.Second}).DialContext,
	}}
	return c, nil
}

// trustOnly accepts the service's own certificate and no other; the name in it does not matter, since
// the service is reached by its address.
func trustOnly(path string) (*tls.Config, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(b)
	if block == nil {
		return nil, fmt.Errorf("no certificate in %q", path)
	}
	return &tls.Config{
		InsecureSkipVerify: true, // replaced by the comparison below
		VerifyPeerCertificate: func(raw [][]byte, _ [][]*x509.Certificate) error {
			if len(raw) == 0 || !bytes.Equal(raw[0], block.Bytes) {
				return errOtherCertificate
			}
			return nil
		},
	}, nil
}

// readToken reads cli.token, which the service makes anew at each start.
func (c *client) readToken() error {
	b, err := os.ReadFile(filepath.Join(c.place.DataDir, tokenName))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &brokenLine{kind: errUnreachable, said: "il servizio non è in funzione: non c'è " + tokenName + " in " + c.place.DataDir, err: err}
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: questo utente non può leggere %s in %s", errSetup, tokenName, c.place.DataDir)
	case err != nil:
		return fmt.Errorf("%w: %w", errSetup, err)
	}
	c.token, c.fromFile = strings.TrimSpace(string(b)), true
	return nil
}

func (c *client) get(ctx context.Context, path string, out any) error {
	return c.do(ctx, http.MethodGet, path, nil, out)
}

func (c *client) post(ctx context.Context, path string, in, out any) error {
	return c.do(ctx, http.MethodPost, path, in, out)
}

// do makes one call. The error is a *refusal, errUnreachable (nothing has left this process) or errLost.
//
// A token that the service does not know may be the one of before its last start: it is read again, once.
// A request that was not let in has done nothing. out is what the JSON answer is read into or, as a *[]byte,
// the PDF itself.
func (c *client) do(ctx context.Context, method, path string, in, out any) error {
	err := c.once(ctx, method, path, in, out)
	var no *refusal
	if c.fromFile && errors.As(err, &no) && no.Body.Code == local.CodeUnauthorized {
		before := c.token
		if c.readToken() == nil && c.token != before {
			return c.once(ctx, method, path, in, out)
		}
	}
	return err
}

func (c *client) once(ctx context.Context, method, path string, in, out any) error {
	body := io.Reader(http.NoBody)
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	_, question := out.(*page) // it may be in a body
	question = question || method == http.MethodGet
	connected := false
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected = true }})
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return err
	}
	if in != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	resp, err := c.http.Do(r)
	if err != nil {
		kind := errLost
		if !connected {
			kind = errUnreachable
		}
		return c.broken(kind, err, question)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return c.broken(errLost, err, question)
	case len(b) > maxAnswer:
		return fmt.Errorf("%w: risposta di oltre %d byte", errLost, maxAnswer)
	case resp.StatusCode >= 400:
		return refused(resp.StatusCode, b)
	case out == nil:
		return nil
	}
	if file, ok := out.(*[]byte); ok {
		if !bytes.HasPrefix(b, []byte("%PDF-")) && !bytes.HasPrefix(b, []byte("\ufeff")) { // ours is how CSV begins
			return fmt.Errorf("%w: la risposta non è un PDF, né un CSV", errLost)
		}
		*file = b
		return nil
	}
	if p, ok := out.(*page); ok {
		p.next, p.since, out = resp.Header.Get(local.HeaderNext), resp.Header.Get(local.HeaderSince), &p.payments
	}
	if err := json.Unmarshal(b, out); err != nil {
		return fmt.Errorf("%w: su %s risponde qualcosa che non è il servizio: %w", errLost, c.base, err)
	}
	return nil
}

// refused reads an error body. What has no code of ours did not come from the service.
func refused(status int, b []byte) error {
	var body local.ErrorBody
	if err := json.Unmarshal(b, &body); err != nil || body.Error.Code == "" {
		return fmt.Errorf("%w: stato HTTP %d senza codice: non è il servizio", errLost, status)
	}
	return &refusal{Status: status, Body: body.Error}
}

// newRequestID makes the id under which a request may be repeated.
func newRequestID() string {
	b := make([]byte, 10)
	rand.Read(b) // never fails: crypto/rand ends the process instead
	return "cli-" + hex.EncodeToString(b)
}

// failClient explains an error of a client command and returns its exit code.
func failClient(err error) int {
	var no *refusal
	switch {
	case errors.As(err, &no):
		hint := no.Body.Hint
		if no.Body.Code == local.CodeBadRequest { // which speaks to who has the page before them
			hint = "controllare ciò che si è scritto; con -h il comando elenca le sue opzioni"
		}
		if no.Body.PaymentID != "" {
			hint = strings.TrimSpace(hint + " (pagamento " + no.Body.PaymentID + ")")
		}
		complain(no.Error()+" ["+string(no.Body.Code)+"]", hint)
		return exitFailed
	case errors.Is(err, errNoPIN):
		complain(errNoPIN.Error(), "scriverlo quando viene chiesto, oppure darlo su standard input: --operator ID < FILE")
		return exitUsage
	case errors.Is(err, errSetup):
		complain(err.Error(), "indicare il file con --config o SPORTELLO_CONFIG; l'utente deve far parte del gruppo che usa la cassa")
		return exitUsage
	case errors.Is(err, errUnreachable):
		complain(err.Error(), unreachableHint(err))
		return exitUnreachable
	}
	complain(err.Error(), "guardare il registro del servizio")
	return exitFailed
}
