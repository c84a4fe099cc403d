package ecr17

import (
	"fmt"
	"strings"
	"testing"

	"sportello/driver"
	"sportello/protocol/ecr17"
)

var exclusivities = []driver.Exclusivity{driver.Exclusive, driver.Manual, driver.Shared}

// result is a verdict as the table writes it.
type result struct {
	verdict driver.Verdict
	preset  driver.Verdict
	wait    bool
}

var (
	charged  = result{verdict: driver.Charged}
	not      = result{verdict: driver.NotCharged}
	notSent  = result{verdict: driver.NotSent}
	clerk    = result{verdict: driver.Unknown}
	clerkYes = result{verdict: driver.Unknown, preset: driver.Charged}
	clerkNo  = result{verdict: driver.Unknown, preset: driver.NotCharged}
	toWait   = result{verdict: driver.Unknown, wait: true}
)

func approvedReading(amount int64) *Reading {
	return &Reading{Class: ClassPayment, Sense: SenseApproved, Amount: amount, HasAmount: true}
}

// TestJudge goes through ECR17 6.5 row by row, for E1, E2 and E3.
func TestJudge(t *testing.T) {
	refusedReading := &Reading{Class: ClassPayment, Sense: SenseRefused}
	oddReading := &Reading{Class: ClassPayment, Sense: SenseOdd}
	plain := &Reading{Class: ClassPlain, Sense: SenseApproved}
	foreign := &Reading{Class: ClassForeign, Sense: SenseOdd}
	// after is the ordinary case after an unknown: asked, same terminal, quiet.
	after := func(change func(*Facts)) Facts {
		f := Facts{AmountCents: 100, Acked: true, Identity: IdentitySame, Last: LastSame, Quiet: true, LineEnd: "line_lost"}
		change(&f)
		return f
	}
	fresh := func(r *Reading, change func(*Facts)) Facts {
		return after(func(f *Facts) {
			f.Last, f.New, f.Novel = LastNew, r, true
			if change != nil {
				change(f)
			}
		})
	}
	match := func(f *Facts) { f.Match = true }
	for _, c := range []struct {
		row   string
		facts Facts
		want  [3]result // E1, E2, E3
	}{
		{"1 L0", Facts{NothingSent: true}, [3]result{notSent, notSent, notSent}},
		{"1 L1", Facts{CutShort: true}, [3]result{not, not, not}},
		{"1 L3", Facts{RefusedIdle: true}, [3]result{not, not, not}},
		{"2 approved", Facts{AmountCents: 100, Direct: approvedReading(100)}, [3]result{charged, charged, charged}},
		{"2 other amount", Facts{AmountCents: 100, Direct: approvedReading(99)}, [3]result{charged, charged, charged}},
		{"2 refused", Facts{AmountCents: 100, Direct: refusedReading}, [3]result{not, not, not}},
		{"2 odd", Facts{AmountCents: 100, Direct: oddReading}, [3]result{toWait, toWait, toWait}},
		{"2 no amount", Facts{AmountCents: 100, Direct: plain}, [3]result{toWait, toWait, toWait}},
		{"2 foreign", Facts{AmountCents: 100, Direct: foreign}, [3]result{toWait, toWait, toWait}},
		{"3 other terminal", after(func(f *Facts) { f.Identity = IdentityOther }), [3]result{clerk, clerk, clerk}},
		{"4 not asked yet", Facts{Acked: true}, [3]result{toWait, toWait, toWait}},
		{"4 no answer yet", after(func(f *Facts) { f.Last = LastNoAnswer }), [3]result{toWait, toWait, toWait}},
		{"4 given up", after(func(f *Facts) { f.Last, f.GivenUp = LastNoAnswer, true }), [3]result{clerk, clerk, clerk}},
		{"4 unreachable", Facts{GivenUp: true}, [3]result{clerk, clerk, clerk}},
		{"5 T2", fresh(approvedReading(100), func(f *Facts) { f.Match, f.Totals, f.TotalsMeasured = true, TotalsTwo, true }), [3]result{clerk, clerk, clerk}},
		{"6 T− is no T", after(func(f *Facts) { f.Totals, f.TotalsMeasured = TotalsLess, true }), [3]result{clerk, clerk, clerk}},
		{"7 R+", fresh(approvedReading(100), func(f *Facts) { f.Match, f.Reprint = true, ReprintOurs }), [3]result{charged, charged, charged}},
		{"8 R+", fresh(refusedReading, func(f *Facts) { f.Reprint = ReprintOurs }), [3]result{not, not, clerk}},
		{"8 R+ T0", fresh(refusedReading, func(f *Facts) { f.Reprint, f.Totals, f.TotalsMeasured = ReprintOurs, TotalsNothing, true }), [3]result{not, not, not}},
		{"9 neither", fresh(approvedReading(100), func(f *Facts) { f.Match, f.PrintsReference, f.Reprint = true, true, ReprintNeither }), [3]result{clerk, clerk, clerk}},
		{"9 previous with G≠", fresh(approvedReading(100), func(f *Facts) { f.Match, f.PrintsReference, f.Reprint = true, true, ReprintPrevious }), [3]result{clerk, clerk, clerk}},
		{"9 neither, G=", after(func(f *Facts) { f.PrintsReference, f.Reprint = true, ReprintNeither }), [3]result{clerk, clerk, clerk}},
		{"10", fresh(approvedReading(100), match), [3]result{charged, clerk, clerk}},
		{"10 T1", fresh(approvedReading(100), func(f *Facts) { f.Match, f.Totals = true, TotalsOne }), [3]result{charged, clerkYes, clerkYes}},
		{"10 no baseline", fresh(approvedReading(100), func(f *Facts) { f.Match, f.Novel = true, false }), [3]result{clerkYes, clerkYes, clerkYes}},
		{"11", fresh(plain, match), [3]result{charged, clerk, clerk}},
		{"11 T1", fresh(plain, func(f *Facts) { f.Match, f.Totals = true, TotalsOne }), [3]result{charged, clerkYes, clerkYes}},
		{"12", fresh(refusedReading, nil), [3]result{not, clerk, clerk}},
		{"12 T0 computed", fresh(refusedReading, func(f *Facts) { f.Totals = TotalsNothing }), [3]result{not, clerk, clerk}},
		{"12 T0 measured", fresh(refusedReading, func(f *Facts) { f.Totals, f.TotalsMeasured = TotalsNothing, true }), [3]result{not, not, not}},
		{"12 no baseline", fresh(refusedReading, func(f *Facts) { f.Novel = false }), [3]result{clerk, clerk, clerk}},
		{"13 other amount", fresh(approvedReading(99), match), [3]result{clerk, clerk, clerk}},
		{"13 other time", fresh(approvedReading(100), nil), [3]result{clerk, clerk, clerk}},
		{"13 T only", fresh(approvedReading(99), func(f *Facts) { f.Totals, f.TotalsMeasured = TotalsOther, true }), [3]result{clerk, clerk, clerk}},
		{"13 foreign reference", fresh(approvedReading(99), func(f *Facts) {
			f.Totals, f.TotalsMeasured, f.Reprint, f.PrintsReference = TotalsOther, true, ReprintForeign, true
		}), [3]result{clerk, not, not}},
		{"14", fresh(foreign, match), [3]result{clerk, clerk, clerk}},
		{"15", fresh(oddReading, nil), [3]result{clerk, clerk, clerk}},
		{"15 T1", fresh(oddReading, func(f *Facts) { f.Totals = TotalsOne }), [3]result{charged, clerk, clerk}},
		{"15 T0", fresh(oddReading, func(f *Facts) { f.Totals = TotalsNothing }), [3]result{not, clerk, clerk}},
		{"15 T0 measured", fresh(oddReading, func(f *Facts) { f.Totals, f.TotalsMeasured = TotalsNothing, true }), [3]result{not, not, not}},
		{"16", after(func(f *Facts) { f.Quiet = false }), [3]result{toWait, toWait, toWait}},
		{"16 given up", after(func(f *Facts) { f.Quiet, f.GivenUp = false, true }), [3]result{clerk, clerk, clerk}},
		{"17 R0", after(func(f *Facts) { f.Reprint, f.PrintsReference = ReprintPrevious, true }), [3]result{not, not, not}},
		{"17 R0, printing not proven", after(func(f *Facts) { f.Reprint = ReprintPrevious }), [3]result{clerk, clerk, clerk}},
		{"18 T0 measured", after(func(f *Facts) { f.Totals, f.TotalsMeasured = TotalsNothing, true }), [3]result{not, not, not}},
		{"19 T0 computed", after(func(f *Facts) { f.Totals = TotalsNothing }), [3]result{not, clerkNo, clerkNo}},
		{"20 T1", after(func(f *Facts) { f.Totals = TotalsOne }), [3]result{charged, clerkYes, clerkYes}},
		{"21 R+", after(func(f *Facts) { f.Reprint = ReprintOurs }), [3]result{clerk, clerk, clerk}},
		{"22", after(func(f *Facts) { f.Acked = false }), [3]result{clerkNo, clerk, clerk}},
		{"23 acked", after(func(*Facts) {}), [3]result{clerk, clerk, clerk}},
		{"23 progress", after(func(f *Facts) { f.Acked, f.Progress = false, true }), [3]result{clerk, clerk, clerk}},
		{"24", after(func(f *Facts) { f.Last = LastUnsupported }), [3]result{clerk, clerk, clerk}},
		{"24 not quiet", after(func(f *Facts) { f.Last, f.Quiet = LastUnsupported, false }), [3]result{toWait, toWait, toWait}},
		{"24 R+ T1", after(func(f *Facts) { f.Last, f.Reprint, f.Totals = LastUnsupported, ReprintOurs, TotalsOne }), [3]result{charged, clerk, clerk}},
		{"24 T0", after(func(f *Facts) { f.Last, f.Totals = LastUnsupported, TotalsNothing }), [3]result{not, clerk, clerk}},
		{"24 T0 measured", after(func(f *Facts) { f.Last, f.Totals, f.TotalsMeasured = LastUnsupported, TotalsNothing, true }), [3]result{not, not, not}},
	} {
		for i, x := range exclusivities {
			f := c.facts
			f.Exclusivity = x
			o := Judge(f)
			got := result{o.Verdict, o.Preset, o.Verdict == driver.Unknown && !o.Final}
			if got != c.want[i] {
				t.Errorf("row %s, %s: %+v (%s); want %+v", c.row, x, got, o.Reason.Text, c.want[i])
			}
		}
	}
}

// An unset exclusivity is the most careful one.
func TestJudgeDefaultsToShared(t *testing.T) {
	f := Facts{AmountCents: 100, Identity: IdentitySame, Last: LastNew, New: approvedReading(100), Novel: true, Match: true, Quiet: true}
	if o := Judge(f); o.Verdict != driver.Unknown {
		t.Fatalf("%+v", o)
	}
}

// Rows 13 and 14 under E1 raise the alarm: somebody else moved money on a terminal that is ours alone. A
// memory that was cleared is nobody's operation.
func TestJudgeAlarms(t *testing.T) {
	other, late, foreign := approvedReading(99), approvedReading(100), &Reading{Class: ClassForeign}
	cleared := &Reading{Class: ClassForeign, Sense: SenseRefused, Empty: true}
	refused := &Reading{Class: ClassPayment, Sense: SenseRefused}
	for _, c := range []struct {
		name  string
		r     *Reading
		x     driver.Exclusivity
		novel bool
		want  bool
	}{
		{"13 amount", other, driver.Exclusive, true, true}, {"13 time", late, driver.Exclusive, true, true},
		{"14", foreign, driver.Exclusive, true, true},
		{"13 by hand", other, driver.Manual, true, false}, {"14 shared", foreign, driver.Shared, true, false},
		{"cleared", cleared, driver.Exclusive, true, false}, {"refused", refused, driver.Exclusive, true, false},
		{"not newer", other, driver.Exclusive, false, false},
	} {
		o := Judge(Facts{Exclusivity: c.x, AmountCents: 100, Identity: IdentitySame, Last: LastNew, New: c.r, Novel: c.novel, Quiet: true})
		alarm := len(o.Evidence) == 1 && o.Evidence[0].Kind == "alarm" && strings.HasPrefix(o.Evidence[0].Text, "alarm: not exclusive after all")
		if alarm != c.want || !c.want && len(o.Evidence) > 0 || alarm && (o.Reason.Code != "awaiting_people" || !o.Final) {
			t.Errorf("%s: %+v", c.name, o)
		}
	}
}

// The alarm reaches the record, with its time, after what the driver has seen.
func TestAlarmIsRecorded(t *testing.T) {
	lostAndResolved(t, driver.Exclusive, otherBefore, func(p *peer, _ ecr17.PaymentRequest) { p.save(p.approved(999)) }, func(t *testing.T, b *bench, o driver.Outcome) {
		toPeople(t, b, o)
		if last := o.Evidence[len(o.Evidence)-1]; len(o.Evidence) < 2 || last.Kind != "alarm" || last.At.IsZero() {
			t.Fatalf("%+v", o.Evidence)
		}
	})
}

// TestJudgeWithoutReprintAndTotals walks every combination of what this version can know and holds the
// two things that must never be: "not charged" without a word from the terminal or novelty under E1, and
// "charged" by evidence without novelty, amount and time.
func TestJudgeWithoutReprintAndTotals(t *testing.T) {
	bools := []bool{false, true}
	readings := []*Reading{
		approvedReading(100), approvedReading(99), {Class: ClassPlain, Sense: SenseApproved},
		{Class: ClassPayment, Sense: SenseRefused}, {Class: ClassPayment, Sense: SenseOdd}, {Class: ClassForeign},
	}
	n := 0
	for _, x := range exclusivities {
		for _, identity := range []Identity{IdentityUnknown, IdentitySame, IdentityOther} {
			for _, last := range []LastAnswer{LastNotAsked, LastNoAnswer, LastUnsupported, LastSame, LastNew} {
				for _, r := range readings {
					for bits := range 64 {
						bit := func(i int) bool { return bools[bits>>i&1] }
						f := Facts{Exclusivity: x, AmountCents: 100, Identity: identity, Last: last, Acked: bit(0), Progress: bit(1),
							Match: bit(2), Quiet: bit(3), GivenUp: bit(4), Novel: bit(5)}
						if last == LastNew {
							f.New = r
						}
						o := Judge(f)
						n++
						name := fmt.Sprintf("%+v → %+v", f, o)
						refusal := last == LastNew && r.Sense == SenseRefused && r.Class == ClassPayment
						approval := last == LastNew && r.Sense == SenseApproved && f.Match && (r.Amount == 100 || r.Class == ClassPlain)
						certain := x == driver.Exclusive && identity == IdentitySame && f.Novel
						switch {
						case o.Verdict == driver.NotCharged && !(certain && refusal),
							o.Verdict == driver.Charged && !(certain && approval),
							o.Verdict == driver.NotSent,
							o.Verdict == driver.Unknown && f.GivenUp && !o.Final:
							t.Fatal(name)
						}
					}
				}
			}
		}
	}
	t.Logf("%d combinations", n)
}
