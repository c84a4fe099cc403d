package ledger

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sportello/driver"
)

// people owe, and are looked for by the words beside them.
var people = []struct {
	Debtor
	words []string
}{
	{Debtor{"Maria Verdi", "VRDMRA85T50H501L"}, []string{"maria", "verdi"}},
	{Debtor{"VERDI MARIO", "VRDMRA80A01H501X"}, []string{"mario", "verdi"}},
	{Debtor{"Niccolò D'Angelo", "DNGNCL70B02F205K"}, []string{"niccolo", "d", "angelo", "dangelo"}},
	{Debtor{"Anna-Luise Müller Groß", "MLLNLS90E41A952Z"}, []string{"anna", "luise", "muller", "gross"}},
	{Debtor{"Società Agricola 3 Torri S.r.l.", "01199250158"}, []string{"societa", "agricola", "3", "torri", "s", "r", "l"}},
	{Debtor{"ANONIMO", "ANONIMO"}, []string{"anonimo"}},
	{Debtor{"", "RSSMRA80A01H501U"}, nil},
	{Debtor{"Иван Петров", ""}, []string{"иван", "петров"}},
	{},
}

// owedBy says again, without any of the ledger's code, who is looked for.
func owedBy(query string, owed []Debtor) bool {
	if query == "" {
		return true
	}
	var code, names []string
	for _, d := range owed {
		code = append(code, strings.ToLower(d.TaxCode))
		for _, p := range people {
			if p.Debtor == d {
				names = append(names, p.words...)
			}
		}
	}
	begins := func(all []string, with string) bool {
		return slices.ContainsFunc(all, func(s string) bool { return s != "" && strings.HasPrefix(s, with) })
	}
	if begins(code, strings.ReplaceAll(query, " ", "")) {
		return true
	}
	return !slices.ContainsFunc(strings.Fields(query), func(w string) bool { return !begins(names, w) })
}

// debtor is a query in the plain words of people: the beginning of a tax code, or of one or two words.
func (a *archiveLife) debtor() string {
	p := people[a.r.IntN(len(people)-1)]
	if len(p.words) == 0 || p.TaxCode != "" && a.r.IntN(2) == 0 {
		return strings.ToLower(p.TaxCode[:1+a.r.IntN(len(p.TaxCode))])
	}
	begin := func() string {
		w := []rune(p.words[a.r.IntN(len(p.words))])
		return string(w[:1+a.r.IntN(len(w))])
	}
	if a.r.IntN(2) == 0 {
		return begin()
	}
	return begin() + " " + begin()
}

// TestSearchByDebtor: case, accents and what stands between words do not matter, and what is not theirs finds nobody.
func TestSearchByDebtor(t *testing.T) {
	for _, every := range []uint64{1, 1 << 40} { // of the index, and without one
		c := newClock()
		l := open(t, t.TempDir(), func(o *Options) { o.Now, o.archiveEvery, o.Log = c.now, every, soundIndex(t) })
		for i, p := range people {
			in := intent(i)
			in.Debtors = []Debtor{p.Debtor}
			sent := must(l.Intend(in))(t)
			must(l.Conclude(sent.ID, verdict(driver.NotSent, "terminal_unreachable")))(t)
		}
		if every == 1 {
			follow(t, l)
		}
		for query, want := range map[string][]int{
			"VRDMRA85T50H501L": {0}, "vrdmra": {1, 0}, "VRD MRA 80": {1}, "v": {1, 0}, "verdi": {1, 0}, "MARI": {1, 0}, "mario v": {1}, "Verdì Maria": {0},
			"verdi rossi": nil, "erdi": nil, "d'angelo": {2}, "D\u2019ANGELO": {2}, "dangelo": {2}, "angelo nic": {2}, "NICCOLO'": {2}, "niccolo\u0300": {2},
			"muller": {3}, "mu\u0308ller": {3}, "MÜLLER": {3}, "gross": {3}, "groß": {3}, "anna-luise": {3}, "s.r.l.": {4}, "0119": {4}, "torri 3": {4}, "anonimo": {5},
			"rssmra80a01h501u": {6}, "rssmra80a01h501uu": nil, "петр": {7}, "Ив": {7}, "nessuno": nil,
		} {
			page := must(l.Search(ArchiveQuery{Debtor: query}))(t)
			var got []int
			for _, p := range page.Payments {
				for i, one := range people {
					if d := must(l.Debtors(p.ID))(t); len(d) == 1 && d[0] == one.Debtor && d[0] != (Debtor{}) {
						got = append(got, i)
					}
				}
			}
			if !slices.Equal(got, want) || *page.Total != len(want) || (page.Since == "2026-03-10") != (len(want) == 0) {
				t.Errorf("index %d, %q: %v of %d, since %q", every, query, got, *page.Total, page.Since)
			}
		}
		l.Close()
	}
}

// TestDebtorsSince: who finds nobody hears from which day on somebody could be found.
func TestDebtorsSince(t *testing.T) {
	c := newClock()
	l := open(t, t.TempDir(), func(o *Options) { o.Now, o.archiveEvery, o.Log = c.now, 1, soundIndex(t) })
	since := func(want string) {
		t.Helper()
		for range 2 { // before the index has it, and then
			if page := must(l.Search(ArchiveQuery{Debtor: "nessuno"}))(t); page.Since != want || len(page.Payments) != 0 {
				t.Errorf("since %q, want %q", page.Since, want)
			}
			follow(t, l)
		}
	}
	pay := func(n int, owed ...Debtor) {
		in := intent(n)
		in.Debtors = owed
		p := must(l.Intend(in))(t)
		must(l.Conclude(p.ID, verdict(driver.NotSent, "terminal_unreachable")))(t)
	}
	pay(1) // of before, or of a platform that names nobody
	pay(2, Debtor{})
	c.set(time.Date(2026, 4, 1, 9, 0, 0, 0, time.UTC))
	since("2026-04-01")
	pay(3, people[0].Debtor)
	c.set(time.Date(2026, 4, 20, 9, 0, 0, 0, time.UTC))
	pay(4, people[1].Debtor)
	since("2026-04-01")
	must(l.Erase(t.Context(), time.Date(2026, 4, 10, 0, 0, 0, 0, time.UTC)))(t)
	since("2026-04-20")
	if page := must(l.Search(ArchiveQuery{Debtor: "maria"}))(t); len(page.Payments) != 0 {
		t.Errorf("%+v", page)
	}
	if page := must(l.Search(ArchiveQuery{}))(t); page.Since != "" || len(page.Payments) != 4 {
		t.Errorf("%+v", page)
	}
}

// TestSearchesWhileErasing: searches, payments and the index go on beside an Erase, nobody waits for ever, and nobody
// is found any more whom it has erased.
func TestSearchesWhileErasing(t *testing.T) {
	c := newClock()
	l := open(t, t.TempDir(), func(o *Options) { o.Now, o.archiveEvery, o.Log = c.now, 1, soundIndex(t) })
	done := make(chan struct{})
	var others sync.WaitGroup
	for _, query := range []string{"verdi", "nessuno", ""} {
		others.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if _, err := l.Search(ArchiveQuery{Debtor: query}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for round := range 8 {
		for i := range 5 {
			in := intent(round*5 + i)
			in.Debtors = []Debtor{people[0].Debtor}
			p := must(l.Intend(in))(t)
			must(l.Conclude(p.ID, verdict(driver.NotSent, "terminal_unreachable")))(t)
		}
		c.set(c.now().AddDate(0, 0, 1))
		if n := must(l.Erase(t.Context(), c.now().Add(-time.Hour)))(t); n != 5 {
			t.Errorf("round %d: %d blobs", round, n)
		}
		if page := must(l.Search(ArchiveQuery{Debtor: "verdi"}))(t); len(page.Payments) != 0 {
			t.Errorf("round %d: %d are found", round, len(page.Payments))
		}
	}
	close(done)
	others.Wait()
	follow(t, l)
	if r := must(l.Check())(t); len(r.Problems) > 0 {
		t.Errorf("%+v", r)
	}
}
