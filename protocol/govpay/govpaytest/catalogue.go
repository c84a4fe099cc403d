package govpaytest

import (
	"fmt"
	"regexp"
	"slices"
)

// Type is one kind of debt of the catalogue.
type Type struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Cents int64  `json:"cents,omitempty"` // what a spontaneous one costs, for each "quantita"
	Form  *Form  `json:"form,omitempty"`  // none: not on the portal
}

// Form is a JSON schema, of which this platform checks what forms use: the
// fields, their types, limits and patterns, and which must be there.
type Form struct {
	Required   []string         `json:"required,omitempty"`
	Properties map[string]Field `json:"properties"`
	Order      []string         `json:"order,omitempty"` // of the fields on the page
}

// Field is one field of a form.
type Field struct {
	Type      string   `json:"type"`
	Title     string   `json:"title,omitempty"`
	Pattern   string   `json:"pattern,omitempty"`
	MaxLength int      `json:"maxLength,omitempty"`
	Minimum   *float64 `json:"minimum,omitempty"`
	Maximum   *float64 `json:"maximum,omitempty"`
	Enum      []string `json:"enum,omitempty"`
}

// DefaultTypes is the catalogue of a seed without one.
func DefaultTypes() []Type {
	one, ten := 1.0, 10.0
	who := func(more map[string]Field, required ...string) *Form {
		f := &Form{
			Required: append([]string{"codiceFiscale", "nominativo"}, required...),
			Properties: map[string]Field{
				"codiceFiscale": {Type: "string", Title: "Codice fiscale", Pattern: "^[A-Z0-9]{11,16}$"},
				"nominativo":    {Type: "string", Title: "Cognome e nome", MaxLength: 70},
			},
			Order: []string{"codiceFiscale", "nominativo"},
		}
		for name, field := range more {
			f.Properties[name] = field
			f.Order = append(f.Order, name)
		}
		return f
	}
	return []Type{
		{ID: "CIE", Name: "Carta d'identità elettronica", Cents: 2221, Form: who(nil)},
		{ID: "SEGRETERIA", Name: "Diritti di segreteria", Cents: 260, Form: who(map[string]Field{
			"quantita": {Type: "integer", Title: "Copie", Minimum: &one, Maximum: &ten},
		}, "quantita")},
		{ID: "LIBERO", Name: "Versamento libero"}, {ID: "TARI", Name: "Tassa sui rifiuti"}, {ID: "MENSA", Name: "Refezione scolastica"},
		{ID: "CDS", Name: "Sanzioni codice della strada"}, {ID: "COSAP", Name: "Occupazione di suolo pubblico"}, {ID: "LAMPADE", Name: "Illuminazione votiva"},
	}
}

// lacks says what a filled form has wrong; "" nothing.
func (f *Form) lacks(form map[string]any) string {
	for _, r := range f.Required {
		if _, ok := form[r]; !ok {
			return "manca " + r
		}
	}
	for name, v := range form {
		field, ok := f.Properties[name]
		if !ok {
			return "campo sconosciuto " + name
		}
		if !field.takes(v) {
			return "valore non ammesso per " + name
		}
	}
	return ""
}

func (f Field) takes(v any) bool {
	switch v := v.(type) {
	case string:
		pattern := f.Pattern == ""
		if !pattern {
			pattern, _ = regexp.MatchString(f.Pattern, v)
		}
		return f.Type == "string" && pattern && (f.MaxLength == 0 || len([]rune(v)) <= f.MaxLength) && (len(f.Enum) == 0 || slices.Contains(f.Enum, v))
	case float64:
		number := f.Type == "number" || f.Type == "integer" && v == float64(int64(v))
		return number && (f.Minimum == nil || v >= *f.Minimum) && (f.Maximum == nil || v <= *f.Maximum)
	case bool:
		return f.Type == "boolean"
	}
	return false
}

func (s *Server) typeOf(id string) Type {
	for _, t := range s.types {
		if t.ID == id {
			return t
		}
	}
	return Type{}
}

func (t Type) body() body {
	b := body{"idTipoPendenza": t.ID, "descrizione": t.Name}
	if t.Form == nil {
		return b
	}
	layout := []body{}
	for _, field := range t.Form.Order {
		layout = append(layout, body{"key": field})
	}
	b["form"] = body{"tipo": "angular2-json-schema-form", "definizione": body{
		"schema": body{"type": "object", "required": t.Form.Required, "properties": t.Form.Properties}, "layout": layout,
	}}
	return b
}

// getTypes lists the kinds with a form; none at all for a caller that is granted
// some kinds and not all.
func (s *Server) getTypes(c *call) answer {
	if !s.granted(c.args[0]) {
		return missing("dominio sconosciuto")
	}
	pg, refusal, good := s.paging(c, "idTipoPendenza", "descrizione")
	if !good {
		return refusal
	}
	rows := []body{}
	for _, t := range s.types {
		if t.Form != nil && len(s.opts.GrantedTypes) == 0 {
			rows = append(rows, t.body())
		}
	}
	return pg.answer("domini/"+c.args[0]+"/tipiPendenza", len(rows), rows[pg.from(len(rows)):pg.to(len(rows))])
}

func (s *Server) getType(c *call) answer {
	t := s.typeOf(c.args[1])
	switch {
	case !s.granted(c.args[0]), t.ID == "", t.Form == nil:
		return missing("tipo pendenza sconosciuto")
	case !s.grantedType(t.ID):
		return denied("tipo pendenza non abilitato")
	}
	return ok(t.body())
}

func (c Creditor) body() body {
	return body{
		"idDominio": c.TaxCode, "ragioneSociale": c.Name,
		"unitaOperative": "/domini/" + c.TaxCode + "/unitaOperative", "tipiPendenza": "/domini/" + c.TaxCode + "/tipiPendenza",
	}
}

func (s *Server) getDomains(c *call) answer {
	pg, refusal, good := s.paging(c, "idDominio", "ragioneSociale")
	if !good {
		return refusal
	}
	rows := []body{}
	for _, d := range s.creditors {
		rows = append(rows, d.body())
	}
	return pg.answer("domini", len(rows), rows[pg.from(len(rows)):pg.to(len(rows))])
}

func (s *Server) getDomain(c *call) answer {
	d := s.creditor(c.args[0])
	if d.TaxCode == "" {
		return missing("dominio sconosciuto")
	}
	return ok(d.body())
}

// getProfile proves the credentials, and not that the API is granted. Only
// Pendenze tells the kinds of debt.
func (s *Server) getProfile(c *call) answer {
	domini, types := []body{}, []body{}
	for _, d := range s.creditors {
		domini = append(domini, body{"idDominio": d.TaxCode, "ragioneSociale": d.Name})
	}
	if c.api == apiPendenze {
		for _, t := range s.types {
			if s.grantedType(t.ID) {
				types = append(types, body{"idTipoPendenza": t.ID, "descrizione": t.Name})
			}
		}
	}
	return ok(body{"nome": s.opts.User, "domini": domini, "tipiPendenza": types, "acl": []body{}})
}

// probes of the Backoffice, all well: faults come by rule.
var probes = []string{"check-db", "check-ntfy", "check-rpt-scadute", "check-recupero-rt"}

func (s *Server) getProbes(c *call) answer {
	rows := []body{}
	for _, id := range probes {
		rows = append(rows, s.probe(c, id))
	}
	return ok(body{"items": rows})
}

func (s *Server) getProbe(c *call) answer {
	if !slices.Contains(probes, c.args[0]) {
		return missing(fmt.Sprintf("sonda %q", c.args[0]))
	}
	return ok(s.probe(c, c.args[0]))
}

func (s *Server) probe(c *call, id string) body {
	return body{"id": id, "nome": id, "stato": 0, "descrizioneStato": "OK", "durataStato": 0, "dataUltimoCheck": c.now.In(s.loc).Format(localTime)}
}
