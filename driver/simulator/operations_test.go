package simulator

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"sportello/protocol/ecr17"
)

// begin sends a request and takes its acknowledgement.
func (e *ecr) begin(m ecr17.Message) {
	e.t.Helper()
	e.send(m)
	e.want(ecr17.FrameACK, time.Minute)
}

// again is the line after a transaction, which closes it.
func (b bench) again(e *ecr) *ecr {
	b.t.Helper()
	e.hungUp()
	return b.dial()
}

func (b bench) newest() Decision {
	b.t.Helper()
	d := b.term.Bank().Decisions()
	if len(d) == 0 {
		b.t.Fatal("the bank was not asked")
	}
	return d[len(d)-1]
}

func preauthOf(code byte, cents int64, preauth string) ecr17.IncrementRequest {
	return ecr17.IncrementRequest{Code: code, TID: tid, CashRegister: "1", AmountCents: cents, Text: reference, PreauthCode: preauth}
}

// A pre-authorisation from its first block to its collection: only that one is money.
func TestPreauthorisation(t *testing.T) {
	inMemory(t, Options{}, func(t *testing.T, b bench) {
		e := b.dial()
		p := e.extended(300_00)
		p.Code = 'p'
		e.begin(p)
		blocked := e.result()
		if blocked.Class != ecr17.ClassPreauth || blocked.Code != ecr17.ResultOK || blocked.AmountCents != 300_00 ||
			blocked.PreauthCode != "000000001" || blocked.CardType != "2" || blocked.ActionCode != "000" {
			t.Errorf("p: %+v", blocked)
		}
		e = b.again(e)
		steps := []struct {
			m      ecr17.IncrementRequest
			code   ecr17.ResultCode
			action ecr17.ActionCode
			class  ecr17.Class
		}{
			{preauthOf('i', 50_00, blocked.PreauthCode), "00", "000", ecr17.ClassIncrement},
			{preauthOf('i', 50_00, "123456789"), "01", "902", ecr17.ClassIncrement},
			{preauthOf('c', 350_01, blocked.PreauthCode), "01", "110", ecr17.ClassClosure},
			{preauthOf('c', 350_00, blocked.PreauthCode), "00", "000", ecr17.ClassClosure},
			{preauthOf('c', 1, blocked.PreauthCode), "01", "902", ecr17.ClassClosure}, // collected already
		}
		for i, step := range steps {
			e.begin(step.m)
			r := e.result()
			if r.Class != step.class || r.Code != step.code || r.ActionCode != step.action || r.STAN != fmt.Sprintf("%06d", i+2) {
				t.Errorf("step %d: %+v", i+1, r)
			}
			if r.Code == ecr17.ResultOK && (r.Entry != ecr17.EntryTyped || len(r.AuthCode) != 6) {
				t.Errorf("step %d: %+v", i+1, r)
			}
			e = b.again(e)
			if got := ecr17.ClassifyLast(e.savedBytes()); got != step.class {
				t.Errorf("step %d: G repeats %v", i+1, got)
			}
		}
		if got := b.term.Bank().Total(tid); got != 350_00 {
			t.Errorf("total %d: only the collection is money", got)
		}
		if got := b.term.Snapshot().Sales; got != 1 {
			t.Errorf("%d sales", got)
		}
		e.begin(ecr17.ReversalRequest{TID: tid, STAN: "000005"})
		if r := e.result(); r.Code != ecr17.ResultOK || b.newest().Reverses != "000005" || b.term.Bank().Total(tid) != 0 {
			t.Errorf("the collection cannot be reversed: %+v", r)
		}
	})
}

func TestVerificationIsNoMoneyAndNotSaved(t *testing.T) {
	inMemory(t, Options{Faults: []Rule{{On: "H", Nth: 2, Fault: Decline, Code: "101"}, {On: "H", Nth: 3, Fault: Cancel}}}, func(t *testing.T, b bench) {
		e := b.dial()
		e.pay(100)
		e = b.again(e)
		saved := e.savedBytes()
		for n, want := range []ecr17.Result{
			{Code: ecr17.ResultOK}, {Code: ecr17.ResultRefused, VerifyActionCode: "101"}, {Code: ecr17.ResultRefused, VerifyActionCode: ""},
		} {
			e.begin(ecr17.VerifyRequest{TID: tid})
			r := e.result()
			if r.Class != ecr17.ClassPayment || r.Code != want.Code || strings.Trim(string(r.VerifyActionCode), "0") != strings.Trim(string(want.VerifyActionCode), "0") {
				t.Errorf("H %d: %+v", n+1, r)
			}
			e = b.again(e)
			if string(e.savedBytes()) != string(saved) {
				t.Errorf("H %d replaced the saved result", n+1)
			}
		}
		if got := b.term.Bank().Total(tid); got != 100 {
			t.Errorf("total %d", got)
		}
		e.begin(ecr17.ReprintRequest{TID: tid, ToECR: true})
		if slip := e.ticket(); !ecr17.FindReference(slip, reference) {
			t.Errorf("a verification replaced the receipt: %q", slip)
		}
	})
}

// A foreign card: the answer is V, the euro amount stays the truth.
func TestCurrency(t *testing.T) {
	for _, c := range []struct {
		letter   byte
		cents    int64
		extended bool
		class    ecr17.Class
		applied  bool
		amount   string
	}{
		{'X', 92_50, false, ecr17.ClassPaymentDCC, true, "000000010029"},
		{'P', 192_01, false, ecr17.ClassPaymentDCC, true, "000000020818"},
		{'P', 92_00, false, ecr17.ClassPaymentDCC, false, "000000000000"},
		{'X', 92_50, true, ecr17.ClassExtended, false, ""},
		{'P', 92_50, true, ecr17.ClassPaymentDCC, true, "000000010029"},
	} {
		inMemory(t, Options{ExtendedUnderDCC: c.extended, Timing: Timing{Currency: 10 * time.Second}}, func(t *testing.T, b bench) {
			e := b.dial()
			m := e.extended(c.cents)
			m.Code = c.letter
			from := time.Now()
			e.begin(m)
			r := e.result()
			if r.Class != c.class || r.Code != ecr17.ResultOK || r.DCC.Applied != c.applied || r.DCC.Amount != c.amount || time.Since(from) < 10*time.Second {
				t.Errorf("%c %d: %+v", c.letter, c.cents, r)
			}
			if d := b.newest(); d.AmountCents != c.cents || d.DCC == nil || r.HasAmount && r.AmountCents != c.cents || b.term.Bank().Total(tid) != c.cents {
				t.Errorf("%c %d: %+v", c.letter, c.cents, d)
			}
		})
	}
}

func TestCurrencyOfAClosure(t *testing.T) {
	inMemory(t, Options{}, func(t *testing.T, b bench) {
		e := b.dial()
		p := e.extended(100_00)
		p.Code = 'p'
		e.begin(p)
		code := e.result().PreauthCode
		e = b.again(e)
		e.begin(preauthOf('c', 92_50, code))
		if r := e.result(); r.Class != ecr17.ClassClosureDCC || !r.DCC.Applied || r.DCC.Amount != "000000010029" || r.DCC.Currency != "USD" {
			t.Errorf("%+v", r)
		}
		if got := b.term.Bank().Total(tid); got != 92_50 {
			t.Errorf("total %d", got)
		}
	})
}

// Every transaction answers U when the request's data ask for it, and G repeats it.
func TestDataAnswerOfEveryTransaction(t *testing.T) {
	inMemory(t, Options{}, func(t *testing.T, b bench) {
		first := b.dial()
		p := first.extended(100)
		p.Code = 'p'
		first.begin(p)
		hold := first.result().PreauthCode
		first.hungUp()
		x := first.extended(100)
		for letter, m := range map[byte]ecr17.Message{
			'X': func() ecr17.Message { x.MoreData = true; return x }(),
			'p': ecr17.PaymentRequest{Code: 'p', TID: tid, AmountCents: 100, MoreData: true},
			'i': ecr17.IncrementRequest{Code: 'i', TID: tid, AmountCents: 100, PreauthCode: hold, MoreData: true},
			'H': ecr17.VerifyRequest{TID: tid, MoreData: true},
		} {
			e := b.dial()
			e.begin(m)
			e.begin(ecr17.AdditionalData{TID: tid, ISOField: "62", AnswerTag: "DF8D01", IndexMap: "5000", Tags: []string{"A"}})
			if r := e.result(); r.Code != ecr17.ResultOK {
				t.Fatalf("%c: %+v", letter, r)
			}
			u := e.want(ecr17.FrameApplication, time.Minute)
			if u.Payload[9] != 'U' {
				t.Errorf("%c: %v instead of U", letter, u)
			}
			e.ack()
			e.hungUp()
			if d := b.newest(); len(d.Data) != 1 || d.Data[0] != "A" {
				t.Errorf("%c: %+v", letter, d)
			}
		}
	})
}

func TestCloseTellsBothTotals(t *testing.T) {
	inMemory(t, Options{}, func(t *testing.T, b bench) {
		e := b.dial()
		e.pay(845_020)
		e = b.again(e)
		if err := b.term.SkewHost(-650); err != nil {
			t.Fatal(err)
		}
		if got := ask[ecr17.TotalsAnswer](e, ecr17.TotalsRequest{TID: tid}); got.TotalCents != 845_020 {
			t.Errorf("T shows the terminal's own total: %+v", got)
		}
		e.begin(ecr17.PrintSwitch{TID: tid, ToECR: true})
		e.begin(ecr17.CloseRequest{TID: tid})
		f := e.want(ecr17.FrameApplication, time.Minute)
		c, err := ecr17.DecodeAs[ecr17.CloseAnswer](ecr17.FromTerminal, f.Payload, ecr17.Strict)
		if err != nil || c.Code != ecr17.ResultOK || c.Balanced() || c.TotalCents != 845_020 || c.HostTotalCents != 844_370 {
			t.Errorf("%+v, %v", c, err)
		}
		e.ack()
		slip := e.ticket()
		if !strings.Contains(slip, "TOTALE EUR 8450,20") || !strings.Contains(slip, "TOTALE HOST 8443,70") || !strings.Contains(slip, "TOTALI DIVERSI") {
			t.Errorf("%q", slip)
		}
		e.begin(ecr17.ReprintRequest{TID: tid, ToECR: true, Service: true})
		if copied := e.ticket(); copied != slip {
			t.Errorf("copy %q of %q", copied, slip)
		}
		if d := b.newest(); d.Kind != KindClose || d.Approved || d.AmountCents != 845_020 || d.HostCents == nil || *d.HostCents != 844_370 {
			t.Errorf("%+v", d)
		}
		if c := ask[ecr17.CloseAnswer](e, ecr17.CloseRequest{TID: tid}); !c.Balanced() || c.TotalCents != 0 {
			t.Errorf("the second close: %+v", c)
		}
	})
}
