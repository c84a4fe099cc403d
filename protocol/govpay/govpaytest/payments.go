package govpaytest

import (
	"slices"
	"strings"
	"time"
)

// pagamentoRow is a portal payment in a list, with links.
func (s *Server) pagamentoRow(o *portal, now time.Time) body {
	cents, reasons := int64(0), []string{}
	for _, p := range o.positions {
		cents += p.Cents
		reasons = append(reasons, p.Reason)
	}
	b := body{
		"id": o.id, "nome": strings.Join(reasons, ", "), "stato": o.state(now), "importo": euro(cents), "autenticazioneSoggetto": "N/A",
		"dataRichiestaPagamento": o.at.In(s.loc).Format("2006-01-02T15:04:05.000"),
		"rpp":                    "/rpp?idPagamento=" + o.id, "pendenze": "/pendenze?idPagamento=" + o.id,
	}
	if o.session != "" {
		b["idSessionePortale"] = o.session
	}
	if o.nodo != "" {
		b["idSessionePsp"] = o.nodo
	}
	return b
}

func (s *Server) getPayment(c *call) answer {
	o := s.byPortal[c.args[0]]
	if o == nil {
		return missing("pagamento non trovato")
	}
	b := s.pagamentoRow(o, c.now)
	attempts, positions := []body{}, []body{}
	for _, h := range o.attempts() {
		attempts = append(attempts, s.attempt(h.p, h.y, c.api, c.now, h.p.newerTerminal(h.y, c.now)))
	}
	for _, p := range o.positions {
		positions = append(positions, s.pendenzaRow(p, c.api, c.now))
	}
	b["rpp"], b["pendenze"] = attempts, positions
	return ok(b)
}

func (s *Server) getPayments(c *call) answer {
	q := c.r.URL.Query()
	pg, refusal, good := s.paging(c, "dataRichiestaPagamento", "stato")
	if !good {
		return refusal
	}
	since, until, err := days(q, "dataDa", "dataA", s.loc)
	if err != nil {
		return syntax("dataDa o dataA")
	}
	is := func(name, value string) bool { return q.Get(name) == "" || q.Get(name) == value }
	debtor := func(o *portal) bool {
		return slices.ContainsFunc(o.positions, func(p *position) bool { return is("idDebitore", p.Debtor.TaxCode) })
	}
	var list []*portal
	candidates := s.portals
	if session := q.Get("idSessionePortale"); session != "" {
		candidates = s.bySession[session]
	}
	for _, o := range candidates {
		if is("idSessione", o.nodo) && is("id", o.id) && debtor(o) && !o.at.Before(since) && !o.at.After(until) &&
			(q.Get("stato") == "" || q.Get("stato") == o.state(c.now)) { // the state last: it costs most
			list = append(list, o)
		}
	}
	if len(pg.order) == 0 || !strings.HasPrefix(pg.order[0], "+") {
		slices.Reverse(list)
	}
	rows := []body{}
	for _, o := range list[pg.from(len(list)):pg.to(len(list))] {
		rows = append(rows, s.pagamentoRow(o, c.now))
	}
	return pg.answer("pagamenti", len(list), rows)
}
