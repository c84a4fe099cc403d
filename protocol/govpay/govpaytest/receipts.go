package govpaytest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// having is an attempt with its position.
type having struct {
	p *position
	y payment
}

// ofIUV are the positions of an IUV, of one creditor or of all; "": every one.
func (s *Server) ofIUV(creditor, iuv string) []*position {
	if creditor != "" && iuv != "" {
		return s.byIUV[key{creditor, iuv}]
	}
	var list []*position
	for _, p := range s.all() {
		if (creditor == "" || p.Creditor == creditor) && (iuv == "" || p.iuv == iuv) {
			list = append(list, p)
		}
	}
	return list
}

// getReceipts lists the attempts that have a receipt, positive or not.
func (s *Server) getReceipts(c *call) answer {
	q := c.r.URL.Query()
	pg, refusal, good := s.paging(c)
	if !good {
		return refusal
	}
	creditor := q.Get("idDominio")
	if creditor != "" && !s.granted(creditor) {
		return denied("dominio non abilitato")
	}
	since, until, err := days(q, "dataDa", "dataA", s.loc)
	if err != nil {
		return syntax("dataDa o dataA")
	}
	is := func(name, value string) bool { return q.Get(name) == "" || q.Get(name) == value }
	var all []having
	for _, p := range s.ofIUV(creditor, q.Get("iuv")) {
		if !is("numeroAvviso", p.Notice) {
			continue
		}
		for _, y := range p.payments {
			got := y.At.Add(y.Delay)
			if y.visible(c.now) && is("idRicevuta", y.ID) && !got.Before(since) && !got.After(until) {
				all = append(all, having{p, y})
			}
		}
	}
	slices.SortFunc(all, func(a, b having) int {
		if n := b.y.At.Add(b.y.Delay).Compare(a.y.At.Add(a.y.Delay)); n != 0 {
			return n
		}
		return strings.Compare(a.y.ID, b.y.ID)
	})
	rows := []body{}
	for _, f := range all[pg.from(len(all)):pg.to(len(all))] {
		rows = append(rows, s.receiptRow(f.p, f.y))
	}
	return pg.answer("ricevute", len(all), rows)
}

func (s *Server) getReceipt(c *call) answer {
	creditor, iuv, id := c.args[0], c.args[1], c.args[2]
	accept := c.r.Header.Get("Accept")
	wantPDF := strings.Contains(accept, "application/pdf")
	if !wantPDF && !strings.Contains(accept, "application/json") {
		return fault(http.StatusNotAcceptable, "RICHIESTA", "406000", "formato non disponibile")
	}
	if !s.granted(creditor) {
		return denied("dominio non abilitato")
	}
	for _, p := range s.byIUV[key{creditor, iuv}] {
		for _, y := range p.payments {
			switch {
			case y.ID != id || !y.visible(c.now):
			case wantPDF:
				return pdf("", s.receiptText(p, y)...)
			default:
				return ok(s.ricevuta(p, y, c.now))
			}
		}
	}
	return missing("ricevuta non trovata")
}

func (s *Server) receiptText(p *position, y payment) []string {
	return []string{"Ricevuta di pagamento " + y.ID, p.creditorName, p.Reason, "Avviso " + p.Notice, "Importo " + printed(y.Cents), "Pagato il " + s.local(y.At)}
}

// getAttempts lists attempts. Pagamento shows those of its caller's own
// payments only: an attempt opened by a terminal is not in its list.
func (s *Server) getAttempts(c *call) answer {
	q := c.r.URL.Query()
	pg, refusal, good := s.paging(c, "dataRichiesta", "stato")
	if !good {
		return refusal
	}
	creditor := q.Get("idDominio")
	if creditor != "" && !s.granted(creditor) {
		return denied("dominio non abilitato")
	}
	is := func(name, value string) bool { return q.Get(name) == "" || q.Get(name) == value }
	rows := []body{}
	for _, p := range s.ofIUV(creditor, q.Get("iuv")) {
		if _, ok := s.visible(c, p); !ok || !is("idA2A", p.Application) || !is("idPendenza", p.ID) || !is("idDebitore", p.Debtor.TaxCode) {
			continue
		}
		for _, y := range p.newest(c.now) {
			if c.api == apiPagamento && y.portal == "" || !is("idPagamento", y.portal) || !is("ccp", y.code(c.now)) || !is("esitoPagamento", y.outcome(c)) {
				continue
			}
			rows = append(rows, s.attempt(p, y, c.api, c.now, p.newerTerminal(y, c.now)))
		}
	}
	return pg.answer("rpp", len(rows), rows[pg.from(len(rows)):pg.to(len(rows))])
}

func (y payment) outcome(c *call) string {
	switch {
	case y.visible(c.now):
		return y.Outcome
	case y.failed == attemptRefused:
		return "RIFIUTATO"
	default:
		return "IN_CORSO"
	}
}

// theAttempt is the one that a path names, or the refusal.
func (s *Server) theAttempt(c *call) (*position, *payment, answer) {
	if !s.granted(c.args[0]) {
		return nil, nil, denied("dominio non abilitato")
	}
	for _, p := range s.byIUV[key{c.args[0], c.args[1]}] {
		for i := range p.payments {
			if p.payments[i].code(c.now) != c.args[2] {
				continue
			}
			if refusal, ok := s.visible(c, p); !ok {
				return nil, nil, refusal
			}
			return p, &p.payments[i], answer{}
		}
	}
	return nil, nil, missing("tentativo non trovato")
}

func (s *Server) getAttempt(c *call) answer {
	p, y, refusal := s.theAttempt(c)
	if p == nil {
		return refusal
	}
	return ok(s.attempt(p, *y, c.api, c.now, p.newerTerminal(*y, c.now)))
}

// getAttemptReceipt gives the receipt as it was asked for; anything that is not
// named is XML.
func (s *Server) getAttemptReceipt(c *call) answer {
	p, y, refusal := s.theAttempt(c)
	switch accept := c.r.Header.Get("Accept"); {
	case p == nil:
		return refusal
	case !y.visible(c.now):
		return missing("ricevuta non trovata")
	case strings.Contains(accept, "application/pdf"):
		return pdf("", s.receiptText(p, *y)...)
	case strings.Contains(accept, "application/json"):
		return ok(s.rt(p, *y))
	default:
		return answer{status: http.StatusOK, contentType: "application/xml", body: []byte("<RT/>"), transaction: true}
	}
}

// patch is one step of a PATCH.
type patch struct {
	Op    string          `json:"op"`
	Path  string          `json:"path"`
	Value json.RawMessage `json:"value"`
}

func patches(c *call) ([]patch, bool) {
	var steps []patch
	if err := json.Unmarshal(c.body, &steps); err != nil || len(steps) == 0 {
		return nil, false
	}
	return steps, true
}

// patchAttempt frees a position that a cart without receipt blocks.
func (s *Server) patchAttempt(c *call) answer {
	p, y, refusal := s.theAttempt(c)
	if p == nil {
		return refusal
	}
	steps, good := patches(c)
	if !good {
		return syntax("corpo della PATCH")
	}
	for _, step := range steps {
		var blocking bool
		if step.Op != "REPLACE" || step.Path != "/bloccante" || json.Unmarshal(step.Value, &blocking) != nil {
			return syntax("operazione non ammessa")
		}
		y.freed = !blocking
	}
	c.did = "freed " + y.ccp
	return ok(s.attempt(p, *y, c.api, c.now, p.newerTerminal(*y, c.now)))
}
