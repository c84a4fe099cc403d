package local

import "time"

// PaymentQuery selects payments; the newest come first. What is given must all be so.
type PaymentQuery struct {
	State         State        `json:"state,omitempty"`
	Day           string       `json:"day,omitempty"`            // 2006-01-02 by creation; the same as from and to
	From          string       `json:"from,omitempty"`           // 2006-01-02 by creation, included
	To            string       `json:"to,omitempty"`             // likewise
	Notice        string       `json:"notice,omitempty"`         // digits of a notice number: all, or the first
	IUV           string       `json:"iuv,omitempty"`            // likewise of an IUV
	STAN          string       `json:"stan,omitempty"`           // of the charge or its reversal; leading zeros do not matter
	AmountCents   int64        `json:"amount_cents,omitempty"`   // of the payment, of one of its notices, or charged
	Registration  Registration `json:"registration,omitempty"`   // of one of its notices
	Operator      string       `json:"operator,omitempty"`       // id of who asked for it
	Terminal      string       `json:"terminal,omitempty"`       // name
	Reference     string       `json:"reference,omitempty"`      // as printed on the slip
	ReceiptNumber string       `json:"receipt_number,omitempty"` // YEAR/N
	RequestID     string       `json:"request_id,omitempty"`     // the one payment of that request, or none
	Debtor        string       `json:"debtor,omitempty"`         // beginning of a tax code, or of words of a name: personal, never in a URL
	Limit         int          `json:"limit,omitempty"`
	Cursor        string       `json:"cursor,omitempty"` // of the page before: its header Sportello-Next
}

// Headers of a page of payments, whose body is its payments and nothing else.
const (
	HeaderNext  = "Sportello-Next"  // cursor of the next page; absent: there is none
	HeaderTotal = "Sportello-Total" // of all pages; absent: not the first page, or not known now
	HeaderSince = "Sportello-Since" // of a search by debtor that finds nothing: the day from which payments have theirs
)

// PaymentPage is one page of payments. A page may be short and have a next one.
type PaymentPage struct {
	Payments []Payment
	Next     string // cursor; empty: the last page
	Total    *int   // nil: not known
	Since    string // 2006-01-02; empty: there is nothing to say
}

// StoryEntry is one step of a payment's story, as it was written: what, when, who, why. No raw bytes.
type StoryEntry struct {
	Seq           uint64       `json:"seq"`
	At            time.Time    `json:"at"`
	Kind          string       `json:"kind"`                   // of the ledger's entry
	Text          string       `json:"text"`                   // the kind in plain words
	By            []string     `json:"by"`                     // operators; none: the service itself
	State         State        `json:"state,omitempty"`        // of the payment from then on; absent: as it was
	Notice        int          `json:"notice,omitempty"`       // the payment's first is 1; absent: all, or none
	Registration  Registration `json:"registration,omitempty"` // of that notice; absent: as it was
	Reason        *Reason      `json:"reason,omitempty"`       // why; of a case its cause
	AmountCents   int64        `json:"amount_cents,omitempty"`
	STAN          string       `json:"stan,omitempty"`
	AuthCode      string       `json:"auth_code,omitempty"`
	ReceiptNumber string       `json:"receipt_number,omitempty"` // taken then
	Offline       bool         `json:"offline,omitempty"`
	Acked         bool         `json:"acked,omitempty"` // the terminal was told that we have its result
	Slip          bool         `json:"slip,omitempty"`  // the terminal's slip came
	ReceiptID     string       `json:"receipt_id,omitempty"`
	Submission    int          `json:"submission,omitempty"`  // number of the call to the platform
	PlatformID    string       `json:"platform_id,omitempty"` // of the payment, by the platform
	Fault         string       `json:"fault,omitempty"`       // the platform's code, to be shown small
	Unsure        bool         `json:"unsure,omitempty"`
	Transactions  []string     `json:"transactions,omitempty"` // the platform's names of the calls
	Case          string       `json:"case,omitempty"`         // id
	Ending        string       `json:"ending,omitempty"`       // of the case, or proposed for it
	Answer        string       `json:"answer,omitempty"`       // that a person proposed
	Note          string       `json:"note,omitempty"`         // what people typed
	Evidence      []Evidence   `json:"evidence,omitempty"`
	Erased        bool         `json:"erased,omitempty"` // retention has taken what was personal
}

// StoryLabel names a kind of step in plain words; an unknown kind reads as itself.
func StoryLabel(kind string, lang Language) string {
	words, ok := storyLabels[kind]
	if !ok {
		return kind
	}
	switch lang {
	case English:
		return words[1]
	case German:
		return words[2]
	default:
		return words[0]
	}
}

// storyLabels are in Italian, English and German.
var storyLabels = map[string][3]string{
	"refused":             {"rifiutato prima di inviare", "refused before anything was sent", "vor dem Senden abgelehnt"},
	"sent":                {"inviato al terminale", "sent to the terminal", "an das Terminal gesendet"},
	"outcome":             {"esito", "outcome", "Ergebnis"},
	"aftermath":           {"conferma al terminale e scontrino", "acknowledgement and slip", "Bestätigung und Beleg"},
	"registration":        {"registrazione dell'avviso", "registration of the notice", "Verbuchung der Zahlungsaufforderung"},
	"terminal_freed":      {"terminale liberato", "terminal given back", "Terminal freigegeben"},
	"case_opened":         {"caso aperto", "case opened", "Fall eröffnet"},
	"case_ended":          {"caso chiuso", "case ended", "Fall abgeschlossen"},
	"ending_proposed":     {"chiusura del caso proposta", "ending of the case proposed", "Abschluss vorgeschlagen"},
	"ending_declined":     {"chiusura del caso non firmata", "ending of the case not signed", "Abschluss nicht unterschrieben"},
	"reversal_sent":       {"storno chiesto al terminale", "reversal asked of the terminal", "Storno am Terminal verlangt"},
	"resolution_proposed": {"risposta proposta", "answer proposed", "Antwort vorgeschlagen"},
	"resolution_declined": {"risposta non firmata", "answer not signed", "Antwort nicht unterschrieben"},
	"resolution_parked":   {"per ora nessuno lo sa", "nobody knows for now", "vorerst ungeklärt"},
	"contradicted":        {"un fatto contraddice l'incasso", "a fact contradicts the charge", "ein Umstand widerspricht der Belastung"},
	"confirmed":           {"incasso ritrovato nel terminale", "charge found in the terminal", "Belastung im Terminal gefunden"},
	"submitting":          {"invio alla piattaforma", "submitted to the platform", "an die Plattform übermittelt"},
	"submitted":           {"risposta della piattaforma", "answer of the platform", "Antwort der Plattform"},
}
