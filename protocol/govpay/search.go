package govpay

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Query says which positions to look for. Creditor and Debtor are mandatory:
// nobody needs to leaf through everybody's debts.
type Query struct {
	API      API    // Pagamento (all applications, the default), Pendenze (ours) or Backoffice
	Creditor string // tax code
	Debtor   string // tax code, exact

	States []State // none: all
	// Loaded between these days, both included; zero: no limit.
	From, To time.Time
	// The platform is not trusted to filter by these: it ignores them.
	Notice, Application, ID string
	// Spontaneous shows unpaid spontaneous payments too, which Pagamento and
	// Pendenze hide by default.
	Spontaneous bool
	// Max positions to return; 0 or more than MaxFound: MaxFound.
	Max int
}

// MaxFound is the largest number of positions that one search returns.
const MaxFound = 500

// Found is the result of a search. Its positions show neither attempts nor
// lines (see [Position.Gaps]): verify the one to be paid.
type Found struct {
	Positions []Position
	More      bool // there are more than Max, or more pages than we read
	// Skipped rows could not be understood, or were another debtor's.
	Skipped       int
	TransactionID string // of the last page
}

const (
	searchPage     = 100
	maxSearchPages = 10
)

// trustedStates can be asked of the platform. It stores no ANOMALA, and shows
// some of the ESEGUITA as such.
var trustedStates = []State{StateOpen, StateExpired, StateCancelled}

// Search finds a debtor's positions, newest first. It does not let the platform
// count, which is expensive, and ends at the first page that is not full: the
// link to a next page is always there.
func (c *Client) Search(ctx context.Context, q Query) (Found, error) {
	const operation = "pendenze"
	q.API = API(or(string(q.API), string(Pagamento)))
	q.Debtor = strings.ToUpper(strings.TrimSpace(q.Debtor))
	if err := q.check(); err != nil {
		return Found{}, fmt.Errorf("govpay %s: %w", operation, err)
	}
	if q.Max <= 0 || q.Max > MaxFound {
		q.Max = MaxFound
	}
	var found Found
	seen := make(map[[2]string]bool)
	for page := 1; page <= maxSearchPages; page++ {
		rows, full, err := listPage[json.RawMessage](c, ctx, call{
			operation: operation, api: q.API, path: "/pendenze", query: q.values(), timeout: c.conf.Timeouts.Search,
		}, page, searchPage)
		if err != nil {
			return Found{}, err
		}
		found.TransactionID = rows.transaction
		theirs := 0
		for _, row := range rows.list {
			var w wirePosition
			err := decode(row, &w)
			var p Position
			if err == nil {
				p, err = w.position(q.API)
			}
			if err != nil { // one odd row must not hide the others
				found.Skipped++
				continue
			}
			if p.Creditor != q.Creditor || !strings.EqualFold(p.Debtor.TaxCode, q.Debtor) {
				found.Skipped++
				theirs++
				continue
			}
			key := [2]string{p.Application, p.ID}
			if seen[key] || !q.wants(p) { // a row moves to the next page when a newer one arrives
				continue
			}
			if len(found.Positions) == q.Max {
				found.More = true
				return found, nil
			}
			seen[key], p.TransactionID = true, rows.transaction
			found.Positions = append(found.Positions, p)
		}
		if theirs > 0 && theirs == len(rows.list) {
			f := mismatch(operation, rows.transaction, "debtor")
			f.API = q.API // the platform does not filter: leafing on shows us everybody's debts
			return Found{}, f
		}
		if !full {
			return found, nil
		}
	}
	found.More = true
	return found, nil
}

func (q Query) check() error {
	switch {
	case q.API != Pagamento && q.API != Pendenze && q.API != Backoffice:
		return fmt.Errorf("%w: %s does not list positions", ErrArgument, clip(string(q.API), 20))
	case !allDigits(q.Creditor, 11):
		return fmt.Errorf("%w: creditor %q is not 11 digits", ErrArgument, clip(q.Creditor, 35))
	case len(q.Debtor) < 2 || len(q.Debtor) > 16 || token(q.Debtor, 16) == "":
		return fmt.Errorf("%w: the debtor's tax code has %d characters, or odd ones", ErrArgument, len(q.Debtor)) // personal: not repeated
	}
	return nil
}

// values are the filters that the platform obeys.
func (q Query) values() url.Values {
	v := url.Values{"idDominio": {q.Creditor}, "idDebitore": {q.Debtor}, "ordinamento": {"-dataCaricamento"}}
	if len(q.States) == 1 && slices.Contains(trustedStates, q.States[0]) {
		v.Set("stato", string(q.States[0]))
	}
	if !q.From.IsZero() {
		v.Set("dataDa", q.From.Format(time.DateOnly))
	}
	if !q.To.IsZero() {
		v.Set("dataA", q.To.Format(time.DateOnly))
	}
	if q.Spontaneous && q.API != Backoffice {
		v.Set("mostraSpontaneiNonPagati", "true")
	}
	return v
}

// wants applies the filters that the platform ignores, and those it applies in
// its own way.
func (q Query) wants(p Position) bool {
	return (len(q.States) == 0 || slices.Contains(q.States, p.State)) &&
		(q.Notice == "" || q.Notice == p.Notice) &&
		(q.Application == "" || q.Application == p.Application) &&
		(q.ID == "" || q.ID == p.ID)
}

// rows is one page of a list.
type rows[T any] struct {
	list        []T
	transaction string
}

// listPage reads one page of a list and reports whether it was full: then there
// may be another. The rows stand in risultati; the specification says items in
// places.
func listPage[T any](c *Client, ctx context.Context, k call, page, size int) (rows[T], bool, error) {
	var wire struct {
		RisultatiPerPagina int `json:"risultatiPerPagina"`
		Risultati          []T `json:"risultati"`
		Items              []T `json:"items"`
	}
	if k.query == nil {
		k.query = url.Values{}
	}
	k.query.Set("metadatiPaginazione", "false")
	k.query.Set("pagina", strconv.Itoa(page))
	k.query.Set("risultatiPerPagina", strconv.Itoa(size))
	transaction, err := c.getJSON(ctx, k, &wire)
	if err != nil {
		return rows[T]{}, false, err
	}
	list := wire.Risultati
	if list == nil {
		list = wire.Items
	}
	if list == nil || len(list) > 10*size {
		f := malformed(k.operation, transaction, fmt.Errorf("%w: no risultati, or too many", ErrMalformed))
		f.API = k.api
		return rows[T]{}, false, f
	}
	if n := wire.RisultatiPerPagina; n > 0 && n < size {
		size = n // the platform gives less at a time than we asked
	}
	return rows[T]{list, transaction}, len(list) >= size, nil
}
