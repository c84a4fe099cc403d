package govpay

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// pages is a platform whose answers are written down by path (with the part after
// the API's root); "" answers the rest. It remembers what was asked.
type pages struct {
	mu    sync.Mutex // guards asked
	asked []string
	by    map[string]page
}

type page struct {
	status      int // 0 is 200
	contentType string
	body        string
}

func (p *pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.asked = append(p.asked, r.URL.RequestURI())
	p.mu.Unlock()
	a, ok := p.by[r.URL.Path]
	if !ok {
		a = p.by[""]
	}
	w.Header().Set("Content-Type", or(a.contentType, "application/json"))
	w.Header().Set("X-Govpay-IdTransazione", "5f0c2c36")
	w.WriteHeader(max(a.status, 200))
	_, _ = io.WriteString(w, a.body)
}

func (p *pages) log() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.asked)
}

// serve starts the platform; its four APIs stand at /pag, /pen, /rag and /bo.
func serve(t *testing.T, h http.Handler, change ...func(*Config)) *Client {
	t.Helper()
	srv := httptest.NewServer(h)
	conf := Config{Pagamento: srv.URL + "/pag", Pendenze: srv.URL + "/pen", Ragioneria: srv.URL + "/rag", Backoffice: srv.URL + "/bo"}
	for _, f := range change {
		f(&conf)
	}
	c, err := New(conf)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); srv.Close() })
	return c
}

// TestWeakVerification: Ragioneria has no state. Paid when every line has been
// collected, partly paid when one has, open when none has; money without an
// amount, and no lines at all, are unknown.
func TestWeakVerification(t *testing.T) {
	const notice = "301470000012850275"
	now := time.Date(2025, 10, 5, 12, 0, 0, 0, time.UTC)
	for i, want := range []struct {
		state   State
		verdict Verdict
		reason  ReasonCode
	}{{StateOpen, Payable, ReasonNone}, {StatePaid, Refused, ReasonPaid}} {
		p, err := replay(t, examples(t, "21-*")[i]).PositionFrom(t.Context(), Ragioneria, vallefinta, notice)
		if err != nil {
			t.Fatal(err)
		}
		v, r := Payability(p, now)
		if p.State != want.state || v != want.verdict || r != want.reason || p.Cents != 4501 || p.Source != Ragioneria ||
			!p.Weak() || !slices.Equal(p.Gaps, []Gap{GapAttempts, GapState}) {
			t.Errorf("%d: %s %q %+v", i, v, r, p)
		}
		if p.Document == nil || p.Document.Instalment != 1 || p.TransactionID == "" {
			t.Errorf("%d: %+v", i, p)
		}
		if v, r := Payability(p, now.AddDate(0, 3, 0)); i == 0 && (v != Refused || r != ReasonExpired) {
			t.Errorf("past its last day: %s %q", v, r)
		}
	}
	const collected, open, odd = `{"riscossione":{"importo":1.00}}`, `{}`, `{"riscossione":{}}`
	for lines, want := range map[string]State{
		"": "", open: StateOpen, collected: StatePaid, collected + "," + open: StatePartiallyPaid,
		collected + "," + odd: "", odd: "", open + "," + open: StateOpen, collected + "," + collected: StatePaid,
	} {
		body := fmt.Sprintf(`{"idA2A":"A","idPendenza":"B","dominio":{"idDominio":"99999000013"},"numeroAvviso":%q,"importo":2,"stato":"NON_ESEGUITA","voci":[%s]}`, notice, lines)
		p, err := serve(t, &pages{by: map[string]page{"": {body: body}}}).PositionFrom(t.Context(), Ragioneria, vallefinta, notice)
		if err != nil || p.State != want {
			t.Errorf("%s: %q, %v, want %q", lines, p.State, err, want)
		}
		if v, _ := Payability(p, now); (v == Payable) != (want == StateOpen) {
			t.Errorf("%s: %s", lines, v)
		}
	}
}

const (
	whole     = `{"idA2A":"A","idPendenza":"B","dominio":{"idDominio":"99999000013"},"numeroAvviso":"301470000012839157","importo":128.5,"stato":"NON_ESEGUITA","descrizioneStato":"ok","voci":[{"idVocePendenza":"1","importo":128.50}],"rpp":[]}`
	notOurs   = `{"categoria":"AUTORIZZAZIONE","codice":"403000","descrizione":"d","dettaglio":"d"}`
	notFound  = `{"categoria":"OPERAZIONE","codice":"404000","descrizione":"d","dettaglio":"d"}`
	byAvviso  = "/pendenze/byAvviso/99999000013/301470000012839157"
	htmlPage  = `<html>not here</html>`
	thisOne   = "301470000012839157"
	container = "text/html"
)

// TestVerifierFallsThrough: only where an interface is of no use to us.
func TestVerifierFallsThrough(t *testing.T) {
	good, foreign := page{body: whole}, page{403, "", notOurs}
	removed, moved := page{404, container, htmlPage}, page{302, container, ""}
	for name, x := range map[string]struct {
		by    map[string]page
		order []API
		from  API   // who answers; "" nobody
		err   error // then
		first API   // the fault that callers see
		asked int
	}{
		"the first":                {map[string]page{"/pag" + byAvviso: good}, nil, Pagamento, nil, "", 1},
		"the first was removed":    {map[string]page{"/pag" + byAvviso: removed, "/bo" + byAvviso: good}, nil, Backoffice, nil, "", 2},
		"a redirect":               {map[string]page{"/pag" + byAvviso: moved, "/bo" + byAvviso: good}, nil, Backoffice, nil, "", 2},
		"no role, not ours":        {map[string]page{"/pag" + byAvviso: removed, "/bo" + byAvviso: foreign, "/pen" + byAvviso: foreign, "/rag" + byAvviso: good}, nil, Ragioneria, nil, "", 4},
		"as configured":            {map[string]page{"/pen" + byAvviso: foreign, "/pag" + byAvviso: good}, []API{Pendenze, Pagamento}, Pagamento, nil, "", 2},
		"unknown ends it":          {map[string]page{"/pag" + byAvviso: {404, "", notFound}, "": good}, nil, "", ErrNotFound, Pagamento, 1},
		"away ends it":             {map[string]page{"/pag" + byAvviso: {503, container, htmlPage}, "": good}, nil, "", ErrUnavailable, Pagamento, 1},
		"password ends it":         {map[string]page{"/pag" + byAvviso: {401, "", `{"codice":"401"}`}, "": good}, nil, "", ErrUnauthorized, Pagamento, 1},
		"nonsense ends it":         {map[string]page{"/pag" + byAvviso: {body: `{}`}, "": good}, nil, "", ErrMalformed, Pagamento, 1},
		"a page ends it":           {map[string]page{"/pag" + byAvviso: {200, container, htmlPage}, "": good}, nil, "", ErrNotJSON, Pagamento, 1},
		"nobody, the flag tells":   {map[string]page{"/pen" + byAvviso: foreign, "/pag" + byAvviso: foreign, "": removed}, []API{Pendenze, Ragioneria, Pagamento}, "", ErrForbidden, Pagamento, 3},
		"nobody, the base tells":   {map[string]page{"/pen" + byAvviso: foreign, "": removed}, []API{Pendenze, Ragioneria}, "", ErrWrongBaseURL, Ragioneria, 2},
		"only ours, and not ours":  {map[string]page{"/pen" + byAvviso: foreign}, []API{Pendenze}, "", ErrForbidden, Pendenze, 1},
		"only ours, and it is":     {map[string]page{"/pen" + byAvviso: good}, []API{Pendenze}, Pendenze, nil, "", 1},
		"the second is away":       {map[string]page{"/pen" + byAvviso: foreign, "": {503, container, htmlPage}}, []API{Pendenze, Pagamento}, "", ErrUnavailable, Pagamento, 2},
		"ragioneria does not know": {map[string]page{"/rag" + byAvviso: {404, "", notFound}}, []API{Ragioneria}, "", ErrNotFound, Ragioneria, 1},
	} {
		t.Run(name, func(t *testing.T) {
			h := &pages{by: x.by}
			v, err := NewVerifier(serve(t, h), x.order...)
			if err != nil {
				t.Fatal(err)
			}
			p, err := v.Position(t.Context(), vallefinta, thisOne)
			if got := h.log(); len(got) != x.asked {
				t.Errorf("asked %q, want %d", got, x.asked)
			}
			if x.from != "" {
				if err != nil || p.Source != x.from || p.Cents != 12850 || p.TransactionID != "5f0c2c36" || p.Weak() != (x.from == Ragioneria) {
					t.Fatalf("%+v, %v", p, err)
				}
				return
			}
			var f *Fault
			if !errors.Is(err, x.err) || !errors.As(err, &f) || f.API != x.first || f.TransactionID != "5f0c2c36" {
				t.Fatalf("%v, first %+v, want %v of %s", err, f, x.err, x.first)
			}
			if name == "the second is away" && !errors.Is(err, ErrForbidden) {
				t.Errorf("that the first has refused is not told: %v", err)
			}
			if strings.Contains(err.Error(), thisOne) {
				t.Errorf("the error repeats the notice: %v", err)
			}
			if f.Ambiguous() != errors.Is(x.err, ErrNotFound) {
				t.Errorf("ambiguous %v: %v", f.Ambiguous(), err)
			}
		})
	}
}

func TestVerifierOrder(t *testing.T) {
	c := serve(t, &pages{}, func(c *Config) { c.Backoffice = "" })
	v, err := NewVerifier(c)
	if err != nil || !slices.Equal(v.Order(), []API{Pagamento, Pendenze, Ragioneria}) {
		t.Errorf("%v, %v", v, err)
	}
	for _, bad := range [][]API{{Backoffice}, {"altro"}, {Pendenze, Pendenze}} {
		if _, err := NewVerifier(c, bad...); !errors.Is(err, ErrNotConfigured) && !errors.Is(err, ErrArgument) {
			t.Errorf("%v: %v", bad, err)
		}
	}
	none, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewVerifier(none); !errors.Is(err, ErrNotConfigured) {
		t.Error(err)
	}
}

func TestPositionByID(t *testing.T) {
	h := &pages{by: map[string]page{"/pen/pendenze/A/B": {body: whole}, "": {404, "", notFound}}}
	c := serve(t, h)
	p, err := c.PositionByID(t.Context(), Pendenze, "A", "B")
	if err != nil || p.Notice != thisOne || p.StateWhy != "ok" {
		t.Errorf("%+v, %v", p, err)
	}
	_, err = c.PositionByID(t.Context(), Pendenze, "A", "C")
	var f *Fault
	if !errors.As(err, &f) || f.Outcome != OutcomeNotFound || f.Ambiguous() {
		t.Errorf("by its own key, not found is not found: %v", err)
	}
	asked := len(h.log())
	for _, id := range []string{"", "..", "a/b", strings.Repeat("x", 36), "è"} {
		if _, err := c.PositionByID(t.Context(), Pendenze, "A", id); !errors.Is(err, ErrArgument) {
			t.Errorf("%q: %v", id, err)
		}
	}
	if len(h.log()) != asked {
		t.Error("a wrong key went out")
	}
	h.by["/pen/pendenze/A/C"] = page{body: whole}
	if _, err := c.PositionByID(t.Context(), Pendenze, "A", "C"); !errors.Is(err, ErrMismatch) {
		t.Errorf("another position: %v", err)
	}
}
