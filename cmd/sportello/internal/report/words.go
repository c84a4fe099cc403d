package report

import "sportello/protocol/local"

type words = local.Words

// texts are the words of the day's report, each in every language.
var texts = struct {
	title, madeAt, head, headNote, entries, receipts, installation                                 words
	totals, operators, terminals, creditors, cases, casesOpened, casesEnded, noCases, list, nobody words
	difference, sign                                                                               words
}{
	title:        words{"Riepilogo della giornata", "Day report", "Tagesbericht"},
	madeAt:       words{"Stampato il", "Printed on", "Gedruckt am"},
	head:         words{"Testa del registro", "Head of the ledger", "Kopf des Journals"},
	entries:      words{"Scritture nel registro", "Entries in the ledger", "Einträge im Journal"},
	receipts:     words{"Ricevute dello sportello", "Receipts of the counter", "Quittungen des Schalters"},
	installation: words{"Installazione", "Installation", "Installation"},
	totals:       words{"Totali", "Totals", "Summen"},
	operators:    words{"Per operatore", "By clerk", "Nach Schalterkraft"},
	terminals:    words{"Per terminale", "By terminal", "Nach Terminal"},
	creditors:    words{"Per ente", "By creditor", "Nach Körperschaft"},
	cases:        words{"Casi aperti", "Open cases", "Offene Fälle"},
	casesOpened:  words{"Casi aperti nella giornata", "Cases opened that day", "An dem Tag eröffnete Fälle"},
	casesEnded:   words{"Casi chiusi nella giornata", "Cases ended that day", "An dem Tag abgeschlossene Fälle"},
	noCases:      words{"Nessun caso aperto.", "No case is open.", "Kein offener Fall."},
	list:         words{"Operazioni", "Operations", "Vorgänge"},
	nobody:       words{"Nessuna operazione.", "No operation.", "Kein Vorgang."},
	difference:   words{"Differenza tra addebiti e importi degli avvisi", "Difference between charges and amounts of the notices", "Unterschied zwischen Belastungen und Beträgen der Mitteilungen"},
	sign:         words{"Firma", "Signature", "Unterschrift"},
	headNote:     words{"La testa del registro lega questo foglio a tutte le scritture precedenti: se una fosse cambiata, la verifica del registro non la ritroverebbe.", "The head of the ledger ties this sheet to every entry before it: had one been changed, a check of the ledger would not find it again.", "Der Kopf des Journals bindet dieses Blatt an alle früheren Einträge: wäre einer geändert worden, fände die Prüfung des Journals ihn nicht wieder."},
}

// column is a column of a sheet, with its share of the width.
type column struct {
	name  words
	share float64
	right bool
}

// figureColumns are those of the figures, lineColumns those of the list of operations.
var (
	figureColumns = []column{
		{words{"", "", ""}, 0.15, false},
		{words{"Incassati", "Charged", "Belastet"}, 0.12, true},
		{words{"Stornati", "Reversed", "Storniert"}, 0.11, true},
		{words{"Netto", "Net", "Netto"}, 0.11, true},
		{words{"Non noti", "Unknown", "Unbekannt"}, 0.11, true},
		{words{"Registrati", "Registered", "Registriert"}, 0.11, true},
		{words{"In attesa", "Awaited", "Erwartet"}, 0.1, true},
		{words{"Sospesi", "Held", "Angehalten"}, 0.1, true},
		{words{"Chiusi", "Closed", "Geschlossen"}, 0.09, true},
	}
	lineColumns = []column{
		{words{"Ricevuta", "Receipt", "Quittung"}, 0.07, false},
		{words{"Ora", "Time", "Uhrzeit"}, 0.08, false},
		{words{"Pagamento", "Payment", "Zahlung"}, 0.11, false},
		{words{"Avviso", "Notice", "Mitteilung"}, 0.18, false},
		{words{"Importo", "Amount", "Betrag"}, 0.1, true},
		{words{"Stato", "State", "Stand"}, 0.11, false},
		{words{"Registrazione", "Registration", "Registrierung"}, 0.1, false},
		{words{"Terminale", "Terminal", "Terminal"}, 0.09, false},
		{words{"Operatore", "Clerk", "Schalterkraft"}, 0.1, false},
		{words{"STAN", "STAN", "STAN"}, 0.06, false},
	}
)

// fileColumns are those of CSV.
var fileColumns = []words{
	{"giorno contabile", "accounting day", "Buchungstag"},
	{"data e ora", "date and time", "Datum und Uhrzeit"},
	{"ricevuta sportello", "counter receipt", "Schalterquittung"},
	{"pagamento", "payment", "Zahlung"},
	{"riferimento", "reference", "Referenz"},
	{"codice fiscale ente", "creditor tax code", "Steuernummer der Körperschaft"},
	{"ente", "creditor", "Körperschaft"},
	{"numero avviso", "notice number", "Nummer der Zahlungsmitteilung"},
	{"importo avviso", "notice amount", "Betrag der Mitteilung"},
	{"importo addebitato", "amount charged", "belasteter Betrag"},
	{"stato", "state", "Stand"},
	{"stornato il", "reversed on", "storniert am"},
	{"registrazione", "registration", "Registrierung"},
	{"identificativo ricevuta pagoPA", "pagoPA receipt id", "pagoPA-Quittungscode"},
	{"terminale", "terminal", "Terminal"},
	{"operatore", "clerk", "Schalterkraft"},
	{"STAN", "STAN", "STAN"},
	{"codice autorizzazione", "authorisation code", "Autorisierungscode"},
	{"carta", "card", "Karte"},
	{"regolamento", "settlement", "Abwicklung"},
	{"fuori linea", "offline", "offline"},
}

var states = map[local.State]words{
	local.StateOpen:       {"in preparazione", "being prepared", "in Vorbereitung"},
	local.StateSent:       {"inviato", "sent", "gesendet"},
	local.StateUnknown:    {"esito non noto", "unknown", "Ausgang unbekannt"},
	local.StateCharged:    {"incassato", "charged", "belastet"},
	local.StateNotCharged: {"non incassato", "not charged", "nicht belastet"},
	local.StateReversing:  {"storno in corso", "being reversed", "Storno läuft"},
	local.StateReversed:   {"stornato", "reversed", "storniert"},
}

var registrations = map[local.Registration]words{
	local.RegistrationNone:            {"nessuna", "none", "keine"},
	local.RegistrationSubmitting:      {"in invio", "being submitted", "wird gesendet"},
	local.RegistrationAwaitingReceipt: {"in attesa", "awaited", "erwartet"},
	local.RegistrationRegistered:      {"registrato", "registered", "registriert"},
	local.RegistrationHeld:            {"sospesa", "held", "angehalten"},
	local.RegistrationPaidElsewhere:   {"pagato altrove", "paid elsewhere", "anderswo bezahlt"},
	local.RegistrationRejected:        {"rifiutata", "rejected", "abgelehnt"},
	local.RegistrationClosed:          {"chiusa", "closed", "geschlossen"},
}

var yesNo = map[bool]words{true: {"sì", "yes", "ja"}, false: {"no", "no", "nein"}}
