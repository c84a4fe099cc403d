package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"sportello/protocol/local"
)

// With --json a failure is one document too, whatever refused: the service, or nobody.
func TestFailureIsOneDocument(t *testing.T) {
	f := newFake(t)
	commands := [][]string{
		{"payment", "X1"}, {"payments"}, {"queue"}, {"receipt", "X1"}, {"receipt", "X1", "--notice", "1"},
		{"positions", "search", rossi}, {"positions", "create", "mensa", "--debtor", rossi, "--name", "M"},
		{"cases"}, {"cases", "show", "X"}, {"terminal", "status", "pippo"}, {"resolve", "X"}, {"offline", "status"},
	}
	check := func(want local.Code, code int) {
		t.Helper()
		for _, c := range commands {
			r := f.run(append(c, "--json")...)
			var said local.ErrorBody
			if err := json.Unmarshal([]byte(r.out), &said); err != nil || said.Error.Code == "" || want != "" && said.Error.Code != want {
				t.Errorf("%q: %v: %q", c, err, r.out)
			}
			if code != 0 && r.code != code || r.code == 0 || r.errors == "" {
				t.Errorf("%q: exit %d: %s", c, r.code, r.errors)
			}
		}
	}
	for _, path := range []string{"payments/X1", "payments/search", "queue", "queue/status", "payments/X1/receipt", "positions/search", "positions", "cases", "terminals/pippo/status",
		"payments/X", "state", "payments/X1/notices/1/receipt.json"} {
		f.refusals[api+path] = local.Error{Code: local.CodeForbiddenRole, Message: "no"}
	}
	check("", 0)
	if err := os.Remove(filepath.Join(f.dir, tokenName)); err != nil {
		t.Fatal(err)
	}
	check(codeUnreachable, exitUnreachable)
}
