package ledger

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"sportello/driver"
)

func TestEveryStateDeclaresItsRecovery(t *testing.T) {
	for s, row := range states {
		finished := s == Charged || s == NotCharged || s == Reversed
		if (row.recovery == "") != finished || s.Finished() != finished {
			t.Errorf("%s: recovery %q", s, row.recovery)
		}
		for _, next := range row.next {
			if _, ok := states[next]; !ok {
				t.Errorf("%s leads to %q, which is not in the table", s, next)
			}
		}
	}
	if Charged.May(NotCharged) || Reversing.May(NotCharged) {
		t.Error("a charge may never become not charged")
	}
}

// TestConcludeFollowsTheTable tries every verdict in every state that can be reached.
func TestConcludeFollowsTheTable(t *testing.T) {
	ways := map[State][]Conclusion{
		Sent:       nil,
		Unknown:    {verdict(driver.Unknown, "line_lost")},
		Charged:    {charged("000042")},
		NotCharged: {verdict(driver.NotCharged, "declined")},
	}
	verdicts := map[driver.Verdict]State{
		driver.Charged: Charged, driver.NotCharged: NotCharged, driver.NotSent: NotCharged, driver.Unknown: Unknown,
		driver.Reversed: "none", driver.NotReversed: "none", // of a reversal alone
	}
	n := 0
	for from, way := range ways {
		for v, to := range verdicts {
			t.Run(fmt.Sprintf("%s/%s", from, v), func(t *testing.T) {
				n++
				l := open(t, t.TempDir())
				p := must(l.Intend(intent(n)))(t)
				for _, c := range way {
					must(l.Conclude(p.ID, c))(t)
				}
				before := l.Stats()
				got, err := l.Conclude(p.ID, verdict(v, "test"))
				allowed := from.May(to) && (v != driver.NotSent || from == Sent)
				switch {
				case allowed && (err != nil || got.State != to):
					t.Fatalf("%v, %+v", err, got)
				case !allowed && (!errors.Is(err, ErrStale) || l.Stats() != before):
					t.Fatalf("not refused: %v", err)
				}
			})
		}
	}
	l := open(t, t.TempDir())
	if _, err := l.Conclude("A1-00000009", charged("1")); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown payment: %v", err)
	}
	p := must(l.Refuse(intent(1).Payment, driver.Reason{Code: "terminal_silent"}))(t)
	if _, err := l.Conclude(p.ID, charged("1")); !errors.Is(err, ErrStale) {
		t.Errorf("a refused payment was concluded: %v", err)
	}
	if _, err := l.Conclude(p.ID, verdict("maybe", "")); !errors.Is(err, ErrInvalid) {
		t.Errorf("odd verdict: %v", err)
	}
}

func TestLocks(t *testing.T) {
	base := intent(1)
	base.Notices[0].Position, base.Notices[0].Document = "A2A/77", "PIANO-3"
	tries := map[string]func(*Intent){
		"notice":   func(i *Intent) { i.Notices[0].Number = base.Notices[0].Number },
		"position": func(i *Intent) { i.Notices[0].Position = "A2A/77" },
		"document": func(i *Intent) { i.Notices[0].Document = "PIANO-3" },
		"in a cart": func(i *Intent) {
			i.Notices = append(i.Notices, Notice{Creditor: creditor, Number: base.Notices[0].Number, AmountCents: 1})
			i.AmountCents++
		},
	}
	for _, c := range []struct {
		name  string
		after []Conclusion
		held  bool
	}{
		{"sent", nil, true},
		{"unknown", []Conclusion{verdict(driver.Unknown, "line_lost")}, true},
		{"charged", []Conclusion{charged("000042")}, true},
		{"not charged", []Conclusion{verdict(driver.NotCharged, "declined")}, false},
		{"unknown, then charged", []Conclusion{verdict(driver.Unknown, "x"), charged("000042")}, true},
		{"unknown, then not charged", []Conclusion{verdict(driver.Unknown, "x"), verdict(driver.NotCharged, "x")}, false},
	} {
		for name, change := range tries {
			t.Run(c.name+"/"+name, func(t *testing.T) {
				l := open(t, t.TempDir())
				first := must(l.Intend(base))(t)
				for _, conclusion := range c.after {
					must(l.Conclude(first.ID, conclusion))(t)
				}
				l = reopen(t, l)
				second := intent(2)
				second.Terminal = "cassa2"
				change(&second)
				before := l.Stats().Entries
				_, err := l.Intend(second)
				var locked *LockedError
				switch {
				case c.held && (!errors.Is(err, ErrNoticeLocked) || !errors.As(err, &locked) || locked.PaymentID != first.ID):
					t.Fatalf("not refused for %s: %v", first.ID, err)
				case c.held && l.Stats().Entries != before:
					t.Fatal("a refused intent left an entry")
				case !c.held && err != nil:
					t.Fatal(err)
				}
				// A refused intent takes none of its locks.
				if n := must(l.Notice(creditor, number(2)))(t); c.held && n.Holder != "" {
					t.Fatalf("refused intent holds %s", number(2))
				}
			})
		}
	}
	t.Run("another creditor's notice and document", func(t *testing.T) {
		l := open(t, t.TempDir())
		must(l.Intend(base))(t)
		second := intent(1)
		second.RequestID, second.Terminal = "2", "cassa2"
		second.Notices[0].Creditor, second.Notices[0].Document = other, "PIANO-3"
		must(l.Intend(second))(t)
	})
}

// TestRegisteredFreesTheDocument: when the platform knows of an instalment the next one of its document
// can be paid; the instalment itself stays locked.
func TestRegisteredFreesTheDocument(t *testing.T) {
	l := open(t, t.TempDir())
	in := intent(1)
	in.Notices[0].Position, in.Notices[0].Document = "A2A/1", "PIANO-3"
	in.Notices = append(in.Notices, Notice{Creditor: creditor, Number: number(2), Position: "A2A/2", Document: "PIANO-3", AmountCents: 1250},
		Notice{Creditor: creditor, Number: number(3), Document: "PIANO-4", AmountCents: 1250})
	in.AmountCents = 3 * 1250
	p := must(l.Intend(in))(t)
	c := charged("000042")
	c.Outcome.Charge.AmountCents = in.AmountCents
	must(l.Conclude(p.ID, c))(t)
	next := intent(4)
	next.Notices[0].Document = "PIANO-3"
	refused := func(in Intent, when string) {
		t.Helper()
		in.RequestID += when
		if _, err := l.Intend(in); !errors.Is(err, ErrNoticeLocked) {
			t.Fatalf("%s: %v", when, err)
		}
	}
	must(l.Register(RegistrationChange{PaymentID: p.ID, Index: 0, To: RegDone, ReceiptID: "R1"}))(t)
	refused(next, "another instalment of the document is not registered")
	must(l.Register(RegistrationChange{PaymentID: p.ID, Index: 1, To: RegDone, ReceiptID: "R2"}))(t)
	l = reopen(t, l)
	q := must(l.Intend(next))(t)
	for i, number := range []string{number(1), number(2), number(3)} {
		again := intent(10 + i)
		again.Notices[0].Number = number
		refused(again, "a notice that is charged")
	}
	position := intent(20)
	position.Notices[0].Position = "A2A/1"
	refused(position, "a position that is charged")
	document := intent(21)
	document.Notices[0].Document = "PIANO-4"
	refused(document, "a document that is not registered")
	// What is held after its registration does not take the document back from who has it now.
	must(l.Register(RegistrationChange{PaymentID: p.ID, Index: 0, To: RegHeld, Reason: driver.Reason{Code: "ack_not_written"}}))(t)
	must(l.Conclude(q.ID, verdict(driver.NotCharged, "declined")))(t)
	l = reopen(t, l)
	again := intent(5)
	again.Notices[0].Document = "PIANO-3"
	must(l.Intend(again))(t)
}

func TestTerminalLockAndFree(t *testing.T) {
	l := open(t, t.TempDir())
	first := must(l.Intend(intent(1)))(t)
	if err := l.Free("cassa1", "capo"); !errors.Is(err, ErrStale) {
		t.Fatalf("freed under a payment in hand: %v", err)
	}
	must(l.Conclude(first.ID, verdict(driver.Unknown, "no_answer")))(t)
	var locked *LockedError
	if _, err := l.Intend(intent(2)); !errors.Is(err, ErrTerminalLocked) || !errors.As(err, &locked) || locked.PaymentID != first.ID {
		t.Fatalf("terminal with an unknown took a payment: %v", err)
	}
	if err := l.Free("cassa1", "capo"); err != nil {
		t.Fatal(err)
	}
	if err := l.Free("cassa1", "capo"); !errors.Is(err, ErrNotFound) {
		t.Fatalf("freed twice: %v", err)
	}
	if n := must(l.Notice(creditor, number(1)))(t); n.Holder != first.ID {
		t.Fatalf("the notice was freed with the terminal: %+v", n)
	}
	second := must(l.Intend(intent(2)))(t)
	// The old unknown's end neither frees the terminal under the new payment nor moves its last result back.
	c := charged("000043")
	must(l.Conclude(first.ID, c))(t)
	s := must(l.Terminal("cassa1"))(t)
	if s.Lock != second.ID || s.LastResult != resultHash([]byte("baseline 2")) {
		t.Fatalf("terminal after the old payment's end: %+v", s)
	}
	if ok := must(l.KnowsResult("cassa1", c.RawResult, "000043"))(t); !ok {
		t.Fatal("the old payment's result is not known")
	}
	must(l.Conclude(second.ID, charged("000044")))(t)
	if s := must(l.Terminal("cassa1"))(t); s.Lock != "" || s.LastSTAN != "000044" {
		t.Fatalf("terminal after the new payment's end: %+v", s)
	}
}

func TestRequestIsTheSamePayment(t *testing.T) {
	l := open(t, t.TempDir())
	p := must(l.Intend(intent(1)))(t)
	before := l.Stats()
	for range 2 {
		again := must(l.Intend(intent(1)))(t)
		if !reflect.DeepEqual(again, p) || l.Stats() != before {
			t.Fatalf("repeat: %+v, not %+v", again, p)
		}
		l = reopen(t, l)
		before = l.Stats()
	}
	other := intent(1)
	other.RequestHash = "another"
	if _, err := l.Intend(other); !errors.Is(err, ErrRequestReused) {
		t.Fatalf("another body: %v", err)
	}
	if _, err := l.Refuse(other.Payment, driver.Reason{}); !errors.Is(err, ErrRequestReused) {
		t.Fatalf("another body, refused: %v", err)
	}
	r := must(l.Refuse(intent(2).Payment, driver.Reason{Code: "terminal_silent", Text: "zitto"}))(t)
	if r.State != NotCharged || !r.SentAt.IsZero() || r.Reason.Code != "terminal_silent" {
		t.Fatalf("refused: %+v", r)
	}
	if got, ok, err := l.ByRequest("request-2"); err != nil || !ok || !reflect.DeepEqual(got, r) {
		t.Fatalf("refused payment by its request: %+v %v %v", got, ok, err)
	}
	if got := must(l.Intend(intent(2)))(t); got.ID != r.ID {
		t.Fatalf("the request of a refused payment charged: %+v", got)
	}
	if n := must(l.Notice(creditor, number(2)))(t); n.Holder != "" || len(n.Payments) != 0 {
		t.Fatalf("a refused payment is in the notice's history: %+v", n)
	}
	if items := must(l.Outbox())(t); len(items) != 0 {
		t.Fatalf("a refused payment is on watch: %+v", items)
	}
}

func TestInvalidIntentsLeaveNoTrace(t *testing.T) {
	l := open(t, t.TempDir())
	for name, change := range map[string]func(*Intent){
		"no request":    func(i *Intent) { i.RequestID = "" },
		"no terminal":   func(i *Intent) { i.Terminal = "" },
		"no notices":    func(i *Intent) { i.Notices = nil },
		"amount":        func(i *Intent) { i.AmountCents++ },
		"negative":      func(i *Intent) { i.AmountCents, i.Notices[0].AmountCents = -5, -5 },
		"twice":         func(i *Intent) { i.Notices = append(i.Notices, i.Notices[0]); i.AmountCents *= 2 },
		"long":          func(i *Intent) { i.Notices[0].Position = strings.Repeat("x", 300) },
		"slash":         func(i *Intent) { i.Notices[0].Number += "/1" },
		"foreign id":    func(i *Intent) { i.ID = "B2-00000001" },
		"long terminal": func(i *Intent) { i.Terminal = strings.Repeat("t", 300) },
		"not UTF-8":     func(i *Intent) { i.RequestID = "\xff" },
	} {
		in := intent(1)
		change(&in)
		if _, err := l.Intend(in); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if s := l.Stats(); s.Commits != 0 || s.Entries != 0 {
		t.Errorf("%+v", s)
	}
}

// TestIDsHaveNoHoles: a number is given with the entry, so neither what is refused nor a commit that fails takes one.
func TestIDsHaveNoHoles(t *testing.T) {
	var failing error
	l := open(t, t.TempDir(), func(o *Options) { o.FailCommit = func() error { return failing } })
	p := must(l.Intend(intent(1)))(t)
	locked := intent(1)
	locked.RequestID, locked.Reference, locked.Terminal = "again", "RIFA1ZZZZZZZZ", "cassa2"
	if _, err := l.Intend(locked); !errors.Is(err, ErrNoticeLocked) {
		t.Fatal(err)
	}
	in := intent(2)
	in.Terminal = "cassa2"
	failing = errors.New("no")
	if _, err := l.Intend(in); err == nil {
		t.Fatal("written")
	}
	failing = nil
	q := must(l.Intend(in))(t)
	r := must(l.Refuse(Payment{RequestID: "refused", Terminal: "cassa1"}, driver.Reason{Code: "terminal_silent"}))(t)
	if p.ID != "A1-00000001" || q.ID != "A1-00000002" || r.ID != "A1-00000003" {
		t.Fatalf("%s %s %s", p.ID, q.ID, r.ID)
	}
	l = reopen(t, l)
	if r := must(l.Refuse(Payment{RequestID: "next", Terminal: "cassa1"}, driver.Reason{Code: "terminal_silent"}))(t); r.ID != "A1-00000004" {
		t.Fatalf("after a start: %s", r.ID)
	}
}

func TestReceiptNumbersByAccountingYear(t *testing.T) {
	l := open(t, t.TempDir())
	times := []struct {
		host time.Time
		want string
	}{
		{time.Date(2026, 12, 31, 22, 59, 59, 0, time.UTC), "2026/1"}, // 23:59:59 in Rome
		{time.Date(2026, 12, 31, 23, 0, 0, 0, time.UTC), "2027/1"},   // midnight in Rome
		{time.Date(2026, 12, 31, 20, 0, 0, 0, time.UTC), "2026/2"},   // an old one, late
		{time.Time{}, "2026/3"}, // no host time: this PC's day, 2026-03-10
		{time.Date(2027, 1, 1, 9, 0, 0, 0, rome), "2027/2"},
	}
	for i, c := range times {
		p := must(l.Intend(intent(i)))(t)
		con := charged("000042")
		con.Outcome.Charge.HostTime = c.host
		p = must(l.Conclude(p.ID, con))(t)
		if p.ReceiptNumber != c.want || !strings.HasPrefix(p.AccountingDay, c.want[:4]) {
			t.Errorf("%v: receipt %s, day %s, want %s", c.host, p.ReceiptNumber, p.AccountingDay, c.want)
		}
		declined := intent(100 + i)
		d := must(l.Intend(declined))(t)
		if d = must(l.Conclude(d.ID, verdict(driver.NotCharged, "declined")))(t); d.ReceiptNumber != "" || d.AccountingDay != "" {
			t.Errorf("declined with a receipt number: %+v", d)
		}
		l = reopen(t, l)
	}
}

func TestAnotherAmountIsHeldAndACase(t *testing.T) {
	l := open(t, t.TempDir())
	p := must(l.Intend(intent(1)))(t)
	c := charged("000042")
	c.Outcome.Charge.AmountCents = 1200
	before := l.Stats().Commits
	p = must(l.Conclude(p.ID, c))(t)
	if p.State != Charged || p.AmountCents != 1250 || p.Charge.AmountCents != 1200 || p.ReceiptNumber == "" ||
		p.Notices[0].Registration != RegHeld || p.Notices[0].Reason.Code != "amount_differs" {
		t.Fatalf("%+v", p)
	}
	if n := l.Stats().Commits - before; n != 1 {
		t.Fatalf("%d commits", n)
	}
	cases := must(l.Cases(false))(t)
	if len(cases) != 1 || cases[0].PaymentID != p.ID || cases[0].Cause.Code != "amount_differs" || cases[0].Owner == "" || cases[0].Due.IsZero() {
		t.Fatalf("%+v", cases)
	}
	if items := must(l.Outbox())(t); len(items) != 0 {
		t.Fatalf("held and in the outbox: %+v", items)
	}
	if n := must(l.Notice(creditor, number(1)))(t); n.Holder != p.ID {
		t.Fatal("held and not locked")
	}
}

func TestLateCharge(t *testing.T) {
	l := open(t, t.TempDir())
	p := must(l.Intend(intent(1)))(t)
	must(l.Conclude(p.ID, verdict(driver.NotCharged, "declined")))(t)
	items := must(l.Outbox())(t)
	if len(items) != 1 || !items[0].Watch {
		t.Fatalf("%+v", items)
	}
	got := must(l.Conclude(p.ID, charged("000042")))(t)
	if got.State != Charged || got.ReceiptNumber != "2026/1" || got.Notices[0].Registration != RegAwaiting {
		t.Fatalf("%+v", got)
	}
	if n := must(l.Notice(creditor, number(1)))(t); n.Holder != p.ID {
		t.Fatalf("the lock was not retaken: %+v", n)
	}
	if cases := must(l.Cases(false))(t); len(cases) != 1 || cases[0].Cause.Code != ReasonLateCharge {
		t.Fatalf("%+v", cases)
	}
	if items := must(l.Outbox())(t); len(items) != 1 || items[0].Watch {
		t.Fatalf("%+v", items)
	}
}

func TestLateChargeOfANoticeThatAnotherHolds(t *testing.T) {
	for _, end := range []driver.Verdict{driver.Charged, driver.NotCharged} {
		t.Run(string(end), func(t *testing.T) {
			l := open(t, t.TempDir())
			first := must(l.Intend(intent(1)))(t)
			must(l.Conclude(first.ID, verdict(driver.NotCharged, "declined")))(t)
			retry := intent(1)
			retry.RequestID, retry.RetryOf = "retry", first.ID
			second := must(l.Intend(retry))(t)
			must(l.Conclude(first.ID, charged("000042")))(t)
			cases := must(l.Cases(false))(t)
			if len(cases) != 1 || cases[0].Cause.Code != ReasonDoubleCharge || !strings.Contains(cases[0].Evidence, second.ID) {
				t.Fatalf("%+v", cases)
			}
			must(l.Conclude(second.ID, verdict(end, "x")))(t)
			l = reopen(t, l)
			n := must(l.Notice(creditor, number(1)))(t)
			if !slices.Equal(n.Payments, []string{first.ID, second.ID}) {
				t.Fatalf("history: %+v", n)
			}
			want := second.ID // the first to hold it
			if end == driver.NotCharged {
				want = first.ID // its giving back leaves the other's
			}
			if n.Holder != want {
				t.Fatalf("holder %q, want %q", n.Holder, want)
			}
			third := intent(1)
			third.RequestID = "third"
			if _, err := l.Intend(third); !errors.Is(err, ErrNoticeLocked) {
				t.Fatalf("a third charge: %v", err)
			}
		})
	}
}

func TestReceiptWatch(t *testing.T) {
	for _, c := range []struct{ at, until string }{
		{"2026-03-10T10:00:00+01:00", "2026-03-12T23:59:59+01:00"}, // Tuesday: Thursday
		{"2026-03-12T23:30:00+01:00", "2026-03-16T23:59:59+01:00"}, // Thursday: Monday
		{"2026-03-14T10:00:00+01:00", "2026-03-17T23:59:59+01:00"}, // Saturday: Tuesday
		{"2026-03-26T10:00:00+01:00", "2026-03-30T23:59:59+02:00"}, // over the change to summer time
	} {
		at, _ := time.Parse(time.RFC3339, c.at)
		want, _ := time.Parse(time.RFC3339, c.until)
		if got := watchEnd(at); !got.Equal(want) {
			t.Errorf("%s: %v, want %v", c.at, got.In(rome), want)
		}
	}
	l := open(t, t.TempDir())
	p := must(l.Intend(intent(1)))(t)
	must(l.Conclude(p.ID, verdict(driver.Unknown, "no_answer")))(t)
	items := must(l.Outbox())(t)
	if len(items) != 1 || !items[0].Watch || items[0].Key == "" || items[0].Until.In(rome).Format(time.DateTime) != "2026-03-12 23:59:59" {
		t.Fatalf("%+v", items)
	}
	must(l.Conclude(p.ID, verdict(driver.NotCharged, "by_evidence")))(t)
	if again := must(l.Outbox())(t); len(again) != 1 || again[0].Key != items[0].Key || !again[0].Since.Equal(items[0].Since) {
		t.Fatalf("%+v", again)
	}
	// A receipt for a payment that was not charged is a finding and a case, not a registration.
	if _, err := l.Register(RegistrationChange{PaymentID: p.ID, To: RegDone}); !errors.Is(err, ErrStale) {
		t.Fatalf("registered and not charged: %v", err)
	}
	must(l.Register(RegistrationChange{PaymentID: p.ID, Reason: driver.Reason{Code: "receipt_uncharged"}, DropWatch: true,
		Case: &Case{Cause: driver.Reason{Code: "receipt_uncharged"}}}))(t)
	if items := must(l.Outbox())(t); len(items) != 0 {
		t.Fatalf("%+v", items)
	}
	if cases := must(l.Cases(false))(t); len(cases) != 1 || cases[0].PaymentID != p.ID {
		t.Fatalf("%+v", cases)
	}
	// Nothing has left the PC: nothing to watch.
	q := must(l.Intend(intent(2)))(t)
	must(l.Conclude(q.ID, verdict(driver.NotSent, "terminal_unreachable")))(t)
	if items := must(l.Outbox())(t); len(items) != 0 {
		t.Fatalf("%+v", items)
	}
}

// TestAReceiptBarsNotCharged: a receipt of our provider for an attempt whose outcome is not known is a
// witness of its charge (design 5.2). Evidence against it goes to people, and nothing is given back.
func TestAReceiptBarsNotCharged(t *testing.T) {
	for _, by := range [][]string{nil, {"capo", "anna"}} {
		l := open(t, t.TempDir())
		in := intent(1)
		in.Notices[0].Position, in.Notices[0].Document = "A2A/77", "PIANO-3"
		p := must(l.Intend(in))(t)
		must(l.Conclude(p.ID, verdict(driver.Unknown, "no_answer")))(t)
		p = must(l.Register(RegistrationChange{PaymentID: p.ID, ReceiptID: "R1", DropWatch: true,
			Case: &Case{Cause: driver.Reason{Code: "receipt_uncharged"}}}))(t)
		if p.Preset != driver.Charged || p.NeedsPeople {
			t.Fatalf("with its witness: preset %q, needs people %t", p.Preset, p.NeedsPeople)
		}
		c := verdict(driver.NotCharged, "by_evidence")
		c.ResolvedBy, c.RawResult = by, []byte("somebody's")
		p = must(l.Conclude(p.ID, c))(t)
		if p.State != Unknown || p.Preset != driver.Charged || !p.NeedsPeople || p.Reason.Code != "awaiting_people" || p.ResolvedBy != nil {
			t.Fatalf("%+v", p)
		}
		p = must(l.Conclude(p.ID, verdict(driver.Unknown, "restarted")))(t)
		if p.Preset != driver.Charged {
			t.Errorf("the witness is forgotten: preset %q", p.Preset)
		}
		l = reopen(t, l)
		for _, key := range lockKeys(in.Notices) {
			if err := l.read(func(_ *bolt.Tx, v *view) error {
				if holders := lockHolders(v, key); !slices.Equal(holders, []string{p.ID}) {
					t.Errorf("%q is held by %q", key, holders)
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		}
		if s := must(l.Terminal("cassa1"))(t); s.Lock != p.ID {
			t.Errorf("terminal held by %q", s.Lock)
		}
		if p = must(l.Conclude(p.ID, charged("000042")))(t); p.State != Charged || p.Preset != "" || p.Notices[0].Registration != RegAwaiting {
			t.Errorf("proven charged: %+v", p)
		}
	}
	// After not charged a receipt opens a case and changes nothing: there is nothing left to bar.
	l := open(t, t.TempDir())
	p := must(l.Intend(intent(1)))(t)
	must(l.Conclude(p.ID, verdict(driver.NotCharged, "declined")))(t)
	if p = must(l.Register(RegistrationChange{PaymentID: p.ID, ReceiptID: "R1", DropWatch: true}))(t); p.State != NotCharged || p.Preset != "" {
		t.Errorf("%+v", p)
	}
}

func TestRegisterFollowsTheTable(t *testing.T) {
	all := []Registration{RegNone, RegAwaiting, RegDone, RegHeld, RegElse, RegRejected, RegClosed, RegSubmit}
	l := open(t, t.TempDir())
	n := 0
	for _, from := range all {
		for _, to := range all {
			n++
			in := intent(n)
			in.Settlement = SettlementPlatform
			p := must(l.Intend(in))(t)
			p = must(l.Conclude(p.ID, charged("000042")))(t)
			if p.Notices[0].Registration != RegNone {
				t.Fatalf("settlement platform: %+v", p.Notices)
			}
			for _, step := range map[Registration][]Registration{
				RegAwaiting: {RegSubmit, RegAwaiting}, RegDone: {RegSubmit, RegAwaiting, RegDone}, RegHeld: {RegHeld},
				RegElse: {RegElse}, RegRejected: {RegRejected}, RegClosed: {RegClosed}, RegSubmit: {RegSubmit},
			}[from] {
				must(l.Register(RegistrationChange{PaymentID: p.ID, To: step}))(t)
			}
			p, err := l.Register(RegistrationChange{PaymentID: p.ID, To: to, Reason: driver.Reason{Code: "test"}})
			if !from.May(to) {
				if !errors.Is(err, ErrStale) {
					t.Errorf("%s to %s: %v", from, to, err)
				}
				continue
			}
			if err != nil || p.Notices[0].Registration != to {
				t.Errorf("%s to %s: %v, %+v", from, to, err, p.Notices)
			}
			open := slices.ContainsFunc(must(l.Outbox())(t), func(i OutboxItem) bool { return i.PaymentID == p.ID })
			if open != to.Awaited() {
				t.Errorf("%s: in the outbox %t", to, open)
			}
			mine := slices.ContainsFunc(must(l.Cases(false))(t), func(c Case) bool { return c.PaymentID == p.ID })
			if to.needsPeople() && !mine {
				t.Errorf("%s to %s: nobody's case", from, to)
			}
		}
	}
	if _, err := l.Register(RegistrationChange{PaymentID: "A1-00000001", Index: 1}); !errors.Is(err, ErrNotFound) {
		t.Errorf("notice that is not there: %v", err)
	}
}

func TestAcknowledgementThatWasNotWritten(t *testing.T) {
	l := open(t, t.TempDir())
	p := must(l.Intend(intent(1)))(t)
	if _, err := l.Aftermath(p.ID, driver.Aftermath{}); !errors.Is(err, ErrStale) {
		t.Fatalf("aftermath before the outcome: %v", err)
	}
	must(l.Conclude(p.ID, charged("000042")))(t)
	p = must(l.Aftermath(p.ID, driver.Aftermath{}))(t)
	if p.Acked || p.Reason.Code != "ack_not_written" || p.Notices[0].Registration != RegAwaiting || p.HasTicket {
		t.Fatalf("%+v", p)
	}
	if _, err := l.Ticket(p.ID); !errors.Is(err, ErrNotFound) {
		t.Fatalf("ticket: %v", err)
	}
	q := must(l.Intend(intent(2)))(t)
	must(l.Conclude(q.ID, verdict(driver.NotCharged, "declined")))(t)
	if q = must(l.Aftermath(q.ID, driver.Aftermath{}))(t); q.Reason.Code != "declined" {
		t.Fatalf("%+v", q)
	}
}

func TestKnowsResult(t *testing.T) {
	l := open(t, t.TempDir())
	knows := func(name, raw, stan string) bool {
		t.Helper()
		var b []byte
		if raw != "" {
			b = []byte(raw)
		}
		return must(l.KnowsResult(name, b, stan))(t)
	}
	if s := must(l.Terminal("cassa1"))(t); !s.Fresh {
		t.Fatalf("%+v", s)
	}
	if knows("cassa1", "somebody's", "000007") || !knows("cassa1", "", "") {
		t.Fatal("a fresh ledger knows only an empty memory")
	}
	if err := l.Adopt("cassa1", "capo", driver.Last{Present: true, Raw: []byte("somebody's"), TerminalID: "12345678",
		Charge: driver.Charge{STAN: "000007"}}); err != nil {
		t.Fatal(err)
	}
	if s := must(l.Terminal("cassa1"))(t); s.Fresh || s.LastSTAN != "000007" || s.TerminalID != "12345678" {
		t.Fatalf("%+v", s)
	}
	if !knows("cassa1", "somebody's", "000007") || knows("cassa2", "somebody's", "000007") || knows("cassa1", "newer", "000008") {
		t.Fatal("adopted: that one, on that terminal")
	}
	in := intent(1)
	in.Baseline.Last, in.Baseline.LastSTAN = []byte("somebody's"), "000007"
	p := must(l.Intend(in))(t)
	must(l.Conclude(p.ID, charged("000008")))(t)
	l = reopen(t, l)
	if !knows("cassa1", "result 000008", "") || !knows("cassa1", "told in other words", "000008") {
		t.Fatal("our own result is not known")
	}
	if !knows("cassa1", "somebody's", "000007") || knows("cassa1", "told in other words", "000007") {
		t.Fatal("an older result is known by its bytes, not by its STAN")
	}
	if err := l.Adopt("cassa1", "capo", driver.Last{Present: true, Raw: []byte("refused"), Charge: driver.Charge{STAN: "000000"}}); err != nil {
		t.Fatal(err)
	}
	if knows("cassa1", "refused, by somebody else", "000000") || !knows("cassa1", "refused", "000000") {
		t.Fatal("000000 is taken for a STAN")
	}
	if err := l.Adopt("cassa1", "capo", driver.Last{}); err != nil {
		t.Fatal(err)
	}
	if s := must(l.Terminal("cassa1"))(t); s.LastResult != "" || s.LastSTAN != "" {
		t.Fatalf("adopted an empty memory: %+v", s)
	}
}

// TestAResultWithoutANumber looks like every other of its kind: it is known only as the terminal's
// newest. In a copy brought back from before later charges it would hide them (design 5.7).
func TestAResultWithoutANumber(t *testing.T) {
	for _, stan := range []string{"", "000000"} {
		cancelled := []byte("cancelled, no number")
		l := open(t, t.TempDir())
		c := verdict(driver.NotCharged, "cancelled")
		c.Outcome.Charge, c.RawResult = &driver.Charge{STAN: stan}, cancelled
		p := must(l.Intend(intent(1)))(t)
		must(l.Conclude(p.ID, c))(t)
		if !must(l.KnowsResult("cassa1", cancelled, stan))(t) {
			t.Error("the newest is not known")
		}
		in := intent(2)
		in.Baseline.Last, in.Baseline.LastSTAN = cancelled, stan
		p = must(l.Intend(in))(t)
		if !must(l.KnowsResult("cassa1", cancelled, stan))(t) {
			t.Error("the baseline of a payment that did nothing is not known")
		}
		must(l.Conclude(p.ID, charged("000005")))(t)
		if l = reopen(t, l); must(l.KnowsResult("cassa1", cancelled, stan))(t) {
			t.Error("an older one is taken for the newest")
		}
	}
}

// TestEvidenceOfAnUnknownIsNotOurs: what the terminal remembered while nobody could say what became of a
// payment may be somebody else's transaction. It becomes known with a verdict, or by a supervisor.
func TestEvidenceOfAnUnknownIsNotOurs(t *testing.T) {
	foreign := []byte("somebody's")
	unsure := verdict(driver.Unknown, "awaiting_people")
	unsure.Outcome.Charge, unsure.RawResult = &driver.Charge{STAN: "000077", TerminalID: "12345678"}, foreign
	unsure.Outcome.Evidence = []driver.Evidence{{Kind: "last_result", Raw: foreign}}
	l := open(t, t.TempDir())
	in := intent(1)
	p := must(l.Intend(in))(t)
	must(l.Conclude(p.ID, unsure))(t)
	l = reopen(t, l)
	if must(l.KnowsResult("cassa1", foreign, "000077"))(t) {
		t.Error("learned from an unknown")
	}
	if !must(l.KnowsResult("cassa1", in.Baseline.Last, "000041"))(t) {
		t.Error("the baseline is forgotten")
	}
	if err := l.Free("cassa1", "capo"); err != nil {
		t.Fatal(err)
	}
	if must(l.KnowsResult("cassa1", foreign, "000077"))(t) {
		t.Error("learned by freeing the terminal")
	}
	sure := charged("000077")
	sure.RawResult = foreign
	must(l.Conclude(p.ID, sure))(t)
	if !must(l.KnowsResult("cassa1", foreign, "000077"))(t) {
		t.Error("proven ours and not known")
	}
}

func TestDemoteOnce(t *testing.T) {
	l := open(t, t.TempDir())
	for range 2 {
		if err := l.Demote("cassa1", "STAN 000050 is nobody's"); err != nil {
			t.Fatal(err)
		}
		l = reopen(t, l)
	}
	if s := must(l.Terminal("cassa1"))(t); !s.Demoted || s.DemotedWhy == "" || !s.Fresh {
		t.Fatalf("%+v", s)
	}
	if cases := must(l.Cases(true))(t); len(cases) != 1 || cases[0].Cause.Code != "exclusivity_lost" {
		t.Fatalf("%+v", cases)
	}
}

func TestCases(t *testing.T) {
	l := open(t, t.TempDir())
	if _, err := l.OpenCase(Case{PaymentID: "A1-00000001"}); !errors.Is(err, ErrNotFound) {
		t.Fatalf("case of nothing: %v", err)
	}
	a := must(l.OpenCase(Case{Cause: driver.Reason{Code: "receipt_late"}, Owner: "ragioneria", Due: newClock().now()}))(t)
	b := must(l.OpenCase(Case{Cause: driver.Reason{Code: "receipt_late"}}))(t)
	if a.ID == b.ID || a.Opened.IsZero() {
		t.Fatalf("%+v %+v", a, b)
	}
	ended := must(l.ProposeEnding(a.ID, a.Seq, Proposal{Ending: EndingRefunded, Note: "order 12", By: "capo"}))(t)
	if ended.Ended.IsZero() || !slices.Equal(ended.EndedBy, []string{"capo"}) || ended.Proof != "order 12" || ended.NeedsTwo {
		t.Fatalf("%+v", ended)
	}
	if _, err := l.ProposeEnding(a.ID, ended.Seq, Proposal{Ending: EndingClosed, Note: "again", By: "capo"}); !errors.Is(err, ErrStale) {
		t.Fatalf("ended twice: %v", err)
	}
	if _, err := l.ProposeEnding("A1-C99", 1, Proposal{Ending: EndingClosed, Note: "x", By: "capo"}); !errors.Is(err, ErrNotFound) {
		t.Fatalf("unknown case: %v", err)
	}
	l = reopen(t, l)
	if open := must(l.Cases(false))(t); len(open) != 1 || open[0].ID != b.ID {
		t.Fatalf("%+v", open)
	}
	if all := must(l.Cases(true))(t); len(all) != 2 {
		t.Fatalf("%+v", all)
	}
}

func TestQueries(t *testing.T) {
	c := newClock()
	l := open(t, t.TempDir(), func(o *Options) { o.Now = c.now })
	var ids []string
	for i := range 6 {
		if i == 3 {
			c.set(time.Date(2026, 3, 10, 23, 0, 30, 0, time.UTC)) // the next day in Rome
		}
		in := intent(i)
		in.Terminal = fmt.Sprint("cassa", i)
		p := must(l.Intend(in))(t)
		ids = append(ids, p.ID)
		switch i % 3 {
		case 0:
			must(l.Conclude(p.ID, charged("000042")))(t)
		case 1:
			must(l.Conclude(p.ID, verdict(driver.Unknown, "x")))(t)
		}
	}
	want := func(q Query, which ...int) {
		t.Helper()
		var got, expected []string
		for _, p := range must(l.Payments(q))(t) {
			got = append(got, p.ID)
		}
		for _, i := range which {
			expected = append(expected, ids[i])
		}
		if !slices.Equal(got, expected) {
			t.Errorf("%+v: %v, want %v", q, got, expected)
		}
	}
	for range 2 {
		want(Query{}, 5, 4, 3, 2, 1, 0)
		want(Query{Limit: 2}, 5, 4)
		want(Query{State: Charged}, 3, 0)
		want(Query{State: Unknown}, 4, 1)
		want(Query{State: Sent, Limit: 1}, 5)
		want(Query{Day: "2026-03-10"}, 2, 1, 0)
		want(Query{Day: "2026-03-11", State: Charged}, 3)
		want(Query{Day: "2026-03-12"})
		open := must(l.Unfinished())(t)
		if len(open) != 4 || open[0].ID != ids[1] || open[3].ID != ids[5] {
			t.Errorf("unfinished: %+v", open)
		}
		l = reopen(t, l)
	}
	b := must(l.Baseline(ids[4]))(t)
	if string(b.Last) != "baseline 4" || b.TerminalID != "12345678" {
		t.Errorf("%+v", b)
	}
	if d := must(l.Descriptions(ids[4]))(t); len(d) != 1 {
		t.Errorf("%v", d)
	}
}

func TestOutboxChangedIsSignalled(t *testing.T) {
	l := open(t, t.TempDir())
	signalled := func() bool {
		select {
		case <-l.OutboxChanged():
			return true
		default:
			return false
		}
	}
	p := must(l.Intend(intent(1)))(t)
	if signalled() {
		t.Error("by an intent")
	}
	must(l.Conclude(p.ID, charged("000042")))(t)
	if !signalled() || signalled() {
		t.Error("not once by a charge")
	}
	must(l.Aftermath(p.ID, driver.Aftermath{Acked: true}))(t)
	if signalled() {
		t.Error("by an aftermath")
	}
	must(l.Register(RegistrationChange{PaymentID: p.ID, To: RegDone}))(t)
	if !signalled() {
		t.Error("not by a registration")
	}
}

// TestFlushes counts what stands between the key and the outcome: two commits, four flushes. The archive follows
// at some distance; its reads would be counted.
func TestFlushes(t *testing.T) {
	l := open(t, t.TempDir(), func(o *Options) { o.archiveEvery = 1 << 40 })
	for i := range 100 { // far enough to meet a folding
		before := l.db.Stats()
		start := l.Stats().Commits
		p := must(l.Intend(intent(i)))(t)
		must(l.Conclude(p.ID, charged("000042")))(t)
		after := l.db.Stats()
		if n := l.Stats().Commits - start; n != 2 {
			t.Fatalf("payment %d: %d commits", i, n)
		}
		if n := after.Sub(&before).TxN; n > 2 {
			t.Fatalf("payment %d: %d transactions", i, n)
		}
		must(l.Aftermath(p.ID, driver.Aftermath{Acked: true}))(t)
	}
}

func TestDumpIsTheChain(t *testing.T) {
	l := open(t, t.TempDir())
	p := must(l.Intend(intent(1)))(t)
	c := charged("000042")
	c.Outcome.Evidence = []driver.Evidence{{Kind: "result", Text: "approvata", Raw: []byte("E-message")}}
	must(l.Conclude(p.ID, c))(t)
	var out bytes.Buffer
	if err := l.Dump(&out); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"Maria Verdi", "E-message", "RS1tZXNzYWdl"} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("%q is in the dump", secret)
		}
	}
	lines := bytes.Split(bytes.TrimSpace(out.Bytes()), []byte("\n"))
	at := genesis()
	for i, line := range lines {
		var d dumpLine
		if err := json.Unmarshal(line, &d); err != nil {
			t.Fatal(err)
		}
		at = head{seq: uint64(i + 1), hash: chainHash(at.hash, uint64(i+1), d.Entry)}
		if fmt.Sprintf("%x", at.hash) != d.Hash {
			t.Errorf("line %d does not follow from its text", i+1)
		}
	}
	if r := must(l.Check())(t); len(lines) != 2 || r.Head != fmt.Sprintf("%x", at.hash) {
		t.Errorf("%d lines, head %s", len(lines), r.Head)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := l.Dump(&out); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	if _, err := l.Intend(intent(2)); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	if _, err := CheckFile(filepath.Join(t.TempDir(), FileName)); !errors.Is(err, ErrNotFound) {
		t.Errorf("no file: %v", err)
	}
}

func TestFailpointsStandAtEveryDurableStep(t *testing.T) {
	var seen []string
	l := open(t, t.TempDir(), still, func(o *Options) { o.Failpoint = func(name string) { seen = append(seen, name) } })
	p := must(l.Intend(intent(1)))(t)
	must(l.Conclude(p.ID, charged("000042")))(t)
	must(l.Aftermath(p.ID, driver.Aftermath{Acked: true}))(t)
	must(l.Register(RegistrationChange{PaymentID: p.ID, To: RegDone}))(t)
	must(l.Reverse(p.ID, "capo", "rev", reversalBaseline))(t)
	p = must(l.Conclude(p.ID, Conclusion{Outcome: driver.Outcome{Verdict: driver.Unknown, Final: true}}))(t)
	must(l.Propose(p.ID, p.EvidenceSeq, Proposal{Answer: driver.Reversed, By: "anna"}))(t)
	must(l.Countersign(p.ID, p.EvidenceSeq, "capo", true))(t)
	endCase(t, l, must(l.Cases(false))(t)[0].ID, EndingClosed, "visto")
	if err := l.RecordClosing("cassa1", "capo", closing(driver.ClosingDone)); err != nil {
		t.Fatal(err)
	}
	must(l.OpenOffline("capo", "x", offlineLimits))(t)
	must(l.CloseOffline("capo"))(t)
	in := intent(2)
	in.Settlement = SettlementPlatform
	p = must(l.Intend(in))(t)
	must(l.Conclude(p.ID, charged("000042")))(t)
	must(l.Submit(p.ID))(t)
	why := driver.Reason{Code: "channel_unproven", Text: "CH"}
	must(l.Submitted(p.ID, SubmissionEnd{N: 1, To: RegHeld, Reason: why}))(t)
	must(l.ConfirmChannel("cassa1", "CH", "capo"))(t)
	must(l.Register(RegistrationChange{PaymentID: p.ID, To: RegDone, ReceiptID: "R"}))(t)
	if err := l.KeepPDF(p.ID, 0, []byte("%PDF")); err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, step := range []string{"intend", "conclude", "aftermath", "register", "reverse", "conclude", "propose", "countersign", "ending", "close",
		"offline", "offline", "intend", "conclude", "submit", "submitted", "channel", "register", "pdf"} {
		want = append(want, step+".before", step+".after")
	}
	if !slices.Equal(seen, want) {
		t.Errorf("%v", seen)
	}
}

// TestOddTextsAreTheSameRebuilt: what is kept in memory until it is folded must be what a rebuild
// from the entries' JSON gives, however odd the texts and times.
func TestOddTextsAreTheSameRebuilt(t *testing.T) {
	odd := "<&>\u2028\x00\xff\"é"
	l := open(t, t.TempDir(), still)
	in := intent(1)
	in.RequestID, in.Terminal, in.Notices[0].Position = "<&>\u2028", "città \"1\"", "a/b c\x00"
	in.Reference, in.Operator, in.RetryOf, in.Descriptions = "<&>\u2028", odd, odd, []string{odd}
	in.Settlement, in.Transactions, in.OfflineCharge = SettlementPlatform, []string{odd, "", "ok", "<&>"}, true
	must(l.OpenOffline("capo", odd, offlineLimits))(t)
	p := must(l.Intend(in))(t)
	c := charged(odd)
	c.ResolvedBy = []string{}
	c.Outcome.Reason.Text = odd
	c.Outcome.Charge.HostTime = time.Now().In(time.FixedZone("", 7200+13)) // with a monotonic clock
	c.Outcome.Evidence = []driver.Evidence{{Kind: odd, At: time.Now(), Text: odd}}
	must(l.Conclude(p.ID, c))(t)
	must(l.Submit(p.ID))(t)
	p = must(l.Submitted(p.ID, SubmissionEnd{N: 1, PlatformID: odd, Fault: odd, Transaction: odd, Unsure: true, Reason: driver.Reason{Code: odd, Text: odd}}))(t)
	if !slices.Equal(p.Transactions, []string{"ok", "<&>"}) {
		t.Errorf("%q", p.Transactions)
	}
	must(l.Register(RegistrationChange{PaymentID: p.ID, AttemptCode: odd, Transactions: []string{odd}}))(t)
	must(l.Register(RegistrationChange{PaymentID: p.ID, To: RegElse, ReceiptID: odd, ReceiptAt: time.Now(), Reason: driver.Reason{Code: odd}}))(t)
	if err := l.Adopt("città", odd, driver.Last{Present: true, Raw: []byte(odd)}); err != nil {
		t.Fatal(err)
	}
	if err := l.Demote("città", odd); err != nil {
		t.Fatal(err)
	}
	endCase(t, l, must(l.OpenCase(Case{Due: time.Now(), Evidence: odd}))(t).ID, EndingClosed, odd)
	for range 2 {
		if r := must(l.Check())(t); len(r.Problems) > 0 {
			t.Fatalf("%+v", r)
		}
		l = reopen(t, l)
	}
}

// TestAnswersAreCopies: a caller that changes what it was given changes nothing in the ledger.
func TestAnswersAreCopies(t *testing.T) {
	l := open(t, t.TempDir())
	p := must(l.Intend(intent(1)))(t)
	con := charged("000042")
	p = must(l.Conclude(p.ID, con))(t)
	p.Notices[0].Registration, p.Charge.STAN, con.Outcome.Charge.AuthCode = RegClosed, "666666", "666666"
	q := must(l.Payment(p.ID))(t)
	q.Notices[0].Number = ""
	if again := must(l.Payment(p.ID))(t); again.Notices[0].Registration != RegAwaiting || again.Charge.STAN != "000042" ||
		again.Charge.AuthCode != "A12345" || again.Notices[0].Number == "" {
		t.Fatalf("%+v %+v", again, again.Charge)
	}
}

// TestReferencesAreUniqueForEver: a reference that has gone out never goes out again (design 5.1), also
// after a reopening.
func TestReferencesAreUniqueForEver(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	in := intent(1)
	p := must(l.Intend(in))(t)
	must(l.Conclude(p.ID, verdict(driver.NotCharged, "declined")))(t)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = open(t, dir)
	if known, err := l.KnowsReference(in.Reference); err != nil || !known {
		t.Errorf("known %v, %v", known, err)
	}
	again := intent(2)
	again.Reference = in.Reference
	if _, err := l.Intend(again); !errors.Is(err, ErrInvalid) {
		t.Errorf("the reference went out twice: %v", err)
	}
}
