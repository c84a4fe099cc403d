package govpaytest

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// Base paths of the three APIs, with the one authentication segment and the
// versions that this platform has enabled.
const (
	pagamentoContext  = "/govpay/frontend/api/pagamento"
	pendenzeContext   = "/govpay/backend/api/pendenze"
	ragioneriaContext = "/govpay/backend/api/ragioneria"
)

// Options of a platform. The zero value works: user and password "sportello",
// the built-in debts, receipts at once.
type Options struct {
	User, Password string
	Seed           Seed // without debts: Demo
	BankFile       string
	FaultsFile     string
	Rules          []Rule // used while there is no FaultsFile
	// ReceiptDelay passes between a charge and its receipt on the platform.
	ReceiptDelay time.Duration
	Provider     Provider // the terminal's provider; zero: DefaultProvider
	// Ungranted APIs ("pagamento", "pendenze", "ragioneria") let us log in and
	// answer everything but profilo with 403.
	Ungranted []string
	Now       func() time.Time
	Report    func(error) // what is wrong with bank and faults files; nil: dropped
}

// Server is the platform. It is an http.Handler; Start gives it a port.
type Server struct {
	opts    Options
	loc     *time.Location
	started time.Time

	mu        sync.Mutex // guards all below
	positions map[key]*position
	creditors []Creditor
	bank      bankTail
	script    script
	requests  []Request
	serial    int

	handling sync.RWMutex // read-held by every request, so that Stop can wait

	life     sync.Mutex // guards the listener's start and stop
	http     *http.Server
	listener net.Listener
	served   chan struct{} // closed when the listener's goroutine has ended
}

var _ http.Handler = (*Server)(nil)

// New makes a platform. It listens on nothing yet.
func New(opts Options) (*Server, error) {
	if opts.User == "" {
		opts.User = "sportello"
	}
	if opts.Password == "" {
		opts.Password = "sportello"
	}
	if opts.Provider == (Provider{}) {
		opts.Provider = DefaultProvider
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if len(opts.Seed.Debts) == 0 && len(opts.Seed.Creditors) == 0 {
		opts.Seed = Demo(opts.Now())
	}
	if err := opts.Seed.check(); err != nil {
		return nil, err
	}
	loc, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		return nil, fmt.Errorf("govpaytest: %w", err)
	}
	s := &Server{
		opts: opts, loc: loc, started: opts.Now(),
		positions: make(map[key]*position), creditors: opts.Seed.Creditors,
		bank: bankTail{path: opts.BankFile}, script: script{path: opts.FaultsFile},
	}
	if err := s.SetRules(opts.Rules...); err != nil {
		return nil, err
	}
	for _, d := range opts.Seed.Debts {
		if err := s.AddDebt(d); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// AddDebt adds a position, or puts another in its place.
func (s *Server) AddDebt(d Debt) error {
	if err := d.check(); err != nil {
		return fmt.Errorf("govpaytest: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.creditors {
		if c.TaxCode != d.Creditor {
			continue
		}
		p, err := newPosition(d, c.Name)
		if err != nil {
			return err
		}
		s.positions[key{d.Creditor, d.Notice}] = p
		if d.State == StatePaid { // somebody's app, the other day
			p.State = ""
			p.add(payment{Receipt: Receipt{Provider: OtherProvider, At: s.started.AddDate(0, 0, -2)}}, s.opts.Provider, s.started)
		}
		return nil
	}
	return fmt.Errorf("govpaytest: creditor %q is not in the seed", d.Creditor)
}

// SetAmount changes what is owed, as the owner's application may at any time.
func (s *Server) SetAmount(creditor, notice string, cents int64) error {
	return s.on(creditor, notice, func(p *position) { p.Cents = cents })
}

// Charge books a charge by the terminal's bank for one notice: its receipt
// appears after ReceiptDelay.
func (s *Server) Charge(creditor, notice string, cents int64, at time.Time) error {
	return s.AddReceipt(creditor, notice, Receipt{Cents: cents, At: at, Delay: s.opts.ReceiptDelay})
}

// AddReceipt adds any receipt: another provider's, on another channel, negative.
func (s *Server) AddReceipt(creditor, notice string, r Receipt) error {
	return s.on(creditor, notice, func(p *position) {
		p.add(payment{Receipt: r}, s.opts.Provider, s.opts.Now())
	})
}

func (s *Server) on(creditor, notice string, do func(*position)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.positions[key{creditor, notice}]
	if p == nil {
		return fmt.Errorf("govpaytest: notice %q of %q is not in the seed", notice, creditor)
	}
	do(p)
	return nil
}

// SetRules puts a new fault script in place; its counting starts now.
func (s *Server) SetRules(rules ...Rule) error {
	for _, r := range rules {
		if err := r.check(); err != nil {
			return fmt.Errorf("govpaytest: rule: %w", err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.script.set(rules)
	return nil
}

// Seed returns the debts that the platform started with.
func (s *Server) Seed() Seed { return s.opts.Seed }

func (s *Server) report(err error) {
	if s.opts.Report != nil {
		s.opts.Report(err)
	}
}

// Start listens on addr ("127.0.0.1:0" for any free port). After Stop it may be
// started again, on Addr, to play an outage with refused connections.
func (s *Server) Start(addr string) error {
	s.life.Lock()
	defer s.life.Unlock()
	if s.http != nil {
		return errors.New("govpaytest: already listening")
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("govpaytest: %w", err)
	}
	s.listener = l
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	s.served = make(chan struct{})
	go func(h *http.Server, served chan struct{}) {
		defer close(served)
		if err := h.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.report(fmt.Errorf("govpaytest: %w", err))
		}
	}(s.http, s.served)
	return nil
}

// Stop closes the port and every connection, and waits for what was under way.
func (s *Server) Stop() {
	s.life.Lock()
	defer s.life.Unlock()
	if s.http == nil {
		return
	}
	_ = s.http.Close() // ends requests by their contexts
	<-s.served
	s.handling.Lock() // waits for the handlers, which http.Server.Close does not
	s.http = nil
	s.handling.Unlock()
}

// Close is Stop, for symmetry with New.
func (s *Server) Close() { s.Stop() }

// Addr is the address of the last Start.
func (s *Server) Addr() string {
	s.life.Lock()
	defer s.life.Unlock()
	if s.listener == nil {
		return ""
	}
	return s.listener.Addr().String()
}

// Base addresses of the three APIs, as a configuration holds them, on a server
// reached at root ("http://127.0.0.1:8080").
func Base(root string) (pagamento, pendenze, ragioneria string) {
	return root + pagamentoContext + "/rs/basic/v2", root + pendenzeContext + "/rs/basic/v2", root + ragioneriaContext + "/rs/basic/v3"
}

// Request is one line of the request log. Credentials are not kept.
type Request struct {
	Method string
	Path   string // with its query
	Accept string
	Status int // 0: the connection was cut
}

const maxRequests = 10_000

// Requests returns what was asked so far, oldest first; at most the last 10,000.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.requests...)
}

func (s *Server) logRequest(r Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.requests) == maxRequests {
		s.requests = append(s.requests[:0], s.requests[maxRequests/2:]...)
	}
	s.requests = append(s.requests, r)
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
