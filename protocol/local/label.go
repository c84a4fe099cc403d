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
