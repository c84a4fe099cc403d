package till

import (
	"encoding/json"
	"errors"
	"testing"

	"sportello/protocol/local"
)

// TestForm: what a field may hold, word by word of the schema.
func TestForm(t *testing.T) {
	rows := []struct {
		field  string
		filled string // JSON; empty: not filled in
		why    string
	}{
		{`{"type":"string"}`, `"x"`, ""},
		{`{"type":"string"}`, `7`, local.FormKind},
		{`{"type":"string"}`, `{}`, local.FormKind},
		{`{"type":"string"}`, `null`, local.FormKind},
		{`{"type":"string","minLength":2,"maxLength":3}`, `"àèì"`, ""},
		{`{"type":"string","minLength":2,"maxLength":3}`, `"à"`, local.FormLength},
		{`{"type":"string","maxLength":3}`, `"abcd"`, local.FormLength},
		{`{"type":"string","maxLength":0}`, `"a"`, local.FormLength},
		{`{"type":"string","pattern":"^[A-Z]{2}$"}`, `"AB"`, ""},
		{`{"type":"string","pattern":"^[A-Z]{2}$"}`, `"ABC"`, local.FormPattern},
		{`{"type":"string","enum":["a","b"]}`, `"b"`, ""},
		{`{"type":"string","enum":["a","b"]}`, `"c"`, local.FormChoice},
		{`{"type":"string","const":"a"}`, `"b"`, local.FormChoice},
		{`{"type":"string","format":"date"}`, `"2026-02-28"`, ""},
		{`{"type":"string","format":"date"}`, `"2026-02-30"`, local.FormPattern},
		{`{"type":"string","format":"email"}`, `"a@b.it"`, ""},
		{`{"type":"string","format":"email"}`, `"Mario <a@b.it>"`, local.FormPattern},
		{`{"type":"string","format":"textarea"}`, `"as it is shown"`, ""},
		{`{"type":"integer"}`, `3`, ""},
		{`{"type":"integer"}`, `3.0`, ""},
		{`{"type":"integer"}`, `3.5`, local.FormKind},
		{`{"type":"integer"}`, `"3"`, local.FormKind},
		{`{"type":"integer","enum":[1,2]}`, `2`, ""},
		{`{"type":"integer","enum":[1,2]}`, `3`, local.FormChoice},
		{`{"type":"number","minimum":0.1,"maximum":0.3}`, `0.1`, ""},
		{`{"type":"number","minimum":0.1,"maximum":0.3}`, `0.3`, ""},
		{`{"type":"number","minimum":0.1}`, `0.09999`, local.FormRange},
		{`{"type":"number","maximum":0.3}`, `0.30001`, local.FormRange},
		{`{"type":"number","minimum":-5}`, `-6`, local.FormRange},
		{`{"type":"number"}`, `1e300`, local.FormKind},
		{`{"type":"boolean"}`, `false`, ""},
		{`{"type":"boolean","const":true}`, `false`, local.FormChoice},
		{`{"type":"boolean"}`, `"true"`, local.FormKind},
	}
	for _, row := range rows {
		f, err := readForm(json.RawMessage(`{"type":"object","properties":{"x":` + row.field + `}}`))
		if err != nil {
			t.Errorf("%s: %v", row.field, err)
			continue
		}
		var v any
		if err := json.Unmarshal([]byte(row.filled), &v); err != nil {
			t.Fatal(err)
		}
		if name, why := f.check(map[string]any{"x": v}); why != row.why || (name != "") != (why != "") {
			t.Errorf("%s with %s: %q %q, want %q", row.field, row.filled, name, why, row.why)
		}
	}
}

// TestFormRequired: what is missing is told before what is wrong, and what is not asked is not taken.
func TestFormRequired(t *testing.T) {
	f, err := readForm(json.RawMessage(`{"$schema":"http://json-schema.org/draft-07/schema#","title":"Pratica","required":["b","a"],
		"properties":{"a":{"type":"string","title":"Primo"},"b":{"type":"string"},"c":{"type":"integer"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		filled    map[string]any
		name, why string
	}{
		{nil, "a", local.FormMissing},
		{map[string]any{"a": "", "b": "x"}, "a", local.FormMissing},
		{map[string]any{"a": "x", "c": "y"}, "b", local.FormMissing},
		{map[string]any{"a": "x", "b": "y", "d": 1}, "d", local.FormUnknown},
		{map[string]any{"a": "x", "b": "y", "c": "z"}, "c", local.FormKind},
		{map[string]any{"a": "x", "b": "y", "c": float64(1)}, "", ""},
	} {
		if name, why := f.check(row.filled); name != row.name || why != row.why {
			t.Errorf("%v: %q %q", row.filled, name, why)
		}
	}
	if f.label("a") != "Primo" || f.label("b") != "b" || f.label("no such") != "no such" {
		t.Error("labels")
	}
	for _, none := range []string{"", "null", "{}"} {
		f, err := readForm(json.RawMessage(none))
		if err != nil {
			t.Fatal(err)
		}
		if _, why := f.check(map[string]any{"x": "y"}); why != local.FormUnknown {
			t.Errorf("%q takes what it did not ask for", none)
		}
	}
}

// TestFormNotUnderstood: a schema that asks for more than is checked is refused, not half checked.
func TestFormNotUnderstood(t *testing.T) {
	for _, schema := range []string{
		`[]`, `{`, `"x"`, `{"type":"array"}`, `{"oneOf":[]}`, `{"properties":{"x":{"type":"string"}},"required":["y"]}`,
		`{"properties":{"x":{"$ref":"#/definitions/x"}}}`, `{"properties":{"x":{"type":"object"}}}`, `{"properties":{"x":{"type":["string","null"]}}}`,
		`{"properties":{"x":{"type":"string","pattern":"(?=x)"}}}`, `{"properties":{"x":{"type":"string","not":{}}}}`, `{"properties":{"x":{"type":"number","exclusiveMinimum":0}}}`,
		`{"properties":{"x":true}}`, `{"properties":{"x":{"type":"number","maximum":1e400}}}`, `{"required":true}`,
	} {
		if _, err := readForm(json.RawMessage(schema)); !errors.Is(err, errForm) {
			t.Errorf("%s: %v", schema, err)
		}
	}
}

// FuzzForm: a schema from anywhere and whatever was filled in end in an answer.
func FuzzForm(f *testing.F) {
	for _, seed := range []string{`{"properties":{"x":{"type":"string","pattern":"^a+$","maxLength":3}}}`, `{"properties":{"x":{"type":"number","minimum":1e9,"maximum":1e400}}}`,
		`{"properties":{"x":{"type":"boolean","enum":[true,null,"x",1]}},"required":["x"]}`} {
		for _, filled := range []string{`{"x":"aaa"}`, `{"x":1e308}`, `{"x":true}`, `{"x":[1]}`, `null`} {
			f.Add(seed, filled)
		}
	}
	f.Fuzz(func(t *testing.T, schema, filled string) {
		form, err := readForm(json.RawMessage(schema))
		if err != nil {
			if !errors.Is(err, errForm) {
				t.Errorf("%q", err)
			}
			return
		}
		var v map[string]any
		if json.Unmarshal([]byte(filled), &v) != nil {
			return
		}
		if name, why := form.check(v); why != "" && local.FormText(why, local.Italian) == "" {
			t.Errorf("%q %q", name, why)
		}
	})
}
