package main

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"sportello/protocol/local"
)

const (
	handshakeLimit = 5 * time.Second
	// quietLimit is how long the service may send nothing, not even a ping, before the stream counts as lost.
	quietLimit = 2 * time.Minute
)

// stream is the service's events over one WebSocket. Events are closed when the connection ends.
type stream struct {
	Events <-chan local.Event

	conn  *websocket.Conn
	stop  chan struct{}
	once  sync.Once
	ended sync.WaitGroup
}

// watch opens the events. The first one is a snapshot.
func (c *client) watch(ctx context.Context) (*stream, error) {
	d := websocket.Dialer{HandshakeTimeout: handshakeLimit, TLSClientConfig: c.tls, Subprotocols: []string{"sportello.v1"}}
	conn, resp, err := d.DialContext(ctx, "ws"+strings.TrimPrefix(c.base, "http")+api+"events", http.Header{})
	if resp != nil && resp.Body != nil {
		defer resp.Body.Close()
	}
	if err != nil {
		return nil, c.broken(errUnreachable, err, true)
	}
	conn.SetReadLimit(maxAnswer)
	_ = conn.SetWriteDeadline(time.Now().Add(handshakeLimit))
	if err := conn.WriteJSON(local.Hello{Token: c.token}); err != nil {
		conn.Close()
		return nil, c.broken(errLost, err, true)
	}
	events := make(chan local.Event)
	s := &stream{Events: events, conn: conn, stop: make(chan struct{})}
	s.ended.Go(func() { s.read(events) })
	return s, nil
}

// read passes events on until the connection ends; it owns the channel.
func (s *stream) read(events chan<- local.Event) {
	defer close(events)
	answer := s.conn.PingHandler()
	s.conn.SetPingHandler(func(data string) error {
		_ = s.conn.SetReadDeadline(time.Now().Add(quietLimit))
		return answer(data)
	})
	for {
		_ = s.conn.SetReadDeadline(time.Now().Add(quietLimit))
		var e local.Event
		if err := s.conn.ReadJSON(&e); err != nil {
			return
		}
		select {
		case events <- e:
		case <-s.stop:
			return
		}
	}
}

// Close ends the stream and waits until its goroutine is gone.
func (s *stream) Close() {
	s.once.Do(func() {
		close(s.stop)
		s.conn.Close()
	})
	s.ended.Wait()
}
