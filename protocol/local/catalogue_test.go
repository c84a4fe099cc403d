package local

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// allCodes reads codes.go itself, so that a code nobody put into the catalogue is found.
func allCodes(t *testing.T) []Code {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "codes.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var codes []Code
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if of, ok := spec.Type.(*ast.Ident); !ok || of.Name != "Code" {
			t.Errorf("%s is not of type Code", spec.Names[0])
		}
		text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Error(err)
		}
		codes = append(codes, Code(text))
		return true
	})
	if len(codes) < 80 {
		t.Fatalf("only %d codes found in codes.go", len(codes))
	}
	return codes
}

// settled are the reasons after which nobody needs to do anything.
var settled = []Code{CodeApproved, CodeByEvidence, CodeByPeople}

func TestEveryCodeHasItsTexts(t *testing.T) {
	codes := allCodes(t)
	seen := map[Code]bool{}
	for _, code := range codes {
		if seen[code] {
			t.Errorf("%s is there twice", code)
		}
		seen[code] = true
		if !regexp.MustCompile(`^[a-z][a-z_]*[a-z]$`).MatchString(string(code)) {
			t.Errorf("%q is not a code", code)
		}
		status, ok := statuses[code]
		if !ok {
			t.Errorf("%s has no HTTP status", code)
		}
		if status != http.StatusOK && (status < 400 || http.StatusText(status) == "") {
			t.Errorf("%s has status %d", code, status)
		}
		for _, lang := range Languages() {
			text, ok := texts[lang][code]
			if !ok || text.Message == "" {
				t.Errorf("%s has no text in %s", code, lang)
			}
			if text.Hint == "" && !slices.Contains(settled, code) {
				t.Errorf("%s has no hint in %s", code, lang)
			}
			for _, s := range []string{text.Message, text.Hint} {
				if s != strings.TrimSpace(s) || strings.Contains(s, "  ") {
					t.Errorf("%s in %s: stray spaces in %q", code, lang, s)
				}
				if s != "" && !strings.HasSuffix(s, ".") {
					t.Errorf("%s in %s: no full stop in %q", code, lang, s)
				}
				if len([]rune(s)) > 150 {
					t.Errorf("%s in %s: %d characters: a clerk has no time for that: %q", code, lang, len([]rune(s)), s)
				}
			}
		}
	}
	for _, lang := range Languages() {
		for code := range texts[lang] {
			if !seen[code] {
				t.Errorf("%s in %s is not in codes.go", code, lang)
			}
		}
	}
	for code := range statuses {
		if !seen[code] {
			t.Errorf("status of %s, which is not in codes.go", code)
		}
	}
}

var place = regexp.MustCompile(`\{([^}]*)\}`)

// A place that one language fills must be there in the others, and must be one that Args may fill.
func TestPlacesAreTheSameInEveryLanguage(t *testing.T) {
	known := []string{ArgAmount, ArgPrinted, ArgExpected, ArgFound, ArgPayment, ArgTerminal, ArgCreditor, ArgReason, ArgLimit, ArgSeconds, ArgField, ArgSTAN, ArgAuth}
	for _, code := range allCodes(t) {
		var first []string
		for i, lang := range Languages() {
			var names []string
			text := Lookup(code, lang)
			for _, m := range place.FindAllStringSubmatch(text.Message+text.Hint, -1) {
				if !slices.Contains(known, m[1]) {
					t.Errorf("%s in %s: unknown place %q", code, lang, m[1])
				}
				names = append(names, m[1])
			}
			slices.Sort(names)
			if i == 0 {
				first = names
			}
			if !slices.Equal(names, first) {
				t.Errorf("%s in %s has places %q, in Italian %q", code, lang, names, first)
			}
			// Unfilled and filled, nothing of the notation may reach a person.
			all := map[string]string{}
			for _, name := range known {
				all[name] = "X"
			}
			for _, args := range []map[string]string{nil, all} {
				reason := Explain(code, lang, args)
				if strings.ContainsAny(reason.Text+reason.Hint, "[]{}") || strings.Contains(reason.Text+reason.Hint, "  ") {
					t.Errorf("%s in %s renders as %q, %q", code, lang, reason.Text, reason.Hint)
				}
			}
		}
	}
}

// Money rule for words (users 3): "annullato" is the terminal's or the creditor's word, never ours for an
// outcome we do not know; and every unknown outcome begins with the same warning.
func TestWordsThatMoveMoney(t *testing.T) {
	said := []Code{CodeCancelled, CodeNoticeCancelled}
	unknown := []Code{CodeLineLost, CodeNoAnswer, CodeDamagedAnswer, CodeOddAnswer, CodeRestarted, CodeAwaitingPeople, CodeResolutionParked}
	forbidden := map[Language]*regexp.Regexp{
		Italian: regexp.MustCompile(`(?i)annull`),
		English: regexp.MustCompile(`(?i)cancel|void`),
		German:  regexp.MustCompile(`(?i)abgebrochen\.|annull|storniert\.`),
	}
	warning := map[Language]string{
		Italian: "Esito non noto: non far ripagare.",
		English: "Outcome not known: do not let it be paid again.",
		German:  "Ausgang nicht bekannt: nicht nochmals zahlen lassen.",
	}
	for _, code := range allCodes(t) {
		for _, lang := range Languages() {
			text := Lookup(code, lang)
			// The line was cut ("Verbindung … abgebrochen") is not the payment: only whole codes are exempt.
			if lang != German && !slices.Contains(said, code) && forbidden[lang].MatchString(text.Message+text.Hint) {
				t.Errorf("%s in %s says cancelled: %q", code, lang, text)
			}
			if slices.Contains(unknown, code) != strings.HasPrefix(text.Message, warning[lang]) {
				t.Errorf("%s in %s: warning of an unknown outcome missing or misplaced: %q", code, lang, text.Message)
			}
		}
	}
}

func TestRender(t *testing.T) {
	if got := Render(&Error{Code: CodeResolutionTooEarly, Args: map[string]string{ArgSeconds: "184"}}, Italian); got.RetryAfter != 184 {
		t.Errorf("in how many seconds again: %+v", got)
	}
	err := &Error{Code: CodeAmountChanged, AmountCents: 123450}
	for lang, want := range map[Language]string{
		Italian: "L'importo dell'avviso è cambiato: ora è 1.234,50 €.",
		English: "The amount of the notice has changed: it is now €1,234.50.",
		German:  "Der Betrag hat sich geändert: jetzt 1.234,50 €.",
		"fr":    "L'importo dell'avviso è cambiato: ora è 1.234,50 €.",
	} {
		if got := Render(err, lang); got.Message != want || got.Hint == "" || got.AmountCents != 123450 {
			t.Errorf("%s: %+v", lang, got)
		}
	}
	if err.Message != "" {
		t.Error("Render changed its argument")
	}
	if got := Render(&Error{Code: CodeAmountChanged}, Italian).Message; got != "L'importo dell'avviso è cambiato." {
		t.Errorf("without amount: %q", got)
	}
	if got := Render(&Error{Code: "never_heard_of"}, Italian); got.Message != italian[CodeInternal].Message {
		t.Errorf("unknown code: %q", got.Message)
	}
	if got := Render(&Error{Code: CodeInternal, Message: "kept", Hint: "too"}, Italian); got.Message != "kept" || got.Hint != "too" {
		t.Errorf("given texts: %+v", got)
	}
	got := Render(&Error{Code: CodeNoticeLocked, PaymentID: "p1", Args: map[string]string{ArgPayment: "{terminal}[x]"}}, English)
	if !strings.Contains(got.Message, "({terminal}[x])") {
		t.Errorf("a value must not be read as notation: %q", got.Message)
	}
	if HTTPStatus("never_heard_of") != http.StatusInternalServerError {
		t.Error("an unknown code is not a 500")
	}
}

func TestMoney(t *testing.T) {
	for cents, want := range map[int64][2]string{
		0:                    {"0,00 €", "€0.00"},
		5:                    {"0,05 €", "€0.05"},
		99999:                {"999,99 €", "€999.99"},
		100000:               {"1.000,00 €", "€1,000.00"},
		99999999:             {"999.999,99 €", "€999,999.99"},
		100000000:            {"1.000.000,00 €", "€1,000,000.00"},
		-1250:                {"-12,50 €", "-€12.50"},
		-9223372036854775808: {"-92.233.720.368.547.758,08 €", "-€92,233,720,368,547,758.08"},
	} {
		if got := Money(cents, Italian); got != want[0] {
			t.Errorf("%d in Italian: %q", cents, got)
		}
		if got := Money(cents, English); got != want[1] {
			t.Errorf("%d in English: %q", cents, got)
		}
	}
}

func TestDeclineText(t *testing.T) {
	if got := DeclineText("117", Italian); got != "PIN errato" {
		t.Errorf("117: %q", got)
	}
	if got := DeclineText("208", Italian); strings.Contains(got, "smarrit") || got == "" {
		t.Errorf("a lost card must read as the bank's refusal: %q", got)
	}
	for _, silent := range []string{"", "000", "888", "999", "x"} {
		if got := DeclineText(silent, Italian); got != "" {
			t.Errorf("%q: %q", silent, got)
		}
	}
	for code, group := range declines {
		for _, lang := range Languages() {
			if declineTexts[group].In(lang) == "" {
				t.Errorf("%s has no text in %s", code, lang)
			}
		}
	}
}

func TestNotReversibleText(t *testing.T) {
	for why, text := range notReversible {
		for _, lang := range Languages() {
			if NotReversibleText(why, lang) == "" {
				t.Errorf("%s has no text in %s", why, lang)
			}
		}
		if NotReversibleText(why, "fr") != text[0] {
			t.Errorf("%s: an unknown language does not read as Italian", why)
		}
	}
	if NotReversibleText("", Italian) != "" {
		t.Error("no reason has a text")
	}
}

// What the desk and a close say is there in every language.
func TestLabels(t *testing.T) {
	for kind := range evidenceLabels {
		for _, lang := range Languages() {
			if label := EvidenceLabel(kind, lang); label == kind || label == "" {
				t.Errorf("%s has no label in %s", kind, lang)
			}
		}
	}
	if EvidenceLabel("smoke", German) != "smoke" || EvidenceLabel("alarm", "fr") != evidenceLabels["alarm"][0] {
		t.Error("an unknown kind or language is not shown")
	}
	for _, between := range []string{TerminalLedger, HostLedger, TerminalHost} {
		for _, lang := range Languages() {
			more, less := ClosingDiffText(between, 1250, lang), ClosingDiffText(between, -1250, lang)
			if more == less || !strings.Contains(more, "12") || strings.Contains(less, "-") {
				t.Errorf("%s in %s: %q, %q", between, lang, more, less)
			}
		}
	}
	if got := ClosingDiffText(TerminalLedger, -1250, "fr"); got != "il terminale ha 12,50 € in meno del registro" {
		t.Errorf("%q", got)
	}
}

// What a verification did not show, and what is wrong with a form, is said in every language.
func TestGapAndFormTexts(t *testing.T) {
	for name, one := range map[string]struct {
		text  func(string, Language) string
		known []string
	}{
		"gap":  {GapText, []string{"no_state", "no_attempts", "no_lines"}},
		"form": {FormText, []string{FormMissing, FormUnknown, FormKind, FormLength, FormRange, FormPattern, FormChoice}},
	} {
		seen := map[string]bool{}
		for _, lang := range Languages() {
			for _, key := range one.known {
				text := one.text(key, lang)
				if text == "" || seen[text] {
					t.Errorf("%s %s in %s is empty or said twice: %q", name, key, lang, text)
				}
				seen[text] = true
			}
			if one.text("smoke", lang) != "" {
				t.Errorf("%s: an unknown key has a text in %s", name, lang)
			}
		}
		if one.text(one.known[0], "fr") != one.text(one.known[0], Italian) {
			t.Errorf("%s: an unknown language does not read as Italian", name)
		}
	}
	got := Explain(CodeFormInvalid, Italian, map[string]string{ArgField: "Classe", ArgReason: FormText(FormMissing, Italian)})
	if got.Text != "Il modulo non è compilato come richiesto: Classe è obbligatorio." {
		t.Errorf("%q", got.Text)
	}
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
