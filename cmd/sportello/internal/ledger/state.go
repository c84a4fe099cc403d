package ledger

import "slices"

// stateRow is one row of the table of payment states (design 4).
type stateRow struct {
	next     []State // what may be concluded from here; the same state: a new finding that changes nothing
	recovery string  // what takes an unfinished payment up again; empty: finished
}

// states is the whole table. Conclude refuses what it does not allow.
var states = map[State]stateRow{
	Sent:    {next: []State{Unknown, Charged, NotCharged}, recovery: "resolve"},
	Unknown: {next: []State{Unknown, Charged, NotCharged}, recovery: "resolve"},
	Charged: {next: []State{Reversing}},
	// A later fact may overturn a refusal, never a charge (design 3.9). Not for an attempt of which
	// nothing was sent.
	NotCharged: {next: []State{Charged}},
	Reversing:  {next: []State{Reversing, Reversed, Charged}, recovery: "reverse"},
	Reversed:   {},
}

// Finished says that nothing needs to be taken up again on start.
func (s State) Finished() bool { return states[s].recovery == "" }

// Recovery names what takes an unfinished payment up again after a restart: "resolve", "reverse", or
// empty when the state is finished.
func (s State) Recovery() string { return states[s].recovery }

// May says whether the table allows to.
func (s State) May(to State) bool { return slices.Contains(states[s].next, to) }

// hold is how long a notice of a payment stays locked.
type hold uint8

const (
	holdNot   hold = iota // free
	holdUntil             // until Reversal.FreeAt
	holdFast              // without end
)

// holdsNotices is the table of the notice lock (design 3.6, 4):
//
//	state         notice                                             locked
//	sent          any                                                yes: it may be charged
//	unknown       any                                                yes, likewise
//	charged       none, submitting, awaiting_receipt, registered,    yes: it is paid, or somebody is to mend it
//	              held, paid_elsewhere, rejected
//	charged       closed by the office (EndingClosed)                yes: it was paid in another way
//	charged       closed by a refund (EndingRefunded)                no: the citizen owes it again
//	reversing     any                                                yes: the money may be here or there
//	reversed      no receipt of ours in the payment                  for the token's life after the reversal, then no
//	reversed      a receipt of ours, before or after                 yes: given back and paid on the platform
//	reversed      the terminal is not known to have been told that     yes, until it is confirmed, or people end it
//	              we have its word: it may have undone it by itself
//	reversed      closed by a refund case                            as charged: EndingRefunded frees, EndingClosed does not
//	not_charged   any                                                no
func (r *record) holdsNotices() hold {
	switch {
	case r.State == NotCharged:
		return holdNot
	case r.State != Reversed || r.witness() != "" || r.Reversal.Doubted:
		return holdFast
	}
	return holdUntil
}

// certain says that the terminal has nothing more to tell about a payment in this state.
func (s State) certain() bool { return s == Charged || s == NotCharged || s == Reversed }

// registrations is the table of what may follow what on a charged notice (design 4). The same value
// again is a new finding (a reason, a receipt) that changes nothing.
var registrations = map[Registration][]Registration{
	RegNone:     {RegAwaiting, RegSubmit, RegHeld, RegElse, RegRejected, RegClosed},
	RegSubmit:   {RegAwaiting, RegDone, RegHeld, RegElse, RegRejected, RegClosed},
	RegAwaiting: {RegDone, RegHeld, RegElse, RegRejected, RegClosed},
	RegHeld:     {RegAwaiting, RegDone, RegElse, RegRejected, RegClosed},
	RegRejected: {RegAwaiting, RegSubmit, RegDone, RegHeld, RegElse, RegClosed},
	RegElse:     {RegDone, RegHeld, RegRejected, RegClosed},
	RegDone:     {RegHeld, RegElse, RegRejected, RegClosed},
	RegClosed:   {},
}

// May says whether the table allows to.
func (r Registration) May(to Registration) bool {
	return to == r || slices.Contains(registrations[r], to)
}

// Awaited says that the outbox has to look after a charged notice.
func (r Registration) Awaited() bool { return r == RegNone || r == RegSubmit || r == RegAwaiting }

// needsPeople says that a charged notice must stand behind a case.
func (r Registration) needsPeople() bool { return r == RegHeld || r == RegElse || r == RegRejected }
