package simulator

import (
	"testing"
	"testing/synctest"
	"time"

	"sportello/protocol/ecr17"
)

// A terminal that notes a transaction as failed when it begins says so to G while it runs, and the truth when it has
// ended; one that does not says what was before.
func TestNotesFirst(t *testing.T) {
	for _, first := range []bool{false, true} {
		inMemory(t, Options{NotesFirst: first, Clients: 2, WhileBusy: "G", Timing: Human}, func(t *testing.T, b bench) {
			e, other := b.dial(), b.dial()
			e.pay(100)
			e = b.again(e)
			e.begin(e.extended(200))
			e.want(ecr17.FrameProgress, time.Minute)
			noted, err := ecr17.DecodeResult(other.savedBytes(), ecr17.Strict)
			if failed := noted.Code == ecr17.ResultRefused && noted.STAN == noSTAN && noted.Reason != ""; err != nil || failed != first {
				t.Errorf("noted first %t: while it runs %+v, %v", first, noted, err)
			}
			e.want(ecr17.FrameApplication, time.Minute)
			e.ack()
			e.hungUp()
			if r, err := ecr17.DecodeResult(other.savedBytes(), ecr17.Strict); err != nil || r.Code != ecr17.ResultOK || r.AmountCents != 200 {
				t.Errorf("%+v, %v", r, err)
			}
		})
	}
}

// The total of a terminal that has lost its power between the bank's decision and saving: without the knob it has
// forgotten the charge, with it the charge is counted, until it is given back.
func TestCountsFirst(t *testing.T) {
	for _, first := range []bool{false, true} {
		for _, noUndo := range []bool{false, true} {
			inMemory(t, Options{CountsFirst: first, NoUndo: noUndo}, func(t *testing.T, b bench) {
				e := b.dial()
				e.pay(100)
				if err := b.term.RebootAt(RebootBeforeSave); err != nil {
					t.Fatal(err)
				}
				e = b.again(e)
				e.begin(e.extended(300))
				for !e.closed {
					e.next(time.Minute)
				}
				synctest.Wait() // the power is back, and what was lost is given back
				want := int64(100)
				if first && noUndo {
					want = 400
				}
				if got := b.term.Bank().Total(b.term.TerminalID()); got != want {
					t.Errorf("counts first %t, no undo %t: total %d, want %d", first, noUndo, got, want)
				}
				saved, err := ecr17.DecodeResult(b.dial().savedBytes(), ecr17.Strict)
				if err != nil || saved.AmountCents != 100 {
					t.Errorf("G repeats %+v, %v", saved, err)
				}
			})
		}
	}
}
