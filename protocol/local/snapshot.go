package local

import "time"

// Role is what an operator may do (design 9).
type Role string

const (
	RoleClerk      Role = "clerk"
	RoleSupervisor Role = "supervisor"
)

// Operator is who is asking.
type Operator struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Role Role   `json:"role"`
}

// Light is a part's state in one word.
type Light string

const (
	LightReady    Light = "ready"
	LightBusy     Light = "busy"
	LightNotReady Light = "not_ready"
	LightUnknown  Light = "unknown" // not asked yet
)

// Terminal is a card terminal as the page shows it.
type Terminal struct {
	Name       string  `json:"name"`
	Label      string  `json:"label"`
	Light      Light   `json:"light"`
	Reason     *Reason `json:"reason,omitempty"`
	PaymentID  string  `json:"payment_id,omitempty"`  // in hand, or the unknown that locks it
	Locked     bool    `json:"locked,omitempty"`      // an unknown holds it; see free
	CanFree    bool    `json:"can_free,omitempty"`    // its evidence is captured: a person may free the terminal
	NeedsAdopt bool    `json:"needs_adopt,omitempty"` // its last transaction is not known to this ledger (design 5.7)
	MaxNotices int     `json:"max_notices,omitempty"` // in one card transaction; a longer cart is charged one after another. 0: one
	GiveUp     int64   `json:"give_up_s,omitempty"`   // seconds: an outcome that is not known by then is for people to decide

	Lease    *Lease    `json:"lease,omitempty"`    // who holds it now, and since when
	Passport *Passport `json:"passport,omitempty"` // absent: it was never commissioned
	Unproven bool      `json:"unproven,omitempty"` // no receipt of a payment made on it has come yet (design 5.6)
	Stopped  *Reason   `json:"stopped,omitempty"`  // charges without a receipt: it takes no more payments (design 5.6)
}

// Activity is the payment a terminal has in hand and whose turn it is.
type Activity struct {
	RequestID string    `json:"request_id"`
	PaymentID string    `json:"payment_id,omitempty"` // empty until sent is durable
	Terminal  string    `json:"terminal"`
	Phase     string    `json:"phase"` // connecting checking card pin bank receipt verifying
	Text      string    `json:"text"`  // the terminal's own words, a hint
	Since     time.Time `json:"since"`
}

// Platform is the regional platform as last seen.
type Platform struct {
	Light  Light      `json:"light"`
	Reason *Reason    `json:"reason,omitempty"`
	SeenAt *time.Time `json:"seen_at,omitempty"`
}

// Snapshot is everything a page needs to draw itself. Sequence is the number of the last event in it.
type Snapshot struct {
	Sequence   uint64     `json:"sequence"`
	Now        time.Time  `json:"now"`
	Version    string     `json:"version"`
	Demo       bool       `json:"demo"`
	Language   string     `json:"language"`
	Creditors  []Creditor `json:"creditors"`
	Operator   Operator   `json:"operator"`
	Operators  []Operator `json:"operators,omitempty"` // all who may sign in, for their names
	Terminals  []Terminal `json:"terminals"`
	Platform   Platform   `json:"platform"`
	Activities []Activity `json:"activities"`
	Payments   []Payment  `json:"payments"` // today's and every unfinished one, newest first

	Queue          *QueueStatus `json:"queue,omitempty"`
	Offline        *Offline     `json:"offline,omitempty"`         // the open period
	OfflineAllowed bool         `json:"offline_allowed,omitempty"` // the configuration lets a supervisor open one

	Printer *Printer `json:"printer,omitempty"` // the service's own; absent: it has none
}

// Creditor is a public body this counter takes payments for.
type Creditor struct {
	TaxCode string `json:"tax_code"`
	Name    string `json:"name"`
}

// EventType says which field of an Event is set.
type EventType string

const (
	EventSnapshot EventType = "snapshot"
	EventPayment  EventType = "payment"
	EventActivity EventType = "activity" // Activity with an empty Phase: finished
	EventTerminal EventType = "terminal"
	EventPlatform EventType = "platform"
	EventQueue    EventType = "queue"
	EventOffline  EventType = "offline" // opened, charged in, or ended (closed_at)
	EventPrinter  EventType = "printer"
	EventCases    EventType = "cases" // opened, proposed, ended
)

// Event is one numbered change. Numbers have no holes; a client that misses one gets a new snapshot.
type Event struct {
	Sequence uint64    `json:"sequence"`
	Type     EventType `json:"type"`
	Snapshot *Snapshot `json:"snapshot,omitempty"`
	Payment  *Payment  `json:"payment,omitempty"`
	Activity *Activity `json:"activity,omitempty"`
	Terminal *Terminal `json:"terminal,omitempty"`
	Platform *Platform `json:"platform,omitempty"`

	Queue   *QueueStatus `json:"queue,omitempty"`
	Offline *Offline     `json:"offline,omitempty"`
	Printer *Printer     `json:"printer,omitempty"`
	Cases   *CaseCount   `json:"cases,omitempty"`
}

// CaseCount says how many cases are open. Newest moves with every entry about a case: who shows cases asks for
// them again.
type CaseCount struct {
	Open   int    `json:"open"`
	Newest uint64 `json:"newest"`
}

// QueueItem is a notice whose registration is awaited.
type QueueItem struct {
	PaymentID   string       `json:"payment_id"`
	Creditor    string       `json:"creditor"`
	Number      string       `json:"number"`
	AmountCents int64        `json:"amount_cents"`
	State       Registration `json:"registration"`
	Since       time.Time    `json:"since"`
	NextTry     *time.Time   `json:"next_try,omitempty"`
	Tries       int          `json:"tries"`
	Late        bool         `json:"late"`
	Reason      *Reason      `json:"reason,omitempty"`
	ReceiptDue  *time.Time   `json:"receipt_due,omitempty"`
	FlowDue     *time.Time   `json:"flow_due,omitempty"`
	Red         bool         `json:"red,omitempty"`      // past flow due: somebody's case
	Poisoned    bool         `json:"poisoned,omitempty"` // its look fails on our side: one try an hour
	Attempts    int          `json:"attempts,omitempty"` // settlement platform: calls made to register it
}

// Case is something that people must mend (design 7).
type Case struct {
	ID        string     `json:"id"`
	PaymentID string     `json:"payment_id,omitempty"`
	Terminal  string     `json:"terminal,omitempty"` // the one it is about, if one
	Cause     Reason     `json:"cause"`
	Owner     string     `json:"owner,omitempty"`
	Opened    time.Time  `json:"opened"`
	Due       *time.Time `json:"due,omitempty"`
	Ended     *time.Time `json:"ended,omitempty"`
	Ending    string     `json:"ending,omitempty"`

	Seq      uint64   `json:"seq"`                // number of the newest entry about it; see EndingRequest
	Evidence string   `json:"evidence,omitempty"` // what is known
	Proof    string   `json:"proof,omitempty"`    // of its ending
	EndedBy  []string `json:"ended_by,omitempty"`
	NeedsTwo bool     `json:"needs_two,omitempty"` // its ending needs two people
	// CanResubmit: the platform has rejected notices of it, which a supervisor may have submitted again.
	CanResubmit bool      `json:"can_resubmit,omitempty"`
	Proposal    *Proposal `json:"proposal,omitempty"`
}

// TerminalReport is the answer to an action on a terminal (status, last, totals, detect, reprint, close, closing, adopt, free, channel).
type TerminalReport struct {
	Terminal   Terminal `json:"terminal"`
	Text       string   `json:"text"` // what the terminal said, in the operator's language
	Last       *Charge  `json:"last,omitempty"`
	TotalCents *int64   `json:"total_cents,omitempty"` // absent when the terminal gave none

	LedgerCents *int64 `json:"ledger_cents,omitempty"` // totals: charged minus reversed since the last close, by the ledger

	Passport *Passport `json:"passport,omitempty"` // detect
	Closing  *Closing  `json:"closing,omitempty"`  // close; closing: the last one, absent where there was none
	Receipt  *Receipt  `json:"receipt,omitempty"`  // reprint: the terminal's own copy; PaymentID only if it shows a reference of ours
}

// SessionRequest signs an operator in.
type SessionRequest struct {
	Operator string `json:"operator"`
	PIN      string `json:"pin"`
}

// Session is a signed-in operator. The token goes into the Authorization header and, first of all, into the WebSocket.
type Session struct {
	Token    string   `json:"token"`
	Operator Operator `json:"operator"`
}

// Hello is a WebSocket client's first message.
type Hello struct {
	Token string `json:"token"`
	Since uint64 `json:"since,omitempty"` // last event it has
}

// ErrorBody is every refusal's body.
type ErrorBody struct {
	Error Error `json:"error"`
}

// ActionRequest is the body of a POST that needs nothing but to be told apart from its repeats. Repeating it
// with the same RequestID gives the same answer; with another body it is refused (request_id_reused).
type ActionRequest struct {
	RequestID string `json:"request_id"`
	// QuietTotals, with detect: the installer has seen that asking for totals prints nothing.
	QuietTotals bool `json:"quiet_totals,omitempty"`
	// Channel, with channel: the one to confirm for the terminal's provider (design 5.2).
	Channel string `json:"channel,omitempty"`
}

// Health is what /healthz and /readyz answer.
type Health struct {
	Status  string `json:"status"` // ok, or not_ready
	Version string `json:"version"`
}
