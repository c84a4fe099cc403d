package local

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"
)

// schema is the part of an OpenAPI schema that this package uses.
type schema struct {
	Ref        string            `yaml:"$ref"`
	Type       string            `yaml:"type"`
	Format     string            `yaml:"format"`
	Enum       []string          `yaml:"enum"`
	Required   []string          `yaml:"required"`
	Properties map[string]schema `yaml:"properties"`
	Items      *schema           `yaml:"items"`
}

type document struct {
	OpenAPI    string                          `yaml:"openapi"`
	Paths      map[string]map[string]yaml.Node `yaml:"paths"`
	Components struct {
		Schemas    map[string]schema    `yaml:"schemas"`
		Responses  map[string]yaml.Node `yaml:"responses"`
		Parameters map[string]yaml.Node `yaml:"parameters"`
	} `yaml:"components"`
}

func readOpenAPI(t *testing.T) document {
	t.Helper()
	var doc document
	if err := yaml.Unmarshal(OpenAPI, &doc); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(doc.OpenAPI, "3.0.") {
		t.Fatalf("version %q", doc.OpenAPI)
	}
	return doc
}

// onTheWire are this package's structs; the test compares the list with the source.
var onTheWire = []any{
	Error{}, Reason{}, Payment{}, PaymentNotice{}, Charge{}, DCC{}, PaymentRequest{}, RequestNotice{}, LookupRequest{},
	Notice{}, PaymentQuery{}, StoryEntry{}, Receipt{}, Operator{}, Terminal{}, Activity{}, Platform{}, Snapshot{}, CaseCount{}, Creditor{},
	Event{}, QueueItem{}, Case{}, TerminalReport{}, SessionRequest{}, Session{}, Hello{}, ErrorBody{},
	ActionRequest{}, Health{}, Evidence{}, Proposal{}, ResolutionRequest{}, CountersignRequest{}, EndingRequest{},
	Passport{}, Closing{}, ClosingDiff{}, Lease{}, Reversal{},
	Submission{}, QueueStatus{}, RegistrationReceipt{}, Offline{}, OfflineRequest{},
	SearchRequest{}, SearchResult{}, FoundPosition{}, Service{}, Debtor{}, CreateRequest{}, NoticeRef{},
	DayReport{}, Figure{}, Figures{}, Sum{}, DayCase{}, DayLine{}, PrintRequest{}, Printed{}, Printer{},
	RestoreStatus{}, RestoreTerminal{}, RestorePlatform{}, RestoreReceipt{}, RestoreRequest{}, RestoredNotice{},
}

// source is what the package's files declare: structs with json tags, and string types with their constants.
func source(t *testing.T) (structs []string, enums map[string][]string) {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	enums = map[string][]string{}
	inspect := func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			return false
		case *ast.TypeSpec:
			if of, ok := n.Type.(*ast.StructType); ok && len(of.Fields.List) > 0 && of.Fields.List[0].Tag != nil {
				structs = append(structs, n.Name.Name)
			}
		case *ast.ValueSpec:
			of, ok := n.Type.(*ast.Ident)
			if !ok || len(n.Values) != 1 {
				return true
			}
			if literal, ok := n.Values[0].(*ast.BasicLit); ok && literal.Kind == token.STRING {
				text, err := strconv.Unquote(literal.Value)
				if err != nil {
					t.Error(err)
				}
				enums[of.Name] = append(enums[of.Name], text)
			}
		}
		return true
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, inspect)
	}
	return structs, enums
}

func TestOpenAPIHasEveryTypeFieldAndCode(t *testing.T) {
	doc := readOpenAPI(t)
	structs, enums := source(t)
	if len(enums["Code"]) < 80 || len(structs) < 20 {
		t.Fatalf("source not understood: %d codes, %d types", len(enums["Code"]), len(structs))
	}
	var listed []string
	for _, v := range onTheWire {
		of := reflect.TypeOf(v)
		listed = append(listed, of.Name())
		compareStruct(t, of, doc.Components.Schemas[of.Name()])
	}
	slices.Sort(listed)
	slices.Sort(structs)
	if !slices.Equal(listed, structs) {
		t.Errorf("onTheWire lists\n%q\nthe source declares\n%q", listed, structs)
	}
	for name, values := range enums {
		of := doc.Components.Schemas[name]
		if of.Type != "string" || !slices.Equal(of.Enum, values) {
			t.Errorf("enum %s has %q, the source %q", name, of.Enum, values)
		}
	}
	for name := range doc.Components.Schemas {
		if _, isEnum := enums[name]; !isEnum && !slices.Contains(structs, name) {
			t.Errorf("schema %s is no type of this package", name)
		}
	}
}

func compareStruct(t *testing.T, of reflect.Type, got schema) {
	t.Helper()
	if got.Type != "object" {
		t.Errorf("%s: no object schema", of.Name())
		return
	}
	var required []string
	fields := 0
	for i := range of.NumField() {
		field := of.Field(i)
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		fields++
		property, ok := got.Properties[name]
		if !ok {
			t.Errorf("%s.%s is missing", of.Name(), name)
			continue
		}
		compareType(t, of.Name()+"."+name, field.Type, property)
		if !strings.Contains(options, "omit") {
			required = append(required, name)
		}
	}
	if len(got.Properties) != fields {
		t.Errorf("%s has %d properties, the type %d fields", of.Name(), len(got.Properties), fields)
	}
	if !slices.Equal(got.Required, required) {
		t.Errorf("%s requires %q, the type %q", of.Name(), got.Required, required)
	}
}

func compareType(t *testing.T, where string, of reflect.Type, got schema) {
	t.Helper()
	if of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	want := ""
	switch {
	case of == reflect.TypeFor[time.Time]():
		want = "string date-time"
	case of == reflect.TypeFor[json.RawMessage](), of.Kind() == reflect.Map:
		want = "object "
	case of.Kind() == reflect.Slice:
		if got.Type != "array" || got.Items == nil {
			t.Errorf("%s is no array", where)
			return
		}
		compareType(t, where+"[]", of.Elem(), *got.Items)
		return
	case of.PkgPath() != "":
		if got.Ref != "#/components/schemas/"+of.Name() {
			t.Errorf("%s refers to %q, the field is a %s", where, got.Ref, of.Name())
		}
		return
	case of.Kind() == reflect.String:
		want = "string "
	case of.Kind() == reflect.Bool:
		want = "boolean "
	case of.Kind() == reflect.Int, of.Kind() == reflect.Int64, of.Kind() == reflect.Uint64:
		want = "integer int64"
	}
	if have := got.Type + " " + got.Format; have != want {
		t.Errorf("%s is %q, want %q for %s", where, have, want, of)
	}
}

// Every $ref leads somewhere, and every operation says how it refuses.
func TestOpenAPIHoldsTogether(t *testing.T) {
	doc := readOpenAPI(t)
	var root yaml.Node
	if err := yaml.Unmarshal(OpenAPI, &root); err != nil {
		t.Fatal(err)
	}
	var walk func(n *yaml.Node)
	walk = func(n *yaml.Node) {
		if n.Kind == yaml.MappingNode {
			for i := 0; i+1 < len(n.Content); i += 2 {
				if n.Content[i].Value != "$ref" {
					continue
				}
				kind, name, _ := strings.Cut(strings.TrimPrefix(n.Content[i+1].Value, "#/components/"), "/")
				ok := false
				switch kind {
				case "schemas":
					_, ok = doc.Components.Schemas[name]
				case "responses":
					_, ok = doc.Components.Responses[name]
				case "parameters":
					_, ok = doc.Components.Parameters[name]
				}
				if !ok {
					t.Errorf("line %d: %q leads nowhere", n.Content[i+1].Line, n.Content[i+1].Value)
				}
			}
		}
		for _, child := range n.Content {
			walk(child)
		}
	}
	walk(&root)
	ids := map[string]bool{}
	for path, methods := range doc.Paths {
		for method, node := range methods {
			if method == "parameters" {
				continue
			}
			var operation struct {
				ID        string               `yaml:"operationId"`
				Summary   string               `yaml:"summary"`
				Responses map[string]yaml.Node `yaml:"responses"`
			}
			if err := node.Decode(&operation); err != nil {
				t.Fatalf("%s %s: %v", method, path, err)
			}
			if operation.ID == "" || ids[operation.ID] || operation.Summary == "" {
				t.Errorf("%s %s: id %q missing or twice, or no summary", method, path, operation.ID)
			}
			ids[operation.ID] = true
			_, refuses := operation.Responses["default"]
			_, later := operation.Responses["501"]
			if !refuses && !later && strings.HasPrefix(path, "/api/") {
				t.Errorf("%s %s does not say how it refuses", method, path)
			}
		}
	}
}

// Lists the contract promises are never null, also in values nobody filled.
func TestListsAreNeverNull(t *testing.T) {
	for _, v := range []any{Payment{}, &Payment{}, Snapshot{}, Event{Snapshot: &Snapshot{}, Payment: &Payment{}}, []Payment{{}}, Closing{}, TerminalReport{Closing: &Closing{Differences: []ClosingDiff{{}}}}, SearchResult{}} {
		text := mustJSON(t, v)
		if strings.Contains(text, ":null") {
			t.Errorf("%T: %s", v, text)
		}
	}
	if text := mustJSON(t, Payment{ResolvedBy: []string{"anna"}}); !strings.Contains(text, `"resolved_by":["anna"]`) || !strings.Contains(text, `"notices":[]`) {
		t.Error(text)
	}
}
