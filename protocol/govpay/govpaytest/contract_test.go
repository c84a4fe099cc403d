package govpaytest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// contract is the platform's OpenAPI files, and what has been seen of them.
type contract struct {
	docs map[string]*openapi3.T // by API

	mu        sync.Mutex // guards the two below: requests run at once
	exchanges int
	found     map[violation]string // with one place where it was seen
}

// violation is one way in which an exchange is not as the file says.
type violation struct {
	api, method, path string // path as in the file; "" where the file has none
	where             string // request or response
	says              string
}

// loadContract reads the files beside the repository; without them the tests
// that need them say so and are skipped.
func loadContract(t *testing.T) *contract {
	t.Helper()
	root := filepath.Join("..", "..", "..", "..", "shared", "reference", "govpay-openapi")
	if _, err := os.Stat(root); err != nil {
		t.Skipf("skipped: requests and responses against GovPay's OpenAPI files, which are not at %s", root)
	}
	c := &contract{docs: make(map[string]*openapi3.T), found: make(map[violation]string)}
	for api, file := range map[string]string{
		apiPagamento: "govpay-api-pagamento-v2.yaml", apiPendenze: "govpay-api-pendenze-v2.yaml",
		apiRagioneria: "ragioneria-v3/govpay-api-ragioneria.yaml", // Backoffice: there is no file
	} {
		loader := openapi3.NewLoader()
		loader.IsExternalRefsAllowed = true
		loader.ReadFromURIFunc = func(_ *openapi3.Loader, at *url.URL) ([]byte, error) {
			text, err := os.ReadFile(filepath.FromSlash(at.Path))
			return mend(text), err
		}
		doc, err := loader.LoadFromFile(filepath.Join(root, filepath.FromSlash(file)))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		c.docs[api] = doc
	}
	return c
}

// mend puts right what keeps the files from being read, or makes a rule of them
// nonsense: two references to another file written as local, and braces lost.
func mend(text []byte) []byte {
	for _, r := range []struct{ wrong, right string }{
		{"'#/components/schemas/RiferimentoIdentificativoUnivocoVersamento'", "'govpay-api-schemas.yaml#/components/schemas/RiferimentoIdentificativoUnivocoVersamento'"},
		{"'#/components/schemas/RiferimentoIdentificativoFlussoRendicontazione'", "'govpay-api-schemas.yaml#/components/schemas/RiferimentoIdentificativoFlussoRendicontazione'"},
	} {
		if bytes.Contains(text, []byte("TipoRiferimentoNuovaRiconciliazione:")) {
			for _, quote := range []string{"'", `"`} {
				text = bytes.ReplaceAll(text, []byte(strings.ReplaceAll(r.wrong, "'", quote)), []byte(r.right))
			}
		}
	}
	text = bytes.ReplaceAll(text, []byte("[0-9]18"), []byte("[0-9]{18}"))
	return bytes.ReplaceAll(text, []byte("[0-9]4"), []byte("[0-9]{4}"))
}

// watch passes requests on to the platform and checks both directions.
func (c *contract) watch(s *Server) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(asked))
		answered := httptest.NewRecorder()
		s.ServeHTTP(answered, r)
		c.check(r, asked, answered)
		for name, values := range answered.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(answered.Code)
		_, _ = w.Write(answered.Body.Bytes())
	})
}

func (c *contract) check(r *http.Request, asked []byte, answered *httptest.ResponseRecorder) {
	a, _, rest := split(r.URL.Path)
	doc := c.docs[a.name]
	c.mu.Lock()
	defer c.mu.Unlock()
	c.exchanges++
	if doc == nil || len(rest) < 2 {
		return // no file for this one
	}
	v := violation{api: a.name, method: r.Method}
	path, params, item := lookup(doc, r.Method, rest[1:])
	if item == nil || item.GetOperation(r.Method) == nil {
		c.note(v.with("request", "operation not in the file"), r)
		return
	}
	v.path = path
	operation := item.GetOperation(r.Method)
	request := r.Clone(context.Background())
	request.Body = io.NopCloser(bytes.NewReader(asked))
	err := openapi3filter.ValidateRequest(context.Background(), &openapi3filter.RequestValidationInput{
		Request: request, PathParams: params,
		Route:   &routers.Route{Spec: doc, Path: path, PathItem: item, Method: r.Method, Operation: operation},
		Options: &openapi3filter.Options{MultiError: true, AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, ExcludeReadOnlyValidations: true},
	})
	for _, says := range reasons(err) {
		c.note(v.with("request", says), r)
	}
	for _, says := range response(operation, answered) {
		c.note(v.with("response", says), r)
	}
}

func (v violation) with(where, says string) violation {
	v.where, v.says = where, says
	return v
}

func (c *contract) note(v violation, r *http.Request) {
	if _, known := c.found[v]; !known {
		c.found[v] = r.Method + " " + r.URL.RequestURI()
	}
}

// lookup finds the path of the file: the one with the fewest parameters that has
// the method, for two of them differ in their parameters' names only.
func lookup(doc *openapi3.T, method string, parts []string) (string, map[string]string, *openapi3.PathItem) {
	best, fewest := "", 99
	var params map[string]string
	for path, item := range doc.Paths.Map() {
		got := make(map[string]string)
		want := strings.Split(strings.Trim(path, "/"), "/")
		if len(want) != len(parts) || item.GetOperation(method) == nil {
			continue
		}
		good := true
		for i, w := range want {
			switch {
			case strings.HasPrefix(w, "{"):
				got[strings.Trim(w, "{}")] = parts[i]
			default:
				good = good && w == parts[i]
			}
		}
		if good && len(got) < fewest {
			best, fewest, params = path, len(got), got
		}
	}
	return best, params, doc.Paths.Value(best)
}

func response(operation *openapi3.Operation, answered *httptest.ResponseRecorder) []string {
	status := operation.Responses.Status(answered.Code)
	if status == nil {
		return []string{fmt.Sprintf("status %d not in the file", answered.Code)}
	}
	if len(status.Value.Content) == 0 {
		return nil
	}
	kind, _, _ := strings.Cut(answered.Header().Get("Content-Type"), ";")
	media := status.Value.Content.Get(kind)
	if media == nil {
		return []string{fmt.Sprintf("status %d: content type %s not in the file", answered.Code, kind)}
	}
	if kind != "application/json" || media.Schema == nil {
		return nil
	}
	var value any
	if err := jsonNumbers(answered.Body.Bytes(), &value); err != nil {
		return []string{"body is not JSON"}
	}
	var says []string
	for _, r := range reasons(media.Schema.Value.VisitJSON(value, openapi3.MultiErrors(), openapi3.VisitAsResponse())) {
		says = append(says, fmt.Sprintf("status %d: %s", answered.Code, r))
	}
	return says
}

var digits = regexp.MustCompile(`/[0-9]+`)

// reasons flattens what the library found into lines without values.
func reasons(err error) []string {
	var all []string
	var walk func(error, string)
	walk = func(err error, at string) {
		var several openapi3.MultiError
		var schema *openapi3.SchemaError
		var request *openapi3filter.RequestError
		switch {
		case err == nil:
		case errors.As(err, &several) && !errors.As(err, &schema) && !errors.As(err, &request):
			for _, e := range several {
				walk(e, at)
			}
		default:
			switch e := any(err).(type) { // one level at a time
			case openapi3.MultiError:
				for _, one := range e {
					walk(one, at)
				}
			case *openapi3filter.RequestError:
				if e.Parameter != nil {
					at = "parameter " + e.Parameter.Name + " "
				} else {
					at = "body "
				}
				if e.Err == nil {
					all = append(all, at+e.Reason)
					return
				}
				walk(e.Err, at)
			case *openapi3.SchemaError:
				if errors.As(e.Origin, &schema) || errors.As(e.Origin, &several) {
					walk(e.Origin, at)
					return
				}
				reason, _, _ := strings.Cut(e.Reason, "\n")
				all = append(all, at+digits.ReplaceAllString("/"+strings.Join(e.JSONPointer(), "/"), "/*")+": "+reason)
			default:
				if inner := errors.Unwrap(err); inner != nil {
					walk(inner, at)
					return
				}
				all = append(all, at+err.Error())
			}
		}
	}
	walk(err, "")
	slices.Sort(all)
	return slices.Compact(all)
}

// judge fails for what is not a known deviation, and for a deviation that
// nothing shows any more.
func (c *contract) judge(t *testing.T, known []deviation) {
	t.Helper()
	for i, shown := range c.judgeSome(t, known) {
		if d := known[i]; !shown {
			t.Errorf("deviation %d (%s %s %s %q) is shown by nothing", i, d.api, d.method, d.path, d.says)
		}
	}
}

// judgeSome is judge for exchanges that need not show every deviation; it says
// which they showed.
func (c *contract) judgeSome(t *testing.T, known []deviation) []bool {
	t.Helper()
	shown := make([]bool, len(known))
	for v, at := range c.found {
		is := slices.IndexFunc(known, func(d deviation) bool { return d.covers(v) })
		if is < 0 {
			t.Errorf("%s %s %s, %s: %s\n\tat %s", v.api, v.method, v.path, v.where, v.says, at)
			continue
		}
		for i, d := range known {
			shown[i] = shown[i] || d.covers(v)
		}
	}
	t.Logf("%d exchanges, %d ways to differ from the files, covered by %d known deviations", c.exchanges, len(c.found), len(known))
	return shown
}
