package ledger

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sportello/driver"
)

// model is the ledger's promises said again, as simply as possible, without any of its code.
type model struct {
	payments  map[string]*modelPayment
	order     []string
	holders   map[string][]string // notice -> payments
	terminals map[string]string   // name -> holder
	receipts  int
	cases     int
}

type modelPayment struct {
	request  string
	notice   string
	terminal string
	state    State
	receipt  int
	reg      Registration
	watch    bool
}

// TestModel runs random steps on the ledger and on the model, with a start after some, and compares
// everything that can be asked.
func TestModel(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 1))
			l := open(t, t.TempDir())
			m := &model{payments: map[string]*modelPayment{}, holders: map[string][]string{}, terminals: map[string]string{}}
			for step := range 100 {
				what := m.step(t, l, r, step)
				if r.IntN(4) == 0 || seed == 0 {
					l = reopen(t, l)
				}
				m.compare(t, l)
				if t.Failed() {
					t.Fatalf("after step %d: %s", step, what)
				}
			}
		})
	}
}

func (m *model) step(t *testing.T, l *Ledger, r *rand.Rand, step int) string {
	pick := func() string {
		if len(m.order) == 0 || r.IntN(20) == 0 {
			return "A1-99999999"
		}
		return m.order[r.IntN(len(m.order))]
	}
	switch r.IntN(8) {
	case 0, 1, 2:
		notice, terminal := r.IntN(8), fmt.Sprint("cassa", r.IntN(3))
		in := intent(notice)
		in.RequestID, in.Terminal = fmt.Sprint("r", step), terminal
		p, err := l.Intend(in)
		number := in.Notices[0].Number
		var want error
		switch {
		case len(m.holders[number]) > 0:
			want = ErrNoticeLocked
		case m.terminals[terminal] != "":
			want = ErrTerminalLocked
		default:
			m.payments[p.ID] = &modelPayment{request: in.RequestID, notice: number, terminal: terminal, state: Sent, reg: RegNone}
			m.order = append(m.order, p.ID)
			m.holders[number] = []string{p.ID}
			m.terminals[terminal] = p.ID
		}
		m.expect(t, err, want)
		return "intend " + number + " on " + terminal
	case 3, 4, 5:
		id := pick()
		v := []driver.Verdict{driver.Charged, driver.NotCharged, driver.Unknown, driver.NotSent}[r.IntN(4)]
		c := verdict(v, "x")
		if r.IntN(2) == 0 {
			c.RawResult = fmt.Appendf(nil, "raw %d", step)
		}
		_, err := l.Conclude(id, c)
		m.expect(t, err, m.conclude(id, v))
		return fmt.Sprintf("conclude %s %s", id, v)
	case 6:
		id := pick()
		_, err := l.Register(RegistrationChange{PaymentID: id, To: RegDone})
		p := m.payments[id]
		switch {
		case p == nil:
			m.expect(t, err, ErrNotFound)
		case p.state != Charged:
			m.expect(t, err, ErrStale)
		default:
			m.expect(t, err, nil)
			p.reg = RegDone
		}
		return "register " + id
	}
	terminal := fmt.Sprint("cassa", r.IntN(3))
	err := l.Free(terminal, "capo")
	switch p := m.payments[m.terminals[terminal]]; {
	case p == nil:
		m.expect(t, err, ErrNotFound)
	case p.state == Sent:
		m.expect(t, err, ErrStale)
	default:
		m.expect(t, err, nil)
		m.terminals[terminal] = ""
	}
	return "free " + terminal
}

func (m *model) conclude(id string, v driver.Verdict) error {
	p := m.payments[id]
	if p == nil {
		return ErrNotFound
	}
	switch {
	case p.state == Charged, p.state == NotCharged && v != driver.Charged, p.state == Unknown && v == driver.NotSent:
		return ErrStale
	}
	if p.state == NotCharged {
		m.cases++ // a late charge
	}
	switch v {
	case driver.Charged:
		m.receipts++
		p.state, p.receipt, p.reg, p.watch = Charged, m.receipts, RegAwaiting, false
		if !slices.Contains(m.holders[p.notice], id) {
			m.holders[p.notice] = append(m.holders[p.notice], id)
		}
	case driver.Unknown:
		p.state, p.watch = Unknown, true
		return nil
	default:
		p.state, p.watch = NotCharged, v == driver.NotCharged
		m.holders[p.notice] = slices.DeleteFunc(m.holders[p.notice], func(h string) bool { return h == id })
	}
	if m.terminals[p.terminal] == id {
		m.terminals[p.terminal] = ""
	}
	return nil
}

func (m *model) expect(t *testing.T, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func (m *model) compare(t *testing.T, l *Ledger) {
	t.Helper()
	var open, box []string
	for _, id := range m.order {
		want := m.payments[id]
		p, err := l.Payment(id)
		if err != nil {
			t.Error(err)
			return
		}
		receipt := ""
		if want.receipt > 0 {
			receipt = fmt.Sprint("2026/", want.receipt)
		}
		if p.State != want.state || p.ReceiptNumber != receipt || p.Notices[0].Registration != want.reg {
			t.Errorf("%s: %+v, want %+v", id, p, want)
		}
		if q, ok, err := l.ByRequest(want.request); err != nil || !ok || q.ID != id {
			t.Errorf("%s by its request: %v %v", id, ok, err)
		}
		if want.state == Sent || want.state == Unknown {
			open = append(open, id)
		}
		if want.watch || want.reg == RegAwaiting {
			box = append(box, fmt.Sprint(id, want.watch))
		}
	}
	var gotOpen, gotBox, all []string
	for _, p := range must(l.Unfinished())(t) {
		gotOpen = append(gotOpen, p.ID)
	}
	for _, i := range must(l.Outbox())(t) {
		gotBox = append(gotBox, fmt.Sprint(i.PaymentID, i.Watch))
	}
	for _, p := range must(l.Payments(Query{}))(t) {
		all = append([]string{p.ID}, all...)
	}
	if !slices.Equal(open, gotOpen) || !slices.Equal(box, gotBox) || !slices.Equal(all, m.order) {
		t.Errorf("unfinished %v, want %v; outbox %v, want %v; all %v", gotOpen, open, gotBox, box, all)
	}
	for notice, holders := range m.holders {
		want := ""
		if len(holders) > 0 {
			want = holders[0]
		}
		if n := must(l.Notice(creditor, notice))(t); n.Holder != want {
			t.Errorf("notice %s held by %q, want %q", notice, n.Holder, want)
		}
	}
	for name, holder := range m.terminals {
		if s := must(l.Terminal(name))(t); s.Lock != holder {
			t.Errorf("terminal %s held by %q, want %q", name, s.Lock, holder)
		}
	}
	if n := len(must(l.Cases(true))(t)); n != m.cases {
		t.Errorf("%d cases, want %d", n, m.cases)
	}
	if r := must(l.Check())(t); len(r.Problems) > 0 || r.Payments != len(m.order) {
		t.Errorf("%+v", r)
	}
}

// TestKilled kills a process that pays, at random moments, and asks the ledger for everything that
// it had been told is durable.
func TestKilled(t *testing.T) {
	dir := t.TempDir()
	told := map[string]string{}
	rank := map[string]int{"sent": 0, "charged": 1, "not_charged": 1, "registered": 2}
	rounds := 8
	for round := range rounds {
		cmd := exec.Command(os.Args[0], dir)
		cmd.Env = append(os.Environ(), childEnv+"=pay")
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := 1 + rand.IntN(90)
		scanner := bufio.NewScanner(out)
		for scanner.Scan() {
			id, state, ok := strings.Cut(scanner.Text(), " ")
			if _, known := rank[state]; !ok || !known {
				t.Fatalf("round %d: the child says %q", round, scanner.Text())
			}
			told[id] = state
			if lines--; lines == 0 {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := cmd.Wait(); err == nil {
			t.Fatal("the child ended by itself")
		}
		path := filepath.Join(dir, FileName)
		wantSound(t, path)
		l, err := Open(dir, Options{Installation: "A1", BallastBytes: testBallast})
		if err != nil {
			t.Fatal(err)
		}
		for id, state := range told {
			p, err := l.Payment(id)
			if err != nil {
				t.Fatalf("round %d: %s was told %s: %v", round, id, state, err)
			}
			now := string(p.State)
			if p.Notices[0].Registration == RegDone {
				now = string(RegDone)
			}
			if rank[now] < rank[state] || rank[state] == 1 && rank[now] == 1 && now != state {
				t.Errorf("round %d: %s was told %s and is %s", round, id, state, now)
			}
		}
		if open := must(l.Unfinished())(t); len(open) > 1 {
			t.Errorf("round %d: %d unfinished", round, len(open))
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if len(told) < rounds {
		t.Errorf("only %d payments", len(told))
	}
}

// TestManyAtOnce lets counters pay, ask and check at the same time; their commits are shared.
func TestManyAtOnce(t *testing.T) {
	l := open(t, t.TempDir(), func(o *Options) { o.Now = time.Now })
	const counters, each = 8, 25
	var wg sync.WaitGroup
	for c := range counters {
		wg.Go(func() {
			for i := range each {
				in := intent(c*1000 + i)
				in.Terminal = fmt.Sprint("cassa", c)
				p, err := l.Intend(in)
				if err == nil {
					_, err = l.Conclude(p.ID, charged("000042"))
				}
				if err == nil {
					_, err = l.Aftermath(p.ID, driver.Aftermath{Acked: true, Ticket: slip})
				}
				if err == nil {
					_, err = l.Payments(Query{Limit: 5})
				}
				if err != nil {
					t.Error(err)
				}
				if i == 12 && c < 2 {
					if r, err := l.Check(); err != nil || len(r.Problems) > 0 {
						t.Error(err, r)
					}
				}
				if i == 20 && c == 3 {
					if _, err := l.Erase(time.Now()); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	// Nine fight for one notice: one gets it.
	var won sync.Map
	for c := range 9 {
		wg.Go(func() {
			in := intent(999999)
			in.RequestID, in.Terminal = fmt.Sprint("fight", c), fmt.Sprint("altra", c)
			p, err := l.Intend(in)
			if err == nil {
				won.Store(p.ID, true)
			} else if !errors.Is(err, ErrNoticeLocked) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	winners := 0
	won.Range(func(any, any) bool { winners++; return true })
	if winners != 1 {
		t.Errorf("%d have the notice", winners)
	}
	s := l.Stats()
	if s.Entries < counters*each*3+1 {
		t.Errorf("%+v", s)
	}
	if runtime.NumCPU() > 1 && s.Commits >= s.Entries {
		t.Errorf("%d commits for %d entries: none was shared", s.Commits, s.Entries)
	}
}
