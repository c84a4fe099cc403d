package govpay

import (
	"slices"
	"testing"
	"time"
)

func TestCheckCart(t *testing.T) {
	now := time.Date(2025, 10, 5, 12, 0, 0, 0, time.UTC)
	position := func(id string, change ...func(*Position)) Position {
		p := Position{
			Application: "A", ID: id, Creditor: vallefinta, Notice: "3014700000128" + id, State: StateOpen, Cents: 100,
			Lines: []Line{{ID: "1", Cents: 100}},
		}
		for _, f := range change {
			f(&p)
		}
		return p
	}
	shared := func(p *Position) { p.Lines[0].OtherCreditor = "99999000021" }
	elsewhere := func(p *Position) { p.Creditor = "99999000021" }
	plan := func(n int) func(*Position) {
		return func(p *Position) { p.Document = &Document{ID: "D", Instalment: n} }
	}
	paid := func(p *Position) { p.State = StatePaid }
	row := func(p *Position) { p.Lines, p.Gaps = nil, []Gap{GapAttempts, GapLines} }
	weak := func(p *Position) { p.Source, p.Gaps = Ragioneria, []Gap{GapAttempts, GapState} }
	pending := func(p *Position) { p.Attempts = []Attempt{{State: AttemptAccepted}} }
	six := []Position{position("1"), position("2"), position("3"), position("4"), position("5"), position("6")}
	for name, x := range map[string]struct {
		cart               []Position
		terminal, platform []CartProblem
	}{
		"one":            {six[:1], nil, nil},
		"five":           {six[:5], nil, nil},
		"six":            {six, nil, []CartProblem{{5, Refused, ReasonTooMany}}},
		"a share":        {[]Position{position("1"), position("2", shared)}, nil, []CartProblem{{1, Refused, ReasonMultiBeneficiary}}},
		"two creditors":  {[]Position{position("1"), position("2", elsewhere)}, nil, []CartProblem{{1, Refused, ReasonTwoStations}}},
		"instalments":    {[]Position{position("1", plan(1)), position("2", plan(2))}, nil, nil},
		"part and whole": {[]Position{position("1", plan(1)), position("2", plan(0))}, []CartProblem{{1, Refused, ReasonSamePlan}}, []CartProblem{{1, Refused, ReasonSamePlan}}},
		"one part twice": {[]Position{position("1", plan(3)), position("2", plan(3))}, []CartProblem{{1, Refused, ReasonSamePlan}}, []CartProblem{{1, Refused, ReasonSamePlan}}},
		"other plans":    {[]Position{position("1", plan(0)), position("2", plan(0), elsewhere)}, nil, []CartProblem{{1, Refused, ReasonTwoStations}}},
		"twice":          {[]Position{position("1"), position("1")}, []CartProblem{{1, Refused, ReasonTwice}}, []CartProblem{{1, Refused, ReasonTwice}}},
		"paid, pending": {
			[]Position{position("1", paid), position("2", pending)},
			[]CartProblem{{0, Refused, ReasonPaid}, {1, Busy, ReasonAttemptPending}}, []CartProblem{{0, Refused, ReasonPaid}, {1, Busy, ReasonAttemptPending}},
		},
		"not verified": {[]Position{position("1", row)}, []CartProblem{{0, Refused, ReasonNotVerified}}, []CartProblem{{0, Refused, ReasonNotVerified}}},
		"weak":         {[]Position{position("1", weak)}, nil, nil},
	} {
		if got := CheckCart(WayTerminal, x.cart, now); !slices.Equal(got, x.terminal) {
			t.Errorf("%s, terminal: %+v, want %+v", name, got, x.terminal)
		}
		if got := CheckCart(WayPlatform, x.cart, now); !slices.Equal(got, x.platform) {
			t.Errorf("%s, platform: %+v, want %+v", name, got, x.platform)
		}
	}
}
