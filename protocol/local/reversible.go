package local

// Why a payment is not reversible: the keys of NotReversibleText, for {reason} of CodeNotReversible.
const (
	WhyProfile   = "profile"   // reversal: none
	WhyState     = "state"     // not charged, or in the middle of something else
	WhyNotLast   = "not_last"  // the terminal reverses its last charge only (ECR17 2.5)
	WhyNoSTAN    = "no_stan"   // nothing to name it by; "the last one" is never sent (ECR17 6.7)
	WhySubmitted = "submitted" // settlement platform: the platform has been called
	WhyRefunded  = "refunded"  // the office has refunded it, or is about to: a case says so
	WhyAmount    = "amount"    // charged with another amount: somebody's case
)

// NotReversibleText says in plain words why a payment cannot be reversed; "" for a key it does not know.
func NotReversibleText(why string, lang Language) string {
	all, ok := notReversible[lang]
	if !ok {
		all = notReversible[Italian]
	}
	return all[why]
}

var notReversible = map[Language]map[string]string{
	Italian: {
		WhyProfile:   "per questo terminale il prestatore non storna anche la parte pagoPA",
		WhyState:     "non risulta incassato",
		WhyNotLast:   "non è l'ultima operazione del terminale",
		WhyNoSTAN:    "non se ne conosce lo STAN",
		WhySubmitted: "la piattaforma ne è già stata informata",
		WhyRefunded:  "l'ufficio lo ha già rimborsato, o sta per farlo",
		WhyAmount:    "l'importo addebitato è diverso",
	},
	English: {
		WhyProfile:   "for this terminal the provider does not undo the pagoPA part",
		WhyState:     "it is not charged",
		WhyNotLast:   "it is not the terminal's last operation",
		WhyNoSTAN:    "its STAN is not known",
		WhySubmitted: "the platform has been told of it already",
		WhyRefunded:  "the office has refunded it, or is about to",
		WhyAmount:    "the amount charged is another one",
	},
	German: {
		WhyProfile:   "bei diesem Terminal macht der Dienstleister den pagoPA-Teil nicht rückgängig",
		WhyState:     "sie ist nicht kassiert",
		WhyNotLast:   "sie ist nicht der letzte Vorgang des Terminals",
		WhyNoSTAN:    "ihre STAN ist nicht bekannt",
		WhySubmitted: "die Plattform wurde bereits benachrichtigt",
		WhyRefunded:  "die Behörde hat sie bereits erstattet oder ist dabei",
		WhyAmount:    "der belastete Betrag ist ein anderer",
	},
}
