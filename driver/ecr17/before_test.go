package ecr17

import (
	"testing"
	"time"

	"sportello/driver"
	"sportello/protocol/ecr17"
)

func TestLongBefore(t *testing.T) {
	sent := time.Now()
	for name, row := range map[string]struct {
		host   time.Duration // from the sending
		offset time.Duration
		want   bool
	}{
		"now":                           {0, 0, false},
		"minutes are cut":               {-time.Minute, 0, false},
		"the sale before":               {-10 * time.Minute, 0, true},
		"PC ten minutes ahead":          {-10 * time.Minute, -10 * time.Minute, false},
		"PC ten minutes slow":           {10 * time.Minute, 10 * time.Minute, false},
		"PC slow, the sale before":      {-20 * time.Minute, 10 * time.Minute, true},
		"days counted from 0":           {-24 * time.Hour, 0, false},
		"yesterday, at another time":    {-25 * time.Hour, 0, true},
		"a clock that is ahead, untold": {3 * time.Hour, 0, false},
	} {
		r := Reading{Charge: driver.Charge{HostTime: sent.Add(row.host)}}
		if got := r.longBefore(sent, row.offset); got != row.want {
			t.Errorf("%s: %t", name, got)
		}
	}
	if (Reading{}).longBefore(sent, 0) {
		t.Error("without a time")
	}
}

// TestApprovalOfBefore: a terminal that told blanks before the payment repeats, within it, an approval that nobody
// has heard of (D11 without G). It is recorded and is no outcome; ours, which follows, is.
func TestApprovalOfBefore(t *testing.T) {
	for name, follows := range map[string]func(p *peer) []byte{
		"ours is approved": func(p *peer) []byte { return p.approved(ourCents) },
		"ours is refused":  func(p *peer) []byte { return p.declined("NEGATA", "116") },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bench) {
				time.Sleep(48 * time.Hour)
				b.peer.save(encode(ecr17.Result{Class: ecr17.ClassExtended, TID: ourTID, Code: ecr17.ResultRefused}))
				unheard := b.peer.approved(ourCents)
				time.Sleep(10 * time.Minute)
				b.peer.pay = func(w *wire, _ ecr17.PaymentRequest) {
					w.ack()
					w.send(unheard)
					w.wait(10 * time.Second)
					own := follows(w.p)
					w.p.save(own)
					w.send(own)
				}
				o, _ := b.pay()
				b.want(o, driver.Unknown, "odd_answer")
				if o = b.resolve(); o.Charge == nil || o.Charge.STAN != "000102" {
					t.Fatalf("%s %+v: %+v", o.Verdict, o.Reason, o.Charge)
				}
			})
		})
	}
}
