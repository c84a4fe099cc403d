package ledger

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
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
	takings   map[string]int    // terminal -> cents
	totals    map[string]*int   // terminal -> computed total
	due       map[string]*int   // likewise, once the terminal keeps what it did last
	previous  map[string]string // terminal -> reference
	newest    map[string]string // terminal -> payment
	session   int
	now       time.Time
	raw       bool // the last conclusion brought the terminal's message
	offline   int  // the period that is open; 0: none
	periods   int
}

type modelPayment struct {
	request  string
	notice   string
	terminal string
	state    State
	receipt  int
	reg      Registration
	watch    bool
	heard    bool // of the reversal in hand
	proposed driver.Verdict
	acked    bool
	undone   bool // it was tried
	told     bool // the terminal, that we have its reversal
	people   bool // decided it
	ref      string
	before   string // the terminal's previous until it was sent
	session  int    // in which it was sent
	reversed int    // in which it was reversed
	freeAt   time.Time
	platform bool // its settlement
	calls    int  // submissions
	offline  int  // period
}

// TestModel runs random steps on the ledger and on the model, with a start after some, and compares
// everything that can be asked.
func TestModel(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 1))
			m := &model{now: time.Date(2026, time.March, 10, 9, 0, 0, 0, time.UTC), payments: map[string]*modelPayment{}, holders: map[string][]string{}, terminals: map[string]string{},
				takings: map[string]int{}, totals: map[string]*int{}, due: map[string]*int{}, previous: map[string]string{}, newest: map[string]string{}}
			l := open(t, t.TempDir(), func(o *Options) { o.Now = func() time.Time { return m.now } })
			for step := range 150 {
				m.now = m.now.Add(2 * time.Minute)
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
	switch r.IntN(19) {
	case 14, 15, 16:
		return m.submission(t, l, r, pick())
	case 17:
		return m.period(t, l)
	case 8, 9:
		id := pick()
		_, err := l.Reverse(id, "capo", fmt.Sprint("rev", step), driver.Baseline{TerminalID: "12345678"})
		p := m.payments[id]
		switch {
		case p == nil:
			m.expect(t, err, ErrNotFound)
		case p.state != Charged, p.platform && p.reg != RegNone:
			m.expect(t, err, ErrNotReversible)
		case m.terminals[p.terminal] != "":
			m.expect(t, err, ErrTerminalLocked)
		default:
			m.expect(t, err, nil)
			p.state, p.heard, p.reversed, p.undone, p.told = Reversing, false, m.session, true, false
			m.take(id, p)
		}
		return "reverse " + id
	case 10:
		id := pick()
		p := m.payments[id]
		q, _ := l.Payment(id)
		answer := []driver.Verdict{driver.Charged, driver.NotCharged}[r.IntN(2)]
		_, err := l.Propose(id, q.EvidenceSeq, Proposal{Answer: answer, STAN: "000099", By: "anna"})
		switch {
		case p == nil:
			m.expect(t, err, ErrNotFound)
		case p.state != Unknown || p.proposed != "":
			m.expect(t, err, ErrStale)
		default:
			m.expect(t, err, nil)
			p.proposed = answer
		}
		return fmt.Sprintf("propose %s of %s", answer, id)
	case 11:
		id := pick()
		p := m.payments[id]
		q, _ := l.Payment(id)
		accept := r.IntN(4) > 0
		_, err := l.Countersign(id, q.EvidenceSeq, "capo", accept)
		switch {
		case p == nil:
			m.expect(t, err, ErrNotFound)
		case p.state != Unknown || p.proposed == "":
			m.expect(t, err, ErrStale)
		case !accept:
			m.expect(t, err, nil)
			p.proposed = ""
		default:
			m.expect(t, err, m.conclude(id, p.proposed))
			m.lose(p.terminal)
			p.people = true
		}
		return fmt.Sprintf("countersign %s: %t", id, accept)
	case 12:
		id := pick()
		p := m.payments[id]
		q, _ := l.Payment(id)
		_, err := l.Aftermath(id, driver.Aftermath{Acked: true, Ticket: "* " + q.Reference + " *"})
		switch {
		case p == nil:
			m.expect(t, err, ErrNotFound)
		case p.state == Sent || p.state == Reversing && !p.heard:
			m.expect(t, err, ErrStale)
		default:
			m.expect(t, err, nil)
			p.proposed = ""
			if m.newest[p.terminal] == id {
				m.previous[p.terminal] = p.ref
				if due := m.due[p.terminal]; due != nil {
					m.totals[p.terminal], m.due[p.terminal] = due, nil
				}
			}
			p.acked = p.acked || !p.undone
			p.told = p.told || p.undone
		}
		return "slip of " + id
	case 13:
		terminal := fmt.Sprint("cassa", r.IntN(3))
		if r.IntN(3) == 0 {
			m.expect(t, l.RecordClosing(terminal, "capo", closing(driver.ClosingDone)), nil)
			m.totals[terminal], m.takings, m.due = new(int), map[string]int{}, map[string]*int{}
			for name := range 3 { // this test closes all at once: whose session a charge belongs to is TestTakings'
				if name := fmt.Sprint("cassa", name); name != terminal {
					m.expect(t, l.RecordClosing(name, "capo", closing(driver.ClosingDone)), nil)
					m.totals[name] = new(int)
				}
			}
			m.session++
			return "close all"
		}
		err := l.RecordTotal(terminal, int64(step))
		if p := m.payments[m.terminals[terminal]]; p != nil && (p.state == Sent || p.state == Reversing && !p.heard) {
			m.expect(t, err, ErrStale)
		} else {
			m.expect(t, err, nil)
			m.lose(terminal)
			switch last := m.payments[m.newest[terminal]]; {
			case slices.ContainsFunc(m.order, func(id string) bool {
				p := m.payments[id]
				return p.terminal == terminal && (p.state == Unknown || p.state == Reversing)
			}):
			case last != nil && (last.state == Charged && !last.acked && !last.people || last.state == Reversed && !last.told):
				m.due[terminal] = &step
			default:
				m.totals[terminal] = &step
			}
		}
		return "total of " + terminal
	case 0, 1, 2:
		notice, terminal := r.IntN(8), fmt.Sprint("cassa", r.IntN(3))
		in := intent(notice)
		in.RequestID, in.Terminal, in.Baseline.Last = fmt.Sprint("r", step), terminal, nil // strangers are TestComputedTotal's
		platform, offline := r.IntN(3) == 0, r.IntN(4) == 0
		if in.OfflineCharge = offline; platform {
			in.Settlement = SettlementPlatform
		}
		p, err := l.Intend(in)
		number := in.Notices[0].Number
		var want error
		switch {
		case len(m.held(number)) > 0:
			want = ErrNoticeLocked
		case m.terminals[terminal] != "":
			want = ErrTerminalLocked
		case offline && (m.offline == 0 || m.charges(m.offline) == maxOffline):
			want = ErrOfflineLimit
		default:
			m.payments[p.ID] = &modelPayment{request: in.RequestID, notice: number, terminal: terminal, state: Sent, reg: RegNone, ref: in.Reference, session: m.session}
			m.payments[p.ID].platform = platform
			if offline {
				m.payments[p.ID].offline = m.offline
			}
			m.order = append(m.order, p.ID)
			m.holders[number] = []string{p.ID}
			m.take(p.ID, m.payments[p.ID])
		}
		m.expect(t, err, want)
		return "intend " + number + " on " + terminal
	case 3, 4, 5:
		id := pick()
		v := []driver.Verdict{driver.Charged, driver.NotCharged, driver.Unknown, driver.NotSent}[r.IntN(4)]
		if p := m.payments[id]; r.IntN(6) == 0 || p != nil && p.state == Reversing && r.IntN(2) == 0 {
			v = []driver.Verdict{driver.Reversed, driver.NotReversed}[r.IntN(2)]
		}
		c := verdict(v, "x")
		if v == driver.Charged {
			c.Outcome.Charge = &driver.Charge{STAN: "000042", AmountCents: 1250}
		}
		if m.raw = r.IntN(2) == 0; m.raw {
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
		case p.reg == RegDone: // the same again
			m.expect(t, err, nil)
		case p.state != Charged && p.state != Reversing, p.reg == RegNone: // nobody has called the platform
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
	case p.state == Sent || p.state == Reversing && !p.heard:
		m.expect(t, err, ErrStale)
	default:
		m.expect(t, err, nil)
		m.terminals[terminal] = ""
	}
	return "free " + terminal
}

// held are the payments that hold a notice now.
func (m *model) held(notice string) []string {
	return slices.DeleteFunc(slices.Clone(m.holders[notice]), func(id string) bool {
		p := m.payments[id]
		return p.state == Reversed && p.told && !m.now.Before(p.freeAt)
	})
}

// take gives the terminal to a payment that is sent or reversed.
func (m *model) take(id string, p *modelPayment) {
	if last := m.payments[m.newest[p.terminal]]; last != nil && last.state == Reversed && !last.told {
		m.cases++ // nobody can ask after it any more
	}
	p.before = m.previous[p.terminal]
	m.terminals[p.terminal], m.newest[p.terminal], m.previous[p.terminal], m.due[p.terminal] = id, id, "", nil
}

// count moves takings and total by what is charged, or given back.
func (m *model) count(p *modelPayment, session, cents int, sure bool) {
	if session == m.session {
		m.takings[p.terminal] += cents
	}
	total := m.totals[p.terminal]
	m.lose(p.terminal)
	if sure && total != nil {
		sum := *total + cents
		m.due[p.terminal] = &sum
	}
}

// lose: the total is not known any more.
func (m *model) lose(terminal string) { m.totals[terminal], m.due[terminal] = nil, nil }

func (m *model) concludeReversal(id string, p *modelPayment, v driver.Verdict) error {
	switch {
	case v == driver.Charged, v == driver.NotCharged, v == driver.NotSent && p.heard:
		return ErrStale
	case v == driver.Unknown:
		p.heard = true
		m.lose(p.terminal)
		return nil
	case v == driver.Reversed:
		p.state, p.watch, p.freeAt = Reversed, true, m.now.Add(30*time.Minute)
		m.count(p, p.reversed, -1250, !p.heard)
		if p.reg == RegAwaiting || p.reg == RegNone {
			p.reg = RegClosed
		}
	default:
		p.state = Charged
		if p.heard {
			m.lose(p.terminal)
		}
		if v == driver.NotSent && m.newest[p.terminal] == id {
			m.previous[p.terminal] = p.before
		}
	}
	if m.terminals[p.terminal] == id {
		m.terminals[p.terminal] = ""
	}
	return nil
}

func (m *model) conclude(id string, v driver.Verdict) error {
	p := m.payments[id]
	if p == nil {
		return ErrNotFound
	}
	if p.state == Reversing {
		return m.concludeReversal(id, p, v)
	}
	if v == driver.Reversed || v == driver.NotReversed || p.state == Reversed {
		return ErrStale
	}
	switch {
	case p.state == Charged,
		p.state == NotCharged && v != driver.Charged, p.state == Unknown && v == driver.NotSent:
		return ErrStale
	}
	was := p.state
	if was == NotCharged {
		m.cases++ // a late charge
	}
	switch v {
	case driver.Charged:
		m.receipts++
		p.state, p.receipt, p.watch = Charged, m.receipts, false
		if !p.platform {
			p.reg = RegAwaiting
		}
		m.count(p, p.session, 1250, was == Sent)
		if !slices.Contains(m.holders[p.notice], id) {
			m.holders[p.notice] = append(m.holders[p.notice], id)
		}
	case driver.Unknown:
		if was == Sent || m.raw {
			p.proposed = ""
		}
		p.state, p.watch = Unknown, true
		m.lose(p.terminal)
		return nil
	default:
		if was != Sent {
			m.lose(p.terminal)
		}
		p.state, p.watch = NotCharged, v == driver.NotCharged
		if v == driver.NotSent && m.newest[p.terminal] == id {
			m.previous[p.terminal] = p.before
		}
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
		if (p.Proposal != nil) != (want.proposed != "" && want.state == Unknown) {
			t.Errorf("%s: proposal %+v, want %q", id, p.Proposal, want.proposed)
		}
		if want.state == Sent || want.state == Unknown || want.state == Reversing {
			open = append(open, id)
		}
		wanted := (want.state == Charged || want.state == Reversing && !want.platform) && (want.reg == RegAwaiting || want.reg == RegNone || want.reg == RegSubmit)
		if n := p.Submission; (n != nil) != (want.calls > 0) || n != nil && n.N != want.calls {
			t.Errorf("%s: submission %+v, want %d", id, n, want.calls)
		}
		if want.watch || wanted {
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
	for notice := range m.holders {
		want := ""
		if holders := m.held(notice); len(holders) > 0 {
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
	for i := range 3 {
		name := fmt.Sprint("cassa", i)
		s := must(l.Terminal(name))(t)
		if total := m.totals[name]; s.Previous != m.previous[name] || (total == nil) != (s.Total == nil) || total != nil && int64(*total) != *s.Total {
			t.Errorf("terminal %s: %+v, want total %v, previous %q", name, s, total, m.previous[name])
		}
		if got := must(l.Takings(name))(t); got.Cents != int64(m.takings[name]) {
			t.Errorf("takings of %s: %+v, want %d", name, got, m.takings[name])
		}
	}
	if n := len(must(l.Cases(true))(t)); n != m.cases {
		t.Errorf("%d cases, want %d", n, m.cases)
	}
	if now, open, err := l.Offline(); err != nil || open != (m.offline > 0) || m.periods > 0 && now.Payments != m.charges(m.periods) || now.Cents != 1250*int64(now.Payments) {
		t.Errorf("offline: %+v %t %v, want %d in period %d", now, open, err, m.charges(m.periods), m.periods)
	}
	if r := must(l.Check())(t); len(r.Problems) > 0 || r.Payments != len(m.order) {
		t.Errorf("%+v", r)
	}
}
