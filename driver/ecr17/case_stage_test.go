package ecr17_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sportello/driver"
	"sportello/driver/ecr17"
	"sportello/driver/line"
	"sportello/driver/simulator"
)

// kase is one row of ECR17 section 7, with both of its columns: play asserts what must be concluded, and
// the stage asserts after every case what must never happen: a second financial frame, a second charge, a
// verdict that the bank contradicts (stage.settle).
type kase struct {
	id string
	// why is set instead of play where the driver alone cannot show the row: the test that does.
	why string
	// x is how far the terminal is ours; "" is exclusive. also: played again, as far as that.
	x    driver.Exclusivity
	also []driver.Exclusivity
	// real also plays it over TCP and a pseudo terminal, with scaled times. noPTY leaves the latter out: a
	// serial line cannot do what the row says (it has no connections).
	real, noPTY bool
	options     func(*simulator.Options)
	config      func(*driver.Config)
	play        func(s *stage)
}

// families are the nine groups of section 7, each in the file of its name.
var families = [][]kase{connectionCases, requestCases, progressCases, resultCases, dataCases, receiptCases, lastCases, lifeCases}

// TestCases plays every row of ECR17 section 7 against the simulator and its bank: in memory with the real
// times on a virtual clock; a third also over real lines.
func TestCases(t *testing.T) {
	for _, family := range families {
		for _, k := range family {
			t.Run(k.id, func(t *testing.T) {
				if k.play == nil {
					t.Skip(k.why)
				}
				t.Run("memory", func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { playCase(t, k, "memory", inMemory) })
				})
				for _, x := range k.also {
					t.Run("memory/"+string(x), func(t *testing.T) {
						other := k
						other.x = x
						synctest.Test(t, func(t *testing.T) { playCase(t, other, "memory", inMemory) })
					})
				}
				if !k.real {
					return
				}
				t.Parallel() // the real lines wait together
				t.Run("tcp", func(t *testing.T) { t.Parallel(); playCase(t, k, "tcp", overTCP) })
				if !k.noPTY {
					t.Run("pty", func(t *testing.T) { t.Parallel(); playCase(t, k, "pty", overPTY) })
				}
			})
		}
	}
}

// TestCasesComplete holds the list against the simulator's, which is section 7's.
func TestCasesComplete(t *testing.T) {
	var have, want []string
	real := 0
	for _, family := range families {
		for _, k := range family {
			have = append(have, k.id)
			if (k.play == nil) == (k.why == "") {
				t.Errorf("%s: either a play or a reason", k.id)
			}
			if k.real {
				real++
			}
		}
	}
	for _, c := range simulator.Cases {
		want = append(want, c.ID)
	}
	slices.Sort(have)
	slices.Sort(want)
	if !slices.Equal(have, want) || len(want) != 145 {
		t.Fatalf("%d cases of %d: have %v, want %v", len(have), len(want), have, want)
	}
	if real < 145/3 {
		t.Errorf("%d cases over real lines, want a third of 145", real)
	}
}

// stage is a cash desk in front of a simulated terminal, and the ledger behind it.
type stage struct {
	*testing.T
	over string // memory, tcp, pty
	sim  *simulator.Terminal
	cfg  driver.Config
	drv  driver.Terminal
	x    driver.Exclusivity
	pass *driver.Passport // in force, as the ledger keeps it

	mu       sync.Mutex // guards what follows
	attempts []*attempt
	reverses int // reversals that were sent
	byHand   int // payment commands sent past the driver
	alarms   []string
}

// attempt is one payment as a ledger would hold it.
type attempt struct {
	driver.Payment
	s        *stage
	baseline driver.Baseline
	sentAt   time.Time
	sent     bool
	outcomes []driver.Outcome
	progress []driver.Progress
	after    driver.Aftermath
	err      error // refused before anything financial
	took     time.Duration

	failSent, failOutcome error  // of the ledger
	onSent, onOutcome     func() // called inside
	onSending, onWritten  func() // before the intent is on disk, and after the outcome is
	onProgress            func(driver.Progress)
	killed                bool          // the process died: nothing is written any more
	reversal              *attempt      // the command to give it back
	cancelled             bool          // the terminal gave it back by itself afterwards (D13): charged was its word
	dueBack               chan struct{} // Pay has returned
}

func playCase(t *testing.T, k kase, over string, serve func(*testing.T, *simulator.Terminal, *driver.Config)) {
	o := simulator.Options{TerminalID: "12345678"}
	if over == "memory" {
		o.Timing = simulator.Human
	}
	if k.options != nil {
		k.options(&o)
	}
	sim, err := simulator.New(o)
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{T: t, over: over, sim: sim, x: driver.Exclusive, cfg: driver.Config{
		Name: "cassa1", Driver: "nexi", TerminalID: "12345678", CashRegisterID: "1", LRC: "auto", Receipts: "ecr",
		NoticeData: &driver.NoticeData{Tag: 5, Template: "{notice}{creditor}", IndexMap: "5000"},
	}}
	if k.x != "" {
		s.x = k.x
	}
	s.cfg.Exclusivity = s.x
	if !s.virtual() {
		s.cfg.Timing = driver.Timing{Result: 3 * time.Second, HardStop: 8 * time.Second, Quiet: 600 * time.Millisecond, GiveUp: 7 * time.Second}
	}
	if k.config != nil {
		k.config(&s.cfg)
	}
	serve(t, sim, &s.cfg)
	s.boot()
	defer func() { s.drv.Close() }()
	k.play(s)
	s.settle()
}

// dial puts another way of opening lines in place, and a new process that uses it.
func (s *stage) dial(f func(context.Context) (line.Line, error)) {
	s.cfg.Dial = f
	s.boot()
}

// open opens a line to the terminal past the driver, as another cash register would.
func (s *stage) open() (line.Line, error) {
	if s.cfg.Dial != nil {
		return s.cfg.Dial(context.Background())
	}
	return line.Dial(context.Background(), s.cfg.Address)
}

func (s *stage) virtual() bool { return s.over == "memory" }

// span is a time of the row in memory, and one that a test over a real line can afford.
func (s *stage) span(real, scaled time.Duration) time.Duration {
	if s.virtual() {
		return real
	}
	return scaled
}

// boot is a new process: it knows nothing but what the ledger holds.
func (s *stage) boot() {
	s.Helper()
	if s.drv != nil {
		s.drv.Close()
	}
	open := ecr17.Open
	if !s.virtual() {
		open = ecr17.OpenScaled
	}
	d, err := open(s.cfg)
	if err != nil {
		s.Fatal(err)
	}
	s.drv = d
	if s.pass != nil {
		d.Commission(*s.pass)
	}
}

// rules adds faults for the next payment (X), or for the request that On names; a rule with a Case is the
// simulator's staging of that row.
func (s *stage) rules(rules ...simulator.Rule) {
	s.Helper()
	for i := range rules {
		if rules[i].Case != "" {
			continue // the row has its own
		}
		if rules[i].On == "" {
			rules[i].On = "X"
		}
		if rules[i].Nth == 0 {
			rules[i].Nth = 1
		}
	}
	if err := s.sim.Script(rules...); err != nil {
		s.Fatal(err)
	}
}

// pay runs one payment of cents to the driver's outcome, without resolving it.
func (s *stage) pay(cents int64) *attempt { return s.payAs(s.next(cents)) }

// reference is the n-th of this installation, in the alphabet of references.
func reference(n int) string {
	const digits = "ABCDEFGHJK"
	return "RIFT1CASE" + strings.Map(func(d rune) rune { return rune(digits[d-'0']) }, fmt.Sprintf("%04d", n))
}

// next is a payment that has not begun.
func (s *stage) next(cents int64) *attempt {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := &attempt{s: s, dueBack: make(chan struct{}), Payment: driver.Payment{
		Reference: reference(len(s.attempts) + 1), AmountCents: cents,
		Notices: []driver.Notice{{Creditor: "01199250158", Number: "301000000000000123"}},
	}}
	for _, old := range s.attempts {
		if old.after.Ticket != "" && strings.Contains(old.after.Ticket, old.Reference) {
			a.Previous = old.Reference
		} else if old.sent {
			a.Previous = ""
		}
	}
	s.attempts = append(s.attempts, a)
	return a
}

func (s *stage) payAs(a *attempt) *attempt {
	begun := time.Now()
	a.after, a.err = s.drv.Pay(context.Background(), a.Payment, a)
	a.took = time.Since(begun)
	close(a.dueBack)
	return a
}

// start runs a payment beside the test; wait for it with a.wait().
func (s *stage) start(cents int64) *attempt {
	a := s.next(cents)
	go s.payAs(a)
	return a
}

func (a *attempt) wait() *attempt { <-a.dueBack; return a }

// resolve gathers evidence; same says that the process of the attempt still lives.
func (s *stage) resolve(a *attempt, same bool) *attempt {
	s.Helper()
	begun := time.Now()
	t := driver.Attempt{Payment: a.Payment, Baseline: a.baseline, SentAt: a.sentAt, SameProcess: same, Exclusivity: s.x, Knows: s.knows}
	after, err := s.drv.Resolve(context.Background(), t, a)
	if err != nil {
		s.Fatalf("resolve: %v", err)
	}
	if after != nil {
		a.after = *after
	}
	a.took = time.Since(begun)
	return a
}

func (s *stage) knows(reference string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.attempts, func(a *attempt) bool { return a.Reference == reference })
}

// recovered is pay and, when the outcome is unknown, resolve in the same process.
func (s *stage) recovered(cents int64) *attempt {
	s.Helper()
	a := s.pay(cents)
	if a.err == nil && a.outcome().Verdict == driver.Unknown {
		s.resolve(a, true)
	}
	return a
}

// Sent implements driver.Recorder.
func (a *attempt) Sent(b driver.Baseline) error {
	if a.onSending != nil {
		a.onSending()
	}
	if a.killed {
		return errKilled
	}
	if a.failSent != nil {
		return a.failSent
	}
	a.s.mu.Lock()
	a.baseline, a.sentAt, a.sent = b, time.Now(), true
	a.s.mu.Unlock()
	if a.onSent != nil {
		a.onSent()
	}
	return nil
}

// Outcome implements driver.Recorder.
func (a *attempt) Outcome(o driver.Outcome) error {
	if a.onOutcome != nil {
		a.onOutcome()
	}
	if a.killed {
		return errKilled
	}
	if a.onWritten != nil {
		defer a.onWritten()
	}
	if a.failOutcome != nil {
		return a.failOutcome
	}
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	a.outcomes = append(a.outcomes, o)
	for _, e := range o.Evidence {
		if e.Kind == driver.EvidenceAlarm {
			a.s.alarms = append(a.s.alarms, e.Text)
		}
	}
	return nil
}

// Progress implements driver.Recorder.
func (a *attempt) Progress(p driver.Progress) {
	a.s.mu.Lock()
	a.progress = append(a.progress, p)
	a.s.mu.Unlock()
	if a.onProgress != nil {
		a.onProgress(p)
	}
}

// outcome is the last one; the zero one when there is none.
func (a *attempt) outcome() driver.Outcome {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	if len(a.outcomes) == 0 {
		return driver.Outcome{}
	}
	return a.outcomes[len(a.outcomes)-1]
}

// charges is how often the bank has charged a reference, what was given back apart.
func (s *stage) charges(reference string) (n int) {
	back := map[string]bool{}
	for _, d := range s.sim.Bank().Decisions() {
		if d.Kind == simulator.KindReversal && d.Approved {
			back[d.Reverses] = true
		}
	}
	for _, d := range s.sim.Bank().Decisions() {
		if d.Kind == simulator.KindPayment && d.Approved && strings.TrimSpace(d.Reference) == reference && !back[d.STAN] {
			n++
		}
	}
	return n
}

// settle is the second column of every row: one financial frame for each attempt that was sent, no
// reference charged twice, no verdict that the bank contradicts.
func (s *stage) settle() {
	s.Helper()
	sent := 0
	for _, a := range s.attempts {
		n, o := s.charges(a.Reference), a.outcome()
		if a.sent {
			sent++
		} else if n != 0 {
			s.Errorf("%s was charged and never recorded as sent", a.Reference)
		}
		switch {
		case n > 1:
			s.Errorf("%s was charged %d times", a.Reference, n)
		case n == 1 && (o.Verdict == driver.NotCharged || o.Verdict == driver.NotSent || a.err != nil && !a.sent):
			s.Errorf("%s was charged and is held for %q", a.Reference, o.Verdict)
		case n == 0 && o.Verdict == driver.Charged && !a.cancelled && a.reversal == nil:
			s.Errorf("%s was not charged and is held for charged", a.Reference)
		}
		if a.reversal != nil {
			switch back := a.reversal.outcome().Verdict; {
			case n == 1 && back == driver.Reversed:
				s.Errorf("%s stands and is held for reversed", a.Reference)
			case n == 0 && back != driver.Reversed && back != driver.Unknown:
				s.Errorf("%s was given back and its reversal is held for %q", a.Reference, back)
			}
		}
	}
	if got := s.sim.Received('X') + s.sim.Received('P'); got > sent+s.byHand {
		s.Errorf("%d financial frames for %d attempts", got, sent)
	}
	if got := s.sim.Received('S'); got > s.reverses {
		s.Errorf("%d reversal frames for %d reversals", got, s.reverses)
	}
}
