package local

import "time"

// DayReport is what an accounting day (by the terminals' host time) has brought, as of MadeAt. Its ledger line
// ties it to the journal: whoever holds the paper can prove later that nothing before it was changed.
type DayReport struct {
	Day          string    `json:"day"` // 2006-01-02
	Installation string    `json:"installation"`
	MadeAt       time.Time `json:"made_at"`
	LedgerHead   string    `json:"ledger_head"`    // the chain's newest hash, hex
	Entries      uint64    `json:"ledger_entries"` // in the journal

	FirstReceipt string `json:"first_receipt,omitempty"` // our receipt numbers of the day: YEAR/N
	LastReceipt  string `json:"last_receipt,omitempty"`

	Totals    Figures  `json:"totals"`
	Operators []Figure `json:"operators"`
	Terminals []Figure `json:"terminals"`
	// Creditors count notices, and their amounts; DifferenceCents is what terminals have charged beside them.
	Creditors       []Figure `json:"creditors"`
	DifferenceCents int64    `json:"difference_cents"`

	CasesOpened int       `json:"cases_opened"` // that day
	CasesEnded  int       `json:"cases_ended"`  // likewise
	CasesOpen   []DayCase `json:"cases_open"`   // now, whenever opened
	Lines       []DayLine `json:"lines"`        // one a notice, in the order of the payments
}

// Figure is one row of the figures: a clerk, a terminal or a creditor.
type Figure struct {
	Key     string  `json:"key"`
	Label   string  `json:"label"`
	Figures Figures `json:"figures"`
}

// Figures are the sums of a day. Net is charged minus reversed. The last four are of the charged notices, by what
// the platform knows of them now.
type Figures struct {
	Charged    Sum   `json:"charged"`
	Reversed   Sum   `json:"reversed"`
	NetCents   int64 `json:"net_cents"`
	Unknown    Sum   `json:"unknown"` // begun that day, and still not known
	NotCharged Sum   `json:"not_charged"`
	Registered Sum   `json:"registered"`
	Awaiting   Sum   `json:"awaiting"`
	Held       Sum   `json:"held"` // held, paid elsewhere or rejected: somebody's case
	Closed     Sum   `json:"closed"`
}

// Sum is how many, and how much.
type Sum struct {
	Count int   `json:"count"`
	Cents int64 `json:"cents"`
}

// DayCase is an open case in a few words.
type DayCase struct {
	ID        string    `json:"id"`
	PaymentID string    `json:"payment_id,omitempty"`
	Cause     Reason    `json:"cause"`
	Opened    time.Time `json:"opened"`
}

// DayLine is one notice of a payment.
type DayLine struct {
	PaymentID     string       `json:"payment_id"`
	ReceiptNumber string       `json:"receipt_number,omitempty"`
	AccountingDay string       `json:"accounting_day,omitempty"`
	At            time.Time    `json:"at"` // of the charge, by the terminal's host; or when it was begun
	Reference     string       `json:"reference"`
	State         State        `json:"state"`
	ReversedAt    *time.Time   `json:"reversed_at,omitempty"`
	Creditor      string       `json:"creditor"`
	CreditorName  string       `json:"creditor_name"`
	Number        string       `json:"number"`
	AmountCents   int64        `json:"amount_cents"`
	ChargedCents  int64        `json:"charged_cents"` // of the whole payment; 0: nothing
	Registration  Registration `json:"registration"`
	ReceiptID     string       `json:"receipt_id,omitempty"`
	Terminal      string       `json:"terminal"`
	Operator      string       `json:"operator"`
	STAN          string       `json:"stan,omitempty"`
	AuthCode      string       `json:"auth_code,omitempty"`
	PAN           string       `json:"pan,omitempty"`
	Settlement    Settlement   `json:"settlement"`
	Offline       bool         `json:"offline,omitempty"`
}

// PrintRequest asks the service's printer for a paper. Repeating it with the same RequestID prints nothing more.
type PrintRequest struct {
	RequestID string `json:"request_id"`
	What      string `json:"what"` // slip, attestation
}

// Papers that can be printed.
const (
	PrintSlip        = "slip"
	PrintAttestation = "attestation"
)

// Printed is what became of a PrintRequest so far.
type Printed struct {
	PaymentID string  `json:"payment_id"`
	What      string  `json:"what"`
	Done      bool    `json:"done"` // the printer has taken it; false: it waits, and Printer says for what
	Printer   Printer `json:"printer"`
}

// Printer is the service's receipt printer. It never has to do with a payment.
type Printer struct {
	Light   Light   `json:"light"`
	Reason  *Reason `json:"reason,omitempty"`
	Waiting int     `json:"waiting"` // papers
}
