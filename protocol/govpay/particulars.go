package govpay

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Particulars is what a paper for the citizen needs of a pagoPA receipt beside its proof: the words of the debt
// and of the body that it was paid to. Everything may be empty but the proof's own result, id and amount.
type Particulars struct {
	Proof
	CreditorName string
	Office       string // of the creditor; rarely given
	Description  string // causale
	AppliedOn    string // 2006-01-02: the day on which the provider applied the payment
}

// ReadReceipt reads a pagoPA receipt (Receipt.RT) that was kept, in either form.
func ReadReceipt(rt []byte) (Particulars, error) {
	proof, err := decodeProof(rt)
	if err != nil {
		return Particulars{}, err
	}
	if proof == nil {
		return Particulars{}, fmt.Errorf("%w: no rt", ErrMalformed)
	}
	var w struct {
		CompanyName      string `json:"companyName"`
		OfficeName       string `json:"officeName"`
		Description      string `json:"description"`
		ApplicationDate  string `json:"applicationDate"`
		EnteBeneficiario struct {
			Denominazione string `json:"denominazioneBeneficiario"`
			UnitOper      string `json:"denomUnitOperBeneficiario"`
		} `json:"enteBeneficiario"`
		DatiPagamento struct {
			Singoli json.RawMessage `json:"datiSingoloPagamento"` // a list, or the one
		} `json:"datiPagamento"`
	}
	if err := decode(rt, &w); err != nil {
		return Particulars{}, fmt.Errorf("rt: %w", err)
	}
	p := Particulars{Proof: *proof, CreditorName: clip(w.CompanyName, 140), Office: clip(w.OfficeName, 140),
		Description: clip(w.Description, 140), AppliedOn: dayOf(w.ApplicationDate)}
	if p.CreditorName == "" {
		p.CreditorName, p.Office = clip(w.EnteBeneficiario.Denominazione, 140), clip(w.EnteBeneficiario.UnitOper, 140)
	}
	p.single(w.DatiPagamento.Singoli)
	return p, nil
}

// single takes reason and day from the payments of the older form; what cannot be read stays empty.
func (p *Particulars) single(raw json.RawMessage) {
	type one struct {
		Reason string `json:"causaleVersamento"`
		Day    string `json:"dataEsitoSingoloPagamento"`
	}
	var all []one
	if len(raw) == 0 {
		return
	}
	if json.Unmarshal(raw, &all) != nil {
		all = make([]one, 1)
		if json.Unmarshal(raw, &all[0]) != nil {
			return
		}
	}
	for _, o := range all {
		if p.Description == "" {
			p.Description = clip(freeText(o.Reason), 140)
		}
		p.AppliedOn = max(p.AppliedOn, dayOf(o.Day)) // applied is what was applied last
	}
}

// freeText is the part of a structured reason (/RFB/…/TXT/…) that is for people.
func freeText(reason string) string {
	if _, text, ok := strings.Cut(reason, "/TXT/"); ok {
		return text
	}
	return reason
}

// dayOf is the day that begins s, with or without an offset behind it; "" when there is none.
func dayOf(s string) string {
	if len(s) < len(time.DateOnly) {
		return ""
	}
	s = s[:len(time.DateOnly)]
	if _, err := time.Parse(time.DateOnly, s); err != nil {
		return ""
	}
	return s
}
