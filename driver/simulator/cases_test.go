package simulator

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// The rows of ECR17 7, by group; every one has rules, or says who stages it.
func TestCases(t *testing.T) {
	want := map[string]int{"C": 15, "R": 19, "P": 8, "D": 38, "U": 7, "K": 6, "S": 15, "G": 21, "Z": 16}
	got, total := map[string]int{}, 0
	seen := map[string]bool{}
	for _, c := range Cases {
		got[c.ID[:1]]++
		total++
		if seen[c.ID] {
			t.Errorf("%s twice", c.ID)
		}
		seen[c.ID] = true
		if c.Staged == (c.Why != "") || c.Where == "" || c.What == "" {
			t.Errorf("%+v", c)
		}
		rules, err := CaseRules(c.ID, "")
		if err != nil {
			t.Errorf("%s: %v", c.ID, err)
		}
		if c.Staged && len(rules) == 0 && c.Needs == "" {
			t.Errorf("%s: staged by nothing", c.ID)
		}
		if r := (Rule{Case: c.ID}); (r.check() == nil) != (c.Staged || len(rules) > 0) {
			t.Errorf("%s in a script: %v", c.ID, r.check())
		}
	}
	for group, n := range want {
		if got[group] != n {
			t.Errorf("%d cases %s, want %d", got[group], group, n)
		}
	}
	if total != 145 {
		t.Errorf("%d cases", total)
	}
	if _, err := CaseRules("C99", ""); !errors.Is(err, ErrFaults) || !strings.Contains(err.Error(), "C99") {
		t.Error(err)
	}
}

// A line of a script may name a case, stage it on another request, at another time and
// with other values.
func TestCaseInScript(t *testing.T) {
	for _, c := range []struct {
		rule Rule
		want []Rule
	}{
		{Rule{Case: "R01"}, []Rule{{On: "X", Nth: 1, Fault: Slow, At: "ack", DelayMS: 8000}}},
		{Rule{Case: "R01", On: "P", Nth: 3, DelayMS: 80}, []Rule{{On: "P", Nth: 3, Fault: Slow, At: "ack", DelayMS: 80}}},
		{Rule{Case: "G18", On: "P", Nth: 2}, []Rule{{On: "P", Nth: 2, Fault: CutAfterAuth}, {On: "G", Nth: 1, After: "P", Fault: NoResult}}},
		{Rule{Case: "C03"}, []Rule{{On: OnConnect, Nth: 1, Fault: HangUp}}},
		{Rule{Case: "R05", After: "s"}, []Rule{{On: "X", Nth: 1, Times: 3, After: "s", Fault: Nak}}},
		{Rule{Case: "D01"}, nil},
	} {
		if got, err := c.rule.expand(); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%+v: %+v, %v", c.rule, got, err)
		}
	}
	for _, c := range Cases { // a rule of one case never spoils the table
		first, _ := CaseRules(c.ID, "")
		if len(first) > 0 {
			first[0].Nth = 77
			if again, _ := CaseRules(c.ID, ""); again[0].Nth == 77 {
				t.Errorf("%s: the table was written to", c.ID)
			}
		}
	}
}
