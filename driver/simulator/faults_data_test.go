package simulator

import (
	"strings"
	"testing"
	"time"

	"sportello/protocol/ecr17"
)

// announce asks for a payment with data, and sends them; an answer is wanted.
func (e *ecr) announce() {
	e.t.Helper()
	p := e.extended(100)
	p.MoreData = true
	e.send(p)
	e.want(ecr17.FrameACK, time.Minute)
}

func (e *ecr) data() ecr17.AdditionalData {
	return ecr17.AdditionalData{TID: e.tid, ISOField: "62", AnswerTag: "DF8D01", IndexMap: "5000", Tags: []string{"A"}}
}

// withData is a payment with data whose messages must come in that order.
func withData(name Rule, want string) faultCase {
	return faultCase{rule: name, truth: []bool{true}, see: func(t *testing.T, _ bench, e *ecr) {
		e.announce()
		e.send(e.data())
		e.want(ecr17.FrameACK, time.Minute)
		if _, order := e.parts(); strings.ReplaceAll(order, "p", "") != want {
			t.Errorf("%s, want %s", order, want)
		}
	}}
}

const walletRequest = `<ecrreq><p k="ECRVASID">BPAY_QR</p><p k="AMOUNT">100</p></ecrreq>`

// vasCase is a QR payment whose parts must be so.
func vasCase(rule Rule, want func(parts []string, sequence string) bool, with ...Rule) faultCase {
	return faultCase{rule: rule, with: with, truth: []bool{true}, see: func(t *testing.T, b bench, e *ecr) {
		e.send(ecr17.VASRequest{TID: tid, ECR: "1", XML: walletRequest})
		e.want(ecr17.FrameACK, time.Minute)
		var parts []string
		sequence := ""
		for {
			f, ok := e.next(time.Minute)
			if !ok {
				break
			}
			if f.Kind == ecr17.FrameApplication {
				parts, sequence = append(parts, string(f.Payload)), sequence+string(f.Payload[17])
				e.ack()
			}
		}
		if !want(parts, sequence) {
			t.Errorf("%s %q", sequence, parts)
		}
	}}
}

var dataCases = map[Fault]faultCase{
	DataOptional: {rule: Rule{On: "X"}, with: []Rule{{On: "U", Nth: 1, Times: 3, Fault: Nak}}, truth: []bool{true}, see: func(t *testing.T, _ bench, e *ecr) {
		e.announce()
		for range 3 {
			e.send(e.data())
			e.want(ecr17.FrameNAK, time.Minute)
		}
		if r := e.result(); r.Code != ecr17.ResultOK {
			t.Errorf("%+v", r)
		}
	}},
	ResultFirst: {rule: Rule{On: "X"}, truth: []bool{true}, see: func(t *testing.T, _ bench, e *ecr) {
		e.announce()
		e.result()
	}},
	DataFirst:    withData(Rule{On: "X"}, "UE"),
	NoDataAnswer: withData(Rule{On: "X"}, "E"),
	VASSplit:     vasCase(Rule{On: "K"}, func(_ []string, s string) bool { return s == "123" }),
	VASRepeat:    vasCase(Rule{On: "K"}, func(p []string, s string) bool { return s == "1223" && p[1] == p[2] }, Rule{On: "K", Fault: VASSplit}),
	VASMissing:   vasCase(Rule{On: "K"}, func(_ []string, s string) bool { return s == "13" }, Rule{On: "K", Fault: VASSplit}),
	VASLength: vasCase(Rule{On: "K"}, func(p []string, s string) bool {
		_, err := ecr17.DecodeAs[ecr17.VASPart](ecr17.FromTerminal, []byte(p[0]), ecr17.Strict)
		return s == "1" && err != nil
	}),
	VASRefused: vasCase(Rule{On: "K"}, func(p []string, _ string) bool { return strings.Contains(p[0], `<p k="RESPID">01</p>`) }),
}

// U01: three NAKs, and the terminal gives up.
func TestDataRefusedThreeTimes(t *testing.T) {
	inMemory(t, Options{Faults: []Rule{{Case: "U01"}}}, func(t *testing.T, b bench) {
		e := b.dial()
		e.announce()
		for range 3 {
			e.send(e.data())
			e.want(ecr17.FrameNAK, time.Minute)
		}
		if r := e.result(); r.Code != ecr17.ResultRefused || r.STAN != noSTAN {
			t.Errorf("%+v", r)
		}
	})
}

var foreignCases = map[Fault]faultCase{
	ForeignSale: {rule: Rule{On: "X", AmountCents: 1234, At: "saved"}, with: []Rule{{On: "X", Fault: CutBeforeAuth}}, truth: []bool{true}, see: func(t *testing.T, b bench, e *ecr) {
		e.send(e.extended(100))
		e.want(ecr17.FrameACK, time.Minute)
		e.upToTheEnd()
		r, err := ecr17.DecodeResult(b.dial().savedBytes(), ecr17.Strict)
		if err != nil || r.AmountCents != 1234 || b.term.Bank().Total(tid) != 1234 {
			t.Errorf("%+v, %v", r, err)
		}
	}},
	ForeignReversal: {rule: Rule{On: "s"}, before: 700, truth: []bool{true, true}, see: func(t *testing.T, b bench, e *ecr) {
		e.present()
		if p := e.savedBytes(); len(p) != 84 || b.term.Bank().Total(tid) != 0 {
			t.Errorf("%q", p)
		}
	}},
	ForeignClose: {rule: Rule{On: "s"}, before: 700, truth: []bool{true, false}, see: func(t *testing.T, b bench, e *ecr) {
		e.present()
		if p := e.savedBytes(); len(p) != 92 || b.term.Bank().Total(tid) != 0 {
			t.Errorf("%q", p)
		}
	}},
	ForeignPreauth: {rule: Rule{On: "s"}, before: 700, truth: []bool{true, true}, see: func(t *testing.T, b bench, e *ecr) {
		e.present()
		if p := e.savedBytes(); p[9] != 'e' || b.term.Bank().Total(tid) != 700 {
			t.Errorf("%q", p)
		}
	}},
}

// G15 and G16: a sale at the keys, which G does not show.
func TestForeignSaleUnsaved(t *testing.T) {
	inMemory(t, Options{Faults: []Rule{{Case: "G16"}}}, func(t *testing.T, b bench) {
		e := b.dial()
		e.send(e.extended(100))
		e.want(ecr17.FrameACK, time.Minute)
		e.upToTheEnd()
		saved := string(b.dial().savedBytes())
		if d := b.term.Bank().Decisions(); len(d) != 2 || d[1].Kind != KindManual || d[1].AmountCents != 100 || saved != d[0].Last {
			t.Errorf("%+v", d)
		}
	})
}
