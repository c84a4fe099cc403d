package till

import (
	"context"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/driver"
	"sportello/protocol/local"
)

// Listener is what a driver may offer beside driver.Terminal: the terminal's own word about an attempt that
// was given up, when it comes after all (ECR17 L13, D26).
type Listener interface {
	// Heard says whether that word is there. It sends nothing and does not wait.
	Heard(reference string) bool
	// HeardReversal is Heard of the payment's reversal: of both the reference is the payment's.
	HeardReversal(reference string) bool
}

// heardOf asks for the word of an attempt.
func (a abandoned) heardOf(ear Listener) bool {
	if a.undoing {
		return ear.HeardReversal(a.reference)
	}
	return ear.Heard(a.reference)
}

// abandoned is an attempt of this process of which the driver has nothing more to ask: its line may still
// bring something.
type abandoned struct {
	id, reference string
	undoing       bool // the reversal of the payment, not its charge
	refused       bool // the terminal itself has refused it: a word that comes now contradicts its first
}

const (
	wordLimit   = 10 * time.Second // to take a word that is there
	listenEvery = 2 * time.Second
	listenLimit = 3 * time.Second // for people who wait, should the worker be at something else
	mostLeft    = 16
)

// abandon notes an attempt that this process has sent, and that people have to decide, or people or evidence have
// decided without the terminal's word. A few are kept: a word is taken before the next job of the terminal, and what
// has not come by then comes seldom.
func (s *station) abandon(p ledger.Payment, undoing bool) {
	if _, can := s.term.Driver.(Listener); !can {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.left) == mostLeft {
		s.left = s.left[1:]
	}
	s.left = append(s.left, abandoned{id: p.ID, reference: p.Reference, undoing: undoing})
}

// refusedNow notes that the terminal has refused an attempt: some say an approval right behind it (ECR17 1.5). Refusals
// are many, so only the newest is listened to, and none takes the place of an attempt whose word never came.
func (s *station) refusedNow(p ledger.Payment, undoing bool) {
	if _, can := s.term.Driver.(Listener); !can {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := make([]abandoned, 0, len(s.left)+1)
	for _, a := range s.left {
		if !a.refused {
			kept = append(kept, a)
		}
	}
	if len(kept) < mostLeft {
		kept = append(kept, abandoned{id: p.ID, reference: p.Reference, undoing: undoing, refused: true})
	}
	s.left = kept
}

// forget drops what may still come of a payment: its reversal begins, and from now on a word would be that one's.
func (s *station) forget(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := make([]abandoned, 0, len(s.left))
	for _, a := range s.left {
		if a.id != id {
			kept = append(kept, a)
		}
	}
	s.left = kept
}

// leftWith finds such an attempt of a payment.
func (s *station) leftWith(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.left {
		if a.id == id {
			return true
		}
	}
	return false
}

// overhear takes the late words that have come since. It runs on the worker around each job, and before people
// decide; what they have decided meanwhile is contradicted, or confirmed, by it.
func (s *station) overhear(ctx context.Context) {
	ear, can := s.term.Driver.(Listener)
	s.mu.Lock()
	left := s.left
	s.mu.Unlock()
	for _, a := range left {
		if !can || ctx.Err() != nil || !a.heardOf(ear) {
			continue
		}
		s.mu.Lock()
		kept := make([]abandoned, 0, len(s.left))
		for _, other := range s.left {
			if other != a {
				kept = append(kept, other)
			}
		}
		s.left = kept
		s.mu.Unlock()
		s.takeWord(ctx, a)
	}
}

// takeWord lets the driver judge a word that has come; it asks the terminal nothing for that.
func (s *station) takeWord(ctx context.Context, a abandoned) {
	t := s.till
	p, err := t.o.Ledger.Payment(a.id)
	if err == nil {
		var gather func(context.Context, driver.Recorder) (*driver.Aftermath, error)
		if gather, err = s.gatherer(p, a.undoing, true); err == nil {
			ctx, cancel := context.WithTimeout(ctx, wordLimit)
			defer cancel()
			r := &recorder{s: s, id: p.ID, request: p.RequestID, last: p}
			var after *driver.Aftermath
			after, err = gather(ctx, r)
			r.over.Store(true)
			s.concluded(r, after)
			if r.concluded && open(r.last) {
				s.abandon(r.last, a.undoing)
			}
		}
	}
	if err != nil {
		t.o.Log.Error().Err(err).Str("payment", a.id).Msg("taking a late word")
	}
	s.mu.Lock()
	act := s.activity
	s.activity = nil
	s.mu.Unlock()
	s.quiet(act)
}

// listen lets the worker hear what has come of a payment that people are about to decide, or look at. It waits
// for the worker, but not long: what it does not hear now it hears after its job, and the ledger then
// compares it with what people said.
func (t *Till) listen(ctx context.Context, p ledger.Payment) {
	s := t.stations[p.Terminal]
	if s == nil || p.State != ledger.Unknown && p.State != ledger.Reversing || !s.leftWith(p.ID) {
		return
	}
	done := make(chan struct{})
	err := s.queue(func(ctx context.Context) {
		s.overhear(ctx)
		close(done)
	})
	if err != nil {
		return
	}
	wait := time.NewTimer(listenLimit)
	defer wait.Stop()
	select {
	case <-done:
	case <-wait.C:
	case <-ctx.Done():
	}
}

// undecided loads a payment that people are about to decide, after a last listen.
func (t *Till) undecided(ctx context.Context, id string) (ledger.Payment, error) {
	p, err := t.o.Ledger.Payment(id)
	if err != nil {
		return ledger.Payment{}, internal(err)
	}
	t.listen(ctx, p)
	now, err := t.o.Ledger.Payment(id)
	switch {
	case err != nil:
		return ledger.Payment{}, internal(err)
	case now.State != p.State:
		return ledger.Payment{}, &local.Error{Code: local.CodeStateChanged, PaymentID: id}
	}
	return now, nil
}

// mayListen: those who look make the worker listen once in a while only; those who decide, always.
func (t *Till) mayListen(terminal string) bool {
	s := t.stations[terminal]
	if s == nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Since(s.listened) < listenEvery {
		return false
	}
	s.listened = time.Now()
	return true
}
