// Package local is the service's own API as others see it: types, events, the catalogue of stable
// error and reason codes, the OpenAPI file. The page's TypeScript types are generated from it. It
// imports nothing of ours and does nothing.
package local

import "time"

// State is where a payment stands. The states and what may follow what: design 4.
type State string

const (
	StateOpen       State = "open"        // pre-flight; in memory only, nothing has left the PC
	StateSent       State = "sent"        // may have been sent; durable
	StateUnknown    State = "unknown"     // sent, and what became of it is not known
	StateCharged    State = "charged"     // by the terminal's word or by evidence
	StateNotCharged State = "not_charged" // likewise, or refused before anything was sent
	StateReversing  State = "reversing"
	StateReversed   State = "reversed"
)

// Registration is what the platform knows of one notice of a payment.
type Registration string

const (
	RegistrationNone            Registration = "none"
	RegistrationSubmitting      Registration = "submitting"
	RegistrationAwaitingReceipt Registration = "awaiting_receipt"
	RegistrationRegistered      Registration = "registered"
	RegistrationHeld            Registration = "held"
	RegistrationPaidElsewhere   Registration = "paid_elsewhere"
	RegistrationRejected        Registration = "rejected"
	RegistrationClosed          Registration = "closed"
)

// Awaited says that nobody but the platform, or the way to it, is waited for.
func (r Registration) Awaited() bool {
	return r == RegistrationNone || r == RegistrationSubmitting || r == RegistrationAwaitingReceipt
}

// Settlement says who tells pagoPA: the provider behind the terminal, or the platform on our call.
type Settlement string

const (
	SettlementTerminal Settlement = "terminal"
	SettlementPlatform Settlement = "platform"
)

// Reason is a stable code of the catalogue (codes.go) and a text in the operator's language.
type Reason struct {
	Code string `json:"code"`
	Text string `json:"text"`
	Hint string `json:"hint,omitempty"` // what to do now
}

// Payment is one attempt to charge a card for one or more notices.
type Payment struct {
	ID            string          `json:"id"`
	RequestID     string          `json:"request_id"`
	RetryOf       string          `json:"retry_of,omitempty"`
	Reference     string          `json:"reference"` // as printed on the slip
	Installation  string          `json:"installation"`
	State         State           `json:"state"`
	Settlement    Settlement      `json:"settlement"`
	AmountCents   int64           `json:"amount_cents"`
	Terminal      string          `json:"terminal"`
	Operator      string          `json:"operator"`
	CreatedAt     time.Time       `json:"created_at"`
	UpdatedAt     time.Time       `json:"updated_at"`
	AccountingDay string          `json:"accounting_day,omitempty"` // 2006-01-02, by terminal host time
	ReceiptNumber string          `json:"receipt_number,omitempty"` // YEAR/N, gapless, taken when charged
	Notices       []PaymentNotice `json:"notices"`
	Charge        *Charge         `json:"charge,omitempty"`
	Reason        *Reason         `json:"reason,omitempty"`
	Preset        State           `json:"preset,omitempty"` // on unknown: what people will most likely find
	NeedsPeople   bool            `json:"needs_people,omitempty"`
	ResolvedBy    []string        `json:"resolved_by"`
	HasReceipt    bool            `json:"has_receipt,omitempty"`  // the terminal's slip is kept
	EvidenceSeq   uint64          `json:"evidence_seq,omitempty"` // number of the newest thing known; see ResolutionRequest
	Evidence      []Evidence      `json:"evidence,omitempty"`     // on unknown, oldest first; in GET payments/{id} only
	Proposal      *Proposal       `json:"proposal,omitempty"`     // waits for a second person
	CanReverse    bool            `json:"can_reverse,omitempty"`  // a supervisor may ask the terminal to give the money back
	Reversal      *Reversal       `json:"reversal,omitempty"`     // the newest one
	Offline       bool            `json:"offline,omitempty"`      // charged while the platform was away, on the body's own decision (design 8)
	Transactions  []string        `json:"transactions,omitempty"` // the platform's names of the calls that led here, for its support
	Submission    *Submission     `json:"submission,omitempty"`   // settlement platform: the newest
}

// PaymentNotice is one notice of a payment and its registration.
type PaymentNotice struct {
	Creditor     string       `json:"creditor"` // 11 digits
	Number       string       `json:"number"`   // 18 digits
	AmountCents  int64        `json:"amount_cents"`
	Description  string       `json:"description,omitempty"` // the debt's reason as the platform has it
	Registration Registration `json:"registration"`
	ReceiptID    string       `json:"receipt_id,omitempty"` // pagoPA receipt id = payment token
	ReceiptDue   *time.Time   `json:"receipt_due,omitempty"`
	Late         bool         `json:"late,omitempty"` // past receipt due: amber (design 10)
	Reason       *Reason      `json:"reason,omitempty"`
	FlowDue      *time.Time   `json:"flow_due,omitempty"`
	Red          bool         `json:"red,omitempty"`                      // past flow due: somebody's case
	AttemptCode  string       `json:"attempt_code,omitempty"`             // of our submission, by which a receipt is known as ours
	HasReceipt   bool         `json:"has_registration_receipt,omitempty"` // the pagoPA receipt is kept
	HasPDF       bool         `json:"has_pdf,omitempty"`                  // and its PDF

	Debtor        string `json:"debtor,omitempty"`          // who owed, as kept: only in answers of POST payments/search
	DebtorTaxCode string `json:"debtor_tax_code,omitempty"` // likewise
}

// Charge is the terminal's word. PAN is masked.
type Charge struct {
	STAN        string     `json:"stan"`
	OnlineID    string     `json:"online_id"`
	AuthCode    string     `json:"auth_code"`
	PAN         string     `json:"pan"`
	Card        string     `json:"card"`
	Entry       string     `json:"entry"`
	ActionCode  string     `json:"action_code"`
	AmountCents int64      `json:"amount_cents"`
	HostTime    *time.Time `json:"host_time,omitempty"`
	DCC         *DCC       `json:"dcc,omitempty"` // the citizen chose the card's own currency; amount_cents stays the euro amount
}

// DCC is what a citizen chose to pay in the currency of the card, as the terminal wrote it. It is for people,
// never for sums.
type DCC struct {
	Currency string `json:"currency"` // USD
	Amount   string `json:"amount"`   // 12 digits, in the smallest unit of the currency
	Decimals string `json:"decimals"` // 1 digit
	Rate     string `json:"rate"`     // 8 digits, 4 of them decimals
}

// PaymentRequest asks to charge a card. Repeating it with the same RequestID returns the same payment;
// with another body it is refused (request_id_reused).
type PaymentRequest struct {
	RequestID string          `json:"request_id"`
	Terminal  string          `json:"terminal"`
	RetryOf   string          `json:"retry_of,omitempty"`
	Notices   []RequestNotice `json:"notices"`
}

// RequestNotice is a notice to charge and the amount the clerk and the citizen have agreed on.
type RequestNotice struct {
	Creditor      string `json:"creditor"`
	Number        string `json:"number"`
	ExpectedCents int64  `json:"expected_cents"` // 0: whatever the platform says
}

// LookupRequest is what the scanner or the clerk put in.
type LookupRequest struct {
	Code string `json:"code"`
	// Anyway looks a typed number up although its check digits are wrong (notice_check_digits).
	Anyway bool `json:"anyway,omitempty"`
}

// Notice is a debt as the platform has it now, and what the counter may do with it.
type Notice struct {
	Creditor     string   `json:"creditor"`
	CreditorName string   `json:"creditor_name"`
	Number       string   `json:"number"`
	Description  string   `json:"description"`
	Debtor       string   `json:"debtor,omitempty"`
	DueDate      string   `json:"due_date,omitempty"` // 2006-01-02
	AmountCents  int64    `json:"amount_cents"`
	PrintedCents int64    `json:"printed_cents,omitempty"` // from the QR; 0 when it carries none
	Payable      bool     `json:"payable"`
	Reason       *Reason  `json:"reason,omitempty"`     // why not, or a warning
	Warnings     []Reason `json:"warnings,omitempty"`   // amount changed since the print, scanner damage, check digits
	PaymentID    string   `json:"payment_id,omitempty"` // ours that holds or settled this notice

	Verified   bool       `json:"verified,omitempty"`    // the platform has said so now; absent: see verified_at and offline
	VerifiedAt *time.Time `json:"verified_at,omitempty"` // when it was verified here last
	Offline    bool       `json:"offline,omitempty"`     // not verified, and may be charged all the same (design 8)
	Source     string     `json:"source,omitempty"`      // who answered: pagamento, backoffice, pendenze, ragioneria; ledger: an earlier answer
}

// Receipt is the terminal's slip as kept.
type Receipt struct {
	PaymentID string `json:"payment_id"`
	Text      string `json:"text"`
	Complete  bool   `json:"complete"`
}
