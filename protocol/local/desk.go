package local

import "time"

// Evidence is one thing that is known about a payment, for the people who must decide (design 5.5).
type Evidence struct {
	At     time.Time `json:"at"`
	Kind   string    `json:"kind"`             // result, last_result, status, totals, ticket, line, receipt, alarm, clerk
	Text   string    `json:"text"`             // what it is, in the operator's language
	Detail string    `json:"detail,omitempty"` // as the driver wrote it, technical and in English
	Charge *Charge   `json:"charge,omitempty"` // what a saved result says
}

// Answer is what people found out about an unknown payment or reversal: the one question of ECR17 6.8.
type Answer string

const (
	AnswerCharged    Answer = "charged"
	AnswerNotCharged Answer = "not_charged"
	AnswerUnknown    Answer = "unknown" // parked: the notice stays locked until somebody knows

	// On a payment in reversing that needs people.
	AnswerReversed    Answer = "reversed"     // the money went back
	AnswerNotReversed Answer = "not_reversed" // the charge stands
)

// Proposal is a person's answer that waits for another person's signature.
type Proposal struct {
	Answer   Answer    `json:"answer,omitempty"` // on a payment whose outcome, or whose reversal's, is not known
	Ending   string    `json:"ending,omitempty"` // on a case: refunded, closed
	STAN     string    `json:"stan,omitempty"`
	AuthCode string    `json:"auth_code,omitempty"`
	Note     string    `json:"note,omitempty"`
	By       string    `json:"by"`
	At       time.Time `json:"at"`
}

// Reversal is a charge given back, or the request to.
type Reversal struct {
	Operator string     `json:"operator"`
	SentAt   time.Time  `json:"sent_at"` // durable; the terminal may have been asked
	STAN     string     `json:"stan,omitempty"`
	EndedAt  *time.Time `json:"ended_at,omitempty"` // given back, or the charge stands; absent: not known yet
	FreeAt   *time.Time `json:"free_at,omitempty"`  // the notices may be charged again from then on, unless a receipt arrives
}

// ResolutionRequest proposes what became of an unknown payment. EvidenceSeq is Payment.EvidenceSeq as the
// person saw it: when more is known meanwhile the answer is refused (state_changed, 409). A charge for
// which the terminal's own evidence speaks (Preset charged) needs one person; everything else needs two.
type ResolutionRequest struct {
	RequestID   string `json:"request_id"`
	EvidenceSeq uint64 `json:"evidence_seq"`
	Answer      Answer `json:"answer"`
	STAN        string `json:"stan,omitempty"`      // from the slip, with charged
	AuthCode    string `json:"auth_code,omitempty"` // likewise
	Note        string `json:"note,omitempty"`      // what was seen, and where
}

// CountersignRequest signs, or turns down, another person's proposal: of a payment's outcome or of a
// case's ending. It must come from a supervisor who is not the one who proposed; that one may only turn it down.
type CountersignRequest struct {
	RequestID   string `json:"request_id"`
	EvidenceSeq uint64 `json:"evidence_seq"` // as seen; of a case: Case.Seq
	Accept      bool   `json:"accept"`
}

// How a case may end.
const (
	EndingRefunded = "refunded" // the money went back to the citizen by another way
	EndingClosed   = "closed"   // by the office: registered by hand, or nothing was owed
	EndingResubmit = "resubmit" // its rejected notices are submitted to the platform again (settlement platform); one supervisor
)

// EndingRequest ends a case, with its proof. What leaves money with somebody who should not have it
// (a charge that is not registered) needs two people; the others one supervisor, who suffices for resubmit always.
type EndingRequest struct {
	RequestID string `json:"request_id"`
	Seq       uint64 `json:"seq"`    // Case.Seq as seen
	Ending    string `json:"ending"` // refunded, closed, resubmit
	Proof     string `json:"proof"`  // number of the refund, protocol number, ...
}

// Passport is what commissioning has found out about a terminal.
type Passport struct {
	TerminalID   string    `json:"terminal_id"`
	Software     string    `json:"software,omitempty"`
	Scope        string    `json:"scope"`
	AckForm      string    `json:"ack_form,omitempty"`
	Supports     string    `json:"supports"`
	Refuses      string    `json:"refuses,omitempty"`
	ClockSeconds int64     `json:"clock_offset_s"` // terminal minus PC
	TotalCents   *int64    `json:"total_cents,omitempty"`
	OneClient    string    `json:"one_client,omitempty"`       // yes: a second connection gets no answer; absent: not known
	Prints       string    `json:"prints_reference,omitempty"` // yes, no; absent: not known yet
	Reprints     string    `json:"reprints,omitempty"`
	TotalsBefore bool      `json:"totals_before"`
	At           time.Time `json:"at"`
	Changed      []string  `json:"changed,omitempty"` // fields that differ from the passport before
	Pending      bool      `json:"pending,omitempty"` // found, but not in force: another id or scope needs a supervisor's check
}

// Closing is a closed session: the terminal's total and the host's against the ledger's.
type Closing struct {
	At            time.Time     `json:"at"`    // when the terminal answered
	State         string        `json:"state"` // closed, refused, unknown
	Proven        bool          `json:"proven_by_total,omitempty"`
	TerminalCents *int64        `json:"terminal_cents,omitempty"`
	HostCents     *int64        `json:"host_cents,omitempty"`
	LedgerCents   int64         `json:"ledger_cents"` // charged minus reversed since the close before
	Since         *time.Time    `json:"since,omitempty"`
	Payments      int           `json:"payments"` // of the ledger in it
	Differences   []ClosingDiff `json:"differences"`
	Reason        *Reason       `json:"reason,omitempty"`
	Receipt       string        `json:"receipt,omitempty"` // the closing slip
}

// ClosingDiff is one difference and the payments that may explain it.
type ClosingDiff struct {
	Between  string   `json:"between"` // terminal_ledger, host_ledger, terminal_host
	Cents    int64    `json:"cents"`   // first minus second
	Payments []string `json:"payments"`
	Text     string   `json:"text"`
}

// Lease is who holds a terminal now.
type Lease struct {
	Holder   string    `json:"holder"` // status, last, totals, pay, resolve, reverse, close, detect, reprint
	Operator string    `json:"operator,omitempty"`
	Since    time.Time `json:"since"`
}
