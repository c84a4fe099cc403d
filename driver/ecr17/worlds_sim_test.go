package ecr17_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sportello/driver"
	"sportello/driver/ecr17"
	"sportello/driver/simulator"
)

// others are what others do to the terminal while a payment of ours is unknown, under each claim.
var othersDo = map[driver.Exclusivity][]string{
	driver.Exclusive: {"", "close"},
	driver.Manual:    {"", "close", "sale", "reversal", "close, sale"},
	driver.Shared:    {"", "close", "register", "register refused", "reversal", "close, register"},
}

func doOthers(t *testing.T, term *simulator.Terminal, deeds string, cents int64) {
	t.Helper()
	for deed := range strings.SplitSeq(deeds, ", ") {
		err := error(nil)
		switch deed {
		case "close":
			_, err = term.ManualClose()
		case "sale":
			_, err = term.ManualSale(cents)
		case "reversal":
			_, err = term.ManualReversal()
		case "register":
			_, err = term.SecondRegister(context.Background(), nil, cents)
		case "register refused":
			_, err = term.SecondRegister(context.Background(), nil, 9116) // the bank's answer is in the amount
		}
		if err != nil && deed != "reversal" { // there may be nothing to give back
			t.Fatalf("%s: %v", deed, err)
		}
	}
}

// TestWorldsPlayed plays worlds of worlds_test.go through the whole exchange: the simulated terminal with its bank, a
// payment that is cut, and others beside it, with each question that the terminal may not know. What the bank has
// charged in the end is never judged not charged, and what it has not is never judged charged.
func TestWorldsPlayed(t *testing.T) {
	t.Parallel() // as TestWorlds
	faults := map[string]simulator.Rule{
		"never asked":     {Fault: simulator.CutBeforeAuth},
		"cut":             {Fault: simulator.CutAfterAuth},
		"half a result":   {Fault: simulator.HalfResult},
		"no result":       {Fault: simulator.NoResult},
		"reset, executed": {Fault: simulator.ResetExecute},
		"reset, unread":   {Fault: simulator.ResetUnread},
		"NAK, executed":   {Fault: simulator.NakExecute},
		"silent":          {Fault: simulator.Silent},
		"reboot":          {Fault: simulator.Reboot},
		"code 09":         {Fault: simulator.ResultCode, Code: "09"},
		"no ACK":          {Fault: simulator.NoACK},
	}
	played, verdicts := 0, map[driver.Verdict]int{}
	for _, x := range []driver.Exclusivity{driver.Exclusive, driver.Manual, driver.Shared} {
		for _, deeds := range othersDo[x] {
			for _, unknown := range []string{"", "G", "R", "T", "GR", "RT", "GT"} {
				for name, fault := range faults {
					t.Run(fmt.Sprintf("%s/%s/without %s/%s", x, deeds, unknown, name), func(t *testing.T) {
						synctest.Test(t, func(t *testing.T) {
							played++
							verdicts[playWorld(t, x, deeds, unknown, fault)]++
						})
					})
				}
			}
		}
	}
	if t.Logf("%d worlds, %v", played, verdicts); verdicts[driver.Charged] == 0 || verdicts[driver.NotCharged] == 0 || verdicts[driver.Unknown] == 0 {
		t.Error("not every verdict occurs")
	}
}

// playWorld gives the verdict of the cut payment.
func playWorld(t *testing.T, x driver.Exclusivity, deeds, unknown string, fault simulator.Rule) driver.Verdict {
	t.Helper()
	term, err := simulator.New(simulator.Options{Unsupported: unknown, Clients: 2, ManualSaved: len(deeds)%2 == 0, Timing: simulator.Human})
	if err != nil {
		t.Fatal(err)
	}
	cfg := driver.Config{Name: "cassa1", Driver: "nexi", TerminalID: "12345678", CashRegisterID: "1", LRC: "auto", Exclusivity: x, Receipts: "terminal"}
	inMemory(t, term, &cfg)
	d, err := ecr17.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	knows := func(reference string) bool { return strings.HasPrefix(reference, "RIFT1") }
	expected := int64(900)
	first := &journal{}
	if _, err := d.Pay(t.Context(), driver.Payment{Reference: "RIFT1AAAAAAAA", AmountCents: 900}, first); err != nil || first.outcome.Verdict != driver.Charged {
		t.Fatalf("%v, %+v", err, first.outcome)
	}
	passport, err := d.Detect(t.Context(), knows, true)
	if err != nil {
		t.Fatal(err)
	}
	d.Commission(passport)

	fault.On, fault.Nth = "X", 1
	if err := term.Script(fault); err != nil {
		t.Fatal(err)
	}
	p := driver.Payment{Reference: "RIFT1BBBBBBBB", AmountCents: 1000, Previous: "RIFT1AAAAAAAA", Expected: &expected}
	j, begun := &journal{}, time.Now()
	if _, err := d.Pay(t.Context(), p, j); err != nil {
		t.Fatal(err)
	}
	if j.outcome.Verdict == driver.Unknown {
		time.Sleep(time.Minute) // it is back, and at rest
		doOthers(t, term, deeds, 1000)
		a := driver.Attempt{Payment: p, Baseline: j.baseline, SentAt: begun, SameProcess: true, Exclusivity: x, Knows: knows}
		if _, err := d.Resolve(t.Context(), a, j); err != nil {
			t.Fatal(err)
		}
	}
	charged := 0 // by the bank, in the end
	for _, one := range term.Bank().Decisions() {
		if ours := strings.TrimSpace(one.Reference) == p.Reference; one.Approved && ours && one.Kind == simulator.KindPayment {
			charged++
		} else if one.Approved && one.Kind == simulator.KindReversal && charged > 0 {
			charged--
		}
	}
	switch v := j.outcome.Verdict; {
	case charged > 0 && (v == driver.NotCharged || v == driver.NotSent), charged == 0 && v == driver.Charged:
		t.Errorf("the bank has charged it %d times, and it is %s, %+v; %v", charged, v, j.outcome.Reason, texts(j.outcome.Evidence))
	case term.Received('X') > 3:
		t.Errorf("%d payment commands", term.Received('X'))
	}
	return j.outcome.Verdict
}
