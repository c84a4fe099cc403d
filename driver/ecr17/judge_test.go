package ecr17

import (
	"fmt"
	"slices"
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

// cell is one line of the table test: facts, the row that must decide, and the verdicts under E1, E2, E3.
type cell struct {
	row   string
	what  string
	facts Facts
	want  [3]result
}

// after is the ordinary case after an unknown: asked, same terminal, nothing newer, quiet.
func after(change ...func(*Facts)) Facts {
	f := Facts{AmountCents: 100, Acked: true, Identity: IdentitySame, Last: LastSame, Quiet: true, LineEnd: "line_lost"}
	for _, c := range change {
		c(&f)
	}
	return f
}

// fresh is after with a newer saved result.
func fresh(r *Reading, change ...func(*Facts)) Facts {
	return after(append([]func(*Facts){func(f *Facts) { f.Last, f.New, f.Novel = LastNew, r, true }}, change...)...)
}

func match(f *Facts)    { f.Match = true }
func untimed(f *Facts)  { f.Untimed = true }
func early(f *Facts)    { f.Quiet = false }
func givenUp(f *Facts)  { f.Quiet, f.GivenUp = false, true }
func noG(f *Facts)      { f.Last = LastUnsupported }
func direct71(f *Facts) { f.Direct = &Reading{Class: ClassPlain, Sense: SenseApproved} }
func unnovel(f *Facts)  { f.Novel = false }
func older(f *Facts)    { f.Older = true }
func approvedBeside(f *Facts) {
	f.Beside = &Reading{Class: ClassPayment, Sense: SenseApproved, Amount: f.AmountCents}
}
func unacked(f *Facts)                { f.Acked = false }
func repeats(f *Facts)                { f.Repeats = true }
func computed(x Totals) func(*Facts)  { return func(f *Facts) { f.Totals = x } }
func measured(x Totals) func(*Facts)  { return func(f *Facts) { f.Totals, f.TotalsMeasured = x, true } }
func copied(x Reprint) func(*Facts)   { return func(f *Facts) { f.Reprint, f.PrintsReference = x, true } }
func unproven(x Reprint) func(*Facts) { return func(f *Facts) { f.Reprint = x } }

// cells are ECR17 6.5 as corrected by design 5.3 and by what the worlds have shown.
func cells() []cell {
	refused, odd := &Reading{Class: ClassPayment, Sense: SenseRefused}, &Reading{Class: ClassPayment, Sense: SenseOdd}
	plain, foreign := &Reading{Class: ClassPlain, Sense: SenseApproved}, &Reading{Class: ClassForeign}
	cleared := &Reading{Class: ClassForeign, Sense: SenseRefused, Empty: true}
	ok, other := approvedReading(100), approvedReading(99)
	all := func(r result) [3]result { return [3]result{r, r, r} }
	said := func(r *Reading) Facts { return Facts{AmountCents: 100, Acked: true, Direct: r} }
	return []cell{
		{"01", "L0", Facts{NothingSent: true}, all(notSent)},
		{"01", "L1", Facts{CutShort: true}, all(not)},
		{"01", "L3", Facts{RefusedIdle: true}, all(not)},
		{"02", "approved", said(ok), all(charged)},
		{"02", "approved, other amount", said(other), all(charged)},
		{"02", "refused", said(refused), all(not)},
		{"04", "odd: 05 and 09, too", said(odd), all(toWait)},
		{"04", "of another class", said(foreign), all(toWait)},
		{"04", "without an amount, not asked", said(plain), all(toWait)},
		{"03", "other terminal", after(func(f *Facts) { f.Identity = IdentityOther }), all(clerk)},
		{"03", "other terminal after its word", after(direct71, func(f *Facts) { f.Identity = IdentityOther }), all(clerkYes)},
		{"04", "not asked", Facts{Acked: true}, all(toWait)},
		{"04", "no answer", after(func(f *Facts) { f.Last = LastNoAnswer }), all(toWait)},
		{"04", "no answer for 15 min", after(func(f *Facts) { f.Last = LastNoAnswer }, givenUp), all(clerk)},
		{"04", "unreachable for 15 min", Facts{GivenUp: true}, all(clerk)},
		{"05", "T2", fresh(ok, match, measured(TotalsTwo)), all(clerk)},
		{"05", "T2, G=", after(computed(TotalsTwo)), all(clerk)},
		{"02b", "saved, too", fresh(plain, match, direct71, repeats), all(charged)},
		{"02b", "T1", after(direct71, measured(TotalsOne)), all(charged)},
		{"02b", "R+", after(direct71, copied(ReprintOurs)), all(charged)},
		{"02b", "T0 at once", fresh(plain, match, direct71, repeats, measured(TotalsNothing), early), all(toWait)},
		{"02b", "T0", fresh(plain, match, direct71, repeats, measured(TotalsNothing)), all(clerkYes)},
		{"02b", "partial by T", fresh(plain, match, direct71, repeats, measured(TotalsUnexplained)), all(clerkYes)},
		{"02b", "R0 does not overrule it", after(direct71, copied(ReprintPrevious)), all(clerkYes)},
		{"02b", "nothing saved yet", after(direct71, early), all(toWait)},
		{"novelty", "approved", fresh(ok, match, unnovel), all(clerkYes)},
		{"novelty", "approved before", fresh(ok, match, older), all(clerk)},
		{"novelty", "approved before, R+", fresh(ok, match, older, copied(ReprintOurs)), all(clerk)},
		{"novelty", "refused before", fresh(refused, older, measured(TotalsNothing)), all(clerk)},
		{"12", "approved on another line", fresh(refused, approvedBeside, measured(TotalsNothing)), all(clerkYes)},
		{"18", "approved on another line", after(measured(TotalsNothing), approvedBeside), all(clerkYes)},
		{"novelty", "refused", fresh(refused, unnovel), all(clerk)},
		{"07", "R+", fresh(ok, match, copied(ReprintOurs)), all(charged)},
		{"07", "R+, no baseline", fresh(ok, match, unnovel, copied(ReprintOurs)), all(charged)},
		{"07", "R+ T1", fresh(ok, match, copied(ReprintOurs), measured(TotalsOne)), all(charged)},
		{"07", "R+ T0", fresh(ok, match, copied(ReprintOurs), measured(TotalsNothing)), all(clerkYes)},
		{"07", "R+, another sum", fresh(ok, match, copied(ReprintOurs), measured(TotalsUnexplained)), all(clerkYes)},
		{"07", "R+, but it told us something else", fresh(ok, match, copied(ReprintOurs), func(f *Facts) { f.Direct = odd }), [3]result{charged, clerk, clerk}},
		{"08", "R+", fresh(refused, copied(ReprintOurs)), [3]result{not, clerk, clerk}},
		{"08", "R+ T0", fresh(refused, copied(ReprintOurs), measured(TotalsNothing)), all(not)},
		{"08", "R+ T0 at once", fresh(refused, copied(ReprintOurs), measured(TotalsNothing), early), all(toWait)},
		{"08", "R+ T0 computed", fresh(refused, copied(ReprintOurs), computed(TotalsNothing)), [3]result{not, clerk, clerk}},
		{"08", "R+ T1", fresh(refused, copied(ReprintOurs), measured(TotalsOne)), all(clerk)},
		{"09", "neither", fresh(ok, match, copied(ReprintNeither)), all(clerk)},
		{"09", "previous with G≠ 00", fresh(ok, match, copied(ReprintPrevious)), all(clerk)},
		{"09", "foreign", fresh(ok, match, copied(ReprintForeign)), all(clerk)},
		{"09", "foreign, refused", fresh(refused, copied(ReprintForeign)), all(clerk)},
		{"09", "neither, G=", after(copied(ReprintNeither), measured(TotalsNothing)), all(clerk)},
		{"09", "neither, no G", after(noG, copied(ReprintNeither), measured(TotalsNothing)), all(clerk)},
		{"10", "", fresh(ok, match), [3]result{charged, clerk, clerk}},
		{"10", "T1", fresh(ok, match, measured(TotalsOne)), [3]result{charged, clerkYes, clerkYes}},
		{"10", "T− is no T (row 6)", fresh(ok, match, measured(TotalsLess)), [3]result{charged, clerk, clerk}},
		{"10", "T0", fresh(ok, match, measured(TotalsNothing)), all(clerkYes)},
		{"10", "T0 at once", fresh(ok, match, measured(TotalsNothing), early), all(toWait)},
		{"10", "another sum", fresh(ok, match, computed(TotalsUnexplained)), all(clerk)},
		{"11", "", fresh(plain, match), [3]result{charged, clerk, clerk}},
		{"11", "T1", fresh(plain, match, computed(TotalsOne)), [3]result{charged, clerkYes, clerkYes}},
		{"12", "", fresh(refused), [3]result{not, clerk, clerk}},
		{"12", "T0 computed", fresh(refused, computed(TotalsNothing)), [3]result{not, clerk, clerk}},
		{"12", "T0 measured", fresh(refused, measured(TotalsNothing)), all(not)},
		{"12", "T0 measured at once", fresh(refused, measured(TotalsNothing), early), all(toWait)},
		{"12", "at once", fresh(refused, early), [3]result{toWait, clerk, clerk}},
		{"12", "never quiet", fresh(refused, givenUp), [3]result{clerkNo, clerk, clerk}},
		{"12", "T1", fresh(refused, measured(TotalsOne)), all(clerk)},
		{"12", "R0", fresh(refused, copied(ReprintPrevious)), [3]result{not, clerk, clerk}},
		{"13", "other amount", fresh(other, match), all(clerk)},
		{"13", "other time", fresh(ok), all(clerk)},
		{"13", "no time", fresh(ok, untimed), [3]result{clerkYes, clerk, clerk}},
		{"13", "no time, and another sum", fresh(ok, untimed, measured(TotalsUnexplained)), all(clerk)},
		{"13", "no time, and not in the total", fresh(ok, untimed, measured(TotalsNothing)), [3]result{clerkYes, clerk, clerk}},
		{"13", "T only", fresh(other, measured(TotalsOther)), all(clerk)},
		{"13", "foreign reference", fresh(other, copied(ReprintForeign), measured(TotalsOther)), [3]result{clerk, not, not}},
		{"13", "foreign reference at once", fresh(other, copied(ReprintForeign), measured(TotalsOther), early), [3]result{clerk, toWait, toWait}},
		{"13", "ours: partial", fresh(other, match, copied(ReprintOurs)), all(clerkYes)},
		{"14", "", fresh(foreign, match), all(clerk)},
		{"14", "cleared", fresh(cleared), all(clerk)},
		{"15", "", fresh(odd), all(clerk)},
		{"15", "T1", fresh(odd, measured(TotalsOne)), [3]result{charged, clerk, clerk}},
		{"15", "T1 computed", fresh(odd, computed(TotalsOne)), [3]result{clerkYes, clerk, clerk}},
		{"15", "T0 computed", fresh(odd, computed(TotalsNothing)), [3]result{clerkNo, clerk, clerk}},
		{"15", "T0 measured", fresh(odd, measured(TotalsNothing)), all(not)},
		{"15", "T0 at once", fresh(odd, measured(TotalsNothing), early), all(toWait)},
		{"16", "", after(early), all(toWait)},
		{"16", "R0", after(early, copied(ReprintPrevious)), all(toWait)},
		{"16", "given up", after(givenUp), all(clerk)},
		{"16", "no G", after(noG, early), all(toWait)},
		{"17", "R0", after(copied(ReprintPrevious)), all(not)},
		{"17", "R0 T0", after(copied(ReprintPrevious), measured(TotalsNothing)), all(not)},
		{"20", "R0 T1", after(copied(ReprintPrevious), measured(TotalsOne)), all(clerkYes)},
		{"23", "R0, printing not proven", after(unproven(ReprintPrevious)), all(clerk)},
		{"total", "R0, another sum", after(copied(ReprintPrevious), measured(TotalsUnexplained)), all(clerk)},
		{"18", "T0 measured", after(measured(TotalsNothing)), all(not)},
		{"23", "T0 blind", after(measured(TotalsBlind)), all(clerk)},
		{"23", "T− is no T (row 6)", after(measured(TotalsLess)), all(clerk)},
		{"19", "T0 computed", after(computed(TotalsNothing)), [3]result{not, clerkNo, clerkNo}},
		{"20", "T1", after(measured(TotalsOne)), [3]result{charged, clerkYes, clerkYes}},
		{"20", "T1 computed", after(computed(TotalsOne)), all(clerkYes)},
		{"20", "T1 R+", after(measured(TotalsOne), copied(ReprintOurs)), [3]result{charged, clerkYes, clerkYes}},
		{"21", "R+", after(copied(ReprintOurs)), all(clerk)},
		{"21", "R+ T0", after(copied(ReprintOurs), measured(TotalsNothing)), all(clerk)},
		{"22", "", after(unacked), [3]result{clerkNo, clerk, clerk}},
		{"23", "acknowledged", after(), all(clerk)},
		{"23", "progress", after(unacked, func(f *Facts) { f.Progress = true }), all(clerk)},
		{"24", "", after(noG), all(clerk)},
		{"24", "R+ T1", after(noG, copied(ReprintOurs), measured(TotalsOne)), [3]result{charged, clerk, clerk}},
		{"24", "R+ T1 computed", after(noG, copied(ReprintOurs), computed(TotalsOne)), all(clerk)},
		{"24", "R+ T0", after(noG, copied(ReprintOurs), measured(TotalsNothing)), all(clerk)},
		{"24", "R0", after(noG, copied(ReprintPrevious)), all(not)},
		{"24", "R0 T1", after(noG, copied(ReprintPrevious), measured(TotalsOne)), all(clerk)},
		{"24", "T0 computed", after(noG, computed(TotalsNothing)), [3]result{clerkNo, clerk, clerk}},
		{"24", "T1 computed", after(noG, computed(TotalsOne)), [3]result{clerkYes, clerk, clerk}},
		{"24", "T0 measured", after(noG, measured(TotalsNothing)), all(not)},
		{"24", "T1", after(noG, measured(TotalsOne)), all(clerk)},
		{"else", "G≠, but no message", after(func(f *Facts) { f.Last = LastNew }), all(clerk)},
	}
}

// TestJudge goes through ECR17 6.5 row by row, for E1, E2 and E3: the verdict, and that it is this row's.
func TestJudge(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range cells() {
		seen[c.row] = true
		for i, x := range exclusivities {
			t.Run(fmt.Sprintf("row%s/E%d/%s", c.row, i+1, c.what), func(t *testing.T) {
				f := c.facts
				f.Exclusivity = x
				o, row := decide(f)
				got := result{o.Verdict, o.Preset, o.Verdict == driver.Unknown && !o.Final}
				if got != c.want[i] || row != c.row {
					t.Errorf("%+v by row %s (%s); want %+v", got, row, o.Reason.Text, c.want[i])
				}
			})
		}
	}
	for _, r := range rows {
		if !seen[r.id] {
			t.Errorf("row %s has no line in the table", r.id)
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
		alarm := len(o.Evidence) == 1 && o.Evidence[0].Kind == "alarm" && strings.HasPrefix(o.Evidence[0].Text, "allarme: il terminale non è solo di questo sportello")
		if alarm != c.want || !c.want && len(o.Evidence) > 0 || alarm && (o.Reason.Code != "awaiting_people" || !o.Final) {
			t.Errorf("%s: %+v", c.name, o)
		}
	}
}

// D32, 31 December: the right amount with a time that cannot be read is for people, but says nothing about
// somebody else. One that can be read, and is not ours, does.
func TestUnreadableTimeIsNoAlarm(t *testing.T) {
	for _, c := range []struct {
		name, time string
		cents      int64
		alarm      bool
	}{
		{"day 366", "3662359", ourCents, false}, {"no time", "       ", ourCents, false},
		{"another time", "1000000", ourCents, true}, {"another amount", "3662359", 999, true},
	} {
		lostAndResolved(t, driver.Exclusive, otherBefore, func(p *peer, _ ecr17.PaymentRequest) {
			p.save(put(p.approved(c.cents), 41, c.time))
		}, func(t *testing.T, b *bench, o driver.Outcome) {
			toPeople(t, b, o)
			alarm := slices.ContainsFunc(o.Evidence, func(e driver.Evidence) bool { return e.Kind == driver.EvidenceAlarm })
			if alarm != c.alarm || (o.Preset == driver.Charged) == c.alarm {
				t.Errorf("%s: alarm %t, %+v", c.name, alarm, o)
			}
		})
	}
}

// A receipt that is somebody else's says so, whatever the time.
func TestUnreadableTimeUnderAForeignReference(t *testing.T) {
	f := fresh(approvedReading(100), untimed, copied(ReprintForeign))
	f.Exclusivity = driver.Exclusive
	if o := Judge(f); len(o.Evidence) != 1 || o.Preset != "" {
		t.Errorf("%+v", o)
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
