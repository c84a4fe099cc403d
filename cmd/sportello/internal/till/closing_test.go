package till

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/local"
)

func cents(n int64) driver.Totals { return driver.Totals{Present: true, Cents: n} }

func (w *world) closeSession() (local.Closing, error) {
	rep, err := w.act(chief, "close")
	if err != nil || rep.Closing == nil {
		return local.Closing{}, err
	}
	return *rep.Closing, nil
}

// TestClosing: what was charged, the terminal's total and the bank's agree, and the next session begins.
func TestClosing(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.receipts = true
		d := w.terminals[0]
		_, err := w.act(clerk, "close")
		wantCode(t, err, local.CodeForbiddenRole)
		if rep, err := w.act(clerk, "closing"); err != nil || rep.Closing != nil {
			t.Errorf("before any: %+v %v", rep.Closing, err)
		}
		w.charged("r1", 1)
		w.charged("r2", 2)
		d.script(func(d *terminal) { d.ops.total = 2 * price })
		c, err := w.closeSession()
		if err != nil || c.State != "closed" || c.LedgerCents != 2*price || c.Payments != 2 || *c.TerminalCents != 2*price ||
			*c.HostCents != 2*price || len(c.Differences) != 0 || c.Receipt != "CHIUSURA" || c.Since != nil {
			t.Errorf("%+v %v", c, err)
		}
		if rep, err := w.act(clerk, "closing"); err != nil || rep.Closing == nil || rep.Closing.Receipt != "CHIUSURA" || rep.Closing.LedgerCents != 2*price {
			t.Errorf("read again: %+v %v", rep.Closing, err)
		}
		w.charged("r3", 3)
		d.script(func(d *terminal) { d.ops.total = price })
		if c, err = w.closeSession(); err != nil || c.LedgerCents != price || len(c.Differences) != 0 || c.Since == nil {
			t.Errorf("%+v %v", c, err)
		}
		if k, err := w.till.Cases(context.Background(), false); err != nil || len(k) != 0 {
			t.Errorf("%+v %v", k, err)
		}
	})
}

// TestClosingDiffers: each difference names the payments that may explain it, or none when it is not ours.
func TestClosingDiffers(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.receipts = true
		d := w.terminals[0]
		w.charged("r1", 1)
		d.script(func(d *terminal) {
			d.word = func(_ context.Context, p driver.Payment) driver.Outcome {
				o := d.approve(p)
				o.Verdict, o.Charge, o.Reason.Code = driver.NotCharged, nil, string(local.CodeByEvidence) // deduced, and wrongly
				return o
			}
		})
		p, err := w.pay(request("r2", "cassa1", notice(2)))
		if err != nil {
			t.Fatal(err)
		}
		w.wantState(p.ID, ledger.NotCharged)
		d.script(func(d *terminal) {
			d.ops.closing = &driver.Closing{State: driver.ClosingDone, Terminal: cents(2 * price), Host: cents(2*price + 500)}
		})
		c, err := w.closeSession()
		if err != nil || len(c.Differences) != 3 {
			t.Fatalf("%+v %v", c, err)
		}
		want := []local.ClosingDiff{
			{Between: local.TerminalLedger, Cents: price, Payments: []string{p.ID}},
			{Between: local.HostLedger, Cents: price + 500, Payments: []string{p.ID}},
			{Between: local.TerminalHost, Cents: -500, Payments: []string{p.ID}},
		}
		for i, d := range c.Differences {
			if d.Between != want[i].Between || d.Cents != want[i].Cents || !slices.Equal(d.Payments, want[i].Payments) || d.Text == "" {
				t.Errorf("%+v, want %+v", d, want[i])
			}
		}
		k, err := w.till.Cases(context.Background(), false)
		if err != nil || len(k) != 1 || k[0].Cause.Code != string(local.CodeClosingDiffers) || k[0].Terminal != "cassa1" {
			t.Errorf("%+v %v", k, err)
		}
		// In the next session a sale that is not ours: nobody of ours explains it.
		d.script(func(d *terminal) { d.ops.closing = &driver.Closing{State: driver.ClosingDone, Terminal: cents(700)} })
		if c, err = w.closeSession(); err != nil || len(c.Differences) != 1 || len(c.Differences[0].Payments) != 0 || c.HostCents != nil {
			t.Errorf("%+v %v", c, err)
		}
	})
}

// TestClosingUnknown is a case; a refused one is none, and neither begins a new session.
func TestClosingUnknown(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		d := w.terminals[0]
		w.charged("r1", 1)
		for _, state := range []driver.ClosingState{driver.ClosingRefused, driver.ClosingUnknown} {
			d.script(func(d *terminal) {
				d.ops.closing = &driver.Closing{State: state, Reason: driver.Reason{Code: string(local.CodeNoAnswer)}}
			})
			c, err := w.closeSession()
			if err != nil || c.State != string(state) || c.TerminalCents != nil || c.LedgerCents != price || c.Reason == nil || len(c.Differences) != 0 {
				t.Errorf("%+v %v", c, err)
			}
			k, err := w.till.Cases(context.Background(), false)
			if err != nil || (len(k) != 0) != (state == driver.ClosingUnknown) {
				t.Errorf("%s: %+v %v", state, k, err)
			}
			if want := local.Explain(local.CodeClosingUnknown, local.Italian, map[string]string{local.ArgTerminal: "Cassa 1"}); len(k) != 0 && k[0].Cause != want {
				t.Errorf("%+v", k[0].Cause)
			}
		}
	})
}

// TestNoClosingInDoubt: the total is evidence as long as anything is undecided on the terminal.
func TestNoClosingInDoubt(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.unknown("r1", 1, "")
		_, err := w.act(chief, "close")
		if e := refusal(t, err, local.CodeTerminalLocked); e.PaymentID != p.ID {
			t.Errorf("%+v", e)
		}
		if _, err := w.act(clerk, "free"); err != nil {
			t.Fatal(err)
		}
		_, err = w.act(chief, "close")
		if e := refusal(t, err, local.CodeTerminalLocked); e.PaymentID != p.ID {
			t.Errorf("%+v", e)
		}
		if w.steps.count("close") != 0 {
			t.Error("the session was closed")
		}
	})
}

// TestReprint: the terminal's own copy, and whose it is where it shows a reference of ours.
func TestReprint(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		d := w.terminals[0]
		if rep, err := w.act(clerk, "reprint"); err != nil || rep.Receipt != nil {
			t.Errorf("%+v %v", rep, err)
		}
		p := w.charged("r1", 1)
		d.script(func(d *terminal) {
			d.ops.slip = driver.Slip{Present: true, Text: "COPIA", Complete: true, References: []string{"RIFA1H45N778K", p.Reference}}
		})
		if rep, err := w.act(clerk, "reprint"); err != nil || rep.Receipt == nil || *rep.Receipt != (local.Receipt{PaymentID: p.ID, Text: "COPIA", Complete: true}) {
			t.Errorf("%+v %v", rep.Receipt, err)
		}
		d.script(func(d *terminal) { d.ops.slip.References = []string{"RIFA1H45N778K"} })
		if rep, err := w.act(clerk, "reprint"); err != nil || rep.Receipt == nil || rep.Receipt.PaymentID != "" {
			t.Errorf("%+v %v", rep.Receipt, err)
		}
	})
}

// TestUnacknowledged: a charge that the terminal may not know to be heard is asked after (ECR17 6.2 L10).
func TestUnacknowledged(t *testing.T) {
	gone := func(d *terminal) { d.memory, d.numbers = []byte("cassa1 result 1"), "000001" }
	rows := map[string]struct {
		then   func(*terminal)
		cases  int
		reason local.Code // of the payment then
	}{
		"stands":   {func(*terminal) {}, 0, local.CodeApproved},
		"gone":     {gone, 1, local.CodeAckNotWritten},
		"reversed": {func(d *terminal) { d.memory, d.numbers, d.kind = []byte("storno"), "000003", "reversal" }, 1, local.CodeAckNotWritten},
		"followed": {func(d *terminal) { d.memory, d.numbers = []byte("di altri"), "000003" }, 0, local.CodeAckNotWritten},
		"empty":    {func(d *terminal) { d.memory = nil }, 1, local.CodeAckNotWritten},
	}
	for name, row := range rows {
		for _, off := range []bool{false, true} { // cannot be asked at once
			t.Run(name, func(t *testing.T) {
				bubble(t, func(t *testing.T, w *world) {
					w.receipts = true
					w.charged("r1", 1) // the baseline
					d := w.terminals[0]
					d.script(func(d *terminal) {
						d.ops.unacked = true
						d.after = func(error) { d.script(func(d *terminal) { row.then(d); d.mute = off }) }
					})
					p := w.charged("r2", 2)
					if off {
						if k, _ := w.till.Cases(context.Background(), false); len(k) != 0 {
							t.Errorf("%+v", k)
						}
						d.script(func(d *terminal) { d.mute = false })
						_, _ = w.pay(request("r3", "cassa1", notice(3)))
					}
					k, err := w.till.Cases(context.Background(), false)
					k = slices.DeleteFunc(k, func(c local.Case) bool { return c.PaymentID != p.ID })
					if err != nil || len(k) != row.cases {
						t.Errorf("%+v %v", k, err)
					}
					if row.cases == 1 && k[0].Cause.Code != string(local.CodeChargeUndone) {
						t.Errorf("%+v", k[0].Cause)
					}
					if got := w.wantState(p.ID, ledger.Charged); got.Reason.Code != string(row.reason) {
						t.Errorf("%+v", got.Reason)
					}
					if w.restart(); w.wantState(p.ID, ledger.Charged).Reason.Code != string(row.reason) {
						t.Errorf("after a start: %+v", w.payment(p.ID).Reason)
					}
					if shown := w.hub.payments(p.ID); len(shown) != 0 && shown[len(shown)-1].Reason.Code != string(row.reason) {
						t.Errorf("the screens show %+v", shown[len(shown)-1].Reason)
					}
				})
			})
		}
	}
}

// TestTotalOfAForgottenClosing: the process ends after the terminal has closed and before that is written.
// No total computed across it goes with the next payment.
func TestTotalOfAForgottenClosing(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.receipts = true
		d := w.terminals[0]
		if _, err := w.act(clerk, "totals"); err != nil {
			t.Fatal(err)
		}
		w.charged("r1", 1)
		w.disk.mu.Lock()
		from := w.disk.n
		w.disk.stop = func(n int) error {
			if n > from+1 { // after the word that it is about to be closed
				return errDisk
			}
			return nil
		}
		w.disk.mu.Unlock()
		if _, err := w.act(chief, "close"); err == nil || w.steps.count("close") != 1 {
			t.Errorf("%v", err)
		}
		w.disk.mu.Lock()
		w.disk.stop = nil
		w.disk.mu.Unlock()
		w.restart()
		w.charged("r2", 2)
		if o := d.read().ops.orders; len(o) != 2 || o[1].Expected != nil {
			t.Errorf("%+v", o)
		}
	})
}

// TestUnacknowledgedAfterAStart: what could not be asked before the end of the process is asked at the next start.
func TestUnacknowledgedAfterAStart(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.receipts = true
		w.charged("r1", 1)
		d := w.terminals[0]
		d.script(func(d *terminal) {
			d.ops.unacked = true
			d.after = func(error) {
				d.script(func(d *terminal) { d.memory, d.numbers, d.mute = []byte("cassa1 result 1"), "000001", true })
			}
		})
		p := w.charged("r2", 2)
		w.stop()
		d.script(func(d *terminal) { d.mute = false })
		w.start()
		synctest.Wait()
		if k, err := w.till.Cases(context.Background(), false); err != nil || len(k) != 1 || k[0].PaymentID != p.ID {
			t.Errorf("%+v %v", k, err)
		}
	})
}

// TestUnnoticedClose: a computed total that a close of the terminal's own could make of a charge is not believed.
func TestUnnoticedClose(t *testing.T) {
	for name, c := range map[string]struct {
		total int64
		after int // payments of price since
		told  bool
	}{
		"none since": {4200, 0, true}, "as much as it is": {price, 0, false},
		"all of it since": {price, 1, false}, // after the total was measured
		"between":         {0, 2, false},     // the last one, and ours
		"of none":         {4200, 3, true}, "the total does not fit": {17, 3, true},
	} {
		bubble(t, func(t *testing.T, w *world) {
			w.receipts = true
			w.charged("r0", 10)
			if err := w.ledger.RecordTotal("cassa1", c.total); err != nil {
				t.Fatal(err)
			}
			for i := range c.after {
				w.charged(fmt.Sprint("r", i+1), i+1)
			}
			w.charged("r9", 9)
			o := w.terminals[0].read().ops.orders
			want := c.total + int64(c.after)*price
			if got := o[len(o)-1].Expected; (got != nil) != c.told || got != nil && *got != want {
				t.Errorf("%s: %v, want %d: %t", name, got, want, c.told)
			}
		})
	}
}
