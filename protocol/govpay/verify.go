package govpay

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Verifier asks the interfaces that can verify a notice one after another, as
// configured, because the best of them is being removed. Safe for concurrent use.
//
// The next one is asked only where this one is of no use to us: it has no address,
// something else answers there (a 404 without the platform's fault body, a
// redirect: [ErrWrongBaseURL]), it is not granted, or it answers for our own
// debts only ([ErrForbidden]; from Pendenze v2 the two look alike). Every other
// failure ends the verification: the platform being away, so that a hiccup does
// not lead to a weaker rule; a refused password, so that nobody is locked out;
// "not found", which all of them would repeat (see [Fault.Ambiguous]).
type Verifier struct {
	client *Client
	order  []API
}

// NewVerifier returns a verifier that asks in the given order; none given:
// Pagamento, Backoffice, Pendenze, Ragioneria, as far as they have an address.
func NewVerifier(c *Client, order ...API) (*Verifier, error) {
	known := []API{Pagamento, Backoffice, Pendenze, Ragioneria}
	if len(order) == 0 {
		for _, api := range known {
			if c.Has(api) {
				order = append(order, api)
			}
		}
	}
	if len(order) == 0 {
		return nil, fmt.Errorf("govpay %s: %w", opVerify, ErrNotConfigured)
	}
	for i, api := range order {
		switch {
		case !slices.Contains(known, api):
			return nil, fmt.Errorf("govpay %s: %w: no interface %q", opVerify, ErrArgument, clip(string(api), 20))
		case slices.Contains(order[:i], api):
			return nil, fmt.Errorf("govpay %s: %w: interface %q twice", opVerify, ErrArgument, api)
		case !c.Has(api):
			return nil, fmt.Errorf("govpay %s: %w: %s", opVerify, ErrNotConfigured, api)
		}
	}
	return &Verifier{client: c, order: slices.Clone(order)}, nil
}

// Order returns the interfaces in the order in which they are asked.
func (v *Verifier) Order() []API { return slices.Clone(v.order) }

// Position verifies a notice. [Position.Source] says who answered and
// [Position.Gaps] what that answer does not show.
func (v *Verifier) Position(ctx context.Context, creditor, notice string) (Position, error) {
	var useless Refusals
	for _, api := range v.order {
		p, err := v.client.PositionFrom(ctx, api, creditor, notice)
		if err == nil {
			return p, nil
		}
		var f *Fault
		if !errors.As(err, &f) || (f.Outcome != OutcomeForbidden && f.Outcome != OutcomeWrongBaseURL) {
			if f != nil && len(useless) > 0 { // who asks has to know that another has refused
				return Position{}, append(Refusals{f}, useless...)
			}
			return Position{}, err
		}
		useless = append(useless, f)
	}
	if len(useless) == 1 {
		return Position{}, useless[0]
	}
	// The most telling first: it is the one that callers see.
	slices.SortStableFunc(useless, func(a, b *Fault) int { return a.rank() - b.rank() })
	return Position{}, useless
}

// rank orders the ways of being of no use: not allowed to see this debt, no such
// interface, somebody else's debt.
func (f *Fault) rank() int {
	switch {
	case f.Outcome == OutcomeForbidden && f.API != Pendenze:
		return 0
	case f.Outcome == OutcomeWrongBaseURL:
		return 1
	default:
		return 2
	}
}

// Refusals are the faults of all interfaces asked. The first answers errors.As.
type Refusals []*Fault

func (r Refusals) Error() string {
	texts := make([]string, len(r))
	for i, f := range r {
		texts[i] = string(f.API) + ": " + f.Error()
	}
	return "no interface can verify the notice: " + strings.Join(texts, "; ")
}

// Faults are what each interface that was asked has said: several where a [Verifier] asked on, none when err is no
// fault.
func Faults(err error) []*Fault {
	var several Refusals
	if errors.As(err, &several) {
		return slices.Clone(several)
	}
	var f *Fault
	if errors.As(err, &f) {
		return []*Fault{f}
	}
	return nil
}

func (r Refusals) Unwrap() []error {
	all := make([]error, len(r))
	for i, f := range r {
		all[i] = f
	}
	return all
}
