// Package driver says what a card terminal promises to the till: the operations, the outcomes and
// the evidence. It holds no protocol; the drivers (driver/ecr17) implement Terminal, the till uses it.
//
// Three promises every driver keeps (design 3), held by driver/drivertest:
//
//   - no financial byte leaves before Recorder.Sent has returned nil;
//   - a financial frame goes out once: not again on a time-out, a NAK or a new connection;
//   - the terminal's word is not acknowledged before Recorder.Outcome has returned nil.
//
// One case is apart from the third: a refusal that the ledger already has, to the byte or by its number, is
// acknowledged when it comes, before Recorder.Outcome, because a mere repeat of the earlier one has to be
// (driver/ecr17/again.go); a power cut there loses nothing and leaves "sent", which is unknown.
package driver

import (
	"context"
	"strings"
	"time"

	"sportello/driver/line"
)

// Verdict is what is known about the citizen's money. Unknown is an answer of its own: a time-out, a
// lost line, a damaged or odd answer is never a refusal (design 3.4).
type Verdict string

const (
	Charged    Verdict = "charged"     // by the terminal's word, or by evidence that leaves no other reading
	NotCharged Verdict = "not_charged" // likewise
	NotSent    Verdict = "not_sent"    // no financial byte has left this PC
	Unknown    Verdict = "unknown"     // anything else

	// Of a reversal; Unknown and NotSent mean the same there.
	Reversed    Verdict = "reversed"     // the money is given back
	NotReversed Verdict = "not_reversed" // the charge stands
)

// Exclusivity is how far a difference on the terminal may be attributed to us (ECR17 6.1).
type Exclusivity string

const (
	Exclusive Exclusivity = "exclusive" // E1: only this service moves money on it
	Manual    Exclusivity = "manual"    // E2: sales may be typed on the terminal
	Shared    Exclusivity = "shared"    // E3: several cash registers drive it
)

// Notice names a debt: the creditor's 11-digit tax code and the 18-digit notice number.
type Notice struct {
	Creditor string
	Number   string
}

// Payment is one card charge. It is one attempt: trying again is another Payment with another Reference.
type Payment struct {
	Reference   string // RIF + installation + 8 random characters; unique for ever (design 5.1)
	AmountCents int64  // 1 to 99999999
	Notices     []Notice
	// Previous is the reference on the last receipt that the ledger knows to be the terminal's newest; a
	// copy that shows it proves that nothing newer was printed (ECR17 6.3 R0). Empty: not known.
	Previous string
	// Expected is the terminal's total as the ledger computes it (ECR17 6.1); nil: not known.
	Expected *int64
	// KnownResult says whether the ledger has this result of this terminal already, by its bytes or by its STAN,
	// as of an earlier payment or as a baseline: however it comes, it is not this one's outcome. Evidence of
	// payments that are still unknown does not count. Asked only until others may use the terminal again; stan is
	// empty or 000000 in a result without a number. Nil: nothing is known. It must not block.
	KnownResult func(raw []byte, stan string) bool
}

// Attempt is a Payment whose financial frame may have left, as the ledger remembers it.
type Attempt struct {
	Payment
	Baseline Baseline
	// SentAt is when Recorder.Sent returned, by the wall clock: without it no host time is evidence
	// after a restart.
	SentAt time.Time
	// SameProcess is true while the process that sent it still lives: only then may the driver still
	// hold the line on which a late answer can arrive.
	SameProcess bool
	// Said are the results (EvidenceResult) that were recorded as evidence of this attempt: what another process has heard.
	Said [][]byte
	// Exclusivity in force for the judgement: the configured one, or a demoted one (design 5.4). Shared where another
	// command went out to the terminal since; what this process has sent the driver sees by itself.
	Exclusivity Exclusivity
	// Knows says whether a reference read on a receipt is one of this ledger's. Nil: only this attempt's
	// and Baseline.Previous are known. It may be called from any goroutine.
	Knows func(reference string) bool
}

// Baseline is the state of the terminal before the first financial byte. It is stored with the intent.
type Baseline struct {
	TerminalID  string        `json:"terminal_id"`            // as the terminal itself gave it
	Software    string        `json:"software,omitempty"`     // release, as given
	ClockOffset time.Duration `json:"clock_offset,omitempty"` // terminal minus PC
	Scope       string        `json:"scope,omitempty"`        // LRC scope proven by status
	Last        []byte        `json:"last,omitempty"`         // raw saved result; nil when the terminal has none
	LastSTAN    string        `json:"last_stan,omitempty"`    // empty when Last is nil or its STAN is 000000
	Untold      bool          `json:"untold,omitempty"`       // Last is the PC's memory: the terminal does not tell its own
	Previous    string        `json:"previous,omitempty"`     // Payment.Previous
	Total       *Total        `json:"total,omitempty"`        // nil: not known
}

// Total is a terminal's total before a payment.
type Total struct {
	Cents    int64 `json:"cents"`
	Measured bool  `json:"measured,omitempty"` // the terminal said so in this pre-flight; else the ledger computed it
	// Partial: measured, but the charge before left it as it was. The terminal may have totals of its own for payments
	// like ours, or has taken that charge back: it proves nothing about this one.
	Partial bool `json:"partial,omitempty"`
}

// Reversal gives a charge back. Only the terminal's last charge can be, and only by its STAN: "the last
// one" (000000) is never sent (ECR17 2.5, 6.7).
type Reversal struct {
	Reference   string // of the payment to give back
	STAN        string // of its charge; 6 digits, not 000000
	AmountCents int64
}

// ReversalAttempt is a Reversal whose frame may have left, as the ledger remembers it.
type ReversalAttempt struct {
	Reversal
	Baseline    Baseline
	SentAt      time.Time
	SameProcess bool
	Exclusivity Exclusivity
}

// Charge is the terminal's word about a card transaction. Fields the terminal did not give are empty.
type Charge struct {
	TerminalID  string    `json:"terminal_id,omitempty"`
	STAN        string    `json:"stan,omitempty"`
	OnlineID    string    `json:"online_id,omitempty"`
	AuthCode    string    `json:"auth_code,omitempty"`
	PAN         string    `json:"pan,omitempty"`   // already masked by the protocol's type
	Card        string    `json:"card,omitempty"`  // "1" bancomat, "2" credit, "3" other
	Entry       string    `json:"entry,omitempty"` // ICC MAG MAN CLM CLI
	ActionCode  string    `json:"action_code,omitempty"`
	Acquirer    string    `json:"acquirer,omitempty"`
	AmountCents int64     `json:"amount_cents,omitempty"` // as the host had it; 0 when the answer carries none
	HostTime    time.Time `json:"host_time,omitzero"`     // zero when the answer carries none that can be trusted
	DCC         DCC       `json:"dcc,omitzero"`           // zero: the card was charged in euro
}

// DCC is what the citizen chose to pay in the currency of the card (ECR17 2.3), as the terminal wrote it: for
// people and for the receipt, never for sums. The merchant's amount stays the euro amount of the Charge.
type DCC struct {
	Currency string `json:"currency"` // USD
	Amount   string `json:"amount"`   // 12 digits, in the smallest unit of Currency
	Decimals string `json:"decimals"` // 1 digit
	Rate     string `json:"rate"`     // 8 digits, 4 of them decimals
}

// Reason says why, in a stable code (protocol/local lists them) and, where the terminal gave one, its own words.
type Reason struct {
	Code string `json:"code"`
	Text string `json:"text,omitempty"`
}

// The kinds of evidence. EvidenceAlarm contradicts the configured exclusivity: a terminal that should be exclusive is
// not (design 5.4). EvidenceData is about the additional data (ECR17 2.13); where they did not go out at all its Text
// begins with NoticesNotSent: the provider does not know which notices were paid (U02).
const (
	EvidenceResult = "result"
	EvidenceLast   = "last_result"
	EvidenceStatus = "status"
	EvidenceTotals = "totals"
	EvidenceTicket = "ticket"
	EvidenceLine   = "line"
	EvidenceData   = "data"
	EvidenceAlarm  = "alarm"

	NoticesNotSent = "notices not sent"
)

// NoticesUnsent says that the additional data with the notices did not go out.
func (e Evidence) NoticesUnsent() bool {
	return e.Kind == EvidenceData && strings.HasPrefix(e.Text, NoticesNotSent)
}

// Evidence is one thing the driver learned about an attempt, for the ledger and for people.
type Evidence struct {
	Kind string    `json:"kind"` // one of those above
	At   time.Time `json:"at"`
	Text string    `json:"text"`          // what it says, in plain words, free of card numbers
	Raw  []byte    `json:"raw,omitempty"` // the message as received; goes into an erasable blob
}

// Outcome is what a payment, or the evidence gathered later, came to.
type Outcome struct {
	Verdict  Verdict
	Reason   Reason
	Charge   *Charge // what the terminal said; may be present on a refusal too (STAN, action code)
	Preset   Verdict // on Unknown: what people will most likely find; Charged, NotCharged or empty
	Final    bool    // on Unknown: the driver has nothing more to ask; people decide
	Evidence []Evidence
}

// Phase is whose turn it is, for the clerk.
type Phase string

const (
	PhaseConnecting Phase = "connecting" // reaching the terminal
	PhaseChecking   Phase = "checking"   // status, last result, print switch: no money yet
	PhaseCard       Phase = "card"       // citizen: present the card
	PhasePIN        Phase = "pin"        // citizen: type the PIN
	PhaseBank       Phase = "bank"       // terminal and bank
	PhaseReceipt    Phase = "receipt"    // printing or sending the slip
	PhaseVerifying  Phase = "verifying"  // the outcome is unknown and evidence is being gathered
)

// Progress is a hint for people, never evidence (ECR17 5, P06).
type Progress struct {
	Phase Phase
	Text  string // the terminal's own words, printable, at most 40 characters
}

// Recorder is the ledger's side of a payment. The driver calls it from one goroutine at a time.
type Recorder interface {
	// Sent makes the intent durable with the baseline. On an error nothing is sent and Pay returns
	// that error. It is called once, or never when the payment is refused before.
	Sent(Baseline) error
	// Outcome makes the terminal's word durable before it is acknowledged. It is called once after
	// Sent; by Resolve also for each late word that is no verdict. It keeps trying while the disk refuses and returns an error only when it has given up:
	// then the driver does not acknowledge.
	Outcome(Outcome) error
	// Progress must not block.
	Progress(Progress)
}

// Aftermath is what follows the outcome and cannot change it.
type Aftermath struct {
	Acked          bool   // our acknowledgement of the result was written, on a line that had not ended yet
	Ticket         string // plain text of the slip; empty when the terminal printed it or nothing came
	TicketComplete bool   // the end mark was seen
	RawTicket      []byte // joined text of the ticket messages; card numbers masked, here as in Ticket
	Data           []byte // the host's additional data that came behind the outcome (ECR17 2.13), card numbers masked; nil: none
}

// Status is what a terminal says of itself.
type Status struct {
	TerminalID  string
	Ready       bool   // a payment may be started
	Code        string // terminal status digit (ECR17 3.4)
	Text        string // its sense, in Italian
	Software    string
	ClockOffset time.Duration
	Scope       string // LRC scope found
}

// Last is the last result the terminal has saved (ECR17 2.10).
type Last struct {
	Present    bool // false: the terminal has none, or does not support the question
	Raw        []byte
	TerminalID string
	Kind       string // payment, reversal, preauth, other
	Approved   bool
	Charge     Charge
	Text       string // one line for people
}

// Totals are the terminal's own totals since its last close.
type Totals struct {
	Present bool // false: no total, or not a number. Never read as 0 (ECR17 D38)
	Cents   int64
}

// ClosingState is what became of a request to close the session.
type ClosingState string

const (
	ClosingDone    ClosingState = "closed"
	ClosingRefused ClosingState = "refused" // the terminal's word: nothing was closed
	ClosingUnknown ClosingState = "unknown" // no answer, and the total does not tell (ECR17 6.7)
)

// Closing is a closed session as the terminal tells it (ECR17 2.9).
type Closing struct {
	State     ClosingState
	Terminal  Totals // the terminal's own total
	Host      Totals // the host's; absent when the answer was lost
	Proven    bool   // the answer was lost, and the total read afterwards is zero
	Reason    Reason // refused, unknown
	Ticket    string // plain text of the closing slip, if it came to us
	RawTicket []byte
}

// Slip is the copy of the terminal's last receipt (R). The layout is the terminal's own and proves
// nothing but our reference (ECR17 4.8).
type Slip struct {
	Present    bool // false: the terminal has no copy, or sent none
	Text       string
	Complete   bool
	Raw        []byte
	References []string // payment references found in it, ours or not
}

// Lease is who holds a terminal now.
type Lease struct {
	Holder string    // "" : nobody; else the procedure: status, last, totals, pay, resolve, reverse, close, detect, reprint
	What   string    // the payment's reference, where there is one
	Since  time.Time // wall clock
}

// Answer is what is known of a question that can be learned.
type Answer string

const (
	AnswerYes     Answer = "yes"
	AnswerNo      Answer = "no"
	AnswerUnknown Answer = ""
)

// Passport is what commissioning has found out about a terminal, without moving money. It holds until the
// terminal shows another id, software or LRC scope: then it is told, and learned again.
type Passport struct {
	TerminalID  string        `json:"terminal_id"`
	Software    string        `json:"software,omitempty"`
	Scope       string        `json:"scope"`                  // LRC scope, proven by two status answers
	AckForm     string        `json:"ack_form,omitempty"`     // how it writes the LRC of its ACK (ECR17 1.3)
	Supports    string        `json:"supports"`               // letters that were answered, of s G T E R in this order
	Refuses     string        `json:"refuses,omitempty"`      // letters answered with a NAK, or with nothing usable
	ClockOffset time.Duration `json:"clock_offset,omitempty"` // terminal minus PC; to the minute
	TotalCents  *int64        `json:"total_cents,omitempty"`  // its total at the time; the host's is told by a close only
	OneClient   Answer        `json:"one_client,omitempty"`   // a second connection gets no answer
	Prints      Answer        `json:"prints,omitempty"`       // our reference was read on a copy of a receipt
	Reprints    Answer        `json:"reprints,omitempty"`     // R was answered, and the last result was the same afterwards
	// TotalsBefore allows T in the pre-flight: asked twice it gave the same total at once, the last result
	// was the same afterwards, and the installer has seen that nothing was printed (design 5.3).
	TotalsBefore bool      `json:"totals_before,omitempty"`
	At           time.Time `json:"at"`
}

// Terminal is one card terminal on one line. Its methods may be called from several goroutines; they
// run one after another. Each procedure uses a connection of its own.
//
// Errors returned before anything financial was sent are Refusals; see errors.go.
type Terminal interface {
	// Status asks who the terminal is and whether it is ready. It moves no money. With lrc: auto the
	// first one finds the LRC scope.
	Status(ctx context.Context) (Status, error)
	// Last reads the last saved result.
	Last(ctx context.Context) (Last, error)
	// Totals reads the terminal's totals.
	Totals(ctx context.Context) (Totals, error)
	// Pay runs one payment: pre-flight (status, baseline, print switch), r.Sent, the financial frame,
	// r.Outcome, acknowledgement, slip. An error means that r.Outcome was not called and nothing
	// financial has left, except ErrInterrupted: Close came after r.Sent. When r.Outcome fails, the
	// result is not acknowledged and Pay returns no error. ctx ends the pre-flight only: once r.Sent has returned, only the terminal's
	// word, the profile's timers or Close end the exchange.
	Pay(ctx context.Context, p Payment, r Recorder) (Aftermath, error)
	// Resolve gathers evidence about an attempt whose outcome is unknown until it is decided or the
	// profile's limit has passed, and then calls r.Outcome once: with a verdict, or with Unknown and
	// Final. It sends nothing financial. It returns early, without r.Outcome, when ctx ends. A late word that
	// is no verdict goes to r.Outcome before, as Unknown: not Final while evidence is gathered; Final, and the
	// end of Resolve, when the attempt had been given up, or its gathering ended, before. The
	// aftermath is what followed a late word of the terminal itself; nil when it did not speak.
	Resolve(ctx context.Context, a Attempt, r Recorder) (*Aftermath, error)
	// Reverse gives the terminal's last charge back: pre-flight, r.Sent, the reversal frame once, r.Outcome
	// (Reversed, NotReversed, NotSent or Unknown), acknowledgement, slip. The promises are those of Pay. What
	// the saved result does not show to be the last charge is refused with ErrNotLast, and not sent.
	Reverse(ctx context.Context, v Reversal, r Recorder) (Aftermath, error)
	// ResolveReversal is Resolve for a reversal whose outcome is unknown (ECR17 6.7). It never sends again.
	ResolveReversal(ctx context.Context, a ReversalAttempt, r Recorder) (*Aftermath, error)
	// CloseSession closes the accounting session: it zeroes the terminal's total. It moves no money but is
	// sent once. A lost answer is recovered by the total; what that does not prove is ClosingUnknown. ctx ends
	// the pre-flight only. ErrBusy while money is in hand or an outcome is unknown: the total is evidence.
	CloseSession(ctx context.Context) (Closing, error)
	// Reprint asks for the copy of the last financial receipt. It prints nothing.
	Reprint(ctx context.Context) (Slip, error)
	// Detect finds out what a passport holds, from nothing: the scope in use is not trusted. It moves no
	// money; ErrBusy while money is in hand or an outcome is unknown. A letter that the terminal refuses is
	// found out and is no error. knows says whether a reference on a copy is one of the ledger's; quiet is the installer's word
	// that asking for totals prints nothing. It does not change the passport in force.
	Detect(ctx context.Context, knows func(reference string) bool, quiet bool) (Passport, error)
	// Commission puts a passport in force: its capabilities are used, and a terminal that shows another id,
	// software or scope is refused with ErrPassport before the next payment. The zero Passport: none.
	Commission(Passport)
	// Lease tells who holds the terminal now.
	Lease() Lease
	// Close ends what is running and frees the line. An exchange whose financial frame has left ends
	// as it would at a power cut: the ledger holds "sent".
	Close() error
}

// Config is one entry of terminals[] in the configuration, as a driver needs it.
type Config struct {
	Name           string
	Driver         string // nexi, numera
	Address        string // tcp://HOST:PORT, serial://…
	TerminalID     string
	CashRegisterID string
	LRC            string // auto, or a scope's name
	Exclusivity    Exclusivity
	NoticeData     *NoticeData // nil: this contract carries no additional data
	Command        string      // payment command: X, or P where a terminal does not know X; "" is X (ECR17 R12)
	Receipts       string      // ecr, terminal
	FullLines      bool        // a full line of a slip ends by itself, and the new line behind it is its own (ECR17 4, S06)
	ACKForm        string      // how the LRC of our ACK is written (ECR17 1.3); "" is learned from the terminal
	AnyState       bool        // a status that no document explains allows a payment (ECR17 3.4)
	Sends          int         // times a command that moves no money is sent in all, without an answer; 0 is 3
	Timing         Timing
	// Dial opens the line; nil means line.Dial(ctx, Address).
	Dial func(context.Context) (line.Line, error)
}

// NoticeData says how the notices travel to the provider in the additional data message (ECR17 2.13).
type NoticeData struct {
	Tag      int    // 1 to 5
	Template string // {notice} and {creditor}, repeated for each notice
	IndexMap string // 4 digits
}

// Timing are the waits of a terminal. Zero means the profile's own, as a rule that in brackets.
type Timing struct {
	// Of money.
	Result   time.Duration // inactivity, restarted by any byte (180 s)
	HardStop time.Duration // whole exchange (600 s)
	Quiet    time.Duration // silence after which "nothing newer" counts (300 s)
	GiveUp   time.Duration // evidence gathering, then people (15 min)
	Recheck  time.Duration // between the two looks after a NAK (5 s)
	Odd      time.Duration // silence after a result that cannot count (15 s)

	// Of questions.
	ACK         time.Duration // acknowledgement of a command that moves no money (3 s)
	Pause       time.Duration // before such a command is sent again (300 ms)
	Status      time.Duration // answer to s (10 s)
	Last        time.Duration // answer to G (30 s)
	Totals      time.Duration // answer to T (60 s)
	TotalBefore time.Duration // answer to T in the pre-flight (3 s)
	Closing     time.Duration // answer to C (180 s)
	Switch      time.Duration // after the print switch, in case the terminal hangs up (50 ms)
	Slip        time.Duration // silence that ends a slip without its end mark (4 s)
	Linger      time.Duration // a finished exchange stays open, for repeats (500 ms)
}

// Open makes a terminal of one driver. It opens no line.
type Open func(Config) (Terminal, error)
