package ecr17

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/rs/zerolog"

	"sportello/driver"
	"sportello/driver/line"
	"sportello/protocol/ecr17"
)

// terminal implements driver.Terminal over ECR17.
type terminal struct {
	cfg     driver.Config
	profile profile
	trace   tracer
	serial  bool // the line cannot be opened twice

	life    context.Context // ends with Close
	end     context.CancelFunc
	running sync.WaitGroup // methods at work; Close waits for them

	turn  *token // the terminal, for one procedure
	money *token // held through Pay, Reverse and Resolve: one attempt at a time

	mu       sync.Mutex // guards what follows
	closed   bool
	conns    map[*conn]bool
	link     link
	open     *exchange                // an attempt that ended unknown: its line may still bring the result
	late     *exchange                // one that was given up: heard until the next procedure opens a line (late.go)
	words    map[attemptKey]*exchange // of those, the ones whose word has come
	known    []byte                   // the latest result this process has seen of the terminal
	word     []byte                   // the latest one that came as the result of a payment
	tells    bool                     // it has answered G
	single   bool                     // it serves one client at a time
	passport *driver.Passport         // in force; nil: none
	undone   refusedReversal          // the latest refusal of a reversal
	sent     attemptKey               // the latest financial command of this process
	counted  counted                  // whether its total holds our charges
}

// link is what was learned about the terminal's way of framing. It holds for the life of the process.
type link struct {
	proven    bool
	scope     ecr17.Scope
	form      ecr17.ControlForm
	statusTID string // with which s is asked
}

var _ driver.Terminal = (*terminal)(nil)

// Option changes what Open makes.
type Option func(*terminal)

// WithTrace writes every frame to log at debug level. Card numbers are masked; the content of additional
// data and tickets is left out.
func WithTrace(log zerolog.Logger) Option {
	return func(t *terminal) { t.trace = tracer{&log} }
}

var (
	terminalID = regexp.MustCompile(`^[0-9]{8}$`)
	registerID = regexp.MustCompile(`^[0-9]{1,8}$`)
	indexMap   = regexp.MustCompile(`^[0-5]{4}$`)
)

// Open makes a terminal of the profile nexi or numera. It opens no line. Errors are Refusals of kind
// driver.ErrConfig.
func Open(cfg driver.Config) (driver.Terminal, error) { return OpenWith(cfg) }

// OpenWith is Open with options.
func OpenWith(cfg driver.Config, options ...Option) (driver.Terminal, error) {
	p, ok := profiles[cfg.Driver]
	wrong := func(what string, value any) (driver.Terminal, error) {
		return nil, refusal(driver.ErrConfig, "terminal %q: %s %q", cfg.Name, what, value)
	}
	switch {
	case !ok:
		return wrong("no such driver", cfg.Driver)
	case !terminalID.MatchString(cfg.TerminalID) || cfg.TerminalID == ecr17.AnyTerminal:
		return wrong("terminal_id is not the terminal's 8 digits:", cfg.TerminalID)
	case !registerID.MatchString(cfg.CashRegisterID):
		return wrong("cash_register_id is not 1 to 8 digits:", cfg.CashRegisterID)
	case cfg.Receipts != "ecr" && cfg.Receipts != "terminal":
		return wrong("receipts is neither ecr nor terminal:", cfg.Receipts)
	}
	if _, err := ecr17.ParseScope(cfg.LRC); err != nil && cfg.LRC != "auto" {
		return wrong("lrc is neither auto nor the name of a scope:", cfg.LRC)
	}
	if cfg.Command != "" && cfg.Command != "X" && cfg.Command != "P" {
		return wrong("command is neither X nor P:", cfg.Command)
	}
	if _, err := ecr17.ParseControlForm(cfg.ACKForm); err != nil && cfg.ACKForm != "" {
		return wrong("ack_form is not the name of a form:", cfg.ACKForm)
	}
	if n := cfg.NoticeData; n != nil {
		switch {
		case n.Tag < 1 || n.Tag > 5:
			return wrong("notice_data.tag is not 1 to 5:", fmt.Sprint(n.Tag))
		case !indexMap.MatchString(n.IndexMap):
			return wrong("notice_data.index_map is not 4 digits from 0 to 5:", n.IndexMap)
		case !strings.Contains(n.Template, "{notice}"):
			return wrong("notice_data.template does not hold {notice}:", n.Template)
		}
	}
	if cfg.Dial == nil {
		if _, err := line.ParseAddress(cfg.Address); err != nil {
			return nil, &driver.Refusal{Kind: driver.ErrConfig, Detail: fmt.Sprintf("terminal %q", cfg.Name), Err: err}
		}
		cfg.Dial = func(ctx context.Context) (line.Line, error) { return line.Dial(ctx, cfg.Address) }
	}
	p.override(&cfg)
	t := &terminal{
		cfg: cfg, profile: p, serial: strings.HasPrefix(cfg.Address, "serial:"),
		turn: newToken(), money: newToken(), conns: map[*conn]bool{},
	}
	t.life, t.end = context.WithCancel(context.Background())
	for _, o := range options {
		o(t)
	}
	return t, nil
}

// enter counts a method in; the returned function counts it out. It fails once the terminal is closed.
func (t *terminal) enter() (leave func(), err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return nil, refusal(driver.ErrClosed, "terminal %q", t.cfg.Name)
	}
	t.running.Add(1)
	return t.running.Done, nil
}

// Close implements driver.Terminal.
func (t *terminal) Close() error {
	t.mu.Lock()
	t.closed = true
	t.end()
	for c := range t.conns {
		c.line.Close() // frees a write; the connection's owner sees the rest
	}
	t.mu.Unlock()
	t.running.Wait()
	t.dropOpen(nil)
	t.endLate()
	return nil
}

// connect opens a fresh connection. It tries twice: nothing has been sent yet (ECR17 1.6).
func (t *terminal) connect(ctx context.Context) (*conn, error) {
	t.endLate()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(t.life, cancel)()
	var err error
	for range 2 {
		var l line.Line
		if l, err = t.cfg.Dial(ctx); err == nil {
			return t.adopt(l)
		}
		if t.life.Err() != nil {
			return nil, errClosing
		}
		if ctx.Err() != nil {
			break
		}
	}
	return nil, &callError{err}
}

func (t *terminal) adopt(l line.Line) (*conn, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		l.Close()
		return nil, errClosing
	}
	c := newConn(l, t.life.Done(), t.trace)
	t.conns[c] = true
	return c, nil
}

// release closes a connection of ours; nil is none.
func (t *terminal) release(c *conn) {
	if c == nil {
		return
	}
	c.close()
	t.mu.Lock()
	delete(t.conns, c)
	t.mu.Unlock()
}

// keepOpen remembers an attempt that ended unknown, until dropOpen.
func (t *terminal) keepOpen(e *exchange) {
	t.mu.Lock()
	t.open = e
	t.mu.Unlock()
}

func (t *terminal) openExchange() *exchange {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.open
}

// dropOpen closes the line of the attempt that ended unknown, unless it is keep.
func (t *terminal) dropOpen(keep *exchange) {
	t.mu.Lock()
	e := t.open
	if e == keep {
		e = nil
	} else {
		t.open = nil
	}
	t.mu.Unlock()
	if e != nil {
		t.release(e.conn)
	}
}

// remember keeps the latest result seen, as a baseline for a terminal that does not tell its own.
func (t *terminal) remember(raw []byte, toldByG bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.known = raw
	t.tells = t.tells || toldByG
	if !toldByG {
		t.word = raw
	}
}

// Forget drops the latest result that this process has seen, and that the terminal has told it. A terminal
// whose memory was cleared refuses G, and would be refused in turn for as long as the process lives. It is for
// a person who has looked: nothing in the driver calls it.
func (t *terminal) Forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.known, t.tells = nil, false
}

func (t *terminal) lastWord() []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.word
}

func (t *terminal) remembered() (raw []byte, tells bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.known, t.tells
}

// servesOne: a second connection while an attempt's line is open would get no answer.
func (t *terminal) servesOne() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.single || t.serial
}

func (t *terminal) learnServesOne() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.single = true
}

func (t *terminal) linkNow() link {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.link
}

func (t *terminal) lock(l link) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.link = l
}
