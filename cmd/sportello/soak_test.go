package main

import (
	"context"
	"errors"
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
	"sportello/cmd/sportello/internal/till"
	"sportello/driver"
	"sportello/driver/ecr17"
	"sportello/driver/line"
	"sportello/driver/simulator"
	"sportello/protocol/govpay"
	"sportello/protocol/local"
)

// TestSoak is the randomised run (make soak): seeded payments through till, ledger, driver and simulated
// terminal, with faults, lines cut at any byte, the process killed at any step, manual sales, closes and
// reboots in between, in virtual time. At the end of each seed, and after each payment, ledger and bank
// agree, or the difference is an unknown on people's list; no notice is ever charged twice.
//
// SOAK_SEEDS=N runs N seeds of SOAK_PAYMENTS each; SOAK_SEED=S replays one. Without them a short run.
func TestSoak(t *testing.T) {
	seeds, payments := setting(t, "SOAK_SEEDS", 6), setting(t, "SOAK_PAYMENTS", 40)
	first, last := uint64(1), uint64(seeds)
	if s := setting(t, "SOAK_SEED", 0); s > 0 {
		first, last = uint64(s), uint64(s)
	}
	var total tally
	for seed := first; seed <= last; seed++ {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			one := runSoak(t, seed, payments)
			total.add(one.tally)
		})
	}
	t.Logf("%s", total)
}

// TestSoakReplays: a failing seed must show itself again.
func TestSoakReplays(t *testing.T) {
	for seed := uint64(1); seed <= 2; seed++ {
		a, b := runSoak(t, seed, 25).story, runSoak(t, seed, 25).story
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

// tally counts what a run came to.
type tally struct{ payments, charged, notCharged, unknown, refused, deaths, manual, closes, reboots, byPeople int }

func (a *tally) add(b tally) {
	a.payments += b.payments
	a.charged += b.charged
	a.notCharged += b.notCharged
	a.unknown += b.unknown
	a.refused += b.refused
	a.deaths += b.deaths
	a.manual += b.manual
	a.closes += b.closes
	a.reboots += b.reboots
	a.byPeople += b.byPeople
}

func (a tally) String() string {
	return fmt.Sprintf("%d payments: %d charged, %d not charged, %d unknown, %d refused before; %d deaths, %d manual sales, %d closes, %d reboots, %d decided by people",
		a.payments, a.charged, a.notCharged, a.unknown, a.refused, a.deaths, a.manual, a.closes, a.reboots, a.byPeople)
}

// soak is one seed at work.
type soak struct {
	*testing.T
	tally
	rng       *rand.Rand
	dir       string
	exclusive driver.Exclusivity
	sim       *simulator.Terminal
	served    sync.WaitGroup
	serving   context.Context
	stopSim   context.CancelFunc
	process   *mortal
	ledger    *ledger.Ledger
	till      *till.Till
	notices   []string
	story     []string
	requests  int
}

func runSoak(t *testing.T, seed uint64, payments int) (s *soak) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s = &soak{T: t, rng: rand.New(rand.NewPCG(seed, 17)), dir: dir}
		s.exclusive = []driver.Exclusivity{driver.Exclusive, driver.Manual, driver.Shared}[s.rng.IntN(3)]
		o := simulator.Options{
			Timing: simulator.Human, Clients: 1 + s.rng.IntN(2), ManualSaved: s.exclusive != driver.Exclusive && s.rng.IntN(2) == 0,
			Closing: []simulator.Closing{simulator.CloseAfterTransaction, simulator.CloseAfterEach, simulator.CloseNever}[s.rng.IntN(3)],
		}
		var err error
		if s.sim, err = simulator.New(o); err != nil {
			t.Fatal(err)
		}
		s.serving, s.stopSim = context.WithCancel(context.Background())
		s.say("%s, %d clients, closing %s, manual saved %t", s.exclusive, o.Clients, o.Closing, o.ManualSaved)
		s.begin()
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
		}
	})
	return s
}

func (s *soak) say(format string, args ...any) { s.story = append(s.story, fmt.Sprintf(format, args...)) }

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
			Settlement: ledger.SettlementTerminal, MaxNotices: 3}},
	})
	if err == nil {
		err = s.till.Start()
	}
	if err != nil {
		s.Fatal(err)
	}
	time.Sleep(5 * time.Second) // it has been greeted
}

// bury ends the process, killed or not, and starts the next.
func (s *soak) bury() {
	s.till.Close()
	_ = s.ledger.Close()
	if err := s.process.bury(); err != nil {
		s.Fatal(err)
	}
	s.begin()
}

const soakCreditor = "01199250158"

// step is a customer, or something that happens between two of them.
func (s *soak) step() {
	switch n := s.rng.IntN(100); {
	case n < 5 && s.exclusive != driver.Exclusive:
		s.manual++
		cents := s.amount()
		d, err := s.sim.ManualSale(cents)
		s.say("manual sale of %d: STAN %s %v", cents, d.STAN, err)
	case n < 8:
		s.reboots++
		s.sim.Reboot()
		s.say("the terminal is switched off and on")
	case n < 11:
		s.say("the service is started again")
		s.bury()
	case n < 16:
		time.Sleep(rest(60 * s.rng.IntN(60)))
	default:
		s.customer()
	}
}

// amount is often one that has been asked before.
func (s *soak) amount() int64 { return int64(1000 + 100*s.rng.IntN(4)) }

// notice is a new one, or one that somebody has tried before.
func (s *soak) notice() string {
	if len(s.notices) > 0 && s.rng.IntN(3) == 0 {
		return s.notices[s.rng.IntN(len(s.notices))]
	}
	s.notices = append(s.notices, soakNotice(len(s.notices), s.amount()))
	return s.notices[len(s.notices)-1]
}

var soakFaults = []simulator.Rule{
	{Fault: simulator.NoACK}, {Fault: simulator.Nak}, {Fault: simulator.NakExecute}, {Fault: simulator.CutBeforeAuth},
	{Fault: simulator.CutAfterAuth}, {Fault: simulator.HalfResult}, {Fault: simulator.BadLRC, Times: 2}, {Fault: simulator.BadLRC, Times: -1},
	{Fault: simulator.Duplicate}, {Fault: simulator.StaleResult}, {Fault: simulator.StaleInside}, {Fault: simulator.Split, DelayMS: 20},
	{Fault: simulator.Glue}, {Fault: simulator.Silent}, {Fault: simulator.Slow, At: "ack", DelayMS: 8000},
	{Fault: simulator.Slow, At: "result", DelayMS: 170_000}, {Fault: simulator.Slow, At: "result", DelayMS: 700_000},
	{Fault: simulator.WrongTID}, {Fault: simulator.AmountDiffers, AmountCents: 500}, {Fault: simulator.ResultCode, Code: "09"},
	{Fault: simulator.ResultCode, Code: "05"}, {Fault: simulator.ResultCode, Code: "77"}, {Fault: simulator.Decline, Code: "116"}, {Fault: simulator.Cancel},
}

// customer pays a notice while something may go wrong.
func (s *soak) customer() {
	s.payments++
	s.requests++
	notice := s.notice()
	req := local.PaymentRequest{RequestID: fmt.Sprint("r", s.requests), Terminal: "cassa1",
		Notices: []local.RequestNotice{{Creditor: soakCreditor, Number: notice}}}
	what := "nothing goes wrong"
	switch n := s.rng.IntN(10); {
	case n < 3:
		rule := soakFaults[s.rng.IntN(len(soakFaults))]
		rule.On, rule.Nth = "X", 1
		if err := s.sim.Script(rule); err != nil {
			s.Fatal(err)
		}
		what = fmt.Sprintf("%s %s %s %d", rule.Fault, rule.At, rule.Code, rule.DelayMS)
	case n < 5:
		bytes, reads := 1+s.rng.IntN(400), s.rng.IntN(2) == 0
		s.process.cutAfter(bytes, reads)
		what = fmt.Sprintf("the line breaks after %d bytes (read %t)", bytes, reads)
	}
	if s.rng.IntN(8) == 0 {
		events := 1 + s.rng.IntN(60)
		s.process.dieIn(events)
		what += fmt.Sprintf(", killed at event %d", events)
	}
	p, err := s.till.Pay(context.Background(), soakClerk, req)
	s.await()
	if s.process.isDead() {
		s.deaths++
		s.bury()
	}
	s.process.dieIn(0)
	s.await()
	var refusal *local.Error
	switch {
	case err == nil || errors.Is(err, errDead):
	case errors.As(err, &refusal):
		s.refused++
		what += ", refused: " + string(refusal.Code)
	default:
		s.Errorf("an error of no kind: %v", err)
	}
	state := ledger.State("none")
	if now, lerr := s.ledger.Payment(p.ID); lerr == nil {
		state = now.State
	}
	s.say("%s: %s, %s", notice, what, state)
	s.people()
	s.compare()
}

// await is until nobody has anything in hand, or the process is dead.
func (s *soak) await() {
	for range 4000 {
		if s.process.isDead() {
			return
		}
		synctest.Wait()
		terminals, _ := s.till.Terminals(context.Background())
		unfinished, err := s.ledger.Unfinished()
		if err != nil {
			return // dying
		}
		busy := terminals[0].Light == local.LightBusy
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

// people free the terminal, and adopt what they find on it.
func (s *soak) people() {
	terminals, err := s.till.Terminals(context.Background())
	if err != nil {
		s.Fatal(err)
	}
	if terminals[0].Locked {
		s.byPeople++
		if _, err := s.till.TerminalAction(context.Background(), soakChief, "cassa1", "free", local.ActionRequest{}); err != nil {
			s.Errorf("freeing the terminal: %v", err)
		}
		s.say("the terminal is freed")
	}
	if terminals[0].NeedsAdopt {
		if _, err := s.till.TerminalAction(context.Background(), soakChief, "cassa1", "adopt", local.ActionRequest{}); err != nil {
			s.say("adopting: %v", err)
		}
		s.await()
	}
}

// compare holds the ledger against the bank: what the host did is the truth (design 5.8).
func (s *soak) compare() {
	byReference, byNotice := map[string]int{}, map[string]int{}
	for _, d := range s.sim.Bank().Decisions() {
		if d.Kind == simulator.KindPayment && d.Approved {
			byReference[strings.TrimSpace(d.Reference)]++
		}
	}
	list, err := s.ledger.Payments(ledger.Query{Limit: 100_000})
	if err != nil {
		s.Fatal(err)
	}
	s.charged, s.notCharged, s.unknown = 0, 0, 0
	seen := 0
	for _, p := range list {
		n := byReference[p.Reference]
		if p.Reference != "" {
			seen += n
			byNotice[p.Notices[0].Number] += n
		}
		switch p.State {
		case ledger.Charged:
			if s.charged++; n != 1 {
				s.Errorf("%s (%s) is held for charged, the bank charged it %d times", p.ID, p.Reason.Code, n)
			}
		case ledger.NotCharged:
			if s.notCharged++; n != 0 {
				s.Errorf("%s (%s) is held for not charged, the bank charged it %d times", p.ID, p.Reason.Code, n)
			}
		default:
			if s.unknown++; !p.NeedsPeople {
				s.Errorf("%s is %s and on nobody's list", p.ID, p.State)
			}
		}
	}
	for notice, n := range byNotice {
		if n > 1 {
			s.Errorf("notice %s was charged %d times", notice, n)
		}
	}
	total := 0
	for _, n := range byReference {
		total += n
	}
	if seen != total {
		s.Errorf("the bank charged %d payments, the ledger knows %d of them", total, seen)
	}
}

// end closes everything and looks at the file once more.
func (s *soak) end() {
	if s.process.isDead() {
		s.bury()
	}
	s.till.Close()
	if err := s.ledger.Close(); err != nil {
		s.Errorf("closing the ledger: %v", err)
	}
	if r, err := ledger.CheckFile(filepath.Join(s.dir, ledger.FileName)); err != nil || len(r.Problems) > 0 {
		s.Errorf("the ledger at the end: %v %v", r.Problems, err)
	}
}

var (
	soakClerk = local.Operator{ID: "rossi", Name: "Maria Rossi", Role: local.RoleClerk}
	soakChief = local.Operator{ID: "bianchi", Name: "Paolo Bianchi", Role: local.RoleSupervisor}
)

// soakNotice is a valid notice number that carries its amount.
func soakNotice(i int, cents int64) string {
	base := fmt.Sprintf("3020%06d%06d", i, cents)
	mod := 0
	for _, r := range base {
		mod = (mod*10 + int(r-'0')) % 93
	}
	return fmt.Sprintf("%s%02d", base, mod)
}

// openDebts is a platform where every debt is open; it knows its amount by the number.
type openDebts struct{}

func (openDebts) Position(_ context.Context, creditor, notice string) (govpay.Position, error) {
	cents, err := strconv.ParseInt(notice[10:16], 10, 64)
	return govpay.Position{Application: "A2A", ID: notice, Creditor: creditor, Notice: notice, IUV: notice[1:], State: govpay.StateOpen,
		Cents: cents, Reason: "Prova"}, err
}

type deaf struct{}

func (deaf) Publish(local.Event) {}
