package simulator

import (
	"context"
	"errors"
	"path/filepath"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"sportello/protocol/ecr17"
)

func TestManualReversalAndClose(t *testing.T) {
	for _, saved := range []bool{false, true} {
		inMemory(t, Options{ManualSaved: saved}, func(t *testing.T, b bench) {
			if _, err := b.term.ManualReversal(); !errors.Is(err, ErrNoSale) {
				t.Errorf("a reversal of nothing: %v", err)
			}
			e := b.dial()
			e.pay(300)
			e = b.again(e)
			e.pay(500)
			e = b.again(e)
			before := string(e.savedBytes())
			d, err := b.term.ManualReversal()
			if err != nil || d.Kind != KindReversal || !d.Manual || d.Reverses != "000002" || d.AmountCents != 500 {
				t.Errorf("%+v, %v", d, err)
			}
			if replaced := string(e.savedBytes()) != before; replaced != saved {
				t.Errorf("manual saved %t, replaced %t", saved, replaced)
			}
			if d, err = b.term.ManualClose(); err != nil || d.Kind != KindClose || !d.Manual || d.AmountCents != 300 || *d.HostCents != 300 {
				t.Errorf("%+v, %v", d, err)
			}
			if total := ask[ecr17.TotalsAnswer](e, ecr17.TotalsRequest{TID: tid}); total.TotalCents != 0 {
				t.Errorf("%+v", total)
			}
		})
	}
}

// Another terminal on the same line: another id, nothing remembered, the bank's truth
// untouched.
func TestReplace(t *testing.T) {
	inMemory(t, Options{}, func(t *testing.T, b bench) {
		e := b.dial()
		e.pay(100)
		e = b.again(e)
		e.savedBytes()
		if err := b.term.Replace("87654321"); err != nil {
			t.Fatal(err)
		}
		e.hungUp()
		e = b.dial()
		e.send(e.last()) // to the old id
		e.want(ecr17.FrameNAK, time.Minute)
		if e.tid = b.term.TerminalID(); e.tid != "87654321" {
			t.Fatal(e.tid)
		}
		e.send(e.last())
		e.want(ecr17.FrameNAK, time.Minute)
		if st := ask[ecr17.StatusAnswer](e, ecr17.StatusRequest{TID: ecr17.AnyTerminal}); st.TID != "87654321" {
			t.Errorf("%+v", st)
		}
		if r := e.pay(200); r.STAN != "000001" || r.TID != "87654321" {
			t.Errorf("%+v", r)
		}
		if b.term.Bank().Total(tid) != 100 || len(b.term.Bank().Decisions()) != 2 {
			t.Errorf("%+v", b.term.Bank().Decisions())
		}
		e.hungUp()
		if err := b.term.Replace(tid); err != nil { // back again, wiped
			t.Fatal(err)
		}
		if got := b.term.Snapshot(); got.Saved != "" || got.POSTotalCents != 0 || got.HostTotalCents != 100 || got.STAN != "000000" {
			t.Errorf("%+v", got)
		}
		if err := b.term.Replace("x"); !errors.Is(err, ErrOptions) {
			t.Errorf("%v", err)
		}
	})
}

func TestClockAndState(t *testing.T) {
	inMemory(t, Options{}, func(t *testing.T, b bench) {
		e := b.dial()
		b.term.ShiftClock(2 * time.Hour)
		if err := b.term.SetState(5); err != nil {
			t.Fatal(err)
		}
		st := ask[ecr17.StatusAnswer](e, ecr17.StatusRequest{TID: tid})
		if at, ok := st.Clock.Time(); !ok || time.Until(at) < 119*time.Minute || st.State != ecr17.StateDownloadAsked {
			t.Errorf("%+v", st)
		}
		if r := e.pay(100); r.Code != ecr17.ResultOK {
			t.Errorf("state 5 pays, with a warning: %+v", r)
		} else if at, _ := r.HostTime.Time(time.Now()); time.Since(at).Abs() > 2*time.Minute {
			t.Errorf("the host's time is the bank's, not the terminal's: %v", at)
		}
		e = b.again(e)
		if err := b.term.SetState(4); err != nil {
			t.Fatal(err)
		}
		if r := e.pay(100); r.Code != ecr17.ResultRefused || r.STAN != "000000" {
			t.Errorf("%+v", r)
		}
		if err := b.term.SetState(10); !errors.Is(err, ErrOptions) {
			t.Errorf("%v", err)
		}
	})
}

// TestKeyAtOnce: what is pressed the moment the terminal is seen to wait counts: what came before is forgotten before
// anybody can see it.
func TestKeyAtOnce(t *testing.T) {
	term, err := New(Options{TerminalID: tid, ManualKeys: true})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	term.mu.Lock() // nobody sees anything yet
	term.PresentCard()
	ready := make(chan bool, 1)
	go func() { ready <- newSession(term, nil, func() {}).customerActs(ctx, waitsForCard, 0) }()
	for len(term.card) > 0 && ctx.Err() == nil {
		runtime.Gosched()
	}
	forgotten := ctx.Err() == nil
	term.PresentCard()
	term.mu.Unlock()
	if !forgotten || !<-ready {
		t.Errorf("forgotten: %t; a card that was presented then was not seen", forgotten)
	}
}

func TestManualKeys(t *testing.T) {
	inMemory(t, Options{ManualKeys: true}, func(t *testing.T, b bench) {
		e := b.dial()
		b.term.PresentCard() // nobody asked for it: forgotten
		e.begin(e.extended(80_00))
		e.watch(30 * time.Second)
		if got := b.term.Snapshot(); got.Waits != "card" || got.Screen != "PRESENTARE CARTA" || !got.Busy {
			t.Errorf("%+v", got)
		}
		b.term.PresentCard()
		e.watch(30 * time.Second)
		if got := b.term.Snapshot(); got.Waits != "pin" {
			t.Errorf("%+v", got)
		}
		b.term.EnterPIN()
		if r := e.result(); r.Code != ecr17.ResultOK || r.Entry != ecr17.EntryChip {
			t.Errorf("%+v", r)
		}
		e = b.again(e)
		synctest.Wait()
		if got := b.term.Snapshot(); got.Waits != "" || got.Screen != "" || got.Busy {
			t.Errorf("idle: %+v", got)
		}
		e.begin(e.extended(80_00))
		e.watch(time.Second)
		b.term.PressRed()
		if r := e.result(); r.Code != ecr17.ResultRefused || r.Reason != "OPERAZIONE ANNULLATA" {
			t.Errorf("%+v", r)
		}
		e = b.again(e)
		e.begin(e.extended(80_00)) // and nobody comes
		e.watch(59 * time.Second)
		if r := e.result(); r.Code != ecr17.ResultRefused {
			t.Errorf("%+v", r)
		}
	})
}

// What is not decided but remembered survives the process too.
func TestMemoryRestores(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bank.jsonl")
	var u, service string
	session := func(o Options, f func(t *testing.T, b bench)) {
		bank, err := OpenBank(path)
		if err != nil {
			t.Fatal(err)
		}
		o.Bank = bank
		inMemory(t, o, f)
		if err := bank.Close(); err != nil {
			t.Fatal(err)
		}
	}
	stored := func(e *ecr) string {
		g := e.last()
		g.StoredData = true
		e.begin(g)
		e.want(ecr17.FrameApplication, time.Minute)
		e.ack()
		f := e.want(ecr17.FrameApplication, time.Minute)
		e.ack()
		return string(f.Payload)
	}
	serviceCopy := func(e *ecr) string {
		e.begin(ecr17.ReprintRequest{TID: tid, ToECR: true, Service: true})
		return e.ticket()
	}
	hold := ""
	session(Options{}, func(t *testing.T, b bench) {
		e := b.dial()
		e.begin(ecr17.PaymentRequest{Code: 'p', TID: tid, AmountCents: 70_00})
		hold = e.result().PreauthCode
		e = b.again(e)
		p := e.extended(100)
		p.MoreData = true
		e.begin(p)
		e.begin(ecr17.AdditionalData{TID: tid, ISOField: "62", AnswerTag: "DF8D01", IndexMap: "5000", Tags: []string{"A"}})
		e.result()
		u = string(e.want(ecr17.FrameApplication, time.Minute).Payload)
		e.ack()
		e = b.again(e)
		ask[ecr17.TotalsAnswer](e, ecr17.TotalsRequest{TID: tid})
		service = serviceCopy(e)
		if err := b.term.SkewHost(50); err != nil {
			t.Fatal(err)
		}
	})
	session(Options{SaveAfterSend: true, NoUndo: true}, func(t *testing.T, b bench) {
		e := b.dial()
		if stored(e) != u || serviceCopy(e) != service {
			t.Error("the saved data or the service receipt are others")
		}
		if b.term.Bank().Total(tid) != 100 || b.term.Bank().HostTotal(tid) != 150 {
			t.Errorf("totals %d and %d", b.term.Bank().Total(tid), b.term.Bank().HostTotal(tid))
		}
		e.begin(preauthOf('c', 70_00, hold))
		if r := e.result(); r.Code != ecr17.ResultOK {
			t.Errorf("%+v", r)
		}
		e = b.again(e)
		if err := b.term.RebootAt(RebootAfterHost); err != nil {
			t.Fatal(err)
		}
		e.begin(e.extended(999))
		for !e.closed {
			e.next(time.Minute)
		}
	})
	session(Options{}, func(t *testing.T, b bench) {
		e := b.dial()
		if got := ecr17.ClassifyLast(e.savedBytes()); got != ecr17.ClassClosure {
			t.Errorf("G repeats %v: saved after sending, but not what was forgotten", got)
		}
		// What the process before had neither saved nor undone is undone at the start.
		d := b.newest()
		if d.Kind != KindReversal || d.AmountCents != 999 || b.term.Bank().HostTotal(tid) != 71_00+50 || b.term.Bank().Total(tid) != 71_00 {
			t.Errorf("%+v, totals %d and %d", d, b.term.Bank().HostTotal(tid), b.term.Bank().Total(tid))
		}
	})
}
