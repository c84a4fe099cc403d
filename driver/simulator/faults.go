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
)

// Fault is one way of misbehaving, by its stable name.
type Fault string

// The faults. In brackets the case of ECR17 7 that it makes.
const (
	NoACK         Fault = "no_ack"                  // executes and answers, but never acknowledges the request (R02)
	Nak           Fault = "nak"                     // NAK, not executed (R04, R05)
	NakExecute    Fault = "nak_then_execute"        // NAK, and executed all the same (R06)
	CutBeforeAuth Fault = "cut_before_auth"         // line cut after the card was read; the bank is never asked (D28)
	CutAfterAuth  Fault = "cut_after_auth"          // line cut when the bank has decided, before the result (C08, D27)
	HalfResult    Fault = "half_result"             // half of the result's bytes, then the line is cut
	BadLRC        Fault = "bad_lrc"                 // result with a wrong LRC: times (default 1), -1 = always (D08, D09)
	Duplicate     Fault = "duplicate_result"        // the confirmed result again: times (default 2) (D10)
	StaleResult   Fault = "stale_result_before_ack" // the result saved before, again (R17)
	StaleInside   Fault = "stale_result_after_ack"  // likewise, when the request is acknowledged and its data have come; then the procedure goes on (D11)
	Split         Fault = "split"                   // byte by byte, delay_ms apart (C12)
	Glue          Fault = "glue"                    // ACK, progress, result and tickets in one segment (C13)
	Silent        Fault = "silent"                  // neither acknowledges nor executes (R03, R13)
	Slow          Fault = "slow"                    // delay_ms before at: "ack" (R01) or "result" (D25)
	WrongTID      Fault = "wrong_tid"               // the answer carries terminal_id (D16)
	AmountDiffers Fault = "amount_differs"          // the bank charges amount_cents instead, and says so (D14, D15 with 0)
	ResultCode    Fault = "result_code"             // the answer says code; the bank's truth is not touched (D04, D07)
	HTTPBanner    Fault = "http_banner"             // on connect: a web server answers (C15)
	Decline       Fault = "decline"                 // the bank refuses with action code (D02)
	Cancel        Fault = "cancel"                  // the customer presses the red key; the bank is never asked (D03)
)

// OnConnect and OnAny stand in Rule.On beside the request letters.
const (
	OnConnect = "connect"
	OnAny     = "*"
)

// Rule makes one fault happen. In a fault script every line is one rule in JSON, for
// example {"on":"X","nth":1,"fault":"no_ack"}; empty lines and lines that begin with
// # are skipped.
type Rule struct {
	On    string `json:"on"`            // request letter (s P X E G R S T C U), "*" or "connect"
	Nth   int    `json:"nth,omitempty"` // which matching one since the rule came: 1 the first; 0 every one
	Fault Fault  `json:"fault"`

	Times       int    `json:"times,omitempty"`        // bad_lrc, duplicate_result
	DelayMS     int64  `json:"delay_ms,omitempty"`     // slow, split: milliseconds
	At          string `json:"at,omitempty"`           // slow: "ack" or "result"
	Code        string `json:"code,omitempty"`         // result_code: 2 digits; decline: 3 digits
	AmountCents int64  `json:"amount_cents,omitempty"` // amount_differs: cents
	TerminalID  string `json:"terminal_id,omitempty"`  // wrong_tid: 8 digits (default: the last digit differs)
}

func (r Rule) delay() time.Duration { return time.Duration(r.DelayMS) * time.Millisecond }

// requestLetters are the letters a terminal may receive.
const requestLetters = "sPXpEGRSTCUKicH"

// onlyOnConnect and alsoOnConnect are the faults that need no request.
var (
	needsRequest = []Fault{NoACK, Nak, NakExecute, CutBeforeAuth, CutAfterAuth, HalfResult, BadLRC, Duplicate, StaleResult,
		StaleInside, Split, Glue, Slow, WrongTID, AmountDiffers, ResultCode, Decline, Cancel}
	mayBeOnConnect = []Fault{HTTPBanner, Silent}
)

// check explains what is wrong with a rule.
func (r Rule) check() error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%w: %s", ErrFaults, fmt.Sprintf(format, args...))
	}
	switch {
	case !slices.Contains(needsRequest, r.Fault) && !slices.Contains(mayBeOnConnect, r.Fault):
		return bad("fault %q is not known", r.Fault)
	case r.On == OnConnect && !slices.Contains(mayBeOnConnect, r.Fault):
		return bad("%q cannot happen on %q", r.Fault, r.On)
	case r.On != OnConnect && r.Fault == HTTPBanner:
		return bad("%q happens on %q only", r.Fault, OnConnect)
	case r.On != OnConnect && r.On != OnAny && (len(r.On) != 1 || !strings.Contains(requestLetters, r.On)):
		return bad("on %q is no request letter, %q or %q", r.On, OnAny, OnConnect)
	case r.Nth < 0 || r.Times < -1 || r.DelayMS < 0 || r.AmountCents < 0 || r.AmountCents > maxCents:
		return bad("a number of %q is out of range", r.Fault)
	case r.Fault == Slow && (r.At != "ack" && r.At != "result" || r.DelayMS == 0):
		return bad("slow needs at (ack or result) and delay_ms")
	case r.Fault == ResultCode && (len(r.Code) != 2 || !digits(r.Code)):
		return bad("result_code needs code, two digits, not %q", r.Code)
	case r.Fault == Decline && (len(r.Code) != 3 || !digits(r.Code)):
		return bad("decline needs code, three digits, not %q", r.Code)
	case r.Fault == WrongTID && r.TerminalID != "" && (len(r.TerminalID) != 8 || !digits(r.TerminalID)):
		return bad("wrong_tid: terminal_id %q is not 8 digits", r.TerminalID)
	}
	return nil
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
	seen int
}

func (s *script) add(rules []Rule) {
	for _, r := range rules {
		s.rules = append(s.rules, &countedRule{Rule: r})
	}
}

// take counts one request (a letter, or OnConnect) and gives the faults due now.
func (s *script) take(on string) faultSet {
	var due faultSet
	for _, r := range s.rules {
		if r.On != on && (r.On != OnAny || on == OnConnect) {
			continue
		}
		if r.seen++; r.Nth == 0 || r.Nth == r.seen {
			if due == nil {
				due = faultSet{}
			}
			due[r.Fault] = r.Rule
		}
	}
	return due
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
