package ledger

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	bolt "go.etcd.io/bbolt"

	"sportello/driver"
)

// wanted says again, without any of the ledger's code, what a query means.
func wanted(q ArchiveQuery, p Payment, owed []Debtor) bool {
	rome, _ := time.LoadLocation("Europe/Rome")
	day := p.CreatedAt.In(rome).Format("2006-01-02")
	ok := (q.From == "" || day >= q.From) && (q.To == "" || day <= q.To) && (q.State == "" || p.State == q.State) &&
		(q.Operator == "" || p.Operator == q.Operator) && (q.Terminal == "" || p.Terminal == q.Terminal) &&
		(q.ReceiptNumber == "" || p.ReceiptNumber == q.ReceiptNumber) &&
		(q.Reference == "" || p.Reference == q.Reference && !p.SentAt.IsZero())
	if q.STAN != "" {
		same := func(c *driver.Charge) bool {
			return c != nil && c.STAN != "" && strings.TrimLeft(c.STAN, "0") == strings.TrimLeft(q.STAN, "0")
		}
		ok = ok && (same(p.Charge) || p.Reversal != nil && same(p.Reversal.Charge))
	}
	cents, reg, notice, iuv := p.AmountCents == q.AmountCents || p.Charge != nil && p.Charge.AmountCents == q.AmountCents, false, false, false
	for _, n := range p.Notices {
		cents = cents || n.AmountCents == q.AmountCents
		reg = reg || n.Registration == q.Registration
		notice = notice || strings.HasPrefix(n.Number, q.Notice)
		if len(n.Number) == 18 {
			from := 1
			if n.Number[0] == '0' {
				from = 3
			}
			iuv = iuv || strings.HasPrefix(n.Number[from:], q.IUV)
		}
	}
	return ok && owedBy(q.Debtor, owed) && (q.AmountCents == 0 || cents) && (q.Registration == "" || reg) && (q.Notice == "" || notice) && (q.IUV == "" || iuv)
}

// searchAll follows the cursor, and holds the total of the first page against what came.
func searchAll(t testing.TB, l *Ledger, q ArchiveQuery) (ids []string) {
	t.Helper()
	for pages := 0; ; pages++ {
		page, err := l.Search(q)
		if err != nil {
			t.Fatalf("%+v: %v", q, err)
		}
		for _, p := range page.Payments {
			ids = append(ids, p.ID)
		}
		if pages == 0 && page.Total != nil {
			defer func(total int) {
				if total != len(ids) {
					t.Errorf("%+v: total %d, and there are %d", q, total, len(ids))
				}
			}(*page.Total)
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return ids
		}
		if pages > 100_000 {
			t.Fatal("it never ends")
		}
	}
}

// archiveLife makes random payments, and random things befall them.
type archiveLife struct {
	r     *rand.Rand
	c     *clock
	ids   []string
	owed  map[string][]Debtor // by payment
	count int
}

func (a *archiveLife) number() string {
	switch a.r.IntN(4) {
	case 0: // an application code
		return fmt.Sprintf("0%02d%013d%02d", a.r.IntN(4), a.r.IntN(50), a.r.IntN(100))
	case 1:
		return fmt.Sprintf("1%017d", a.r.IntN(1000)*1_000_000_007)
	default: // one after another, as many creditors do
		return fmt.Sprintf("302%013d%02d", 1_000_000+a.count, a.count%93)
	}
}

func (a *archiveLife) intent() Intent {
	a.count++
	in := intent(a.count)
	in.Operator = []string{"anna", "bruno", "carla"}[a.r.IntN(3)]
	in.Terminal = fmt.Sprint("cassa", a.count) // free, whatever became of the others
	if a.r.IntN(2) == 0 {
		in.Terminal = "cassa" + string(rune('A'+a.r.IntN(3)))
	}
	in.Notices, in.AmountCents = nil, 0
	for range 1 + a.r.IntN(3) {
		n := Notice{Creditor: creditor, Number: a.number(), AmountCents: int64(1+a.r.IntN(40)) * 100}
		in.Notices = append(in.Notices, n)
		in.AmountCents += n.AmountCents
		in.Debtors = append(in.Debtors, people[a.r.IntN(len(people))].Debtor)
	}
	return in
}

func (a *archiveLife) step(t testing.TB, l *Ledger) {
	if a.r.IntN(20) == 0 { // the PC's clock may go back, too
		a.c.set(time.Date(2026, 3, 1+a.r.IntN(20), a.r.IntN(24), 0, 0, 0, time.UTC))
	}
	if a.r.IntN(2) == 0 || len(a.ids) == 0 {
		in := a.intent()
		var p Payment
		var err error
		if a.r.IntN(5) == 0 {
			p, err = l.Refuse(in.Payment, driver.Reason{Code: "refused"})
			in.Debtors = nil
		} else if p, err = l.Intend(in); err == nil && a.r.IntN(4) > 0 {
			c := charged(fmt.Sprintf("%06d", a.r.IntN(60)))
			c.Outcome.Charge.AmountCents = in.AmountCents
			if a.r.IntN(3) == 0 {
				c = verdict([]driver.Verdict{driver.NotCharged, driver.Unknown}[a.r.IntN(2)], "declined")
			}
			p, err = l.Conclude(p.ID, c)
		}
		if err == nil {
			a.ids = append(a.ids, p.ID)
			a.owed[p.ID] = in.Debtors
		} else if !errors.Is(err, ErrNoticeLocked) && !errors.Is(err, ErrTerminalLocked) && !errors.Is(err, ErrInvalid) {
			t.Fatal(err)
		}
		return
	}
	// What is refused here is refused; what is not changes an old payment.
	p := must(l.Payment(a.ids[a.r.IntN(len(a.ids))]))(t)
	switch a.r.IntN(5) {
	case 0:
		_, _ = l.Register(RegistrationChange{PaymentID: p.ID, To: RegDone, ReceiptID: "R" + p.ID})
	case 1:
		_, _ = l.Register(RegistrationChange{PaymentID: p.ID, To: RegHeld, Reason: driver.Reason{Code: "x"}})
	case 2:
		if _, err := l.Reverse(p.ID, "capo", "rev"+p.ID, driver.Baseline{}); err == nil {
			c := verdict(driver.Reversed, "reversed")
			c.Outcome.Charge = &driver.Charge{STAN: fmt.Sprintf("%06d", a.r.IntN(60)), AmountCents: p.AmountCents}
			_, _ = l.Conclude(p.ID, c)
		}
	default:
		if p.State == Sent || p.State == Unknown {
			c := charged(fmt.Sprintf("%06d", a.r.IntN(60)))
			c.Outcome.Charge.AmountCents = p.AmountCents
			_, _ = l.Conclude(p.ID, c)
		}
	}
}

func (a *archiveLife) query(all []Payment) (q ArchiveQuery) {
	p := all[a.r.IntN(len(all))] // something that is there
	n := p.Notices[a.r.IntN(len(p.Notices))]
	q.Limit = 5 + a.r.IntN(40)
	for range 1 + a.r.IntN(3) {
		switch a.r.IntN(14) {
		case 0:
			q.From = fmt.Sprintf("2026-03-%02d", 1+a.r.IntN(20))
		case 1:
			q.To = fmt.Sprintf("2026-03-%02d", 1+a.r.IntN(20))
		case 2:
			q.Notice = n.Number[:1+a.r.IntN(18)]
		case 3:
			q.IUV = n.Number[1:][:1+a.r.IntN(17)]
			if n.Number[0] == '0' {
				q.IUV = n.Number[3:][:1+a.r.IntN(15)]
			}
		case 4:
			q.STAN = fmt.Sprint(a.r.IntN(60))
		case 5:
			q.AmountCents = []int64{n.AmountCents, p.AmountCents}[a.r.IntN(2)]
		case 6:
			q.State = p.State
		case 7:
			q.Registration = n.Registration
		case 8:
			q.Operator = p.Operator
		case 9:
			q.Terminal = p.Terminal
		case 10:
			q.Reference = p.Reference
		case 11:
			q.ReceiptNumber = p.ReceiptNumber
		case 12, 13:
			q.Debtor = a.debtor()
		}
	}
	return q
}

// TestSearch holds random queries against a naive scan, while payments go on, the index is anywhere behind, and the
// ledger is closed and opened.
func TestSearch(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			a := &archiveLife{r: rand.New(rand.NewPCG(seed, 5)), c: newClock(), owed: map[string][]Debtor{}}
			every := []uint64{1, 40, 0}[seed]
			l := open(t, t.TempDir(), func(o *Options) { o.Now, o.archiveEvery, o.Log = a.c.now, every, soundIndex(t) })
			for round := range 8 {
				for range 40 {
					a.step(t, l)
				}
				if round%3 == 2 {
					l = reopen(t, l)
				}
				all := must(l.Payments(Query{Limit: 100_000}))(t)
				found := 0
				for range 30 {
					q := a.query(all)
					var want []string
					for _, p := range all {
						if wanted(q, p, a.owed[p.ID]) {
							want = append(want, p.ID)
						}
					}
					found += len(want)
					if got := searchAll(t, l, q); !slices.Equal(got, want) {
						t.Fatalf("%+v: %v, want %v", q, got, want)
					}
				}
				if found < 30 {
					t.Fatalf("only %d found", found)
				}
			}
			if l.archive.indexed.Load() == 0 {
				t.Error("nothing was ever indexed")
			}
		})
	}
}

// soundIndex is a log that no wrong index may come to: a search that meets one mends it, and its answer is right.
func soundIndex(t *testing.T) zerolog.Logger {
	return zerolog.New(zerolog.TestWriter{T: t}).Hook(zerolog.HookFunc(func(_ *zerolog.Event, level zerolog.Level, message string) {
		if level == zerolog.ErrorLevel {
			t.Error(message)
		}
	}))
}

// follow waits until the index has all but what it may lack.
func follow(t testing.TB, l *Ledger, wait ...time.Duration) {
	t.Helper()
	for end := time.Now().Add(append(wait, time.Minute)[0]); ; time.Sleep(time.Millisecond) {
		done := false
		_ = l.archive.view(func(x *archiveTx) error {
			done = x != nil && x.at.seq+l.archive.every > l.entries.Load()
			return nil
		})
		if done {
			return
		}
		if time.Now().After(end) {
			t.Fatal("the index stays behind")
		}
	}
}

// TestSearchWithoutAnIndex: while it is being made every payment is looked at, some at a time, over short pages.
func TestSearchWithoutAnIndex(t *testing.T) {
	dir := t.TempDir()
	generate(t, dir, 1500)
	// Whoever made the payments may have made an index of them already, if the disk let it.
	if err := os.Remove(filepath.Join(dir, ArchiveName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	l := open(t, dir, func(o *Options) { o.archiveEvery = 1 << 40 })
	q := ArchiveQuery{Notice: number(7)}
	first := must(l.Search(q))(t)
	if len(first.Payments) != 0 || first.Next == "" || first.Total != nil {
		t.Fatalf("%+v", first)
	}
	if ids := searchAll(t, l, q); len(ids) != 1 {
		t.Errorf("%v", ids)
	}
	if ids := searchAll(t, l, ArchiveQuery{State: Charged, Limit: 1000}); len(ids) != 1500 || !slices.IsSortedFunc(ids, func(a, b string) int { return strings.Compare(b, a) }) {
		t.Errorf("%d", len(ids))
	}
	_ = l.Close()
	l = open(t, dir)
	follow(t, l)
	page := must(l.Search(ArchiveQuery{State: Charged}))(t)
	if page.Total == nil || *page.Total != 1500 || len(page.Payments) != 50 {
		t.Errorf("%+v", page.Total)
	}
}

// TestSpoiltIndex: one of another ledger, one that is torn, one that lies. No search says what is not so, Check tells
// of it, and it is made anew.
func TestSpoiltIndex(t *testing.T) {
	dir := t.TempDir()
	generate(t, dir, 500)
	l := open(t, dir, func(o *Options) { o.archiveEvery = 1 })
	path := filepath.Join(dir, ArchiveName)
	q := ArchiveQuery{STAN: "7"}
	right := func(how string) {
		t.Helper()
		if ids := searchAll(t, l, q); len(ids) != 1 {
			t.Errorf("%s: %v", how, ids)
		}
		follow(t, l)
		if ids := searchAll(t, l, q); len(ids) != 1 {
			t.Errorf("%s, made anew: %v", how, ids)
		}
	}
	follow(t, l)
	whole := must(os.ReadFile(path))(t)
	for how, spoil := range map[string]func() error{
		"missing": func() error { return os.Remove(path) },
		"torn": func() error {
			return os.WriteFile(path, append(slices.Clone(whole[:3*pageSize]), make([]byte, len(whole)-3*pageSize)...), 0o600)
		},
		"no index": func() error { return os.WriteFile(path, []byte("archive"), 0o600) },
		"of the version before": func() error {
			db, err := bolt.Open(path, 0o600, nil)
			if err != nil {
				return err
			}
			return errors.Join(db.Update(func(tx *bolt.Tx) error {
				index := tx.Bucket(bucketIndex)
				at := slices.Clone(index.Get(keyIndexed))
				at[len(at)-1] = archiveVersion - 1
				return index.Put(keyIndexed, at)
			}), db.Close())
		},
		"of another ledger": func() error {
			other := t.TempDir()
			generate(t, other, 300)
			o := open(t, other, func(o *Options) { o.archiveEvery = 1 })
			follow(t, o)
			if err := o.Close(); err != nil {
				return err
			}
			return os.Rename(filepath.Join(other, ArchiveName), path)
		},
	} {
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		// Whatever the ledger was at when it was closed: it may have been making it anew.
		if err := os.WriteFile(path, whole, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := spoil(); err != nil {
			t.Fatal(err)
		}
		l = open(t, dir, func(o *Options) { o.archiveEvery = 1 })
		right(how)
	}
	lie := func() {
		for told := false; !told; {
			follow(t, l)
			l.archive.mu.RLock()
			if l.archive.db != nil { // or it was found wrong twice, and is made anew twice
				told = true
				if err := l.archive.db.Update(func(tx *bolt.Tx) error {
					return tx.Bucket(bucketTerms).Put(termKey(0, string(termSTAN)+plainSTAN("7")), []byte{7, 0, 9, 0})
				}); err != nil {
					t.Error(err)
				}
			}
			l.archive.mu.RUnlock()
		}
	}
	lie()
	right("a lie that a search meets")
	lie()
	if r := must(l.Check())(t); len(r.Problems) != 1 || r.Problems[0].Where != "archive" {
		t.Errorf("%+v", r)
	}
	right("a lie that Check meets")
	if r := must(l.Check())(t); len(r.Problems) != 0 {
		t.Errorf("%+v", r)
	}
}

func TestBadQueries(t *testing.T) {
	l := open(t, t.TempDir())
	for _, q := range []ArchiveQuery{{From: "10-03-2026"}, {To: "x"}, {Notice: "3x"}, {IUV: " 1"}, {STAN: "-1"}, {AmountCents: -1},
		{Limit: -1}, {Limit: 1001}, {Cursor: "x"}, {Cursor: "0"}, {Operator: strings.Repeat("a", 257)},
		{Debtor: "'"}, {Debtor: strings.Repeat("a", 513)}} {
		if _, err := l.Search(q); !errors.Is(err, ErrInvalid) {
			t.Errorf("%+v: %v", q, err)
		}
	}
	if page := must(l.Search(ArchiveQuery{}))(t); len(page.Payments) != 0 || page.Total == nil || *page.Total != 0 || page.Next != "" {
		t.Errorf("%+v", page)
	}
}
