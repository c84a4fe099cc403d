package till

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/local"
)

// notChargedByPeople is a payment that two people have ended.
func (w *world) notChargedByPeople(id string, n int) local.Payment {
	w.t.Helper()
	p := w.ends(id, n, lost(""), ledger.Unknown)
	v, err := w.resolve(clerk, w.shown(p.ID), local.AnswerNotCharged)
	if err == nil {
		v, err = w.countersign(chief, v, true)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	synctest.Wait()
	return v
}

// TestLateSavedResult: what the terminal saves after people decided "not charged" opens a case for the attempt
// that it fits, once; and none where the sale is of another time.
func TestLateSavedResult(t *testing.T) {
	for name, row := range map[string]struct {
		after time.Duration // host time, from the attempt's beginning
		cases int
	}{"fits": {time.Minute, 1}, "before": {-time.Hour, 0}, "after": {time.Hour, 0}, "no time": {0, 1}} {
		for _, look := range []string{"status", "payment"} {
			t.Run(name+", "+look, func(t *testing.T) {
				bubble(t, func(t *testing.T, w *world) {
					w.receipts = true
					d := w.terminals[0]
					w.charged("r0", 9)
					p := w.notChargedByPeople("r1", 1)
					sent := w.payment(p.ID).SentAt
					d.script(func(d *terminal) {
						if row.after != 0 {
							d.when = sent.Add(row.after)
						}
					})
					d.sold()
					for range 2 {
						if look == "status" {
							_, _ = w.act(clerk, "status")
						} else {
							_, err := w.pay(request("r2"+time.Now().String(), "cassa1", notice(2)))
							wantCode(t, err, local.CodeNeedsAdopt)
						}
						time.Sleep(time.Minute)
					}
					w.restart() // the first look of another process
					synctest.Wait()
					cases, err := w.till.Cases(context.Background(), false)
					if err != nil || len(cases) != row.cases {
						t.Fatalf("%+v %v", cases, err)
					}
					if len(cases) == 1 && (cases[0].PaymentID != p.ID || cases[0].Cause.Code != string(local.CodeChargeSuspected) || !cases[0].NeedsTwo) {
						t.Errorf("%+v", cases[0])
					}
					w.wantState(p.ID, ledger.NotCharged)
				})
			})
		}
	}
}

// TestLateSavedResultAfterARefusal: a refusal with a number that was read from the terminal's memory proves less than one
// that came as the payment's word: the citizen may have tried again within the same payment, and a sale that is saved
// behind it may be that.
func TestLateSavedResultAfterARefusal(t *testing.T) {
	for code, cases := range map[local.Code]int{local.CodeByEvidence: 1, local.CodeDeclined: 0} {
		bubble(t, func(t *testing.T, w *world) {
			w.receipts = true
			d := w.terminals[0]
			w.charged("r0", 9)
			p := w.ends("r1", 1, driver.Outcome{Verdict: driver.NotCharged, Reason: driver.Reason{Code: string(code)},
				Charge: &driver.Charge{TerminalID: "12345678", STAN: "000500", ActionCode: "116"}}, ledger.NotCharged)
			d.script(func(d *terminal) { d.when = time.Now().Add(time.Minute) })
			d.sold()
			_, _ = w.act(clerk, "status")
			synctest.Wait()
			list, err := w.till.Cases(context.Background(), false)
			if err != nil || len(list) != cases || cases > 0 && (list[0].PaymentID != p.ID || list[0].Cause.Code != string(local.CodeChargeSuspected)) {
				t.Errorf("%s: %+v %v", code, list, err)
			}
		})
	}
}

// TestGivenBackOnTheTerminal: a reversal typed on the terminal may be of our last charge; that is a case, once.
func TestGivenBackOnTheTerminal(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.receipts = true
		p := w.charged("r0", 1)
		d := w.terminals[0]
		d.script(func(d *terminal) { d.kind = "reversal" })
		d.sold()
		for range 3 {
			_, _ = w.act(clerk, "status")
			synctest.Wait()
		}
		cases, err := w.till.Cases(context.Background(), false)
		if err != nil || len(cases) != 1 || cases[0].PaymentID != p.ID || cases[0].Cause.Code != string(local.CodeChargeUndone) {
			t.Fatalf("%+v %v", cases, err)
		}
		w.wantState(p.ID, ledger.Charged)
	})
}

// TestALookLearnsNothing: asking the terminal while people look into a payment leaves their answer good, as long
// as it shows what they have seen; and what they have seen need not be adopted afterwards.
func TestALookLearnsNothing(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		d := w.terminals[0]
		w.receipts = true
		w.charged("r0", 9)
		p := w.unknown("r1", 1, "") // its own saved result is among the evidence
		d.script(func(d *terminal) { d.numbers = "000000" })
		for range 3 {
			if _, err := w.act(clerk, "status"); err != nil {
				t.Fatal(err)
			}
			if now := w.shown(p.ID); now.EvidenceSeq != p.EvidenceSeq {
				t.Fatalf("entry %d, before %d", now.EvidenceSeq, p.EvidenceSeq)
			}
		}
		v, err := w.resolve(clerk, p, local.AnswerNotCharged)
		if err == nil {
			v, err = w.countersign(chief, v, true)
		}
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if v.Reason == nil || v.Reason.Code != string(local.CodeByPeople) || v.Reason.Hint != local.Lookup(local.CodeCancelled, local.Italian).Hint {
			t.Errorf("%+v", v.Reason)
		}
		if _, err := w.act(clerk, "status"); err != nil || w.terminal("cassa1").NeedsAdopt {
			t.Errorf("%+v %v", w.terminal("cassa1"), err)
		}
		if k, err := w.till.Cases(context.Background(), false); err != nil || len(k) != 0 {
			t.Errorf("%+v %v", k, err)
		}
	})
}

// TestReasonOfAReversal: it never reads as a payment that was approved, or refused.
func TestReasonOfAReversal(t *testing.T) {
	for verdict, want := range map[driver.Verdict]local.Code{driver.Reversed: local.CodeReversed, driver.NotReversed: local.CodeReversalRefused} {
		bubble(t, func(t *testing.T, w *world) {
			d := w.terminals[0]
			p := w.charged("r1", 1)
			d.script(func(d *terminal) {
				d.ops.undo = func(context.Context) driver.Outcome {
					o := d.reversed()
					o.Verdict, o.Reason = verdict, driver.Reason{Code: string(local.CodeApproved)}
					return o
				}
			})
			if _, err := w.reverse(chief, p.ID); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if v := w.shown(p.ID); v.Reason == nil || v.Reason.Code != string(want) {
				t.Errorf("%+v", v.Reason)
			}
		}, reversible)
	}
}
