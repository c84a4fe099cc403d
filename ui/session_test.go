package ui

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sportello/protocol/local"
)

// The clock is the bubble's: hours pass in no time.
func TestSessionsExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSessions(time.Hour, 12*time.Hour)
		defer s.close()
		idle, busy := s.open(anna), s.open(carl)
		s.add("fixed", anna, true)
		one, _ := s.find(idle)
		gone := s.watch(one)
		for range 11 {
			time.Sleep(59*time.Minute + 59*time.Second)
			if one, _ := s.find(busy); one == nil {
				t.Fatal("a session in use ended")
			}
		}
		synctest.Wait()
		select {
		case <-gone:
		default:
			t.Error("an idle session went on")
		}
		if one, _ := s.find(idle); one != nil {
			t.Error("an expired token was taken")
		}
		if code := s.state(one); code != local.CodeUnauthorized {
			t.Errorf("state of an expired session: %q", code)
		}
		time.Sleep(59 * time.Minute) // just under twelve hours
		if one, _ := s.find(busy); one == nil {
			t.Error("a session ended before its time")
		}
		time.Sleep(2 * time.Minute)
		if one, _ := s.find(busy); one != nil {
			t.Error("a session in use outlived its life")
		}
		if one, _ := s.find("fixed"); one == nil {
			t.Error("the fixed token expired")
		}
	})
}

func TestSessionLock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSessions(time.Hour, 12*time.Hour)
		defer s.close()
		token := s.open(anna)
		one, _ := s.find(token)
		first := s.watch(one)
		s.lock(one)
		s.lock(one)
		<-first
		if _, isLocked := s.find(token); !isLocked || s.state(one) != local.CodeSessionLocked {
			t.Error("not locked")
		}
		if !s.unlock(one) || s.state(one) != "" {
			t.Error("not unlocked")
		}
		select {
		case <-s.watch(one):
			t.Error("an unlocked session counts as gone")
		default:
		}
		s.lock(one)
		time.Sleep(90 * time.Minute) // looking at a locked session is no use of it
		synctest.Wait()
		if s.unlock(one) {
			t.Error("an expired session was unlocked")
		}
		s.end(one)
		fixed := "fixed"
		s.add(fixed, carl, true)
		two, _ := s.find(fixed)
		s.lock(two)
		s.end(two)
		if got, isLocked := s.find(fixed); got == nil || isLocked {
			t.Error("a request ended or locked the command line's token")
		}
	})
}

func TestTokens(t *testing.T) {
	s := newSessions(time.Hour, time.Hour)
	defer s.close()
	seen := map[string]bool{}
	for range maxSessions + 10 {
		token := s.open(anna)
		if len(token) != 43 || seen[token] {
			t.Fatalf("token %q", token)
		}
		seen[token] = true
	}
	for hash := range s.byHash {
		if seen[string(hash[:])] {
			t.Fatal("the token itself is kept")
		}
	}
	if len(s.byHash) != maxSessions {
		t.Errorf("%d sessions", len(s.byHash))
	}
	for _, bad := range []string{"", " ", strings.Repeat("a", maxToken+1), "\x00"} {
		if one, _ := s.find(bad); one != nil {
			t.Errorf("%q is a token", bad)
		}
	}
}

func TestThrottle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		th := newThrottle()
		for range operatorFree {
			if err := th.check("anna"); err != nil {
				t.Fatal(err)
			}
			th.failed("anna")
		}
		if err := th.check("anna"); err != nil {
			t.Errorf("the first failures are free: %v", err)
		}
		for _, wait := range []time.Duration{1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300} {
			th.failed("anna")
			time.Sleep(wait*time.Second - time.Millisecond)
			if th.check("anna") == nil {
				t.Errorf("let in before %d s", wait)
			}
			time.Sleep(time.Millisecond)
			if err := th.check("anna"); err != nil {
				t.Errorf("after %d s: %v", wait, err)
			}
		}
		th.failed("anna")
		if err := th.check("anna"); err == nil || !strings.Contains(err.Error(), "throttled") {
			t.Errorf("no wait: %v", err)
		}
		time.Sleep(overallLongest)
		if err := th.check("carl"); err != nil {
			t.Errorf("others wait longer than the short wait over all: %v", err)
		}
		th.succeeded("anna")
		if err := th.check("anna"); err != nil {
			t.Errorf("after success: %v", err)
		}
		// Names nobody has: memory stays bounded, and everybody waits a little.
		for i := range maxThrottled + 100 {
			th.failed(fmt.Sprint("nobody", i))
		}
		if len(th.by) > maxThrottled {
			t.Errorf("%d operators remembered", len(th.by))
		}
		if th.check("carl") == nil {
			t.Error("thousands of failures slow nobody down")
		}
		time.Sleep(forgetAfter + time.Second)
		th.failed("carl")
		if err := th.check("carl"); err != nil {
			t.Errorf("old failures were not forgotten: %v", err)
		}
	})
}

func TestSignInOverHTTP(t *testing.T) {
	d := open(t, nil)
	got := d.ask("POST", "/api/v1/session", "", `{"operator":"anna","pin":"1111"}`)
	session := as[local.Session](t, got)
	if got.status != 201 || session.Operator != anna || len(session.Token) != 43 {
		t.Fatalf("%d %+v", got.status, session)
	}
	if got := d.ask("GET", "/api/v1/queue", session.Token, ""); got.status != 200 || string(got.body) != "[]" {
		t.Errorf("with a token: %d %s", got.status, got.body)
	}

	// Locked: good for nothing but unlocking and ending.
	for range 2 {
		if got := d.ask("POST", "/api/v1/session/lock", session.Token, `{"request_id":"1"}`); got.status != 204 {
			t.Errorf("lock: %d %s", got.status, got.body)
		}
	}
	if got := d.ask("GET", "/api/v1/queue", session.Token, ""); got.status != 401 || got.code(t) != local.CodeSessionLocked {
		t.Errorf("locked: %d", got.status)
	}
	if got := d.ask("POST", "/api/v1/session", session.Token, `{"operator":"anna","pin":"0"}`); got.code(t) != local.CodeBadCredentials {
		t.Errorf("unlock with a wrong PIN: %d", got.status)
	}
	if got := as[local.Session](t, d.ask("POST", "/api/v1/session", session.Token, `{"operator":"anna","pin":"1111"}`)); got.Token != session.Token {
		t.Error("unlocking gave another token")
	}
	if got := d.ask("GET", "/api/v1/queue", session.Token, ""); got.status != 200 {
		t.Errorf("unlocked: %d", got.status)
	}

	// Somebody else at a locked desk gets a session of his own, and the locked one is over.
	d.ask("POST", "/api/v1/session/lock", session.Token, `{}`)
	other := as[local.Session](t, d.ask("POST", "/api/v1/session", session.Token, `{"operator":"carl","pin":"2222"}`))
	if other.Token == session.Token || other.Operator != carl {
		t.Errorf("other operator: %+v", other)
	}
	if got := d.ask("GET", "/api/v1/queue", session.Token, ""); got.code(t) != local.CodeUnauthorized {
		t.Errorf("the locked session lives on: %d", got.status)
	}
	if got := d.ask("DELETE", "/api/v1/session", other.Token, ""); got.status != 204 {
		t.Errorf("sign out: %d", got.status)
	}
	if got := d.ask("GET", "/api/v1/queue", other.Token, ""); got.code(t) != local.CodeUnauthorized || got.header.Get("WWW-Authenticate") != "Bearer" {
		t.Errorf("after sign out: %d", got.status)
	}
}

func TestSignInIsThrottled(t *testing.T) {
	d := open(t, nil)
	for i := range operatorFree + 1 {
		if got := d.ask("POST", "/api/v1/session", "", `{"operator":"anna","pin":"9"}`); got.code(t) != local.CodeBadCredentials {
			t.Fatalf("try %d: %d", i, got.status)
		}
	}
	got := d.ask("POST", "/api/v1/session", "", `{"operator":"anna","pin":"1111"}`)
	if got.status != 429 || got.code(t) != local.CodeThrottled || got.header.Get("Retry-After") != "1" || !strings.Contains(string(got.body), "1 secondi") {
		t.Errorf("%d %v %s", got.status, got.header, got.body)
	}
	if got := d.ask("POST", "/api/v1/session", "", `{"operator":"carl","pin":"2222"}`); got.status != 201 {
		t.Errorf("another operator: %d", got.status)
	}
	if got := d.ask("POST", "/api/v1/session", "", `{"operator":"broken","pin":"1"}`); got.status != 500 || got.code(t) != local.CodeInternal || strings.Contains(string(got.body), "operators file") {
		t.Errorf("a fault of ours: %d %s", got.status, got.body)
	}
	for _, body := range []string{`{"operator":"","pin":"1"}`, `{"operator":"anna","pin":""}`, `{"operator":"` + strings.Repeat("a", 65) + `","pin":"1"}`} {
		if got := d.ask("POST", "/api/v1/session", "", body); got.code(t) != local.CodeBadCredentials {
			t.Errorf("%s: %d", body, got.status)
		}
	}
}
