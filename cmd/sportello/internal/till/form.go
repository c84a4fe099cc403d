package till

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/big"
	"net/mail"
	"regexp"
	"slices"
	"time"
	"unicode/utf8"

	"sportello/protocol/local"
)

// form is the part of JSON schema that the forms of services use: one flat object whose fields are text,
// numbers, or yes and no. What it does not know it does not take for understood: such a form is refused,
// not half checked.
type form struct {
	Type       string           `json:"type"`
	Properties map[string]field `json:"properties"`
	Required   []string         `json:"required"`
}

type field struct {
	Type      string            `json:"type"`
	Enum      []json.RawMessage `json:"enum"`
	Const     json.RawMessage   `json:"const"`
	Pattern   string            `json:"pattern"`
	MinLength int               `json:"minLength"`
	MaxLength *int              `json:"maxLength"`
	Minimum   json.Number       `json:"minimum"`
	Maximum   json.Number       `json:"maximum"`
	Format    string            `json:"format"` // date and email are checked; others say how it is shown
	Title     string            `json:"title"`

	shape *regexp.Regexp
}

// Words that a schema may contain, for the whole form and for a field; annotations constrain nothing.
var (
	formWords   = []string{"type", "properties", "required", "additionalProperties"}
	fieldWords  = []string{"type", "enum", "const", "pattern", "minLength", "maxLength", "minimum", "maximum", "format"}
	annotations = []string{"$schema", "$id", "$comment", "id", "title", "description", "default", "examples", "placeholder", "readOnly", "order", "widget"}
	fieldTypes  = []string{"string", "number", "integer", "boolean"}
)

// errForm: a schema that cannot be used.
var errForm = errors.New("form not understood")

// readForm understands a schema, or says why not. An empty one asks for nothing.
func readForm(schema json.RawMessage) (*form, error) {
	f := &form{}
	if len(schema) == 0 || bytes.Equal(bytes.TrimSpace(schema), []byte("null")) {
		return f, nil
	}
	if err := onlyWords(schema, formWords); err != nil {
		return nil, err
	}
	var raw struct {
		Properties map[string]json.RawMessage `json:"properties"`
	}
	if err := errors.Join(json.Unmarshal(schema, f), json.Unmarshal(schema, &raw)); err != nil {
		return nil, fmt.Errorf("%w: %w", errForm, err)
	}
	if f.Type != "" && f.Type != "object" {
		return nil, fmt.Errorf("%w: type %q", errForm, f.Type)
	}
	for name, p := range f.Properties {
		if err := onlyWords(raw.Properties[name], fieldWords); err != nil {
			return nil, fmt.Errorf("field %q: %w", name, err)
		}
		if !slices.Contains(fieldTypes, p.Type) {
			return nil, fmt.Errorf("%w: field %q of type %q", errForm, name, p.Type)
		}
		if p.Minimum != "" && rat(p.Minimum) == nil || p.Maximum != "" && rat(p.Maximum) == nil {
			return nil, fmt.Errorf("%w: field %q: a limit that is no number", errForm, name)
		}
		if p.Pattern != "" {
			var err error
			if p.shape, err = regexp.Compile(p.Pattern); err != nil {
				return nil, fmt.Errorf("%w: field %q: %w", errForm, name, err)
			}
		}
		f.Properties[name] = p
	}
	for _, name := range f.Required {
		if _, ok := f.Properties[name]; !ok {
			return nil, fmt.Errorf("%w: field %q is required and not there", errForm, name)
		}
	}
	return f, nil
}

// onlyWords refuses a schema that says more than we check.
func onlyWords(schema json.RawMessage, words []string) error {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(schema, &all); err != nil {
		return fmt.Errorf("%w: %w", errForm, err)
	}
	for _, word := range slices.Sorted(maps.Keys(all)) {
		if !slices.Contains(words, word) && !slices.Contains(annotations, word) {
			return fmt.Errorf("%w: %q", errForm, word)
		}
	}
	return nil
}

// label is what people call a field.
func (f *form) label(name string) string { return cmp.Or(f.Properties[name].Title, name) }

// check says the first field, by name, that is not as the form asks, and why (local.FormText); empty: all is well.
func (f *form) check(filled map[string]any) (name, why string) {
	for _, name := range slices.Sorted(slices.Values(f.Required)) {
		if v, ok := filled[name]; !ok || v == nil || v == "" {
			return name, local.FormMissing
		}
	}
	for _, name := range slices.Sorted(maps.Keys(filled)) {
		p, ok := f.Properties[name]
		if !ok {
			return name, local.FormUnknown
		}
		if why := p.wrong(filled[name]); why != "" {
			return name, why
		}
	}
	return "", ""
}

// wrong says why a value is not what the field asks for; empty: it is.
func (p field) wrong(v any) string {
	switch v := v.(type) {
	case string:
		if p.Type != "string" {
			return local.FormKind
		}
		if why := p.wrongText(v); why != "" {
			return why
		}
	case bool:
		if p.Type != "boolean" {
			return local.FormKind
		}
	case float64, json.Number, int, int64:
		n := rat(json.Number(fmt.Sprint(v)))
		if n == nil || p.Type != "number" && (p.Type != "integer" || !n.IsInt()) {
			return local.FormKind
		}
		if low, high := rat(p.Minimum), rat(p.Maximum); low != nil && n.Cmp(low) < 0 || high != nil && n.Cmp(high) > 0 {
			return local.FormRange
		}
	default:
		return local.FormKind
	}
	if len(p.Const) > 0 && !equal(v, p.Const) || len(p.Enum) > 0 && !slices.ContainsFunc(p.Enum, func(e json.RawMessage) bool { return equal(v, e) }) {
		return local.FormChoice
	}
	return ""
}

// Formats of text that are checked.
const (
	formatDate  = "date"
	formatEmail = "email"
)

func (p field) wrongText(s string) string {
	n := utf8.RuneCountInString(s)
	switch {
	case n < p.MinLength || p.MaxLength != nil && n > *p.MaxLength:
		return local.FormLength
	case p.shape != nil && !p.shape.MatchString(s):
		return local.FormPattern
	case p.Format == formatDate:
		if _, err := time.Parse(time.DateOnly, s); err != nil {
			return local.FormPattern
		}
	case p.Format == formatEmail:
		if !isEmail(s) {
			return local.FormPattern
		}
	}
	return ""
}

func isEmail(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s
}

// rat is a number as it is written, exactly; nil: none, or one that no form needs.
func rat(n json.Number) *big.Rat {
	if f, err := n.Float64(); err != nil || math.Abs(f) > 1e15 || len(n) > 40 {
		return nil
	}
	r, _ := new(big.Rat).SetString(n.String())
	return r
}

// equal compares a value with one of a schema.
func equal(v any, want json.RawMessage) bool {
	var w any
	dec := json.NewDecoder(bytes.NewReader(want))
	dec.UseNumber()
	if dec.Decode(&w) != nil {
		return false
	}
	if n, ok := w.(json.Number); ok {
		a, b := rat(json.Number(fmt.Sprint(v))), rat(n)
		_, text := v.(string)
		return !text && a != nil && b != nil && a.Cmp(b) == 0
	}
	return v == w
}
