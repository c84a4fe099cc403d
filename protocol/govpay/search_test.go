package govpay

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

const luigi = "VRDLGU75D12H501F"

// TestExampleSearch: the two open positions of the example's first page.
func TestExampleSearch(t *testing.T) {
	x := examples(t, "07-*")[0]
	x.Request.Path = strings.Replace(x.Request.Path, "&risultatiPerPagina=2", "", 1)
	body := strings.Replace(string(x.Response.Body), `"risultatiPerPagina": 2,`, `"risultatiPerPagina": 50,`, 1)
	if body == string(x.Response.Body) {
		t.Fatal("the example has changed")
	}
	x.Response.Body = []byte(body) // or the client would ask for a second page, which the example does not have
	found, err := replay(t, x).Search(t.Context(), Query{Creditor: vallefinta, Debtor: " vrdlgu75d12h501f ", States: []State{StateOpen}})
	if err != nil || len(found.Positions) != 2 || found.More || found.Skipped != 0 || found.TransactionID == "" {
		t.Fatalf("%+v, %v", found, err)
	}
	p := found.Positions[0]
	if p.Notice != "301470000012839157" || p.Cents != 12850 || p.State != StateOpen || p.Debtor.Name != "Luigi Verdi" {
		t.Errorf("%+v", p)
	}
	if !p.Weak() || len(p.Gaps) != 2 { // attempts and lines
		t.Errorf("gaps %q", p.Gaps)
	}
}

// row is a position of a list.
func row(id int, debtor, state string) string {
	return fmt.Sprintf(`{"idA2A":"A","idPendenza":"P%d","dominio":{"idDominio":"99999000013"},"importo":%d.5,"stato":%q,"numeroAvviso":"3014700000128%05d",`+
		`"soggettoPagatore":{"identificativo":%q},"rpp":"/rpp?idPendenza=P%d"}`, id, id, state, id, debtor, id)
}

// list is a platform with rows, that always offers a next page.
func list(t *testing.T, rows []string, perPage int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		page, err := strconv.Atoi(q.Get("pagina"))
		size, err2 := strconv.Atoi(q.Get("risultatiPerPagina"))
		if err != nil || err2 != nil || size > 200 || q.Get("metadatiPaginazione") != "false" {
			t.Errorf("asked %s", r.URL.RawQuery)
		}
		for _, ignored := range []string{"iuv", "idPendenza", "idA2A"} {
			if q.Has(ignored) {
				t.Errorf("filter %s, which the platform ignores", ignored)
			}
		}
		size = min(size, perPage)
		from := min((page-1)*size, len(rows))
		to := min(from+size, len(rows))
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"risultatiPerPagina":%d,"pagina":%d,"prossimiRisultati":"/pendenze?pagina=%d","risultati":[%s]}`,
			size, page, page+1, strings.Join(rows[from:to], ","))
	})
}

// TestSearchPages: paging ends, whatever the number of rows; caps are told.
func TestSearchPages(t *testing.T) {
	for _, x := range []struct {
		rows, perPage, max, want int
		more                     bool
	}{
		{0, 100, 0, 0, false}, {1, 100, 0, 1, false}, {99, 100, 0, 99, false}, {100, 100, 0, 100, false}, {101, 100, 0, 101, false},
		{60, 25, 0, 60, false}, {500, 100, 0, 500, false}, {501, 100, 0, 500, true}, {300, 25, 0, 250, true}, {30, 100, 7, 7, true}, {7, 100, 7, 7, false},
	} {
		var rows []string
		for i := range x.rows {
			rows = append(rows, row(i, luigi, "NON_ESEGUITA"))
		}
		found, err := serve(t, list(t, rows, x.perPage)).Search(t.Context(), Query{Creditor: vallefinta, Debtor: luigi, Max: x.max})
		if err != nil || len(found.Positions) != x.want || found.More != x.more {
			t.Errorf("%+v: %d, more %v, %v", x, len(found.Positions), found.More, err)
		}
	}
}

// TestSearchDoesNotTrust: other people's debts, other states, a row that moved to
// the next page, rows that cannot be read.
func TestSearchDoesNotTrust(t *testing.T) {
	rows := []string{
		row(1, luigi, "NON_ESEGUITA"), row(1, luigi, "NON_ESEGUITA"), row(2, "RSSMRA80A01H501U", "NON_ESEGUITA"), row(3, luigi, "ANOMALA"),
		`{"idA2A":"A"}`, `{"importo":"MARIO ROSSI"}`, `7`, strings.Replace(row(4, luigi, "NON_ESEGUITA"), vallefinta, "99999000021", 1), row(5, luigi, "ESEGUITA"),
	}
	ids := func(q Query) string {
		q.Creditor, q.Debtor = vallefinta, luigi
		found, err := serve(t, list(t, rows, 100)).Search(t.Context(), q)
		if err != nil || found.Skipped != 5 {
			t.Errorf("%+v: %+v, %v", q, found, err)
		}
		var s []string
		for _, p := range found.Positions {
			s = append(s, p.ID)
		}
		return strings.Join(s, " ")
	}
	for want, q := range map[string]Query{
		"P1 P3 P5": {}, "P1": {States: []State{StateOpen}}, "P3 P5": {States: []State{StateAnomalous, StatePaid}},
		"P3": {ID: "P3", Application: "A"}, "P5": {Notice: "301470000012800005"}, "": {Application: "B"},
	} {
		if got := ids(q); got != want {
			t.Errorf("%+v: %q, want %q", q, got, want)
		}
	}
	// A whole page of others: it does not filter at all, and we do not leaf on.
	var others []string
	for i := range 400 {
		others = append(others, row(i, "RSSMRA80A01H501U", "NON_ESEGUITA"))
	}
	asked := 0
	h := list(t, others, 100)
	c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { asked++; h.ServeHTTP(w, r) }))
	if _, err := c.Search(t.Context(), Query{Creditor: vallefinta, Debtor: luigi}); !errors.Is(err, ErrMismatch) || asked != 1 {
		t.Errorf("no filter: %v after %d pages", err, asked)
	}
}

func TestSearchFilters(t *testing.T) {
	var got string
	c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.URL.Path + "?" + r.URL.RawQuery
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"items":[]}`)
	}))
	day := time.Date(2025, 9, 1, 23, 0, 0, 0, time.UTC)
	const tail = "&metadatiPaginazione=false"
	for _, x := range []struct {
		q    Query
		want string
	}{
		{Query{}, "/pag/pendenze?idDebitore=" + luigi + "&idDominio=99999000013" + tail + "&ordinamento=-dataCaricamento&pagina=1&risultatiPerPagina=100"},
		{Query{API: Pendenze, States: []State{StateOpen}, From: day}, "/pen/pendenze?dataDa=2025-09-01&idDebitore=" + luigi + "&idDominio=99999000013" + tail + "&ordinamento=-dataCaricamento&pagina=1&risultatiPerPagina=100&stato=NON_ESEGUITA"},
		{Query{API: Backoffice, States: []State{StateAnomalous}, Spontaneous: true}, "/bo/pendenze?idDebitore=" + luigi + "&idDominio=99999000013" + tail + "&ordinamento=-dataCaricamento&pagina=1&risultatiPerPagina=100"},
		{Query{Spontaneous: true, To: day}, "/pag/pendenze?dataA=2025-09-01&idDebitore=" + luigi + "&idDominio=99999000013" + tail + "&mostraSpontaneiNonPagati=true&ordinamento=-dataCaricamento&pagina=1&risultatiPerPagina=100"},
	} {
		x.q.Creditor, x.q.Debtor = vallefinta, luigi
		if _, err := c.Search(t.Context(), x.q); err != nil || got != x.want {
			t.Errorf("%v\n%s, want\n%s", err, got, x.want)
		}
	}
	got = ""
	for _, q := range []Query{{}, {Creditor: vallefinta}, {Creditor: "1", Debtor: luigi}, {Creditor: vallefinta, Debtor: "MARIO ROSSI"}, {Creditor: vallefinta, Debtor: luigi, API: Ragioneria}} {
		_, err := c.Search(t.Context(), q)
		if !errors.Is(err, ErrArgument) || got != "" {
			t.Errorf("%+v: %v", q, err)
		} else if strings.Contains(err.Error(), "ROSSI") || strings.Contains(err.Error(), luigi) {
			t.Errorf("the error names the debtor: %v", err)
		}
	}
}
