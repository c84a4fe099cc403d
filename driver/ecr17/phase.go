package ecr17

import (
	"strings"

	"sportello/driver"
)

// phaseHints maps words of progress texts to whose turn it is. The texts are the maker's and free:
// hints for people, never evidence (ECR17 5, P06). The first match counts.
var phaseHints = []struct {
	word  string
	phase driver.Phase
}{
	{"PIN", driver.PhasePIN},
	{"STAMPA", driver.PhaseReceipt},
	{"SCONTRINO", driver.PhaseReceipt},
	{"RICEVUTA", driver.PhaseReceipt},
	{"CARTA", driver.PhaseCard}, // presentare, inserire, lettura, rimuovere
	{"VALUTA", driver.PhaseCard},
	{"HOST", driver.PhaseBank},
	{"RICHIESTA", driver.PhaseBank},
	{"RISPOSTA", driver.PhaseBank},
	{"ELABORAZIONE", driver.PhaseBank},
	{"COLLEGAMENTO", driver.PhaseBank},
	{"ATTEND", driver.PhaseBank},
	{"TRANSAZIONE", driver.PhaseBank},
	{"OPERAZIONE", driver.PhaseBank},
}

// longestProgress bounds what is shown of a progress text, in characters.
const longestProgress = 40

// progressOf reads a progress text; an unknown one leaves the phase as it was.
func progressOf(text string, before driver.Phase) driver.Progress {
	p := driver.Progress{Phase: before, Text: text[:min(len(text), longestProgress)]}
	upper := strings.ToUpper(text)
	for _, h := range phaseHints {
		if strings.Contains(upper, h.word) {
			p.Phase = h.phase
			break
		}
	}
	return p
}
