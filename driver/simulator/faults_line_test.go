package simulator

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sportello/protocol/ecr17"
)

// upToTheEnd reads progress until the terminal closes the line.
func (e *ecr) upToTheEnd() {
	e.t.Helper()
	for !e.closed {
		if f, ok := e.next(time.Hour); ok && f.Kind != ecr17.FrameProgress {
			e.t.Fatalf("%v", f)
		}
	}
}

// frame is a message as an ECR writes it.
func (e *ecr) frame(m ecr17.Message) []byte {
	e.t.Helper()
	b, err := ecr17.AppendMessage(nil, m, e.scope)
	if err != nil {
		e.t.Fatal(err)
	}
	return b
}

// present asks for the status, which must come.
func (e *ecr) present() { e.t.Helper(); ask[ecr17.StatusAnswer](e, ecr17.StatusRequest{TID: tid}) }

// absent: the line is closed before anything is said.
func (b bench) absent() {
	b.t.Helper()
	e := b.dial()
	if f, ok := e.next(time.Second); ok || !e.closed {
		b.t.Errorf("%v came, and the terminal should be off", f)
	}
}

var lineCases = map[Fault]faultCase{
	HangUp: {rule: Rule{On: "s", Nth: 2}, see: func(t *testing.T, b bench, e *ecr) {
		e.present()
		e.present()
		e.hungUp()
		b.dial().present()
	}},
	HalfOpen: {rule: Rule{On: "X"}, truth: []bool{true}, see: func(t *testing.T, b bench, e *ecr) {
		e.pay(100)
		b.dial().present() // another one is in its place
		e.send(ecr17.StatusRequest{TID: tid})
		e.nothing(time.Hour)
		if e.closed {
			t.Error("a FIN")
		}
	}},
	NeverReads: {rule: Rule{On: "X", DelayMS: 20_000}, see: func(t *testing.T, b bench, e *ecr) {
		e.present()
		_ = e.c.SetWriteDeadline(time.Now().Add(10 * time.Second))
		if n, err := e.c.Write(e.frame(e.extended(100))); err == nil || n != headOfRequest {
			t.Errorf("%d bytes were read, %v", n, err)
		}
		e.nothing(9 * time.Second)
		e.hungUp()
	}},
	ResetInside: {rule: Rule{On: "X"}, see: func(t *testing.T, b bench, e *ecr) {
		e.present()
		if n, err := e.c.Write(e.frame(e.extended(100))); err == nil || n != 50 {
			t.Errorf("%d bytes were read, %v", n, err)
		}
		b.dial().present()
	}},
	ResetUnread: {rule: Rule{On: "X"}, see: func(t *testing.T, b bench, e *ecr) {
		e.present()
		e.send(e.extended(100))
		e.hungUp()
		b.dial().present()
	}},
	ResetExecute: {rule: Rule{On: "X"}, truth: []bool{true}, see: func(t *testing.T, b bench, e *ecr) {
		p := e.extended(100)
		p.MoreData = true // nobody can send them
		e.send(p)
		e.hungUp()
		b.dial().savedBytes()
	}},
	CutAndRun: {rule: Rule{On: "X", DelayMS: 30_000}, before: 700, truth: []bool{true, true}, see: func(t *testing.T, b bench, e *ecr) {
		e.send(e.extended(100))
		e.want(ecr17.FrameACK, time.Minute)
		e.upToTheEnd()
		e = b.dial()
		if string(e.savedBytes()) != b.term.Bank().Decisions()[0].Last {
			t.Error("not the old result, while the sale runs")
		}
		time.Sleep(31 * time.Second)
		if string(e.savedBytes()) != b.term.Bank().Decisions()[1].Last {
			t.Error("not the new result, afterwards")
		}
	}},
	CloseWithResult: {rule: Rule{On: "X"}, truth: []bool{true}, see: func(t *testing.T, _ bench, e *ecr) {
		e.send(e.extended(100))
		e.want(ecr17.FrameACK, time.Minute)
		e.want(ecr17.FrameApplication, time.Minute)
		e.hungUp()
	}},
	CloseBeforeACK: {rule: Rule{On: "X"}, truth: []bool{true}, see: func(t *testing.T, _ bench, e *ecr) {
		e.send(e.extended(100))
		e.want(ecr17.FrameACK, time.Minute)
		e.want(ecr17.FrameApplication, time.Minute)
		if _, err := e.c.Write([]byte{ecr17.ACK}); err == nil {
			t.Error("our ACK can be written")
		}
	}},
	AutoCancel: {rule: Rule{On: "X"}, with: []Rule{{On: "X", Fault: CloseBeforeACK}}, truth: []bool{true, true}, see: func(t *testing.T, b bench, e *ecr) {
		e.send(e.extended(100))
		e.want(ecr17.FrameACK, time.Minute)
		e.want(ecr17.FrameApplication, time.Minute)
		e.hungUp()
		synctest.Wait()
		if d := b.term.Bank().Decisions(); len(d) != 2 || d[1].Kind != KindReversal || d[1].Reverses != d[0].STAN {
			t.Errorf("%+v", d)
		}
	}},
	Stall: {rule: Rule{On: "X"}, truth: []bool{true}, see: func(t *testing.T, _ bench, e *ecr) {
		e.send(e.extended(100))
		e.want(ecr17.FrameACK, time.Second)
		e.nothing(4999 * time.Millisecond)
		e.result()
	}},
	Off: {rule: Rule{On: "X"}, see: func(t *testing.T, b bench, e *ecr) {
		e.send(e.extended(100))
		e.want(ecr17.FrameACK, time.Second)
		e.hungUp()
		time.Sleep(599 * time.Second)
		b.absent()
		time.Sleep(2 * time.Second)
		b.dial().present()
	}},
	Reboot: {rule: Rule{On: "X", Nth: 1}, see: func(t *testing.T, b bench, e *ecr) {
		e.send(ecr17.PrintSwitch{TID: tid, ToECR: true})
		e.want(ecr17.FrameACK, time.Minute)
		e.send(e.extended(100))
		e.want(ecr17.FrameACK, time.Second)
		e.upToTheEnd()
		b.absent()
		time.Sleep(30 * time.Second)
		b.dial().present()
	}},
	Deaf: {rule: Rule{On: "s", Nth: 1}, see: func(t *testing.T, b bench, e *ecr) {
		e.send(ecr17.StatusRequest{TID: tid})
		e.nothing(299 * time.Second)
		e.send(ecr17.TotalsRequest{TID: tid})
		e.nothing(2 * time.Second)
		e.present()
	}},
	Noise: {rule: Rule{On: "X", DelayMS: 5_000, Bytes: 100}, truth: []bool{true}, see: func(t *testing.T, _ bench, e *ecr) {
		e.send(e.extended(100))
		e.want(ecr17.FrameACK, time.Second)
		e.through(500)
	}},
	EndlessSTX: {rule: Rule{On: "X", Bytes: 5_000}, truth: []bool{true}, see: func(t *testing.T, _ bench, e *ecr) {
		e.send(e.extended(100))
		e.want(ecr17.FrameACK, time.Second)
		e.through(5_000)
	}},
}

// through reads at least n bytes that are no frame, and then the result.
func (e *ecr) through(n int) {
	e.t.Helper()
	var all []byte
	buf := make([]byte, 4096)
	_ = e.c.SetReadDeadline(time.Now().Add(time.Minute))
	for {
		k, err := e.c.Read(buf)
		all = append(all, buf[:k]...)
		if k == 95 && buf[0] == ecr17.STX || err != nil {
			break
		}
	}
	e.ack()
	if len(all) < n+95 {
		e.t.Errorf("%d bytes", len(all))
	}
}

func TestHangUpAfterACK(t *testing.T) {
	inMemory(t, Options{Faults: []Rule{{On: "X", Fault: HangUp, At: "ack"}}}, func(t *testing.T, b bench) {
		e := b.dial()
		e.send(e.extended(100))
		e.want(ecr17.FrameACK, time.Second)
		e.hungUp()
		b.dial().savedBytes() // it was executed
	})
}

func TestFaultsOnConnect(t *testing.T) {
	inMemory(t, Options{Faults: []Rule{{On: OnConnect, Nth: 1, Fault: HangUp}, {On: OnConnect, Nth: 2, Fault: NeverReads, DelayMS: 5000}}}, func(t *testing.T, b bench) {
		b.absent()
		e := b.dial()
		_ = e.c.SetWriteDeadline(time.Now().Add(time.Second))
		if n, err := e.c.Write([]byte{ecr17.STX}); n != 0 || err == nil {
			t.Errorf("%d bytes were read", n)
		}
		e.hungUp()
		b.dial().present()
	})
}

// A reset and a FIN with the result, on lines that have them.
func TestLineFaultsOnTCP(t *testing.T) {
	overTCP(t, Options{}, func(t *testing.T, b bench) {
		stage := func(rule Rule) *ecr {
			t.Helper()
			rule.On, rule.Nth = "X", 1
			if err := b.term.Script(rule); err != nil {
				t.Fatal(err)
			}
			e := b.dial()
			e.send(e.extended(100))
			return e
		}
		e := stage(Rule{Fault: ResetExecute})
		buf := make([]byte, 10)
		_ = e.c.SetReadDeadline(time.Now().Add(10 * time.Second))
		if n, err := e.c.Read(buf); n > 0 || err == nil {
			t.Errorf("%d bytes, %v", n, err)
		}
		_ = e.c.Close()
		e = b.dial()
		e.savedBytes()
		_ = e.c.Close()
		e = stage(Rule{Fault: CloseWithResult})
		e.want(ecr17.FrameACK, 10*time.Second)
		e.result() // our ACK goes out
		e.hungUp()
		_ = e.c.Close()
		e = stage(Rule{Fault: ResetInside})
		if f, ok := e.next(10 * time.Second); ok || !e.closed {
			t.Errorf("%v", f)
		}
		if n := len(b.term.Bank().Decisions()); n != 2 {
			t.Errorf("%d decisions", n)
		}
	})
}

// The head of a request may end anywhere in what is read at a time.
func TestResetAfterAShiftedRequest(t *testing.T) {
	for shift := range headOfRequest {
		inMemory(t, Options{Faults: []Rule{{On: "s", Fault: ResetUnread}}}, func(t *testing.T, b bench) {
			e := b.dial()
			stray := strings.Repeat("?", shift)
			e.raw(append([]byte(stray), e.frame(ecr17.StatusRequest{TID: tid})...))
			e.hungUp()
		})
	}
}
