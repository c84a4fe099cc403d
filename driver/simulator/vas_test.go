package simulator

import (
	"strings"
	"testing"
	"time"

	"sportello/protocol/ecr17"
)

// service asks for a VAS service and joins the parts of its answer.
func (e *ecr) service(xml string) (answer string, parts int) {
	e.t.Helper()
	e.begin(ecr17.VASRequest{TID: tid, ECR: "1", XML: xml})
	for more := true; more; parts++ {
		f := e.want(ecr17.FrameApplication, time.Minute)
		part, err := ecr17.DecodeAs[ecr17.VASPart](ecr17.FromTerminal, f.Payload, ecr17.Lenient)
		if err != nil || !f.Valid(e.scope) || part.Sequence != parts+1 {
			e.t.Fatalf("%v: %+v, %v", f, part, err)
		}
		answer, more = answer+part.XML, part.More
		e.ack()
	}
	return answer, parts
}

func vasRequest(params ...string) string {
	text := "<ecrreq>"
	for i := 0; i < len(params); i += 2 {
		text += `<p k="` + params[i] + `">` + params[i+1] + "</p>"
	}
	return text + "</ecrreq>"
}

func TestWalletInParts(t *testing.T) {
	inMemory(t, Options{VASPart: 40, VASGap: "    "}, func(t *testing.T, b bench) {
		for _, step := range []struct {
			name  string
			xml   string
			wants []string
		}{
			{"pays", vasRequest("ECRVASID", "BPAY_QR", "AMOUNT", "1000"), []string{`"RESPID">0<`, `"ORDER_ID">SIM12345678000001<`}},
			{"inquiry of the last", vasRequest("ECRVASID", "BPAY_QR_INQUIRY"), []string{`"RESPID">0<`, `SIM12345678000001<`, `"AMOUNT">1000<`}},
			{"nested", `<ecrreq><p k="ECRVASID">BPAY_QR_INQUIRY</p><p k="SUBSMPARAMS"><p k="ORDER_ID">SIM12345678000001</p></p></ecrreq>`, []string{`"RESPID">0<`}},
			{"refund", vasRequest("ECRVASID", "BPAY_QR_REFUND", "ORDER_ID", "SIM12345678000001"), []string{`"RESPID">0<`}},
			{"refund of another", vasRequest("ECRVASID", "BPAY_QR_REFUND", "ORDER_ID", "SIM9"), []string{`"RESPID">3<`}},
			{"refund of none", vasRequest("ECRVASID", "BPAY_QR_REFUND"), []string{`"RESPID">3<`}},
			{"refused", vasRequest("ECRVASID", "ALIPAY_QR", "AMOUNT", "9116"), []string{`"RESPID">1<`, "FONDI INSUFFICIENTI"}},
			{"left", vasRequest("ECRVASID", "ALIPAY_QR", "AMOUNT", "9100"), []string{`"RESPID">1<`, "OPERAZIONE ANNULLATA"}},
			{"nothing to pay", vasRequest("ECRVASID", "ALIPAY_QR", "AMOUNT", "0"), []string{`"RESPID">2<`}},
			{"no service", vasRequest("ECRVASID", "BPAY_CAFFE"), []string{`"RESPID">2<`}},
			{"no XML", "<ecrreq", []string{`"RESPID">2<`}},
			{"totals", vasRequest("ECRVASID", "BPAY_TOTAL"), []string{`"NUM_TR">2<`, `"TOT_TR">0<`}},
			{"close", vasRequest("ECRVASID", "BPAY_CHIUSURA"), []string{`"NUM_TR">2<`}},
			{"totals after it", vasRequest("ECRVASID", "BPAY_TOTAL"), []string{`"NUM_TR">0<`}},
		} {
			e := b.dial()
			got, parts := e.service(step.xml)
			e.hungUp()
			for _, want := range step.wants {
				if !strings.Contains(got, want) {
					t.Errorf("%s: %s has no %s", step.name, got, want)
				}
			}
			if parts != (len(got)+39)/40 {
				t.Errorf("%s: %d parts of %d bytes", step.name, parts, len(got))
			}
		}
		var paid, back int64
		for _, d := range b.term.Bank().Decisions() {
			switch {
			case d.Kind == KindVASPayment && d.Approved:
				paid += d.AmountCents
			case d.Kind == KindVASRefund && d.Approved:
				back += d.AmountCents
			}
		}
		if paid != 1000 || back != 1000 || b.term.Bank().Total(tid) != 0 {
			t.Errorf("paid %d, given back %d, card total %d", paid, back, b.term.Bank().Total(tid))
		}
		e := b.dial()
		e.send(e.last()) // nothing of all that is a result for G
		e.want(ecr17.FrameNAK, time.Minute)
	})
}

// The gap goes out as told.
func TestWalletGap(t *testing.T) {
	inMemory(t, Options{VASGap: "7 ~z"}, func(t *testing.T, b bench) {
		e := b.dial()
		e.begin(ecr17.VASRequest{TID: tid, ECR: "1", XML: vasRequest("ECRVASID", "BPAY_TOTAL")})
		if f := e.want(ecr17.FrameApplication, time.Minute); string(f.Payload[18:22]) != "7 ~z" {
			t.Errorf("gap %q", f.Payload[18:22])
		}
		e.ack()
	})
}

// K06: the line is cut after the payment; the inquiry finds the order.
func TestWalletCutAndInquiry(t *testing.T) {
	inMemory(t, Options{Faults: []Rule{{On: "K", Nth: 1, Fault: CutAfterAuth}}}, func(t *testing.T, b bench) {
		e := b.dial()
		e.begin(ecr17.VASRequest{TID: tid, ECR: "1", XML: vasRequest("ECRVASID", "BPAY_QR", "AMOUNT", "500")})
		for !e.closed {
			if f, ok := e.next(time.Minute); ok && f.Kind == ecr17.FrameApplication {
				t.Fatalf("%v after the cut", f)
			}
		}
		e = b.dial()
		if got, _ := e.service(vasRequest("ECRVASID", "BPAY_QR_INQUIRY")); !strings.Contains(got, "SIM12345678000001") {
			t.Error(got)
		}
	})
}

func FuzzVAS(f *testing.F) {
	for _, seed := range []string{
		vasRequest("ECRVASID", "BPAY_QR", "AMOUNT", "1000"), vasRequest("ECRVASID", "BPAY_QR_INQUIRY"), "<p>", "</p>", "<p k=\"\"><p></p>",
		`<ecrreq><p k="ECRVASID">BPAY_TOTAL</p></ecrreq>`, "<!DOCTYPE x>", "&amp;",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if p, ok := readVAS(text); ok && len(p) == 0 {
			t.Error("a request without parameters")
		}
	})
}
