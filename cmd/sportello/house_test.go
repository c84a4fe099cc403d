package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

const module = "sportello"

// forbidden are the imports that the house has not, direct or through others (design 2). A pattern is a
// package or, with /..., a folder. The first match of a package decides: allowed rows stand above.
var forbidden = []struct{ from, to, why string }{
	{"protocol/...", "driver/...", "a protocol is bytes and rules: it must be testable without any line"},
	{"protocol/...", "ui/...", "a protocol knows no page"},
	{"protocol/...", "cmd/...", "a protocol knows no service"},
	{"protocol/ecr17", "protocol/...", "the terminal's bytes know no platform and no API of ours"},
	{"protocol/pagopa", "protocol/...", "notices know neither terminal nor platform nor API"},
	{"protocol/local", "protocol/...", "the outside contract must not change because an inner type did"},
	{"protocol/govpay", "protocol/ecr17", "the platform knows no terminal"},
	{"protocol/govpay", "protocol/local", "the platform's words are translated by settle and till, in one place"},
	{"driver/...", "protocol/govpay", "a terminal driver must work whatever the platform is"},
	{"driver/...", "ui/...", "a driver knows no page"},
	{"driver/...", "cmd/...", "a driver knows no service: any till can use it"},
	{"driver", "driver/ecr17", "the contract knows none of its implementations"},
	{"driver", "driver/simulator", "the contract knows none of its implementations"},
	{"driver/line", "driver/ecr17", "a line carries bytes and knows no protocol"},
	{"driver/line", "protocol/...", "a line carries bytes and knows no protocol"},
	{"driver/ecr17", "driver/simulator", "the driver must not know what it is tested against"},
	{"driver/simulator", "driver/ecr17", "a simulator that shares the driver's code shares its mistakes"},
	{"ui/...", "driver/...", "the page server sees the till through an interface of its own"},
	{"ui/...", "protocol/ecr17", "the page server speaks the local API only"},
	{"ui/...", "protocol/pagopa", "the page server speaks the local API only"},
	{"ui/...", "protocol/govpay/...", "the page server speaks the local API only"},
	{"ui/...", "cmd/...", "the page server sees the inside through interfaces of its own"},
	{"cmd/sportello/internal/...", "ui/...", "money must not depend on how it is shown"},
	{"cmd/sportello/internal/...", "driver/simulator", "the service knows real terminals only; main chooses the simulated ones"},
	{"cmd/sportello/internal/...", "protocol/govpay/govpaytest", "the service knows real platforms only; main chooses the simulated one"},
	{"cmd/sportello/internal/ledger", "cmd/sportello/internal/till", "the ledger records; it drives nobody"},
	{"cmd/sportello/internal/ledger", "cmd/sportello/internal/settle", "the ledger records; it drives nobody"},
	{"cmd/sportello/internal/ledger", "cmd/sportello/internal/config", "the ledger takes its options from the caller"},
	{"cmd/sportello/internal/ledger", "protocol/ecr17", "the ledger's format must not change because a protocol did"},
	{"cmd/sportello/internal/ledger", "protocol/govpay", "the ledger's format must not change because a protocol did"},
	{"cmd/sportello/internal/till", "cmd/sportello/internal/settle", "till and settle meet in the ledger's outbox only"},
	{"cmd/sportello/internal/settle", "cmd/sportello/internal/till", "till and settle meet in the ledger's outbox only"},
	{"cmd/sportello/internal/settle", "protocol/ecr17", "registration knows no terminal protocol"},
	{"cmd/sportello/internal/till", "protocol/ecr17", "the till knows terminals through package driver"},
	{"cmd/sportello/internal/till", "driver/ecr17", "the till knows terminals through package driver"},
}

// goPackage is what go list says of a package, as far as the rules need it.
type goPackage struct {
	Dir          string
	ImportPath   string
	Name         string
	Doc          string
	Standard     bool
	Deps         []string
	GoFiles      []string
	TestGoFiles  []string
	XTestGoFiles []string
	IgnoredGo    []string `json:"IgnoredGoFiles"`
}

// short is the path inside the module: "." for the root.
func (p goPackage) short() string { return strings.TrimPrefix(p.ImportPath, module+"/") }

// own lists this module's packages.
var own = sync.OnceValues(func() ([]goPackage, error) {
	cmd := exec.Command("go", "list", "-deps", "-json=Dir,ImportPath,Name,Doc,Standard,Deps,GoFiles,TestGoFiles,XTestGoFiles,IgnoredGoFiles", "./...")
	cmd.Dir = filepath.Join("..", "..")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w\n%s", err, &errs)
	}
	var all []goPackage
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		if !p.Standard && strings.HasPrefix(p.ImportPath, module+"/") {
			all = append(all, p)
		}
	}
})

func packages(t *testing.T) []goPackage {
	t.Helper()
	all, err := own()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 5 {
		t.Fatalf("only %d packages: the rules would hold for nothing", len(all))
	}
	return all
}

func matches(pattern, pkg string) bool {
	if folder, ok := strings.CutSuffix(pattern, "/..."); ok {
		return pkg == folder || strings.HasPrefix(pkg, folder+"/")
	}
	return pkg == pattern
}

func TestImportsRunOneWay(t *testing.T) {
	for _, p := range packages(t) {
		for _, dep := range p.Deps {
			to, ours := strings.CutPrefix(dep, module+"/")
			if !ours {
				continue
			}
			for _, rule := range forbidden {
				if matches(rule.from, p.short()) && matches(rule.to, to) && to != p.short() {
					t.Errorf("%s depends on %s: %s", p.short(), to, rule.why)
				}
			}
		}
	}
}

// TestForbiddenPairsWouldBeSeen: a rule whose folders are misspelt holds for nothing.
func TestForbiddenPairsWouldBeSeen(t *testing.T) {
	for _, rule := range forbidden {
		for _, pattern := range []string{rule.from, rule.to} {
			folder := strings.TrimSuffix(pattern, "/...")
			if _, err := os.Stat(filepath.Join("..", "..", filepath.FromSlash(folder))); err != nil {
				t.Errorf("rule for %s → %s: %v", rule.from, rule.to, err)
			}
		}
		if rule.why == "" {
			t.Errorf("%s → %s has no reason", rule.from, rule.to)
		}
	}
}

// topLevel is the whole list of design 2.
var topLevel = strings.Fields(`cmd driver protocol ui installer testdata docs .ci .git .gitignore .gitattributes
	go.mod go.sum README.md LICENSE CHANGELOG.md publiccode.yml Makefile`)

// madeByBuilding is what .gitignore keeps out.
var madeByBuilding = []string{"bin", "sportello", "sportello.exe"}

func TestTopLevelIsTheHouses(t *testing.T) {
	entries, err := os.ReadDir(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !slices.Contains(topLevel, e.Name()) && !slices.Contains(madeByBuilding, e.Name()) {
			t.Errorf("%s is not in the house's list of folders (design 2)", e.Name())
		}
	}
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	for _, p := range packages(t) {
		if len(p.Doc) < 30 {
			t.Errorf("%s has no doc comment", p.ImportPath)
		}
		for _, word := range []string{"util", "utils", "common", "manager", "helper", "helpers", "misc", "shared"} {
			if p.Name == word || filepath.Base(p.Dir) == word {
				t.Errorf("%s: %q says nothing; name a package after what it holds", p.ImportPath, word)
			}
		}
	}
}

// tables may be longer than maxLines: they hold rows, not ways.
var tables = map[string]string{
	"protocol/ecr17/tables.go":    "field tables of all messages, one row a field",
	"protocol/ecr17/codes.go":     "action codes, one row a code",
	"protocol/local/text_it.go":   "catalogue of texts, one row a code",
	"protocol/local/text_en.go":   "catalogue of texts, one row a code",
	"protocol/local/text_de.go":   "catalogue of texts, one row a code",
	"protocol/local/catalogue.go": "status of every code, one row a code",
}

const maxLines = 450

func TestFilesAreShort(t *testing.T) {
	for _, f := range sourceFiles(t, false) {
		b, err := os.ReadFile(f.path)
		if err != nil {
			t.Fatal(err)
		}
		lines := bytes.Count(b, []byte("\n"))
		if lines > maxLines && tables[f.name] == "" {
			t.Errorf("%s has %d lines, more than %d: split it, or list it with its reason", f.name, lines, maxLines)
		}
	}
}

type sourceFile struct{ path, name string }

// sourceFiles are the Go files of every package, those of other systems too.
func sourceFiles(t *testing.T, tests bool) []sourceFile {
	t.Helper()
	var all []sourceFile
	for _, p := range packages(t) {
		files := slices.Concat(p.GoFiles, p.TestGoFiles, p.XTestGoFiles, p.IgnoredGo)
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") == tests {
				all = append(all, sourceFile{filepath.Join(p.Dir, name), p.short() + "/" + name})
			}
		}
	}
	return all
}

// sleepers may wait by the clock in a test; the reason says why nothing else does.
var sleepers = map[string]string{
	"cmd/sportello/internal/ledger/archive_test.go": "asks again until the follower has caught up, which it tells nobody",
	"cmd/sportello/counter_test.go":                 "looks at another process, which has no channel to wait on",
	"cmd/sportello/bench_idle_test.go":              "measures what the service takes while nobody comes",
	"cmd/sportello/soak_real_test.go":               "the moment of the kill is drawn",
	"driver/ecr17/conformance_test.go":              "a file is the only sign that a pseudo terminal is there",
	"cmd/sportello/soak_steps_test.go":              "inside the soak's synctest bubble: virtual time",
	"cmd/sportello/undone_desk_test.go":             "inside the soak's synctest bubble: virtual time",
	"driver/ecr17/case_last_others_test.go":         "what a row waits for over a line in memory: virtual time",
	"driver/line/bench_linux_test.go":               "a caller that is stuck gives no sign",
	"driver/line/serial_linux_test.go":              "the kernel has no event for a full pty",
}

// TestTestsNeitherSleepNorSkipInSilence: waits by the clock hide races, silent skips hide holes.
func TestTestsNeitherSleepNorSkipInSilence(t *testing.T) {
	set, files := token.NewFileSet(), sourceFiles(t, true)
	trees, bubbles := map[string]*ast.File{}, map[string][]string{}
	for _, f := range files {
		tree, err := parser.ParseFile(set, f.path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		trees[f.path] = tree
		bubbles[filepath.Dir(f.path)] = append(bubbles[filepath.Dir(f.path)], bubblesIn(tree)...)
	}
	for _, f := range files {
		tree := trees[f.path]
		ast.Inspect(tree, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			s, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			on, _ := s.X.(*ast.Ident)
			line := set.Position(call.Pos()).Line
			switch {
			case s.Sel.Name == "Sleep" && on != nil && on.Name == "time" && sleepers[f.name] == "" && !playsInBubble(tree, bubbles[filepath.Dir(f.path)]):
				t.Errorf("%s:%d sleeps by the clock: wait for what it waits for, or use testing/synctest", f.name, line)
			case (s.Sel.Name == "SkipNow" || s.Sel.Name == "Skip") && len(call.Args) == 0 && on != nil:
				t.Errorf("%s:%d skips without a reason", f.name, line)
			}
			return true
		})
	}
}

// bubblesIn are the functions of a file that play what they are given in a synctest bubble.
func bubblesIn(tree *ast.File) (names []string) {
	for _, d := range tree.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || strings.HasPrefix(fn.Name.Name, "Test") {
			continue
		}
		ast.Inspect(fn, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				if on, ok := s.X.(*ast.Ident); ok && on.Name == "synctest" && s.Sel.Name == "Test" {
					names = append(names, fn.Name.Name)
				}
			}
			return true
		})
	}
	return names
}

// playsInBubble: the file makes a bubble, or uses one that its package makes. There Sleep takes no time and hides no race.
func playsInBubble(tree *ast.File, bubbles []string) bool {
	found := slices.ContainsFunc(tree.Imports, func(i *ast.ImportSpec) bool { return i.Path.Value == `"testing/synctest"` })
	ast.Inspect(tree, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			if name, ok := call.Fun.(*ast.Ident); ok {
				found = found || slices.Contains(bubbles, name.Name)
			}
		}
		return !found
	})
	return found
}

func TestEveryTestedPackageCountsItsGoroutines(t *testing.T) {
	for _, p := range packages(t) {
		tests := slices.Concat(p.TestGoFiles, p.XTestGoFiles)
		if len(tests) == 0 {
			continue
		}
		if !slices.ContainsFunc(tests, func(name string) bool {
			b, err := os.ReadFile(filepath.Join(p.Dir, name))
			return err == nil && bytes.Contains(b, []byte("goleak.VerifyTestMain("))
		}) {
			t.Errorf("%s has tests and no TestMain with goleak.VerifyTestMain", p.ImportPath)
		}
	}
}

// TestEveryFuzzTargetHasSeeds: without seeds go test runs nothing of it and passes.
func TestEveryFuzzTargetHasSeeds(t *testing.T) {
	found := 0
	for _, f := range sourceFiles(t, true) {
		tree, err := parser.ParseFile(token.NewFileSet(), f.path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range tree.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Recv != nil || !strings.HasPrefix(fn.Name.Name, "Fuzz") {
				continue
			}
			found++
			stored, _ := filepath.Glob(filepath.Join(filepath.Dir(f.path), "testdata", "fuzz", fn.Name.Name, "*"))
			if len(stored) == 0 && !seedsItself(fn) {
				t.Errorf("%s: %s has no seeds: neither f.Add nor a seed function with f, nor testdata/fuzz/%[2]s", f.name, fn.Name.Name)
			}
		}
	}
	if found == 0 {
		t.Error("no fuzz target at all")
	}
}

// seedsItself: the target calls f.Add, or hands f to a function that does.
func seedsItself(fn *ast.FuncDecl) bool {
	name := fn.Type.Params.List[0].Names[0].Name
	found := false
	ast.Inspect(fn.Body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		if s, ok := call.Fun.(*ast.SelectorExpr); ok {
			on, _ := s.X.(*ast.Ident)
			found = found || on != nil && on.Name == name && s.Sel.Name == "Add"
		}
		found = found || slices.ContainsFunc(call.Args, func(a ast.Expr) bool {
			id, ok := a.(*ast.Ident)
			return ok && id.Name == name
		})
		return true
	})
	return found
}
