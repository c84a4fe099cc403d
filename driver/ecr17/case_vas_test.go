package ecr17_test

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"sportello/driver"
	"sportello/driver/simulator"
	"sportello/protocol/ecr17"
)

// vasCases are the rows of K: QR codes, which no payment of a notice uses and the driver does not send. They
// are played past it, on the same line, with the protocol's parts and the recovery of ECR17 2.14.
var vasCases = []kase{
	{id: "K01", real: true, play: func(s *stage) {
		s.paying(simulator.Rule{Case: "K01"})
		if q := s.paysByQR(1000).is(driver.Charged); q.parts != 3 || q.answer.Amount != "1000" || q.err != nil {
			s.Errorf("%+v", q)
		}
	}},
	{id: "K02", real: true, play: func(s *stage) {
		s.paying(simulator.Rule{Case: "K02"})
		if q := s.paysByQR(1000).is(driver.Charged); q.parts != 4 || q.answer.Amount != "1000" || q.err != nil {
			s.Errorf("%+v", q)
		}
	}},
	{id: "K03", real: true, play: func(s *stage) {
		s.paysByQR(900).is(driver.Charged)
		s.paying(simulator.Rule{Case: "K03"})
		if q := s.paysByQR(1000).is(driver.Charged); !errors.Is(q.err, ecr17.ErrVASParts) || q.parts != 2 || !q.asked {
			s.Errorf("%+v", q)
		}
	}},
	{id: "K04", real: true, play: func(s *stage) {
		s.paysByQR(900).is(driver.Charged)
		s.paying(simulator.Rule{Case: "K04"})
		if q := s.paysByQR(1000).is(driver.Charged); q.err == nil || !q.asked {
			s.Errorf("%+v", q)
		}
	}},
	{id: "K05", real: true, play: func(s *stage) {
		s.paying(simulator.Rule{Case: "K05"}, simulator.Rule{On: "K", Fault: simulator.Decline, Code: "116"})
		if q := s.paysByQR(1000).is(driver.NotCharged); !errors.Is(q.err, ecr17.ErrVASRefused) || q.answer.RespID != "01" {
			s.Errorf("%+v", q)
		}
	}},
	{id: "K06", real: true, noPTY: true, play: func(s *stage) { // a pseudo terminal is not cut, only deaf
		s.paysByQR(900).is(driver.Charged)
		s.paying(simulator.Rule{Case: "K06"})
		if q := s.paysByQR(1000).is(driver.Charged); q.err == nil || q.parts != 0 || !q.asked {
			s.Errorf("%+v", q)
		}
		s.paying(simulator.Rule{On: "K", Fault: simulator.CutBeforeAuth}) // the order is the old one: not paid
		if q := s.paysByQR(1000).is(driver.NotCharged); q.err == nil || !q.asked {
			s.Errorf("%+v", q)
		}
	}},
}

// qr is one payment by QR code, and how it ended.
type qr struct {
	s       *stage
	answer  ecr17.VASAnswer
	parts   int   // messages of the answer, repeats among them
	err     error // of the answer
	asked   bool  // the inquiry had to tell
	verdict driver.Verdict
	charged bool // at the bank
}

// is asserts the verdict, and that the bank agrees.
func (q *qr) is(v driver.Verdict) *qr {
	q.s.Helper()
	if q.verdict != v || q.charged != (v == driver.Charged) {
		q.s.Fatalf("%q, charged %t, want %q: %+v", q.verdict, q.charged, v, *q)
	}
	return q
}

// paysByQR asks what the last order is, then for the payment, once. An answer that is no word of the service is
// recovered by the inquiry: another order than before is this payment.
func (s *stage) paysByQR(cents int64) *qr {
	s.Helper()
	before, _, _ := s.service(`<p k="ECRVASID">BPAY_QR_INQUIRY</p>`)
	orders := s.orders()
	q := &qr{s: s}
	q.answer, q.parts, q.err = s.service(fmt.Sprintf(`<p k="ECRVASID">BPAY_QR</p><p k="AMOUNT">%d</p>`, cents))
	switch {
	case q.err == nil:
		q.verdict = driver.Charged
	case errors.Is(q.err, ecr17.ErrVASRefused):
		q.verdict = driver.NotCharged
	default:
		q.asked, q.verdict = true, driver.NotCharged
		now, _, err := s.service(`<p k="ECRVASID">BPAY_QR_INQUIRY</p>`)
		if err != nil && !errors.Is(err, ecr17.ErrVASRefused) {
			s.Fatalf("inquiry: %v", err)
		}
		if now.OrderID != "" && now.OrderID != before.OrderID {
			q.verdict = driver.Charged
		}
	}
	made := s.orders() - orders
	if q.charged = made == 1; made > 1 {
		s.Errorf("charged %d times", made)
	}
	if q.verdict == driver.Charged && !q.asked && (q.answer.OrderID == "" || q.answer.OrderID == before.OrderID) {
		s.Errorf("order %q, before %q", q.answer.OrderID, before.OrderID)
	}
	return q
}

// paying adds faults for the next payment by QR code: it is the second K, after the inquiry.
func (s *stage) paying(rules ...simulator.Rule) {
	s.Helper()
	for i := range rules {
		rules[i].Nth = 2
	}
	s.rules(rules...)
}

// orders are the payments by QR code that the bank has approved.
func (s *stage) orders() (n int) {
	for _, d := range s.sim.Bank().Decisions() {
		if d.Kind == simulator.KindVASPayment && d.Approved {
			n++
		}
	}
	return n
}

// service asks for a service once and reads its answer, however many messages it has.
func (s *stage) service(request string) (answer ecr17.VASAnswer, parts int, err error) {
	s.Helper()
	r := s.register()
	defer r.close()
	out, err := ecr17.AppendMessage(nil, ecr17.VASRequest{TID: s.cfg.TerminalID, ECR: "1", XML: "<ecrreq>" + request + "</ecrreq>"}, ecr17.StxPayloadEtx)
	if err != nil {
		s.Fatal(err)
	}
	if _, err := r.line.Write(out); err != nil {
		return answer, 0, err
	}
	_ = r.line.SetReadDeadline(time.Now().Add(s.span(time.Minute, 3*time.Second)))
	var join ecr17.VASParts
	for buf := make([]byte, 512); ; {
		f, ok := r.frames.Next()
		switch {
		case !ok:
			n, err := r.line.Read(buf)
			if r.frames.Feed(buf[:n]); err != nil && n == 0 {
				return answer, parts, err
			}
			continue
		case f.Kind != ecr17.FrameApplication:
			continue
		case !f.Valid(ecr17.StxPayloadEtx):
			return answer, parts, errors.New("damaged")
		}
		payload := bytes.Clone(f.Payload)
		_, _ = r.line.Write(ecr17.AppendACK(nil, ecr17.DefaultForm(ecr17.StxPayloadEtx))) // an end of the line shows in the next read
		part, err := ecr17.DecodeAs[ecr17.VASPart](ecr17.FromTerminal, payload, ecr17.Lenient)
		if err != nil {
			return answer, parts, err
		}
		parts++
		done, err := join.Add(part)
		switch {
		case err != nil:
			return answer, parts, err
		case done:
			text, err := join.XML()
			if err != nil {
				return answer, parts, err
			}
			answer, err = ecr17.ReadVAS(text)
			return answer, parts, err
		}
	}
}
