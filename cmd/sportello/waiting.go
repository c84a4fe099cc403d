package main

import (
	"sportello/cmd/sportello/internal/settle"
	"sportello/cmd/sportello/internal/till"
	"sportello/protocol/govpay"
)

// waiting is what the worker knows of the queue, as the till shows it. The two know nothing of each other,
// and the worker is made second: it is set before the till starts.
type waiting struct{ worker *settle.Worker }

var _ till.Queue = (*waiting)(nil)

func (w *waiting) Status() till.QueueStatus {
	if w.worker == nil {
		return till.QueueStatus{}
	}
	return queueStatus(w.worker.Status())
}

func queueStatus(s settle.Status) till.QueueStatus {
	return till.QueueStatus{
		Depth: s.Waiting, Late: s.Late, Red: s.Red, Watched: s.Watched, Oldest: s.Oldest,
		Away: s.Away, Reason: s.Reason, NextTry: s.NextTry, Draining: s.Draining, Done: s.Done, Total: s.Total, Stopped: s.Stopped,
	}
}

func (w *waiting) Decided(paymentID string) {
	if w.worker != nil {
		w.worker.Decided(paymentID)
	}
}

// Items gives a submission, which is one for the whole payment, to each notice that it may hold.
func (w *waiting) Items() []till.QueueItem {
	if w.worker == nil {
		return nil
	}
	var all []till.QueueItem
	for _, it := range w.worker.Items() {
		v := till.QueueItem{PaymentID: it.PaymentID, Index: it.Index, NextTry: it.NextTry, Tries: it.Tries, Poisoned: it.Poisoned, Barred: it.Barred}
		switch {
		case it.Watch: // nothing of it is awaited
		case it.Submit:
			for v.Index = range govpay.MaxNotices {
				all = append(all, v)
			}
		default:
			all = append(all, v)
		}
	}
	return all
}
