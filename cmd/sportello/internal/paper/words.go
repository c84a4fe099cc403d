package paper

import (
	"fmt"
	"time"

	"sportello/protocol/local"
)

type words = local.Words

// texts are the words of the papers, each in every language.
var texts = struct {
	registered, pending, returned          words // titles
	registeredSub, pendingSub, returnedSub words
	pendingNote, openNote, erasedNote      words // what is and is not proven yet
	standIn                                words
	debt                                   words // "Avviso %d di %d"
	payment, total                         words

	paidAt, applied, creditor, creditorCode, office, notice, iuv, provider, providerCode, receipt, amount, fee, reason words
	number, reference, terminal, terminalTime, stan, auth, card, operator, state, returnedAt, id                       words
	standings                                                                                                          map[Standing]words
	footer                                                                                                             words // installation, payment
	incomplete, copied                                                                                                 words
	date, day                                                                                                          words // layouts of a moment, and of a day
}{
	registered:    words{"Attestazione di pagamento", "Proof of payment", "Zahlungsbestätigung"},
	registeredSub: words{"Pagamento pagoPA registrato: dati della ricevuta telematica", "pagoPA payment, registered: data of the electronic receipt", "pagoPA-Zahlung, registriert: Daten der elektronischen Quittung"},
	pending:       words{"Incasso con carta", "Card payment taken", "Kartenzahlung"},
	pendingSub:    words{"Incassato, registrazione in attesa", "Charged, registration pending", "Belastet, Registrierung ausstehend"},
	pendingNote:   words{"Incassato, registrazione in attesa. L’importo è stato addebitato sulla carta; la ricevuta pagoPA non è ancora arrivata. Questo foglio non è una quietanza: l’attestazione si può chiedere quando la ricevuta è arrivata. Non pagare di nuovo gli avvisi elencati.", "Charged, registration pending. The card was charged; the pagoPA receipt has not arrived yet. This sheet is not a receipt in full discharge: the proof of payment can be asked for once the receipt is there. Do not pay the notices below again.", "Belastet, Registrierung ausstehend. Die Karte wurde belastet; die pagoPA-Quittung ist noch nicht eingetroffen. Dieses Blatt ist keine Quittung: Die Zahlungsbestätigung kann verlangt werden, sobald die Quittung da ist. Die angeführten Zahlungsmitteilungen nicht nochmals bezahlen."},
	openNote:      words{"Incassato. La registrazione su pagoPA è in verifica presso l’ufficio. Questo foglio non è una quietanza. Non pagare di nuovo gli avvisi elencati: per chiarimenti citare il riferimento.", "Charged. The registration with pagoPA is being checked by the office. This sheet is not a receipt in full discharge. Do not pay the notices below again: for questions quote the reference.", "Belastet. Die Registrierung bei pagoPA wird vom Amt geprüft. Dieses Blatt ist keine Quittung. Die angeführten Zahlungsmitteilungen nicht nochmals bezahlen: bei Rückfragen die Referenz angeben."},
	erasedNote:    words{"Incassato e registrato. I dati della ricevuta pagoPA non sono conservati qui: chiederla all’ente con il codice indicato.", "Charged and registered. The data of the pagoPA receipt are not kept here: ask the creditor, quoting the code below.", "Belastet und registriert. Die Daten der pagoPA-Quittung sind hier nicht aufbewahrt: bei der Körperschaft mit dem angeführten Code anfordern."},
	returned:      words{"Storno di un incasso con carta", "Card payment reversed", "Storno einer Kartenzahlung"},
	returnedSub:   words{"L’importo è stato restituito sulla carta", "The amount was given back to the card", "Der Betrag wurde auf die Karte zurückgebucht"},
	standIn:       words{"pagoPA ha risposto al posto dell’ente (stand-in).", "pagoPA answered in the creditor’s place (stand-in).", "pagoPA hat anstelle der Körperschaft geantwortet (Stand-in)."},
	debt:          words{"Avviso %d di %d", "Notice %d of %d", "Zahlungsmitteilung %d von %d"},
	payment:       words{"Operazione con carta", "Card operation", "Kartenvorgang"},
	total:         words{"Totale addebitato", "Total charged", "Belasteter Gesamtbetrag"},
	paidAt:        words{"Data e ora dell’operazione", "Date and time of the operation", "Datum und Uhrzeit des Vorgangs"},
	applied:       words{"Data applicativa", "Date applied", "Anwendungsdatum"},
	creditor:      words{"Ente creditore", "Creditor", "Gläubigerkörperschaft"},
	creditorCode:  words{"Codice fiscale dell’ente", "Creditor’s tax code", "Steuernummer der Körperschaft"},
	office:        words{"Ufficio", "Office", "Amt"},
	notice:        words{"Numero avviso", "Notice number", "Nummer der Zahlungsmitteilung"},
	iuv:           words{"IUV", "IUV", "IUV"},
	provider:      words{"Prestatore di servizi di pagamento", "Payment service provider", "Zahlungsdienstleister"},
	providerCode:  words{"Codice fiscale del prestatore", "Provider’s tax code", "Steuernummer des Dienstleisters"},
	receipt:       words{"Identificativo unico pagamento", "Unique payment identifier", "Eindeutiger Zahlungscode"},
	amount:        words{"Importo", "Amount", "Betrag"},
	fee:           words{"Commissione del prestatore", "Provider’s fee", "Gebühr des Dienstleisters"},
	reason:        words{"Causale", "Reason", "Zahlungsgrund"},
	number:        words{"Numero di ricevuta dello sportello", "Receipt number of the counter", "Quittungsnummer des Schalters"},
	reference:     words{"Riferimento", "Reference", "Referenz"},
	terminal:      words{"Terminale", "Terminal", "Terminal"},
	terminalTime:  words{"Data e ora", "Date and time", "Datum und Uhrzeit"},
	stan:          words{"STAN", "STAN", "STAN"},
	auth:          words{"Codice di autorizzazione", "Authorisation code", "Autorisierungscode"},
	card:          words{"Carta", "Card", "Karte"},
	operator:      words{"Operatore", "Clerk", "Schalterkraft"},
	state:         words{"Stato", "State", "Stand"},
	returnedAt:    words{"Stornato il", "Reversed on", "Storniert am"},
	id:            words{"Pagamento", "Payment", "Zahlung"},
	footer:        words{"Sportello %s · pagamento %s", "Counter %s · payment %s", "Schalter %s · Zahlung %s"},
	incomplete:    words{"SCONTRINO ARRIVATO INCOMPLETO", "SLIP ARRIVED INCOMPLETE", "BELEG UNVOLLSTÄNDIG EINGETROFFEN"},
	copied:        words{"COPIA DALLO SPORTELLO", "COPY OF THE COUNTER", "KOPIE DES SCHALTERS"},
	date:          words{"02/01/2006 15:04:05", "02/01/2006 15:04:05", "02.01.2006 15:04:05"},
	day:           words{"02/01/2006", "02/01/2006", "02.01.2006"},
	standings: map[Standing]words{
		Registered: {"registrato su pagoPA", "registered with pagoPA", "bei pagoPA registriert"},
		Pending:    {"incassato, registrazione in attesa", "charged, registration pending", "belastet, Registrierung ausstehend"},
		Open:       {"incassato, registrazione in verifica", "charged, registration being checked", "belastet, Registrierung wird geprüft"},
		Returned:   {"stornato", "reversed", "storniert"},
	},
}

func moment(t time.Time, lang local.Language) string {
	if t.IsZero() {
		return ""
	}
	return t.In(Rome).Format(texts.date.In(lang))
}

// dayText writes 2006-01-02 as people do.
func dayText(day string, lang local.Language) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return ""
	}
	return t.Format(texts.day.In(lang))
}

// foot is the line that ends a paper.
func (a Attestation) foot() string {
	return fmt.Sprintf(texts.footer.In(a.lang()), a.Installation, a.PaymentID)
}

func (a Attestation) fact(label words, value string) Fact { return Fact{label.In(a.lang()), value} }

func (a Attestation) lang() local.Language { return local.Language(a.Language) }
