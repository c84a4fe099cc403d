package simulator

import (
	"fmt"
	"slices"
)

// CaseInfo is one row of ECR17 7. Where, What, Needs and Why are for people.
type CaseInfo struct {
	ID, Group   string
	Where, What string
	// Staged: a fault script makes the row, or the terminal does it by itself. Else Why
	// says who does; a script may then still have a part in it.
	Staged bool
	Why    string
	// Needs is what must be there besides the rules: an earlier payment, an option, what
	// the cash register asks.
	Needs string
}

// caseRow is a row with the rules that make it. In them On "" is the request the case
// is about, After "$" likewise.
type caseRow struct {
	CaseInfo
	on    string // the request if none is named; "" where there is no rule
	rules []Rule
}

// Cases are the 145 rows of ECR17 7, in its order.
var Cases = func() []CaseInfo {
	list := make([]CaseInfo, len(caseTable))
	for i, row := range caseTable {
		list[i] = row.CaseInfo
	}
	return list
}()

// aboutIt stands in caseRow.rules for the letter of the request.
const aboutIt = "$"

// CaseRules gives the rules that make a case, staged on the request letter on ("" is
// the row's own), with the row's own times: a test may change them before it gives
// them to Script. None for a case that needs none, or that the terminal has no part
// in. Errors are ErrFaults.
func CaseRules(id, on string) ([]Rule, error) {
	i := slices.IndexFunc(caseTable, func(row caseRow) bool { return row.ID == id })
	if i < 0 {
		return nil, fmt.Errorf("%w: case %q is not known", ErrFaults, id)
	}
	row := caseTable[i]
	if on == "" {
		on = row.on
	}
	rules := slices.Clone(row.rules)
	for i := range rules {
		r := &rules[i]
		if r.On == "" {
			r.On = on
		}
		if r.After == aboutIt {
			r.After = on
		}
		if err := r.check(); err != nil {
			return nil, fmt.Errorf("case %s: %w", id, err)
		}
	}
	return rules, nil
}

// expand gives the rules that a rule stands for: itself, or those of its case with
// its own nth and values.
func (r Rule) expand() ([]Rule, error) {
	if r.Case == "" {
		return []Rule{r}, nil
	}
	rules, err := CaseRules(r.Case, r.On)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(caseTable, func(row caseRow) bool { return row.ID == r.Case })
	row := caseTable[i]
	if len(rules) == 0 && !row.Staged {
		return nil, fmt.Errorf("%w: case %s is not made by a script: %s", ErrFaults, r.Case, row.Why)
	}
	unused := r.fields()
	for i := range rules {
		if row.rules[i].On == "" {
			if r.Nth != 0 {
				rules[i].Nth = r.Nth
			}
			if r.After != "" {
				rules[i].After = r.After
			}
		}
		unused = slices.DeleteFunc(unused, rules[i].override(r))
		if err := rules[i].check(); err != nil {
			return nil, fmt.Errorf("case %s: %w", r.Case, err)
		}
	}
	if len(unused) > 0 {
		return nil, fmt.Errorf("%w: case %s takes no %s", ErrFaults, r.Case, unused[0])
	}
	return rules, nil
}

// override puts the values of by where the rule has its own, and tells which fields
// that were.
func (r *Rule) override(by Rule) (used func(field string) bool) {
	own := r.fields()
	has := func(field string) bool { return slices.Contains(own, field) }
	if has("times") && by.Times != 0 {
		r.Times = by.Times
	}
	if has("delay_ms") && by.DelayMS != 0 {
		r.DelayMS = by.DelayMS
	}
	if has("bytes") && by.Bytes != 0 {
		r.Bytes = by.Bytes
	}
	if has("at") && by.At != "" {
		r.At = by.At
	}
	if has("code") && by.Code != "" {
		r.Code = by.Code
	}
	if has("form") && by.Form != "" {
		r.Form = by.Form
	}
	if has("text") && by.Text != "" {
		r.Text = by.Text
	}
	if has("amount_cents") && by.AmountCents != 0 {
		r.AmountCents = by.AmountCents
	}
	if has("terminal_id") && by.TerminalID != "" {
		r.TerminalID = by.TerminalID
	}
	return has
}
