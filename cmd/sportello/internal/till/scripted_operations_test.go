package till

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"sportello/driver"
	"sportello/protocol/local"
)

// operations is what the scripted terminal does beside charging. nil: a reversal is made, resolving one
// waits for ever, the session closes with the total, commissioning finds what is in passport.
type operations struct {
	reverse         func(context.Context, driver.Reversal) error // the pre-flight's refusal
	undo            func(life context.Context) driver.Outcome    // after the frame
	resolveReversal func(context.Context, driver.Recorder) error //
	total           int64                                        // of terminal and host
	closing         *driver.Closing                              //
	unclosed        error                                        // why it is not asked to close
	slip            driver.Slip                                  //
	passport        driver.Passport                              // what it is now
	inForce         *driver.Passport                             // the newest commissioned
	before          *driver.Total                                // what a payment finds before it
	picky           bool                                         // refuses a payment when it is not as commissioned
	forgot          int                                          // how often it was told to forget
	quiet           []bool                                       // how Detect was asked
	reversals       []driver.ReversalAttempt                     //
	orders          []driver.Payment                             //
	lease           driver.Lease                                 //
	heard           bool                                         // a late word of whatever was given up is there
	unacked         bool                                         // a result is never acknowledged
}

// reversed is a terminal's approval of a reversal; it is in its memory, too.
func (d *terminal) reversed() driver.Outcome {
	stan, raw := d.saves("000000")
	return driver.Outcome{Verdict: driver.Reversed, Reason: driver.Reason{Code: string(local.CodeReversed)},
		Charge:   &driver.Charge{TerminalID: "12345678", STAN: stan, ActionCode: "000", HostTime: time.Now()},
		Evidence: []driver.Evidence{{Kind: "result", At: time.Now(), Text: "reversed", Raw: raw}}}
}

func (d *terminal) Reverse(ctx context.Context, v driver.Reversal, r driver.Recorder) (driver.Aftermath, error) {
	leave, err := d.enter()
	if err != nil {
		return driver.Aftermath{}, err
	}
	defer leave()
	d.w.steps.add("reverse")
	now := d.read()
	if f := now.ops.reverse; f != nil {
		if err := f(ctx, v); err != nil {
			return driver.Aftermath{}, err
		}
	}
	if now.numbers != v.STAN {
		return driver.Aftermath{}, &driver.Refusal{Kind: driver.ErrNotLast, Detail: fmt.Sprintf("%q is the last", now.numbers)}
	}
	if err := r.Sent(d.baseline()); err != nil {
		return driver.Aftermath{}, err
	}
	d.w.steps.add("reversal frame")
	r.Progress(driver.Progress{Phase: driver.PhaseBank})
	o := driver.Outcome{}
	if now.ops.undo == nil {
		o = d.reversed()
	} else if o = now.ops.undo(now.life); now.life.Err() != nil {
		return driver.Aftermath{}, fmt.Errorf("terminal: %w", driver.ErrInterrupted)
	}
	if err := r.Outcome(o); err != nil {
		return driver.Aftermath{}, nil
	}
	return driver.Aftermath{Acked: !now.ops.unacked, Ticket: "STORNO", TicketComplete: true}, nil
}

func (d *terminal) ResolveReversal(ctx context.Context, a driver.ReversalAttempt, r driver.Recorder) (*driver.Aftermath, error) {
	leave, err := d.enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	d.w.steps.add("resolve reversal")
	d.script(func(d *terminal) { d.ops.reversals = append(d.ops.reversals, a) })
	ctx, cancel := d.joined(ctx)
	defer cancel()
	r.Progress(driver.Progress{Phase: driver.PhaseVerifying})
	if f := d.read().ops.resolveReversal; f != nil {
		return nil, f(ctx, r)
	}
	<-ctx.Done()
	return nil, ctx.Err()
}

func (d *terminal) CloseSession(context.Context) (driver.Closing, error) {
	leave, err := d.enter()
	if err != nil {
		return driver.Closing{}, err
	}
	defer leave()
	d.w.steps.add("close")
	now := d.read()
	if now.ops.unclosed != nil {
		return driver.Closing{}, now.ops.unclosed
	}
	if now.ops.closing != nil {
		return *now.ops.closing, nil
	}
	total := driver.Totals{Present: true, Cents: now.ops.total}
	return driver.Closing{State: driver.ClosingDone, Terminal: total, Host: total, Ticket: "CHIUSURA"}, nil
}

func (d *terminal) Reprint(context.Context) (driver.Slip, error) {
	leave, err := d.enter()
	if err != nil {
		return driver.Slip{}, err
	}
	defer leave()
	return d.read().ops.slip, nil
}

func (d *terminal) Detect(_ context.Context, _ func(string) bool, quiet bool) (driver.Passport, error) {
	leave, err := d.enter()
	if err != nil {
		return driver.Passport{}, err
	}
	defer leave()
	d.w.steps.add("detect")
	d.script(func(d *terminal) { d.ops.quiet = append(d.ops.quiet, quiet) })
	p := d.read().ops.passport
	p.TotalsBefore = quiet
	return p, nil
}

func (d *terminal) Commission(p driver.Passport) {
	d.script(func(d *terminal) { d.ops.inForce = &p })
}

func (d *terminal) Forget() { d.script(func(d *terminal) { d.ops.forgot++ }) }

func (d *terminal) Heard(string) bool {
	d.w.steps.add("heard?")
	return d.read().ops.heard
}

func (d *terminal) HeardReversal(reference string) bool { return d.Heard(reference) }

// scriptedPAN is the card of every sale that the scripted terminal remembers.
const scriptedPAN = "************1234"

// Decode reads what the scripted terminal saves; nothing else.
func (d *terminal) Decode(raw []byte) (driver.Last, bool) {
	n, found := strings.CutPrefix(string(raw), d.name+" result ")
	number, err := strconv.Atoi(n)
	kind := "payment"
	if now := d.read(); string(raw) == string(now.memory) {
		kind = cmp.Or(now.kind, kind)
	}
	return driver.Last{Present: true, Raw: raw, Kind: kind, Approved: true, Charge: driver.Charge{STAN: fmt.Sprintf("%06d", number), AmountCents: price,
		AuthCode: "A12345", PAN: scriptedPAN, HostTime: d.read().when}}, found && err == nil
}

func (d *terminal) Lease() driver.Lease { return d.read().ops.lease }

// asCommissioned is the pre-flight's look at the passport.
func (d *terminal) asCommissioned() error {
	now := d.read().ops
	if !now.picky || now.inForce == nil || now.inForce.TerminalID == now.passport.TerminalID &&
		now.inForce.Software == now.passport.Software && now.inForce.Scope == now.passport.Scope {
		return nil
	}
	return &driver.Refusal{Kind: driver.ErrPassport, Detail: now.passport.Software}
}

// ordered notes what a payment was asked with.
func (d *terminal) ordered(p driver.Payment) {
	d.script(func(d *terminal) { d.ops.orders = append(slices.Clone(d.ops.orders), p) })
}
