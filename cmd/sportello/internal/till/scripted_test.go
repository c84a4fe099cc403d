package till

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"sportello/driver"
	"sportello/protocol/local"
)

// terminal is a scripted terminal with a bank behind it. It keeps the driver's promises; what happens in
// between is up to the test.
type terminal struct {
	w    *world
	name string

	mu       sync.Mutex // guards what follows
	life     context.Context
	end      context.CancelFunc
	stan     int
	memory   []byte    // its last saved result
	numbers  string    // the STAN in it
	when     time.Time // of everything in its memory
	charged  map[string]int
	attempts []driver.Attempt

	// Scripts. nil: the terminal is there, ready, and approves; resolving waits for ever.
	status  func(context.Context) error
	before  func(context.Context) error                                  // after the pre-flight, before Sent
	word    func(context.Context, driver.Payment) driver.Outcome         // after the frame; its ctx ends with Close
	after   func(error)                                                  // with what Outcome returned
	resolve func(context.Context, driver.Attempt, driver.Recorder) error // instead of waiting
	late    *driver.Aftermath                                            // what followed the late word
	pay     func(context.Context, driver.Payment, driver.Recorder) (driver.Aftermath, error)

	kind string     // of the result in its memory; empty: payment
	mute bool       // does not tell its last result
	ops  operations // scripted_operations_test.go

	running sync.WaitGroup
}

var _ driver.Terminal = (*terminal)(nil)

// script changes what the terminal does.
func (d *terminal) script(f func(*terminal)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f(d)
}

func (d *terminal) read() terminal {
	d.mu.Lock()
	defer d.mu.Unlock()
	return terminal{status: d.status, before: d.before, word: d.word, after: d.after, resolve: d.resolve, late: d.late, pay: d.pay,
		kind: d.kind, mute: d.mute, ops: d.ops, life: d.life, memory: d.memory, numbers: d.numbers, when: d.when, attempts: slices.Clone(d.attempts)}
}

// plugIn gives the terminal a new driver, as a new process does.
func (d *terminal) plugIn() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.life, d.end = context.WithCancel(context.Background())
	d.ops.inForce = nil
}

func (d *terminal) enter() (func(), error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.life.Err() != nil {
		return nil, &driver.Refusal{Kind: driver.ErrClosed}
	}
	d.running.Add(1)
	return d.running.Done, nil
}

func (d *terminal) Close() error {
	d.mu.Lock()
	d.end()
	d.mu.Unlock()
	d.running.Wait()
	return nil
}

func (d *terminal) bank() map[string]int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.charged
}

// joined ends with either.
func (d *terminal) joined(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(d.read().life, cancel)
	return ctx, func() { stop(); cancel() }
}

func (d *terminal) Status(ctx context.Context) (driver.Status, error) {
	leave, err := d.enter()
	if err != nil {
		return driver.Status{}, err
	}
	defer leave()
	ctx, cancel := d.joined(ctx)
	defer cancel()
	d.w.steps.add("status")
	if f := d.read().status; f != nil {
		if err := f(ctx); err != nil {
			return driver.Status{}, err
		}
	}
	return driver.Status{TerminalID: "12345678", Ready: true}, nil
}

func (d *terminal) Last(context.Context) (driver.Last, error) {
	leave, err := d.enter()
	if err != nil {
		return driver.Last{}, err
	}
	defer leave()
	d.w.steps.add("last")
	now := d.read()
	if now.mute {
		return driver.Last{}, &driver.Refusal{Kind: driver.ErrUnreachable}
	}
	if now.memory == nil {
		return driver.Last{}, nil
	}
	return driver.Last{Present: true, Raw: now.memory, TerminalID: "12345678", Kind: cmp.Or(now.kind, "payment"), Approved: true,
		Charge: driver.Charge{STAN: now.numbers, AmountCents: price, HostTime: now.when}}, nil
}

func (d *terminal) Totals(context.Context) (driver.Totals, error) {
	leave, err := d.enter()
	if err != nil {
		return driver.Totals{}, err
	}
	defer leave()
	return driver.Totals{Present: true, Cents: 4200}, nil
}

func (d *terminal) Pay(ctx context.Context, p driver.Payment, r driver.Recorder) (driver.Aftermath, error) {
	leave, err := d.enter()
	if err != nil {
		return driver.Aftermath{}, err
	}
	defer leave()
	d.w.steps.add("pay")
	d.ordered(p)
	if err := d.asCommissioned(); err != nil {
		return driver.Aftermath{}, err
	}
	now := d.read()
	if now.pay != nil {
		return now.pay(ctx, p, r)
	}
	r.Progress(driver.Progress{Phase: driver.PhaseConnecting})
	if now.before != nil {
		ctx, cancel := d.joined(ctx)
		defer cancel()
		if err := now.before(ctx); err != nil {
			return driver.Aftermath{}, err
		}
	}
	if err := r.Sent(d.baseline()); err != nil {
		return driver.Aftermath{}, err
	}
	d.w.steps.add("frame")
	r.Progress(driver.Progress{Phase: driver.PhaseCard, Text: "INSERIRE CARTA"})
	var o driver.Outcome
	if now.word == nil {
		o = d.approve(p)
	} else if o = now.word(now.life, p); now.life.Err() != nil {
		return driver.Aftermath{}, fmt.Errorf("terminal: %w", driver.ErrInterrupted)
	}
	if o.Verdict == driver.Charged {
		d.take(p)
	}
	err = r.Outcome(o)
	if now.after != nil {
		now.after(err)
	}
	if err != nil {
		d.w.steps.add("no ack")
		return driver.Aftermath{}, nil
	}
	d.w.steps.add("ack")
	r.Progress(driver.Progress{Phase: driver.PhaseReceipt})
	if o.Verdict == driver.Unknown {
		return driver.Aftermath{}, nil
	}
	return driver.Aftermath{Acked: !now.ops.unacked, Ticket: "SCONTRINO", TicketComplete: true}, nil
}

// take is the bank's decision.
func (d *terminal) take(p driver.Payment) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var numbers []string
	for _, n := range p.Notices {
		numbers = append(numbers, n.Number)
	}
	d.charged[strings.Join(numbers, " ")]++
}

func (d *terminal) baseline() driver.Baseline {
	now := d.read()
	b := driver.Baseline{TerminalID: "12345678", Last: now.memory, Total: now.ops.before}
	if now.numbers != "000000" {
		b.LastSTAN = now.numbers
	}
	return b
}

// approve is an approval; it is in the terminal's memory, too.
func (d *terminal) approve(p driver.Payment) driver.Outcome {
	stan, raw := d.saves("000000")
	return driver.Outcome{Verdict: driver.Charged, Reason: driver.Reason{Code: string(local.CodeApproved)},
		Charge: &driver.Charge{TerminalID: "12345678", STAN: stan, OnlineID: "000123", AuthCode: "A12345",
			PAN: "************1234", Card: "2", Entry: "CLI", ActionCode: "000", AmountCents: p.AmountCents, HostTime: time.Now(),
			DCC: driver.DCC{Currency: "USD", Amount: "000000001341", Decimals: "2", Rate: "00010870"}},
		Evidence: []driver.Evidence{{Kind: "result", At: time.Now(), Text: "approved", Raw: raw}}}
}

// decline is a refusal by the bank. Such results have no number (ECR17 2.4).
func (d *terminal) decline(driver.Payment) driver.Outcome {
	_, raw := d.saves("-")
	return driver.Outcome{Verdict: driver.NotCharged, Reason: driver.Reason{Code: string(local.CodeDeclined), Text: "NEGATA"},
		Charge:   &driver.Charge{TerminalID: "12345678", STAN: "000000", ActionCode: "116"},
		Evidence: []driver.Evidence{{Kind: "result", At: time.Now(), Text: "declined", Raw: raw}}}
}

// lost is a line that broke after the frame.
func lost(preset driver.Verdict) driver.Outcome {
	return driver.Outcome{Verdict: driver.Unknown, Preset: preset, Reason: driver.Reason{Code: string(local.CodeLineLost)}}
}

// saves puts a new result into the terminal's memory: with its next number, or "-" for none.
func (d *terminal) saves(kind string) (stan string, raw []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stan++
	stan = fmt.Sprintf("%06d", d.stan)
	d.memory, d.numbers = fmt.Appendf(nil, "%s result %d", d.name, d.stan), stan
	if kind == "-" {
		d.numbers = "000000"
	}
	return stan, d.memory
}

// sold is a transaction that is none of ours.
func (d *terminal) sold() { d.saves("") }

func (d *terminal) Resolve(ctx context.Context, a driver.Attempt, r driver.Recorder) (*driver.Aftermath, error) {
	leave, err := d.enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	d.w.steps.add("resolve")
	d.script(func(d *terminal) { d.attempts = append(d.attempts, a) })
	ctx, cancel := d.joined(ctx)
	defer cancel()
	r.Progress(driver.Progress{Phase: driver.PhaseVerifying})
	if f := d.read().resolve; f != nil {
		return d.read().late, f(ctx, a, r)
	}
	<-ctx.Done()
	return nil, ctx.Err()
}

// finds makes a script for resolve: evidence that comes to o.
func finds(o driver.Outcome) func(context.Context, driver.Attempt, driver.Recorder) error {
	return func(_ context.Context, _ driver.Attempt, r driver.Recorder) error { return r.Outcome(o) }
}

// people is evidence that does not decide.
var people = driver.Outcome{Verdict: driver.Unknown, Final: true, Reason: driver.Reason{Code: string(local.CodeAwaitingPeople)}}
