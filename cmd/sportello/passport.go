package main

import (
	"fmt"
	"io"
	"strings"

	"sportello/protocol/local"
)

// commandNames are the terminal's commands by their letters (ECR17 2).
var commandNames = []struct{ letter, name string }{
	{"s", "stato"}, {"G", "ultima operazione"}, {"T", "totali"}, {"R", "copia dello scontrino"}, {"E", "scontrino al PC"},
}

// fieldNames are a passport's fields as the ledger names what has changed.
var fieldNames = map[string]string{
	"terminal_id": "il codice del terminale (TID)", "software": "il programma del terminale", "scope": "il calcolo di controllo (LRC)",
	"ack_form": "la forma delle conferme", "supports": "i comandi riconosciuti", "refuses": "i comandi rifiutati",
	"clock_offset": "l'orologio", "one_client": "quanti collegamenti accetta", "prints": "la stampa del riferimento",
	"reprints": "la copia dello scontrino", "totals_before": "la lettura dei totali prima dell'incasso",
}

// printPassport writes what commissioning has found, and what is not as it was.
func printPassport(w io.Writer, p local.Passport) {
	fmt.Fprintf(w, "Verifica del %s: nessun denaro mosso.\n", clock(p.At))
	for _, line := range [][2]string{
		{"TID", p.TerminalID},
		{"programma", orElse(p.Software, "non indicato")},
		{"LRC", p.Scope + ", provato con due risposte"},
		{"conferme (ACK)", orElse(p.AckForm, "forma non ancora nota")},
		{"comandi riconosciuti", letters(p.Supports)},
		{"comandi rifiutati", letters(p.Refuses)},
		{"orologio", offset(p.ClockSeconds)},
		{"totale", optional(p.TotalCents)},
		{"stampa il nostro riferimento", answer(p.Prints)},
		{"dà copia dell'ultimo scontrino", answer(p.Reprints)},
	} {
		fmt.Fprintf(w, "  %-31s %s\n", line[0]+":", line[1])
	}
	totals := "no: serve un responsabile che abbia visto che non stampa nulla (--quiet-totals)"
	if p.TotalsBefore {
		totals = "sì"
	}
	fmt.Fprintf(w, "  %-31s %s\n", "totali letti prima dell'incasso:", totals)
	if len(p.Changed) == 0 {
		return
	}
	var changed []string
	for _, field := range p.Changed {
		changed = append(changed, orElse(fieldNames[field], field))
	}
	fmt.Fprintln(w, "  ► è cambiato rispetto a prima: "+strings.Join(changed, ", "))
	fmt.Fprintln(w, "    se nessuno ha sostituito o aggiornato il terminale, non incassare e avvisare l'assistenza (sportello cases)")
}

// letters names a list of command letters.
func letters(known string) string {
	var names []string
	for _, c := range commandNames {
		if strings.Contains(known, c.letter) {
			names = append(names, c.name)
		}
	}
	return orElse(strings.Join(names, ", "), "nessuno")
}

// offset says how far the terminal's clock is from the PC's; it is known to the minute.
func offset(seconds int64) string {
	way := "avanti"
	if seconds < 0 {
		way, seconds = "indietro", -seconds
	}
	if seconds < 120 {
		return "d'accordo con il PC"
	}
	return fmt.Sprintf("%d min %s rispetto al PC: farlo regolare", seconds/60, way)
}

func answer(yesNo string) string {
	switch yesNo {
	case "yes":
		return "sì"
	case "no":
		return "no"
	}
	return "non ancora noto: si saprà dopo un incasso"
}
