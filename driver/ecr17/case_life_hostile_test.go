package ecr17_test

import (
	"bytes"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"sportello/driver"
	"sportello/driver/ecr17"
	"sportello/driver/simulator"
)

// heldAtMost is what one exchange may keep of a line that brings rubbish: the deframer's 2 KB, the reading
// goroutine's 256 chunks, a slip's 64 KB and some evidence.
const heldAtMost = 256 << 10

// heap is what is held now.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// bounded asserts, on the virtual clock where nothing else runs, that a payment keeps no more than it may of
// what its line brings; what it brings is much more.
func (s *stage) bounded(a *attempt) *attempt {
	s.Helper()
	var before, at int64
	a.onSent = func() { before = heap() }
	a.onOutcome = func() {
		s.mu.Lock()
		a.progress = nil // ours: rubbish has much to say
		s.mu.Unlock()
		at = heap()
	}
	s.payAs(a)
	if s.virtual() && at-before > heldAtMost {
		s.Errorf("%d bytes held", at-before)
	}
	if n := len(a.allEvidence()); n > 100 {
		s.Errorf("%d pieces of evidence", n)
	}
	a.onOutcome = nil
	return a
}

// lifeHostile: a terminal that is broken, or none at all; and what is written of a good one.
var lifeHostile = []kase{
	{id: "Z12", real: true, play: func(s *stage) {
		s.pay(900).is(driver.Charged)
		s.rules(simulator.Rule{Case: "Z12", DelayMS: s.span(time.Minute, 300*time.Millisecond).Milliseconds()})
		a := s.pay(1000)
		switch {
		case !s.virtual(): // the system takes the bytes: a terminal that does not answer
			if a.is(driver.Unknown); s.resolve(a, true).outcome().Verdict != driver.NotCharged {
				a.people(driver.NotCharged) // row 22
			}
		case a.took > 15*time.Second:
			s.Errorf("hung for %v", a.took)
		default: // less than a frame has left, for certain (L1)
			a.is(driver.NotCharged)
		}
	}},
	{id: "Z13", real: true, options: confirmSoon, config: withoutData, play: func(s *stage) {
		s.pay(900).is(driver.Charged)
		s.rules(simulator.Rule{Case: "Z13", DelayMS: s.span(10*time.Minute, 1500*time.Millisecond).Milliseconds(), Bytes: 8 << 10})
		a := s.bounded(s.next(1000))
		if a.outcome().Verdict == driver.Unknown {
			s.resolve(a, true)
		}
		a.is(driver.Charged)
		s.pay(1100).is(driver.Charged) // in step again
	}},
	{id: "Z14", real: true, config: withoutData, play: func(s *stage) {
		s.pay(900).is(driver.Charged)
		s.rules(simulator.Rule{Case: "Z14", Bytes: 1 << 20})
		a := s.bounded(s.next(1000))
		if a.outcome().Verdict == driver.Unknown {
			s.resolve(a, true)
		}
		a.is(driver.Charged)
		s.pay(1100).is(driver.Charged)
	}},
	{id: "Z15", real: true, play: func(s *stage) {
		const card = "4539148803436467"
		var log safeBuffer
		s.drv.Close()
		d, err := ecr17.OpenWith(s.cfg, ecr17.WithTrace(zerolog.New(&log)))
		if err != nil {
			s.Fatal(err)
		}
		s.drv = d
		s.rules(simulator.Rule{Fault: simulator.ProgressText, Text: "CARTA " + card})
		a := s.pay(1000).is(driver.Charged)
		s.rules(simulator.Rule{Fault: simulator.LocalRefusal, Code: "01", Text: "NO " + card})
		b := s.pay(1100).is(driver.NotCharged)
		if _, err := s.drv.Reprint(s.Context()); err != nil {
			s.Error(err)
		}
		s.rules(simulator.Rule{Fault: simulator.WrongLetter, Text: "K"}) // as a service's XML would come
		s.pay(1200).is(driver.Unknown)

		var shown strings.Builder // the slip apart: it is the terminal's document, and the citizen's
		for _, one := range s.attempts {
			for _, p := range one.progress {
				shown.WriteString(p.Text + "\n")
			}
			for _, o := range one.outcomes {
				shown.WriteString(o.Reason.Text + "\n")
			}
			for _, e := range one.allEvidence() {
				shown.WriteString(e.Text + string(e.Raw) + "\n")
			}
		}
		if a.outcome().Charge.PAN == "" || !strings.HasPrefix(a.outcome().Charge.PAN, "*") || b.outcome().Reason.Text == "" {
			s.Errorf("%+v, %+v", a.outcome().Charge, b.outcome().Reason)
		}
		written := log.String()
		for what, text := range map[string]string{"log": written, "ledger": shown.String()} {
			if strings.Contains(text, card) {
				s.Errorf("a card number in the %s:\n%s", what, text)
			}
		}
		for _, word := range []string{"301000000000000123", "TERMINALE SIMULATO", "IMPORTO"} { // U, S
			if strings.Contains(written, word) {
				s.Errorf("%q in the log:\n%s", word, written)
			}
		}
		for _, word := range []string{`"code":"X"`, `"code":"U"`, `"code":"S"`, `"code":"K"`} {
			if !strings.Contains(written, word) {
				s.Errorf("no %s in the log:\n%s", word, written)
			}
		}
	}},
}

// safeBuffer is a log that is read while it is written.
type safeBuffer struct {
	mu sync.Mutex // guards b
	b  bytes.Buffer
}

func (w *safeBuffer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.Write(p)
}

func (w *safeBuffer) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.String()
}
