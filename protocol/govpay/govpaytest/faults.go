package govpaytest

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"
)

// Rule spoils requests, the receipts of charges, or TLS handshakes. See
// docs/piattaforma-simulata.md for its words.
type Rule struct {
	On      string `json:"on"`
	Do      string `json:"do"`
	API     string `json:"api,omitempty"`    // only there; "": anywhere
	Notice  string `json:"notice,omitempty"` // only requests that name it, or its receipts
	Status  int    `json:"status,omitempty"`
	Code    string `json:"codice,omitempty"`
	State   string `json:"state,omitempty"`
	Cents   int64  `json:"cents,omitempty"`
	Arrived bool   `json:"arrived,omitempty"` // with html, status and PAA_NODO_INDISPONIBILE: the work was done all the same
	DelayMS int    `json:"delay_ms,omitempty"`
	Delay   string `json:"delay,omitempty"` // like 3h, instead of delay_ms
	Skip    int    `json:"skip,omitempty"`
	Times   int    `json:"times,omitempty"`
}

// Two things beside operations that rules can name.
const (
	opBooking = "booking" // a charge, or a cart, becomes a receipt
	opTLS     = "tls"     // a handshake
)

// deeds says where each deed can be done: nil, at every operation.
var deeds = map[string][]string{
	"down": nil, "slow": nil, "html": nil, "status": nil, "wrong_json": nil, "redirect": nil, "cut": nil,
	"lost": nil, "late": nil, // late at a booking: the receipt is
	"state":   {opPosition, opOne, opList, opPatch},
	"amount":  {opPosition, opOne, opList, opNotice, opBooking},
	"id_zero": {opPay}, "checkout_redirect": {opPay}, "nodo": {opPay}, "owner_down": {opPosition, opPay},
	"never": {opBooking}, "twice": {opBooking}, "other_provider": {opBooking}, "other_channel": {opBooking}, "refused": {opBooking},
	"wrong_host": {opTLS}, "expired": {opTLS}, "unknown_ca": {opTLS},
}

func (r Rule) check() error {
	places, known := deeds[r.Do]
	pseudo := r.On == opBooking || r.On == opTLS
	switch {
	case r.On != "*" && !pseudo && !slices.ContainsFunc(endpoints, func(e endpoint) bool { return e.operation == r.On }):
		return fmt.Errorf("unknown operation %q", r.On)
	case !known:
		return fmt.Errorf("unknown deed %q", r.Do)
	case places != nil && !slices.Contains(places, r.On), places == nil && pseudo && (r.On != opBooking || r.Do != "late"):
		return fmt.Errorf("%q cannot be done on %q", r.Do, r.On)
	case r.API != "" && !slices.ContainsFunc(apis, func(a api) bool { return a.name == r.API }):
		return fmt.Errorf("unknown API %q", r.API)
	case r.Do == "status" && (r.Status < 400 || r.Status > 599), r.Do == "html" && r.Status != 0 && (r.Status < 200 || r.Status > 599):
		return fmt.Errorf("status %d with %q", r.Status, r.Do)
	case (r.Do == "slow" || r.Do == "late") && r.delay() <= 0:
		return fmt.Errorf("%s without delay_ms or delay", r.Do)
	case r.Notice != "" && len(r.Notice) != 18:
		return fmt.Errorf("notice %q has not 18 digits", r.Notice)
	case r.Arrived && r.Do != "html" && r.Do != "status" && r.Do != "nodo":
		return fmt.Errorf("arrived with %q", r.Do)
	case r.Do == "amount" && r.Cents <= 0:
		return errors.New("amount without cents")
	case r.Do == "nodo" && r.Code == "":
		return errors.New("nodo without codice")
	case r.Skip < 0, r.Times < 0:
		return errors.New("skip and times count from 0")
	}
	return nil
}

func (r Rule) delay() time.Duration {
	if r.Delay != "" {
		d, _ := time.ParseDuration(r.Delay) // unreadable: 0, which check refuses
		return d
	}
	return time.Duration(r.DelayMS) * time.Millisecond
}

// ReadRules reads a faults file: one JSON object a line, empty lines and lines
// that begin with # apart.
func ReadRules(r io.Reader) ([]Rule, error) {
	var rules []Rule
	lines := bufio.NewScanner(io.LimitReader(r, 1<<20))
	for n := 1; lines.Scan(); n++ {
		text := strings.TrimSpace(lines.Text())
		if text == "" || text[0] == '#' {
			continue
		}
		var rule Rule
		dec := json.NewDecoder(strings.NewReader(text))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&rule); err != nil {
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

// next says what befalls the next request for an operation of an API. about is
// what the request is about: its address and body, or a notice.
func (s *script) next(operation, api, about string) (Rule, bool) {
	for i, r := range s.rules {
		everything := r.On == "*" && operation != opBooking && operation != opTLS
		if !everything && r.On != operation {
			continue
		}
		if r.API != "" && r.API != api {
			continue
		}
		if r.Notice != "" && !strings.Contains(about, r.Notice[len(r.Notice)-15:]) { // or its IUV, which ends like it
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
