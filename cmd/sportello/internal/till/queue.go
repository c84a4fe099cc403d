package till

import (
	"context"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/protocol/govpay"
	"sportello/protocol/local"
)

// Queue is the worker that registers what was charged, as far as people want to see it.
type Queue interface {
	// Status is the queue in figures; Items what it knows of each notice beside what the ledger holds.
	Status() QueueStatus
	Items() []QueueItem
	// Decided tells that people have ended a case of a payment, or turned down how it was to end.
	Decided(paymentID string)
}

// QueueStatus is the queue in figures.
type QueueStatus struct {
	Depth, Late, Red, Watched int
	Oldest                    time.Time // when the oldest of Depth was charged; zero: none
	Away                      bool      // the platform did not answer last
	Reason                    govpay.Outcome
	NextTry                   time.Time // zero: none is planned
	Draining                  bool      // what gathered while it was away is being worked off
	Done, Total               int       // of that
	Stopped                   bool      // nothing is submitted: the platform is not set up for it
}

// QueueItem is what the worker knows of one notice.
type QueueItem struct {
	PaymentID string
	Index     int       // into the payment's notices
	NextTry   time.Time // zero: none is planned
	Tries     int
	Barred    bool // waits for people to mend the platform's set-up; no try is planned
	Poisoned  bool // put aside to a slow pace: its look fails on our side
}

// How often the screens hear of the queue at most (ten thousand registrations are no ten thousand events), and
// how often the worker is asked while something is in it.
const (
	tellEvery  = time.Second
	queueEvery = 5 * time.Second
)

// tell lets the screens know that queue or offline period may look different. It does not block.
func (t *Till) tell() {
	select {
	case t.stir <- struct{}{}:
	default:
	}
}

// teller publishes the queue, the cases and the offline period when they have changed. It ends with the till.
func (t *Till) teller(ctx context.Context) {
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		select {
		case <-t.stir:
		case <-pause.C: // the offline period may have run out meanwhile, the queue have moved
		case <-ctx.Done():
			return
		}
		again := t.tellOnce()
		wait := time.NewTimer(tellEvery)
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
			return
		}
		if again.IsZero() {
			pause.Stop()
		} else {
			pause.Reset(max(time.Until(again), 0) + time.Millisecond)
		}
	}
}

// tellOnce publishes what is new, and says when to look again: when the offline period ends by itself, or when
// the worker may have got on. The zero time: when somebody says so.
func (t *Till) tellOnce() (again time.Time) {
	t.showing.Lock()
	defer t.showing.Unlock()
	if q, err := t.queueStatus(); err != nil {
		t.o.Log.Error().Err(err).Msg("reading the queue to show it")
	} else if t.toldQueue == nil || !sameStatus(*t.toldQueue, q) {
		t.toldQueue = &q
		t.o.Events.Publish(local.Event{Type: local.EventQueue, Queue: &q})
	}
	// The worker may hear of an outage just after the screens.
	if q := t.toldQueue; t.o.Queue != nil && q != nil && (q.Depth > 0 || q.Away || t.PlatformDoubted()) {
		again = time.Now().Add(queueEvery)
	}
	t.tellCases()
	p, open, err := t.o.Ledger.Offline()
	if err != nil {
		t.o.Log.Error().Err(err).Msg("reading the offline period to show it")
		return again
	}
	if v := viewOffline(p); p.ID != "" && (t.toldOffline == nil || !sameOffline(*t.toldOffline, v)) {
		if open || t.toldOffline != nil { // one that had ended before this process began is no news
			t.o.Events.Publish(local.Event{Type: local.EventOffline, Offline: &v})
		}
		t.toldOffline = &v
	}
	if open && (again.IsZero() || p.Until.Before(again)) {
		again = p.Until
	}
	return again
}

// tellCases publishes how many cases are open when one was opened, proposed for or ended.
func (t *Till) tellCases() {
	list, err := t.o.Ledger.Cases(false)
	if err != nil {
		t.o.Log.Error().Err(err).Msg("reading the cases to show them")
		return
	}
	v := local.CaseCount{Open: len(list)}
	for _, c := range list {
		v.Newest = max(v.Newest, c.Seq)
	}
	if t.toldCases != nil && *t.toldCases != v { // those of before this process are no news
		t.o.Events.Publish(local.Event{Type: local.EventCases, Cases: &v})
	}
	t.toldCases = &v
}

func sameStatus(a, b local.QueueStatus) bool {
	if !sameMoment(a.Oldest, b.Oldest) || !sameMoment(a.NextTry, b.NextTry) || reasonCode(a.Reason) != reasonCode(b.Reason) {
		return false
	}
	a.Oldest, a.NextTry, a.Reason = b.Oldest, b.NextTry, b.Reason
	return a == b
}

func sameOffline(a, b local.Offline) bool {
	if !sameMoment(a.ClosedAt, b.ClosedAt) || !a.Until.Equal(b.Until) || !a.OpenedAt.Equal(b.OpenedAt) {
		return false
	}
	a.ClosedAt, a.Until, a.OpenedAt = b.ClosedAt, b.Until, b.OpenedAt
	return a == b
}

func sameMoment(a, b *time.Time) bool {
	return a == nil && b == nil || a != nil && b != nil && a.Equal(*b)
}

// QueueStatus is the queue in a few figures.
func (t *Till) QueueStatus(context.Context) (local.QueueStatus, error) { return t.queueStatus() }

func (t *Till) queueStatus() (local.QueueStatus, error) {
	if t.o.Queue == nil {
		return t.outboxStatus()
	}
	s := t.o.Queue.Status()
	v := local.QueueStatus{Depth: s.Depth, Late: s.Late, Red: s.Red, Watched: s.Watched, Oldest: moment(s.Oldest), Away: s.Away,
		NextTry: moment(s.NextTry), Draining: s.Draining, Done: s.Done, Total: s.Total}
	if s.Away {
		code, ok := platformErrors[s.Reason]
		if !ok {
			code = local.CodePlatformUnavailable
		}
		r := t.reason(code, nil)
		v.Reason = &r
	} else if s.Stopped {
		r := t.reason(local.CodeSubmissionWrongSetup, nil)
		v.Reason = &r
	}
	return v, nil
}

// outboxStatus counts the ledger's outbox where no worker does.
func (t *Till) outboxStatus() (local.QueueStatus, error) {
	var v local.QueueStatus
	items, err := t.Queue(context.Background())
	if err != nil {
		return v, err
	}
	for _, i := range items {
		v.Depth++
		if i.Late {
			v.Late++
		}
		if i.Red {
			v.Red++
		}
		if v.Oldest == nil || i.Since.Before(*v.Oldest) {
			v.Oldest = &i.Since
		}
	}
	return v, nil
}

// Queue lists the notices whose registration is awaited.
func (t *Till) Queue(context.Context) ([]local.QueueItem, error) {
	items, err := t.o.Ledger.Outbox()
	if err != nil {
		return nil, internal(err)
	}
	type place struct {
		id    string
		index int
	}
	worked := make(map[place]QueueItem)
	if t.o.Queue != nil {
		for _, i := range t.o.Queue.Items() {
			worked[place{i.PaymentID, i.Index}] = i
		}
	}
	now := time.Now()
	out := []local.QueueItem{}
	for _, i := range items {
		if i.Watch {
			continue
		}
		p, err := t.o.Ledger.Payment(i.PaymentID)
		if err != nil {
			return nil, internal(err)
		}
		n := p.Notices[i.Index]
		w := worked[place{i.PaymentID, i.Index}]
		q := local.QueueItem{PaymentID: p.ID, Creditor: n.Creditor, Number: n.Number, AmountCents: n.AmountCents,
			State: local.Registration(n.Registration), Since: i.Since, Reason: t.noticeReason(p, n),
			NextTry: moment(w.NextTry), Tries: w.Tries, Poisoned: w.Poisoned}
		if w.Barred {
			r := t.reason(local.CodeSubmissionWrongSetup, nil)
			q.Reason = &r
		}
		if p.Submission != nil {
			q.Attempts = p.Submission.N
		}
		if c := clocksOf(p, n); c.running {
			q.ReceiptDue, q.FlowDue = &c.receipt, &c.flow
			q.Late, q.Red = now.After(c.receipt), now.After(c.flow)
		}
		out = append(out, q)
	}
	return out, nil
}

// clocks are the two deadlines of a charged notice (design 10).
type clocks struct {
	running       bool // its registration is awaited
	receipt, flow time.Time
}

func clocksOf(p ledger.Payment, n ledger.Notice) clocks {
	if p.State != ledger.Charged || !n.Registration.Awaited() {
		return clocks{}
	}
	return clocks{running: true, receipt: ledger.ReceiptDue(p), flow: ledger.FlowDue(p)}
}
