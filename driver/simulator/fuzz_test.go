package simulator

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"sportello/protocol/ecr17"
)

// FuzzHostileECR: whatever bytes an ECR sends, the session ends, and the bank's total
// is that of its decisions.
func FuzzHostileECR(f *testing.F) {
	seeds := []ecr17.Message{
		ecr17.StatusRequest{TID: ecr17.AnyTerminal},
		ecr17.PaymentRequest{Code: 'X', TID: tid, CashRegister: "1", AmountCents: 100, Text: reference},
		ecr17.PaymentRequest{Code: 'P', TID: tid, CashRegister: "1", AmountCents: 100, MoreData: true},
		ecr17.AdditionalData{TID: tid, ISOField: "62", AnswerTag: "DF8D01", IndexMap: "5000", Tags: []string{"A"}},
		ecr17.ReversalRequest{TID: tid, STAN: "000000"},
		ecr17.LastResultRequest{TID: tid, StoredData: true},
		ecr17.PrintSwitch{TID: tid, ToECR: true},
		ecr17.ReprintRequest{TID: tid, ToECR: true},
		ecr17.TotalsRequest{TID: tid},
		ecr17.CloseRequest{TID: tid},
	}
	var all []byte
	for _, m := range seeds {
		frame, err := ecr17.AppendMessage(nil, m, ecr17.StxPayloadEtx)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(frame)
		all = append(ecr17.AppendACK(append(all, frame...), ecr17.FormCtrlEtx), 0x02)
	}
	if len(all) == 0 {
		f.Fatal("no seeds")
	}
	f.Add(all)
	f.Fuzz(func(t *testing.T, bytes []byte) {
		term, err := New(Options{})
		if err != nil {
			t.Fatal(err)
		}
		ours, theirs := net.Pipe()
		read := make(chan struct{})
		go func() {
			defer close(read)
			_, _ = io.Copy(io.Discard, ours)
		}()
		served := make(chan struct{})
		go func() {
			defer close(served)
			_ = term.ServeConn(context.Background(), theirs)
		}()
		_, _ = ours.Write(bytes) // the terminal may have closed
		_ = ours.Close()
		<-served
		<-read
		total := int64(0)
		for _, d := range term.Bank().Decisions() {
			switch {
			case d.Kind == KindClose:
				total = 0
			case d.Approved && d.Kind == KindReversal:
				total -= d.AmountCents
			case d.Approved:
				total += d.AmountCents
			}
		}
		if got := term.Bank().Total(tid); got != total {
			t.Fatalf("total %d, the decisions say %d", got, total)
		}
	})
}

// FuzzFaultScript: whatever a script says, it is read or refused, and what is read
// runs.
func FuzzFaultScript(f *testing.F) {
	n := 0
	for _, c := range Cases {
		if c.Staged {
			f.Add(`{"case":"` + c.ID + `","nth":1}`)
			n++
		}
	}
	for name := range faultSpecs {
		f.Add(`{"on":"X","nth":1,"fault":"` + string(name) + `","delay_ms":1}`)
		n++
	}
	if n == 0 {
		f.Fatal("no seeds")
	}
	f.Add("# a trial\n\n{\"on\":\"G\",\"after\":\"X\",\"times\":-1,\"nth\":1,\"fault\":\"silent\"}\n")
	f.Fuzz(func(t *testing.T, text string) {
		rules, err := ReadFaults(strings.NewReader(text))
		if err != nil {
			if !errors.Is(err, ErrFaults) {
				t.Fatal(err)
			}
			return
		}
		var s script
		s.add(rules)
		for _, on := range []string{OnConnect, "s", "G", "X", "U", "R", "X"} {
			for fault, rule := range s.take(on, false) {
				if fault != rule.Fault || rule.Case != "" {
					t.Fatalf("%q became %+v", text, rule)
				}
			}
			s.take(on, true)
		}
	})
}
