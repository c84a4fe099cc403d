package govpaytest

import (
	"fmt"
	"time"
)

// attempt is a line of rpp: an attempt with what was asked and, if it has come,
// what was answered.
func (s *Server) attempt(p *position, y payment, api string, now time.Time, newer bool) body {
	b := body{"stato": y.attemptState(now, newer), "rpt": s.rpt(p, y), "pendenza": s.pendenzaRow(p, api, now)}
	if y.visible(now) {
		b["rt"] = s.rt(p, y)
	}
	return b
}

func (p *position) newerTerminal(y payment, now time.Time) bool {
	for _, z := range p.payments {
		if z.Version != VersionCart && z.At.After(y.At) && !z.At.After(now) {
			return true
		}
	}
	return false
}

func newerTerminal(later []payment) bool {
	for _, z := range later {
		if z.Version != VersionCart {
			return true
		}
	}
	return false
}

func (s *Server) rpt(p *position, y payment) body {
	if y.Version == VersionCart {
		return s.cartRPT(p, y)
	}
	return s.ctPaymentPA(p, y)
}

func (s *Server) rt(p *position, y payment) body {
	if y.Version == VersionCart {
		return s.cartRT(p, y)
	}
	return s.ctReceipt(p, y)
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
		"IBAN":                  anIBAN,
		"remittanceInformation": p.remittance(cents),
		"transferCategory":      "9/" + taxonomy, "metadata": nil,
	}}}
}

func (p *position) remittance(cents int64) string {
	return fmt.Sprintf("/RFB/%s/%s/TXT/%s", p.iuv, text(cents), p.Reason)
}

// ctPaymentPA is the request behind an activation by a terminal.
func (s *Server) ctPaymentPA(p *position, y payment) body {
	return body{
		"creditorReferenceId": p.iuv, "paymentAmount": text(y.Cents), "dueDate": p.Due, "retentionDate": nil,
		"lastPayment": true, "description": p.Reason, "companyName": p.creditorName, "officeName": nil,
		"debtor": s.debtor(p), "transferList": s.transfers(p, y.Cents), "metadata": nil,
	}
}

// ctReceipt is the provider's receipt of a payment at a terminal.
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

func (p *position) beneficiary() body {
	return body{
		"identificativoUnivocoBeneficiario": body{"tipoIdentificativoUnivoco": "G", "codiceIdentificativoUnivoco": p.Creditor},
		"denominazioneBeneficiario":         p.creditorName,
	}
}

func (p *position) payer() body {
	return body{
		"identificativoUnivocoPagatore": body{"tipoIdentificativoUnivoco": "F", "codiceIdentificativoUnivoco": p.Debtor.TaxCode},
		"anagraficaPagatore":            p.Debtor.Name,
	}
}

// message makes the identifier of one of an attempt's messages.
func (y payment) message(kind string) string {
	return fmt.Sprintf("%s%028x", kind, y.At.UnixNano())
}

// cartRPT is the request of a cart of POST /pagamenti.
func (s *Server) cartRPT(p *position, y payment) body {
	return body{
		"versioneOggetto":                  "6.2.0",
		"dominio":                          body{"identificativoDominio": p.Creditor, "identificativoStazioneRichiedente": p.Creditor + "_01"},
		"identificativoMessaggioRichiesta": y.message("0a0a"), "dataOraMessaggioRichiesta": s.local(y.At),
		"autenticazioneSoggetto": "N/A", "soggettoVersante": nil, "soggettoPagatore": p.payer(), "enteBeneficiario": p.beneficiary(),
		"datiVersamento": body{
			"dataEsecuzionePagamento": s.day(y.At), "importoTotaleDaVersare": text(y.Cents), "tipoVersamento": "CP",
			"identificativoUnivocoVersamento": p.iuv, "codiceContestoPagamento": y.ccp, "ibanAddebito": nil, "bicAddebito": nil,
			"firmaRicevuta": "0",
			"datiSingoloVersamento": []body{{
				"importoSingoloVersamento": text(y.Cents), "ibanAccredito": anIBAN, "causaleVersamento": p.remittance(y.Cents),
				"datiSpecificiRiscossione": "9/" + taxonomy,
			}},
		},
	}
}

// cartRT is the receipt of a cart.
func (s *Server) cartRT(p *position, y payment) body {
	code := map[string]string{OutcomePaid: "0", OutcomeNotPaid: "1", OutcomePartly: "2"}[y.Outcome]
	single, word := text(y.Cents), "PAGATA"
	if !y.positive() {
		single, word = text(0), "NON PAGATA"
	}
	return body{
		"versioneOggetto":                 "6.2.0",
		"dominio":                         body{"identificativoDominio": p.Creditor, "identificativoStazioneRichiedente": p.Creditor + "_01"},
		"identificativoMessaggioRicevuta": y.message("0b0b"), "dataOraMessaggioRicevuta": s.local(y.At.Add(y.Delay)),
		"riferimentoMessaggioRichiesta": y.message("0a0a"), "riferimentoDataRichiesta": s.day(y.At),
		"istitutoAttestante": body{
			"identificativoUnivocoAttestante": body{"tipoIdentificativoUnivoco": "G", "codiceIdentificativoUnivoco": y.Provider.TaxCode},
			"denominazioneAttestante":         y.Provider.Name,
		},
		"enteBeneficiario": p.beneficiary(), "soggettoPagatore": p.payer(),
		"datiPagamento": body{
			"codiceEsitoPagamento": code, "importoTotalePagato": single, "identificativoUnivocoVersamento": p.iuv,
			"CodiceContestoPagamento": y.ccp,
			"datiSingoloPagamento": []body{{
				"singoloImportoPagato": single, "esitoSingoloPagamento": word, "dataEsitoSingoloPagamento": s.day(y.At),
				"identificativoUnivocoRiscossione": "IUR" + y.ccp, "causaleVersamento": p.remittance(y.Cents),
				"datiSpecificiRiscossione": "9/" + taxonomy,
			}},
		},
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
func (s *Server) ricevuta(p *position, y payment, now time.Time) body {
	b := s.receiptRow(p, y)
	b["importo"] = euro(y.Cents)
	b["istitutoAttestante"] = body{"idPSP": y.Provider.TaxCode, "denominazione": y.Provider.Name, "idCanale": y.Provider.Channel}
	b["dataPagamento"] = b["data"] // GovPay's own: when it got the receipt
	b["pendenza"] = s.pendenzaPagata(p, now)
	asked, got := "ctPaymentPA", "ctReceipt"
	if y.Version == VersionCart {
		asked, got = "ctRichiestaPagamentoTelematico", "ctRicevutaTelematica"
	}
	b["rpt"] = body{"tipo": asked, "xml": "PC8+", "json": s.rpt(p, y)}
	b["rt"] = body{"tipo": got, "xml": "PC8+", "json": s.rt(p, y)}
	if y.portal != "" {
		b["idPagamento"], b["modello"] = y.portal, "Pagamento ad iniziativa Ente"
	}
	return b
}
