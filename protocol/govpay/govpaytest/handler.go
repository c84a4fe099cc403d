package govpaytest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Operations, as fault rules name them.
const (
	opPosition = "byAvviso"
	opReceipts = "ricevute"
	opReceipt  = "ricevuta"
	opPDF      = "pdf"
	opProfile  = "profilo"
	opOther    = "other"
)

// api is one application of the platform.
type api struct {
	name, context, version string
}

var apis = []api{
	{"pagamento", pagamentoContext, "v2"},
	{"pendenze", pendenzeContext, "v2"},
	{"ragioneria", ragioneriaContext, "v3"},
}

// answer is a response before it is written, so that faults can spoil it.
type answer struct {
	status      int
	contentType string
	body        []byte
	transaction bool // carries X-Govpay-IdTransazione
}

// ServeHTTP answers one request as the platform would, unless a rule spoils it.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.handling.RLock()
	defer s.handling.RUnlock()
	a, segment, rest := route(r.URL.Path)
	operation := operationOf(rest, r.Header.Get("Accept"))

	s.mu.Lock()
	s.script.refresh(s.report)
	rule, spoil := s.script.next(operation)
	s.mu.Unlock()

	entry := Request{Method: r.Method, Path: r.URL.RequestURI(), Accept: r.Header.Get("Accept")}
	defer func() { s.logRequest(entry) }() // also when the answer is cut by a panic
	if spoil {
		entry.Status = s.spoil(w, r, rule, func() answer { return s.answer(r, a, segment, rest) })
	} else {
		entry.Status = s.write(w, s.answer(r, a, segment, rest))
	}
}

// route splits {context}/rs/{segment}/{version}/{resource…}.
func route(path string) (a api, segment string, rest []string) {
	for _, a := range apis {
		after, ok := strings.CutPrefix(path, a.context+"/rs/")
		if !ok {
			continue
		}
		parts := strings.Split(after, "/")
		return a, parts[0], parts[1:]
	}
	return api{}, "", nil
}

func operationOf(rest []string, accept string) string {
	switch {
	case len(rest) == 2 && rest[1] == "profilo":
		return opProfile
	case len(rest) == 5 && rest[1] == "pendenze" && rest[2] == "byAvviso":
		return opPosition
	case len(rest) == 2 && rest[1] == "ricevute":
		return opReceipts
	case len(rest) == 5 && rest[1] == "ricevute" && strings.Contains(accept, "application/pdf"):
		return opPDF
	case len(rest) == 5 && rest[1] == "ricevute":
		return opReceipt
	}
	return opOther
}

// answer is the platform's honest answer: first the container, then security,
// then the version and the resource.
func (s *Server) answer(r *http.Request, a api, segment string, rest []string) answer {
	if a.name == "" {
		return page(http.StatusNotFound)
	}
	if segment != "basic" { // a segment that is not enabled is denied, not missing
		return fault(http.StatusForbidden, "AUTORIZZAZIONE", "403", "accesso negato")
	}
	user, password, ok := r.BasicAuth()
	if !ok || !same(user, s.opts.User) || !same(password, s.opts.Password) {
		return fault(http.StatusUnauthorized, "AUTORIZZAZIONE", "401", "credenziali non fornite o errate")
	}
	operation := operationOf(rest, r.Header.Get("Accept"))
	if operation == opOther || rest[0] != a.version || !served(a, operation) {
		return page(http.StatusNotFound) // JAX-RS, without a fault body
	}
	if r.Method != http.MethodGet {
		return page(http.StatusMethodNotAllowed)
	}
	if operation != opProfile && slices.Contains(s.opts.Ungranted, a.name) {
		return denied("API non abilitata")
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	s.bank.read(s.bankLine, s.report)
	now := s.opts.Now()
	switch operation {
	case opPosition:
		return s.getPosition(r, rest[3], rest[4], now)
	case opReceipts:
		return s.getReceipts(r, now)
	case opReceipt, opPDF:
		return s.getReceipt(r, rest[2], rest[3], rest[4], now)
	default:
		return s.getProfile(r)
	}
}

func served(a api, operation string) bool {
	switch operation {
	case opProfile:
		return true
	case opPosition:
		return a.name == "pagamento"
	default:
		return a.name == "ragioneria"
	}
}

func (s *Server) getProfile(r *http.Request) answer {
	if !acceptsJSON(r) {
		return page(http.StatusNotAcceptable)
	}
	domini := []body{}
	for _, c := range s.creditors {
		domini = append(domini, body{"idDominio": c.TaxCode, "ragioneSociale": c.Name})
	}
	return ok(body{"nome": s.opts.User, "domini": domini, "tipiPendenza": []body{}, "acl": []body{}})
}

func (s *Server) getPosition(r *http.Request, creditor, notice string, now time.Time) answer {
	if !acceptsJSON(r) {
		return page(http.StatusNotAcceptable)
	}
	if len(creditor) == 11 && !s.granted(creditor) {
		return denied("dominio non abilitato")
	}
	p := s.positions[key{creditor, notice}]
	if p == nil { // unknown notice, malformed number, owner not reachable: all the same
		return fault(http.StatusNotFound, "OPERAZIONE", "404000", "avviso non trovato")
	}
	return ok(s.pendenza(p, now))
}

func (s *Server) getReceipts(r *http.Request, now time.Time) answer {
	if !acceptsJSON(r) {
		return page(http.StatusNotAcceptable)
	}
	q := r.URL.Query()
	pageNo, err1 := number(q, "pagina", 1)
	size, err2 := number(q, "risultatiPerPagina", 25)
	if err1 != nil || err2 != nil || pageNo < 1 || size < 0 || size > 200 {
		return fault(http.StatusBadRequest, "RICHIESTA", "SINTASSI", "parametri di paginazione")
	}
	if q.Get("ordinamento") != "" {
		return fault(http.StatusUnprocessableEntity, "RICHIESTA", "100001", "ordinamento")
	}
	creditor := q.Get("idDominio")
	if creditor != "" && !s.granted(creditor) {
		return denied("dominio non abilitato")
	}
	type found struct {
		p *position
		y payment
	}
	var all []found
	for _, p := range s.positions {
		if (creditor != "" && p.Creditor != creditor) || (q.Get("iuv") != "" && p.iuv != q.Get("iuv")) ||
			(q.Get("numeroAvviso") != "" && p.Notice != q.Get("numeroAvviso")) {
			continue
		}
		for _, y := range p.payments {
			if y.visible(now) && (q.Get("idRicevuta") == "" || y.ID == q.Get("idRicevuta")) {
				all = append(all, found{p, y})
			}
		}
	}
	slices.SortFunc(all, func(a, b found) int {
		if n := b.y.At.Add(b.y.Delay).Compare(a.y.At.Add(a.y.Delay)); n != 0 {
			return n
		}
		return strings.Compare(a.y.ID, b.y.ID)
	})
	count := q.Get("metadatiPaginazione") != "false"
	from := min((pageNo-1)*size, len(all))
	rows := []body{}
	for _, f := range all[from:min(from+size, len(all))] {
		rows = append(rows, s.receiptRow(f.p, f.y))
	}
	b := body{"risultatiPerPagina": size, "pagina": pageNo, "risultati": rows}
	if count {
		b["numRisultati"] = len(all)
		if size > 0 {
			b["numPagine"] = (len(all) + size - 1) / size
		}
	}
	if !count || pageNo*size < len(all) { // without counting the link is always there
		q.Set("pagina", strconv.Itoa(pageNo+1))
		b["prossimiRisultati"] = "/ricevute?" + q.Encode()
	}
	return ok(b)
}

func number(q url.Values, name string, otherwise int) (int, error) {
	if !q.Has(name) {
		return otherwise, nil
	}
	return strconv.Atoi(q.Get(name))
}

func (s *Server) getReceipt(r *http.Request, creditor, iuv, id string, now time.Time) answer {
	accept := r.Header.Get("Accept")
	wantPDF := strings.Contains(accept, "application/pdf")
	if !wantPDF && !strings.Contains(accept, "application/json") {
		return fault(http.StatusNotAcceptable, "RICHIESTA", "406000", "formato non disponibile")
	}
	if !s.granted(creditor) {
		return denied("dominio non abilitato")
	}
	for _, p := range s.positions {
		if p.Creditor != creditor || p.iuv != iuv {
			continue
		}
		for _, y := range p.payments {
			if y.ID != id || !y.visible(now) {
				continue
			}
			if wantPDF {
				return answer{http.StatusOK, "application/pdf", receiptPDF(
					"Ricevuta di pagamento "+y.ID, p.creditorName, p.Reason,
					"Avviso "+p.Notice, "Importo "+text(y.Cents)+" euro", "Pagato il "+s.local(y.At),
				), true}
			}
			return ok(s.ricevuta(p, y))
		}
	}
	return fault(http.StatusNotFound, "OPERAZIONE", "404000", "ricevuta non trovata")
}

func (s *Server) granted(creditor string) bool {
	return slices.ContainsFunc(s.creditors, func(c Creditor) bool { return c.TaxCode == creditor })
}

// acceptsJSON is the JAX-RS rule for operations that write JSON only.
func acceptsJSON(r *http.Request) bool {
	accept := r.Header.Get("Accept")
	return accept == "" || strings.Contains(accept, "application/json") || strings.Contains(accept, "*/*")
}

func ok(b body) answer {
	text, err := json.Marshal(b)
	if err != nil {
		return fault(http.StatusInternalServerError, "INTERNO", "INTERNAL", "errore interno")
	}
	return answer{http.StatusOK, "application/json", text, true}
}

func fault(status int, categoria, codice, dettaglio string) answer {
	a := ok(body{"categoria": categoria, "codice": codice, "descrizione": http.StatusText(status), "dettaglio": dettaglio})
	a.status, a.transaction = status, codice != "401" && codice != "403"
	return a
}

func denied(dettaglio string) answer {
	return fault(http.StatusForbidden, "AUTORIZZAZIONE", "403000", dettaglio)
}

// page is an answer of the container or of a proxy: HTML, no fault body.
func page(status int) answer {
	return answer{status, "text/html;charset=utf-8", fmt.Appendf(nil, "<html><head><title>%d</title></head><body><h1>%s</h1></body></html>\n", status, http.StatusText(status)), false}
}

func (s *Server) write(w http.ResponseWriter, a answer) int {
	s.head(w, a)
	_, _ = w.Write(a.body) // the client may be gone
	return a.status
}

func (s *Server) head(w http.ResponseWriter, a answer) {
	w.Header().Set("Content-Type", a.contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	if a.transaction {
		s.mu.Lock()
		s.serial++
		n := s.serial
		s.mu.Unlock()
		w.Header().Set("X-Govpay-IdTransazione", fmt.Sprintf("5f0c2c36-0c55-4c59-9d0e-%012x", n))
	}
	w.WriteHeader(a.status)
}

// spoil answers as the rule says; the status is 0 when the connection was cut.
func (s *Server) spoil(w http.ResponseWriter, r *http.Request, rule Rule, honest func() answer) int {
	switch rule.Do {
	case "slow":
		timer := time.NewTimer(time.Duration(rule.DelayMS) * time.Millisecond)
		defer timer.Stop()
		select {
		case <-timer.C:
			return s.write(w, honest())
		case <-r.Context().Done(): // the client gave up, or Stop
			return 0
		}
	case "html":
		status := rule.Status
		if status == 0 {
			status = http.StatusOK
		}
		return s.write(w, page(status))
	case "status":
		return s.write(w, fault(rule.Status, "INTERNO", "INTERNAL", "errore interno"))
	case "wrong_json":
		return s.write(w, answer{http.StatusOK, "application/json", []byte(`{"esito":42}`), true})
	case "redirect":
		w.Header().Set("Location", "/login")
		return s.write(w, page(http.StatusFound))
	case "cut":
		a := honest()
		s.head(w, a)
		_, _ = w.Write(bytes.Clone(a.body[:len(a.body)/2]))
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	default: // down
		reset(w)
		return 0
	}
}

// reset drops the connection without an answer.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // HTTP/2: the stream is reset instead
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}
