package govpaytest

import (
	"fmt"
	"time"
)

// The platform's bodies, written with its own wire names. Amounts are decimal
// euro: JSON numbers outside rpt and rt, strings with two decimals inside.

type body = map[string]any

// euro writes cents as a Java decimal comes out: 128.5, 60.0, 45.01.
type euro int64

// MarshalJSON writes the amount without going through a float.
func (e euro) MarshalJSON() ([]byte, error) {
	switch {
	case e%10 == 0:
		return fmt.Appendf(nil, "%d.%d", e/100, e%100/10), nil
	default:
		return fmt.Appendf(nil, "%d.%02d", e/100, e%100), nil
	}
}

func text(cents int64) string { return fmt.Sprintf("%d.%02d", cents/100, cents%100) }

const localTime = "2006-01-02T15:04:05"

func (s *Server) local(t time.Time) string { return t.In(s.loc).Format(localTime) }
func (s *Server) day(t time.Time) string   { return t.In(s.loc).Format(time.DateOnly) }

func (p *position) dominio() body {
	return body{"idDominio": p.Creditor, "ragioneSociale": p.creditorName}
}

// pendenza is the position as API Pagamento v2 shows it, with voci and attempts.
func (s *Server) pendenza(p *position, now time.Time) body {
	state := p.state(now, s.loc)
	b := s.pendenzaIndex(p, state)
	line := body{
		"idVocePendenza": "V1", "importo": euro(p.Cents), "descrizione": p.Reason, "indice": 1,
		"stato": map[bool]string{true: "Eseguito", false: "Non eseguito"}[state == StatePaid],
	}
	switch {
	case p.StampDuty:
		line["tipoBollo"], line["hashDocumento"], line["provinciaResidenza"] = "01", "Kg==", "RM"
	default:
		line["ibanAccredito"], line["tipoContabilita"], line["codiceContabilita"] = "IT60X0542811101000000123456", "ALTRO", "0101101IM"
	}
	lines := []body{line}
	if p.OtherCreditor != "" {
		lines = append(lines, body{
			"idVocePendenza": "V2", "importo": euro(0), "descrizione": "Quota di altro ente", "indice": 2, "stato": line["stato"],
			"dominio": body{"idDominio": p.OtherCreditor, "ragioneSociale": "Provincia di Esempio"},
		})
	}
	attempts := []body{}
	for _, y := range p.newest(now) {
		a := body{"stato": "RPT_ACCETTATA_NODO", "rpt": s.rpt(p, y), "pendenza": s.pendenzaIndex(p, state)}
		switch {
		case y.undone:
			a["stato"] = "RPT_SCADUTA"
		case y.visible(now):
			a["stato"], a["rt"] = "RT_ACCETTATA_PA", s.ctReceipt(p, y)
		}
		attempts = append(attempts, a)
		if y.visible(now) && y.Outcome == OutcomePaid {
			b["dataPagamento"], b["iuvPagamento"] = s.day(y.At), p.iuv
		}
	}
	b["voci"], b["rpp"], b["pagamenti"], b["allegati"] = lines, attempts, []body{}, []body{}
	return b
}

// pendenzaIndex is what positions look like inside lists and attempts.
func (s *Server) pendenzaIndex(p *position, state string) body {
	b := body{
		"idA2A": p.Application, "idPendenza": p.ID, "idTipoPendenza": p.Type,
		"dominio": p.dominio(), "stato": state, "iuvAvviso": p.iuv, "causale": p.Reason,
		"soggettoPagatore": body{"tipo": "F", "identificativo": p.Debtor.TaxCode, "anagrafica": p.Debtor.Name},
		"importo":          euro(p.Cents), "numeroAvviso": p.Notice,
		"dataCaricamento": s.day(s.started), "tipo": "DOVUTO",
	}
	if p.Due != "" {
		b["dataScadenza"] = p.Due
	}
	if p.ValidUntil != "" {
		b["dataValidita"] = p.ValidUntil
	}
	return b
}

func (s *Server) debtor(p *position) body {
	return body{
		"uniqueIdentifier": body{"entityUniqueIdentifierType": "F", "entityUniqueIdentifierValue": p.Debtor.TaxCode},
		"fullName":         p.Debtor.Name,
	}
}

func (s *Server) transfers(p *position, cents int64) body {
	return body{"transfer": []body{{
		"idTransfer": 1, "transferAmount": text(cents), "fiscalCodePA": p.Creditor, "companyName": p.creditorName,
		"IBAN":                  "IT60X0542811101000000123456",
		"remittanceInformation": fmt.Sprintf("/RFB/%s/%s/TXT/%s", p.iuv, text(cents), p.Reason),
		"transferCategory":      "9/0101101IM", "metadata": nil,
	}}}
}

// rpt is a ctPaymentPA, the request behind an activation by a terminal.
func (s *Server) rpt(p *position, y payment) body {
	return body{
		"creditorReferenceId": p.iuv, "paymentAmount": text(y.Cents), "dueDate": p.Due, "retentionDate": nil,
		"lastPayment": true, "description": p.Reason, "companyName": p.creditorName, "officeName": nil,
		"debtor": s.debtor(p), "transferList": s.transfers(p, y.Cents), "metadata": nil,
	}
}

// ctReceipt is the provider's receipt.
func (s *Server) ctReceipt(p *position, y payment) body {
	return body{
		"receiptId": y.ID, "noticeNumber": p.Notice, "fiscalCode": p.Creditor,
		"outcome":             map[bool]string{true: "OK", false: "KO"}[y.Outcome == OutcomePaid],
		"creditorReferenceId": p.iuv, "paymentAmount": text(y.Cents), "description": p.Reason,
		"companyName": p.creditorName, "officeName": nil, "debtor": s.debtor(p), "transferList": s.transfers(p, y.Cents),
		"idPSP": y.Provider.ID, "pspFiscalCode": y.Provider.TaxCode, "pspPartitaIVA": nil,
		"PSPCompanyName": y.Provider.Name, "idChannel": y.Provider.Channel, "channelDescription": "POS",
		"payer": nil, "paymentMethod": "creditCard", "paymentNote": nil, "fee": "0.00",
		"primaryCiIncurredFee": nil, "idBundle": nil, "idCiBundle": nil,
		"paymentDateTime": s.local(y.At), "applicationDate": s.day(y.At), "transferDate": s.day(y.At),
		"metadata": nil, "standIn": nil,
	}
}

// receiptRow is a line of Ragioneria v3's list.
func (s *Server) receiptRow(p *position, y payment) body {
	return body{
		"dominio": p.dominio(), "iuv": p.iuv, "idRicevuta": y.ID,
		"data": s.local(y.At.Add(y.Delay)), "esito": y.Outcome,
	}
}

// ricevuta is the receipt in full.
func (s *Server) ricevuta(p *position, y payment) body {
	b := s.receiptRow(p, y)
	b["importo"] = euro(y.Cents)
	b["istitutoAttestante"] = body{"idPSP": y.Provider.TaxCode, "denominazione": y.Provider.Name, "idCanale": y.Provider.Channel}
	b["dataPagamento"] = b["data"] // GovPay's own: when it got the receipt
	pendenza := s.pendenzaIndex(p, "")
	delete(pendenza, "stato")
	b["pendenza"] = pendenza
	b["rpt"] = body{"tipo": "ctPaymentPA", "xml": "PC8+", "json": s.rpt(p, y)}
	b["rt"] = body{"tipo": "ctReceipt", "xml": "PC8+", "json": s.ctReceipt(p, y)}
	return b
}
