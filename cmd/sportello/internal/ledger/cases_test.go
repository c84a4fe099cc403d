package ledger

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	bolt "go.etcd.io/bbolt"

	"sportello/driver"
)

// TestEndingOfAChargedPayment: two people, with proof; the registration is closed, nobody looks for the
// receipt any more, and only a refund gives the debt back.
func TestEndingOfAChargedPayment(t *testing.T) {
	for _, from := range []Registration{RegAwaiting, RegHeld, RegElse, RegRejected} {
		for _, ending := range []string{EndingRefunded, EndingClosed} {
			t.Run(string(from)+"/"+ending, func(t *testing.T) {
				l := open(t, t.TempDir())
				in := intent(1)
				in.Notices[0].Position, in.Notices[0].Document = "A2A/1", "PIANO-1"
				p := must(l.Intend(in))(t)
				must(l.Conclude(p.ID, charged("000042")))(t)
				if from == RegAwaiting {
					must(l.OpenCase(Case{PaymentID: p.ID, Cause: driver.Reason{Code: ReasonReceiptLate}}))(t)
				} else {
					must(l.Register(RegistrationChange{PaymentID: p.ID, To: from, Reason: driver.Reason{Code: "x"}}))(t)
				}
				k := must(l.Cases(false))(t)[0]
				if !k.NeedsTwo || k.Seq == 0 {
					t.Fatalf("%+v", k)
				}
				answer := Proposal{Ending: ending, Note: "mandato 12", By: "anna"}
				seen := k.Seq
				k = must(l.ProposeEnding(k.ID, seen, answer))(t)
				if !k.Ended.IsZero() || k.Proposal == nil || k.Proposal.Note != "mandato 12" || k.Seq == seen {
					t.Fatalf("%+v", k)
				}
				l = reopen(t, l)
				if _, err := l.CountersignEnding(k.ID, seen, "capo", true); !errors.Is(err, ErrStale) {
					t.Errorf("signed by one who has not seen the proposal: %v", err)
				}
				if _, err := l.CountersignEnding(k.ID, k.Seq, "ANNA", true); !errors.Is(err, ErrSamePerson) {
					t.Errorf("signed alone: %v", err)
				}
				declined := must(l.CountersignEnding(k.ID, k.Seq, "capo", false))(t)
				if declined.Proposal != nil || !declined.Ended.IsZero() {
					t.Fatalf("%+v", declined)
				}
				if _, err := l.CountersignEnding(k.ID, declined.Seq, "capo", true); !errors.Is(err, ErrStale) {
					t.Errorf("signed nothing: %v", err)
				}
				k = must(l.ProposeEnding(k.ID, declined.Seq, answer))(t)
				before := l.Stats().Commits
				k = must(l.CountersignEnding(k.ID, k.Seq, "capo", true))(t)
				if k.Ended.IsZero() || k.Ending != ending || k.Proof != "mandato 12" || !slices.Equal(k.EndedBy, []string{"anna", "capo"}) || l.Stats().Commits != before+1 {
					t.Fatalf("%+v", k)
				}
				l = reopen(t, l)
				p = must(l.Payment(p.ID))(t)
				if p.State != Charged || p.Notices[0].Registration != RegClosed || p.Notices[0].Refunded != (ending == EndingRefunded) {
					t.Errorf("%+v", p.Notices)
				}
				if items := must(l.Outbox())(t); len(items) != 0 {
					t.Errorf("%+v", items)
				}
				if s := must(l.Terminal("cassa1"))(t); s.Waiting != nil {
					t.Errorf("%+v", s)
				}
				again := in
				again.RequestID, again.Reference = "again", "RIFA1again"
				_, err := l.Intend(again)
				if free := ending == EndingRefunded; free && err != nil || !free && !errors.Is(err, ErrNoticeLocked) {
					t.Errorf("the debt again: %v", err)
				}
			})
		}
	}
}

// TestEndingIsOfItsNotices: the case of one notice of a cart closes that one alone.
func TestEndingIsOfItsNotices(t *testing.T) {
	l := open(t, t.TempDir())
	in := intent(1)
	in.Notices[0].Document = "PIANO"
	in.Notices = append(in.Notices, Notice{Creditor: creditor, Number: number(2), Document: "PIANO", AmountCents: 1000})
	in.AmountCents += 1000
	p := must(l.Intend(in))(t)
	c := charged("000042")
	c.Outcome.Charge.AmountCents = in.AmountCents
	must(l.Conclude(p.ID, c))(t)
	must(l.Register(RegistrationChange{PaymentID: p.ID, Index: 1, To: RegElse, ReceiptID: "R", Reason: driver.Reason{Code: "paid_elsewhere"}}))(t)
	k := must(l.Cases(false))(t)[0]
	if !slices.Equal(k.Notices, []int{1}) {
		t.Fatalf("%+v", k)
	}
	endCase(t, l, k.ID, EndingRefunded, "mandato 1")
	l = reopen(t, l)
	p = must(l.Payment(p.ID))(t)
	if p.Notices[0].Registration != RegAwaiting || p.Notices[1].Registration != RegClosed {
		t.Fatalf("%+v", p.Notices)
	}
	for i, holder := range []string{p.ID, ""} {
		if n := must(l.Notice(creditor, number(i+1)))(t); n.Holder != holder {
			t.Errorf("notice %d is held by %q", i, n.Holder)
		}
	}
	next := intent(3)
	next.Notices[0].Document = "PIANO" // the first notice holds it still
	if _, err := l.Intend(next); !errors.Is(err, ErrNoticeLocked) {
		t.Errorf("%v", err)
	}
}

// TestWhoEndsACase: money that is not where it belongs needs two people, whatever else.
func TestWhoEndsACase(t *testing.T) {
	l := open(t, t.TempDir())
	p := paid(t, l, 1)
	registered := paid(t, l, 2)
	must(l.Register(RegistrationChange{PaymentID: registered.ID, To: RegDone, ReceiptID: "R"}))(t)
	refused := must(l.Intend(intent(3)))(t)
	must(l.Conclude(refused.ID, verdict(driver.NotCharged, "declined")))(t)
	for _, c := range []struct {
		payment, cause string
		two            bool
	}{
		{"", reasonExclusivity, false}, {"", reasonPassport, false}, {"", reasonNoReceipts, false},
		{p.ID, ReasonLateCharge, true}, {registered.ID, ReasonLateCharge, false},
		{registered.ID, ReasonDoubleCharge, true}, {registered.ID, reasonElsewhere, true}, {registered.ID, reasonTwice, true}, {registered.ID, reasonContradicted, true}, {registered.ID, reasonUndone, true},
		{refused.ID, reasonUncharged, true}, {refused.ID, "nak", false}, {p.ID, reasonExclusivity, false}, {p.ID, reasonWrongSetup, false},
	} {
		k := must(l.OpenCase(Case{PaymentID: c.payment, Terminal: "cassa9" + c.cause, Cause: driver.Reason{Code: c.cause}}))(t)
		if k.NeedsTwo != c.two || must(l.Case(k.ID))(t).NeedsTwo != c.two {
			t.Errorf("%s of %q: needs two %t", c.cause, c.payment, k.NeedsTwo)
		}
		for _, bad := range []Proposal{{Ending: EndingClosed, By: "a"}, {Ending: EndingClosed, Note: " ", By: "a"}, {Ending: "gone", Note: "x", By: "a"}, {Ending: EndingClosed, Note: "x"}} {
			if _, err := l.ProposeEnding(k.ID, k.Seq, bad); !errors.Is(err, ErrInvalid) {
				t.Errorf("%+v: %v", bad, err)
			}
		}
		endCase(t, l, k.ID, EndingClosed, "visto")
	}
	if p = must(l.Payment(p.ID))(t); p.Notices[0].Registration != RegClosed {
		t.Errorf("%+v", p.Notices)
	}
	if registered = must(l.Payment(registered.ID))(t); registered.Notices[0].Registration != RegDone {
		t.Errorf("what the platform knows was closed: %+v", registered.Notices)
	}
}

// TestWhatIsHeldHasACaseOfItsOwn: one that a single person may end without mending it is none, nor one of another notice.
func TestWhatIsHeldHasACaseOfItsOwn(t *testing.T) {
	l := open(t, t.TempDir())
	p := platformCart(t, l, 1, 2)
	must(l.OpenCase(Case{PaymentID: p.ID, Cause: driver.Reason{Code: reasonExclusivity}}))(t)
	for i := range 2 {
		must(l.Register(RegistrationChange{PaymentID: p.ID, Index: i, To: RegHeld, Reason: driver.Reason{Code: "receipt_amount"}}))(t)
	}
	cases := must(l.Cases(false))(t)
	if len(cases) != 3 || !cases[1].NeedsTwo || !slices.Equal(cases[2].Notices, []int{1}) {
		t.Errorf("%+v", cases)
	}
	for _, k := range cases[:2] { // and Check says so when none is left
		endCase(t, l, k.ID, EndingClosed, "x")
	}
}

// everyKind is a ledger that holds an entry of every kind.
func everyKind(t testing.TB, l *Ledger) {
	t.Helper()
	must(l.Commission("cassa1", "capo", passport()))(t)
	if err := l.Adopt("cassa1", "capo", driver.Last{}); err != nil {
		t.Fatal(err)
	}
	if err := l.RecordTotal("cassa1", 0); err != nil {
		t.Fatal(err)
	}
	must(l.Refuse(intent(90).Payment, driver.Reason{Code: "terminal_silent"}))(t)
	p := paid(t, l, 1)
	must(l.Aftermath(p.ID, driver.Aftermath{Acked: true, Ticket: p.Reference}))(t)
	must(l.Contradict(p.ID, "charge_contradicted", driver.Evidence{Kind: "last_result", Text: "reversed"}))(t)
	must(l.Reverse(p.ID, "capo", "rev", reversalBaseline))(t)
	must(l.Conclude(p.ID, verdict(driver.Reversed, "reversed")))(t)
	must(l.Register(RegistrationChange{PaymentID: p.ID, ReceiptID: "R1"}))(t)
	q := unknown(t, l, 2, "")
	must(l.Propose(q.ID, q.EvidenceSeq, Proposal{Answer: driver.NotCharged, By: "anna"}))(t)
	q = must(l.Countersign(q.ID, q.EvidenceSeq, "capo", false))(t)
	q = must(l.Propose(q.ID, q.EvidenceSeq, Proposal{Answer: driver.Unknown, By: "anna"}))(t)
	if err := l.Free("cassa1", "capo"); err != nil {
		t.Fatal(err)
	}
	must(l.Propose(q.ID, q.EvidenceSeq, Proposal{Answer: driver.Charged, STAN: "000077", By: "anna"}))(t)
	if err := l.Demote("cassa1", "a stranger"); err != nil {
		t.Fatal(err)
	}
	for i := 3; i < 7; i++ {
		must(l.Register(late(paid(t, l, i).ID)))(t)
	}
	for _, k := range must(l.Cases(false))(t) {
		if k.NeedsTwo {
			k = must(l.ProposeEnding(k.ID, k.Seq, Proposal{Ending: EndingClosed, Note: "n", By: "anna"}))(t)
			k = must(l.CountersignEnding(k.ID, k.Seq, "capo", false))(t)
		}
		endCase(t, l, k.ID, EndingRefunded, "mandato")
	}
	if err := l.RecordClosing("cassa1", "capo", closing(driver.ClosingDone)); err != nil {
		t.Fatal(err)
	}
	must(l.Register(late(paid(t, l, 8).ID)))(t)
	must(l.OpenOffline("capo", "fibra interrotta", offlineLimits))(t)
	c := must(l.Intend(offlineIntent(20, 1000)))(t)
	must(l.Conclude(c.ID, charged("000042")))(t)
	must(l.CloseOffline("capo"))(t)
	why := driver.Reason{Code: "channel_unproven", Text: "CH_2"}
	must(l.Register(RegistrationChange{PaymentID: c.ID, To: RegHeld, ReceiptID: "R", RawReceipt: []byte("x"), Reason: why, Case: &Case{Cause: why}}))(t)
	must(l.ConfirmChannel("cassa1", "CH_2", "capo"))(t)
	c = platformCart(t, l, 21, 22)
	must(l.Submit(c.ID))(t)
	must(l.Submitted(c.ID, SubmissionEnd{N: 1, Accepted: true, PlatformID: "7"}))(t)
	must(l.OpenCase(Case{PaymentID: c.ID, Cause: driver.Reason{Code: "receipt_missing"}}))(t)
}

// TestEveryKindIsRebuilt: a ledger whose state another version has folded is folded again, whole; and a
// change of any entry, or of any value of the state, is found.
func TestEveryKindIsRebuilt(t *testing.T) {
	l := open(t, t.TempDir(), still)
	everyKind(t, l)
	seen := map[Kind]bool{}
	snapshot := func() map[string]string {
		all := map[string]string{}
		if err := l.read(func(_ *bolt.Tx, v *view) error {
			v.scan("", false, func(key string, c cell) bool {
				raw, err := c.encoded()
				if err != nil {
					t.Error(err)
				}
				all[key] = string(raw)
				return true
			})
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		delete(all, keyFolded)
		return all
	}
	before := snapshot()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	change := func(fn func(*bolt.Tx) error) {
		t.Helper()
		db, err := bolt.Open(l.path, 0o600, boltOptions())
		if err == nil {
			err = errors.Join(db.Update(fn), db.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	// Each change is put back, so that one is there at a time.
	try := func(bucket, key []byte, with func([]byte) []byte) {
		t.Helper()
		var was []byte
		change(func(tx *bolt.Tx) error {
			was = bytes.Clone(tx.Bucket(bucket).Get(key))
			return tx.Bucket(bucket).Put(key, with(bytes.Clone(was)))
		})
		if r, err := CheckFile(l.path); err != nil || len(r.Problems) == 0 {
			t.Errorf("%s %q was changed, and nobody saw it: %v", bucket, key, err)
		}
		change(func(tx *bolt.Tx) error { return tx.Bucket(bucket).Put(key, was) })
	}
	var entries [][]byte
	change(func(tx *bolt.Tx) error {
		return tx.Bucket(bucketEntries).ForEach(func(key, value []byte) error {
			_, e, err := decodeEntry(value)
			if err == nil && !seen[e.Kind] {
				seen[e.Kind] = true
				entries = append(entries, bytes.Clone(key))
			}
			return err
		})
	})
	if len(seen) != 25 { // all but blobs_erased
		t.Errorf("%d kinds: %v", len(seen), seen)
	}
	for _, key := range entries {
		try(bucketEntries, key, func(b []byte) []byte { return bytes.Replace(b, []byte(`"at":"2026`), []byte(`"at":"2025`), 1) })
	}
	tables := map[string]bool{}
	for key := range before {
		if table := key[:2]; !tables[table] {
			tables[table] = true
			try(bucketState, []byte(key), func(b []byte) []byte { return append(b, ' ', 'x') })
		}
	}
	for _, table := range []string{tableWaiting, tableTakings, tableOffline, tableCaseOf} {
		if !tables[table] {
			t.Errorf("nothing in table %q", table)
		}
	}
	// The state of the version before.
	change(func(tx *bolt.Tx) error {
		b := tx.Bucket(bucketState)
		folded := bytes.Clone(b.Get([]byte(keyFolded)))
		folded[len(folded)-1] = stateVersion - 1
		return errors.Join(b.Put([]byte(keyFolded), folded), b.Put([]byte(tablePayments+"A1-00000001"), []byte("old")), b.Delete([]byte(tableTerminals+"cassa1")))
	})
	wantSound(t, l.path)
	l = must(Open(l.path[:len(l.path)-len(FileName)-1], l.opt))(t)
	defer func() { _ = l.Close() }()
	after := snapshot()
	for key, value := range before {
		if after[key] != value {
			t.Errorf("%s: %s, not %s", key, after[key], value)
		}
	}
	if len(after) != len(before) {
		t.Errorf("%d values, not %d", len(after), len(before))
	}
}
