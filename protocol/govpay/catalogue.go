package govpay

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// Service is a kind of spontaneous payment (tipo pendenza) with its form.
type Service struct {
	ID   string
	Name string
	// FormKind names the library that the form was drawn for, such as
	// "angular2-json-schema-form". "" when the service has no form.
	FormKind string
	// Schema is the JSON schema of the form's data and Layout the order of its
	// fields, both as the platform's administrator wrote them: expect anything.
	// Schema is a JSON object, or nil when there is none to be found.
	Schema, Layout json.RawMessage
	TransactionID  string
}

// Bounds on the catalogue.
const (
	maxForm         = 256 << 10 // bytes of one form
	servicePage     = 50
	maxServicePages = 10
)

type wireService struct {
	IDTipoPendenza string `json:"idTipoPendenza"`
	Descrizione    string `json:"descrizione"`
	Form           *struct {
		Tipo        string          `json:"tipo"`
		Definizione json.RawMessage `json:"definizione"`
	} `json:"form"`
}

// Services lists the creditor's services that have a form, from API Pagamento.
// Empty does not mean none: for an application with an explicit list of kinds
// the platform's list is always empty, while [Client.Service] works.
func (c *Client) Services(ctx context.Context, creditor string) ([]Service, error) {
	const operation = "tipiPendenza"
	if !allDigits(creditor, 11) {
		return nil, fmt.Errorf("govpay %s: %w: creditor %q is not 11 digits", operation, ErrArgument, clip(creditor, 35))
	}
	all := []Service{}
	seen := make(map[string]bool)
	for page := 1; page <= maxServicePages; page++ {
		rows, full, err := listPage[wireService](c, ctx, call{
			operation: operation, api: Pagamento, path: "/domini/" + creditor + "/tipiPendenza", timeout: c.conf.Timeouts.Read,
		}, page, servicePage)
		if err != nil {
			return nil, err
		}
		fresh := false
		for _, w := range rows.list {
			s, err := w.service()
			if err != nil {
				return nil, malformed(operation, rows.transaction, err)
			}
			if !seen[s.ID] {
				s.TransactionID, seen[s.ID], fresh = rows.transaction, true, true
				all = append(all, s)
			}
		}
		if !full || !fresh {
			return all, nil
		}
	}
	return nil, &Fault{Operation: operation, API: Pagamento, Outcome: OutcomeTooLarge, Status: http.StatusOK, Sent: true,
		err: fmt.Errorf("over %d services", servicePage*maxServicePages)}
}

// Service reads one service with its form.
func (c *Client) Service(ctx context.Context, creditor, id string) (Service, error) {
	const operation = "tipoPendenza"
	if !allDigits(creditor, 11) || !isID(id) {
		return Service{}, fmt.Errorf("govpay %s: %w: creditor %q, service %q", operation, ErrArgument, clip(creditor, 35), clip(id, 40))
	}
	var w wireService
	transaction, err := c.getJSON(ctx, call{
		operation: operation, api: Pagamento, path: "/domini/" + creditor + "/tipiPendenza/" + id, timeout: c.conf.Timeouts.Read,
	}, &w)
	if err != nil {
		return Service{}, err
	}
	s, err := w.service()
	if err != nil {
		return Service{}, malformed(operation, transaction, err)
	}
	if s.ID != id {
		return Service{}, mismatch(operation, transaction, "service")
	}
	s.TransactionID = transaction
	return s, nil
}

func (w *wireService) service() (Service, error) {
	if !isID(w.IDTipoPendenza) {
		return Service{}, fmt.Errorf("%w: idTipoPendenza of %d characters", ErrMalformed, len(w.IDTipoPendenza))
	}
	s := Service{ID: w.IDTipoPendenza, Name: clip(w.Descrizione, 255)}
	if w.Form == nil {
		return s, nil
	}
	s.FormKind = clip(w.Form.Tipo, 70)
	if len(w.Form.Definizione) > maxForm {
		return Service{}, fmt.Errorf("%w: form of %d bytes", ErrMalformed, len(w.Form.Definizione))
	}
	s.Schema, s.Layout = splitForm(w.Form.Definizione)
	return s, nil
}

// splitForm finds the schema and the layout in a form: beside each other under
// their names, or the schema alone; as JSON, or as text that holds JSON.
func splitForm(raw json.RawMessage) (schema, layout json.RawMessage) {
	if len(raw) > 0 && raw[0] == '"' {
		var text string
		if json.Unmarshal(raw, &text) != nil {
			return nil, nil
		}
		raw = json.RawMessage(text)
	}
	var form map[string]json.RawMessage
	if json.Unmarshal(raw, &form) != nil || form == nil {
		return nil, nil
	}
	inner, named := form["schema"]
	if !named {
		return raw, nil // a form may be a schema and nothing else
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(inner, &object) != nil || object == nil {
		return nil, nil
	}
	return inner, form["layout"]
}

// NoticePDF reads the notice as the platform prints it, from API Pagamento or
// Pendenze (our own positions only). The notice of an instalment prints its whole
// plan; a position with stamp duty has none.
func (c *Client) NoticePDF(ctx context.Context, api API, creditor, notice string) ([]byte, error) {
	const operation = "avviso pdf"
	if _, err := checkNotice(creditor, notice); err != nil {
		return nil, fmt.Errorf("govpay %s: %w", operation, err)
	}
	if api != Pagamento && api != Pendenze {
		return nil, fmt.Errorf("govpay %s: %w: %s prints no notices", operation, ErrArgument, clip(string(api), 20))
	}
	r, err := c.getPDF(ctx, call{operation: operation, api: api, path: "/avvisi/" + creditor + "/" + notice})
	if err != nil {
		return nil, err
	}
	return r.body, nil
}
