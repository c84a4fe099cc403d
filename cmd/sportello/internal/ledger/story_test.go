package ledger

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"sportello/driver"
)

// TestStory: every entry of a payment and of its cases, in order, with and without the index, and nothing of another.
func TestStory(t *testing.T) {
	for _, every := range []uint64{1, 1 << 40} {
		l := open(t, t.TempDir(), still, func(o *Options) { o.archiveEvery = every })
		everyKind(t, l)
		if every == 1 {
			follow(t, l)
		}
		want := map[string][]uint64{}
		var dump bytes.Buffer
		if err := l.Dump(&dump); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(dump.String()) {
			var d struct {
				Entry struct {
					Seq     uint64
					Payment string
				}
			}
			if err := json.Unmarshal([]byte(line), &d); err != nil {
				t.Fatal(err)
			}
			want[d.Entry.Payment] = append(want[d.Entry.Payment], d.Entry.Seq)
		}
		delete(want, "")
		kinds := map[Kind]bool{}
		for id, seqs := range want {
			var got []uint64
			for _, s := range must(l.Story(id))(t) {
				got = append(got, s.Seq)
				kinds[s.Kind] = true
				if s.Case != "" && s.Reason.Code == "" {
					t.Errorf("%s: a case without its cause: %+v", id, s)
				}
			}
			if !slices.Equal(got, seqs) {
				t.Errorf("%s: %v, want %v", id, got, seqs)
			}
		}
		if len(kinds) < 17 {
			t.Errorf("only %v", kinds)
		}
		if _, err := l.Story("A1-99999999"); !errors.Is(err, ErrNotFound) {
			t.Error(err)
		}
	}
}

// TestStoryTells: who did what, in which words; and what retention has taken is gone from it.
func TestStoryTells(t *testing.T) {
	c := newClock()
	l := open(t, t.TempDir(), func(o *Options) { o.Now = c.now })
	p := must(l.Intend(intent(1)))(t)
	must(l.Conclude(p.ID, Conclusion{RawResult: []byte("raw bytes"), Outcome: driver.Outcome{Verdict: driver.Unknown, Final: true,
		Reason: driver.Reason{Code: "no_answer"}, Evidence: []driver.Evidence{{Kind: "last_result", Text: "nothing", Raw: []byte("raw bytes")}}}}))(t)
	p = must(l.Payment(p.ID))(t)
	p = must(l.Propose(p.ID, p.EvidenceSeq, Proposal{Answer: driver.Charged, STAN: "000042", Note: "scontrino visto", By: "anna"}))(t)
	p = must(l.Countersign(p.ID, p.EvidenceSeq, "capo", true))(t)
	k := must(l.OpenCase(Case{PaymentID: p.ID, Cause: driver.Reason{Code: "receipt_missing"}}))(t)
	must(l.Register(RegistrationChange{PaymentID: p.ID, To: RegDone, ReceiptID: "IUR1", RawReceipt: []byte("raw bytes"), Transactions: []string{"tx9"}}))(t)
	tell := func() (out []string) {
		for _, s := range must(l.Story(p.ID))(t) {
			notice := "-"
			if s.Notice != nil {
				notice = fmt.Sprint(*s.Notice)
			}
			out = append(out, strings.TrimSpace(fmt.Sprint(s.Kind, " ", s.By, " ", s.State, " ", s.Reason.Code, " ", s.Answer, s.STAN, " ", notice, s.Registration,
				" ", s.ReceiptID, s.Transactions, " ", strings.ReplaceAll(s.Case, k.ID, "K"), s.Ending, " ", s.Note)))
			if strings.Contains(fmt.Sprintf("%+v", s), "raw bytes") {
				t.Errorf("raw bytes: %+v", s)
			}
		}
		return out
	}
	want := []string{
		"sent [anna] sent   - []",
		"outcome [] unknown no_answer  - []",
		"resolution_proposed [anna]   charged000042 - []  scontrino visto",
		"outcome [anna capo] charged by_people 000042 - []  scontrino visto",
		"case_opened []  receipt_missing  - [] K",
		"registration []    0registered IUR1[tx9]",
		"case_ended []  receipt_missing  - [] Kreceipt",
	}
	if got := tell(); !slices.Equal(got, want) {
		t.Errorf("%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	c.set(time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC))
	must(l.Erase(t.Context(), time.Date(2039, 1, 1, 0, 0, 0, 0, time.UTC)))(t)
	for i, s := range must(l.Story(p.ID))(t) {
		if s.Note != "" || s.Erased != (i == 0 || i == 1 || i == 2 || i == 3 || i == 5) {
			t.Errorf("%+v", s)
		}
	}
}
