package local

import (
	"encoding/json"
	"time"
)

// Submission is the newest call by which the platform was asked to register a charge: settlement platform.
type Submission struct {
	N          int        `json:"n"`                  // 1 is the first
	At         time.Time  `json:"at"`                 // durable before the call
	Answered   *time.Time `json:"answered,omitempty"` // absent: the answer never came, or not yet
	PlatformID string     `json:"platform_id,omitempty"`
	Fault      string     `json:"fault,omitempty"`  // the platform's code, to be shown small
	Unsure     bool       `json:"unsure,omitempty"` // the platform may be at work on it: it is looked at before any repeat
}

// QueueStatus is the queue of registrations in a few figures. Draining, Done and Total are about what had
// gathered while the platform was away.
type QueueStatus struct {
	Depth    int        `json:"depth"`            // notices whose registration is awaited
	Late     int        `json:"late"`             // of these, past receipt due: amber
	Red      int        `json:"red"`              // past flow due: somebody's case
	Watched  int        `json:"watched"`          // besides: attempts that ended not charged, watched for a receipt
	Oldest   *time.Time `json:"oldest,omitempty"` // when the oldest of them was charged
	Away     bool       `json:"away"`             // the platform does not answer
	Reason   *Reason    `json:"reason,omitempty"` // why away
	NextTry  *time.Time `json:"next_try,omitempty"`
	Draining bool       `json:"draining"` // the platform is back and what had gathered is being worked off
	Done     int        `json:"done"`
	Total    int        `json:"total"`
}

// RegistrationReceipt is the pagoPA receipt (RT) of one notice of a payment, as the platform gave it.
type RegistrationReceipt struct {
	PaymentID string     `json:"payment_id"`
	Creditor  string     `json:"creditor"`
	Number    string     `json:"number"`
	ReceiptID string     `json:"receipt_id"`
	At        *time.Time `json:"at,omitempty"`      // when it was paid, by the receipt
	HasPDF    bool       `json:"has_pdf,omitempty"` // kept here; otherwise it is fetched when it is asked for
	// RT is the receipt itself, whole, as the platform writes it: personal data.
	RT  json.RawMessage `json:"rt"`
	PDF []byte          `json:"-"` // sent as application/pdf
}

// Offline is a period in which cards are charged although the platform does not answer, within limits
// (design 8). Payments and Cents are what was charged in it, or may have been.
type Offline struct {
	ID             string     `json:"id"`
	OpenedBy       string     `json:"opened_by"`
	OpenedAt       time.Time  `json:"opened_at"`
	Until          time.Time  `json:"until"` // it ends by itself
	Reason         string     `json:"reason"`
	MaxAmountCents int64      `json:"max_amount_cents"` // of one payment
	MaxTotalCents  int64      `json:"max_total_cents"`
	MaxPayments    int        `json:"max_payments"`
	VerifiedWithin int64      `json:"verified_within_s,omitempty"` // seconds; absent: also what was never verified here
	Payments       int        `json:"payments"`
	Cents          int64      `json:"cents"`
	ClosedAt       *time.Time `json:"closed_at,omitempty"`
	ClosedBy       string     `json:"closed_by,omitempty"` // absent with closed_at: it ran out
}

// What an OfflineRequest asks for.
const (
	OfflineOpen  = "open"
	OfflineClose = "close"
)

// OfflineRequest opens or closes a period of taking cards while the platform is away. Repeating it with the
// same RequestID gives the same answer; with another body it is refused (request_id_reused).
type OfflineRequest struct {
	RequestID string `json:"request_id"`
	Action    string `json:"action"`           // open, close
	Reason    string `json:"reason,omitempty"` // with open: why, in words; it stays in the ledger
}
