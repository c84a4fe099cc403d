package ecr17

// ResultCode is the two digits at 11 of every result (3.1). Only ResultOK
// selects the positive body; anything not listed here is "unknown".
type ResultCode string

// Result codes.
const (
	ResultOK         ResultCode = "00"
	ResultRefused    ResultCode = "01"
	ResultNoCard     ResultCode = "05" // a refusal only if the request said "card already in the reader"
	ResultUnknownTag ResultCode = "09" // the money may have moved
)

// CardType is the circuit family of the card (3.2).
type CardType string

// Card types; "0" or blank when no card was read.
const (
	CardBancomat CardType = "1"
	CardCredit   CardType = "2" // also international debit cards
	CardOther    CardType = "3"
)

// Label names the card type for people; "" when no card was read.
func (c CardType) Label() string {
	switch c {
	case CardBancomat:
		return "PagoBANCOMAT"
	case CardCredit:
		return "circuito internazionale"
	case CardOther:
		return "altra carta"
	case "", "0":
		return ""
	default:
		return "carta di tipo sconosciuto"
	}
}

// EntryMode says how the card was read (3.2). Unknown ones stay raw.
type EntryMode string

// Entry modes.
const (
	EntryChip              EntryMode = "ICC"
	EntryStripe            EntryMode = "MAG"
	EntryTyped             EntryMode = "MAN"
	EntryContactlessStripe EntryMode = "CLM"
	EntryContactlessChip   EntryMode = "CLI"
)

// Known reports one of the documented modes.
func (e EntryMode) Known() bool {
	switch e {
	case EntryChip, EntryStripe, EntryTyped, EntryContactlessStripe, EntryContactlessChip:
		return true
	}
	return false
}

// Label names the entry mode for people.
func (e EntryMode) Label() string {
	switch e {
	case EntryChip:
		return "chip"
	case EntryStripe:
		return "banda magnetica"
	case EntryTyped:
		return "numero digitato"
	case EntryContactlessStripe, EntryContactlessChip:
		return "contactless"
	case "":
		return ""
	default:
		return "lettura sconosciuta"
	}
}

// CardChoice restricts the cards that a payment accepts (2.2).
type CardChoice uint8

// Card choices.
const (
	AnyCard CardChoice = iota
	DebitOnly
	CreditOnly
	OtherCards
)

// ActionCode is the host's three digits (3.3), information for people and
// logs. It never decides an outcome alone. Empty when absent.
type ActionCode string

// actionSense is what the codes mean, in words of our own.
var actionSense = map[ActionCode]string{
	"000": "approvata",
	"100": "rifiutata dalla banca",
	"101": "carta scaduta",
	"102": "rifiutata: sospetta frode",
	"104": "carta soggetta a restrizioni",
	"106": "troppi tentativi di PIN",
	"109": "esercente non riconosciuto",
	"110": "importo non valido",
	"111": "numero di carta non valido",
	"115": "funzione non disponibile",
	"116": "fondi insufficienti",
	"117": "PIN errato",
	"118": "carta sconosciuta",
	"119": "operazione non permessa al titolare",
	"120": "operazione non permessa al terminale",
	"121": "limite di spesa superato",
	"122": "non permessa per motivi di sicurezza",
	"123": "troppi utilizzi della carta",
	"124": "operazione contraria alle norme",
	"125": "carta non attiva",
	"126": "errore nella verifica del PIN",
	"129": "sospetta contraffazione",
	"182": "errore del portafoglio digitale",
	"200": "rifiutata: ritirare la carta",
	"202": "sospetta frode: ritirare la carta",
	"204": "carta non valida: ritirarla",
	"208": "carta smarrita",
	"209": "carta rubata",
	"210": "sospetta contraffazione: ritirare la carta",
	"400": "storno accettato",
	"413": "troppi tentativi",
	"500": "totali quadrati",
	"501": "totali non quadrati",
	"800": "messaggio di rete",
	"888": "in attesa: esito non noto",
	"902": "operazione non valida",
	"903": "ripetere l'operazione",
	"904": "errore di formato",
	"906": "cambio di giornata in corso",
	"907": "banca o circuito non disponibile",
	"908": "instradamento non possibile",
	"909": "malfunzionamento del sistema",
	"911": "la banca non ha risposto in tempo",
	"913": "operazione duplicata",
}

var actionClass = map[byte]string{
	'0': "approvata",
	'1': "rifiutata",
	'2': "rifiutata: ritirare la carta",
	'3': "gestione archivi",
	'4': "esito dello storno",
	'5': "quadratura",
	'8': "messaggio di rete",
	'9': "errore di sistema",
}

// Sense is a short Italian text for people; "" when the code is absent. A code
// without a text of its own has the sense of its class.
func (a ActionCode) Sense() string {
	if s, ok := actionSense[a]; ok {
		return s
	}
	if len(a) != 3 || !allDigits(string(a)) {
		return ""
	}
	if s, ok := actionClass[a[0]]; ok {
		return s
	}
	return "codice sconosciuto"
}

// Unsettled reports the codes that contradict an approval: pending, system
// fault, issuer timeout (3.3). With "00" they make the outcome unknown.
func (a ActionCode) Unsettled() bool { return a == "888" || a == "909" || a == "911" }

// TerminalState is the digit at 31 of a status answer (3.4), maker dependent.
// Negative when the terminal sent no digit.
type TerminalState int8

// Terminal states.
const (
	StateUnreadable    TerminalState = -1
	StateNotConfigured TerminalState = 0
	StateNoParameters  TerminalState = 1
	StateOperative     TerminalState = 2
	StateNotAligned    TerminalState = 3
	StateKeysDamaged   TerminalState = 4
	StateDownloadAsked TerminalState = 5
	StateUpdatePending TerminalState = 6
)

// MayPay says whether a payment may be started in this state.
type MayPay uint8

// Answers of TerminalState.MayPay.
const (
	PayNo        MayPay = iota
	PayYes              // operative
	PayWarned           // yes, with a warning
	PayIfAllowed        // unknown state: only if allowed at commissioning
)

// MayPay reads the table of 3.4.
func (s TerminalState) MayPay() MayPay {
	switch s {
	case StateOperative:
		return PayYes
	case StateDownloadAsked, StateUpdatePending:
		return PayWarned
	case StateNotConfigured, StateNoParameters, StateNotAligned, StateKeysDamaged:
		return PayNo
	default:
		return PayIfAllowed
	}
}

// Label is a short Italian text for people.
func (s TerminalState) Label() string {
	switch s {
	case StateNotConfigured:
		return "terminale non configurato"
	case StateNoParameters:
		return "parametri mai scaricati (serve il primo DLL)"
	case StateOperative:
		return "operativo"
	case StateNotAligned:
		return "non allineato: serve il primo DLL"
	case StateKeysDamaged:
		return "chiavi danneggiate: serve il primo DLL"
	case StateDownloadAsked:
		return "operativo, aggiornamento parametri richiesto"
	case StateUpdatePending:
		return "operativo, aggiornamento software in attesa"
	default:
		return "stato sconosciuto"
	}
}
