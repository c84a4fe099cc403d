package local

import "encoding/json"

// SearchRequest asks for a debtor's open positions with one creditor.
type SearchRequest struct {
	Creditor string `json:"creditor,omitempty"` // tax code; absent: the first configured one
	Debtor   string `json:"debtor"`             // tax code, exact: personal data, never in a URL
}

// SearchResult is what the platform holds of a debtor.
type SearchResult struct {
	Positions []FoundPosition `json:"positions"`
	More      bool            `json:"more"`    // there are more than are listed
	Skipped   int             `json:"skipped"` // rows that could not be understood, or were another debtor's
}

// FoundPosition is a row of a search. It shows neither attempts nor shares: look the notice up before it is
// charged.
type FoundPosition struct {
	Creditor    string  `json:"creditor"`
	Number      string  `json:"number"`
	Description string  `json:"description"`
	Debtor      string  `json:"debtor,omitempty"`
	DueDate     string  `json:"due_date,omitempty"` // 2006-01-02
	AmountCents int64   `json:"amount_cents"`
	State       string  `json:"state"`            // as the platform writes it
	Payable     bool    `json:"payable"`          // as far as a search can tell
	Reason      *Reason `json:"reason,omitempty"` // why not
}

// Service is a debt that the counter can create: a spontaneous payment.
type Service struct {
	ID          string          `json:"id"`
	Name        string          `json:"name"`
	Creditor    string          `json:"creditor"`     // tax code
	AmountCents int64           `json:"amount_cents"` // 0: asked of the clerk
	Form        json.RawMessage `json:"form"`         // JSON schema of CreateRequest.Fields; null: no fields
	Source      string          `json:"source"`       // config, catalogue
}

// Where a Service is described.
const (
	SourceConfig    = "config"
	SourceCatalogue = "catalogue"
)

// Debtor is who owes what is created. Personal data: it goes to the platform and is not kept here.
type Debtor struct {
	Company  bool   `json:"company,omitempty"`
	TaxCode  string `json:"tax_code"`
	Name     string `json:"name"`
	Address  string `json:"address,omitempty"`
	Number   string `json:"number,omitempty"`
	Postcode string `json:"postcode,omitempty"`
	Town     string `json:"town,omitempty"`
	Province string `json:"province,omitempty"`
	Country  string `json:"country,omitempty"` // two letters
	Email    string `json:"email,omitempty"`
}

// CreateRequest creates a debt and gives its notice, ready for the cart. Repeating it with the same
// RequestID creates nothing twice, also after a restart; with another body it is refused.
type CreateRequest struct {
	RequestID   string         `json:"request_id"`
	Service     string         `json:"service"`            // Service.ID
	Creditor    string         `json:"creditor,omitempty"` // absent: the service's
	Debtor      Debtor         `json:"debtor"`
	AmountCents int64          `json:"amount_cents,omitempty"` // where the service has none
	Reason      string         `json:"reason,omitempty"`       // absent: the service's; no personal data
	Fields      map[string]any `json:"fields,omitempty"`       // as the service's form asks: strings, numbers, true or false
}

// NoticeRef names a notice whose paper is wanted.
type NoticeRef struct {
	Creditor string `json:"creditor,omitempty"` // absent: the first configured one
	Number   string `json:"number"`
}
