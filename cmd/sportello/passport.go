package main

import (
	"fmt"
	"io"
	"slices"
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

// learnable are the fields that also change when the same terminal shows more of itself.
var learnable = []string{"supports", "refuses", "clock_offset", "one_client", "prints", "reprints", "totals_before", "total_cents"}

// nothingSaved says that the terminal may only have had no operation to tell of: it answers the same as to a command that
// it does not know, and has sold nothing that its total would show.
func nothingSaved(p local.Passport) bool {
	return strings.Contains(p.Refuses, "G") && strings.Contains(p.Supports, "T") && (p.TotalCents == nil || *p.TotalCents == 0)
}

// printPassport writes what commissioning has found, and what is not as it was.
func printPassport(w io.Writer, p local.Passport) {
	fmt.Fprintf(w, "Verifica del %s: nessun denaro mosso.\n", clock(p.At))
	refused, empty := p.Refuses, nothingSaved(p)
	if empty {
		refused = strings.ReplaceAll(refused, "G", "")
	}
	for _, line := range [][2]string{
		{"TID", p.TerminalID},
		{"programma", orElse(p.Software, "non indicato")},
		{"LRC", p.Scope + ", provato con due risposte"},
		{"conferme (ACK)", orElse(p.AckForm, "forma non ancora nota")},
		{"comandi riconosciuti", letters(p.Supports)},
		{"comandi rifiutati", letters(refused)},
		{"orologio", offset(p.ClockSeconds)},
		{"totale", optional(p.TotalCents)},
		{"un collegamento alla volta", orElse(yesNo[p.OneClient], "non noto")},
		{"stampa il nostro riferimento", answer(p.Prints)},
		{"dà copia dell'ultimo scontrino", answer(p.Reprints)},
	} {
		fmt.Fprintf(w, "  %-32s %s\n", line[0]+":", line[1])
	}
	if empty {
		fmt.Fprintf(w, "  %-32s ancora nessuna salvata; se il terminale la racconta si saprà dopo un incasso, con un'altra verifica\n", "ultima operazione:")
	}
	totals := "no: serve un responsabile che abbia visto che non stampa nulla (--quiet-totals)"
	if p.TotalsBefore {
		totals = "sì"
	}
	fmt.Fprintf(w, "  %-32s %s\n", "totali letti prima dell'incasso:", totals)
	var other, learned []string
	for _, field := range p.Changed {
		name := orElse(fieldNames[field], field)
		if slices.Contains(learnable, field) {
			learned = append(learned, name)
		} else {
			other = append(other, name)
		}
	}
	if len(learned) > 0 {
		fmt.Fprintln(w, "  si sa altro, rispetto a prima: "+strings.Join(learned, ", "))
	}
	if p.Pending {
		fmt.Fprintln(w, "  ► questo passaporto non è in vigore: vale ancora quello di prima")
	}
	if len(other) > 0 {
		fmt.Fprintln(w, "  ► il terminale è un altro, o è stato aggiornato: "+strings.Join(other, ", "))
		fmt.Fprintln(w, "    se nessuno lo ha sostituito o aggiornato, non incassare e avvisare l'assistenza (sportello cases)")
	}
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

var yesNo = map[string]string{"yes": "sì", "no": "no"}

func answer(said string) string {
	return orElse(yesNo[said], "non ancora noto: si saprà dopo un incasso")
}
