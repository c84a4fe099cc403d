package govpaytest

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

// Rule spoils requests. See the package comment for its words.
type Rule struct {
	On      string `json:"on"`
	Do      string `json:"do"`
	Status  int    `json:"status,omitempty"`
	DelayMS int    `json:"delay_ms,omitempty"`
	Skip    int    `json:"skip,omitempty"`
	Times   int    `json:"times,omitempty"`
}

var (
	ruleOperations = map[string]bool{"*": true, opPosition: true, opReceipts: true, opReceipt: true, opPDF: true, opProfile: true}
	ruleDeeds      = map[string]bool{"down": true, "slow": true, "html": true, "status": true, "wrong_json": true, "redirect": true, "cut": true}
)

func (r Rule) check() error {
	switch {
	case !ruleOperations[r.On]:
		return fmt.Errorf("unknown operation %q", r.On)
	case !ruleDeeds[r.Do]:
		return fmt.Errorf("unknown deed %q", r.Do)
	case r.Do == "status" && (r.Status < 400 || r.Status > 599), r.Do == "html" && r.Status != 0 && (r.Status < 200 || r.Status > 599):
		return fmt.Errorf("status %d with %q", r.Status, r.Do)
	case r.Do == "slow" && r.DelayMS <= 0:
		return errors.New("slow without delay_ms")
	case r.Skip < 0, r.Times < 0:
		return errors.New("skip and times count from 0")
	}
	return nil
}

// ReadRules reads a faults file: one JSON object a line, empty lines and lines
// that begin with # apart.
func ReadRules(r io.Reader) ([]Rule, error) {
	var rules []Rule
	lines := bufio.NewScanner(io.LimitReader(r, 1<<20))
	for n := 1; lines.Scan(); n++ {
		text := lines.Bytes()
		if len(text) == 0 || text[0] == '#' {
			continue
		}
		var rule Rule
		if err := json.Unmarshal(text, &rule); err != nil {
			return nil, fmt.Errorf("govpaytest: faults: line %d: %w", n, err)
		}
		if err := rule.check(); err != nil {
			return nil, fmt.Errorf("govpaytest: faults: line %d: %w", n, err)
		}
		rules = append(rules, rule)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("govpaytest: faults: %w", err)
	}
	return rules, nil
}

// script is the rules with their counters; guarded by the server's lock.
type script struct {
	path    string
	changed time.Time
	size    int64
	rules   []Rule
	counts  []int // matching requests so far
}

func (s *script) set(rules []Rule) {
	s.rules, s.counts = rules, make([]int, len(rules))
}

// refresh reads the file again when it changed; what cannot be read leaves the
// old rules in place.
func (s *script) refresh(report func(error)) {
	if s.path == "" {
		return
	}
	info, err := os.Stat(s.path)
	if errors.Is(err, fs.ErrNotExist) && s.changed.IsZero() {
		return
	}
	if err != nil {
		report(fmt.Errorf("faults file: %w", err))
		return
	}
	if info.ModTime().Equal(s.changed) && info.Size() == s.size {
		return
	}
	s.changed, s.size = info.ModTime(), info.Size()
	f, err := os.Open(s.path)
	if err != nil {
		report(fmt.Errorf("faults file: %w", err))
		return
	}
	defer f.Close()
	rules, err := ReadRules(f)
	if err != nil {
		report(err)
		return
	}
	s.set(rules)
}

// next says what befalls the next request for an operation.
func (s *script) next(operation string) (Rule, bool) {
	for i, r := range s.rules {
		if r.On != "*" && r.On != operation {
			continue
		}
		if r.Times > 0 && s.counts[i] >= r.Skip+r.Times {
			continue // spent
		}
		s.counts[i]++
		if s.counts[i] > r.Skip {
			return r, true
		}
	}
	return Rule{}, false
}
