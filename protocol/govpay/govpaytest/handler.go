package govpaytest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// api is one application of the platform.
type api struct {
	name, context, version string
}

const (
	apiPagamento  = "pagamento"
	apiPendenze   = "pendenze"
	apiRagioneria = "ragioneria"
	apiBackoffice = "backoffice"
)

var apis = []api{
	{apiPagamento, "/govpay/frontend/api/pagamento", "v2"},
	{apiPendenze, "/govpay/backend/api/pendenze", "v2"},
	{apiRagioneria, "/govpay/backend/api/ragioneria", "v3"},
	{apiBackoffice, "/govpay/backend/api/backoffice", "v1"},
}

// call is one request on its way through the platform.
type call struct {
	r    *http.Request
	api  string
	args []string // what stands for {} in the endpoint's path
	body []byte
	now  time.Time
	rule Rule   // a deed for the operation itself to do; zero: none
	did  string // what it did to the state, for the log
}

// answer is a response before it is written, so that faults can spoil it.
type answer struct {
	status      int
	contentType string
	body        []byte
	transaction bool // carries X-Govpay-IdTransazione
	location    string
	attachment  string // file name
}

const maxBody = 1 << 20

// ServeHTTP answers one request as the platform would, unless a rule spoils it.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.handling.RLock()
	defer s.handling.RUnlock()
	a, segment, rest := split(r.URL.Path)
	e, args, found := find(a, r, rest)
	c := &call{r: r, api: a.name, args: args}
	c.body, _ = io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody)) // half a body is not JSON

	s.mu.Lock()
	s.script.refresh(s.report)
	rule, spoil := s.script.next(e.operation, a.name, r.URL.RequestURI()+string(c.body))
	s.mu.Unlock()

	n := &note{request: Request{Method: r.Method, Path: r.URL.RequestURI(), Accept: r.Header.Get("Accept")}, entry: Entry{API: a.name, Operation: e.operation}}
	if spoil {
		n.entry.Spoilt = rule.Do
	}
	n.log = sync.OnceFunc(func() {
		n.entry.Effect = c.did
		s.logRequest(n.request, n.entry)
	})
	defer n.log() // also when the answer is cut by a panic
	honest := func() answer { return s.answer(c, a, segment, rest, e, found) }
	switch {
	case !spoil:
		s.write(w, honest(), n)
	case deeds[rule.Do] != nil: // the operation itself
		c.rule = rule
		s.write(w, honest(), n)
	default:
		s.spoil(w, r, rule, honest, n)
	}
}

// split takes {context}/rs/{segment}/{version}/{resource…} apart.
func split(path string) (a api, segment string, rest []string) {
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

// answer is the platform's honest answer: first the container, then security,
// then the version and the resource.
func (s *Server) answer(c *call, a api, segment string, rest []string, e endpoint, found found) answer {
	if a.name == "" {
		return page(http.StatusNotFound)
	}
	if refusal, ok := s.admit(c.r, segment); !ok {
		return refusal
	}
	switch {
	case found == noPath, len(rest) == 0, rest[0] != a.version:
		return page(http.StatusNotFound) // JAX-RS, without a fault body
	case found == noMethod:
		return page(http.StatusMethodNotAllowed)
	case e.operation != opProfile && slices.Contains(s.opts.Ungranted, a.name):
		return denied("API non abilitata")
	case !e.anyAccept && !acceptsJSON(c.r):
		return page(http.StatusNotAcceptable)
	case e.sends && !strings.HasPrefix(c.r.Header.Get("Content-Type"), "application/json"):
		return page(http.StatusUnsupportedMediaType)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bank.read(s.bankLine, s.report)
	c.now = s.opts.Now()
	return e.serve(s, c)
}

// admit is the platform's security, by authentication segment. A segment that is
// not enabled is denied, not missing.
func (s *Server) admit(r *http.Request, segment string) (answer, bool) {
	right := false
	switch {
	case segment == "basic":
		user, password, ok := r.BasicAuth()
		right = ok && same(user, s.opts.User) && same(password, s.opts.Password)
	case segment == "apikey" && s.opts.APIKey != "":
		right = same(r.Header.Get("X-APP-ID"), s.opts.APIID) && same(r.Header.Get("X-API-KEY"), s.opts.APIKey)
	case segment == "ssl" && s.opts.ClientSubject != "":
		right = r.TLS != nil && len(r.TLS.VerifiedChains) > 0 && r.TLS.PeerCertificates[0].Subject.String() == s.opts.ClientSubject
	default:
		return fault(http.StatusForbidden, "AUTORIZZAZIONE", "403", "accesso negato"), false
	}
	if !right {
		return fault(http.StatusUnauthorized, "AUTORIZZAZIONE", "401", "credenziali non fornite o errate"), false
	}
	return answer{}, true
}

func (s *Server) granted(creditor string) bool { return s.creditor(creditor).TaxCode != "" }

// creditor is zero where it is not ours.
func (s *Server) creditor(taxCode string) Creditor {
	for _, c := range s.creditors {
		if c.TaxCode == taxCode {
			return c
		}
	}
	return Creditor{}
}

func (s *Server) grantedType(id string) bool {
	return len(s.opts.GrantedTypes) == 0 || slices.Contains(s.opts.GrantedTypes, id)
}

// acceptsJSON is the JAX-RS rule for operations that write JSON only.
func acceptsJSON(r *http.Request) bool {
	accept := r.Header.Get("Accept")
	return accept == "" || strings.Contains(accept, "application/json") || strings.Contains(accept, "*/*")
}

func ok(b any) answer { return okWith(http.StatusOK, b) }

func okWith(status int, b any) answer {
	text, err := json.Marshal(b)
	if err != nil {
		return fault(http.StatusInternalServerError, "INTERNO", "INTERNAL", "errore interno")
	}
	return answer{status: status, contentType: "application/json", body: text, transaction: true}
}

func pdf(name string, lines ...string) answer {
	return answer{status: http.StatusOK, contentType: "application/pdf", body: onePage(lines...), transaction: true, attachment: name}
}

func fault(status int, categoria, codice, dettaglio string) answer {
	a := okWith(status, body{"categoria": categoria, "codice": codice, "descrizione": http.StatusText(status), "dettaglio": dettaglio})
	a.transaction = codice != "401" && codice != "403" // those two come from before the application
	return a
}

// Faults that many operations have.

func denied(dettaglio string) answer {
	return fault(http.StatusForbidden, "AUTORIZZAZIONE", "403000", dettaglio)
}

func missing(dettaglio string) answer {
	return fault(http.StatusNotFound, "OPERAZIONE", "404000", dettaglio)
}

func syntax(dettaglio string) answer {
	return fault(http.StatusBadRequest, "RICHIESTA", "SINTASSI", dettaglio)
}

func unprocessable(codice, dettaglio string) answer {
	return fault(http.StatusUnprocessableEntity, "RICHIESTA", codice, dettaglio)
}

// page is an answer of the container or of a proxy: HTML, no fault body.
func page(status int) answer {
	return answer{status: status, contentType: "text/html;charset=utf-8",
		body: fmt.Appendf(nil, "<html><head><title>%d</title></head><body><h1>%s</h1></body></html>\n", status, http.StatusText(status))}
}
