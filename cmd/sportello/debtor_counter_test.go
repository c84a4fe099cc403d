package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sportello/protocol/local"
)

// TestDebtorOfACounter: who owed what was charged is found by name and by tax code, and stands nowhere but in the
// ledger and the archive's index: in no list, no file for others, no log and no bundle.
func TestDebtorOfACounter(t *testing.T) {
	t.Parallel()
	c := newCounter(t, setup{})
	c.start()
	const code, name = "RSSMRA80A01F205X", "Mario Rossi"
	ended, p, errs := c.payAdopting(debt(0))
	if ended != exitDone {
		t.Fatalf("pay ended with %d: %s", ended, errs)
	}
	c.until("the receipt", func() bool { return c.payment(p.ID).Notices[0].Registration == local.RegistrationRegistered })
	for query, want := range map[string]int{"rossi mar": 1, "RSSMRA80": 1, "MÀRIO": 1, "bianchi": 0, "ossi": 0} {
		ended, out, errs := c.program(query+"\n", "payments", "--debtor", "-", "--json", "--config", c.config)
		var found []local.Payment
		if err := json.Unmarshal([]byte(out), &found); err != nil || ended != exitDone || len(found) != want {
			t.Errorf("%q: %d %s %s", query, ended, out, errs)
		} else if want == 1 && (found[0].ID != p.ID || found[0].Notices[0].Debtor != name || found[0].Notices[0].DebtorTaxCode != code) {
			t.Errorf("%q: %s", query, out)
		}
	}
	holds := func(what string, text []byte) {
		t.Helper()
		if len(text) == 0 || bytes.Contains(bytes.ToUpper(text), []byte(code)) || bytes.Contains(bytes.ToUpper(text), []byte(strings.ToUpper(name))) {
			t.Errorf("%s: %s", what, text)
		}
	}
	token, err := os.ReadFile(filepath.Join(c.dir, "data", tokenName))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"payments", "payments/" + p.ID, "payments/" + p.ID + "/story", "state", "payments?format=csv"} {
		holds(path, get(t, "http://"+c.listen+api+path, strings.TrimSpace(string(token))))
	}
	status, file := c.call(http.MethodPost, "payments/search?format=csv", local.PaymentQuery{Debtor: code})
	if holds("a file", file); status != http.StatusOK || !bytes.Contains(file, []byte(p.ID)) {
		t.Errorf("%d %s", status, file)
	}
	bundle := filepath.Join(c.dir, "raccolta.txt")
	if ended, _, errs := c.cli("bundle", "--out", bundle); ended != exitDone {
		t.Fatalf("bundle: %d %s", ended, errs)
	}
	text, err := os.ReadFile(bundle)
	if err != nil {
		t.Fatal(err)
	}
	holds("the bundle", text)
	holds("the log", []byte(c.stderr.String()))
	c.kill()
	files, err := filepath.Glob(filepath.Join(c.dir, "data", "*"))
	if err != nil {
		t.Fatal(err)
	}
	var in []string
	for _, file := range files {
		if data, err := os.ReadFile(file); err == nil && bytes.Contains(data, []byte(code)) {
			in = append(in, filepath.Base(file))
		}
	}
	if !slices.Contains(in, "ledger.db") || slices.ContainsFunc(in, func(f string) bool { return f != "ledger.db" && f != "archive.db" }) {
		t.Errorf("who owed stands in %q", in)
	}
}
