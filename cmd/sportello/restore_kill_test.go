//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/protocol/local"
)

// copied makes a copy through the running service.
func (c *counter) copied() string {
	c.t.Helper()
	path := filepath.Join(c.dir, "copia.db")
	code, out, errs := c.cli("backup", path, "--json")
	var done backupAnswer
	if err := json.Unmarshal([]byte(out), &done); err != nil || code != exitDone || len(done.SHA256) != 64 || done.Entries == 0 || len(done.Head) != 64 {
		c.t.Fatalf("backup ended with %d: %v %s%s", code, err, out, errs)
	}
	return path
}

// newPC is another one, with another code: the data folder of the old one stays where it was.
func (c *counter) newPC(code string) {
	c.t.Helper()
	text, err := os.ReadFile(c.config)
	if err != nil {
		c.t.Fatal(err)
	}
	fields := strings.SplitN(string(text), "\n", 2)
	c.write(c.config, "installation: "+code+"\n"+strings.Replace(fields[1], filepath.Join(c.dir, "data"), filepath.Join(c.dir, "data"+code), 1))
}

// restoreStatus asks the service, if it lives.
func (c *counter) restoreStatus() (s local.RestoreStatus, alive bool) {
	code, out, _ := c.cli("restore", "status", "--json")
	return s, code == exitDone && json.Unmarshal([]byte(out), &s) == nil
}

// comesBack does all that people do after a restore, whatever of it was done before, and whenever the service dies it
// is started again. lost is the charge of after the copy.
func (c *counter) comesBack(lost local.Payment) {
	c.t.Helper()
	at := lost.Charge.HostTime.In(ledger.Zone()).Format("2006-01-02 15:04")
	c.until("the counter to work again", func() bool {
		if c.dead() {
			c.start()
		}
		s, alive := c.restoreStatus()
		switch {
		case !alive || s.Open:
			return alive && s.Open
		case s.Reason.Code != string(local.CodeRestoreGap):
			return false
		}
		var gap local.RestoreTerminal
		for _, t := range s.Terminals {
			if t.Case != "" {
				gap = t
			}
		}
		if code, _, errs := c.program("1234\n", "restore", "add", "--terminal", "cassa1", "--notice", lost.Notices[0].Number+"="+fmt.Sprintf("%d,%02d", lost.AmountCents/100, lost.AmountCents%100),
			"--stan", lost.Charge.STAN, "--auth", lost.Charge.AuthCode, "--at", at, "--operator", "bianchi", "--config", c.config); code != exitDone {
			if !c.dead() && !strings.Contains(errs, "throttled") {
				c.t.Logf("restore add: %s", errs)
			}
			return false
		}
		if one, ok := c.theCase(gap.Case); !ok || one.Proposal == nil {
			_, _, _ = c.program("1234\n", "cases", "end", gap.Case, "--closed", "--proof", "lista dei movimenti", "--seq", strconv.FormatUint(one.Seq, 10), "--operator", "rossi", "--config", c.config)
		}
		if one, ok := c.theCase(gap.Case); ok && one.Proposal != nil {
			_, _, _ = c.program("1234\n", "cases", "sign", gap.Case, "--seq", strconv.FormatUint(one.Seq, 10), "--operator", "bianchi", "--config", c.config)
		}
		return false
	})
}

// TestKilledAfterRestore kills the real program with SIGKILL at each step of a restore and of what follows it. Begun
// again, it ends with every charge in the ledger and none of them twice.
func TestKilledAfterRestore(t *testing.T) {
	for _, point := range []string{"none",
		"ledger.restore.ready", "ledger.restore.aside", "ledger.restore.placed",
		"till.gap.before", "till.gap.after", "ledger.intend.before", "ledger.intend.after", "till.brought", "ledger.conclude.before", "ledger.conclude.after",
		"ledger.ending.before:1", "ledger.ending.after:1", "ledger.ending.before:2", "ledger.ending.after:2", "ledger.restored.before", "ledger.restored.after",
	} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			c := newCounter(t, setup{})
			c.start()
			if code, _, errs := c.payWhenReady(debt(2), "r0"); code != 0 {
				t.Fatalf("the first payment ended with %d: %s", code, errs)
			}
			c.proven()
			copy := c.copied()
			code, lost, errs := c.payWhenReady(debt(0), "r1")
			if code != 0 {
				t.Fatalf("the second payment ended with %d: %s", code, errs)
			}
			lost = c.payment(lost.ID)
			c.kill()

			c.newPC("T2")
			if strings.HasPrefix(point, "ledger.restore.") {
				cmd := exec.Command(c.bin, "restore", copy, "--set-aside", "--config", c.config)
				cmd.Env = append(os.Environ(), "SPORTELLO_FAILPOINT="+point)
				out, _ := cmd.CombinedOutput()
				if s, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || s.Signal() != syscall.SIGKILL {
					t.Fatalf("it was not killed at %s: %s", point, out)
				}
			}
			if code, out, errs := c.cli("restore", copy, "--set-aside"); code != exitDone || !strings.Contains(out, "Codici ritirati: T1") {
				t.Fatalf("restore ended with %d: %s%s", code, out, errs)
			}
			if point == "none" || strings.HasPrefix(point, "ledger.restore.") {
				c.start()
			} else {
				c.start("SPORTELLO_FAILPOINT=" + point)
			}
			c.comesBack(lost)
			if point != "none" && !strings.HasPrefix(point, "ledger.restore.") && strings.Contains(strings.Join(c.service.Env, " "), "SPORTELLO_FAILPOINT") {
				t.Errorf("the service was never killed at %s", point)
			}
			if code, _, errs := c.as("bianchi", "terminal", "adopt", "cassa1"); code != exitDone {
				t.Errorf("adopt ended with %d: %s", code, errs)
			}
			if again, _, errs := c.payWhenReady(debt(0), "r2"); again != exitNotCharged {
				t.Errorf("the notice charged after the copy ended with %d: %s", again, errs)
			}
			if code, p, errs := c.payWhenReady(debt(1), "r3"); code != 0 || !strings.HasPrefix(p.ID, "T2-") {
				t.Errorf("another notice ended with %d, %q: %s", code, p.ID, errs)
			}
			for notice, n := range c.charges() {
				if n > 1 {
					t.Errorf("%s was charged %d times", notice, n)
				}
			}
			brought := 0
			for _, p := range c.payments() {
				if p.State == local.StateCharged && p.Charge != nil && p.Charge.STAN == lost.Charge.STAN {
					brought++
				}
			}
			if brought != 1 {
				t.Errorf("the charge of after the copy is in the ledger %d times", brought)
			}
			c.registered()
			if code, _, errs := c.cli("ledger", "check"); code != 0 {
				t.Errorf("ledger check: %d %s", code, errs)
			}
		})
	}
}
