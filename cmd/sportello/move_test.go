//go:build unix

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sportello/protocol/local"
)

// TestMove carries a counter to another PC: the old one charges nothing from the moment of its last copy, the new one
// goes on by itself, since the terminals show that nothing was done in between.
func TestMove(t *testing.T) {
	t.Parallel()
	c := newCounter(t, setup{})
	c.start()
	if code, _, errs := c.payWhenReady(debt(0), "r1"); code != 0 {
		t.Fatal(errs)
	}
	c.proven()
	file := filepath.Join(c.dir, "ultima.db")
	if code, _, errs := c.cli("move", file); code != exitFailed || !strings.Contains(errs, "il servizio è in funzione") {
		t.Errorf("while it runs: %d %s", code, errs)
	}
	c.stop()
	code, out, errs := c.cli("move", file)
	if code != exitDone || !strings.Contains(out, "Installazione T1 ritirata") || !strings.Contains(out, "installation: T2") {
		t.Fatalf("move ended with %d: %s%s", code, out, errs)
	}
	if code, _, errs := c.cli("move", file); code != exitFailed || !strings.Contains(errs, "non viene sovrascritto") {
		t.Errorf("over a copy: %d %s", code, errs)
	}
	c.start() // the old PC, by mistake
	c.refusesToPay(debt(1), told{exit: exitNotCharged, code: local.CodeInstallationMoved, says: []string{"trasferita su un altro PC"}})
	c.stop()

	text, err := os.ReadFile(c.config)
	if err != nil {
		t.Fatal(err)
	}
	c.write(c.config, strings.Replace(string(text), filepath.Join(c.dir, "data"), filepath.Join(c.dir, "nuovo"), 1))
	if code, _, errs := c.cli("restore", file); code != exitUsage || !strings.Contains(errs, "installation: T2") {
		t.Errorf("with the old code: %d %s", code, errs)
	}
	c.write(c.config, string(text))
	c.newPC("T2")
	if code, _, errs := c.cli("restore", "--check", file); code != exitDone {
		t.Errorf("check: %d %s", code, errs)
	}
	if code, out, errs := c.cli("restore", file, "--json"); code != exitDone || !json.Valid([]byte(out)) {
		t.Fatalf("restore: %d %s%s", code, out, errs)
	}
	c.start()
	c.until("the new PC to charge by itself", func() bool {
		s, alive := c.restoreStatus()
		return alive && s.Open
	})
	if code, p, errs := c.payWhenReady(debt(1), "r2"); code != 0 || p.ID != "T2-00000001" {
		t.Errorf("%d %q %s", code, p.ID, errs)
	}
	if again, _, errs := c.payWhenReady(debt(0), "r3"); again != exitNotCharged {
		t.Errorf("what the old PC charged ended with %d: %s", again, errs)
	}
	if open := c.cases(local.CodeInstallationMoved); len(open) != 0 {
		t.Errorf("the move is still a case: %+v", open)
	}
	if code, _, errs := c.cli("ledger", "check"); code != 0 {
		t.Error(errs)
	}
}
