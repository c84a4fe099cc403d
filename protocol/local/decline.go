package local

// DeclineText says in plain words why a card was refused, from the action code the terminal gives (ECR17 3.3,
// ISO 8583:1993 numbering). It is for {reason} of CodeDeclined: information for people, never a verdict.
// A code that tells a clerk nothing useful gives "".
func DeclineText(actionCode string, lang Language) string {
	group, ok := declines[actionCode]
	if !ok {
		return ""
	}
	all, ok := declineTexts[lang]
	if !ok {
		all = declineTexts[Italian]
	}
	return all[group]
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

var declineTexts = map[Language]map[decline]string{
	Italian: {
		declineExpired:  "carta scaduta o non ancora attiva",
		declineCard:     "carta non valida o non abilitata",
		declinePIN:      "PIN errato",
		declineTries:    "troppi tentativi",
		declineFunds:    "disponibilità insufficiente",
		declineLimit:    "superato il limite della carta",
		declineBank:     "rifiutato dalla banca del cittadino",
		declineMerchant: "operazione non abilitata su questo terminale",
		declineLater:    "la banca in questo momento non risponde",
	},
	English: {
		declineExpired:  "card expired or not yet active",
		declineCard:     "card not valid or not enabled",
		declinePIN:      "wrong PIN",
		declineTries:    "too many attempts",
		declineFunds:    "insufficient funds",
		declineLimit:    "card limit exceeded",
		declineBank:     "refused by the citizen's bank",
		declineMerchant: "operation not enabled on this terminal",
		declineLater:    "the bank does not answer at the moment",
	},
	German: {
		declineExpired:  "Karte abgelaufen oder noch nicht aktiv",
		declineCard:     "Karte ungültig oder nicht freigeschaltet",
		declinePIN:      "falsche PIN",
		declineTries:    "zu viele Versuche",
		declineFunds:    "keine ausreichende Deckung",
		declineLimit:    "Kartenlimit überschritten",
		declineBank:     "von der Bank des Karteninhabers abgelehnt",
		declineMerchant: "Vorgang auf diesem Terminal nicht freigeschaltet",
		declineLater:    "die Bank antwortet derzeit nicht",
	},
}
