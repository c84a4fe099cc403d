package ui

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"sportello/protocol/local"
)

const (
	maxWord   = 64 // characters of a name, a reference or an id in a query
	maxDebtor = 70 // likewise of who owed
)

// page is a page of payments: the body holds them alone, headers the rest.
type page struct{ local.PaymentPage }

func (p page) write(w http.ResponseWriter, status int) {
	if p.Payments == nil {
		p.Payments = []local.Payment{}
	}
	text, err := json.Marshal(p.Payments)
	if err != nil { // not a type that fails
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if p.Next != "" {
		w.Header().Set(local.HeaderNext, p.Next)
	}
	if p.Total != nil {
		w.Header().Set(local.HeaderTotal, strconv.Itoa(*p.Total))
	}
	if p.Since != "" {
		w.Header().Set(local.HeaderSince, p.Since)
	}
	w.WriteHeader(status)
	_, _ = w.Write(text) // a client that is gone has nobody to tell
}

func (s *Server) payments(c *call) (answer, error) {
	file, err := asFile(c.r)
	if err != nil {
		return answer{}, err
	}
	query, err := paymentQuery(c.r.URL.Query())
	if err != nil {
		return answer{}, err
	}
	if file {
		return s.paymentsFile(c, query)
	}
	payments, err := s.options.Till.Payments(c.r.Context(), query)
	for _, p := range payments.Payments { // who owed is told to those who search
		for i := range p.Notices {
			p.Notices[i].Debtor, p.Notices[i].DebtorTaxCode = "", ""
		}
	}
	return answer{http.StatusOK, page{payments}}, err
}

// searchPayments is payments with the query in the body: by debtor, whom no URL may name.
func (s *Server) searchPayments(c *call) (answer, error) {
	file, err := asFile(c.r)
	if err != nil {
		return answer{}, err
	}
	if err := noQuery(c.r); err != nil {
		return answer{}, err
	}
	query, err := paymentSearch(c)
	if err != nil {
		return answer{}, err
	}
	if file {
		return s.paymentsFile(c, query)
	}
	payments, err := s.options.Till.Payments(c.r.Context(), query)
	return answer{http.StatusOK, page{payments}}, err
}

// paymentSearch reads a body as paymentQuery does parameters, and who owed besides.
func paymentSearch(c *call) (local.PaymentQuery, error) {
	var body local.PaymentQuery
	if err := decode(c.w, c.r, &body); err != nil {
		return body, err
	}
	debtor := strings.TrimSpace(body.Debtor)
	if body.Debtor = ""; debtor != "" && (!line(debtor, maxDebtor) || strings.IndexFunc(debtor, wordRune) < 0) {
		return body, badRequest("debtor")
	}
	text, err := json.Marshal(body)
	if err != nil { // not a type that fails
		return body, badRequest("")
	}
	given := map[string]any{}
	numbers := json.NewDecoder(bytes.NewReader(text))
	numbers.UseNumber()
	if err := numbers.Decode(&given); err != nil {
		return body, badRequest("")
	}
	parameters := url.Values{}
	for name, value := range given {
		parameters.Set(name, fmt.Sprint(value))
	}
	query, err := paymentQuery(parameters)
	if debtor != "" && query.RequestID != "" {
		return query, badRequest("request_id")
	}
	query.Debtor = debtor
	return query, err
}

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// paymentQuery reads the parameters, strictly: a misspelt one would silently list everything.
func paymentQuery(parameters url.Values) (local.PaymentQuery, error) {
	query := local.PaymentQuery{Limit: fewPayments}
	texts := map[string]*string{"terminal": &query.Terminal, "operator": &query.Operator, "reference": &query.Reference, "receipt_number": &query.ReceiptNumber}
	days := map[string]*string{"day": &query.Day, "from": &query.From, "to": &query.To}
	numbers := map[string]struct {
		into *string
		most int
	}{"notice": {&query.Notice, 18}, "iuv": {&query.IUV, 17}, "stan": {&query.STAN, 12}, "cursor": {&query.Cursor, 20}}
	for name, values := range parameters {
		if len(values) != 1 {
			return query, badRequest(name)
		}
		value, ok := values[0], true
		if into := texts[name]; into != nil {
			*into, ok = value, value != "" && writing(value, maxWord) && !strings.Contains(value, "\n")
		} else if into := days[name]; into != nil {
			_, err := time.Parse(time.DateOnly, value)
			*into, ok = value, err == nil
		} else if of, is := numbers[name]; is {
			*of.into, ok = value, value != "" && len(value) <= of.most && strings.Trim(value, "0123456789") == ""
		} else {
			ok = otherParameter(&query, name, value)
		}
		if !ok {
			return query, badRequest(name)
		}
	}
	switch {
	case query.RequestID != "" && len(parameters) > 1:
		return query, badRequest("request_id")
	case query.Day != "" && (query.From != "" || query.To != ""):
		return query, badRequest("day")
	}
	if before, err := strconv.ParseUint(query.Cursor, 10, 64); query.Cursor != "" && (err != nil || before == 0) { // no page gave it
		return query, badRequest("cursor")
	}
	return query, nil
}

// otherParameter reads those that are neither a name, nor a day, nor digits.
func otherParameter(query *local.PaymentQuery, name, value string) bool {
	switch name {
	case "state":
		query.State = local.State(value)
		switch query.State {
		case local.StateOpen, local.StateSent, local.StateUnknown, local.StateCharged,
			local.StateNotCharged, local.StateReversing, local.StateReversed:
			return true
		}
	case "registration":
		query.Registration = local.Registration(value)
		switch query.Registration {
		case local.RegistrationNone, local.RegistrationSubmitting, local.RegistrationAwaitingReceipt, local.RegistrationRegistered,
			local.RegistrationHeld, local.RegistrationPaidElsewhere, local.RegistrationRejected, local.RegistrationClosed:
			return true
		}
	case "request_id":
		query.RequestID = value
		return checkRequestID(value) == nil
	case "amount_cents":
		cents, err := strconv.ParseInt(value, 10, 64)
		query.AmountCents = cents
		return err == nil && cents > 0
	case "limit":
		limit, err := strconv.Atoi(value)
		query.Limit = limit
		return err == nil && limit >= 1 && limit <= mostPayments
	}
	return false
}

func (s *Server) story(c *call) (answer, error) {
	id, err := pathValue(c.r, "id")
	if err != nil {
		return answer{}, err
	}
	story, err := s.options.Till.Story(c.r.Context(), id)
	return listed(story, err)
}
