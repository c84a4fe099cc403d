package govpaytest

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"
)

// listening is one port with its goroutine.
type listening struct {
	address string
	http    *http.Server
	served  chan struct{} // closed when the listener's goroutine has ended; nil when stopped
}

// Start listens on addr ("127.0.0.1:0" for any free port). After Stop it may be
// started again, on Addr, to play an outage with refused connections.
func (s *Server) Start(addr string) error { return s.listen(&s.plain, addr, nil) }

// StartTLS listens for HTTPS, beside Start or instead of it. Rules on "tls"
// show other certificates of the same identity.
func (s *Server) StartTLS(addr string, id *Identity) error {
	conf := &tls.Config{
		MinVersion: tls.VersionTLS12,
		ClientAuth: tls.VerifyClientCertIfGiven,
		ClientCAs:  id.pool(),
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			s.mu.Lock()
			s.script.refresh(s.report)
			rule, spoil := s.script.next(opTLS, "", "")
			s.mu.Unlock()
			if !spoil {
				return &id.server, nil
			}
			return id.wrong(rule.Do)
		},
	}
	return s.listen(&s.secure, addr, conf)
}

func (s *Server) listen(where **listening, addr string, conf *tls.Config) error {
	s.life.Lock()
	defer s.life.Unlock()
	if *where != nil && (*where).served != nil {
		return errors.New("govpaytest: already listening")
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("govpaytest: %w", err)
	}
	now := &listening{
		address: l.Addr().String(), served: make(chan struct{}),
		http: &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0)},
	}
	if conf != nil {
		l = tls.NewListener(l, conf)
	}
	*where = now
	go func() {
		defer close(now.served)
		if err := now.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.report(fmt.Errorf("govpaytest: %w", err))
		}
	}()
	return nil
}

// Stop closes the ports and every connection, and waits for what was under way.
func (s *Server) Stop() {
	s.life.Lock()
	defer s.life.Unlock()
	for _, l := range []*listening{s.plain, s.secure} {
		if l == nil || l.served == nil {
			continue
		}
		_ = l.http.Close() // ends requests by their contexts
		<-l.served
		l.served = nil
	}
	s.halt()
	s.handling.Lock() // waits for the handlers, which http.Server.Close does not
	defer s.handling.Unlock()
}

// halt ends the work that goes on after its client has gone, and lets the next
// start have some again.
func (s *Server) halt() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stop()
	s.stopped, s.stop = context.WithCancel(context.Background())
}

// Close is Stop, for symmetry with New.
func (s *Server) Close() {
	s.Stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stop()
}

// Addr is the address of the last Start.
func (s *Server) Addr() string { return s.address(&s.plain) }

// AddrTLS is the address of the last StartTLS.
func (s *Server) AddrTLS() string { return s.address(&s.secure) }

func (s *Server) address(where **listening) string {
	s.life.Lock()
	defer s.life.Unlock()
	if *where == nil {
		return ""
	}
	return (*where).address
}

// Base addresses of three APIs, as a configuration holds them, on a server
// reached at root ("http://127.0.0.1:8080").
func Base(root string) (pagamento, pendenze, ragioneria string) {
	all := Bases(root, "basic")
	return all["pagamento"], all["pendenze"], all["ragioneria"]
}

// Bases are the base addresses of all APIs by their names, with an
// authentication segment: basic, apikey or ssl.
func Bases(root, segment string) map[string]string {
	all := make(map[string]string, len(apis))
	for _, a := range apis {
		all[a.name] = root + a.context + "/rs/" + segment + "/" + a.version
	}
	return all
}
