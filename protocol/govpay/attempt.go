package govpay

import "encoding/json"

// wireAttempts is GovPay's "rpp": a list where it shows the attempts, a link
// where it does not.
type wireAttempts struct {
	list []wireAttempt
	link bool
}

// UnmarshalJSON takes both forms.
func (a *wireAttempts) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		a.link = true
		return nil
	}
	return json.Unmarshal(b, &a.list)
}

var (
	_ json.Unmarshaler = (*wireAttempts)(nil)
	_ json.Unmarshaler = (*wireRefs)(nil)
)

// wireRefs is GovPay's "pendenze" of a payment: a list, or a link.
type wireRefs struct {
	list []wireRef
}

type wireRef struct {
	Dominio      wireCreditor `json:"dominio"`
	NumeroAvviso string       `json:"numeroAvviso"`
}

// UnmarshalJSON takes both forms.
func (r *wireRefs) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		return nil
	}
	return json.Unmarshal(b, &r.list)
}

type wireAttempt struct {
	Stato string          `json:"stato"`
	RPT   json.RawMessage `json:"rpt"`
	RT    json.RawMessage `json:"rt"`
}

func (w wireAttempt) attempt() Attempt {
	a := Attempt{State: AttemptState(clip(w.Stato, 40))}
	a.readRequest(w.RPT)
	proof, err := decodeProof(w.RT)
	a.Proof, a.Unreadable = proof, err != nil // one odd receipt must not hide the position
	if proof != nil {
		a.Code = proof.ReceiptID
		a.Creditor, a.IUV = or(a.Creditor, proof.Creditor), or(a.IUV, proof.IUV)
	}
	return a
}

// readRequest reads the request of an attempt (rpt). Only the form that the
// platform submits itself says when it was opened, for whom and under which code;
// the one of a terminal says the IUV.
func (a *Attempt) readRequest(rpt json.RawMessage) {
	var w struct {
		DataOraMessaggioRichiesta string `json:"dataOraMessaggioRichiesta"`
		CreditorReferenceID       string `json:"creditorReferenceId"`
		Dominio                   struct {
			IdentificativoDominio string `json:"identificativoDominio"`
		} `json:"dominio"`
		DatiVersamento struct {
			IUV  string `json:"identificativoUnivocoVersamento"`
			Code string `json:"codiceContestoPagamento"`
		} `json:"datiVersamento"`
	}
	if len(rpt) == 0 || json.Unmarshal(rpt, &w) != nil {
		return
	}
	a.Creditor = token(w.Dominio.IdentificativoDominio, 35)
	a.IUV = or(token(w.DatiVersamento.IUV, 35), token(w.CreditorReferenceID, 35))
	a.Code = clip(w.DatiVersamento.Code, 35)
	a.Submitted = a.Code != ""
	if t, err := parseTime(w.DataOraMessaggioRichiesta); err == nil {
		a.Started = t
	}
}
