package simulator

import (
	"errors"
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
