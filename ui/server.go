// Package ui is the service's outer wall: the HTTP interface under /api/v1/, the WebSocket with the events,
// the embedded page, and the guards in front of them (design 7 and 9). It knows package local and what it
// asks of the inside in inside.go; it must never know ledger, driver or platform, never decide about
// money, and never let a request in that did not come from a listed host and origin.
package ui

import (
	"context"
	"crypto/sha256"
	"errors"
	"io/fs"
	"log"
	"net"
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"sportello/protocol/local"
)

const (
	headerTimeout = 5 * time.Second
	idleTimeout   = 2 * time.Minute // of a kept-alive connection
	maxHeader     = 16 << 10
)

// Options are what a server needs. Till, Operators and Hub are mandatory.
type Options struct {
	Till      Till
	Operators Operators
	Hub       *Hub
	Hosts     []string       // further names the page may be opened under, host or host:port
	Origins   []string       // pages of others that may speak to the service, scheme://host[:port]
	Secure    bool           // the listener speaks TLS
	Language  local.Language // of error texts when the request does not say; Italian by default
	Version   string
	Idle      time.Duration // a session without requests ends; 1 hour by default
	Life      time.Duration // every session ends; 12 hours by default
	Page      fs.FS         // instead of the embedded page, while developing
	// DemoTerminal answers under /demo/terminal/ to whoever has signed in: the front of the simulated
	// terminal, in the demonstration only. Nil anywhere else.
	DemoTerminal http.Handler
	// Papers are what is printed or saved; nil: nothing is.
	Papers Papers
	// Upkeep is for those who look after the installation; nil: none is served. MetricsFrom may read the figures
	// without a token.
	Upkeep      Upkeep
	MetricsFrom []netip.Prefix
	Log         zerolog.Logger
}

// Server serves one listener. Make it with New, run Serve once, end it with Close.
type Server struct {
	options  Options
	listener net.Listener
	guard    *guard
	sessions *sessions
	throttle *throttle
	repeats  *repeats
	signing  chan struct{} // capacity 1: one PIN is checked at a time
	waiting  chan struct{} // sign-ins that wait for it or have it
	http     *http.Server
	ctx      context.Context // ends with Close
	stop     context.CancelFunc
	sockets  socketSet

	maintenance atomic.Pointer[[sha256.Size]byte] // hash of the token; nil: there is none
}

// New makes a server for listener, whose address gives the host names it answers to. It does no work that
// could delay a start.
func New(listener net.Listener, options Options) (*Server, error) {
	if options.Till == nil || options.Operators == nil || options.Hub == nil {
		return nil, errors.New("ui: Till, Operators and Hub are needed")
	}
	if options.Language == "" {
		options.Language = local.Italian
	}
	if options.Idle <= 0 {
		options.Idle = time.Hour
	}
	if options.Life <= 0 {
		options.Life = 12 * time.Hour
	}
	if options.Page == nil {
		embedded, err := fs.Sub(embedded, embeddedRoot)
		if err != nil {
			return nil, err
		}
		options.Page = embedded
	}
	guard, err := newGuard(listener.Addr(), options.Hosts, options.Origins, options.Secure)
	if err != nil {
		return nil, err
	}
	s := &Server{
		options:  options,
		listener: listener,
		guard:    guard,
		sessions: newSessions(options.Idle, options.Life),
		throttle: newThrottle(),
		repeats:  newRepeats(),
		signing:  make(chan struct{}, 1),
		waiting:  make(chan struct{}, maxWaiting),
	}
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.http = &http.Server{
		Handler: s.handler(),
		// Bodies and answers have their own limits (exchange.go): a whole-request limit would also end
		// the wait for a terminal.
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          log.New(options.Log.With().Str("from", "http").Logger(), "", 0),
	}
	return s, nil
}

// AddToken lets the bearer of token act as operator until Close, without expiry: for the command line,
// whose token lies in a file.
func (s *Server) AddToken(token string, operator local.Operator) {
	s.sessions.add(token, operator, true)
}

// Serve answers requests until Close; then it returns nil.
func (s *Server) Serve() error {
	err := s.http.Serve(s.listener)
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// Close takes no more requests, closes the sockets, and waits for what is being answered until ctx ends;
// then it cuts the connections. It returns when no socket of the server is left. Payments go on: they are
// the till's.
func (s *Server) Close(ctx context.Context) error {
	s.stop()
	err := s.http.Shutdown(ctx)
	_ = s.listener.Close() // Shutdown knows it only after Serve
	if waitErr := s.sockets.wait(ctx); err == nil {
		err = waitErr
	}
	if err != nil {
		_ = s.http.Close()
	}
	s.sessions.close()
	return err
}

// handler is the way of every request: headers, Host and Origin, then the route.
func (s *Server) handler() http.Handler {
	mux := s.routes()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		for name, value := range securityHeaders {
			header.Set(name, value)
		}
		if r.ContentLength != 0 { // there is a body: it must come soon, read or not
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTimeout))
		}
		if err := s.guard.check(r); err != nil {
			header.Set("Connection", "close")
			s.refuse(w, r, err)
			return
		}
		if s.ctx.Err() != nil {
			s.refuse(w, r, &local.Error{Code: local.CodeStopping})
			return
		}
		mux.ServeHTTP(w, r)
	})
}
