package simulator

import (
	"slices"
	"testing"
	"time"

	"sportello/protocol/ecr17"
)

// progressOf lists the progress frames up to the result, which is acknowledged.
func (e *ecr) progressOf() (texts []string, cut bool) {
	e.t.Helper()
	for {
		f, ok := e.next(time.Hour)
		switch {
		case !ok:
			e.t.Fatal("no result came")
		case f.Kind == ecr17.FrameProgress:
			texts = append(texts, string(f.Payload))
			cut = cut || f.Cut
		case f.Kind == ecr17.FrameApplication && f.Valid(e.scope):
			e.ack()
			return texts, cut
		}
	}
}

// lengths of texts.
func lengths(texts []string) []int {
	n := make([]int, len(texts))
	for i, text := range texts {
		n[i] = len(text)
	}
	return n
}

var ackCases = map[Fault]faultCase{
	DoubleACK: {rule: Rule{On: "X"}, truth: []bool{true}, see: func(t *testing.T, _ bench, e *ecr) {
		e.send(e.extended(100))
		e.want(ecr17.FrameACK, time.Second)
		e.want(ecr17.FrameACK, time.Second)
		e.result()
	}},
	OtherACK: {rule: Rule{On: "X"}, truth: []bool{true}, see: func(t *testing.T, _ bench, e *ecr) {
		e.send(e.extended(100))
		if f := e.want(ecr17.FrameACK, time.Second); f.Suspected() || f.Form == ecr17.DefaultForm(e.scope) {
			t.Errorf("%v", f)
		}
		e.result()
	}},
	BadACK: {rule: Rule{On: "X"}, truth: []bool{true}, see: func(t *testing.T, _ bench, e *ecr) {
		e.send(e.extended(100))
		if f := e.want(ecr17.FrameACK, time.Second); !f.Suspected() {
			t.Errorf("%v", f)
		}
		e.result()
	}},
	BareACK: {rule: Rule{On: "X"}, truth: []bool{true}, see: func(t *testing.T, _ bench, e *ecr) {
		e.send(e.extended(100))
		buf := make([]byte, 10)
		if n, err := e.c.Read(buf); n != 1 || buf[0] != ecr17.ACK {
			t.Errorf("% X, %v", buf[:n], err)
		}
		e.result()
	}},
	OlderResult: {rule: Rule{On: "X"}, truth: []bool{true}, see: func(t *testing.T, _ bench, e *ecr) {
		e.send(e.extended(100))
		if r := e.result(); r.STAN != "990017" || r.AmountCents != 100 || r.Code != ecr17.ResultOK {
			t.Errorf("%+v", r)
		}
		e.want(ecr17.FrameACK, time.Second)
		if r := e.result(); r.STAN != "000001" {
			t.Errorf("%+v", r)
		}
	}},
	ProgressFirst: {rule: Rule{On: "X"}, truth: []bool{true}, see: func(t *testing.T, _ bench, e *ecr) {
		e.send(e.extended(100))
		e.want(ecr17.FrameProgress, time.Second)
		e.want(ecr17.FrameACK, time.Second)
		e.result()
	}},
	ProgressMany: {rule: Rule{On: "X", Times: 200, DelayMS: 300_000}, truth: []bool{true}, see: func(t *testing.T, _ bench, e *ecr) {
		e.send(e.extended(100))
		start := time.Now()
		texts, _ := e.progressOf()
		if d := time.Since(start); len(texts) != 203 || d != 5*time.Minute {
			t.Errorf("%d in %v", len(texts), d)
		}
	}},
	ProgressOdd: {rule: Rule{On: "X"}, truth: []bool{true}, see: func(t *testing.T, _ bench, e *ecr) {
		e.send(e.extended(100))
		if texts, _ := e.progressOf(); !slices.Equal(lengths(texts), []int{20, 20, 19, 21, 40, 20}) {
			t.Errorf("%q", texts)
		}
	}},
	ProgressNoEOT: {rule: Rule{On: "X"}, truth: []bool{true}, see: func(t *testing.T, _ bench, e *ecr) {
		e.send(e.extended(100))
		if texts, cut := e.progressOf(); !cut {
			t.Errorf("%q", texts)
		}
	}},
	ProgressText: {rule: Rule{On: "X", Text: "CIAO\x1b[2J\xff"}, truth: []bool{true}, see: func(t *testing.T, _ bench, e *ecr) {
		e.send(e.extended(100))
		if texts, _ := e.progressOf(); !slices.Contains(texts, "CIAO\x1b[2J\xff") {
			t.Errorf("%q", texts)
		}
	}},
	ProgressAfter: {rule: Rule{On: "X"}, truth: []bool{true}, see: func(t *testing.T, _ bench, e *ecr) {
		e.pay(100)
		e.want(ecr17.FrameProgress, time.Second)
		e.hungUp()
	}},
}

// NAKs in a row, and rules that wait for another request.
func TestRulesInARow(t *testing.T) {
	rules := []Rule{{On: "s", Nth: 2, Times: 2, Fault: Nak}, {On: "s", Nth: 2, After: "T", Times: -1, Fault: Silent}}
	inMemory(t, Options{Faults: rules}, func(t *testing.T, b bench) {
		e := b.dial()
		e.present()
		for range 2 {
			e.send(ecr17.StatusRequest{TID: tid})
			e.want(ecr17.FrameNAK, time.Second)
		}
		e.present()
		ask[ecr17.TotalsAnswer](e, ecr17.TotalsRequest{TID: tid})
		e.present()
		for range 3 {
			e.send(ecr17.StatusRequest{TID: tid})
			e.nothing(time.Minute)
		}
	})
}
