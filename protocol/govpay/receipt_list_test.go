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
