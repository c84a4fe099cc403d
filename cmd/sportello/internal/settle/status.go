package settle

import (
	"fmt"
	"time"

	"sportello/protocol/govpay"
)

// Status is the worker in figures, for the page's light, `queue` and the metrics.
type Status struct {
	Waiting  int // charged notices without their receipt
	Late     int // of these, past receipt due
	Red      int // of these, past flow due
	Poisoned int // of all, put aside because they fail on our side
	Watched  int // attempts on receipt watch
	// Oldest is since when the oldest of those that wait does; zero: none does.
	Oldest time.Time
	// Away: the platform did not answer the last question, for this reason.
	Away   bool
	Reason govpay.Outcome
	// NextTry is the next turn of anything that waits; while the platform is away,
	// the next question to it. Zero: nothing waits, or only for people.
	NextTry time.Time
	// Draining: what had gathered while the platform was away, or the service off, is
	// being asked about. Of Total notices and watches Done have had an answer.
	Draining    bool
	Done, Total int
	// Stopped: nothing is submitted any more, because the platform is not set up for
	// it, until a supervisor ends the case or the service is started again.
	Stopped bool
}

// Item is the worker's side of one outbox item. The notices of a charge that is
// being submitted have their turn together.
type Item struct {
	Key       string // as ledger.OutboxItem.Key
	PaymentID string
	Index     int
	Watch     bool
	Submit    bool // to be submitted, with the payment's other notices
	NextTry   time.Time
	Running   bool // being looked at now
	Tries     int  // questions asked about it since the start
	Late      bool
	Red       bool
	Poisoned  bool
	Barred    bool           // not submitted until the set-up is mended: no try is planned
	Failure   govpay.Outcome // of its last question; OutcomeNone: answered
}

// Status returns the figures as they are now.
func (w *Worker) Status() Status {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.schedule.status()
}

// Items returns what waits, in no order.
func (w *Worker) Items() []Item {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := make([]Item, 0, len(w.schedule.items))
	for _, it := range w.schedule.items {
		switch v := w.schedule.show(it); it.work {
		case workOther, workSecond:
		case workSubmit:
			for _, i := range it.open {
				v.Key, v.Index = outboxKey(it.PaymentID, i), i
				all = append(all, v)
			}
		default:
			all = append(all, v)
		}
	}
	return all
}

// outboxKey is the ledger's key of a notice in the outbox.
func outboxKey(payment string, index int) string { return fmt.Sprintf("%s/%03d", payment, index) }

// show is an item for others. Its turn waits for the platform.
func (s *schedule) show(it *item) Item {
	next := it.due
	if d := s.side(it); d.away && next.Before(d.probeAt) {
		next = d.probeAt
	}
	if it.barred {
		next = time.Time{}
	}
	return Item{
		Key: it.Key, PaymentID: it.PaymentID, Index: it.Index, Watch: it.work == workWatch, Submit: it.work == workSubmit,
		NextTry: next.Round(0), Running: it.running, Tries: it.tries,
		Late: it.late, Red: it.red, Poisoned: it.poisoned(), Barred: it.barred, Failure: it.failure,
	}
}

func (s *schedule) status() Status {
	st := Status{
		Waiting: s.count.waiting, Late: s.count.late, Red: s.count.red, Poisoned: s.count.poisoned, Watched: s.count.watched,
		Done: s.drain.total - s.drain.left, Total: s.drain.total,
		Stopped: s.w.setup.wrong(),
	}
	if it := s.oldest.top(); it != nil {
		st.Oldest = it.since
	}
	for _, d := range s.sides {
		if d.away {
			st.Away, st.Reason = true, d.reason
		}
		next, waits := d.probeAt, d.turns.top() != nil || d.running > 0
		if it := d.turns.top(); it != nil && !d.away {
			next = it.due
		}
		if waits && (d.away || d.turns.top() != nil) && (st.NextTry.IsZero() || next.Before(st.NextTry)) {
			st.NextTry = next.Round(0)
		}
	}
	st.Draining = s.drain.left > 0 && !st.Away
	return st
}
