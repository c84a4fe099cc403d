package paper

import (
	"fmt"
	"time"
)

// words are the texts of the papers in one language.
type words struct {
	registered, pending, returned          string // titles
	registeredSub, pendingSub, returnedSub string
	pendingNote, openNote, erasedNote      string // what is and is not proven yet
	standIn                                string
	debt                                   string // "Avviso %d di %d"
	payment, total                         string

	paidAt, applied, creditor, creditorCode, office, notice, iuv, provider, providerCode, receipt, amount, fee, reason string
	number, reference, terminal, terminalTime, stan, auth, card, operator, state, returnedAt, id                       string
	standings                                                                                                          map[Standing]string
	footer                                                                                                             string // installation, payment
	incomplete                                                                                                         string
	copied                                                                                                             string
	date                                                                                                               string // layout of a moment
	day                                                                                                                string
}

var languages = map[string]words{
	"it": {
		registered: "Attestazione di pagamento", registeredSub: "Pagamento pagoPA registrato: dati della ricevuta telematica",
		pending: "Incasso con carta", pendingSub: "Incassato, registrazione in attesa",
		pendingNote: "Incassato, registrazione in attesa. L’importo è stato addebitato sulla carta; la ricevuta pagoPA non è ancora arrivata. Questo foglio non è una quietanza: l’attestazione si può chiedere quando la ricevuta è arrivata. Non pagare di nuovo gli avvisi elencati.",
		openNote:    "Incassato. La registrazione su pagoPA è in verifica presso l’ufficio. Questo foglio non è una quietanza. Non pagare di nuovo gli avvisi elencati: per chiarimenti citare il riferimento.",
		erasedNote:  "Incassato e registrato. I dati della ricevuta pagoPA non sono conservati qui: chiederla all’ente con il codice indicato.",
		returned:    "Storno di un incasso con carta", returnedSub: "L’importo è stato restituito sulla carta",
		standIn: "pagoPA ha risposto al posto dell’ente (stand-in).",
		debt:    "Avviso %d di %d", payment: "Operazione con carta", total: "Totale addebitato",
		paidAt: "Data e ora dell’operazione", applied: "Data applicativa", creditor: "Ente creditore", creditorCode: "Codice fiscale dell’ente",
		office: "Ufficio", notice: "Numero avviso", iuv: "IUV", provider: "Prestatore di servizi di pagamento", providerCode: "Codice fiscale del prestatore",
		receipt: "Identificativo unico pagamento", amount: "Importo", fee: "Commissione del prestatore", reason: "Causale",
		number: "Numero di ricevuta dello sportello", reference: "Riferimento", terminal: "Terminale", terminalTime: "Data e ora",
		stan: "STAN", auth: "Codice di autorizzazione", card: "Carta", operator: "Operatore", state: "Stato", returnedAt: "Stornato il", id: "Pagamento",
		standings: map[Standing]string{Registered: "registrato su pagoPA", Pending: "incassato, registrazione in attesa", Open: "incassato, registrazione in verifica", Returned: "stornato"},
		footer:    "Sportello %s · pagamento %s", incomplete: "SCONTRINO ARRIVATO INCOMPLETO", copied: "COPIA DALLO SPORTELLO",
		date: "02/01/2006 15:04:05", day: "02/01/2006",
	},
	"en": {
		registered: "Proof of payment", registeredSub: "pagoPA payment, registered: data of the electronic receipt",
		pending: "Card payment taken", pendingSub: "Charged, registration pending",
		pendingNote: "Charged, registration pending. The card was charged; the pagoPA receipt has not arrived yet. This sheet is not a receipt in full discharge: the proof of payment can be asked for once the receipt is there. Do not pay the notices below again.",
		openNote:    "Charged. The registration with pagoPA is being checked by the office. This sheet is not a receipt in full discharge. Do not pay the notices below again: for questions quote the reference.",
		erasedNote:  "Charged and registered. The data of the pagoPA receipt are not kept here: ask the creditor, quoting the code below.",
		returned:    "Card payment reversed", returnedSub: "The amount was given back to the card",
		standIn: "pagoPA answered in the creditor’s place (stand-in).",
		debt:    "Notice %d of %d", payment: "Card operation", total: "Total charged",
		paidAt: "Date and time of the operation", applied: "Date applied", creditor: "Creditor", creditorCode: "Creditor’s tax code",
		office: "Office", notice: "Notice number", iuv: "IUV", provider: "Payment service provider", providerCode: "Provider’s tax code",
		receipt: "Unique payment identifier", amount: "Amount", fee: "Provider’s fee", reason: "Reason",
		number: "Receipt number of the counter", reference: "Reference", terminal: "Terminal", terminalTime: "Date and time",
		stan: "STAN", auth: "Authorisation code", card: "Card", operator: "Clerk", state: "State", returnedAt: "Reversed on", id: "Payment",
		standings: map[Standing]string{Registered: "registered with pagoPA", Pending: "charged, registration pending", Open: "charged, registration being checked", Returned: "reversed"},
		footer:    "Counter %s · payment %s", incomplete: "SLIP ARRIVED INCOMPLETE", copied: "COPY OF THE COUNTER",
		date: "02/01/2006 15:04:05", day: "02/01/2006",
	},
	"de": {
		registered: "Zahlungsbestätigung", registeredSub: "pagoPA-Zahlung, registriert: Daten der elektronischen Quittung",
		pending: "Kartenzahlung", pendingSub: "Belastet, Registrierung ausstehend",
		pendingNote: "Belastet, Registrierung ausstehend. Die Karte wurde belastet; die pagoPA-Quittung ist noch nicht eingetroffen. Dieses Blatt ist keine Quittung: Die Zahlungsbestätigung kann verlangt werden, sobald die Quittung da ist. Die angeführten Zahlungsmitteilungen nicht nochmals bezahlen.",
		openNote:    "Belastet. Die Registrierung bei pagoPA wird vom Amt geprüft. Dieses Blatt ist keine Quittung. Die angeführten Zahlungsmitteilungen nicht nochmals bezahlen: bei Rückfragen die Referenz angeben.",
		erasedNote:  "Belastet und registriert. Die Daten der pagoPA-Quittung sind hier nicht aufbewahrt: bei der Körperschaft mit dem angeführten Code anfordern.",
		returned:    "Storno einer Kartenzahlung", returnedSub: "Der Betrag wurde auf die Karte zurückgebucht",
		standIn: "pagoPA hat anstelle der Körperschaft geantwortet (Stand-in).",
		debt:    "Zahlungsmitteilung %d von %d", payment: "Kartenvorgang", total: "Belasteter Gesamtbetrag",
		paidAt: "Datum und Uhrzeit des Vorgangs", applied: "Anwendungsdatum", creditor: "Gläubigerkörperschaft", creditorCode: "Steuernummer der Körperschaft",
		office: "Amt", notice: "Nummer der Zahlungsmitteilung", iuv: "IUV", provider: "Zahlungsdienstleister", providerCode: "Steuernummer des Dienstleisters",
		receipt: "Eindeutiger Zahlungscode", amount: "Betrag", fee: "Gebühr des Dienstleisters", reason: "Zahlungsgrund",
		number: "Quittungsnummer des Schalters", reference: "Referenz", terminal: "Terminal", terminalTime: "Datum und Uhrzeit",
		stan: "STAN", auth: "Autorisierungscode", card: "Karte", operator: "Schalterkraft", state: "Stand", returnedAt: "Storniert am", id: "Zahlung",
		standings: map[Standing]string{Registered: "bei pagoPA registriert", Pending: "belastet, Registrierung ausstehend", Open: "belastet, Registrierung wird geprüft", Returned: "storniert"},
		footer:    "Schalter %s · Zahlung %s", incomplete: "BELEG UNVOLLSTÄNDIG EINGETROFFEN", copied: "KOPIE DES SCHALTERS",
		date: "02.01.2006 15:04:05", day: "02.01.2006",
	},
}

// wordsOf are the texts of a language; Italian where there are none.
func wordsOf(language string) words {
	if w, ok := languages[language]; ok {
		return w
	}
	return languages["it"]
}

func (w words) moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(Rome).Format(w.date)
}

// dayText writes 2006-01-02 as people do.
func (w words) dayText(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return ""
	}
	return t.Format(w.day)
}

func (w words) foot(installation, payment string) string {
	return fmt.Sprintf(w.footer, installation, payment)
}
