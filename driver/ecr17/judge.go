package ecr17

import (
	"fmt"
	"strings"

	"sportello/driver"
	"sportello/protocol/local"
)

// Judge is the one place where facts become a verdict: the decision table of ECR17 6.5 as corrected by
// design 5.3, first row that fits (rows.go). It is pure: evidence of its own (an alarm) has no time yet.
// Unknown without Final means: wait, more may come.
//
// Its bias: a wrong "not charged" takes money twice, a wrong "charged" marks a debt as paid that is
// not. Both are refused; what is not proven goes to people.
//
// Where it is more careful than the table, because a world was found in which the table is wrong
// (worlds_test.go):
//
//   - a total that is found again tells nothing when it was zero or just our amount: a session closed in
//     between leaves the same number (TotalsBlind);
//   - an unchanged total counts only after the quiet time, in every row: the sale may still be running;
//   - row 8 asks of a terminal with manual sales (E2) what it asks of a shared one: some terminals save the
//     refusal of a manual sale, too;
//   - rows 10, 11 and 7 need a total that does not contradict them: an approved sale that is not in the
//     total was cancelled;
//   - rows 8 and 12 wait for the quiet time under E1, too: what is saved may be how the terminal notes a sale that
//     has begun;
//   - rows 12, 17, 18, 19 and 24 say "not charged" only when nothing else speaks of a sale: neither a total
//     that grew nor our own receipt;
//   - row 13 under our own reference is a partial approval, not a stranger, and goes to people;
//   - a reference proven foreign, or a total that nobody explains, on a terminal that is ours alone is the
//     alarm, whatever the saved result says (design 5.4);
//   - the terminal's own "approved" without an amount (71 bytes) is confirmed before it counts, and is never
//     overruled by the rest;
//   - a total computed by us decides beside an unchanged saved result only (row 19), never alone (rows 15, 20 and 24): a
//     session that closed by itself overnight makes it wrong, and a day of equal fees makes the wrong one fit;
//   - a saved result that the ledger has is no novelty (rows 7 to 15): some terminals tell the last but one;
//   - an approved payment that the terminal told where it cannot count bars "not charged" by evidence (beside.go).
func Judge(f Facts) driver.Outcome {
	o, _ := decide(f)
	return o
}

// decide is Judge, and the row that fitted.
func decide(f Facts) (driver.Outcome, string) {
	if f.Totals == TotalsLess || f.Totals == TotalsBlind { // row 6: void, as if not read
		f.Totals, f.TotalsMeasured = TotalsNotAsked, false
	}
	for _, r := range rows {
		o, fits := r.judge(f)
		if !fits {
			continue
		}
		if byEvidence := r.id != "01" && r.id != "02"; byEvidence && o.Verdict == driver.NotCharged && f.Beside != nil {
			ours := f.Beside.Amount == f.AmountCents || f.Beside.Class == ClassPlain
			o = people(presetIf(ours, driver.Charged), "il terminale ha detto approvato dove non può valere")
		}
		return o, r.id
	}
	return people("", "le prove non rientrano in nessuna regola"), "else"
}

// row is one line of the table: does it fit, and what is the verdict.
type row struct {
	id    string
	judge func(Facts) (driver.Outcome, bool)
}

// rows in the order in which they are tried. Row 6 is in decide. Row 16 comes before those that need
// the quiet time, row 9 before those that it forbids; the order of the numbers is that of ECR17 6.5.
var rows = []row{
	{"01", row01}, {"02", row02}, {"03", row03}, {"04", row04}, {"05", row05}, {"02b", row02b},
	{"novelty", rowNovelty}, {"07", row07}, {"08", row08}, {"09", row09}, {"10", row10}, {"11", row11}, {"12", row12},
	{"13", row13}, {"14", row14}, {"15", row15},
	{"16", row16}, {"total", rowTotal}, {"17", row17}, {"18", row18}, {"19", row19}, {"20", row20}, {"21", row21}, {"22", row22}, {"23", row23},
	{"24", row24},
}

func (f Facts) exclusive() bool { return f.Exclusivity == driver.Exclusive }

// same, fresh: G= and G≠.
func (f Facts) same() bool  { return f.Last == LastSame }
func (f Facts) fresh() bool { return f.Last == LastNew && f.New != nil }

func (f Facts) ours() bool { return f.Reprint == ReprintOurs }

// approved, refused: what the newer saved result says of a payment.
func (f Facts) approved() bool {
	return f.fresh() && f.New.Class != ClassForeign && f.New.Sense == SenseApproved
}

func (f Facts) refused() bool {
	return f.fresh() && f.New.Class != ClassForeign && f.New.Sense == SenseRefused
}

// matched: approved, compatible with the attempt, and of our amount where it tells one.
func (f Facts) matched() bool {
	return f.approved() && f.Match && (f.New.Class == ClassPlain || f.New.Amount == f.AmountCents)
}

// t0, t0Measured: the total is the one from before. t0Measured is enough on any terminal, t0 where every
// sale passes through us.
func (f Facts) t0() bool         { return f.Totals == TotalsNothing && f.Quiet }
func (f Facts) t0Measured() bool { return f.t0() && f.TotalsMeasured }

// r0: the last receipt is the one from before, on a terminal proven to print our references.
func (f Facts) r0() bool { return f.Reprint == ReprintPrevious && f.PrintsReference }

// saidApproved: the terminal said 00 on our own line, without an amount.
func (f Facts) saidApproved() bool {
	return f.Direct != nil && f.Direct.Class == ClassPlain && f.Direct.Sense == SenseApproved
}

// early: an unchanged measured total would decide, but only after the quiet time.
func (f Facts) early(total Totals) bool {
	return f.Totals == total && f.TotalsMeasured && !f.Quiet && !f.GivenUp
}

// direct is the terminal's own word with the checks of ECR17 2.0 and 2.4. Undecided means that the message
// is no verdict and evidence must be gathered. "05" (no card in the reader) is not a refusal: we never ask
// with the card already in (design 5.3).
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
			Code: string(local.CodeAmountDiffers), Text: fmt.Sprintf("%d centesimi invece di %d", r.Amount, f.AmountCents)}}, true
	}
	return driver.Outcome{}, false
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
	o := people("", "allarme: "+text)
	if exclusive {
		o.Evidence = []driver.Evidence{{Kind: driver.EvidenceAlarm, Text: "allarme: il terminale non è solo di questo sportello: " + text}}
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
