package ledger

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

var writeFormat = flag.Bool("format1", false, "write testdata/format1.txt anew: only for what was added")

// TestFormatGrows: what a version has written every later one reads, and the version before reads what this one
// writes, since entries only gain fields: testdata/format1.txt is every kind, and every field of entries and blobs
// with its type. A field may be added there, none may go, change its name or its type. A kind may not even be added:
// the version before would refuse the ledger (apply: unknown kind). A new fact is told by a kind that there is, as a
// restore is by a case; or a version that reads a kind goes out before one that writes it.
func TestFormatGrows(t *testing.T) {
	path := filepath.Join("testdata", "format1.txt")
	now := described(t)
	if *writeFormat {
		if err := os.WriteFile(path, []byte(strings.Join(now, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var then []string
	for lines := bufio.NewScanner(f); lines.Scan(); {
		then = append(then, lines.Text())
	}
	if len(then) < 100 {
		t.Fatalf("only %d lines", len(then))
	}
	for _, line := range then {
		if !slices.Contains(now, line) {
			t.Errorf("gone or changed: %s", line)
		}
	}
	for _, line := range now {
		switch {
		case slices.Contains(then, line):
		case strings.HasPrefix(line, "kind "):
			t.Errorf("added, and the version before does not read it: %s", line)
		default:
			t.Errorf("added: put it into %s: %s", path, line)
		}
	}
}

// described is the format as the code has it.
func described(t *testing.T) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "entry.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if of, ok := spec.Type.(*ast.Ident); ok && of.Name == "Kind" {
			kind, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, "kind "+kind)
		}
		return true
	})
	fieldsOf("entry", reflect.TypeFor[entry](), &out)
	fieldsOf("blob", reflect.TypeFor[blob](), &out)
	slices.Sort(out)
	return out
}

func fieldsOf(at string, of reflect.Type, out *[]string) {
	for of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	own := of == reflect.TypeFor[time.Time]() || of.Implements(reflect.TypeFor[json.Marshaler]())
	switch {
	case of.Kind() == reflect.Struct && !own:
		for i := range of.NumField() {
			f := of.Field(i)
			name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
			if name == "-" || !f.IsExported() {
				continue
			}
			if name == "" {
				name = f.Name
			}
			if strings.Contains(options, "string") {
				name += " as string"
			}
			fieldsOf(at+"."+name, f.Type, out)
		}
	case (of.Kind() == reflect.Slice || of.Kind() == reflect.Array) && of.Elem().Kind() != reflect.Uint8:
		fieldsOf(at+"[]", of.Elem(), out)
	default:
		kind := of.Kind().String()
		if own {
			kind = of.String()
		}
		*out = append(*out, fmt.Sprintf("%s %s", at, kind))
	}
}
