package ledger

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"sportello/driver"
)

func passport() driver.Passport {
	total := int64(100)
	return driver.Passport{TerminalID: "12345678", Software: "1.0", Scope: "stx", AckForm: "x", Supports: "sGTRE", Refuses: "",
		ClockOffset: time.Minute, TotalCents: &total, OneClient: driver.AnswerYes, Prints: driver.AnswerYes, Reprints: driver.AnswerYes,
		TotalsBefore: true, At: time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)}
}

func TestCommission(t *testing.T) {
	for _, c := range []struct {
		name    string
		change  func(*driver.Passport)
		changed []string
		grave   bool
	}{
		{"the same", func(*driver.Passport) {}, nil, false},
		{"clock, total and time", func(p *driver.Passport) {
			total := int64(7)
			p.ClockOffset, p.TotalCents, p.At = time.Hour, &total, p.At.AddDate(0, 0, 1)
		}, nil, false},
		{"another terminal", func(p *driver.Passport) { p.TerminalID = "87654321" }, []string{"terminal_id"}, true},
		{"firmware", func(p *driver.Passport) { p.Software = "1.1" }, []string{"software"}, true},
		{"scope", func(p *driver.Passport) { p.Scope = "payload" }, []string{"scope"}, true},
		{"ack form", func(p *driver.Passport) { p.AckForm = "y" }, []string{"ack_form"}, false},
		{"a command lost", func(p *driver.Passport) { p.Supports, p.Refuses = "sGTE", "R" }, []string{"supports", "refuses"}, true},
		{"a command won", func(p *driver.Passport) { p.Supports = "sGTREK" }, []string{"supports"}, false},
		{"prints no more", func(p *driver.Passport) { p.Prints = driver.AnswerNo }, []string{"prints"}, true},
		{"not known whether it prints", func(p *driver.Passport) { p.Prints = driver.AnswerUnknown }, []string{"prints"}, false},
		{"no totals before", func(p *driver.Passport) { p.TotalsBefore = false }, []string{"totals_before"}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := open(t, t.TempDir())
			if changed := must(l.Commission("cassa1", "capo", passport()))(t); changed != nil {
				t.Fatalf("the first one: %q", changed)
			}
			p := passport()
			c.change(&p)
			before := l.Stats().Commits
			if changed := must(l.Commission("cassa1", "capo", p))(t); !slices.Equal(changed, c.changed) {
				t.Errorf("changed %q", changed)
			}
			cases := must(l.Cases(false))(t)
			if (len(cases) == 1) != c.grave || l.Stats().Commits != before+1 {
				t.Fatalf("%+v", cases)
			}
			if c.grave && (cases[0].Cause.Code != "passport_changed" || cases[0].Terminal != "cassa1" || cases[0].NeedsTwo || !strings.Contains(cases[0].Cause.Text, c.changed[0])) {
				t.Errorf("%+v", cases[0])
			}
			l = reopen(t, l)
			s := must(l.Terminal("cassa1"))(t)
			if s.Passport == nil || s.Passport.Software != p.Software || s.TerminalID != p.TerminalID || s.Passport.ClockOffset != p.ClockOffset || !s.Fresh {
				t.Errorf("%+v", s)
			}
			s.Passport.Scope = "changed by the caller"
			if s = must(l.Terminal("cassa1"))(t); s.Passport.Scope != p.Scope {
				t.Error("an answer is no copy")
			}
		})
	}
	l := open(t, t.TempDir())
	for _, p := range []driver.Passport{{}, {TerminalID: "1"}, {Scope: "stx"}} {
		if _, err := l.Commission("cassa1", "capo", p); !errors.Is(err, ErrInvalid) {
			t.Errorf("%+v: %v", p, err)
		}
	}
}

// TestAnotherTerminalIsUnproven: a receipt proves the terminal that charged, not the one that has taken
// its place.
func TestAnotherTerminalIsUnproven(t *testing.T) {
	l := open(t, t.TempDir())
	must(l.Commission("cassa1", "capo", passport()))(t)
	p, q := paid(t, l, 1), paid(t, l, 2)
	proven := func() bool { return must(l.Terminal("cassa1"))(t).Proven }
	if proven() {
		t.Error("proven without a receipt")
	}
	must(l.Register(RegistrationChange{PaymentID: p.ID, To: RegDone, ReceiptID: "R1"}))(t)
	if !proven() {
		t.Error("not proven by a receipt")
	}
	another := passport()
	another.TerminalID = "87654321"
	must(l.Commission("cassa1", "capo", another))(t)
	if proven() {
		t.Error("another terminal is proven")
	}
	must(l.Register(RegistrationChange{PaymentID: q.ID, To: RegDone, ReceiptID: "R2"}))(t)
	if l = reopen(t, l); proven() {
		t.Error("proven by a charge of the terminal before it")
	}
}
