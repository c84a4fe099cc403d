package local

// EvidenceLabel names a kind of evidence in plain words; an unknown kind reads as itself.
func EvidenceLabel(kind string, lang Language) string {
	all, ok := evidenceLabels[lang]
	if !ok {
		all = evidenceLabels[Italian]
	}
	if label := all[kind]; label != "" {
		return label
	}
	return kind
}

var evidenceLabels = map[Language]map[string]string{
	Italian: {
		"result":      "risposta del terminale",
		"last_result": "ultima operazione salvata nel terminale",
		"status":      "stato del terminale",
		"totals":      "totale del terminale",
		"ticket":      "copia dello scontrino nel terminale",
		"line":        "collegamento con il terminale",
		"receipt":     "ricevuta pagoPA",
		"data":        "dati aggiuntivi fra cassa e terminale",
		"alarm":       "attenzione: il terminale è usato anche da altri",
		"clerk":       "risposta di un operatore",
	},
	English: {
		"result":      "answer of the terminal",
		"last_result": "last operation saved in the terminal",
		"status":      "status of the terminal",
		"totals":      "total of the terminal",
		"ticket":      "copy of the slip in the terminal",
		"line":        "connection with the terminal",
		"receipt":     "pagoPA receipt",
		"data":        "additional data between till and terminal",
		"alarm":       "attention: others use the terminal too",
		"clerk":       "answer of an operator",
	},
	German: {
		"result":      "Antwort des Terminals",
		"last_result": "letzter im Terminal gespeicherter Vorgang",
		"status":      "Zustand des Terminals",
		"totals":      "Summe des Terminals",
		"ticket":      "Belegkopie im Terminal",
		"line":        "Verbindung mit dem Terminal",
		"receipt":     "pagoPA-Quittung",
		"data":        "Zusatzdaten zwischen Kasse und Terminal",
		"alarm":       "Achtung: das Terminal wird auch von anderen benutzt",
		"clerk":       "Antwort einer Person am Schalter",
	},
}

// What a ClosingDiff is between.
const (
	TerminalLedger = "terminal_ledger"
	HostLedger     = "host_ledger"
	TerminalHost   = "terminal_host"
)

// ClosingDiffText says a difference of a close in plain words; cents is the first total minus the second.
func ClosingDiffText(between string, cents int64, lang Language) string {
	all, ok := closingTexts[lang]
	if !ok {
		all = closingTexts[Italian]
	}
	text, ok := all[between]
	if !ok {
		return ""
	}
	part := text.more
	if cents < 0 {
		part, cents = text.less, -cents
	}
	return fill(part, map[string]string{ArgAmount: Money(cents, lang)})
}

type moreOrLess struct{ more, less string }

var closingTexts = map[Language]map[string]moreOrLess{
	Italian: {
		TerminalLedger: {"il terminale ha {amount} in più del registro", "il terminale ha {amount} in meno del registro"},
		HostLedger:     {"la banca ha {amount} in più del registro", "la banca ha {amount} in meno del registro"},
		TerminalHost:   {"il terminale ha {amount} in più della banca", "il terminale ha {amount} in meno della banca"},
	},
	English: {
		TerminalLedger: {"the terminal has {amount} more than the ledger", "the terminal has {amount} less than the ledger"},
		HostLedger:     {"the bank has {amount} more than the ledger", "the bank has {amount} less than the ledger"},
		TerminalHost:   {"the terminal has {amount} more than the bank", "the terminal has {amount} less than the bank"},
	},
	German: {
		TerminalLedger: {"das Terminal hat {amount} mehr als das Register", "das Terminal hat {amount} weniger als das Register"},
		HostLedger:     {"die Bank hat {amount} mehr als das Register", "die Bank hat {amount} weniger als das Register"},
		TerminalHost:   {"das Terminal hat {amount} mehr als die Bank", "das Terminal hat {amount} weniger als die Bank"},
	},
}

// GapText says in plain words what a verification did not show, by the names of protocol/govpay's gaps, for
// {reason} of CodeWeakVerification. A name it does not know gives "".
func GapText(gap string, lang Language) string {
	all, ok := gapTexts[lang]
	if !ok {
		all = gapTexts[Italian]
	}
	return all[gap]
}

var gapTexts = map[Language]map[string]string{
	Italian: {
		"no_state":    "non se è stato ritirato o pagato in modo irregolare",
		"no_attempts": "non se qualcuno lo sta pagando ora",
		"no_lines":    "non se contiene un bollo o quote di altri enti",
	},
	English: {
		"no_state":    "not whether it was withdrawn or paid irregularly",
		"no_attempts": "not whether somebody is paying it now",
		"no_lines":    "not whether it contains a stamp duty or shares of others",
	},
	German: {
		"no_state":    "nicht, ob zurückgezogen oder nicht ordnungsgemäß bezahlt",
		"no_attempts": "nicht, ob jemand gerade zahlt",
		"no_lines":    "nicht, ob Stempelmarke oder Anteile anderer enthalten sind",
	},
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
func FormText(why string, lang Language) string {
	all, ok := formTexts[lang]
	if !ok {
		all = formTexts[Italian]
	}
	return all[why]
}

var formTexts = map[Language]map[string]string{
	Italian: {
		FormMissing: "è obbligatorio", FormUnknown: "non è previsto", FormKind: "non è del tipo richiesto", FormLength: "non ha la lunghezza richiesta",
		FormRange: "è fuori dai limiti", FormPattern: "non ha la forma richiesta", FormChoice: "non è fra i valori ammessi",
	},
	English: {
		FormMissing: "is mandatory", FormUnknown: "is not expected", FormKind: "is not of the kind asked for", FormLength: "does not have the length asked for",
		FormRange: "is out of range", FormPattern: "does not have the form asked for", FormChoice: "is not one of the values allowed",
	},
	German: {
		FormMissing: "ist Pflicht", FormUnknown: "ist nicht vorgesehen", FormKind: "ist nicht von der verlangten Art", FormLength: "hat nicht die verlangte Länge",
		FormRange: "ist außerhalb der Grenzen", FormPattern: "hat nicht die verlangte Form", FormChoice: "ist kein zugelassener Wert",
	},
}
