package ecr17

import (
	"sportello/driver"
	"sportello/protocol/local"
)

// The rows of ECR17 6.5, one function each, with the risk that stays when it decides. The test of the
// worlds (worlds_test.go) holds the same risks as data: in no other world is a verdict wrong.

var no = driver.Outcome{} // the row does not fit

// row01: L0, L1, L3: nothing whole has left, or it was refused and the terminal was found idle.
// Residual: a terminal that refuses with NAK, carries the payment out all the same, shows no sign of work
// for the whole check and has nothing saved at its end (R06 without a sign).
func row01(f Facts) (driver.Outcome, bool) {
	switch {
	case f.NothingSent:
		return notCharged(driver.NotSent, local.CodeLineLost, "non è partito nulla"), true
	case f.CutShort:
		return notCharged(driver.NotCharged, local.CodeLineLost, "il comando non è partito intero"), true
	case f.RefusedIdle:
		return notCharged(driver.NotCharged, local.CodeNAK, ""), true
	}
	return no, false
}

// row02: the terminal's own word (A). Residual: it cancels an approved sale with the host afterwards, for
// want of our ACK or at a reboot (L10, D13): charged, though nothing is taken; under E2 and E3, likewise one that
// somebody gives back afterwards. The receipt that never comes shows it.
func row02(f Facts) (driver.Outcome, bool) {
	if f.Direct == nil {
		return no, false
	}
	return direct(f)
}

// row02b: its word, but without the amount (71 bytes: the answer to P, or D24). The saved result repeats it,
// or the total grew by our amount, or our receipt is there: then it counts. Otherwise people, and "charged"
// is what they will find. Residual: that of row02; and an approval of another amount than asked, which shows only
// where totals are read.
func row02b(f Facts) (driver.Outcome, bool) {
	if !f.saidApproved() {
		return no, false
	}
	switch {
	case f.Totals == TotalsOne, f.Totals == TotalsNotAsked && (f.Repeats || f.ours()):
		return chargedByEvidence(f.Direct, "approvato, e confermato da ciò che il terminale ha salvato"), true
	case !f.Quiet && !f.GivenUp && (f.Totals == TotalsNothing || !f.fresh()):
		return wait(f), true
	}
	return people(driver.Charged, "approvato, ma nulla conferma l'importo"), true
}

// row03: another terminal, or other software, answers at this address.
func row03(f Facts) (driver.Outcome, bool) {
	if f.Identity != IdentityOther {
		return no, false
	}
	return people(presetIf(f.saidApproved(), driver.Charged), "a questo indirizzo risponde un altro terminale"), true
}

// row04: nothing to go by. (R and T are asked only of a terminal that answers G, with its last result or
// with a NAK.)
func row04(f Facts) (driver.Outcome, bool) {
	if f.Identity == IdentitySame && f.Last != LastNotAsked && f.Last != LastNoAnswer {
		return no, false
	}
	if f.GivenUp {
		return people(presetIf(f.saidApproved(), driver.Charged), "non si è potuto chiedere al terminale"), true
	}
	return wait(f), true
}

// row05: two sales of this size.
func row05(f Facts) (driver.Outcome, bool) {
	if f.Totals != TotalsTwo {
		return no, false
	}
	return intruder(f.exclusive(), "i totali mostrano due addebiti di questo importo"), true
}

// rowNovelty is the first word of rows 7 to 15, "newer": there was no baseline to compare with, or the saved result
// is older than it. Our receipt proves that something of ours is newer, but not that it was refused.
func rowNovelty(f Facts) (driver.Outcome, bool) {
	switch {
	case f.fresh() && f.Older:
		return people("", "il risultato salvato è di prima del pagamento"), true
	case !f.fresh() || f.Novel || f.ours():
		return no, false
	}
	return people(presetIf(f.matched(), driver.Charged), "c'è un risultato salvato, ma nessuno di prima con cui confrontarlo"), true
}

// cancelled is the part that rows 7, 10 and 11 have in common: an approved sale that is not in the total.
func cancelled(f Facts) (driver.Outcome, bool) {
	switch {
	case f.Totals != TotalsNothing:
		return no, false
	case !f.Quiet && !f.GivenUp:
		return wait(f), true
	}
	return people(driver.Charged, "un pagamento approvato che non è nel totale: forse annullato dopo"), true
}

// row07: G≠ 00, M, R+. Residual: the cancellation of row02 after we looked, or where no total is read; 71 bytes
// without an amount, of which no total tells that only a part was approved; and, where others sell (E2, E3), a
// compatible sale just before ours (of the same amount, or 71 bytes without one), which then was refused, or
// approved in part, with a receipt but without being saved.
func row07(f Facts) (driver.Outcome, bool) {
	if !f.matched() || !f.ours() {
		return no, false
	}
	if o, undone := cancelled(f); undone {
		return o, true
	}
	if f.Direct != nil && !f.Repeats && !f.exclusive() {
		return people("", "lo scontrino è nostro, ma il risultato salvato non è quello che il terminale ci ha detto"), true
	}
	if f.Totals == TotalsUnexplained {
		return people(driver.Charged, "scontrino nostro e questo importo, ma il totale è cresciuto d'altro"), true
	}
	return chargedByEvidence(f.New, "risultato salvato, e il nostro riferimento sull'ultimo scontrino"), true
}

// row08: G≠ 01, R+. Under E1 the refusal is ours. Elsewhere another's refusal may have come after our
// approved sale: only an unchanged total excludes that. Residual under E2 and E3: it died right after printing
// our receipt, with nothing saved or added up, beside another's refusal; or a reversal or a close hides our
// sale, as in row18.
func row08(f Facts) (driver.Outcome, bool) {
	if !f.refused() || !f.ours() {
		return no, false
	}
	return refusal8and12(f, "un rifiuto, forse di un'altra cassa o digitato a mano")
}

// refusal8and12 is what rows 8 and 12 say of a newer refusal: after the quiet time, for some terminals note a sale as
// failed when it begins, and correct that when it ends.
func refusal8and12(f Facts, text string) (driver.Outcome, bool) {
	switch {
	case f.exclusive() && !f.Quiet && !f.GivenUp, f.early(TotalsNothing):
		return wait(f), true
	case f.exclusive() && f.Totals.grew():
		return intruder(f.exclusive(), "un rifiuto, ma il totale è cresciuto"), true
	case f.exclusive() && f.Quiet, f.t0Measured():
		return notChargedByEvidence(f.New), true
	}
	return people(presetIf(f.exclusive(), driver.NotCharged), text), true
}

// row09: the last receipt is not ours and not the one before; or the one before, together with an approval
// that should have printed. A foreign one is left to row 13 when the saved result is not ours either and, under
// E2 and E3, its sum is accounted for.
func row09(f Facts) (driver.Outcome, bool) {
	mismatch := f.approved() && !f.matched()
	switch {
	case f.Last != LastNew && !f.Quiet: // row 16 first
	case f.Reprint == ReprintForeign && f.exclusive() && !mismatch:
		return intruder(true, "l'ultimo scontrino ha un riferimento d'altri"), true
	case f.Reprint == ReprintForeign && !f.exclusive() && !(mismatch && f.Totals == TotalsOther && f.TotalsMeasured),
		f.Reprint == ReprintNeither && f.PrintsReference,
		f.Reprint == ReprintPrevious && f.approved():
		return people("", "l'ultimo scontrino non è nostro"), true
	}
	return no, false
}

// row10: G≠ 00, M with the amount. Residual: the cancellation of row02. Elsewhere than E1 a sale of the same amount by
// somebody else looks the same.
func row10(f Facts) (driver.Outcome, bool) {
	if !f.matched() || f.New.Class != ClassPayment {
		return no, false
	}
	return approval10and11(f, "un pagamento approvato di questo importo, forse digitato a mano o di un'altra cassa")
}

// row11: G≠ 00, M without an amount. The baseline is always this attempt's own. Residual: the
// cancellation of row02, and the other amount of row02b.
func row11(f Facts) (driver.Outcome, bool) {
	if !f.matched() {
		return no, false
	}
	return approval10and11(f, "un pagamento approvato senza importo")
}

func approval10and11(f Facts, text string) (driver.Outcome, bool) {
	if o, undone := cancelled(f); undone {
		return o, true
	}
	switch {
	case !f.exclusive():
		return people(presetIf(f.Totals == TotalsOne, driver.Charged), text), true
	case f.Totals == TotalsUnexplained:
		return intruder(f.exclusive(), "un pagamento approvato, ma il totale è cresciuto d'altro"), true
	case f.New.Class == ClassPlain && f.Totals == TotalsOther:
		return people(driver.Charged, text), true
	}
	return chargedByEvidence(f.New, "risultato salvato"), true
}

// row12: G≠ 01. Under E1 novelty and terminal id suffice: refusals carry no host time (design 5.3).
// Residual under E1: that of row16; under E2 and E3 that of row18.
func row12(f Facts) (driver.Outcome, bool) {
	if !f.refused() {
		return no, false
	}
	return refusal8and12(f, "un rifiuto, forse di un altro pagamento")
}

// row13: G≠ 00, and amount or time do not match. Under our own reference it is a partial approval, or the
// time is wrong. Under E1 it is a stranger, except where only the time cannot be read: then it is most likely
// ours, but nothing proves it. Elsewhere it is "not charged" only with a proven foreign
// reference and a total that grew by just that sale, after the quiet time. Residual: that of row18, also
// when ours was printed, and then another's, before the terminal died; and a partial approval of ours that was
// saved but not printed, under the printed refusal of another cash register.
func row13(f Facts) (driver.Outcome, bool) {
	if !f.approved() {
		return no, false
	}
	const text = "un pagamento approvato più recente, di altro importo o altra ora"
	foreign := f.Reprint == ReprintForeign && !f.exclusive()
	switch {
	case f.ours():
		return people(driver.Charged, "scontrino nostro, e un pagamento approvato di altro importo o altra ora"), true
	case foreign && f.Totals == TotalsOther && f.TotalsMeasured && f.Quiet:
		return notCharged(driver.NotCharged, local.CodeByEvidence, "è provato che il pagamento più recente del terminale è d'altri"), true
	case foreign && f.early(TotalsOther):
		return wait(f), true
	case f.Repeats: // an earlier number: see exchange.taken
		return people("", "il terminale ha detto approvato e lo ha salvato, ma con il numero di un pagamento precedente"), true
	case f.Untimed && f.exclusive() && f.Totals != TotalsUnexplained && f.Reprint != ReprintForeign:
		return people(driver.Charged, "un pagamento approvato più recente che corrisponde, ma la sua ora non si legge"), true
	}
	return intruder(f.exclusive(), text), true
}

// row14: G≠ of another class, or a memory that was cleared, which is nobody's operation.
func row14(f Facts) (driver.Outcome, bool) {
	switch {
	case !f.fresh() || f.New.Class != ClassForeign:
		return no, false
	case f.New.Empty:
		return people("", "la memoria del terminale è stata cancellata"), true
	}
	return intruder(f.exclusive(), "un'operazione più recente di altro tipo"), true
}

// row15: G≠ 09, 888, contradictory. A computed total does not decide, for nothing else speaks. Residual: as rows 20 and 18, which judge by the total alone, too.
func row15(f Facts) (driver.Outcome, bool) {
	switch {
	case !f.fresh():
		return no, false
	case f.Totals == TotalsOne && f.TotalsMeasured && f.exclusive():
		return chargedByEvidence(nil, "totali"), true
	case f.t0Measured():
		return notChargedByEvidence(f.New), true
	case f.early(TotalsNothing), f.exclusive() && f.Totals == TotalsNothing && !f.Quiet && !f.GivenUp:
		return wait(f), true
	}
	return people(f.byTotal(), "il risultato salvato non dice né addebitato né rifiutato"), true
}

// row16: nothing newer saved, but it may still be at work. Residual of all that follow: a terminal that
// answers everything from a second thread and carries our command out after the quiet time.
func row16(f Facts) (driver.Outcome, bool) {
	switch {
	case f.Quiet:
		return no, false
	case f.GivenUp:
		return people("", "il terminale non è mai rimasto fermo abbastanza"), true
	}
	return wait(f), true
}

// rowTotal: nothing newer saved, but a total that nobody of ours explains (design 5.4).
func rowTotal(f Facts) (driver.Outcome, bool) {
	if f.fresh() || f.Totals != TotalsUnexplained {
		return no, false
	}
	return intruder(f.exclusive(), "nulla di più recente salvato, ma il totale è cresciuto di un altro importo"), true
}

// row17: G=, R0, and no total that grew. Residual: the host approved and the terminal died before it saved
// anything; terminals cancel such a sale with the host at the next contact, and the end of the day shows
// the rest.
func row17(f Facts) (driver.Outcome, bool) {
	if !f.same() || !f.r0() || f.Totals.grew() {
		return no, false
	}
	return notCharged(driver.NotCharged, local.CodeByEvidence, "nulla di più recente sul terminale"), true
}

// row18: G=, T0 measured. Residual: that of row17, also when it died right after printing and the copy is not
// read; and where others sell, a reversal of the same amount, or
// a close and sales that make up exactly the total from before, hide our sale.
func row18(f Facts) (driver.Outcome, bool) {
	if !f.same() || !f.t0Measured() || f.ours() {
		return no, false
	}
	return notCharged(driver.NotCharged, local.CodeByEvidence, "totali invariati"), true
}

// row19: G=, T0 computed: our own bookkeeping counts only where every sale is ours. Residual: that of row17; and sums
// that lack a close which nobody saw, under a sale that was added up and died before it was saved.
func row19(f Facts) (driver.Outcome, bool) {
	switch {
	case !f.same() || !f.t0() || f.ours():
		return no, false
	case f.exclusive():
		return notCharged(driver.NotCharged, local.CodeByEvidence, "totali come calcolati"), true
	}
	return people(driver.NotCharged, "totali come calcolati"), true
}

// row20: G=, T1 measured. With the receipt from before it contradicts itself; computed, it may be an earlier charge that
// the sums lack. Residual: the cancellation of row02.
func row20(f Facts) (driver.Outcome, bool) {
	switch {
	case !f.same() || f.Totals != TotalsOne:
		return no, false
	case f.exclusive() && f.TotalsMeasured && !f.r0():
		return chargedByEvidence(nil, "totali"), true
	}
	return people(driver.Charged, "i totali sono cresciuti di questo importo, forse a mano"), true
}

// row21: G=, R+ (with T1 it is row 20's).
func row21(f Facts) (driver.Outcome, bool) {
	if !f.same() || !f.ours() {
		return no, false
	}
	return people("", "scontrino nostro, ma nessun risultato salvato"), true
}

// row22: G=, never acknowledged, no sign of work.
func row22(f Facts) (driver.Outcome, bool) {
	if !f.same() || f.Acked || f.Progress {
		return no, false
	}
	return people(presetIf(f.exclusive(), driver.NotCharged), "il terminale non ha mai confermato, e non ha nulla di più recente"), true
}

// row23: G=, it had begun.
func row23(f Facts) (driver.Outcome, bool) {
	if !f.same() {
		return no, false
	}
	return people("", "il terminale ha cominciato, e non ha nulla di più recente"), true
}

// row24: G unsupported, or its memory empty. A computed total does not decide, for nothing else speaks. Residual: those of rows 17, 18 and 20; nothing but the total tells
// a reversal of the same amount then.
func row24(f Facts) (driver.Outcome, bool) {
	switch {
	case f.Last != LastUnsupported:
		return no, false
	case f.exclusive() && f.ours() && f.Totals == TotalsOne && f.TotalsMeasured:
		return chargedByEvidence(nil, "ristampa e totali"), true
	case f.r0() && !f.Totals.grew(), f.t0Measured() && !f.ours():
		return notCharged(driver.NotCharged, local.CodeByEvidence, "nulla di più recente sul terminale"), true
	}
	return people(f.byTotal(), "il terminale non dice il suo ultimo risultato"), true
}

// byTotal is what people will most likely find where a computed total is all there is: under E1, and nothing else.
func (f Facts) byTotal() driver.Verdict {
	switch {
	case !f.exclusive() || f.TotalsMeasured || f.ours() || f.r0():
		return ""
	case f.Totals == TotalsOne:
		return driver.Charged
	case f.t0():
		return driver.NotCharged
	}
	return ""
}
