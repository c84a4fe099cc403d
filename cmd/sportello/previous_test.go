//go:build unix

package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/protocol/local"
)

// TestPreviousVersionReads: the version before, given as SPORTELLO_PREVIOUS, checks the ledger that this one has written,
// a restore and its gap included, starts on it, and shows every payment. What it is held to beside that, without the
// binary, is package ledger's TestFormatGrows.
func TestPreviousVersionReads(t *testing.T) {
	previous := os.Getenv("SPORTELLO_PREVIOUS")
	if previous == "" {
		t.Skip("SPORTELLO_PREVIOUS names no binary of the version before")
	}
	c := newCounter(t, setup{})
	c.start()
	if code, _, errs := c.payWhenReady(debt(0), "r1"); code != 0 {
		t.Fatal(errs)
	}
	c.proven()
	copy := c.copied()
	if code, _, errs := c.payWhenReady(debt(1), "r2"); code != 0 {
		t.Fatal(errs)
	}
	c.kill()
	c.newPC("T2")
	if code, out, errs := c.cli("restore", copy); code != exitDone {
		t.Fatalf("%d %s%s", code, out, errs)
	}
	c.start()
	c.until("the gap to be found", func() bool {
		s, alive := c.restoreStatus()
		return alive && s.Reason != nil && s.Reason.Code == string(local.CodeRestoreGap)
	})
	want := c.payments()
	c.kill()
	out, err := exec.Command(previous, "ledger", "check", "--config", c.config, "--json").CombinedOutput()
	var rep ledger.Report
	if err != nil || json.Unmarshal(out, &rep) != nil || len(rep.Problems) > 0 || rep.Payments != len(want) {
		t.Fatalf("the version before finds: %v %s", err, out)
	}
	now := c.bin
	c.bin = previous
	c.start()
	got := c.payments()
	if len(got) != len(want) || got[0].ID != want[0].ID || got[0].State != want[0].State {
		t.Errorf("it shows %+v, and they are %+v", got, want)
	}
	if code, out, errs := c.cli("cases", "--json"); code != exitDone || !strings.Contains(out, "ledger_restored") || !strings.Contains(out, "restore_gap") {
		t.Errorf("its cases: %d %s%s", code, out, errs)
	}
	c.stop()
	c.bin = now
	if code, _, errs := c.cli("ledger", "check"); code != exitDone {
		t.Errorf("after it: %s", errs)
	}
	if _, err := os.Stat(filepath.Join(c.dir, "dataT2", ledger.FileName)); err != nil {
		t.Error(err)
	}
}
