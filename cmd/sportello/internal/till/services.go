package till

import (
	"cmp"
	"context"
	"encoding/json"
	"sync"
	"time"

	"sportello/protocol/local"
)

// Service is a kind of debt that the counter may create, as the configuration has it. Without a Name the
// platform's catalogue says what it is called and asks for; its account code is then the one of the same name.
type Service struct {
	Type     string // idTipoPendenza
	Name     string // what the clerk picks
	Creditor string // tax code; empty: the first creditor
	Reason   string // causale; {field} stands for a field of the form
	Cents    int64  // 0: asked

	EntryCode                            string // codEntrata, or else an IBAN with its accounting
	IBAN, AccountingKind, AccountingCode string

	Taxonomy string          // tassonomiaAvviso; may be empty
	DueDays  int             // 0: no due date
	Form     json.RawMessage // JSON schema; nil: no further fields
}

// catalogue remembers what the platform said of the services that it has to describe. The zero value is empty.
type catalogue struct {
	mu   sync.Mutex // guards read
	read map[serviceKey]described
}

type serviceKey struct{ creditor, id string }

// described is a service as the platform has it.
type described struct {
	Service
	until time.Time
}

// How long a description of the catalogue is good for.
const catalogueLife = 10 * time.Minute

// Services are the debts that CreatePosition can make, in the order of the configuration. One that the platform
// has to describe is left out while it does not, and where its form is more than we understand.
func (t *Till) Services(ctx context.Context) ([]local.Service, error) {
	out := []local.Service{}
	for _, s := range t.o.Services {
		source := local.SourceConfig
		if s.Name == "" {
			source = local.SourceCatalogue
		}
		s, err := t.describe(ctx, s)
		if err == nil {
			_, err = readForm(s.Form)
		}
		if err != nil {
			t.o.Log.Warn().Err(err).Str("service", s.Type).Msg("a service that cannot be offered")
			continue
		}
		out = append(out, local.Service{ID: s.Type, Name: s.Name, Creditor: s.Creditor, AmountCents: s.Cents, Form: s.Form, Source: source})
	}
	return out, nil
}

// service finds one by its id, and by its creditor where one is named.
func (t *Till) service(ctx context.Context, id, creditor string) (Service, error) {
	for _, s := range t.o.Services {
		if s.Type == id && (creditor == "" || creditor == t.creditorOf(s)) {
			return t.describe(ctx, s)
		}
	}
	return Service{}, &local.Error{Code: local.CodeServiceNotFound}
}

func (t *Till) creditorOf(s Service) string { return cmp.Or(s.Creditor, t.o.Creditors[0].TaxCode) }

// describe completes a service with its creditor and, where that is needed, with the catalogue.
func (t *Till) describe(ctx context.Context, s Service) (Service, error) {
	s.Creditor = t.creditorOf(s)
	if s.Name != "" {
		return s, nil
	}
	key := serviceKey{s.Creditor, s.Type}
	t.catalogue.mu.Lock()
	d, known := t.catalogue.read[key]
	t.catalogue.mu.Unlock()
	if known && time.Now().Before(d.until) {
		return d.Service, nil
	}
	told, err := t.o.Platform.Service(ctx, s.Creditor, s.Type)
	if err != nil {
		return s, platformError(err)
	}
	s.Name, s.Form = cmp.Or(told.Name, s.Type), told.Schema
	s.Reason = cmp.Or(s.Reason, s.Name)
	if s.EntryCode == "" && s.IBAN == "" {
		s.EntryCode = s.Type
	}
	t.catalogue.mu.Lock()
	defer t.catalogue.mu.Unlock()
	if t.catalogue.read == nil {
		t.catalogue.read = make(map[serviceKey]described)
	}
	t.catalogue.read[key] = described{s, time.Now().Add(catalogueLife)}
	return s, nil
}
