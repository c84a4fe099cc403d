package local

// Words is one text in each of Languages, in their order.
type Words [3]string

// In gives the text in a language; Italian for one that there is not.
func (w Words) In(lang Language) string {
	for i, l := range Languages() {
		if l == lang {
			return w[i]
		}
	}
	return w[0]
}

// EvidenceLabel names a kind of evidence in plain words; an unknown kind reads as itself.
func EvidenceLabel(kind string, lang Language) string {
	if label, ok := evidenceLabels[kind]; ok {
		return label.In(lang)
	}
	return kind
}

var evidenceLabels = map[string]Words{
	"result":      {"risposta del terminale", "answer of the terminal", "Antwort des Terminals"},
	"last_result": {"ultima operazione salvata nel terminale", "last operation saved in the terminal", "letzter im Terminal gespeicherter Vorgang"},
	"status":      {"stato del terminale", "status of the terminal", "Zustand des Terminals"},
	"totals":      {"totale del terminale", "total of the terminal", "Summe des Terminals"},
	"ticket":      {"copia dello scontrino nel terminale", "copy of the slip in the terminal", "Belegkopie im Terminal"},
	"line":        {"collegamento con il terminale", "connection with the terminal", "Verbindung mit dem Terminal"},
	"receipt":     {"ricevuta pagoPA", "pagoPA receipt", "pagoPA-Quittung"},
	"data":        {"dati aggiuntivi fra cassa e terminale", "additional data between till and terminal", "Zusatzdaten zwischen Kasse und Terminal"},
	"alarm":       {"attenzione: il terminale è usato anche da altri", "attention: others use the terminal too", "Achtung: das Terminal wird auch von anderen benutzt"},
	"clerk":       {"risposta di un operatore", "answer of an operator", "Antwort einer Person am Schalter"},
}

// What a ClosingDiff is between.
const (
	TerminalLedger = "terminal_ledger"
	HostLedger     = "host_ledger"
	TerminalHost   = "terminal_host"
)

// ClosingDiffText says a difference of a close in plain words; cents is the first total minus the second.
func ClosingDiffText(between string, cents int64, lang Language) string {
	text := closingTexts[between]
	part := text.more
	if cents < 0 {
		part, cents = text.less, -cents
	}
	return fill(part.In(lang), map[string]string{ArgAmount: Money(cents, lang)})
}

var closingTexts = map[string]struct{ more, less Words }{
	TerminalLedger: {
		Words{"il terminale ha {amount} in più del registro", "the terminal has {amount} more than the ledger", "das Terminal hat {amount} mehr als das Register"},
		Words{"il terminale ha {amount} in meno del registro", "the terminal has {amount} less than the ledger", "das Terminal hat {amount} weniger als das Register"},
	},
	HostLedger: {
		Words{"la banca ha {amount} in più del registro", "the bank has {amount} more than the ledger", "die Bank hat {amount} mehr als das Register"},
		Words{"la banca ha {amount} in meno del registro", "the bank has {amount} less than the ledger", "die Bank hat {amount} weniger als das Register"},
	},
	TerminalHost: {
		Words{"il terminale ha {amount} in più della banca", "the terminal has {amount} more than the bank", "das Terminal hat {amount} mehr als die Bank"},
		Words{"il terminale ha {amount} in meno della banca", "the terminal has {amount} less than the bank", "das Terminal hat {amount} weniger als die Bank"},
	},
}

// GapText says in plain words what a verification did not show, by the names of protocol/govpay's gaps, for
// {reason} of CodeWeakVerification. A name it does not know gives "".
func GapText(gap string, lang Language) string { return gapTexts[gap].In(lang) }

var gapTexts = map[string]Words{
	"no_state":    {"non se è stato ritirato o pagato in modo irregolare", "not whether it was withdrawn or paid irregularly", "nicht, ob zurückgezogen oder nicht ordnungsgemäß bezahlt"},
	"no_attempts": {"non se qualcuno lo sta pagando ora", "not whether somebody is paying it now", "nicht, ob jemand gerade zahlt"},
	"no_lines":    {"non se contiene un bollo o quote di altri enti", "not whether it contains a stamp duty or shares of others", "nicht, ob Stempelmarke oder Anteile anderer enthalten sind"},
}

// What is wrong with a field of a form: the keys of FormText, for {reason} of CodeFormInvalid.
const (
	FormMissing = "missing" // it is mandatory
	FormUnknown = "unknown" // the form has no such field
	FormKind    = "kind"    // not text, a number, yes or no, as the form asks
	FormLength  = "length"
	FormRange   = "range"   // a number too small or too great
	FormPattern = "pattern" // not of the form's shape
	FormChoice  = "choice"  // not one of the values
)

// FormText says what is wrong with a field; "" for a key it does not know.
func FormText(why string, lang Language) string { return formTexts[why].In(lang) }

var formTexts = map[string]Words{
	FormMissing: {"è obbligatorio", "is mandatory", "ist Pflicht"},
	FormUnknown: {"non è previsto", "is not expected", "ist nicht vorgesehen"},
	FormKind:    {"non è del tipo richiesto", "is not of the kind asked for", "ist nicht von der verlangten Art"},
	FormLength:  {"non ha la lunghezza richiesta", "does not have the length asked for", "hat nicht die verlangte Länge"},
	FormRange:   {"è fuori dai limiti", "is out of range", "ist außerhalb der Grenzen"},
	FormPattern: {"non ha la forma richiesta", "does not have the form asked for", "hat nicht die verlangte Form"},
	FormChoice:  {"non è fra i valori ammessi", "is not one of the values allowed", "ist kein zugelassener Wert"},
}
