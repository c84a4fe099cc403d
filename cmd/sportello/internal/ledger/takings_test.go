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
	memory := []byte("baseline")
	begin := func(n int) Payment {
		t.Helper()
		in := intent(n)
		in.Baseline.Last = memory
		return must(l.Intend(in))(t)
	}
	end := func(n int, c Conclusion) Payment {
		t.Helper()
		p := must(l.Conclude(begin(n).ID, c))(t)
		if c.RawResult != nil {
			memory = c.RawResult
		}
		return p
	}
	kept := driver.Aftermath{Acked: true, Ticket: "SCONTRINO"}
	after := func(p Payment) Payment { t.Helper(); return must(l.Aftermath(p.ID, kept))(t) }
	measure := func(cents int64) {
		t.Helper()
		if err := l.RecordTotal("cassa1", cents); err != nil {
			t.Fatal(err)
		}
	}
	after(end(1, charged("000001")))
	wantTotal(t, l, "nothing was measured")
	measure(5000)
	wantTotal(t, l, "measured", 5000)
	p := end(2, charged("000002"))
	wantTotal(t, l, "charged, and the terminal may not know that we know")
	after(p)
	wantTotal(t, l, "charged", 6250)
	other := charged("000003")
	other.Outcome.Charge.AmountCents = 1000
	p = after(end(3, other))
	wantTotal(t, l, "charged with another amount", 7250)
	must(l.Reverse(p.ID, "capo", "rev", driver.Baseline{TerminalID: "12345678", Last: memory, LastSTAN: "000003"}))(t)
	wantTotal(t, l, "reversing", 7250)
	if err := l.RecordTotal("cassa1", 1); !errors.Is(err, ErrStale) {
		t.Errorf("measured while a reversal is in hand: %v", err)
	}
	must(l.Conclude(p.ID, verdict(driver.Reversed, "reversed")))(t)
	wantTotal(t, l, "reversed, and the terminal may not know that we know")
	after(p)
	wantTotal(t, l, "reversed", 6250)
	end(4, verdict(driver.NotCharged, "declined"))
	wantTotal(t, l, "declined", 6250)
	l = reopen(t, l)
	wantTotal(t, l, "after a start", 6250)
	q := end(5, verdict(driver.Unknown, "no_answer"))
	wantTotal(t, l, "unknown")
	measure(7500)
	wantTotal(t, l, "measured while it is unknown: it may still come")
	must(l.Conclude(q.ID, charged("000005")))(t)
	memory = charged("000005").RawResult
	wantTotal(t, l, "charged by evidence")
	measure(7500)
	after(q)
	wantTotal(t, l, "measured, and then it knew that we know", 7500)
	late := end(6, verdict(driver.NotCharged, "declined"))
	must(l.Conclude(late.ID, charged("000006")))(t)
	wantTotal(t, l, "charged after all")
	after(late)
	measure(0)
	wantTotal(t, l, "zero is a total", 0)
	u := unknown(t, l, 7, driver.Charged)
	must(l.Propose(u.ID, u.EvidenceSeq, Proposal{Answer: driver.Charged, By: "anna"}))(t)
	wantTotal(t, l, "by people")
	measure(3)
	wantTotal(t, l, "measured after people", 3)
	for _, c := range []struct {
		state driver.ClosingState
		want  []int64
	}{{driver.ClosingDone, []int64{0}}, {driver.ClosingRefused, []int64{0}}, {driver.ClosingUnknown, nil}} {
		if err := l.RecordClosing("cassa1", "capo", closing(c.state)); err != nil {
			t.Fatal(err)
		}
		wantTotal(t, l, string(c.state), c.want...)
	}
	measure(100)
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

// TestTotalIsLost: whatever the terminal may have counted and this ledger has not, or the other way round, ends
// the computing until the terminal has told its total again.
func TestTotalIsLost(t *testing.T) {
	known := intent(0).Baseline.Last
	pay := func(t *testing.T, l *Ledger, n int, c Conclusion) Payment {
		t.Helper()
		in := intent(n)
		in.Baseline.Last = known
		return must(l.Conclude(must(l.Intend(in))(t).ID, c))(t)
	}
	contradict := func(cause string, v driver.Verdict) func(*testing.T, *Ledger) {
		return func(t *testing.T, l *Ledger) {
			c := verdict(v, "x")
			if v == driver.Charged {
				c = charged("000042")
			}
			p := pay(t, l, 1, c)
			must(l.Aftermath(p.ID, driver.Aftermath{Acked: true, Ticket: slip}))(t)
			must(l.Contradict(p.ID, cause, driver.Evidence{Kind: "last_result", Text: "x"}))(t)
		}
	}
	for name, lose := range map[string]func(*testing.T, *Ledger){
		"not acknowledged": func(t *testing.T, l *Ledger) {
			p := pay(t, l, 1, charged("000042"))
			must(l.Aftermath(p.ID, driver.Aftermath{Ticket: slip}))(t)
		},
		"no slip behind our acknowledgement": func(t *testing.T, l *Ledger) {
			p := pay(t, l, 1, charged("000042"))
			must(l.Aftermath(p.ID, driver.Aftermath{Acked: true}))(t)
		},
		"not acknowledged, and the next": func(t *testing.T, l *Ledger) {
			p := pay(t, l, 1, charged("000042"))
			q := pay(t, l, 2, charged("000043"))
			for _, id := range []string{q.ID, p.ID} {
				must(l.Aftermath(id, driver.Aftermath{Acked: true, Ticket: slip}))(t)
			}
		},
		"no amount": func(t *testing.T, l *Ledger) {
			c := charged("000042")
			c.Outcome.Charge.AmountCents = 0
			p := pay(t, l, 1, c)
			must(l.Aftermath(p.ID, driver.Aftermath{Acked: true, Ticket: slip}))(t)
		},
		"undone":       contradict(reasonUndone, driver.Charged),
		"contradicted": contradict(reasonContradicted, driver.Charged),
		"suspected":    contradict(reasonSuspected, driver.NotCharged),
		"a receipt of what was not charged": func(t *testing.T, l *Ledger) {
			p := pay(t, l, 1, verdict(driver.NotCharged, "declined"))
			must(l.Register(RegistrationChange{PaymentID: p.ID, ReceiptID: "R1"}))(t)
		},
		"a stranger before a payment": func(t *testing.T, l *Ledger) {
			in := intent(1)
			in.Baseline.LastSTAN = "000077"
			must(l.Conclude(must(l.Intend(in))(t).ID, verdict(driver.NotCharged, "declined")))(t)
		},
		"not exclusive": func(t *testing.T, l *Ledger) {
			if err := l.Demote("cassa1", "a foreign reference"); err != nil {
				t.Fatal(err)
			}
		},
		"found not charged later": func(t *testing.T, l *Ledger) {
			p := pay(t, l, 1, verdict(driver.Unknown, "line_lost"))
			if err := l.RecordTotal("cassa1", 5000); err != nil {
				t.Fatal(err)
			}
			must(l.Conclude(p.ID, verdict(driver.NotCharged, "by_evidence")))(t)
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := open(t, t.TempDir())
			pay(t, l, 0, verdict(driver.NotCharged, "declined")) // known
			if err := l.RecordTotal("cassa1", 5000); err != nil {
				t.Fatal(err)
			}
			wantTotal(t, l, "measured", 5000)
			lose(t, l)
			wantTotal(t, l, name)
			l = reopen(t, l)
			wantTotal(t, l, "after a start")
		})
	}
}

// TestTotalConfirmed: the terminal was not told that we have its word, and keeps the charge all the same.
func TestTotalConfirmed(t *testing.T) {
	l := open(t, t.TempDir())
	p := paid(t, l, 1)
	if err := l.RecordTotal("cassa1", 5000); err != nil {
		t.Fatal(err)
	}
	wantTotal(t, l, "it may still undo what it has counted")
	must(l.Confirm(p.ID, driver.Evidence{Kind: "last_result", Text: "it stands"}))(t)
	wantTotal(t, l, "it stands", 5000)
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
	wantTotal(t, l, "proven reversed")
	if err := l.RecordTotal("cassa1", 0); err != nil {
		t.Fatal(err)
	}
	wantTotal(t, l, "measured after that, and it may not know that we have its word")
	must(l.Confirm(p.ID, driver.Evidence{Kind: "last_result", Text: "it stands"}))(t)
	wantTotal(t, l, "confirmed", 0)
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
