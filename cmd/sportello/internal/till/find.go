package till

import (
	"context"
	"slices"
	"strings"
	"time"

	"sportello/protocol/govpay"
	"sportello/protocol/local"
	"sportello/protocol/pagopa"
)

// SearchPositions finds what a debtor owes to one creditor, or to all that the counter works for. Its rows are
// not verified: each is looked up before it is charged. Nothing of it is kept. What one creditor's search
// refuses is an error for all: a debt that is not listed is taken for none.
func (t *Till) SearchPositions(ctx context.Context, req local.SearchRequest) (local.SearchResult, error) {
	debtor, err := taxCode(req.Debtor)
	if err != nil {
		return local.SearchResult{}, err
	}
	asked := t.o.Creditors
	if req.Creditor != "" {
		c, ok := t.creditor(req.Creditor)
		if !ok {
			return local.SearchResult{}, &local.Error{Code: local.CodeOtherCreditor, Args: map[string]string{local.ArgCreditor: req.Creditor}}
		}
		asked = []Creditor{c}
	}
	found := local.SearchResult{Positions: []local.FoundPosition{}}
	for _, c := range asked {
		part, err := t.o.Platform.Search(ctx, govpay.Query{Creditor: c.TaxCode, Debtor: debtor, Spontaneous: true})
		if err != nil {
			return local.SearchResult{}, platformError(err)
		}
		found.More = found.More || part.More
		found.Skipped += part.Skipped
		for _, pos := range part.Positions {
			row, err := t.row(pos)
			if err != nil {
				return local.SearchResult{}, err
			}
			found.Positions = append(found.Positions, row)
		}
	}
	slices.SortStableFunc(found.Positions, func(a, b local.FoundPosition) int { // what can be done first
		switch {
		case a.Payable == b.Payable:
			return 0
		case a.Payable:
			return -1
		default:
			return 1
		}
	})
	return found, nil
}

// row shows a position of a search, with what the ledger holds of it.
func (t *Till) row(pos govpay.Position) (local.FoundPosition, error) {
	row := local.FoundPosition{Creditor: pos.Creditor, Number: pos.Notice, Description: pos.Reason, Debtor: pos.Debtor.Name,
		AmountCents: pos.Cents, State: string(pos.State)}
	if !pos.DueBy.IsZero() {
		row.DueDate = pos.DueBy.Format(time.DateOnly)
	}
	held, err := t.o.Ledger.Notice(pos.Creditor, pos.Notice)
	if err != nil {
		return row, internal(err)
	}
	switch verdict, why := govpay.Payability(pos, time.Now()); {
	case held.Holder != "":
		r := t.reason(local.CodeNoticeLocked, map[string]string{local.ArgPayment: held.Holder})
		row.Reason = &r
	case pos.Notice == "": // it never had a notice: no terminal can be told of it
		r := t.reason(local.CodeTroubleNotice, nil)
		row.Reason = &r
	case verdict != govpay.Payable:
		r := t.reason(refusalCode(why), nil)
		row.Reason = &r
	default:
		row.Payable = true
	}
	return row, nil
}

// taxCode reads a debtor's, which no error repeats.
func taxCode(s string) (string, error) {
	if strings.TrimSpace(s) == "" {
		return "", &local.Error{Code: local.CodeSearchDebtorNeeded}
	}
	code, err := pagopa.ParseTaxCode(s)
	if err != nil {
		return "", &local.Error{Code: local.CodeDebtorInvalid, Args: map[string]string{local.ArgField: fieldTaxCode}, Err: err}
	}
	return code.Code(), nil
}

// fieldTaxCode is what a person's or body's code is called on the form.
const fieldTaxCode = "codice fiscale"
