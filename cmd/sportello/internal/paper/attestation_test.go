package paper

import (
	"bytes"
	"compress/zlib"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/local"
)

var update = flag.Bool("update", false, "write the golden files anew")

const (
	creditor = "99999000013"
	notice   = "301470000012850275" // of receipt.json
	second   = "302000100000000107"
)

var office = Office{Language: "it", Creditors: map[string]string{creditor: "Comune di Vallefinta"}, Terminals: map[string]string{"cassa1": "Cassa 1"}}

// counter is a real ledger with one charge of some notices.
type counter struct {
	*ledger.Ledger
	t  *testing.T
	id string
}

func charge(t *testing.T, numbers ...string) *counter {
	t.Helper()
	now := time.Date(2025, 10, 3, 8, 40, 0, 0, time.UTC)
	l, err := ledger.Open(t.TempDir(), ledger.Options{Installation: "A1", BallastBytes: -1, Now: func() time.Time { now = now.Add(time.Second); return now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	in := ledger.Intent{Payment: ledger.Payment{RequestID: "r1", RequestHash: "h", Reference: "A1ABCD2345", Settlement: ledger.SettlementTerminal,
		Terminal: "cassa1", Operator: "anna"}, Baseline: driver.Baseline{TerminalID: "12345678"}}
	for i, n := range numbers {
		in.AmountCents += 4501
		in.Notices = append(in.Notices, ledger.Notice{Creditor: creditor, Number: n, Position: fmt.Sprint("TRIBUTI/", i), AmountCents: 4501})
		in.Descriptions = append(in.Descriptions, "TARI 2025 – perché è così, città e più")
	}
	p, err := l.Intend(in)
	if err != nil {
		t.Fatal(err)
	}
	return &counter{l, t, p.ID}
}

func (c *counter) conclude(v driver.Verdict, cents int64) {
	c.t.Helper()
	_, err := c.Conclude(c.id, ledger.Conclusion{Outcome: driver.Outcome{Verdict: v, Final: true, Charge: &driver.Charge{TerminalID: "12345678", STAN: "000417",
		AuthCode: "123456", PAN: "************4242", AmountCents: cents, HostTime: time.Date(2025, 10, 3, 8, 41, 27, 0, time.UTC)}}})
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c *counter) register(index int, to ledger.Registration, receipt string) {
	c.t.Helper()
	change := ledger.RegistrationChange{PaymentID: c.id, Index: index, To: to, ReceiptID: "c3f9d0a74e3b4b0f9d0c7f2b6a1e5d88"}
	if receipt != "" {
		raw, err := os.ReadFile(filepath.Join("testdata", receipt))
		if err != nil {
			c.t.Fatal(err)
		}
		change.RawReceipt = raw
	}
	if _, err := c.Register(change); err != nil {
		c.t.Fatal(err)
	}
}

func (c *counter) attest(language string) Attestation {
	c.t.Helper()
	o := office
	o.Language = language
	a, err := Attest(c, c.id, o)
	if err != nil {
		c.t.Fatal(err)
	}
	return a
}

func (t text) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\nmark %q, by %q\n", t.title, t.subtitle, t.mark, t.author)
	if t.note != "" {
		fmt.Fprintf(&b, "! %s\n", t.note)
	}
	for _, p := range t.parts {
		fmt.Fprintf(&b, "\n# %s\n", p.heading)
		for _, f := range p.facts {
			if f.Value != "" {
				fmt.Fprintf(&b, "%s: %s\n", f.Label, f.Value)
			}
		}
		for _, n := range p.notes {
			fmt.Fprintf(&b, "- %s\n", n)
		}
	}
	return b.String()
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
		at := 0
		for at < len(got) && at < len(want) && got[at] == want[at] {
			at++
		}
		t.Errorf("%s differs from byte %d on: %.60q, want %.60q (-update writes it anew)", name, at, got[at:], want[at:])
	}
}

// TestAttestationSaysWhatIsProven: what each paper says, word for word.
func TestAttestationSaysWhatIsProven(t *testing.T) {
	for _, one := range []struct {
		name  string
		kind  Standing
		steps func(*counter)
		of    []string
	}{
		{"registered", Registered, func(c *counter) { c.register(0, ledger.RegDone, "receipt.json") }, []string{notice}},
		{"pending", Pending, func(*counter) {}, []string{notice}},
		{"one-of-two", Pending, func(c *counter) { c.register(0, ledger.RegDone, "receipt.json") }, []string{notice, second}},
		{"without-data", Registered, func(c *counter) { c.register(0, ledger.RegDone, "") }, []string{notice}},
		{"elsewhere", Open, func(c *counter) { c.register(0, ledger.RegElse, "receipt.json") }, []string{notice}},
		{"returned", Returned, func(c *counter) {
			if _, err := c.Reverse(c.id, "capo", "rev", driver.Baseline{TerminalID: "12345678"}); err != nil {
				c.t.Fatal(err)
			}
			c.conclude(driver.Reversed, 4501)
			if a, err := Attest(c, c.id, office); !errors.Is(err, ErrNothingToAttest) {
				c.t.Errorf("before the terminal knows that we have its word: %+v, %v", a, err)
			}
			if _, err := c.Aftermath(c.id, driver.Aftermath{Acked: true}); err != nil {
				c.t.Fatal(err)
			}
		}, []string{notice}},
	} {
		t.Run(one.name, func(t *testing.T) {
			c := charge(t, one.of...)
			c.conclude(driver.Charged, int64(4501*len(one.of)))
			one.steps(c)
			a := c.attest("it")
			if a.Kind() != one.kind {
				t.Errorf("it is %s, want %s", a.Kind(), one.kind)
			}
			golden(t, one.name+".txt", []byte(a.words().String()))
		})
	}
}

// TestEveryFactOfTheList: pagopa.md 4.2, and the facts of the receipt rather than ours.
func TestEveryFactOfTheList(t *testing.T) {
	c := charge(t, notice)
	c.conclude(driver.Charged, 4501)
	c.register(0, ledger.RegDone, "receipt.json")
	for _, language := range local.Languages() {
		a := c.attest(string(language))
		got := a.words().String()
		for _, fact := range []string{"pagoPA", "2025 10:41", "2025", creditor, "Comune di Vallefinta", "01470000012850275",
			"Istituto di Pagamento Finto S.p.A.", "c3f9d0a74e3b4b0f9d0c7f2b6a1e5d88", "45", notice, "TARI 2025"} {
			if !strings.Contains(got, fact) {
				t.Errorf("%s: %q is missing in\n%s", language, fact, got)
			}
		}
		if strings.Contains(got, "4242") || strings.Contains(got, "123456\n") {
			t.Errorf("%s: an attestation shows the card: %s", language, got)
		}
	}
}

// TestNoReceiptOfAnotherDebtIsQuoted: what is kept speaks of another notice, body or amount.
func TestNoReceiptOfAnotherDebtIsQuoted(t *testing.T) {
	c := charge(t, second)
	c.conclude(driver.Charged, 4501)
	c.register(0, ledger.RegDone, "receipt.json") // of the notice that is not this one
	if a := c.attest("it"); a.Debts[0].Receipt != nil {
		t.Errorf("it quotes %+v", a.Debts[0].Receipt)
	}
}

func TestNothingToAttest(t *testing.T) {
	for _, v := range []driver.Verdict{driver.Unknown, driver.NotCharged} {
		c := charge(t, notice)
		c.conclude(v, 0)
		if a, err := Attest(c, c.id, office); !errors.Is(err, ErrNothingToAttest) {
			t.Errorf("%s gives %+v, %v", v, a, err)
		}
	}
	c := charge(t, notice)
	if _, err := Attest(c, c.id, office); !errors.Is(err, ErrNothingToAttest) {
		t.Errorf("sent: %v", err)
	}
	if _, err := Attest(c, "A1-99999999", office); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("no payment: %v", err)
	}
}

// TestPDFIsTheSameWheneverItIsMade and says what it is: title, language, text that can be read out.
func TestPDFIsTheSameWheneverItIsMade(t *testing.T) {
	c := charge(t, notice)
	c.conclude(driver.Charged, 4501)
	c.register(0, ledger.RegDone, "receipt.json")
	a := c.attest("it")
	pdf := mustPDF(t, a)
	if again := mustPDF(t, a); !bytes.Equal(pdf, again) {
		t.Fatal("the same payment gives other bytes")
	}
	golden(t, "attestation.pdf", pdf)
	for _, want := range []string{"/Lang (it)", "/CreationDate (D:20251003104127)", "/ToUnicode"} {
		if !bytes.Contains(pdf, []byte(want)) {
			t.Errorf("%q is missing", want)
		}
	}
	if title := utf16be("Attestazione di pagamento"); !bytes.Contains(pdf, title) {
		t.Error("no title")
	}
	content := unpacked(t, pdf)
	for _, want := range []string{"Attestazione di pagamento", "45,01 €", "Istituto di Pagamento Finto S.p.A.", "pagoPA"} {
		if !bytes.Contains(content, utf16be(want)) {
			t.Errorf("%q cannot be read in it", want)
		}
	}
	if german := unpacked(t, mustPDF(t, c.attest("de"))); !bytes.Contains(german, utf16be("Zahlungsbestätigung")) {
		t.Error("a German paper has no umlauts")
	}
}

// TestOddTextsArePrinted: whatever a platform sends, a paper comes of it.
func TestOddTextsArePrinted(t *testing.T) {
	for _, odd := range []string{"", "💶 TARI", "a\x00b\x1b@\u202e", strings.Repeat("lungo ", 400), strings.Repeat("x", 3000), "\xff\xfe", "אבג مرحبا 東京"} {
		a := Attestation{Language: "it", PaymentID: "A1-00000001", At: time.Unix(1_760_000_000, 0), Debts: []Debt{{Creditor: odd, CreditorName: odd, Number: odd, Description: odd, Cents: 1, Standing: Pending}}}
		if pdf := mustPDF(t, a); !bytes.HasPrefix(pdf, []byte("%PDF-")) || !bytes.Contains(pdf, []byte("%%EOF")) {
			t.Errorf("%.20q gives no PDF", odd)
		}
	}
	if _, err := (Attestation{}).PDF(); !errors.Is(err, ErrNothingToAttest) {
		t.Errorf("a paper about nothing: %v", err)
	}
}

func mustPDF(t *testing.T, a Attestation) []byte {
	t.Helper()
	pdf, err := a.PDF()
	if err != nil {
		t.Fatal(err)
	}
	return pdf
}

// utf16be is how the document holds its text, parentheses escaped.
func utf16be(s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		for _, c := range []byte{byte(u >> 8), byte(u)} {
			if c == '(' || c == ')' || c == '\\' {
				b = append(b, '\\')
			}
			b = append(b, c)
		}
	}
	return b
}

// unpacked are the streams of a PDF, one after the other.
func unpacked(t *testing.T, pdf []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	for rest := pdf; ; {
		_, after, ok := bytes.Cut(rest, []byte("stream\n"))
		if !ok {
			return out.Bytes()
		}
		if z, err := zlib.NewReader(bytes.NewReader(after)); err == nil {
			_, _ = io.Copy(&out, z) // fonts are streams, too
		}
		rest = after
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
