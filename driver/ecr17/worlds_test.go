package ecr17

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"

	"sportello/driver"
	"sportello/protocol/local"
)

var moreWorlds = flag.Int("worlds", 1, "how many times the usual number of worlds to walk")

// residuals are the worlds in which a verdict is wrong and no evidence could tell: the risk that rows.go
// names beside each row. Every one of them must occur, or it is none; no other world may be judged wrong.
var residuals = []struct {
	name string
	why  string
	fits func(w world, f Facts, row string, v driver.Verdict) bool
}{
	{"died before it saved anything", "the host approved; the terminal shows the state from before. Terminals cancel such a sale at the next contact; the day's comparison shows the rest",
		func(w world, _ Facts, row string, v driver.Verdict) bool {
			return v == driver.NotCharged && w.fate == "died at once" && row != "01" && row != "02"
		}},
	{"died before it printed", "the host approved and the total grew, but it is not read or was closed, and the last receipt is the one from before",
		func(w world, f Facts, row string, v driver.Verdict) bool {
			died := w.fate == "died after the total" ||
				w.fate == "died before the receipt" && (w.kind.saves != "works" || w.before == "tells the cancel before")
			return v == driver.NotCharged && died && f.r0() && !f.Totals.grew() && (row == "17" || row == "24")
		}},
	{"died after it printed", "the host approved and the receipt is in the clerk's hand, but nothing is saved and the total never grew, and the copy is not read, or another's refusal is saved beside it",
		func(w world, f Facts, row string, v driver.Verdict) bool {
			return v == driver.NotCharged && w.fate == "died after the receipt" && (!f.ours() || row == "08") && row != "02"
		}},
	{"carried out after the quiet time", "it answers from a second thread and the command waits longer than the quiet time",
		func(w world, _ Facts, row string, v driver.Verdict) bool {
			return v == driver.NotCharged && strings.HasPrefix(w.fate, "running") && w.quiet && row != "01" && row != "02"
		}},
	{"cancelled afterwards", "approved by the terminal's word or memory, then cancelled with the host by itself (D13)",
		func(w world, _ Facts, _ string, v driver.Verdict) bool {
			return v == driver.Charged && w.host == "cancelled"
		}},
	{"given back by others", "approved by the terminal's own word, then reversed at its keys or by another cash register",
		func(w world, _ Facts, row string, v driver.Verdict) bool {
			return v == driver.Charged && undoes(w.after) && w.claim != driver.Exclusive
		}},
	{"NAK, and yet carried out", "without any sign of work during the check",
		func(w world, _ Facts, row string, v driver.Verdict) bool {
			return v == driver.NotCharged && row == "01" && w.line == "NAK"
		}},
	{"hidden by a reversal", "somebody gave back an earlier sale of the same amount between our pre-flight and our sale: the total is the one from before",
		func(w world, _ Facts, row string, v driver.Verdict) bool {
			return v == driver.NotCharged && w.claim != driver.Exclusive && undoes(w.before) && w.kind.total == "measured"
		}},
	{"hidden by a close", "the session was closed in between and sales make up exactly the total from before",
		func(w world, _ Facts, row string, v driver.Verdict) bool {
			return v == driver.NotCharged && w.claim != driver.Exclusive && closes(w) && w.kind.total == "measured"
		}},
	{"printed but not saved", "the saved result is another's sale of the same amount, the last receipt is that of our refusal, or of a partial approval",
		func(w world, _ Facts, row string, v driver.Verdict) bool {
			unsaved := w.fate == "died before saving" || w.fate == "died after the receipt"
			return v == driver.Charged && row == "07" && w.claim != driver.Exclusive && unsaved && w.line != "result" &&
				(w.kind.refusals || w.host == "partial" || w.host == "odd and nothing")
		}},
	{"partial, saved, not printed", "the saved result is a partial approval of ours, the last receipt another's refusal from just before, or from after it where the last result but one is told: together they look like another's sale",
		func(w world, _ Facts, row string, v driver.Verdict) bool {
			apart := w.fate == "died before the receipt" || strings.HasPrefix(w.before, "tells ")
			return v == driver.NotCharged && row == "13" && w.host == "partial" && apart && w.kind.refusals
		}},
	{"sums that lack a close", "our own sums are wrong by exactly our amount, because a session closed by itself or for want of a charge, and the sale was added up but not saved, or the terminal tells its last result but one and that looks the same",
		func(w world, _ Facts, row string, v driver.Verdict) bool {
			return v == driver.NotCharged && row == "19" && (w.kind.total == "over" || w.kind.total == "under")
		}},
	{"falls back to a cancel", "approved, and then the terminal, which has lost its memory of that, tells an older refusal that reached no host: it has neither number nor time (design 5.3)",
		func(w world, f Facts, row string, v driver.Verdict) bool {
			return v == driver.NotCharged && (row == "08" || row == "12" || row == "17") && strings.Contains(w.before+w.after, "to a cancel") && !f.Totals.grew()
		}},
	{"counts ours elsewhere", "the terminal's totals leave payments like ours out. Commissioning reads totals before a payment only where they hold the last charge, and a total that a charge left as it was is not used again",
		func(w world, f Facts, row string, v driver.Verdict) bool {
			return v == driver.NotCharged && w.before == "counts ours elsewhere" && (f.TotalsMeasured || row == "19")
		}},
	{"another amount, untold", "71 bytes tell no amount; without totals a partial approval looks whole",
		func(w world, _ Facts, row string, v driver.Verdict) bool {
			return v == driver.Charged && w.host == "partial" && w.kind.plain
		}},
}

func undoes(deeds string) bool { return deeds == "hand undoes" || deeds == "till undoes" }

func closes(w world) bool {
	return len(w.before) >= 5 && w.before[:5] == "close" || len(w.after) >= 5 && w.after[:5] == "close"
}

// TestWorlds is design 5.8: no world in which the card is charged in the end is judged not charged, none
// in which it is not is judged charged, the residuals apart.
func TestWorlds(t *testing.T) {
	t.Parallel() // it works while the tests over real lines wait
	hit, verdicts, lies, wrong, n := make([]int, len(residuals)), map[string]int{}, map[string]int{}, 0, 0
	walk(func(w world) {
		n++
		l, truth := w.live()
		facts := l.facts()
		o, row := decide(facts)
		verdicts[fmt.Sprintf("%s %s", w.claim, o.Verdict)]++
		var lie string
		switch {
		case truth.charged && (o.Verdict == driver.NotCharged || o.Verdict == driver.NotSent):
			lie = "charged, but judged not charged"
		case !truth.charged && o.Verdict == driver.Charged:
			lie = "not charged, but judged charged"
		case o.Verdict == driver.Charged && truth.cents != ourCents && o.Reason.Code != string(local.CodeAmountDiffers):
			lie = "charged another amount, and nobody is told"
		default:
			return
		}
		for i, r := range residuals {
			if r.fits(w, facts, row, o.Verdict) {
				hit[i]++
				return
			}
		}
		wrong++
		if lie = fmt.Sprintf("%s, by row %s (%s)", lie, row, o.Reason.Text); lies[lie] < 3 {
			t.Errorf("%s:\n%+v\n%+v", lie, w, facts)
		}
		lies[lie]++
	})
	for i, r := range residuals {
		if hit[i] == 0 {
			t.Errorf("the residual %q does not occur: it is none", r.name)
		}
		t.Logf("%6d  %s: %s", hit[i], r.name, r.why)
	}
	t.Logf("%d worlds, %v; %d judged wrong: %v", n, verdicts, wrong, lies)
}

// walk visits the worlds: some that are few, and of the product of all dimensions every so many, always the
// same ones.
func walk(visit func(world)) {
	every := map[driver.Exclusivity]int{driver.Exclusive: 947, driver.Manual: 2731, driver.Shared: 6449}
	for _, claim := range exclusivities {
		for _, k := range kinds() {
			for _, line := range []string{"nothing", "cut short", "NAK"} {
				visit(world{claim: claim, host: "never", line: line, kind: k})
			}
			visit(world{claim: claim, host: "approved", fate: "whole", line: "NAK", kind: k})
		}
		visit(world{claim, "partial", "died before the receipt", "progress", "till refused", "", true,
			kind{saves: "works", copies: "printed", total: "measured", start: startCents, refusals: true}})
		count, step := 0, max(every[claim] / *moreWorlds, 1)
		for _, host := range hosts {
			for _, fate := range fates {
				for _, line := range lines {
					if host == "never" && fate != "whole" || line == "result" && (host == "never" || fate == "died at once" || fate == "running") {
						continue
					}
					for _, before := range slices.Concat(admits[claim], ways) {
						for _, after := range admits[claim] {
							for _, k := range kinds() {
								for _, quiet := range []bool{false, true} {
									if count++; count%step == 0 {
										visit(world{claim, host, fate, line, before, after, quiet, k})
									}
								}
							}
						}
					}
				}
			}
		}
	}
}

var allKinds []kind

func kinds() []kind {
	if allKinds != nil {
		return allKinds
	}
	for _, saves := range []string{"works", "refused", "fresh"} {
		for _, copies := range []string{"no", "blank", "printed"} {
			for _, total := range []string{"none", "measured", "computed", "over", "under"} {
				for _, start := range []int64{startCents, 0, ourCents, ourCents + theirCents} {
					if total == "none" && start != startCents {
						continue
					}
					for bits := range 16 {
						k := kind{saves, copies, total, start, bits&1 > 0, bits&2 > 0, bits&4 > 0, bits&8 > 0}
						if k.again && saves != "works" {
							continue
						}
						allKinds = append(allKinds, k)
					}
				}
			}
		}
	}
	return allKinds
}
