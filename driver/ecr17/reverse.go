package ecr17

import (
	"bytes"
	"context"
	"fmt"
	"regexp"

	"sportello/driver"
	"sportello/protocol/ecr17"
	"sportello/protocol/local"
)

// A reversal gives the terminal's last charge back. It runs over the exchange of a payment: one frame, the
// outcome durable before our ACK, the line kept open when the word is missing. What differs is what a
// result means, and that is in judgeReversal.
//
// Residual risk: only the STAN binds it to its charge, and the answer names no charge. The saved result
// read just before is that of the charge; another cash register (E3) or a hand on the terminal (E2) could
// come between it and our frame. The terminal then refuses, for the STAN is not that of its last payment any
// more (ECR17 2.5).

var stanDigits = regexp.MustCompile(`^[0-9]{6}$`)

// Reverse implements driver.Terminal.
func (t *terminal) Reverse(ctx context.Context, v driver.Reversal, r driver.Recorder) (driver.Aftermath, error) {
	leave, err := t.enter()
	if err != nil {
		return driver.Aftermath{}, err
	}
	defer leave()
	frame, err := t.reversalFrame(v)
	if err != nil {
		return driver.Aftermath{}, err
	}
	release, err := t.seize(t.money, holdsReverse, v.Reference)
	if err != nil {
		return driver.Aftermath{}, err
	}
	defer release()
	free, err := t.hold(ctx, t.turn, holdsReverse, v.Reference)
	if err != nil {
		return driver.Aftermath{}, err
	}
	defer free()
	t.setAside()

	e := &exchange{
		t: t, reversal: true, payment: driver.Payment{Reference: v.Reference, AmountCents: v.AmountCents},
		show: r.Progress, phase: driver.PhaseConnecting,
	}
	s, err := t.prepare(ctx, e, func(last Reading, told bool) error { return t.reversible(v, last, told) })
	if err != nil {
		return driver.Aftermath{}, err
	}
	defer s.close()
	if t.takeLate(e.key()) != nil { // of an earlier reversal of the same charge, which still stands
		t.dropOpen(nil)
	}
	judge := judgeReversal(e.baseline)
	return t.carryOut(s, e, frame, r, func(f Facts) driver.Outcome {
		o := judge(f)
		if o.Verdict == driver.NotReversed && f.Direct != nil {
			t.refusedUndo(refusedReversal{v.STAN, v.AmountCents, f.Direct.Raw})
		}
		return o
	})
}

// ResolveReversal implements driver.Terminal.
func (t *terminal) ResolveReversal(ctx context.Context, a driver.ReversalAttempt, r driver.Recorder) (*driver.Aftermath, error) {
	return t.resolve(ctx, true, judgeReversal(a.Baseline), driver.Attempt{
		Payment:  driver.Payment{Reference: a.Reference, AmountCents: a.AmountCents},
		Baseline: a.Baseline, SentAt: a.SentAt, SameProcess: a.SameProcess, Exclusivity: a.Exclusivity,
	}, r)
}

// reversalFrame makes the financial frame; nothing of it can fail later.
func (t *terminal) reversalFrame(v driver.Reversal) ([]byte, error) {
	switch {
	case v.AmountCents < 1 || v.AmountCents > maxCents:
		return nil, refusal(driver.ErrAmount, "%d", v.AmountCents)
	case !stanDigits.MatchString(v.STAN) || noNumber(v.STAN): // 000000 is "the last one, whatever it is"
		return nil, refusal(driver.ErrNotLast, "STAN %q names no charge", v.STAN)
	}
	frame, err := ecr17.ReversalRequest{TID: t.cfg.TerminalID, CashRegister: t.cfg.CashRegisterID, STAN: v.STAN}.AppendPayload(nil)
	if err != nil {
		return nil, &driver.Refusal{Kind: driver.ErrConfig, Detail: "reversal message", Err: err}
	}
	return frame, nil
}

// refusedReversal is a refusal that this process heard, and of what. While it is still the saved result,
// the charge is still the last one, though G does not show it any more.
type refusedReversal struct {
	stan  string
	cents int64
	raw   []byte
}

func (t *terminal) refusedUndo(u refusedReversal) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.undone = u
}

// reversible holds the charge against the saved result: the terminal takes back its last one only.
func (t *terminal) reversible(v driver.Reversal, last Reading, told bool) error {
	t.mu.Lock()
	u := t.undone
	t.mu.Unlock()
	switch {
	case !told:
		return refusal(driver.ErrNotLast, "the terminal tells no last result")
	case u.stan == v.STAN && u.cents == v.AmountCents && bytes.Equal(u.raw, last.Raw):
		return nil
	case last.Class == ClassForeign || last.Sense != SenseApproved:
		return refusal(driver.ErrNotLast, "the saved result is no approved payment: %s", last.Text)
	case last.Charge.STAN != v.STAN:
		return refusal(driver.ErrNotLast, "the saved result has STAN %s, not %s", last.Charge.STAN, v.STAN)
	case last.HasAmount && last.Amount != v.AmountCents:
		return refusal(driver.ErrNotLast, "the saved result is of %d cents, not %d", last.Amount, v.AmountCents)
	}
	return nil
}

// reversalSaid reads a result as the answer to a reversal (ECR17 2.5). Only 00 and 01 of the layout with 84
// bytes say anything; everything else is odd.
func reversalSaid(r *Reading, b driver.Baseline) (said Sense, text string, card string) {
	m, err := ecr17.DecodeResult(r.Raw, ecr17.Lenient)
	switch {
	case m.TID != b.TerminalID:
		return SenseOdd, fmt.Sprintf("risultato del terminale %s, il nostro è %s", m.TID, b.TerminalID), ""
	case m.Class != ecr17.ClassReversal:
		return SenseOdd, fmt.Sprintf("%v, non uno storno", m.Class), ""
	case err != nil:
		return SenseOdd, "la risposta allo storno si contraddice o non si legge intera", ""
	case m.Code == ecr17.ResultOK:
		return SenseApproved, saidBy(m), m.PAN.String()
	case m.Code == ecr17.ResultRefused:
		return SenseRefused, saidBy(m), m.PAN.String()
	}
	return SenseOdd, fmt.Sprintf("codice di risultato %q: %s", m.Code, saidBy(m)), ""
}

// sense is what a result says to this exchange: to a reversal, what it says as its answer.
func (e *exchange) sense(r Reading) Reading {
	if e.reversal {
		r.Sense, _, _ = reversalSaid(&r, e.baseline)
	}
	return r
}

// judgeReversal makes facts a verdict about a reversal (ECR17 6.7), against the baseline of its attempt.
// Its bias is that of Judge: a wrong "reversed" frees a debt that was paid and would charge it again, a
// wrong "not reversed" keeps money that was given back. So a saved result decides only on a terminal that is
// ours alone, as in rows 10 and 12 of ECR17 6.5; and nothing newer saved is never proof.
func judgeReversal(b driver.Baseline) func(Facts) driver.Outcome {
	return func(f Facts) driver.Outcome {
		exclusive := f.Exclusivity == driver.Exclusive
		switch {
		case f.NothingSent:
			return notCharged(driver.NotSent, local.CodeLineLost, "non è partito nulla")
		case f.CutShort:
			return notCharged(driver.NotReversed, local.CodeLineLost, "il comando non è partito intero")
		case f.RefusedIdle:
			return notCharged(driver.NotReversed, local.CodeNAK, "")
		}
		if f.Direct != nil && f.Direct.Sense != SenseOdd {
			if said, text, _ := reversalSaid(f.Direct, b); said != SenseOdd {
				return reversalOutcome(f.Direct, said, local.CodeApproved, local.CodeReversalRefused, text)
			}
		}
		switch {
		case f.Identity == IdentityOther:
			return people("", "a questo indirizzo risponde un altro terminale")
		case f.Identity == IdentityUnknown || f.Last == LastNotAsked || f.Last == LastNoAnswer:
			if f.GivenUp {
				return people("", "non si è potuto chiedere al terminale")
			}
			return wait(f)
		case f.Last == LastNew && (f.Quiet || reversalDone(f.New, b)):
			return savedReversal(f, b, exclusive)
		case !f.Quiet:
			if f.GivenUp {
				return people("", "il terminale non è mai rimasto fermo abbastanza")
			}
			return wait(f)
		case f.Last == LastSame:
			return people(driver.NotReversed, "nulla di più recente salvato: molto probabilmente l'addebito resta")
		}
		return people("", "il terminale non dice il suo ultimo risultato")
	}
}

// reversalDone: a refusal may be how the terminal notes a reversal that has begun (refusal8and12).
func reversalDone(r *Reading, b driver.Baseline) bool {
	said, _, _ := reversalSaid(r, b)
	return said != SenseRefused
}

// savedReversal: G shows something newer than the charge.
func savedReversal(f Facts, b driver.Baseline, exclusive bool) driver.Outcome {
	said, text, card := reversalSaid(f.New, b)
	switch {
	case f.New.Empty:
		return people("", "la memoria del terminale è stata cancellata")
	case said == SenseOdd && f.New.kind != "reversal":
		return intruder(exclusive, "un'operazione più recente di altro tipo: "+text)
	case said == SenseOdd:
		return people("", text)
	case said == SenseRefused && (f.Older || f.Beside != nil):
		return people("", "uno storno rifiutato di prima, o accanto al quale il terminale ha detto altro")
	case said == SenseApproved && !stanFollows(b.LastSTAN, f.New.Charge.STAN):
		return people(driver.Reversed, "uno storno, ma il suo numero non segue quello dell'addebito")
	case said == SenseApproved && !sameCard(b, card):
		return intruder(exclusive, "uno storno di un'altra carta")
	case exclusive:
		return reversalOutcome(f.New, said, local.CodeByEvidence, local.CodeByEvidence, text)
	case said == SenseApproved:
		return people(driver.Reversed, "uno storno, forse di un altro addebito")
	}
	return people(driver.NotReversed, "uno storno rifiutato, forse di un altro addebito")
}

// sameCard compares what is shown of the card numbers; the same card must be presented (ECR17 2.5). Where
// either shows none, nothing speaks against it.
func sameCard(b driver.Baseline, card string) bool {
	last, _ := ecr17.DecodeResult(b.Last, ecr17.Lenient)
	was := last.PAN.String()
	return was == "" || card == "" || was == card
}

func reversalOutcome(r *Reading, said Sense, done, refused local.Code, text string) driver.Outcome {
	charge := r.Charge
	o := driver.Outcome{Verdict: driver.Reversed, Charge: &charge, Reason: driver.Reason{Code: string(done)}}
	if said == SenseRefused {
		o.Verdict, o.Reason = driver.NotReversed, driver.Reason{Code: string(refused), Text: text}
	}
	return o
}
