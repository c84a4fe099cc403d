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

// printed is an amount on paper.
func printed(cents int64) string { return fmt.Sprintf("%d,%02d euro", cents/100, cents%100) }

const (
	localTime = "2006-01-02T15:04:05"
	anIBAN    = "IT60X0542811101000000123456"
	taxonomy  = "0101101IM"
)

func (s *Server) local(t time.Time) string { return t.In(s.loc).Format(localTime) }
func (s *Server) day(t time.Time) string   { return t.In(s.loc).Format(time.DateOnly) }

func (p *position) dominio() body {
	return body{"idDominio": p.Creditor, "ragioneSociale": p.creditorName}
}

// lines are the debt's, or the one that it has.
func (p *position) lines() []Line {
	if len(p.Lines) > 0 {
		return p.Lines
	}
	return []Line{{ID: "V1", Cents: p.Cents, Reason: p.Reason, IBAN: anIBAN}}
}

// pendenza is the position with voci and attempts.
func (s *Server) pendenza(p *position, api string, now time.Time) body {
	b := s.pendenzaIndex(p, api, now)
	attempts := []body{}
	terminal := false // whether a newer attempt of a terminal has been seen
	for _, y := range p.newest(now) {
		attempts = append(attempts, s.attempt(p, y, api, now, terminal))
		terminal = terminal || y.Version != VersionCart
		if y.visible(now) && y.positive() {
			b["dataPagamento"], b["iuvPagamento"] = s.day(y.At), p.iuv
		}
	}
	b["voci"], b["rpp"], b["allegati"] = s.voci(p, api, p.state(now, s.loc)), attempts, []body{}
	if api != apiPendenze {
		portals := []body{}
		for _, o := range p.portals {
			portals = append(portals, s.pagamentoRow(o, now))
		}
		b["pagamenti"] = portals
	}
	return b
}

func (s *Server) voci(p *position, api, state string) []body {
	done := map[string]string{StatePaid: "Eseguito", statePartly: "Eseguito", StateIrregular: "Anomalo"}[state]
	if done == "" {
		done = "Non eseguito"
	}
	voci := []body{}
	for i, l := range p.lines() {
		v := body{"idVocePendenza": l.ID, "importo": euro(l.Cents), "descrizione": l.Reason, "indice": i + 1, "stato": done}
		switch {
		case p.StampDuty:
			v["tipoBollo"], v["hashDocumento"], v["provinciaResidenza"] = "01", "Kg==", "RM"
			if api == apiPagamento { // in words there
				v["tipoBollo"] = "Imposta di bollo"
			}
		case l.Revenue != "":
			v["codEntrata"] = l.Revenue
		default:
			v["ibanAccredito"], v["tipoContabilita"], v["codiceContabilita"] = l.IBAN, "ALTRO", taxonomy
		}
		voci = append(voci, v)
	}
	if p.OtherCreditor != "" {
		voci = append(voci, body{
			"idVocePendenza": "V2", "importo": euro(0), "descrizione": "Quota di altro ente", "indice": len(voci) + 1, "stato": done,
			"dominio": body{"idDominio": p.OtherCreditor, "ragioneSociale": "Provincia di Esempio"}, "codEntrata": "QUOTA",
		})
	}
	return voci
}

// pendenzaIndex is what positions look like inside lists and attempts. Pagamento
// hides the instalment, the reason of a state and that the money has come.
func (s *Server) pendenzaIndex(p *position, api string, now time.Time) body {
	state := p.state(now, s.loc)
	b := body{
		"idA2A": p.Application, "idPendenza": p.ID, "idTipoPendenza": p.Type,
		"dominio": p.dominio(), "iuvAvviso": p.iuv, "causale": p.Reason,
		"soggettoPagatore": body{"tipo": "F", "identificativo": p.Debtor.TaxCode, "anagrafica": p.Debtor.Name},
		"importo":          euro(p.Cents), "numeroAvviso": p.Notice, "UUID": p.uuid,
		"dataCaricamento": s.day(p.loaded), "tipo": "DOVUTO",
	}
	if p.Spontaneous {
		b["tipo"] = "SPONTANEO"
	}
	if p.Due != "" {
		b["dataScadenza"] = p.Due
	}
	if p.ValidUntil != "" {
		b["dataValidita"] = p.ValidUntil
	}
	if api != apiPagamento {
		if state == StatePaid && p.collected {
			state = StateCollected
		}
		if why := p.stateNote(now); why != "" {
			b["descrizioneStato"] = why
		}
		if p.Document != "" {
			b["documento"] = p.document()
		}
	}
	b["stato"] = state
	return b
}

func (p *position) stateNote(now time.Time) string {
	if odd, why := p.irregular(now); odd {
		return why
	}
	return p.note
}

func (p *position) document() body {
	d := body{"identificativo": p.Document, "descrizione": p.Reason}
	if p.Instalment > 0 {
		d["rata"] = p.Instalment
	}
	return d
}

// pendenzaRow is a position in a list: links where the whole has arrays.
func (s *Server) pendenzaRow(p *position, api string, now time.Time) body {
	b := s.pendenzaIndex(p, api, now)
	who := "?idA2A=" + p.Application + "&idPendenza=" + p.ID
	b["rpp"] = "/rpp" + who
	b["pagamenti"] = "/pagamenti" + who
	return b
}

// pendenzaPagata is the position as Ragioneria v3 shows it: no state, no
// attempts; a line is paid when it has its riscossione.
func (s *Server) pendenzaPagata(p *position, now time.Time) body {
	b := s.pendenzaIndex(p, apiRagioneria, now)
	for _, hidden := range []string{"stato", "descrizioneStato", "iuvAvviso", "dataCaricamento", "tipo"} {
		delete(b, hidden)
	}
	var paid *payment
	for i, y := range p.payments {
		if y.visible(now) && y.positive() {
			paid = &p.payments[i]
			break
		}
	}
	voci := []body{}
	for i, l := range p.lines() {
		v := body{"idVocePendenza": l.ID, "descrizione": l.Reason, "codiceTassonomicoPagoPA": "9/" + taxonomy}
		switch {
		case p.StampDuty:
			v["tipoBollo"], v["hashDocumento"], v["provinciaResidenza"] = "01", "Kg==", "RM"
		case l.Revenue != "":
			v["codEntrata"] = l.Revenue
		default:
			v["ibanAccredito"] = l.IBAN
		}
		if paid != nil {
			cents := l.Cents
			if len(p.lines()) == 1 {
				cents = paid.Cents
			}
			v["riscossione"] = body{
				"idDominio": p.Creditor, "iuv": p.iuv, "iur": paid.ID, "indice": i + 1, "tipo": "ENTRATA",
				"importo": euro(cents), "data": s.day(paid.At),
			}
		}
		voci = append(voci, v)
	}
	if p.OtherCreditor != "" {
		v := body{
			"idVocePendenza": "V2", "descrizione": "Quota di altro ente", "codEntrata": "QUOTA", "codiceTassonomicoPagoPA": "9/" + taxonomy,
			"dominio": body{"idDominio": p.OtherCreditor, "ragioneSociale": "Provincia di Esempio"},
		}
		if paid != nil {
			v["riscossione"] = body{"idDominio": p.OtherCreditor, "iuv": p.iuv, "iur": paid.ID, "indice": 2, "tipo": "ENTRATA", "importo": euro(0), "data": s.day(paid.At)}
		}
		voci = append(voci, v)
	}
	b["voci"] = voci
	return b
}

// avviso is the printed notice's data; its states are its own.
func (s *Server) avviso(p *position, now time.Time) body {
	state := p.state(now, s.loc)
	switch state {
	case StatePaid, statePartly, StateIrregular:
		state = "DUPLICATA"
	}
	b := body{
		"stato": state, "idDominio": p.Creditor, "numeroAvviso": p.Notice, "importo": euro(p.Cents), "descrizione": p.Reason,
		"qrcode":  fmt.Sprintf("PAGOPA|002|%s|%s|%d", p.Notice, p.Creditor, p.Cents),
		"barcode": fmt.Sprintf("41580888880000138020%s3902%d", p.Notice, p.Cents),
	}
	if p.Due != "" {
		b["dataScadenza"] = p.Due
	}
	if p.ValidUntil != "" {
		b["dataValidita"] = p.ValidUntil
	}
	for _, y := range p.payments {
		if y.visible(now) && y.positive() {
			b["dataPagamento"] = s.day(y.At)
		}
	}
	return b
}

func (s *Server) noticeText(p *position) []string {
	return []string{"Avviso di pagamento", p.creditorName, p.Reason, "Avviso " + p.Notice, "Ente " + p.Creditor, "Importo " + printed(p.Cents)}
}
