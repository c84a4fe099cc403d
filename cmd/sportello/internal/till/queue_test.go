package till

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/govpay"
	"sportello/protocol/govpay/govpaytest"
	"sportello/protocol/local"
)

func regionOf(debts ...govpaytest.Debt) govpaytest.Seed { return govpaytest.Seed{Debts: debts} }

// worked is a worker's word about its queue.
type worked struct {
	mu     sync.Mutex
	status QueueStatus
	items  []QueueItem
	words  []string // payments that people have decided about
}

func (q *worked) Decided(id string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.words = append(q.words, id)
}

func (q *worked) Status() QueueStatus {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.status
}

func (q *worked) Items() []QueueItem {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.items
}

func (q *worked) set(s QueueStatus, items ...QueueItem) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.status, q.items = s, items
}

// told are the queue's figures as the screens were told.
func (h *hub) told() []local.QueueStatus {
	var out []local.QueueStatus
	for _, e := range h.all() {
		if e.Queue != nil {
			out = append(out, *e.Queue)
		}
	}
	return out
}

// TestQueueStatus: the worker's figures in words, and each item with what the worker knows of it.
func TestQueueStatus(t *testing.T) {
	q := &worked{}
	bubble(t, func(t *testing.T, w *world) {
		p := w.charged("r1", 1)
		since, next := time.Now().Add(-time.Hour), time.Now().Add(time.Minute)
		q.set(QueueStatus{Depth: 3, Late: 2, Red: 1, Watched: 4, Oldest: since, Away: true, Reason: govpay.OutcomeUntrusted, NextTry: next, Draining: true, Done: 5, Total: 8},
			QueueItem{PaymentID: p.ID, Index: 0, NextTry: next, Tries: 7, Poisoned: true}, QueueItem{PaymentID: p.ID, Index: 1, Tries: 1}, QueueItem{PaymentID: "A1-99", Index: 0, Tries: 2})
		s, err := w.till.QueueStatus(context.Background())
		if err != nil || s.Depth != 3 || s.Late != 2 || s.Red != 1 || s.Watched != 4 || !s.Oldest.Equal(since) || !s.Away || !s.NextTry.Equal(next) || !s.Draining || s.Done != 5 || s.Total != 8 ||
			s.Reason == nil || s.Reason.Code != string(local.CodePlatformCertificate) {
			t.Errorf("%+v %v", s, err)
		}
		items, err := w.till.Queue(context.Background())
		if err != nil || len(items) != 1 || items[0].Tries != 7 || !items[0].Poisoned || items[0].NextTry == nil || !items[0].NextTry.Equal(next) || items[0].Attempts != 0 {
			t.Errorf("%+v %v", items, err)
		}
		snap, err := w.till.Snapshot(context.Background(), clerk)
		if err != nil || snap.Queue == nil || snap.Queue.Depth != 3 || snap.OfflineAllowed || snap.Offline != nil {
			t.Errorf("%+v %v", snap.Queue, err)
		}
		q.set(QueueStatus{Stopped: true})
		if s, err = w.till.QueueStatus(context.Background()); err != nil || s.Reason == nil || s.Reason.Code != string(local.CodeSubmissionWrongSetup) || s.Away || s.NextTry != nil {
			t.Errorf("%+v %v", s, err)
		}
		q.set(QueueStatus{Depth: 1, Stopped: true}, QueueItem{PaymentID: p.ID, Index: 0, Tries: 1, Barred: true})
		if items, err = w.till.Queue(context.Background()); err != nil || len(items) != 1 || items[0].Reason == nil || items[0].Reason.Code != string(local.CodeSubmissionWrongSetup) || items[0].NextTry != nil {
			t.Errorf("%+v %v", items, err)
		}
		q.set(QueueStatus{Away: true})
		if s, err = w.till.QueueStatus(context.Background()); err != nil || s.Reason == nil || s.Reason.Code != string(local.CodePlatformUnavailable) {
			t.Errorf("%+v %v", s, err)
		}
	}, func(w *world) { w.queue = q })
}

// TestQueueEvents: the screens follow the queue, at most once in a second; what stays the same is not told again.
func TestQueueEvents(t *testing.T) {
	q := &worked{}
	bubble(t, func(t *testing.T, w *world) {
		p := w.charged("r1", 1)
		time.Sleep(time.Minute)
		before := len(w.hub.told())
		for n := range 1000 {
			q.set(QueueStatus{Depth: 1000 - n, Draining: true, Done: n, Total: 1000})
			w.till.Changed(p.ID)
			time.Sleep(5 * time.Millisecond)
		}
		time.Sleep(2 * time.Second)
		told := w.hub.told()[before:]
		if len(told) < 4 || len(told) > 8 {
			t.Errorf("%d events for a thousand changes in five seconds", len(told))
		}
		if last := told[len(told)-1]; last.Done != 999 || last.Depth != 1 {
			t.Errorf("the last word is %+v", last)
		}
		n := len(w.hub.told())
		time.Sleep(time.Hour)
		if got := len(w.hub.told()); got != n {
			t.Errorf("%d events about nothing", got-n)
		}
		q.set(QueueStatus{Depth: 1, Late: 1}) // nobody says so, and time has passed
		time.Sleep(queueEvery + tellEvery)
		if told := w.hub.told(); told[len(told)-1].Late != 1 {
			t.Errorf("%+v", told[len(told)-1])
		}
		q.set(QueueStatus{})
		time.Sleep(queueEvery + tellEvery)
		w.till.PlatformSeen(unreachable)
		synctest.Wait() // told, and looked at, before the worker knows
		q.set(QueueStatus{Away: true, Reason: govpay.OutcomeUnavailable})
		time.Sleep(queueEvery + tellEvery)
		synctest.Wait()
		if told := w.hub.told(); !told[len(told)-1].Away {
			t.Errorf("%+v", told[len(told)-1])
		}
	}, func(w *world) { w.queue = q })
}

// TestCaseEvents: the screens hear when a case is opened and when it ends, and nothing in between.
func TestCaseEvents(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		time.Sleep(time.Minute)
		counts := func() (open []int) {
			for _, e := range w.hub.all() {
				if e.Type == local.EventCases {
					open = append(open, e.Cases.Open)
				}
			}
			return open
		}
		c, err := w.ledger.OpenCase(ledger.Case{Terminal: "cassa1", Cause: driver.Reason{Code: string(local.CodeClosingDiffers)}})
		if err != nil {
			t.Fatal(err)
		}
		w.till.stations["cassa1"].publish()
		time.Sleep(time.Hour)
		if got := counts(); !slices.Equal(got, []int{1}) {
			t.Fatalf("%v after one was opened", got)
		}
		if _, err := w.till.EndCase(context.Background(), chief, c.ID, local.EndingRequest{Seq: c.Seq, Ending: local.EndingClosed, Proof: "protocollo 7"}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		if got := counts(); !slices.Equal(got, []int{1, 0}) {
			t.Errorf("%v after it has ended", got)
		}
	})
}

// TestOutboxAlone: without a worker the ledger's outbox is counted.
func TestOutboxAlone(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p, err := w.pay(request("r1", "cassa1", notice(1), notice(2)))
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if s, err := w.till.QueueStatus(context.Background()); err != nil || s.Depth != 2 || s.Late != 0 || s.Oldest == nil {
			t.Errorf("%+v %v", s, err)
		}
		time.Sleep(31 * time.Minute)
		if s, err := w.till.QueueStatus(context.Background()); err != nil || s.Late != 2 || s.Red != 0 {
			t.Errorf("%+v %v", s, err)
		}
		w.receipt(w.shown(p.ID))
		if s, err := w.till.QueueStatus(context.Background()); err != nil || s != (local.QueueStatus{}) {
			t.Errorf("%+v %v", s, err)
		}
	})
}

// TestQueueHearsOfPeople: what people have decided about a case goes on at once; a proposal decides nothing.
func TestQueueHearsOfPeople(t *testing.T) {
	q := &worked{}
	bubble(t, func(t *testing.T, w *world) {
		p := w.charged("r1", 1)
		c, err := w.ledger.OpenCase(ledger.Case{PaymentID: p.ID, Cause: driver.Reason{Code: string(local.CodeReceiptTwice)}})
		if err != nil {
			t.Fatal(err)
		}
		for i, accept := range []bool{false, true} {
			v, err := w.till.EndCase(context.Background(), clerk, c.ID, local.EndingRequest{RequestID: "x", Seq: c.Seq, Ending: local.EndingClosed, Proof: "prot. 1"})
			if err != nil || v.Proposal == nil {
				t.Fatalf("%+v %v", v, err)
			}
			if len(q.words) != i {
				t.Errorf("heard %q of a proposal", q.words)
			}
			if v, err = w.till.CountersignCase(context.Background(), chief, c.ID, local.CountersignRequest{RequestID: "y", EvidenceSeq: v.Seq, Accept: accept}); err != nil {
				t.Fatal(err)
			}
			c.Seq = v.Seq
			if len(q.words) != i+1 || q.words[i] != p.ID {
				t.Errorf("heard %q", q.words)
			}
		}
	}, func(w *world) { w.queue = q })
}

// TestResubmit: a supervisor alone has a rejected notice submitted again; nobody else, and nothing else.
func TestResubmit(t *testing.T) {
	q := &worked{}
	bubble(t, func(t *testing.T, w *world) {
		p := w.charged("r1", 1)
		if _, err := w.ledger.Submit(p.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := w.ledger.Submitted(p.ID, ledger.SubmissionEnd{N: 1, To: ledger.RegRejected, Reason: driver.Reason{Code: string(local.CodeSubmissionRefused), Text: "PAG_007"}}); err != nil {
			t.Fatal(err)
		}
		list, err := w.till.Cases(context.Background(), false)
		if err != nil || len(list) != 1 || !list[0].CanResubmit || !list[0].NeedsTwo {
			t.Fatalf("%+v %v", list, err)
		}
		c := list[0]
		end := func(op local.Operator, id, ending string, seq uint64) (local.Case, error) {
			return w.till.EndCase(context.Background(), op, id, local.EndingRequest{RequestID: "x", Seq: seq, Ending: ending, Proof: "scadenza corretta"})
		}
		_, err = end(clerk, c.ID, local.EndingResubmit, c.Seq)
		wantCode(t, err, local.CodeForbiddenRole)
		_, err = end(chief, c.ID, "again", c.Seq)
		wantCode(t, err, local.CodeBadRequest)
		v, err := end(chief, c.ID, local.EndingResubmit, c.Seq)
		if err != nil || v.Ended == nil || v.Ending != local.EndingResubmit || v.CanResubmit || v.Proof != "scadenza corretta" {
			t.Fatalf("%+v %v", v, err)
		}
		if got := w.payment(p.ID).Notices[0]; got.Registration != ledger.RegSubmit || len(q.words) != 1 {
			t.Errorf("%+v, heard %q", got, q.words)
		}
		other, err := w.ledger.OpenCase(ledger.Case{PaymentID: p.ID, Cause: driver.Reason{Code: string(local.CodeReceiptMissing)}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = end(chief, other.ID, local.EndingResubmit, other.Seq)
		wantCode(t, err, local.CodeNotRejected)
	}, func(w *world) { w.queue, w.settled = q, ledger.SettlementPlatform })
}
