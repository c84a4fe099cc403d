package local

// DeclineText says in plain words why a card was refused, from the action code the terminal gives (ECR17 3.3,
// ISO 8583:1993 numbering). It is for {reason} of CodeDeclined: information for people, never a verdict.
// A code that tells a clerk nothing useful gives "".
func DeclineText(actionCode string, lang Language) string {
	group, ok := declines[actionCode]
	if !ok {
		return ""
	}
	return declineTexts[group].In(lang)
}

type decline int

const (
	declineExpired decline = iota
	declineCard
	declinePIN
	declineTries
	declineFunds
	declineLimit
	declineBank
	declineMerchant
	declineLater
)

// declines folds action codes into what a clerk can say to a citizen. Fraud, loss and theft read as the
// bank's refusal: the counter is not the place to accuse anybody.
var declines = map[string]decline{
	"101": declineExpired, "125": declineExpired,
	"104": declineCard, "111": declineCard, "118": declineCard, "119": declineCard, "204": declineCard,
	"117": declinePIN, "126": declinePIN,
	"106": declineTries, "413": declineTries,
	"116": declineFunds,
	"121": declineLimit, "123": declineLimit,
	"100": declineBank, "102": declineBank, "122": declineBank, "124": declineBank, "129": declineBank, "182": declineBank,
	"200": declineBank, "202": declineBank, "208": declineBank, "209": declineBank, "210": declineBank,
	"109": declineMerchant, "110": declineMerchant, "115": declineMerchant, "120": declineMerchant, "902": declineMerchant, "904": declineMerchant,
	"903": declineLater, "906": declineLater, "907": declineLater, "908": declineLater, "909": declineLater, "911": declineLater, "913": declineLater,
}

var declineTexts = map[decline]Words{
	declineExpired:  {"carta scaduta o non ancora attiva", "card expired or not yet active", "Karte abgelaufen oder noch nicht aktiv"},
	declineCard:     {"carta non valida o non abilitata", "card not valid or not enabled", "Karte ungültig oder nicht freigeschaltet"},
	declinePIN:      {"PIN errato", "wrong PIN", "falsche PIN"},
	declineTries:    {"troppi tentativi", "too many attempts", "zu viele Versuche"},
	declineFunds:    {"disponibilità insufficiente", "insufficient funds", "keine ausreichende Deckung"},
	declineLimit:    {"superato il limite della carta", "card limit exceeded", "Kartenlimit überschritten"},
	declineBank:     {"rifiutato dalla banca del cittadino", "refused by the citizen's bank", "von der Bank des Karteninhabers abgelehnt"},
	declineMerchant: {"operazione non abilitata su questo terminale", "operation not enabled on this terminal", "Vorgang auf diesem Terminal nicht freigeschaltet"},
	declineLater:    {"la banca in questo momento non risponde", "the bank does not answer at the moment", "die Bank antwortet derzeit nicht"},
}
