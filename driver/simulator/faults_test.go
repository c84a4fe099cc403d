package simulator

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sportello/protocol/ecr17"
)

// faultCase stages one fault on a tiny ECR.
type faultCase struct {
	rule   Rule
	with   []Rule // what the fault needs to show
	see    func(t *testing.T, b bench, e *ecr)
	truth  []bool // approvals at the bank
	before int64  // cents of a payment made first, 0 for none
}

// faultCases: what the ECR sees of each fault, and what is true at the bank
// afterwards. Every fault has one; TestEveryFault sees to it.
var faultCases = map[Fault]faultCase{
	NoACK: {rule: Rule{On: "X"}, truth: []bool{true}, see: func(t *testing.T, _ bench, e *ecr) {
		p := e.extended(100)
		p.MoreData = true // nobody sends them without an ACK
		e.send(p)
		if r := e.result(); r.Code != ecr17.ResultOK {
			t.Errorf("%+v", r)
		}
	}},
	Nak: {rule: Rule{On: "X", Nth: 1}, truth: []bool{true}, see: func(t *testing.T, _ bench, e *ecr) {
		e.send(e.extended(100))
		e.want(ecr17.FrameNAK, time.Minute)
		e.nothing(time.Hour)
		e.pay(100) // the first only
	}},
	NakExecute: {rule: Rule{On: "X"}, truth: []bool{true}, see: func(t *testing.T, _ bench, e *ecr) {
		e.send(e.extended(100))
		e.want(ecr17.FrameNAK, time.Minute)
		e.result()
	}},
	CutBeforeAuth: {rule: Rule{On: "X"}, see: func(t *testing.T, b bench, e *ecr) {
		e.send(e.extended(100))
		e.want(ecr17.FrameACK, time.Minute)
		for !e.closed {
			if f, ok := e.next(time.Minute); ok && f.Kind != ecr17.FrameProgress {
				t.Fatalf("%v", f)
			}
		}
		e = b.dial()
		e.send(e.last())
		e.want(ecr17.FrameNAK, time.Minute)
	}},
	CutAfterAuth: {rule: Rule{On: "X"}, truth: []bool{true}, see: func(t *testing.T, b bench, e *ecr) {
		e.send(e.extended(100))
		e.want(ecr17.FrameACK, time.Minute)
		for !e.closed {
			if f, ok := e.next(time.Minute); ok && f.Kind != ecr17.FrameProgress {
				t.Fatalf("%v", f)
			}
		}
		if string(b.dial().savedBytes()) != b.term.Bank().Decisions()[0].Last {
			t.Error("the saved result is another")
		}
	}},
	HalfResult: {rule: Rule{On: "X"}, truth: []bool{true}, see: func(t *testing.T, b bench, e *ecr) {
		e.send(e.extended(100))
		e.want(ecr17.FrameACK, time.Minute)
		for !e.closed {
			if f, ok := e.next(time.Minute); ok && f.Kind != ecr17.FrameProgress {
				t.Fatalf("%v", f)
			}
		}
		if u := e.frames.Close(); !u.Application || u.Bytes != 47 {
			t.Errorf("%+v", u)
		}
		b.dial().savedBytes()
	}},
	BadLRC: {rule: Rule{On: "X", Times: 2}, truth: []bool{true}, see: func(t *testing.T, _ bench, e *ecr) {
		e.send(ecr17.PrintSwitch{TID: e.tid, ToECR: true})
		e.want(ecr17.FrameACK, time.Minute)
		e.send(e.extended(100))
		e.want(ecr17.FrameACK, time.Minute)
		for range 2 {
			f := e.want(ecr17.FrameApplication, time.Minute)
			if _, some := f.Scope(); some {
				t.Error("right under some scope")
			}
			e.nak()
		}
		e.result()
		e.ticket() // nothing is wrong with it
		e.hungUp()
	}},
	Duplicate: {rule: Rule{On: "X"}, truth: []bool{true}, see: func(t *testing.T, _ bench, e *ecr) {
		first := e.pay(100)
		for range 2 {
			if again := e.result(); again != first {
				t.Errorf("%+v, then %+v", first, again)
			}
		}
		e.hungUp()
	}},
	StaleResult: {rule: Rule{On: "X", Nth: 1}, before: 700, truth: []bool{true, true}, see: func(t *testing.T, b bench, e *ecr) {
		e.send(e.extended(100))
		if r := e.result(); r.AmountCents != 700 {
			t.Errorf("%+v", r)
		}
		e.want(ecr17.FrameACK, time.Minute)
		if r := e.result(); r.AmountCents != 100 {
			t.Errorf("%+v", r)
		}
	}},
	StaleInside: {rule: Rule{On: "X", Nth: 1}, before: 700, truth: []bool{true, true}, see: func(t *testing.T, b bench, e *ecr) {
		e.send(e.extended(100))
		e.want(ecr17.FrameACK, time.Minute)
		if r := e.result(); r.AmountCents != 700 {
			t.Errorf("%+v", r)
		}
		if r := e.result(); r.AmountCents != 100 {
			t.Errorf("%+v", r)
		}
	}},
	Split: {rule: Rule{On: "X", DelayMS: 20}, truth: []bool{true}, see: func(t *testing.T, _ bench, e *ecr) {
		start := time.Now()
		e.pay(100)
		if want := 20 * time.Millisecond * (3 + 3*22 + 95); time.Since(start) > want || time.Since(start) < want-20*time.Millisecond {
			t.Errorf("%v, want %v", time.Since(start), want)
		}
	}},
	Glue: {rule: Rule{On: "X"}, truth: []bool{true}, see: func(t *testing.T, _ bench, e *ecr) {
		e.send(ecr17.PrintSwitch{TID: e.tid, ToECR: true})
		e.want(ecr17.FrameACK, time.Minute)
		e.send(e.extended(100))
		buf := make([]byte, 4096)
		n, err := e.c.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		e.frames.Feed(buf[:n])
		kinds := ""
		for f, ok := e.frames.Next(); ok; f, ok = e.frames.Next() {
			kinds += f.Kind.String()[:1]
		}
		if kinds != "Apppapa" {
			t.Errorf("one segment holds %q", kinds)
		}
		for range 2 { // the result and the ticket
			e.ack()
		}
		e.hungUp()
	}},
	Silent: {rule: Rule{On: "X"}, see: func(t *testing.T, _ bench, e *ecr) {
		e.send(e.extended(100))
		e.nothing(time.Hour)
		ask[ecr17.StatusAnswer](e, ecr17.StatusRequest{TID: e.tid})
	}},
	Slow: {rule: Rule{On: "X", At: "ack", DelayMS: 8000}, truth: []bool{true}, see: func(t *testing.T, _ bench, e *ecr) {
		e.send(e.extended(100))
		e.nothing(7999 * time.Millisecond)
		e.want(ecr17.FrameACK, 2*time.Millisecond)
		e.result()
	}},
	WrongTID: {rule: Rule{On: "X"}, truth: []bool{true}, see: func(t *testing.T, b bench, e *ecr) {
		if r := e.pay(100); r.TID != "12345679" || r.Code != ecr17.ResultOK {
			t.Errorf("%+v", r)
		}
		e.hungUp()
		if r, err := ecr17.DecodeResult(b.dial().savedBytes(), ecr17.Strict); err != nil || r.TID != tid {
			t.Errorf("saved: %+v, %v", r, err)
		}
	}},
	AmountDiffers: {rule: Rule{On: "X", AmountCents: 60}, truth: []bool{true}, see: func(t *testing.T, b bench, e *ecr) {
		if r := e.pay(100); r.AmountCents != 60 || r.Code != ecr17.ResultOK {
			t.Errorf("%+v", r)
		}
		if d := b.term.Bank().Decisions()[0]; d.AmountCents != 60 {
			t.Errorf("%+v", d)
		}
	}},
	ResultCode: {rule: Rule{On: "X", Code: "09"}, truth: []bool{true}, see: func(t *testing.T, b bench, e *ecr) {
		if r := e.pay(100); r.Code != "09" || r.AuthCode != "" || r.STAN != "000001" {
			t.Errorf("%+v", r)
		}
		if total := b.term.Bank().Total(tid); total != 100 {
			t.Errorf("total %d", total)
		}
	}},
	HTTPBanner: {rule: Rule{On: OnConnect, Nth: 2}, see: func(t *testing.T, b bench, e *ecr) {
		ask[ecr17.StatusAnswer](e, ecr17.StatusRequest{TID: e.tid})
		_ = e.c.Close()
		e = b.dial()
		e.send(ecr17.StatusRequest{TID: e.tid})
		got, err := io.ReadAll(e.c)
		if err != nil || !strings.HasPrefix(string(got), "HTTP/1.1 400 ") {
			t.Errorf("%q, %v", got, err)
		}
	}},
	Decline: {rule: Rule{On: "X", Code: "121"}, truth: []bool{false}, see: func(t *testing.T, _ bench, e *ecr) {
		if r := e.pay(100); r.Code != ecr17.ResultRefused || r.ActionCode != "121" || r.Reason != "LIMITE SUPERATO" || r.STAN != "000001" {
			t.Errorf("%+v", r)
		}
	}},
	Cancel: {rule: Rule{On: "X"}, truth: []bool{false}, see: func(t *testing.T, _ bench, e *ecr) {
		if r := e.pay(100); r.Code != ecr17.ResultRefused || r.STAN != "000000" {
			t.Errorf("%+v", r)
		}
	}},
}

func TestEveryFault(t *testing.T) {
	all := maps.Clone(faultCases)
	for _, more := range []map[Fault]faultCase{lineCases, ackCases, resultCases, ticketCases, dataCases, foreignCases} {
		maps.Copy(all, more)
	}
	for name := range faultSpecs {
		if _, ok := all[name]; !ok {
			t.Errorf("no case for %s", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		c := all[name]
		t.Run(string(name), func(t *testing.T) {
			inMemory(t, Options{}, func(t *testing.T, b bench) {
				e := b.dial()
				if c.before > 0 {
					e.pay(c.before)
					e.hungUp()
					e = b.dial()
				}
				rule := c.rule
				rule.Fault = name
				if name == HTTPBanner {
					rule.Nth-- // the first line is there already
				}
				synctest.Wait() // the line is being served
				if err := b.term.Script(append(c.with, rule)...); err != nil {
					t.Fatal(err)
				}
				c.see(t, b, e)
				var truth []bool
				for _, d := range b.term.Bank().Decisions() {
					truth = append(truth, d.Approved)
				}
				if !slices.Equal(truth, c.truth) {
					t.Errorf("the bank's truth is %v, want %v", truth, c.truth)
				}
			})
		})
	}
}

// The faults that touch the line itself, on lines that are real.
func TestFaultsOnRealLines(t *testing.T) {
	t.Run("tcp", func(t *testing.T) {
		overTCP(t, Options{}, func(t *testing.T, b bench) {
			for _, name := range []Fault{CutBeforeAuth, CutAfterAuth, HalfResult} {
				before := len(b.term.Bank().Decisions())
				if err := b.term.Script(Rule{On: "X", Nth: 1, Fault: name}); err != nil {
					t.Fatal(err)
				}
				e := b.dial()
				e.send(e.extended(100))
				e.want(ecr17.FrameACK, time.Minute)
				for !e.closed {
					if f, ok := e.next(10 * time.Second); ok && f.Kind != ecr17.FrameProgress {
						t.Fatalf("%s: %v", name, f)
					}
				}
				if u := e.frames.Close(); u.Application != (name == HalfResult) {
					t.Errorf("%s: %+v", name, u)
				}
				_ = e.c.Close()
				e = b.dial()
				ask[ecr17.StatusAnswer](e, ecr17.StatusRequest{TID: tid})
				_ = e.c.Close()
				if after := len(b.term.Bank().Decisions()); (after == before) != (name == CutBeforeAuth) {
					t.Errorf("%s: %d decisions, then %d", name, before, after)
				}
			}
		})
	})
	// A pseudo terminal cannot be hung up: it goes deaf and dumb, and comes back.
	t.Run("pty", func(t *testing.T) {
		overPTY(t, Options{}, func(t *testing.T, b bench) {
			if err := b.term.Script(Rule{On: "X", Nth: 1, Fault: CutAfterAuth}); err != nil {
				t.Fatal(err)
			}
			e := b.dial()
			e.send(e.extended(100))
			e.want(ecr17.FrameACK, 10*time.Second)
			for f, ok := e.next(300 * time.Millisecond); ok; f, ok = e.next(300 * time.Millisecond) {
				if f.Kind != ecr17.FrameProgress {
					t.Fatalf("%v", f)
				}
			}
			_ = e.c.Close()
			e = b.dial()
			if string(e.savedBytes()) != b.term.Bank().Decisions()[0].Last {
				t.Error("the saved result is another")
			}
		})
	})
}

func TestBadLRCForEver(t *testing.T) {
	inMemory(t, Options{Faults: []Rule{{On: "X", Fault: BadLRC, Times: -1}}}, func(t *testing.T, b bench) {
		e := b.dial()
		e.send(e.extended(100))
		e.want(ecr17.FrameACK, time.Minute)
		for range 4 {
			if e.want(ecr17.FrameApplication, time.Minute).Valid(e.scope) {
				t.Error("a good one")
			}
			e.nak()
		}
		e.hungUp()
		b.dial().savedBytes()
	})
}

func TestGluedDataAndStatus(t *testing.T) {
	inMemory(t, Options{Faults: []Rule{{On: OnAny, Fault: Glue}}}, func(t *testing.T, b bench) {
		e := b.dial()
		ask[ecr17.StatusAnswer](e, ecr17.StatusRequest{TID: tid})
		p := e.extended(100)
		p.MoreData = true
		e.send(p)
		e.want(ecr17.FrameACK, time.Minute) // or the ECR would never send the data
		e.send(ecr17.AdditionalData{TID: tid, ISOField: "00", IndexMap: "5000", Tags: []string{"A"}})
		e.want(ecr17.FrameACK, time.Minute)
		e.result()
		e.hungUp()
	})
}

// A glued message that was NAKed comes again by itself.
func TestGluedResultNAKed(t *testing.T) {
	inMemory(t, Options{Faults: []Rule{{On: "X", Fault: Glue}}}, func(t *testing.T, b bench) {
		e := b.dial()
		e.send(e.extended(100))
		e.want(ecr17.FrameACK, time.Minute)
		first := e.want(ecr17.FrameApplication, time.Minute)
		e.nak()
		if again := e.want(ecr17.FrameApplication, time.Minute); !bytes.Equal(again.Payload, first.Payload) {
			t.Error("another result")
		}
		e.ack()
		e.hungUp()
	})
}

func TestAmountZeroIsOnlySaid(t *testing.T) {
	inMemory(t, Options{Faults: []Rule{{On: "X", Fault: AmountDiffers}}}, func(t *testing.T, b bench) {
		if r := b.dial().pay(100); r.Code != ecr17.ResultOK || r.AmountCents != 0 || !r.HasAmount {
			t.Errorf("%+v", r)
		}
		if d := b.term.Bank().Decisions()[0]; d.AmountCents != 100 {
			t.Errorf("%+v", d)
		}
	})
}

func TestSilentOnConnect(t *testing.T) {
	inMemory(t, Options{Faults: []Rule{{On: OnConnect, Fault: Silent}}}, func(t *testing.T, b bench) {
		e := b.dial()
		e.send(ecr17.StatusRequest{TID: tid})
		e.nothing(time.Hour)
	})
}

func TestFaultScript(t *testing.T) {
	path := filepath.Join(t.TempDir(), "faults")
	text := "# a trial\n\n{\"on\":\"X\",\"nth\":1,\"fault\":\"no_ack\"}\n{\"on\":\"connect\",\"fault\":\"http_banner\"}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	rules, err := LoadFaults(path)
	if err != nil || !slices.Equal(rules, []Rule{{On: "X", Nth: 1, Fault: NoACK}, {On: OnConnect, Fault: HTTPBanner}}) {
		t.Fatalf("%+v, %v", rules, err)
	}
	for line, says := range map[string]string{
		`{"on":"X","fault":"no_akc"}`:                      `fault "no_akc" is not known`,
		`{"on":"X","fault":"no_ack","nht":1}`:              "nht",
		`{"on":"Z","fault":"no_ack"}`:                      `on "Z"`,
		`{"on":"XP","fault":"no_ack"}`:                     `on "XP"`,
		`{"on":"connect","fault":"no_ack"}`:                "cannot happen",
		`{"on":"X","fault":"http_banner"}`:                 "only",
		`{"on":"X","fault":"slow"}`:                        "slow needs",
		`{"on":"X","fault":"result_code"}`:                 "two digits",
		`{"on":"X","fault":"decline","code":"1"}`:          "three digits",
		`{"on":"X","fault":"wrong_tid","terminal_id":"1"}`: "8 digits",
		`{"on":"X","fault":"no_ack","nth":-1}`:             "out of range",
		`nonsense`:                                         "invalid",
		`{"on":"X","fault":"no_ack","delay_ms":5}`:         "takes no delay_ms",
		`{"on":"X","fault":"no_ack","times":2}`:            "need nth",
		`{"on":"X","fault":"unequal_totals"}`:              "only on",
		`{"on":"X","after":"XX","fault":"nak"}`:            `after "XX"`,
		`{"on":"X","fault":"hang_up","at":"noon"}`:         "end or ack",
		`{"on":"X","fault":"v_result","at":"noon"}`:        "applied or plain",
		`{"on":"X","fault":"foreign_sale","at":"noon"}`:    "saved or nothing",
		`{"on":"X","fault":"host_day","code":"1"}`:         "three digits",
		`{"on":"X","fault":"local_refusal","code":"x"}`:    "not two digits",
		`{"on":"X","fault":"progress_text"}`:               "needs text",
		`{"on":"X","fault":"wrong_letter","text":"TT"}`:    "one letter",
		`{"on":"X","fault":"denial_text","text":"\u0007"}`: "plain characters",
		`{"on":"X","fault":"ticket_long_part","bytes":10}`: "201 to 250",
		`{"on":"X","fault":"reset_inside","bytes":5}`:      "after 11",
		`{"on":"X","fault":"ack_other_form","form":"x"}`:   `form "x"`,
		`{"on":"X","fault":"stall","delay_ms":99999999}`:   "out of range",
		`{"on":"X","fault":"nak","case":"C08"}`:            "not both",
		`{"on":"X","case":"C99"}`:                          `case "C99" is not known`,
		`{"on":"T","case":"D36"}`:                          "case D36",
		`{"case":"Z06"}`:                                   "is not made by a script",
		`{"case":"R01","bytes":4}`:                         "case R01 takes no bytes",
	} {
		_, err := ReadFaults(strings.NewReader("# first\n" + line + "\n"))
		if !errors.Is(err, ErrFaults) || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("%s: %v", line, err)
		}
	}
	if _, err := LoadFaults(path + ".none"); !errors.Is(err, ErrFaults) || !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	term, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := term.Script(Rule{On: "X"}); !errors.Is(err, ErrFaults) {
		t.Error(err)
	}
}
