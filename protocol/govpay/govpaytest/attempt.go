package govpaytest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"
)

// Versions of an attempt. The platform does not show them; they decide what the
// attempt blocks and what its receipt looks like.
const (
	VersionTerminal    = "SANP_321_V2" // a terminal, today's activation: blocks nothing at POST /pagamenti
	VersionOldTerminal = "SANP_240"    // a terminal, older activation: blocks for 30 minutes
	VersionCart        = "SANP_230"    // a cart of POST /pagamenti: blocks until its receipt, without limit
)

// Outcomes of a receipt.
const (
	OutcomePaid    = "ESEGUITO"
	OutcomeNotPaid = "NON_ESEGUITO"
	OutcomePartly  = "ESEGUITO_PARZIALE" // carts only
)

// States of an attempt that this platform writes.
const (
	attemptAccepted   = "RPT_ACCETTATA_NODO"
	attemptRefused    = "RPT_RIFIUTATA_NODO"
	attemptSendFailed = "RPT_ERRORE_INVIO_A_NODO"
	attemptReplaced   = "RPT_ANNULLATA"
	attemptExpired    = "RPT_SCADUTA"
	attemptReceipt    = "RT_ACCETTATA_PA"
)

// terminalLife is after how long an attempt of a terminal expires, and until
// when one of the older kind blocks.
const terminalLife = 30 * time.Minute

// Provider is a payment service provider as receipts name it.
type Provider struct {
	ID      string // pagoPA's identifier, idPSP
	TaxCode string // also the intermediary's
	Name    string
	Channel string
}

// DefaultProvider is the one behind the terminal of the sample configuration.
var DefaultProvider = Provider{ID: "CIPBITMM", TaxCode: "13212880150", Name: "Nexi Payments S.p.A.", Channel: "13212880150_90"}

// OtherProvider is somebody else's app.
var OtherProvider = Provider{ID: "PSPFINTO", TaxCode: "99999111117", Name: "Istituto di Pagamento Finto S.p.A.", Channel: "99999111117_07"}

// Receipt is a receipt to add by hand.
type Receipt struct {
	Provider Provider      // zero: the terminal's
	Cents    int64         // 0: what is owed
	Outcome  string        // "": OutcomePaid
	At       time.Time     // zero: now
	Delay    time.Duration // from At until the platform has it
	ID       string        // "": made up
	Version  string        // "": VersionTerminal
	Never    bool          // the attempt is there, its receipt never comes
}

// payment is one attempt with the receipt that it has or will have.
type payment struct {
	Receipt
	undone bool   // reversed before the receipt: there will be none
	failed string // carts: attemptRefused or attemptSendFailed
	freed  bool   // an operator took its blocking away
	ccp    string // of a cart; a terminal's attempt shows none before its receipt
	portal string // id of the portal payment that opened it
	stan   string
	term   string
}

func (p payment) visible(now time.Time) bool {
	return !p.undone && !p.Never && p.failed != attemptRefused && !now.Before(p.At.Add(p.Delay))
}

func (p payment) positive() bool { return p.Outcome == OutcomePaid || p.Outcome == OutcomePartly }

// code is how paths name the attempt: a terminal's changes with its receipt.
func (p payment) code(now time.Time) string {
	switch {
	case p.Version == VersionCart:
		return p.ccp
	case p.visible(now):
		return p.ID
	default:
		return fmt.Sprint(p.At.UnixMilli())
	}
}

// attemptState is the attempt's state; newer says that a terminal has opened
// another one since.
func (p payment) attemptState(now time.Time, newer bool) string {
	switch {
	case p.visible(now):
		return attemptReceipt
	case p.failed != "":
		return p.failed
	case p.Version == VersionCart:
		return attemptAccepted
	case p.undone, now.Sub(p.At) > terminalLife: // the platform's batch
		return attemptExpired
	case newer:
		return attemptReplaced
	default:
		return attemptAccepted
	}
}

// blocks is the rule of POST /pagamenti for an attempt under way.
func (p payment) blocks(now time.Time, cartLife time.Duration) bool {
	if p.visible(now) || p.failed != "" || p.undone || p.freed || p.At.After(now) {
		return false
	}
	switch p.Version {
	case VersionCart:
		return cartLife == 0 || now.Sub(p.At) < cartLife
	case VersionOldTerminal:
		return now.Sub(p.At) < terminalLife
	default:
		return false
	}
}

// add completes a payment's defaults and appends it.
func (p *position) add(y payment, provider Provider, now time.Time) {
	if y.Provider == (Provider{}) {
		y.Provider = provider
	}
	if y.Cents == 0 {
		y.Cents = p.Cents
	}
	if y.Outcome == "" {
		y.Outcome = OutcomePaid
	}
	if y.Version == "" {
		y.Version = VersionTerminal
	}
	if y.At.IsZero() {
		y.At = now
	}
	if y.Version == VersionCart && y.ccp == "" {
		y.ccp = y.At.UTC().Format("02012006150405") + fmt.Sprintf("%03d", len(p.payments)%1000)
	}
	if y.ID == "" && y.Version == VersionCart {
		y.ID = y.ccp
	}
	if y.ID == "" {
		sum := sha256.Sum256(fmt.Appendf(nil, "%s %s %d %d", p.Creditor, p.Notice, len(p.payments), y.At.UnixNano()))
		y.ID = hex.EncodeToString(sum[:16])
	}
	p.payments = append(p.payments, y)
}
