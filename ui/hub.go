package ui

import (
	"encoding/json"
	"sync"

	"sportello/protocol/local"
)

// maxBehind is how many events a client may be behind before it gets a new snapshot instead.
const maxBehind = 64

// Hub numbers events and hands each, encoded once, to every client. It never waits for a client: one that
// falls behind loses its queue and starts over with a snapshot. Safe for concurrent use; it calls nobody
// back, so Publish may be called under the caller's locks.
//
// What a client sees is consistent because the queue is opened before the snapshot is taken: the snapshot
// has the number of the last event before it, so every later event is in the queue, once. An event
// carries its whole object, so one whose change the snapshot already shows changes nothing.
type Hub struct {
	mu       sync.Mutex
	sequence uint64
	clients  map[*client]struct{}
}

// NewHub returns a hub without clients.
func NewHub() *Hub { return &Hub{clients: map[*client]struct{}{}} }

// Publish numbers an event and queues it for every client. Sequence is set here; the change must already be
// visible to Till.Snapshot. Without clients it costs a lock.
func (h *Hub) Publish(event local.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sequence++
	if len(h.clients) == 0 {
		return
	}
	event.Sequence = h.sequence
	text, err := json.Marshal(event)
	for c := range h.clients {
		if err != nil { // cannot happen with our types; a snapshot instead of a hole all the same
			c.behind = true
			c.queue = c.queue[:0]
		} else {
			c.push(text)
		}
		select {
		case c.wake <- struct{}{}:
		default:
		}
	}
}

// Sequence is the number of the last event.
func (h *Hub) Sequence() uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.sequence
}

// client is one queue. wake has capacity 1 and is signalled after a push; the rest is guarded by Hub.mu.
type client struct {
	hub    *Hub
	wake   chan struct{}
	queue  [][]byte // at most maxBehind
	behind bool     // the queue was dropped
}

// join opens a queue. The first thing to do with it is restart.
func (h *Hub) join() *client {
	c := &client{hub: h, wake: make(chan struct{}, 1), queue: make([][]byte, 0, maxBehind), behind: true}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clients[c] = struct{}{}
	return c
}

func (c *client) leave() {
	c.hub.mu.Lock()
	defer c.hub.mu.Unlock()
	delete(c.hub.clients, c)
}

// push needs Hub.mu.
func (c *client) push(text []byte) {
	if c.behind {
		return
	}
	if len(c.queue) == maxBehind {
		clear(c.queue)
		c.queue, c.behind = c.queue[:0], true
		return
	}
	c.queue = append(c.queue, text)
}

// restart empties the queue and gives the number of the last event before it: a snapshot taken after this
// call, with that number, is followed by exactly what the queue gets from now on.
func (c *client) restart() uint64 {
	c.hub.mu.Lock()
	defer c.hub.mu.Unlock()
	clear(c.queue)
	c.queue, c.behind = c.queue[:0], false
	return c.hub.sequence
}

// take gives what is queued and takes batch, emptied, as the new queue, so that nothing is allocated. behind
// means that the queue was dropped: restart and send a snapshot.
func (c *client) take(batch [][]byte) (taken [][]byte, behind bool) {
	clear(batch)
	c.hub.mu.Lock()
	defer c.hub.mu.Unlock()
	taken, c.queue = c.queue, batch[:0]
	return taken, c.behind
}
