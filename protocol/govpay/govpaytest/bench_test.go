package govpaytest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// BenchmarkTenThousand is the platform's own cost of each call of a settlement,
// without the network, with 10,000 debts of which all that were asked for are paid.
func BenchmarkTenThousand(b *testing.B) {
	const many = 10_000
	seed := Demo(time.Now())
	for n := 100; n < 100+many; n++ {
		seed.Debts = append(seed.Debts, Debt{Creditor: comune, Notice: demoNotice(n), Cents: 100, Reason: "x", Debtor: Debtor{TaxCode: "RSSMRA80A01F205X"}})
	}
	s, err := New(Options{Seed: seed})
	if err != nil {
		b.Fatal(err)
	}
	base := Bases("", "basic")
	call := func(method, path, body string) int {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.SetBasicAuth("sportello", "sportello")
		r.Header.Set("Accept", jsonType)
		r.Header.Set("Content-Type", jsonType)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w.Code
	}
	for n := 100; n < 100+many; n++ {
		if got := call(http.MethodPost, fmt.Sprintf("%s/pagamenti%sS-%d", base[apiPagamento], triple, n), byNotice(n)); got != 201 {
			b.Fatal(got)
		}
	}
	for name, path := range map[string]func(int) string{
		"byAvviso": func(n int) string {
			return base[apiPagamento] + "/pendenze/byAvviso/" + comune + "/" + demoNotice(n)
		},
		"session": func(n int) string { return fmt.Sprintf("%s/pagamenti?idSessionePortale=S-%d", base[apiPagamento], n) },
		"ricevute": func(n int) string {
			return base[apiRagioneria] + "/ricevute?idDominio=" + comune + "&iuv=" + demoNotice(n)[1:]
		},
	} {
		b.Run(name, func(b *testing.B) {
			n := 0
			for b.Loop() {
				n++
				if got := call(http.MethodGet, path(100+n%many), ""); got != 200 {
					b.Fatal(got)
				}
			}
		})
	}
}
