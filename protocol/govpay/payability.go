package govpay

import "time"

// AttemptState is the platform's state of one attempt to pay.
type AttemptState string

// The states that GovPay 3.9 writes; older rows hold others.
const (
	AttemptActivated  AttemptState = "RPT_ATTIVATA"
	AttemptAccepted   AttemptState = "RPT_ACCETTATA_NODO"
	AttemptRefused    AttemptState = "RPT_RIFIUTATA_NODO"
	AttemptSendError  AttemptState = "RPT_ERRORE_INVIO_A_NODO" // nobody knows whether it arrived
	AttemptSuperseded AttemptState = "RPT_ANNULLATA"           // a newer activation took its place
	AttemptExpired    AttemptState = "RPT_SCADUTA"
	AttemptReceipt    AttemptState = "RT_ACCETTATA_PA"
	AttemptBadReceipt AttemptState = "RT_RIFIUTATA_PA" // a receipt came and failed validation
)

// phase is what an attempt's state means for somebody who wants to collect.
type phase uint8

const (
	phaseUnknown phase = iota // a state we do not know
	phasePending              // somebody may be paying
	phaseUnclear              // nobody knows; time heals
	phaseOver                 // ended without money
	phaseReceipt              // look at the receipt
)

// phases is govpay's table of attempt states, legacy ones included.
var phases = map[AttemptState]phase{
	AttemptActivated:          phasePending,
	AttemptAccepted:           phasePending,
	AttemptSuperseded:         phasePending,
	"RPT_PARCHEGGIATA_NODO":   phasePending,
	"RPT_RICEVUTA_NODO":       phasePending,
	"RPT_INVIATA_A_PSP":       phasePending,
	"RPT_ACCETTATA_PSP":       phasePending,
	"RT_RICEVUTA_NODO":        phasePending,
	"RT_RIFIUTATA_NODO":       phasePending,
	"RT_ACCETTATA_NODO":       phasePending,
	"RT_ESITO_SCONOSCIUTO_PA": phasePending,
	"RT_ERRORE_INVIO_A_PA":    phasePending,
	"INTERNO_NODO":            phasePending,
	AttemptSendError:          phaseUnclear,
	AttemptRefused:            phaseOver,
	AttemptExpired:            phaseOver,
	"RPT_RIFIUTATA_PSP":       phaseOver,
	"RPT_ERRORE_INVIO_A_PSP":  phaseOver,
	"RPT_DECORSI_TERMINI":     phaseOver,
	"RT_GENERATA_NODO":        phaseOver,
	AttemptReceipt:            phaseReceipt,
	AttemptBadReceipt:         phaseReceipt,
}

// AttemptLife is how long an activation by a terminal lives at pagoPA.
const AttemptLife = 30 * time.Minute

// Verdict is whether a position may be collected at a counter.
type Verdict uint8

// The verdicts. The zero value refuses.
const (
	Refused Verdict = iota // do not collect
	Busy                   // somebody may be paying right now: wait, or look again
	Payable                // may be collected
)

// String returns the verdict's name.
func (v Verdict) String() string {
	switch v {
	case Payable:
		return "payable"
	case Busy:
		return "busy"
	default:
		return "refused"
	}
}

// ReasonCode says why; stable, for catalogues of messages.
type ReasonCode string

// The reasons of [Payability].
const (
	ReasonNone            ReasonCode = ""
	ReasonPaid            ReasonCode = "paid"
	ReasonExpired         ReasonCode = "expired"
	ReasonCancelled       ReasonCode = "cancelled"
	ReasonAnomalous       ReasonCode = "anomalous"       // paid and irregular: the accounting office
	ReasonUnknownState    ReasonCode = "unknown_state"   // of the position, or of an attempt
	ReasonReceiptPresent  ReasonCode = "receipt_present" // unpaid by its state, yet a receipt says or may say paid
	ReasonAttemptPending  ReasonCode = "attempt_pending" // opened lately, or we cannot tell when
	ReasonAttemptStuck    ReasonCode = "attempt_stuck"   // opened long ago and never closed: the platform's people can free it
	ReasonStampDuty       ReasonCode = "stamp_duty"      // a terminal cannot pay it
	ReasonNothingToPay    ReasonCode = "nothing_to_pay"
	ReasonAmountMayChange ReasonCode = "amount_may_change" // payable; the terminal's verification may ask for another amount
)

// Payability decides whether a position may be collected with a terminal, by
// its state first and its attempts second. It knows only what the platform
// wrote: two counters that look at the same time both get Payable.
// A share for another body does not matter to a terminal and is not a reason
// here; see [CheckCart]. Where the answer is weak ([Position.Weak]) the verdict
// rests on less, and whoever shows it says so.
func Payability(p Position, now time.Time) (Verdict, ReasonCode) {
	switch p.State {
	case StateOpen:
	case StateExpired:
		return Refused, ReasonExpired
	case StateCancelled:
		return Refused, ReasonCancelled
	case StatePaid, StatePartiallyPaid, StateCredited:
		return Refused, ReasonPaid
	case StateAnomalous:
		return Refused, ReasonAnomalous
	default:
		return Refused, ReasonUnknownState
	}
	verdict, reason := Payable, ReasonNone
	for i, a := range p.Attempts {
		v, r := judgeAttempt(a, i == 0, now)
		if v < verdict { // the worst attempt decides
			verdict, reason = v, r
		}
	}
	switch {
	case verdict == Refused:
		return verdict, reason
	case dayOver(p.DueBy, now): // their clock or their cache is behind ours
		return Refused, ReasonExpired
	case p.StampDuty():
		return Refused, ReasonStampDuty
	case p.Cents <= 0:
		return Refused, ReasonNothingToPay
	case verdict == Payable && p.AmountMayChange(now):
		return Payable, ReasonAmountMayChange
	}
	return verdict, reason
}

// judgeAttempt decides for one attempt of a position that is open by its state.
func judgeAttempt(a Attempt, newest bool, now time.Time) (Verdict, ReasonCode) {
	old := !a.Started.IsZero() && now.Sub(a.Started) > AttemptLife
	if a.Proof != nil || a.Unreadable {
		if a.Proof == nil || a.Proof.Result != ResultNotPaid {
			return Refused, ReasonReceiptPresent
		}
		return Payable, ReasonNone // a negative receipt closes its attempt
	}
	switch phases[a.State] {
	case phaseOver:
		return Payable, ReasonNone
	case phasePending:
		switch {
		case a.State == AttemptSuperseded && !newest:
			return Payable, ReasonNone // the newer attempt speaks for both
		case old:
			return Busy, ReasonAttemptStuck
		default:
			return Busy, ReasonAttemptPending
		}
	case phaseUnclear:
		if old {
			return Payable, ReasonNone
		}
		return Busy, ReasonAttemptPending
	case phaseReceipt: // by its state a receipt came, and it is not shown
		return Refused, ReasonReceiptPresent
	case phaseUnknown:
	}
	return Refused, ReasonUnknownState
}
