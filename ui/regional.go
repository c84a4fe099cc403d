package ui

import (
	"context"
	"net/http"
	"strings"

	"sportello/protocol/local"
)

// Limits of what is written about a debt; what it says, the till and the platform look at.
const (
	maxTaxCode  = 35
	maxService  = 64
	maxReason   = 140 // characters of a debt's reason (pagoPA)
	maxName     = 70
	maxFields   = 64
	maxKey      = 64
	maxText     = 1000       // characters of one field of a form
	mostCents   = 99_999_999 // what a card can be charged
	fieldsField = "fields"
)

func (s *Server) queueStatus(c *call) (answer, error) {
	if err := noQuery(c.r); err != nil {
		return answer{}, err
	}
	status, err := s.options.Till.QueueStatus(c.r.Context())
	return answer{http.StatusOK, status}, err
}

func (s *Server) services(c *call) (answer, error) {
	if err := noQuery(c.r); err != nil {
		return answer{}, err
	}
	services, err := s.options.Till.Services(c.r.Context())
	return listed(services, err)
}

func (s *Server) searchPositions(c *call) (answer, error) {
	var request local.SearchRequest
	if err := decode(c.w, c.r, &request); err != nil {
		return answer{}, err
	}
	switch {
	case request.Debtor == "":
		return answer{}, &local.Error{Code: local.CodeSearchDebtorNeeded}
	case !writing(request.Debtor, maxTaxCode):
		return answer{}, badRequest("debtor")
	case request.Creditor != "" && !digits(request.Creditor, 11):
		return answer{}, badRequest("creditor")
	}
	found, err := s.options.Till.SearchPositions(c.r.Context(), request)
	return answer{http.StatusOK, found}, err
}

// createPosition creates a debt. A repeat does it again, which creates nothing twice: the till names the debt
// after the request. Nothing personal is kept here.
func (s *Server) createPosition(c *call) (answer, error) {
	var request local.CreateRequest
	if err := decode(c.w, c.r, &request); err != nil {
		return answer{}, err
	}
	if field := wrongField(request); field != "" {
		return answer{}, badRequest(field)
	}
	return s.repeats.each(c.r.Context(), c.by.ID, request.RequestID, c.r.URL.Path, request, func() (answer, error) {
		notice, err := s.options.Till.CreatePosition(context.WithoutCancel(c.r.Context()), c.by, request)
		return answer{http.StatusCreated, notice}, err
	})
}

// wrongField names the first field that nobody could mean; "" when there is none.
func wrongField(r local.CreateRequest) string {
	switch {
	case r.Service == "" || !line(r.Service, maxService):
		return "service"
	case r.Creditor != "" && !digits(r.Creditor, 11):
		return "creditor"
	case r.AmountCents < 0 || r.AmountCents > mostCents:
		return "amount_cents"
	case !line(r.Reason, maxReason):
		return "reason"
	case r.Debtor.TaxCode == "" || !line(r.Debtor.TaxCode, maxTaxCode):
		return "debtor.tax_code"
	case r.Debtor.Name == "" || !line(r.Debtor.Name, maxName):
		return "debtor.name"
	}
	for _, more := range []struct{ name, value string }{
		{"address", r.Debtor.Address}, {"number", r.Debtor.Number}, {"postcode", r.Debtor.Postcode}, {"town", r.Debtor.Town},
		{"province", r.Debtor.Province}, {"country", r.Debtor.Country}, {"email", r.Debtor.Email},
	} {
		if !line(more.value, maxName) {
			return "debtor." + more.name
		}
	}
	if len(r.Fields) > maxFields {
		return fieldsField
	}
	for key, value := range r.Fields {
		if key == "" || !line(key, maxKey) {
			return fieldsField
		}
		switch value := value.(type) {
		case string:
			if !writing(value, maxText) {
				return fieldsField + "." + key
			}
		case bool, float64:
		default: // a form of a counter is flat
			return fieldsField + "." + key
		}
	}
	return ""
}

// offline opens or closes a period of charging while the platform is away: a supervisor's decision, with a
// name and, to open it, a reason in writing (design 8).
func (s *Server) offline(c *call) (answer, error) {
	var request local.OfflineRequest
	if err := decode(c.w, c.r, &request); err != nil {
		return answer{}, err
	}
	if c.session.fixed {
		return answer{}, &local.Error{Code: local.CodeOperatorNeeded}
	}
	if err := supervisor(c); err != nil {
		return answer{}, err
	}
	blank := strings.TrimSpace(request.Reason) == ""
	switch {
	case request.Action != local.OfflineOpen && request.Action != local.OfflineClose:
		return answer{}, badRequest("action")
	case blank == (request.Action == local.OfflineOpen), !writing(request.Reason, maxNote):
		return answer{}, badRequest("reason")
	}
	return s.repeats.once(c.r.Context(), c.by.ID, request.RequestID, c.r.URL.Path, request, func() (answer, error) {
		period, err := s.options.Till.Offline(context.WithoutCancel(c.r.Context()), c.by, request)
		return answer{http.StatusOK, period}, err
	})
}

// line is writing without line breaks.
func line(s string, most int) bool { return writing(s, most) && !strings.Contains(s, "\n") }

// noQuery refuses parameters where there are none: a misspelt one would silently mean nothing.
func noQuery(r *http.Request) error {
	for name := range r.URL.Query() {
		return badRequest(name)
	}
	return nil
}
