package ecr17

import (
	"errors"
	"fmt"
	"time"

	"sportello/driver"
	"sportello/protocol/ecr17"
)

// readResult reduces a result message to what a verdict needs (ECR17 2.0 to 2.4, 2.10, 3.1). tid is our
// terminal's: a result of another one is never an outcome. now is by the terminal's clock (terminalNow).
func readResult(payload []byte, tid string, now time.Time) Reading {
	m, err := ecr17.DecodeResult(payload, ecr17.Lenient)
	r := Reading{Raw: []byte(m.Raw), Amount: m.AmountCents, HasAmount: m.HasAmount, Code: string(m.Code), kind: kindOf(m.Class)}
	r.Charge = driver.Charge{
		TerminalID: m.TID, STAN: m.STAN, OnlineID: m.OnlineID, AuthCode: m.AuthCode,
		PAN: m.PAN.String(), Card: string(m.CardType), Entry: string(m.Entry),
		ActionCode: string(m.ActionCode), Acquirer: m.Acquirer,
	}
	if m.HasAmount {
		r.Charge.AmountCents = m.AmountCents
	}
	if d := m.DCC; d.Applied { // the flag says so, not the letter V: without it the rest is garbage (D22)
		r.Charge.DCC = driver.DCC{Currency: d.Currency, Amount: d.Amount, Decimals: d.Decimals, Rate: d.Rate}
	}
	if at, ok := m.HostTime.Time(now); ok && now.Sub(at) < longAgo {
		r.Charge.HostTime = at
	} else if ok {
		r.tomorrow, _ = m.HostTime.Time(now.Add(dayOff))
	}
	r.Text = saidBy(m)
	switch {
	case m.TID != tid:
		r.Text = fmt.Sprintf("risultato del terminale %s, il nostro è %s", m.TID, tid)
		return r
	case !m.Class.IsPayment():
		r.Text = fmt.Sprintf("%v, not a payment", m.Class)
		return r
	case m.Class == ecr17.ClassPayment:
		r.Class = ClassPlain
	default:
		r.Class = ClassPayment
	}
	switch {
	case errors.Is(err, ecr17.ErrContradictory):
		r.Text = "codice e contenuto del risultato si contraddicono"
	case err != nil:
		r.Text = "un risultato che non si legge intero"
	case m.Code == ecr17.ResultRefused:
		r.Sense = SenseRefused
		r.Empty = m.Reason == "" && noNumber(m.STAN) && noNumber(m.OnlineID)
	case m.Code != ecr17.ResultOK: // 05, 09 and what nobody knows
		r.Text = fmt.Sprintf("codice di risultato %q: %s", m.Code, r.Text)
	case r.Class == ClassPayment && !m.HasAmount:
		r.Text = "approvato, ma l'importo non si legge"
	case r.Class == ClassPayment && m.AmountCents == 0:
		r.Text = "approvato, con importo zero"
	default:
		r.Sense = SenseApproved
	}
	return r
}

// saidBy gives the terminal's words, or the sense of the host's code; never a card number.
func saidBy(m ecr17.Result) string {
	text, sense := ecr17.MaskDigits(m.Reason), m.ActionCode.Sense()
	switch {
	case m.Code == ecr17.ResultOK:
		return "approvato"
	case text == "":
		return sense
	case sense == "":
		return text
	}
	return text + " (" + sense + ")"
}

// noNumber: common fields are zero or blank when the host was never reached (ECR17 5, quirk 17).
func noNumber(s string) bool { return s == "" || s == "000000" }

func kindOf(c ecr17.Class) string {
	switch c.Effect() {
	case ecr17.EffectCharged, ecr17.EffectPerhaps:
		return "payment"
	case ecr17.EffectReturned:
		return "reversal"
	case ecr17.EffectBlocked, ecr17.EffectBlockedMore:
		return "preauth"
	}
	return "other"
}

// last is the reading for people who asked for the last result. Blanks of an empty memory are none.
func (r Reading) last() driver.Last {
	if r.Empty {
		return driver.Last{TerminalID: r.Charge.TerminalID, Text: "la memoria del terminale è vuota"}
	}
	l := driver.Last{
		Present: true, Raw: r.Raw, TerminalID: r.Charge.TerminalID, Kind: r.kind,
		Approved: r.Code == string(ecr17.ResultOK) && (r.Class == ClassForeign || r.Sense == SenseApproved), Charge: r.Charge,
	}
	l.Text = fmt.Sprintf("%s %s: %s", r.kind, r.Code, r.Text)
	return l
}

// Where a host time may lie: the attempt's own time, and some more for clocks and minutes (ECR17 6.3 M).
const (
	earlyBy = 2 * time.Minute
	lateBy  = 3 * time.Minute
	dayOff  = 24 * time.Hour // terminals count the days of the year from 0 or 1

	// longAgo: without a year, the time of a terminal that is a day ahead reads like one of almost a year ago.
	// Such a one is no time to write down; compared with the attempt's it may be tomorrow's (D32).
	longAgo = 360 * dayOff
)

// stanStep is how far the STAN may have moved on; more means another terminal or memory.
const stanStep = 5000

// matches says whether a new saved result is compatible with the attempt (M). The amount is compared
// where the message has one. sent is zero when nobody remembers it: then no time is evidence.
func (r Reading) matches(b driver.Baseline, amount int64, sent, lastActivity time.Time) bool {
	at := r.at()
	return r.compatible(b, amount) && !sent.IsZero() && !at.IsZero() &&
		(inWindow(at, sent, lastActivity) || inWindow(at.Add(-b.ClockOffset), sent, lastActivity))
}

// untimed: all but the time is compatible, and there is none to compare. That is no match, and no sign of
// somebody else either: a terminal that is a day ahead writes a day on 31 December that no year has (D32).
func (r Reading) untimed(b driver.Baseline, amount int64, sent time.Time) bool {
	return r.compatible(b, amount) && (sent.IsZero() || r.at().IsZero())
}

func (r Reading) compatible(b driver.Baseline, amount int64) bool {
	return r.Class != ClassForeign && (!r.HasAmount || r.Amount == amount) && stanFollows(b.LastSTAN, r.Charge.STAN)
}

// at is the host time by which a result is compared; zero: none.
func (r Reading) at() time.Time {
	if r.Charge.HostTime.IsZero() {
		return r.tomorrow
	}
	return r.Charge.HostTime
}

// terminalNow is the time by a clock that is so far ahead of ours: a host time has no year, and one that
// lies in the future is taken for last year's.
func terminalNow(ahead time.Duration) time.Time { return time.Now().Add(max(ahead, 0)) }

func inWindow(host, sent, lastActivity time.Time) bool {
	for _, shift := range []time.Duration{0, dayOff, -dayOff} {
		t := host.Add(shift)
		if !t.Before(sent.Add(-earlyBy)) && !t.After(lastActivity.Add(lateBy)) {
			return true
		}
	}
	return false
}

// notBefore reports a host time that does not lie before the minute of sending.
func (r Reading) notBefore(sent time.Time, offset time.Duration) bool {
	at := r.Charge.HostTime
	return !at.IsZero() && !at.Add(-max(offset, 0)).Before(sent.Truncate(time.Minute))
}

// longBefore reports an approval that the host gave before the attempt was sent, whichever of the clocks is
// right. It matters where the terminal did not tell its last result: then it may be that of a sale nobody has
// heard of (D11 without G). Without a time nothing is said; a day apart to the minute is the terminal's way of
// counting days (D32).
func (r Reading) longBefore(sent time.Time, offset time.Duration) bool {
	at := r.Charge.HostTime
	if at.IsZero() || sent.IsZero() {
		return false
	}
	now := time.Now()
	for _, meant := range []time.Time{at, at.Add(-offset)} {
		if !meant.Before(sent.Add(-earlyBy)) || inWindow(meant, sent, now) {
			return false
		}
	}
	return true
}

// stanFollows: forward by 1 to stanStep modulo a million, neither being zero. Without a STAN in the
// baseline any will do.
func stanFollows(before, after string) bool {
	if noNumber(after) {
		return false
	}
	if noNumber(before) {
		return true
	}
	var a, b int
	if _, err := fmt.Sscanf(before+" "+after, "%d %d", &a, &b); err != nil {
		return false
	}
	step := (b - a + 1_000_000) % 1_000_000
	return step >= 1 && step <= stanStep
}
