package ecr17

import (
	"context"
	"fmt"
	"sync"
	"time"

	"sportello/driver"
)

// Who may hold the terminal, as driver.Lease names them.
const (
	holdsStatus  = "status"
	holdsLast    = "last"
	holdsTotals  = "totals"
	holdsPay     = "pay"
	holdsResolve = "resolve"
	holdsReverse = "reverse"
	holdsClose   = "close"
	holdsDetect  = "detect"
	holdsReprint = "reprint"
)

// token is a right that one procedure at a time has, and the name of who has it.
type token struct {
	taken chan struct{} // holds one element while somebody has it

	mu    sync.Mutex // guards lease
	lease driver.Lease
}

func newToken() *token { return &token{taken: make(chan struct{}, 1)} }

func (k *token) holder() driver.Lease {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.lease
}

func (k *token) name(l driver.Lease) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.lease = l
}

// given is called by who has put the element in; the result gives the right back.
func (k *token) given(holder, what string) (free func()) {
	k.name(driver.Lease{Holder: holder, What: what, Since: time.Now()})
	return func() {
		k.name(driver.Lease{})
		<-k.taken
	}
}

// hold waits for a token in the name of a procedure, and gives what returns it.
func (t *terminal) hold(ctx context.Context, k *token, holder, what string) (free func(), err error) {
	select {
	case k.taken <- struct{}{}:
		return k.given(holder, what), nil
	case <-t.life.Done():
		return nil, refusal(driver.ErrClosed, "terminal %q", t.cfg.Name)
	case <-ctx.Done():
		return nil, &driver.Refusal{Kind: driver.ErrBusy, Detail: t.heldBy(), Err: ctx.Err()}
	}
}

// seize takes a token that is free now, and refuses otherwise.
func (t *terminal) seize(k *token, holder, what string) (free func(), err error) {
	select {
	case k.taken <- struct{}{}:
		return k.given(holder, what), nil
	default:
		return nil, &driver.Refusal{Kind: driver.ErrBusy, Detail: t.heldBy()}
	}
}

// Lease implements driver.Terminal. What handles money comes first: between two of its looks others may
// ask a question.
func (t *terminal) Lease() driver.Lease {
	if l := t.money.holder(); l.Holder != "" {
		return l
	}
	return t.turn.holder()
}

// heldBy says in words who has the terminal, and for how long.
func (t *terminal) heldBy() string {
	l := t.Lease()
	switch {
	case l.Holder == "":
		return "another procedure is just ending"
	case l.What == "":
		return fmt.Sprintf("held by %s for %v", l.Holder, time.Since(l.Since).Round(time.Second))
	}
	return fmt.Sprintf("held by %s of %s for %v", l.Holder, l.What, time.Since(l.Since).Round(time.Second))
}
