package govpaytest

import (
	"encoding/json"
	"time"
)

// Request is one line of the request log. Credentials are not kept.
type Request struct {
	Method string
	Path   string // with its query
	Accept string
	Status int // 0: the connection was cut
}

// Entry is one JSON line of Options.Log: what was asked, what was answered and
// what it did to the platform's state.
type Entry struct {
	At          time.Time `json:"at"`
	API         string    `json:"api,omitempty"`
	Operation   string    `json:"operation,omitempty"`
	Method      string    `json:"method"`
	Path        string    `json:"path"`
	Status      int       `json:"status"` // of the honest answer where the connection was cut: 0
	Transaction string    `json:"transaction,omitempty"`
	Spoilt      string    `json:"spoilt,omitempty"` // the rule's deed
	Effect      string    `json:"effect,omitempty"` // e.g. "cart <id> for <notice> <notice>"
}

// note is what will be in the log of one request. It is there before the client can know that the request is over.
type note struct {
	request Request
	entry   Entry
	log     func() // writes it, once
}

const maxRequests = 10_000

// Requests returns what was asked so far, oldest first; at most the last 10,000.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.requests...)
}

func (s *Server) logRequest(r Request, e Entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.requests) == maxRequests {
		s.requests = append(s.requests[:0], s.requests[maxRequests/2:]...)
	}
	s.requests = append(s.requests, r)
	if s.opts.Log == nil {
		return
	}
	e.At, e.Method, e.Path, e.Status = s.opts.Now(), r.Method, r.Path, r.Status
	line, err := json.Marshal(e)
	if err == nil {
		_, err = s.opts.Log.Write(append(line, '\n'))
	}
	if err != nil {
		s.report(err)
	}
}

// Attempt is one attempt as the platform knows it, for tests that count what
// was settled from the platform's side.
type Attempt struct {
	Version, State, Outcome string // Outcome "": no receipt yet
	Code                    string // ccp, or the receipt's id
	Payment                 string // id of the portal payment, "": a terminal's
	Provider                Provider
	Cents                   int64
	At                      time.Time
}

// Attempts lists the attempts on a notice, oldest first.
func (s *Server) Attempts(creditor, notice string) []Attempt {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.positions[key{creditor, notice}]
	if p == nil {
		return nil
	}
	s.bank.read(s.bankLine, s.report)
	now := s.opts.Now()
	var list []Attempt
	for i, y := range p.payments {
		a := Attempt{
			Version: y.Version, State: y.attemptState(now, newerTerminal(p.payments[i+1:])), Code: y.code(now), Payment: y.portal,
			Provider: y.Provider, Cents: y.Cents, At: y.At,
		}
		if y.visible(now) {
			a.Outcome = y.Outcome
		}
		list = append(list, a)
	}
	return list
}
