package simulator

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sportello/protocol/ecr17"
)

// Power lost at each moment: what the bank has, what the terminal remembers.
func TestRebootAt(t *testing.T) {
	for _, c := range []struct {
		at        RebootPoint
		after     bool // SaveAfterSend
		noUndo    bool
		result    bool  // the ECR sees the result
		decisions int   // of the bank
		saved     bool  // G repeats the new result
		pos, host int64 // totals
	}{
		{at: RebootBeforeHost},
		{at: RebootAfterHost, decisions: 2},
		{at: RebootBeforeSave, decisions: 2},
		{at: RebootBeforeSave, noUndo: true, decisions: 1, host: 100},
		{at: RebootAfterSave, decisions: 1, saved: true, pos: 100, host: 100},
		{at: RebootBeforeHost, after: true},
		{at: RebootAfterHost, after: true, noUndo: true, decisions: 1, host: 100},
		{at: RebootBeforeSave, after: true, result: true, decisions: 2},
		{at: RebootBeforeSave, after: true, noUndo: true, result: true, decisions: 1, host: 100},
		{at: RebootAfterSave, after: true, result: true, decisions: 1, saved: true, pos: 100, host: 100},
	} {
		name := string(c.at)
		if c.after {
			name += " saving after sending"
		}
		if c.noUndo {
			name += " without undo"
		}
		t.Run(name, func(t *testing.T) {
			inMemory(t, Options{SaveAfterSend: c.after, NoUndo: c.noUndo}, func(t *testing.T, b bench) {
				if err := b.term.RebootAt(c.at); err != nil {
					t.Fatal(err)
				}
				e := b.dial()
				e.begin(e.extended(100))
				if c.result {
					if r := e.result(); r.Code != ecr17.ResultOK {
						t.Errorf("%+v", r)
					}
				}
				for !e.closed {
					if f, ok := e.next(time.Minute); ok && f.Kind == ecr17.FrameApplication {
						t.Fatalf("%v from a terminal without power", f)
					}
				}
				synctest.Wait() // the session has ended
				d := b.term.Bank().Decisions()
				if len(d) != c.decisions {
					t.Fatalf("%+v", d)
				}
				if c.decisions == 2 && (d[1].Kind != KindReversal || d[1].Reverses != d[0].STAN || d[1].Reason == "") {
					t.Errorf("%+v", d[1])
				}
				e = b.dial()
				e.send(e.last())
				f, _ := e.next(time.Minute)
				if saved := f.Kind == ecr17.FrameACK; saved != c.saved {
					t.Errorf("saved %t", saved)
				}
				if saved := f.Kind == ecr17.FrameACK; saved {
					e.want(ecr17.FrameApplication, time.Minute)
					e.ack()
				}
				got := b.term.Snapshot()
				if got.POSTotalCents != c.pos || got.HostTotalCents != c.host || got.RebootAt != "" {
					t.Errorf("%+v", got)
				}
				e.begin(e.extended(200)) // it happens once
				if r := e.result(); r.Code != ecr17.ResultOK {
					t.Errorf("%+v", r)
				}
			})
		})
	}
	if err := new(Terminal).RebootAt("never"); !errors.Is(err, ErrOptions) {
		t.Errorf("%v", err)
	}
}

// Until it was sent, the result that G repeats from another line is the one before.
func TestSaveAfterSend(t *testing.T) {
	for _, after := range []bool{false, true} {
		inMemory(t, Options{SaveAfterSend: after, Clients: 2, WhileBusy: "G"}, func(t *testing.T, b bench) {
			e, other := b.dial(), b.dial()
			e.pay(100)
			e = b.again(e)
			before := other.savedBytes()
			e.begin(e.extended(200))
			e.want(ecr17.FrameApplication, time.Minute) // and no ACK for it yet
			if same := bytes.Equal(other.savedBytes(), before); same != after {
				t.Errorf("saved after sending %t: G repeats the old one %t", after, same)
			}
			e.ack()
			e.hungUp()
			if bytes.Equal(other.savedBytes(), before) {
				t.Error("the new result was never saved")
			}
		})
	}
}

// A charge that is not confirmed is given back, and only with the knob.
func TestAutoCancel(t *testing.T) {
	for _, cancels := range []bool{false, true} {
		inMemory(t, Options{AutoCancel: cancels, Faults: []Rule{{On: "X", Nth: 2, Fault: CutAfterAuth}}}, func(t *testing.T, b bench) {
			e := b.dial()
			e.pay(100) // confirmed: stays
			e = b.again(e)
			e.begin(e.extended(300))
			for !e.closed {
				e.next(time.Minute)
			}
			e = b.dial()
			saved, err := ecr17.DecodeResult(e.savedBytes(), ecr17.Strict)
			if err != nil || saved.AmountCents != 300 || saved.Code != ecr17.ResultOK {
				t.Errorf("G repeats %+v, %v", saved, err)
			}
			d := b.term.Bank().Decisions()
			last := d[len(d)-1]
			if cancelled := last.Kind == KindReversal && last.Reverses == "000002" && last.Reason != ""; cancelled != cancels {
				t.Errorf("%+v", d)
			}
			if want := map[bool]int64{false: 400, true: 100}[cancels]; b.term.Bank().Total(tid) != want || b.term.Bank().HostTotal(tid) != want {
				t.Errorf("total %d", b.term.Bank().Total(tid))
			}
		})
	}
}

func TestBusyWithAManualSale(t *testing.T) {
	for _, policy := range []BusyPolicy{BusyQueue, BusyNAK, BusySilent} {
		inMemory(t, Options{Busy: policy, WhileBusy: "s", Timing: Timing{Manual: time.Minute}}, func(t *testing.T, b bench) {
			sold := make(chan error)
			go func() { _, err := b.term.ManualSale(500); sold <- err }()
			synctest.Wait() // it is being typed
			if got := b.term.Snapshot(); !got.Busy || got.Screen != "OPERAZIONE MANUALE" {
				t.Errorf("%+v", got)
			}
			e := b.dial()
			if st := ask[ecr17.StatusAnswer](e, ecr17.StatusRequest{TID: tid}); st.TID != tid {
				t.Errorf("%+v", st)
			}
			e.send(e.extended(100))
			switch policy {
			case BusyNAK:
				e.want(ecr17.FrameNAK, time.Second)
			case BusySilent:
				e.nothing(5 * time.Minute)
			case BusyQueue:
				e.nothing(30 * time.Second)
				e.want(ecr17.FrameACK, time.Minute)
				e.result()
			}
			if err := <-sold; err != nil {
				t.Error(err)
			}
			d := b.term.Bank().Decisions()
			if want := map[bool]int{true: 2, false: 1}[policy == BusyQueue]; len(d) != want || d[0].Kind != KindManual {
				t.Errorf("%s: %+v", policy, d)
			}
			if b.term.Received('X') != 1 {
				t.Errorf("%s: %d requests heard", policy, b.term.Received('X'))
			}
		})
	}
}

// The terminal is switched off while somebody types a sale on it.
func TestRebootDuringAManualSale(t *testing.T) {
	inMemory(t, Options{Timing: Timing{Manual: time.Minute}}, func(t *testing.T, b bench) {
		sold := make(chan error)
		go func() { _, err := b.term.ManualSale(500); sold <- err }()
		synctest.Wait()
		b.term.Reboot()
		if err := <-sold; !errors.Is(err, ErrSwitchedOff) || len(b.term.Bank().Decisions()) != 0 {
			t.Errorf("%v, %+v", err, b.term.Bank().Decisions())
		}
		b.dial().pay(100)
	})
}

func TestDropRepeats(t *testing.T) {
	inMemory(t, Options{DropRepeats: true, Timing: Timing{Host: time.Second}}, func(t *testing.T, b bench) {
		e := b.dial()
		e.begin(e.extended(100))
		e.send(e.extended(100)) // while the first is carried out
		e.result()
		e.want(ecr17.FrameACK, time.Minute)
		for !e.closed {
			if f, ok := e.next(time.Minute); ok {
				t.Errorf("%v", f)
			}
		}
		if got := b.term.Bank().Decisions(); len(got) != 1 || b.term.Received('X') != 2 {
			t.Errorf("%+v", got)
		}
		b.dial().pay(100) // on a new line it is a new sale
		if got := b.term.Bank().Decisions(); len(got) != 2 {
			t.Errorf("%+v", got)
		}
	})
}

func TestConfirmations(t *testing.T) {
	forms := map[string][]byte{
		"its own": ecr17.AppendACK(nil, ecr17.FormCtrlEtx), "another": ecr17.AppendACK(nil, ecr17.FormStxCtrl),
		"impossible": {ecr17.ACK, ecr17.ETX, 'U'}, "bare": {ecr17.ACK},
	}
	for name, o := range map[string]Options{
		"its own another":                 {},
		"its own":                         {ConfirmExact: true, Form: ecr17.FormCtrlEtx},
		"its own another impossible bare": {LaxConfirm: true},
	} {
		for form, frame := range forms {
			inMemory(t, o, func(t *testing.T, b bench) {
				e := b.dial()
				e.begin(e.extended(100))
				e.want(ecr17.FrameApplication, time.Minute)
				e.raw(frame)
				f, again := e.next(10 * time.Second)
				if confirmed := !again; confirmed != strings.Contains(name, form) {
					t.Errorf("%q as a confirmation where %q count: %t (%v)", form, name, confirmed, f)
				}
				_ = e.c.Close()
			})
		}
	}
}

func TestOrderOfTheAnswers(t *testing.T) {
	for _, c := range []struct {
		o    Options
		want string
	}{
		{Options{}, "E U S "}, {Options{DataAfterTicket: true}, "E S U "},
		{Options{TicketFirst: true}, "S E U "}, {Options{TicketFirst: true, DataAfterTicket: true}, "S E U "},
	} {
		inMemory(t, c.o, func(t *testing.T, b bench) {
			e := b.dial()
			e.begin(ecr17.PrintSwitch{TID: tid, ToECR: true})
			p := e.extended(100)
			p.MoreData = true
			e.begin(p)
			e.begin(ecr17.AdditionalData{TID: tid, ISOField: "62", AnswerTag: "DF8D01", IndexMap: "5000", Tags: []string{"A"}})
			got := ""
			for !e.closed {
				f, ok := e.next(time.Minute)
				if ok && f.Kind == ecr17.FrameApplication {
					got += string(f.Payload[9]) + " "
					e.ack()
				}
			}
			if got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

// Full lines: by the rules each is followed by an empty one, to a lenient reader by none.
func TestFullLines(t *testing.T) {
	inMemory(t, Options{FullLines: true}, func(t *testing.T, b bench) {
		e := b.dial()
		e.begin(ecr17.PrintSwitch{TID: tid, ToECR: true})
		e.pay(100)
		slip := e.ticket()
		empty := func(o ecr17.TicketOption) (n int) {
			for _, l := range ecr17.ReadTickets(slip, o)[0].Lines {
				if strings.TrimSpace(l.Text()) == "" {
					n++
				}
			}
			return n
		}
		if strict, lenient := empty(0), empty(ecr17.SwallowNewLine); strict < 5 || lenient != 0 || !ecr17.FindReference(slip, reference) {
			t.Errorf("%d and %d empty lines in %q", strict, lenient, slip)
		}
	})
}

func TestCopyWithoutReference(t *testing.T) {
	inMemory(t, Options{NoReferenceInCopy: true}, func(t *testing.T, b bench) {
		e := b.dial()
		e.begin(ecr17.PrintSwitch{TID: tid, ToECR: true})
		e.pay(100)
		if !ecr17.FindReference(e.ticket(), reference) {
			t.Error("no reference on the receipt")
		}
		e = b.again(e)
		e.begin(ecr17.ReprintRequest{TID: tid, ToECR: true})
		if copied := e.ticket(); ecr17.FindReference(copied, reference) || !strings.Contains(copied, "000001") {
			t.Errorf("%q", copied)
		}
	})
}

func TestCardNumberStyles(t *testing.T) {
	for style, want := range map[PANStyle]string{PANStars: "***************7741", PANZeros: "0000000000000007741"} {
		inMemory(t, Options{PAN: style}, func(t *testing.T, b bench) {
			e := b.dial()
			if r := e.pay(100); r.PAN.LastFour() != "7741" {
				t.Errorf("%+v", r)
			}
			if got := b.newest().Last[12:31]; got != want {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
}

func TestCloseAfterACK(t *testing.T) {
	for _, forgets := range []bool{false, true} {
		inMemory(t, Options{Closing: CloseAfterACK, ForgetSwitch: forgets}, func(t *testing.T, b bench) {
			e := b.dial()
			e.begin(ecr17.PrintSwitch{TID: tid, ToECR: true})
			e = b.again(e)
			ask[ecr17.TotalsAnswer](e, ecr17.TotalsRequest{TID: tid}) // has an answer: the line stays
			if !forgets {
				e.ticket() // of T: the switch survived the line
			}
			e.pay(100)
			e = b.again(e)
			e.begin(ecr17.ReprintRequest{TID: tid})
			e.hungUp()
		})
	}
}

func TestDownload(t *testing.T) {
	inMemory(t, Options{}, func(t *testing.T, b bench) {
		e := b.dial()
		b.term.Download(5 * time.Minute)
		e.send(e.extended(100))
		e.nothing(4 * time.Minute)
		if got := b.term.Snapshot().DeafSeconds; got != 60 {
			t.Errorf("deaf for %d s more", got)
		}
		e.nothing(2 * time.Minute)
		e.pay(200) // what came meanwhile is lost
		if got := b.term.Bank().Decisions(); len(got) != 1 || got[0].AmountCents != 200 {
			t.Errorf("%+v", got)
		}
	})
}
