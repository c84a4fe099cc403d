package ui

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"sync"
	"time"

	"sportello/protocol/local"
)

const (
	tokenBytes  = 32
	maxToken    = 128  // characters looked at, whoever made the token
	maxSessions = 1000 // the least recently used one makes room
)

// session is a signed-in operator. Its fields are guarded by the sessions it belongs to; hash, operator and
// fixed never change.
type session struct {
	hash     [sha256.Size]byte // of the token; the token itself is not kept
	operator local.Operator
	fixed    bool // made by AddToken: no expiry, no lock
	opened   time.Time
	used     time.Time
	locked   bool
	over     bool
	gone     chan struct{} // closed when the session ends or is locked; sockets wait for it
	expiry   *time.Timer
}

// sessions are in memory only: a restart signs everybody out. Safe for concurrent use.
type sessions struct {
	idle, life time.Duration

	mu     sync.Mutex
	byHash map[[sha256.Size]byte]*session
}

func newSessions(idle, life time.Duration) *sessions {
	return &sessions{idle: idle, life: life, byHash: map[[sha256.Size]byte]*session{}}
}

// open starts a session and gives its token, which is 256 random bits and exists only at the client.
func (s *sessions) open(operator local.Operator) string {
	raw := make([]byte, tokenBytes)
	_, _ = rand.Read(raw) // never fails (crypto/rand)
	token := base64.RawURLEncoding.EncodeToString(raw)
	s.add(token, operator, false)
	return token
}

func (s *sessions) add(token string, operator local.Operator, fixed bool) {
	now := time.Now()
	one := &session{
		hash: sha256.Sum256([]byte(token)), operator: operator, fixed: fixed,
		opened: now, used: now, gone: make(chan struct{}),
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.byHash) >= maxSessions {
		s.makeRoom()
	}
	s.byHash[one.hash] = one
	if !fixed {
		one.expiry = time.AfterFunc(min(s.idle, s.life), func() { s.expire(one) })
	}
}

func (s *sessions) makeRoom() {
	var oldest *session
	for _, one := range s.byHash {
		if !one.fixed && (oldest == nil || one.used.Before(oldest.used)) {
			oldest = one
		}
	}
	if oldest != nil {
		s.finish(oldest)
	}
}

// find gives the token's session, locked or not, and counts as use. The map is keyed by the token's hash,
// so how long a look takes says nothing about tokens; the comparison is constant-time all the same.
func (s *sessions) find(token string) (one *session, locked bool) {
	if token == "" || len(token) > maxToken {
		return nil, false
	}
	hash := sha256.Sum256([]byte(token))
	s.mu.Lock()
	defer s.mu.Unlock()
	one = s.byHash[hash]
	if one == nil || subtle.ConstantTimeCompare(one.hash[:], hash[:]) != 1 {
		return nil, false
	}
	if !one.locked {
		one.used = time.Now()
	}
	return one, one.locked
}

// watch gives the channel that closes when the session ends or is locked.
func (s *sessions) watch(one *session) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return one.gone
}

// state is the reason a session's socket is closed with, or "" while the session is good.
func (s *sessions) state(one *session) local.Code {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case one.over:
		return local.CodeUnauthorized
	case one.locked:
		return local.CodeSessionLocked
	}
	return ""
}

// expire ends a session that has been idle or alive too long, or comes back when it will be. One timer a
// session and no polling.
func (s *sessions) expire(one *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if one.over {
		return
	}
	end := one.used.Add(s.idle)
	if last := one.opened.Add(s.life); last.Before(end) {
		end = last
	}
	if left := time.Until(end); left > 0 {
		one.expiry.Reset(left)
		return
	}
	s.finish(one)
}

func (s *sessions) end(one *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !one.over && !one.fixed {
		s.finish(one)
	}
}

// finish needs mu.
func (s *sessions) finish(one *session) {
	one.over = true
	delete(s.byHash, one.hash)
	if one.expiry != nil {
		one.expiry.Stop()
	}
	if !one.locked {
		close(one.gone)
	}
}

// lock makes the token good for nothing until unlock. It still expires.
func (s *sessions) lock(one *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if one.over || one.locked || one.fixed {
		return
	}
	one.locked = true
	close(one.gone)
}

// unlock opens a locked session again; false when it has ended meanwhile.
func (s *sessions) unlock(one *session) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if one.over {
		return false
	}
	if one.locked {
		one.locked = false
		one.used = time.Now()
		one.gone = make(chan struct{})
	}
	return true
}

// close ends every session, so that no timer outlives the server.
func (s *sessions) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range s.byHash {
		s.finish(one)
	}
}
