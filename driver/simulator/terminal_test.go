package simulator

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sportello/protocol/ecr17"
)

// A whole day at a till, the same on every line and with every LRC scope.
func TestEverythingOnEveryLine(t *testing.T) {
	for _, scope := range ecr17.Scopes {
		t.Run("memory "+scope.String(), func(t *testing.T) { inMemory(t, Options{Scope: scope}, wholeDay) })
	}
	t.Run("tcp", func(t *testing.T) { overTCP(t, Options{}, wholeDay) })
	t.Run("pty", func(t *testing.T) { overPTY(t, Options{}, wholeDay) })
}

func wholeDay(t *testing.T, b bench) {
	permanent := strings.HasSuffix(t.Name(), "pty")
	e := b.dial()
	again := func() { // after a transaction the terminal closes the line, if it can
		if !permanent {
			e.hungUp()
			e = b.dial()
		}
	}
	st := ask[ecr17.StatusAnswer](e, ecr17.StatusRequest{TID: ecr17.AnyTerminal})
	if st.TID != tid || st.State != ecr17.StateOperative || st.Releases != "SIM17001" {
		t.Fatalf("%+v", st)
	}
	if at, ok := st.Clock.Time(); !ok || time.Since(at).Abs() > 2*time.Minute {
		t.Fatalf("clock %v", at)
	}
	e.send(e.last()) // nothing saved yet
	e.want(ecr17.FrameNAK, time.Minute)

	// Payment with data and the receipt on the ECR.
	e.send(ecr17.PrintSwitch{TID: tid, ToECR: true})
	e.want(ecr17.FrameACK, time.Minute)
	p := e.extended(123_45)
	p.MoreData = true
	e.send(p)
	e.want(ecr17.FrameACK, time.Minute)
	e.send(ecr17.AdditionalData{TID: tid, ISOField: "62", AnswerTag: "DF8D01", IndexMap: "5000", Tags: []string{"30120260000045671215376371009"}})
	e.want(ecr17.FrameACK, time.Minute)
	texts := ""
	var r ecr17.Result
	var saved []byte
	for r.Letter == 0 {
		f, ok := e.next(time.Minute)
		switch {
		case !ok:
			t.Fatal("no result")
		case f.Kind == ecr17.FrameProgress && len(f.Payload) == 20 && !f.Cut:
			texts += f.Text() + "; "
		default:
			var err error
			if r, err = ecr17.DecodeResult(f.Payload, ecr17.Strict); err != nil {
				t.Fatal(err)
			}
			saved = f.Payload
			e.ack()
		}
	}
	if texts != "PRESENTARE CARTA; LETTURA CARTA; DIGITARE PIN; COLLEGAMENTO HOST; " {
		t.Errorf("progress %q", texts)
	}
	if r.Class != ecr17.ClassExtended || r.Code != ecr17.ResultOK || r.AmountCents != 123_45 || r.STAN != "000001" ||
		r.ActionCode != "000" || r.PAN.LastFour() != "7741" || len(r.AuthCode) != 6 || r.Entry != ecr17.EntryChip {
		t.Errorf("%+v", r)
	}
	if at, ok := r.HostTime.Time(time.Now()); !ok || time.Since(at).Abs() > 2*time.Minute {
		t.Errorf("host time %v", at)
	}
	data := e.want(ecr17.FrameApplication, time.Minute)
	if _, err := ecr17.DecodeAs[ecr17.AdditionalDataAnswer](ecr17.FromTerminal, data.Payload, ecr17.Strict); err != nil {
		t.Fatal(err)
	}
	e.ack()
	slip := e.ticket()
	if !ecr17.FindReference(slip, reference) || !strings.Contains(slip, "123,45") || !strings.Contains(slip, r.AuthCode) {
		t.Errorf("ticket %q", slip)
	}
	for _, l := range ecr17.ReadTickets(slip, 0)[0].Lines {
		if l.Text() == "" {
			t.Errorf("an empty line in %q", slip)
		}
	}
	again()

	// Bank and memory.
	want := Decision{
		V: 1, Seq: 1, Terminal: tid, Kind: KindPayment, Approved: true, AmountCents: 123_45, STAN: "000001", Online: "000001",
		Auth: r.AuthCode, Action: "000", Card: "2", Entry: "ICC", PAN: "****7741", Reference: reference,
		Data: []string{"30120260000045671215376371009"}, Last: string(saved), Answer: string(data.Payload),
	}
	got := b.term.Bank().Decisions()
	if len(got) != 1 || time.Since(got[0].At).Abs() > time.Minute {
		t.Fatalf("%+v", got)
	}
	want.At = got[0].At
	if fmt.Sprint(got[0]) != fmt.Sprint(want) {
		t.Errorf("%+v, want %+v", got[0], want)
	}
	if !bytes.Equal(e.savedBytes(), saved) {
		t.Error("the saved result is another")
	}
	g := e.last()
	g.StoredData = true
	e.send(g)
	e.want(ecr17.FrameACK, time.Minute)
	if again := e.want(ecr17.FrameApplication, time.Minute); !bytes.Equal(again.Payload, saved) {
		t.Error("the saved result is another")
	}
	e.ack()
	if u := e.want(ecr17.FrameApplication, time.Minute); !bytes.Equal(u.Payload, data.Payload) {
		t.Error("the saved data are other")
	}
	e.ack()
	if total := ask[ecr17.TotalsAnswer](e, ecr17.TotalsRequest{TID: tid}); !total.HasTotal || total.TotalCents != 123_45 {
		t.Errorf("%+v", total)
	}
	e.send(ecr17.ReprintRequest{TID: tid, ToECR: true})
	e.want(ecr17.FrameACK, time.Minute)
	if copied := e.ticket(); copied != slip {
		t.Errorf("copy %q of %q", copied, slip)
	}

	// A refusal, a payment with P, a reversal.
	if r := e.pay(91_16); r.Code != ecr17.ResultRefused || r.ActionCode != "116" || r.STAN != "000002" || r.Reason != "FONDI INSUFFICIENTI" {
		t.Errorf("%+v", r)
	}
	again()
	p = e.extended(10_00)
	p.Code = 'P'
	e.send(p)
	e.want(ecr17.FrameACK, time.Minute)
	if r := e.result(); r.Class != ecr17.ClassPayment || r.Code != ecr17.ResultOK || r.STAN != "000003" || r.Entry != ecr17.EntryContactlessChip {
		t.Errorf("%+v", r)
	}
	again()
	reverse := func(stan string) ecr17.Result {
		e.send(ecr17.ReversalRequest{TID: tid, STAN: stan})
		e.want(ecr17.FrameACK, time.Minute)
		r := e.result()
		again()
		return r
	}
	if r := reverse("000001"); r.Class != ecr17.ClassReversal || r.Code != ecr17.ResultRefused || r.STAN != "000000" {
		t.Errorf("reversal of an older STAN: %+v", r)
	}
	if r := reverse("000003"); r.Code != ecr17.ResultOK || r.STAN != "000004" || r.ActionCode != "400" || r.AuthCode != "" {
		t.Errorf("reversal: %+v", r)
	}
	if r := reverse("000000"); r.Code != ecr17.ResultRefused {
		t.Errorf("reversal of nothing: %+v", r)
	}
	if d := b.term.Bank().Decisions(); d[len(d)-2].Kind != KindReversal || d[len(d)-2].Reverses != "000003" || d[len(d)-2].Reference != reference {
		t.Errorf("the bank's reversal: %+v", d[len(d)-2])
	}
	if c := ask[ecr17.CloseAnswer](e, ecr17.CloseRequest{TID: tid}); !c.Balanced() || c.TotalCents != 123_45 {
		t.Errorf("%+v", c)
	}
	if total := ask[ecr17.TotalsAnswer](e, ecr17.TotalsRequest{TID: tid}); !total.HasTotal || total.TotalCents != 0 {
		t.Errorf("after the close: %+v", total)
	}
}

func TestStrictness(t *testing.T) {
	inMemory(t, Options{Unsupported: "TH"}, func(t *testing.T, b bench) {
		e := b.dial()
		good := func(m ecr17.Message) []byte {
			f, err := ecr17.AppendMessage(nil, m, e.scope)
			if err != nil {
				t.Fatal(err)
			}
			return f
		}
		framed := func(payload []byte) []byte { return ecr17.AppendFrame(nil, payload, e.scope) }
		x, err := e.extended(100).AppendPayload(nil)
		if err != nil {
			t.Fatal(err)
		}
		change := func(at int, to byte) []byte {
			p := bytes.Clone(x)
			p[at-1] = to
			return framed(p)
		}
		other := e.extended(100)
		other.TID = "12345679"
		wild := e.extended(100)
		wild.TID = ecr17.AnyTerminal
		lrc := good(e.extended(100))
		lrc[len(lrc)-1] ^= 1
		for name, frame := range map[string][]byte{
			"LRC of another scope":    lrc,
			"another terminal":        good(other),
			"wildcard for money":      good(wild),
			"wildcard for evidence":   good(ecr17.LastResultRequest{TID: ecr17.AnyTerminal}),
			"unsupported by option":   good(ecr17.TotalsRequest{TID: tid}),
			"unsupported too":         good(ecr17.VerifyRequest{TID: tid}),
			"unannounced data":        good(ecr17.AdditionalData{TID: tid, ISOField: "00", IndexMap: "5000", Tags: []string{"A"}}),
			"unknown letter":          change(10, 'Z'),
			"reserved byte":           change(20, '1'),
			"byte 9":                  change(9, '1'),
			"amount zero":             change(29, '0'),
			"amount not digits":       change(31, 'A'),
			"one byte short":          framed(x[:166]),
			"one byte long":           framed(append(bytes.Clone(x), '0')),
			"not a header":            framed([]byte("short")),
			"a card choice of 4":      change(23, '4'),
			"a frame never completed": good(e.extended(100))[:80],
		} {
			e.raw(frame)
			if f := e.want(ecr17.FrameNAK, time.Minute); f.Suspected() {
				t.Errorf("%s: a bad NAK", name)
			}
		}
		if got := b.term.Bank().Decisions(); len(got) != 0 {
			t.Errorf("the bank was asked: %+v", got)
		}
		e.pay(100) // and it still works
	})
}

func TestDataMustFitItsMap(t *testing.T) {
	inMemory(t, Options{}, func(t *testing.T, b bench) {
		e := b.dial()
		p := e.extended(100)
		p.MoreData = true
		e.send(p)
		e.want(ecr17.FrameACK, time.Minute)
		u := ecr17.AdditionalData{TID: tid, ISOField: "00", Tags: []string{"30120260000045671215376371009"}}
		for _, m := range []string{"0000", "1500", "0500", "6000"} {
			u.IndexMap = m
			e.send(u)
			e.want(ecr17.FrameNAK, time.Minute)
		}
		// No data at all: the terminal gives up after ten seconds, without the bank.
		start := time.Now()
		if r := e.result(); r.Code != ecr17.ResultRefused || r.STAN != "000000" || time.Since(start) > 11*time.Second {
			t.Errorf("%+v after %v", r, time.Since(start))
		}
		e.hungUp()
	})
}

func TestDeclinesByAmount(t *testing.T) {
	inMemory(t, Options{}, func(t *testing.T, b bench) {
		for cents, want := range map[int64]struct{ action, reason string }{
			91_16: {"116", "FONDI INSUFFICIENTI"}, 191_17: {"117", "PIN ERRATO"}, 91_01: {"101", "CARTA SCADUTA"},
			91_99: {"199", "TRANSAZIONE NEGATA"}, 91_00: {"", "OPERAZIONE ANNULLATA"}, 1_091_16: {"116", "FONDI INSUFFICIENTI"},
		} {
			e := b.dial()
			r := e.pay(cents)
			cancelled := want.action == ""
			if r.Code != ecr17.ResultRefused || string(r.ActionCode) != want.action || r.Reason != want.reason ||
				(r.STAN == "000000") != cancelled || (r.CardType == "0") != cancelled || (r.AmountCents == 0) != cancelled {
				t.Errorf("%d: %+v", cents, r)
			}
			e.hungUp()
		}
		for _, d := range b.term.Bank().Decisions() {
			if d.Approved || (d.Kind == KindLocal) != (d.AmountCents == 91_00) {
				t.Errorf("%+v", d)
			}
		}
	})
	inMemory(t, Options{NoAmountDeclines: true}, func(t *testing.T, b bench) {
		if r := b.dial().pay(91_16); r.Code != ecr17.ResultOK {
			t.Errorf("%+v", r)
		}
	})
}

func TestUnconfirmedResultComesThreeTimesMore(t *testing.T) {
	inMemory(t, Options{}, func(t *testing.T, b bench) {
		e := b.dial()
		e.send(e.extended(100))
		e.want(ecr17.FrameACK, time.Minute)
		first := e.want(ecr17.FrameApplication, time.Minute)
		for range 3 {
			start := time.Now()
			f := e.want(ecr17.FrameApplication, time.Minute)
			if !bytes.Equal(f.Payload, first.Payload) || time.Since(start) != 3*time.Second {
				t.Fatalf("after %v: %v", time.Since(start), f)
			}
			e.raw([]byte{ecr17.ACK, ecr17.ETX, 0x55}) // no form of ACK: does not count
		}
		e.hungUp()
		e = b.dial()
		if !bytes.Equal(e.savedBytes(), first.Payload) || len(b.term.Bank().Decisions()) != 1 {
			t.Error("the result is not the saved one, or not alone")
		}
	})
}

func TestNAKedResultComesAtOnce(t *testing.T) {
	inMemory(t, Options{}, func(t *testing.T, b bench) {
		e := b.dial()
		e.send(e.extended(100))
		e.want(ecr17.FrameACK, time.Minute)
		start := time.Now()
		e.want(ecr17.FrameApplication, time.Minute)
		for range 3 {
			e.nak()
			e.want(ecr17.FrameApplication, time.Minute)
		}
		e.nak()
		e.hungUp()
		if time.Since(start) != 0 {
			t.Errorf("took %v", time.Since(start))
		}
	})
}

// A second copy of a financial frame is a second sale: whoever resends pays twice.
func TestEveryCopyIsExecuted(t *testing.T) {
	inMemory(t, Options{}, func(t *testing.T, b bench) {
		e := b.dial()
		one, err := ecr17.AppendMessage(nil, e.extended(100), e.scope)
		if err != nil {
			t.Fatal(err)
		}
		e.raw(append(bytes.Clone(one), one...))
		for range 2 {
			e.want(ecr17.FrameACK, time.Minute)
			e.result()
		}
		e.hungUp()
		if n := len(b.term.Bank().Decisions()); n != 2 || b.term.Received('X') != 2 {
			t.Errorf("%d decisions, %d frames", n, b.term.Received('X'))
		}
	})
}

// The sale goes on when the ECR has gone; a second client waits for its end.
func TestSaleOutlivesTheLine(t *testing.T) {
	inMemory(t, Options{Timing: Human}, func(t *testing.T, b bench) {
		e := b.dial()
		e.send(e.extended(100_00))
		e.want(ecr17.FrameACK, time.Minute)
		_ = e.c.Close()
		start := time.Now()
		e = b.dial()
		ask[ecr17.StatusAnswer](e, ecr17.StatusRequest{TID: tid})
		if d := time.Since(start); d < 3500*time.Millisecond || d > 4500*time.Millisecond {
			t.Errorf("the second client was served after %v", d)
		}
		if got := b.term.Bank().Decisions(); len(got) != 1 || !got[0].Approved {
			t.Errorf("%+v", got)
		}
	})
}

func TestHumanTimingIsAboutFourSeconds(t *testing.T) {
	inMemory(t, Options{Timing: Human}, func(t *testing.T, b bench) {
		start := time.Now()
		b.dial().pay(100_00)
		if d := time.Since(start); d < 3500*time.Millisecond || d > 4500*time.Millisecond {
			t.Errorf("%v", d)
		}
	})
}

func TestRedKey(t *testing.T) {
	inMemory(t, Options{Timing: Timing{Card: time.Second, PIN: time.Second, Host: time.Second}}, func(t *testing.T, b bench) {
		b.term.PressRed() // before anybody was asked: forgotten
		e := b.dial()
		if r := e.pay(100_00); r.Code != ecr17.ResultOK {
			t.Fatalf("%+v", r)
		}
		e.hungUp()
		for _, after := range []time.Duration{500 * time.Millisecond, 1500 * time.Millisecond} {
			e := b.dial()
			e.send(e.extended(100_00))
			e.want(ecr17.FrameACK, time.Minute)
			e.watch(after)
			b.term.PressRed()
			if r := e.result(); r.Code != ecr17.ResultRefused || r.STAN != "000000" || r.Reason != "OPERAZIONE ANNULLATA" {
				t.Errorf("after %v: %+v", after, r)
			}
			e.hungUp()
		}
		e = b.dial() // at the bank it is too late
		e.send(e.extended(100_00))
		e.want(ecr17.FrameACK, time.Minute)
		e.watch(2500 * time.Millisecond)
		b.term.PressRed()
		if r := e.result(); r.Code != ecr17.ResultOK {
			t.Errorf("%+v", r)
		}
	})
}

func TestRebootBeforeTheBankForgets(t *testing.T) {
	inMemory(t, Options{Timing: Timing{Card: time.Second}}, func(t *testing.T, b bench) {
		e := b.dial()
		e.send(ecr17.PrintSwitch{TID: tid, ToECR: true})
		e.want(ecr17.FrameACK, time.Minute)
		e.send(e.extended(100))
		e.want(ecr17.FrameACK, time.Minute)
		e.watch(500 * time.Millisecond)
		b.term.Reboot()
		for !e.closed {
			if f, ok := e.next(time.Minute); ok && f.Kind == ecr17.FrameApplication {
				t.Fatalf("%v after a reboot", f)
			}
		}
		if got := b.term.Bank().Decisions(); len(got) != 0 {
			t.Fatalf("%+v", got)
		}
		e = b.dial()
		if r := e.pay(100); r.Code != ecr17.ResultOK {
			t.Fatalf("%+v", r)
		}
		e.hungUp() // no ticket: the switch was forgotten
	})
}

func TestManualSale(t *testing.T) {
	for _, saved := range []bool{false, true} {
		inMemory(t, Options{ManualSaved: saved}, func(t *testing.T, b bench) {
			e := b.dial()
			e.pay(100)
			e.hungUp()
			e = b.dial()
			before := e.savedBytes()
			d, err := b.term.ManualSale(500)
			if err != nil || d.Kind != KindManual || !d.Approved || d.STAN != "000002" {
				t.Fatalf("%+v, %v", d, err)
			}
			if same := bytes.Equal(e.savedBytes(), before); same == saved {
				t.Errorf("saved %t: the same result %t", saved, same)
			}
			if total := ask[ecr17.TotalsAnswer](e, ecr17.TotalsRequest{TID: tid}); total.TotalCents != 600 {
				t.Errorf("%+v", total)
			}
			e.send(ecr17.ReprintRequest{TID: tid, ToECR: true})
			e.want(ecr17.FrameACK, time.Minute)
			if slip := e.ticket(); ecr17.FindReference(slip, reference) {
				t.Errorf("our reference on a manual sale: %q", slip)
			}
			if _, err := b.term.ManualSale(0); err == nil {
				t.Error("a manual sale of nothing")
			}
		})
	}
}

func TestEmptyMemory(t *testing.T) {
	inMemory(t, Options{EmptyLast: EmptyRefusal}, func(t *testing.T, b bench) {
		r, err := ecr17.DecodeResult(b.dial().savedBytes(), ecr17.Lenient)
		if err != nil || r.Code != ecr17.ResultRefused || r.STAN != "000000" {
			t.Errorf("%+v, %v", r, err)
		}
	})
	inMemory(t, Options{EmptyLast: EmptySilent}, func(t *testing.T, b bench) {
		e := b.dial()
		e.send(e.last())
		e.nothing(time.Hour)
		e.send(ecr17.ReprintRequest{TID: tid, ToECR: true})
		e.want(ecr17.FrameACK, time.Minute)
		e.nothing(time.Hour)
	})
}

func TestNotReady(t *testing.T) {
	for state, ready := range map[string]bool{"0": false, "1": false, "2": true, "3": false, "4": false, "5": true, "6": true} {
		inMemory(t, Options{State: state}, func(t *testing.T, b bench) {
			e := b.dial()
			if st := ask[ecr17.StatusAnswer](e, ecr17.StatusRequest{TID: tid}); fmt.Sprint(int(st.State)) != state {
				t.Errorf("%+v", st)
			}
			if r := e.pay(100); (r.Code == ecr17.ResultOK) != ready || ready == (r.Reason == "TERMINALE NON PRONTO") {
				t.Errorf("state %s: %+v", state, r)
			}
		})
	}
}

func TestClosing(t *testing.T) {
	inMemory(t, Options{Closing: CloseAfterEach}, func(t *testing.T, b bench) {
		e := b.dial()
		ask[ecr17.StatusAnswer](e, ecr17.StatusRequest{TID: tid})
		e.hungUp()
	})
	inMemory(t, Options{Closing: CloseNever}, func(t *testing.T, b bench) {
		e := b.dial()
		e.pay(100)
		e.pay(200)
	})
}

func TestClientsTogether(t *testing.T) {
	inMemory(t, Options{Clients: 2, Timing: Timing{Card: time.Second}}, func(t *testing.T, b bench) {
		one, two := b.dial(), b.dial()
		one.send(one.extended(100))
		one.want(ecr17.FrameACK, time.Minute)
		two.send(ecr17.StatusRequest{TID: tid})
		two.nothing(500 * time.Millisecond) // one procedure at a time
		one.result()
		two.want(ecr17.FrameACK, time.Minute)
	})
}

func TestTicketsWithoutReferenceOrForRefusals(t *testing.T) {
	inMemory(t, Options{NoReference: true, NoRefusalTicket: true}, func(t *testing.T, b bench) {
		e := b.dial()
		printed := func(cents int64) ecr17.Result {
			e.send(ecr17.PrintSwitch{TID: tid, ToECR: true})
			e.want(ecr17.FrameACK, time.Minute)
			return e.pay(cents)
		}
		printed(100)
		slip := e.ticket()
		if ecr17.FindReference(slip, reference) {
			t.Error("the reference is printed")
		}
		e.hungUp()
		e = b.dial()
		printed(91_16)
		e.hungUp()
		e = b.dial()
		e.send(ecr17.ReprintRequest{TID: tid, ToECR: true})
		e.want(ecr17.FrameACK, time.Minute)
		if e.ticket() != slip {
			t.Error("the copy is not of the last ticket printed")
		}
	})
}

func TestOptionsAreChecked(t *testing.T) {
	for name, o := range map[string]Options{
		"terminal id": {TerminalID: "1234567"}, "wildcard": {TerminalID: "00000000"}, "state": {State: "22"},
		"empty last": {EmptyLast: "x"}, "closing": {Closing: "x"}, "clients": {Clients: -1}, "merchant": {Merchant: "Comune {"},
		"rule": {Faults: []Rule{{On: "X", Fault: "x"}}},
	} {
		if _, err := New(o); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestTraceHasNoContent(t *testing.T) {
	var lines []string
	inMemory(t, Options{Trace: func(l string) { lines = append(lines, l) }}, func(t *testing.T, b bench) {
		b.dial().pay(100)
		synctest.Wait()
	})
	all := strings.Join(lines, "\n")
	if !strings.Contains(all, "application(X, 167 bytes)") || !strings.Contains(all, "PRESENTARE CARTA") || strings.Contains(all, reference) {
		t.Error(all)
	}
}

// A client that was killed leaves its line open and its lock behind; the next one
// finds the same device in order, also after half a request.
func TestPTYOutlivesItsClients(t *testing.T) {
	overPTY(t, Options{}, func(t *testing.T, b bench) {
		// The first client sets nothing: the device must be raw by itself.
		plain, err := os.OpenFile(b.device, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		e := &ecr{t: t, c: plain, tid: tid}
		ask[ecr17.StatusAnswer](e, ecr17.StatusRequest{TID: tid})
		_ = plain.Close()
		for range 3 {
			e := b.dial()
			ask[ecr17.StatusAnswer](e, ecr17.StatusRequest{TID: tid})
			_ = e.c.Close()
		}
		b.term.Reboot()
		e = b.dial()
		e.raw([]byte{ecr17.STX, '1', '2'})
		ask[ecr17.StatusAnswer](e, ecr17.StatusRequest{TID: tid})
		e.pay(100)
	})
}
