package ui

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"sync"

	"sportello/protocol/local"
)

const maxRepeats = 1024

// repeats remembers the answers to actions by operator and request id: the same request gets the same
// answer, also while the first is still being worked on; another request with that id is refused.
// Payments are not here: the ledger itself remembers theirs. Safe for concurrent use.
type repeats struct {
	mu    sync.Mutex
	known map[repeatKey]*repeat
	order []repeatKey // oldest first
}

type repeatKey struct{ operator, request string }

type repeat struct {
	hash [sha256.Size]byte // of what was asked
	done chan struct{}     // closed when answer is there; of each: when its turn is over, guarded by mu
	answer
	err error
}

// errInterrupted is what a repeat hears when the first one panicked.
var errInterrupted = errors.New("the first request with this id did not end")

func newRepeats() *repeats { return &repeats{known: map[repeatKey]*repeat{}} }

// once does work, or gives what the same request was answered before. asked is the request's body.
func (r *repeats) once(ctx context.Context, operator, request, route string, asked any, work func() (answer, error)) (answer, error) {
	hash, err := fingerprint(request, route, asked)
	if err != nil {
		return answer{}, err
	}
	key := repeatKey{operator, request}
	r.mu.Lock()
	before, ok := r.known[key]
	if !ok {
		one := &repeat{hash: hash, done: make(chan struct{}), err: errInterrupted}
		r.remember(key, one)
		r.mu.Unlock()
		defer close(one.done)
		one.answer, one.err = work()
		return one.answer, one.err
	}
	r.mu.Unlock()
	if before.hash != hash {
		return answer{}, &local.Error{Code: local.CodeRequestIDReused}
	}
	select {
	case <-before.done:
		return before.answer, before.err
	case <-ctx.Done():
		return answer{}, ctx.Err()
	}
}

// each is once for work that is the same thing however often it is done, and whose answer is not to be kept:
// personal data, or a failure that may have gone by. The same request is done again, one at a time;
// another one with its id is refused.
func (r *repeats) each(ctx context.Context, operator, request, route string, asked any, work func() (answer, error)) (answer, error) {
	hash, err := fingerprint(request, route, asked)
	if err != nil {
		return answer{}, err
	}
	key := repeatKey{operator, request}
	mine := make(chan struct{})
	for {
		r.mu.Lock()
		before, ok := r.known[key]
		if ok && before.hash != hash {
			r.mu.Unlock()
			return answer{}, &local.Error{Code: local.CodeRequestIDReused}
		}
		if !ok {
			r.remember(key, &repeat{hash: hash, done: mine})
		}
		busy := mine
		if ok {
			select {
			case <-before.done: // its turn is over: ours
				before.done = mine
			default:
				busy = before.done
			}
		}
		r.mu.Unlock()
		if busy == mine {
			defer close(mine)
			return work()
		}
		select {
		case <-busy:
		case <-ctx.Done():
			return answer{}, ctx.Err()
		}
	}
}

// fingerprint is of what was asked, as understood, so that spacing does not count.
func fingerprint(request, route string, asked any) ([sha256.Size]byte, error) {
	if err := checkRequestID(request); err != nil {
		return [sha256.Size]byte{}, err
	}
	text, err := json.Marshal(asked)
	if err != nil {
		return [sha256.Size]byte{}, err
	}
	return sha256.Sum256(append([]byte(route+"\n"), text...)), nil
}

// remember needs mu. The oldest finished answer makes room.
func (r *repeats) remember(key repeatKey, one *repeat) {
	for i := 0; len(r.known) >= maxRepeats && i < len(r.order); i++ {
		select {
		case <-r.known[r.order[i]].done:
			delete(r.known, r.order[i])
			r.order = append(r.order[:i], r.order[i+1:]...)
			i--
		default:
		}
	}
	r.known[key] = one
	r.order = append(r.order, key)
}

// checkRequestID wants 1 to 64 printable ASCII characters without spaces.
func checkRequestID(id string) error {
	if id == "" {
		return &local.Error{Code: local.CodeRequestIDMissing}
	}
	if len(id) > 64 {
		return badRequest("request_id")
	}
	for _, c := range []byte(id) {
		if c <= ' ' || c > '~' {
			return badRequest("request_id")
		}
	}
	return nil
}
