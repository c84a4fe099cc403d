package ledger

import (
	"time"

	"sportello/driver"
)

// State is where a payment stands (design 4). The table of what may follow what is in state.go.
type State string

const (
	Sent       State = "sent"        // may have been sent; after a restart this reads as unknown
	Unknown    State = "unknown"     // sent, and what became of it is not known
	Charged    State = "charged"     //
	NotCharged State = "not_charged" // refused before sent, or proven not charged
	Reversing  State = "reversing"   // stays until proven
	Reversed   State = "reversed"    //
)

// Registration is what the platform knows of one notice (design 4).
type Registration string

const (
	RegNone     Registration = "none"
	RegAwaiting Registration = "awaiting_receipt"
	RegDone     Registration = "registered"
	RegHeld     Registration = "held"
	RegElse     Registration = "paid_elsewhere"
	RegRejected Registration = "rejected"
	RegClosed   Registration = "closed"
	RegSubmit   Registration = "submitting"
)

// Payment is one attempt as the ledger holds it: the sum of its entries. The tags keep its copy in the
// state bucket small.
type Payment struct {
	ID            string         `json:",omitzero"` // INSTALLATION-NNNNNNNN, in the order of creation
	RequestID     string         `json:",omitzero"`
	RequestHash   string         `json:",omitzero"` // of the request's body: the same id with another body is refused
	RetryOf       string         `json:",omitzero"`
	Reference     string         `json:",omitzero"`
	Installation  string         `json:",omitzero"`
	State         State          `json:",omitzero"`
	Settlement    string         `json:",omitzero"` // terminal, platform
	AmountCents   int64          `json:",omitzero"`
	Terminal      string         `json:",omitzero"`
	Operator      string         `json:",omitzero"`
	CreatedAt     time.Time      `json:",omitzero"`
	SentAt        time.Time      `json:",omitzero"` // zero: refused before anything was sent
	UpdatedAt     time.Time      `json:",omitzero"`
	AccountingDay string         `json:",omitzero"` // 2006-01-02 in Europe/Rome, by terminal host time; set when charged
	ReceiptNumber string         `json:",omitzero"` // YEAR/N, gapless per year; set when charged
	Notices       []Notice       `json:",omitzero"`
	Charge        *driver.Charge `json:",omitzero"`
	Reason        driver.Reason  `json:",omitzero"`
	Preset        driver.Verdict `json:",omitzero"` // on unknown
	NeedsPeople   bool           `json:",omitzero"` // on unknown: the driver has nothing more to ask
	Acked         bool           `json:",omitzero"` // the terminal was told that we have its result
	Confirmed     bool           `json:",omitzero"` // it was not, and was found to hold the charge all the same
	HasTicket     bool           `json:",omitzero"` // a slip is kept (blob)
	TicketWhole   bool           `json:",omitzero"`
	ResolvedBy    []string       `json:",omitzero"`
	// EvidenceSeq is the number of the newest entry that is evidence about it: an outcome that brought
	// something, a receipt, a slip, a parked or declined answer, a contradiction. A proposal is none. One
	// number never has two proposals: what a person signs is what that person has seen (design 5.5).
	EvidenceSeq uint64    `json:",omitzero"`
	Proposal    *Proposal `json:",omitzero"` // waits for a second person
	Reversal    *Reversal `json:",omitzero"` // the newest one; nil: none was ever sent

	Offline      string      `json:",omitzero"` // the period it was charged in without the platform's word; empty: it was verified
	Transactions []string    `json:",omitzero"` // the platform's numbers of the calls that led to it
	Submission   *Submission `json:",omitzero"` // settlement platform: the newest call; nil: none was begun
}

// Submission is one call by which a payment is submitted to the platform: all its notices at once.
type Submission struct {
	N           int       `json:",omitzero"` // 1 and up
	At          time.Time `json:",omitzero"` // durable before the call
	Answered    time.Time `json:",omitzero"` // when its end was written; zero: it is under way, or the service stopped meanwhile
	PlatformID  string    `json:",omitzero"` // of the payment, by the platform
	Fault       string    `json:",omitzero"` // the platform's code, if it refused
	Transaction string    `json:",omitzero"` // the platform's number of the call
	Unsure      bool      `json:",omitzero"` // it ended, and the platform may still be working on it
}

// SubmissionEnd is what became of a submission.
type SubmissionEnd struct {
	N           int // Submission.N
	PlatformID  string
	Fault       string
	Transaction string
	Unsure      bool          // the platform may still be working on it
	Accepted    bool          // its notices await their receipts
	Reason      driver.Reason // of every notice that was being submitted
	To          Registration  // of those, when not Accepted; empty: they stay submitting
	Case        *Case         // opened in the same commit
}

// Proposal is a person's answer: what became of a payment, or how a case ends.
type Proposal struct {
	// Answer about an unknown: Charged, NotCharged, or Unknown to park it; about a reversing that needs
	// people: Reversed, NotReversed or Unknown.
	Answer   driver.Verdict `json:",omitzero"`
	Ending   string         `json:",omitzero"` // of a case: EndingRefunded, EndingClosed
	STAN     string         `json:",omitzero"` // from the slip, with Charged
	AuthCode string         `json:",omitzero"` // likewise
	Charge   *driver.Charge `json:",omitzero"` // the terminal's own record that agrees with what was typed; nil: none
	Note     string         `json:",omitzero"` // what was seen, and where; of an ending: its proof
	By       string         `json:",omitzero"` // operator id
	At       time.Time      `json:",omitzero"` // set by the ledger
}

// Reversal is a request to give a charge back, and its end.
type Reversal struct {
	RequestID string         `json:",omitzero"`
	Operator  string         `json:",omitzero"`
	SentAt    time.Time      `json:",omitzero"` // durable; the frame may have left
	Charge    *driver.Charge `json:",omitzero"` // what the terminal said of the reversal
	EndedAt   time.Time      `json:",omitzero"` // reversed, or back to charged; zero: not known yet
	Acked     bool           `json:",omitzero"` // the terminal was told that we have its word
	Confirmed bool           `json:",omitzero"` // it was not, and was found to hold the reversal all the same
	Doubted   bool           `json:",omitzero"` // reversed, and the terminal, not known to have been told, may have undone that: the notices stay locked
	FreeAt    time.Time      `json:",omitzero"` // reversed: the notice is free from then on, unless a receipt of ours is there
}

// The endings of a case.
const (
	EndingRefunded = "refunded" // the citizen has the money back: the debt may be paid again
	EndingClosed   = "closed"   // the office has mended it otherwise: the debt stays closed here
	EndingReceipt  = "receipt"  // by the ledger: the receipt has come that was missing
	EndingChannel  = "channel"  // likewise: a supervisor has confirmed the channel
	EndingAccepted = "accepted" // likewise: the platform has accepted a submission
)

// Notice is one notice of a payment.
type Notice struct {
	Creditor     string        `json:",omitzero"`
	Number       string        `json:",omitzero"`
	Position     string        `json:",omitzero"` // the platform's position id (idA2A/idPendenza); locked with the number
	Document     string        `json:",omitzero"` // instalment document; locked too, until registered (design 3.6)
	AmountCents  int64         `json:",omitzero"`
	Registration Registration  `json:",omitzero"`
	ReceiptID    string        `json:",omitzero"`
	ReceiptAt    time.Time     `json:",omitzero"` // when the provider says it was paid
	Reason       driver.Reason `json:",omitzero"`
	Refunded     bool          `json:",omitzero"` // closed by a refund: its locks are given back
	Again        time.Time     `json:",omitzero"` // settlement platform: it was rejected, and people want it submitted again
	AttemptCode  string        `json:",omitzero"` // settlement platform: of our submission's attempt; its receipt bears it
	HasReceipt   bool          `json:",omitzero"` // the receipt's data are kept (blob)
	HasPDF       bool          `json:",omitzero"` // likewise its PDF
}

// Intent is everything that must be durable before the first financial byte (ECR17 6.1).
type Intent struct {
	Payment      // State, times, ID and Offline are set by the ledger
	Baseline     driver.Baseline
	Descriptions []string // the debts' reasons, personal: kept in the erasable blob, one a notice
	Debtors      []Debtor // who owes, likewise
	// OfflineCharge: the platform could not be asked. The open offline period and its limits must allow it.
	OfflineCharge bool
}

// Conclusion is a verdict to write.
type Conclusion struct {
	Outcome    driver.Outcome
	RawResult  []byte   // the terminal's result message: what its last-result memory now holds, ours unless unknown; may be nil
	ResolvedBy []string // operators, when people decided

	note string // what they typed
}

// NoticeState says who holds a notice.
type NoticeState struct {
	Holder     string   // payment id that holds the lock; empty: free
	Payments   []string // every payment that was ever sent for it, oldest first
	Settlement string   // the way of its first sent
	// FreeAt: the holder is reversed, and holds until then, unless a receipt of ours comes; zero: it
	// holds without end.
	FreeAt time.Time
}

// TerminalState is what the ledger knows of a terminal.
type TerminalState struct {
	Name       string
	TerminalID string
	Lock       string // payment id that holds it; empty: free
	LastSTAN   string // last STAN this ledger knows to be the terminal's latest
	LastResult string // hex SHA-256 of the last result message known; see KnowsResult
	Demoted    bool   // exclusivity found untrue (design 5.4); durable
	DemotedWhy string
	Fresh      bool // no transaction of it was ever recorded or adopted here

	Passport *driver.Passport // in force; nil: never commissioned
	Proven   bool             // a receipt of a payment made on it has come (design 5.6)
	// Previous is the reference on the terminal's newest receipt, as far as the slips kept here prove it;
	// empty: not known (driver.Payment.Previous).
	Previous string
	// Total is the terminal's total as computed from the last measured one or the last close; nil: not
	// known (driver.Payment.Expected).
	Total   *int64
	Closed  time.Time // the last close of its session
	Waiting []string  `json:"-"` // charged payments on it without their receipt, oldest first
	Late    []string  `json:"-"` // those of Waiting of which settle found that the receipt is late, and which count (design 5.6)
	Stopped string    // the case that stops it; empty: none
	// Newest is the payment that was sent, or reversed, on it last; empty: none was. What the terminal remembers may be
	// of that one, and of no earlier one for sure.
	Newest string `json:"-"`

	Channels []string // of our provider, confirmed by supervisors beside those of the configuration
}

// Takings are what a terminal has taken since its last close, by this ledger.
type Takings struct {
	Since    time.Time // the last close; zero: none is known, and all is counted
	Cents    int64     // charged minus reversed
	Payments []string  // behind Cents, oldest first
	Unknown  []string  // payments on it that are not finished: each may explain a difference
}

// OutboxItem is a notice somebody has to look after until the platform knows.
type OutboxItem struct {
	Key       string // payment id + notice index; stable
	PaymentID string
	Index     int  // into Payment.Notices
	Watch     bool // not charged or unknown: on receipt watch (design 5.2); otherwise awaiting its receipt
	Since     time.Time
	Until     time.Time // Watch only: end of D+2
}

// RegistrationChange is what settle found.
type RegistrationChange struct {
	PaymentID  string
	Index      int
	To         Registration
	ReceiptID  string
	ReceiptAt  time.Time
	Reason     driver.Reason
	RawReceipt []byte // goes into an erasable blob
	ReceiptPDF []byte // likewise; of more than 1 MiB it is dropped
	Case       *Case  // opened in the same transaction
	DropWatch  bool   // the watch is over

	AttemptCode  string   // settlement platform: of our submission's attempt; empty: as it was
	Transactions []string // the platform's numbers of the calls behind the finding; kept with the entry alone
}

// RegistrationReceipt is the receipt of a notice as the platform gave it.
type RegistrationReceipt struct {
	ID  string
	At  time.Time // when the provider says it was paid
	Raw []byte    // nil: only the PDF is kept
	PDF []byte    // nil: none is kept
}

// OfflineLimits are the limits of an offline period (design 8).
type OfflineLimits struct {
	MaxAmountCents int64         // of one payment
	MaxTotalCents  int64         // of all in the period
	MaxPayments    int           // in the period
	MaxHours       time.Duration // of the period
	VerifiedWithin time.Duration // a notice must have been verified here as recently; 0: it need not
}

// OfflinePeriod is a time in which a supervisor lets cards be charged without the platform's word.
type OfflinePeriod struct {
	ID       string
	OpenedBy string
	Reason   string
	OpenedAt time.Time
	Until    time.Time // by the wall clock; the monotonic one may end it before
	Limits   OfflineLimits
	Payments int       // charged in it, or perhaps charged
	Cents    int64     // likewise
	ClosedAt time.Time // zero: open
	ClosedBy string    // empty with ClosedAt: it ran out
}

// Verified is what the platform has said of a notice: what may be known of it while the platform is away.
// Nothing personal.
type Verified struct {
	Creditor         string    `json:"creditor"`
	Number           string    `json:"number"`
	Cents            int64     `json:"cents"`
	Position         string    `json:"position,omitempty"`
	Document         string    `json:"document,omitempty"`
	MultiBeneficiary bool      `json:"multi_beneficiary,omitempty"`
	StampDuty        bool      `json:"stamp_duty,omitempty"`
	DueBy            time.Time `json:"due_by,omitzero"`
	At               time.Time `json:"at"` // when the platform said so
}

// Case is something that people must mend: cause, owner, due, evidence, ending with proof (design 7).
type Case struct {
	ID        string
	PaymentID string
	Notices   []int  `json:",omitzero"` // the notices of the payment that it is about; empty: all
	Terminal  string `json:",omitzero"` // the terminal that it is about, if one
	Cause     driver.Reason
	Owner     string
	Opened    time.Time
	Due       time.Time
	Evidence  string
	Found     string `json:",omitzero"` // by what a finding that opened it is known again: FoundBy
	Ended     time.Time
	Ending    string // EndingRefunded, EndingClosed, EndingResubmit, or why the ledger itself ended it
	EndedBy   []string
	Seq       uint64    `json:",omitzero"` // of the newest entry about it, proposals too
	Proof     string    `json:",omitzero"`
	Proposal  *Proposal `json:",omitzero"` // waits for a second person
	NeedsTwo  bool      `json:"-"`         // its ending needs two people, as things stand
	Rejected  []int     `json:"-"`         // notices of it that may be submitted again (Resubmit), as things stand
}

// Query selects payments; the newest come first.
type Query struct {
	State State
	Day   string // creation day, 2006-01-02 in Europe/Rome
	Limit int    // 0: 1000
}
