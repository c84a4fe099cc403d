package report

import (
	"strings"

	"sportello/protocol/local"
)

// words are the texts of reports in one language.
type words struct {
	columns       []string // of CSV
	states        map[local.State]string
	registrations map[local.Registration]string
	yes           map[bool]string

	title, madeAt, head, entries, receipts, installation                                           string
	totals, operators, terminals, creditors, cases, casesOpened, casesEnded, noCases, list, nobody string
	difference, sign                                                                               string
	figures                                                                                        []string // names of the columns of figures
	lines                                                                                          []string // and of the list
	headNote                                                                                       string
}

var languages = map[string]words{
	"it": {
		columns: strings.Split("giorno contabile;data e ora;ricevuta sportello;pagamento;riferimento;codice fiscale ente;ente;numero avviso;importo avviso;importo addebitato;stato;stornato il;registrazione;identificativo ricevuta pagoPA;terminale;operatore;STAN;codice autorizzazione;carta;regolamento;fuori linea", ";"),
		states: map[local.State]string{local.StateOpen: "in preparazione", local.StateSent: "inviato", local.StateUnknown: "esito non noto", local.StateCharged: "incassato",
			local.StateNotCharged: "non incassato", local.StateReversing: "storno in corso", local.StateReversed: "stornato"},
		registrations: map[local.Registration]string{local.RegistrationNone: "nessuna", local.RegistrationSubmitting: "in invio", local.RegistrationAwaitingReceipt: "in attesa",
			local.RegistrationRegistered: "registrato", local.RegistrationHeld: "sospesa", local.RegistrationPaidElsewhere: "pagato altrove", local.RegistrationRejected: "rifiutata", local.RegistrationClosed: "chiusa"},
		yes:   map[bool]string{true: "sì", false: "no"},
		title: "Riepilogo della giornata", madeAt: "Stampato il", head: "Testa del registro", entries: "Scritture nel registro", receipts: "Ricevute dello sportello", installation: "Installazione",
		totals: "Totali", operators: "Per operatore", terminals: "Per terminale", creditors: "Per ente", cases: "Casi aperti", casesOpened: "Casi aperti nella giornata", casesEnded: "Casi chiusi nella giornata",
		noCases: "Nessun caso aperto.", list: "Operazioni", nobody: "Nessuna operazione.", difference: "Differenza tra addebiti e importi degli avvisi", sign: "Firma",
		figures:  []string{"", "Incassati", "Stornati", "Netto", "Non noti", "Registrati", "In attesa", "Sospesi", "Chiusi"},
		lines:    []string{"Ricevuta", "Ora", "Pagamento", "Avviso", "Importo", "Stato", "Registrazione", "Terminale", "Operatore", "STAN"},
		headNote: "La testa del registro lega questo foglio a tutte le scritture precedenti: se una fosse cambiata, la verifica del registro non la ritroverebbe.",
	},
	"en": {
		columns: strings.Split("accounting day;date and time;counter receipt;payment;reference;creditor tax code;creditor;notice number;notice amount;amount charged;state;reversed on;registration;pagoPA receipt id;terminal;clerk;STAN;authorisation code;card;settlement;offline", ";"),
		states: map[local.State]string{local.StateOpen: "being prepared", local.StateSent: "sent", local.StateUnknown: "unknown", local.StateCharged: "charged",
			local.StateNotCharged: "not charged", local.StateReversing: "being reversed", local.StateReversed: "reversed"},
		registrations: map[local.Registration]string{local.RegistrationNone: "none", local.RegistrationSubmitting: "being submitted", local.RegistrationAwaitingReceipt: "awaited",
			local.RegistrationRegistered: "registered", local.RegistrationHeld: "held", local.RegistrationPaidElsewhere: "paid elsewhere", local.RegistrationRejected: "rejected", local.RegistrationClosed: "closed"},
		yes:   map[bool]string{true: "yes", false: "no"},
		title: "Day report", madeAt: "Printed on", head: "Head of the ledger", entries: "Entries in the ledger", receipts: "Receipts of the counter", installation: "Installation",
		totals: "Totals", operators: "By clerk", terminals: "By terminal", creditors: "By creditor", cases: "Open cases", casesOpened: "Cases opened that day", casesEnded: "Cases ended that day",
		noCases: "No case is open.", list: "Operations", nobody: "No operation.", difference: "Difference between charges and amounts of the notices", sign: "Signature",
		figures:  []string{"", "Charged", "Reversed", "Net", "Unknown", "Registered", "Awaited", "Held", "Closed"},
		lines:    []string{"Receipt", "Time", "Payment", "Notice", "Amount", "State", "Registration", "Terminal", "Clerk", "STAN"},
		headNote: "The head of the ledger ties this sheet to every entry before it: had one been changed, a check of the ledger would not find it again.",
	},
	"de": {
		columns: strings.Split("Buchungstag;Datum und Uhrzeit;Schalterquittung;Zahlung;Referenz;Steuernummer der Körperschaft;Körperschaft;Nummer der Zahlungsmitteilung;Betrag der Mitteilung;belasteter Betrag;Stand;storniert am;Registrierung;pagoPA-Quittungscode;Terminal;Schalterkraft;STAN;Autorisierungscode;Karte;Abwicklung;offline", ";"),
		states: map[local.State]string{local.StateOpen: "in Vorbereitung", local.StateSent: "gesendet", local.StateUnknown: "Ausgang unbekannt", local.StateCharged: "belastet",
			local.StateNotCharged: "nicht belastet", local.StateReversing: "Storno läuft", local.StateReversed: "storniert"},
		registrations: map[local.Registration]string{local.RegistrationNone: "keine", local.RegistrationSubmitting: "wird gesendet", local.RegistrationAwaitingReceipt: "erwartet",
			local.RegistrationRegistered: "registriert", local.RegistrationHeld: "angehalten", local.RegistrationPaidElsewhere: "anderswo bezahlt", local.RegistrationRejected: "abgelehnt", local.RegistrationClosed: "geschlossen"},
		yes:   map[bool]string{true: "ja", false: "nein"},
		title: "Tagesbericht", madeAt: "Gedruckt am", head: "Kopf des Journals", entries: "Einträge im Journal", receipts: "Quittungen des Schalters", installation: "Installation",
		totals: "Summen", operators: "Nach Schalterkraft", terminals: "Nach Terminal", creditors: "Nach Körperschaft", cases: "Offene Fälle", casesOpened: "An dem Tag eröffnete Fälle", casesEnded: "An dem Tag abgeschlossene Fälle",
		noCases: "Kein offener Fall.", list: "Vorgänge", nobody: "Kein Vorgang.", difference: "Unterschied zwischen Belastungen und Beträgen der Mitteilungen", sign: "Unterschrift",
		figures:  []string{"", "Belastet", "Storniert", "Netto", "Unbekannt", "Registriert", "Erwartet", "Angehalten", "Geschlossen"},
		lines:    []string{"Quittung", "Uhrzeit", "Zahlung", "Mitteilung", "Betrag", "Stand", "Registrierung", "Terminal", "Schalterkraft", "STAN"},
		headNote: "Der Kopf des Journals bindet dieses Blatt an alle früheren Einträge: wäre einer geändert worden, fände die Prüfung des Journals ihn nicht wieder.",
	},
}

// wordsOf are the texts of a language; Italian where there are none.
func wordsOf(language string) words {
	if w, ok := languages[language]; ok {
		return w
	}
	return languages["it"]
}
