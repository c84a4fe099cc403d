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

// The bank file, format 1, as docs/simulatore.md has it. Added since the first terminal:
//
// kinds of decisions: preauth, increment, closure (of a pre-authorisation; it
// charges), verification (no money), vas_payment and vas_refund (QR wallets; not in the
// totals of the cards), close now with host_cents.
//
// kinds that are the terminal's memory and no decisions (Decisions leaves them out; they
// have no seq of their own but that of the decision before them): saved (the decision
// with seq saves was saved after all), service (last service receipt), adjust
// (amount_cents added to the host's total by hand), vas_close (the VAS totals begin
// again), replaced (the terminal's memory is empty from here on).
//
// fields: unsaved, counted, saves, manual, answer, ticket, preauth, order_id, host_cents, dcc.
// An approved reversal may have a reason: nobody asked for it but the terminal.

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

	KindPreauth      Kind = "preauth"      // amount_cents are blocked, not charged
	KindIncrement    Kind = "increment"    // more is blocked
	KindClosure      Kind = "closure"      // of a pre-authorisation: amount_cents are charged
	KindVerification Kind = "verification" // the card is good; no money
	KindVASPayment   Kind = "vas_payment"  // a QR wallet was charged; its order is in order_id
	KindVASRefund    Kind = "vas_refund"   // and given back

	// The terminal's memory between decisions.
	KindSaved   Kind = "saved"   // the terminal has saved the decision whose seq is in saves
	KindService Kind = "service" // last service receipt, in ticket
	KindAdjust  Kind = "adjust"  // the host's total differs by amount_cents more
	// KindVASClose: the VAS totals begin again.
	KindVASClose Kind = "vas_close"
	// KindReplaced: another terminal with this id has come; its memory is empty and its
	// STAN begins again. The bank's totals stay.
	KindReplaced Kind = "replaced"
)

// charges tells the kinds whose approval takes money from a card.
func (k Kind) charges() bool { return k == KindPayment || k == KindManual || k == KindClosure }

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

	// Unsaved: when the bank decided, the terminal had not saved it. A line of KindSaved
	// follows if it did. Of a reversal that the terminal made because it had lost its
	// power before it saved, always.
	Unsaved   bool      `json:"unsaved,omitempty"`
	Counted   bool      `json:"counted,omitempty"`    // of an unsaved charge: the terminal's total holds it all the same
	Saves     int64     `json:"saves,omitempty"`      // saved: seq of the decision
	Manual    bool      `json:"manual,omitempty"`     // reversal or close typed on the terminal
	Answer    string    `json:"answer,omitempty"`     // the message U that the terminal saved beside last
	Ticket    string    `json:"ticket,omitempty"`     // service receipt, as sent
	Preauth   string    `json:"preauth,omitempty"`    // code of the pre-authorisation, 9 digits
	OrderID   string    `json:"order_id,omitempty"`   // of a VAS operation
	HostCents *int64    `json:"host_cents,omitempty"` // close: the host's total
	DCC       *Currency `json:"dcc,omitempty"`        // the currency that was offered
}

// Bank keeps the truth of the terminals that use it. Safe for concurrent use.
type Bank struct {
	mu        sync.Mutex // guards all below
	file      *os.File   // nil: memory only
	seq       int64
	decisions []Decision
	accounts  map[string]*account // by terminal id
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

// HostTotal is what the bank has taken for it since then, in cents. The two differ when
// the terminal has forgotten a sale, and after SkewHost.
func (b *Bank) HostTotal(terminal string) int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.account(terminal).host
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
	reason    string // of a refusal; "" is the bank's own. Of a reversal: why the terminal made it
	saving    saving
	counted   bool
	manual    bool
	answer    string
	ticket    string
	preauth   string
	orderID   string
	hostCents *int64
	dcc       *Currency
}

// decide makes the decision, lets render (which may be nil) build the message that
// the terminal saves, writes the line and remembers it. On an error nothing was
// decided. The message is in Last also when the terminal does not save it.
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
		Unsaved: o.saving == savesLater, Counted: o.counted && o.saving == savesLater, Manual: o.manual, Answer: o.answer, Ticket: o.ticket,
		Preauth: o.preauth, OrderID: o.orderID, HostCents: o.hostCents, DCC: o.dcc,
	}
	if o.kind != KindLocal && o.kind != KindClose {
		d.STAN = sixDigits(a.stan%999_999 + 1)
		d.Online = d.STAN
	}
	switch {
	case d.Approved:
		d.Auth, d.Reason = authCode(d.STAN), o.reason
		switch d.Kind {
		case KindPreauth:
			d.Preauth = "000" + d.STAN
		case KindVASPayment:
			d.OrderID = orderID(d.Terminal, d.STAN)
		}
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
	written := d
	if o.saving == savesNever {
		written.Last, written.Answer = "", ""
	}
	if err := b.write(written); err != nil {
		return Decision{}, err
	}
	b.apply(written)
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

// now is the bank's clock, as exact as it is written.
func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

const (
	noSTAN         = "000000"
	actionApproved = "000"
	actionReversed = "400"
)

func sixDigits(n int) string { return fmt.Sprintf("%06d", n) }

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
