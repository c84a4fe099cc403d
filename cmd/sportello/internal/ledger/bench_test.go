package ledger

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"sportello/driver"
)

// floor is the durable write that a bbolt commit is compared with: append 1200 bytes and flush.
type floor struct {
	f    *os.File
	data []byte
}

func newFloor(b *testing.B) *floor {
	f, err := os.Create(filepath.Join(b.TempDir(), "floor"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = f.Close() })
	return &floor{f: f, data: make([]byte, 1200)}
}

func (f *floor) write(b *testing.B) time.Duration {
	start := time.Now()
	if _, err := f.f.Write(f.data); err != nil {
		b.Fatal(err)
	}
	if err := datasync(f.f); err != nil {
		b.Fatal(err)
	}
	return time.Since(start)
}

func median(d []time.Duration) float64 {
	slices.Sort(d)
	return float64(d[len(d)/2])
}

// BenchmarkMoney measures intent and outcome against the floor, taken in turn in the same run. The
// figures are medians: xF is how many appends with a flush they cost. One op is two
// hundred payments.
func BenchmarkMoney(b *testing.B) {
	b.Run("empty", func(b *testing.B) { benchMoney(b, b.TempDir()) })
	b.Run("open/empty", func(b *testing.B) { benchOpen(b, b.TempDir()) })
	b.Run("100000", func(b *testing.B) {
		dir := b.TempDir()
		generate(b, dir, 100_000)
		b.Run("money", func(b *testing.B) { benchMoney(b, dir) })
		b.Run("open", func(b *testing.B) { benchOpen(b, dir) })
		l := openForBench(b, dir)
		start := time.Now()
		if n, err := l.Erase(b.Context(), time.Now().AddDate(10, 0, 0)); err != nil || n == 0 {
			b.Fatal(n, err)
		}
		took := time.Since(start)
		if err := l.Close(); err != nil {
			b.Fatal(err)
		}
		b.Run("purged", func(b *testing.B) {
			benchMoney(b, dir)
			b.ReportMetric(took.Seconds(), "erase-s")
		})
	})
}

func openForBench(b *testing.B, dir string) *Ledger {
	l, err := Open(dir, Options{Installation: "A1", BallastBytes: testBallast})
	if err != nil {
		b.Fatal(err)
	}
	return l
}

// benchOpen measures the start after a clean stop.
func benchOpen(b *testing.B, dir string) {
	for b.Loop() {
		l := openForBench(b, dir)
		b.StopTimer()
		if err := l.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

func benchMoney(b *testing.B, dir string) {
	l := openForBench(b, dir)
	defer func() {
		if err := l.Close(); err != nil {
			b.Error(err)
		}
	}()
	f := newFloor(b)
	var floors, intents, outcomes, afters []time.Duration
	timed := func(fn func() error) time.Duration {
		start := time.Now()
		if err := fn(); err != nil {
			b.Fatal(err)
		}
		return time.Since(start)
	}
	for range b.N {
		for range 200 {
			benchSerial++
			in := intent(1_000_000 + benchSerial)
			var p Payment
			floors = append(floors, f.write(b))
			intents = append(intents, timed(func() (err error) { p, err = l.Intend(in); return err }))
			floors = append(floors, f.write(b))
			outcomes = append(outcomes, timed(func() (err error) { p, err = l.Conclude(p.ID, charged("000042")); return err }))
			afters = append(afters, timed(func() error {
				_, err := l.Aftermath(p.ID, driver.Aftermath{Acked: true, Ticket: slip, TicketComplete: true})
				return err
			}))
		}
	}
	fl := median(floors)
	b.ReportMetric(fl/1000, "F-µs")
	b.ReportMetric(median(intents)/fl, "intent-xF")
	b.ReportMetric(median(outcomes)/fl, "outcome-xF")
	b.ReportMetric(median(afters)/fl, "aftermath-xF")
}

var slip = string(slices.Repeat([]byte("        COMUNE DI ESEMPIO       \n"), 24))

// benchSerial keeps the payments of all runs apart.
var benchSerial int

// generate fills a ledger with registered payments, many to a commit.
func generate(tb testing.TB, dir string, size int) {
	l, err := Open(dir, Options{Installation: "A1", BallastBytes: testBallast, Now: newClock().now})
	if err != nil {
		tb.Fatal(err)
	}
	l.db.NoSync = true // nobody's money
	const together = 500
	for done := 0; done < size; done += together {
		var err error
		serr := l.submit(&op{do: func(b *batch) error {
			for i := done; i < done+together && err == nil; i++ {
				err = b.generated(i)
			}
			return nil
		}})
		if err != nil || serr != nil {
			tb.Fatal(err, serr)
		}
	}
	l.db.NoSync = false
	if err := l.db.Sync(); err != nil { // or it is written while others are measured
		tb.Fatal(err)
	}
	if err := l.Close(); err != nil {
		tb.Fatal(err)
	}
}

// generated appends a whole payment, as the public methods would.
func (b *batch) generated(i int) error {
	in := intent(i)
	p := in.Payment
	if err := b.checkIntent(&p); err != nil {
		return err
	}
	e := attemptEntry(KindSent, &p)
	e.Terminal = &terminalBody{Name: p.Terminal, Result: resultHash(in.Baseline.Last), STAN: in.Baseline.LastSTAN}
	if err := b.append(e, &blob{Kind: "intent", Baseline: &in.Baseline, Descriptions: in.Descriptions}); err != nil {
		return err
	}
	r, err := loadRecord(b.view, p.ID)
	if err != nil {
		return err
	}
	c := charged(fmt.Sprintf("%06d", i))
	if e, _, err = b.outcomeEntry(r, Charged, c); err != nil {
		return err
	}
	if err := b.append(e, outcomeBlob(c)); err != nil {
		return err
	}
	if err := b.append(&entry{Kind: KindAftermath, Payment: p.ID, Aftermath: &aftermathBody{Acked: true, Ticket: true}},
		&blob{Kind: "ticket", Ticket: slip}); err != nil {
		return err
	}
	return b.append(&entry{Kind: KindRegistration, Payment: p.ID, Registration: &registrationBody{
		From: RegAwaiting, To: RegDone, ReceiptID: "token"}}, nil)
}
