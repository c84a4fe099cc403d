package govpay

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// Paging of the list of a whole period.
const (
	sincePage     = 200 // the most that the platform gives at a time
	maxSincePages = 500 // of one list: of the period, or of each of its days where that is not enough
)

// ReceiptsSince lists the receipts of a creditor, positive and negative, that the platform has got since the day of
// a moment (Europe/Rome), newest first; none is not an error. Only its application's own creditors are granted.
func (c *Client) ReceiptsSince(ctx context.Context, creditor string, since time.Time) ([]ReceiptRef, error) {
	const operation = "ricevute"
	if !allDigits(creditor, 11) {
		return nil, fmt.Errorf("govpay %s: %w: creditor %q is not 11 digits", operation, ErrArgument, clip(creditor, 35))
	}
	loc, err := rome()
	if err != nil {
		return nil, err
	}
	all, err := c.listReceipts(ctx, creditor, url.Values{"dataDa": {since.In(loc).Format(time.DateOnly)}}, sincePage, maxSincePages)
	if OutcomeOf(err) == OutcomeTooLarge {
		all, err = c.receiptsByDay(ctx, creditor, since.In(loc))
	}
	if err != nil {
		return nil, err
	}
	type key struct{ iuv, id string }
	seen := map[key]bool{} // what arrives meanwhile moves the rest to the next page
	return slices.DeleteFunc(all, func(ref ReceiptRef) bool {
		k := key{ref.IUV, ref.ID}
		defer func() { seen[k] = true }()
		return seen[k]
	}), nil
}

// receiptsByDay reads a period that is more than one list gives, day by day, the newest first.
func (c *Client) receiptsByDay(ctx context.Context, creditor string, since time.Time) ([]ReceiptRef, error) {
	var all []ReceiptRef
	day := time.Now().In(since.Location()).AddDate(0, 0, 1) // its clock may be ahead of ours
	for first := since.Format(time.DateOnly); day.Format(time.DateOnly) >= first; day = day.AddDate(0, 0, -1) {
		text := day.Format(time.DateOnly)
		of, err := c.listReceipts(ctx, creditor, url.Values{"dataDa": {text}, "dataA": {text}}, sincePage, maxSincePages)
		if err != nil {
			return nil, err
		}
		all = append(all, of...)
	}
	return all, nil
}

// listReceipts reads the list of receipts that a filter leaves of a creditor's, size at a time and at most so many
// pages. It does not let the platform count, which is expensive, and therefore ends at the first page that is not
// full: without counting the link to a next page is always there.
func (c *Client) listReceipts(ctx context.Context, creditor string, filter url.Values, size, most int) ([]ReceiptRef, error) {
	const operation = "ricevute"
	var all []ReceiptRef
	for page := 1; page <= most; page++ {
		query := url.Values{"idDominio": {creditor}, "metadatiPaginazione": {"false"}, "pagina": {strconv.Itoa(page)}, "risultatiPerPagina": {strconv.Itoa(size)}}
		maps.Copy(query, filter)
		var wire struct {
			RisultatiPerPagina int           `json:"risultatiPerPagina"`
			Risultati          []wireListRow `json:"risultati"`
		}
		transaction, err := c.getJSON(ctx, call{operation: operation, api: Ragioneria, path: "/ricevute", query: query, timeout: c.conf.Timeouts.Read}, &wire)
		if err != nil {
			return nil, err
		}
		if wire.Risultati == nil {
			return nil, malformed(operation, transaction, fmt.Errorf("%w: no risultati", ErrMalformed))
		}
		for _, row := range wire.Risultati {
			ref, err := row.ref()
			if err != nil {
				return nil, malformed(operation, transaction, err)
			}
			if ref.Creditor != creditor {
				return nil, mismatch(operation, transaction, "creditor")
			}
			if iuv := filter.Get("iuv"); iuv != "" && ref.IUV != iuv {
				return nil, mismatch(operation, transaction, "IUV")
			}
			all = append(all, ref)
		}
		full := size
		if n := wire.RisultatiPerPagina; n > 0 && n < full {
			full = n // the platform gives less at a time than we asked
		}
		if len(wire.Risultati) < full {
			return all, nil
		}
	}
	return nil, &Fault{Operation: operation, Outcome: OutcomeTooLarge, Status: 200, err: fmt.Errorf("over %d receipts", size*most)}
}
