package ui

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"sportello/protocol/local"
)

const (
	helloTimeout = 5 * time.Second
	maxMessage   = 4 << 10
	pingEvery    = 30 * time.Second
	pongTimeout  = 75 * time.Second // two pings and a half
	closeTimeout = time.Second
	maxSockets   = 256

	subprotocol = "sportello.v1"
)

// pushTimeout is for what a client is sent at once. Only a test of this package changes it.
var pushTimeout = 10 * time.Second

// socketSet knows the WebSockets, each of which owns its goroutines.
type socketSet struct {
	mu      sync.Mutex
	open    map[net.Conn]struct{}
	count   int
	closing bool
	group   sync.WaitGroup
}

// enter counts a socket in; false when there are too many or it is too late.
func (s *socketSet) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing || s.count >= maxSockets {
		return false
	}
	s.count++
	s.group.Add(1)
	return true
}

// opened remembers a connection, to cut it when Close is in a hurry.
func (s *socketSet) opened(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		s.open = map[net.Conn]struct{}{}
	}
	s.open[conn] = struct{}{}
}

func (s *socketSet) leave(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, conn)
	s.count--
	s.group.Done()
}

// wait waits for every socket; when ctx ends first it cuts them, and then waits.
func (s *socketSet) wait(ctx context.Context) error {
	s.mu.Lock()
	s.closing = true
	s.mu.Unlock()
	done := make(chan struct{})
	go func() { // ends with the group, which wait does not outlive
		s.group.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	for conn := range s.open {
		_ = conn.Close()
	}
	s.mu.Unlock()
	<-done
	return ctx.Err()
}

// events upgrades to a WebSocket and serves it until the client leaves, its session ends or the server
// stops. Host and Origin have been checked like every request's.
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	if !s.sockets.enter() {
		s.refuse(w, r, throttled(time.Second))
		return
	}
	var raw net.Conn
	defer func() { s.sockets.leave(raw) }()
	upgrader := websocket.Upgrader{
		HandshakeTimeout: helloTimeout,
		Subprotocols:     []string{subprotocol},
		// The guard has refused other origins already; this line is for the day somebody moves it.
		CheckOrigin: func(r *http.Request) bool { return s.guard.check(r) == nil },
		Error: func(w http.ResponseWriter, r *http.Request, _ int, reason error) {
			s.refuse(w, r, &local.Error{Code: local.CodeBadRequest, Detail: reason.Error()})
		},
	}
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	raw = conn.NetConn()
	s.sockets.opened(raw)
	s.converse(conn)
}

// converse hears the hello and then sends, while a reader of its own watches the client. Both have ended
// and conn is closed when it returns.
func (s *Server) converse(conn *websocket.Conn) {
	one, reason := s.hello(conn)
	if one == nil {
		farewell(conn, reason)
		return
	}
	read := make(chan bool, 1) // true: the client spoke out of turn
	go func() {
		defer close(read)
		_, _, err := conn.NextReader()
		read <- err == nil
	}()
	farewell(conn, s.push(conn, one, read))
	for range read { // closing conn has ended the reader
	}
}

// closeCodes are those of the reasons; any other code is the client's fault or its session's end.
var closeCodes = map[local.Code]int{
	local.CodeStopping: websocket.CloseGoingAway,
	local.CodeInternal: websocket.CloseInternalServerErr,
}

// farewell closes conn; with a reason it says so first.
func farewell(conn *websocket.Conn, reason local.Code) {
	if reason != "" {
		code, ok := closeCodes[reason]
		if !ok {
			code = websocket.ClosePolicyViolation
		}
		message := websocket.FormatCloseMessage(code, string(reason))
		_ = conn.WriteControl(websocket.CloseMessage, message, time.Now().Add(closeTimeout))
	}
	_ = conn.Close()
}

// hello reads the first message and gives the session its token belongs to, or why there is none.
func (s *Server) hello(conn *websocket.Conn) (*session, local.Code) {
	conn.SetReadLimit(maxMessage)
	_ = conn.SetReadDeadline(time.Now().Add(helloTimeout))
	awake := context.AfterFunc(s.ctx, func() { _ = conn.SetReadDeadline(time.Unix(1, 0)) })
	kind, text, err := conn.ReadMessage()
	if !awake() {
		return nil, local.CodeStopping
	}
	if err != nil {
		return nil, local.CodeUnauthorized
	}
	var hello local.Hello
	if kind != websocket.TextMessage || decodeStrict(text, &hello) != nil {
		return nil, local.CodeBadRequest
	}
	one, isLocked := s.sessions.find(hello.Token)
	switch {
	case one == nil:
		return nil, local.CodeUnauthorized
	case isLocked:
		return nil, local.CodeSessionLocked
	}
	_ = conn.SetReadDeadline(time.Now().Add(pongTimeout))
	conn.SetPongHandler(func(string) error { return conn.SetReadDeadline(time.Now().Add(pongTimeout)) })
	return one, ""
}

// push sends a snapshot and then events, and a new snapshot whenever the client has fallen behind. It
// returns why it ended, "" when there is nobody to tell.
func (s *Server) push(conn *websocket.Conn, one *session, read <-chan bool) local.Code {
	gone := s.sessions.watch(one)
	if reason := s.sessions.state(one); reason != "" { // ended since the hello
		return reason
	}
	client := s.options.Hub.join()
	defer client.leave()
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	batch := make([][]byte, 0, maxBehind)
	for {
		if reason, err := s.pushSnapshot(conn, client, one); err != nil {
			return reason
		}
		for behind := false; !behind; {
			select {
			case <-client.wake:
				if batch, behind = client.take(batch); behind {
					continue
				}
				_ = conn.SetWriteDeadline(time.Now().Add(pushTimeout))
				for _, text := range batch {
					if conn.WriteMessage(websocket.TextMessage, text) != nil {
						return ""
					}
				}
			case <-ping.C:
				if conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(pushTimeout)) != nil {
					return ""
				}
			case spoke := <-read:
				if spoke {
					return local.CodeBadRequest
				}
				return ""
			case <-gone:
				return s.sessions.state(one)
			case <-s.ctx.Done():
				return local.CodeStopping
			}
		}
	}
}

func (s *Server) pushSnapshot(conn *websocket.Conn, client *client, one *session) (local.Code, error) {
	sequence := client.restart()
	snapshot, err := s.snapshot(s.ctx, sequence, one.operator)
	if err != nil {
		if s.ctx.Err() != nil {
			return local.CodeStopping, err
		}
		s.options.Log.Error().Err(err).Msg("no snapshot for a client")
		return local.CodeInternal, err
	}
	text, err := json.Marshal(local.Event{Sequence: sequence, Type: local.EventSnapshot, Snapshot: &snapshot})
	if err != nil {
		return local.CodeInternal, err
	}
	_ = conn.SetWriteDeadline(time.Now().Add(pushTimeout))
	return "", conn.WriteMessage(websocket.TextMessage, text)
}
