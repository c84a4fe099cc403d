package ecr17

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sportello/driver"
	"sportello/protocol/ecr17"
)

var (
	hostiles = flag.Int("hostiles", 1000, "how many hostile terminals to play")
	hostile  = flag.Int("hostile", 0, "play this one alone")
)

// villain is a terminal drawn by a seed: what it says on the payment's line is any row of acts, right or wrong; what its
// host did, and when, is the truth. It is not shown to be at rest before it is: where it took the money, G, T or a word
// on the line tells by the end of the quiet time, for nothing could be told of one of which they do not.
type villain struct {
	*rand.Rand
	b       *bench
	undoes  bool // it is asked for a reversal: then charged says that the money was given back
	charged bool
	own     []byte // its result; nil: it never came so far
	acts    []string
	saves   bool // the result, when it is done
	counts  bool // T tells
	notes   bool // as failed, while it runs
	runs    time.Duration
	refused bool // a NAK came first: what follows may be hidden from the check
	spoke   bool // an approval was on the line, in whatever shape
	pause   time.Duration
	restart bool // of the service, once the outcome is unknown

	mu    sync.Mutex // guards what follows
	total int64
	slip  string
}

// done is what the terminal adds up and prints at the end.
func (v *villain) done() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.charged && v.counts {
		v.total += ourCents
	}
	if v.charged && v.saves {
		v.slip = ourReference
	}
}

func (v *villain) shown() (total int64, slip string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.total, v.slip
}

const hostileTotal = 5000

func (v *villain) chance(n int) bool { return v.IntN(n) == 0 }

// draw makes the terminal; what the ledger knows of before is saved.
func (v *villain) draw() {
	p := v.b.peer
	v.b.cfg.Exclusivity = exclusivities[v.IntN(3)]
	before := p.approved(500)
	p.save([][]byte{before, p.declined("NEGATA", "116"), p.cancelled()}[v.IntN(3)])
	v.charged, v.saves, v.counts, v.notes = v.chance(2), v.chance(2), v.chance(2), v.chance(2)
	switch {
	case v.undoes && v.charged:
		v.own = undone(p)
	case v.undoes:
		if v.chance(2) {
			v.own = unwilling(p)
		}
	case v.charged:
		v.own = p.approved(ourCents)
	case v.chance(3):
		v.own = p.cancelled()
	case v.chance(2):
		v.own = p.declined("NEGATA", "100")
	}
	v.total, v.slip, v.runs = hostileTotal, previousReference, time.Duration(v.IntN(240))*time.Second
	v.pause, v.restart = time.Duration(v.IntN(20))*time.Second, v.chance(4)
	row := []string{"ack", "ack", "ack", "nak", "progress", "wait", "stale", "own", "own", "damaged", "half", "short", "zero", "letter", "ticket", "junk", "close"}
	if v.chance(3) { // the line breaks early
		row = []string{"ack", "ack", "progress", "stale", "damaged", "zero", "close", "close"}
	}
	for range 1 + v.IntN(7) {
		v.acts = append(v.acts, row[v.IntN(len(row))])
	}
	sign := false // of work
	for _, act := range v.acts {
		if act == "close" {
			break
		}
		v.refused = v.refused || act == "nak" && !sign
		v.spoke = v.spoke || v.charged && (slices.Contains([]string{"own", "damaged", "short"}, act) || act == "zero" && !v.undoes)
		sign = sign || v.spoke || slices.Contains([]string{"ack", "progress", "ticket"}, act) || v.own != nil && (act == "own" || act == "letter")
	}
	if v.charged && !v.spoke && !v.saves {
		v.counts = true
	}
}

// failed is how it notes a command that has begun.
func (v *villain) failed() []byte {
	if v.undoes {
		return v.b.peer.undo(ecr17.ResultRefused, func(r *ecr17.Result) { r.STAN, r.OnlineID, r.ActionCode = "000000", "000000", "" })
	}
	return v.b.peer.cancelled()
}

// pay plays the acts, and the rest of the sale, or of the reversal, behind them.
func (v *villain) pay(w *wire) {
	p, stale := v.b.peer, v.b.peer.last()
	if v.notes {
		p.save(v.failed())
	}
	p.work.Go(func() {
		select {
		case <-time.After(v.runs):
		case <-w.p.t.Context().Done():
			return
		}
		v.done()
		if v.saves && v.own != nil {
			p.save(v.own)
		} else if v.notes {
			p.save(stale)
		}
	})
	for _, act := range v.acts {
		for len(w.controls) > 0 {
			<-w.controls
		}
		switch own := v.own; {
		case act == "ack":
			w.ack()
		case act == "nak":
			w.nak()
		case act == "progress":
			w.progress("ATTENDERE PREGO")
		case act == "wait":
			w.wait(v.pause)
		case act == "stale":
			w.send(stale)
		case act == "junk":
			w.raw(0x55, 0x02, 0x33, 0x01, 0x41)
		case act == "ticket":
			w.send(p.ticket("ACQUISTO}"))
		case act == "close":
			w.close()
			return
		case own == nil:
		case act == "own":
			w.send(own)
		case act == "damaged":
			w.damaged(own)
		case act == "half":
			w.raw(w.frame(own)[:40]...)
		case act == "short":
			w.send(own[:len(own)-1])
		case act == "zero" && v.charged && len(own) == 92:
			w.send(put(own, 75, "00000000"))
		case act == "letter":
			w.send(put(own, 10, "T"))
		}
	}
}

// play runs the payment to the end of all that can be heard and asked, and gives its last verdict.
func (v *villain) play() (driver.Outcome, []driver.Evidence) {
	b := v.b
	known := string(readResult(b.peer.last(), ourTID, time.Now()).Raw)
	b.peer.shows(func() string { _, slip := v.shown(); return "ACQUISTO}" + slip + "}\x1b" }, func() int64 { total, _ := v.shown(); return total })
	commission(b)
	b.peer.pay = func(w *wire, _ ecr17.PaymentRequest) { v.pay(w) }
	p := payment()
	p.Previous = previousReference
	p.KnownResult = func(raw []byte, _ string) bool { return string(raw) == known }
	if _, err := b.open().Pay(context.Background(), p, b.rec); err != nil {
		b.t.Fatal(err)
	}
	base := *b.rec.baseline
	base.Total = &driver.Total{Cents: hostileTotal, Measured: true}
	a := driver.Attempt{Payment: p, Baseline: base, SentAt: time.Now(), SameProcess: true, Exclusivity: b.cfg.Exclusivity,
		Knows: func(r string) bool { return strings.HasPrefix(r, "RIFA1") }}
	last := func() driver.Outcome { return b.rec.outcomes[len(b.rec.outcomes)-1] }
	if !v.counts {
		a.Baseline.Total = nil
	}
	if last().Verdict == driver.Unknown {
		if v.restart {
			for _, e := range last().Evidence {
				if e.Kind == driver.EvidenceResult {
					a.Said = append(a.Said, e.Raw)
				}
			}
			a.SameProcess = false
			b.term.Close()
			b.term = nil
			commission(b)
		}
		if _, err := b.open().Resolve(context.Background(), a, b.rec); err != nil {
			b.t.Fatal(err)
		}
	}
	time.Sleep(10 * time.Minute)
	for range 3 {
		if b.open().(interface{ Heard(string) bool }).Heard(p.Reference) {
			a.SameProcess = true
			_, _ = b.term.Resolve(context.Background(), a, b.rec)
		}
	}
	var all []driver.Evidence
	for _, o := range b.rec.outcomes {
		all = append(all, o.Evidence...)
	}
	return last(), all
}

// TestHostileTerminals: whatever a terminal says, in whatever shape and order, a charge is never held for not charged,
// no charge is made up, and the command goes out once.
func TestHostileTerminals(t *testing.T) {
	verdicts := map[string]int{}
	for seed := 1; seed <= *hostiles; seed++ {
		if *hostile > 0 && seed != *hostile {
			continue
		}
		inBubble(t, func(t *testing.T, b *bench) {
			v := &villain{Rand: rand.New(rand.NewPCG(uint64(seed), 23)), b: b}
			v.draw()
			o, evidence := v.play()
			verdicts[fmt.Sprintf("%t %s", v.charged, o.Verdict)]++
			// A NAK, or the refusal from before again and then silence: residuals of row 1 and of again.go.
			hidden := v.refused || strings.Contains(fmt.Sprint(texts17(evidence)), "il terminale ha finito ed è fermo")
			lie := v.charged && !hidden && o.Verdict == driver.NotCharged || !v.charged && o.Verdict == driver.Charged
			if n := b.peer.received("X"); lie || n != 1 {
				t.Errorf("-hostile=%d: charged %t, judged %s %+v; %d frames; acts %v, saves %t, counts %t, notes %t, runs %v, %s\nevidence %+v",
					seed, v.charged, o.Verdict, o.Reason, n, v.acts, v.saves, v.counts, v.notes, v.runs, b.cfg.Exclusivity, texts17(evidence))
			}
		})
	}
	t.Log(verdicts)
}

// TestHostileReversals is the same of a reversal: a charge that stands is never held for given back, which would free
// its notices, nor one that was given back for standing.
func TestHostileReversals(t *testing.T) {
	verdicts := map[string]int{}
	for seed := 1; seed <= *hostiles; seed++ {
		if *hostile > 0 && seed != *hostile {
			continue
		}
		inBubble(t, func(t *testing.T, b *bench) {
			v := &villain{Rand: rand.New(rand.NewPCG(uint64(seed), 29)), b: b, undoes: true}
			v.draw()
			order := toGiveBack(b, v.pay)
			order.STAN = stanOf(b.peer.stan)
			if v.own != nil { // what it says of the reversal comes behind the charge
				if v.own = undone(b.peer); !v.charged {
					v.own = unwilling(b.peer)
				}
			}
			if _, err := b.open().Reverse(context.Background(), order, b.rec); err != nil {
				t.Fatal(err)
			}
			base, same := *b.rec.baseline, !v.restart
			if !same {
				b.term.Close()
				b.term = nil
			}
			a := driver.ReversalAttempt{Reversal: order, Baseline: base, SentAt: time.Now(), SameProcess: same, Exclusivity: b.cfg.Exclusivity}
			last := func() driver.Outcome { return b.rec.outcomes[len(b.rec.outcomes)-1] }
			if last().Verdict == driver.Unknown {
				if _, err := b.open().ResolveReversal(context.Background(), a, b.rec); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(10 * time.Minute)
			if b.open().(interface{ HeardReversal(string) bool }).HeardReversal(order.Reference) {
				a.SameProcess = true
				_, _ = b.term.ResolveReversal(context.Background(), a, b.rec)
			}
			o := last()
			verdicts[fmt.Sprintf("%t %s", v.charged, o.Verdict)]++
			lie := v.charged && !v.refused && o.Verdict == driver.NotReversed || !v.charged && o.Verdict == driver.Reversed
			if n := b.peer.received("S"); lie || n != 1 {
				t.Errorf("-hostile=%d: given back %t, judged %s %+v; %d frames; acts %v, saves %t, notes %t, runs %v, %s\nevidence %+v",
					seed, v.charged, o.Verdict, o.Reason, n, v.acts, v.saves, v.notes, v.runs, b.cfg.Exclusivity, texts17(o.Evidence))
			}
		})
	}
	t.Log(verdicts)
}

func texts17(list []driver.Evidence) (out []string) {
	for _, e := range list {
		out = append(out, e.Kind+": "+e.Text)
	}
	return out
}
