package ledger

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"sportello/driver"
)

// unknown is a payment that people must decide.
func unknown(t testing.TB, l *Ledger, n int, preset driver.Verdict) Payment {
	t.Helper()
	p := must(l.Intend(intent(n)))(t)
	c := verdict(driver.Unknown, "awaiting_people")
	c.Outcome.Preset, c.Outcome.Final = preset, true
	c.Outcome.Evidence = []driver.Evidence{{Kind: "last_result", Text: "the terminal shows another", Raw: []byte("E-raw")}}
	return must(l.Conclude(p.ID, c))(t)
}

func TestProposeAndCountersign(t *testing.T) {
	for _, c := range []struct {
		name   string
		preset driver.Verdict
		answer driver.Verdict
		two    bool
		end    State
	}{
		{"charged, preset", driver.Charged, driver.Charged, false, Charged},
		{"charged, no evidence", "", driver.Charged, true, Charged},
		{"charged against the preset", driver.NotCharged, driver.Charged, true, Charged},
		{"not charged", "", driver.NotCharged, true, NotCharged},
		{"not charged, preset", driver.NotCharged, driver.NotCharged, true, NotCharged},
		{"not charged against the preset", driver.Charged, driver.NotCharged, true, NotCharged},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := open(t, t.TempDir())
			p := unknown(t, l, 1, c.preset)
			seq := p.EvidenceSeq
			if seq == 0 {
				t.Fatal("no evidence")
			}
			answer := Proposal{Answer: c.answer, STAN: "000077", AuthCode: "A1", Note: "seen on the slip", By: "anna"}
			before := l.Stats().Commits
			p = must(l.Propose(p.ID, seq, answer))(t)
			if c.two {
				if p.State != Unknown || p.Proposal == nil || p.Proposal.By != "anna" || p.Proposal.At.IsZero() || p.EvidenceSeq != seq || p.ResolvedBy != nil {
					t.Fatalf("%+v", p)
				}
				l = reopen(t, l)
				if p = must(l.Payment(p.ID))(t); p.Proposal == nil || p.Proposal.STAN != "000077" {
					t.Fatalf("the proposal is lost: %+v", p)
				}
				for _, same := range []string{"anna", " Anna"} {
					if _, err := l.Countersign(p.ID, seq, same, true); !errors.Is(err, ErrSamePerson) {
						t.Fatalf("signed by %q: %v", same, err)
					}
				}
				if _, err := l.Propose(p.ID, seq, Proposal{Answer: driver.Charged, By: "capo"}); !errors.Is(err, ErrStale) && c.preset != driver.Charged {
					t.Fatalf("a second proposal takes the first one's place: %v", err)
				}
				if c.preset == driver.Charged {
					return // one person has concluded it
				}
				before = l.Stats().Commits
				p = must(l.Countersign(p.ID, seq, "capo", true))(t)
			}
			if n := l.Stats().Commits - before; n != 1 {
				t.Errorf("%d commits", n)
			}
			by := []string{"anna"}
			if c.two {
				by = append(by, "capo")
			}
			if p.State != c.end || !slices.Equal(p.ResolvedBy, by) || p.Proposal != nil || p.NeedsPeople || p.Reason.Code != "by_people" {
				t.Fatalf("%+v", p)
			}
			if c.end == Charged && (p.Charge == nil || p.Charge.STAN != "000077" || p.Charge.AmountCents != p.AmountCents || p.Charge.AuthCode != "A1" || p.ReceiptNumber == "") {
				t.Fatalf("%+v", p.Charge)
			}
			holder := ""
			if c.end == Charged {
				holder = p.ID
			}
			if n := must(l.Notice(creditor, number(1)))(t); n.Holder != holder {
				t.Errorf("notice held by %q", n.Holder)
			}
			if s := must(l.Terminal("cassa1"))(t); s.Lock != "" {
				t.Errorf("terminal held by %q", s.Lock)
			}
			evidence := must(l.Evidence(p.ID))(t)
			last := evidence[len(evidence)-1]
			if evidence[0].Kind != "last_result" || string(evidence[0].Raw) != "E-raw" || last.Kind != EvidenceClerk ||
				!strings.Contains(last.Text, "anna") || !strings.Contains(last.Text, "000077") || last.At.IsZero() {
				t.Errorf("%+v", evidence)
			}
			if _, err := l.Countersign(p.ID, p.EvidenceSeq, "capo", true); !errors.Is(err, ErrStale) {
				t.Errorf("signed again: %v", err)
			}
		})
	}
}

// TestNewEvidenceMakesAnAnswerStale: whatever is learned between seeing and signing, the answer is not
// that of somebody who knew.
func TestNewEvidenceMakesAnAnswerStale(t *testing.T) {
	news := map[string]func(*testing.T, *Ledger, string){
		"a late result": func(t *testing.T, l *Ledger, id string) {
			c := verdict(driver.Unknown, "odd_answer")
			c.RawResult = []byte("late")
			must(l.Conclude(id, c))(t)
		},
		"a receipt": func(t *testing.T, l *Ledger, id string) {
			must(l.Register(RegistrationChange{PaymentID: id, ReceiptID: "R1"}))(t)
		},
		"a slip": func(t *testing.T, l *Ledger, id string) {
			must(l.Aftermath(id, driver.Aftermath{Ticket: slip}))(t)
		},
		"somebody parked it": func(t *testing.T, l *Ledger, id string) {
			p := must(l.Payment(id))(t)
			must(l.Propose(id, p.EvidenceSeq, Proposal{Answer: driver.Unknown, Note: "asked the bank", By: "luca"}))(t)
		},
	}
	for name, happens := range news {
		t.Run(name, func(t *testing.T) {
			l := open(t, t.TempDir())
			p := unknown(t, l, 1, "")
			answer := Proposal{Answer: driver.NotCharged, Note: "no slip", By: "anna"}
			must(l.Propose(p.ID, p.EvidenceSeq, answer))(t)
			happens(t, l, p.ID)
			l = reopen(t, l)
			now := must(l.Payment(p.ID))(t)
			if now.Proposal != nil || now.EvidenceSeq <= p.EvidenceSeq || now.State != Unknown {
				t.Fatalf("%+v", now)
			}
			for _, seq := range []uint64{p.EvidenceSeq, now.EvidenceSeq} {
				if _, err := l.Countersign(p.ID, seq, "capo", true); !errors.Is(err, ErrStale) {
					t.Errorf("signed what is gone: %v", err)
				}
			}
			if _, err := l.Propose(p.ID, p.EvidenceSeq, answer); !errors.Is(err, ErrStale) {
				t.Errorf("a stale answer: %v", err)
			}
			_, err := l.Propose(p.ID, now.EvidenceSeq, answer)
			if witnessed := name == "a receipt"; witnessed != errors.Is(err, ErrWitness) || !witnessed && err != nil {
				t.Errorf("answered again: %v", err)
			}
			if s := must(l.Terminal("cassa1"))(t); s.Lock != p.ID {
				t.Error("the terminal is free")
			}
		})
	}
	// What brings nothing new takes no answer away: a start finds the same unknown again.
	l := open(t, t.TempDir())
	p := unknown(t, l, 1, "")
	must(l.Propose(p.ID, p.EvidenceSeq, Proposal{Answer: driver.NotCharged, By: "anna"}))(t)
	same := verdict(driver.Unknown, "awaiting_people")
	same.Outcome.Final = true
	if p = must(l.Conclude(p.ID, same))(t); p.Proposal == nil {
		t.Error("nothing new, and the proposal is gone")
	}
	must(l.Aftermath(p.ID, driver.Aftermath{Acked: true}))(t)
	must(l.Countersign(p.ID, p.EvidenceSeq, "capo", true))(t)
}

// TestAReceiptPresetsCharged: with the witness one person suffices, and not charged is barred.
func TestAReceiptPresetsCharged(t *testing.T) {
	l := open(t, t.TempDir())
	p := unknown(t, l, 1, "")
	p = must(l.Register(RegistrationChange{PaymentID: p.ID, ReceiptID: "R1"}))(t)
	if _, err := l.Propose(p.ID, p.EvidenceSeq, Proposal{Answer: driver.NotCharged, By: "anna"}); !errors.Is(err, ErrWitness) {
		t.Fatalf("%v", err)
	}
	p = must(l.Propose(p.ID, p.EvidenceSeq, Proposal{Answer: driver.Charged, By: "anna"}))(t)
	if p.State != Charged || len(p.ResolvedBy) != 1 {
		t.Fatalf("%+v", p)
	}
}

func TestDeclinedAndParked(t *testing.T) {
	l := open(t, t.TempDir())
	p := unknown(t, l, 1, "")
	must(l.Propose(p.ID, p.EvidenceSeq, Proposal{Answer: driver.NotCharged, By: "anna"}))(t)
	declined := must(l.Countersign(p.ID, p.EvidenceSeq, "capo", false))(t)
	if declined.Proposal != nil || declined.State != Unknown || declined.EvidenceSeq == p.EvidenceSeq {
		t.Fatalf("%+v", declined)
	}
	// Who had seen the proposal that was declined cannot sign another unseen.
	must(l.Propose(p.ID, declined.EvidenceSeq, Proposal{Answer: driver.Charged, By: "luca"}))(t)
	if _, err := l.Countersign(p.ID, p.EvidenceSeq, "capo", true); !errors.Is(err, ErrStale) {
		t.Fatalf("signed what was not seen: %v", err)
	}
	withdrawn := must(l.Countersign(p.ID, declined.EvidenceSeq, "luca", false))(t)
	parked := must(l.Propose(p.ID, withdrawn.EvidenceSeq, Proposal{Answer: driver.Unknown, Note: "the bank answers on Monday", By: "anna"}))(t)
	if parked.State != Unknown || parked.Reason.Code != "resolution_parked" || !parked.NeedsPeople || parked.Proposal != nil {
		t.Fatalf("%+v", parked)
	}
	l = reopen(t, l)
	if n := must(l.Notice(creditor, number(1)))(t); n.Holder != p.ID {
		t.Error("parked and free")
	}
	evidence := must(l.Evidence(p.ID))(t)
	if len(evidence) != 4 || evidence[1].Kind != EvidenceClerk || evidence[2].Kind != EvidenceClerk || !strings.Contains(evidence[3].Text, "Monday") {
		t.Errorf("%+v", evidence)
	}
}

func TestAnswersThatDoNotFit(t *testing.T) {
	l := open(t, t.TempDir())
	p := unknown(t, l, 1, "")
	for name, c := range map[string]struct {
		id   string
		p    Proposal
		want error
	}{
		"nobody":         {p.ID, Proposal{Answer: driver.Charged}, ErrInvalid},
		"no answer":      {p.ID, Proposal{By: "anna"}, ErrInvalid},
		"reversed":       {p.ID, Proposal{Answer: driver.Reversed, By: "anna"}, ErrInvalid},
		"a long note":    {p.ID, Proposal{Answer: driver.Charged, By: "anna", Note: strings.Repeat("x", maxNote+1)}, ErrInvalid},
		"not there":      {"A1-00000099", Proposal{Answer: driver.Charged, By: "anna"}, ErrNotFound},
		"not UTF-8 STAN": {p.ID, Proposal{Answer: driver.Charged, By: "anna", STAN: "\xff"}, ErrInvalid},
	} {
		if _, err := l.Propose(c.id, p.EvidenceSeq, c.p); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	in := intent(2)
	in.Terminal = "cassa2"
	q := must(l.Intend(in))(t)
	for range 2 {
		if _, err := l.Propose(q.ID, q.EvidenceSeq, Proposal{Answer: driver.Charged, By: "anna"}); !errors.Is(err, ErrStale) {
			t.Errorf("a payment in hand, or charged: %v", err)
		}
		q = must(l.Conclude(q.ID, charged("000042")))(t)
		if q.State == Charged {
			break
		}
	}
	if _, err := l.Evidence("A1-00000099"); !errors.Is(err, ErrNotFound) {
		t.Errorf("%v", err)
	}
}

// TestPeopleAfterTheTerminalWasFreed: the notice lock and the terminal lock have endings of their own.
func TestPeopleAfterTheTerminalWasFreed(t *testing.T) {
	l := open(t, t.TempDir())
	p := unknown(t, l, 1, "")
	if err := l.Free("cassa1", "capo"); err != nil {
		t.Fatal(err)
	}
	q := must(l.Intend(intent(2)))(t)
	must(l.Propose(p.ID, p.EvidenceSeq, Proposal{Answer: driver.NotCharged, By: "anna"}))(t)
	must(l.Countersign(p.ID, p.EvidenceSeq, "capo", true))(t)
	if n := must(l.Notice(creditor, number(1)))(t); n.Holder != "" {
		t.Error("not charged and held")
	}
	if s := must(l.Terminal("cassa1"))(t); s.Lock != q.ID {
		t.Errorf("the terminal was taken from %s: %q", q.ID, s.Lock)
	}
}

func TestContradict(t *testing.T) {
	l := open(t, t.TempDir())
	p := must(l.Intend(intent(1)))(t)
	ev := driver.Evidence{Kind: "last_result", Text: "the terminal shows it reversed", Raw: []byte("E-raw")}
	if _, err := l.Contradict(p.ID, "charge_undone", ev); !errors.Is(err, ErrStale) {
		t.Fatalf("not charged: %v", err)
	}
	p = must(l.Conclude(p.ID, charged("000042")))(t)
	before := l.Stats().Commits
	k := must(l.Contradict(p.ID, "charge_undone", ev))(t)
	if k.Cause.Code != "charge_undone" || k.PaymentID != p.ID || !k.NeedsTwo || k.Seq == 0 || l.Stats().Commits != before+1 {
		t.Fatalf("%+v", k)
	}
	l = reopen(t, l)
	if again := must(l.Contradict(p.ID, "charge_undone", ev))(t); again.ID != k.ID {
		t.Errorf("the same words open another case: %+v", again)
	}
	told, before := ev, l.Stats().Commits
	told.Text = "in other words"
	if again := must(l.Contradict(p.ID, "charge_undone", told))(t); again.ID != k.ID || l.Stats().Commits != before {
		t.Errorf("the same bytes in other words open another case: %+v", again)
	}
	told.Text, told.Raw = ev.Text, []byte("E-another")
	if other := must(l.Contradict(p.ID, "charge_undone", told))(t); other.ID == k.ID {
		t.Error("another operation in the same words is the same case")
	}
	total := driver.Evidence{Kind: "totals", Text: "12,00"}
	first := must(l.Contradict(p.ID, "charge_undone", total))(t)
	total.Text = "14,00"
	if again := must(l.Contradict(p.ID, "charge_undone", total))(t); again.ID != first.ID || first.ID == k.ID {
		t.Errorf("another total that does not fit: %+v", again)
	}
	if other := must(l.Contradict(p.ID, "charge_contradicted", ev))(t); other.ID == k.ID {
		t.Error("another cause is the same case")
	}
	now := must(l.Payment(p.ID))(t)
	evidence := must(l.Evidence(p.ID))(t)
	if now.State != Charged || now.EvidenceSeq <= p.EvidenceSeq || string(evidence[len(evidence)-1].Raw) != "E-raw" {
		t.Errorf("%+v %+v", now, evidence)
	}
}

// TestSuspect: of an attempt held for not charged, and of nothing else.
func TestSuspect(t *testing.T) {
	l := open(t, t.TempDir())
	p := must(l.Intend(intent(1)))(t)
	ev := driver.Evidence{Kind: "last_result", Text: "a sale that fits", Raw: []byte("E-raw")}
	if _, err := l.Contradict(p.ID, "charge_suspected", ev); !errors.Is(err, ErrStale) {
		t.Fatalf("sent: %v", err)
	}
	must(l.Conclude(p.ID, verdict(driver.NotCharged, "nak")))(t)
	if _, err := l.Contradict(p.ID, "charge_undone", ev); !errors.Is(err, ErrStale) {
		t.Fatalf("not charged: %v", err)
	}
	k := must(l.Contradict(p.ID, "charge_suspected", ev))(t)
	if k.Cause.Code != "charge_suspected" || !k.NeedsTwo {
		t.Errorf("%+v", k)
	}
	if now := must(l.Payment(p.ID))(t); now.State != NotCharged {
		t.Errorf("%+v", now)
	}
	endCase(t, l, k.ID, EndingRefunded, "bonifico 12")
}

// TestConfirm: a charge without our acknowledgement reads so until the terminal is found to hold it.
func TestConfirm(t *testing.T) {
	l := open(t, t.TempDir())
	p := must(l.Intend(intent(1)))(t)
	ev := driver.Evidence{Kind: "last_result", Text: "the terminal holds the charge", Raw: []byte("raw")}
	if _, err := l.Confirm(p.ID, ev); !errors.Is(err, ErrStale) {
		t.Fatalf("not charged: %v", err)
	}
	must(l.Conclude(p.ID, charged("000042")))(t)
	p = must(l.Aftermath(p.ID, driver.Aftermath{}))(t)
	if p.Reason.Code != reasonAckNotWritten || p.Confirmed {
		t.Fatalf("%+v", p)
	}
	now := must(l.Confirm(p.ID, ev))(t)
	if now.Reason.Code != "approved" || !now.Confirmed || now.Acked || now.EvidenceSeq <= p.EvidenceSeq || now.State != Charged {
		t.Errorf("%+v", now)
	}
	evidence := must(l.Evidence(p.ID))(t)
	if last := evidence[len(evidence)-1]; last.Text != ev.Text || string(last.Raw) != "raw" {
		t.Errorf("%+v", last)
	}
	before := l.Stats().Entries
	must(l.Confirm(p.ID, ev))(t)
	if l.Stats().Entries != before {
		t.Error("written twice")
	}
	// A slip that comes later does not take it back.
	if p = must(l.Aftermath(p.ID, driver.Aftermath{Ticket: "x"}))(t); p.Reason.Code != "approved" {
		t.Errorf("%+v", p.Reason)
	}
	l = reopen(t, l)
	if p = must(l.Payment(p.ID))(t); !p.Confirmed || p.Reason.Code != "approved" {
		t.Errorf("%+v", p)
	}
}

// TestRecordThatAgrees: the terminal's record that a proposal names is the charge, whoever signs and after a start.
func TestRecordThatAgrees(t *testing.T) {
	l := open(t, t.TempDir())
	p := unknown(t, l, 1, "")
	record := driver.Charge{STAN: "000077", AuthCode: "A1", PAN: "************1234", Entry: "CLI", AmountCents: p.AmountCents}
	must(l.Propose(p.ID, p.EvidenceSeq, Proposal{Answer: driver.Charged, STAN: "000077", Charge: &record, By: "anna"}))(t)
	l = reopen(t, l)
	p = must(l.Countersign(p.ID, p.EvidenceSeq, "capo", true))(t)
	if p.State != Charged || p.Charge == nil || *p.Charge != record {
		t.Fatalf("%s %+v", p.State, p.Charge)
	}
}
