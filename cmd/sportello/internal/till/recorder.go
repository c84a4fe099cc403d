package till

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/local"
)

// recorder is the ledger's side of one payment or reversal, or of the gathering of evidence about one. The
// driver calls it from the worker's goroutine.
type recorder struct {
	s       *station
	id      string                                        // of a charge once its intent is durable
	request string                                        // for the screens
	begin   func(driver.Baseline) (ledger.Payment, error) // makes the intent durable; nil while resolving

	sent      bool // the intent is durable: from here on something may have left
	concluded bool
	over      atomic.Bool    // the procedure has ended: what the driver still shows is old
	last      ledger.Payment // as of the last write
}

var _ driver.Recorder = (*recorder)(nil)

// Sent makes the intent durable.
func (r *recorder) Sent(b driver.Baseline) error {
	t := r.s.till
	if t.ctx.Err() != nil {
		return &local.Error{Code: local.CodeStopping}
	}
	p, err := r.begin(b)
	if err != nil {
		return err
	}
	r.sent, r.last, r.id = true, p, p.ID
	r.s.sign(p.ID)
	t.publishPayment(p.ID)
	r.s.answered()
	return nil
}

// Outcome makes the terminal's word durable. While the disk refuses it keeps trying, and the screen
// shows what to write on paper (design 3.3).
func (r *recorder) Outcome(o driver.Outcome) error {
	t := r.s.till
	defer t.forgetPaper(r.id)
	o.Reason = reversalReason(o)
	c := ledger.Conclusion{Outcome: o, RawResult: resultOf(o)}
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		p, err := t.o.Ledger.Conclude(r.id, c)
		if errors.Is(err, ledger.ErrStale) {
			if there, rerr := t.o.Ledger.Payment(r.id); rerr == nil && says(there, o) {
				p, err = there, nil // written, though its writing was reported as failed
			} else if rerr == nil {
				r.contradicts(there, o)
			}
		}
		if err == nil {
			r.concluded, r.last = true, p
			if r.begin != nil { // the gathering of evidence is no sign of the attempt
				r.s.sign(p.ID)
			}
			t.forgetPaper(p.ID)
			t.publishPayment(p.ID)
			r.s.alarm(o)
			return nil
		}
		if errors.Is(err, ledger.ErrStale) || errors.Is(err, ledger.ErrNotFound) || errors.Is(err, ledger.ErrClosed) {
			return err // trying again would not change it
		}
		t.o.Log.Error().Err(err).Str("payment", r.id).Str("verdict", string(o.Verdict)).Msg("the outcome could not be written: trying again")
		t.onPaper(r.last, o, err)
		select {
		case <-time.After(wait):
		case <-t.ctx.Done():
			return err
		}
	}
}

// reversalReason says what became of a reversal where the driver says why it judges so: "approved" would read
// as a payment. Outcomes of charges keep theirs.
func reversalReason(o driver.Outcome) driver.Reason {
	switch o.Verdict {
	case driver.Reversed:
		return driver.Reason{Code: string(local.CodeReversed), Text: o.Reason.Text}
	case driver.NotReversed:
		return driver.Reason{Code: string(local.CodeReversalRefused), Text: o.Reason.Text}
	default:
		return o.Reason
	}
}

// contradicts keeps a word that came when people had decided otherwise: an alarm, and both are recorded.
func (r *recorder) contradicts(p ledger.Payment, o driver.Outcome) {
	if p.State != ledger.Charged && p.State != ledger.Reversed || o.Verdict == driver.Unknown {
		return
	}
	t := r.s.till
	ev := driver.Evidence{Kind: "result", At: time.Now(), Raw: resultOf(o),
		Text: fmt.Sprintf("Giudicato «%s» (%s) dopo che le persone avevano deciso «%s»", ledger.VerdictWord(o.Verdict), o.Reason.Code, ledger.StateWord(p.State))}
	if _, err := t.o.Ledger.Contradict(p.ID, string(local.CodeChargeContradicted), ev); err != nil {
		t.o.Log.Error().Err(err).Str("payment", p.ID).Msg("keeping a word that contradicts people's")
		return
	}
	t.publishPayment(p.ID)
}

// says reports whether a payment stands where an outcome would put it, by the same transaction. A payment
// that was reversed keeps its charge, not the reversal's.
func says(p ledger.Payment, o driver.Outcome) bool {
	switch o.Verdict {
	case driver.Reversed:
		return p.State == ledger.Reversed
	case driver.NotReversed:
		return p.State == ledger.Charged
	case driver.NotSent:
		return p.State == ledger.NotCharged || p.State == ledger.Charged
	default: // of a charge: below
	}
	stan := func(c *driver.Charge) string {
		if c == nil {
			return ""
		}
		return c.STAN
	}
	return verdicts[o.Verdict] == p.State && stan(p.Charge) == stan(o.Charge)
}

// verdicts are the states that end a payment's asking.
var verdicts = map[driver.Verdict]ledger.State{driver.Charged: ledger.Charged, driver.NotCharged: ledger.NotCharged}

// Progress shows whose turn it is.
func (r *recorder) Progress(p driver.Progress) {
	if r.over.Load() {
		return
	}
	act := local.Activity{RequestID: r.request, Terminal: r.s.term.Name, Phase: string(p.Phase), Text: p.Text, Since: time.Now()}
	if r.sent || r.begin == nil {
		act.PaymentID = r.id
		if p.Phase != driver.PhaseVerifying {
			r.s.sign(r.id)
		}
		r.s.till.o.Failpoint("till.phase")
	}
	r.s.show(act)
}

// resultOf is the message that the terminal's memory of its last result now holds, if this outcome
// was read from one.
func resultOf(o driver.Outcome) []byte {
	for i := len(o.Evidence) - 1; i >= 0; i-- {
		if e := o.Evidence[i]; (e.Kind == "result" || e.Kind == "last_result") && len(e.Raw) > 0 {
			return e.Raw
		}
	}
	return nil
}
