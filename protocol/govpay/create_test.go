package govpay

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// identityCard is the position of the examples.
func identityCard() NewPosition {
	return NewPosition{
		Application: "SPORTELLO", ID: "CIE-2025-001931", Type: "SEGRETERIA", Creditor: vallefinta,
		Reason: "Diritti di segreteria carta identita", Cents: 2221,
		Debtor: NewDebtor{
			TaxCode: luigi, Name: "Luigi Verdi", Address: "Via delle Prove", Number: "7", Postcode: "00010",
			Town: "Vallefinta", Province: "RM", Country: "IT", Email: "luigi.verdi@example.it",
		},
		DueBy: time.Date(2025, 12, 31, 0, 0, 0, 0, time.UTC), Year: 2025,
		NoticeTaxonomy: "Servizi erogati dal comune", Direction: "SPORTELLO", Division: "ANAGRAFE",
		Lines: []NewLine{
			{ID: "1", Cents: 1679, Description: "Corrispettivo carta identita", IBAN: "IT63P9999912345000000654321", AccountingKind: "ALTRO", AccountingCode: "0201102IM"},
			{ID: "2", Cents: 542, Description: "Diritti fissi", EntryCode: "SEGRETERIA"},
		},
	}
}

// TestExampleCreate: created, and the same again.
func TestExampleCreate(t *testing.T) {
	for i, x := range examples(t, "08-*") {
		got, err := replay(t, x).Create(t.Context(), identityCard(), i == 0)
		if err != nil {
			t.Fatal(err)
		}
		if got.Notice != "301470000012883536" || got.Creditor != vallefinta || got.New != (i == 0) || (len(got.PDF) > 0) != (i == 0) ||
			got.UUID != "1a7c8fd4c0ae4d5fae3a0b3d6cf2a901" || got.TransactionID == "" {
			t.Errorf("%d: %+v", i, got)
		}
	}
}

// TestExampleCreateFaults: what the platform refuses, in the order of the file.
// What it would refuse for its form does not leave, so only its codes are played.
func TestExampleCreateFaults(t *testing.T) {
	files := examples(t, "09-*")
	for i, want := range []struct {
		codice  string
		trouble Trouble
	}{{"VER_002", TroubleData}, {"VER_003", TroubleNotice}, {"APP_002", TroubleUnexpected}, {"SINTASSI", TroubleData}} {
		c := serve(t, &pages{by: map[string]page{"": {files[i].Response.Status, "", string(files[i].Response.Body)}}})
		_, err := c.Create(t.Context(), identityCard(), false)
		var f *Fault
		if !errors.As(err, &f) || f.Codice != want.codice || f.Trouble() != want.trouble || f.Outcome != OutcomePermanent || f.API != Pendenze {
			t.Errorf("%d: %v", i, err)
		}
	}
}

func TestCreateRefusesBeforeSending(t *testing.T) {
	h := &pages{}
	c := serve(t, h)
	for name, spoil := range map[string]func(*NewPosition){
		"sum":            func(n *NewPosition) { n.Cents = 2500 },
		"nothing":        func(n *NewPosition) { n.Cents, n.Lines[0].Cents, n.Lines[1].Cents = 0, 0, 0 },
		"negative":       func(n *NewPosition) { n.Lines[0].Cents = -1 },
		"too much":       func(n *NewPosition) { n.Lines[0].Cents = MaxCents; n.Cents = MaxCents + 542 },
		"id":             func(n *NewPosition) { n.ID = "a/b" },
		"application":    func(n *NewPosition) { n.Application = "" },
		"no lines":       func(n *NewPosition) { n.Lines = nil },
		"six lines":      func(n *NewPosition) { n.Lines = make([]NewLine, 6) },
		"line twice":     func(n *NewPosition) { n.Lines[1].ID = "1" },
		"neither":        func(n *NewPosition) { n.Lines[1].EntryCode = "" },
		"both":           func(n *NewPosition) { n.Lines[1].IBAN = n.Lines[0].IBAN },
		"no accounting":  func(n *NewPosition) { n.Lines[0].AccountingCode = "" },
		"reason":         func(n *NewPosition) { n.Reason = strings.Repeat("è", 141) },
		"no reason":      func(n *NewPosition) { n.Reason = "" },
		"line break":     func(n *NewPosition) { n.Reason = "a\nb" },
		"debtor":         func(n *NewPosition) { n.Debtor.TaxCode = "VRDLGI70A01H501QQ" },
		"name":           func(n *NewPosition) { n.Debtor.Name = "" },
		"country":        func(n *NewPosition) { n.Debtor.Country = "it" },
		"creditor":       func(n *NewPosition) { n.Creditor = "1" },
		"description":    func(n *NewPosition) { n.Lines[0].Description = strings.Repeat("x", 141) },
		"iban":           func(n *NewPosition) { n.Lines[0].IBAN = "IT63 P999" },
		"code and codes": func(n *NewPosition) { n.Lines[1].AccountingCode = "x" },
	} {
		n := identityCard()
		spoil(&n)
		_, err := c.Create(t.Context(), n, false)
		if !errors.Is(err, ErrArgument) {
			t.Errorf("%s: %v", name, err)
		} else if strings.Contains(err.Error(), "Verdi") || strings.Contains(err.Error(), "VRDLGI") {
			t.Errorf("%s: the error names the debtor: %v", name, err)
		}
	}
	if len(h.log()) != 0 {
		t.Errorf("went out: %q", h.log())
	}
	n := identityCard()
	n.Reason = strings.Repeat("è", 140)
	h.by = map[string]page{"": {201, "", `{"idDominio":"99999000013","numeroAvviso":"301470000012883536"}`}}
	if _, err := c.Create(t.Context(), n, false); err != nil {
		t.Errorf("140 characters: %v", err)
	}
}

func TestCreateOddAnswers(t *testing.T) {
	for body, want := range map[string]error{
		`{"idDominio":"99999000021","numeroAvviso":"301470000012883536"}`:                  ErrMismatch,
		`{"idDominio":"99999000013"}`:                                                      ErrMalformed,
		`{"idDominio":"99999000013","numeroAvviso":"123"}`:                                 ErrMalformed,
		`{"idDominio":"99999000013","numeroAvviso":"301470000012883536","pdf":"PGh0bWw+"}`: ErrMalformed,
		`{"idDominio":"99999000013","numeroAvviso":"301470000012883536","pdf":"%%%"}`:      ErrMalformed,
		`[]`: ErrMalformed,
	} {
		_, err := serve(t, &pages{by: map[string]page{"": {200, "", body}}}).Create(t.Context(), identityCard(), true)
		if !errors.Is(err, want) {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func TestPositionIDs(t *testing.T) {
	a := PositionID("A1", "req-1")
	if a != PositionID("A1", "req-1") || a == PositionID("A1", "req-2") || a == PositionID("A2", "req-1") || !strings.HasPrefix(a, "SP-A1-") {
		t.Errorf("%q", a)
	}
	if PositionID("A", "1x") == PositionID("A1", "x") {
		t.Error("the border between installation and request does not count")
	}
	for _, installation := range []string{"A1", "", "città di Vallefinta", "ABCDEFGHIJKLMN"} {
		if id := PositionID(installation, "x"); !isID(id) || len(id) > 35 {
			t.Errorf("%q", id)
		}
	}
}

func TestExampleCatalogue(t *testing.T) {
	files := examples(t, "10-*")
	all, err := replay(t, files[0]).Services(t.Context(), vallefinta)
	if err != nil || len(all) != 1 {
		t.Fatalf("%+v, %v", all, err)
	}
	one, err := replay(t, files[1]).Service(t.Context(), vallefinta, "SEGRETERIA")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []Service{all[0], one} {
		if s.ID != "SEGRETERIA" || s.Name != "Diritti di segreteria" || s.FormKind != "angular2-json-schema-form" || s.TransactionID == "" ||
			!strings.Contains(string(s.Schema), `"nominativo"`) || strings.Contains(string(s.Schema), `"layout"`) || !strings.HasPrefix(string(s.Layout), "[") {
			t.Errorf("%+v", s)
		}
	}
}

func TestServiceForms(t *testing.T) {
	for form, want := range map[string]string{
		``: ``, `,"form":null`: ``, `,"form":{"tipo":"x","definizione":{"schema":{"type":"object"},"layout":[]}}`: `{"type":"object"}`,
		`,"form":{"tipo":"x","definizione":{"type":"object"}}`:                    `{"type":"object"}`,
		`,"form":{"tipo":"x","definizione":"{\"schema\":{\"type\":\"object\"}}"}`: `{"type":"object"}`,
		`,"form":{"tipo":"x","definizione":"not JSON"}`:                           ``,
		`,"form":{"tipo":"x","definizione":[1]}`:                                  ``,
		`,"form":{"tipo":"x","definizione":{"schema":7}}`:                         ``,
	} {
		s, err := serve(t, &pages{by: map[string]page{"": {body: `{"idTipoPendenza":"T","descrizione":"d"` + form + `}`}}}).Service(t.Context(), vallefinta, "T")
		if err != nil || string(s.Schema) != want {
			t.Errorf("%s: %q, %v", form, s.Schema, err)
		}
	}
	huge := `{"idTipoPendenza":"T","form":{"definizione":{"schema":{"x":"` + strings.Repeat("x", maxForm) + `"}}}}`
	if _, err := serve(t, &pages{by: map[string]page{"": {body: huge}}}).Service(t.Context(), vallefinta, "T"); !errors.Is(err, ErrMalformed) {
		t.Errorf("huge form: %v", err)
	}
	if _, err := serve(t, &pages{by: map[string]page{"": {body: `{"idTipoPendenza":"U"}`}}}).Service(t.Context(), vallefinta, "T"); !errors.Is(err, ErrMismatch) {
		t.Errorf("another service: %v", err)
	}
	// A platform that gives the same page for ever.
	body := `{"risultati":[` + strings.TrimSuffix(strings.Repeat(`{"idTipoPendenza":"T"},`, servicePage), ",") + `]}`
	h := &pages{by: map[string]page{"": {body: body}}}
	if all, err := serve(t, h).Services(t.Context(), vallefinta); err != nil || len(all) != 1 || len(h.log()) != 2 {
		t.Errorf("%d services in %d pages, %v", len(all), len(h.log()), err)
	}
}

func TestNoticePDF(t *testing.T) {
	c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header["Accept"]; len(got) != 1 || got[0] != "application/pdf" {
			t.Errorf("Accept %q", got)
		}
		w.Header().Set("Content-Type", "application/pdf")
		_, _ = io.WriteString(w, "%PDF-1.4\n")
		if strings.HasPrefix(r.URL.Path, "/pen") {
			_, _ = w.Write(make([]byte, maxPDF))
		}
	}))
	pdf, err := c.NoticePDF(t.Context(), Pagamento, vallefinta, thisOne)
	if err != nil || string(pdf) != "%PDF-1.4\n" {
		t.Errorf("%q, %v", pdf, err)
	}
	if _, err := c.NoticePDF(t.Context(), Pendenze, vallefinta, thisOne); !errors.Is(err, ErrTooLarge) {
		t.Errorf("over the cap: %v", err)
	}
	if _, err := c.NoticePDF(t.Context(), Ragioneria, vallefinta, thisOne); !errors.Is(err, ErrArgument) {
		t.Errorf("no such interface: %v", err)
	}
	if _, err := serve(t, &pages{by: map[string]page{"": {404, "", notFound}}}).NoticePDF(t.Context(), Pagamento, vallefinta, thisOne); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown: %v", err)
	}
}
