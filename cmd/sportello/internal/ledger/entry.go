package ledger

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"sportello/driver"
)

// formatVersion is the entry format this package writes: the v of every body.
const formatVersion = 1

// Kind is what an entry says.
type Kind string

const (
	KindRefused         Kind = "refused"          // a payment refused before anything was sent
	KindSent            Kind = "sent"             // the intent: from here on it may have been sent
	KindOutcome         Kind = "outcome"          // a verdict, the first or a later one
	KindAftermath       Kind = "aftermath"        // acknowledgement and slip
	KindRegistration    Kind = "registration"     // what the platform knows of one notice
	KindTerminalAdopted Kind = "terminal_adopted" // a supervisor has seen the terminal's last transaction
	KindTerminalFreed   Kind = "terminal_freed"   // a person gave the terminal back; its notices stay locked
	KindTerminalDemoted Kind = "terminal_demoted" // its exclusivity was found untrue
	KindCaseOpened      Kind = "case_opened"      // people must mend something
	KindCaseEnded       Kind = "case_ended"       // they have, with proof
	KindBlobsErased     Kind = "blobs_erased"     // retention: the blobs of these entries are gone

	KindReversalSent         Kind = "reversal_sent"         // a reversal's intent: from here on it may have been sent
	KindResolutionProposed   Kind = "resolution_proposed"   // a person's answer; the signature of another is the outcome
	KindResolutionDeclined   Kind = "resolution_declined"   // the second person did not sign, or the first withdrew
	KindResolutionParked     Kind = "resolution_parked"     // people do not know either
	KindContradicted         Kind = "contradicted"          // a later fact speaks against a charge
	KindConfirmed            Kind = "confirmed"             // the terminal holds a charge of which it may not have our acknowledgement
	KindEndingProposed       Kind = "ending_proposed"       // of a case; the signature of another is case_ended
	KindEndingDeclined       Kind = "ending_declined"       // likewise not signed
	KindTerminalCommissioned Kind = "terminal_commissioned" // a passport is in force
	KindTerminalTotal        Kind = "terminal_total"        // the terminal has told its total
	KindSessionClosed        Kind = "session_closed"        // what became of a request to close its session
	KindSubmitting           Kind = "submitting"            // from here on the platform may have been called with a payment's notices
	KindSubmitted            Kind = "submitted"             // what became of that call
	KindOfflineOpened        Kind = "offline_opened"        // cards may be charged without the platform's word
	KindOfflineClosed        Kind = "offline_closed"        // no more: closed by a person, or run out
	KindChannelConfirmed     Kind = "channel_confirmed"     // receipts on this channel are of a terminal's provider
)

// hashSize is the length of the chain's hash in front of every body.
const hashSize = sha256.Size

// entry is the body of a journal record. Its JSON names are format 1: they are added to, never changed.
type entry struct {
	V             int       `json:"v"`
	Seq           uint64    `json:"seq"`
	Kind          Kind      `json:"kind"`
	At            time.Time `json:"at"` // of this PC's clock; order is by Seq
	Installation  string    `json:"installation"`
	Operator      string    `json:"operator,omitempty"`
	Payment       string    `json:"payment,omitempty"`
	AccountingDay string    `json:"accounting_day,omitempty"`
	ReceiptNumber string    `json:"receipt_number,omitempty"`
	Blob          *blobRef  `json:"blob,omitempty"`

	Attempt      *attemptBody      `json:"attempt,omitempty"`      // refused, sent
	Outcome      *outcomeBody      `json:"outcome,omitempty"`      // outcome
	Aftermath    *aftermathBody    `json:"aftermath,omitempty"`    // aftermath
	Registration *registrationBody `json:"registration,omitempty"` // registration
	Terminal     *terminalBody     `json:"terminal,omitempty"`     // sent, outcome, reversal_sent, terminal_*, session_closed, channel_confirmed
	Case         *caseBody         `json:"case,omitempty"`         // case_*, ending_*
	Reversal     *reversalBody     `json:"reversal,omitempty"`     // reversal_sent
	Proposal     *proposalBody     `json:"proposal,omitempty"`     // resolution_*, ending_*
	Passport     *driver.Passport  `json:"passport,omitempty"`     // terminal_commissioned
	TotalCents   *int64            `json:"total_cents,omitempty"`  // terminal_total
	Closing      *closingBody      `json:"closing,omitempty"`      // session_closed
	Evidence     []evidenceBody    `json:"evidence,omitempty"`     // contradicted, confirmed
	Erased       [][2]uint64       `json:"erased,omitempty"`       // blobs_erased: from and to, both included
	Submission   *submissionBody   `json:"submission,omitempty"`   // submitting, submitted
	Offline      *offlineBody      `json:"offline,omitempty"`      // offline_*
}

// attemptBody is what is asked: everything a payment starts with.
type attemptBody struct {
	RequestID   string         `json:"request_id"`
	RequestHash string         `json:"request_hash,omitempty"`
	RetryOf     string         `json:"retry_of,omitempty"`
	Reference   string         `json:"reference,omitempty"`
	Settlement  string         `json:"settlement,omitempty"`
	AmountCents int64          `json:"amount_cents"`
	Terminal    string         `json:"terminal,omitempty"`
	Notices     []noticeBody   `json:"notices"`
	Reason      *driver.Reason `json:"reason,omitempty"` // refused

	Offline      string   `json:"offline,omitempty"`      // the period in which it is charged unverified
	Transactions []string `json:"transactions,omitempty"` // of the platform
}

type noticeBody struct {
	Creditor    string `json:"creditor"`
	Number      string `json:"number"`
	Position    string `json:"position,omitempty"`
	Document    string `json:"document,omitempty"`
	AmountCents int64  `json:"amount_cents"`
}

type outcomeBody struct {
	From       State           `json:"from"`
	To         State           `json:"to"`
	Verdict    driver.Verdict  `json:"verdict"`
	Reason     driver.Reason   `json:"reason"`
	Charge     *driver.Charge  `json:"charge,omitempty"`
	Preset     driver.Verdict  `json:"preset,omitempty"`
	Final      bool            `json:"final,omitempty"`
	ResolvedBy []string        `json:"resolved_by,omitempty"`
	Evidence   []evidenceBody  `json:"evidence,omitempty"`
	Held       *driver.Reason  `json:"held,omitempty"` // charged, and registration waits for people
	WatchUntil time.Time       `json:"watch_until,omitzero"`
	Contested  []contestedLock `json:"contested,omitempty"` // locks that somebody else held meanwhile
	Doubted    bool            `json:"doubted,omitempty"`   // reversed, and the terminal has yet to be told that we have its word
}

// contestedLock is a lock that a late charge took although somebody else held it.
type contestedLock struct {
	Lock    string `json:"lock"`
	Payment string `json:"payment"`
}

// unsent says that the notices did not go out with the payment.
func (o *outcomeBody) unsent() bool {
	return slices.ContainsFunc(o.Evidence, func(e evidenceBody) bool {
		return driver.Evidence{Kind: e.Kind, Text: e.Text}.NoticesUnsent()
	})
}

// evidenceBody is driver.Evidence without the raw bytes, which are in the blob.
type evidenceBody struct {
	Kind string    `json:"kind"`
	At   time.Time `json:"at,omitzero"`
	Text string    `json:"text,omitempty"`
}

type aftermathBody struct {
	Acked          bool `json:"acked"`
	Ticket         bool `json:"ticket,omitempty"`
	TicketComplete bool `json:"ticket_complete,omitempty"`
	Data           bool `json:"data,omitempty"`            // of the host, behind the outcome
	ShowsReference bool `json:"shows_reference,omitempty"` // the payment's reference is on the slip
}

type reversalBody struct {
	RequestID string `json:"request_id"`
}

type proposalBody struct {
	Answer   driver.Verdict `json:"answer,omitempty"`
	Ending   string         `json:"ending,omitempty"`
	STAN     string         `json:"stan,omitempty"`
	AuthCode string         `json:"auth_code,omitempty"`
	Charge   *driver.Charge `json:"charge,omitempty"`
	Note     string         `json:"note,omitempty"` // of before it stood in the blob
}

type closingBody struct {
	State         driver.ClosingState `json:"state"`
	TerminalCents *int64              `json:"terminal_cents,omitempty"`
	HostCents     *int64              `json:"host_cents,omitempty"`
	Proven        bool                `json:"proven,omitempty"`
	Reason        driver.Reason       `json:"reason,omitzero"`

	// The ledger's word on the session, as it was then.
	LedgerCents *int64    `json:"ledger_cents,omitempty"`
	Since       time.Time `json:"since,omitzero"`
	Payments    int       `json:"payments,omitempty"`
}

type registrationBody struct {
	Index     int           `json:"index"`
	From      Registration  `json:"from"`
	To        Registration  `json:"to"`
	ReceiptID string        `json:"receipt_id,omitempty"`
	ReceiptAt time.Time     `json:"receipt_at,omitzero"`
	Reason    driver.Reason `json:"reason"`
	DropWatch bool          `json:"drop_watch,omitempty"`

	AttemptCode  string   `json:"attempt_code,omitempty"`
	PDF          bool     `json:"pdf,omitempty"`          // of the receipt, in the blob
	Transactions []string `json:"transactions,omitempty"` // of the platform
}

// submissionBody is a call to the platform, and of submitted its end.
type submissionBody struct {
	N           int            `json:"n"`
	PlatformID  string         `json:"platform_id,omitempty"`
	Fault       string         `json:"fault,omitempty"`
	Transaction string         `json:"transaction,omitempty"`
	Unsure      bool           `json:"unsure,omitempty"`
	To          Registration   `json:"to,omitempty"`     // of the notices that were being submitted
	Reason      *driver.Reason `json:"reason,omitempty"` // likewise
}

// offlineBody is an offline period: of offline_opened its limits, of offline_closed when it ended.
type offlineBody struct {
	ID             string        `json:"id"`
	Reason         string        `json:"reason,omitempty"`
	Until          time.Time     `json:"until"`
	MaxAmountCents int64         `json:"max_amount_cents,omitempty"`
	MaxTotalCents  int64         `json:"max_total_cents,omitempty"`
	MaxPayments    int           `json:"max_payments,omitempty"`
	MaxHours       time.Duration `json:"max_hours,omitempty"`       // nanoseconds
	VerifiedWithin time.Duration `json:"verified_within,omitempty"` // likewise
}

// terminalBody is what was learned about a terminal.
type terminalBody struct {
	Name       string `json:"name"`
	TerminalID string `json:"terminal_id,omitempty"`
	Result     string `json:"result,omitempty"` // hex SHA-256 of the terminal's saved result
	STAN       string `json:"stan,omitempty"`
	Empty      bool   `json:"empty,omitempty"` // the terminal has no saved result
	Why        string `json:"why,omitempty"`
	Channel    string `json:"channel,omitempty"` // of the provider
}

type caseBody struct {
	ID       string        `json:"id"`
	Cause    driver.Reason `json:"cause,omitzero"`
	Owner    string        `json:"owner,omitempty"`
	Due      time.Time     `json:"due,omitzero"`
	Evidence string        `json:"evidence,omitempty"`
	Found    string        `json:"found,omitempty"`
	Notices  []int         `json:"notices,omitempty"`  // of the payment; none: all
	Terminal string        `json:"terminal,omitempty"` // name
	Ending   string        `json:"ending,omitempty"`
	Proof    string        `json:"proof,omitempty"` // of before it stood in the blob
	EndedBy  []string      `json:"ended_by,omitempty"`
	Again    []int         `json:"again,omitempty"`  // the notices that are submitted to the platform again
	Closes   []int         `json:"closes,omitempty"` // the notices whose registration this ending closes
}

// blobRef binds an erasable blob to its entry: hash = SHA-256(salt, content). The salt is kept with
// the blob and goes with it, so that nothing can be guessed from the hash afterwards.
type blobRef struct {
	Kind string `json:"kind"`
	Hash string `json:"hash"`
}

// blob is what may be erased: personal data and raw bytes. It stands under its entry's sequence.
type blob struct {
	Kind         string           `json:"-"`
	Descriptions []string         `json:"descriptions,omitempty"`
	Debtors      []Debtor         `json:"debtors,omitempty"` // one a notice
	Baseline     *driver.Baseline `json:"baseline,omitempty"`
	Result       []byte           `json:"result,omitempty"`
	Evidence     [][]byte         `json:"evidence,omitempty"` // in the order of the entry's evidence
	Ticket       string           `json:"ticket,omitempty"`
	RawTicket    []byte           `json:"raw_ticket,omitempty"`
	Data         []byte           `json:"data,omitempty"` // of the host, behind the outcome
	Receipt      []byte           `json:"receipt,omitempty"`
	PDF          []byte           `json:"pdf,omitempty"`  // of the receipt
	Note         string           `json:"note,omitempty"` // what a person typed
}

const saltSize = 16

// seal gives the stored bytes (salt, content) and the reference for the entry.
func (b *blob) seal() ([]byte, *blobRef, error) {
	content, err := json.Marshal(b)
	if err != nil {
		return nil, nil, fmt.Errorf("encode blob: %w", err)
	}
	stored := make([]byte, saltSize, saltSize+len(content))
	_, _ = rand.Read(stored) // never fails since Go 1.24
	stored = append(stored, content...)
	return stored, &blobRef{Kind: b.Kind, Hash: blobHash(stored)}, nil
}

func blobHash(stored []byte) string {
	h := sha256.Sum256(stored)
	return hex.EncodeToString(h[:])
}

// openBlob reads what seal wrote.
func openBlob(stored []byte) (*blob, error) {
	if len(stored) < saltSize {
		return nil, fmt.Errorf("blob of %d bytes", len(stored))
	}
	b := new(blob)
	if err := json.Unmarshal(stored[saltSize:], b); err != nil {
		return nil, fmt.Errorf("decode blob: %w", err)
	}
	return b, nil
}

// seqKey is a journal key: big-endian, so that keys sort as they were written.
func seqKey(seq uint64) []byte { return binary.BigEndian.AppendUint64(nil, seq) }

// seqOf undoes seqKey.
func seqOf(key []byte) uint64 { return binary.BigEndian.Uint64(key) }

// chainHash binds a body to its place and to everything before it.
func chainHash(previous []byte, seq uint64, body []byte) []byte {
	h := sha256.New()
	h.Write(previous)
	h.Write(seqKey(seq))
	h.Write(body)
	return h.Sum(nil)
}

// head is the end of the chain.
type head struct {
	seq  uint64
	hash []byte
}

// genesis stands before the first entry.
func genesis() head { return head{hash: make([]byte, hashSize)} }

// decodeEntry splits a stored value. The hash is not verified here; Check does.
func decodeEntry(value []byte) (hash []byte, e *entry, err error) {
	if len(value) <= hashSize {
		return nil, nil, fmt.Errorf("record of %d bytes", len(value))
	}
	e = new(entry)
	if err := json.Unmarshal(value[hashSize:], e); err != nil {
		return nil, nil, fmt.Errorf("decode entry: %w", err)
	}
	return value[:hashSize], e, nil
}

// resultHash names a terminal's saved result.
func resultHash(raw []byte) string {
	if raw == nil {
		return ""
	}
	h := sha256.Sum256(raw)
	return hex.EncodeToString(h[:])
}
