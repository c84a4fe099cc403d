package till

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/protocol/local"
)

// TestArchive: what was paid is found by what a clerk has in hand, page by page, and its story is told in words.
func TestArchive(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		var ids []string
		for i := range 3 {
			p, err := w.pay(request("r"+string(rune('1'+i)), "cassa1", notice(i+1)))
			if err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if _, err := w.ledger.Register(ledger.RegistrationChange{PaymentID: p.ID, To: ledger.RegDone, ReceiptID: "R" + p.ID}); err != nil {
				t.Fatal(err) // or the terminal stays unproven
			}
			ids = append([]string{p.ID}, ids...)
		}
		ctx := context.Background()
		find := func(q local.PaymentQuery) (out []string, page local.PaymentPage) {
			t.Helper()
			page, err := w.till.Payments(ctx, q)
			if err != nil {
				t.Fatalf("%+v: %v", q, err)
			}
			for _, p := range page.Payments {
				out = append(out, p.ID)
			}
			return out, page
		}
		for want, q := range map[string]local.PaymentQuery{
			strings.Join(ids, " "): {State: local.StateCharged, Operator: clerk.ID, Terminal: "cassa1", Registration: local.RegistrationRegistered},
			ids[0]:                 {Notice: notice(3)},
			ids[1]:                 {RequestID: "r2"},
			ids[2]:                 {Notice: notice(1)[:4], Reference: w.payment(ids[2]).Reference},
			"":                     {IUV: notice(1)[1:], AmountCents: price + 1},
		} {
			if got, page := find(q); strings.Join(got, " ") != want || page.Next != "" {
				t.Errorf("%+v: %v, want %v", q, got, want)
			}
		}
		first, page := find(local.PaymentQuery{AmountCents: price, Limit: 2})
		rest, last := find(local.PaymentQuery{AmountCents: price, Limit: 2, Cursor: page.Next})
		if !slices.Equal(append(first, rest...), ids) || last.Next != "" || page.Total == nil || *page.Total != 3 {
			t.Errorf("%v %v %+v", first, rest, page)
		}
		// Who owed is kept, found and told to those who search; no event has it.
		if got, page := find(local.PaymentQuery{Debtor: "verdi mar"}); !slices.Equal(got, ids) || page.Payments[0].Notices[0].Debtor != "Maria Verdi" ||
			page.Payments[0].Notices[0].DebtorTaxCode != "VRDMRA85T50H501L" || page.Since != "" {
			t.Errorf("%v %+v", got, page)
		}
		if got, page := find(local.PaymentQuery{Debtor: "VRDMRA85T50H501X"}); len(got) != 0 || page.Since == "" {
			t.Errorf("%v %+v", got, page)
		}
		if p, err := w.till.Payment(ctx, ids[0]); err != nil || p.Notices[0].Debtor != "" {
			t.Errorf("%+v %v", p, err)
		}
		w.hub.mu.Lock()
		told, err := json.Marshal(w.hub.events)
		w.hub.mu.Unlock()
		if err != nil || len(told) < 1000 || strings.Contains(string(told), "Verdi") || strings.Contains(string(told), "VRDMRA") {
			t.Errorf("an event tells who owed: %v %s", err, told)
		}
		story, err := w.till.Story(ctx, ids[0])
		if err != nil || len(story) < 3 {
			t.Fatalf("%+v %v", story, err)
		}
		if s := story[0]; s.Kind != "sent" || s.Text != "inviato al terminale" || s.State != local.StateSent || !slices.Equal(s.By, []string{clerk.ID}) || s.AmountCents != price {
			t.Errorf("%+v", s)
		}
		if s := story[1]; s.Kind != "outcome" || s.State != local.StateCharged || s.By == nil || s.STAN == "" || s.ReceiptNumber == "" || s.Reason == nil || s.Reason.Text == "" {
			t.Errorf("%+v", s)
		}
		_, err = w.till.Story(ctx, "A1-99999999")
		wantCode(t, err, local.CodeNotFound)
	})
}
