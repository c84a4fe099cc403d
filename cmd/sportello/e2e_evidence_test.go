package main

import (
	"strings"
	"testing"

	"sportello/cmd/sportello/internal/till"
	"sportello/driver"
	"sportello/driver/ecr17"
	"sportello/driver/simulator"
	"sportello/protocol/local"
)

// TestWhatTheTerminalRemembersIsShown to those who must decide, in the command line as on the page: number,
// amount and time of the saved result, read by the driver that received it (design 5.5).
func TestWhatTheTerminalRemembersIsShown(t *testing.T) {
	t.Parallel()
	rules, err := simulator.ReadFaults(strings.NewReader(`{"on":"X","nth":1,"fault":"result_code","code":"09"}`))
	if err != nil {
		t.Fatal(err)
	}
	c := newCounter(t, setup{exclusivity: "shared", terminal: simulator.Options{Faults: rules}})
	c.start()
	c.pay(debt(0))
	c.until("the payment to be people's", func() bool {
		list := c.payments()
		return len(list) == 1 && list[0].State == local.StateUnknown && list[0].NeedsPeople
	})
	code, out, errs := c.cli("resolve", c.payments()[0].ID)
	year := c.payments()[0].CreatedAt.Format("2006 ")
	if code != exitDone || strings.Count(out, "123,45 €, STAN 000001") != 2 || !strings.Contains(out, "autorizzazione ") || !strings.Contains(out, year) {
		t.Errorf("%d %s%s", code, out, errs)
	}
}

// TestDriversOfferWhatTheTillUses beside the contract: it would be left out in silence.
func TestDriversOfferWhatTheTillUses(t *testing.T) {
	for _, profile := range []string{"nexi", "numera"} {
		d, err := ecr17.Open(driver.Config{Name: "cassa1", Driver: profile, Address: "tcp://127.0.0.1:1", TerminalID: "12345678",
			CashRegisterID: "1", LRC: "auto", Receipts: "ecr"})
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := d.(till.Decoder); !ok {
			t.Errorf("%s decodes no evidence", profile)
		}
		if _, ok := d.(till.Listener); !ok {
			t.Errorf("%s hears no late word", profile)
		}
		if _, ok := d.(till.Forgetter); !ok {
			t.Errorf("%s cannot forget", profile)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
}
