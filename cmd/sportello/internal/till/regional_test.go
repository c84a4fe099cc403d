package till

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sportello/protocol/govpay"
	"sportello/protocol/govpay/govpaytest"
	"sportello/protocol/local"
)

const (
	mario = "RSSMRA80A01F205X"
	firm  = "01199250158"
)

// region is a counter over a platform that answers on a real line.
type region struct {
	*world
	server *govpaytest.Server
	client *govpay.Client
}

// regional is what the service puts between till and client: the verifier, and the client for all else.
type regional struct {
	*govpay.Client
	verifier *govpay.Verifier
}

func (r *regional) Position(ctx context.Context, creditor, notice string) (govpay.Position, error) {
	return r.verifier.Position(ctx, creditor, notice)
}

func newRegion(t *testing.T, seed govpaytest.Seed, change ...func(*world)) *region {
	t.Helper()
	seed.V = 1
	seed.Creditors = []govpaytest.Creditor{{TaxCode: comune, Name: "Comune di Esempio"}, {TaxCode: other, Name: "Unione"}}
	server, err := govpaytest.New(govpaytest.Options{Seed: seed})
	if err == nil {
		err = server.Start("127.0.0.1:0")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	password := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, []byte("sportello"), 0o600); err != nil {
		t.Fatal(err)
	}
	bases := govpaytest.Bases("http://"+server.Addr(), "basic")
	client, err := govpay.New(govpay.Config{Pagamento: bases["pagamento"], Pendenze: bases["pendenze"], Ragioneria: bases["ragioneria"],
		Auth: govpay.Auth{User: "sportello", PasswordFile: password}, Proxy: govpay.ProxyNone})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	verifier, err := govpay.NewVerifier(client)
	if err != nil {
		t.Fatal(err)
	}
	change = append(change, func(w *world) { w.regional = &regional{client, verifier} })
	return &region{world: newWorld(t, change...), server: server, client: client}
}

// asked counts the requests whose method and path begin so.
func (r *region) asked(method, part string) int {
	n := 0
	for _, q := range r.server.Requests() {
		if q.Method == method && strings.Contains(q.Path, part) {
			n++
		}
	}
	return n
}

func owed(i int, creditor string, change ...func(*govpaytest.Debt)) govpaytest.Debt {
	d := govpaytest.Debt{Creditor: creditor, Notice: notice(i), Cents: price, Type: "TARI", Reason: "TARI 2026",
		Debtor: govpaytest.Debtor{TaxCode: mario, Name: "Mario Rossi"}}
	for _, f := range change {
		f(&d)
	}
	return d
}

// TestSearch finds what a debtor owes to each creditor, what can be charged first, with what the ledger holds.
func TestSearch(t *testing.T) {
	r := newRegion(t, govpaytest.Seed{Debts: []govpaytest.Debt{
		owed(1, comune), owed(2, comune, func(d *govpaytest.Debt) { d.State = govpaytest.StatePaid }),
		owed(3, other, func(d *govpaytest.Debt) { d.Due = "2099-12-31" }),
		owed(4, comune, func(d *govpaytest.Debt) { d.Debtor.TaxCode = "VRDMRA85T50H501L" }),
		owed(5, comune, func(d *govpaytest.Debt) { d.Spontaneous = true }),
	}})
	find := func(creditor, debtor string) (local.SearchResult, error) {
		return r.till.SearchPositions(context.Background(), local.SearchRequest{Creditor: creditor, Debtor: debtor})
	}
	numbers := func(s local.SearchResult) []string {
		var out []string
		for _, p := range s.Positions {
			out = append(out, p.Number)
		}
		slices.Sort(out)
		return out
	}
	all, err := find("", " rssmra80a01f205x ")
	if err != nil || !slices.Equal(numbers(all), []string{notice(1), notice(2), notice(3), notice(5)}) {
		t.Fatalf("%+v %v", all, err)
	}
	if last := all.Positions[3]; last.Number != notice(2) || last.Payable || last.Reason == nil || last.Reason.Code != string(local.CodeNoticePaid) || last.State != "ESEGUITA" {
		t.Errorf("%+v", last)
	}
	for _, p := range all.Positions[:3] {
		if !p.Payable || p.Reason != nil || p.AmountCents != price || p.Debtor != "Mario Rossi" || p.Description != "TARI 2026" {
			t.Errorf("%+v", p)
		}
		if (p.DueDate == "2099-12-31") != (p.Number == notice(3)) || (p.Creditor == other) != (p.Number == notice(3)) {
			t.Errorf("%+v", p)
		}
	}
	if one, err := find(other, mario); err != nil || !slices.Equal(numbers(one), []string{notice(3)}) {
		t.Errorf("%+v %v", one, err)
	}
	if none, err := find(comune, "BNCGNN80A01F205P"); err == nil && len(none.Positions) > 0 {
		t.Errorf("%+v", none)
	}
	asked := len(r.server.Requests())
	for _, bad := range []struct {
		creditor, debtor string
		code             local.Code
	}{{"", "", local.CodeSearchDebtorNeeded}, {"", "RSSMRA80A01F205Y", local.CodeDebtorInvalid}, {"", "Mario Rossi", local.CodeDebtorInvalid},
		{"80012345676", mario, local.CodeOtherCreditor}} {
		_, err := find(bad.creditor, bad.debtor)
		if e := refusal(t, err, bad.code); strings.Contains(e.Error(), "RSSMRA80A01F205Y") || strings.Contains(e.Error(), "Mario") {
			t.Errorf("the error repeats who: %v", e)
		}
	}
	if n := len(r.server.Requests()); n != asked {
		t.Errorf("%d requests for nothing", n-asked)
	}
	p, err := r.pay(request("r1", "cassa1", notice(1)))
	if err != nil {
		t.Fatal(err)
	}
	if all, err = find(comune, mario); err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(all.Positions, func(f local.FoundPosition) bool { return f.Number == notice(1) })
	if f := all.Positions[i]; f.Payable || f.Reason == nil || f.Reason.Code != string(local.CodeNoticeLocked) || !strings.Contains(f.Reason.Text+f.Reason.Hint, p.ID) && f.Reason.Text == "" {
		t.Errorf("ours: %+v", f)
	}
	r.server.Stop()
	_, err = find("", mario)
	wantCode(t, err, local.CodePlatformUnavailable)
}

var office = []Service{
	{Type: "SEGRETERIA", Name: "Diritti di segreteria", Reason: "Diritti di segreteria {pratica}", Cents: 260, EntryCode: "SEGRETERIA", DueDays: 30,
		Form: json.RawMessage(`{"type":"object","required":["pratica"],"properties":{"pratica":{"type":"string","title":"Pratica","pattern":"^[0-9]+/[0-9]{4}$","maxLength":20},"copie":{"type":"integer","minimum":1,"maximum":10}}}`)},
	{Type: "LIBERO", Name: "Versamento libero", Creditor: other, Reason: "Versamento", IBAN: "IT60X0542811101000000123456", AccountingKind: "ALTRO", AccountingCode: "LIBERO"},
	{Type: "CIE"},
	{Type: "UNHEARD"},
}

func withServices(w *world) { w.services = office }

func wanted(id string) local.CreateRequest {
	return local.CreateRequest{RequestID: id, Service: "SEGRETERIA", Debtor: local.Debtor{TaxCode: mario, Name: "Mario  Rossi", Email: "mario@example.it"},
		Fields: map[string]any{"pratica": "12/2026", "copie": float64(2)}}
}

// TestServices: those of the configuration, and those that the platform describes; one that it does not know is
// not offered.
func TestServices(t *testing.T) {
	r := newRegion(t, govpaytest.Seed{}, withServices)
	list, err := r.till.Services(context.Background())
	if err != nil || len(list) != 3 {
		t.Fatalf("%+v %v", list, err)
	}
	if s := list[0]; s.ID != "SEGRETERIA" || s.Source != local.SourceConfig || s.Creditor != comune || s.AmountCents != 260 || !bytes.Equal(s.Form, office[0].Form) {
		t.Errorf("%+v", s)
	}
	if s := list[1]; s.Creditor != other || s.Form != nil {
		t.Errorf("%+v", s)
	}
	if s := list[2]; s.ID != "CIE" || s.Source != local.SourceCatalogue || s.Name != "Carta d'identità elettronica" || !json.Valid(s.Form) {
		t.Errorf("%+v", s)
	}
	asked := r.asked("GET", "/tipiPendenza/CIE")
	r.server.Stop()
	if list, err = r.till.Services(context.Background()); err != nil || len(list) != 3 {
		t.Errorf("known already, with the platform away: %+v %v", list, err)
	}
	if asked != 1 || r.asked("GET", "/tipiPendenza/CIE") != 1 {
		t.Errorf("asked %d times", asked)
	}
}

// TestCreate: a debt is created once for each request, and its notice is ready for the cart.
func TestCreate(t *testing.T) {
	r := newRegion(t, govpaytest.Seed{}, withServices)
	create := func(q local.CreateRequest) (local.Notice, error) {
		return r.till.CreatePosition(context.Background(), clerk, q)
	}
	n, err := create(wanted("c1"))
	if err != nil || !n.Payable || !n.Verified || n.AmountCents != 260 || n.Description != "Diritti di segreteria 12/2026" || n.Debtor != "Mario Rossi" || n.DueDate == "" || n.Creditor != comune {
		t.Fatalf("%+v %v", n, err)
	}
	again, err := create(wanted("c1"))
	if err != nil || again.Number != n.Number {
		t.Errorf("%+v %v", again, err)
	}
	r.restart()
	if again, err = create(wanted("c1")); err != nil || again.Number != n.Number || r.asked("PUT", "/pendenze/") != 1 {
		t.Errorf("%d created, %+v %v", r.asked("PUT", "/pendenze/"), again, err)
	}
	second, err := create(wanted("c2"))
	if err != nil || second.Number == n.Number {
		t.Errorf("another request: %+v %v", second, err)
	}
	changed := wanted("c1")
	changed.Fields["pratica"] = "13/2026"
	_, err = create(changed)
	wantCode(t, err, local.CodePositionExistsOther)

	libero := local.CreateRequest{RequestID: "c3", Service: "LIBERO", AmountCents: 990, Reason: "Contributo", Debtor: local.Debtor{Company: true, TaxCode: firm, Name: "Ditta"}}
	if n, err = create(libero); err != nil || n.Creditor != other || n.AmountCents != 990 || n.Description != "Contributo" {
		t.Errorf("%+v %v", n, err)
	}
	cie := local.CreateRequest{RequestID: "c4", Service: "CIE", AmountCents: 2221, Debtor: local.Debtor{TaxCode: mario, Name: "Mario Rossi"},
		Fields: map[string]any{"codiceFiscale": mario, "nominativo": "Mario Rossi"}}
	if n, err = create(cie); err != nil || !n.Payable || n.Description != "Carta d'identità elettronica" {
		t.Errorf("%+v %v", n, err)
	}
	p, err := r.pay(local.PaymentRequest{RequestID: "r1", Terminal: "cassa1", Notices: []local.RequestNotice{{Creditor: n.Creditor, Number: n.Number, ExpectedCents: n.AmountCents}}})
	if err != nil || len(p.Transactions) == 0 {
		t.Errorf("%+v %v", p, err)
	}
}

// TestCreatedAndOver: what was paid or withdrawn meanwhile is told, and never brought back to life.
func TestCreatedAndOver(t *testing.T) {
	for state, code := range map[string]local.Code{govpaytest.StatePaid: local.CodePositionAlreadyPaid, govpaytest.StateIrregular: local.CodePositionAlreadyPaid, govpaytest.StateCancelled: local.CodeNoticeCancelled} {
		r := newRegion(t, govpaytest.Seed{}, withServices)
		n, err := r.till.CreatePosition(context.Background(), clerk, wanted("c1"))
		if err != nil {
			t.Fatal(err)
		}
		if err := r.server.AddDebt(govpaytest.Debt{Creditor: comune, Notice: n.Number, Cents: 260, Type: "SEGRETERIA", Application: "A2A-SPORTELLO",
			ID: govpay.PositionID("A1", "c1"), Reason: n.Description, State: state, Debtor: govpaytest.Debtor{TaxCode: mario, Name: "Mario Rossi"}}); err != nil {
			t.Fatal(err)
		}
		_, err = r.till.CreatePosition(context.Background(), clerk, wanted("c1"))
		wantCode(t, err, code)
		if n := r.asked("PUT", "/pendenze/"); n != 1 {
			t.Errorf("%s: %d PUTs", state, n)
		}
	}
}

// TestCreateSpoilt: a creation whose answer is lost has happened or not; the same request finds out.
func TestCreateSpoilt(t *testing.T) {
	r := newRegion(t, govpaytest.Seed{}, withServices)
	create := func() (local.Notice, error) {
		return r.till.CreatePosition(context.Background(), clerk, wanted("c1"))
	}
	spoil := func(rules ...govpaytest.Rule) {
		if err := r.server.SetRules(rules...); err != nil {
			t.Fatal(err)
		}
	}
	spoil(govpaytest.Rule{On: "crea", Do: "lost", Times: 1})
	_, err := create()
	wantCode(t, err, local.CodePlatformUnavailable)
	spoil()
	n, err := create()
	if err != nil || !n.Payable || r.asked("PUT", "/pendenze/") != 1 {
		t.Errorf("%d PUTs, %+v %v", r.asked("PUT", "/pendenze/"), n, err)
	}
	spoil(govpaytest.Rule{On: "byAvviso", Do: "down"})
	if n, err = create(); err != nil || !n.Payable || n.Verified || n.AmountCents != 260 || len(n.Warnings) != 1 || n.Warnings[0].Code != string(local.CodePlatformUnavailable) {
		t.Errorf("created and not verified: %+v %v", n, err)
	}
	r.server.Stop()
	_, err = create()
	wantCode(t, err, local.CodePlatformUnavailable)
}

// TestCreateRefusals name the field and what is wrong with it, and repeat no value; nothing is sent.
func TestCreateRefusals(t *testing.T) {
	r := newRegion(t, govpaytest.Seed{}, withServices)
	rows := map[string]struct {
		change func(*local.CreateRequest)
		code   local.Code
		field  string
	}{
		"no request id":    {func(q *local.CreateRequest) { q.RequestID = "" }, local.CodeRequestIDMissing, ""},
		"no such service":  {func(q *local.CreateRequest) { q.Service = "X" }, local.CodeServiceNotFound, ""},
		"not of that body": {func(q *local.CreateRequest) { q.Creditor = other }, local.CodeServiceNotFound, ""},
		"tax code":         {func(q *local.CreateRequest) { q.Debtor.TaxCode = "RSSMRA80A01F205Y" }, local.CodeDebtorInvalid, "codice fiscale"},
		"a firm's":         {func(q *local.CreateRequest) { q.Debtor.Company = true }, local.CodeDebtorInvalid, "codice fiscale"},
		"name":             {func(q *local.CreateRequest) { q.Debtor.Name = " " }, local.CodeDebtorInvalid, "nome"},
		"long name":        {func(q *local.CreateRequest) { q.Debtor.Name = strings.Repeat("à", 71) }, local.CodeDebtorInvalid, "nome"},
		"email":            {func(q *local.CreateRequest) { q.Debtor.Email = "mario" }, local.CodeDebtorInvalid, "email"},
		"country":          {func(q *local.CreateRequest) { q.Debtor.Country = "ITA" }, local.CodeDebtorInvalid, "nazione"},
		"field missing":    {func(q *local.CreateRequest) { delete(q.Fields, "pratica") }, local.CodeFormInvalid, "Pratica"},
		"field's shape":    {func(q *local.CreateRequest) { q.Fields["pratica"] = "dodici" }, local.CodeFormInvalid, "Pratica"},
		"field's range":    {func(q *local.CreateRequest) { q.Fields["copie"] = float64(11) }, local.CodeFormInvalid, "copie"},
		"field unknown":    {func(q *local.CreateRequest) { q.Fields["altro"] = "x" }, local.CodeFormInvalid, "altro"},
		"another amount":   {func(q *local.CreateRequest) { q.AmountCents = 1 }, local.CodeFormInvalid, "importo"},
		"long reason":      {func(q *local.CreateRequest) { q.Reason = strings.Repeat("x", 141) }, local.CodeFormInvalid, "causale"},
	}
	for name, row := range rows {
		q := wanted("c1")
		row.change(&q)
		_, err := r.till.CreatePosition(context.Background(), clerk, q)
		e := refusal(t, err, row.code)
		if e.Args[local.ArgField] != row.field || strings.Contains(e.Error(), "RSSMRA") {
			t.Errorf("%s: %v %v", name, e, e.Args)
		}
		if row.code == local.CodeFormInvalid && e.Args[local.ArgReason] == "" {
			t.Errorf("%s: without a reason", name)
		}
	}
	asks := local.CreateRequest{RequestID: "c2", Service: "LIBERO", Debtor: local.Debtor{TaxCode: mario, Name: "Mario"}}
	_, err := r.till.CreatePosition(context.Background(), clerk, asks)
	wantCode(t, err, local.CodeFormInvalid)
	if n := len(r.server.Requests()); n != 0 {
		t.Errorf("%d requests", n)
	}
}

// TestNoticePDF is the platform's paper, or why there is none.
func TestNoticePDF(t *testing.T) {
	r := newRegion(t, govpaytest.Seed{Debts: []govpaytest.Debt{owed(1, comune), owed(2, comune, func(d *govpaytest.Debt) { d.StampDuty = true })}})
	pdf, err := r.till.NoticePDF(context.Background(), local.NoticeRef{Number: notice(1)})
	if err != nil || !bytes.HasPrefix(pdf, []byte("%PDF-")) {
		t.Errorf("%d bytes, %v", len(pdf), err)
	}
	for _, row := range []struct {
		ref  local.NoticeRef
		code local.Code
	}{{local.NoticeRef{Creditor: comune, Number: notice(9)}, local.CodeNoticeUnknown}, {local.NoticeRef{Creditor: "80012345676", Number: notice(1)}, local.CodeOtherCreditor},
		{local.NoticeRef{Number: "12"}, local.CodeNoticeLength}} {
		_, err := r.till.NoticePDF(context.Background(), row.ref)
		wantCode(t, err, row.code)
	}
	if _, err = r.till.NoticePDF(context.Background(), local.NoticeRef{Number: notice(2)}); err == nil {
		t.Error("stamp duty has a paper")
	}
}

// TestCreatedTwice: two requests of one name at the same moment, of which one was quicker and is paid already, or
// was about another debt: the platform's refusal is told for what it is.
func TestCreatedTwice(t *testing.T) {
	for codice, want := range map[string]local.Code{"VER_003": local.CodePositionAlreadyPaid, "VER_004": local.CodePositionExistsOther,
		"VER_020": local.CodeTroubleCreditor, "VER_002": local.CodeTroubleData} {
		r := newRegion(t, govpaytest.Seed{}, withServices)
		if err := r.server.SetRules(govpaytest.Rule{On: "crea", Do: "status", Status: 422, Code: codice}); err != nil {
			t.Fatal(err)
		}
		_, err := r.till.CreatePosition(context.Background(), clerk, wanted("c1"))
		wantCode(t, err, want)
	}
}
