package ecr17_test

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"sportello/driver"
	"sportello/driver/drivertest"
	"sportello/driver/ecr17"
	"sportello/driver/line"
	"sportello/driver/simulator"
)

// TestConformance runs the suite of every driver for both profiles on every kind of line: in memory with
// the real times, on real lines with scaled ones.
func TestConformance(t *testing.T) {
	for _, profile := range []string{"nexi", "numera"} {
		for _, l := range []struct {
			name    string
			virtual bool
			serve   func(t *testing.T, term *simulator.Terminal, cfg *driver.Config)
		}{{"memory", true, inMemory}, {"tcp", false, overTCP}, {"pty", false, overPTY}} {
			open := ecr17.Open
			if !l.virtual {
				open = ecr17.OpenScaled
			}
			t.Run(profile+" "+l.name, func(t *testing.T) {
				if !l.virtual {
					t.Parallel()
				}
				drivertest.Run(t, drivertest.Harness{
					Open: open, Virtual: l.virtual,
					Start: func(t *testing.T, s drivertest.Scenario) drivertest.End {
						return start(t, profile, s, !l.virtual, l.serve)
					},
				})
			})
		}
	}
}

var faults = map[drivertest.Scenario]simulator.Rule{
	drivertest.Decline:    {On: "X", Fault: simulator.Decline, Code: "116"},
	drivertest.Refuse:     {On: "X", Fault: simulator.Nak},
	drivertest.Mute:       {On: "X", Fault: simulator.Silent},
	drivertest.CutBefore:  {On: "X", Fault: simulator.CutBeforeAuth},
	drivertest.CutAfter:   {On: "X", Nth: 2, Fault: simulator.CutAfterAuth},
	drivertest.Repeat:     {On: "X", Fault: simulator.Duplicate},
	drivertest.Unfinished: {On: "X", Nth: 2, Fault: simulator.HalfResult},

	drivertest.ReversalDeclined: {On: "S", Nth: 1, Fault: simulator.Decline, Code: "116"},
	drivertest.ReversalNAK:      {On: "S", Fault: simulator.Nak},
	drivertest.ReversalLost:     {On: "S", Fault: simulator.CutAfterAuth},
	drivertest.ReversalVoid:     {On: "S", Fault: simulator.CutBeforeAuth},
	drivertest.ClosingLost:      {On: "C", Fault: simulator.HalfResult},
	drivertest.ClosingMute:      {On: "C", Fault: simulator.Silent},
	drivertest.ClosingNAK:       {On: "C", Fault: simulator.Nak},
}

func start(t *testing.T, profile string, s drivertest.Scenario, real bool, serve func(*testing.T, *simulator.Terminal, *driver.Config)) drivertest.End {
	t.Helper()
	o := simulator.Options{TerminalID: "12345678"}
	if rule, ok := faults[s]; ok {
		o.Faults = []simulator.Rule{rule}
	}
	if s == drivertest.Bare {
		o.Unsupported = "TR"
	}
	term, err := simulator.New(o)
	if err != nil {
		t.Fatal(err)
	}
	cfg := driver.Config{
		Name: "cassa1", Driver: profile, TerminalID: "12345678", CashRegisterID: "1", LRC: "auto", Receipts: "ecr",
		NoticeData: &driver.NoticeData{Tag: 5, Template: "{notice}{creditor}", IndexMap: "5000"},
	}
	if real {
		cfg.Timing = driver.Timing{Result: 2 * time.Second, HardStop: 6 * time.Second, Quiet: 400 * time.Millisecond, GiveUp: 6 * time.Second}
	}
	serve(t, term, &cfg)
	return drivertest.End{
		Config:    cfg,
		Financial: func() int { return term.Received('X') + term.Received('P') + term.Received('S') },
		Charged:   func(reference string) int { return decisions(term, simulator.KindPayment, reference) },
		Reversed:  func(reference string) int { return decisions(term, simulator.KindReversal, reference) },
		Total:     func() int64 { return term.Bank().Total(o.TerminalID) },
		Closings:  func() int { return term.Received('C') },
		Serial:    strings.HasPrefix(cfg.Address, "serial:"),
	}
}

// decisions counts what the bank has approved of one kind for a reference.
func decisions(term *simulator.Terminal, kind simulator.Kind, reference string) (n int) {
	for _, d := range term.Bank().Decisions() {
		if d.Approved && d.Kind == kind && strings.TrimSpace(d.Reference) == reference {
			n++
		}
	}
	return n
}

// running ends what serves when the test does.
func running(t *testing.T, serve func(context.Context)) {
	ctx, cancel := context.WithCancel(context.Background())
	var served sync.WaitGroup
	served.Go(func() { serve(ctx) })
	t.Cleanup(func() { cancel(); served.Wait() })
}

func inMemory(t *testing.T, term *simulator.Terminal, cfg *driver.Config) {
	ctx, cancel := context.WithCancel(context.Background())
	var served sync.WaitGroup
	t.Cleanup(func() { cancel(); served.Wait() })
	cfg.Dial = func(context.Context) (line.Line, error) {
		ours, theirs := line.Pipe()
		served.Go(func() { _ = term.ServeConn(ctx, theirs) })
		return ours, nil
	}
}

func overTCP(t *testing.T, term *simulator.Terminal, cfg *driver.Config) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cfg.Address = "tcp://" + ln.Addr().String()
	running(t, func(ctx context.Context) { _ = term.Serve(ctx, ln) })
}

func overPTY(t *testing.T, term *simulator.Terminal, cfg *driver.Config) {
	if _, err := os.Stat("/dev/ptmx"); err != nil {
		t.Skipf("no pseudo terminals here: %v", err)
	}
	file := filepath.Join(t.TempDir(), "pty")
	running(t, func(ctx context.Context) { _ = term.ServePTY(ctx, file) })
	for deadline := time.Now().Add(time.Minute); ; {
		if path, err := os.ReadFile(file); err == nil {
			cfg.Address = "serial://" + strings.TrimSpace(string(path))
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the simulator opened no pseudo terminal")
		}
		time.Sleep(time.Millisecond) // the file is the only sign
	}
}
