package till

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/local"
)

// Events takes what changes on screen. Publish must not block.
type Events interface {
	Publish(local.Event)
}

// Creditor is a body this counter takes payments for.
type Creditor struct {
	TaxCode string
	Name    string
	GLN     string // of old linear codes; may be empty
}

// Terminal is one configured card terminal.
type Terminal struct {
	Name        string
	Label       string
	Driver      driver.Terminal
	Exclusivity driver.Exclusivity
	Settlement  string
	Provider    string // terminals[].psp.id: whose receipts are of it
	MaxNotices  int
	Reversal    string // terminals[].reversal; only ReversalProvider allows one with settlement terminal
	// Quiet is how long a silent terminal may be at an operation still; until then people cannot say that
	// nothing happened (terminals[].timing.quiet).
	Quiet time.Duration
	// GiveUp is how long the driver looks for evidence before people decide (terminals[].timing.give_up); it is
	// only told. 0: not told.
	GiveUp time.Duration
}

// Options of a till. All are required unless said otherwise.
type Options struct {
	Installation string // two characters
	Version      string
	Language     string // it, en, de
	Demo         bool
	Creditors    []Creditor // the first is meant by a bare notice number
	Terminals    []Terminal
	Ledger       *ledger.Ledger
	Platform     Platform
	Events       Events
	Log          zerolog.Logger
	Failpoint    func(string) // nil in production

	Application string    // idA2A that created debts belong to; empty: none can be created
	Services    []Service // debts that the counter may create; may be empty
	Offline     Offline   // the zero value allows nothing
	Queue       Queue     // the worker that registers; nil: the outbox alone is shown
}

// Till is the counter. Its methods may be called from any goroutine.
type Till struct {
	o        Options
	ctx      context.Context // ends with Close
	stop     context.CancelFunc
	wg       sync.WaitGroup // workers, and the teller
	stations map[string]*station
	names    []string // of stations, in the order of the configuration
	begun    time.Time

	showing sync.Mutex // held from reading anything to publishing it: a later state is never shown first

	mu       sync.Mutex          // guards what follows
	open     map[string]*attempt // by request id, until the ledger has them or they end
	platform local.Platform
	paper    map[string]paper // by payment id: outcomes that the disk refuses
	closed   bool

	stir        chan struct{}      // capacity 1: queue or offline period may look different
	toldQueue   *local.QueueStatus // what the screens were told last; guarded by showing
	toldOffline *local.Offline     // likewise
	toldCases   *local.CaseCount   // likewise

	gate *gate // gate.go

	catalogue   catalogue  // services.go
	remembering sync.Mutex // held from comparing what was verified to remembering it
}

// New makes a till. Start begins its work.
func New(o Options) (*Till, error) {
	if o.Failpoint == nil {
		o.Failpoint = func(string) {}
	}
	if len(o.Creditors) == 0 || len(o.Terminals) == 0 {
		return nil, errors.New("a till needs a creditor and a terminal")
	}
	t := &Till{
		o:        o,
		stations: make(map[string]*station, len(o.Terminals)),
		open:     make(map[string]*attempt),
		platform: local.Platform{Light: local.LightUnknown},
		paper:    make(map[string]paper),
		begun:    time.Now(),
		stir:     make(chan struct{}, 1),
	}
	t.ctx, t.stop = context.WithCancel(context.Background())
	for _, term := range o.Terminals {
		if t.stations[term.Name] != nil {
			return nil, fmt.Errorf("terminal %q is configured twice", term.Name)
		}
		t.stations[term.Name] = newStation(t, term)
		t.names = append(t.names, term.Name)
	}
	t.gate = newGate(t.names)
	return t, nil
}

// Start takes up every unfinished attempt again and starts the workers. It opens no line itself and
// returns at once; until a terminal's worker has looked at its terminal, a payment waits for it.
func (t *Till) Start() error {
	if err := t.readGate(); err != nil {
		return err
	}
	unfinished, err := t.o.Ledger.Unfinished()
	if err != nil {
		return fmt.Errorf("reading unfinished payments: %w", err)
	}
	byTerminal := make(map[string][]ledger.Payment)
	for _, p := range unfinished {
		byTerminal[p.Terminal] = append(byTerminal[p.Terminal], p)
	}
	for _, name := range t.names {
		s := t.stations[name]
		if err := s.commissioned(); err != nil {
			return fmt.Errorf("terminal %q: %w", name, err)
		}
		s.recall()
	}
	for name, payments := range byTerminal {
		s := t.stations[name]
		if s == nil {
			// The terminal left the configuration: its attempts stay unknown and on people's list.
			for _, p := range payments {
				if err := t.orphan(p); err != nil {
					return err
				}
			}
			continue
		}
		slices.SortFunc(payments, func(a, b ledger.Payment) int { return compareIDs(a.ID, b.ID) })
		if err := s.takeUp(payments); err != nil {
			return err
		}
	}
	for _, name := range t.names {
		t.wg.Go(func() { t.stations[name].run(t.ctx) })
	}
	t.wg.Go(func() { t.teller(t.ctx) })
	t.wg.Go(func() { t.keepGate(t.ctx) })
	return nil
}

// Close ends the workers and waits for them. An attempt of which nothing has left is turned away, and no
// trace is kept of it. A payment whose financial frame has left is not waited for: the ledger holds it as
// sent, and the next Start takes it up.
func (t *Till) Close() {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	t.stop()
	for _, s := range t.stations {
		if err := s.term.Driver.Close(); err != nil {
			t.o.Log.Warn().Err(err).Str("terminal", s.term.Name).Msg("closing the terminal")
		}
	}
	t.wg.Wait()
	for _, s := range t.stations {
		s.drain()
	}
}

// Changed tells the screens that a payment's registration changed; its terminal's standing may have, too.
func (t *Till) Changed(paymentID string) {
	t.publishPayment(paymentID)
	if p, err := t.o.Ledger.Payment(paymentID); err == nil {
		if s := t.stations[p.Terminal]; s != nil {
			s.publish()
		}
	}
}

func (t *Till) creditor(taxCode string) (Creditor, bool) {
	i := slices.IndexFunc(t.o.Creditors, func(c Creditor) bool { return c.TaxCode == taxCode })
	if i < 0 {
		return Creditor{}, false
	}
	return t.o.Creditors[i], true
}

func (t *Till) station(name string) (*station, error) {
	s := t.stations[name]
	if s == nil {
		return nil, &local.Error{Code: local.CodeTerminalUnknown, Args: map[string]string{local.ArgTerminal: name}}
	}
	return s, nil
}
