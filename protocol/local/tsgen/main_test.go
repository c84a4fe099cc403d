package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The page's types are committed: whoever changes package local generates them again.
func TestCommittedTypesAreCurrent(t *testing.T) {
	if err := run("..", "", "../../../ui/web/src/core/types.gen.ts"); err != nil {
		t.Fatal(err)
	}
}

func TestCheckFindsADifference(t *testing.T) {
	file := filepath.Join(t.TempDir(), "types.ts")
	if err := run("..", file, ""); err != nil {
		t.Fatal(err)
	}
	if err := run("..", "", file); err != nil {
		t.Fatalf("fresh file: %v", err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(text), "amount_cents", "amount", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run("..", "", file); err == nil {
		t.Fatal("a changed field was not noticed")
	}
}

func TestGenerate(t *testing.T) {
	dir := t.TempDir()
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, "a.go"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(`package a
import "time"
// Colour is a colour.
type Colour string
const (
	Red Colour = "red" // of anger
	Blue Colour = "blue"
)
// Event happens.
type Event struct {
	At time.Time ` + "`json:\"at\"`" + `
	Until *time.Time ` + "`json:\"until,omitempty\"`" + `
	Of []Colour ` + "`json:\"of\"`" + ` // all of them
	N *int64 ` + "`json:\"n\"`" + `
	Form json.RawMessage ` + "`json:\"form\"`" + `
	Fields map[string]any ` + "`json:\"fields,omitempty\"`" + `
	Secret string ` + "`json:\"-\"`" + `
}
type inside struct { Count int }
// Text is not on the wire.
type Text struct { Message string }
`)
	got, err := Generate(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := "// Generated from protocol/local by `go generate ./protocol/local`. Do not edit.\n" + `
/** Colour is a colour. */
export type Colour =
  | "red" // of anger
  | "blue";

/** Event happens. */
export interface ServiceEvent {
  at: string;
  until?: string;
  of: Colour[]; // all of them
  n: number | null;
  form: unknown;
  fields?: Record<string, unknown>;
}
`
	if string(got) != want {
		t.Fatalf("got\n%s\nwant\n%s", got, want)
	}
	for name, text := range map[string]string{
		"a tag missing":   "package a\ntype A struct { B string; C string `json:\"c\"` }\n",
		"no name":         "package a\ntype A struct { B string `json:\",omitempty\"` }\n",
		"embedded":        "package a\ntype A struct { B; C string `json:\"c\"` }\n",
		"map":             "package a\ntype A struct { B map[string]int `json:\"b\"` }\n",
		"empty enum":      "package a\ntype A string\n",
		"number type":     "package a\ntype A int\n",
		"does not parse":  "package a\ntype A strukt {",
		"unexported type": "package a\ntype A struct { B float32 `json:\"b\"` }\n",
	} {
		write(text)
		if out, err := Generate(dir); err == nil {
			t.Errorf("%s: no error, got %q", name, out)
		}
	}
	if _, err := Generate(t.TempDir()); err == nil {
		t.Error("empty folder: no error")
	}
}
