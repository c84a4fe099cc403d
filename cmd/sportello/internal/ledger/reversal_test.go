package ledger

import (
	"errors"
	"slices"
	"testing"
	"time"

	"sportello/driver"
	"sportello/protocol/local"
)

// paid is a charge of one notice.
func paid(t testing.TB, l *Ledger, n int) Payment {
	t.Helper()
	p := must(l.Intend(intent(n)))(t)
	return must(l.Conclude(p.ID, charged("000042")))(t)
}

var reversalBaseline = driver.Baseline{TerminalID: "12345678", Last: []byte("result 000042"), LastSTAN: "000042"}

func TestReversal(t *testing.T) {
	clock := newClock()
	l := open(t, t.TempDir(), func(o *Options) { o.Now = clock.now })
	p := paid(t, l, 1)
	must(l.Aftermath(p.ID, driver.Aftermath{Acked: true, Ticket: slip}))(t)
	before := l.Stats().Commits
	r := must(l.Reverse(p.ID, "capo", "rev-1", reversalBaseline))(t)
	if l.Stats().Commits != before+1 || r.State != Reversing || r.Reversal.Operator != "capo" || r.Reversal.SentAt.IsZero() || r.Operator != "anna" {
		t.Fatalf("%+v", r)
	}
	l = reopen(t, l)
	if open := must(l.Unfinished())(t); len(open) != 1 || open[0].ID != p.ID || open[0].State.Recovery() != "reverse" {
		t.Fatalf("after a start: %+v", open)
	}
	if b := must(l.ReversalBaseline(p.ID))(t); string(b.Last) != "result 000042" {
		t.Errorf("%+v", b)
	}
	if b := must(l.Baseline(p.ID))(t); string(b.Last) != "baseline 1" {
		t.Errorf("the payment's own baseline: %+v", b)
	}
	if again, err := l.Reverse(p.ID, "capo", "rev-1", reversalBaseline); !errors.Is(err, ErrRepeated) || again.State != Reversing {
		t.Errorf("repeat: %+v %v", again, err)
	}
	var locked *LockedError
	if _, err := l.Intend(intent(2)); !errors.As(err, &locked) || locked.PaymentID != p.ID || !errors.Is(err, ErrTerminalLocked) {
		t.Fatalf("the terminal takes a payment: %v", err)
	}
	for _, v := range []driver.Verdict{driver.Charged, driver.NotCharged} {
		if _, err := l.Conclude(p.ID, verdict(v, "x")); !errors.Is(err, ErrStale) {
			t.Fatalf("%s: %v", v, err)
		}
	}
	c := verdict(driver.Reversed, "reversed")
	c.RawResult = []byte("reversal")
	c.Outcome.Charge = &driver.Charge{STAN: "000043", AmountCents: 1250}
	r = must(l.Conclude(p.ID, c))(t)
	if r.State != Reversed || r.Charge.STAN != "000042" || r.Reversal.Charge.STAN != "000043" || r.ReceiptNumber != p.ReceiptNumber ||
		r.Notices[0].Registration != RegClosed || !r.Reversal.FreeAt.Equal(r.Reversal.EndedAt.Add(30*time.Minute)) {
		t.Fatalf("%+v %+v", r, r.Reversal)
	}
	if n := must(l.Notice(creditor, number(1)))(t); n.Holder != p.ID || !n.FreeAt.IsZero() || !r.Reversal.Doubted {
		t.Errorf("the terminal was not told yet that we have its word: %+v", n)
	}
	r = must(l.Aftermath(p.ID, driver.Aftermath{Acked: true}))(t)
	l = reopen(t, l)
	if s := must(l.Terminal("cassa1"))(t); s.Lock != "" || s.LastSTAN != "000043" || s.LastResult != resultHash([]byte("reversal")) {
		t.Errorf("%+v", s)
	}
	if items := must(l.Outbox())(t); len(items) != 1 || !items[0].Watch || items[0].Until.In(rome).Format(time.DateOnly) != "2026-03-12" {
		t.Errorf("watch: %+v", items)
	}
	again := intent(1)
	again.RequestID = "again"
	if _, err := l.Intend(again); !errors.Is(err, ErrNoticeLocked) {
		t.Fatalf("charged again within the token's life: %v", err)
	}
	if n := must(l.Notice(creditor, number(1)))(t); n.Holder != p.ID || !n.FreeAt.Equal(r.Reversal.FreeAt) {
		t.Errorf("%+v", n)
	}
	clock.set(r.Reversal.FreeAt.Add(-2 * time.Second)) // the clock moves a second at every look
	if _, err := l.Intend(again); !errors.Is(err, ErrNoticeLocked) {
		t.Fatalf("a second too early: %v", err)
	}
	clock.set(r.Reversal.FreeAt)
	if n := must(l.Notice(creditor, number(1)))(t); n.Holder != "" {
		t.Errorf("%+v", n)
	}
	q := must(l.Intend(again))(t)
	if n := must(l.Notice(creditor, number(1)))(t); n.Holder != q.ID || !n.FreeAt.IsZero() {
		t.Errorf("%+v", n)
	}
	if n := must(l.Takings("cassa1"))(t); n.Cents != 0 || !slices.Equal(n.Payments, []string{p.ID}) || !slices.Equal(n.Unknown, []string{q.ID}) {
		t.Errorf("%+v", n)
	}
}

// TestReversalThatIsNot: refused, or not sent, the charge stands as it was.
func TestReversalThatIsNot(t *testing.T) {
	for _, v := range []driver.Verdict{driver.NotReversed, driver.NotSent} {
		l := open(t, t.TempDir())
		p := paid(t, l, 1)
		must(l.Aftermath(p.ID, driver.Aftermath{Acked: true, Ticket: slip}))(t)
		must(l.Reverse(p.ID, "capo", "rev-1", reversalBaseline))(t)
		r := must(l.Conclude(p.ID, verdict(v, "reversal_refused")))(t)
		if r.State != Charged || r.ReceiptNumber != p.ReceiptNumber || r.Notices[0].Registration != RegAwaiting || r.Reversal.EndedAt.IsZero() || !r.Reversal.FreeAt.IsZero() {
			t.Fatalf("%s: %+v", v, r)
		}
		must(l.Aftermath(p.ID, driver.Aftermath{Ticket: "REFUSED"}))(t)
		if text := must(l.Ticket(p.ID))(t); text != slip {
			t.Errorf("the receipt's slip is gone: %q", text)
		}
		l = reopen(t, l)
		if items := must(l.Outbox())(t); len(items) != 1 || items[0].Watch {
			t.Errorf("%s: %+v", v, items)
		}
		if n := must(l.Notice(creditor, number(1)))(t); n.Holder != p.ID || !n.FreeAt.IsZero() {
			t.Errorf("%+v", n)
		}
		if r, err := l.Reverse(p.ID, "capo", "rev-1", reversalBaseline); !errors.Is(err, ErrRepeated) || r.State != Charged {
			t.Errorf("the repeat of a request reversed again: %+v %v", r, err)
		}
		if r = must(l.Reverse(p.ID, "capo", "rev-2", reversalBaseline))(t); r.State != Reversing {
			t.Errorf("%+v", r)
		}
		must(l.Conclude(p.ID, verdict(driver.Reversed, "reversed")))(t)
		if n := must(l.Payments(Query{State: Reversed}))(t); len(n) != 1 {
			t.Errorf("%+v", n)
		}
	}
}

// TestReversalUnknown stays until it is proven, by evidence or by two people; it is never not charged.
func TestReversalUnknown(t *testing.T) {
	for _, answer := range []driver.Verdict{driver.Reversed, driver.NotReversed} {
		l := open(t, t.TempDir())
		p := paid(t, l, 1)
		must(l.Reverse(p.ID, "capo", "rev-1", reversalBaseline))(t)
		if _, err := l.Propose(p.ID, p.EvidenceSeq, Proposal{Answer: answer, By: "anna"}); !errors.Is(err, ErrStale) {
			t.Errorf("people answer while the terminal may: %v", err)
		}
		r := must(l.Conclude(p.ID, verdict(driver.Unknown, "line_lost")))(t)
		if r.State != Reversing || r.NeedsPeople || len(must(l.Cases(false))(t)) != 0 {
			t.Fatalf("%+v", r)
		}
		if _, err := l.Conclude(p.ID, verdict(driver.NotSent, "x")); !errors.Is(err, ErrStale) {
			t.Errorf("not sent after it was heard of: %v", err)
		}
		l = reopen(t, l)
		final := verdict(driver.Unknown, "awaiting_people")
		final.Outcome.Final = true
		for range 2 {
			r = must(l.Conclude(p.ID, final))(t)
		}
		cases := must(l.Cases(false))(t)
		if !r.NeedsPeople || len(cases) != 1 || cases[0].Cause.Code != "reversal_unknown" {
			t.Fatalf("%+v %+v", r, cases)
		}
		if _, err := l.ProposeEnding(cases[0].ID, cases[0].Seq, Proposal{Ending: EndingClosed, Note: "x", By: "anna"}); err != nil {
			t.Errorf("%v", err)
		}
		for _, wrong := range []driver.Verdict{driver.Charged, driver.NotCharged} {
			if _, err := l.Propose(p.ID, r.EvidenceSeq, Proposal{Answer: wrong, By: "anna"}); !errors.Is(err, ErrInvalid) {
				t.Errorf("%s: %v", wrong, err)
			}
		}
		must(l.Propose(p.ID, r.EvidenceSeq, Proposal{Answer: answer, By: "anna"}))(t)
		if s := must(l.Terminal("cassa1"))(t); s.Lock != p.ID {
			t.Error("one signature frees the terminal")
		}
		r = must(l.Countersign(p.ID, r.EvidenceSeq, "capo", true))(t)
		want := map[driver.Verdict]State{driver.Reversed: Reversed, driver.NotReversed: Charged}[answer]
		if r.State != want || len(r.ResolvedBy) != 2 || r.Charge.STAN != "000042" || r.NeedsPeople {
			t.Errorf("%+v", r)
		}
		if s := must(l.Terminal("cassa1"))(t); s.Lock != "" || s.Total != nil {
			t.Errorf("%+v", s)
		}
	}
}

func TestNotReversible(t *testing.T) {
	platform := func(i *Intent) { i.Settlement = SettlementPlatform }
	to := func(regs ...Registration) func(*testing.T, *Ledger, string) {
		return func(t *testing.T, l *Ledger, id string) {
			for _, r := range regs {
				must(l.Register(RegistrationChange{PaymentID: id, To: r, ReceiptID: map[bool]string{true: "R1"}[r == RegDone]}))(t)
			}
		}
	}
	for _, c := range []struct {
		name   string
		change func(*Intent)
		after  func(*testing.T, *Ledger, string)
		why    string
	}{
		{"awaiting", nil, nil, ""},
		{"registered", nil, to(RegDone), ""},
		{"held", nil, to(RegHeld), ""},
		{"paid elsewhere", nil, to(RegElse), ""},
		{"closed", nil, to(RegClosed), local.WhyState},
		{"platform, nothing yet", platform, nil, ""},
		{"platform, held before", platform, to(RegHeld), ""},
		{"platform, submitting", platform, to(RegSubmit), local.WhySubmitted},
		{"platform, awaiting", platform, to(RegSubmit, RegAwaiting), local.WhySubmitted},
		{"platform, held after", platform, to(RegSubmit, RegHeld), local.WhySubmitted},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := open(t, t.TempDir())
			in := intent(1)
			if c.change != nil {
				c.change(&in)
			}
			p := must(l.Intend(in))(t)
			must(l.Conclude(p.ID, charged("000042")))(t)
			if c.after != nil {
				c.after(t, l, p.ID)
			}
			l = reopen(t, l)
			before := l.Stats().Entries
			_, err := l.Reverse(p.ID, "capo", "rev", reversalBaseline)
			var not *NotReversibleError
			switch {
			case c.why == "" && err != nil:
				t.Fatal(err)
			case c.why != "" && (!errors.As(err, &not) || not.Why != c.why || !errors.Is(err, ErrNotReversible) || l.Stats().Entries != before):
				t.Fatalf("%v", err)
			case c.why == "" && in.Settlement == SettlementPlatform:
				if items := must(l.Outbox())(t); len(items) != 0 {
					t.Errorf("somebody may submit it: %+v", items)
				}
				if _, err := l.Register(RegistrationChange{PaymentID: p.ID, To: RegSubmit}); !errors.Is(err, ErrStale) {
					t.Errorf("submitted in the middle of its reversal: %v", err)
				}
				must(l.Conclude(p.ID, verdict(driver.NotReversed, "reversal_refused")))(t)
				if c.name == "platform, nothing yet" && len(must(l.Outbox())(t)) != 1 {
					t.Error("the charge stands and nobody looks after it")
				}
			}
		})
	}
	l := open(t, t.TempDir())
	p := paid(t, l, 1)
	must(l.Intend(intent(2)))(t)
	if _, err := l.Reverse(p.ID, "capo", "rev", reversalBaseline); !errors.Is(err, ErrTerminalLocked) {
		t.Errorf("a payment is in hand: %v", err)
	}
	if _, err := l.Reverse(p.ID, "capo", p.RequestID, reversalBaseline); !errors.Is(err, ErrRequestReused) {
		t.Errorf("the payment's own request: %v", err)
	}
	in := intent(3)
	in.Terminal = "cassa2"
	q := must(l.Intend(in))(t)
	var not *NotReversibleError
	if _, err := l.Reverse(q.ID, "capo", "rev-q", reversalBaseline); !errors.As(err, &not) || not.Why != local.WhyState {
		t.Errorf("not charged: %v", err)
	}
	must(l.Conclude(q.ID, verdict(driver.Charged, "by_evidence")))(t)
	if _, err := l.Reverse(q.ID, "capo", "rev-q", reversalBaseline); !errors.As(err, &not) || not.Why != local.WhyNoSTAN {
		t.Errorf("without a STAN: %v", err)
	}
	in = intent(4)
	in.Terminal, in.RequestID = "cassa3", "rev-taken"
	must(l.Intend(in))(t)
	if _, err := l.Reverse(q.ID, "capo", "rev-taken", reversalBaseline); !errors.Is(err, ErrRequestReused) {
		t.Errorf("another payment's request: %v", err)
	}
}

// TestReceiptOfAReversal: given back and paid on the platform. The debt must not be charged again by us
// until people have mended it.
func TestReceiptOfAReversal(t *testing.T) {
	for _, when := range []string{"before", "soon", "late", "after another charge"} {
		t.Run(when, func(t *testing.T) {
			clock := newClock()
			l := open(t, t.TempDir(), func(o *Options) { o.Now = clock.now })
			p := paid(t, l, 1)
			if when == "before" {
				must(l.Register(RegistrationChange{PaymentID: p.ID, To: RegDone, ReceiptID: "R1"}))(t)
			}
			must(l.Reverse(p.ID, "capo", "rev", reversalBaseline))(t)
			must(l.Conclude(p.ID, verdict(driver.Reversed, "reversed")))(t)
			r := must(l.Aftermath(p.ID, driver.Aftermath{Acked: true}))(t)
			retry := intent(1)
			retry.RequestID = "retry"
			if when == "late" || when == "after another charge" {
				clock.set(r.Reversal.FreeAt)
			}
			var second Payment
			if when == "after another charge" {
				second = must(l.Intend(retry))(t)
			}
			if when != "before" {
				must(l.Register(RegistrationChange{PaymentID: p.ID, ReceiptID: "R1", Case: &Case{Cause: driver.Reason{Code: "receipt_uncharged"}}}))(t)
			}
			clock.set(r.Reversal.FreeAt.Add(time.Hour))
			l = reopen(t, l)
			cases := must(l.Cases(false))(t)
			if len(cases) != 1 || cases[0].Cause.Code != "receipt_after_reversal" || !cases[0].NeedsTwo {
				t.Fatalf("%+v", cases)
			}
			if second.ID != "" {
				must(l.Conclude(second.ID, verdict(driver.NotCharged, "declined")))(t)
			}
			retry.RequestID, retry.Reference = "retry 2", "RIFA1x"+when
			var locked *LockedError
			if _, err := l.Intend(retry); !errors.As(err, &locked) || locked.PaymentID != p.ID {
				t.Fatalf("charged again: %v", err)
			}
			if n := must(l.Notice(creditor, number(1)))(t); n.Holder != p.ID || !n.FreeAt.IsZero() {
				t.Errorf("%+v", n)
			}
			if when == "before" {
				return
			}
			endCase(t, l, cases[0].ID, EndingRefunded, "annullata la ricevuta, prot. 12")
			must(l.Intend(retry))(t)
		})
	}
}

// TestCartIsReversedWhole.
func TestCartIsReversedWhole(t *testing.T) {
	clock := newClock()
	l := open(t, t.TempDir(), func(o *Options) { o.Now = clock.now })
	in := intent(1)
	in.Notices = append(in.Notices, Notice{Creditor: creditor, Number: number(2), AmountCents: 1000})
	in.AmountCents += 1000
	p := must(l.Intend(in))(t)
	c := charged("000042")
	c.Outcome.Charge.AmountCents = in.AmountCents
	must(l.Conclude(p.ID, c))(t)
	must(l.Reverse(p.ID, "capo", "rev", reversalBaseline))(t)
	must(l.Conclude(p.ID, verdict(driver.Reversed, "reversed")))(t)
	r := must(l.Aftermath(p.ID, driver.Aftermath{Acked: true}))(t)
	clock.set(r.Reversal.FreeAt)
	// A receipt of one of them holds all: the money of all went back.
	must(l.Register(RegistrationChange{PaymentID: p.ID, Index: 1, ReceiptID: "R2"}))(t)
	for i := 1; i <= 2; i++ {
		if n := must(l.Notice(creditor, number(i)))(t); n.Holder != p.ID {
			t.Errorf("notice %d: %+v", i, n)
		}
	}
	if s := must(l.Takings("cassa1"))(t); s.Cents != 0 {
		t.Errorf("%+v", s)
	}
}

// TestReversalRefundedByTheOffice: money goes back on one way only. Who proposes to end a case does so knowing what
// the terminal has done.
func TestReversalRefundedByTheOffice(t *testing.T) {
	forbidden := func(t *testing.T, l *Ledger, id, request string) {
		t.Helper()
		var no *NotReversibleError
		if r, err := l.Reverse(id, "capo", request, reversalBaseline); !errors.As(err, &no) || no.Why != local.WhyRefunded {
			t.Fatalf("refunded by the office, and now %q: %v", r.State, err)
		}
	}
	propose := func(t *testing.T, l *Ledger, c Case, ending string) Case {
		t.Helper()
		return must(l.ProposeEnding(c.ID, c.Seq, Proposal{Ending: ending, Note: "bonifico 123", By: "anna"}))(t)
	}
	t.Run("refunded", func(t *testing.T) {
		l := open(t, t.TempDir())
		p := paid(t, l, 1)
		must(l.Register(RegistrationChange{PaymentID: p.ID, To: RegDone, ReceiptID: "R1"}))(t)
		c := must(l.OpenCase(Case{PaymentID: p.ID, Cause: driver.Reason{Code: ReasonDoubleCharge}}))(t)
		c = propose(t, l, c, EndingRefunded)
		forbidden(t, l, p.ID, "rev-1")
		must(l.CountersignEnding(c.ID, c.Seq, "capo", true))(t)
		l = reopen(t, l)
		forbidden(t, l, p.ID, "rev-2")
	})
	t.Run("turned down", func(t *testing.T) {
		l := open(t, t.TempDir())
		p := paid(t, l, 1)
		c := propose(t, l, must(l.OpenCase(Case{PaymentID: p.ID, Cause: driver.Reason{Code: "not_reversible"}}))(t), EndingRefunded)
		forbidden(t, l, p.ID, "rev-1")
		c = must(l.CountersignEnding(c.ID, c.Seq, "capo", false))(t)
		must(l.Reverse(p.ID, "capo", "rev-1", reversalBaseline))(t)
		if _, err := l.ProposeEnding(c.ID, c.Seq, Proposal{Ending: EndingRefunded, Note: "bonifico", By: "anna"}); !errors.Is(err, ErrStale) {
			t.Errorf("proposed while the terminal may give it back: %v", err)
		}
	})
	for _, v := range []driver.Verdict{driver.Reversed, driver.NotReversed} {
		l := open(t, t.TempDir())
		p := paid(t, l, 1)
		c := propose(t, l, must(l.OpenCase(Case{PaymentID: p.ID, Cause: driver.Reason{Code: "not_reversible"}}))(t), EndingClosed)
		must(l.Reverse(p.ID, "capo", "rev-1", reversalBaseline))(t)
		for range 2 {
			if _, err := l.CountersignEnding(c.ID, c.Seq, "capo", true); !errors.Is(err, ErrStale) {
				t.Fatalf("signed in ignorance of a reversal: %v", err)
			}
			if now := must(l.Payment(p.ID))(t); now.State == Reversing {
				must(l.Conclude(p.ID, verdict(v, "x")))(t)
			}
		}
		must(l.CountersignEnding(c.ID, c.Seq, "capo", false))(t)
	}
}
