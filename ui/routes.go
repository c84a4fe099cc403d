package ui

import (
	"net/http"
	"strings"

	"sportello/protocol/local"
)

// access says who may use a route.
type access int

const (
	anybody  access = iota // no token
	signedIn               // a token
	locked                 // a token, also of a locked session
	upkeep                 // a supervisor's token, or the one for maintenance
)

// route is one operation of the contract (openapi.yaml; a test compares the two).
type route struct {
	method string
	path   string
	access access
	serve  func(*Server, *call) (answer, error)
}

// call is a request that may be served.
type call struct {
	w       http.ResponseWriter
	r       *http.Request
	session *session // nil where anybody may
	by      local.Operator
}

const api = "/api/v1/"

var table = []route{
	{http.MethodPost, api + "session", anybody, (*Server).signIn},
	{http.MethodDelete, api + "session", locked, (*Server).signOut},
	{http.MethodPost, api + "session/lock", locked, (*Server).lockSession},
	{http.MethodGet, api + "state", signedIn, (*Server).state},
	{http.MethodPost, api + "notices/lookup", signedIn, (*Server).lookup},
	{http.MethodPost, api + "payments", signedIn, (*Server).pay},
	{http.MethodGet, api + "payments", signedIn, (*Server).payments},
	{http.MethodPost, api + "payments/search", signedIn, (*Server).searchPayments},
	{http.MethodGet, api + "payments/{id}", signedIn, (*Server).payment},
	{http.MethodPost, api + "notices/pdf", signedIn, (*Server).noticePDF},
	{http.MethodGet, api + "payments/{id}/story", signedIn, (*Server).story},
	{http.MethodGet, api + "payments/{id}/receipt", signedIn, (*Server).receipt},
	{http.MethodPost, api + "payments/{id}/resolution", signedIn, (*Server).resolve},
	{http.MethodPost, api + "payments/{id}/resolution/countersign", signedIn, (*Server).countersign},
	{http.MethodPost, api + "payments/{id}/reversal", signedIn, (*Server).reverse},
	{http.MethodGet, api + "terminals", signedIn, (*Server).terminals},
	{http.MethodPost, api + "terminals/{name}/{action}", signedIn, (*Server).terminalAction},
	{http.MethodGet, api + "queue", signedIn, (*Server).queue},
	{http.MethodGet, api + "queue/status", signedIn, (*Server).queueStatus},
	{http.MethodGet, api + "cases", signedIn, (*Server).cases},
	{http.MethodPost, api + "cases/{id}/ending", signedIn, (*Server).endCase},
	{http.MethodPost, api + "cases/{id}/ending/countersign", signedIn, (*Server).countersignCase},
	{http.MethodPost, api + "positions/search", signedIn, (*Server).searchPositions},
	{http.MethodPost, api + "positions", signedIn, (*Server).createPosition},
	{http.MethodGet, api + "services", signedIn, (*Server).services},
	{http.MethodPost, api + "offline", signedIn, (*Server).offline},
	{http.MethodGet, api + "payments/{id}/attestation", signedIn, (*Server).attestation},
	{http.MethodPost, api + "payments/{id}/print", signedIn, (*Server).print},
	{http.MethodGet, api + "reports/day", signedIn, (*Server).dayReport},
	{http.MethodGet, api + "ledger/check", signedIn, (*Server).ledgerCheck},
	{http.MethodGet, "/healthz", anybody, (*Server).healthz},
	{http.MethodGet, "/readyz", anybody, (*Server).readyz},
	{http.MethodGet, "/metrics", anybody, (*Server).metrics}, // who may is its own matter
	{http.MethodGet, api + "bundle", upkeep, (*Server).bundle},
	{http.MethodGet, api + "ledger/backup", upkeep, (*Server).backup},
	{http.MethodGet, api + "restore", signedIn, (*Server).restoreStatus},
	{http.MethodPost, api + "restore/payments", signedIn, (*Server).restorePayment},
}

// Two routes write their own answers: the WebSocket and the description.
const (
	eventsPath  = api + "events"
	openapiPath = api + "openapi.yaml"
)

// routes builds the mux: one handler a path, so that a wrong method is refused in our words.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	byPath := map[string]map[string]http.HandlerFunc{
		eventsPath:  {http.MethodGet: s.events},
		openapiPath: {http.MethodGet: s.openapi},
	}
	for _, one := range table {
		if byPath[one.path] == nil {
			byPath[one.path] = map[string]http.HandlerFunc{}
		}
		byPath[one.path][one.method] = func(w http.ResponseWriter, r *http.Request) { s.serve(one, w, r) }
	}
	for path, methods := range byPath {
		allow := make([]string, 0, len(methods))
		for method := range methods {
			allow = append(allow, method)
		}
		allowed := strings.Join(allow, ", ")
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			if serve, ok := methods[r.Method]; ok {
				serve(w, r)
				return
			}
			w.Header().Set("Allow", allowed)
			s.refuse(w, r, &local.Error{Code: local.CodeMethod})
		})
	}
	mux.HandleFunc(demoTerminalPath, s.demoTerminal)
	mux.Handle("/", s.pages())
	return mux
}

// serve lets a request in by its token, runs the route and writes its answer.
func (s *Server) serve(one route, w http.ResponseWriter, r *http.Request) {
	c := &call{w: w, r: r}
	if one.access != anybody {
		if err := s.authorize(c, one.access); err != nil {
			s.refuse(w, r, err)
			return
		}
	}
	if r.Method != http.MethodPost && r.ContentLength != 0 {
		s.refuse(w, r, badRequest(""))
		return
	}
	a, err := one.serve(s, c)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	s.write(w, a)
}

// authorize finds who is asking.
func (s *Server) authorize(c *call, who access) error {
	if who == upkeep && s.maintains(c.r) {
		return nil
	}
	one, isLocked := s.sessions.find(bearer(c.r))
	switch {
	case one == nil:
		return &local.Error{Code: local.CodeUnauthorized}
	case isLocked && who != locked:
		return &local.Error{Code: local.CodeSessionLocked}
	}
	c.session, c.by = one, one.operator
	if who == upkeep && c.by.Role != local.RoleSupervisor {
		return &local.Error{Code: local.CodeForbiddenRole}
	}
	return nil
}

// bearer is the token of the Authorization header, or "".
func bearer(r *http.Request) string {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return token
}

func (s *Server) openapi(w http.ResponseWriter, r *http.Request) {
	if err := s.authorize(&call{w: w, r: r}, signedIn); err != nil {
		s.refuse(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/yaml")
	_, _ = w.Write(local.OpenAPI)
}
