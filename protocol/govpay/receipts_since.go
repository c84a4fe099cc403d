package govpay

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"time"
)

// Paging of the list of a whole period.
const (
	sincePage     = 200 // the most that the platform gives at a time
	maxSincePages = 500
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
	seen := map[string]bool{} // what arrives meanwhile moves the rest to the next page
	var all []ReceiptRef
	for page := 1; page <= maxSincePages; page++ {
		var wire struct {
			RisultatiPerPagina int           `json:"risultatiPerPagina"`
			Risultati          []wireListRow `json:"risultati"`
		}
		transaction, err := c.getJSON(ctx, call{
			operation: operation, api: Ragioneria, path: "/ricevute",
			query: url.Values{
				"idDominio": {creditor}, "dataDa": {since.In(loc).Format(time.DateOnly)}, "metadatiPaginazione": {"false"},
				"pagina": {strconv.Itoa(page)}, "risultatiPerPagina": {strconv.Itoa(sincePage)},
			},
			timeout: c.conf.Timeouts.Read,
		}, &wire)
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
			if key := ref.IUV + "/" + ref.ID; !seen[key] {
				seen[key] = true
				all = append(all, ref)
			}
		}
		full := sincePage
		if n := wire.RisultatiPerPagina; n > 0 && n < full {
			full = n // the platform gives less at a time than we asked
		}
		if len(wire.Risultati) < full {
			return all, nil
		}
	}
	return nil, &Fault{Operation: operation, Outcome: OutcomeTooLarge, Status: 200,
		err: fmt.Errorf("over %d receipts since %s", sincePage*maxSincePages, since.Format(time.DateOnly))}
}
