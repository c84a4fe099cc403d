package ledger

import "sportello/driver"

// What the ledger keeps for people it keeps in Italian, whatever the language of the page: it is read for years, by
// offices. Codes have their texts in protocol/local.

var verdictWords = map[driver.Verdict]string{
	driver.Charged: "addebitato", driver.NotCharged: "non addebitato", driver.NotSent: "non inviato", driver.Unknown: "esito non noto",
	driver.Reversed: "stornato", driver.NotReversed: "non stornato",
}

// VerdictWord is a verdict for people.
func VerdictWord(v driver.Verdict) string {
	if w, ok := verdictWords[v]; ok {
		return w
	}
	return string(v)
}

var stateWords = map[State]string{
	Sent: "inviato", Unknown: "esito non noto", Charged: "addebitato", NotCharged: "non addebitato", Reversing: "storno in corso", Reversed: "stornato",
}

// StateWord is the state of a payment for people.
func StateWord(s State) string {
	if w, ok := stateWords[s]; ok {
		return w
	}
	return string(s)
}
