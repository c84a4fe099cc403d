package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/cmd/sportello/internal/settle"
	"sportello/cmd/sportello/internal/till"
	"sportello/driver"
	"sportello/driver/ecr17"
	"sportello/driver/line"
	"sportello/driver/simulator"
	"sportello/protocol/local"
)

// TestSoak is the randomised run (make soak): seeded payments and reversals through till, ledger, driver,
// settle and the simulated terminal, with every staged fault of ECR17 7, lines cut at any byte, the process
// killed at any step, manual sales, a second cash register, closes and reboots in between, receipts that are
// late or never come, and people who decide what evidence does not; in virtual time. After each step ledger
// and bank agree, or the difference is on people's list, and no notice was charged twice (soak_oracle_test.go).
//
// SOAK_SEEDS=N runs N seeds of SOAK_PAYMENTS each, from SOAK_FIRST on; SOAK_SEED=S replays one. Without them
// a short run. What a seed finds becomes a test of its own: another draw anywhere makes another story of it.
func TestSoak(t *testing.T) {
	seeds, payments := setting(t, "SOAK_SEEDS", 6), setting(t, "SOAK_PAYMENTS", 40)
	first := uint64(setting(t, "SOAK_FIRST", 1))
	last := first + uint64(seeds) - 1
	if s := setting(t, "SOAK_SEED", 0); s > 0 {
		first, last = uint64(s), uint64(s)
	}
	var total tally
	for seed := first; seed <= last; seed++ {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			total.add(runSoak(t, seed, payments).tally)
		})
	}
	t.Logf("%s", total)
}

// TestSoakReplays: a failing seed must show itself again.
func TestSoakReplays(t *testing.T) {
	for seed := uint64(1); seed <= 4; seed++ {
		a, b := runSoak(t, seed, 25).plot(), runSoak(t, seed, 25).plot()
		if !slices.Equal(a, b) {
			for i := range min(len(a), len(b)) {
				if a[i] != b[i] {
					t.Fatalf("seed %d, line %d: %q and %q", seed, i, a[i], b[i])
				}
			}
			t.Fatalf("seed %d: %d and %d lines", seed, len(a), len(b))
		}
	}
}

func setting(t *testing.T, name string, otherwise int) int {
	t.Helper()
	v := os.Getenv(name)
	if v == "" {
		return otherwise
	}
	n, err := strconv.Atoi(v)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// tally counts what a run came to, by name.
type tally map[string]int

func (a *tally) add(b tally) {
	if *a == nil {
		*a = tally{}
	}
	for name, n := range b {
		(*a)[name] += n
	}
}

func (a tally) String() string {
	var names []string
	for name := range a {
		names = append(names, name)
	}
	slices.Sort(names)
	for i, name := range names {
		names[i] = fmt.Sprintf("%d %s", a[name], name)
	}
	return strings.Join(names, ", ")
}

// soak is one seed at work.
type soak struct {
	*testing.T
	tally     tally
	seed      uint64
	rng       *rand.Rand
	dir       string
	exclusive driver.Exclusivity
	reversal  string // terminals[].reversal
	sim       *simulator.Terminal
	agency    *agency
	served    sync.WaitGroup
	serving   context.Context
	stopSim   context.CancelFunc
	process   *mortal
	ledger    *ledger.Ledger
	till      *till.Till
	settle    *settle.Worker
	notices   []string
	story     []string
	requests  int
	closed    time.Time // the last close that the ledger knows
	session   int       // decisions of the bank before it
}

func runSoak(t *testing.T, seed uint64, payments int) (s *soak) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s = &soak{T: t, tally: tally{}, seed: seed, rng: rand.New(rand.NewPCG(seed, 17)), dir: dir}
		s.exclusive = []driver.Exclusivity{driver.Exclusive, driver.Manual, driver.Shared}[s.rng.IntN(3)]
		if s.rng.IntN(2) == 0 {
			s.reversal = till.ReversalProvider
		}
		o := simulator.Options{
			Timing: simulator.Human, Clients: 1 + s.rng.IntN(2), ManualSaved: s.exclusive != driver.Exclusive && s.rng.IntN(2) == 0,
			Closing:           []simulator.Closing{simulator.CloseAfterTransaction, simulator.CloseAfterEach, simulator.CloseNever}[s.rng.IntN(3)],
			NoReference:       s.rng.IntN(6) == 0,
			NoReferenceInCopy: s.rng.IntN(6) == 0,
			SaveAfterSend:     s.rng.IntN(6) == 0,
			NotesFirst:        s.rng.IntN(4) == 0,
			WhileBusy:         []string{"", "s", "sG"}[s.rng.IntN(3)],
		}
		var err error
		if s.sim, err = simulator.New(o); err != nil {
			t.Fatal(err)
		}
		s.agency = &agency{seed: seed, bank: s.sim.Bank()}
		s.serving, s.stopSim = context.WithCancel(context.Background())
		s.say("%s, reversal %q, %d clients, closing %s, manual saved %t, no reference %t, nor in a copy %t, saved after sending %t, noted first %t, answers %q while busy",
			s.exclusive, s.reversal, o.Clients, o.Closing, o.ManualSaved, o.NoReference, o.NoReferenceInCopy, o.SaveAfterSend, o.NotesFirst, o.WhileBusy)
		s.begin()
		if s.rng.IntN(2) == 0 {
			s.commission()
		}
		for range payments {
			s.step()
			if t.Failed() {
				break
			}
		}
		s.end()
		s.stopSim()
		s.served.Wait()
		if t.Failed() {
			t.Logf("replay with SOAK_SEED=%d SOAK_PAYMENTS=%d; the story:\n%s", seed, payments, strings.Join(s.story, "\n"))
			for _, d := range s.sim.Bank().Decisions() {
				t.Logf("bank: %s %s %t %d STAN %s %s %s", d.At.UTC().Format("02 15:04:05"), d.Kind, d.Approved, d.AmountCents, d.STAN, d.Reference, d.Reverses)
			}
		}
	})
	return s
}

// moment is how a line of the story begins; virtual time begins at midnight.
const moment = "02 15:04:05 "

// plot is the story without its moments: two things that happen at the same one may change places, and
// somebody then looks a second later whether all is quiet.
func (s *soak) plot() (lines []string) {
	for _, line := range s.story {
		lines = append(lines, line[len(moment):])
	}
	return lines
}

// say adds a line to the story.
func (s *soak) say(format string, args ...any) {
	s.story = append(s.story, time.Now().UTC().Format(moment)+fmt.Sprintf(format, args...))
}

// begin is a new process on what the disk holds.
func (s *soak) begin() {
	s.process = newMortal(s.dir, ledger.FileName)
	m := s.process
	var err error
	if s.ledger, err = ledger.Open(s.dir, ledger.Options{Installation: "T1", BallastBytes: 4096, Failpoint: m.failpoint, FailCommit: m.commit}); err != nil {
		s.Fatalf("opening the ledger: %v", err)
	}
	terminal, err := ecr17.Open(driver.Config{
		Name: "cassa1", Driver: "nexi", TerminalID: s.sim.TerminalID(), CashRegisterID: "1", LRC: "auto", Receipts: "ecr", Exclusivity: s.exclusive,
		NoticeData: &driver.NoticeData{Tag: 5, Template: "{notice}{creditor}", IndexMap: "5000"},
		Dial:       func(context.Context) (line.Line, error) { return m.dial(s.serving, s.sim, &s.served) },
	})
	if err != nil {
		s.Fatal(err)
	}
	s.till, err = till.New(till.Options{
		Installation: "T1", Version: "soak", Language: "it", Creditors: []till.Creditor{{TaxCode: soakCreditor, Name: "Comune"}},
		Ledger: s.ledger, Platform: openDebts{}, Events: deaf{}, Log: zerolog.Nop(), Failpoint: m.failpoint,
		Terminals: []till.Terminal{{Name: "cassa1", Label: "Cassa 1", Driver: terminal, Exclusivity: s.exclusive,
			Settlement: ledger.SettlementTerminal, MaxNotices: 3, Reversal: s.reversal}},
	})
	if err == nil {
		s.settle, err = settle.New(settle.Options{
			Platform: s.agency, Ledger: s.ledger, Events: s.till, Log: zerolog.Nop(), Parallel: 1,
			Providers: map[string]settle.Provider{"cassa1": {ID: soakProvider, Channels: []string{soakChannel}}},
			Jitter:    func(d time.Duration) time.Duration { return d + 7*time.Millisecond }, // never at the same moment as a terminal
		})
	}
	if err == nil {
		err = s.till.Start()
	}
	if err != nil {
		s.Fatal(err)
	}
	s.settle.Start()
	time.Sleep(5 * time.Second) // it has been greeted
}

// bury ends the process, killed or not, and starts the next.
func (s *soak) bury() {
	s.settle.Close()
	s.till.Close()
	_ = s.ledger.Close()
	if err := s.process.bury(); err != nil {
		s.Fatal(err)
	}
	s.begin()
}

// await is until nobody has anything in hand, or the process is dead.
func (s *soak) await() {
	for range 8000 {
		if s.process.isDead() {
			return
		}
		synctest.Wait()
		terminals, _ := s.till.Terminals(context.Background())
		unfinished, err := s.ledger.Unfinished()
		if err != nil {
			return // dying
		}
		busy := terminals[0].Light == local.LightBusy || terminals[0].Lease != nil
		for _, p := range unfinished {
			busy = busy || !p.NeedsPeople
		}
		if !busy {
			return
		}
		time.Sleep(time.Second)
	}
	s.Fatalf("somebody is at it for ever")
}

// risky is something during which the process may be killed.
func (s *soak) risky(what string, do func() error) error {
	if s.rng.IntN(8) == 0 {
		events := 1 + s.rng.IntN(60)
		s.process.dieIn(events)
		what += fmt.Sprintf(", killed at event %d", events)
	}
	err := do()
	s.await()
	if s.process.isDead() {
		s.tally["deaths"]++
		s.bury()
		s.await()
	}
	s.process.dieIn(0)
	s.process.mend()
	if err != nil {
		what += ": " + err.Error()
	}
	s.say("%s", what)
	return err
}

// end closes everything and looks at the file once more.
func (s *soak) end() {
	if s.process.isDead() {
		s.bury()
	}
	s.settle.Close()
	s.till.Close()
	if err := s.ledger.Close(); err != nil {
		s.Errorf("closing the ledger: %v", err)
	}
	if r, err := ledger.CheckFile(filepath.Join(s.dir, ledger.FileName)); err != nil || len(r.Problems) > 0 {
		s.Errorf("the ledger at the end: %v %v", r.Problems, err)
	}
}

type deaf struct{}

func (deaf) Publish(local.Event) {}
