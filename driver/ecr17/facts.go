package ecr17

import (
	"bytes"
	"slices"
	"time"

	"sportello/driver"
	"sportello/protocol/ecr17"
)

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
	Older    bool     // New is from before the payment: heard or recorded then, or a refusal with a number from then
	Match    bool     // New is compatible with this attempt (M): class, amount, time, STAN, terminal
	Untimed  bool     // New would be compatible, but the time of one of the two cannot be read: no match, and no contradiction
	Repeats  bool     // New is the direct result again, to the byte
	Beside   *Reading // an approved payment that came where it cannot count (beside.go)
	Quiet    bool     // the quiet time has passed and the terminal answers s and G normally
	GivenUp  bool     // the limit for gathering evidence has passed

	Reprint         Reprint
	PrintsReference bool // proven at commissioning: this terminal prints our reference
	Totals          Totals
	TotalsMeasured  bool // both totals read from the terminal
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
	ReprintForeign          // proven foreign: a reference that this ledger denies
	ReprintNeither          // R?, or no copy at all
)

// Totals is the terminal's total against the one expected (T).
type Totals int

const (
	TotalsNotAsked    Totals = iota // or it cannot be read: absent is never zero
	TotalsNothing                   // T0
	TotalsOne                       // T1: one sale of our amount
	TotalsTwo                       // T2: two of them
	TotalsOther                     // as expected plus the amount of the newer saved approval, which is not ours
	TotalsUnexplained               // more than expected, by none of these
	TotalsBlind                     // T0, or as TotalsOther, but a close in between would show the same
	TotalsLess                      // T−: a close or a reversal
)

// grew: somebody sold something.
func (t Totals) grew() bool {
	return t == TotalsOne || t == TotalsTwo || t == TotalsOther || t == TotalsUnexplained
}

// look is what is held of an attempt when a verdict is asked for, as bytes and times; facts are made of it.
type look struct {
	line    Facts // what its own exchange knows
	attempt driver.Attempt
	seen    sight

	sent    time.Time // zero: nobody remembers
	ended   time.Time // no host time of the attempt is later
	silence time.Time // since when the attempt's line brought nothing
	asked   time.Time // when the terminal was asked what was seen
	quiet   time.Duration
	givenUp bool
	prints  bool // the passport says that references are printed

	reversal bool
	before   [][]byte // results heard before the command went out
}

// sight is what one look at the terminal showed.
type sight struct {
	identity Identity
	last     LastAnswer
	reading  Reading
	slip     *driver.Slip // nil: not asked, or no answer
	total    *int64       // nil: not asked, or not told
	text     string
}

// unchanged: our terminal answers, and has nothing newer saved than before the payment. One that refused
// G then refuses it now.
func (s sight) unchanged() bool {
	return s.identity == IdentitySame && (s.last == LastSame || s.last == LastUnsupported)
}

// holds: our terminal answers, and what it has saved is this result.
func (s sight) holds(r Reading) bool {
	return s.identity == IdentitySame && s.last == LastNew && string(s.reading.Raw) == string(r.Raw)
}

// saw takes the answer to G and compares it with the baseline. present is false after a NAK.
func (s *sight) saw(reading Reading, present bool, base driver.Baseline) {
	switch {
	case !present && (base.Last == nil || base.Untold):
		s.last, s.text = LastUnsupported, "il terminale non dà un ultimo risultato"
	case !present:
		s.last, s.text = LastNoAnswer, "il terminale prima dava un ultimo risultato, e ora non ne dà"
	case string(reading.Raw) == string(base.Last):
		s.last, s.text = LastSame, "il risultato salvato è quello di prima del pagamento"
	case reading.Empty && base.Last == nil:
		s.last, s.text = LastUnsupported, "la memoria del terminale è vuota"
	default:
		if reading.Empty {
			reading.Class = ClassForeign // its memory was cleared
		}
		s.last, s.reading = LastNew, reading
		s.text = "nuovo risultato salvato: " + reading.Text
	}
}

// settled: the quiet time has passed since the attempt's last byte, and the terminal answers s and G.
func (l look) settled() bool {
	answers := l.seen.last == LastSame || l.seen.last == LastUnsupported || l.seen.last == LastNew
	return l.seen.identity == IdentitySame && answers && !l.asked.Before(l.silence.Add(l.quiet))
}

// facts are what Judge decides on.
func (l look) facts() Facts {
	f, base := l.line, l.attempt.Baseline
	f.Exclusivity, f.AmountCents = l.attempt.Exclusivity, l.attempt.AmountCents
	f.Identity, f.Last = l.seen.identity, l.seen.last
	f.GivenUp, f.Quiet, f.PrintsReference = l.givenUp, l.settled(), l.prints
	if f.Last == LastNew {
		reading := l.seen.reading
		f.New = &reading
		// Where the terminal did not tell its last result before, a time tells, but only of a result with an
		// amount: without one, and without novelty of its own, nothing says that it is ours (ECR17 6.5 row 11).
		f.Novel = base.Last != nil && !base.Untold ||
			reading.HasAmount && !l.sent.IsZero() && reading.notBefore(l.sent, base.ClockOffset)
		f.Older = l.older(reading)
		f.Match = reading.matches(base, l.attempt.AmountCents, l.sent, l.ended)
		f.Untimed = reading.untimed(base, l.attempt.AmountCents, l.sent)
		f.Repeats = f.Direct != nil && string(f.Direct.Raw) == string(reading.Raw)
	}
	f.Reprint = compareSlip(l.seen.slip, l.attempt)
	f.Totals = compareTotal(base.Total, l.seen.total, l.attempt.AmountCents, f.New)
	f.TotalsMeasured = f.Totals != TotalsNotAsked && base.Total.Measured
	return f
}

// older: it was heard before, the ledger has it as an earlier one, or it is a refusal whose number does not follow that
// of the baseline. It is what the terminal remembers after its memory fell back, or while it tells its last result but
// one; or the baseline in other bytes. A refusal needs no more than novelty (ECR17 6.5 row 12), so it needs that; an
// approval of an earlier payment of the same amount, a minute ago, looks like ours.
func (l look) older(r Reading) bool {
	stan, known := r.Charge.STAN, l.attempt.KnownResult
	if l.reversal { // its answer may well name the charge, which the ledger has
		known = nil
	}
	refused := r.Code == string(ecr17.ResultRefused) && !noNumber(stan)
	return refused && !stanFollows(l.attempt.Baseline.LastSTAN, stan) || known != nil && known(r.Raw, stan) ||
		slices.ContainsFunc(l.before, func(raw []byte) bool { return bytes.Equal(raw, r.Raw) })
}

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
	Raw       []byte    // the message, card number masked
	kind      string    // for people: payment, reversal, preauth, other
	tomorrow  time.Time // the host time, of a terminal that is a day ahead: then Charge has none
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
