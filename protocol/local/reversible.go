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
func NotReversibleText(why string, lang Language) string { return notReversible[why].In(lang) }

var notReversible = map[string]Words{
	WhyProfile:   {"per questo terminale il prestatore non storna anche la parte pagoPA", "for this terminal the provider does not undo the pagoPA part", "bei diesem Terminal macht der Dienstleister den pagoPA-Teil nicht rückgängig"},
	WhyState:     {"non risulta incassato", "it is not charged", "sie ist nicht kassiert"},
	WhyNotLast:   {"non è l'ultima operazione del terminale", "it is not the terminal's last operation", "sie ist nicht der letzte Vorgang des Terminals"},
	WhyNoSTAN:    {"non se ne conosce lo STAN", "its STAN is not known", "ihre STAN ist nicht bekannt"},
	WhySubmitted: {"la piattaforma ne è già stata informata", "the platform has been told of it already", "die Plattform wurde bereits benachrichtigt"},
	WhyRefunded:  {"l'ufficio lo ha già rimborsato, o sta per farlo", "the office has refunded it, or is about to", "die Behörde hat sie bereits erstattet oder ist dabei"},
	WhyAmount:    {"l'importo addebitato è diverso", "the amount charged is another one", "der belastete Betrag ist ein anderer"},
}
