package govpaytest

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// visible says whether the caller may see a position through an API, and
// refuses otherwise (only Pendenze keeps other applications' positions back).
func (s *Server) visible(c *call, p *position) (answer, bool) {
	switch {
	case !s.granted(p.Creditor):
		return denied("dominio non abilitato"), false
	case c.api == apiPendenze && p.Application != s.opts.Application:
		return denied("pendenza di un'altra applicazione"), false
	case c.api != apiRagioneria && !s.grantedType(p.Type):
		return denied("tipo pendenza non abilitato"), false
	}
	return answer{}, true
}

// getByNotice verifies a notice. Everything that keeps it from being found is
// one and the same 404.
func (s *Server) getByNotice(c *call) answer {
	creditor, notice := c.args[0], c.args[1]
	if len(creditor) == 11 && !s.granted(creditor) {
		return denied("dominio non abilitato")
	}
	p := s.positions[key{creditor, notice}]
	if p == nil {
		return missing("avviso non trovato")
	}
	if c.rule.Do == "owner_down" {
		return missing("il gestionale non risponde")
	}
	if why := p.ask(); why != "" {
		return missing("il gestionale risponde: " + why)
	}
	return s.one(c, p)
}

func (s *Server) getOne(c *call) answer {
	p := s.byName[name{c.args[0], c.args[1]}]
	if p == nil || !p.stored {
		return missing("pendenza non trovata")
	}
	return s.one(c, p)
}

func (s *Server) one(c *call, p *position) answer {
	if refusal, ok := s.visible(c, p); !ok {
		return refusal
	}
	if c.rule.Do == "amount" {
		p.Cents = c.rule.Cents
	}
	if c.api == apiRagioneria {
		return ok(s.pendenzaPagata(p, c.now))
	}
	return ok(s.disguise(c, s.pendenza(p, c.api, c.now)))
}

// disguise shows the state that a rule wants shown; none at all without one.
func (s *Server) disguise(c *call, b body) body {
	if c.rule.Do == "state" {
		b["stato"] = c.rule.State
		if c.rule.State == "" {
			delete(b, "stato")
		}
	}
	return b
}

// getList searches positions. Pagamento and Pendenze take iuv and idPendenza and
// do nothing with them: whoever trusts them gets everybody's debts.
func (s *Server) getList(c *call) answer {
	q := c.r.URL.Query()
	pg, refusal, good := s.paging(c, "dataCaricamento", "dataValidita", "dataScadenza", "stato")
	if !good {
		return refusal
	}
	since, until, err := days(q, "dataDa", "dataA", s.loc)
	if err != nil {
		return syntax("dataDa o dataA")
	}
	creditor := q.Get("idDominio")
	if creditor != "" && !s.granted(creditor) {
		return denied("dominio non abilitato")
	}
	var list []*position
	for _, p := range s.all() {
		if !s.listed(c, p, q) || p.loaded.Before(since) || p.loaded.After(until) {
			continue
		}
		if c.api == apiBackoffice && !s.listedByOperator(p, q) {
			continue
		}
		list = append(list, p)
	}
	s.sort(list, pg.order, c.now)
	rows := []body{}
	for _, p := range list[pg.from(len(list)):pg.to(len(list))] {
		if c.rule.Do == "amount" {
			p.Cents = c.rule.Cents
		}
		rows = append(rows, s.disguise(c, s.pendenzaRow(p, c.api, c.now)))
	}
	return pg.answer("pendenze", len(list), rows)
}

// listed are the filters that all APIs honour.
func (s *Server) listed(c *call, p *position, q url.Values) bool {
	is := func(name, value string) bool { return q.Get(name) == "" || q.Get(name) == value }
	if _, ok := s.visible(c, p); !ok || !is("idDominio", p.Creditor) || !is("idA2A", p.Application) || !is("idDebitore", p.Debtor.TaxCode) {
		return false
	}
	base := p.base(c.now, s.loc)
	if p.Spontaneous && base == stateOpen && q.Get("mostraSpontaneiNonPagati") != "true" && c.api != apiBackoffice {
		return false
	}
	switch want := q.Get("stato"); want {
	case "":
		return true
	case StateCollected:
		return c.api == apiPendenze && p.collected
	default: // the flag ANOMALA is never stored: nothing has it, and ESEGUITA finds what is shown as it
		return base == want
	}
}

func (s *Server) listedByOperator(p *position, q url.Values) bool {
	is := func(name, value string) bool { return q.Get(name) == "" || q.Get(name) == value }
	return (is("iuv", p.iuv) || is("iuv", p.Notice)) && is("idPendenza", p.ID) && is("idTipoPendenza", p.Type)
}

func (s *Server) sort(list []*position, order []string, now time.Time) {
	if len(order) == 0 {
		order = []string{"-dataCaricamento"}
	}
	value := func(p *position, field string) string {
		switch field {
		case "dataCaricamento":
			return p.loaded.Format(time.RFC3339Nano)
		case "dataValidita":
			return p.ValidUntil
		case "dataScadenza":
			return p.Due
		default:
			return p.base(now, s.loc)
		}
	}
	slices.SortStableFunc(list, func(a, b *position) int {
		for _, o := range order {
			field, down := strings.TrimLeft(o, "+- "), strings.HasPrefix(o, "-")
			n := strings.Compare(value(a, field), value(b, field))
			if n == 0 {
				continue
			}
			if down {
				return -n
			}
			return n
		}
		return 0
	})
}

// paging is what a list was asked for.
type paging struct {
	page, size int
	count      bool
	order      []string
	query      url.Values
}

// paging reads the query of a list that can be sorted by the given fields.
func (s *Server) paging(c *call, fields ...string) (paging, answer, bool) {
	q := c.r.URL.Query()
	page, err1 := number(q, "pagina", 1)
	size, err2 := number(q, "risultatiPerPagina", 25)
	if err1 != nil || err2 != nil || page < 1 || size < 0 || size > 200 {
		return paging{}, syntax("parametri di paginazione"), false
	}
	p := paging{page: page, size: size, count: q.Get("metadatiPaginazione") != "false", query: q}
	if text := q.Get("ordinamento"); text != "" {
		p.order = strings.Split(text, ",")
		for _, o := range p.order {
			if !slices.Contains(fields, strings.TrimLeft(o, "+- ")) {
				return paging{}, unprocessable("100001", "ordinamento"), false
			}
		}
	}
	return p, answer{}, true
}

func (p paging) from(n int) int { return min((p.page-1)*p.size, n) }
func (p paging) to(n int) int   { return min(p.page*p.size, n) }

// answer is the envelope of a list of n. Without counting the link to the next
// page is always there: whoever follows it to its end never ends.
func (p paging) answer(resource string, n int, rows []body) answer {
	b := body{"risultatiPerPagina": p.size, "pagina": p.page, "risultati": rows}
	if p.count {
		b["numRisultati"] = n
		if p.size > 0 {
			b["numPagine"] = max(1, (n+p.size-1)/p.size)
		}
	}
	if !p.count || p.page*p.size < n && p.size > 0 {
		p.query.Set("pagina", strconv.Itoa(p.page+1))
		b["prossimiRisultati"] = "/" + resource + "?" + p.query.Encode()
	}
	return ok(b)
}

func number(q url.Values, name string, otherwise int) (int, error) {
	if !q.Has(name) {
		return otherwise, nil
	}
	return strconv.Atoi(q.Get(name))
}

// days reads a span of days, or of moments, in the platform's own time.
func days(q url.Values, from, to string, loc *time.Location) (since, until time.Time, err error) {
	until = time.Date(9999, 1, 1, 0, 0, 0, 0, loc)
	read := func(text string, whole time.Duration) (time.Time, error) {
		if t, err := time.ParseInLocation(time.DateOnly, text, loc); err == nil {
			return t.Add(whole), nil
		}
		return time.ParseInLocation(localTime, text, loc)
	}
	if t := q.Get(from); t != "" {
		if since, err = read(t, 0); err != nil {
			return since, until, err
		}
	}
	if t := q.Get(to); t != "" {
		until, err = read(t, 24*time.Hour-time.Millisecond)
	}
	return since, until, err
}

// getNotice shows a printed notice. Unlike byAvviso, an unknown one is a 200 in
// JSON, and a 404 as PDF.
func (s *Server) getNotice(c *call) answer {
	creditor, notice := c.args[0], c.args[1]
	accept := ""
	if all := c.r.Header.Values("Accept"); len(all) > 0 {
		accept = all[0]
	}
	wantPDF := strings.Contains(accept, "application/pdf")
	absentIsJSON := accept == "" && c.api == apiPagamento
	if !wantPDF && !absentIsJSON && !strings.Contains(accept, "application/json") {
		return fault(http.StatusNotAcceptable, "RICHIESTA", "406000", "formato non disponibile")
	}
	if len(creditor) == 11 && !s.granted(creditor) {
		return denied("dominio non abilitato")
	}
	p := s.positions[key{creditor, notice}]
	if p != nil && c.api == apiPagamento {
		p.ask()
	}
	if p == nil || !p.stored {
		if wantPDF {
			return missing("avviso non trovato")
		}
		return ok(body{"stato": "SCONOSCIUTA", "idDominio": creditor, "numeroAvviso": notice})
	}
	if c.api == apiPendenze && p.Application != s.opts.Application {
		return denied("pendenza di un'altra applicazione")
	}
	if c.rule.Do == "amount" {
		p.Cents = c.rule.Cents
	}
	if !wantPDF {
		return ok(s.avviso(p, c.now))
	}
	if p.StampDuty {
		return unprocessable("SEMANTICA", "nessun avviso per una marca da bollo")
	}
	file := p.Creditor + "_" + p.Notice + ".pdf"
	if p.Document != "" {
		file = p.Creditor + "_DOC_" + p.Document + ".pdf"
	}
	return pdf(file, s.noticeText(p)...)
}
