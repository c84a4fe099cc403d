package main

import (
	"slices"
	"testing"
)

// TestBinaryKeepsWhatItUses: text/template calls methods by names that nobody knows beforehand, so that the linker keeps
// every exported method of every type: two megabytes that each service would have in its memory.
func TestBinaryKeepsWhatItUses(t *testing.T) {
	seen := false
	for _, p := range packages(t) {
		if p.short() != "cmd/sportello" {
			continue
		}
		seen = true
		if slices.Contains(p.Deps, "text/template") {
			t.Error("the program is linked with text/template, directly or through another package")
		}
	}
	if !seen {
		t.Error("the program's package was not looked at")
	}
}
