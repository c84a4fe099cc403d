package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/local"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	comune   = "01199250158"
	consorzo = "00133880252"
)

var names = Names{Installation: "A1", Language: "it", Creditors: map[string]string{comune: "Comune di Esempio", consorzo: "Consorzio “Valle” & C."},
	Terminals: map[string]string{"cassa1": "Cassa 1", "cassa2": "Cassa 2"}}

// office is a real ledger and its clock.
type office struct {
	*ledger.Ledger
	t   *testing.T
	now time.Time
	n   int
}

func open(t *testing.T) *office {
	t.Helper()
	o := &office{t: t, now: time.Date(2026, 3, 10, 8, 0, 0, 0, time.UTC)}
	l, err := ledger.Open(t.TempDir(), ledger.Options{Installation: "A1", BallastBytes: -1, Now: func() time.Time { o.now = o.now.Add(time.Second); return o.now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	o.Ledger = l
	return o
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// pay is a payment of notices of creditors, on a terminal, by a clerk, with its end. took is what the terminal says.
func (o *office) pay(operator, terminal string, v driver.Verdict, took int64, notices ...ledger.Notice) string {
	o.t.Helper()
	o.n++
	in := ledger.Intent{Payment: ledger.Payment{RequestID: fmt.Sprint("r", o.n), RequestHash: "h", Reference: fmt.Sprintf("A1REF%05d", o.n),
		Settlement: ledger.SettlementTerminal, Terminal: terminal, Operator: operator, Notices: notices}, Baseline: driver.Baseline{TerminalID: "12345678"}}
	for i := range notices {
		in.AmountCents += notices[i].AmountCents
		notices[i].Number = fmt.Sprintf("3020000000%02d%06d", i, o.n)
	}
	p := must(o.Intend(in))(o.t)
	out := driver.Outcome{Verdict: v, Final: true, Reason: driver.Reason{Code: "x"}}
	if v == driver.Charged {
		out.Charge = &driver.Charge{TerminalID: "12345678", STAN: fmt.Sprintf("%06d", o.n), AuthCode: "=1+1", PAN: "************4242", AmountCents: took, HostTime: o.now}
	}
	must(o.Conclude(p.ID, ledger.Conclusion{Outcome: out}))(o.t)
	if v == driver.Unknown {
		if err := o.Free(terminal, operator); err != nil {
			o.t.Fatal(err)
		}
	}
	return p.ID
}

func (o *office) register(id string, index int, to ledger.Registration) {
	o.t.Helper()
	c := ledger.RegistrationChange{PaymentID: id, Index: index, To: to}
	if to == ledger.RegElse {
		c.Reason = driver.Reason{Code: string(local.CodePaidElsewhere)}
	}
	if to == ledger.RegDone {
		c.ReceiptID = "rt" + id
	}
	must(o.Register(c))(o.t)
}

func debt(creditor string, cents int64) ledger.Notice {
	return ledger.Notice{Creditor: creditor, AmountCents: cents}
}

// theDay is a day on which everything happened once.
func theDay(t *testing.T) *office {
	o := open(t)
	a := o.pay("anna", "cassa1", driver.Charged, 1250, debt(comune, 1250))
	o.register(a, 0, ledger.RegDone)
	b := o.pay("bruno", "cassa2", driver.Charged, 3000, debt(comune, 1000), debt(consorzo, 2000))
	o.register(b, 1, ledger.RegElse) // and a case
	c := o.pay("anna", "cassa1", driver.Charged, 5000, debt(consorzo, 5000))
	must(o.Reverse(c, "capo", "rev", driver.Baseline{TerminalID: "12345678"}))(t)
	must(o.Conclude(c, ledger.Conclusion{Outcome: driver.Outcome{Verdict: driver.Reversed, Charge: &driver.Charge{STAN: "000099", HostTime: o.now}}}))(t)
	must(o.Aftermath(c, driver.Aftermath{Acked: true}))(t)
	o.pay("=HYPERLINK(\"http://x\")", "cassa1", driver.Charged, 777, debt(comune, 700)) // another amount: held, and a case
	o.pay("anna", "cassa1", driver.NotCharged, 0, debt(comune, 900))
	o.pay("bruno", "cassa2", driver.Unknown, 0, debt(consorzo, 100000))
	return o
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (-update writes it anew): %s", name, got)
	}
}

func (o *office) report() local.DayReport {
	o.t.Helper()
	return must(Day(o, "2026-03-10", names, o.now))(o.t)
}

func TestDay(t *testing.T) {
	o := theDay(t)
	r := o.report()
	check := must(o.Check())(t)
	if r.LedgerHead != check.Head || r.Entries != check.Entries || len(r.LedgerHead) != 64 {
		t.Errorf("head %q of %d, the check says %q of %d", r.LedgerHead, r.Entries, check.Head, check.Entries)
	}
	want := local.Figures{Charged: local.Sum{Count: 4, Cents: 10027}, Reversed: local.Sum{Count: 1, Cents: 5000}, NetCents: 5027,
		Unknown: local.Sum{Count: 1, Cents: 100000}, NotCharged: local.Sum{Count: 1, Cents: 900}, Registered: local.Sum{Count: 1, Cents: 1250},
		Awaiting: local.Sum{Count: 1, Cents: 1000}, Held: local.Sum{Count: 2, Cents: 2700}, Closed: local.Sum{Count: 1, Cents: 5000}}
	if r.Totals != want {
		t.Errorf("totals\n%+v, want\n%+v", r.Totals, want)
	}
	if r.DifferenceCents != 77 {
		t.Errorf("a difference of %d, want the 77 cents that a terminal charged beside", r.DifferenceCents)
	}
	r.LedgerHead = strings.Repeat("0f", 32) // of the blobs' salts, and so another one in each run
	got := must(json.MarshalIndent(r, "", " "))(t)
	golden(t, "day.json", append(got, '\n'))
	pdf := must(PDF(r, "it"))(t)
	golden(t, "day.pdf", pdf)
	if again := must(PDF(r, "it"))(t); !bytes.Equal(pdf, again) {
		t.Error("the same report gives other bytes")
	}
}

// TestEveryWayOfCountingSquares: clerks, terminals and creditors add up to the totals, on every day.
func TestEveryWayOfCountingSquares(t *testing.T) {
	o := theDay(t)
	o.now = o.now.Add(24 * time.Hour)
	id := o.pay("anna", "cassa2", driver.Charged, 100, debt(comune, 100))
	o.now = o.now.Add(24 * time.Hour)
	must(o.Reverse(id, "capo", "rev2", driver.Baseline{TerminalID: "12345678"}))(t)
	must(o.Conclude(id, ledger.Conclusion{Outcome: driver.Outcome{Verdict: driver.Reversed}}))(t)
	for _, day := range []string{"2026-03-10", "2026-03-11", "2026-03-12", "2026-03-13"} {
		r := must(Day(o, day, names, o.now))(t)
		for name, rows := range map[string][]local.Figure{"clerks": r.Operators, "terminals": r.Terminals, "creditors": r.Creditors} {
			var charged, reversed, net, registered int64
			for _, one := range rows {
				f := one.Figures
				charged, reversed, net = charged+f.Charged.Cents, reversed+f.Reversed.Cents, net+f.NetCents
				registered += f.Registered.Cents + f.Awaiting.Cents + f.Held.Cents + f.Closed.Cents
			}
			beside := int64(0)
			if name == "creditors" {
				beside = r.DifferenceCents
			}
			if charged-reversed != net || net+beside != r.Totals.NetCents {
				t.Errorf("%s, %s: %d charged, %d reversed, %d net, %d beside; the total is %+v", day, name, charged, reversed, net, beside, r.Totals)
			}
			if all := r.Totals; registered != all.Registered.Cents+all.Awaiting.Cents+all.Held.Cents+all.Closed.Cents {
				t.Errorf("%s, %s: registrations add up to %d, the totals are %+v", day, name, registered, all)
			}
		}
	}
	if r := must(Day(o, "2026-03-12", names, o.now))(t); r.Totals.NetCents != -100 || r.Totals.Charged.Count != 0 {
		t.Errorf("the day of a reversal alone: %+v", r.Totals)
	}
}

func TestDayWithoutAnything(t *testing.T) {
	o := open(t)
	r := must(Day(o, "2026-01-06", names, o.now))(t)
	if r.Totals != (local.Figures{}) || r.Lines == nil || r.Operators == nil || r.CasesOpen == nil {
		t.Errorf("%+v", r)
	}
	for _, language := range local.Languages() {
		if pdf, err := PDF(r, string(language)); err != nil || !bytes.HasPrefix(pdf, []byte("%PDF-")) {
			t.Errorf("%s: %v", language, err)
		}
	}
	if _, err := Day(o, "yesterday", names, o.now); err == nil {
		t.Error("no day is taken for one")
	}
}

func TestCSV(t *testing.T) {
	o := theDay(t)
	lines := o.report().Lines
	out := must(CSV(lines, "it"))(t)
	golden(t, "day.csv", out)
	if !bytes.HasPrefix(out, []byte("\xef\xbb\xbfgiorno contabile;")) || bytes.Count(out, []byte("\r\n")) != len(lines)+1 {
		t.Errorf("no mark, or %d lines", bytes.Count(out, []byte("\r\n")))
	}
	for _, language := range local.Languages() {
		r := csv.NewReader(bytes.NewReader(must(CSV(lines, string(language)))(t)[3:]))
		r.Comma = ';'
		rows := must(r.ReadAll())(t)
		if len(rows) != len(lines)+1 || len(rows[0]) != len(fileColumns) {
			t.Errorf("%s: %d rows of %d", language, len(rows), len(rows[0]))
		}
		for _, row := range rows {
			for i, field := range row {
				if field != "" && strings.ContainsAny(field[:1], "=+-@\t\r") {
					t.Errorf("%s: column %d would be computed: %q", language, i, field)
				}
			}
		}
	}
}

// TestListed: what a list shows of a payment is what the day's report says of it.
func TestListed(t *testing.T) {
	o := theDay(t)
	for _, p := range must(o.Payments(ledger.Query{}))(t) {
		v := local.Payment{ID: p.ID, ReceiptNumber: p.ReceiptNumber, AccountingDay: p.AccountingDay, CreatedAt: p.CreatedAt, Reference: p.Reference,
			State: local.State(p.State), AmountCents: p.AmountCents, Terminal: p.Terminal, Operator: p.Operator, Settlement: local.Settlement(p.Settlement)}
		for _, n := range p.Notices {
			v.Notices = append(v.Notices, local.PaymentNotice{Creditor: n.Creditor, Number: n.Number, AmountCents: n.AmountCents,
				Registration: local.Registration(n.Registration), ReceiptID: n.ReceiptID})
		}
		if c := p.Charge; c != nil {
			v.Charge = &local.Charge{STAN: c.STAN, AuthCode: c.AuthCode, PAN: c.PAN, AmountCents: c.AmountCents}
			if !c.HostTime.IsZero() {
				v.Charge.HostTime = &c.HostTime
			}
		}
		if p.Reversal != nil {
			v.Reversal = &local.Reversal{EndedAt: &p.Reversal.EndedAt}
		}
		got, want := must(CSV(Listed(names, []local.Payment{v}), "it"))(t), must(CSV(Lines(names, p), "it"))(t)
		if !bytes.Equal(got, want) {
			t.Errorf("listed\n%s\nreported\n%s", got, want)
		}
	}
}

func TestHarmless(t *testing.T) {
	for in, want := range map[string]string{"": "", "Rossi": "Rossi", "=1+1": "'=1+1", "+39": "'+39", "-1": "'-1", "@SUM(A1)": "'@SUM(A1)", "\t=1": "' =1",
		"  =1": "'  =1", "\r\n=1": "'  =1", "\u00a0=1": "'\u00a0=1", "＝1": "'＝1", "a=1": "a=1"} {
		if got := harmless(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
	for cents, want := range map[int64]string{0: "0,00", 5: "0,05", 123456: "1234,56", -7: "-0,07"} {
		if got := amount(cents); got != want {
			t.Errorf("%d cents are %q, want %q", cents, got, want)
		}
	}
}

func TestEveryStateHasAWord(t *testing.T) {
	for _, lang := range local.Languages() {
		for _, s := range []local.State{local.StateOpen, local.StateSent, local.StateUnknown, local.StateCharged, local.StateNotCharged, local.StateReversing, local.StateReversed} {
			if states[s].In(lang) == "" {
				t.Errorf("%s has no word in %s", s, lang)
			}
		}
		for _, r := range []local.Registration{local.RegistrationNone, local.RegistrationSubmitting, local.RegistrationAwaitingReceipt, local.RegistrationRegistered,
			local.RegistrationHeld, local.RegistrationPaidElsewhere, local.RegistrationRejected, local.RegistrationClosed} {
			if registrations[r].In(lang) == "" {
				t.Errorf("%s has no word in %s", r, lang)
			}
		}
	}
}

// TestEveryTextInEveryLanguage: a text that somebody forgot to translate would be a blank on paper.
func TestEveryTextInEveryLanguage(t *testing.T) {
	all := reflect.ValueOf(texts)
	for i := range all.NumField() {
		for n, lang := range local.Languages() {
			if text := all.Field(i); text.Kind() == reflect.Array && text.Index(n).String() == "" {
				t.Errorf("%s is missing in %s", all.Type().Field(i).Name, lang)
			}
		}
	}
}
