package simulator

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"sportello/protocol/ecr17"
)

// OnConnect and OnAny stand in Rule.On beside the request letters.
const (
	OnConnect = "connect"
	OnAny     = "*"
)

// Rule makes one fault happen, or all those of a case of ECR17 7. In a fault script
// every line is one rule in JSON, for example {"on":"X","nth":1,"fault":"no_ack"} or
// {"on":"X","nth":1,"case":"C08"}; empty lines and lines that begin with # are
// skipped.
type Rule struct {
	On    string `json:"on"`              // request letter (s P X p i c H E G R S T C U K), "*" or "connect"; of a case "" is the row's own
	Nth   int    `json:"nth,omitempty"`   // which matching one since the rule came: 1 the first; 0 every one; of a case 0 is the row's own
	After string `json:"after,omitempty"` // request letter: matching ones count only when such a request has come
	Fault Fault  `json:"fault,omitempty"`
	Case  string `json:"case,omitempty"` // instead of fault: C01 to Z16

	Times       int    `json:"times,omitempty"`        // how often, see the faults; else how many matching ones in a row, -1 all from nth on
	DelayMS     int64  `json:"delay_ms,omitempty"`     // milliseconds
	Bytes       int    `json:"bytes,omitempty"`        // reset_inside, noise, endless_stx, ticket_long_part
	At          string `json:"at,omitempty"`           // slow: "ack" or "result"; hang_up: "end" or "ack"; v_result: "applied" or "plain"; foreign_sale: "saved"
	Code        string `json:"code,omitempty"`         // result_code, local_refusal, vas_refused: 2 digits; decline, host_day: 3 digits
	Form        string `json:"form,omitempty"`         // ack_other_form
	Text        string `json:"text,omitempty"`         // progress_text, denial_text, local_refusal, wrong_letter
	AmountCents int64  `json:"amount_cents,omitempty"` // cents
	TerminalID  string `json:"terminal_id,omitempty"`  // wrong_tid: 8 digits (default: the last digit differs)
}

func (r Rule) delay() time.Duration { return time.Duration(r.DelayMS) * time.Millisecond }

// requestLetters are the letters a terminal may receive.
const requestLetters = "sPXpEGRSTCUKicH"

// Most of what a rule may ask for.
const (
	maxDelay = 24 * time.Hour
	maxBytes = 1 << 20
)

// check explains what is wrong with a rule.
func (r Rule) check() error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%w: %s", ErrFaults, fmt.Sprintf(format, args...))
	}
	if r.Case != "" {
		if r.Fault != "" {
			return bad("a rule has a fault or a case, not both")
		}
		_, err := r.expand()
		return err
	}
	spec, known := faultSpecs[r.Fault]
	letter := len(r.On) == 1 && strings.Contains(requestLetters, r.On)
	switch {
	case !known:
		return bad("fault %q is not known", r.Fault)
	case r.On == OnConnect && !spec.line:
		return bad("%q cannot happen on %q", r.Fault, r.On)
	case r.On != OnConnect && spec.only:
		return bad("%q happens on %q only", r.Fault, OnConnect)
	case r.On != OnConnect && r.On != OnAny && !letter:
		return bad("on %q is no request letter, %q or %q", r.On, OnAny, OnConnect)
	case letter && spec.on != "" && !strings.Contains(spec.on, r.On):
		return bad("%q cannot happen on %q, only on %q", r.Fault, r.On, spec.on)
	case r.After != "" && (len(r.After) != 1 || !strings.Contains(requestLetters, r.After)):
		return bad("after %q is no request letter", r.After)
	case r.Nth < 0 || r.Times < -1 || r.DelayMS < 0 || r.DelayMS > maxDelay.Milliseconds() ||
		r.AmountCents < 0 || r.AmountCents > maxCents || r.Bytes < 0 || r.Bytes > maxBytes || len(r.Text) > 200:
		return bad("a number of %q is out of range", r.Fault)
	case r.Nth == 0 && r.Times > 0 && !spec.counts:
		return bad("%q: times in a row need nth, the first of them", r.Fault)
	}
	for _, f := range r.fields() {
		if f != "times" && !slices.Contains(strings.Fields(spec.fields), f) {
			return bad("%q takes no %s", r.Fault, f)
		}
	}
	return r.checkFields(bad)
}

func (r Rule) checkFields(bad func(string, ...any) error) error {
	code := func(n int) bool { return len(r.Code) == n && digits(r.Code) }
	at := func(may ...string) bool { return slices.Contains(may, r.At) }
	switch {
	case r.Fault == Slow && (!at("ack", "result") || r.DelayMS == 0):
		return bad("slow needs at (ack or result) and delay_ms")
	case r.Fault == HangUp && !at("", "end", "ack"):
		return bad("hang_up: at is end or ack, not %q", r.At)
	case r.Fault == VResult && !at("", "applied", "plain"):
		return bad("v_result: at is applied or plain, not %q", r.At)
	case r.Fault == ForeignSale && !at("", "saved"):
		return bad("foreign_sale: at is saved or nothing, not %q", r.At)
	case r.Fault == ResultCode && !code(2):
		return bad("result_code needs code, two digits, not %q", r.Code)
	case (r.Fault == LocalRefusal || r.Fault == VASRefused) && r.Code != "" && !code(2):
		return bad("%s: code %q is not two digits", r.Fault, r.Code)
	case (r.Fault == Decline || r.Fault == HostDay) && !code(3):
		return bad("%s needs code, three digits, not %q", r.Fault, r.Code)
	case r.Fault == ProgressText && r.Text == "":
		return bad("progress_text needs text")
	case r.Fault == WrongLetter && len(r.Text) > 1:
		return bad("wrong_letter: text %q is not one letter", r.Text)
	case (r.Fault == LocalRefusal || r.Fault == DenialText) && (len(r.Text) > 24 || strings.ContainsFunc(r.Text, notInText)):
		return bad("%s: text %q is not at most 24 plain characters", r.Fault, r.Text)
	case r.Fault == TicketLong && r.Bytes != 0 && (r.Bytes < 201 || r.Bytes > 250):
		return bad("ticket_long_part: bytes %d is not 201 to 250", r.Bytes)
	case r.Fault == ResetInside && r.Bytes != 0 && r.Bytes < headOfRequest:
		return bad("reset_inside: bytes %d: the terminal knows the request after %d", r.Bytes, headOfRequest)
	case r.Fault == WrongTID && r.TerminalID != "" && (len(r.TerminalID) != 8 || !digits(r.TerminalID)):
		return bad("wrong_tid: terminal_id %q is not 8 digits", r.TerminalID)
	}
	if r.Form != "" {
		if _, err := ecr17.ParseControlForm(r.Form); err != nil {
			return bad("ack_other_form: form %q is not known", r.Form)
		}
	}
	return nil
}

func notInText(r rune) bool { return r < ' ' || r > '~' }

// fields names what a rule has set beside on, nth, after.
func (r Rule) fields() []string {
	var set []string
	add := func(name string, is bool) {
		if is {
			set = append(set, name)
		}
	}
	add("times", r.Times != 0)
	add("delay_ms", r.DelayMS != 0)
	add("bytes", r.Bytes != 0)
	add("at", r.At != "")
	add("code", r.Code != "")
	add("form", r.Form != "")
	add("text", r.Text != "")
	add("amount_cents", r.AmountCents != 0)
	add("terminal_id", r.TerminalID != "")
	return set
}

// ReadFaults reads a fault script. Errors (ErrFaults) name the line.
func ReadFaults(r io.Reader) ([]Rule, error) {
	var rules []Rule
	sc := bufio.NewScanner(io.LimitReader(r, 1<<20))
	for n := 1; sc.Scan(); n++ {
		text := bytes.TrimSpace(sc.Bytes())
		if len(text) == 0 || text[0] == '#' {
			continue
		}
		dec := json.NewDecoder(bytes.NewReader(text))
		dec.DisallowUnknownFields()
		var rule Rule
		if err := dec.Decode(&rule); err != nil {
			return nil, fmt.Errorf("%w: line %d: %w", ErrFaults, n, err)
		}
		if err := rule.check(); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		rules = append(rules, rule)
	}
	if err := sc.Err(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFaults, err)
	}
	return rules, nil
}

// LoadFaults reads the fault script at path.
func LoadFaults(path string) ([]Rule, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFaults, err)
	}
	defer f.Close() //nolint:errcheck // only read
	rules, err := ReadFaults(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return rules, nil
}

// script counts the requests that its rules wait for. Guarded by Terminal.mu.
type script struct {
	rules []*countedRule
}

type countedRule struct {
	Rule
	spec  faultSpec
	armed bool // After has come
	seen  int
}

// add takes rules that were checked.
func (s *script) add(rules []Rule) {
	for _, r := range rules {
		expanded, err := r.expand()
		if err != nil { // was checked
			continue
		}
		for _, r := range expanded {
			s.rules = append(s.rules, &countedRule{Rule: r, spec: faultSpecs[r.Fault], armed: r.After == ""})
		}
	}
}

// take counts one request (a letter, or OnConnect) and gives the faults due now;
// inside: those that happen while it is still coming. The rules that wait for such a
// request are armed when it has come.
func (s *script) take(on string, inside bool) faultSet {
	var due faultSet
	for _, r := range s.rules {
		matches := r.On == on || r.On == OnAny && on != OnConnect
		switch {
		case !r.armed:
			r.armed = r.After == on && !inside
		case matches && r.spec.inside == inside || on == OnConnect && r.On == OnConnect:
			if r.seen++; r.due() {
				if due == nil {
					due = faultSet{}
				}
				due[r.Fault] = r.Rule
			}
		}
	}
	return due
}

func (r *countedRule) due() bool {
	switch {
	case r.Nth == 0 || r.Nth == r.seen:
		return true
	case r.spec.counts || r.seen < r.Nth:
		return false
	default:
		return r.Times < 0 || r.seen < r.Nth+r.Times
	}
}

// faultSet are the faults of one request.
type faultSet map[Fault]Rule

func (f faultSet) has(x Fault) bool { _, ok := f[x]; return ok }

// times is how often a repeating fault happens; forever is a large number.
func (f faultSet) times(x Fault, normally int) int {
	r, ok := f[x]
	switch {
	case !ok:
		return 0
	case r.Times < 0:
		return 1 << 30
	case r.Times == 0:
		return normally
	default:
		return r.Times
	}
}

// wait is the delay of a fault, normally if it names none; 0 without the fault.
func (f faultSet) wait(x Fault, normally time.Duration) time.Duration {
	r, ok := f[x]
	switch {
	case !ok:
		return 0
	case r.DelayMS == 0:
		return normally
	default:
		return r.delay()
	}
}

// bytes likewise.
func (f faultSet) bytes(x Fault, normally int) int {
	r, ok := f[x]
	switch {
	case !ok:
		return 0
	case r.Bytes == 0:
		return normally
	default:
		return r.Bytes
	}
}

// slow is the delay asked for at "ack" or "result".
func (f faultSet) slow(at string) time.Duration {
	if r, ok := f[Slow]; ok && r.At == at {
		return r.delay()
	}
	return 0
}

func digits(s string) bool {
	return strings.Trim(s, "0123456789") == ""
}
