package ledger

import (
	"errors"
	"slices"
	"testing"

	"sportello/driver"
)

func wantTotal(t testing.TB, l *Ledger, when string, want ...int64) {
	t.Helper()
	got := must(l.Terminal("cassa1"))(t).Total
	switch {
	case len(want) == 0 && got != nil:
		t.Errorf("%s: total %d, want unknown", when, *got)
	case len(want) == 1 && (got == nil || *got != want[0]):
		t.Errorf("%s: total %v, want %d", when, got, want[0])
	}
}

func closing(state driver.ClosingState) driver.Closing {
	return driver.Closing{State: state, Terminal: driver.Totals{Present: true, Cents: 2500}, Host: driver.Totals{Present: true, Cents: 2500},
		Ticket: "CHIUSURA", Reason: driver.Reason{Code: "declined"}}
}

func TestComputedTotal(t *testing.T) {
	l := open(t, t.TempDir())
	end := func(n int, c Conclusion) Payment {
		t.Helper()
		p := must(l.Intend(intent(n)))(t)
		return must(l.Conclude(p.ID, c))(t)
	}
	end(1, charged("000001"))
	wantTotal(t, l, "nothing was measured")
	if err := l.RecordTotal("cassa1", 5000); err != nil {
		t.Fatal(err)
	}
	wantTotal(t, l, "measured", 5000)
	end(2, charged("000002"))
	wantTotal(t, l, "charged", 6250)
	other := charged("000003")
	other.Outcome.Charge.AmountCents = 1000
	p := end(3, other)
	wantTotal(t, l, "charged with another amount", 7250)
	end(4, verdict(driver.NotCharged, "declined"))
	wantTotal(t, l, "declined", 7250)
	must(l.Reverse(p.ID, "capo", "rev", reversalBaseline))(t)
	wantTotal(t, l, "reversing", 7250)
	if err := l.RecordTotal("cassa1", 1); !errors.Is(err, ErrStale) {
		t.Errorf("measured while a reversal is in hand: %v", err)
	}
	must(l.Conclude(p.ID, verdict(driver.Reversed, "reversed")))(t)
	wantTotal(t, l, "reversed", 6250)
	l = reopen(t, l)
	wantTotal(t, l, "after a start", 6250)
	q := end(5, verdict(driver.Unknown, "no_answer"))
	wantTotal(t, l, "unknown")
	if err := l.RecordTotal("cassa1", 7500); err != nil {
		t.Fatal(err)
	}
	must(l.Conclude(q.ID, charged("000005")))(t)
	wantTotal(t, l, "charged by evidence: it was in the measured one", 7500)
	late := end(6, verdict(driver.NotCharged, "declined"))
	must(l.Conclude(late.ID, charged("000006")))(t)
	wantTotal(t, l, "charged after all")
	if err := l.RecordTotal("cassa1", 0); err != nil {
		t.Fatal(err)
	}
	wantTotal(t, l, "zero is a total", 0)
	u := unknown(t, l, 7, driver.Charged)
	if err := l.RecordTotal("cassa1", 3); err != nil {
		t.Fatal(err)
	}
	must(l.Propose(u.ID, u.EvidenceSeq, Proposal{Answer: driver.Charged, By: "anna"}))(t)
	wantTotal(t, l, "by people")
	for _, c := range []struct {
		state driver.ClosingState
		want  []int64
	}{{driver.ClosingDone, []int64{0}}, {driver.ClosingRefused, []int64{0}}, {driver.ClosingUnknown, nil}} {
		if err := l.RecordClosing("cassa1", "capo", closing(c.state)); err != nil {
			t.Fatal(err)
		}
		wantTotal(t, l, string(c.state), c.want...)
	}
	if err := l.RecordTotal("cassa1", 100); err != nil {
		t.Fatal(err)
	}
	if err := l.Adopt("cassa1", "capo", driver.Last{Present: true, Raw: []byte("somebody's")}); err != nil {
		t.Fatal(err)
	}
	wantTotal(t, l, "a stranger")
	for _, err := range []error{l.RecordTotal("", 1), l.RecordClosing("cassa1", "capo", driver.Closing{State: "odd"})} {
		if !errors.Is(err, ErrInvalid) {
			t.Errorf("%v", err)
		}
	}
}

// TestTotalOfADoubtfulReversal: what was measured after an unknown reversal has it in, or has not.
func TestTotalOfADoubtfulReversal(t *testing.T) {
	l := open(t, t.TempDir())
	if err := l.RecordTotal("cassa1", 0); err != nil {
		t.Fatal(err)
	}
	p := paid(t, l, 1)
	must(l.Reverse(p.ID, "capo", "rev", reversalBaseline))(t)
	must(l.Conclude(p.ID, verdict(driver.Unknown, "line_lost")))(t)
	wantTotal(t, l, "unknown")
	if err := l.RecordTotal("cassa1", 0); err != nil {
		t.Fatal(err)
	}
	must(l.Conclude(p.ID, verdict(driver.Reversed, "reversed")))(t)
	wantTotal(t, l, "proven reversed", 0)
}

func TestTakings(t *testing.T) {
	l := open(t, t.TempDir())
	want := func(when string, cents int64, payments, unknown []string) {
		t.Helper()
		got := must(l.Takings("cassa1"))(t)
		if got.Cents != cents || !slices.Equal(got.Payments, payments) || !slices.Equal(got.Unknown, unknown) {
			t.Errorf("%s: %+v", when, got)
		}
	}
	want("nothing", 0, nil, nil)
	a, b := paid(t, l, 1), paid(t, l, 2)
	elsewhere := intent(3)
	elsewhere.Terminal = "cassa10"
	e := must(l.Intend(elsewhere))(t)
	must(l.Conclude(e.ID, charged("000042")))(t)
	want("two", 2500, []string{a.ID, b.ID}, nil)
	before := must(l.Takings("cassa1"))(t)
	if !before.Since.IsZero() {
		t.Errorf("%+v", before)
	}
	must(l.Reverse(b.ID, "capo", "rev b", reversalBaseline))(t)
	must(l.Conclude(b.ID, verdict(driver.Reversed, "x")))(t)
	want("one given back", 1250, []string{a.ID, b.ID}, nil)
	late := must(l.Intend(intent(4)))(t)
	must(l.Conclude(late.ID, verdict(driver.NotCharged, "declined")))(t)
	if err := l.RecordClosing("cassa1", "capo", closing(driver.ClosingRefused)); err != nil {
		t.Fatal(err)
	}
	want("a close that was refused", 1250, []string{a.ID, b.ID}, nil)
	if err := l.RecordClosing("cassa1", "capo", closing(driver.ClosingDone)); err != nil {
		t.Fatal(err)
	}
	l = reopen(t, l)
	want("closed", 0, nil, nil)
	if s := must(l.Terminal("cassa1"))(t); s.Closed.IsZero() || !must(l.Takings("cassa1"))(t).Since.Equal(s.Closed) {
		t.Errorf("%+v", s)
	}
	// What comes to light of the session before belongs to it; a reversal now does not.
	must(l.Conclude(late.ID, charged("000004")))(t)
	want("a late charge of before", 0, nil, nil)
	must(l.Reverse(a.ID, "capo", "rev a", reversalBaseline))(t)
	want("reversing", 0, nil, []string{a.ID})
	must(l.Conclude(a.ID, verdict(driver.Reversed, "x")))(t)
	want("a charge of before given back", -1250, []string{a.ID}, nil)
	l = reopen(t, l)
	want("after a start", -1250, []string{a.ID}, nil)
}

// TestPrevious: the newest receipt's reference, only while nothing else may have been printed.
func TestPrevious(t *testing.T) {
	l := open(t, t.TempDir())
	want := func(when, reference string) {
		t.Helper()
		for range 2 {
			if got := must(l.Terminal("cassa1"))(t).Previous; got != reference {
				t.Errorf("%s: %q, want %q", when, got, reference)
			}
			l = reopen(t, l)
		}
	}
	after := func(p Payment, text string) {
		t.Helper()
		must(l.Aftermath(p.ID, driver.Aftermath{Acked: true, Ticket: text}))(t)
	}
	a := paid(t, l, 1)
	want("no slip", "")
	after(a, "NEXI\n"+a.Reference[:6]+"\n   "+a.Reference[6:]+"\nGRAZIE")
	want("its slip, broken over two lines", a.Reference)
	b := must(l.Intend(intent(2)))(t)
	want("in hand", "")
	must(l.Conclude(b.ID, verdict(driver.NotSent, "terminal_unreachable")))(t)
	want("not sent", a.Reference)
	c := must(l.Intend(intent(3)))(t)
	must(l.Conclude(c.ID, verdict(driver.NotCharged, "declined")))(t)
	want("declined: it may have printed", "")
	after(c, "DECLINED "+c.Reference)
	want("and did", c.Reference)
	d := paid(t, l, 4)
	after(d, "a slip without it")
	want("a slip that does not show it", "")
	after(c, "DECLINED "+c.Reference)
	want("an older payment's slip, late", "")
	after(d, d.Reference)
	want("then it does", d.Reference)
	must(l.Reverse(d.ID, "capo", "rev", reversalBaseline))(t)
	want("reversing", "")
	must(l.Conclude(d.ID, verdict(driver.NotSent, "x")))(t)
	want("the reversal was not sent", d.Reference)
	if err := l.Adopt("cassa1", "capo", driver.Last{}); err != nil {
		t.Fatal(err)
	}
	want("a stranger", "")
}
