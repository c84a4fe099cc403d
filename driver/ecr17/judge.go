package ecr17

import (
	"fmt"
	"strings"

	"sportello/driver"
	"sportello/protocol/local"
)

// Judge is the one place where facts become a verdict: the decision table of ECR17 6.5 as corrected by
// design 5.3, first row that fits. It is pure: evidence of its own (an alarm) has no time
// yet. Unknown without Final means: wait, more may come.
//
// Its bias: a wrong "not charged" takes money twice, a wrong "charged" marks a debt as paid that is
// not. Both are refused; what is not proven goes to people.
func Judge(f Facts) driver.Outcome {
	exclusive := f.Exclusivity == driver.Exclusive
	shared := f.Exclusivity != driver.Exclusive && f.Exclusivity != driver.Manual
	totals := f.Totals
	if totals == TotalsLess { // row 6: totals are void
		totals = TotalsNotAsked
	}
	t0 := totals == TotalsNothing
	t0Measured := t0 && f.TotalsMeasured
	t1 := totals == TotalsOne

	// Row 1: L0, L1, L3.
	switch {
	case f.NothingSent:
		return notCharged(driver.NotSent, local.CodeLineLost, "nothing was sent")
	case f.CutShort:
		return notCharged(driver.NotCharged, local.CodeLineLost, "the command was not sent whole")
	case f.RefusedIdle:
		return notCharged(driver.NotCharged, local.CodeNAK, "")
	}
	// Row 2: the terminal's own word.
	if f.Direct != nil {
		if o, decided := direct(f); decided {
			return o
		}
	}
	// Row 3: another terminal.
	if f.Identity == IdentityOther {
		return people("", "another terminal answers at this address")
	}
	// Row 4: nothing to go by.
	if f.Identity == IdentityUnknown || f.Last == LastNotAsked || f.Last == LastNoAnswer {
		if f.GivenUp {
			return people("", "the terminal could not be asked")
		}
		return wait(f)
	}
	// Row 5: two sales of this size.
	if totals == TotalsTwo {
		return people("", "alarm: the totals show two charges of this amount")
	}
	if f.Last == LastNew {
		return judgeNew(f, exclusive, shared, t0, t0Measured, t1)
	}
	// Row 16: nothing newer saved, but it may still be at work.
	if !f.Quiet {
		if f.GivenUp {
			return people("", "the terminal was never quiet long enough")
		}
		return wait(f)
	}
	if f.Last == LastSame {
		return judgeSame(f, exclusive, t0, t0Measured, t1)
	}
	// Row 24: G unsupported, or its memory empty.
	switch {
	case exclusive && f.Reprint == ReprintOurs && t1:
		return chargedByEvidence(nil, "reprint and totals")
	case f.Reprint == ReprintPrevious && f.PrintsReference, t0Measured, exclusive && t0:
		return notCharged(driver.NotCharged, local.CodeByEvidence, "nothing newer on the terminal")
	}
	return people("", "the terminal does not tell its last result")
}

// direct is row 2 and the checks of ECR17 2.0 and 2.4. Undecided means that the message is no verdict
// and evidence must be gathered.
func direct(f Facts) (driver.Outcome, bool) {
	r := f.Direct
	charge := r.Charge
	switch {
	case r.Class == ClassForeign:
	case r.Sense == SenseRefused:
		code := local.CodeDeclined
		if noNumber(charge.STAN) && strings.Contains(r.Text, "ANNULL") { // the host was never reached
			code = local.CodeCancelled
		}
		return driver.Outcome{Verdict: driver.NotCharged, Charge: &charge, Reason: driver.Reason{Code: string(code), Text: r.Text}}, true
	case r.Sense == SenseApproved && r.Class == ClassPayment && r.Amount == f.AmountCents:
		return driver.Outcome{Verdict: driver.Charged, Charge: &charge, Reason: driver.Reason{Code: string(local.CodeApproved)}}, true
	case r.Sense == SenseApproved && r.Class == ClassPayment && r.Amount > 0:
		// Design 3.4: charged, with what the terminal says.
		return driver.Outcome{Verdict: driver.Charged, Charge: &charge, Reason: driver.Reason{
			Code: string(local.CodeAmountDiffers), Text: fmt.Sprintf("%d instead of %d cents", r.Amount, f.AmountCents)}}, true
	}
	return driver.Outcome{}, false
}

// judgeNew is rows 7 to 15: the terminal has saved something newer than the baseline.
func judgeNew(f Facts, exclusive, shared, t0, t0Measured, t1 bool) driver.Outcome {
	r := f.New
	payment := r.Class != ClassForeign
	approved := payment && r.Sense == SenseApproved
	refused := payment && r.Sense == SenseRefused
	ours := f.Reprint == ReprintOurs
	matches := f.Match && (r.Class == ClassPlain || r.Amount == f.AmountCents)
	switch {
	case !f.Novel && !ours: // there was no baseline to compare with: the row's first word, "newer", is not proven
		return people(presetIf(approved && matches, driver.Charged), "a saved result, but none to compare it with")
	case approved && matches && ours: // row 7
		return chargedByEvidence(r, "saved result, and our reference on the last receipt")
	case refused && ours: // row 8
		if !shared || t0Measured {
			return notChargedByEvidence(r)
		}
		return people("", "a refusal, perhaps of another cash register")
	case f.PrintsReference && (f.Reprint == ReprintNeither || f.Reprint == ReprintForeign && !foreignProves(f)),
		f.Reprint == ReprintPrevious && approved: // row 9
		return people("", "the last receipt is not ours")
	case approved && matches && r.Class == ClassPayment: // row 10
		if exclusive {
			return chargedByEvidence(r, "saved result")
		}
		return people(presetIf(t1, driver.Charged), "an approved payment of this amount, perhaps typed by hand or of another cash register")
	case approved && matches: // row 11; the baseline is always this attempt's own
		if exclusive {
			return chargedByEvidence(r, "saved result")
		}
		return people(presetIf(t1, driver.Charged), "an approved payment without an amount")
	case refused: // row 12; refusals carry no host time (design 5.3)
		if exclusive || t0Measured {
			return notChargedByEvidence(r)
		}
		return people("", "a refusal, perhaps of another payment")
	case approved: // row 13
		if !exclusive && foreignProves(f) {
			return notCharged(driver.NotCharged, local.CodeByEvidence, "the terminal's newer payment is proven to be another's")
		}
		return intruder(exclusive, "a newer approved payment with another amount or time")
	case r.Empty: // row 14, but no operation at all
		return people("", "the terminal's memory was cleared")
	case !payment: // row 14
		return intruder(exclusive, "a newer operation of another kind")
	case t1 && exclusive: // row 15
		return chargedByEvidence(nil, "totals")
	case t0Measured, exclusive && t0:
		return notChargedByEvidence(r)
	}
	return people("", "the saved result says neither charged nor refused")
}

// foreignProves is row 13's way to "not charged": the newer payment has a proven foreign reference and
// the totals show that one sale and nothing more.
func foreignProves(f Facts) bool {
	return f.Reprint == ReprintForeign && f.Totals == TotalsOther && f.TotalsMeasured
}

// judgeSame is rows 17 to 23: quiet, and nothing newer saved.
func judgeSame(f Facts, exclusive, t0, t0Measured, t1 bool) driver.Outcome {
	switch {
	case f.PrintsReference && (f.Reprint == ReprintNeither || f.Reprint == ReprintForeign): // row 9
		return people("", "the last receipt is not ours")
	case f.Reprint == ReprintPrevious && f.PrintsReference: // row 17
		return notCharged(driver.NotCharged, local.CodeByEvidence, "nothing newer on the terminal")
	case t0Measured: // row 18
		return notCharged(driver.NotCharged, local.CodeByEvidence, "totals unchanged")
	case t0: // row 19
		if exclusive {
			return notCharged(driver.NotCharged, local.CodeByEvidence, "totals as computed")
		}
		return people(driver.NotCharged, "totals as computed")
	case t1: // row 20
		if exclusive {
			return chargedByEvidence(nil, "totals")
		}
		return people(driver.Charged, "the totals grew by this amount, perhaps by hand")
	case f.Reprint == ReprintOurs: // row 21
		return people("", "our receipt, but no saved result")
	case !f.Acked && !f.Progress: // row 22
		return people(presetIf(exclusive, driver.NotCharged), "the terminal never acknowledged, and has nothing newer")
	}
	// Row 23.
	return people("", "the terminal began, and has nothing newer")
}

func presetIf(holds bool, v driver.Verdict) driver.Verdict {
	if holds {
		return v
	}
	return ""
}

func notCharged(v driver.Verdict, code local.Code, text string) driver.Outcome {
	return driver.Outcome{Verdict: v, Reason: driver.Reason{Code: string(code), Text: text}}
}

func chargedByEvidence(r *Reading, text string) driver.Outcome {
	o := driver.Outcome{Verdict: driver.Charged, Reason: driver.Reason{Code: string(local.CodeByEvidence), Text: text}}
	if r != nil {
		charge := r.Charge
		o.Charge = &charge
	}
	return o
}

func notChargedByEvidence(r *Reading) driver.Outcome {
	charge := r.Charge
	return driver.Outcome{Verdict: driver.NotCharged, Charge: &charge, Reason: driver.Reason{Code: string(local.CodeByEvidence), Text: r.Text}}
}

// people is Unknown with nothing more to ask.
func people(preset driver.Verdict, text string) driver.Outcome {
	return driver.Outcome{Verdict: driver.Unknown, Final: true, Preset: preset, Reason: driver.Reason{Code: string(local.CodeAwaitingPeople), Text: text}}
}

// intruder is for people, too. On a terminal that is ours alone it raises the alarm by which the till
// demotes it (design 5.4).
func intruder(exclusive bool, text string) driver.Outcome {
	o := people("", "alarm: "+text)
	if exclusive {
		o.Evidence = []driver.Evidence{{Kind: driver.EvidenceAlarm, Text: "alarm: not exclusive after all: " + text}}
	}
	return o
}

// wait is Unknown for now; the reason says how the exchange ended.
func wait(f Facts) driver.Outcome {
	switch {
	case f.Direct != nil:
		return driver.Outcome{Verdict: driver.Unknown, Reason: driver.Reason{Code: string(local.CodeOddAnswer), Text: f.Direct.Text}}
	case f.LineEnd != "":
		return driver.Outcome{Verdict: driver.Unknown, Reason: driver.Reason{Code: f.LineEnd}}
	}
	return driver.Outcome{Verdict: driver.Unknown, Reason: driver.Reason{Code: string(local.CodeNoAnswer)}}
}
