//go:build unix

package main

import (
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"
	"time"

	"sportello/driver/simulator"
	"sportello/protocol/govpay/govpaytest"
	"sportello/protocol/local"
)

// TestSoakRealBinary is the randomised run on the real binary: real TCP, a real ledger, SIGKILL at random
// moments. What happens is drawn from the seed; when the kill strikes within the payment is up to the
// machine. SOAK_SECONDS says how long it goes on (make soak: a minute); without it, ten customers.
func TestSoakRealBinary(t *testing.T) {
	t.Parallel()
	seconds, seed := setting(t, "SOAK_SECONDS", 0), setting(t, "SOAK_SEED", 1)
	rng := rand.New(rand.NewPCG(uint64(seed), 18))
	c := newCounter(t, setup{
		exclusivity: "shared",
		timing:      "{result: 2s, hard_stop: 5s, quiet: 1s}",
		terminal: simulator.Options{Clients: 2, Timing: simulator.Timing{Card: 40 * time.Millisecond,
			PIN: 20 * time.Millisecond, Host: 40 * time.Millisecond}},
	})
	c.start()
	deadline := time.Now().Add(time.Duration(seconds) * time.Second)
	customers, deaths := 0, 0
	for ; seconds == 0 && customers < 10 || seconds > 0 && time.Now().Before(deadline); customers++ {
		d := govpaytest.Debt{Creditor: soakCreditor, Notice: soakNotice(customers, int64(1000+100*rng.IntN(3))), Reason: "Prova",
			Debtor: govpaytest.Debtor{TaxCode: "RSSMRA80A01F205X", Name: "Mario Rossi"}}
		d.Cents = 1000
		if err := c.platform.AddDebt(d); err != nil {
			t.Fatal(err)
		}
		what := "nothing goes wrong"
		if rng.IntN(3) == 0 {
			rule := soakFaults[rng.IntN(len(soakFaults))]
			rule.On, rule.Nth = "X", 1
			if rule.DelayMS > 1000 {
				rule.DelayMS = int64(500 + rng.IntN(5000))
			}
			if err := c.terminal.Script(rule); err != nil {
				t.Fatal(err)
			}
			what = string(rule.Fault)
		}
		c.proven()
		paying := make(chan struct{})
		caller := exec.Command(c.bin, "pay", d.QR(), "--terminal", "cassa1", "--request-id", fmt.Sprint("r", customers), "--config", c.config)
		if err := caller.Start(); err != nil {
			t.Fatal(err)
		}
		go func() {
			defer close(paying)
			_ = caller.Wait()
		}()
		if rng.IntN(5) < 2 {
			deaths++
			after := time.Duration(rng.IntN(400)) * time.Millisecond
			what += fmt.Sprintf(", killed after %v", after)
			time.Sleep(after)
			c.kill()
			_ = caller.Process.Kill()
			c.start()
		}
		<-paying
		var left []local.Payment
		c.until("everybody to rest after "+what, func() bool {
			left = c.payments()
			for _, p := range left {
				if p.State == local.StateSent || p.State == local.StateUnknown && !p.NeedsPeople {
					return false
				}
			}
			return !c.busy()
		})
		c.agrees(left, what)
		if c.seen().Locked {
			if code, _, errs := c.cli("terminal", "free", "cassa1"); code != 0 {
				t.Errorf("freeing the terminal: %s", errs)
			}
		}
		if c.seen().NeedsAdopt {
			if code, _, errs := c.program("1234\n", "terminal", "adopt", "cassa1", "--operator", "bianchi", "--config", c.config); code != 0 {
				t.Errorf("adopting: %s", errs)
			}
		}
		if t.Failed() {
			break
		}
	}
	if code, _, errs := c.cli("ledger", "check"); code != 0 {
		t.Errorf("ledger check: %d %s", code, errs)
	}
	t.Logf("seed %d: %d customers, %d kills, %d charges", seed, customers, deaths, len(c.charges()))
}

// agrees holds every payment of the ledger against the bank.
func (c *counter) agrees(list []local.Payment, what string) {
	c.t.Helper()
	byReference, byNotice, known := map[string]int{}, map[string]int{}, 0
	for _, d := range c.bank.Decisions() {
		if d.Kind == simulator.KindPayment && d.Approved {
			byReference[strings.TrimSpace(d.Reference)]++
		}
	}
	for _, p := range list {
		n := byReference[p.Reference]
		known += n
		if p.Reference != "" {
			byNotice[p.Notices[0].Number] += n
		}
		if p.State == local.StateCharged && n != 1 || p.State == local.StateNotCharged && n != 0 {
			c.t.Errorf("%s: %s is %s (%v), the bank charged it %d times", what, p.ID, p.State, p.Reason, n)
		}
	}
	total := 0
	for _, n := range byReference {
		total += n
	}
	if known != total {
		c.t.Errorf("%s: the bank charged %d payments, the ledger knows %d of them", what, total, known)
	}
	for notice, n := range byNotice {
		if n > 1 {
			c.t.Errorf("%s: notice %s was charged %d times", what, notice, n)
		}
	}
}
