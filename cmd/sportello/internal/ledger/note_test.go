package ledger

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"sportello/driver"
)

// TestWhatPeopleTypeIsErased: notes and proofs are where others look for them, in no entry's body, and gone when
// retention has its turn; what was decided, by whom and when stays.
func TestWhatPeopleTypeIsErased(t *testing.T) {
	const word = "Filomena"
	c := newClock()
	l := open(t, t.TempDir(), func(o *Options) { o.Now = c.now })
	p := unknown(t, l, 1, "")
	must(l.Propose(p.ID, p.EvidenceSeq, Proposal{Answer: driver.Unknown, Note: word + " parked", By: "anna"}))(t)
	p = must(l.Payment(p.ID))(t)
	if p.Reason.Text != word+" parked" {
		t.Errorf("%+v", p.Reason)
	}
	p = must(l.Propose(p.ID, p.EvidenceSeq, Proposal{Answer: driver.Charged, STAN: "000077", Note: word + " has the slip", By: "anna"}))(t)
	for range 2 {
		if p.Proposal == nil || p.Proposal.Note != word+" has the slip" {
			t.Fatalf("%+v", p.Proposal)
		}
		l = reopen(t, l)
		p = must(l.Payment(p.ID))(t)
	}
	p = must(l.Countersign(p.ID, p.EvidenceSeq, "capo", true))(t)
	k := must(l.OpenCase(Case{PaymentID: p.ID, Cause: driver.Reason{Code: ReasonLateCharge}}))(t)
	k = must(l.ProposeEnding(k.ID, k.Seq, Proposal{Ending: EndingRefunded, Note: word + ": mandato 7", By: "anna"}))(t)
	if k.Proposal.Note != word+": mandato 7" {
		t.Errorf("%+v", k.Proposal)
	}
	l = reopen(t, l)
	k = must(l.CountersignEnding(k.ID, k.Seq, "capo", true))(t)
	look := func(kept bool) {
		t.Helper()
		want := func(what, got, text string) {
			t.Helper()
			if kept && !strings.Contains(got, text) || !kept && strings.Contains(got, word) {
				t.Errorf("%s: %q, kept %t", what, got, kept)
			}
		}
		p := must(l.Payment(p.ID))(t)
		if p.State != Charged || len(p.ResolvedBy) != 2 || p.Reason.Code != "by_people" || p.Notices[0].Registration != RegClosed || p.Notices[0].Reason.Code != ReasonLateCharge {
			t.Errorf("%+v", p)
		}
		want("reason", p.Reason.Text, word+" has the slip")
		want("notice", p.Notices[0].Reason.Text, word+": mandato 7")
		proofs := ""
		for _, k := range must(l.Cases(true))(t) {
			if k.Ending != EndingRefunded || len(k.EndedBy) != 2 {
				t.Errorf("%+v", k)
			}
			proofs += k.Proof
		}
		want("proof", proofs, word+": mandato 7")
		said := ""
		for _, ev := range must(l.Evidence(p.ID))(t) {
			said += ev.Text + "\n"
		}
		want("evidence", said, "anna, capo: addebitato, STAN 000077, "+word+" has the slip\n")
		want("evidence", said, "anna: nemmeno così si sa; "+word+" parked\n")
		if !strings.Contains(said, "STAN 000077") {
			t.Errorf("%q", said)
		}
		var dump bytes.Buffer
		if err := l.Dump(&dump); err != nil || strings.Contains(dump.String(), word) {
			t.Errorf("in the dump: %v", err)
		}
		if r := must(l.Check())(t); len(r.Problems) > 0 {
			t.Errorf("%+v", r)
		}
	}
	look(true)
	l = reopen(t, l)
	look(true)
	must(l.Erase(t.Context(), time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)))(t)
	look(false)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(l.path); err != nil || bytes.Contains(data, []byte(word)) {
		t.Errorf("in the file: %v", err)
	}
}
