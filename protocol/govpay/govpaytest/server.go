package govpaytest

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
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
	// Application is the caller's idA2A: whose positions are its own. "": A2A-SPORTELLO.
	Application string
	// Ungranted APIs ("pagamento", "pendenze", "ragioneria", "backoffice") let us
	// log in and answer everything but profilo with 403.
	Ungranted []string
	// GrantedTypes are the only types of debt that the caller may touch; none: all.
	GrantedTypes []string
	// APIID and APIKey enable the apikey segment.
	APIID, APIKey string
	// ClientSubject enables the ssl segment, on StartTLS only, for a client
	// certificate of the identity's authority with this whole subject.
	ClientSubject string
	// CartLife is after how long a cart without receipt stops blocking; 0: never.
	CartLife time.Duration
	// Checkout: "" the platform sends carts; "on" it answers with id "0" and stores
	// nothing; "redirect" it answers 302.
	Checkout string
	// Log receives one JSON line for each request, [Entry]; nil: none.
	Log    io.Writer
	Now    func() time.Time
	Report func(error) // what is wrong with bank and faults files; nil: dropped
}

// Server is the platform. It is an http.Handler; Start gives it a port.
type Server struct {
	opts    Options
	loc     *time.Location
	started time.Time

	mu        sync.Mutex // guards all below
	positions map[key]*position
	order     []key // of positions, as they came
	byIUV     map[key][]*position
	byName    map[name]*position
	portals   []*portal
	byPortal  map[string]*portal
	bySession map[string][]*portal
	notices   int // given out so far
	types     []Type
	creditors []Creditor
	bank      bankTail
	script    script
	requests  []Request
	serial    int

	handling sync.RWMutex // read-held by every request, so that Stop can wait

	life    sync.Mutex // guards start and stop
	plain   *listening
	secure  *listening
	stopped context.Context // ends what works on after its client has gone
	stop    context.CancelFunc
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
	if opts.Checkout != "" && opts.Checkout != "on" && opts.Checkout != "redirect" {
		return nil, fmt.Errorf("govpaytest: checkout %q is neither on nor redirect", opts.Checkout)
	}
	if (opts.APIID == "") != (opts.APIKey == "") {
		return nil, errors.New("govpaytest: an API key needs its id, and the id its key")
	}
	if opts.Application == "" {
		opts.Application = "A2A-SPORTELLO"
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
		positions: make(map[key]*position), byIUV: make(map[key][]*position), byName: make(map[name]*position),
		byPortal: make(map[string]*portal), bySession: make(map[string][]*portal), creditors: opts.Seed.Creditors, types: opts.Seed.Types,
		bank: bankTail{path: opts.BankFile}, script: script{path: opts.FaultsFile},
	}
	s.stopped, s.stop = context.WithCancel(context.Background())
	if len(s.types) == 0 {
		s.types = DefaultTypes()
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
	c := s.creditor(d.Creditor)
	if c.TaxCode == "" {
		return fmt.Errorf("govpaytest: creditor %q is not in the seed", d.Creditor)
	}
	p, err := newPosition(d, c.Name, s.started)
	if err != nil {
		return err
	}
	s.put(p)
	other := payment{Receipt: Receipt{Provider: OtherProvider, At: s.started.AddDate(0, 0, -2)}} // somebody's app, the other day
	switch d.State {
	case StateIrregular:
		p.add(other, s.opts.Provider, s.started)
		other.At = other.At.Add(time.Hour)
		fallthrough
	case StatePaid, StateCollected:
		p.State, p.collected = "", d.State == StateCollected
		p.add(other, s.opts.Provider, s.started)
	}
	if d.Pending != "" {
		p.add(payment{Receipt: Receipt{Version: d.Pending, Never: true, At: s.started}}, s.opts.Provider, s.started)
	}
	return nil
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

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
