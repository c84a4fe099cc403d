package ecr17

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"sportello/driver"
	"sportello/driver/line"
	"sportello/driver/simulator"
	"sportello/protocol/ecr17"
)

// An empty memory may answer G with a refusal of blanks (G08): that is no last result, for a person who
// asks and for the baseline.
func TestEmptyMemoryIsNoResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim, err := simulator.New(simulator.Options{TerminalID: ourTID, EmptyLast: simulator.EmptyRefusal})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		term, err := Open(driver.Config{
			Name: "cassa1", Driver: "nexi", Address: "tcp://192.0.2.1:10000", TerminalID: ourTID, CashRegisterID: "1",
			LRC: "auto", Exclusivity: driver.Exclusive, Receipts: "terminal",
			Dial: func(context.Context) (line.Line, error) {
				ours, theirs := line.Pipe()
				go sim.ServeConn(ctx, theirs)
				return ours, nil
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		defer term.Close()
		last, err := term.Last(ctx)
		if err != nil || last.Present || last.Raw != nil || last.Charge != (driver.Charge{}) {
			t.Fatalf("%+v, %v; want no last result", last, err)
		}
		r := &recorder{peer: newPeer(t)}
		if _, err := term.Pay(ctx, payment(), r); err != nil {
			t.Fatal(err)
		}
		if r.baseline.Last != nil || r.baseline.LastSTAN != "" {
			t.Fatalf("baseline %q, STAN %q; want none", r.baseline.Last, r.baseline.LastSTAN)
		}
	})
}

func blanks() []byte {
	return encode(ecr17.Result{Class: ecr17.ClassExtended, TID: ourTID, Code: ecr17.ResultRefused})
}

// The answer of an empty memory that comes again within the payment is not the payment's outcome.
func TestEmptyMemoryRepeated(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.peer.save(blanks())
		b.peer.pay = func(w *wire, x ecr17.PaymentRequest) {
			w.ack()
			w.send(blanks())
			w.wait(10 * time.Second)
			w.send(w.p.approved(x.AmountCents))
		}
		o, _ := b.pay()
		b.want(o, driver.Charged, "approved")
	})
}

// What Resolve makes of blanks depends on what was there before; and a terminal that has answered G with
// blanks must answer it again before money moves.
func TestEmptyMemoryThenResolve(t *testing.T) {
	text := func(o driver.Outcome) string { return o.Evidence[len(o.Evidence)-1].Text }
	lostAndResolved(t, driver.Exclusive, func(p *peer) { p.save(blanks()) }, nothing, func(t *testing.T, b *bench, o driver.Outcome) {
		toPeople(t, b, o)
		if text(o) != "la memoria del terminale è vuota" {
			t.Fatalf("%+v", o.Evidence)
		}
		b.peer.save(nil)
		if _, err := b.term.Pay(context.Background(), payment(), &recorder{peer: newPeer(t)}); err == nil {
			t.Fatal("paid without a baseline")
		}
	})
	lostAndResolved(t, driver.Exclusive, saleBefore, func(p *peer, _ ecr17.PaymentRequest) { p.save(blanks()) }, func(t *testing.T, b *bench, o driver.Outcome) {
		toPeople(t, b, o)
		if o.Reason.Text != "la memoria del terminale è stata cancellata" {
			t.Fatalf("%+v", o)
		}
	})
}
