package govpay

import (
	"encoding/json"
	"fmt"
	"time"
)

// decimal writes cents as the JSON number of euro that the platform wants:
// exactly, with two decimals.
func decimal(cents int64) json.Number {
	return json.Number(fmt.Sprintf("%d.%02d", cents/100, cents%100))
}

// wireNewPosition is the body of PUT /pendenze; absent fields are left out.
type wireNewPosition struct {
	IDTipoPendenza   string        `json:"idTipoPendenza"`
	IDDominio        string        `json:"idDominio"`
	IDUnita          string        `json:"idUnitaOperativa,omitempty"`
	Causale          string        `json:"causale"`
	SoggettoPagatore wireNewDebtor `json:"soggettoPagatore"`
	Importo          json.Number   `json:"importo"`
	DataValidita     string        `json:"dataValidita,omitempty"`
	DataScadenza     string        `json:"dataScadenza,omitempty"`
	AnnoRiferimento  int           `json:"annoRiferimento,omitempty"`
	TassonomiaAvviso string        `json:"tassonomiaAvviso,omitempty"`
	Direzione        string        `json:"direzione,omitempty"`
	Divisione        string        `json:"divisione,omitempty"`
	Voci             []wireNewLine `json:"voci"`
}

type wireNewDebtor struct {
	Tipo           string `json:"tipo"`
	Identificativo string `json:"identificativo"`
	Anagrafica     string `json:"anagrafica"`
	Indirizzo      string `json:"indirizzo,omitempty"`
	Civico         string `json:"civico,omitempty"`
	CAP            string `json:"cap,omitempty"`
	Localita       string `json:"localita,omitempty"`
	Provincia      string `json:"provincia,omitempty"`
	Nazione        string `json:"nazione,omitempty"`
	Email          string `json:"email,omitempty"`
}

type wireNewLine struct {
	IDVocePendenza    string      `json:"idVocePendenza"`
	Importo           json.Number `json:"importo"`
	Descrizione       string      `json:"descrizione"`
	CodEntrata        string      `json:"codEntrata,omitempty"`
	IBANAccredito     string      `json:"ibanAccredito,omitempty"`
	IBANAppoggio      string      `json:"ibanAppoggio,omitempty"`
	TipoContabilita   string      `json:"tipoContabilita,omitempty"`
	CodiceContabilita string      `json:"codiceContabilita,omitempty"`
}

func (n NewPosition) wire() wireNewPosition {
	d := n.Debtor
	kind := "F"
	if d.Company {
		kind = "G"
	}
	w := wireNewPosition{
		IDTipoPendenza: n.Type, IDDominio: n.Creditor, IDUnita: n.Unit, Causale: n.Reason,
		SoggettoPagatore: wireNewDebtor{
			Tipo: kind, Identificativo: d.TaxCode, Anagrafica: d.Name, Indirizzo: d.Address, Civico: d.Number,
			CAP: d.Postcode, Localita: d.Town, Provincia: d.Province, Nazione: d.Country, Email: d.Email,
		},
		Importo: decimal(n.Cents), DataValidita: day(n.ValidUntil), DataScadenza: day(n.DueBy), AnnoRiferimento: n.Year,
		TassonomiaAvviso: n.NoticeTaxonomy, Direzione: n.Direction, Divisione: n.Division,
	}
	for _, l := range n.Lines {
		w.Voci = append(w.Voci, wireNewLine{
			IDVocePendenza: l.ID, Importo: decimal(l.Cents), Descrizione: l.Description, CodEntrata: l.EntryCode,
			IBANAccredito: l.IBAN, IBANAppoggio: l.SupportIBAN, TipoContabilita: l.AccountingKind, CodiceContabilita: l.AccountingCode,
		})
	}
	return w
}

// day writes a date; the day is the one of the time's own zone.
func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}
