package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// english are words that no sentence for people has in what the ledger keeps: it keeps Italian.
var english = regexp.MustCompile(`(?i)\b(the|was|were|has|have|with|from|another|nothing|says|remembers|judged|receipt|charge|paid)\b`)

// forMachines are calls and fields whose words are for logs, errors and IT, or are codes.
var forMachines = map[string]bool{"Msg": true, "Errorf": true, "New": true, "Str": true, "AnErr": true, "Detail": true, "refusal": true, "panic": true,
	"store": true, "put": true, "failpoint": true, "Failpoint": true, "missing": true}

// forSupport are files whose texts say what is wrong with the ledger's own file: errors, and what "ledger check" finds.
var forSupport = map[string]bool{"check.go": true, "check_archive.go": true, "disk.go": true, "errors.go": true, "pages.go": true, "submission.go": true}

// TestLedgerKeepsItalian: what is found out about payments, and what cases know, is written for the office.
func TestLedgerKeepsItalian(t *testing.T) {
	seen := 0
	for _, dir := range []string{"internal/till", "internal/settle", "internal/ledger"} {
		files, err := filepath.Glob(filepath.Join(filepath.FromSlash(dir), "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", dir, err)
		}
		for _, path := range files {
			if strings.HasSuffix(path, "_test.go") || forSupport[filepath.Base(path)] {
				continue
			}
			set := token.NewFileSet()
			f, err := parser.ParseFile(set, path, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			seen += textsOf(f, func(at token.Pos, text string) {
				t.Errorf("%s: English for people: %q", set.Position(at), text)
			})
		}
	}
	if seen < 50 {
		t.Errorf("only %d texts were looked at", seen)
	}
}

// textsOf looks at every text of several words outside what is for machines, and counts them.
func textsOf(f *ast.File, found func(token.Pos, string)) (seen int) {
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec, *ast.Field: // a tag is no text
			return false
		case *ast.CallExpr:
			name := ""
			switch fn := n.Fun.(type) {
			case *ast.Ident:
				name = fn.Name
			case *ast.SelectorExpr:
				name = fn.Sel.Name
			}
			return !forMachines[name]
		case *ast.KeyValueExpr:
			key, ok := n.Key.(*ast.Ident)
			return !ok || !forMachines[key.Name] && key.Name != "What" && key.Name != "Why"
		case *ast.BasicLit:
			text, err := strconv.Unquote(n.Value)
			if n.Kind != token.STRING || err != nil || !strings.Contains(strings.TrimSpace(text), " ") {
				return true
			}
			if seen++; english.MatchString(text) {
				found(n.Pos(), text)
			}
		}
		return true
	})
	return seen
}
