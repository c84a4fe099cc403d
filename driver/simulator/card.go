package simulator

import "strings"

// card is what the customer presents.
type card struct {
	kind  string // 1 PagoBANCOMAT, 2 credit
	last  string // the four digits that show
	entry string
}

// noCard: none was read.
var noCard = card{kind: "0"}

// wallet are the customers' cards, presented in turn.
var wallet = [...]card{
	{kind: "2", last: "7741"},
	{kind: "1", last: "1032"},
	{kind: "2", last: "5508"},
}

// contactlessLimit in cents: above it the card is inserted and a PIN is asked.
const contactlessLimit = 50_00

// cardFor is the card of the n-th customer for that amount.
func cardFor(n int, cents int64) card {
	c := wallet[n%len(wallet)]
	if c.entry = "CLI"; cents > contactlessLimit {
		c.entry = "ICC"
	}
	return c
}

// shown is the number as people may see it.
func (c card) shown() string {
	if c.last == "" {
		return ""
	}
	return "****" + c.last
}

// PANStyle is how the terminal truncates a card number (ECR17 5.16).
type PANStyle string

// The two ways.
const (
	PANStars PANStyle = "stars" // ***************7741
	PANZeros PANStyle = "zeros" // 0000000000000007741
)

// panOf fills the field of the card number, truncated by the terminal.
func (t *Terminal) panOf(d Decision) string {
	last := strings.TrimLeft(d.PAN, "*")
	if t.opt.PAN == PANZeros {
		return last // the field is filled with zeros
	}
	return "***************" + last
}

// cardOf is the card of an earlier decision.
func cardOf(d Decision) card {
	if d.Card == "" {
		return noCard
	}
	return card{kind: d.Card, last: strings.TrimLeft(d.PAN, "*"), entry: d.Entry}
}

// Declines by amount: the last four digits 91nn (as in 91.16 euro) are refused with
// action code 1nn, and 9100 is a customer who presses the red key.
const (
	declineAmounts = 91
	cancelAmount   = 9100
)

// byAmount is the action code that an amount asks for; cancel for the red key.
func byAmount(cents int64) (action string, cancel bool) {
	tail := cents % 10_000
	switch {
	case tail == cancelAmount:
		return "", true
	case tail/100 == declineAmounts:
		return "1" + string(rune('0'+tail/10%10)) + string(rune('0'+tail%10)), false
	default:
		return actionApproved, false
	}
}

// denial is what the terminal prints for an action code, at most 24 characters.
func denial(action string) string {
	switch action {
	case "101":
		return "CARTA SCADUTA"
	case "116":
		return "FONDI INSUFFICIENTI"
	case "117":
		return "PIN ERRATO"
	case "121":
		return "LIMITE SUPERATO"
	default:
		return "TRANSAZIONE NEGATA"
	}
}
