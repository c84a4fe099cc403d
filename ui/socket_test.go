package ui

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"sportello/protocol/local"
)

// listen opens a WebSocket and says hello with token ("" for no hello).
func (d *desk) listen(token string) *websocket.Conn {
	d.t.Helper()
	conn, _, err := websocket.DefaultDialer.Dial("ws://"+d.host+eventsPath, http.Header{"Origin": {"http://" + d.host}})
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetReadDeadline(time.Now().Add(2 * time.Minute))
	if token != "" {
		if err := conn.WriteJSON(local.Hello{Token: token}); err != nil {
			d.t.Fatal(err)
		}
	}
	return conn
}

func hear(t testing.TB, conn *websocket.Conn) local.Event {
	t.Helper()
	_, text, err := conn.ReadMessage()
	if err != nil {
		t.Fatal(err)
	}
	var event local.Event
	if err := json.Unmarshal(text, &event); err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	return event
}

// closing reads to the end and checks how it is closed.
func closing(t testing.TB, conn *websocket.Conn, code int, reason local.Code) {
	t.Helper()
	for {
		_, _, err := conn.ReadMessage()
		if err == nil {
			continue
		}
		var closed *websocket.CloseError
		if !errors.As(err, &closed) || closed.Code != code || closed.Text != string(reason) {
			t.Errorf("closed with %v, want %d %s", err, code, reason)
		}
		return
	}
}

func TestEvents(t *testing.T) {
	d := open(t, nil)
	d.hub.Publish(local.Event{Type: local.EventPlatform})
	one, two := d.listen(clerkToken), d.listen(supervisorToken)
	for conn, who := range map[*websocket.Conn]local.Operator{one: anna, two: carl} {
		first := hear(t, conn)
		if first.Type != local.EventSnapshot || first.Sequence != 1 || first.Snapshot == nil || first.Snapshot.Sequence != 1 || first.Snapshot.Operator != who {
			t.Fatalf("first event %+v", first)
		}
	}
	for i := range 5 {
		d.hub.Publish(local.Event{Type: local.EventPayment, Payment: &local.Payment{ID: "p", AmountCents: int64(i)}})
	}
	for _, conn := range []*websocket.Conn{one, two} {
		for i := range 5 {
			if event := hear(t, conn); event.Sequence != uint64(i+2) || event.Payment == nil || event.Payment.AmountCents != int64(i) {
				t.Fatalf("event %d: %+v", i, event)
			}
		}
	}
	_ = one.Close()
	d.hub.Publish(local.Event{Type: local.EventPlatform})
	if event := hear(t, two); event.Sequence != 7 {
		t.Errorf("after the other left: %+v", event)
	}
	d.close()
	closing(t, two, websocket.CloseGoingAway, local.CodeStopping)
}

// How the queue stands and what an offline period has used come as events, numbered like the others.
func TestRegionalEvents(t *testing.T) {
	d := open(t, nil)
	conn := d.listen(clerkToken)
	if first := hear(t, conn); first.Type != local.EventSnapshot {
		t.Fatalf("%+v", first)
	}
	d.hub.Publish(local.Event{Type: local.EventQueue, Queue: &local.QueueStatus{Depth: 3, Done: 7, Total: 10, Draining: true}})
	d.hub.Publish(local.Event{Type: local.EventOffline, Offline: &local.Offline{ID: "o-1", Payments: 2, Cents: 2400}})
	if e := hear(t, conn); e.Sequence != 1 || e.Type != "queue" || e.Queue == nil || *e.Queue != (local.QueueStatus{Depth: 3, Done: 7, Total: 10, Draining: true}) {
		t.Errorf("%+v", e)
	}
	if e := hear(t, conn); e.Sequence != 2 || e.Type != "offline" || e.Offline == nil || e.Offline.Cents != 2400 || e.Queue != nil {
		t.Errorf("%+v", e)
	}
}

func TestHello(t *testing.T) {
	d := open(t, nil)
	session := as[local.Session](t, d.ask("POST", "/api/v1/session", "", `{"operator":"anna","pin":"1111"}`))
	d.ask("POST", "/api/v1/session/lock", session.Token, `{}`)
	for name, c := range map[string]struct {
		kind   int
		text   string
		code   int
		reason local.Code
	}{
		"wrong token":   {websocket.TextMessage, `{"token":"wrong"}`, 1008, local.CodeUnauthorized},
		"no token":      {websocket.TextMessage, `{}`, 1008, local.CodeUnauthorized},
		"locked":        {websocket.TextMessage, `{"token":"` + session.Token + `"}`, 1008, local.CodeSessionLocked},
		"not JSON":      {websocket.TextMessage, `hello`, 1008, local.CodeBadRequest},
		"unknown field": {websocket.TextMessage, `{"token":"` + clerkToken + `","x":1}`, 1008, local.CodeBadRequest},
		"binary":        {websocket.BinaryMessage, `{"token":"` + clerkToken + `"}`, 1008, local.CodeBadRequest},
		"too long":      {websocket.TextMessage, `{"token":"` + strings.Repeat("a", maxMessage) + `"}`, 1009, ""},
	} {
		t.Run(name, func(t *testing.T) {
			conn := d.listen("")
			if err := conn.WriteMessage(c.kind, []byte(c.text)); err != nil {
				t.Fatal(err)
			}
			closing(t, conn, c.code, c.reason)
		})
	}
	t.Run("speaks again", func(t *testing.T) {
		conn := d.listen(clerkToken)
		hear(t, conn)
		if err := conn.WriteJSON(local.Hello{Token: clerkToken}); err != nil {
			t.Fatal(err)
		}
		closing(t, conn, 1008, local.CodeBadRequest)
	})
	t.Run("subprotocol", func(t *testing.T) {
		dialer := websocket.Dialer{Subprotocols: []string{"other", subprotocol}}
		conn, _, err := dialer.Dial("ws://"+d.host+eventsPath, nil) // a program, without Origin
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if conn.Subprotocol() != subprotocol {
			t.Errorf("subprotocol %q", conn.Subprotocol())
		}
	})
	t.Run("no upgrade", func(t *testing.T) {
		if got := d.ask("GET", eventsPath, clerkToken, ""); got.status != 400 || got.code(t) != local.CodeBadRequest {
			t.Errorf("%d %s", got.status, got.body)
		}
	})
}

// A socket lives as long as its session.
func TestSessionEndClosesItsSockets(t *testing.T) {
	for name, c := range map[string]struct {
		end    func(*desk, string)
		reason local.Code
	}{
		"sign out": {func(d *desk, token string) { d.ask("DELETE", "/api/v1/session", token, "") }, local.CodeUnauthorized},
		"lock":     {func(d *desk, token string) { d.ask("POST", "/api/v1/session/lock", token, `{}`) }, local.CodeSessionLocked},
		"expiry":   {func(*desk, string) {}, local.CodeUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t, func(o *Options) {
				if name == "expiry" {
					o.Idle = 3 * time.Second // three sockets are opened before
				}
			})
			session := as[local.Session](t, d.ask("POST", "/api/v1/session", "", `{"operator":"anna","pin":"1111"}`))
			one, two, other := d.listen(session.Token), d.listen(session.Token), d.listen(clerkToken)
			hear(t, one)
			hear(t, two)
			hear(t, other)
			c.end(d, session.Token)
			closing(t, one, 1008, c.reason)
			closing(t, two, 1008, c.reason)
			d.hub.Publish(local.Event{Type: local.EventPlatform})
			if event := hear(t, other); event.Type != local.EventPlatform {
				t.Errorf("another session's socket: %+v", event)
			}
		})
	}
}

// number is hear for big events: decoding them all would take longer than sending them.
func number(text []byte) (sequence uint64, snapshot bool) {
	var kind string
	_, _ = fmt.Sscanf(string(text[:min(len(text), 80)]), `{"sequence":%d,"type":%q`, &sequence, &kind)
	return sequence, kind == string(local.EventSnapshot)
}

// A client that does not read holds nobody up. When it reads again it finds a new snapshot where events
// were dropped, and never a hole.
func TestSlowSocketGetsASnapshot(t *testing.T) {
	usual := pushTimeout
	t.Cleanup(func() { pushTimeout = usual }) // when everything is closed
	pushTimeout = 10 * time.Minute            // the slow one is slow until all is published, however long that takes
	d := open(t, nil)
	slow, quick := d.listen(clerkToken), d.listen(clerkToken)
	last := hear(t, slow).Sequence
	hear(t, quick)
	const events = 200
	big := strings.Repeat("x", 64<<10) // 12 MiB in all: more than the queue and the sockets' buffers hold
	quickDone := make(chan uint64, 1)
	step := make(chan struct{}, 1)
	go func() {
		defer close(quickDone)
		var last uint64
		for last < events {
			_, text, err := quick.ReadMessage()
			if err != nil {
				break
			}
			last, _ = number(text)
			step <- struct{}{}
		}
		quickDone <- last
	}()
	for range events {
		d.hub.Publish(local.Event{Type: local.EventPayment, Payment: &local.Payment{ID: "p", Notices: []local.PaymentNotice{{Description: big}}}})
		<-step // the quick one keeps up, however slow the other is
	}
	if got := <-quickDone; got != events {
		t.Fatalf("the quick client ended at %d", got)
	}
	snapshots := 0
	for last < events {
		_, text, err := slow.ReadMessage()
		if err != nil {
			t.Fatal(err)
		}
		next, snapshot := number(text)
		switch {
		case snapshot && next >= last:
			snapshots++
		case next != last+1:
			t.Fatalf("number %d after %d", next, last)
		}
		last = next
	}
	if snapshots == 0 {
		t.Error("nothing was dropped: the client was not slow")
	}
	d.hub.Publish(local.Event{Type: local.EventPlatform})
	if event := hear(t, slow); event.Type != local.EventPlatform || event.Sequence != events+1 {
		t.Errorf("after catching up: %s %d", event.Type, event.Sequence)
	}
}

func TestSocketsAreCounted(t *testing.T) {
	d := open(t, nil)
	for range maxSockets {
		if !d.sockets.enter() {
			t.Fatal("too early")
		}
	}
	if got := d.raw("GET " + eventsPath + " HTTP/1.1\r\nHost: " + d.host + "\r\n" + upgrade + "\r\n"); got.status != 429 || got.code(t) != local.CodeThrottled {
		t.Errorf("%d %s", got.status, got.body)
	}
	for range maxSockets {
		d.sockets.leave(nil)
	}
	hear(t, d.listen(clerkToken))
}

func TestNoSnapshotNoSocket(t *testing.T) {
	d := open(t, nil)
	d.till.fail = errors.New("ledger closed")
	closing(t, d.listen(clerkToken), websocket.CloseInternalServerErr, local.CodeInternal)
}

// Close waits for what is being answered, and cuts what does not end.
func TestClose(t *testing.T) {
	d := open(t, nil)
	hear(t, d.listen(clerkToken))
	d.listen("") // never says hello
	stuck := d.listen(clerkToken)
	hear(t, stuck)
	for range 120 { // nobody reads this: its writer is stuck
		d.hub.Publish(local.Event{Type: local.EventPayment, Payment: &local.Payment{Notices: []local.PaymentNotice{{Description: strings.Repeat("x", 64<<10)}}}})
	}
	d.till.hold, d.till.entered = make(chan struct{}), make(chan struct{})
	answered := make(chan reply, 1)
	go func() {
		answered <- d.ask("POST", "/api/v1/terminals/cassa1/last", clerkToken, `{"request_id":"1"}`)
	}()
	<-d.till.entered
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.Close(ctx) }()
	<-d.ctx.Done()
	close(d.till.hold)
	if got := <-answered; got.status != 200 {
		t.Errorf("a request in hand was cut: %d", got.status)
	}
	cancel() // the stuck one would have 10 seconds more
	if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	d.closed = true
	if _, err := d.client.Get("http://" + d.host + "/healthz"); err == nil {
		t.Error("it still answers")
	}
}

func TestCloseBeforeServe(t *testing.T) {
	d := open(t, nil)
	d.close()
	if d.sockets.enter() {
		t.Error("a socket after Close")
	}
}
