package local

import "time"

// RestoreStatus is what a ledger that was brought back from a copy waits for before anything is charged with it
// (design 5.7). The list of receipts is for the people who look for what was charged after the copy.
type RestoreStatus struct {
	Open      bool              `json:"open"`              // nothing keeps this ledger from charging
	Reason    *Reason           `json:"reason,omitempty"`  // what is missing first
	Case      string            `json:"case,omitempty"`    // that stands for the restore, or the move
	Since     *time.Time        `json:"since,omitempty"`   // the newest entry of the copy
	Retired   []string          `json:"retired,omitempty"` // the codes of before
	Terminals []RestoreTerminal `json:"terminals"`
	Platform  *RestorePlatform  `json:"platform,omitempty"` // absent: not read yet
}

// RestoreTerminal is what was seen of a terminal after a restore.
type RestoreTerminal struct {
	Name  string `json:"name"`
	Read  bool   `json:"read"`            // it has answered
	Same  bool   `json:"same"`            // it remembers what the copy knows: nothing was done on it since
	Found string `json:"found,omitempty"` // what it remembers
	Case  string `json:"case,omitempty"`  // the gap, while it is open
}

// RestorePlatform is what the platform holds since the copy.
type RestorePlatform struct {
	At       time.Time        `json:"at"`       // when it was read
	Receipts int              `json:"receipts"` // of all creditors, whoever took the money
	Unknown  []RestoreReceipt `json:"unknown"`  // of our providers, and not in this ledger: of other counters, too
}

// RestoreReceipt is a receipt that this ledger does not know. Nothing personal.
type RestoreReceipt struct {
	Creditor    string    `json:"creditor"`
	Number      string    `json:"number,omitempty"` // of the notice, where the receipt says it
	IUV         string    `json:"iuv"`
	AmountCents int64     `json:"amount_cents"`
	PaidAt      time.Time `json:"paid_at"`
	Channel     string    `json:"channel,omitempty"`
}

// RestoreRequest brings a charge that was made after the copy into the ledger, from its slip or the list of
// transactions. The same request_id is the same charge.
type RestoreRequest struct {
	RequestID string           `json:"request_id"`
	Terminal  string           `json:"terminal"`
	Notices   []RestoredNotice `json:"notices"`
	STAN      string           `json:"stan"`
	AuthCode  string           `json:"auth_code,omitempty"`
	At        time.Time        `json:"at"` // the terminal's time on the slip
}

// RestoredNotice is a notice of such a charge.
type RestoredNotice struct {
	Creditor    string `json:"creditor"`
	Number      string `json:"number"`
	AmountCents int64  `json:"amount_cents"`
}
