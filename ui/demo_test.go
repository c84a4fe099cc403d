package ui

import (
	"context"
	"io"
	"net/http"
	"testing"
	"time"

	"sportello/protocol/local"
)

// front stands in for the simulated terminal's panel: it says what it was asked, and a press waits while hold
// is not closed.
type front struct {
	hold    chan struct{}
	entered chan struct{}
	ended   chan error // the request's context when a press has ended
}

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	if f.hold != nil {
		f.entered <- struct{}{}
		select {
		case <-f.hold:
		case <-r.Context().Done():
		}
		f.ended <- context.Cause(r.Context())
	}
	_, _ = io.WriteString(w, r.Method+" "+r.URL.Path+" "+string(body)+r.Header.Get("Authorization"))
}

// Outside the demonstration there is no such place, whoever asks and however.
func TestNoDemoTerminal(t *testing.T) {
	d := open(t, nil)
	for _, token := range []string{"", clerkToken, supervisorToken} {
		for _, call := range [][3]string{
			{"GET", "/demo/terminal/state", ""}, {"POST", "/demo/terminal/press", `{"key":"red"}`}, {"GET", "/demo/terminal/", ""}, {"GET", "/demo/", ""},
		} {
			if got := d.ask(call[0], call[1], token, call[2]); got.status != 404 || got.code(t) != local.CodeNotFound {
				t.Errorf("%s %s as %q: %d %s", call[0], call[1], token, got.status, got.body)
			}
		}
	}
}

func TestDemoTerminal(t *testing.T) {
	d := open(t, func(o *Options) { o.DemoTerminal = &front{} })
	for _, c := range []struct {
		method, path, token, body string
		status                    int
		want                      string
	}{
		{"GET", "/demo/terminal/state", clerkToken, "", 200, "GET /state "},
		{"POST", "/demo/terminal/press", clerkToken, `{"key":"red"}`, 200, `POST /press {"key":"red"}`},
		{"GET", "/demo/terminal/", clerkToken, "", 200, "GET / "},
		{"GET", "/demo/terminal/state", "", "", 401, ""},
		{"POST", "/demo/terminal/press", "wrong", `{"key":"red"}`, 401, ""},
	} {
		got := d.ask(c.method, c.path, c.token, c.body)
		if got.status != c.status || c.status == 200 && string(got.body) != c.want {
			t.Errorf("%s %s as %q: %d %q, want %d %q", c.method, c.path, c.token, got.status, got.body, c.status, c.want)
		}
		if c.status == 401 && got.code(t) != local.CodeUnauthorized {
			t.Errorf("%s", got.body)
		}
	}
	// A locked session presses nothing, nor does another site's page with a token.
	session := as[local.Session](t, d.ask("POST", "/api/v1/session", "", `{"operator":"anna","pin":"1111"}`))
	if got := d.ask("GET", "/demo/terminal/state", session.Token, ""); got.status != 200 {
		t.Errorf("signed in: %d", got.status)
	}
	d.ask("POST", "/api/v1/session/lock", session.Token, `{}`)
	if got := d.ask("GET", "/demo/terminal/state", session.Token, ""); got.code(t) != local.CodeSessionLocked {
		t.Errorf("locked: %s", got.body)
	}
	if got := d.ask("POST", "/demo/terminal/press", clerkToken, `{"key":"red"}`, "Origin", "https://evil.example"); got.code(t) != local.CodeForbiddenOrigin {
		t.Errorf("foreign origin: %s", got.body)
	}
	if got := d.raw("GET /demo/terminal/state HTTP/1.1\r\nHost: evil.example\r\nAuthorization: Bearer " + clerkToken + "\r\n\r\n"); got.code(t) != local.CodeForbiddenHost {
		t.Errorf("foreign host: %s", got.body)
	}
}

// A key that waits for a customer waits longer than a body may take, and no longer than the server lives.
func TestDemoTerminalWaits(t *testing.T) {
	f := &front{hold: make(chan struct{}), entered: make(chan struct{}), ended: make(chan error, 1)}
	d := open(t, func(o *Options) { o.DemoTerminal = f })
	answered := make(chan reply)
	go func() { answered <- d.ask("POST", "/demo/terminal/press", clerkToken, `{"key":"second_register"}`) }()
	<-f.entered
	close(f.hold)
	if got := <-answered; got.status != 200 {
		t.Errorf("%d %s", got.status, got.body)
	}
	if err := <-f.ended; err != nil {
		t.Errorf("its context had ended: %v", err)
	}

	f.hold = make(chan struct{})
	go func() { answered <- d.ask("POST", "/demo/terminal/press", clerkToken, `{"key":"second_register"}`) }()
	<-f.entered
	start := time.Now()
	d.close()
	<-answered
	if err := <-f.ended; err == nil || time.Since(start) > time.Minute {
		t.Errorf("the end took %s, the key heard %v", time.Since(start), err)
	}
}
