package govpay

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestReceiptsSince: the whole of a period, page by page, each receipt once although one more arrives between two
// pages; the day is that of Rome.
func TestReceiptsSince(t *testing.T) {
	const each, all = 200, 450
	var mu sync.Mutex
	var asked []string
	late := 0 // receipts that have arrived since the first page
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		q := r.URL.Query()
		asked = append(asked, q.Get("dataDa"))
		page, _ := strconv.Atoi(q.Get("pagina"))
		var rows []string
		for i := (page - 1) * each; i < min(page*each, all+late); i++ {
			n := all + late - i // the newest first
			rows = append(rows, fmt.Sprintf(`{"dominio":{"idDominio":%q},"iuv":"%017d","idRicevuta":"r%d","data":"2026-03-01T10:00:00","esito":"ESEGUITO"}`, vallefinta, n, n))
		}
		late++
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"risultatiPerPagina":%d,"prossimiRisultati":"x","risultati":[%s]}`, each, strings.Join(rows, ","))
	})
	got, err := serve(t, h).ReceiptsSince(t.Context(), vallefinta, time.Date(2026, 2, 28, 23, 30, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]int{}
	for _, r := range got {
		ids[r.ID]++
	}
	if len(got) != all || len(ids) != all {
		t.Errorf("%d receipts, %d different, want %d", len(got), len(ids), all)
	}
	if !slices.Equal(asked, []string{"2026-03-01", "2026-03-01", "2026-03-01"}) {
		t.Errorf("asked since %q", asked)
	}
	if _, err := serve(t, h).ReceiptsSince(t.Context(), "x", time.Now()); !errors.Is(err, ErrArgument) {
		t.Error(err)
	}
	other := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"risultati":[{"dominio":{"idDominio":"01199250158"},"iuv":"1","idRicevuta":"r","data":"2026-03-01","esito":"ESEGUITO"}]}`)
	})
	if _, err := serve(t, other).ReceiptsSince(t.Context(), vallefinta, time.Now()); OutcomeOf(err) != OutcomeMismatch {
		t.Error(err)
	}
	// The list of one notice that holds another's: nothing of it is believed.
	const asks = "00000000000000001"
	if list, err := serve(t, h).Receipts(t.Context(), vallefinta, asks); OutcomeOf(err) != OutcomeMismatch {
		t.Errorf("%d receipts of others for one notice: %v", len(list), err)
	}
}

// TestReceiptsOfManyDays: a period that one list does not hold is read day by day, each receipt once.
func TestReceiptsOfManyDays(t *testing.T) {
	const each, days = 200, 120
	loc, err := rome()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().In(loc)
	var mu sync.Mutex
	pages := map[string]int{}
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		q := r.URL.Query()
		from, to := q.Get("dataDa"), q.Get("dataA")
		pages[to]++
		var rows []string
		switch page := q.Get("pagina"); {
		case to == "": // without an end it never ends
			for i := range each {
				rows = append(rows, listRow(fmt.Sprintf("x%s-%d", page, i), now))
			}
		case to != from:
			t.Errorf("a list from %s to %s", from, to)
		case page == "1":
			day, _ := time.ParseInLocation(time.DateOnly, to, loc)
			rows = append(rows, listRow("r"+to, day.Add(10*time.Hour)))
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"risultatiPerPagina":%d,"risultati":[%s]}`, each, strings.Join(rows, ","))
	})
	got, err := serve(t, h).ReceiptsSince(t.Context(), vallefinta, now.AddDate(0, 0, -days))
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != days+2 || got[0].ID != "r"+now.AddDate(0, 0, 1).Format(time.DateOnly) || got[days+1].ID != "r"+now.AddDate(0, 0, -days).Format(time.DateOnly) {
		t.Errorf("%d receipts, from %q to %q", len(got), got[0].ID, got[len(got)-1].ID)
	}
	if pages[""] != maxSincePages {
		t.Errorf("%d pages of the whole", pages[""])
	}
}

func listRow(id string, at time.Time) string {
	return fmt.Sprintf(`{"dominio":{"idDominio":%q},"iuv":"00000000000000001","idRicevuta":%q,"data":%q,"esito":"ESEGUITO"}`, vallefinta, id, at.Format("2006-01-02T15:04:05"))
}
