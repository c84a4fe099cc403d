package ledger

import (
	"slices"
	"testing"

	"sportello/driver"
)

func late(id string) RegistrationChange {
	return RegistrationChange{PaymentID: id, To: RegAwaiting, Reason: driver.Reason{Code: ReasonReceiptLate}}
}

// TestBreaker: the third late receipt stops a terminal in the same commit; receipts or people let it go on.
func TestBreaker(t *testing.T) {
	for _, end := range []string{"a receipt", "people", "a reversal", "a refund"} {
		t.Run(end, func(t *testing.T) {
			l := open(t, t.TempDir())
			var ids []string
			for i := range 5 {
				ids = append(ids, paid(t, l, i).ID)
			}
			state := func() TerminalState { return must(l.Terminal("cassa1"))(t) }
			if s := state(); !slices.Equal(s.Waiting, ids) || s.Late != nil || s.Stopped != "" || s.Proven {
				t.Fatalf("%+v", s)
			}
			for _, i := range []int{0, 1, 1} {
				must(l.Register(late(ids[i])))(t)
			}
			if s := state(); !slices.Equal(s.Late, ids[:2]) || s.Stopped != "" {
				t.Fatalf("two late: %+v", s)
			}
			before := l.Stats().Commits
			must(l.Register(late(ids[2])))(t)
			if l.Stats().Commits != before+1 {
				t.Error("the stop is a commit of its own")
			}
			l = reopen(t, l)
			cases := must(l.Cases(false))(t)
			if s := state(); len(cases) != 1 || s.Stopped != cases[0].ID || cases[0].Cause.Code != "terminal_without_receipts" ||
				cases[0].Terminal != "cassa1" || cases[0].NeedsTwo || !slices.Equal(s.Late, ids[:3]) {
				t.Fatalf("%+v %+v", s, cases)
			}
			must(l.Register(late(ids[3])))(t)
			if n := len(must(l.Cases(true))(t)); n != 1 {
				t.Fatalf("%d cases", n)
			}
			if other := must(l.Terminal("cassa2"))(t); other.Stopped != "" || other.Waiting != nil {
				t.Fatalf("%+v", other)
			}
			receipt := func(id string) {
				t.Helper()
				must(l.Register(RegistrationChange{PaymentID: id, To: RegDone, ReceiptID: "R" + id}))(t)
			}
			receipt(ids[3])
			if s := state(); s.Stopped == "" || !s.Proven {
				t.Fatalf("three are late still: %+v", s)
			}
			wantLate := 2
			switch end {
			case "a receipt":
				receipt(ids[2])
			case "people":
				endCase(t, l, cases[0].ID, EndingClosed, "the provider was called")
				wantLate = 0
			case "a reversal":
				must(l.Reverse(ids[1], "capo", "rev", reversalBaseline))(t)
				must(l.Conclude(ids[1], verdict(driver.Reversed, "reversed")))(t)
			case "a refund":
				k := must(l.OpenCase(Case{PaymentID: ids[0], Cause: driver.Reason{Code: ReasonReceiptLate}}))(t)
				endCase(t, l, k.ID, EndingRefunded, "mandato 7")
			}
			l = reopen(t, l)
			s := state()
			if k := must(l.Case(cases[0].ID))(t); s.Stopped != "" || len(s.Late) != wantLate || k.Ended.IsZero() {
				t.Fatalf("%+v %+v", s, k)
			}
			if end != "people" {
				must(l.Register(late(ids[4])))(t)
				if s := state(); s.Stopped == "" {
					t.Errorf("three again: %+v", s)
				}
				return
			}
			// What was late before does not count again; what becomes late after does.
			must(l.Register(late(ids[0])))(t)
			must(l.Register(late(ids[4])))(t)
			for i := 5; i < 7; i++ {
				if s := state(); s.Stopped != "" {
					t.Fatalf("%+v", s)
				}
				must(l.Register(late(paid(t, l, i).ID)))(t)
			}
			if s := state(); s.Stopped == "" || len(s.Late) != 3 {
				t.Errorf("%+v", s)
			}
		})
	}
}

// TestWaiting: every notice of a cart has its receipt, or its end.
func TestWaiting(t *testing.T) {
	l := open(t, t.TempDir())
	in := intent(1)
	in.Notices = append(in.Notices, Notice{Creditor: creditor, Number: number(2), AmountCents: 1000}, Notice{Creditor: creditor, Number: number(3), AmountCents: 1})
	in.AmountCents += 1001
	p := must(l.Intend(in))(t)
	waiting := func() bool { return len(must(l.Terminal("cassa1"))(t).Waiting) == 1 }
	if waiting() {
		t.Error("not charged yet")
	}
	c := charged("000042")
	c.Outcome.Charge.AmountCents = in.AmountCents
	must(l.Conclude(p.ID, c))(t)
	for i, to := range []Registration{RegDone, RegHeld, RegElse} {
		if !waiting() {
			t.Errorf("before notice %d", i)
		}
		must(l.Register(RegistrationChange{PaymentID: p.ID, Index: i, To: to, ReceiptID: "R"}))(t)
		l = reopen(t, l)
	}
	if waiting() {
		t.Error("each has its receipt or its case")
	}
	must(l.Register(RegistrationChange{PaymentID: p.ID, Index: 1, To: RegAwaiting}))(t)
	if !waiting() {
		t.Error("the hold was lifted")
	}
}
