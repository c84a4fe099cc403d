package simulator

import (
	"strings"
	"testing"
	"time"

	"sportello/protocol/ecr17"
)

// paid runs a payment and gives its result as it came.
func (e *ecr) paid(code byte) string {
	e.t.Helper()
	m := e.extended(100)
	m.Code = code
	return e.answer(m)
}

// answer is the message that answers a request, as it came.
func (e *ecr) answer(m ecr17.Message) string {
	e.t.Helper()
	e.send(m)
	e.want(ecr17.FrameACK, time.Minute)
	f := e.want(ecr17.FrameApplication, time.Minute)
	if !f.Valid(e.scope) {
		e.t.Fatal("a wrong LRC")
	}
	e.ack()
	return string(f.Payload)
}

// wireCase is a payment whose result must be so.
func wireCase(rule Rule, letter byte, want func(p string) bool) faultCase {
	return faultCase{rule: rule, truth: []bool{true}, see: func(t *testing.T, b bench, e *ecr) {
		p := e.paid(letter)
		if !want(p) {
			t.Errorf("%q", p)
		}
		if saved := string(b.dial().savedBytes()); saved != b.term.Bank().Decisions()[0].Last {
			t.Errorf("saved: %q", saved)
		}
	}}
}

var resultCases = map[Fault]faultCase{
	NoResult: {rule: Rule{On: "X"}, truth: []bool{true}, see: func(t *testing.T, _ bench, e *ecr) {
		e.send(e.extended(100))
		e.want(ecr17.FrameACK, time.Second)
		e.watch(time.Hour)
		e.savedBytes()
	}},
	Partial: {rule: Rule{On: "X"}, truth: []bool{true}, see: func(t *testing.T, b bench, e *ecr) {
		if r := e.pay(100); r.AmountCents != 50 || r.Code != ecr17.ResultOK || b.term.Bank().Total(tid) != 50 {
			t.Errorf("%+v", r)
		}
	}},
	LocalRefusal: {rule: Rule{On: "X", Code: "05", Text: "CARTA NON PRESENTE"}, truth: []bool{false}, see: func(t *testing.T, b bench, e *ecr) {
		if r := e.pay(100); r.Code != ecr17.ResultNoCard || r.Reason != "CARTA NON PRESENTE" || r.STAN != noSTAN {
			t.Errorf("%+v", r)
		}
	}},
	ShortResult:     wireCase(Rule{On: "P"}, 'P', func(p string) bool { return len(p) == 70 && p[10:12] == "00" }),
	DenialText:      wireCase(Rule{On: "X"}, 'X', func(p string) bool { return p[10:12] == "00" && p[12:30] == "TRANSAZIONE NEGATA" }),
	LettersInAmount: wireCase(Rule{On: "X"}, 'X', func(p string) bool { return strings.Contains(p[74:82], "O1A") }),
	WrongLetter:     wireCase(Rule{On: "X"}, 'X', func(p string) bool { return p[9] == 'T' && len(p) == 92 }),
	VResult: wireCase(Rule{On: "X", At: "applied"}, 'X', func(p string) bool {
		r, err := ecr17.DecodeResult([]byte(p), ecr17.Strict)
		return err == nil && p[9] == 'V' && r.DCC.Applied && r.AmountCents == 100
	}),
	ExtendedResult: wireCase(Rule{On: "P"}, 'P', func(p string) bool {
		r, err := ecr17.DecodeResult([]byte(p), ecr17.Strict)
		return err == nil && len(p) == 92 && r.AmountCents == 100
	}),
	PlainResult: wireCase(Rule{On: "X"}, 'X', func(p string) bool { return len(p) == 71 && p[10:12] == "00" }),
	HostDay:     wireCase(Rule{On: "X", Code: "366"}, 'X', func(p string) bool { return p[40:43] == "366" }),
	HostTimeOff: {rule: Rule{On: "X", DelayMS: 600_000}, truth: []bool{true}, see: func(t *testing.T, b bench, e *ecr) {
		p := e.paid('X')
		want := ecr17.HostTimeOf(b.term.Bank().Decisions()[0].At.Add(10 * time.Minute))
		if got := p[40:47]; got != string(want) {
			t.Errorf("%q, want %q", got, want)
		}
	}},
	StanBack: {rule: Rule{On: "G"}, before: 700, truth: []bool{true, true}, see: func(t *testing.T, b bench, e *ecr) {
		e.pay(100)
		if p := string(b.dial().savedBytes()); p[59:65] != "000001" || p == b.term.Bank().Decisions()[1].Last {
			t.Errorf("%q", p)
		}
	}},
	EmptyMemory: {rule: Rule{On: "G"}, before: 700, truth: []bool{true}, see: func(t *testing.T, b bench, e *ecr) {
		if p := string(e.savedBytes()); p != b.term.emptyRefusal() {
			t.Errorf("%q", p)
		}
	}},
	UnequalTotals: {rule: Rule{On: "C", AmountCents: 5}, before: 700, truth: []bool{true, false}, see: func(t *testing.T, b bench, e *ecr) {
		if a := ask[ecr17.CloseAnswer](e, ecr17.CloseRequest{TID: tid}); a.TotalCents != 700 || a.HostTotalCents != 705 || a.Balanced() {
			t.Errorf("%+v", a)
		}
	}},
	BlankTotal: {rule: Rule{On: "T"}, before: 700, truth: []bool{true}, see: func(t *testing.T, b bench, e *ecr) {
		if p := e.answer(ecr17.TotalsRequest{TID: tid}); len(p) != 34 || strings.TrimSpace(p[12:28]) != "" {
			t.Errorf("%q", p)
		}
	}},
}

// Rows that are more than one fault, or the same fault elsewhere.
func TestResultsOfCases(t *testing.T) {
	inMemory(t, Options{}, func(t *testing.T, b bench) {
		stage := func(id, on string) *ecr {
			t.Helper()
			rules, err := CaseRules(id, on)
			if err == nil {
				err = b.term.Script(rules...)
			}
			if err != nil {
				t.Fatal(err)
			}
			return b.dial()
		}
		if p := stage("D22", "").paid('P'); p[9] != 'V' || p[82] != '0' {
			t.Errorf("D22: %q", p)
		}
		if p := stage("D15", "").paid('X'); p[74:82] != "00000000" {
			t.Errorf("D15: %q", p)
		}
		e := stage("D37", "")
		e.send(ecr17.CloseRequest{TID: tid})
		e.want(ecr17.FrameACK, time.Second)
		e.watch(time.Hour)
		if a := ask[ecr17.TotalsAnswer](e, ecr17.TotalsRequest{TID: tid}); a.TotalCents != 0 || !a.HasTotal {
			t.Errorf("D37: %+v", a)
		}
		_ = e.c.Close()
		e = stage("R19", "")
		e.send(e.extended(100))
		e.result()
		e.nothing(time.Hour)
		_ = e.c.Close()
		e = stage("G06", "")
		e.send(e.extended(100))
		e.want(ecr17.FrameACK, time.Second)
		e.upToTheEnd()
		e = b.dial()
		e.send(e.last())
		e.want(ecr17.FrameNAK, time.Second)
	})
}
