package govpay

import (
	"slices"
	"time"
)

// Way is how a charge gets registered: the terminal's provider does it itself, or
// the platform submits it (POST /pagamenti).
type Way string

// The ways.
const (
	WayTerminal Way = "terminal"
	WayPlatform Way = "platform"
)

// The reasons of [CheckCart], beside those of [Payability].
const (
	ReasonMultiBeneficiary ReasonCode = "multi_beneficiary" // a share for another body: the platform does not submit it (VER_038)
	ReasonTwoStations      ReasonCode = "two_stations"      // two creditors in one submission, perhaps on two stations (PAG_000): one by one
	ReasonTooMany          ReasonCode = "too_many_notices"  // a submission holds MaxNotices
	ReasonTwice            ReasonCode = "same_position"     // the same debt twice
	ReasonSamePlan         ReasonCode = "same_plan"         // one instalment plan's whole, or another threshold, beside a part of it
	ReasonNotVerified      ReasonCode = "not_verified"      // a row of a search: verify it first
)

// CartProblem is why one position of a cart cannot be charged together with the
// others, or in this way.
type CartProblem struct {
	Index   int // of the position
	Verdict Verdict
	Reason  ReasonCode
}

// CheckCart decides, before the charge, whether what is charged can be registered
// (design 4): each position for itself ([Payability]), in this way, and beside the
// others. None means that the cart may be charged. What interfaces do not show
// cannot be judged: API Pagamento v2 hides the instalment plan.
func CheckCart(way Way, cart []Position, now time.Time) []CartProblem {
	var found []CartProblem
	for i, p := range cart {
		if v, r := Payability(p, now); v != Payable {
			found = append(found, CartProblem{i, v, r})
			continue
		}
		if r := besideOthers(way, cart, i); r != ReasonNone {
			found = append(found, CartProblem{i, Refused, r})
		}
	}
	return found
}

// besideOthers compares a position with those before it.
func besideOthers(way Way, cart []Position, i int) ReasonCode {
	p := cart[i]
	if slices.Contains(p.Gaps, GapLines) {
		return ReasonNotVerified
	}
	for _, q := range cart[:i] {
		switch {
		case p.Creditor == q.Creditor && p.Notice == q.Notice, p.Application == q.Application && p.ID == q.ID:
			return ReasonTwice
		case samePlan(p, q):
			return ReasonSamePlan
		}
	}
	if way != WayPlatform {
		return ReasonNone
	}
	switch {
	case p.MultiBeneficiary():
		return ReasonMultiBeneficiary
	case p.Creditor != cart[0].Creditor:
		return ReasonTwoStations
	case i >= MaxNotices:
		return ReasonTooMany
	}
	return ReasonNone
}

// samePlan reports whether two positions stand for the same money: two instalments
// of a plan do not, the whole (or a threshold's amount) and anything else do.
func samePlan(p, q Position) bool {
	if p.Document == nil || q.Document == nil || p.Creditor != q.Creditor || p.Document.ID != q.Document.ID {
		return false
	}
	return p.Document.Instalment == 0 || q.Document.Instalment == 0 || p.Document.Instalment == q.Document.Instalment
}
