package govpay

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Result is what a pagoPA receipt says about the money.
type Result string

// The results. Only ResultPaid and ResultPartial mean that money was taken;
// ResultUnknown must be treated as if it had been.
const (
	ResultPaid    Result = "paid"
	ResultNotPaid Result = "not_paid"
	ResultPartial Result = "partial"
	ResultUnknown Result = "unknown"
)

// Proof is the pagoPA receipt itself (rt), as far as it tells who was paid by
// whom: the provider's ctReceipt, or the older ctRicevutaTelematica of a payment
// that the platform submitted.
type Proof struct {
	Result    Result
	ReceiptID string // receiptId, or the attempt code of the older form
	Creditor  string
	Notice    string // 18 digits; "" in the older form
	IUV       string
	Cents     int64     // what was paid, without the provider's fee
	FeeCents  int64     // the provider's fee
	PaidAt    time.Time // zero when the receipt does not say

	// Who took the money. PSP is pagoPA's own identifier of the provider (idPSP),
	// "" in the older form, which knows only its tax code.
	PSP, PSPTaxCode, PSPName, Channel, Method string

	// StandIn: pagoPA answered in the creditor's place; the debt may have been
	// withdrawn or have had another amount meanwhile.
	StandIn bool
}

// wireReceipt holds the keys of both forms; the two share none.
type wireReceipt struct {
	ReceiptID           string          `json:"receiptId"`
	NoticeNumber        string          `json:"noticeNumber"`
	FiscalCode          string          `json:"fiscalCode"`
	Outcome             string          `json:"outcome"`
	CreditorReferenceID string          `json:"creditorReferenceId"`
	PaymentAmount       euro            `json:"paymentAmount"`
	Fee                 euro            `json:"fee"`
	IDPSP               string          `json:"idPSP"`
	PSPFiscalCode       string          `json:"pspFiscalCode"`
	PSPCompanyName      string          `json:"PSPCompanyName"`
	IDChannel           string          `json:"idChannel"`
	PaymentMethod       string          `json:"paymentMethod"`
	PaymentDateTime     string          `json:"paymentDateTime"`
	StandIn             json.RawMessage `json:"standIn"` // true, "true" or null

	Dominio struct {
		IdentificativoDominio string `json:"identificativoDominio"`
	} `json:"dominio"`
	IstitutoAttestante struct {
		IdentificativoUnivocoAttestante struct {
			CodiceIdentificativoUnivoco string `json:"codiceIdentificativoUnivoco"`
		} `json:"identificativoUnivocoAttestante"`
		DenominazioneAttestante string `json:"denominazioneAttestante"`
	} `json:"istitutoAttestante"`
	DataOraMessaggioRicevuta string `json:"dataOraMessaggioRicevuta"`
	DatiPagamento            *struct {
		CodiceEsitoPagamento            string `json:"codiceEsitoPagamento"`
		ImportoTotalePagato             euro   `json:"importoTotalePagato"`
		IdentificativoUnivocoVersamento string `json:"identificativoUnivocoVersamento"`
		CodiceContestoPagamento         string `json:"CodiceContestoPagamento"`
	} `json:"datiPagamento"`
}

// results maps both alphabets of outcome.
var results = map[string]Result{
	"OK": ResultPaid, "KO": ResultNotPaid,
	"0": ResultPaid, "1": ResultNotPaid, "2": ResultPartial, "3": ResultNotPaid, "4": ResultPartial,
}

func resultOf(s string) Result {
	if r, ok := results[s]; ok {
		return r
	}
	return ResultUnknown
}

// decodeProof reads an rt; nil when there is none.
func decodeProof(raw json.RawMessage) (*Proof, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	var w wireReceipt
	if err := decode(raw, &w); err != nil {
		return nil, fmt.Errorf("rt: %w", err)
	}
	p := &Proof{
		Result:     resultOf(w.Outcome),
		ReceiptID:  clip(w.ReceiptID, 35),
		Creditor:   token(w.FiscalCode, 35),
		Notice:     token(w.NoticeNumber, 35),
		IUV:        token(w.CreditorReferenceID, 35),
		Cents:      w.PaymentAmount.cents,
		FeeCents:   w.Fee.cents,
		PSP:        clip(w.IDPSP, 35),
		PSPTaxCode: clip(w.PSPFiscalCode, 35),
		PSPName:    clip(w.PSPCompanyName, 70),
		Channel:    clip(w.IDChannel, 35),
		Method:     clip(w.PaymentMethod, 35),
		StandIn:    strings.Trim(string(w.StandIn), `"`) == "true",
	}
	at, given := w.PaymentDateTime, w.PaymentAmount.given
	if d := w.DatiPagamento; d != nil {
		p.Result = resultOf(d.CodiceEsitoPagamento)
		p.ReceiptID = clip(d.CodiceContestoPagamento, 35)
		p.Creditor = token(w.Dominio.IdentificativoDominio, 35)
		p.IUV = token(d.IdentificativoUnivocoVersamento, 35)
		p.Cents, given = d.ImportoTotalePagato.cents, d.ImportoTotalePagato.given
		p.PSPTaxCode = clip(w.IstitutoAttestante.IdentificativoUnivocoAttestante.CodiceIdentificativoUnivoco, 35)
		p.PSPName = clip(w.IstitutoAttestante.DenominazioneAttestante, 70)
		at = w.DataOraMessaggioRicevuta
	}
	if !given {
		return nil, fmt.Errorf("%w: rt without an amount", ErrMalformed)
	}
	var err error
	if p.PaidAt, err = parseTime(at); err != nil {
		return nil, fmt.Errorf("rt: %w", err)
	}
	return p, nil
}
