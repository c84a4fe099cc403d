package simulator

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"sync"
	"time"
)

// Kind is what a line of the bank file is about.
type Kind string

// Kinds of decisions. Readers must skip kinds they do not know.
const (
	KindPayment  Kind = "payment"  // asked for by the ECR
	KindReversal Kind = "reversal" // of the payment whose STAN is in reverses
	KindManual   Kind = "manual"   // typed on the terminal
	// KindLocal was refused by the terminal without asking the bank (red key, not
	// ready). Never approved; in the file because the terminal saves its result.
	KindLocal Kind = "local"
	// KindClose ended the session: the totals begin again. Never approved, so that
	// nobody takes it for money; amount_cents is the total that was closed.
	KindClose Kind = "close"
)

// Decision is one line of the bank file: what the bank (or the terminal, for the last
// two kinds) decided. It is written when it is decided, before any byte of the
// answer leaves the terminal. The file is described in docs/simulatore.md; fields may
// be added, none is renamed.
type Decision struct {
	V           int       `json:"v"`   // format of the line: 1
	Seq         int64     `json:"seq"` // of the process that wrote it, from 1 in a new file
	At          time.Time `json:"at"`
	Terminal    string    `json:"terminal"` // terminal id, 8 digits
	Kind        Kind      `json:"kind"`
	Approved    bool      `json:"approved"`
	AmountCents int64     `json:"amount_cents"` // what the bank charged or gave back
	STAN        string    `json:"stan"`         // 6 digits; 000000 when the bank was not asked
	Online      string    `json:"online"`       // 6 digits, likewise
	Auth        string    `json:"auth"`         // authorisation code, "" when not approved
	Action      string    `json:"action"`       // action code, 3 digits; "" when the bank was not asked
	Card        string    `json:"card"`         // 1 PagoBANCOMAT, 2 credit, 3 other, 0 none read
	Entry       string    `json:"entry"`        // ICC, CLI; "" when no card was read
	PAN         string    `json:"pan"`          // masked: stars and four digits
	Reference   string    `json:"reference"`    // the contract text, trimmed
	Data        []string  `json:"data"`         // contents of the U tags; never null. Of a reversal: its payment's
	// Reverses is the STAN of the payment that a reversal gave back.
	Reverses string `json:"reverses,omitempty"`
	Reason   string `json:"reason,omitempty"` // of a refusal, as the terminal shows it
	// Last is the message that the terminal saved as its last result, as sent.
	Last string `json:"last,omitempty"`
}

// Bank keeps the truth of the terminals that use it. Safe for concurrent use.
type Bank struct {
	mu        sync.Mutex // guards all below
	file      *os.File   // nil: memory only
	seq       int64
	decisions []Decision
	accounts  map[string]*account // by terminal id
}

// account is what the bank and the memory of one terminal hold.
type account struct {
	stan  int       // of the last contact with the host
	total int64     // cents since the last close
	sale  *Decision // last approved payment that was not reversed, nil when none
	done  *Decision // last financial operation, nil when none: what R prints
	good  *Decision // last approved one, likewise, for terminals that print no refusals
	last  string    // saved result, "" when none
}

// NewBank makes a bank that remembers in memory only.
func NewBank() *Bank { return &Bank{accounts: map[string]*account{}} }

// OpenBank makes a bank that appends each decision to the file at path, one JSON
// line each, and first takes up what the file already holds. Several terminals may
// share a Bank. Errors are ErrBankFile.
func OpenBank(path string) (*Bank, error) {
	b := NewBank()
	old, err := os.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrBankFile, err)
	default:
		err = b.restore(old)
		_ = old.Close() // only read
		if err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrBankFile, path, err)
		}
	}
	if b.file, err = os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBankFile, err)
	}
	return b, nil
}

// Close closes the file. The memory stays readable.
func (b *Bank) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.file == nil {
		return nil
	}
	err := b.file.Close()
	b.file = nil
	return err
}

// Decisions gives all decisions so far, those of the file first.
func (b *Bank) Decisions() []Decision {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.decisions)
}

// Total is what the terminal has taken since its last close, in cents.
func (b *Bank) Total(terminal string) int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.account(terminal).total
}

func (b *Bank) restore(r io.Reader) error {
	sc := bufio.NewScanner(r)
	sc.Buffer(nil, 1<<20)
	for n := 1; sc.Scan(); n++ {
		var d Decision
		if err := json.Unmarshal(sc.Bytes(), &d); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		if d.V != 1 || len(d.Terminal) != 8 || len(d.STAN) != 6 || !digits(d.Terminal+d.STAN) {
			return fmt.Errorf("line %d: not a decision of format 1", n)
		}
		b.apply(d)
	}
	return sc.Err()
}

func (b *Bank) account(terminal string) *account {
	a := b.accounts[terminal]
	if a == nil {
		a = &account{}
		b.accounts[terminal] = a
	}
	return a
}

// order is what a terminal asks the bank to decide, or tells it.
type order struct {
	kind      Kind
	terminal  string
	cents     int64
	action    string // the bank's answer; "000" and "400" approve
	card      card
	reference string
	data      []string
	reverses  string
	reason    string // of a refusal; "" is the bank's own
}

// decide makes the decision, lets render (which may be nil) build the message that
// the terminal saves, writes the line and remembers it. On an error nothing was
// decided.
func (b *Bank) decide(o order, render func(Decision) (string, error)) (Decision, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.account(o.terminal)
	d := Decision{
		V: 1, Seq: b.seq + 1, At: now(), Terminal: o.terminal, Kind: o.kind, AmountCents: o.cents,
		Approved: o.action == actionApproved || o.action == actionReversed,
		STAN:     noSTAN, Online: noSTAN, Action: o.action,
		Card: o.card.kind, Entry: o.card.entry, PAN: o.card.shown(),
		Reference: o.reference, Data: append([]string{}, o.data...), Reverses: o.reverses,
	}
	if o.kind != KindLocal && o.kind != KindClose {
		d.STAN = fmt.Sprintf("%06d", a.stan%999_999+1)
		d.Online = d.STAN
	}
	switch {
	case d.Approved:
		d.Auth = authCode(d.STAN)
	case d.Kind != KindClose:
		if d.Reason = o.reason; d.Reason == "" {
			d.Reason = denial(o.action)
		}
	}
	if render != nil {
		last, err := render(d)
		if err != nil {
			return Decision{}, err
		}
		d.Last = last
	}
	if err := b.write(d); err != nil {
		return Decision{}, err
	}
	b.apply(d)
	return d, nil
}

// write appends the line with a single write, so that a kill leaves none or all.
func (b *Bank) write(d Decision) error {
	if b.file == nil {
		return nil
	}
	line, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrBankFile, err)
	}
	if _, err := b.file.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("%w: %w", ErrBankFile, err)
	}
	return nil
}

// apply takes a decision into the memory.
func (b *Bank) apply(d Decision) {
	a := b.account(d.Terminal)
	b.seq = max(b.seq, d.Seq)
	b.decisions = append(b.decisions, d)
	if d.STAN != noSTAN {
		fmt.Sscanf(d.STAN, "%d", &a.stan) //nolint:errcheck // six digits, checked
	}
	if d.Last != "" {
		a.last = d.Last
	}
	if d.Kind == KindClose {
		a.total = 0
		return
	}
	a.done = &d
	if !d.Approved {
		return
	}
	a.good = &d
	if d.Kind == KindReversal {
		a.sale, a.total = nil, a.total-d.AmountCents
	} else {
		a.sale, a.total = &d, a.total+d.AmountCents
	}
}

// memory is a copy of what the terminal holds between procedures.
func (b *Bank) memory(terminal string) account {
	b.mu.Lock()
	defer b.mu.Unlock()
	return *b.account(terminal)
}

// now is the bank's clock, as exact as it is written.
func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

const (
	noSTAN         = "000000"
	actionApproved = "000"
	actionReversed = "400"
)

// authCode is six letters and digits that look like a bank's, the same for the same
// STAN.
func authCode(stan string) string {
	const alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
	h := uint32(2166136261)
	code := make([]byte, 6)
	for i := range code {
		h = (h ^ uint32(stan[i])) * 16777619
		code[i] = alphabet[h>>27]
	}
	return string(code)
}
