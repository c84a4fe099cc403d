package ecr17

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"sportello/driver"
	"sportello/protocol/ecr17"
	"sportello/protocol/local"
)

// Two more questions that move no money: the copy of the last receipt (R) and the total (T). Resolve asks
// them of a session on which the status was answered; Reprint, Totals and the pre-flight may do the same.

// askSlip asks the copy of the last financial receipt and takes every piece of it. Present is false when
// the terminal acknowledges and sends none (S13). The error is errNAK when the
// terminal does not know the command, and errDecided when the word of the session's attempt came instead.
func (t *terminal) askSlip(s *session) (driver.Slip, error) {
	_, err := s.ask(query{
		message: ecr17.ReprintRequest{TID: t.cfg.TerminalID, ToECR: true}, answers: answerNone, sends: t.profile.sends,
	})
	if err != nil {
		return driver.Slip{}, err
	}
	copied, err := s.slip()
	return slipOf(&copied, t.slipOptions()), err
}

func slipOf(copied *ticket, options ecr17.TicketOption) driver.Slip {
	text, raw, complete := copied.read(options)
	if len(raw) == 0 {
		return driver.Slip{}
	}
	return driver.Slip{
		Present: true, Text: text, Complete: complete, Raw: raw, References: references(string(raw)),
	}
}

// askTotals is total with the answer as it came. A total that cannot be read is absent, never zero (D38).
func (t *terminal) askTotals(s *session, wait time.Duration, sends int) (total driver.Totals, raw []byte, err error) {
	r, err := s.ask(query{
		message: ecr17.TotalsRequest{TID: t.cfg.TerminalID, CashRegister: t.cfg.CashRegisterID}, answers: answerTotals,
		wait: wait, sends: sends,
	})
	if err != nil {
		return driver.Totals{}, nil, err
	}
	return readTotals(r.frame.Payload, t.cfg.TerminalID), r.frame.Payload, nil
}

func readTotals(payload []byte, tid string) driver.Totals {
	a, err := ecr17.DecodeAs[ecr17.TotalsAnswer](ecr17.FromTerminal, payload, ecr17.Lenient)
	if err != nil || a.TID != tid || a.Code != ecr17.ResultOK || !a.HasTotal {
		return driver.Totals{}
	}
	return driver.Totals{Present: true, Cents: a.TotalCents}
}

// aReference has the form of a payment reference: RIF, the installation, eight random characters
// (design 5.1).
var aReference = regexp.MustCompile(`RIF[A-Z0-9]{2}[A-HJ-NP-Z2-9]{8}`)

// references are what looks like a payment reference on a receipt, also where the paper's width cut it in
// two. Words of the receipt may look so by chance: ask the ledger.
func references(text string) []string {
	found := wholeReferences(text)
	for _, one := range strings.Split(text, string(rune(ecr17.ESC))) {
		found = append(found, aReference.FindAllString(ecr17.PrintedText(one), -1)...)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// wholeReferences are those that stand alone on their line: chance does not make one.
func wholeReferences(text string) (found []string) {
	for _, one := range ecr17.ReadTickets(text, 0) {
		for _, l := range one.Lines {
			for _, word := range strings.Fields(l.Text()) {
				if aReference.FindString(word) == word {
					found = append(found, word)
				}
			}
		}
	}
	return found
}

// compareSlip says whose the last receipt is. Ours and the previous one are looked for as they went out,
// across line ends; a foreign one must stand alone and be denied by the ledger.
func compareSlip(slip *driver.Slip, a driver.Attempt) Reprint {
	if slip == nil {
		return ReprintNotAsked
	}
	text := string(slip.Raw)
	ours, previous := ecr17.FindReference(text, a.Reference), ecr17.FindReference(text, a.Baseline.Previous)
	foreign := slices.ContainsFunc(wholeReferences(text), func(r string) bool {
		return r != a.Reference && r != a.Baseline.Previous && a.Knows != nil && !a.Knows(r)
	})
	switch {
	case !slip.Present: // "no copy" is no receipt of somebody else's either, but nothing is proven by it (S13)
		return ReprintNeither
	case ours && !previous && !foreign:
		return ReprintOurs
	case previous && !ours && !foreign:
		return ReprintPrevious
	case foreign && !ours && !previous:
		return ReprintForeign
	}
	return ReprintNeither
}

// compareTotal sets the total that the terminal tells now against the one before the payment. r is the
// result it has saved since, nil when there is none.
//
// A total from before that was zero, or just our amount, tells nothing when it is found again: a session
// closed in between, before or after our sale, leaves the same number.
func compareTotal(before *driver.Total, now *int64, amount int64, r *Reading) Totals {
	if before == nil || now == nil || before.Partial {
		return TotalsNotAsked
	}
	grown := *now - before.Cents
	blind := before.Cents == 0 || before.Cents == amount
	switch {
	case grown < 0:
		return TotalsLess
	case grown == amount:
		return TotalsOne
	case grown == 2*amount:
		return TotalsTwo
	case grown == 0 && blind:
		return TotalsBlind
	case grown == 0:
		return TotalsNothing
	case r == nil || !r.HasAmount || r.Sense != SenseApproved || r.Amount != grown:
		return TotalsUnexplained
	case blind:
		return TotalsBlind
	}
	return TotalsOther
}

// gather asks R and T for the first round in which they may tell something: there is a newer result, or
// nothing newer for the quiet time. When the saved result changes, or the quiet time passes, they are asked
// again, a few times at most: a terminal may be slow at them.
func (l *ladder) gather(s *session, seen *sight, quiet bool) {
	if seen.identity != IdentitySame || seen.last != LastNew && !quiet {
		return
	}
	key := fmt.Sprint(seen.last, quiet, string(seen.reading.Raw))
	if l.asked.key != key {
		l.asked.key, l.asked.slip, l.asked.total = key, nil, nil
	}
	base := l.attempt.Baseline
	if l.asked.slip == nil && l.asked.slips < mostQuestions && l.t.mayReprint() {
		l.asked.slips++
		if slip, err := l.t.askSlip(s); err == nil {
			l.asked.slip = &slip
			l.e.note(driver.EvidenceTicket, slipText(compareSlip(&slip, l.attempt)), slip.Raw)
		} else if errors.Is(err, errNAK) {
			l.asked.slips = mostQuestions
		}
	}
	if l.asked.total == nil && l.asked.totals < mostQuestions && base.Total != nil && !l.e.pending {
		l.asked.totals++
		if total, raw, err := l.t.askTotals(s, l.t.profile.totalsWait, l.t.profile.sends); err == nil {
			if total.Present {
				l.asked.total = &total.Cents
			} else {
				l.asked.totals = mostQuestions
			}
			l.e.note(driver.EvidenceTotals, totalText(base.Total, total), raw)
		} else if errors.Is(err, errNAK) {
			l.asked.totals = mostQuestions
		}
	}
	seen.slip, seen.total = l.asked.slip, l.asked.total
}

// mostQuestions bounds how often one Resolve asks R, and T. Each question is repeated as often as any other
// that the terminal does not acknowledge.
const mostQuestions = 4

func slipText(r Reprint) string {
	switch r {
	case ReprintOurs:
		return "ultimo scontrino: il nostro riferimento"
	case ReprintPrevious:
		return "ultimo scontrino: il pagamento precedente"
	case ReprintForeign:
		return "ultimo scontrino: un riferimento che non è di questo registro"
	}
	return "ultimo scontrino: nessun riferimento noto"
}

func totalText(before *driver.Total, now driver.Totals) string {
	how := "calcolato"
	switch {
	case before.Partial:
		how = "letto, ma non tutto"
	case before.Measured:
		how = "letto"
	}
	if !now.Present {
		return fmt.Sprintf("totale di prima %s (%s), ora il terminale non lo dice", local.Money(before.Cents, local.Italian), how)
	}
	return fmt.Sprintf("totale di prima %s (%s), ora %s", local.Money(before.Cents, local.Italian), how, local.Money(now.Cents, local.Italian))
}

// mayReprint: the passport says that the terminal answers R, and that its last result survives it.
func (t *terminal) mayReprint() bool {
	p, ok := t.commissioned()
	return ok && p.Reprints == driver.AnswerYes
}

// prints: the passport says that our reference was read on a copy of a receipt.
func (t *terminal) prints() bool {
	p, ok := t.commissioned()
	return ok && p.Prints == driver.AnswerYes
}
