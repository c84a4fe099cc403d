package ledger

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"sportello/driver"
)

// BenchmarkArchive asks a ledger of a million payments of ten years a mix of queries, each its first page of fifty
// with its total, one after another, and prints what the slowest hundredth takes; and what a start costs:
//
//	go test -run '^$' -bench Archive -benchtime 1x -timeout 60m ./cmd/sportello/internal/ledger
//
// ARCHIVE_PAYMENTS makes it another number. ARCHIVE_DIR keeps the ledger, and takes the one that is there.
func BenchmarkArchive(b *testing.B) {
	size := 1_000_000
	if n, err := strconv.Atoi(os.Getenv("ARCHIVE_PAYMENTS")); err == nil {
		size = n
	}
	dir := os.Getenv("ARCHIVE_DIR")
	if dir == "" {
		dir = b.TempDir()
	}
	timed := func(what string, fn func()) {
		start := time.Now()
		fn()
		fmt.Printf("%-44s %s\n", what, time.Since(start).Round(time.Millisecond/100))
	}
	if _, err := os.Stat(filepath.Join(dir, FileName)); err != nil {
		timed(fmt.Sprintf("%d payments written", size), func() { generateArchive(b, dir, size) })
	}
	var l *Ledger
	timed("first start", func() { l = openForBench(b, dir) })
	timed("index brought up to date", func() { follow(b, l, time.Hour) })
	for _, name := range []string{FileName, ArchiveName} {
		if fi, err := os.Stat(filepath.Join(dir, name)); err == nil {
			fmt.Printf("%-44s %d MB\n", name, fi.Size()>>20)
		}
	}
	if err := l.Close(); err != nil {
		b.Fatal(err)
	}
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	timed("start", func() { l = openForBench(b, dir) })
	timed("and its unfinished payments and outbox", func() {
		if _, err := l.Unfinished(); err != nil {
			b.Fatal(err)
		}
		if _, err := l.Outbox(); err != nil {
			b.Fatal(err)
		}
	})
	follow(b, l, time.Hour)
	fmt.Printf("%-44s %d kB\n", "heap of the open ledger", (int64(heap())-int64(before))/1024)
	defer func() {
		if err := l.Close(); err != nil {
			b.Error(err)
		}
	}()
	for b.Loop() {
		benchSearch(b, l, size)
	}
}

func benchSearch(b *testing.B, l *Ledger, size int) {
	r := rand.New(rand.NewPCG(1, 1))
	took := map[string][]time.Duration{}
	var all []time.Duration
	for range 400 {
		for name, q := range archiveMix(r, size) {
			start := time.Now()
			page, err := l.Search(q)
			d := time.Since(start)
			if err != nil || page.Total == nil {
				b.Fatalf("%s: %v", name, err)
			}
			took[name], all = append(took[name], d), append(all, d)
		}
	}
	at := func(d []time.Duration, share float64) time.Duration {
		slices.Sort(d)
		return d[min(len(d)-1, int(share*float64(len(d))))].Round(10 * time.Microsecond)
	}
	var names []string
	for name := range took {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Printf("%-44s p50 %-10s p99 %-10s max %s\n", name, at(took[name], 0.5), at(took[name], 0.99), at(took[name], 1))
	}
	fmt.Printf("%-44s p50 %-10s p99 %-10s max %s\n", fmt.Sprintf("all %d", len(all)), at(all, 0.5), at(all, 0.99), at(all, 1))
	b.ReportMetric(float64(at(all, 0.99).Microseconds())/1000, "p99-ms")
}

var (
	archiveOperators = []string{"anna", "bruno", "carla", "dario", "elena"}
	archiveTerminals = []string{"cassa1", "cassa2", "cassa3", "cassa4"}
	archiveBegins    = time.Date(2016, time.January, 4, 7, 0, 0, 0, time.UTC)
)

// archiveAge is between two payments: ten years of a million.
const archiveAge = 315 * time.Second

func archiveNumber(i int) string {
	switch {
	case i%5 == 0: // a creditor that numbers at random
		return fmt.Sprintf("302%013d%02d", uint64(i)*7_919_000_003%10_000_000_000_000, i%93)
	case i%50 == 1: // an application code
		return fmt.Sprintf("0%02d%013d%02d", i%7, i, i%93)
	}
	return fmt.Sprintf("301%013d%02d", 1_000_000_000+i, i%93)
}

func archiveCents(i int) int64 { return int64(uint64(i)*2_654_435_761%60_000) + 100 }

var (
	archiveSurnames = strings.Fields("Rossi Russo Ferrari Esposito Bianchi Romano Colombo Ricci Marino Greco Bruno Gallo Conti Costa Mancini Giordano Rizzo " +
		"Lombardi Moretti Barbieri Fontana Santoro Mariani Rinaldi Caruso Ferrara Galli Martini Leone Longo Gentile Martinelli Vitale Lombardo Serra Coppola " +
		"Marchetti Parisi Villa Conte Ferraro Ferri Fabbri Bianco Marini Grasso Valentini Messina Sala Gatti Pellegrini Palumbo Sanna Farina Rizzi Monti " +
		"Cattaneo Morelli Amato Silvestri Mazza Testa Grassi Pellegrino Carbone Giuliani Benedetti Barone Rossetti Caputo Montanari Guerra Palmieri Bernardi")
	archiveNames = strings.Fields("Maria Anna Giuseppina Rosa Angela Giovanna Teresa Lucia Carmela Caterina Francesca Antonietta Elena Concetta Rita Giuseppe " +
		"Giovanni Antonio Mario Luigi Francesco Angelo Vincenzo Pietro Salvatore Carlo Franco Domenico Bruno Paolo Michele Giorgio Aldo Sergio Luciano Niccolò")
)

// archivePeople owe: some often, one in fifty payments nobody by name.
const archivePeople = 40_000

func archiveDebtor(i int) Debtor {
	if i%50 == 7 {
		return Debtor{Name: "ANONIMO", TaxCode: "ANONIMO"}
	}
	n := int(uint64(i) * 2_654_435_761 % archivePeople)
	surname, name := archiveSurnames[n%len(archiveSurnames)], archiveNames[n/7%len(archiveNames)]
	if n%13 == 0 {
		surname += fmt.Sprint("ni", string(rune('a'+n/13%26)), string(rune('a'+n/338%26))) // the rarer ones
	}
	return Debtor{Name: surname + " " + name, TaxCode: strings.ToUpper(surname[:3]+name[:3]) + fmt.Sprintf("%02dA%02dH%03dX", n%100, n/100%28+1, n/400)}
}

// archiveMix is one query of each kind about a random payment.
func archiveMix(r *rand.Rand, size int) map[string]ArchiveQuery {
	i := r.IntN(size)
	n := archiveNumber(i)
	day := func(i int) string { return romeDay(archiveBegins.Add(time.Duration(i) * archiveAge)) }
	iuv := n[1:]
	if n[0] == '0' {
		iuv = n[3:]
	}
	owed := archiveDebtor(i)
	surname, name, _ := strings.Cut(owed.Name+" Maria", " ")
	return map[string]ArchiveQuery{
		"nothing":                   {},
		"day":                       {From: day(i), To: day(i)},
		"year":                      {From: day(i), To: day(i + size/10)},
		"notice":                    {Notice: n},
		"notice, while it is typed": {Notice: n[:1+r.IntN(18)]},
		"IUV":                       {IUV: iuv},
		"IUV, while it is typed":    {IUV: iuv[:1+r.IntN(len(iuv))]},
		"STAN":                      {STAN: fmt.Sprint(i / 4 % 1_000_000)},
		"amount":                    {AmountCents: archiveCents(i)},
		"state, rare":               {State: Reversed},
		"state, common":             {State: Charged},
		"registration":              {Registration: RegAwaiting},
		"clerk and terminal":        {Operator: archiveOperators[i%5], Terminal: archiveTerminals[i%4]},
		"clerk, terminal, amount":   {Operator: archiveOperators[i%5], Terminal: archiveTerminals[i%4], AmountCents: archiveCents(i)},
		"never together":            {Operator: archiveOperators[i%5], ReceiptNumber: "2015/1"},
		"state, year, clerk":        {State: NotCharged, From: day(i), To: day(i + size/10), Operator: archiveOperators[i%5]},
		"receipt number":            {ReceiptNumber: fmt.Sprintf("%s/%d", day(i)[:4], 1+r.IntN(size/11+1))},
		"reference":                 {Reference: fmt.Sprintf("RIFA1%08d", i)},
		"tax code":                  {Debtor: owed.TaxCode},
		"tax code, being typed":     {Debtor: owed.TaxCode[:1+r.IntN(len(owed.TaxCode))]},
		"name":                      {Debtor: owed.Name},
		"surname, being typed":      {Debtor: surname[:1+r.IntN(len(surname))]},
		"name, both words begun":    {Debtor: name[:1+r.IntN(3)] + " " + surname[:1+r.IntN(3)]},
		"debtor and day":            {Debtor: surname, From: day(i), To: day(i)},
		"nobody":                    {Debtor: "Nessunissimo"},
		"notice, day, state":        {Notice: n[:6], From: day(i), To: day(i), State: Charged},
	}
}

// generateArchive writes ten years of payments, many to a commit: 94 in a hundred charged and registered, four refused
// by the card, one reversed, and of the newest thousand some that wait for their receipts. Slips, receipts and raw
// bytes are left out: only their number counts here.
func generateArchive(tb testing.TB, dir string, size int) {
	l, err := Open(dir, Options{Installation: "A1", BallastBytes: testBallast, archiveEvery: 1 << 40})
	if err != nil {
		tb.Fatal(err)
	}
	l.db.NoSync = true // nobody's money
	const together = 2000
	for done := 0; done < size; done += together {
		var err error
		serr := l.submit(&op{do: func(b *batch) error {
			for i := done; i < min(done+together, size) && err == nil; i++ {
				b.now = archiveBegins.Add(time.Duration(i) * archiveAge)
				err = b.generatedArchive(i, size)
			}
			return nil
		}})
		if err != nil || serr != nil {
			tb.Fatal(err, serr)
		}
	}
	l.db.NoSync = false
	if err := l.db.Sync(); err != nil {
		tb.Fatal(err)
	}
	if err := l.Close(); err != nil {
		tb.Fatal(err)
	}
}

func (b *batch) generatedArchive(i, size int) error {
	cents := archiveCents(i)
	p := Payment{ID: fmt.Sprintf("A1-%08d", i+1), RequestID: fmt.Sprintf("request-%d", i), RequestHash: "h", Reference: fmt.Sprintf("RIFA1%08d", i),
		Settlement: SettlementTerminal, AmountCents: cents, Terminal: archiveTerminals[i%4], Operator: archiveOperators[i%5],
		Notices: []Notice{{Creditor: creditor, Number: archiveNumber(i), AmountCents: cents, Position: fmt.Sprint("A2A/", i)}}}
	e := attemptEntry(KindSent, &p)
	stan := fmt.Sprintf("%06d", i/4%1_000_000)
	e.Terminal = &terminalBody{Name: p.Terminal, Result: resultHash([]byte(stan)), STAN: stan}
	if err := b.append(e, &blob{Kind: "intent", Descriptions: []string{"TARI"}, Debtors: []Debtor{archiveDebtor(i)}}); err != nil {
		return err
	}
	conclude := func(c Conclusion, to State) error {
		r, err := loadRecord(b.view, p.ID)
		if err != nil {
			return err
		}
		if e, _, err = b.outcomeEntry(r, to, c); err == nil {
			err = b.append(e, nil)
		}
		return err
	}
	if i%25 == 3 {
		return conclude(verdict(driver.NotCharged, "declined"), NotCharged)
	}
	c := charged(stan)
	c.Outcome.Charge.AmountCents, c.Outcome.Charge.HostTime = cents, b.now
	if err := conclude(c, Charged); err != nil {
		return err
	}
	if err := b.append(&entry{Kind: KindAftermath, Payment: p.ID, Aftermath: &aftermathBody{Acked: true}}, nil); err != nil {
		return err
	}
	switch {
	case i%100 == 50:
		if err := b.append(&entry{Kind: KindReversalSent, Operator: "capo", Payment: p.ID, Reversal: &reversalBody{RequestID: "undo"},
			Terminal: &terminalBody{Name: p.Terminal}}, nil); err != nil {
			return err
		}
		return conclude(verdict(driver.Reversed, "reversed"), Reversed)
	case i > size-1000 && i%10 == 0:
		return nil
	}
	return b.append(&entry{Kind: KindRegistration, Payment: p.ID, Registration: &registrationBody{From: RegAwaiting, To: RegDone, ReceiptID: "token"}}, nil)
}
