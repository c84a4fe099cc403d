package ecr17

import "sportello/driver"

// Facts are everything known about an attempt when a verdict is asked for. They are what Judge decides
// on, and nothing else is (ECR17 6.2, 6.3). The zero value of every field means "not known".
type Facts struct {
	Exclusivity driver.Exclusivity
	AmountCents int64

	// The line of the attempt.
	NothingSent bool // L0: not one byte of the financial frame left this PC
	CutShort    bool // L1: certainly less than a whole frame left
	RefusedIdle bool // L3: NAK, no ACK, no work, and the check of design 3.2 found the saved result untouched
	Acked       bool // the terminal acknowledged the request (or seemed to)
	Progress    bool // progress texts were seen: it began to work
	LineEnd     string

	// Direct is a valid result received on the attempt's own line after the request's ACK (evidence A).
	Direct *Reading

	// The terminal, asked again.
	Identity Identity
	Last     LastAnswer
	New      *Reading // the saved result, when Last is LastNew
	Novel    bool     // New is newer than the attempt: it differs from a baseline that G told, or its host time is not before
	Match    bool     // New is compatible with this attempt (M): class, amount, time, STAN, terminal
	Quiet    bool     // the quiet time has passed and the terminal answers s and G normally
	GivenUp  bool     // the limit for gathering evidence has passed

	// Not asked in this version: the cells that need them fall to people.
	Reprint         Reprint
	PrintsReference bool // proven at commissioning: this terminal prints our reference
	Totals          Totals
	TotalsMeasured  bool // both totals read from the terminal, no close between
}

// Identity is whether the terminal that answers now is the one the attempt went to.
type Identity int

const (
	IdentityUnknown Identity = iota // it has not answered yet
	IdentitySame
	IdentityOther // another terminal id or software release (L15)
)

// LastAnswer is the answer to G, compared with the baseline.
type LastAnswer int

const (
	LastNotAsked    LastAnswer = iota
	LastNoAnswer               // asked, no usable answer yet
	LastUnsupported            // NAK, or an empty memory: no evidence
	LastSame                   // G=: the bytes of the baseline
	LastNew                    // G≠
)

// Reprint is what the copy of the last receipt shows (R).
type Reprint int

const (
	ReprintNotAsked Reprint = iota
	ReprintOurs             // R+
	ReprintPrevious         // R0: the reference of the payment before
	ReprintForeign          // a reference that is not of this installation's ledger
	ReprintNeither          // R?
)

// Totals is the terminal's total against the one expected (T).
type Totals int

const (
	TotalsNotAsked Totals = iota
	TotalsNothing         // T0
	TotalsOne             // T1: one sale of our amount
	TotalsTwo             // T2: two of them
	TotalsOther           // as expected plus the amount of the foreign result
	TotalsLess            // T−: a close or a reversal; as if not read
)

// Reading is what a result message says, reduced to what a verdict needs.
type Reading struct {
	Class     Class
	Sense     Sense
	Code      string // result code as it came
	Amount    int64  // cents; meaningful when HasAmount
	HasAmount bool
	Empty     bool   // a refusal without any content: what an empty memory answers to G (G08). It is no last result
	Text      string // the terminal's words, or why the message is odd; free of card numbers
	Charge    driver.Charge
	Raw       []byte // the message, card number masked
	kind      string // for people: payment, reversal, preauth, other
}

// Class is which procedure a result belongs to (ECR17 2.10).
type Class int

const (
	ClassForeign Class = iota // reversal, pre-authorisation, unknown length: never a payment's outcome
	ClassPayment              // payment with the host's amount (92, 117 bytes)
	ClassPlain                // payment without an amount (71 bytes)
)

// Sense is what a result of a payment says about the money.
type Sense int

const (
	SenseOdd      Sense = iota // 05, 09, unknown code, contradictory, amount zero or missing: no verdict
	SenseApproved              // 00, and nothing speaks against it
	SenseRefused               // 01
)
