package ecr17

import (
	"context"
	"testing"
	"time"

	"sportello/driver"
	"sportello/protocol/ecr17"
)

// inLayout is a result of the earlier sale, STAN 000050.
func (p *peer) inLayout(code ecr17.ResultCode, class ecr17.Class, at time.Time) []byte {
	r := ecr17.Result{Class: class, TID: p.tid, Code: code, CardType: ecr17.CardCredit, Acquirer: "00000000001",
		STAN: "000050", OnlineID: "000777", AmountCents: ourCents, HasAmount: class != ecr17.ClassPayment}
	if code == ecr17.ResultOK {
		r.PAN, r.Entry, r.AuthCode, r.ActionCode = ecr17.NewPAN("************1234"), ecr17.EntryContactlessChip, "A1B2C3", "000"
		r.HostTime = ecr17.HostTimeOf(at)
	} else {
		r.Reason, r.ActionCode, r.AmountCents = "NEGATA", "116", 0
	}
	return encode(r)
}

// TestResultWithAnEarlierNumber: the result of the payment before, repeated within the next one in other bytes
// than G tells (D11, G14), or by a terminal without G to a service that was started again, is told by its
// number: it is no outcome, and what follows it is.
func TestResultWithAnEarlierNumber(t *testing.T) {
	for _, byLedger := range []bool{false, true} {
		for name, c := range map[string]struct {
			code    ecr17.ResultCode
			follows func(p *peer) []byte
			first   driver.Verdict
			want    driver.Verdict
		}{
			"a refusal, ours is approved":   {ecr17.ResultRefused, func(p *peer) []byte { return p.approved(ourCents) }, driver.Charged, driver.Charged},
			"an approval, ours is refused":  {ecr17.ResultOK, func(p *peer) []byte { return p.declined("NEGATA", "116") }, driver.Unknown, driver.NotCharged},
			"an approval, ours is approved": {ecr17.ResultOK, func(p *peer) []byte { return p.approved(ourCents) }, driver.Unknown, driver.Charged},
		} {
			t.Run(name, func(t *testing.T) {
				inBubble(t, func(t *testing.T, b *bench) {
					time.Sleep(48 * time.Hour)
					p, asked := payment(), 0
					if byLedger { // it knows no G
						p.KnownResult = func(raw []byte, stan string) bool { asked++; return len(raw) > 0 && stan == "000050" }
					} else {
						b.peer.save(b.peer.inLayout(c.code, ecr17.ClassPayment, time.Now().Add(-time.Hour)))
					}
					stale := b.peer.inLayout(c.code, ecr17.ClassExtended, time.Now())
					b.peer.pay = func(w *wire, _ ecr17.PaymentRequest) {
						w.ack()
						w.send(stale)
						w.wait(10 * time.Second)
						own := c.follows(w.p)
						if !byLedger {
							w.p.save(own)
						}
						w.send(own)
					}
					recorded := 0
					b.rec.onOutcome = func() { recorded = b.peer.received("ACK") }
					before := 0
					b.rec.onSent = func() { before = b.peer.received("ACK") }
					if _, err := b.open().Pay(context.Background(), p, b.rec); err != nil {
						t.Fatal(err)
					}
					o := b.rec.only(t)
					if o.Verdict != c.first {
						t.Fatalf("%s %+v", o.Verdict, o.Reason)
					}
					if c.code == ecr17.ResultOK && recorded != before {
						t.Error("an approval was acknowledged before it was recorded")
					}
					if o.Verdict == driver.Unknown {
						o = b.resolve()
					}
					if o.Verdict != c.want || o.Charge == nil || o.Charge.STAN != "000101" {
						t.Fatalf("%s %+v", o.Verdict, o)
					}
					if byLedger && asked == 0 {
						t.Error("the ledger was not asked")
					}
				})
			})
		}
	}
}

// TestNumbersBegunAnew: a terminal that counts from one again after each close, with one sale a session, gives
// every sale the same number. Its approval is not lost: it is recorded, and people see it.
func TestNumbersBegunAnew(t *testing.T) {
	for _, x := range exclusivities {
		inBubble(t, func(t *testing.T, b *bench) {
			time.Sleep(48 * time.Hour)
			b.cfg.Exclusivity = x
			b.peer.save(b.peer.inLayout(ecr17.ResultOK, ecr17.ClassExtended, time.Now().Add(-time.Hour)))
			b.peer.pay = func(w *wire, _ ecr17.PaymentRequest) {
				w.ack()
				w.p.save(w.p.inLayout(ecr17.ResultOK, ecr17.ClassExtended, time.Now()))
				w.send(w.p.last())
			}
			o, a := b.pay()
			b.want(o, driver.Unknown, "odd_answer")
			if e := o.Evidence[len(o.Evidence)-1]; !a.Acked || e.Kind != "result" || len(e.Raw) == 0 {
				t.Errorf("%s: acknowledged %t, %+v", x, a.Acked, o.Evidence)
			}
			o = b.resolve()
			toPeople(t, b, o)
			for _, e := range o.Evidence {
				if e.Kind == driver.EvidenceAlarm {
					t.Errorf("%s: %s", x, e.Text)
				}
			}
		})
	}
}

// TestLateWordTheLedgerKnows: once an attempt was given up, the next payment's baseline may hold its result, and
// the ledger knows it. It is the attempt's own all the same.
func TestLateWordTheLedgerKnows(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		known := false
		p := payment()
		p.KnownResult = func([]byte, string) bool { return known }
		b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
			w.ack()
			late := w.p.approved(x.AmountCents)
			w.p.work.Go(func() { time.Sleep(30 * time.Minute); w.send(late) })
		}
		if _, err := b.open().Pay(context.Background(), p, b.rec); err != nil {
			t.Fatal(err)
		}
		b.want(b.rec.only(t), driver.Unknown, "no_answer")
		toPeople(t, b, b.resolve())
		known = true
		time.Sleep(time.Hour)
		b.want(b.resolve(), driver.Charged, "approved")
	})
}
